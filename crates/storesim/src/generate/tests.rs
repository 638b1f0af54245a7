//! Properties of the generated store: the same every time, whole, and right to the cent.

use std::collections::{BTreeMap, HashMap, HashSet};

use rust_decimal::Decimal;
use serde_json::Value;

use super::{Spec, rows, shape};
use crate::rows::Row;

fn spec(products: u64, customers: u64, orders: u64) -> Spec {
    Spec {
        seed: 7,
        products,
        customers,
        orders,
        store_hash: "simstore".into(),
        api_origin: "http://127.0.0.1:1234".into(),
        now: 1_780_000_000,
        off_inc: false,
    }
}

fn all(spec: &Spec) -> Vec<Row> {
    let mut out = Vec::new();
    rows(spec, &mut |row| out.push(row));
    out
}

/// The rows by resource, parsed.
fn tables(spec: &Spec) -> HashMap<String, Vec<(Option<i64>, Value)>> {
    let mut tables: HashMap<String, Vec<_>> = HashMap::new();
    rows(spec, &mut |row| {
        let value = serde_json::from_str(&row.json).unwrap_or_else(|e| panic!("{e}: {}", row.json));
        tables.entry(row.resource).or_default().push((row.parent, value));
    });
    tables
}

fn money(record: &Value, name: &str) -> Decimal {
    let text = record[name].as_str().unwrap_or_else(|| panic!("{name} is no string in {record}"));
    let (_, decimals) = text.split_once('.').unwrap_or_else(|| panic!("{name} has no decimals: {text}"));
    assert_eq!(decimals.len(), 4, "{name}: {text}");
    text.parse().unwrap_or_else(|e| panic!("{name}: {text}: {e}"))
}

fn id(record: &Value, name: &str) -> i64 {
    record[name].as_i64().unwrap_or_else(|| panic!("{name} is no integer in {record}"))
}

#[test]
fn the_same_seed_makes_the_same_store() {
    let spec_ = spec(120, 40, 150);
    assert_eq!(all(&spec_), all(&spec_));
    assert_ne!(all(&spec_), all(&Spec { seed: 8, ..spec_ }));
}

#[test]
fn counts_are_as_asked() {
    let tables = tables(&spec(300, 77, 123));
    assert_eq!(tables["products"].len(), 300);
    assert_eq!(tables["customers"].len(), 77);
    assert_eq!(tables["orders"].len(), 123);
    assert_eq!(tables["store"].len(), 1);
    assert!((3..=5).contains(&tables["locations"].len()));
    for (resource, _) in shape::RESOURCES {
        assert!(tables.contains_key(*resource), "no {resource}");
    }
    let ids: Vec<i64> = tables["products"].iter().map(|(_, p)| id(p, "id")).collect();
    assert_eq!(ids, (77..377).collect::<Vec<_>>());
}

#[test]
fn an_empty_store_is_whole() {
    let tables = tables(&spec(0, 0, 0));
    assert_eq!(tables["store"].len(), 1);
    assert_eq!(tables["category_trees"].len(), 1);
    assert!(!tables.contains_key("products") && !tables.contains_key("orders"));
    assert_eq!(self::tables(&spec(0, 0, 20))["orders"].len(), 20);
}

#[test]
fn every_record_has_the_members_of_its_shape_in_order() {
    for row in all(&spec(200, 30, 200)) {
        let keys: Vec<String> = keys(&row.json);
        let Some(members) = shape::of(&row.resource) else { continue };
        let members: Vec<&str> = members.iter().map(|m| m.name).collect();
        assert_eq!(keys, members, "{}", row.resource);
    }
}

/// The member names of an object in the order of the text.
fn keys(json: &str) -> Vec<String> {
    struct Names(Vec<String>);
    impl<'de> serde::Deserialize<'de> for Names {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Names;
                fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                    f.write_str("an object")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                    let mut names = Vec::new();
                    while let Some((name, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                        names.push(name);
                    }
                    Ok(Names(names))
                }
            }
            deserializer.deserialize_map(Visitor)
        }
    }
    serde_json::from_str::<Names>(json).unwrap().0
}

/// The tables follow recorded answers; this holds the two together where the recordings are at hand.
#[test]
fn shapes_are_those_of_recorded_answers() {
    let Some(payloads) = crate::import::tests::payloads() else { return };
    for (resource, file) in [
        ("products", "products/nango__list-products.json"),
        ("variants", "variants/nango__list-product-variants.json"),
        ("brands", "brands/nango__list-brands.json"),
        ("category_trees", "category_trees/johnhebron__catalog-trees-list-200.json"),
        ("customers", "customers/nango__list-customers.json"),
        ("orders", "orders_v2/nango__get-order.json"),
        ("order_products", "order_products/nango__get-order-products.json"),
        ("order_shipping_addresses", "order_shipping_addresses/nango__get-order-shipping-addresses.json"),
        ("product_images", "product_images/aligent__catalog-products-158-images-get-all.json"),
        (
            "product_bulk_pricing_rules",
            "bulk_pricing_rules/aligent__catalog-products-bulk-pricing-rules-get-all.json",
        ),
        ("product_modifiers", "modifiers/aligent__catalog-products-modifiers-6962-values-get-all.json"),
        ("store", "store/bc-swu__get-store.json"),
    ] {
        let text = std::fs::read_to_string(payloads.join(file)).unwrap();
        let raw: &serde_json::value::RawValue = serde_json::from_str(&text).unwrap();
        let mut text = raw.get().to_owned();
        if text.contains("\"data\"") {
            let body: BTreeMap<String, Box<serde_json::value::RawValue>> =
                serde_json::from_str(&text).unwrap();
            text = body["data"].get().to_owned();
        }
        if text.starts_with('[') {
            let list: Vec<Box<serde_json::value::RawValue>> = serde_json::from_str(&text).unwrap();
            text = list
                .into_iter()
                .map(|item| item.get().to_owned())
                .max_by_key(|item| keys(item).len())
                .unwrap();
        }
        let members: Vec<&str> = shape::of(resource).unwrap().iter().map(|m| m.name).collect();
        assert_eq!(keys(&text), members, "{resource}");
    }
}

#[test]
fn order_totals_add_up_to_the_cent() {
    let tables = tables(&spec(400, 200, 2_000));
    let children = |resource: &str| {
        let mut by_order: HashMap<i64, Vec<&Value>> = HashMap::new();
        for (parent, record) in &tables[resource] {
            by_order.entry(parent.unwrap()).or_default().push(record);
        }
        by_order
    };
    let (lines, addresses) = (children("order_products"), children("order_shipping_addresses"));
    let (coupons, fees) = (children("order_coupons"), children("order_fees"));
    let none = Vec::new();
    for (_, order) in &tables["orders"] {
        let key = id(order, "id");
        let lines = &lines[&key];
        let (addresses, fees) = (addresses.get(&key).unwrap_or(&none), fees.get(&key).unwrap_or(&none));
        let sum = |records: &[&Value], name: &str| records.iter().map(|r| money(r, name)).sum::<Decimal>();
        let total = |name: &str| money(order, name);
        let mut shares = Decimal::ZERO;
        for line in lines {
            let quantity = Decimal::from(id(line, "quantity"));
            assert_eq!(money(line, "total_ex_tax"), money(line, "price_ex_tax") * quantity, "{line}");
            assert_eq!(money(line, "total_inc_tax"), money(line, "price_inc_tax") * quantity, "{line}");
            assert_eq!(money(line, "base_total"), money(line, "base_price") * quantity, "{line}");
            assert_eq!(
                money(line, "price_tax"),
                money(line, "price_inc_tax") - money(line, "price_ex_tax"),
                "{line}"
            );
            let share: Decimal =
                line["applied_discounts"].as_array().unwrap().iter().map(|d| money(d, "amount")).sum();
            shares += share;
            if share.is_zero() {
                assert_eq!(money(line, "discounted_total_inc_tax"), money(line, "total_inc_tax"));
            }
            if order["is_tax_inclusive_pricing"] == false {
                let charged = money(line, "total_ex_tax") - share + money(line, "total_tax");
                assert_eq!(money(line, "discounted_total_inc_tax"), charged, "{line}");
            }
            assert!(money(line, "discounted_total_inc_tax") >= Decimal::ZERO, "{line}");
            assert!(id(line, "quantity_shipped") <= id(line, "quantity"));
        }
        for name in ["shipping_cost", "handling_cost", "wrapping_cost"] {
            let [ex, inc, tax] = ["ex_tax", "inc_tax", "tax"].map(|part| total(&format!("{name}_{part}")));
            assert_eq!(inc - ex, tax, "{name} of {key}");
        }
        assert_eq!(sum(addresses, "cost_inc_tax"), total("shipping_cost_inc_tax"));
        assert_eq!(sum(addresses, "handling_cost_inc_tax"), total("handling_cost_inc_tax"));
        assert_eq!(sum(lines, "wrapping_cost_inc_tax"), total("wrapping_cost_inc_tax"));
        assert_eq!(sum(lines, "total_ex_tax"), total("subtotal_ex_tax"));
        assert_eq!(sum(lines, "total_inc_tax"), total("subtotal_inc_tax"));
        assert_eq!(sum(lines, "total_tax"), total("subtotal_tax"));
        let costs = |part: &str| {
            ["shipping_cost", "handling_cost", "wrapping_cost"]
                .map(|c| total(&format!("{c}_{part}")))
                .iter()
                .sum::<Decimal>()
        };
        let charged = sum(lines, "discounted_total_inc_tax") + costs("inc_tax") + sum(fees, "cost_inc_tax");
        assert_eq!(charged, total("total_inc_tax"), "order {key}");
        assert_eq!(total("total_inc_tax") - total("total_ex_tax"), total("total_tax"), "order {key}");
        assert_eq!(
            total("subtotal_tax") + costs("tax") + sum(fees, "cost_tax"),
            total("total_tax"),
            "order {key}"
        );
        // The discount is what is missing, on the side on which prices are entered.
        let side = if order["is_tax_inclusive_pricing"] == true { "inc_tax" } else { "ex_tax" };
        let parts = total(&format!("subtotal_{side}")) + costs(side) + sum(fees, &format!("cost_{side}"));
        let discount = total("discount_amount") + total("coupon_discount");
        assert_eq!(parts - total(&format!("total_{side}")), discount, "order {key}");
        assert_eq!(shares, discount, "order {key}");
        assert_eq!(total("total_inc_tax").round_dp(2), total("total_inc_tax"), "whole cents");
        let granted: Decimal = coupons
            .get(&key)
            .unwrap_or(&none)
            .iter()
            .map(|coupon| coupon["discount"].to_string().parse::<Decimal>().unwrap())
            .sum();
        assert_eq!(granted, total("coupon_discount"), "order {key}");
        assert!(total("store_credit_amount") + total("gift_certificate_amount") <= total("total_inc_tax"));
        assert_eq!(id(order, "shipping_address_count") as usize, addresses.len());
        assert_eq!(id(order, "items_total"), lines.iter().map(|l| id(l, "quantity")).sum::<i64>());
        assert_eq!(id(order, "items_shipped"), lines.iter().map(|l| id(l, "quantity_shipped")).sum::<i64>());
        let payment = order["payment_status"].as_str().unwrap();
        let expected: &[&str] = match id(order, "status_id") {
            0 | 1 => &[""],
            2 | 3 | 8 | 9 | 10 | 11 | 13 => &["captured", "paid"],
            4 => &["refunded"],
            5 => &["void"],
            6 => &["declined"],
            7 => &["authorized", "pending"],
            12 => &["held for review"],
            _ => &["partially refunded"],
        };
        assert!(expected.contains(&payment), "order {key}: {payment}");
    }
}

#[test]
fn every_kind_of_order_occurs() {
    let tables = tables(&spec(400, 200, 2_000));
    let lines = &tables["order_products"];
    let some = |what: &str, test: &dyn Fn(&Value) -> bool| {
        assert!(lines.iter().any(|(_, line)| test(line)), "no line {what}");
    };
    some("made to order", &|l| l["product_id"] == 0 && l["type"] == "physical");
    some("to download", &|l| l["type"] == "digital");
    some("by e-mail", &|l| l["type"] == "giftcertificate");
    some("picked up", &|l| l["order_pickup_method_id"] != 0);
    some("of a variant", &|l| l["product_options"] != serde_json::json!([]));
    some("refunded in part", &|l| l["quantity_refunded"] != 0);
    let orders = &tables["orders"];
    let statuses: HashSet<i64> = orders.iter().map(|(_, o)| id(o, "status_id")).collect();
    assert!(statuses.len() >= 12, "{statuses:?}");
    assert!(
        orders.iter().any(|(_, o)| o["customer_id"] == 0)
            && orders.iter().any(|(_, o)| o["customer_id"] != 0)
    );
    assert!(orders.iter().any(|(_, o)| o["is_tax_inclusive_pricing"] == true));
    assert!(orders.iter().any(|(_, o)| id(o, "shipping_address_count") == 2));
}

#[test]
fn references_lead_somewhere() {
    let tables = tables(&spec(500, 60, 400));
    let ids = |resource: &str, name: &str| -> HashSet<i64> {
        let found: HashSet<i64> = tables[resource].iter().map(|(_, r)| id(r, name)).collect();
        assert_eq!(found.len(), tables[resource].len(), "ids of {resource} come twice");
        found
    };
    let (products, variants) = (ids("products", "id"), ids("variants", "id"));
    let (brands, categories) = (ids("brands", "id"), ids("categories", "category_id"));
    let (customers, locations) = (ids("customers", "id"), ids("locations", "id"));
    let (orders, addresses) = (ids("orders", "id"), ids("order_shipping_addresses", "id"));
    for resource in ["order_products", "order_coupons", "order_fees", "customer_addresses", "product_images"]
    {
        ids(resource, "id");
    }
    for (_, category) in &tables["categories"] {
        assert!(category["parent_id"] == 0 || categories.contains(&id(category, "parent_id")));
    }
    for (_, product) in &tables["products"] {
        assert!(brands.contains(&id(product, "brand_id")));
        for category in product["categories"].as_array().unwrap() {
            assert!(categories.contains(&category.as_i64().unwrap()));
        }
        assert!(product["base_variant_id"].is_null() || variants.contains(&id(product, "base_variant_id")));
    }
    for (parent, variant) in &tables["variants"] {
        assert_eq!(*parent, variant["product_id"].as_i64());
        assert!(products.contains(&id(variant, "product_id")));
    }
    for (_, address) in &tables["customer_addresses"] {
        assert!(customers.contains(&id(address, "customer_id")));
    }
    for (_, order) in &tables["orders"] {
        assert!(order["customer_id"] == 0 || customers.contains(&id(order, "customer_id")));
    }
    for (parent, line) in &tables["order_products"] {
        assert!(orders.contains(&parent.unwrap()) && *parent == line["order_id"].as_i64());
        assert!(line["product_id"] == 0 || products.contains(&id(line, "product_id")));
        assert!(line["variant_id"] == 0 || variants.contains(&id(line, "variant_id")));
        assert!(line["order_address_id"] == 0 || addresses.contains(&id(line, "order_address_id")));
    }
    let mut stocked = HashSet::new();
    for (_, level) in &tables["inventory_levels"] {
        stocked.insert(id(level, "product_id"));
        assert!(locations.contains(&id(level, "location_id")));
        assert!(level["variant_id"].is_null() || variants.contains(&id(level, "variant_id")));
    }
    assert_eq!(stocked, products);
}

#[test]
fn products_are_believable() {
    let tables = tables(&spec(3_000, 0, 0));
    let mut names = HashSet::new();
    let mut skus = HashSet::new();
    let mut urls = HashSet::new();
    let variants_of = {
        let mut counts: HashMap<i64, Vec<&Value>> = HashMap::new();
        for (parent, variant) in &tables["variants"] {
            counts.entry(parent.unwrap()).or_default().push(variant);
        }
        counts
    };
    let mut with_options = 0;
    let mut kinds = HashSet::new();
    for (_, product) in &tables["products"] {
        assert!(names.insert(product["name"].as_str().unwrap()), "{}", product["name"]);
        assert!(skus.insert(product["sku"].as_str().unwrap()));
        assert!(urls.insert(product["custom_url"]["url"].as_str().unwrap()));
        let variants = &variants_of[&id(product, "id")];
        let tracking = product["inventory_tracking"].as_str().unwrap();
        kinds.insert((variants.len() > 1, tracking));
        if variants.len() == 1 {
            assert_eq!(product["base_variant_id"], variants[0]["id"]);
            assert_eq!(product["sku"], variants[0]["sku"]);
            assert_eq!(variants[0]["option_values"], serde_json::json!([]));
            assert!(variants[0]["sku_id"].is_null());
        } else {
            with_options += 1;
            assert!((2..=8).contains(&variants.len()));
            let combinations: HashSet<String> =
                variants.iter().map(|v| v["option_values"].to_string()).collect();
            assert_eq!(combinations.len(), variants.len());
            assert!(variants.iter().all(|v| skus.insert(v["sku"].as_str().unwrap())));
        }
        if tracking == "variant" {
            let sum: i64 = variants.iter().map(|v| id(v, "inventory_level")).sum();
            assert_eq!(sum, id(product, "inventory_level"));
        }
    }
    assert!((800..1_200).contains(&with_options), "{with_options} of 3000 have options");
    for options in [true, false] {
        for tracking in ["none", "product"] {
            assert!(kinds.contains(&(options, tracking)), "{options} {tracking}");
        }
    }
    let levels = |product: &Value| {
        tables["inventory_levels"].iter().filter(|(_, l)| l["product_id"] == product["id"]).count()
    };
    assert!(tables["products"].iter().take(50).any(|(_, p)| levels(p) > 2));
}

/// More products than plain names: a series keeps them apart.
#[test]
fn names_stay_distinct_in_a_large_store() {
    let spec = spec(130_000, 0, 0);
    let catalog = super::catalog::Catalog::new(&spec);
    let mut names = HashSet::new();
    for index in (0..1_000).chain(57_000..59_000).chain(129_000..130_000) {
        assert!(names.insert(catalog.product(index).name));
    }
}

#[test]
fn dates_lie_before_now_and_in_order() {
    let spec = spec(50, 20, 500);
    let mut last = 0;
    for (_, order) in &tables(&spec)["orders"] {
        let at = |name: &str| {
            let text = order[name].as_str().unwrap();
            jiff::fmt::rfc2822::parse(text).unwrap_or_else(|e| panic!("{text}: {e}")).timestamp().as_second()
        };
        assert!(at("date_created") >= last && at("date_created") <= at("date_modified"));
        assert!(at("date_modified") < spec.now);
        last = at("date_created");
        if order["date_shipped"] != "" {
            assert!(at("date_shipped") <= at("date_modified"));
        }
    }
    assert!(spec.now - last < 10 * 86_400);
}

#[test]
fn what_follows_an_order_agrees_with_it() {
    let tables = tables(&spec(60, 40, 900));
    let of = |table: &str, order: i64| -> Vec<&Value> {
        tables[table].iter().filter(|(parent, _)| *parent == Some(order)).map(|(_, row)| row).collect()
    };
    let number = |row: &Value, name: &str| -> Decimal { row[name].to_string().parse().expect("a number") };
    let (mut shipped, mut refunded, mut paid) = (0, 0, 0);
    for (_, order) in &tables["orders"] {
        let id = id(order, "id");
        let units: i64 = of("order_shipments", id)
            .iter()
            .flat_map(|shipment| shipment["items"].as_array().expect("items"))
            .map(|item| item["quantity"].as_i64().expect("a quantity"))
            .sum();
        assert_eq!(units, order["items_shipped"].as_i64().expect("a count"), "order {id}");
        shipped += i64::from(units > 0);
        let rows = of("order_transactions", id);
        let status = order["payment_status"].as_str().expect("a status");
        let total = money(order, "total_inc_tax");
        assert_eq!(rows.is_empty(), status.is_empty() || total.is_zero(), "order {id}");
        paid += i64::from(!rows.is_empty());
        let text = id.to_string();
        assert!(rows.iter().all(|row| row["order_id"].as_str() == Some(&text)));
        assert!(rows.iter().filter(|row| row["event"] != "refund").all(|row| number(row, "amount") == total));
        let refunds = of("order_refunds", id);
        assert_eq!(refunds.len(), usize::from(status.ends_with("refunded")), "order {id}");
        for refund in refunds {
            let items: Decimal =
                refund["items"].as_array().expect("items").iter().map(|item| number(item, "amount")).sum();
            assert_eq!(items, number(refund, "total_amount"));
            assert_eq!(items == total, status == "refunded", "order {id}");
            refunded += 1;
        }
    }
    assert!(shipped > 300 && refunded > 10 && paid > 500, "{shipped} {refunded} {paid}");
    for (_, coupon) in &tables["coupons"] {
        let uses =
            tables["order_coupons"].iter().filter(|(_, used)| used["coupon_id"] == coupon["id"]).count();
        assert_eq!(coupon["num_uses"], uses);
    }
    let codes = tables["promotion_codes"].iter().map(|(_, code)| code["code"].as_str().expect("a code"));
    assert_eq!(codes.collect::<HashSet<_>>().len(), tables["promotion_codes"].len());
    for table in ["order_messages", "gift_certificates", "promotions"] {
        assert!(!tables[table].is_empty(), "{table}");
    }
}
