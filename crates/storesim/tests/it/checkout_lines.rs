//! How a checkout follows the lines of its cart: what is shipped, what comes off, and what it comes to.

use reqwest::Method;
use serde_json::{Value, json};

use crate::checkouts::{cart, data, empty, id, post, product};
use crate::store::Store;

fn place() -> Value {
    json!({"email": "a@example.com", "country_code": "US"})
}

/// Consigns units of a line; the consignment's path.
async fn consign(store: &Store, path: &str, line: &Value, units: i64) -> String {
    let sent = json!([{"address": place(), "line_items": [{"item_id": line, "quantity": units}]}]);
    let made = data(store, Method::POST, &format!("{path}/consignments"), sent).await;
    let last = made["consignments"].as_array().and_then(|all| all.last()).expect("a consignment");
    format!("{path}/consignments/{}", id(last))
}

async fn charge(store: &Store, consignment: &str, price: f64) -> Value {
    let custom = json!({"custom_shipping": {"price": price, "description": "By bike"}});
    data(store, Method::PUT, consignment, custom).await
}

#[tokio::test]
async fn consignments_ship_no_more_than_the_cart_has_and_follow_its_lines() {
    let store = empty().await;
    let (cup, pot) = (product(&store, "Cup", 10.0, 18).await, product(&store, "Pot", 20.0, 19).await);
    let cart = cart(&store, &[(&cup, 3), (&pot, 1)]).await;
    let path = format!("/v3/checkouts/{}", id(&cart));
    let items = &cart["line_items"]["physical_items"];
    let (cups, pots) = (items[0]["id"].clone(), items[1]["id"].clone());
    let refused = async |units: i64| {
        let sent = json!([{"address": place(), "line_items": [{"item_id": cups, "quantity": units}]}]);
        post(&store, &format!("{path}/consignments"), sent).await
    };
    let many = refused(4).await;
    assert_eq!((many.status, many.json()["errors"]["0.line_items.0.quantity"].is_string()), (422, true));
    let first = consign(&store, &path, &cups, 2).await;
    assert_eq!(refused(2).await.status, 422, "two of three are shipped already");
    let second = consign(&store, &path, &pots, 1).await;
    // Its own units do not stand in a consignment's way.
    let lines = json!({"line_items": [{"item_id": cups, "quantity": 3}]});
    data(&store, Method::PUT, &first, lines).await;
    charge(&store, &first, 5.0).await;
    assert_eq!(charge(&store, &second, 7.0).await["grand_total"], 62);

    // Fewer units: how they are shipped has to be chosen anew, and what else is shipped stays.
    let line = |id: &Value| {
        format!("/v3/carts/{}/items/{}", cart["id"].as_str().expect("an id"), id.as_str().expect("an id"))
    };
    let fewer = json!({"line_item": {"quantity": 1, "product_id": cup["id"]}});
    data(&store, Method::PUT, &line(&cups), fewer).await;
    let seen = store.ok(&path).await["data"].clone();
    assert_eq!((&seen["shipping_cost_total_inc_tax"], &seen["grand_total"]), (&json!(7), &json!(37)));
    assert!(seen["consignments"][0].get("selected_shipping_option").is_none(), "{seen}");
    assert_eq!(refused(1).await.status, 422, "the one that is left is shipped already");
    // A line that goes takes its consignment along.
    store.delete(&line(&pots)).await;
    let seen = store.ok(&path).await["data"].clone();
    assert_eq!(seen["consignments"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&seen["consignments"][0]["line_item_ids"], &seen["grand_total"]),
        (&json!([cups]), &json!(10))
    );
    let made = data(&store, Method::POST, &format!("{path}/orders"), json!({})).await;
    assert_eq!(store.ok(&format!("/v2/orders/{}", made["id"])).await["total_inc_tax"], "10.0000");
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_shipping_discount_is_taken_once_and_a_discounted_line_gets_no_manual_discount() {
    let store = empty().await;
    let (cup, pot) = (product(&store, "Cup", 10.0, 18).await, product(&store, "Pot", 20.0, 19).await);
    let coupon = |code: &str, kind: &str, applies: Value| json!({"name": code, "code": code, "type": kind, "amount": "6", "applies_to": applies});
    let all = json!({"entity": "categories", "ids": [0]});
    assert_eq!(post(&store, "/v2/coupons", coupon("SHIPLESS", "shipping_discount", all)).await.status, 201);
    let pots = json!({"entity": "products", "ids": [pot["id"]]});
    assert_eq!(post(&store, "/v2/coupons", coupon("POTLESS", "per_item_discount", pots)).await.status, 201);
    let whole = cart(&store, &[(&cup, 2), (&pot, 1)]).await;
    let path = format!("/v3/checkouts/{}", id(&whole));
    let items = whole["line_items"]["physical_items"].clone();
    for (line, price) in [(&items[0]["id"], 4.0), (&items[1]["id"], 5.0)] {
        let own = consign(&store, &path, line, 1).await;
        charge(&store, &own, price).await;
    }
    let taken =
        data(&store, Method::POST, &format!("{path}/coupons"), json!({"coupon_code": "SHIPLESS"})).await;
    assert_eq!((&taken["shipping_cost_total_inc_tax"], &taken["grand_total"]), (&json!(3), &json!(43)));
    let off: Vec<&Value> =
        (0..2).map(|at| &taken["consignments"][at]["coupon_discounts"][0]["amount"]).collect();
    assert_eq!(off, [&json!(4), &json!(2)]);
    // A checkout names the type of a coupon, a cart numbers it.
    assert_eq!(taken["coupons"][0]["coupon_type"], "shipping_discount");
    assert_eq!(taken["cart"]["coupons"][0]["coupon_type"], "shipping_discount");
    let own = store.ok(&format!("/v3/carts/{}", id(&whole))).await["data"].clone();
    assert_eq!(own["coupons"][0]["coupon_type"], "3");

    store.delete(&format!("{path}/coupons/SHIPLESS")).await;
    let taken =
        data(&store, Method::POST, &format!("{path}/coupons"), json!({"coupon_code": "POTLESS"})).await;
    assert_eq!(taken["coupons"][0]["discounted_amount"], 6);
    let by_hand =
        |line: &Value| json!({"cart": {"line_items": [{"id": line["id"], "discounted_amount": 1}]}});
    let discounts = format!("{path}/discounts");
    let refused = post(&store, &discounts, by_hand(&items[1])).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    let off = data(&store, Method::POST, &discounts, by_hand(&items[0])).await;
    assert_eq!(off["cart"]["manual_discount_amount"], 1);
    // What was given by hand can be given again.
    assert_eq!(post(&store, &discounts, by_hand(&items[0])).await.status, 200);
    store.simulator.stop().await;
}

#[tokio::test]
async fn parts_of_a_cent_come_to_the_same_in_a_cart_and_its_order() {
    let store = empty().await;
    let (cup, pot) = (product(&store, "Cup", 1.005, 18).await, product(&store, "Pot", 1.005, 19).await);
    let coupon = json!({"name": "C", "code": "CENTS", "type": "per_item_discount", "amount": "0.105",
        "applies_to": {"entity": "products", "ids": [cup["id"]]}});
    assert_eq!(post(&store, "/v2/coupons", coupon).await.status, 201);
    for (code, total, paid) in [(None, json!(2.02), "2.0200"), (Some("CENTS"), json!(1.91), "1.9100")] {
        let whole = cart(&store, &[(&cup, 1), (&pot, 1)]).await;
        let path = format!("/v3/checkouts/{}", id(&whole));
        if let Some(code) = code {
            data(&store, Method::POST, &format!("{path}/coupons"), json!({"coupon_code": code})).await;
        }
        let seen = store.ok(&path).await["data"].clone();
        assert_eq!((&seen["grand_total"], &seen["cart"]["cart_amount_inc_tax"]), (&total, &total));
        assert_eq!(seen["subtotal_inc_tax"], json!(2.02));
        let made = data(&store, Method::POST, &format!("{path}/orders"), json!({})).await;
        assert_eq!(store.ok(&format!("/v2/orders/{}", made["id"])).await["total_inc_tax"], paid);
    }
    store.simulator.stop().await;
}
