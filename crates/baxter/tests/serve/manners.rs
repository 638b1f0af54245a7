//! How `serve` behaves towards whoever runs it: one writer, an orderly end, words, health and metrics; and the
//! demonstration.

use std::process::Command;
use std::time::{Duration, Instant};

use baxter_testkit::{Running, Serving, free_port, wait_until};
use serde_json::json;

use crate::{PROGRAM, serve, settle, start};

const SMALL: [&str; 6] = ["--products", "30", "--customers", "20", "--orders", "20"];

#[test]
fn it_is_the_one_writer_and_ends_in_order() {
    let (store, baxter) = start(&SMALL);
    let (port, serving) = serve(&baxter, &[]);
    for second in [&["serve", "--listen", "127.0.0.1:0"][..], &["sync"]] {
        let refused = baxter.run(second).failure(1);
        assert!(refused.stderr.contains("error[data-dir-locked]"), "{refused}");
    }
    let beside = baxter
        .run_with(&[("BAXTER_DATA_DIR", "other")], &["serve", "--listen", &format!("127.0.0.1:{port}")]);
    assert!(beside.failure(1).stderr.contains("cannot listen on"), "the port is taken");
    // A request under way is answered before it ends, and notifications go on until then.
    store.mutate_any(50, 4, &["create", "update", "delete"]);
    let ended = serving.stop(&baxter);
    assert_eq!(ended.status.code(), Some(0), "{ended}");
    assert!(!ended.stderr.contains("error["), "{ended}");
    // It let go of the lock, and left databases that others can read and write.
    baxter.run(&["sync", "--full"]).success();
    baxter_testkit::assert_equal(&store, &baxter);
    assert_eq!(baxter.leftovers(), Vec::<String>::new());
}

#[test]
fn sigterm_does_not_wait_for_a_client_that_never_ends_its_request() {
    let (_store, baxter) = start(&SMALL);
    let (port, serving) = serve(&baxter, &[]);
    let unfinished = [
        "POST /webhooks HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
        "POST /webhooks HTTP/1.1\r\nHos",
        "",
    ];
    let open = crate::connections(port, &unfinished);
    assert_eq!(serving.ask("GET", "/healthz", &[], b"").expect("an answer").status, 200);
    let begun = Instant::now();
    serving.stop(&baxter);
    // Service managers and container runtimes kill after ten seconds.
    assert!(begun.elapsed() < Duration::from_secs(9), "it took {:?}", begun.elapsed());
    drop(open);
    baxter.run(&["sync"]).success();
}

#[test]
fn sigterm_ends_it_also_while_it_reads_and_while_the_store_does_not_answer() {
    let (_store, baxter) = start(&["--latency", "400ms", "--products", "2000"]);
    let mut serving = Serving::start(&baxter, free_port(), &[]);
    let reads = wait_until(Duration::from_secs(60), || {
        baxter.run(&["query", "select 1 from products limit 1"]).status.success()
    });
    assert!(reads, "{}", serving.process().report());
    serving.stop(&baxter);

    let mut command = baxter.command(&["serve", "--listen", "127.0.0.1:0", "--ready-file", "ready"]);
    command.env("BAXTER_API_URL", "http://127.0.0.1:9");
    let mut unanswered = baxter.spawn_command(&mut command);
    let ready = baxter.folder().join("ready");
    assert!(wait_until(Duration::from_secs(60), || ready.exists()), "{}", unanswered.report());
    assert!(wait_until(Duration::from_secs(60), || !unanswered.stderr().is_empty()));
    unanswered.terminate();
    baxter.finish(unanswered, &["serve"]).success();
}

#[test]
fn waiting_says_in_words_why_it_gave_up() {
    let (store, baxter) = start(&SMALL);
    let nobody = baxter.run(&["wait", "--settled"]).failure(1);
    assert!(nobody.stderr.contains("no `baxter serve` runs on this data directory"), "{nobody}");

    let (_port, serving) = serve(&baxter, &[]);
    // A store that answers nothing but errors: neither polls nor events come to an end.
    store.faults(json!({ "error_rate": 1.0 }));
    let given_up = baxter.run(&["wait", "--settled", "--timeout", "2s"]).failure(1);
    assert!(given_up.stderr.contains("error[not-settled]: not settled after 2s"), "{given_up}");
    assert!(given_up.stderr.contains("hint: "), "{given_up}");
    store.faults(json!({}));
    settle(&baxter);
    let report = baxter.run(&["wait", "--settled", "-o", "json"]).success().json();
    assert_eq!((&report["settled"], &report["pending"]), (&json!(true), &json!(0)), "{report}");
    let csv = baxter.run(&["wait", "--settled", "-o", "csv"]).success().stdout;
    assert!(csv.starts_with("settled,seconds,events,duplicates,pending,polls\ntrue,"), "{csv}");
    let line = baxter.run(&["wait", "--settled", "-o", "jsonl"]).success();
    assert_eq!((line.json()["settled"].as_bool(), line.stdout.lines().count()), (Some(true), 1), "{line}");
    serving.stop(&baxter);
}

#[test]
fn health_is_json_and_metrics_are_prometheus_text() {
    let (store, baxter) = start(&SMALL);
    let (_port, serving) = serve(&baxter, &[]);
    store.mutate_any(20, 5, &["update"]);
    store.wait_until_all_is_told(Duration::from_secs(30));
    settle(&baxter);
    let health = serving.ask("GET", "/healthz", &[], b"").expect("an answer");
    assert_eq!(health.status, 200);
    let seq = baxter.changes().last_seq();
    let store_health = json!({ "store": store.hash(), "status": "ok", "pending": 0, "seq": seq });
    assert_eq!(health.json(), json!({ "status": "ok", "stores": [store_health] }));
    let ready = serving.ask("GET", "/readyz", &[], b"").expect("an answer");
    assert_eq!(ready.status, 200);
    assert_eq!(
        ready.json(),
        json!({ "ready": true, "stores": [{ "store": store.hash(), "ready": true, "unread": [] }] })
    );

    let metrics = serving.ask("GET", "/metrics", &[], b"").expect("an answer");
    assert_eq!(metrics.status, 200);
    let kind = metrics.headers.iter().find(|(name, _)| name == "content-type");
    assert!(kind.is_some_and(|(_, value)| value.starts_with("text/plain; version=0.0.4")), "{kind:?}");
    let text = String::from_utf8(metrics.body).expect("text");
    let mut names = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            names.push(rest.split(' ').next().expect("a name").to_owned());
        } else if !line.starts_with("# HELP ") {
            let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
            value.parse::<f64>().unwrap_or_else(|error| panic!("{error}: {line}"));
            let name = name.split('{').next().expect("a name");
            assert!(names.iter().any(|known| name.starts_with(known.as_str())), "{name} has no type");
            assert!(name.starts_with("baxter_"), "{name}");
        }
    }
    for name in [
        "baxter_notifications_total",
        "baxter_intake_seconds",
        "baxter_inbox_pending",
        "baxter_change_log_seq",
        "baxter_store_requests_total",
        "baxter_quota_left",
        "baxter_healthy",
        "baxter_connections",
    ] {
        assert!(names.iter().any(|known| known == name), "no {name}: {names:?}");
    }
    assert!(text.contains("\nbaxter_inbox_pending{store=\"teststore\"} 0\n"), "{text}");
    assert_eq!(serving.ask("GET", "/nothing", &[], b"").expect("an answer").status, 404);
    serving.stop(&baxter);
}

#[test]
fn the_demonstration_shows_event_change_and_ledger() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(PROGRAM);
    command.env_clear().env("TMPDIR", folder.path()).current_dir(folder.path()).args([
        "demo",
        "--products",
        "150",
        "--customers",
        "50",
        "--orders",
        "100",
        "--for",
        "3s",
    ]);
    let mut running = Running::start(&mut command, folder.path(), "demo");
    let status = running.wait(Duration::from_secs(120));
    assert_eq!(status.code(), Some(0), "{}", running.report());
    let said = running.stdout();
    for part in [
        "  event   store/",
        "  change  products ",
        "  ledger  ",
        "assets:clearing:card",
        "to update",
        "equal",
    ] {
        assert!(said.contains(part), "no {part}: {said}");
    }
    assert!(!said.lines().any(|line| line.ends_with(" NO")), "{said}");
}
