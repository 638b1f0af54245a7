//! `baxter init`.

use crate::program::{run, run_in, snapshot, told};

#[test]
fn writes_a_file_that_is_understood() {
    let folder = tempfile::tempdir().unwrap();
    let written = run_in(folder.path(), &["init", "--store-hash", "abc123", "--store", "shop"]);
    assert_eq!(written.status.code(), Some(0), "{}", told(&written));
    let text = std::fs::read_to_string(folder.path().join("baxter.toml")).unwrap();
    assert!(text.contains("[stores.shop]") && text.contains("\nhash = \"abc123\""), "{text}");
    // The file is read: what is missing now is only what it names.
    let output = run_in(folder.path(), &["doctor"]);
    snapshot!("init-then-doctor", told(&output));
}

#[test]
fn what_is_named_stands_where_it_belongs() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("etc")).unwrap();
    let arguments = [
        "init",
        "--store",
        "shop",
        "--data-dir",
        "data",
        "--token-file",
        "token",
        "--config",
        "etc/baxter.toml",
    ];
    let written = run_in(folder.path(), &arguments);
    assert_eq!(written.status.code(), Some(0), "{}", told(&written));
    let text = std::fs::read_to_string(folder.path().join("etc/baxter.toml")).unwrap();
    // Every comment is about the store that was named.
    assert!(!text.contains("main"), "{text}");
    // Paths were typed from where the command ran, not from where the file is.
    for line in ["data_dir = ", "token = { file = "] {
        let path = text.lines().find_map(|found| found.strip_prefix(line)).unwrap();
        assert!(path.starts_with(&format!("\"{}", folder.path().display())), "{path}");
    }
}

#[test]
fn overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("baxter.toml"), "# mine\n").unwrap();
    let output = run_in(folder.path(), &["init"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(folder.path().join("baxter.toml")).unwrap(), "# mine\n");
    snapshot!("init-again", told(&output));
}

#[test]
fn takes_no_token_in() {
    let output = run(&["init", "--token", "canary0token"]);
    let text = told(&output);
    assert_eq!(output.status.code(), Some(64), "{text}");
    assert!(!text.contains("canary0token"), "{text}");
}

#[test]
fn prints_the_reference() {
    let output = run(&["init", "--print"]);
    snapshot!("init-print", told(&output));
}
