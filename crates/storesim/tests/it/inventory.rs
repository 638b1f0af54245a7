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

async fn put(store: &Store, path: &str, body: Value) -> Value {
    let answer = store.send(Method::PUT, path, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["data"].clone()
}

/// How many events of levels there are, and the value of the last.
async fn levels_told(store: &Store, scope: &str) -> (usize, Option<i64>) {
    let told = store.sim(&format!("events?scope={scope}&limit=1000")).await;
    let told = told["events"].as_array().expect("events");
    (told.len(), told.last().and_then(|event| event["data"]["inventory"]["value"].as_i64()))
}

#[tokio::test]
async fn the_way_of_tracking_decides_which_level_counts_and_loses_none() {
    let store = small().await;
    let simple = product(&store, "kept", "product").await;
    let path = format!("/v3/catalog/products/{}", simple["id"]);
    for tracking in ["none", "product", "variant", "product"] {
        assert_eq!(put(&store, &path, json!({"inventory_tracking": tracking})).await["inventory_level"], 5);
    }
    let items = store.ok(&format!("/v3/inventory/items?product_id:in={}", simple["id"])).await;
    assert_eq!(items["data"][0]["locations"][0]["total_inventory_onhand"], 5);

    let mut body = json!({"name": "sizes", "type": "physical", "weight": 1, "price": 1, "inventory_tracking": "variant"});
    let variant = |label: &str, level: i64| json!({"sku": label, "inventory_level": level, "option_values": [{"option_display_name": "Size", "label": label}]});
    body["variants"] = json!([variant("size-s", 11), variant("size-m", 17)]);
    let made = store.send(Method::POST, "/v3/catalog/products", &body).await.json()["data"].clone();
    let path = format!("/v3/catalog/products/{}", made["id"]);
    let scope = "store/product/inventory/updated";
    let (before, _) = levels_told(&store, scope).await;
    let whole = put(&store, &path, json!({"inventory_tracking": "product", "inventory_level": 50})).await;
    assert_eq!(whole["inventory_level"], 50);
    assert_eq!(
        levels_told(&store, scope).await,
        (before + 1, Some(50)),
        "one event, for the level that counts"
    );
    put(&store, &path, json!({"inventory_tracking": "variant"})).await;
    let variants = store.ok(&format!("{path}/variants")).await["data"].clone();
    assert_eq!(
        variants
            .as_array()
            .expect("variants")
            .iter()
            .map(|v| v["inventory_level"].clone())
            .collect::<Vec<_>>(),
        [11, 17]
    );
    assert_eq!(put(&store, &path, json!({"inventory_tracking": "product"})).await["inventory_level"], 50);
    let refused = json!({"inventory_tracking": "variant", "brand_id": 999_999});
    assert_eq!(store.send(Method::PUT, &path, &refused).await.status, 409);
    assert_eq!(put(&store, &path, json!({"inventory_tracking": "none"})).await["inventory_level"], 50);
    store.simulator.stop().await;
}

#[tokio::test]
async fn an_order_gives_back_what_it_took_where_it_took_it() {
    let store = small().await;
    let product = product(&store, "two-places", "product").await;
    for (location, quantity) in [(1, 3), (2, 4)] {
        let mut count = adjust(("product_id", &product["id"]), quantity);
        count["items"][0]["location_id"] = json!(location);
        assert_eq!(store.send(Method::PUT, ABSOLUTE, &count).await.status, 200);
    }
    let levels = async || {
        let item = store.ok(&format!("/v3/inventory/items?product_id:in={}", product["id"])).await;
        let places = item["data"][0]["locations"].as_array().expect("locations").clone();
        places
            .iter()
            .map(|place| place["total_inventory_onhand"].as_i64().expect("a level"))
            .collect::<Vec<_>>()
    };
    let billing = json!({"first_name": "A", "last_name": "B", "street_1": "1", "city": "Austin", "state": "Texas", "zip": "78701", "country": "United States", "country_iso2": "US", "email": "a@example.com"});
    let order = async |quantity: i64| {
        let body = json!({"billing_address": billing, "products": [{"product_id": product["id"], "quantity": quantity}]});
        let made = store.send(Method::POST, "/v2/orders", &body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        format!("/v2/orders/{}", made.json()["id"])
    };
    let change = async |path: &str, body: Value| {
        let answer = store.send(Method::PUT, path, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    };
    let path = order(5).await;
    assert_eq!(levels().await, [0, 2]);
    change(&path, json!({"status_id": 5})).await;
    assert_eq!(levels().await, [3, 4], "each unit went back to its place");
    change(&path, json!({"status_id": 11})).await;
    let line = store.ok(&format!("{path}/products")).await[0]["id"].clone();
    change(&path, json!({"products": [{"id": line, "quantity": 2}]})).await;
    assert_eq!(levels().await, [1, 4]);
    change(&path, json!({"status_id": 5})).await;
    // More is ordered than there is: what was not there to take does not come back.
    let path = order(11).await;
    assert_eq!(levels().await, [0, 0]);
    let line = store.ok(&format!("{path}/products")).await[0]["id"].clone();
    change(&path, json!({"products": [{"id": line, "quantity": 8}]})).await;
    assert_eq!(levels().await, [0, 0]);
    change(&path, json!({"status_id": 5})).await;
    assert_eq!(levels().await, [3, 4]);
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_location_has_a_whole_address() {
    let store = small().await;
    let body = json!([{"code": "BARE", "label": "Bare", "address": {"city": "Austin"}}]);
    let bare = store.send(Method::POST, "/v3/inventory/locations", &body).await;
    assert_eq!(bare.status, 422, "{}", bare.text);
    let errors = bare.json()["errors"].clone();
    assert!(errors["address.zip"].is_string() && errors["address.city"].is_null(), "{errors}");
    store.simulator.stop().await;
}
