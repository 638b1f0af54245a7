//! The fourth idea: a mirror is called equal to its store only after it was proved, and what a proof finds is
//! repaired and explained.

use baxter_testkit::{Output, STREAMS, assert_equal, assert_log_is_mirror, wait_until};
use serde_json::{Value, json};

use crate::start;

/// The part of a report about one stream.
#[track_caller]
fn of<'a>(report: &'a Value, stream: &str) -> &'a Value {
    let streams = report["streams"].as_array().expect("a report has streams");
    streams.iter().find(|proof| proof["stream"] == stream).unwrap_or_else(|| panic!("no {stream}: {report}"))
}

/// How often each reason stands in a report.
fn reasons(report: &Value, stream: &str) -> Vec<String> {
    let all = report["differences"].as_array().expect("a report has differences");
    let of_stream = all.iter().filter(|difference| difference["stream"] == stream);
    let mut reasons: Vec<String> =
        of_stream.map(|difference| difference["reason"].as_str().expect("a reason").to_owned()).collect();
    reasons.sort();
    reasons.dedup();
    reasons
}

/// The streams of a status that the store has.
fn offered(status: &Value) -> impl Iterator<Item = &Value> {
    let streams = status["streams"].as_array().expect("streams");
    streams.iter().filter(|stream| stream["skipped"].is_null())
}

#[test]
fn an_equal_mirror_is_proved_in_the_fewest_requests() {
    let (store, baxter) = start(&["--products", "2000", "--customers", "300", "--orders", "300"]);
    baxter.run(&["sync"]).success();
    let (last, asked) = (baxter.changes().last_seq(), store.stats().requests);
    let report = baxter.run(&["verify", "products", "variants", "--deep", "-o", "json"]).success().json();
    assert_eq!((&report["complete"], &report["equal"]), (&json!(true), &json!(true)), "{report}");
    for stream in ["products", "variants"] {
        let digest = store.digest(stream);
        let proof = of(&report, stream);
        assert_eq!((&proof["records"], &proof["sha256"]), (&json!(digest.count), &json!(digest.sha256)));
    }
    // Products bring their variants along: one page for each 250, and one that asks where the ids end.
    let spent = store.stats().requests - asked;
    assert!((8..=9).contains(&spent), "{spent} requests");
    assert_eq!(report["requests"], spent);

    let all = baxter.run(&["verify"]).success();
    assert!(all.stdout.contains("\nequal: "), "{all}");
    assert_eq!(baxter.changes().last_seq(), last, "a proof of equality changes nothing");
    let status = baxter.run(&["status", "-o", "json"]).success().json();
    for stream in offered(&status) {
        assert_eq!(stream["proof"]["result"], "equal", "{stream}");
        assert_eq!(stream["proof"]["records"], stream["records"], "{stream}");
    }
}

#[test]
fn what_differs_is_repaired_and_explained() {
    let (store, baxter) = start(&["--products", "300"]);
    baxter.run(&["sync"]).success();
    store.mutate_any(300, 31, &["create", "update", "delete"]);
    // Sooner, and what changed could be what changes meanwhile: the store's times are whole seconds.
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    let found = baxter.run(&["verify", "-o", "json"]).failure(2).json();
    assert_eq!((&found["complete"], &found["equal"]), (&json!(true), &json!(false)));
    assert_equal(&store, &baxter);
    assert_log_is_mirror(&baxter);
    let log = baxter.changes();
    let named = found["differences"].as_array().expect("differences");
    assert!(named.len() > 200, "only {} differences", named.len());
    for difference in named {
        let entry =
            log.0.iter().find(|entry| json!(entry.seq) == difference["seq"]).expect("it is in the log");
        assert_eq!(entry.all["noticed_by"], "verify");
        assert_eq!(
            (json!(entry.kind), json!(entry.key)),
            (difference["kind"].clone(), difference["key"].clone())
        );
    }
    assert_eq!(reasons(&found, "customers"), ["deleted_untold", "since_last_poll"]);
    assert_eq!(reasons(&found, "brands"), ["never_told"]);
    let categories = reasons(&found, "categories");
    assert!(categories.contains(&"notification_missing".to_owned()), "{categories:?}");

    baxter.run(&["verify"]).success();
    let status = baxter.run(&["status", "-o", "json"]).success().json();
    assert!(offered(&status).all(|stream| stream["proof"]["result"] == "equal"), "{status}");
}

#[test]
fn what_did_not_come_to_its_end_proves_nothing() {
    let (store, baxter) = start(&["--products", "600"]);
    baxter.run(&["sync", "store"]).success();
    let unread: Output = baxter.run(&["verify", "brands"]).failure(1);
    assert!(unread.stdout.contains("brands is not proved: it had not been read before"), "{unread}");
    assert!(unread.stdout.contains("\nnot complete: "), "{unread}");
    baxter.run(&["sync"]).success();
    store.faults(json!({ "routes": { "GET /v3/customers": { "error_rate": 1.0 } } }));
    let cut = baxter.run(&["verify", "customers", "brands", "-o", "json"]).failure(1).json();
    assert_eq!((&cut["complete"], &cut["equal"]), (&json!(false), &json!(false)), "{cut}");
    assert_eq!(of(&cut, "customers")["result"], "partial", "{cut}");
    assert_eq!(of(&cut, "brands")["result"], "equal", "{cut}");
}

/// A sweep that is killed every time goes on where it was, and so comes to its end all the same.
#[test]
fn a_sweep_that_is_always_interrupted_comes_to_its_end() {
    let (store, baxter) = start(&["--products", "3000", "--latency", "40ms"]);
    baxter.run(&["sync"]).success();
    store.mutate(json!({ "count": 300, "seed": 9, "streams": ["products"], "kinds": ["delete"] }));
    let swept = || baxter.run(&["status", "-o", "json"]).success().json()["streams"][0]["swept_at"].clone();
    let before = swept();
    let mut kills = 0;
    while swept() == before {
        assert!(kills < 40, "it began anew every time");
        // A few pages after its start, and long before its end, which is twelve pages away.
        let asked = store.stats().requests;
        let mut sweep = baxter.spawn(&["sweep", "products"]);
        wait_until(std::time::Duration::from_secs(60), || {
            sweep.ended().is_some() || store.stats().requests >= asked + 4
        });
        sweep.kill();
        kills += 1;
    }
    assert!(kills > 1, "no kill met a sweep that was not done");
    for stream in STREAMS.iter().take(2) {
        assert_eq!(store.digest(stream), baxter.digest(stream), "{stream}");
    }
    assert_log_is_mirror(&baxter);
}

#[test]
fn a_sweep_after_an_interrupted_one_finds_what_changed_behind_that() {
    let (store, baxter) = start(&["--products", "3000", "--latency", "40ms"]);
    baxter.run(&["sync"]).success();
    let asked = store.stats().requests;
    let mut sweep = baxter.spawn(&["sweep", "products"]);
    wait_until(std::time::Duration::from_secs(60), || {
        sweep.ended().is_some() || store.stats().requests >= asked + 7
    });
    assert!(sweep.ended().is_none(), "it was over too soon");
    sweep.kill();
    store.mutate(json!({ "count": 300, "seed": 9, "streams": ["products"], "kinds": ["delete"] }));
    let sweep = baxter.run(&["sweep", "products", "-o", "json"]);
    assert!(sweep.json()["complete"] == true, "{sweep}");
    for stream in STREAMS.iter().take(2) {
        assert_eq!(store.digest(stream), baxter.digest(stream), "{stream}");
    }
    assert_log_is_mirror(&baxter);
}

#[test]
fn a_proof_that_is_asked_for_beside_a_sync_begins_after_it() {
    let (store, baxter) = start(&["--products", "1500", "--latency", "50ms"]);
    baxter.run(&["sync"]).success();
    let asked = store.stats().requests;
    let mut sync = baxter.spawn(&["sync", "--full"]);
    assert!(wait_until(std::time::Duration::from_secs(60), || store.stats().requests > asked));
    let proof = baxter.run(&["verify", "brands"]).success();
    assert!(
        proof.stderr.contains("another Baxter works on this data directory"),
        "the sync was over: {proof}"
    );
    assert!(proof.stdout.contains("\nequal: "), "{proof}");
    assert!(sync.wait(std::time::Duration::from_secs(1)).success());
}

#[test]
fn a_proof_that_is_stopped_tells_what_it_proved_and_takes_nothing_back() {
    let (store, baxter) = start(&["--products", "300", "--latency", "100ms"]);
    baxter.run(&["sync"]).success();
    baxter.run(&["verify", "products", "variants", "customers"]).success();
    let asked = store.stats().requests;
    let arguments = ["verify", "products", "brands", "customers", "-o", "json"];
    let proof = baxter.spawn(&arguments);
    // Products have two pages; what they say is in the mirror before the next stream is asked for.
    assert!(wait_until(std::time::Duration::from_secs(60), || store.stats().requests > asked + 2));
    proof.terminate();
    let stopped = baxter.finish(proof, &arguments).failure(130);
    let report: Value = serde_json::from_str(&stopped.stdout).expect("a report");
    assert_eq!(of(&report, "products")["result"], "equal", "{report}");
    assert_eq!((&report["complete"], &report["equal"]), (&json!(false), &json!(false)));
    let left: Vec<_> = report["stopped_before"].as_array().expect("a list").iter().collect();
    assert!(left.contains(&&json!("customers")) && !left.contains(&&json!("products")), "{report}");
    let streams = report["streams"].as_array().expect("streams");
    assert!(streams.iter().all(|proof| proof["result"] == "equal"), "{report}");
    let status = baxter.run(&["status", "-o", "json"]).success().json();
    assert_eq!(of(&status, "customers")["proof"]["result"], "equal", "it was proved before: {status}");
}
