//! `baxter sync` and what reads the mirror.

use baxter_testkit::{CANARY, assert_equal};
use serde_json::Value;

use crate::program::{PROGRAM, snapshot, store, told_of};

#[test]
fn sync_then_ask() {
    let (store, baxter) = store(&[]);
    let report = baxter.run(&["sync", "-o", "json"]).success().json();
    assert_eq!(report["complete"], true);
    let read: Vec<_> = report["streams"].as_array().unwrap().iter().map(|stream| &stream["stream"]).collect();
    assert!(read.iter().all(|stream| *stream != "variants"), "variants come with products: {read:?}");
    assert_equal(&store, &baxter);

    let status = baxter.run(&["status", "-o", "json"]).success().json();
    assert_eq!(status["store_hash"], store.hash());
    assert!(status["streams"].as_array().map(Vec::len) >= Some(13));
    // What the store does not offer was never read, and is not interrupted either.
    let streams = || status["streams"].as_array().unwrap().iter();
    assert!(streams().all(|stream| stream["unfinished"].is_null()), "{status}");
    for stream in streams().filter(|stream| stream["synced_at"].is_string()) {
        assert!(stream["backfilled_at"].is_string(), "{stream}");
        assert_eq!(stream["kept_aside"], 0);
    }

    let rows =
        baxter.run(&["query", "select count(*), decimal_sum(total_inc_tax) from orders", "-o", "json"]);
    let rows = rows.success().json();
    assert_eq!(rows[0]["count(*)"], 15);
    assert!(rows[0]["decimal_sum(total_inc_tax)"].is_string(), "money is text: {rows}");
}

#[test]
fn values_in_every_format() {
    let (_store, baxter) = store(&[]);
    baxter.run(&["sync", "store", "--quiet"]).success();
    let sql = "select 1 as a, 1.5 as b, '1.10' as c, null as d, 'x,\"y\"' as e, x'414243' as f, 2 as a, char(27) as g, 1e999 as h";
    let said: Vec<String> = ["table", "json", "jsonl", "csv"]
        .iter()
        .map(|format| format!("$ -o {format}\n{}", told_of(&baxter.run(&["query", sql, "-o", format]))))
        .collect();
    snapshot!("query-formats", said.join("\n"));
    let none = baxter.run(&["query", "select 1 as a where 0", "-o", "json"]).success().json();
    assert_eq!(none, Value::Array(vec![]));
}

#[test]
fn changes_say_what_happened() {
    let (_store, baxter) = store(&[]);
    baxter.run(&["sync", "--quiet"]).success();
    let seq = baxter.run(&["status", "-o", "json"]).success().json()["last_seq"].to_string();
    let brand = baxter.run(&["get", "brands", "--limit", "1", "-o", "json"]).success().json();
    let path = format!("/v3/catalog/brands/{}", brand[0]["id"]);
    baxter.run(&["api", "PUT", &path, "-f", "page_title=New"]).success();
    baxter.run(&["sync", "brands", "--quiet"]).success();
    baxter.run(&["api", "DELETE", &path]).success();
    baxter.run(&["sync", "brands", "--quiet"]).success();

    let lines =
        baxter.run(&["changes", "--since", &seq, "--stream", "brands", "-o", "jsonl"]).success().stdout;
    let entries: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = entries.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["updated", "deleted"], "{lines}");
    assert_eq!(entries[0]["changes"][0]["path"], "page_title");
    assert_eq!(entries[0]["changes"][0]["new"], "New");
    assert_eq!(entries[0]["noticed_by"], "sweep");
    assert_eq!(entries[0]["key"], brand[0]["id"].to_string());
    assert_eq!(entries[1]["record"]["page_title"], "New");
    assert!(entries.iter().all(|entry| entry["at"].is_string() && entry["seq"].is_number()));

    let array = baxter.run(&["changes", "--since", &seq, "--limit", "1", "-o", "json"]).success().json();
    assert_eq!(array.as_array().map(Vec::len), Some(1));
    assert_eq!(array[0], entries[0]);
    for since in [seq.as_str(), "2999-01-01"] {
        let table = baxter.run(&["changes", "--since", since]).success().stdout;
        assert_eq!(table.lines().filter(|line| line.trim_start().starts_with("seq")).count(), 1, "{table}");
    }
    let csv = baxter.run(&["changes", "--since", &seq, "-o", "csv"]).success().stdout;
    assert!(csv.starts_with("seq,stream,key,kind,noticed_by,at,store_at,changes,record,lag\n"), "{csv}");
    let later = baxter.run(&["changes", "--since", "2999-01-01", "-o", "jsonl"]).success().stdout;
    assert_eq!(later, "");
}

/// A reader that is known and a place to begin: the place holds, and that is told.
#[test]
fn a_reader_that_is_moved_is_told() {
    let (_store, baxter) = store(&[]);
    baxter.run(&["sync", "brands", "--quiet"]).success();
    let lines = |arguments: &[&str]| {
        let output =
            baxter.run(&[&["changes", "--reader", "erp", "-o", "jsonl"], arguments].concat()).success();
        (output.stdout.lines().count(), output.stderr)
    };
    let (all, told) = lines(&[]);
    assert!(all >= 3 && told.is_empty(), "{all} {told}");
    assert_eq!(lines(&[]), (0, String::new()));
    let (again, told) = lines(&["--since", "1"]);
    assert_eq!(again, all - 1);
    assert_eq!(
        told,
        format!(
            "the reader `erp` stood at entry {all} and begins anew after entry 1; without --since and --snapshot it goes \
             on where it stopped\n"
        )
    );
    assert_eq!(lines(&["--since", &all.to_string()]), (0, String::new()));
    // The first time there is nothing to tell.
    let first = baxter.run(&["changes", "--reader", "crm", "--since", "2", "-o", "jsonl"]).success();
    assert_eq!((first.stdout.lines().count(), first.stderr.as_str()), (all - 2, ""));
}

#[test]
fn following_prints_what_comes() {
    let (_store, baxter) = store(&[]);
    baxter.run(&["sync", "store", "--quiet"]).success();
    let mut following = baxter.spawn(&["changes", "--follow", "-o", "jsonl"]);
    baxter.run(&["sync", "brands", "--quiet"]).success();
    let seen = baxter_testkit::wait_until(std::time::Duration::from_secs(30), || {
        following.stdout().contains("\"brands\"")
    });
    assert!(seen, "{}", following.report());
    let stopped =
        std::process::Command::new("kill").args(["-INT", &following.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert_eq!(
        following.wait(std::time::Duration::from_secs(20)).code(),
        Some(130),
        "{}",
        following.report()
    );
}

#[test]
fn readers_need_no_store_and_no_network() {
    let (store, baxter) = store(&[]);
    baxter.run(&["sync", "brands", "--quiet"]).success();
    drop(store);
    for arguments in [
        &["digest", "brands", "-o", "json"][..],
        &["status"],
        &["changes", "--limit", "1"],
        &["query", "select 1"],
    ] {
        let output = std::process::Command::new(PROGRAM)
            .env_clear()
            .current_dir(baxter.folder())
            .args(arguments)
            .args(["--data-dir", "data"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn ctrl_c_stops_in_order_and_the_next_sync_goes_on() {
    let (store, baxter) = store(&["--products", "800", "--latency", "200ms"]);
    let mut running = baxter.spawn(&["sync", "-o", "json"]);
    let begun =
        baxter_testkit::wait_until(std::time::Duration::from_secs(60), || store.stats().requests >= 3);
    assert!(begun, "{}", running.report());
    let stopped =
        std::process::Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    let status = running.wait(std::time::Duration::from_secs(60));
    assert_eq!(status.code(), Some(130), "{}", running.report());
    assert!(running.stderr().contains("error[interrupted]"), "{}", running.report());
    assert!(!running.stderr().contains("panicked"), "{}", running.report());
    baxter.run(&["sync", "--quiet"]).success();
    assert_equal(&store, &baxter);
}

#[test]
fn the_token_is_in_no_output_however_much_is_logged() {
    let (_store, baxter) = store(&[]);
    for arguments in [
        &["sync", "-vvv"][..],
        &["doctor", "-vvv"],
        &["api", "GET", "/v3/catalog/products", "-i", "-vvv"],
        &["get", "brands", "-vvv"],
        &["status", "-vvv"],
    ] {
        // TestBaxter looks for the token in everything that is printed.
        baxter.run_with(&[("BAXTER_LOG", "trace")], arguments).success();
    }
    assert_eq!(baxter.files_containing(CANARY), Vec::<String>::new());
}

#[test]
fn progress_is_plain_lines_without_a_terminal_and_nothing_when_quiet() {
    let (_store, baxter) = store(&[]);
    let output = baxter.run(&["sync", "brands", "-o", "json"]).success();
    assert!(output.stderr.starts_with("brands: "), "{output}");
    assert!(!output.stderr.contains('\u{1b}'), "{output}");
    let output = baxter.run(&["sync", "brands", "-o", "json", "--quiet"]).success();
    assert_eq!(output.stderr, "");
}
