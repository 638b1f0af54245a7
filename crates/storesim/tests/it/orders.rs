//! Orders of V2.

use reqwest::Method;
use serde_json::{Value, json};

use crate::control::money;
use crate::store::{Store, answer, small, with};
use storesim::Options;

const WHOLE: &str = "include=consignments,consignments.line_items,fees&consignment_structure=object";

fn billing() -> Value {
    json!({"first_name": "A", "last_name": "B", "street_1": "1 Main St", "city": "Austin", "state": "Texas", "zip": "78701",
        "country": "United States", "country_iso2": "US", "email": "a@example.com"})
}

async fn make(store: &Store, body: Value) -> Value {
    let answer = store.send(Method::POST, "/v2/orders", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn lists_are_bare_and_empty_ones_204() {
    let store = small().await;
    let list = store.get("/v2/orders?limit=20").await;
    let ids = list.ids();
    assert!(ids.len() == 20 && ids.is_sorted());
    assert_eq!(store.get("/v2/orders?min_id=99999999").await.status, 204);
    assert_eq!(store.get("/v2/orders?page=90").await.status, 204);
    let from = store.get(&format!("/v2/orders?min_id={}&max_id={}", ids[3], ids[6])).await.ids();
    assert_eq!(from, ids[3..=6]);
    let down = store.get("/v2/orders?sort=id:desc&limit=3").await.ids();
    assert!(down[0] > down[1] && down[1] > down[2]);
    let count = store.ok("/v2/orders/count").await;
    assert_eq!(count["count"], 50);
    let sum: i64 = count["statuses"]
        .as_array()
        .expect("statuses")
        .iter()
        .map(|s| s["count"].as_i64().expect("a count"))
        .sum();
    assert_eq!(sum, 50);
    assert_eq!(store.ok("/v2/order_statuses").await.as_array().map(Vec::len), Some(15));
    assert_eq!(store.ok("/v2/order_statuses/11").await["name"], "Awaiting Fulfillment");
    store.simulator.stop().await;
}

#[tokio::test]
async fn an_order_links_to_what_belongs_to_it() {
    let store = small().await;
    let order = store.ok("/v2/orders?limit=1").await[0].clone();
    assert!(order["date_created"].as_str().expect("a date").ends_with(" +0000"));
    for member in ["products", "shipping_addresses", "coupons", "fees", "consignments"] {
        let url = order[member]["url"].as_str().expect("a link");
        assert!(url.starts_with(store.simulator.url()), "{url}");
        let found = answer(store.client.get(url).header("X-Auth-Token", "simtoken")).await;
        assert!(matches!(found.status, 200 | 204), "{url}: {}", found.text);
    }
    let whole = store.ok(&format!("/v2/orders/{}?{WHOLE}", order["id"])).await;
    assert!(whole["fees"].is_array() && whole["consignments"]["shipping"].is_array());
    let lines = store.get(&format!("/v2/orders/{}/products", order["id"])).await.json();
    assert_eq!(lines[0]["order_id"], order["id"]);
    let plain = store.ok(&format!("/v2/orders/{}?include=consignments", order["id"])).await;
    assert!(plain["consignments"]["url"].is_string(), "the structure was not asked for");
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_new_order_adds_up_and_takes_stock() {
    let store = with(Options { products: 10, customers: 5, ..Options::default() }).await;
    let body = json!({"name": "Counted", "type": "physical", "weight": 1, "price": 10.25, "inventory_tracking": "product", "inventory_level": 9});
    let product = store.send(Method::POST, "/v3/catalog/products", &body).await.json()["data"].clone();
    assert_eq!(product["inventory_level"], 9);
    let order = make(
        &store,
        json!({
            "billing_address": billing(),
            "products": [
                {"product_id": product["id"], "quantity": 2},
                {"name": "Engraving", "quantity": 3, "price_ex_tax": "4.1", "price_inc_tax": 5}
            ],
            "base_shipping_cost": "8.00", "discount_amount": 5
        }),
    )
    .await;
    assert_eq!(
        (&order["status_id"], &order["status"], &order["customer_id"]),
        (&json!(1), &json!("Pending"), &json!(0))
    );
    assert_eq!(order["subtotal_inc_tax"], "35.5000");
    assert_eq!(order["subtotal_ex_tax"], "32.8000");
    // The discount is without tax, as the prices are, and the tax on its share is not charged.
    assert_eq!((&order["total_ex_tax"], &order["total_inc_tax"]), (&json!("35.8000"), &json!("38.0900")));
    assert_eq!(money(&order["total_ex_tax"]) + money(&order["total_tax"]), money(&order["total_inc_tax"]));
    assert_eq!((&order["items_total"], &order["shipping_address_count"]), (&json!(5), &json!(1)));
    let path = format!("/v2/orders/{}", order["id"]);
    let lines = store.get(&format!("{path}/products")).await.json();
    assert_eq!((&lines[0]["name"], &lines[0]["total_inc_tax"]), (&json!("Counted"), &json!("20.5000")));
    assert_eq!((&lines[1]["product_id"], &lines[1]["price_tax"]), (&json!(0), &json!("0.9000")));
    let charged: i64 =
        [&lines[0], &lines[1]].iter().map(|line| money(&line["discounted_total_inc_tax"])).sum();
    assert_eq!(charged, 300_900);
    let address = store.get(&format!("{path}/shipping_addresses")).await.json()[0].clone();
    assert_eq!((&address["city"], &address["cost_inc_tax"]), (&json!("Austin"), &json!("8.0000")));
    let now = store.ok(&format!("/v3/catalog/products/{}", product["id"])).await["data"].clone();
    assert_eq!((&now["inventory_level"], &now["total_sold"]), (&json!(7), &json!(2)));
    assert_eq!(store.get(&format!("{path}/shipments")).await.status, 204);
    let whole = store.ok(&format!("{path}?{WHOLE}")).await;
    assert_eq!(whole["consignments"]["shipping"][0]["line_items"].as_array().map(Vec::len), Some(2));
    store.simulator.stop().await;
}

/// The checks that an order has to pass before it is booked: it agrees with itself, its lines and its
/// taxes, and the discount is what is missing on the side on which prices are entered.
async fn agrees_with_itself(store: &Store, id: &Value) {
    let order = store.ok(&format!("/v2/orders/{id}?{WHOLE}")).await;
    let path = format!("/v2/orders/{id}");
    let rows = async |what: &str| -> Vec<Value> {
        let found = store.get(&format!("{path}/{what}")).await;
        if found.status == 204 { Vec::new() } else { found.json().as_array().expect("a list").clone() }
    };
    let sum = |rows: &[Value], name: &str| rows.iter().map(|row| money(&row[name])).sum::<i64>();
    let (lines, fees) = (rows("products?limit=250").await, order["fees"].as_array().expect("fees"));
    let cost = |side: &str| {
        let costs = ["shipping_cost", "handling_cost", "wrapping_cost"];
        costs.iter().map(|cost| money(&order[format!("{cost}_{side}")])).sum::<i64>()
            + sum(fees, &format!("cost_{side}"))
    };
    let total = |name: &str| money(&order[name]);
    assert_eq!(total("total_inc_tax") - total("total_ex_tax"), total("total_tax"), "{order}");
    assert_eq!(sum(&lines, "discounted_total_inc_tax") + cost("inc_tax"), total("total_inc_tax"), "{order}");
    for path in ["taxes", "taxes?details=true"] {
        assert_eq!(sum(&rows(path).await, "line_amount"), total("total_tax"), "{path} of {order}");
    }
    let side = if order["is_tax_inclusive_pricing"] == true { "inc_tax" } else { "ex_tax" };
    let missing = total(&format!("subtotal_{side}")) + cost(side) - total(&format!("total_{side}"));
    assert_eq!(missing, total("discount_amount") + total("coupon_discount"), "{order}");
}

#[tokio::test]
async fn orders_agree_with_themselves_however_they_came_to_be() {
    let store = small().await;
    for order in store.ok("/v2/orders?limit=250").await.as_array().expect("orders") {
        agrees_with_itself(&store, &order["id"]).await;
    }
    let line = |ex: &str, inc: &str, quantity: i64| json!({"name": "x", "quantity": quantity, "price_ex_tax": ex, "price_inc_tax": inc});
    let body = json!({
        "billing_address": billing(), "discount_amount": "10",
        "products": [line("24.95", "27.01", 3), line("9.95", "9.95", 1)],
        "shipping_cost_ex_tax": "9.99", "shipping_cost_inc_tax": "10.81",
        "fees": [{"display_name_customer": "Care", "base_cost": 2, "cost_ex_tax": 2, "cost_inc_tax": "2.17"}]
    });
    let order = make(&store, body).await;
    agrees_with_itself(&store, &order["id"]).await;
    // 84.80 - 10.00 + 9.99 + 2.00
    assert_eq!(order["total_ex_tax"], "86.7900");
    let path = format!("/v2/orders/{}", order["id"]);
    let fees = store.ok(&format!("{path}/fees")).await;
    assert_eq!(fees["fees"][0]["cost_inc_tax"], "2.1700");
    let id = store.ok(&format!("{path}/products")).await[0]["id"].clone();
    for change in [
        json!({"products": [{"id": id, "quantity": 1}]}),
        json!({"fees": []}),
        json!({"discount_amount": 3}),
        json!({"products": [{"id": id, "quantity": 0}]}),
        json!({"discount_amount": 1000}),
    ] {
        let changed = store.send(Method::PUT, &path, &change).await;
        assert_eq!(changed.status, 200, "{}", changed.text);
        if change["discount_amount"] != 1000 {
            agrees_with_itself(&store, &order["id"]).await;
        }
    }
    let empty = store.ok(&path).await;
    assert_eq!((&empty["total_tax"], &empty["total_inc_tax"]), (&json!("0.8200"), &json!("10.8100")));
    // An edit of a generated order with a coupon keeps the shares of the lines that it leaves alone.
    let coupon =
        |order: &&Value| order["coupon_discount"] != "0.0000" && order["is_tax_inclusive_pricing"] == false;
    let list = store.ok("/v2/orders?limit=250").await;
    let discounted = list.as_array().expect("orders").iter().find(coupon).expect("a coupon")["id"].clone();
    for change in [
        json!({"base_handling_cost": 2}),
        json!({"discount_amount": "1.11"}),
        json!({"products": [line("5", "5.43", 2)]}),
    ] {
        store.send(Method::PUT, &format!("/v2/orders/{discounted}"), &change).await;
        agrees_with_itself(&store, &discounted).await;
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn absurd_amounts_are_refused_and_leave_nothing_behind() {
    let store = small().await;
    let huge = "79228162514264337593543950335";
    let line = |quantity: i64, price: &str| json!({"name": "x", "quantity": quantity, "price_ex_tax": price, "price_inc_tax": price});
    for more in [
        json!({"products": [line(i64::MAX, "1"), line(i64::MAX, "1")]}),
        json!({"products": [line(1_000_000, "99999999999")]}),
        json!({"products": [line(1, huge)]}),
        json!({"products": [line(1, "1")], "discount_amount": huge}),
        json!({"products": [line(1, "1")], "shipping_cost_ex_tax": huge, "handling_cost_ex_tax": huge}),
        json!({"products": [line(1, "1")], "customer_id": 99_999}),
    ] {
        let mut body = more;
        body["billing_address"] = billing();
        let refused = store.send(Method::POST, "/v2/orders", &body).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.text);
    }
    assert_eq!(store.ok("/v2/orders/count").await["count"], 50);
    let order = make(&store, json!({"billing_address": billing(), "products": [line(1, "1")]})).await;
    let path = format!("/v2/orders/{}", order["id"]);
    let id = store.ok(&format!("{path}/products")).await[0]["id"].clone();
    for change in [json!({"customer_id": 99_999}), json!({"products": [{"id": id, "quantity": i64::MAX}]})] {
        assert_eq!(store.send(Method::PUT, &path, &change).await.status, 400, "{change}");
    }
    assert_eq!(store.ok(&path).await, order);
    store.simulator.stop().await;
}

#[tokio::test]
async fn an_order_needs_products_and_billing_address() {
    let store = small().await;
    for body in [
        json!({"billing_address": billing()}),
        json!({"products": [{"name": "x", "quantity": 1, "price_ex_tax": 1, "price_inc_tax": 1}]}),
        json!({"billing_address": billing(), "products": [{"product_id": 99_999_999, "quantity": 1}]}),
        json!({"billing_address": billing(), "products": [{"name": "x", "quantity": 0, "price_ex_tax": 1, "price_inc_tax": 1}]}),
    ] {
        let refused = store.send(Method::POST, "/v2/orders", &body).await;
        assert_eq!(
            (refused.status, refused.json()[0]["status"].as_u64()),
            (400, Some(400)),
            "{}",
            refused.text
        );
    }
    assert_eq!(store.ok("/v2/orders/count").await["count"], 50);
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_status_brings_its_label_and_the_date_of_shipping() {
    let options = Options { products: 10, customers: 5, orders: 5, ..Options::default() };
    let clock = options.clock.clone();
    let store = with(options).await;
    let line = json!({"name": "x", "quantity": 1, "price_ex_tax": 1, "price_inc_tax": 1});
    let order = make(&store, json!({"billing_address": billing(), "products": [line]})).await;
    assert_eq!(order["date_shipped"], "");
    clock.advance(30);
    let path = format!("/v2/orders/{}", order["id"]);
    let changed = store.send(Method::PUT, &path, &json!({"status_id": 2, "staff_notes": "sent"})).await;
    let after = changed.json();
    assert_eq!(
        (changed.status, &after["status"], &after["custom_status"]),
        (200, &json!("Shipped"), &json!("Shipped"))
    );
    assert_ne!((&after["date_shipped"], &after["date_modified"]), (&json!(""), &order["date_modified"]));
    let locked = store.send(Method::PUT, &path, &json!({"items_shipped": 1, "total_tax": "1"})).await;
    assert_eq!(locked.status, 400);
    let message =
        "The field 'total_tax' cannot be written to. Please remove it from your request before trying again.";
    assert_eq!(locked.json()[0]["message"], message);
    store.simulator.stop().await;
}

#[tokio::test]
async fn lines_can_be_changed_added_and_removed() {
    let store = small().await;
    let line = |name: &str| json!({"name": name, "quantity": 2, "price_ex_tax": 10, "price_inc_tax": 10});
    let order = make(
        &store,
        json!({"billing_address": billing(), "products": [line("a"), line("b")], "discount_amount": 4}),
    )
    .await;
    let path = format!("/v2/orders/{}", order["id"]);
    let lines = store.get(&format!("{path}/products")).await.json();
    let change =
        json!({"products": [{"id": lines[0]["id"], "quantity": 0}, line("c")], "discount_amount": 0});
    let changed = store.send(Method::PUT, &path, &change).await;
    assert_eq!(
        (changed.status, &changed.json()["total_inc_tax"]),
        (200, &json!("40.0000")),
        "{}",
        changed.text
    );
    let after = store.get(&format!("{path}/products")).await.json();
    let names: Vec<&Value> = after.as_array().expect("lines").iter().map(|line| &line["name"]).collect();
    assert_eq!(names, [&json!("b"), &json!("c")]);
    let fees = json!({"fees": [{"type": "custom_fee", "display_name_customer": "Care", "base_cost": 3, "cost_ex_tax": 3, "cost_inc_tax": 3}]});
    store.send(Method::PUT, &path, &fees).await;
    let whole = store.ok(&format!("{path}?{WHOLE}")).await;
    assert_eq!(whole["fees"][0]["base_cost"], "3.0000");
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_deleted_order_is_archived() {
    let store = small().await;
    let id = store.get("/v2/orders?limit=1").await.ids()[0];
    let before = store.sim("digest/order_products").await["count"].as_u64();
    assert_eq!(store.delete(&format!("/v2/orders/{id}")).await.status, 204);
    let order = store.ok(&format!("/v2/orders/{id}")).await;
    assert_eq!(order["is_deleted"], true);
    assert!(!store.get("/v2/orders?limit=250").await.ids().contains(&id));
    assert_eq!(store.ok("/v2/orders/count").await["count"], 49);
    assert_eq!(store.sim("digest/orders").await["count"], 49);
    assert!(store.sim("digest/order_products").await["count"].as_u64() < before);
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_line_tells_its_options_that_they_are_its_own() {
    let store = small().await;
    let mut body = json!({"name": "sizes", "type": "physical", "weight": 1, "price": 1});
    body["variants"] =
        json!([{"sku": "size-s", "option_values": [{"option_display_name": "Size", "label": "S"}]}]);
    let product = store.send(Method::POST, "/v3/catalog/products", &body).await.json()["data"].clone();
    let variants = store.ok(&format!("/v3/catalog/products/{}/variants", product["id"])).await;
    let line = json!({"product_id": product["id"], "variant_id": variants["data"][0]["id"], "quantity": 1});
    let order = make(&store, json!({"billing_address": billing(), "products": [line]})).await;
    let line = store.ok(&format!("/v2/orders/{}/products", order["id"])).await[0].clone();
    assert_eq!(line["product_options"][0]["order_product_id"], line["id"]);
    store.simulator.stop().await;
}

#[tokio::test]
async fn sums_are_whole_cents_and_those_that_were_sent_stand() {
    let store = small().await;
    let line =
        |ex: &str, inc: &str| json!({"name": "x", "quantity": 1, "price_ex_tax": ex, "price_inc_tax": inc});
    let body = json!({"billing_address": billing(), "products": [line("10.005", "10.005")], "status_id": 11});
    let order = make(&store, body).await;
    assert_eq!(order["total_inc_tax"], "10.0100");
    let held = store.ok(&format!("/v2/orders/{}/products", order["id"])).await[0].clone();
    assert_eq!(
        (&held["total_inc_tax"], &held["discounted_total_inc_tax"]),
        (&json!("10.0050"), &json!("10.0100"))
    );
    let items = json!({"items": [{"item_type": "PRODUCT", "item_id": held["id"], "quantity": 1}]});
    let path = format!("/v3/orders/{}/payment_actions/refund_quotes", order["id"]);
    let quote = store.send(Method::POST, &path, &items).await.json()["data"].clone();
    assert_eq!((&quote["total_refund_amount"], &quote["adjustment"]), (&json!(10.01), &json!(0)), "{quote}");
    let mut body = json!({"billing_address": billing(), "products": [line("5", "5")],
        "subtotal_ex_tax": 90, "subtotal_inc_tax": 100, "total_ex_tax": 90, "total_inc_tax": 100});
    let sent = make(&store, body.clone()).await;
    let sums = ["subtotal_tax", "total_ex_tax", "total_inc_tax", "total_tax"].map(|name| sent[name].clone());
    assert_eq!(sums, ["10.0000", "90.0000", "100.0000", "10.0000"]);
    let path = format!("/v2/orders/{}", sent["id"]);
    let put = store.send(Method::PUT, &path, &json!({"total_ex_tax": 80, "total_inc_tax": 85})).await;
    assert_eq!(put.json()["total_tax"], "5.0000", "{}", put.text);
    body["total_ex_tax"] = json!(101);
    assert_eq!(store.send(Method::POST, "/v2/orders", &body).await.status, 400);
    let body = json!({"billing_address": billing(), "products": [line("5", "1")]});
    assert_eq!(store.send(Method::POST, "/v2/orders", &body).await.status, 400);
    store.simulator.stop().await;
}

#[tokio::test]
async fn what_sums_leave_open_is_a_reading() {
    let store = small().await;
    let line = json!({"name": "x", "quantity": 1, "price_ex_tax": 100, "price_inc_tax": 110});
    let body = json!({"billing_address": billing(), "products": [line], "discount_amount": 11,
        "fees": [{"display_name_customer": "Care", "cost_ex_tax": 2, "cost_inc_tax": "2.20"}]});
    let sums = async || {
        let order = make(&store, body.clone()).await;
        agrees_in_tax(&order);
        ["subtotal_ex_tax", "subtotal_inc_tax", "total_inc_tax"].map(|name| order[name].clone())
    };
    assert_eq!(sums().await, ["100.0000", "110.0000", "100.1000"], "the tax on the discount is not charged");
    let readings = json!({"order_subtotal": "fees", "order_discount": "inc_tax"});
    assert_eq!(store.sim_post("readings", readings).await.status, 200);
    // 110.00 + 2.20 - 11.00
    assert_eq!(sums().await, ["102.0000", "112.2000", "101.2000"]);
    store.simulator.stop().await;
}

fn agrees_in_tax(order: &Value) {
    let total = |name: &str| money(&order[name]);
    assert_eq!(total("total_inc_tax") - total("total_ex_tax"), total("total_tax"), "{order}");
}

#[tokio::test]
async fn an_order_is_refunded_once_it_is_paid_and_by_one_request_at_a_time() {
    let latency = std::time::Duration::from_millis(300);
    let store = with(Options { products: 10, customers: 5, latency, ..Options::default() }).await;
    let line = json!({"name": "x", "quantity": 9, "price_ex_tax": 10, "price_inc_tax": 10});
    let order = make(&store, json!({"billing_address": billing(), "products": [line], "status_id": 7})).await;
    let path = format!("/v3/orders/{}/payment_actions/refunds", order["id"]);
    let body = json!({"items": [{"item_type": "ORDER", "item_id": order["id"], "amount": 1}],
        "payments": [{"provider_id": "custom", "amount": 1}]});
    let unpaid = store.send(Method::POST, &path, &body).await;
    assert_eq!(unpaid.status, 422, "{}", unpaid.text);
    let paid =
        store.send(Method::PUT, &format!("/v2/orders/{}", order["id"]), &json!({"status_id": 11})).await;
    assert_eq!(paid.status, 200);
    let (a, b, c) = tokio::join!(
        store.send(Method::POST, &path, &body),
        store.send(Method::POST, &path, &body),
        store.send(Method::POST, &path, &body)
    );
    let mut statuses = [a.status, b.status, c.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 429, 429]);
    assert_eq!(store.send(Method::POST, &path, &body).await.status, 201, "the place is free again");
    store.simulator.stop().await;
}

#[tokio::test]
async fn what_the_store_does_not_have_or_does_not_take_is_named() {
    let store = small().await;
    let order = json!({"billing_address": billing(), "products": [{"name": "x", "quantity": 1, "price_ex_tax": 1, "price_inc_tax": 1}]});
    for (member, value) in [("channel_id", json!(99)), ("default_currency_code", json!("QQQ"))] {
        let mut body = order.clone();
        body[member] = value;
        let answer = store.send(Method::POST, "/v2/orders", &body).await;
        assert!(answer.status == 400 && answer.text.contains(member), "{}", answer.text);
    }
    for (member, value) in [("channel_id", json!(99)), ("currency", json!({"code": "QQQ"}))] {
        let mut body = json!({"custom_items": [{"name": "x", "quantity": 1, "list_price": 1}]});
        body[member] = value;
        let answer = store.send(Method::POST, "/v3/carts", &body).await;
        assert!(answer.status == 422 && answer.text.contains(member), "{}", answer.text);
    }
    let made = make(&store, order).await;
    assert!(made.get("item_total").is_none());
    let path = format!("/v2/orders/{}", made["id"]);
    for (member, value) in [("id", json!(1_000_000)), ("item_total", json!(5))] {
        let answer = store.send(Method::PUT, &path, &json!({member: value})).await;
        assert!(answer.status == 400 && answer.text.contains("cannot be written to"), "{}", answer.text);
    }
    assert_eq!(
        store.send(Method::PUT, &path, &json!({"id": made["id"], "staff_notes": "a"})).await.status,
        200
    );
    let hidden =
        json!({"name": "hidden", "type": "physical", "weight": 1, "price": 1, "is_price_hidden": true});
    assert_eq!(store.send(Method::POST, "/v3/catalog/products", &hidden).await.status, 422);
    let mut disabled = hidden;
    disabled["availability"] = json!("disabled");
    assert_eq!(store.send(Method::POST, "/v3/catalog/products", &disabled).await.status, 200);
    let promotion = json!({"name": "x", "redemption_type": "AUTOMATIC", "rules": [{"action": {"foo": {}}}]});
    assert_eq!(store.send(Method::POST, "/v3/promotions", &promotion).await.status, 422);
    store.simulator.stop().await;
}
