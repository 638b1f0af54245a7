//! Adjustments of stock that show later.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use storesim::Options;

use crate::receiver::{Receiver, hook};
use crate::store::{Answer, Store, with};

const ABSOLUTE: &str = "/v3/inventory/adjustments/absolute";
const RELATIVE: &str = "/v3/inventory/adjustments/relative";

/// A store whose adjustments show after a while.
async fn slow(delay: u64) -> Store {
    with(Options { products: 20, inventory_delay: Duration::from_millis(delay), ..Options::default() }).await
}

async fn product(store: &Store, name: &str) -> Value {
    let body = json!({"name": name, "type": "physical", "weight": 1, "price": 1, "sku": name, "inventory_tracking": "product", "inventory_level": 5});
    store.send(Method::POST, "/v3/catalog/products", &body).await.json()["data"].clone()
}

async fn absolute(store: &Store, items: Value) -> Answer {
    store.send(Method::PUT, ABSOLUTE, &json!({"reason": "test", "items": items})).await
}

async fn relative(store: &Store, items: Value) -> Answer {
    store.send(Method::POST, RELATIVE, &json!({"reason": "test", "items": items})).await
}

fn item(product: &Value, quantity: i64) -> Value {
    json!({"location_id": 1, "product_id": product["id"], "quantity": quantity})
}

async fn level(store: &Store, product: &Value) -> i64 {
    let path = format!("/v3/inventory/items?product_id:in={}", product["id"]);
    let level = &store.ok(&path).await["data"][0]["locations"][0]["total_inventory_onhand"];
    level.as_i64().expect("a level")
}

async fn becomes(store: &Store, product: &Value, wanted: i64) {
    let patience = Instant::now() + Duration::from_secs(10);
    while level(store, product).await != wanted {
        assert!(Instant::now() < patience, "{} is not {wanted}", level(store, product).await);
    }
    let shown = store.ok(&format!("/v3/catalog/products/{}", product["id"])).await["data"].clone();
    assert_eq!(shown["inventory_level"], wanted);
}

#[tokio::test]
async fn an_adjustment_shows_after_a_while_and_fires_then() {
    let store = slow(1000).await;
    let receiver = Receiver::start().await;
    let product = product(&store, "later").await;
    hook(&store, "store/product/*", &receiver.url).await;
    hook(&store, "store/channel/*/inventory/product/stock_changed", &receiver.url).await;
    let began = Instant::now();
    let done = absolute(&store, json!([item(&product, 50)])).await;
    assert_eq!(done.status, 200);
    let body = done.json();
    assert_eq!(body["transaction_id"].as_str().map(str::len), Some(36), "{body}");
    assert_eq!((level(&store, &product).await, receiver.all().len()), (5, 0));
    let received = receiver.wait(3).await;
    assert!(received[0].at - began >= Duration::from_millis(1000));
    becomes(&store, &product, 50).await;
    let mut events: Vec<(String, Value)> = received.iter().map(|one| one.event()).collect();
    events.sort_by(|a, b| a.0.cmp(&b.0));
    let place =
        json!({"variant_id": product["base_variant_id"], "product_id": product["id"], "location_id": 1});
    let inventory = |method: &str, value: i64| json!({"type": "product", "id": product["id"], "inventory": {"product_id": product["id"], "method": method, "value": value}});
    assert_eq!(
        events,
        [
            ("store/channel/*/inventory/product/stock_changed".into(), place),
            ("store/product/inventory/updated".into(), inventory("absolute", 50)),
            ("store/product/updated".into(), json!({"type": "product", "id": product["id"]})),
        ]
    );
    receiver.clear();
    assert_eq!(relative(&store, json!([item(&product, -8)])).await.status, 200);
    receiver.wait(3).await;
    becomes(&store, &product, 42).await;
    let events: Vec<(String, Value)> = receiver.settled(&store).await;
    assert!(
        events.contains(&("store/product/inventory/updated".into(), inventory("relative", -8))),
        "{events:?}"
    );

    // The same level again changes nothing, so that nothing fires; the next one shows that its time has passed.
    assert_eq!(absolute(&store, json!([item(&product, 42)])).await.status, 200);
    assert_eq!(relative(&store, json!([item(&product, 1)])).await.status, 200);
    receiver.wait(3).await;
    assert_eq!(receiver.settled(&store).await.len(), 3);
    store.simulator.stop().await;
}

#[tokio::test]
async fn relatives_count_what_was_accepted_before_them() {
    let store = slow(300).await;
    let product = product(&store, "waiting").await;
    assert_eq!(absolute(&store, json!([item(&product, 10)])).await.status, 200);
    assert_eq!(relative(&store, json!([item(&product, -7)])).await.status, 200);
    let less = relative(&store, json!([item(&product, -4)])).await;
    assert_eq!((less.status, less.header("content-type")), (422, "application/problem+json"));
    assert_eq!(relative(&store, json!([item(&product, 2), item(&product, -5)])).await.status, 200);
    becomes(&store, &product, 0).await;

    // A location never set by an absolute adjustment takes no relative one, in the same breath it does.
    let there =
        |quantity: i64| json!([{"location_id": 2, "product_id": product["id"], "quantity": quantity}]);
    let never = relative(&store, there(1)).await;
    let title = format!(
        "Items with identity: [product_id {}] requires absolute adjustment before relative",
        product["id"]
    );
    assert_eq!((never.status, never.json()["title"].as_str()), (422, Some(title.as_str())));
    assert_eq!(absolute(&store, there(0)).await.status, 200);
    assert_eq!(relative(&store, there(1)).await.status, 200);
    store.simulator.stop().await;
}

#[tokio::test]
async fn one_bad_entry_refuses_the_whole_request() {
    let store = slow(0).await;
    let product = product(&store, "whole").await;
    let good = item(&product, 9);
    let bad = [
        json!({"location_id": 1, "sku": "no-such-sku", "quantity": 1}),
        json!({"location_id": 99, "product_id": product["id"], "quantity": 1}),
        json!({"location_id": 1, "product_id": 99_999, "quantity": 1}),
        json!({"location_id": 1, "product_id": product["id"]}),
        json!({"product_id": product["id"], "quantity": 1}),
        json!({"location_id": 1, "quantity": 1}),
        item(&product, 2_147_483_648),
        item(&product, -1),
    ];
    for bad in bad {
        let answer = absolute(&store, json!([good, bad])).await;
        assert_eq!(answer.status, 422, "{bad}: {}", answer.text);
    }
    for bad in [item(&product, -7), item(&product, 2_147_483_647)] {
        let answer = relative(&store, json!([item(&product, 1), bad])).await;
        assert_eq!(answer.status, 422, "{bad}: {}", answer.text);
    }
    assert_eq!(store.send(Method::PUT, ABSOLUTE, &json!({"reason": "x"})).await.status, 422);
    let many: Vec<Value> = (0..2001).map(|_| good.clone()).collect();
    assert_eq!(absolute(&store, json!(many)).await.status, 413);
    assert_eq!(level(&store, &product).await, 5);
    assert_eq!(absolute(&store, json!(many[..2000])).await.status, 200);
    assert_eq!(level(&store, &product).await, 9);
    store.simulator.stop().await;
}

#[tokio::test]
async fn settings_are_checked_and_told() {
    let store = slow(0).await;
    let receiver = Receiver::start().await;
    let product = product(&store, "settings").await;
    hook(&store, "store/channel/*/inventory/product/settings_changed", &receiver.url).await;
    let path = "/v3/inventory/locations/1/items";
    let set = |name: &str, value: Value| json!({"settings": [{"identity": {"product_id": product["id"]}, name: value}]});
    for (name, value) in [
        ("safety_stock", json!(-1)),
        ("warning_level", json!("x")),
        ("is_in_stock", json!(1)),
        ("other", json!(1)),
    ] {
        let refused = store.send(Method::PUT, path, &set(name, value)).await;
        assert_eq!(
            (refused.status, refused.json()["title"].as_str()),
            (422, Some("Payload contains invalid fields")),
            "{name}"
        );
    }
    let body = set("safety_stock", json!(2));
    for _ in 0..2 {
        let done = store.send(Method::PUT, path, &body).await;
        assert_eq!((done.status, done.json()["transaction_id"].is_string()), (200, true));
    }
    let items = store.ok(&format!("{path}?product_id:in={}", product["id"])).await["data"].clone();
    assert_eq!(
        (&items[0]["available_to_sell"], &items[0]["settings"]["safety_stock"]),
        (&json!(3), &json!(2))
    );
    let place =
        json!({"variant_id": product["base_variant_id"], "product_id": product["id"], "location_id": 1});
    let told = receiver.settled(&store).await;
    assert_eq!(told, [("store/channel/*/inventory/product/settings_changed".into(), place)]);
    assert_eq!(store.send(Method::PUT, "/v3/inventory/locations/77/items", &body).await.status, 404);
    assert_eq!(relative(&store, json!([item(&product, -4)])).await.status, 422);
    assert_eq!(relative(&store, json!([item(&product, -3)])).await.status, 200);
    store.simulator.stop().await;
}
