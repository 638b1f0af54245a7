//! Who may ask, how often, and in which form.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use storesim::{Options, Plan};

use crate::store::{answer, read, small, with};

const RATE: [&str; 4] = [
    "x-rate-limit-requests-left",
    "x-rate-limit-requests-quota",
    "x-rate-limit-time-reset-ms",
    "x-rate-limit-time-window-ms",
];

#[tokio::test]
async fn a_missing_or_wrong_token_is_401_in_the_words_of_each_family() {
    let store = small().await;
    let url = |path: &str| format!("{}/stores/simstore{path}", store.simulator.url());
    let none = answer(store.client.get(url("/v3/catalog/products"))).await;
    assert_eq!((none.status, none.json()["status"].as_u64()), (401, Some(401)));
    let wrong = answer(store.client.get(url("/v2/orders")).header("x-auth-token", "other")).await;
    assert_eq!((wrong.status, wrong.json()[0]["status"].as_u64()), (401, Some(401)));
    for name in RATE {
        assert!(none.header(name).parse::<u64>().is_ok(), "{name}");
    }
    let elsewhere = format!("{}/stores/other/v3/catalog/products", store.simulator.url());
    assert_eq!(answer(store.client.get(elsewhere).header("X-Auth-Token", "simtoken")).await.status, 404);
    store.simulator.stop().await;
}

#[tokio::test]
async fn scopes_are_checked_per_endpoint_and_named() {
    let scopes = ["store_v2_products_read_only", "store_v2_orders", "store_v2_information_read_only"];
    let scopes = scopes.map(str::to_owned).to_vec();
    let store = with(Options { products: 5, customers: 3, orders: 3, scopes, ..Options::default() }).await;
    assert_eq!(store.get("/v3/catalog/products").await.status, 200);
    assert_eq!(store.get("/v2/orders").await.status, 200);
    for path in ["", "/default", "/settings"] {
        let path = format!("/v3/marketing/abandoned-cart-emails{path}");
        assert_eq!(store.get(&path).await.status, 200, "{path}");
    }
    let refused = store.send(Method::POST, "/v3/catalog/brands", &json!({"name": "x"})).await;
    assert_eq!(refused.status, 403);
    assert!(
        refused.json()["title"].as_str().expect("a title").ends_with(": store_v2_products"),
        "{}",
        refused.text
    );
    let refused = store.get("/v3/customers").await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("store_v2_customers_read_only"), "{}", refused.text);
    let refused = store.get("/v2/coupons").await;
    assert_eq!(refused.json()[0]["status"], 403);
    store.simulator.stop().await;
}

#[tokio::test]
async fn the_quota_is_a_window_that_refills() {
    let quota = Some("3/1s".parse().expect("a quota"));
    let store = with(Options { quota, ..Options::default() }).await;
    for left in [2, 1, 0] {
        let answer = store.get("/v2/time").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header(RATE[0]), left.to_string());
        assert_eq!(answer.header(RATE[1]), "3");
        assert_eq!(answer.header(RATE[3]), "1000");
        assert!(!answer.header("x-bc-apilimit-remaining").is_empty());
    }
    let refused = store.get("/v3/catalog/products").await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("x-retry-after"), "1");
    assert_eq!(refused.json()["title"], "Too many requests");
    assert_eq!(refused.json()["errors"], json!({}));
    let reset: u64 = refused.header(RATE[2]).parse().expect("milliseconds");
    assert!(reset <= 1000);
    tokio::time::sleep(Duration::from_millis(reset + 5)).await;
    assert_eq!(store.get("/v2/time").await.status, 200);
    let stats = store.sim("stats").await;
    assert_eq!((stats["requests"].as_u64(), stats["throttled"].as_u64()), (Some(5), Some(1)));
    assert_eq!(stats["by_route"]["GET /v2/time"], 4);
    assert_eq!(stats["by_status"]["429"], 1);
    assert!(stats["cpu_seconds"].as_f64() > Some(0.0));
    store.simulator.stop().await;
}

#[tokio::test]
async fn plans_have_their_quota() {
    for (plan, quota) in [(Plan::Standard, "150"), (Plan::Pro, "450")] {
        let store = with(Options { plan, ..Options::default() }).await;
        let answer = store.get("/v3/catalog/products").await;
        assert_eq!((answer.header(RATE[1]), answer.header(RATE[3])), (quota, "30000"));
        store.simulator.stop().await;
    }
}

#[tokio::test]
async fn more_requests_at_once_than_an_endpoint_takes_are_429() {
    let latency = Duration::from_millis(150);
    let store = with(Options { products: 5, latency, ..Options::default() }).await;
    let path = "/v3/catalog/trees/1/categories";
    let (one, two) = tokio::join!(store.get(path), store.get(path));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 429]);
    assert_eq!(store.get(path).await.status, 200);
    store.simulator.stop().await;
}

#[tokio::test]
async fn paths_methods_and_media_types_are_checked() {
    let store = small().await;
    assert_eq!(store.get("/v3/catalog/nothing").await.json()["status"], 404);
    assert_eq!(store.get("/v2/nothing").await.json()[0]["message"], "The requested resource was not found.");
    assert_eq!(store.get("/v3/catalog/products/999999").await.status, 404);
    assert_eq!(store.get("/v3/catalog/products/999999/variants").await.status, 404);
    let wrong = store.delete("/v3/catalog/variants").await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, "GET, PUT"));
    for (method, path) in [(Method::PATCH, "/v3/catalog/brands"), (Method::PATCH, "/v2/orders/100")] {
        assert_eq!(answer(store.ask(method, path)).await.status, 501);
    }
    let body = store.ask(Method::POST, "/v3/catalog/brands").body("{\"name\":\"x\"}");
    assert_eq!(answer(body).await.status, 415);
    let xml = store.ask(Method::POST, "/v3/catalog/brands").header("Content-Type", "text/xml").body("<a/>");
    assert_eq!(answer(xml).await.status, 415);
    let url = format!("{}/stores/simstore/v3/catalog/brands", store.simulator.url());
    let only = store.client.get(url).header("X-Auth-Token", "simtoken").header("Accept", "text/html");
    assert_eq!(answer(only).await.status, 406);
    let typed = store.ask(Method::GET, "/v3/catalog/brands").header("Content-Type", "application/json");
    assert_eq!(answer(typed).await.status, 200);
    let broken =
        store.ask(Method::POST, "/v3/catalog/brands").header("Content-Type", "application/json").body("{");
    assert_eq!(answer(broken).await.status, 400);
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(17 * 1024 * 1024));
    let large =
        store.ask(Method::POST, "/v3/catalog/brands").header("Content-Type", "application/json").body(large);
    assert_eq!(answer(large).await.status, 413);
    store.simulator.stop().await;
}

#[tokio::test]
async fn answers_are_compressed_by_gzip_or_not_at_all() {
    let store = small().await;
    let raw = |coding: &'static str| {
        let client = reqwest::Client::builder().no_gzip().build().expect("a client");
        let url = format!("{}/stores/simstore/v3/catalog/products", store.simulator.url());
        client.get(url).header("X-Auth-Token", "simtoken").header("Accept-Encoding", coding).send()
    };
    let zipped = raw("deflate, gzip;q=1.0, br").await.expect("an answer");
    assert_eq!(zipped.headers()["content-encoding"], "gzip");
    let bytes = read(zipped).await.expect("a body");
    assert_eq!(bytes[..2], [0x1f, 0x8b]);
    for coding in ["deflate, br", "gzip;q=0", "identity"] {
        let plain = raw(coding).await.expect("an answer");
        assert!(plain.headers().get("content-encoding").is_none(), "{coding}");
        assert!(read(plain).await.expect("a body").starts_with(b"{\"data\""));
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn the_date_comes_from_the_stores_clock() {
    let options = Options::default();
    let clock = options.clock.clone();
    let store = with(options).await;
    clock.advance(86_400);
    let answer = store.get("/v2/time").await;
    let now = answer.json()["time"].as_i64().expect("unix seconds");
    assert!((clock.now() - now) < 3);
    let date = answer.header("date").to_owned();
    assert!(date.ends_with(" GMT"), "{date}");
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_v2_record_that_did_not_change_is_304() {
    let store = small().await;
    let id = store.get("/v2/orders?limit=1").await.ids()[0];
    let path = format!("/v2/orders/{id}");
    let first = store.get(&path).await;
    let since = first.header("last-modified").to_owned();
    assert!(since.ends_with("+0000"), "{since}");
    let again = store.ask(Method::GET, &path).header("If-Modified-Since", since);
    assert_eq!(answer(again).await.status, 304);
    store.simulator.stop().await;
}
