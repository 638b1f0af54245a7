//! Law 3 at full strength: whatever is dropped, doubled, delayed, reordered, refused or killed, a quiet store and one
//! sweep make mirror and store equal, the log leads to the mirror, and no acknowledged event is lost.
//!
//! `BAXTER_TEST_SECONDS` makes each seed longer, `BAXTER_TEST_SEED` chooses one: `scripts/soak` does both.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use baxter_testkit::{Random, Serving, assert_equal, assert_log_is_mirror, free_port};
use serde_json::json;

use crate::start;
use crate::streams::{changes, fill};

/// What somebody with more time set, or the usual.
fn number(name: &str, usual: u64) -> u64 {
    let told = std::env::var(name).ok();
    told.map_or(usual, |text| text.parse().unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// What is mirrored.
#[derive(Clone, Copy, PartialEq)]
enum Streams {
    Default,
    /// Those too that ask each parent.
    All,
}

fn converge(seed: u64, streams: Streams) {
    let seed = number("BAXTER_TEST_SEED", seed);
    let time = Duration::from_secs(number("BAXTER_TEST_SECONDS", 6));
    let text = seed.to_string();
    let quota = if streams == Streams::All { "250/1s" } else { "80/1s" };
    let (store, baxter) = start(&[
        "--seed",
        &text,
        "--products",
        "150",
        "--customers",
        "120",
        "--orders",
        "120",
        "--quota",
        quota,
        "--webhook-retry-speed",
        "400",
    ]);
    let (baxter, prices) = match streams {
        Streams::Default => (baxter, None),
        Streams::All => (baxter.with_all_streams(), Some(fill(&store))),
    };
    baxter.run(&["sync", "--quiet"]).success();
    let port = free_port();
    let arguments = ["--poll", "1s", "--relist", "20s", "--sweep", "60s", "--check-hooks", "3s"];
    let mut serving = Serving::start(&baxter, port, &arguments);
    baxter.run(&["hooks", "sync", "--destination", &serving.destination()]).success();
    store.faults(json!({
        "error_rate": 0.05, "seed": seed,
        "webhooks": { "drop": 0.2, "duplicate": 0.2, "reorder": 0.3, "delay_ms": 300 },
    }));
    let (done, began) = (AtomicBool::new(false), Instant::now());
    let mut random = Random::new(seed);
    std::thread::scope(|scope| {
        // Changes over all streams.
        scope.spawn(|| {
            for turn in 0.. {
                if began.elapsed() >= time {
                    break;
                }
                let kinds = ["create", "update", "delete"];
                let mut order = changes(30, seed * 1_000 + turn, &kinds);
                order["rate_per_s"] = json!(40);
                if streams == Streams::Default {
                    order["streams"] = json!([]);
                }
                store.mutate(order);
            }
        });
        // Prices, of which one list has several pages.
        scope.spawn(|| {
            let mut random = Random::new(seed + 1);
            while let Some(prices) = &prices
                && began.elapsed() < time
            {
                prices.change(&store, &mut random);
                std::thread::sleep(Duration::from_millis(150));
            }
        });
        // Another client of the same store, which cares for no quota.
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                for _ in 0..40 {
                    store.ask("GET", "/v3/catalog/brands?limit=1", None);
                }
                std::thread::sleep(Duration::from_millis(500));
            }
        });
        while began.elapsed() < time {
            // Not a wait for something to happen: the moment is to be anywhere.
            std::thread::sleep(Duration::from_millis(500 + random.below(2_500)));
            assert!(serving.process().ended().is_none(), "{}", serving.process().report());
            serving.kill();
            serving = Serving::begin(&baxter, port, &[], &arguments);
        }
        done.store(true, Ordering::SeqCst);
    });
    assert!(serving.listens(), "{}", serving.process().report());
    assert!(store.webhooks("dropped") > 0 && store.webhooks("duplicated") > 0);
    store.faults(json!({}));
    store.wait_until_all_is_told(Duration::from_secs(120));
    // A store that was changed for an hour has grown, and so has what a poll asks each parent for.
    let patience = format!("{}s", 180 + time.as_secs() / 2);
    let settled = baxter.run(&["wait", "--settled", "--timeout", &patience]);
    assert!(settled.status.success(), "{settled}\n{}", serving.process().report());
    let sweep = baxter.run(&["sweep", "-o", "json"]);
    assert!(sweep.json()["complete"] == true, "{sweep}");
    assert_equal(&store, &baxter);
    assert_log_is_mirror(&baxter);
    let (acknowledged, received) = (store.acknowledged(), baxter.received());
    let lost = acknowledged.iter().filter(|hash| !received.contains(*hash)).count();
    assert_eq!(lost, 0, "of {} acknowledged events", acknowledged.len());
    let (port_free, last) = (serving.stop(&baxter), baxter.changes().last_seq());
    assert!(!port_free.stderr.contains("panicked"), "{port_free}");
    baxter.run(&["verify"]).success();
    assert_eq!(baxter.changes().last_seq(), last, "a second look found something");
}

#[test]
fn with_one_seed() {
    converge(1, Streams::Default);
}

#[test]
fn with_another_seed() {
    converge(20_261_123, Streams::Default);
}

#[test]
fn over_all_streams() {
    converge(77, Streams::All);
}
