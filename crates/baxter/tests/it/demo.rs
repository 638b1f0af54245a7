//! `baxter demo`: the whole in one command, and nothing left behind.

use std::process::Command;
use std::time::Duration;

use baxter_testkit::{Running, wait_until};

use crate::program::PROGRAM;

fn demo(folder: &std::path::Path, arguments: &[&str]) -> Running {
    let mut command = Command::new(PROGRAM);
    // The variables of a real store must not matter.
    command
        .env_clear()
        .env("TMPDIR", folder)
        .env("BAXTER_API_URL", "http://127.0.0.1:1")
        .env("BAXTER_TOKEN", "real0token")
        .current_dir(folder)
        .arg("demo")
        .args(arguments);
    Running::start(&mut command, folder, "demo")
}

fn left_behind(folder: &std::path::Path) -> Vec<String> {
    let entries =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into());
    entries
        .filter(|name: &String| name.starts_with("baxter-demo") || name.starts_with("baxter-data"))
        .collect()
}

#[test]
fn shows_the_whole_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = demo(folder.path(), &["--products", "60", "--customers", "40", "--orders", "80"]);
    let status = running.wait(Duration::from_secs(120));
    assert_eq!(status.code(), Some(0), "{}", running.report());
    let said = running.stdout();
    for part in ["decimal_sum(total_inc_tax)", "updated", "created", "price: ", "status_id: ", "equal"] {
        assert!(said.contains(part), "no {part}: {said}");
    }
    assert!(!said.lines().any(|line| line.ends_with(" NO")), "{said}");
    assert!(!said.contains('\u{1b}'), "plain without a terminal: {said}");
    assert_eq!(left_behind(folder.path()), Vec::<String>::new());
}

#[test]
fn ctrl_c_leaves_nothing_either() {
    let folder = tempfile::tempdir().unwrap();
    let mut running = demo(folder.path(), &[]);
    let begun = wait_until(Duration::from_secs(120), || {
        running.stderr().contains("products: ") || running.ended().is_some()
    });
    assert!(begun, "{}", running.report());
    let stopped = Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    let status = running.wait(Duration::from_secs(60));
    assert_eq!(status.code(), Some(130), "{}", running.report());
    assert_eq!(left_behind(folder.path()), Vec::<String>::new());
}
