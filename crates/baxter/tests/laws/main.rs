//! The laws of the design, each with tests that try to break it: the built program against a simulated store,
//! both as processes. Seeds are fixed, so a failure comes again.

mod alone;
mod equal;
mod killed;
mod money;
mod quota;
mod secrets;

use baxter_testkit::{STREAMS, TestBaxter, TestStore};

/// The built program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_baxter");

/// A store with further arguments to `baxter sim`, and a Baxter that knows it.
fn start(arguments: &[&str]) -> (TestStore, TestBaxter) {
    let store = TestStore::start(PROGRAM, arguments);
    let baxter = TestBaxter::new(PROGRAM, &store);
    (store, baxter)
}

/// Law 2: the log, replayed, holds the records that the mirror holds, no more and no fewer.
#[track_caller]
fn assert_log_is_mirror(baxter: &TestBaxter) {
    let alive = baxter.changes().replay();
    for stream in STREAMS {
        let logged = alive.get(stream).map_or(0, |records| records.len() as u64);
        assert_eq!(logged, baxter.digest(stream).count, "records of {stream} by the log, and in the mirror");
    }
}
