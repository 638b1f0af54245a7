//! The change log over time: its oldest part goes, nobody misses anything that he has not read, and a snapshot with
//! what is left of the log leads to the mirror.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use baxter_testkit::{
    Change, ChangeLog, STREAMS, Serving, TestBaxter, assert_replayed_is_mirror, free_port, wait_until,
};
use rusqlite::Connection;
use serde_json::Value;

use crate::start;

const SMALL: [&str; 6] = ["--products", "60", "--customers", "40", "--orders", "40"];
const RETENTION: [(&str, &str); 1] = [("BAXTER_LOG_RETENTION", "1d")];

fn database(baxter: &TestBaxter) -> Connection {
    let connection = Connection::open(baxter.folder().join("data/mirror.db")).expect("the mirror");
    connection.busy_timeout(Duration::from_secs(30)).expect("a timeout");
    connection
}

/// Makes all entries of the log older than any retention.
fn age(baxter: &TestBaxter) {
    database(baxter).execute("UPDATE changes SET at = '2020-01-01T00:00:00Z'", []).expect("they age");
}

/// How many entries are left, and the number of the first one.
fn left(baxter: &TestBaxter) -> (i64, Option<i64>) {
    let sql = "SELECT count(*), min(seq) FROM changes";
    database(baxter).query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("a row")
}

fn last_seq(baxter: &TestBaxter) -> i64 {
    baxter.run(&["status", "-o", "json"]).success().json()["last_seq"].as_i64().expect("a number")
}

fn read(baxter: &TestBaxter, arguments: &[&str]) -> Vec<Change> {
    let arguments = [&["changes", "-o", "jsonl"], arguments].concat();
    ChangeLog::read(&baxter.run(&arguments).success().stdout).0
}

/// A flow of brands into a file.
fn flow(baxter: &TestBaxter) -> PathBuf {
    let flow = baxter.folder().join("flows/brands.toml");
    std::fs::create_dir_all(flow.parent().expect("a folder")).expect("a folder");
    let text = "on = [\"brands\"]\n[to]\ntype = \"file\"\npath = \"out/brands.jsonl\"\n";
    std::fs::write(&flow, text).expect("a flow");
    flow
}

#[test]
fn a_snapshot_and_the_log_behind_it_lead_to_the_mirror_though_the_log_was_let_go_of() {
    let (store, baxter) = start(&SMALL);
    baxter.run(&["sync", "--quiet"]).success();
    let mut replica = read(&baxter, &["--snapshot", "--reader", "erp"]);
    let base = last_seq(&baxter);
    assert!(replica.iter().all(|change| change.kind == "snapshot" && change.seq == base.unsigned_abs()));
    for seed in 1..4 {
        store.mutate_any(80, seed, &["create", "update", "delete"]);
        baxter.run(&["sync", "--quiet"]).success();
        age(&baxter);
        // Not before the reader has read it, whatever its age.
        baxter.run_with(&RETENTION, &["sync", "--quiet", "store"]).success();
        let first = left(&baxter).1.expect("what is not read stays").unsigned_abs();
        assert_eq!(first, replica.last().expect("entries").seq + 1, "in round {seed}");
        let news = read(&baxter, &["--reader", "erp"]);
        assert!(news.len() > 80 && news[0].seq == first, "{} entries in round {seed}", news.len());
        replica.extend(news);
    }
    let replayed = ChangeLog(replica).replay();
    assert_replayed_is_mirror(&replayed, &baxter);
    assert!(STREAMS.iter().any(|stream| replayed.updated(stream).count() > 0));

    // A position before the log is told, never passed over.
    for asked in [&["--since", "0"][..], &["--since", "2019-01-01"], &["--reader", "late", "--since", "7"]] {
        let refused = baxter.run(&[&["changes"], asked].concat()).failure(1);
        assert!(
            refused.stderr.contains("error[log-trimmed]") && refused.stderr.contains("--snapshot"),
            "{refused}"
        );
    }
    let whole = baxter.run(&["changes", "-o", "jsonl"]).success();
    assert!(whole.stderr.contains("the change log begins after entry"), "{whole}");
    let status = baxter.run(&["status", "-o", "json"]).success().json();
    let upto = status["log_trimmed"]["upto"].as_i64().expect("a number");
    assert!(upto >= base && Some(upto + 1) == left(&baxter).1, "{status}");
    read(&baxter, &["--since", &upto.to_string()]);
    flow(&baxter);
    baxter.run(&["flows", "check"]).success();

    let readers = || baxter.run(&["changes", "--readers", "-o", "json"]).success().json();
    assert_eq!((&readers()[0]["name"], &readers()[0]["unread"]), (&"erp".into(), &0.into()));
    baxter.run(&["changes", "--forget", "erb"]).failure(1);
    baxter.run(&["changes", "--forget", "erp"]).success();
    assert_eq!(readers(), Value::Array(Vec::new()));
}

/// `serve` lets go by itself, in small parts, and keeps what a flow has not settled, also one that does not run.
#[test]
fn serve_keeps_what_a_flow_has_not_read() {
    let (store, baxter) = start(&SMALL);
    baxter.run(&["sync", "--quiet"]).success();
    let flow = flow(&baxter);
    std::fs::write(baxter.folder().join("baxter.toml"), "log_retention = \"1d\"\n").expect("a file");
    let serve = || Serving::start(&baxter, free_port(), &["--no-webhooks"]);
    let serving = serve();
    baxter.run(&["wait", "--settled"]).success();
    serving.stop(&baxter);
    // The flow has read everything up to here, and then does not run for years.
    std::fs::remove_file(&flow).expect("it was there");
    let cursor = last_seq(&baxter);
    store.mutate_any(60, 3, &["create", "update"]);
    baxter.run(&["sync", "--quiet"]).success();
    age(&baxter);
    let serving = serve();
    let kept = (last_seq(&baxter) - cursor, Some(cursor + 1));
    assert!(wait_until(Duration::from_secs(60), || left(&baxter).1 == kept.1), "{:?}", left(&baxter));
    assert!(left(&baxter).0 >= kept.0 && kept.0 >= 60, "{:?} of {kept:?}", left(&baxter));
    baxter.run(&["flows", "forget", "brands"]).failure(1);
    serving.stop(&baxter);
    let readers = baxter.run(&["changes", "--readers", "-o", "json"]).success().json();
    assert_eq!((&readers[0]["reader"], &readers[0]["seq"]), (&"flow".into(), &cursor.into()));

    baxter.run(&["flows", "forget", "brands"]).success();
    baxter.run_with(&RETENTION, &["sync", "--quiet", "store"]).success();
    let oldest =
        database(&baxter).query_row("SELECT min(at) FROM changes", [], |row| row.get::<_, Option<String>>(0));
    assert!(oldest.expect("a row").is_none_or(|at| at.as_str() > "2021"), "{:?}", left(&baxter));
}

#[test]
fn who_follows_sees_an_entry_within_a_tenth_of_a_second_of_its_commit() {
    let (_store, baxter) = start(&SMALL);
    baxter.run(&["sync", "--quiet", "store"]).success();
    let mut following = baxter.spawn(&["changes", "--follow", "-o", "jsonl"]);
    let lines = |following: &baxter_testkit::Running| following.stdout().lines().count();
    let before = baxter.changes().0.len();
    assert!(wait_until(Duration::from_secs(30), || lines(&following) == before), "{}", following.report());
    let log = database(&baxter);
    let mut waits = Vec::new();
    for entry in 1..=21 {
        // At another place between two looks each time.
        std::thread::sleep(Duration::from_millis(61));
        let sql = "INSERT INTO changes (stream, key, kind, noticed_by, at) VALUES ('store', '1', 'updated', 'sweep', ?1)";
        log.execute(sql, [jiff::Timestamp::now().to_string()]).expect("an entry");
        let committed = Instant::now();
        let told = wait_until(Duration::from_secs(10), || lines(&following) == before + entry);
        assert!(told, "{}", following.report());
        waits.push(committed.elapsed());
    }
    waits.sort();
    assert!(waits[10] < Duration::from_millis(100), "{waits:?}");
    following.terminate();
    following.wait(Duration::from_secs(10));
}
