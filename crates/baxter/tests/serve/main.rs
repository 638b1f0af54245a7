//! `baxter serve` and what works beside it: the built program and a simulated store, both as processes, with
//! notifications that are lost, doubled, forged, and kills at any moment. Seeds are fixed, so a failure comes again.

mod crowd;
mod disk;
mod health;
mod intake;
mod killed;
mod ledger;
mod letters;
mod manners;
mod metrics;
mod power;
mod reload;
mod secrets;
mod signed;
mod stores;
mod stub;
mod trace;
mod traps;
mod webhooks;
mod writeback;

use std::io::Write;
use std::net::TcpStream;

use baxter_testkit::{Serving, TestBaxter, TestStore, free_port};

/// The built program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_baxter");

/// A store with further arguments to `baxter sim`, and a Baxter that knows it.
fn start(arguments: &[&str]) -> (TestStore, TestBaxter) {
    // The hours between two deliveries of a failing webhook are seconds here.
    let mut all = vec!["--time-scale", "400"];
    all.extend(arguments);
    let store = TestStore::start(PROGRAM, &all);
    let baxter = TestBaxter::new(PROGRAM, &store);
    (store, baxter)
}

/// A `baxter serve` with a complete mirror, and hooks in the store that notify it.
fn serve(baxter: &TestBaxter, arguments: &[&str]) -> (u16, Serving) {
    baxter.run(&["sync", "--quiet"]).success();
    let port = free_port();
    let serving = Serving::start(baxter, port, arguments);
    baxter.run(&["hooks", "sync", "--destination", &serving.destination()]).success();
    settle(baxter);
    (port, serving)
}

/// Open connections, each of which has sent one of these texts and no more.
fn connections(port: u16, texts: &[&str]) -> Vec<TcpStream> {
    let open = |text: &&str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        stream.write_all(text.as_bytes()).expect("it reads");
        stream
    };
    texts.iter().map(open).collect()
}

/// Waits until `serve` has nothing left to do.
#[track_caller]
fn settle(baxter: &TestBaxter) {
    baxter.run(&["wait", "--settled", "--timeout", "120s"]).success();
}

/// A number of a test that somebody with more time can set, such as `BAXTER_TEST_CHANGES` or `BAXTER_TEST_SEED`.
fn number(name: &str, usual: u64) -> u64 {
    let told = std::env::var(name).ok();
    told.map_or(usual, |text| text.parse().unwrap_or_else(|error| panic!("{name}: {error}")))
}
