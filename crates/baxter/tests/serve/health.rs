//! How `serve` keeps itself right without a person: hooks that fell silent, notifications that were lost, a clock that
//! is wrong; and that its proofs raise no false alarm while the store is busy.

use std::time::Duration;

use baxter_testkit::{
    STREAMS, Serving, TestBaxter, TestStore, assert_equal, assert_log_is_mirror, free_port, wait_until,
};
use serde_json::{Value, json};

use crate::{serve, settle, start};

fn hooks(store: &TestStore) -> Vec<Value> {
    let answer = store.ask("GET", "/v3/hooks?limit=250", None).json();
    answer["data"].as_array().expect("a list of hooks").clone()
}

fn are_equal(store: &TestStore, baxter: &TestBaxter) -> bool {
    STREAMS.iter().all(|stream| store.digest(stream) == baxter.digest(stream))
}

#[test]
fn hooks_that_fell_silent_are_switched_on_and_what_they_missed_is_read() {
    let (store, baxter) = start(&["--products", "250", "--customers", "200", "--orders", "200"]);
    let (_port, serving) = serve(&baxter, &["--poll", "1h", "--relist", "1h", "--check-hooks", "4s"]);
    let foreign = json!({ "scope": "store/cart/created", "destination": "http://127.0.0.1:9/mine", "is_active": false });
    assert_eq!(store.ask("POST", "/v3/hooks", Some(&foreign)).status, 200);
    for hook in hooks(&store) {
        let path = format!("/v3/hooks/{}", hook["id"]);
        assert_eq!(store.ask("PUT", &path, Some(&json!({ "is_active": false }))).status, 200);
    }
    let lost = hooks(&store).len();
    // One is gone altogether.
    assert_eq!(store.ask("DELETE", &format!("/v3/hooks/{}", hooks(&store)[0]["id"]), None).status, 200);
    store.mutate_any(500, 41, &["create", "update", "delete"]);
    let healed = || hooks(&store).iter().filter(|hook| hook["is_active"] == true).count() == lost - 1;
    assert!(wait_until(Duration::from_secs(60), healed), "{:?}", hooks(&store));
    let equal = wait_until(Duration::from_secs(60), || are_equal(&store, &baxter));
    if !equal {
        assert_equal(&store, &baxter);
    }
    assert_log_is_mirror(&baxter);
    // Not ours, and left as it was.
    let mine = hooks(&store).into_iter().find(|hook| hook["destination"] == foreign["destination"]);
    assert_eq!(mine.expect("it is there")["is_active"], false);
    let ended = serving.stop(&baxter);
    assert!(ended.stderr.contains("were missing or silent"), "{ended}");
    baxter.run(&["verify"]).success();
}

#[test]
fn a_delete_that_nobody_told_of_is_seen_while_somebody_waits() {
    let (store, baxter) = start(&["--products", "200", "--customers", "150", "--orders", "150"]);
    let (_port, serving) = serve(&baxter, &["--poll", "1h", "--relist", "1h"]);
    store.faults(json!({ "webhooks": { "drop": 1.0 } }));
    store.mutate(json!({ "count": 30, "seed": 5, "streams": ["products", "customers", "orders"], "kinds": ["delete"] }));
    settle(&baxter);
    assert_equal(&store, &baxter);
    let swept = baxter.changes().0.iter().filter(|entry| entry.all["noticed_by"] == "sweep").count();
    assert!(swept >= 30, "{swept} changes were found by sweeps");
    serving.stop(&baxter);
}

/// Every stream here has notifications for what is changed in it. Inventory has not: a product's new SKU shows there,
/// and the store tells of the product only.
const TOLD: [&str; 6] = ["products", "variants", "categories", "customers", "customer_addresses", "orders"];

/// What comes along with them.
const PARTS: [&str; 2] = ["order_products", "order_shipping_addresses"];

#[test]
fn a_busy_store_gives_no_false_alarm() {
    let (store, baxter) =
        start(&["--products", "1200", "--customers", "400", "--orders", "400", "--latency", "20ms"]);
    let (_port, serving) = serve(&baxter, &["--poll", "1h", "--relist", "1h"]);
    let proofs = std::thread::scope(|scope| {
        let busy = scope.spawn(|| {
            store.mutate(json!({
                "count": 400, "seed": 6, "rate_per_s": 50, "streams": TOLD, "kinds": ["create", "update", "delete"]
            }))
        });
        let mut proofs = Vec::new();
        while !busy.is_finished() {
            let arguments = [&["verify", "-o", "json"], &TOLD[..], &PARTS].concat();
            proofs.push(baxter.run(&arguments).json());
        }
        proofs
    });
    let meanwhile: u64 = proofs
        .iter()
        .flat_map(|proof| proof["streams"].as_array().expect("streams"))
        .map(|stream| stream["meanwhile"].as_u64().expect("a number"))
        .sum();
    for proof in &proofs {
        assert_eq!(proof["complete"], true);
        assert_eq!(proof["differences"], json!([]), "a false alarm");
        assert_eq!(proof["equal"], true);
    }
    assert!(meanwhile > 0, "no proof met a change, so that nothing was tested");
    store.wait_until_all_is_told(Duration::from_secs(60));
    settle(&baxter);
    assert_equal(&store, &baxter);
    assert_log_is_mirror(&baxter);
    serving.stop(&baxter);
}

fn with_a_wrong_clock(offset: &str) {
    let (store, baxter) = start(&["--products", "150", "--customers", "100", "--orders", "100"]);
    baxter.run(&["sync", "--quiet"]).success();
    let mut serving =
        Serving::start(&baxter, free_port(), &["--poll", "1h", "--relist", "1h", "--clock-offset", offset]);
    baxter.run(&["hooks", "sync", "--destination", &serving.destination()]).success();
    settle(&baxter);
    let before = baxter.changes().last_seq();
    store.mutate_any(120, 8, &["create", "update", "delete"]);
    store.wait_until_all_is_told(Duration::from_secs(60));
    assert_eq!(store.webhooks("failed"), 0, "{}", serving.process().report());
    settle(&baxter);
    assert_equal(&store, &baxter);
    let told = |entry: &&baxter_testkit::Change| entry.seq > before && entry.all["noticed_by"] == "webhook";
    let changes = baxter.changes().0;
    assert!(changes.iter().filter(told).count() > 40);
    // How late they were noticed is told by the store's clock, whatever ours says.
    let lags: Vec<i64> = changes.iter().filter(told).filter_map(|entry| entry.all["lag"].as_i64()).collect();
    assert!(lags.len() > 20 && lags.iter().all(|lag| (0..120).contains(lag)), "{lags:?}");
    // By polls alone, too.
    store.faults(json!({ "webhooks": { "drop": 1.0 } }));
    store.mutate_any(60, 9, &["create", "update"]);
    settle(&baxter);
    assert_equal(&store, &baxter);
    assert_log_is_mirror(&baxter);
    serving.stop(&baxter);
}

#[test]
fn a_clock_ten_minutes_ahead_costs_nothing() {
    with_a_wrong_clock("600");
}

#[test]
fn a_clock_ten_minutes_behind_costs_nothing() {
    with_a_wrong_clock("-600");
}
