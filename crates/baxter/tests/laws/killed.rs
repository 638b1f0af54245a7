//! Law 2: a record's changes are in the log in order, each once, and mirror and log never disagree, wherever
//! the process was killed.

use std::time::Duration;

use baxter_testkit::{Random, TestBaxter, TestStore, assert_equal, assert_log_is_mirror, wait_until};

use crate::start;
use crate::streams::{changes, fill};

/// Starts a command and kills it at a moment of chance: up to `most` requests after its start, and up to 12 ms later.
/// Says whether the kill met it while it ran.
fn kill_at_random(
    store: &TestStore,
    baxter: &TestBaxter,
    arguments: &[&str],
    random: &mut Random,
    most: u64,
) -> bool {
    let moment = store.stats().requests + random.below(most);
    let mut sync = baxter.spawn(arguments);
    let mut ended = false;
    wait_until(Duration::from_secs(60), || {
        ended = sync.ended().is_some();
        ended || store.stats().requests >= moment
    });
    // Not a wait for something to happen: the moment itself is to be anywhere between two requests.
    std::thread::sleep(Duration::from_micros(random.below(12_000)));
    let met = !ended && sync.ended().is_none();
    sync.kill();
    met
}

#[test]
fn law_2_at_twenty_random_moments() {
    let store_arguments =
        ["--products", "2500", "--customers", "1200", "--orders", "1200", "--latency", "5ms", "--seed", "20"];
    let (store, baxter) = start(&store_arguments);
    let mut random = Random::new(20_261_123);
    let mut met = 0;
    let mut last_seq = 0;
    for attempt in 0.. {
        assert!(attempt < 60, "only {met} of {attempt} kills met a running sync");
        if met == 20 {
            break;
        }
        let arguments: &[&str] = if met >= 15 { &["sync", "--full"] } else { &["sync"] };
        let was_met = kill_at_random(&store, &baxter, arguments, &mut random, 14);
        met += u32::from(was_met);
        if !was_met || met >= 10 {
            // The mirror is complete, or will soon be: give the next run something to be killed over.
            let kinds: &[&str] = if met >= 15 { &["update", "delete"] } else { &["create", "update"] };
            store.mutate_any(150, attempt, kinds);
        }
        if attempt > 0 {
            let log = baxter.changes();
            log.replay();
            assert!(log.last_seq() >= last_seq, "the log has lost entries");
            last_seq = log.last_seq();
        }
        if met % 5 == 4 {
            assert_log_is_mirror(&baxter);
        }
    }
    baxter.run(&["sync", "--full"]).success();
    assert_equal(&store, &baxter);
    assert_log_is_mirror(&baxter);
}

/// Streams that ask each parent have many requests, and know of each whether it was asked.
#[test]
fn law_2_in_all_streams() {
    let (store, baxter) =
        start(&["--products", "120", "--customers", "40", "--orders", "80", "--latency", "2ms"]);
    let baxter = baxter.with_all_streams();
    let prices = fill(&store);
    let mut random = Random::new(20_261_124);
    let mut met = 0;
    for attempt in 0.. {
        assert!(attempt < 30, "only {met} of {attempt} kills met a running sync");
        if met == 10 {
            break;
        }
        let arguments: &[&str] = if met >= 5 { &["sync", "--full"] } else { &["sync"] };
        met += u32::from(kill_at_random(&store, &baxter, arguments, &mut random, 250));
        store.mutate(changes(60, attempt, &["create", "update", "delete"]));
        prices.change(&store, &mut random);
        baxter.changes().replay();
    }
    baxter.run(&["sync", "--full"]).success();
    assert_equal(&store, &baxter);
    assert_log_is_mirror(&baxter);
}
