//! One process writes, readers are free: the lock on the data directory, and reading while it writes.

use std::time::Duration;

use baxter_testkit::{assert_equal, wait_until};

use crate::start;

#[test]
fn a_second_writer_is_refused_and_the_first_goes_on() {
    let (store, baxter) = start(&["--latency", "150ms", "--products", "1000"]);
    let arguments = ["sync"];
    let mut first = baxter.spawn(&arguments);
    assert!(wait_until(Duration::from_secs(60), || store.stats().requests > 0), "{}", first.report());
    let second = baxter.run(&arguments).failure(1);
    assert!(first.ended().is_none(), "the first had ended before the second was refused");
    assert!(second.stderr.contains("lock"), "the reason is missing: {second}");
    baxter.finish(first, &arguments).success();
    assert_equal(&store, &baxter);
    baxter.run(&arguments).success();
}

#[test]
fn the_lock_of_a_killed_process_is_free() {
    let (store, baxter) = start(&["--latency", "50ms"]);
    let mut first = baxter.spawn(&["sync"]);
    assert!(wait_until(Duration::from_secs(60), || store.stats().requests > 0), "{}", first.report());
    first.kill();
    baxter.run(&["sync"]).success();
    assert_equal(&store, &baxter);
}

#[test]
fn reading_while_it_writes() {
    let (store, baxter) = start(&["--products", "3000", "--latency", "60ms"]);
    let arguments = ["sync", "products"];
    let mut writer = baxter.spawn(&arguments);
    let mut counts = Vec::new();
    while writer.ended().is_none() {
        let rows = baxter.run(&["query", "select count(*) as n from products", "-o", "json"]);
        // Before the first page is mirrored there is nothing to read, and the program may say so.
        if rows.status.success() {
            counts.push(rows.json()[0]["n"].as_u64().expect("a count"));
        } else {
            assert_eq!(counts, Vec::<u64>::new(), "reading failed after it had worked: {rows}");
        }
    }
    baxter.finish(writer, &arguments).success();
    assert!(counts.is_sorted(), "{counts:?}");
    assert!(counts.iter().any(|n| (1..3000).contains(n)), "no read fell into the writing: {counts:?}");
    assert_eq!(store.digest("products"), baxter.digest("products"));
}
