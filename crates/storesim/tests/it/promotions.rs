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

#[tokio::test]
async fn codes_of_promotions_need_what_they_ask_for_and_ship_for_nothing() {
    let store = empty().await;
    let cup = product(&store, "Cup", 10.0, 18).await;
    let free = json!({"action": {"shipping": {"free_shipping": true, "zone_ids": "*"}},
        "condition": {"cart": {"minimum_spend": "20"}}});
    let free = promotion(&store, "COUPON", free, &[]).await;
    let codes = format!("/v3/promotions/{}/codes", free["id"]);
    data(&store, Method::POST, &codes, json!({"code": "SHIPFREE"})).await;
    let tenth = json!({"action": {"cart_value": {"discount": {"percentage_amount": "10"}}}});
    let tenth = promotion(&store, "COUPON", tenth, &[]).await;
    let codes = format!("/v3/promotions/{}/codes", tenth["id"]);
    data(&store, Method::POST, &codes, json!({"code": "TENTH", "max_uses_per_customer": 1})).await;
    let code = async |cart: &Value, code: &str| {
        let path = format!("/v3/checkouts/{}/coupons", id(cart));
        post(&store, &path, json!({"coupon_code": code})).await
    };

    let small = cart(&store, &[(&cup, 1)]).await;
    assert_eq!(code(&small, "SHIPFREE").await.status, 422, "the cart comes to too little");
    let whole = cart(&store, &[(&cup, 2)]).await;
    let path = format!("/v3/checkouts/{}", id(&whole));
    let line = &whole["line_items"]["physical_items"][0]["id"];
    let sent = json!([{"address": {"email": "a@example.com", "country_code": "US"},
        "line_items": [{"item_id": line, "quantity": 2}],
        "custom_shipping": {"price": 12, "description": "By bike"}}]);
    let shipped = data(&store, Method::POST, &format!("{path}/consignments"), sent).await;
    assert_eq!(shipped["grand_total"], 32);
    let shipped = code(&whole, "SHIPFREE").await.json()["data"].clone();
    assert_eq!((&shipped["shipping_cost_total_inc_tax"], &shipped["grand_total"]), (&json!(0), &json!(20)));
    assert_eq!(code(&whole, "TENTH").await.status, 422, "one code is allowed");

    // Each customer uses a code so often.
    let customer = store.ok("/v3/customers?limit=1").await["data"][0]["id"].clone();
    for status in [200, 422] {
        let lines = json!([{"product_id": cup["id"], "quantity": 1}]);
        let own = json!({"customer_id": customer, "line_items": lines});
        let own = data(&store, Method::POST, "/v3/carts", own).await;
        let answer = code(&own, "tenth").await;
        assert_eq!(answer.status, status, "{}", answer.text);
        let path = format!("/v3/checkouts/{}/orders", id(&own));
        let order = data(&store, Method::POST, &path, json!({})).await["id"].clone();
        store.send(Method::PUT, &format!("/v2/orders/{order}"), &json!({"status_id": 11})).await;
        if status == 200 {
            let noted = store.ok(&format!("/v2/orders/{order}/coupons")).await[0].clone();
            assert_eq!((&noted["discount"], &noted["type"]), (&json!(1), &json!(5)), "{noted}");
        }
    }
    assert_eq!(store.ok(&format!("/v3/promotions/{}", tenth["id"])).await["data"]["current_uses"], 1);
    store.simulator.stop().await;
}

#[tokio::test]
async fn an_automatic_promotion_is_used_up_by_orders() {
    let store = empty().await;
    let cup = product(&store, "Cup", 10.0, 18).await;
    let rule = json!({"action": {"cart_value": {"discount": {"fixed_amount": "3"}}}});
    let once = promotion(&store, "AUTOMATIC", rule, &[("max_uses", json!(1))]).await;
    for total in [7, 10] {
        let whole = cart(&store, &[(&cup, 1)]).await;
        assert_eq!(whole["cart_amount"], total);
        let path = format!("/v3/checkouts/{}/orders", id(&whole));
        let order = data(&store, Method::POST, &path, json!({})).await["id"].clone();
        store.send(Method::PUT, &format!("/v2/orders/{order}"), &json!({"status_id": 11})).await;
    }
    assert_eq!(store.ok(&format!("/v3/promotions/{}", once["id"])).await["data"]["current_uses"], 1);
    store.simulator.stop().await;
}
