//! Stock and locations.

use reqwest::Method;
use serde_json::{Value, json};

use crate::store::{Store, small};

async fn product(store: &Store, name: &str, tracking: &str) -> Value {
    let body = json!({"name": name, "type": "physical", "weight": 1, "price": 1, "sku": name, "inventory_tracking": tracking, "inventory_level": 5});
    store.send(Method::POST, "/v3/catalog/products", &body).await.json()["data"].clone()
}

fn adjust(identity: (&str, &Value), quantity: i64) -> Value {
    let mut item = json!({"location_id": 1, "quantity": quantity});
    item[identity.0] = identity.1.clone();
    json!({"reason": "test", "items": [item]})
}

const ABSOLUTE: &str = "/v3/inventory/adjustments/absolute";
const RELATIVE: &str = "/v3/inventory/adjustments/relative";

#[tokio::test]
async fn adjustments_move_stock_and_the_level_shown() {
    let store = small().await;
    let product = product(&store, "stock-1", "product").await;
    let done = store.send(Method::PUT, ABSOLUTE, &adjust(("product_id", &product["id"]), 50)).await;
    assert_eq!((done.status, done.json()["transaction_id"].is_string()), (200, true));
    let path = format!("/v3/catalog/products/{}", product["id"]);
    assert_eq!(store.ok(&path).await["data"]["inventory_level"], 50);
    let base = &product["base_variant_id"];
    let settings = json!({"settings": [{"identity": {"sku": "stock-1"}, "safety_stock": 10}]});
    let set = store.send(Method::PUT, "/v3/inventory/locations/1/items", &settings).await;
    assert_eq!(set.status, 200, "{}", set.text);
    let item = store.ok("/v3/inventory/items?sku:in=stock-1").await["data"][0].clone();
    assert_eq!(item["identity"], json!({"sku": "stock-1", "variant_id": base, "product_id": product["id"]}));
    assert_eq!(
        (&item["locations"][0]["available_to_sell"], &item["locations"][0]["total_inventory_onhand"]),
        (&json!(40), &json!(50))
    );
    let less = store.send(Method::POST, RELATIVE, &adjust(("product_id", &product["id"]), -41)).await;
    assert_eq!((less.status, less.header("content-type")), (422, "application/problem+json"));
    assert_eq!(store.ok(&path).await["data"]["inventory_level"], 50);
    assert_eq!(
        store.send(Method::POST, RELATIVE, &adjust(("product_id", &product["id"]), -40)).await.status,
        200
    );
    assert_eq!(store.ok(&path).await["data"]["inventory_level"], 10);
    let none = store
        .send(
            Method::PUT,
            "/v3/inventory/locations/1/items",
            &json!({"settings": [{"identity": {"sku": "stock-1"}}]}),
        )
        .await;
    assert!(none.json()["errors"]["setting.0.settings"].is_string());
    let large =
        store.send(Method::PUT, ABSOLUTE, &adjust(("product_id", &product["id"]), 3_000_000_000)).await;
    assert_eq!(large.status, 422);
    let clamped = store.send(Method::PUT, &path, &json!({"inventory_level": 3_000_000_000_i64})).await;
    assert_eq!(clamped.json()["data"]["inventory_level"], 2_147_483_647);
    store.simulator.stop().await;
}

#[tokio::test]
async fn the_level_of_tracking_decides_what_may_be_written() {
    let store = small().await;
    let mut body = json!({"name": "whole", "type": "physical", "weight": 1, "price": 1, "inventory_tracking": "product", "inventory_level": 5});
    body["variants"] =
        json!([{"sku": "whole-s", "option_values": [{"option_display_name": "Size", "label": "S"}]}]);
    let made = store.send(Method::POST, "/v3/catalog/products", &body).await.json()["data"].clone();
    let variant =
        store.ok(&format!("/v3/catalog/products/{}/variants", made["id"])).await["data"][0]["id"].clone();
    let refused = store.send(Method::PUT, ABSOLUTE, &adjust(("variant_id", &variant), 1)).await;
    let title =
        format!("[Item with variant_id {variant} is tracked by product, please update stock by product id]");
    assert_eq!((refused.status, refused.json()["title"].as_str()), (422, Some(title.as_str())));
    let item =
        store.ok(&format!("/v3/inventory/items?product_id:in={}", made["id"])).await["data"][0].clone();
    assert_eq!(
        (&item["identity"]["variant_id"], &item["locations"][0]["total_inventory_onhand"]),
        (&Value::Null, &json!(5))
    );

    let by_variant = product(&store, "by-variant", "variant").await;
    let base = by_variant["base_variant_id"].clone();
    assert_eq!(store.send(Method::PUT, ABSOLUTE, &adjust(("variant_id", &base), 8)).await.status, 200);
    let path = format!("/v3/catalog/products/{}", by_variant["id"]);
    assert_eq!(store.ok(&format!("{path}/variants")).await["data"][0]["inventory_level"], 8);
    assert_eq!(store.ok(&path).await["data"]["date_modified"], by_variant["date_modified"]);
    let other = json!({"reason": "r", "items": [{"location_id": 2, "variant_id": base, "quantity": 1}]});
    let never = store.send(Method::POST, RELATIVE, &other).await;
    assert!(never.text.contains("requires absolute adjustment before relative"), "{}", never.text);
    store.simulator.stop().await;
}

#[tokio::test]
async fn locations_answer_with_transactions_and_the_first_stays() {
    let store = small().await;
    let path = "/v3/inventory/locations";
    let address = json!({"address1": "1", "city": "Austin", "state": "TX", "zip": "78701", "email": "a@example.com", "country_code": "US",
        "geo_coordinates": {"latitude": 1, "longitude": 2}});
    let body = json!([{"code": "NEW", "label": "New place", "address": address}]);
    let made = store.send(Method::POST, path, &body).await;
    assert!(made.status == 200 && made.json()["transaction_id"].is_string(), "{}", made.text);
    assert_eq!(store.send(Method::POST, path, &body).await.status, 422);
    let list = store.ok(&format!("{path}?location_code:in=NEW")).await;
    let id = list["data"][0]["id"].clone();
    store.send(Method::PUT, path, &json!([{"id": id, "label": "Newer place"}])).await;
    let list = store.ok(&format!("{path}?location_id:in={id}")).await;
    assert_eq!(list["data"][0]["label"], "Newer place");
    let items = store.ok("/v3/inventory/locations/2/items").await["meta"]["pagination"]["total"].as_u64();
    assert!(items > Some(0));
    let kept = store.delete(&format!("{path}?location_id:in=1")).await;
    assert_eq!((kept.status, kept.header("content-type")), (422, "application/problem+json"));
    assert_eq!(store.delete(&format!("{path}?location_id:in=2")).await.status, 200);
    let left = store.ok("/v3/inventory/items?location_id:in=2").await;
    assert_eq!(left["data"], json!([]));
    store.simulator.stop().await;
}
