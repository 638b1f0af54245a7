//! `serve` is killed at any moment: what it acknowledged it knows, and what it logged it logged once.

use std::time::Duration;

use baxter_testkit::{Random, Serving, assert_equal, assert_log_is_mirror, free_port};
use serde_json::json;

use crate::{number, serve, settle, start};

#[test]
fn at_twenty_random_moments() {
    let (store, baxter) = start(&["--products", "300", "--customers", "250", "--orders", "250"]);
    let (port, mut serving) = serve(&baxter, &["--poll", "2s"]);
    let (changes, seed) = (number("BAXTER_TEST_CHANGES", 1_000), number("BAXTER_TEST_SEED", 3));
    store.faults(json!({ "webhooks": { "duplicate": 0.2 }, "seed": seed }));
    let mut random = Random::new(seed);
    std::thread::scope(|scope| {
        let busy = scope.spawn(|| {
            store.mutate(json!({
                "count": changes, "seed": seed, "rate_per_s": changes / 20,
                "kinds": ["create", "update", "delete"]
            }))
        });
        for kill in 0..20 {
            // Not a wait for something to happen: the moment is to be anywhere, also while it starts.
            std::thread::sleep(Duration::from_millis(random.below(1_100)));
            assert!(serving.process().ended().is_none(), "{}", serving.process().report());
            serving.kill();
            // One in three is killed while it starts, most likely.
            serving = if kill % 3 == 0 {
                Serving::begin(&baxter, port, &[], &["--poll", "2s"])
            } else {
                Serving::start(&baxter, port, &["--poll", "2s"])
            };
        }
        busy.join().expect("the store changes");
    });
    assert!(serving.listens(), "{}", serving.process().report());
    store.wait_until_all_is_told(Duration::from_secs(90));
    settle(&baxter);
    assert_equal(&store, &baxter);
    assert_log_is_mirror(&baxter);

    let (acknowledged, received) = (store.acknowledged(), baxter.received());
    assert!(acknowledged.len() > 1000, "only {} events were acknowledged", acknowledged.len());
    let lost: Vec<_> = acknowledged.iter().filter(|hash| !received.contains(*hash)).collect();
    assert!(lost.is_empty(), "{} of {} acknowledged events are lost", lost.len(), acknowledged.len());
    assert!(store.webhooks("failed") > 0, "no delivery met a killed serve");
    serving.stop(&baxter);
    let before = baxter.changes().last_seq();
    baxter.run(&["sync", "--full"]).success();
    assert_eq!(baxter.changes().last_seq(), before, "a sweep found what serve had missed");
}

/// From an empty mirror: events come while it is read for the first time, and are about records that a page under
/// way shows as they were.
#[test]
fn while_it_reads_everything_for_the_first_time() {
    let (store, baxter) =
        start(&["--products", "1500", "--customers", "800", "--orders", "800", "--latency", "60ms"]);
    let seed = number("BAXTER_TEST_SEED", 7);
    let port = free_port();
    let destination = format!("http://127.0.0.1:{port}/webhooks");
    baxter.run(&["hooks", "sync", "--destination", &destination]).success();
    let quiet: &[&str] = &["--poll", "1h", "--relist", "1h"];
    let mut random = Random::new(seed);
    let mut serving = std::thread::scope(|scope| {
        let busy = scope.spawn(|| {
            store.mutate(json!({
                "count": 400, "seed": seed, "rate_per_s": 40, "kinds": ["create", "update", "delete"]
            }))
        });
        for _ in 0..6 {
            let mut serving = Serving::start(&baxter, port, quiet);
            // Not a wait for something to happen: the moment is to be anywhere in the backfill.
            std::thread::sleep(Duration::from_millis(random.below(1_500)));
            serving.kill();
        }
        let serving = Serving::start(&baxter, port, quiet);
        busy.join().expect("the store changes");
        serving
    });
    store.wait_until_all_is_told(Duration::from_secs(90));
    settle(&baxter);
    assert!(serving.process().ended().is_none(), "{}", serving.process().report());
    assert_equal(&store, &baxter);
    assert_log_is_mirror(&baxter);
    serving.stop(&baxter);
}
