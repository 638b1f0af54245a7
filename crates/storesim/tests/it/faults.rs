//! Failures on demand.

use serde_json::json;

use crate::store::{read, small, with};
use storesim::Options;

/// What 200 requests met: answers by status, and connections that broke.
async fn meet(store: &crate::store::Store, path: &str) -> (u32, u32, u32) {
    let (mut fine, mut errors, mut broken) = (0, 0, 0);
    for _ in 0..200 {
        match store.ask(reqwest::Method::GET, path).send().await {
            Err(_) => broken += 1,
            Ok(response) => {
                let status = response.status().as_u16();
                match (status, read(response).await) {
                    (200, Ok(_)) => fine += 1,
                    (500 | 502 | 503, Ok(_)) => errors += 1,
                    (_, Err(_)) => broken += 1,
                    other => panic!("{other:?}"),
                }
            }
        }
    }
    (fine, errors, broken)
}

#[tokio::test]
async fn errors_and_drops_come_at_their_rates_and_repeat_by_seed() {
    let store = small().await;
    let faults = json!({"error_rate": 0.3, "drop_rate": 0.2, "slow_rate": 0.0, "latency_ms": 0, "routes": {}, "seed": 5});
    assert_eq!(store.sim_post("faults", faults.clone()).await.status, 200);
    let met = meet(&store, "/v3/catalog/products?limit=5").await;
    assert!(
        (60..=140).contains(&met.0) && (25..=85).contains(&met.1) && (15..=65).contains(&met.2),
        "{met:?}"
    );
    store.sim_post("faults", faults).await;
    assert_eq!(meet(&store, "/v3/catalog/products?limit=5").await, met);
    assert_eq!(store.sim("health").await["status"], "ok");
    store.sim_post("faults", json!({})).await;
    assert_eq!(meet(&store, "/v3/catalog/products?limit=5").await.0, 200);
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_route_can_fail_alone() {
    let store = small().await;
    let faults = json!({"routes": {"GET /v3/catalog/brands": {"error_rate": 1.0}}});
    assert_eq!(store.sim_post("faults", faults).await.status, 200);
    assert!(store.get("/v3/catalog/brands").await.status >= 500);
    assert_eq!(store.get("/v3/catalog/products").await.status, 200);
    for wrong in [json!({"error_rate": 2}), json!({"colour": 1})] {
        assert_eq!(store.sim_post("faults", wrong).await.status, 400);
    }
    store.sim_post("reset", json!({})).await;
    assert_eq!(store.get("/v3/catalog/brands").await.status, 200);
    store.simulator.stop().await;
}

#[tokio::test]
async fn overload_is_a_429_without_headers() {
    let store = small().await;
    store.sim_post("faults", json!({"overload_rate": 1.0})).await;
    let answer = store.get("/v3/catalog/brands").await;
    assert_eq!(answer.status, 429);
    assert!(
        answer.header("x-retry-after").is_empty() && answer.header("x-rate-limit-requests-left").is_empty()
    );
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_public_address_has_to_be_allowed() {
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.expect("a port");
    assert!(storesim::start(Options::default(), listener).await.is_err());
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.expect("a port");
    let options = Options { allow_public: true, ..Options::default() };
    storesim::start(options, listener).await.expect("a store").stop().await;
}

#[tokio::test]
async fn requests_under_way_are_answered_before_the_end() {
    let latency = std::time::Duration::from_millis(200);
    let store = with(Options { latency, ..Options::default() }).await;
    let request = tokio::spawn(crate::store::answer(store.ask(reqwest::Method::GET, "/v2/time")));
    while store.sim("stats").await["requests"] != 0 {}
    tokio::time::sleep(latency / 4).await;
    store.simulator.stop().await;
    assert_eq!(request.await.expect("no panic").status, 200);
}

#[tokio::test]
async fn a_route_that_is_none_is_refused_with_what_was_meant() {
    let store = small().await;
    let ask = async |name: &str| {
        let answer = store.sim_post("faults", json!({"routes": {name: {"error_rate": 1}}})).await;
        (answer.status, answer.text)
    };
    for (name, meant) in [
        ("GET /v3/catalog/products/77", "'GET /v3/catalog/products/{product_id}'"),
        ("GET /v3/catalog/products/{id}", "'GET /v3/catalog/products/{product_id}'"),
        ("GET /stores/simstore/v3/catalog/products", "'GET /v3/catalog/products'"),
        ("PATCH /v3/catalog/products", "GET, POST, PUT, DELETE"),
        ("/v3/catalog/products", "METHOD PATH"),
        ("GET /v3/nowhere", "/_sim/paths"),
    ] {
        let (status, text) = ask(name).await;
        assert!(status == 400 && text.contains(meant), "{name}: {text}");
    }
    assert_eq!(ask("GET /v3/catalog/products/{product_id}").await.0, 200);
    assert_eq!(store.get("/v3/catalog/products/77").await.status / 100, 5);
    store.simulator.stop().await;
}
