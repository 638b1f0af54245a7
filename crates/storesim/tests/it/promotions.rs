//! What promotions and their codes do to carts and checkouts, also with odd amounts.

use reqwest::Method;
use serde_json::{Value, json};

use crate::checkouts::{cart, data, empty, id, post, product};
use crate::receiver::{Receiver, hook};
use crate::store::Store;

/// A promotion with one rule.
async fn promotion(store: &Store, kind: &str, rule: Value, more: &[(&str, Value)]) -> Value {
    let mut body = json!({"name": "P", "redemption_type": kind, "rules": [rule]});
    more.iter().for_each(|(name, value)| body[*name] = value.clone());
    data(store, Method::POST, "/v3/promotions", body).await
}

#[tokio::test]
async fn odd_amounts_leave_a_store_that_tells_its_events() {
    let store = empty().await;
    let receiver = Receiver::start().await;
    let cup = product(&store, "Cup", 10.0, 18).await;
    let rule = json!({"apply_once": false,
        "action": {"cart_value": {"discount": {"fixed_amount": "0.001"}}},
        "condition": {"cart": {"minimum_spend": "0.0000000000000000000000000001"}}});
    promotion(&store, "AUTOMATIC", rule, &[]).await;
    // A discount below nothing makes nothing dearer.
    for action in [
        json!({"cart_items": {"discount": {"fixed_amount": "-5"}}}),
        json!({"cart_items": {"discount": {"percentage_amount": "-50"}}}),
        json!({"cart_items": {"discount": {"fixed_amount": "2"}, "as_total": true,
            "maximum_allowed_discount_amount": "-7"}}),
    ] {
        promotion(&store, "AUTOMATIC", json!({"action": action}), &[]).await;
    }
    let zone = json!({"name": "Odd", "type": "country", "locations": [{"country_iso2": "DE"}]});
    let zone = post(&store, "/v2/shipping/zones", zone).await.json();
    let methods = format!("/v2/shipping/zones/{}/methods", zone["id"]);
    let method = json!({"name": "By item", "type": "peritem", "settings": {"rate": 100_000_000_000_i64}});
    assert!(post(&store, &methods, method).await.status < 300);
    hook(&store, "store/cart/created", &receiver.url).await;

    let whole = cart(&store, &[(&cup, 3)]).await;
    // A thousand times a tenth of a cent, and two.
    assert_eq!((&whole["discount_amount"], &whole["cart_amount"]), (&json!(3), &json!(27)));
    let path = format!("/v3/checkouts/{}/consignments", id(&whole));
    let line = &whole["line_items"]["physical_items"][0]["id"];
    let sent = json!([{"address": {"email": "a@example.com", "country_code": "US"},
        "line_items": [{"item_id": line, "quantity": 9_000_000_000_000_000_000_i64}]}]);
    let options = format!("{path}?include=consignments.available_shipping_options");
    let answer = post(&store, &options, sent).await;
    assert!((200..500).contains(&answer.status), "{}", answer.text);
    receiver.wait(1).await;
    cart(&store, &[(&cup, 1)]).await;
    receiver.wait(2).await;
    store.simulator.stop().await;
}
