//! Law 3 on a store that has every trap of the real API: each is set, a store is copied and changed, and the mirror
//! is equal. What only shows with notifications is in the tests of `serve`.

use baxter_testkit::{TestStore, assert_equal, assert_log_is_mirror};
use serde_json::{Value, json};

use crate::start;

/// A copy is made and kept up while `faults` hold.
fn holds(faults: Value) -> TestStore {
    // Three pages of products, two of all else.
    let (store, baxter) = start(&["--products", "520", "--customers", "270", "--orders", "270"]);
    store.faults(faults);
    baxter.run(&["sync"]).success();
    store.mutate_any(200, 11, &["create", "update"]);
    baxter.run(&["sync"]).success();
    assert_equal(&store, &baxter);
    assert_log_is_mirror(&baxter);
    store
}

#[test]
fn trap_a_variant_is_edited_and_its_product_does_not_move() {
    let (store, baxter) = start(&[]);
    baxter.run(&["sync"]).success();
    let product =
        store.ask("GET", "/v3/catalog/products?limit=1&include=variants", None).json()["data"][0].clone();
    let path = format!("/v3/catalog/products/{}", product["id"]);
    let variant = format!("{path}/variants/{}", product["variants"][0]["id"]);
    assert_eq!(store.ask("PUT", &variant, Some(&json!({"mpn": "EDITED-1"}))).status, 200);
    let now = store.ask("GET", &path, None).json()["data"].clone();
    assert_eq!(now["date_modified"], product["date_modified"], "the product moved: this proves nothing");
    baxter.run(&["sync"]).success();
    assert_equal(&store, &baxter);
}

#[test]
fn trap_filters_are_ignored() {
    let ignored = ["date_modified:min", "min_date_modified"];
    holds(json!({"lists": {"ignored_filters": ignored}}));
}

#[test]
fn trap_filters_count_by_the_day() {
    holds(json!({"lists": {"day_filters": true}}));
}

#[test]
fn trap_pages_shrink() {
    let shrunk = json!({"lists": {"page_limit": 37}});
    let lists =
        ["products", "brands", "trees/categories", "variants"].map(|name| format!("GET /v3/catalog/{name}"));
    let mut routes: serde_json::Map<String, Value> =
        lists.into_iter().map(|name| (name, shrunk.clone())).collect();
    for other in ["GET /v3/customers", "GET /v3/customers/addresses", "GET /v3/inventory/items"] {
        routes.insert(other.to_owned(), shrunk.clone());
    }
    // These tell nothing of their pages.
    for other in ["GET /v2/orders", "GET /v2/coupons", "GET /v2/customer_groups"] {
        routes.insert(other.to_owned(), json!({"lists": {"page_limit": 30}}));
    }
    holds(json!({"routes": routes}));
}

#[test]
fn trap_ranges_that_are_ignored() {
    let ranges = ["id:min", "id:max", "id:greater", "id:less", "min_id", "max_id"];
    holds(json!({"lists": {"ignored_filters": ranges}}));
}

#[test]
fn trap_ranges_that_hide_records() {
    let ranges = ["id:min", "id:greater", "min_id"];
    holds(json!({"lists": {"empty_filters": ranges}}));
}

#[test]
fn trap_offsets_shift() {
    let (store, baxter) = start(&["--products", "600", "--customers", "400", "--latency", "20ms"]);
    std::thread::scope(|scope| {
        let busy = scope.spawn(|| {
            store.mutate(json!({"count": 120, "seed": 13, "rate_per_s": 100, "kinds": ["delete"]}))
        });
        while !busy.is_finished() {
            baxter.run(&["sync"]).success();
        }
    });
    baxter.run(&["sync", "--full"]).success();
    assert_equal(&store, &baxter);
    assert_log_is_mirror(&baxter);
}

#[test]
fn trap_429_comes_without_headers() {
    let store = holds(json!({"overload_rate": 0.1, "seed": 3}));
    assert!(store.stats().all["by_status"]["429"].as_u64() > Some(0), "{}", store.stats().all);
}

#[test]
fn trap_an_endpoint_takes_so_many_at_once() {
    let (store, baxter) = start(&["--latency", "100ms"]);
    baxter.run(&["sync"]).success();
    let stats = store.stats();
    assert_eq!(stats.throttled, 0, "{}", stats.all);
    assert_equal(&store, &baxter);
}
