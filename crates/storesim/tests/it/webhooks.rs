//! Hooks, events and their delivery.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use storesim::Options;

use crate::receiver::{Receiver, drained, hook};
use crate::store::{Store, small, with};

/// Every scope that the resources so far fire.
const SCOPES: &[&str] = &[
    "store/product/*",
    "store/sku/*",
    "store/category/*",
    "store/customer/*",
    "store/order/*",
    "store/inventory/location/created",
    "store/inventory/location/updated",
    "store/channel/*/inventory/product/stock_changed",
    "store/channel/*/inventory/product/settings_changed",
    "store/channel/*/inventory/product/out_of_stock_reached",
    "store/channel/*/inventory/product/low_stock_reached",
];

async fn subscribed(receiver: &Receiver, store: &Store) {
    for scope in SCOPES {
        hook(store, scope, &receiver.url).await;
    }
}

async fn post(store: &Store, path: &str, body: Value) -> Value {
    let answer = store.send(Method::POST, path, &body).await;
    assert!(answer.status < 300, "{path}: {} {}", answer.status, answer.text);
    let body = answer.json();
    body.get("data").unwrap_or(&body).clone()
}

async fn put(store: &Store, path: &str, body: Value) {
    let answer = store.send(Method::PUT, path, &body).await;
    assert!(answer.status < 300, "{path}: {} {}", answer.status, answer.text);
}

async fn product(store: &Store, name: &str, more: Value) -> Value {
    let mut body = json!({"name": name, "type": "physical", "weight": 1, "price": 5, "sku": name});
    for (name, value) in more.as_object().expect("members") {
        body[name] = value.clone();
    }
    post(store, "/v3/catalog/products", body).await
}

/// The scopes of events, sorted.
fn scopes(events: &[(String, Value)]) -> Vec<&str> {
    let mut scopes: Vec<&str> = events.iter().map(|(scope, _)| scope.as_str()).collect();
    scopes.sort_unstable();
    scopes
}

#[tokio::test]
async fn hooks_are_made_changed_listed_and_deleted() {
    let store = small().await;
    let path = "/v3/hooks";
    let missing = store.send(Method::POST, path, &json!({"scope": "store/order/*"})).await;
    assert_eq!(
        (missing.status, &missing.json()["errors"]["destination"]),
        (422, &json!("error.path.missing."))
    );
    let refused = |scope: &str, destination: &str, headers: Value| json!({"scope": scope, "destination": destination, "headers": headers});
    for body in [
        refused("store/orders/*", "https://example.com/a", Value::Null),
        refused("store/order/*", "http://example.com/a", Value::Null),
        refused("store/order/*", "https://example.com:8443/a", Value::Null),
        refused("store/order/*", "example.com", Value::Null),
        refused("store/order/*", "https://example.com/a", json!({"a": 1})),
        refused("store/order/*", "https://example.com/a", json!({"a b": "1"})),
    ] {
        let answer = store.send(Method::POST, path, &body).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text);
    }

    let body =
        json!({"scope": "store/order/*", "destination": "https://example.com/a", "headers": {"x-own": "1"}});
    let made = store.send(Method::POST, path, &body).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let made = made.json()["data"].clone();
    let (id, created) = (made["id"].as_i64().expect("an id"), made["created_at"].as_i64().expect("seconds"));
    assert!(created > 1_700_000_000);
    let mut expected = json!({"id": id, "client_id": "simclient", "store_hash": "simstore", "is_active": true, "created_at": created, "updated_at": created});
    for (name, value) in body.as_object().expect("members") {
        expected[name] = value.clone();
    }
    assert_eq!(made, expected);
    assert_eq!(store.ok(&format!("{path}/{id}")).await, json!({"data": made, "meta": {}}));
    assert_eq!(store.send(Method::POST, path, &body).await.status, 422, "the same hook again");

    let other = hook(&store, "store/product/updated", "https://example.com/a").await;
    put(&store, &format!("{path}/{other}"), json!({"is_active": false})).await;
    for (query, found) in [
        ("is_active=false", vec![other]),
        ("is_active=true", vec![id]),
        ("scope=store/order/*", vec![id]),
        ("destination=https://example.com/a", vec![id, other]),
        ("scope=store/cart/*", vec![]),
    ] {
        assert_eq!(store.get(&format!("{path}?{query}")).await.ids(), found, "{query}");
    }
    let nothing = store.send(Method::PUT, &format!("{path}/{other}"), &json!({"id": 1})).await;
    assert_eq!(nothing.status, 422);
    let same = store.send(Method::PUT, &format!("{path}/{other}"), &json!({"scope": "store/order/*"})).await;
    assert_eq!(same.status, 422, "{}", same.text);

    for n in 1..10 {
        hook(&store, "store/order/*", &format!("https://example.com/{n}")).await;
    }
    let body = json!({"scope": "store/order/*", "destination": "https://example.com/b"});
    assert_eq!(store.send(Method::POST, path, &body).await.status, 422, "the eleventh of a scope");

    let deleted = store.delete(&format!("{path}/{id}")).await;
    assert_eq!((deleted.status, &deleted.json()["data"]), (200, &made));
    let gone = store.get(&format!("{path}/{id}")).await;
    assert_eq!(
        (gone.status, gone.json()["title"].as_str()),
        (404, Some(&*format!("Webhook with id [{id}] not found")))
    );
    assert_eq!(store.sim("stats").await["webhooks"]["hooks"], 9);
    store.sim_post("reset", json!({})).await;
    assert_eq!(store.get(path).await.ids(), Vec::<i64>::new());
    assert_eq!(store.sim("stats").await["webhooks"]["hooks"], 0);
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_delivery_is_signed_and_carries_six_members() {
    let options = Options { products: 5, client_secret: "a secret".into(), ..Options::default() };
    let store = with(options).await;
    let receiver = Receiver::start().await;
    let body =
        json!({"scope": "store/product/created", "destination": receiver.url, "headers": {"X-Own": "yes"}});
    post(&store, "/v3/hooks", body).await;
    let made = product(&store, "Signed", json!({})).await;
    let received = receiver.wait(1).await.remove(0);
    let body = received.json();
    let names: Vec<&String> = body.as_object().expect("members").keys().collect();
    assert_eq!(names.len(), 6);
    assert_eq!(body["producer"], "stores/simstore");
    assert_eq!(body["scope"], "store/product/created");
    assert_eq!(body["data"], json!({"type": "product", "id": made["id"]}));
    assert!(body["created_at"].as_i64() > Some(1_700_000_000));
    assert!(body["store_id"].as_str().is_some_and(|id| id.parse::<u64>().is_ok()));
    let hash = body["hash"].as_str().expect("a hash");
    assert!(hash.len() == 40 && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));

    assert_eq!(received.header("x-own"), "yes");
    assert_eq!(received.header("content-type"), "application/json");
    assert!(received.header("user-agent").starts_with("pekko-http/"));
    assert_eq!(received.header("webhook-id"), hash);
    let timestamp = received.header("webhook-timestamp");
    assert!(timestamp.parse::<i64>().is_ok());
    // As a library of the standard does it: its secret is the Base64 of the client secret.
    let secret = STANDARD.encode("a secret");
    let key = STANDARD.decode(secret).expect("Base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
    mac.update(format!("{hash}.{timestamp}.{}", received.text).as_bytes());
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(received.header("webhook-signature"), expected);

    drained(&store).await;
    assert_eq!(store.sim("webhooks/acknowledged").await, json!([hash]));
    store.simulator.stop().await;
}

#[tokio::test]
async fn catalog_changes_fire_their_events() {
    let store = small().await;
    let receiver = Receiver::start().await;
    subscribed(&receiver, &store).await;

    let made = product(&store, "plain", json!({})).await;
    let id = &made["id"];
    receiver.told(&store, [("store/product/created", json!({"type": "product", "id": id}))]).await;
    let path = format!("/v3/catalog/products/{id}");
    put(&store, &path, json!({"price": 7})).await;
    receiver.told(&store, [("store/product/updated", json!({"type": "product", "id": id}))]).await;
    put(&store, &path, json!({"price": 7})).await;
    put(&store, &path, json!({"name": "plain"})).await;
    put(&store, &path, json!({"meta_keywords": ["a"]})).await;
    post(&store, &format!("{path}/images"), json!({"image_url": "https://example.com/a.png"})).await;
    receiver.told(&store, []).await;

    let variants = json!([
        {"sku": "two-s", "option_values": [{"option_display_name": "Size", "label": "S"}]},
        {"sku": "two-m", "option_values": [{"option_display_name": "Size", "label": "M"}]}
    ]);
    let two =
        product(&store, "two", json!({"sku": "", "variants": variants, "inventory_tracking": "variant"}))
            .await;
    let events = receiver.settled(&store).await;
    assert_eq!(scopes(&events), ["store/product/created", "store/sku/created", "store/sku/created"]);
    let path = format!("/v3/catalog/products/{}", two["id"]);
    let variant = store.ok(&format!("{path}/variants")).await["data"][0].clone();
    let sku = json!({"type": "sku", "id": variant["sku_id"], "sku": {"product_id": two["id"], "variant_id": variant["id"]}});
    assert!(events.contains(&("store/sku/created".into(), sku.clone())), "{events:?}");

    put(&store, &path, json!({"price": 9})).await;
    assert_eq!(scopes(&receiver.settled(&store).await), ["store/product/updated"]);
    put(&store, &format!("{path}/variants/{}", variant["id"]), json!({"price": 3})).await;
    receiver.told(&store, [("store/sku/updated", sku.clone())]).await;
    put(&store, &format!("{path}/variants/{}", variant["id"]), json!({"inventory_level": 4})).await;
    let inventory =
        json!({"product_id": two["id"], "method": "absolute", "value": 4, "variant_id": variant["id"]});
    let place = json!({"variant_id": variant["id"], "product_id": two["id"], "location_id": 1});
    receiver
        .told(
            &store,
            [
                (
                    "store/sku/inventory/updated",
                    json!({"type": "sku", "id": variant["sku_id"], "inventory": inventory}),
                ),
                ("store/channel/*/inventory/product/stock_changed", place),
            ],
        )
        .await;
    store.delete(&format!("{path}/variants/{}", variant["id"])).await;
    receiver.told(&store, [("store/sku/deleted", sku)]).await;
    store.delete(&path).await;
    let events = receiver.settled(&store).await;
    assert_eq!(scopes(&events), ["store/product/deleted", "store/sku/deleted"]);

    let top = post(&store, "/v3/catalog/trees/categories", json!([{"name": "Top", "tree_id": 1}])).await;
    let top = top[0]["category_id"].clone();
    let below =
        post(&store, "/v3/catalog/trees/categories", json!([{"name": "Below", "parent_id": top}])).await;
    let below = below[0]["category_id"].clone();
    put(&store, "/v3/catalog/trees/categories", json!([{"category_id": below, "sort_order": 3}])).await;
    let deleted = store.delete(&format!("/v3/catalog/trees/categories?category_id:in={top}")).await;
    assert!(deleted.status < 300);
    let event = |scope, id: &Value| (scope, json!({"type": "category", "id": id}));
    let expected = [
        event("store/category/created", &top),
        event("store/category/created", &below),
        event("store/category/updated", &below),
        event("store/category/deleted", &below),
        event("store/category/deleted", &top),
    ];
    receiver.told(&store, expected).await;
    store.simulator.stop().await;
}

#[tokio::test]
async fn customers_and_addresses_fire_their_own_events() {
    let store = small().await;
    let receiver = Receiver::start().await;
    subscribed(&receiver, &store).await;
    let made = post(
        &store,
        "/v3/customers",
        json!([{"email": "new@example.com", "first_name": "A", "last_name": "B"}]),
    )
    .await;
    let id = &made[0]["id"];
    let address = json!({"customer_id": id, "first_name": "A", "last_name": "B", "address1": "1", "city": "C", "state_or_province": "TX", "postal_code": "1", "country_code": "US"});
    let made = post(&store, "/v3/customers/addresses", json!([address])).await;
    let at = &made[0]["id"];
    put(&store, "/v3/customers", json!([{"id": id, "company": "D"}])).await;
    put(&store, "/v3/customers", json!([{"id": id, "company": "D"}])).await;
    put(&store, "/v3/customers/addresses", json!([{"id": at, "city": "E"}])).await;
    post(&store, "/v3/customers/addresses", json!([{"customer_id": id, "first_name": "A", "last_name": "B", "address1": "1", "city": "E", "state_or_province": "TX", "postal_code": "1", "country_code": "US"}])).await;
    store.delete(&format!("/v3/customers?id:in={id}")).await;
    let customer = json!({"type": "customer", "id": id});
    let place = json!({"type": "customer", "id": at, "address": {"customer_id": id}});
    receiver
        .told(
            &store,
            [
                (
                    "store/customer/created",
                    json!({"type": "customer", "id": id, "origin_channel_id": 1, "channel_ids": [1]}),
                ),
                ("store/customer/address/created", place.clone()),
                ("store/customer/updated", customer.clone()),
                ("store/customer/address/updated", place.clone()),
                ("store/customer/address/deleted", place),
                ("store/customer/deleted", customer),
            ],
        )
        .await;
    store.simulator.stop().await;
}

#[tokio::test]
async fn orders_tell_status_and_stock() {
    let store = small().await;
    let receiver = Receiver::start().await;
    let stocked = json!({"inventory_tracking": "product", "inventory_level": 3});
    let product = product(&store, "sold", stocked).await;
    let settings = json!({"settings": [{"identity": {"product_id": product["id"]}, "warning_level": 2}]});
    put(&store, "/v3/inventory/locations/1/items", settings).await;
    subscribed(&receiver, &store).await;
    let billing = json!({"first_name": "A", "last_name": "B", "street_1": "1", "city": "Austin", "state": "Texas", "zip": "78701", "country": "United States", "country_iso2": "US", "email": "a@example.com"});
    let body =
        json!({"billing_address": billing, "products": [{"product_id": product["id"], "quantity": 1}]});
    let made = post(&store, "/v2/orders", body.clone()).await;
    let id = made["id"].clone();
    let order = json!({"type": "order", "id": id});
    let inventory = json!({"product_id": product["id"], "method": "absolute", "value": 2});
    let place =
        json!({"variant_id": product["base_variant_id"], "product_id": product["id"], "location_id": 1});
    let stock = json!({"type": "product", "id": product["id"], "inventory": inventory});
    let expected = [
        ("store/channel/*/inventory/product/low_stock_reached", place.clone()),
        ("store/order/created", order.clone()),
        ("store/product/inventory/order/updated", stock),
        ("store/product/updated", json!({"type": "product", "id": product["id"]})),
    ];
    receiver.told(&store, expected).await;
    let path = format!("/v2/orders/{id}");
    put(&store, &path, json!({"status_id": 11})).await;
    put(&store, &path, json!({"status_id": 11})).await;
    let line = store.ok(&format!("{path}/products")).await[0]["id"].clone();
    put(&store, &path, json!({"products": [{"id": line, "price_inc_tax": "6.00"}]})).await;
    store.delete(&path).await;
    let before = made["status_id"].clone();
    let status =
        json!({"type": "order", "id": id, "status": {"previous_status_id": before, "new_status_id": 11}});
    receiver
        .told(
            &store,
            [
                ("store/order/updated", order.clone()),
                ("store/order/statusUpdated", status),
                ("store/order/updated", order.clone()),
                ("store/order/archived", order),
            ],
        )
        .await;
    let mut more = body;
    more["products"][0]["quantity"] = json!(2);
    post(&store, "/v2/orders", more).await;
    let events = receiver.settled(&store).await;
    assert!(
        events.contains(&("store/channel/*/inventory/product/out_of_stock_reached".into(), place)),
        "{events:?}"
    );
    store.simulator.stop().await;
}

#[tokio::test]
async fn locations_are_told_by_their_ids() {
    let store = small().await;
    let receiver = Receiver::start().await;
    subscribed(&receiver, &store).await;
    let path = "/v3/inventory/locations";
    let point = json!({"latitude": 1, "longitude": 2});
    let address = json!({"address1": "1", "city": "Austin", "state": "TX", "zip": "78701", "email": "a@example.com", "country_code": "US", "geo_coordinates": point});
    let body = json!([{"code": "TOLD", "label": "Told", "address": address}]);
    assert_eq!(store.send(Method::POST, path, &body).await.status, 200);
    let id = store.ok(&format!("{path}?location_code:in=TOLD")).await["data"][0]["id"].clone();
    for _ in 0..2 {
        put(&store, path, json!([{"id": id, "label": "Told again"}])).await;
    }
    let data = json!({"location_id": id});
    let expected =
        [("store/inventory/location/created", data.clone()), ("store/inventory/location/updated", data)];
    receiver.told(&store, expected).await;
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_failed_delivery_is_tried_again_until_the_hook_is_switched_off() {
    // The longest wait, a day, takes 86 milliseconds.
    let options = Options { time_scale: 1e6, ..Options::default() };
    let store = with(options).await;
    let receiver = Receiver::start().await;
    let id = hook(&store, "store/customer/created", &receiver.url).await;
    receiver.answer(&[500, 302, 404]);
    let new = |n: u32| json!([{"email": format!("{n}@example.com"), "first_name": "A", "last_name": "B"}]);
    post(&store, "/v3/customers", new(1)).await;
    let received = receiver.wait(4).await;
    let hashes: HashSet<&str> = received.iter().map(|one| one.header("webhook-id")).collect();
    assert_eq!((hashes.len(), received[0].text.as_str()), (1, received[3].text.as_str()));
    drained(&store).await;
    let webhooks = store.sim("stats").await["webhooks"].clone();
    assert_eq!((&webhooks["failed"], &webhooks["delivered"]), (&json!(3), &json!(1)), "{webhooks}");

    receiver.clear();
    receiver.always(503);
    post(&store, "/v3/customers", new(2)).await;
    let received = receiver.wait(12).await;
    drained(&store).await;
    assert_eq!(receiver.all().len(), 12, "one attempt and eleven more");
    let last = received[11].at - received[10].at;
    assert!(last >= Duration::from_millis(86), "{last:?}");
    let off = async {
        while store.ok(&format!("/v3/hooks/{id}")).await["data"]["is_active"] == true {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), off).await.expect("the hook is switched off");
    post(&store, "/v3/customers", new(3)).await;
    drained(&store).await;
    assert_eq!(receiver.all().len(), 12, "a hook that is off gets nothing");
    receiver.always(200);
    put(&store, &format!("/v3/hooks/{id}"), json!({"is_active": true})).await;
    post(&store, "/v3/customers", new(4)).await;
    receiver.wait(13).await;
    store.simulator.stop().await;
}

#[tokio::test]
async fn every_change_on_demand_is_told_and_accounted_for() {
    let store = small().await;
    let receiver = Receiver::start().await;
    subscribed(&receiver, &store).await;
    hook(&store, "store/channel/1/order/*", &receiver.url).await;
    hook(&store, "store/channel/1/product/assigned", &receiver.url).await;
    hook(&store, "store/option/updated", &receiver.url).await;
    hook(&store, "store/channel/1/category/*", &receiver.url).await;
    hook(&store, "store/channel/1/product/unassigned", &receiver.url).await;
    let faults =
        json!({"seed": 3, "webhooks": {"drop": 0.1, "duplicate": 0.2, "delay_ms": 20, "reorder": 0.3}});
    assert_eq!(store.sim_post("faults", faults).await.status, 200);
    let outcome = store.sim_post("mutate", json!({"count": 600, "seed": 5})).await;
    assert_eq!(outcome.status, 200);
    drained(&store).await;
    let webhooks = store.sim("stats").await["webhooks"].clone();
    let number = |name: &str| webhooks[name].as_u64().expect("a number");
    let received = receiver.all();
    assert_eq!(received.len() as u64, number("acknowledged"), "{webhooks}");
    assert_eq!((number("delivered"), number("failed"), number("discarded")), (number("acknowledged"), 0, 0));
    assert!(number("dropped") > 0 && number("duplicated") > 0, "{webhooks}");

    let mut copies: BTreeMap<String, u64> = BTreeMap::new();
    for one in &received {
        *copies.entry(one.header("webhook-id").to_owned()).or_default() += 1;
    }
    let doubled = copies.values().map(|count| count - 1).sum::<u64>();
    assert_eq!(doubled, number("duplicated"));
    let acknowledged = store.sim("webhooks/acknowledged").await;
    let acknowledged: HashSet<&str> =
        acknowledged.as_array().expect("hashes").iter().filter_map(Value::as_str).collect();
    assert_eq!(acknowledged, copies.keys().map(String::as_str).collect());
    assert_eq!(number("events"), copies.len() as u64 + number("dropped"));

    store.sim_post("reset", json!({})).await;
    let webhooks = store.sim("stats").await["webhooks"].clone();
    assert!(webhooks.as_object().expect("numbers").values().all(|number| number == 0), "{webhooks}");
    assert_eq!(store.sim("webhooks/acknowledged").await, json!([]));
    store.simulator.stop().await;
}

#[tokio::test]
async fn what_cannot_be_is_no_fault() {
    let store = with(Options::default()).await;
    for webhooks in [json!({"drop": 2}), json!({"delay_ms": -1}), json!({"lose": 1})] {
        assert_eq!(store.sim_post("faults", json!({"webhooks": webhooks})).await.status, 400, "{webhooks}");
    }
    let routed = json!({"routes": {"GET /v3/hooks": {"webhooks": {"drop": 1}}}});
    assert_eq!(store.sim_post("faults", routed).await.status, 400);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let options = Options { time_scale: 0.0, ..Options::default() };
    assert!(storesim::start(options, listener).await.is_err());
    store.simulator.stop().await;
}
