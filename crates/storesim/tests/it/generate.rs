//! The generated store as it is served.

use std::collections::HashSet;

use rust_decimal::Decimal;
use serde_json::Value;
use storesim::Options;

use crate::store;

const ORDERS: &str =
    "/v2/orders?include=consignments,consignments.line_items,fees&consignment_structure=object&limit=250";

/// Every `line_items` of an order's consignments, each with the kind it stands under.
fn lines(order: &Value) -> Vec<(&'static str, Value)> {
    let consignments = &order["consignments"];
    let mut found = Vec::new();
    for (kind, list) in [
        ("shipping", &consignments["shipping"]),
        ("pickups", &consignments["pickups"]),
        ("downloads", &consignments["downloads"]),
        ("email", &consignments["email"]["gift_certificates"]),
    ] {
        for consignment in list.as_array().into_iter().flatten() {
            match &consignment["line_items"] {
                Value::Array(lines) => found.extend(lines.iter().map(|line| (kind, line.clone()))),
                line => found.push((kind, line.clone())),
            }
        }
    }
    found
}

fn money(record: &Value, name: &str) -> Decimal {
    record[name].as_str().unwrap_or_else(|| panic!("{name} of {record}")).parse().expect("a decimal")
}

#[tokio::test]
async fn orders_are_served_whole_and_add_up() {
    let options = Options { products: 150, customers: 40, orders: 700, ..Options::default() };
    let store = store::with(options).await;
    let (mut orders, mut kinds, mut ids) = (0, HashSet::new(), HashSet::new());
    for page in 1.. {
        let answer = store.get(&format!("{ORDERS}&page={page}")).await;
        if answer.status == 204 {
            break;
        }
        for order in answer.json().as_array().expect("a bare array") {
            orders += 1;
            let lines = lines(order);
            let mut sum: Decimal = lines.iter().map(|(_, l)| money(l, "discounted_total_inc_tax")).sum();
            for cost in ["shipping_cost_inc_tax", "handling_cost_inc_tax", "wrapping_cost_inc_tax"] {
                sum += money(order, cost);
            }
            let fees = order["fees"].as_array().expect("fees");
            sum += fees.iter().map(|fee| money(fee, "cost_inc_tax")).sum::<Decimal>();
            assert_eq!(sum, money(order, "total_inc_tax"), "order {}", order["id"]);
            let units: i64 = lines.iter().filter_map(|(_, line)| line["quantity"].as_i64()).sum();
            assert_eq!(order["items_total"].as_i64(), Some(units), "order {}", order["id"]);
            for (kind, line) in lines {
                kinds.insert(kind);
                assert!(ids.insert(line["id"].as_i64().expect("an id")), "a line is served twice");
            }
        }
    }
    assert_eq!(orders, 700);
    assert_eq!(kinds, HashSet::from(["shipping", "pickups", "downloads", "email"]));
    store.simulator.stop().await;
}

#[tokio::test]
async fn extras_come_beside_what_is_there_without_them() {
    let plain = Options { products: 60, customers: 5, orders: 5, ..Options::default() };
    let without = store::with(plain.clone()).await;
    let with = store::with(Options { extras: true, ..plain }).await;
    let digest = async |store: &store::Store, name: &str| store.sim(&format!("digest/{name}")).await;
    for name in ["products", "variants", "brands", "product_images"] {
        assert_eq!(digest(&with, name).await["count"], digest(&without, name).await["count"], "{name}");
    }
    for name in ["product_metafields", "product_reviews", "price_lists", "price_list_records"] {
        assert_eq!(digest(&without, name).await["count"], 0, "{name}");
        assert!(digest(&with, name).await["count"].as_u64() > Some(1), "{name}");
    }
    let fields = with.ok("/v3/catalog/products/metafields?limit=1").await["data"][0].clone();
    let own = format!("/v3/catalog/products/{}/metafields", fields["resource_id"]);
    assert_eq!(with.ok(&own).await["data"][0], fields);
    let price = with.ok("/v3/pricelists/1/records?limit=1").await["data"][0].clone();
    let variants = with.ok(&format!("/v3/catalog/products/{}/variants", price["product_id"])).await;
    assert!(variants["data"].as_array().expect("a list").iter().any(|one| one["id"] == price["variant_id"]));
}

#[tokio::test]
async fn dates_end_with_the_day_that_is_said() {
    let options = Options { products: 10, customers: 10, orders: 10, extras: true, ..Options::default() };
    let until = Some(storesim::day("2020-06-30").expect("a day"));
    let options = Options { dates_until: until, ..options };
    let clock = storesim::Clock::default();
    let first = store::with(Options { clock: clock.clone(), ..options.clone() }).await;
    clock.advance(30 * 86_400);
    let second = store::with(Options { clock, ..options }).await;
    for stream in crate::reads::STREAMS {
        // Orders carry links to the store's own address, which is another one for each.
        if matches!(*stream, "orders" | "order_shipping_addresses" | "order_messages") {
            continue;
        }
        let path = format!("digest/{stream}");
        assert_eq!(first.sim(&path).await, second.sim(&path).await, "{stream}");
    }
    let orders =
        async |store: &store::Store| store.get("/v2/orders").await.text.replace(store.simulator.url(), "");
    assert_eq!(orders(&first).await, orders(&second).await);
    assert!(orders(&first).await.contains(" 2020 "));
    first.simulator.stop().await;
    second.simulator.stop().await;
}

/// With the other reading discounts come off the sum with tax, in generated orders as in those made here.
#[tokio::test]
async fn the_reading_of_order_discounts_holds_for_generated_orders() {
    let mut options = Options { products: 80, customers: 20, orders: 400, ..Options::default() };
    let mut differ = 0;
    for reading in ["entered", "inc_tax"] {
        options.readings.choose(&format!("order_discount={reading}")).expect("a reading");
        let store = store::with(options.clone()).await;
        for page in 1..=2 {
            for order in store.ok(&format!("{ORDERS}&page={page}")).await.as_array().expect("orders") {
                let off = money(order, "discount_amount") + money(order, "coupon_discount");
                let fees = order["fees"].as_array().expect("fees");
                let costs = ["shipping_cost_inc_tax", "handling_cost_inc_tax", "wrapping_cost_inc_tax"];
                let costs: Decimal = costs.iter().map(|cost| money(order, cost)).sum::<Decimal>()
                    + fees.iter().map(|fee| money(fee, "cost_inc_tax")).sum::<Decimal>();
                let whole = money(order, "subtotal_inc_tax") + costs - off == money(order, "total_inc_tax");
                match reading {
                    "inc_tax" => assert!(whole, "order {}", order["id"]),
                    _ => differ += i32::from(!whole),
                }
            }
        }
        store.simulator.stop().await;
    }
    assert!(differ > 10, "{differ}");
}
