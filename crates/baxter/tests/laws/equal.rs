//! Law 3: when the store is quiet, the mirror becomes equal to it, and a sweep then finds nothing.

use baxter_testkit::{STREAMS, assert_equal, assert_log_is_mirror};
use serde_json::json;

use crate::start;

#[test]
fn law_3_after_every_kind_of_change() {
    let (store, baxter) = start(&["--products", "400", "--customers", "300", "--orders", "300"]);
    baxter.run(&["sync"]).success();
    assert_equal(&store, &baxter);
    for stream in STREAMS {
        assert_ne!(store.digest(stream).count, 0, "{stream} is empty, so its equality says nothing");
    }

    store.mutate_any(5000, 1, &["create", "update"]);
    baxter.run(&["sync"]).success();
    assert_equal(&store, &baxter);
    let log = baxter.changes();
    assert!(log.count("updated") > 500, "only {} updates were noticed", log.count("updated"));

    store.mutate_any(400, 2, &["delete"]);
    baxter.run(&["sync", "--full"]).success();
    assert_equal(&store, &baxter);
    assert!(baxter.changes().count("deleted") >= 400);

    let before = baxter.changes().last_seq();
    baxter.run(&["sync", "--full"]).success();
    assert_eq!(baxter.changes().last_seq(), before, "a sweep of a quiet store found something");
    assert_log_is_mirror(&baxter);
    assert_eq!(baxter.leftovers(), Vec::<String>::new());
}

#[test]
fn after_errors_and_dropped_connections() {
    let (store, baxter) = start(&["--products", "3000", "--customers", "1500", "--orders", "1500"]);
    store.faults(json!({ "error_rate": 0.05, "drop_rate": 0.02 }));
    baxter.run(&["sync"]).success();
    store.mutate_any(600, 3, &["create", "update"]);
    baxter.run(&["sync"]).success();
    store.mutate_any(200, 4, &["delete"]);
    baxter.run(&["sync", "--full"]).success();
    let stats = store.stats();
    assert!(stats.all["by_status"]["500"].as_u64() > Some(0), "no fault met a request: {}", stats.all);
    assert_equal(&store, &baxter);
    assert_log_is_mirror(&baxter);
}

#[test]
fn after_changes_while_it_was_reading() {
    let (store, baxter) = start(&["--products", "1200", "--latency", "30ms"]);
    std::thread::scope(|scope| {
        let busy = scope.spawn(|| {
            store.mutate(json!({
                "count": 1000, "seed": 5, "rate_per_s": 200, "kinds": ["create", "update", "delete"]
            }))
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
fn after_only_some_streams_were_asked_for() {
    let (store, baxter) = start(&[]);
    baxter.run(&["sync", "products", "orders"]).success();
    for stream in ["products", "variants", "orders", "order_products", "order_shipping_addresses"] {
        assert_eq!(store.digest(stream), baxter.digest(stream), "{stream}");
    }
    baxter.run(&["sync"]).success();
    assert_equal(&store, &baxter);
    assert_log_is_mirror(&baxter);
}

/// A product that came after the products were read and was gone before they were read again had left its
/// variants in the mirror for good.
#[test]
fn after_a_parent_came_and_went_unseen() {
    let (store, baxter) = start(&[]);
    baxter.run(&["sync"]).success();
    let product = json!({ "name": "Seen by its variant only", "type": "physical", "weight": 1, "price": 5 });
    let created = store.ask("POST", "/v3/catalog/products", Some(&product));
    assert_eq!(created.status, 200, "{}", String::from_utf8_lossy(&created.body));
    let id = created.json()["data"]["id"].as_u64().expect("a product has an id");
    baxter.run(&["sync", "variants"]).success();
    assert_eq!(store.digest("variants"), baxter.digest("variants"));
    assert_eq!(store.ask("DELETE", &format!("/v3/catalog/products/{id}"), None).status, 204);
    baxter.run(&["sync", "--full"]).success();
    assert_equal(&store, &baxter);
    assert_log_is_mirror(&baxter);
}
