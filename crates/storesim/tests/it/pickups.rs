//! Orders that are picked up, and where they can be.

use reqwest::Method;
use serde_json::{Value, json};

use crate::store::{Store, small};

async fn post(store: &Store, path: &str, body: Value) -> crate::store::Answer {
    store.send(Method::POST, path, &body).await
}

#[tokio::test]
async fn methods_hand_out_at_locations_and_orders_wait_there() {
    let store = small().await;
    let methods = "/v3/pickup/methods";
    assert_eq!(store.get(methods).await.ids(), [1], "the one that generated lines name");
    let far = json!([{"location_id": 999, "display_name": "Nowhere"}]);
    let refused = post(&store, methods, far).await;
    assert_eq!((refused.status, refused.json()["errors"]["0.location_id"].is_string()), (422, true));
    let made = post(&store, methods, json!([{"location_id": 2, "display_name": "Desk"}])).await;
    let method = made.json()["data"][0]["id"].clone();
    let many: Vec<Value> = (0..11).map(|_| json!({"id": method, "display_name": "Desk 2"})).collect();
    assert_eq!(store.send(Method::PUT, methods, &json!(many)).await.status, 413);
    let put = store.send(Method::PUT, methods, &json!([{"id": method, "display_name": "Desk 2"}])).await;
    assert_eq!(
        (&put.json()["data"][0]["display_name"], &put.json()["data"][0]["location_id"]),
        (&json!("Desk 2"), &json!(2))
    );

    let line = json!({"name": "Made to order", "quantity": 3, "price_ex_tax": 5, "price_inc_tax": 5});
    let order = json!({"billing_address": {"zip": "78701", "email": "a@example.com"},
        "consignments": {"pickups": [{"pickup_method_id": method, "line_items": [line]}]}});
    let order = post(&store, "/v2/orders", order).await.json();
    let product = store.ok(&format!("/v2/orders/{}/products", order["id"])).await[0]["id"].clone();
    let pickup = |units: i64| {
        json!([{"pickup_method_id": method, "order_id": order["id"], "ready_at": "2026-07-01T10:00:00Z",
            "pickup_items": [{"order_product_id": product, "quantity": units}]}])
    };
    let path = "/v3/orders/pickups";
    let refused = post(&store, path, pickup(4)).await;
    assert_eq!((refused.status, refused.header("content-type")), (422, "application/problem+json"));
    let made = post(&store, path, pickup(2)).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let made = made.json()["data"][0].clone();
    assert_eq!(
        (&made["ready_at"], &made["pickup_items"][0]["status"]),
        (&json!("2026-07-01T10:00:00Z"), &json!("AWAITING_COLLECTION"))
    );
    assert_eq!(post(&store, path, pickup(2)).await.status, 422, "one is left");
    let collected = json!([{"pickup_id": made["id"], "collected_at": "2026-07-02T10:00:00Z"}]);
    let put = store.send(Method::PUT, path, &collected).await;
    let items = put.json()["data"][0]["pickup_items"].clone();
    assert_eq!(
        (&items[0]["status"], &items[0]["collected_at"]),
        (&json!("COLLECTED"), &json!("2026-07-02T10:00:00Z"))
    );
    let unknown = json!([{"pickup_id": 99999, "ready_at": "2026-07-02T10:00:00Z"}]);
    assert_eq!(store.send(Method::PUT, path, &unknown).await.status, 422);
    let listed = store.ok(&format!("{path}?order_id:in={}", order["id"])).await["data"].clone();
    assert_eq!((listed.as_array().map(Vec::len), &listed[0]["id"]), (Some(1), &made["id"]));
    assert_eq!(store.get(&format!("{path}?pickup_id:in={}", made["id"])).await.ids().len(), 1);
    assert_eq!(store.delete(path).await.status, 422);
    assert_eq!(store.delete(&format!("{path}?id:in={}", made["id"])).await.status, 204);
    assert_eq!(store.ok(&format!("{path}?order_id:in={}", order["id"])).await["data"], json!([]));
    store.simulator.stop().await;
}

#[tokio::test]
async fn generated_pickups_agree_with_their_orders() {
    let store =
        crate::store::with(storesim::Options { products: 60, orders: 400, ..Default::default() }).await;
    let pickups = store.ok("/v3/orders/pickups").await["data"].as_array().expect("pickups").clone();
    assert!(pickups.len() > 3, "{}", pickups.len());
    for pickup in pickups {
        let lines = store.ok(&format!("/v2/orders/{}/products", pickup["order_id"])).await;
        for item in pickup["pickup_items"].as_array().expect("items") {
            let line =
                lines.as_array().expect("lines").iter().find(|line| line["id"] == item["order_product_id"]);
            let line = line.expect("a line of the order");
            assert_eq!(
                (&line["order_pickup_method_id"], &line["quantity"]),
                (&pickup["pickup_method_id"], &item["quantity"])
            );
        }
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn options_are_near_and_have_everything() {
    let store = small().await;
    let variant = store.ok("/v3/inventory/locations/1/items?limit=50").await["data"]
        .as_array()
        .expect("items")
        .iter()
        .find(|item| {
            item["available_to_sell"].as_i64() > Some(0)
                && item["identity"]["variant_id"].is_i64()
                && item["settings"]["is_in_stock"] == true
        })
        .expect("some stock")
        .clone();
    let product = store.ok(&format!("/v3/catalog/products/{}", variant["identity"]["product_id"])).await;
    assert_ne!(product["data"]["inventory_tracking"], "", "{product}");
    let place = store.ok("/v3/inventory/locations?location_id:in=1").await["data"][0]["address"].clone();
    let at = &place["geo_coordinates"];
    let ask = async |latitude: f64, units: i64| {
        let body = json!({"search_area": {"coordinates": {"latitude": latitude, "longitude": at["longitude"]},
            "radius": {"value": 10, "unit": "KM"}},
            "items": [{"variant_id": variant["identity"]["variant_id"], "quantity": units}]});
        let answer = post(&store, "/v3/pickup/options", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["results"][0]["pickup_options"].clone()
    };
    let latitude = at["latitude"].as_f64().expect("a latitude");
    let near = ask(latitude + 0.05, 1).await;
    assert_eq!(near[0]["pickup_method"]["id"], 1, "{near}");
    assert_eq!(ask(latitude + 0.5, 1).await, json!([]), "55 km away");
    if product["data"]["inventory_tracking"] != "none" {
        assert_eq!(ask(latitude, 1_000_000).await, json!([]), "not so many");
    }
    let lacks = post(&store, "/v3/pickup/options", json!({"items": []})).await;
    assert_eq!(lacks.status, 422);
    store.simulator.stop().await;
}
