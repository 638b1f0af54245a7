//! Lists, single records, includes and filters.

use serde_json::Value;

use crate::store::small;

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
