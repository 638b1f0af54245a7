//! A loss of power: what was acknowledged had been synced to the disk before, as the system calls of the program show.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use baxter_testkit::{Serving, free_port, wait_until};

use crate::signed::Notification;
use crate::start;

const SMALL: [&str; 6] = ["--products", "20", "--customers", "10", "--orders", "10"];

#[test]
fn law_1_the_sync_call_returns_before_the_answer_is_sent() {
    let (store, baxter) = start(&SMALL);
    let trace = baxter.folder().join("trace");
    if !Command::new("strace").args(["-o", "/dev/null", "true"]).status().is_ok_and(|status| status.success())
    {
        eprintln!("skipped: there is no strace, or this process may not trace");
        return;
    }
    let port = free_port();
    let plain = baxter.command(&["serve", "--listen", &format!("127.0.0.1:{port}"), "--poll", "1h"]);
    let mut command = Command::new("strace");
    let calls = "trace=fsync,fdatasync,write,writev,sendto,sendmsg,pwrite64";
    command.args(["-f", "-y", "-s", "40", "-D", "-e", calls, "-o"]).arg(&trace);
    command.arg(plain.get_program()).args(plain.get_args()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(baxter.folder());
    baxter.run(&["sync", "--quiet"]).success();
    let mut serving = Serving::of(baxter.spawn_command(&mut command), port);
    for at in 0..5 {
        // Nothing is fetched for it, so that nothing else is written into the inbox.
        let data = r#"{"type":"cart","id":"x"}"#;
        let notification = Notification::of(&store, &format!("power-{at}"), "store/cart/created", data);
        assert_eq!(notification.send(&serving).expect("an answer").status, 200);
    }
    let mut lines = Vec::new();
    let whole = wait_until(Duration::from_secs(30), || {
        let text = std::fs::read(&trace)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default();
        lines = text.lines().map(str::to_owned).collect();
        lines.iter().filter(|line| is_answer(line)).count() >= 6
    });
    assert!(whole, "{} lines were traced", lines.len());
    // The event's bytes go to the inbox's log; that is synced; then the answer goes.
    let (mut unsynced, mut syncing) = (false, BTreeSet::new());
    let (mut acknowledged, mut synced) = (0, 0);
    for line in &lines {
        let (thread, call) = line.split_once(' ').expect("a thread and its call");
        let call = call.trim_start();
        let of_inbox = call.contains("inbox.db-wal");
        if of_inbox && (call.starts_with("pwrite64(") || call.starts_with("write(")) {
            unsynced = true;
        } else if of_inbox && is_sync(call) && call.contains("unfinished") {
            syncing.insert(thread);
        } else if is_sync(call) && call.ends_with("= 0") && (of_inbox || syncing.remove(thread)) {
            unsynced = false;
            synced += 1;
        } else if is_answer(line) && synced > 0 {
            assert!(!unsynced, "answered before the sync: {line}");
            acknowledged += 1;
        }
    }
    assert!(acknowledged >= 5 && synced >= 5, "{acknowledged} answers, {synced} syncs");
    serving.kill();
}

fn is_sync(call: &str) -> bool {
    ["fsync(", "fdatasync(", "<... fsync", "<... fdatasync"].iter().any(|name| call.starts_with(name))
}

fn is_answer(line: &str) -> bool {
    line.contains("HTTP/1.") && line.contains(" 200 OK")
}
