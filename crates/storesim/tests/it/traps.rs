//! Each trap of the real API as the simulated store sets it.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::receiver::{Receiver, hook};
use crate::store::{Store, small};

async fn set(store: &Store, faults: Value) {
    let answer = store.sim_post("faults", faults).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// The path of a product.
async fn first(store: &Store) -> String {
    format!("/v3/catalog/products/{}", store.get("/v3/catalog/products?limit=1").await.ids()[0])
}

async fn count(store: &Store, path: &str) -> usize {
    let answer = store.get(path).await;
    if answer.status == 204 { 0 } else { answer.ids().len() }
}

#[tokio::test]
async fn trap_a_variant_is_edited_and_its_product_does_not_move() {
    let store = small().await;
    let path = first(&store).await;
    let product = store.ok(&format!("{path}?include=variants")).await["data"].clone();
    let variant = &product["variants"][0]["id"];
    let answer = store.send(Method::PUT, &format!("{path}/variants/{variant}"), &json!({"mpn": "X-1"})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(store.ok(&path).await["data"]["date_modified"], product["date_modified"]);
}

#[tokio::test]
async fn trap_filters_are_ignored() {
    let store = small().await;
    let (products, orders) =
        ("/v3/catalog/products?date_modified:min=2200-01-01T00:00:00Z", "/v2/orders?min_id=1000000");
    assert_eq!((count(&store, products).await, count(&store, orders).await), (0, 0));
    set(&store, json!({"lists": {"ignored_filters": ["date_modified:min", "min_id"]}})).await;
    assert_eq!((count(&store, products).await, count(&store, orders).await), (50, 50));
    let alone = json!({"routes": {"GET /v2/orders": {"lists": {"ignored_filters": ["min_id"]}}}});
    set(&store, alone).await;
    assert_eq!((count(&store, products).await, count(&store, orders).await), (0, 50));
}

#[tokio::test]
async fn trap_filters_count_by_the_day() {
    let store = small().await;
    let changed = store.send(Method::PUT, &first(&store).await, &json!({"mpn": "X-1"})).await.json();
    let at = changed["data"]["date_modified"].as_str().expect("a date").to_owned();
    let ends = format!("/v3/catalog/products?date_modified:min={}T23:59:59Z", &at[..10]);
    // Only a change in the very last second of the day is there without the trap.
    assert!(count(&store, &ends).await <= usize::from(at.contains("T23:59:59")));
    set(&store, json!({"lists": {"day_filters": true}})).await;
    assert!(count(&store, &ends).await >= 1);
}

#[tokio::test]
async fn trap_pages_shrink() {
    let store = small().await;
    assert_eq!(count(&store, "/v3/catalog/products?limit=250&include=options").await, 10);
    set(&store, json!({"lists": {"page_limit": 7}})).await;
    let page = store.ok("/v3/customers?limit=250").await;
    assert_eq!(page["meta"]["pagination"]["per_page"], 7);
    assert_eq!(page["data"].as_array().map(Vec::len), Some(7));
    assert_eq!(count(&store, "/v3/customers?limit=3").await, 3);
    assert_eq!(store.sim_post("faults", json!({"lists": {"page_limit": 0}})).await.status, 400);
}

#[tokio::test]
async fn trap_ranges_lie() {
    let store = small().await;
    let range = &{
        let ids = store.get("/v3/catalog/products?limit=5").await.ids();
        format!("/v3/catalog/products?id:min={}&id:max={}", ids[0], ids[4])
    };
    assert_eq!(count(&store, range).await, 5);
    set(&store, json!({"lists": {"ignored_filters": ["id:min", "id:max"]}})).await;
    assert_eq!(count(&store, range).await, 50);
    set(&store, json!({"lists": {"empty_filters": ["id:min"]}})).await;
    assert_eq!(count(&store, range).await, 0);
    assert_eq!(count(&store, "/v3/catalog/products").await, 50);
}

#[tokio::test]
async fn trap_offsets_shift() {
    let store = small().await;
    let page = async |page: u32| store.get(&format!("/v3/catalog/products?limit=10&page={page}")).await.ids();
    let (first, second) = (page(1).await, page(2).await);
    assert_eq!(store.delete(&format!("/v3/catalog/products/{}", first[0])).await.status, 204);
    // What was the first of the second page is on none that is still to be read.
    assert_eq!(page(2).await[0], second[1]);
}

#[tokio::test]
async fn trap_429_comes_without_headers() {
    let store = small().await;
    set(&store, json!({"overload_rate": 1.0})).await;
    let answer = store.get("/v3/catalog/brands").await;
    assert_eq!(answer.status, 429);
    for header in ["x-retry-after", "x-rate-limit-requests-left", "x-rate-limit-time-reset-ms"] {
        assert_eq!(answer.header(header), "");
    }
}

#[tokio::test]
async fn trap_an_endpoint_takes_so_many_at_once() {
    let store = small().await;
    set(&store, json!({"slow_rate": 1.0, "latency_ms": 300})).await;
    let tree = "/v3/catalog/trees/1/categories";
    let both = tokio::join!(store.get(tree), store.get(tree));
    let mut statuses = [both.0.status, both.1.status];
    statuses.sort_unstable();
    // category-trees_catalog.v3.yml: one at a time.
    assert_eq!(statuses, [200, 429]);
}

#[tokio::test]
async fn trap_reads_lag_behind_writes() {
    let store = small().await;
    set(&store, json!({"read_lag_ms": 700})).await;
    let path = format!("/v3/catalog/brands/{}", store.get("/v3/catalog/brands?limit=1").await.ids()[0]);
    let before = store.ok(&path).await;
    let renamed = store.send(Method::PUT, &path, &json!({"name": "Renamed"})).await;
    assert_eq!(renamed.json()["data"]["name"], "Renamed");
    assert_eq!(store.ok(&path).await, before);
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while store.ok(&path).await == before {
        assert!(std::time::Instant::now() < deadline, "the change never shows");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    store.send(Method::PUT, &path, &json!({"name": "Again"})).await;
    set(&store, json!({})).await;
    assert_eq!(store.ok(&path).await["data"]["name"], "Again");
}

#[tokio::test]
async fn trap_hooks_belong_to_the_token_that_made_them() {
    let store = small().await;
    let other = json!({"client_id": "other", "client_secret": "s", "token": "othertoken"});
    assert_eq!(store.sim_post("clients", other).await.status, 200);
    let wanted = json!({"scope": "store/order/*", "destination": "http://127.0.0.1:9/hook"});
    let made = store.send_as("othertoken", Method::POST, "/v3/hooks", &wanted).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let id = made.json()["data"]["id"].clone();
    assert_eq!(store.ok("/v3/hooks").await["data"], json!([]));
    assert_eq!(store.get(&format!("/v3/hooks/{id}")).await.status, 404);
    assert_eq!(store.delete(&format!("/v3/hooks/{id}")).await.status, 404);
    // The same hook once more, for this token.
    assert_eq!(store.send(Method::POST, "/v3/hooks", &wanted).await.status, 200);
}

#[tokio::test]
async fn trap_a_duplicate_comes_47_hours_later() {
    let store = small().await;
    let receiver = Receiver::start().await;
    hook(&store, "store/product/updated", &receiver.url).await;
    set(&store, json!({"webhooks": {"duplicate": 1.0, "duplicate_after_s": 47 * 3600}})).await;
    store.send(Method::PUT, &first(&store).await, &json!({"price": 3})).await;
    receiver.wait(1).await;
    store.advance(46 * 3600).await;
    assert_eq!(store.sim("stats").await["webhooks"]["delivered"], 1);
    store.advance(3600).await;
    let received = receiver.wait(2).await;
    assert_eq!(received[0].json()["hash"], received[1].json()["hash"]);
    assert_eq!(received[0].text, received[1].text);
}

#[tokio::test]
async fn trap_events_of_one_second_are_alike() {
    let store = small().await;
    let receiver = Receiver::start().await;
    hook(&store, "store/product/updated", &receiver.url).await;
    // Two of three in a row are within one second.
    let path = first(&store).await;
    let burst = async || {
        for price in 1..4 {
            let changed = json!({"price": price});
            assert_eq!(store.send(Method::PUT, &path, &changed).await.status, 200);
        }
    };
    burst().await;
    let hashes = |received: &[crate::receiver::Received]| {
        let all = received.iter().map(|event| event.json()["hash"].to_string());
        all.collect::<std::collections::BTreeSet<_>>().len()
    };
    assert_eq!(hashes(&receiver.wait(3).await), 3);
    assert_eq!(store.sim_post("readings", json!({"event_hash": "payload"})).await.status, 200);
    burst().await;
    let received = receiver.wait(6).await;
    assert!(hashes(&received[3..]) < 3, "{received:?}");
}
