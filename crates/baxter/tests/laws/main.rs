//! The laws of the design, each with tests that try to break it: the built program against a simulated store,
//! both as processes. Seeds are fixed, so a failure comes again.

mod alone;
mod converge;
mod equal;
mod export;
mod killed;
mod log;
mod memory;
mod money;
mod proof;
mod quota;
mod secrets;
mod streams;
mod traps;

use baxter_testkit::{TestBaxter, TestStore};

/// The built program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_baxter");

/// A store with further arguments to `baxter sim`, and a Baxter that knows it.
fn start(arguments: &[&str]) -> (TestStore, TestBaxter) {
    let store = TestStore::start(PROGRAM, arguments);
    let baxter = TestBaxter::new(PROGRAM, &store);
    (store, baxter)
}
