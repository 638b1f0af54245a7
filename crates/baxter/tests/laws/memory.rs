//! Law 8: memory does not grow with the store; it is bounded by configuration.

use std::time::Duration;

use baxter_testkit::{TestBaxter, wait_until};

use crate::start;

/// No sync of these tests takes longer, in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// The most memory, in KiB, that a run of the program held at a time.
fn peak(baxter: &TestBaxter, arguments: &[&str]) -> u64 {
    let mut running = baxter.spawn(arguments);
    let status = format!("/proc/{}/status", running.id());
    let mut peak = 0;
    // The system keeps the peak itself, so that looking now and then misses only what comes after the last look.
    let ended = wait_until(PATIENCE, || {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak = peak.max(kib.unwrap_or(0));
        running.ended().is_some()
    });
    assert!(ended, "{}", running.report());
    baxter.finish(running, arguments).success();
    peak
}

#[test]
fn law_8_a_larger_store_takes_no_more_memory() {
    // The smaller store is large enough to fill every queue.
    let sizes = ["3000", "12000"];
    let peaks = sizes.map(|products| {
        let (_store, baxter) = start(&["--products", products, "--customers", "50", "--orders", "50"]);
        // What is read for the first time, what is compared whole, and what is read back.
        let runs = [&["sync", "--quiet"][..], &["sync", "--full", "--quiet"], &["digest", "variants"]];
        runs.map(|arguments| peak(&baxter, arguments))
    });
    let [small, large] = peaks;
    for (small, large) in small.into_iter().zip(large) {
        // The products that the larger store has more are 30 MB of JSON.
        assert!(large < small + 12 * 1024, "{large} KiB against {small} KiB: {peaks:?}");
    }
}
