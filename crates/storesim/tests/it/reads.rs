//! Lists, single records, includes and filters.

use serde_json::Value;

use crate::store::{small, with};
use storesim::Options;

pub const STREAMS: &[&str] = &[
    "products",
    "variants",
    "brands",
    "categories",
    "customers",
    "customer_addresses",
    "orders",
    "order_products",
    "order_shipping_addresses",
    "locations",
    "inventory_items",
    "inventory_levels",
    "store",
];

#[tokio::test]
async fn every_resource_is_served_and_has_a_digest() {
    let store = small().await;
    for path in [
        "/v3/catalog/products?include=variants,images,options,modifiers,custom_fields,bulk_pricing_rules,primary_image",
        "/v3/catalog/variants",
        "/v3/catalog/brands",
        "/v3/catalog/trees",
        "/v3/catalog/trees/1/categories",
        "/v3/catalog/trees/categories",
        "/v3/customers?include=addresses",
        "/v3/customers/addresses",
        "/v3/inventory/items",
        "/v3/inventory/locations",
        "/v3/inventory/locations/1/items",
    ] {
        let body = store.ok(path).await;
        assert!(!body["data"].as_array().expect("data").is_empty(), "{path}");
    }
    for path in [
        "/v2/orders?include=consignments,consignments.line_items,fees&consignment_structure=object",
        "/v2/store",
        "/v2/time",
        "/v2/order_statuses",
        "/v2/orders/count",
    ] {
        store.ok(path).await;
    }
    for stream in STREAMS {
        let digest = store.sim(&format!("digest/{stream}")).await;
        assert!(digest["count"].as_u64().expect("a count") > 0, "{digest}");
        assert_eq!(digest["sha256"].as_str().map(str::len), Some(64));
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn pages_cover_a_list_once() {
    let store = small().await;
    let mut seen = Vec::new();
    for page in 1.. {
        let answer = store.get(&format!("/v3/catalog/products?limit=25&page={page}")).await;
        let body = answer.json();
        let pagination = &body["meta"]["pagination"];
        assert_eq!(pagination["total"], 60);
        assert_eq!(pagination["total_pages"], 3);
        assert_eq!(pagination["current_page"], page);
        assert_eq!(pagination["links"].get("previous").is_some(), page > 1 && page < 5);
        assert_eq!(pagination["links"].get("next").is_some(), page < 3);
        seen.extend(answer.ids());
        if page == 4 {
            assert_eq!(body["data"], Value::Array(vec![]));
            break;
        }
    }
    assert!(seen.is_sorted() && seen.len() == 60);
    store.simulator.stop().await;
}

#[tokio::test]
async fn limits_default_to_50_and_are_capped() {
    let store = with(Options { products: 260, ..Options::default() }).await;
    for (query, size) in
        [("", 50), ("?limit=250", 250), ("?limit=251", 250), ("?limit=0", 50), ("?include=options", 10)]
    {
        let body = store.ok(&format!("/v3/catalog/products{query}")).await;
        assert_eq!(body["data"].as_array().map(Vec::len), Some(size), "{query}");
    }
    let path = "/v3/catalog/products?limit=250&include=modifiers";
    assert_eq!(store.ok(path).await["meta"]["pagination"]["per_page"], 10);
    assert_eq!(store.ok("/v3/inventory/items?limit=1000").await["meta"]["pagination"]["per_page"], 1000);
    store.simulator.stop().await;
    let store = with(Options { products: 5, strict_limit: true, ..Options::default() }).await;
    assert_eq!(store.get("/v3/catalog/products?limit=251").await.status, 413);
    store.simulator.stop().await;
}

#[tokio::test]
async fn products_are_filtered_and_sorted() {
    let store = small().await;
    let all = store.get("/v3/catalog/products?limit=250").await.ids();
    let (a, b) = (all[10], all[20]);
    for (query, ids) in [
        (format!("id={a}"), vec![a]),
        (format!("id:in={b},{a}"), vec![a, b]),
        (format!("id:min={a}&id:max={b}"), all[10..=20].to_vec()),
        (format!("id:greater={a}&id:less={b}"), all[11..20].to_vec()),
        (format!("id:not_in={a}&id:max={b}"), all[..=20].iter().copied().filter(|id| *id != a).collect()),
    ] {
        assert_eq!(store.get(&format!("/v3/catalog/products?limit=250&{query}")).await.ids(), ids, "{query}");
    }
    let product = store.ok(&format!("/v3/catalog/products/{a}")).await["data"].clone();
    let name = product["name"].as_str().expect("a name").replace('&', "%26");
    assert_eq!(store.get(&format!("/v3/catalog/products?name={name}")).await.ids(), [a]);
    let category = product["categories"][0].clone();
    let inside = store.ok(&format!("/v3/catalog/products?limit=250&categories:in={category}")).await;
    let inside = inside["data"].as_array().expect("products").clone();
    assert!(
        !inside.is_empty()
            && inside.iter().all(|p| p["categories"].as_array().is_some_and(|c| c.contains(&category)))
    );
    assert!(!store.get(&format!("/v3/catalog/products?categories={category}")).await.ids().contains(&a));
    let down = store.ok("/v3/catalog/products?sort=price&direction=desc&limit=250").await;
    let prices: Vec<f64> =
        down["data"].as_array().expect("data").iter().filter_map(|p| p["price"].as_f64()).collect();
    assert!(prices.len() == 60 && prices.is_sorted_by(|a, b| a >= b));
    let refused = store.get("/v3/catalog/products?colour=red").await;
    assert_eq!((refused.status, refused.json()["errors"].clone()), (422, serde_json::json!({})));
    assert_eq!(store.get("/v3/catalog/products?&page=2").await.status, 422);
    assert_eq!(store.get("/v3/catalog/products?id:min=x").await.status, 422);
    assert_eq!(store.get("/v3/catalog/brands?colour=red").await.status, 200);
    assert_eq!(store.get("/v2/orders?colour=red").await.status, 200);
    store.simulator.stop().await;
}

#[tokio::test]
async fn fields_can_be_chosen_but_never_without_the_id() {
    let store = small().await;
    let names = |body: &Value| -> Vec<String> {
        body["data"][0].as_object().expect("a product").keys().cloned().collect()
    };
    let only = store.ok("/v3/catalog/products?include_fields=name,price&limit=1").await;
    assert_eq!(names(&only), ["id", "name", "price"]);
    let less = store.ok("/v3/catalog/products?exclude_fields=id,name&limit=1").await;
    assert!(names(&less).contains(&"id".into()) && !names(&less).contains(&"name".into()));
    let plain = store.ok("/v3/catalog/products?limit=1").await;
    for include in ["variants", "images", "options", "custom_fields", "primary_image", "channels", "reviews"]
    {
        assert!(!names(&plain).contains(&include.into()), "{include}");
        let with = store.ok(&format!("/v3/catalog/products?limit=1&include={include}")).await;
        assert!(names(&with).contains(&include.into()), "{include}");
    }
    let with = store.ok("/v3/catalog/products?limit=1&include_fields=name&include=variants").await;
    assert_eq!(names(&with), ["id", "name", "variants"]);
    store.simulator.stop().await;
}

#[tokio::test]
async fn store_and_time_are_those_of_v2() {
    let store = small().await;
    assert_eq!(store.ok("/v2/store").await["id"], "simstore");
    assert!(store.ok("/v2/time").await["time"].is_i64());
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_direction_alone_turns_the_order_of_the_keys() {
    let store = small().await;
    for path in ["/v3/catalog/products", "/v3/catalog/brands"] {
        let down = store.get(&format!("{path}?direction=desc&limit=250")).await.ids();
        let up = store.get(&format!("{path}?direction=asc&limit=250")).await.ids();
        assert!(up.is_sorted() && up.len() > 1 && down.iter().rev().eq(&up), "{path}");
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_request_that_is_too_long_is_refused_as_any_other() {
    let store = small().await;
    let fits = format!("/v3/catalog/products?name={}", "x".repeat(15_000));
    assert_eq!(store.get(&fits).await.status, 200);
    for (path, version) in [("/v3/catalog/products", 3), ("/v2/orders", 2)] {
        let long = store.get(&format!("{path}?x={}", "x".repeat(20_000))).await;
        let body = long.json();
        let body = if version == 2 { &body[0] } else { &body };
        assert_eq!((long.status, &body["status"]), (414, &serde_json::json!(414)), "{}", long.text);
        assert!(!long.header("x-rate-limit-requests-left").is_empty());
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn filters_that_pages_do_not_know_are_400_and_bodies_that_are_no_json_too() {
    let store = small().await;
    assert_eq!(store.get("/v3/content/pages?include=body&limit=5&name:like=blog").await.ids(), [2]);
    assert_eq!(store.get("/v3/content/pages?foo=1").await.status, 400);
    let request = store.ask(reqwest::Method::POST, "/v3/catalog/products/77/metafields");
    let broken = crate::store::answer(request.header("Content-Type", "application/json").body("{bad")).await;
    let body = broken.json();
    assert_eq!((broken.status, &body["title"]), (400, &Value::from("Input is invalid")));
    assert_eq!((&body["detail"], body.get("errors")), (&Value::from("Syntax error"), None));
    store.simulator.stop().await;
}

/// Every point of what a faithful store has to reproduce has a test that names it.
#[test]
fn no_point_of_the_list_is_without_a_test() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut named = std::collections::BTreeSet::new();
    for file in std::fs::read_dir(folder).expect("the tests").flatten() {
        let text = std::fs::read_to_string(file.path()).expect("a file");
        for name in text.split("async fn faithful_").skip(1) {
            let words =
                name.split(['_', '(']).take_while(|word| *word == "and" || word.parse::<u32>().is_ok());
            named.extend(words.filter_map(|word| word.parse::<u32>().ok()));
        }
    }
    let missing: Vec<u32> = (1..=70).filter(|point| !named.contains(point)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
