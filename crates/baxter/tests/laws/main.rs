//! The laws of the design, each with tests that try to break it: the built program against a simulated store,
//! both as processes. Seeds are fixed, so a failure comes again.

mod alone;
mod equal;
mod export;
mod killed;
mod money;
mod quota;
mod secrets;

use std::collections::BTreeMap;

use baxter_testkit::{STREAMS, TestBaxter, TestStore};
use serde_json::Value;

/// The built program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_baxter");

/// A store with further arguments to `baxter sim`, and a Baxter that knows it.
fn start(arguments: &[&str]) -> (TestStore, TestBaxter) {
    let store = TestStore::start(PROGRAM, arguments);
    let baxter = TestBaxter::new(PROGRAM, &store);
    (store, baxter)
}

/// Law 2: the log, replayed, holds the records that the mirror holds, no more and no fewer, and the values that
/// its updates left are those of the mirror.
#[track_caller]
fn assert_log_is_mirror(baxter: &TestBaxter) {
    let replayed = baxter.changes().replay();
    for stream in STREAMS {
        let mirrored = baxter.digest(stream).count;
        assert_eq!(replayed.count(stream), mirrored, "records of {stream} by the log, and in the mirror");
    }
    for stream in ["products", "variants", "customers", "orders"] {
        let rows = baxter.query(&format!("select id, raw from {stream}"));
        let records: BTreeMap<String, Value> = rows
            .iter()
            .map(|row| (row["id"].to_string(), row["raw"].as_str().expect("raw is text")))
            .map(|(id, raw)| (id, serde_json::from_str(raw).expect("raw is JSON")))
            .collect();
        for (key, values) in replayed.updated(stream) {
            values.assert_held_by(&records[key], &format!("{stream} {key}"));
        }
    }
}
