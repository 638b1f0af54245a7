//! Whatever happens to the store's notifications, the mirror becomes equal to the store.

use std::time::Duration;

use baxter_testkit::{assert_equal, assert_log_is_mirror};
use serde_json::json;

use crate::{number, serve, settle, start};

/// How many changes are made: enough for every kind of record.
fn changes() -> u64 {
    number("BAXTER_TEST_CHANGES", 1_500)
}

#[test]
fn doubled_ones_settle_what_they_tell_of() {
    let (store, baxter) = start(&["--products", "500", "--customers", "400", "--orders", "400"]);
    // What polls would find is found by notifications, or not at all.
    let (_port, serving) = serve(&baxter, &["--poll", "1h", "--relist", "1h"]);
    store.faults(json!({ "webhooks": { "duplicate": 0.2 } }));
    let before = baxter.changes().last_seq();
    store.mutate_any(changes(), number("BAXTER_TEST_SEED", 1), &["create", "update", "delete"]);
    settle(&baxter);
    assert_equal(&store, &baxter);
    assert!(store.webhooks("duplicated") > changes() / 8, "{}", store.stats().all["webhooks"]);
    let log = baxter.changes();
    let new: Vec<_> = log.0.iter().filter(|entry| entry.seq > before).collect();
    let told = new.iter().filter(|entry| entry.all["noticed_by"] == "webhook").count();
    // Brands have no notifications, and polls that were asked for may come first.
    assert!(told * 2 > new.len(), "notifications told of {told} changes out of {}", new.len());
    assert_log_is_mirror(&baxter);
    serving.stop(&baxter);
    baxter.run(&["sync", "--full"]).success();
    assert_eq!(baxter.changes().last_seq(), log.last_seq(), "a sweep of a quiet store found something");
}

#[test]
fn lost_late_and_overtaking_ones_cost_time_and_nothing_else() {
    let (store, baxter) = start(&["--products", "300", "--customers", "250", "--orders", "250"]);
    let (_port, serving) = serve(&baxter, &[]);
    store.faults(json!({
        "webhooks": { "drop": 0.1, "reorder": 0.3, "delay_ms": 200, "duplicate": 0.1 }, "seed": 2
    }));
    store.mutate_any(changes() / 2, number("BAXTER_TEST_SEED", 2), &["create", "update", "delete"]);
    store.wait_until_all_is_told(Duration::from_secs(60));
    settle(&baxter);
    assert!(store.webhooks("dropped") > changes() / 40, "{}", store.stats().all["webhooks"]);
    let settled = baxter.changes().last_seq();
    assert_equal(&store, &baxter);
    assert_log_is_mirror(&baxter);
    serving.stop(&baxter);
    // Whoever waited saw everything, lost deletes too: they show in the number of records.
    baxter.run(&["sync", "--full"]).success();
    assert_eq!(baxter.changes().last_seq(), settled, "a sweep found what waiting had missed");
}
