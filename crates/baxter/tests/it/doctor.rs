//! `baxter doctor`.

use crate::program::{snapshot, store, told_of};

#[test]
fn all_is_well() {
    let (_store, baxter) = store(&[]);
    snapshot!("doctor", told_of(&baxter.run(&["doctor", "-o", "csv"])));
    let report = baxter.run(&["doctor", "-o", "json"]).success().json();
    assert_eq!(report["ok"], true);
    assert!(report["streams"].as_array().map(Vec::len) >= Some(10));
    assert!(report["write_scopes"].as_array().unwrap().iter().all(|scope| scope["writable"].is_null()));
    assert_eq!(report["quota"]["limit"], 100_000);
    assert!(report["clock"]["ahead_seconds"].is_number());
}

#[test]
fn missing_scopes_are_named() {
    let (_store, baxter) = store(&["--scopes", "store_v2_products_read_only,store_v2_information_read_only"]);
    let report = baxter.run(&["doctor", "-o", "json"]).failure(1).json();
    assert_eq!(report["ok"], false);
    let unreadable: Vec<_> = report["streams"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|stream| stream["readable"] == false)
        .map(|stream| (stream["stream"].as_str().unwrap(), stream["scope"].as_str().unwrap()))
        .collect();
    for expected in [
        ("customers", "store_v2_customers_read_only"),
        ("customer_addresses", "store_v2_customers_read_only"),
        ("orders", "store_v2_orders_read_only"),
        ("locations", "store_locations_read_only"),
        ("inventory_items", "store_inventory_read_only"),
    ] {
        assert!(unreadable.contains(&expected), "{expected:?} is not among {unreadable:?}");
    }
    assert!(unreadable.iter().all(|(_, scope)| !scope.starts_with("store_v2_products")), "{unreadable:?}");
    snapshot!("doctor-scopes", told_of(&baxter.run(&["doctor"])));
}
