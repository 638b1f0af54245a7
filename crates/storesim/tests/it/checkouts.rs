//! Checkouts beside what they take from the cart, and what promotions and coupons take off.

use reqwest::Method;
use serde_json::{Value, json};
use storesim::{Clock, Options};

use crate::store::{Answer, Store, with};

pub(crate) async fn post(store: &Store, path: &str, body: Value) -> Answer {
    store.send(Method::POST, path, &body).await
}

pub(crate) async fn data(store: &Store, method: Method, path: &str, body: Value) -> Value {
    let answer = store.send(method, path, &body).await;
    assert!((200..300).contains(&answer.status), "{path}: {}", answer.text);
    answer.json()["data"].clone()
}

/// A product at a price, and its base variant.
pub(crate) async fn product(store: &Store, name: &str, price: f64, category: i64) -> Value {
    let body =
        json!({"name": name, "type": "physical", "weight": 1, "price": price, "categories": [category]});
    data(store, Method::POST, "/v3/catalog/products", body).await
}

pub(crate) async fn cart(store: &Store, lines: &[(&Value, i64)]) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(product, units)| json!({"product_id": product["id"], "quantity": units}))
        .collect();
    data(store, Method::POST, "/v3/carts", json!({"line_items": lines})).await
}

pub(crate) fn id(value: &Value) -> &str {
    value["id"].as_str().expect("an id")
}

pub(crate) async fn empty() -> Store {
    with(Options { products: 20, customers: 5, ..Options::default() }).await
}

#[tokio::test]
async fn a_checkout_is_filled_step_by_step_and_its_order_comes_to_the_same() {
    let store = empty().await;
    let cup = product(&store, "Cup for a checkout", 10.0, 18).await;
    let cart = cart(&store, &[(&cup, 3)]).await;
    let path = format!("/v3/checkouts/{}", id(&cart));
    let line = cart["line_items"]["physical_items"][0]["id"].clone();
    let place = json!({"first_name": "A", "last_name": "B", "email": "a@example.com", "address1": "1 Main St",
        "city": "Austin", "state_or_province": "Texas", "country_code": "US", "postal_code": "78701"});

    let half = post(&store, &format!("{path}/billing-address"), json!({"first_name": "A"})).await;
    assert_eq!((half.status, &half.json()["errors"]["email"]), (422, &json!("error.path.missing")));
    let billed = data(&store, Method::POST, &format!("{path}/billing-address"), place.clone()).await;
    let address = &billed["billing_address"];
    assert_eq!((&address["city"], &address["country"]), (&json!("Austin"), &json!("United States")));
    let own = format!("{path}/billing-address/{}", id(address));
    let mut moved = place.clone();
    moved["city"] = json!("Dallas");
    assert_eq!(data(&store, Method::PUT, &own, moved).await["billing_address"]["city"], "Dallas");
    assert_eq!(store.send(Method::PUT, &format!("{path}/billing-address/7"), &place).await.status, 404);

    let consignments = format!("{path}/consignments?include=consignments.available_shipping_options");
    let wrong = json!([{"address": place, "line_items": [{"item_id": "none", "quantity": 1}]}]);
    assert_eq!(post(&store, &consignments, wrong).await.status, 422);
    let sent = json!([{"address": place, "line_items": [{"item_id": line, "quantity": 3}]}]);
    let consigned = data(&store, Method::POST, &consignments, sent).await["consignments"][0].clone();
    let way = consigned["available_shipping_options"][0].clone();
    assert_eq!((&consigned["line_item_ids"], &way["cost"]), (&json!([line]), &json!(9.95)));
    let own = format!("{path}/consignments/{}", id(&consigned));
    assert_eq!(store.send(Method::PUT, &own, &json!({"shipping_option_id": "none"})).await.status, 422);
    let chosen = data(&store, Method::PUT, &own, json!({"shipping_option_id": way["id"]})).await;
    assert_eq!(
        (&chosen["shipping_cost_total_inc_tax"], &chosen["grand_total"]),
        (&json!(9.95), &json!(39.95))
    );
    assert_eq!(chosen["consignments"][0]["selected_shipping_option"]["id"], way["id"]);

    let fee = |cost: f64| json!({"type": "custom_fee", "name": "box", "display_name": "Box", "cost": cost, "source": "app"});
    let many = json!({"fees": vec![fee(1.0); 6]});
    assert_eq!(post(&store, &format!("{path}/fees"), many).await.status, 422);
    let charged = data(&store, Method::POST, &format!("{path}/fees"), json!({"fees": [fee(2.0)]})).await;
    let fee_id = charged["fees"][0]["id"].clone();
    let mut dearer = fee(3.5);
    dearer["id"] = fee_id.clone();
    let charged = data(&store, Method::PUT, &format!("{path}/fees"), json!({"fees": [dearer]})).await;
    assert_eq!((&charged["fees"][0]["cost_inc_tax"], &charged["grand_total"]), (&json!(3.5), &json!(43.45)));

    let off = json!({"cart": {"discounts": [{"discounted_amount": 5}]}});
    let off = data(&store, Method::POST, &format!("{path}/discounts"), off).await;
    assert_eq!((&off["cart"]["discount_amount"], &off["grand_total"]), (&json!(5), &json!(38.45)));
    assert_eq!(off["cart"]["manual_discount_amount"], 5);

    let version = off["version"].as_i64().expect("a version");
    let note = json!({"customer_message": "Ring twice", "version": version - 1});
    assert_eq!(store.send(Method::PUT, &path, &note).await.status, 409);
    let note = json!({"customer_message": "Ring twice", "version": version});
    assert_eq!(data(&store, Method::PUT, &path, note).await["customer_message"], "Ring twice");
    let token = post(&store, &format!("{path}/token"), json!({"maxUses": 1, "ttl": 60})).await.json();
    assert_eq!(token["checkoutToken"].as_str().map(str::len), Some(64));

    let made = data(&store, Method::POST, &format!("{path}/orders"), json!({})).await;
    let order = store.ok(&format!("/v2/orders/{}", made["id"])).await;
    assert_eq!(order["total_inc_tax"], "38.4500", "{order}");
    assert_eq!(
        (&order["shipping_cost_inc_tax"], &order["discount_amount"]),
        (&json!("9.9500"), &json!("5.0000"))
    );
    assert_eq!(
        (&order["billing_address"]["city"], &order["customer_message"]),
        (&json!("Dallas"), &json!("Ring twice"))
    );
    let shipped = store.ok(&format!("/v2/orders/{}/shipping_addresses", made["id"])).await;
    assert_eq!(
        (&shipped[0]["city"], &shipped[0]["shipping_method"]),
        (&json!("Austin"), &json!("Flat Rate"))
    );

    let left = store.ask(Method::DELETE, &format!("{path}/fees")).header("Content-Type", "application/json");
    let left = crate::store::answer(left.body(json!({"ids": [fee_id]}).to_string())).await;
    assert_eq!(left.json()["data"]["fees"], json!([]));
    assert_eq!(store.delete(&own).await.json()["data"]["consignments"], json!([]));
    store.simulator.stop().await;
}

#[tokio::test]
async fn automatic_promotions_come_off_a_cart_and_a_manual_discount_stands_instead() {
    let store = empty().await;
    let (cup, pot) = (product(&store, "Cup", 10.0, 18).await, product(&store, "Pot", 40.0, 19).await);
    let promotion = |rule: Value| json!({"name": "P", "redemption_type": "AUTOMATIC", "rules": [rule]});
    let tenth = promotion(json!({"action": {"cart_value": {"discount": {"percentage_amount": "10"}}},
        "condition": {"cart": {"minimum_spend": "50"}}}));
    let tenth = data(&store, Method::POST, "/v3/promotions", tenth).await;
    let small = cart(&store, &[(&cup, 4)]).await;
    assert_eq!((&small["discount_amount"], &small["cart_amount"]), (&json!(0), &json!(40)));
    let whole = cart(&store, &[(&cup, 2), (&pot, 1)]).await;
    assert_eq!((&whole["discount_amount"], &whole["cart_amount"]), (&json!(6), &json!(54)));
    let line = whole["line_items"]["physical_items"][1].clone();
    assert_eq!(line["discounts"], json!([{"id": tenth["id"], "discounted_amount": 4}]));
    // What changes in the cart changes what it gets.
    let path = format!("/v3/carts/{}/items/{}", id(&whole), id(&line));
    let less = store.delete(&path).await.json()["data"].clone();
    assert_eq!((&less["discount_amount"], &less["cart_amount"]), (&json!(0), &json!(20)));

    // Buy two of a category, get the cheapest cup for nothing.
    let path = format!("/v3/promotions/{}", tenth["id"]);
    data(&store, Method::PUT, &path, json!({"status": "DISABLED"})).await;
    let free = promotion(
        json!({"action": {"cart_items": {"discount": {"percentage_amount": "100"}, "quantity": 1,
            "items": {"products": [cup["id"]]}, "include_items_considered_by_condition": false}},
        "condition": {"cart": {"minimum_quantity": 2, "items": {"and": [{"categories": [18]}, {"not": {"products": [pot["id"]]}}]}}}}),
    );
    data(&store, Method::POST, "/v3/promotions", free).await;
    let two = cart(&store, &[(&cup, 2)]).await;
    assert_eq!(two["discount_amount"], 0, "{two}");
    let three = cart(&store, &[(&cup, 3), (&pot, 1)]).await;
    assert_eq!((&three["discount_amount"], &three["cart_amount"]), (&json!(10), &json!(60)));

    let line = three["line_items"]["physical_items"][1]["id"].clone();
    let off = json!({"cart": {"line_items": [{"id": line, "discounted_amount": 2.5}]}});
    let path = format!("/v3/checkouts/{}", id(&three));
    let off = data(&store, Method::POST, &format!("{path}/discounts"), off).await["cart"].clone();
    assert_eq!((&off["discount_amount"], &off["manual_discount_amount"]), (&json!(2.5), &json!(2.5)));
    let made = data(&store, Method::POST, &format!("{path}/orders"), json!({})).await;
    assert_eq!(store.ok(&format!("/v2/orders/{}", made["id"])).await["total_inc_tax"], "67.5000");
    store.simulator.stop().await;
}

#[tokio::test]
async fn coupons_count_for_what_they_apply_to_until_they_expire_or_are_used_up() {
    let clock = Clock::default();
    let store = with(Options { products: 20, clock: clock.clone(), ..Options::default() }).await;
    let (cup, pot) = (product(&store, "Cup", 10.0, 18).await, product(&store, "Pot", 20.0, 19).await);
    let coupon = |code: &str, kind: &str, amount: &str, applies: Value| json!({"name": code, "code": code, "type": kind, "amount": amount, "applies_to": applies, "max_uses": 1});
    let cups = json!({"entity": "products", "ids": [cup["id"]]});
    let each = post(&store, "/v2/coupons", coupon("EACHCUP", "per_item_discount", "3", cups)).await.json();
    let all = json!({"entity": "categories", "ids": [0]});
    post(&store, "/v2/coupons", coupon("NOSHIP", "free_shipping", "0", all.clone())).await;
    let mut soon = coupon("SOON", "per_total_discount", "7", all);
    soon["expires"] = json!("Thu, 01 Jan 2099 00:00:00 +0000");
    assert_eq!(post(&store, "/v2/coupons", soon).await.status, 201);
    let two = json!({"number_of_coupons_allowed_at_checkout": 2});
    assert_eq!(store.send(Method::PUT, "/v3/promotions/settings", &two).await.status, 200);
    let whole = cart(&store, &[(&cup, 2), (&pot, 1)]).await;
    let path = format!("/v3/checkouts/{}", id(&whole));
    let apply =
        async |code: &str| post(&store, &format!("{path}/coupons"), json!({"coupon_code": code})).await;
    let taken = apply("EACHCUP").await.json()["data"].clone();
    assert_eq!((&taken["coupons"][0]["discounted_amount"], &taken["grand_total"]), (&json!(6), &json!(34)));
    assert_eq!(taken["cart"]["line_items"]["physical_items"][0]["coupon_amount"], 6);
    assert_eq!(taken["cart"]["line_items"]["physical_items"][1]["coupon_amount"], 0);
    let place = json!({"email": "a@example.com", "country_code": "US"});
    let line = whole["line_items"]["physical_items"][0]["id"].clone();
    let sent = json!([{"address": place, "line_items": [{"item_id": line, "quantity": 2}]}]);
    let consigned =
        data(&store, Method::POST, &format!("{path}/consignments"), sent).await["consignments"][0].clone();
    let own = format!("{path}/consignments/{}", id(&consigned));
    let custom = json!({"custom_shipping": {"price": 12, "description": "By bike"}});
    assert_eq!(data(&store, Method::PUT, &own, custom).await["grand_total"], 46);
    let free = apply("NOSHIP").await.json()["data"].clone();
    assert_eq!((&free["shipping_cost_total_inc_tax"], &free["grand_total"]), (&json!(0), &json!(34)));
    assert_eq!(free["consignments"][0]["coupon_discounts"], json!([{"code": "NOSHIP", "amount": 12}]));
    // A line that goes takes its share along, and a coupon without a line goes, too.
    let line = format!("/v3/carts/{}/items/{}", id(&whole), line.as_str().expect("an id"));
    let less = store.delete(&line).await.json()["data"].clone();
    assert_eq!(less["coupons"].as_array().map(Vec::len), Some(1), "{less}");
    // An order that is paid uses a coupon.
    let other = cart(&store, &[(&cup, 1)]).await;
    let other_path = format!("/v3/checkouts/{}", id(&other));
    let code = json!({"coupon_code": "eachcup"});
    assert_eq!(post(&store, &format!("{other_path}/coupons"), code.clone()).await.status, 200);
    let made = data(&store, Method::POST, &format!("{other_path}/orders"), json!({})).await;
    let uses = async || store.ok(&format!("/v2/coupons?id={}", each["id"])).await[0]["num_uses"].clone();
    assert_eq!(uses().await, 0);
    store.send(Method::PUT, &format!("/v2/orders/{}", made["id"]), &json!({"status_id": 11})).await;
    assert_eq!(uses().await, 1);
    assert_eq!(apply("EACHCUP").await.status, 422, "it is used up");
    assert_eq!(apply("SOON").await.status, 200);
    let century = 100 * 365 * 86_400;
    clock.advance(century);
    let late = cart(&store, &[(&pot, 1)]).await;
    let late =
        post(&store, &format!("/v3/checkouts/{}/coupons", id(&late)), json!({"coupon_code": "SOON"})).await;
    assert_eq!(late.status, 422, "{}", late.text);
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_channels_checkout_settings_keep_what_is_not_sent() {
    let store = empty().await;
    let path = "/v3/checkouts/settings/channels/1";
    let before = store.ok(path).await["data"].clone();
    assert_eq!(before["guest_checkout_type"], "enabled");
    let put = data(&store, Method::PUT, path, json!({"policy_consent": "required"})).await;
    assert_eq!(
        (&put["policy_consent"], &put["guest_checkout_type"]),
        (&json!("required"), &json!("enabled"))
    );
    assert_eq!(store.ok(path).await["data"], put);
    let nowhere = store.get("/v3/checkouts/settings/channels/999999").await;
    assert_eq!((nowhere.status, &nowhere.json()["title"]), (422, &json!("Invalid channelId")));
    let url = json!({"custom_checkout_script_url": "https://example.com/c.js"});
    let put = data(&store, Method::PUT, "/v3/checkouts/settings", url).await;
    assert_eq!(put["custom_checkout_script_url"], "https://example.com/c.js");
    store.simulator.stop().await;
}
