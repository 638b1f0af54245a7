//! What a faithful store has to reproduce about pages, products, orders and stock, by the numbers of the
//! project's list.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use storesim::Options;

use crate::store::{Store, small, with};

async fn product(store: &Store, members: Value) -> Value {
    let mut body = json!({"type": "physical", "weight": 1, "price": 10});
    for (name, value) in members.as_object().expect("members") {
        body[name] = value.clone();
    }
    let made = store.send(Method::POST, "/v3/catalog/products", &body).await;
    assert_eq!(made.status, 200, "{}", made.text);
    made.json()["data"].clone()
}

fn place() -> Value {
    json!({"first_name": "A", "last_name": "B", "street_1": "1 Main St", "city": "Austin", "state": "Texas", "zip": "78701",
        "country": "United States", "country_iso2": "US", "email": "a@example.com"})
}

/// The scopes and data told of a kind of event.
async fn told(store: &Store, scope: &str) -> Vec<Value> {
    let events = store.sim(&format!("events?scope={scope}&limit=1000")).await;
    events["events"].as_array().expect("events").iter().map(|event| event["data"].clone()).collect()
}

#[tokio::test]
async fn faithful_10_and_11_pages_have_six_members_and_end_with_an_empty_one() {
    let store = small().await;
    for (page, links) in [
        (1, vec!["current", "next"]),
        (2, vec!["current", "next", "previous"]),
        (3, vec!["current", "previous"]),
    ] {
        let body = store.ok(&format!("/v3/catalog/products?limit=20&page={page}")).await;
        let found = body["meta"]["pagination"].as_object().expect("pagination");
        let mut names: Vec<&str> = found.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["count", "current_page", "links", "per_page", "total", "total_pages"]);
        let mut told: Vec<&str> =
            found["links"].as_object().expect("links").keys().map(String::as_str).collect();
        told.sort_unstable();
        assert_eq!(told, links, "page {page}");
        assert!(found["links"]["current"].as_str().is_some_and(|link| link.starts_with('?')));
    }
    let beyond = store.ok("/v3/catalog/products?limit=20&page=9").await;
    assert_eq!((&beyond["data"], &beyond["meta"]["pagination"]["count"]), (&json!([]), &json!(0)));
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_12_and_15_pages_are_50_at_most_250_and_those_of_v2_bare() {
    let store = with(Options { products: 270, orders: 60, customers: 10, ..Options::default() }).await;
    let path = "/v3/catalog/products";
    assert_eq!(store.get(path).await.ids().len(), 50);
    assert_eq!(store.ok(&format!("{path}?limit=1000")).await["meta"]["pagination"]["per_page"], 250);
    store.sim_post("readings", json!({"limit": "413"})).await;
    assert_eq!(store.get(&format!("{path}?limit=1000")).await.status, 413);
    let orders = store.get("/v2/orders").await;
    assert!(orders.json().is_array());
    let ids = orders.ids();
    assert!(ids.len() == 50 && ids.is_sorted(), "{ids:?}");
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_18_20_and_21_products_show_what_is_asked_and_check_what_is_sent() {
    let store = small().await;
    let path = "/v3/catalog/products";
    let chosen = store.ok(&format!("{path}?limit=1&include_fields=name,sku")).await["data"][0].clone();
    let mut names: Vec<&String> = chosen.as_object().expect("a product").keys().collect();
    names.sort_unstable();
    assert_eq!(names, ["id", "name", "sku"]);
    let rest = store.ok(&format!("{path}?limit=1&exclude_fields=id,name")).await["data"][0].clone();
    assert!(rest.get("id").is_some() && rest.get("name").is_none());
    let nothing = store.send(Method::POST, path, &json!({"description": "x"})).await;
    let errors = nothing.json()["errors"].clone();
    assert_eq!(nothing.status, 422);
    for name in ["name", "type", "weight", "price"] {
        assert!(errors[name].is_string(), "{errors}");
    }
    product(&store, json!({"name": "Once", "sku": "ONE-1"})).await;
    let same = json!({"name": "Once", "type": "physical", "weight": 1, "price": 1});
    assert_eq!(store.send(Method::POST, path, &same).await.status, 409);
    let same = json!({"name": "Twice", "sku": "one-1", "type": "physical", "weight": 1, "price": 1});
    assert_eq!(store.send(Method::POST, path, &same).await.status, 409);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_25_and_26_base_variants_and_inherited_prices() {
    let store = small().await;
    let made = product(&store, json!({"name": "Plain", "price": 12.5})).await;
    let path = format!("/v3/catalog/products/{}", made["id"]);
    let variants = store.ok(&format!("{path}/variants")).await["data"].clone();
    let base = &variants[0];
    assert_eq!(made["base_variant_id"], base["id"]);
    assert_eq!((&base["option_values"], &base["sku_id"]), (&json!([]), &Value::Null));
    assert_eq!((&base["price"], base["calculated_price"].as_f64()), (&Value::Null, Some(12.5)));
    let option = json!({"display_name": "Size", "type": "dropdown", "option_values": [
        {"label": "S", "sort_order": 0, "is_default": true}, {"label": "M", "sort_order": 1}]});
    let option = store.send(Method::POST, &format!("{path}/options"), &option).await.json()["data"].clone();
    let value = &option["option_values"][0];
    let variant = json!({"sku": "PLAIN-S", "price": 20, "option_values": [{"option_id": option["id"], "id": value["id"]}]});
    let variant = store.send(Method::POST, &format!("{path}/variants"), &variant).await;
    assert_eq!(variant.json()["data"]["calculated_price"].as_f64(), Some(20.0), "{}", variant.text);
    assert_eq!(store.ok(&path).await["data"]["base_variant_id"], Value::Null);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_36_37_41_and_42_orders_are_text_add_up_change_and_are_archived() {
    let store = small().await;
    let lines = json!([{"name": "A", "quantity": 2, "price_ex_tax": 10, "price_inc_tax": 11},
        {"name": "B", "quantity": 1, "price_ex_tax": 5, "price_inc_tax": 5}]);
    let body = json!({"billing_address": place(), "products": lines, "base_shipping_cost": 4});
    let made = store.send(Method::POST, "/v2/orders", &body).await.json();
    let path = format!("/v2/orders/{}", made["id"]);
    let amount = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("{name}: {made}")).to_owned();
    assert!(amount("total_inc_tax").split_once('.').is_some_and(|(_, cents)| cents.len() == 4));
    assert!(amount("date_created").ends_with(" +0000"));
    for name in ["products", "shipping_addresses", "coupons"] {
        assert!(made[name]["url"].is_string() && made[name]["resource"].is_string(), "{name}");
    }
    let number = |name: &str| amount(name).parse::<f64>().expect("an amount");
    let close = |a: f64, b: f64| (a - b).abs() < 0.005;
    assert!(close(number("subtotal_ex_tax"), 25.0) && close(number("subtotal_inc_tax"), 27.0), "{made}");
    assert!(
        close(number("total_inc_tax"), number("subtotal_inc_tax") + number("shipping_cost_inc_tax")),
        "{made}"
    );
    assert!(close(number("total_tax"), number("total_inc_tax") - number("total_ex_tax")), "{made}");
    let put = store.send(Method::PUT, &path, &json!({"status_id": 2})).await;
    assert_eq!(put.status, 200, "{}", put.text);
    let id = &made["id"];
    assert!(told(&store, "store/order/updated").await.contains(&json!({"type": "order", "id": id})));
    let status = json!({"previous_status_id": 1, "new_status_id": 2});
    let changed = told(&store, "store/order/statusUpdated").await;
    assert!(changed.contains(&json!({"type": "order", "id": id, "status": status})), "{changed:?}");
    assert_eq!(store.delete(&path).await.status, 204);
    assert_eq!(store.ok(&path).await["is_deleted"], true);
    assert!(told(&store, "store/order/archived").await.contains(&json!({"type": "order", "id": id})));
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_46_47_and_48_stock_moves_later_within_bounds_and_by_its_tracking() {
    let inventory_delay = Duration::from_millis(200);
    let store = with(Options { products: 5, inventory_delay, ..Options::default() }).await;
    let made =
        product(&store, json!({"name": "Kept", "inventory_tracking": "product", "inventory_level": 5})).await;
    let absolute = "/v3/inventory/adjustments/absolute";
    let item = |member: &str, id: &Value, quantity: i64| json!({"reason": "count", "items": [{"location_id": 1, member: id, "quantity": quantity}]});
    let level = async || {
        let path = format!("/v3/inventory/items?product_id:in={}", made["id"]);
        store.ok(&path).await["data"][0]["locations"][0]["total_inventory_onhand"].as_i64().expect("a level")
    };
    let done = store.send(Method::PUT, absolute, &item("product_id", &made["id"], 50)).await;
    assert_eq!(
        done.json().as_object().map(|body| body.keys().collect::<Vec<_>>()),
        Some(vec![&"transaction_id".to_owned()])
    );
    assert_eq!(level().await, 5, "a read right after shows the old level");
    let patience = Instant::now() + Duration::from_secs(10);
    while level().await != 50 {
        assert!(Instant::now() < patience);
    }
    let relative = "/v3/inventory/adjustments/relative";
    let below = store.send(Method::POST, relative, &item("product_id", &made["id"], -51)).await;
    assert_eq!((below.status, level().await), (422, 50), "{}", below.text);
    let by_variant = product(&store, json!({"name": "Counted", "inventory_tracking": "none"})).await;
    let never = store.send(Method::POST, relative, &item("product_id", &by_variant["id"], 1)).await;
    assert_eq!(never.status, 422, "{}", never.text);
    let large = store.send(Method::PUT, absolute, &item("product_id", &made["id"], 2_147_483_648)).await;
    assert_eq!(large.status, 422);
    let path = format!("/v3/catalog/products/{}", made["id"]);
    let clamped = store.send(Method::PUT, &path, &json!({"inventory_level": 2_147_483_648_i64})).await;
    assert_eq!(clamped.json()["data"]["inventory_level"], 2_147_483_647, "{}", clamped.text);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_49_the_first_location_stays_and_others_go_with_their_stock() {
    let store = small().await;
    let path = "/v3/inventory/locations";
    let stays = store.delete(&format!("{path}?location_id:in=1")).await;
    assert_eq!((stays.status, stays.header("content-type")), (422, "application/problem+json"));
    let one = json!([{"code": "X", "label": "X", "type_id": "PHYSICAL", "address": {"address1": "1", "city": "Austin",
        "state": "Texas", "zip": "78701", "country_code": "US", "email": "a@example.com", "geo_coordinates": {"latitude": 1, "longitude": 2}}}]);
    assert_eq!(store.send(Method::POST, path, &one).await.status, 200);
    let id = store.ok(&format!("{path}?location_code:in=X")).await["data"][0]["id"].clone();
    let made =
        product(&store, json!({"name": "Kept", "inventory_tracking": "product", "inventory_level": 5})).await;
    let count =
        json!({"reason": "count", "items": [{"location_id": id, "product_id": made["id"], "quantity": 7}]});
    assert_eq!(store.send(Method::PUT, "/v3/inventory/adjustments/absolute", &count).await.status, 200);
    let stock = format!("/v3/inventory/items?product_id:in={}", made["id"]);
    let places = |body: &Value| body["data"][0]["locations"].as_array().map_or(0, Vec::len);
    let before = places(&store.ok(&stock).await);
    assert_eq!(store.delete(&format!("{path}?location_id:in={id}")).await.status, 200);
    assert_eq!(places(&store.ok(&stock).await), before - 1);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_66_the_kind_of_inventory_event_follows_the_tracking() {
    let store = small().await;
    let count = |member: &str, id: &Value| json!({"reason": "count", "items": [{"location_id": 1, member: id, "quantity": 9}]});
    let absolute = "/v3/inventory/adjustments/absolute";
    let whole =
        product(&store, json!({"name": "Whole", "inventory_tracking": "product", "inventory_level": 1}))
            .await;
    assert_eq!(store.send(Method::PUT, absolute, &count("product_id", &whole["id"])).await.status, 200);
    let found = told(&store, "store/product/inventory/updated").await;
    assert!(found.iter().any(|data| data["id"] == whole["id"]), "{found:?}");
    let many = product(
        &store,
        json!({"name": "Many", "inventory_tracking": "variant", "variants": [
        {"sku": "MANY-S", "option_values": [{"option_display_name": "Size", "label": "S"}]},
        {"sku": "MANY-M", "option_values": [{"option_display_name": "Size", "label": "M"}]}]}),
    )
    .await;
    let variants = store.ok(&format!("/v3/catalog/products/{}/variants", many["id"])).await["data"].clone();
    assert_eq!(store.send(Method::PUT, absolute, &count("variant_id", &variants[0]["id"])).await.status, 200);
    let found = told(&store, "store/sku/inventory/updated").await;
    assert!(found.iter().any(|data| data["inventory"]["variant_id"] == variants[0]["id"]), "{found:?}");
    let products = told(&store, "store/product/inventory/updated").await;
    assert!(!products.iter().any(|data| data["id"] == many["id"]), "{products:?}");
    store.simulator.stop().await;
}
