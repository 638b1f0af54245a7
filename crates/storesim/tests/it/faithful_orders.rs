//! What a faithful simulator must reproduce of orders, payments and carts.

use reqwest::Method;
use serde_json::{Value, json};

use crate::control::money;
use crate::import::Folder;
use crate::store::{Answer, Store, small, with};
use storesim::Options;

pub fn billing() -> Value {
    json!({"first_name": "A", "last_name": "B", "street_1": "1 Main St", "city": "Austin", "state": "Texas", "zip": "78701",
        "country": "United States", "country_iso2": "US", "email": "a@example.com"})
}

/// An order of two lines, the first of `product`.
async fn make(store: &Store, product: &Value, customer: i64) -> Value {
    let body = json!({
        "customer_id": customer, "billing_address": billing(), "status_id": 11, "base_shipping_cost": 8,
        "products": [
            {"product_id": product["id"], "quantity": 3},
            {"name": "Engraving", "quantity": 1, "price_ex_tax": 10, "price_inc_tax": "11.00"}
        ]
    });
    let answer = store.send(Method::POST, "/v2/orders", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

async fn product(store: &Store) -> Value {
    let body = json!({"name": "Counted", "type": "physical", "weight": 1, "price": 10.25, "inventory_tracking": "product", "inventory_level": 9});
    store.send(Method::POST, "/v3/catalog/products", &body).await.json()["data"].clone()
}

async fn level(store: &Store, product: &Value) -> i64 {
    let path = format!("/v3/catalog/products/{}", product["id"]);
    store.ok(&path).await["data"]["inventory_level"].as_i64().expect("a level")
}

async fn put(store: &Store, path: &str, body: Value) -> Value {
    let answer = store.send(Method::PUT, path, &body).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

async fn post(store: &Store, path: &str, body: Value) -> Answer {
    store.send(Method::POST, path, &body).await
}

/// The first generated order whose member is this.
async fn generated(store: &Store, member: &str, value: &str) -> Value {
    let orders = store.ok("/v2/orders?limit=250").await;
    let found = orders.as_array().expect("orders").iter().find(|order| order[member] == value);
    found.unwrap_or_else(|| panic!("no order with {member} {value}")).clone()
}

#[tokio::test]
async fn faithful_16_no_shipments_and_no_transactions_are_204() {
    let store = small().await;
    let order = make(&store, &product(&store).await, 0).await;
    let empty = store.get(&format!("/v2/orders/{}/shipments", order["id"])).await;
    assert_eq!((empty.status, empty.text.as_str()), (204, ""));
    let empty = store.get(&format!("/v3/orders/{}/transactions", order["id"])).await;
    assert_eq!((empty.status, empty.text.as_str()), (204, ""));
    assert_eq!(store.get("/v3/orders/999999/transactions").await.status, 404);
    assert_eq!(store.ok(&format!("/v2/orders/{}/shipments/count", order["id"])).await["count"], 0);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_38_an_order_needs_lines_and_a_billing_address() {
    let store = small().await;
    let products = json!([{"name": "X", "quantity": 1, "price_ex_tax": 1, "price_inc_tax": 1}]);
    for body in [
        json!({"billing_address": billing()}),
        json!({"products": products}),
        json!({"billing_address": billing(), "products": []}),
        json!({"billing_address": billing(), "products": products, "consignments": {"pickups": []}}),
        json!({"billing_address": billing(), "consignments": {"pickups": []}}),
    ] {
        let answer = post(&store, "/v2/orders", body).await;
        assert_eq!((answer.status, &answer.json()[0]["status"]), (400, &json!(400)), "{}", answer.text);
    }
    let order =
        post(&store, "/v2/orders", json!({"billing_address": billing(), "products": products})).await.json();
    assert_eq!((&order["status_id"], &order["customer_id"]), (&json!(1), &json!(0)));
    let pickup = json!({"billing_address": billing(), "consignments": {"pickups": [
        {"pickup_method_id": 1, "line_items": [{"name": "Y", "quantity": 2, "price_ex_tax": 4, "price_inc_tax": 5}]}]}});
    let order = post(&store, "/v2/orders", pickup).await.json();
    assert_eq!((&order["total_inc_tax"], &order["shipping_address_count"]), (&json!("10.0000"), &json!(0)));
    let whole = store.ok(&format!("/v2/orders/{}/consignments", order["id"])).await;
    assert_eq!(whole["pickups"][0]["line_items"].as_array().map(Vec::len), Some(1));
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_39_an_update_touches_only_what_it_names() {
    let store = small().await;
    let product = product(&store).await;
    let order = make(&store, &product, 0).await;
    let path = format!("/v2/orders/{}", order["id"]);
    let lines = store.ok(&format!("{path}/products")).await;
    let fees = json!({"fees": [{"type": "custom_fee", "display_name_customer": "Wrap", "cost_ex_tax": 2, "cost_tax": 0.5},
        {"type": "custom_fee", "display_name_customer": "Rush", "cost_ex_tax": 1, "cost_inc_tax": 1}]});
    let with_fees = put(&store, &path, fees).await;
    assert_eq!(money(&with_fees["total_inc_tax"]) - money(&order["total_inc_tax"]), 35_000);
    let held = store.ok(&format!("{path}/fees")).await["fees"].clone();
    assert_eq!((&held[0]["cost_inc_tax"], held.as_array().map(Vec::len)), (&json!("2.5000"), Some(2)));
    // Fees are replaced as a whole; an id keeps one.
    put(&store, &path, json!({"fees": [{"id": held[1]["id"], "display_name_customer": "Rushed"}]})).await;
    let kept = store.ok(&format!("{path}/fees")).await["fees"].clone();
    assert_eq!(kept.as_array().map(Vec::len), Some(1));
    assert_eq!((&kept[0]["id"], &kept[0]["cost_inc_tax"]), (&held[1]["id"], &json!("1.0000")));
    put(&store, &path, json!({"products": [{"id": lines[0]["id"], "quantity": 1}]})).await;
    assert_eq!(level(&store, &product).await, 8, "two units went back");
    let now = store.ok(&format!("{path}/products")).await;
    assert_eq!((&now[0]["quantity"], &now[1]), (&json!(1), &lines[1]));
    put(&store, &path, json!({"products": [{"id": lines[0]["id"], "quantity": 0}]})).await;
    assert_eq!(store.ok(&format!("{path}/products")).await, json!([lines[1]]));
    assert_eq!(level(&store, &product).await, 9);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_40_a_read_only_member_is_refused_as_an_array() {
    let store = small().await;
    let order = generated(&store, "status", "Completed").await;
    for (path, member) in [
        (format!("/v2/orders/{}", order["id"]), "payment_status"),
        (format!("/v2/orders/{}", order["id"]), "total_tax"),
        ("/v2/coupons/1".to_owned(), "num_uses"),
    ] {
        let answer = store.send(Method::PUT, &path, &json!({member: "1"})).await;
        let text = format!(
            "The field '{member}' cannot be written to. Please remove it from your request before trying again."
        );
        assert_eq!(
            (answer.status, answer.json()),
            (400, json!([{"status": 400, "message": text}])),
            "{path}"
        );
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_cancelled_order_gives_its_stock_back() {
    let store = small().await;
    let product = product(&store).await;
    let order = make(&store, &product, 0).await;
    let path = format!("/v2/orders/{}", order["id"]);
    assert_eq!(level(&store, &product).await, 6);
    put(&store, &path, json!({"status_id": 5})).await;
    assert_eq!(level(&store, &product).await, 9);
    put(&store, &path, json!({"staff_notes": "twice"})).await;
    put(&store, &path, json!({"status_id": 11})).await;
    assert_eq!(level(&store, &product).await, 6);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_43_shipments_need_address_and_items_and_a_deleted_one_keeps_the_status() {
    let store = small().await;
    let order = make(&store, &product(&store).await, 0).await;
    let path = format!("/v2/orders/{}", order["id"]);
    let (lines, places) =
        (store.ok(&format!("{path}/products")).await, store.ok(&format!("{path}/shipping_addresses")).await);
    let (line, other, place) = (&lines[0]["id"], &lines[1]["id"], &places[0]["id"]);
    let shipments = format!("{path}/shipments");
    for body in [
        json!({"items": [{"order_product_id": line, "quantity": 1}]}),
        json!({"order_address_id": place}),
        json!({"order_address_id": place, "items": []}),
        json!({"order_address_id": 1_000_000, "items": [{"order_product_id": line, "quantity": 1}]}),
        json!({"order_address_id": place, "items": [{"order_product_id": line, "quantity": 4}]}),
        json!({"order_address_id": place, "items": [{"order_product_id": 1_000_000, "quantity": 1}]}),
    ] {
        let answer = post(&store, &shipments, body.clone()).await;
        assert_eq!((answer.status, answer.json().is_array()), (400, true), "{body}");
    }
    let body = json!({"order_address_id": place, "tracking_number": "1Z 9", "shipping_provider": "ups",
        "items": [{"order_product_id": line, "quantity": 2}]});
    let first = post(&store, &shipments, body).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let first = first.json();
    assert_eq!(first["items"], json!([{"order_product_id": line, "product_id": 0, "quantity": 2}]));
    assert_eq!((&first["shipping_provider_display_name"], &first["order_id"]), (&json!("UPS"), &order["id"]));
    assert!(first["generated_tracking_link"].as_str().is_some_and(|link| link.starts_with("https://")));
    let now = store.ok(&path).await;
    assert_eq!((&now["status_id"], &now["items_shipped"]), (&json!(3), &json!(2)));
    let rest = json!({"order_address_id": place, "items": [{"order_product_id": line, "quantity": 1}, {"order_product_id": other, "quantity": 1}]});
    let second = post(&store, &shipments, rest).await.json();
    let now = store.ok(&path).await;
    assert_eq!((&now["status_id"], &now["items_shipped"]), (&json!(2), &json!(4)));
    assert!(now["date_shipped"].as_str().is_some_and(|date| date.ends_with("+0000")));
    assert_eq!(store.ok(&format!("{path}/products")).await[0]["quantity_shipped"], 3);
    let one = format!("{shipments}/{}", second["id"]);
    let changed = put(&store, &one, json!({"tracking_link": "https://example.com/7"})).await;
    assert_eq!(
        (&changed["tracking_link"], &changed["generated_tracking_link"]),
        (&json!("https://example.com/7"), &json!(""))
    );
    assert_eq!(store.ok(&format!("{shipments}/count")).await["count"], 2);
    assert_eq!(store.delete(&one).await.status, 204);
    assert_eq!(store.delete(&shipments).await.status, 204);
    assert_eq!(store.get(&shipments).await.status, 204);
    let now = store.ok(&path).await;
    assert_eq!((&now["status_id"], &now["items_shipped"]), (&json!(2), &json!(0)));
    assert_eq!(store.ok(&format!("{path}/shipping_addresses")).await[0]["items_shipped"], 0);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_44_a_refund_is_quoted_first_and_its_payments_have_to_match() {
    let store = small().await;
    let product = product(&store).await;
    let order = make(&store, &product, 1).await;
    let (v2, v3) =
        (format!("/v2/orders/{}", order["id"]), format!("/v3/orders/{}/payment_actions", order["id"]));
    let (lines, places) =
        (store.ok(&format!("{v2}/products")).await, store.ok(&format!("{v2}/shipping_addresses")).await);
    let items = json!([
        {"item_type": "PRODUCT", "item_id": lines[0]["id"], "quantity": 1, "reason": "Blue"},
        {"item_type": "SHIPPING", "item_id": places[0]["id"], "amount": 3.5},
        {"item_type": "ORDER", "item_id": order["id"], "amount": 1}
    ]);
    let quote = post(&store, &format!("{v3}/refund_quotes"), json!({"items": items})).await;
    assert_eq!(quote.status, 201, "{}", quote.text);
    let quote = quote.json()["data"].clone();
    assert_eq!(quote["total_refund_amount"], json!(14.75));
    assert_eq!(
        (&quote["order_level_refund_amount"], &quote["refund_methods"][0][0]["amount"]),
        (&json!(1), &json!(14.75))
    );
    for wrong in [
        json!([{"item_type": "PRODUCT", "item_id": lines[0]["id"], "quantity": 4}]),
        json!([{"item_type": "PRODUCT", "item_id": places[0]["id"], "amount": 4}]),
        json!([{"item_type": "SHIPPING", "item_id": places[0]["id"], "amount": 8.01}]),
        json!([{"item_type": "ORDER", "item_id": 1, "amount": 1}]),
        json!([]),
    ] {
        let answer = post(&store, &format!("{v3}/refund_quotes"), json!({"items": wrong})).await;
        assert_eq!(answer.status, 422, "{wrong}");
    }
    let refunds = format!("{v3}/refunds");
    for amount in [json!(14.74), json!(15)] {
        let body = json!({"items": items, "payments": [{"provider_id": "custom", "amount": amount}]});
        assert_eq!(post(&store, &refunds, body).await.status, 422);
    }
    let body = json!({"items": items, "payments": [{"provider_id": "storecredit", "amount": 14.75}], "reason": "Wrong colour"});
    let refund = post(&store, &refunds, body).await;
    assert_eq!(refund.status, 201, "{}", refund.text);
    let refund = refund.json()["data"].clone();
    assert_eq!((&refund["total_amount"], &refund["items"][0]["quantity"]), (&json!(14.75), &json!(1)));
    let now = store.ok(&v2).await;
    assert_eq!((&now["status_id"], &now["payment_status"]), (&json!(14), &json!("partially refunded")));
    assert_eq!((&now["refunded_amount"], &now["total_inc_tax"]), (&json!("0.0000"), &order["total_inc_tax"]));
    assert_eq!(level(&store, &product).await, 6, "nothing is restocked");
    assert_eq!(store.ok(&format!("{v2}/products")).await[0]["quantity_refunded"], 1);
    assert_eq!(store.ok(&format!("{v2}/products")).await[0]["refund_amount"], "0.0000");
    assert_eq!(store.ok(&refunds).await["data"], json!([refund]));
    let all =
        format!("/v3/orders/payment_actions/refunds?order_id:in={}&id:in={}", order["id"], refund["id"]);
    assert_eq!(store.ok(&all).await["data"], json!([refund]));
    assert_eq!(
        store.ok(&format!("/v3/orders/payment_actions/refunds/{}", refund["id"])).await["data"],
        refund
    );
    // The rest of it makes the order a refunded one.
    let rest = json!([
        {"item_type": "PRODUCT", "item_id": lines[0]["id"], "quantity": 2},
        {"item_type": "PRODUCT", "item_id": lines[1]["id"], "quantity": 1},
        {"item_type": "SHIPPING", "item_id": places[0]["id"], "amount": 4.5}
    ]);
    let quote =
        post(&store, &format!("{v3}/refund_quotes"), json!({"items": rest})).await.json()["data"].clone();
    assert_eq!((&quote["adjustment"], &quote["total_refund_tax_amount"]), (&json!(-1), &json!(1)));
    let body = json!({"items": rest, "payments": [{"provider_id": "custom", "amount": quote["total_refund_amount"]}]});
    assert_eq!(post(&store, &refunds, body.clone()).await.status, 201);
    assert_eq!(store.ok(&v2).await["status_id"], 4);
    assert_eq!(post(&store, &refunds, body).await.status, 422);
    let rows = store.ok(&format!("/v3/orders/{}/transactions", order["id"])).await;
    assert_eq!(rows["data"][1]["event"], "refund");
    assert_eq!(rows["data"][1]["order_id"], json!(order["id"].to_string()));
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_44_a_guest_gets_no_store_credit() {
    let store = small().await;
    let order = make(&store, &product(&store).await, 0).await;
    let path = format!("/v3/orders/{}/payment_actions/refunds", order["id"]);
    let items = json!([{"item_type": "ORDER", "item_id": order["id"], "amount": 2}]);
    let body = json!({"items": items, "payments": [{"provider_id": "storecredit", "amount": 2}]});
    let answer = post(&store, &path, body).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.json()["data"][0]["title"], "Unable to provide store credit for a guest customer.");
    assert_eq!(store.ok(&path).await["data"], json!([]));
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_45_capture_and_void_are_pending_first() {
    let folder = Folder::new();
    let order = |id: i64| {
        json!({"id": id, "customer_id": 0, "status_id": 7, "payment_status": "authorized", "payment_method": "Credit Card",
            "total_inc_tax": "19.9000", "currency_code": "EUR", "date_modified": "Thu, 18 Jun 2026 14:16:14 +0000"})
    };
    let row = |order: i64| {
        json!({"id": order + 1, "order_id": order.to_string(), "event": "authorization", "method": "credit_card",
            "gateway": "stripe", "status": "ok", "amount": 19.9})
    };
    let file = |name: &str, rows: [Value; 2]| {
        let path = folder.0.join(format!("{name}.jsonl"));
        std::fs::write(path, format!("{}\n{}\n", rows[0], rows[1])).expect("a file");
    };
    file("orders", [order(100), order(102)]);
    file("order_transactions", [row(100), row(102)]);
    let store = with(Options { import: Some(folder.0.clone()), ..Options::default() }).await;
    for (order, deed, done) in [(order(100), "capture", "captured"), (order(102), "void", "void")] {
        let path = format!("/v3/orders/{}/payment_actions/{deed}", order["id"]);
        let answer = crate::store::answer(store.ask(Method::POST, &path)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let path = format!("/v2/orders/{}", order["id"]);
        assert_eq!(store.ok(&path).await["payment_status"], json!(format!("{deed} pending")));
        let mut status = Value::Null;
        for _ in 0..100 {
            status = store.ok(&path).await["payment_status"].clone();
            if status == done {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert_eq!(status, done);
        let rows = store.ok(&format!("/v3/orders/{}/transactions", order["id"])).await["data"].clone();
        let events: Vec<&Value> = rows.as_array().expect("rows").iter().map(|row| &row["event"]).collect();
        assert_eq!(events, ["authorization", deed]);
        assert_eq!(rows[1]["reference_transaction_id"], rows[0]["id"]);
        let again =
            post(&store, &format!("/v3/orders/{}/payment_actions/{deed}", order["id"]), json!({})).await;
        assert_eq!(again.status, 422);
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_54_coupons_have_no_get_by_id_and_an_update_clears_what_they_apply_to() {
    let store = small().await;
    let body = json!({"name": "Ten", "type": "percentage_discount", "amount": 10, "code": "TEN-2026", "enabled": true,
        "expires": "2027-01-31T00:00:00Z", "applies_to": {"entity": "categories", "ids": [0]}});
    let coupon = post(&store, "/v2/coupons", body.clone()).await;
    assert_eq!(coupon.status, 201, "{}", coupon.text);
    let coupon = coupon.json();
    assert_eq!(
        (&coupon["amount"], &coupon["expires"]),
        (&json!("10.0000"), &json!("Sun, 31 Jan 2027 00:00:00 +0000"))
    );
    assert_eq!(post(&store, "/v2/coupons", body).await.status, 409);
    let path = format!("/v2/coupons/{}", coupon["id"]);
    // Recordings of 2026 have an answer where the description has no GET: the default is theirs.
    assert_eq!(store.ok(&path).await, coupon);
    assert_eq!(store.get("/v2/coupons/999999").await.status, 404);
    store.sim_post("readings", json!({"coupon_by_id": "405"})).await;
    assert_eq!(store.get(&path).await.status, 405);
    assert_eq!(store.ok(&format!("/v2/coupons?id={}", coupon["id"])).await, json!([coupon]));
    assert_eq!(store.ok("/v2/coupons?code=TEN-2026").await[0]["id"], coupon["id"]);
    let kept =
        put(&store, &path, json!({"applies_to": {"entity": "products", "ids": [77]}, "expires": ""})).await;
    assert_eq!((&kept["applies_to"]["ids"], &kept["expires"]), (&json!([77]), &json!("")));
    assert_eq!(put(&store, &path, json!({"name": "Tenner"})).await["applies_to"], json!({}));
    let other = store.ok("/v2/coupons?exclude_type=percentage_discount&limit=250").await;
    assert!(other.as_array().expect("coupons").iter().all(|c| c["type"] != "percentage_discount"));
    let count = store.ok("/v2/coupons/count").await["count"].as_i64().expect("a count");
    assert_eq!(store.delete(&path).await.status, 204);
    assert_eq!(store.ok("/v2/coupons/count").await["count"], count - 1);
    assert_eq!(store.delete("/v2/coupons").await.status, 204);
    assert_eq!(store.get("/v2/coupons").await.status, 204);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_55_gift_certificates_take_rfc_2822_and_tell_unix_seconds() {
    let store = small().await;
    let body = json!({"to_name": "A", "to_email": "a@example.com", "from_name": "B", "from_email": "b@example.com",
        "amount": 25, "code": "A-VERY-LONG-CODE-OF-A-GIFT", "expiry_date": "Sun, 31 Jan 2027 00:00:00 +0000"});
    let answer = post(&store, "/v2/gift_certificates", body.clone()).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let made = answer.json();
    assert_eq!((&made["code"], &made["expiry_date"]), (&json!("A-VERY-LONG-CODE-OF-"), &json!("1801353600")));
    assert_eq!((&made["balance"], &made["status"]), (&json!("25.0000"), &json!("active")));
    assert!(made["purchase_date"].as_str().is_some_and(|date| date.parse::<i64>().is_ok()));
    let mut other = body;
    other.as_object_mut().expect("an object").remove("code");
    let other = post(&store, "/v2/gift_certificates", other).await.json();
    assert_eq!(other["code"].as_str().map(str::len), Some(15));
    let path = format!("/v2/gift_certificates/{}", made["id"]);
    assert_eq!(put(&store, &path, json!({"balance": "5", "status": "disabled"})).await["balance"], "5.0000");
    assert_eq!(
        store.ok("/v2/gift_certificates?to_email=a@example.com").await.as_array().map(Vec::len),
        Some(2)
    );
    assert_eq!(store.delete("/v2/gift_certificates").await.status, 204);
    assert_eq!(store.get(&path).await.status, 404);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_56_a_bulk_delete_of_promotions_deletes_what_it_can() {
    let store = small().await;
    let rules = json!([{"action": {"cart_value": {"discount": {"percentage_amount": "10"}}}}]);
    let mut ids = Vec::new();
    for (name, kind, many) in [("A", "AUTOMATIC", None), ("B", "COUPON", Some("BULK")), ("C", "COUPON", None)]
    {
        let mut body = json!({"name": name, "redemption_type": kind, "rules": rules});
        if let Some(many) = many {
            body["coupon_type"] = json!(many);
        }
        let answer = post(&store, "/v3/promotions", body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        ids.push(answer.json()["data"]["id"].as_i64().expect("an id"));
    }
    assert_eq!(post(&store, "/v3/promotions", json!({"name": "D"})).await.status, 422);
    let codes = format!("/v3/promotions/{}/codes", ids[1]);
    let batch = post(
        &store,
        &format!("/v3/promotions/{}/codegen", ids[1]),
        json!({"batch_size": 7, "prefix": "PRE", "delimiter": "-"}),
    )
    .await;
    assert_eq!(batch.status, 201, "{}", batch.text);
    let first = batch.json()["data"]["codes"][0]["code"].as_str().expect("a code").to_owned();
    assert!(first.starts_with("PRE-") && first.len() == 20);
    assert_eq!(
        post(&store, &format!("/v3/promotions/{}/codegen", ids[1]), json!({"batch_size": 251})).await.status,
        422
    );
    assert_eq!(
        post(&store, &format!("/v3/promotions/{}/codegen", ids[2]), json!({"batch_size": 1})).await.status,
        405
    );
    let page = store.ok(&format!("{codes}?limit=3")).await;
    let next = page["meta"]["cursor_pagination"]["end_cursor"].as_str().expect("a cursor");
    assert_eq!(page["meta"]["pagination"]["total"], 7);
    let page = store.ok(&format!("{codes}?limit=3&after={next}&page=9")).await;
    assert_eq!((page["data"].as_array().map(Vec::len), page["meta"].get("pagination")), (Some(3), None));
    assert_eq!(store.ok(&format!("/v3/promotions?code={first}")).await["data"][0]["id"], ids[1]);
    assert_eq!(
        store.ok(&format!("/v3/promotions/codes?code={first}")).await["data"][0]["code"],
        json!(first)
    );
    assert_eq!(store.get("/v3/promotions/codes").await.status, 422);
    assert_eq!(post(&store, &codes, json!({"code": first})).await.status, 422);
    assert_eq!(store.delete("/v3/promotions").await.status, 422);
    let answer = store.delete(&format!("/v3/promotions?id:in={},{},999999", ids[0], ids[1])).await;
    assert_eq!(answer.status, 422);
    let body = answer.json();
    assert_eq!(body["meta"], json!({"total": 3, "success": 1, "failed": 2}));
    assert_eq!(
        body["errors"][0]["errors"]["1.code"],
        json!(format!("Failed for id={}. Error: some relating codes are still present.", ids[1]))
    );
    assert_eq!(store.get(&format!("/v3/promotions/{}", ids[0])).await.status, 404);
    let codes_of: Vec<String> = store.get(&codes).await.ids().iter().map(i64::to_string).collect();
    assert_eq!(store.delete(&format!("{codes}?id:in={}", codes_of.join(","))).await.status, 204);
    assert_eq!(store.delete(&format!("/v3/promotions?id:in={},{}", ids[1], ids[2])).await.status, 204);
    store.simulator.stop().await;
}

async fn cart_of(store: &Store, product: &Value, more: Value) -> Value {
    let mut body = json!({"customer_id": 0, "line_items": [{"quantity": 2, "product_id": product["id"]}]});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    let answer = post(store, "/v3/carts?include=redirect_urls", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["data"].clone()
}

#[tokio::test]
async fn faithful_58_a_stale_version_is_refused_and_the_last_line_takes_the_cart_along() {
    let store = small().await;
    let product = product(&store).await;
    let custom = json!({"custom_items": [{"name": "Wrap", "sku": "W", "quantity": 1, "list_price": 3.5}]});
    let cart = cart_of(&store, &product, custom).await;
    assert_eq!(
        (&cart["cart_amount"], &cart["version"], &cart["channel_id"]),
        (&json!(24), &json!(1), &json!(1))
    );
    let line = cart["line_items"]["physical_items"][0].clone();
    assert_eq!((&line["extended_list_price"], &line["quantity"]), (&json!(20.5), &json!(2)));
    let path = format!("/v3/carts/{}", cart["id"].as_str().expect("an id"));
    let item = format!("{path}/items/{}", line["id"].as_str().expect("an id"));
    let changed = store
        .send(
            Method::PUT,
            &item,
            &json!({"line_item": {"quantity": 3, "product_id": product["id"]}, "version": 1}),
        )
        .await;
    assert_eq!((changed.status, &changed.json()["data"]["version"]), (200, &json!(2)));
    let stale = json!({"line_item": {"quantity": 4, "product_id": product["id"]}, "version": 1});
    assert_eq!(store.send(Method::PUT, &item, &stale).await.status, 409);
    assert_eq!(store.send(Method::PUT, &path, &json!({"customer_id": 1, "version": 1})).await.status, 409);
    assert_eq!(store.send(Method::DELETE, &item, &json!({"version": 1})).await.status, 409);
    let owned = store.send(Method::PUT, &path, &json!({"customer_id": 1})).await;
    assert_eq!((owned.status, &owned.json()["data"]["customer_id"]), (201, &json!(1)));
    assert!(owned.json()["data"]["email"].as_str().is_some_and(|email| email.contains('@')));
    let more = json!({"line_items": [{"quantity": 1, "product_id": product["id"]}], "gift_certificates": [{"name": "G", "theme": "General",
        "amount": 10, "quantity": 1, "sender": {"name": "A", "email": "a@example.com"}, "recipient": {"name": "B", "email": "b@example.com"}}]});
    let more = post(&store, &format!("{path}/items"), more).await;
    assert_eq!(
        (more.status, &more.json()["data"]["line_items"]["physical_items"][0]["quantity"]),
        (201, &json!(4))
    );
    let held = store.ok(&path).await["data"].clone();
    assert_eq!(held["cart_amount"], json!(54.5));
    for wrong in [
        json!({"line_items": [{"quantity": 1, "product_id": 0}]}),
        json!({"line_items": []}),
        json!({"line_items": [{"product_id": product["id"]}]}),
    ] {
        assert_eq!(post(&store, &format!("{path}/items"), wrong).await.status, 422);
    }
    let custom =
        format!("{path}/items/{}", held["line_items"]["custom_items"][0]["id"].as_str().expect("an id"));
    assert_eq!(store.send(Method::PUT, &custom, &json!({"line_item": {"quantity": 2}})).await.status, 422);
    assert_eq!(store.delete(&custom).await.status, 200);
    let gift =
        format!("{path}/items/{}", held["line_items"]["gift_certificates"][0]["id"].as_str().expect("an id"));
    assert_eq!(store.delete(&gift).await.status, 200);
    let last = store.delete(&item).await;
    assert_eq!((last.status, last.text.as_str()), (204, ""));
    assert_eq!(store.get(&path).await.status, 404);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_58_a_cart_lives_30_days_and_a_link_to_it_for_one_visit() {
    let store_clock = storesim::Clock::default();
    let store = with(Options { products: 5, clock: store_clock.clone(), ..Options::default() }).await;
    let cart = cart_of(&store, &product(&store).await, json!({})).await;
    let path = format!("/v3/carts/{}", cart["id"].as_str().expect("an id"));
    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let follow = async |url: &Value| {
        client.get(url.as_str().expect("a link")).send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(follow(&cart["redirect_urls"]["cart_url"]).await, 302);
    assert_eq!(follow(&cart["redirect_urls"]["cart_url"]).await, 404);
    let links = post(&store, &format!("{path}/redirect_urls"), json!({})).await;
    assert_eq!(links.status, 201);
    let links = links.json()["data"].clone();
    store_clock.advance(30 * 86_400 - 60);
    assert_eq!(store.get(&path).await.status, 200);
    store_clock.advance(120);
    assert_eq!(store.get(&path).await.status, 404);
    assert_eq!(post(&store, &format!("{path}/items"), json!({})).await.status, 404);
    assert_eq!(follow(&links["checkout_url"]).await, 404);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_65_a_made_cart_is_told_of_twice_and_a_left_one_after_an_hour() {
    let clock = storesim::Clock::default();
    let receiver = crate::receiver::Receiver::start().await;
    let store = with(Options { products: 5, clock: clock.clone(), ..Options::default() }).await;
    crate::receiver::hook(&store, "store/cart/*", &receiver.url).await;
    let cart = cart_of(&store, &product(&store).await, json!({})).await;
    let line = &cart["line_items"]["physical_items"][0]["id"];
    let told = async |count: usize| -> Vec<Value> {
        receiver.wait(count).await.iter().map(|event| event.json()).collect()
    };
    let first = told(3).await;
    let scopes = |events: &[Value]| -> Vec<String> {
        let mut scopes: Vec<String> = events
            .iter()
            .map(|event| event["scope"].as_str().expect("a scope")["store/cart/".len()..].to_owned())
            .collect();
        scopes.sort();
        scopes
    };
    assert_eq!(scopes(&first), ["created", "lineItem/created", "updated"]);
    let line_told =
        first.iter().find(|event| event["scope"] == "store/cart/lineItem/created").expect("an event");
    assert_eq!(line_told["data"], json!({"type": "cart_line_item", "id": line, "cartId": cart["id"]}));
    clock.advance(3_601);
    let left = told(4).await[3].clone();
    assert_eq!((&left["scope"], &left["data"]["id"]), (&json!("store/cart/abandoned"), &cart["id"]));
    let token = left["data"]["token"].as_str().expect("a token");
    assert_eq!(
        store.ok(&format!("/v3/abandoned-carts/{token}")).await["data"],
        json!({"cart_id": cart["id"]})
    );
    let path = format!("/v3/carts/{}", cart["id"].as_str().expect("an id"));
    assert_eq!(store.delete(&format!("{path}/items/{}", line.as_str().expect("an id"))).await.status, 204);
    assert_eq!(scopes(&told(7).await[4..]), ["deleted", "lineItem/deleted", "updated"]);
    assert_eq!(store.get(&format!("/v3/abandoned-carts/{token}")).await.status, 404);
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_checkout_takes_a_coupon_and_becomes_an_order() {
    let store = small().await;
    let product = product(&store).await;
    let cart = cart_of(&store, &product, json!({})).await;
    let id = cart["id"].as_str().expect("an id");
    let path = format!("/v3/checkouts/{id}");
    assert_eq!(post(&store, &format!("{path}/coupons"), json!({"coupon_code": "NONE"})).await.status, 422);
    let with_coupon = post(&store, &format!("{path}/coupons"), json!({"coupon_code": "welcome10"})).await;
    assert_eq!(with_coupon.status, 200, "{}", with_coupon.text);
    let read = store.ok(&path).await["data"].clone();
    assert_eq!((&read["subtotal_inc_tax"], &read["grand_total"]), (&json!(20.5), &json!(18.45)));
    assert_eq!(store.delete(&format!("{path}/coupons/WELCOME10")).await.status, 200);
    assert_eq!(store.ok(&path).await["data"]["grand_total"], json!(20.5));
    let made = post(&store, &format!("{path}/orders"), json!({})).await.json();
    let order = format!("/v2/orders/{}", made["data"]["id"]);
    let held = store.ok(&order).await;
    assert_eq!(
        (&held["status_id"], &held["cart_id"], &held["total_inc_tax"]),
        (&json!(0), &cart["id"], &json!("20.5000"))
    );
    assert_eq!(level(&store, &product).await, 9, "an incomplete order takes nothing");
    assert_eq!(store.get(&format!("/v3/carts/{id}")).await.status, 200);
    put(&store, &order, json!({"status_id": 11})).await;
    assert_eq!(level(&store, &product).await, 7);
    assert_eq!(store.get(&format!("/v3/carts/{id}")).await.status, 404);
    store.simulator.stop().await;
}

#[tokio::test]
async fn cart_metafields_name_their_cart_by_its_text() {
    let store = small().await;
    let cart = cart_of(&store, &product(&store).await, json!({})).await;
    let path = format!("/v3/carts/{}/metafields", cart["id"].as_str().expect("an id"));
    let body = json!({"key": "k", "value": "v", "namespace": "n", "permission_set": "app_only"});
    let made = post(&store, &path, body).await;
    assert_eq!(made.status, 200, "{}", made.text);
    assert_eq!(made.json()["data"]["resource_id"], cart["id"]);
    assert_eq!(store.ok(&path).await["data"], json!([made.json()["data"]]));
    let body = json!([{"key": "l", "value": "v", "namespace": "n", "permission_set": "app_only", "resource_id": cart["id"]}]);
    let made = post(&store, "/v3/carts/metafields", body).await;
    assert_eq!((made.status, &made.json()["data"][0]["resource_id"]), (200, &cart["id"]), "{}", made.text);
    store.simulator.stop().await;
}
