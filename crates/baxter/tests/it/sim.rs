//! `baxter sim`: ready file, end, refusals.

use std::process::Command;
use std::time::Duration;

use baxter_testkit::{Running, TestBaxter, TestStore, wait_until};

use crate::program::PROGRAM;

#[test]
fn writes_the_ready_file_and_ends_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready");
    let mut command = Command::new(PROGRAM);
    command.env_clear().current_dir(folder.path()).args(["sim", "--products", "3", "--ready-file", "ready"]);
    let mut running = Running::start(&mut command, folder.path(), "sim");
    wait_until(Duration::from_secs(60), || ready.exists() || running.ended().is_some());
    // The name appears with the whole text in it.
    let text = std::fs::read_to_string(&ready).unwrap_or_else(|_| panic!("{}", running.report()));
    let first = text.lines().next().unwrap();
    assert!(first.starts_with("http://127.0.0.1:"), "{first}");
    assert_eq!(
        std::fs::read_dir(folder.path())
            .unwrap()
            .filter(|entry| { entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".tmp") })
            .count(),
        0
    );
    let signalled = Command::new("kill").args(["-TERM", &running.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    let status = running.wait(Duration::from_secs(20));
    assert_eq!(status.code(), Some(0), "{}", running.report());
    assert!(running.stderr().contains("Connect with:"), "{}", running.report());
}

#[test]
fn a_token_from_a_variable_is_not_printed() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready");
    let mut command = Command::new(PROGRAM);
    command.env_clear().current_dir(folder.path()).env("BAXTER_TOKEN", baxter_testkit::CANARY).args([
        "sim",
        "--products",
        "3",
        "--ready-file",
        "ready",
        "-vvv",
    ]);
    let mut running = Running::start(&mut command, folder.path(), "sim");
    // What it says comes after the file.
    wait_until(Duration::from_secs(60), || {
        (ready.exists() && running.stderr().contains("Ctrl-C stops it.")) || running.ended().is_some()
    });
    running.kill();
    let said = format!("{}{}", running.stdout(), running.stderr());
    assert!(said.contains("$BAXTER_TOKEN") && !said.contains(baxter_testkit::CANARY), "{said}");
}

#[test]
fn what_no_store_can_be_is_refused_with_64() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, said) in [
        (["--time-scale", "0"], "0.001 to 1000000"),
        (["--time-scale", "fast"], "0.001 to 1000000"),
        (["--scopes", "store_v2_products,store_products"], "near it are store_v2_products"),
        (["--reading", "limit=7"], "capped, 413"),
        (["--reading", "nothing=1"], "hook_conflict"),
        (["--callback", "auth=ftp://x"], "no http or https address"),
        (["--callback", "elsewhere=http://x"], "remove_user"),
        (["--client", "onlyid"], "ID:SECRET:TOKEN"),
    ] {
        let mut command = Command::new(PROGRAM);
        let output =
            command.env_clear().current_dir(folder.path()).arg("sim").args(arguments).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{arguments:?}: {stderr}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
    }
}

#[test]
fn an_event_is_made_on_demand() {
    let store = TestStore::start(PROGRAM, &["--products", "3", "--customers", "3"]);
    let baxter = TestBaxter::new(PROGRAM, &store);
    let told = baxter.run(&["trigger", "store/product/updated", "-o", "json"]).success().json();
    assert_eq!((&told["scope"], &told["data"]["type"]), (&"store/product/updated".into(), &"product".into()));
    let id = told["data"]["id"].to_string();
    let again = baxter.run(&["trigger", "store/product/updated", "--id", &id]).success();
    assert!(again.stdout.starts_with("told store/product/updated {"), "{}", again.stdout);
    assert_eq!(store.webhooks("events"), 2);
    baxter.run(&["trigger", "store/product/*"]).failure(64);
    baxter.run(&["trigger", "store/product/updated", "--id", "999999"]).failure(64);
    baxter.run(&["trigger", "store/product/updated", "--api-url", "https://example.com"]).failure(64);
}
