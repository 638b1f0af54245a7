//! What `/_sim/` does.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::reads::STREAMS;
use crate::store::{Store, small, with};
use storesim::Options;

async fn digests(store: &Store) -> BTreeMap<&'static str, Value> {
    let mut all = BTreeMap::new();
    for stream in STREAMS {
        all.insert(*stream, store.sim(&format!("digest/{stream}")).await);
    }
    all
}

#[tokio::test]
async fn mutations_are_counted_repeatable_and_undone_by_reset() {
    let store = small().await;
    let before = digests(&store).await;
    let body = json!({"count": 400, "seed": 7});
    let outcome = store.sim_post("mutate", body.clone()).await;
    assert_eq!(outcome.status, 200, "{}", outcome.text);
    let outcome = outcome.json();
    let number = |name: &str| outcome[name].as_u64().expect("a number");
    assert_eq!(number("created") + number("updated") + number("deleted"), 400);
    for kind in ["created", "updated", "deleted"] {
        assert!(number(kind) > 100, "{outcome}");
    }
    for stream in
        ["products", "variants", "brands", "categories", "customers", "customer_addresses", "orders"]
    {
        assert!(outcome["by_stream"][stream]["created"].as_u64() > Some(0), "{stream}: {outcome}");
    }
    let after = digests(&store).await;
    for stream in STREAMS.iter().filter(|stream| **stream != "store") {
        assert_ne!(before[stream], after[stream], "{stream}");
    }
    consistent(&store).await;

    assert_eq!(store.sim_post("reset", json!({})).await.status, 200);
    assert_eq!(digests(&store).await, before);
    assert_eq!(store.sim("stats").await["requests"], 0);
    store.simulator.stop().await;
}

/// What holds after any changes: stock shows where it should, and sums add up.
async fn consistent(store: &Store) {
    let mut stock: BTreeMap<(i64, Option<i64>), i64> = BTreeMap::new();
    for page in 1.. {
        let body = store.ok(&format!("/v3/inventory/items?limit=250&page={page}")).await;
        let items = body["data"].as_array().expect("items").clone();
        if items.is_empty() {
            break;
        }
        for item in items {
            let levels = item["locations"].as_array().expect("levels");
            let first = levels.iter().find(|level| level["location_id"] == 1).expect("the default location");
            let onhand = first["total_inventory_onhand"].as_i64().expect("stock");
            let identity = &item["identity"];
            let key = (identity["product_id"].as_i64().expect("a product"), identity["variant_id"].as_i64());
            stock.insert(key, onhand);
        }
    }
    let mut tracked = 0;
    for page in 1.. {
        let body = store.ok(&format!("/v3/catalog/products?include=variants&limit=250&page={page}")).await;
        let products = body["data"].as_array().expect("products").clone();
        if products.is_empty() {
            break;
        }
        for product in products {
            let id = product["id"].as_i64().expect("an id");
            let variants = product["variants"].as_array().expect("variants");
            match product["inventory_tracking"].as_str().expect("tracking") {
                "product" => {
                    let key = (id, product["base_variant_id"].as_i64());
                    assert_eq!(product["inventory_level"].as_i64(), stock.get(&key).copied(), "{product}");
                    tracked += 1;
                }
                "variant" => {
                    for variant in variants {
                        let key = (id, variant["id"].as_i64());
                        assert_eq!(
                            variant["inventory_level"].as_i64(),
                            stock.get(&key).copied(),
                            "{variant}"
                        );
                        tracked += 1;
                    }
                }
                _ => {}
            }
            for variant in variants {
                assert_eq!(variant["product_id"], id);
            }
            let base = product["base_variant_id"].as_i64();
            assert!(
                base.is_none() || (variants.len() == 1 && variants[0]["id"].as_i64() == base),
                "{product}"
            );
            if base.is_some() {
                assert_eq!(variants[0]["sku"], product["sku"]);
            }
        }
    }
    assert!(tracked > 10);
    let mut orders = 0;
    for page in 1.. {
        let answer = store.get(&format!("/v2/orders?limit=250&page={page}&include=consignments,consignments.line_items,fees&consignment_structure=object")).await;
        if answer.status == 204 {
            break;
        }
        for order in answer.json().as_array().expect("orders") {
            let cents = |name: &str| money(&order[name]);
            if order["order_source"] == "external" {
                let costs = cents("shipping_cost_inc_tax")
                    + cents("handling_cost_inc_tax")
                    + cents("wrapping_cost_inc_tax");
                let less = cents("discount_amount") + cents("coupon_discount");
                assert_eq!(cents("total_inc_tax"), cents("subtotal_inc_tax") + costs - less, "{order}");
            }
            assert_eq!(cents("total_ex_tax") + cents("total_tax"), cents("total_inc_tax"), "{order}");
            orders += 1;
        }
    }
    assert_eq!(store.ok("/v2/orders/count").await["count"], orders);
}

/// Ten-thousandths of an amount.
pub fn money(value: &Value) -> i64 {
    let text = value.as_str().expect("an amount");
    let (whole, part) = text.split_once('.').expect("four decimals");
    assert_eq!(part.len(), 4, "{text}");
    format!("{whole}{part}").parse().expect("digits")
}

#[tokio::test]
async fn the_same_seed_makes_the_same_changes() {
    let options = || Options {
        products: 30,
        customers: 20,
        orders: 20,
        clock: Default::default(),
        ..Options::default()
    };
    let (one, two) = (with(options()).await, with(options()).await);
    let body = json!({"count": 120, "seed": 3, "streams": ["brands", "categories"]});
    for store in [&one, &two] {
        store.sim_post("mutate", body.clone()).await;
    }
    for stream in ["brands", "categories"] {
        let path = format!("digest/{stream}");
        assert_eq!(one.sim(&path).await, two.sim(&path).await);
    }
    one.simulator.stop().await;
    two.simulator.stop().await;
}

#[tokio::test]
async fn counts_and_rates_beyond_reason_are_refused_in_words() {
    for options in [
        Options { products: 99_999_999_999, ..Options::default() },
        Options { customers: u64::MAX, ..Options::default() },
        Options { orders: 2_000_001, ..Options::default() },
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let refused = storesim::start(options, listener).await.err().expect("a refusal").to_string();
        assert!(refused.contains("at most 2000000"), "{refused}");
    }
    let store = with(Options { products: 5, ..Options::default() }).await;
    for rate in [0.0, 1e-300, -1.0, 1e300] {
        let refused = store.sim_post("mutate", json!({"count": 2, "rate_per_s": rate})).await;
        assert_eq!(refused.status, 400, "{rate}");
    }
    store.simulator.stop().await;
}
