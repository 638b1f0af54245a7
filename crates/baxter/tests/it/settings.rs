//! Flags before and after the command, variables, and the file.

use std::process::Command;

use crate::program::{PROGRAM, run_in, snapshot, store, told};

#[test]
fn flags_work_before_and_after_the_command() {
    let (store, baxter) = store(&[]);
    let token = baxter_testkit::CANARY;
    let connection = ["--api-url", store.url(), "--store-hash", store.hash(), "--token", token];
    let after = ["api", "GET", "/v2/store", "--jq", ".id"];
    for arguments in [[&connection[..], &after].concat(), [&after[..], &connection].concat()] {
        let output = run_in(baxter.folder(), &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        assert!(!output.stdout.is_empty());
    }
}

#[test]
fn the_file_is_enough_with_the_secret_elsewhere() {
    let (store, baxter) = store(&[]);
    let file = format!(
        "data_dir = 'mirror'\n[stores.shop]\nhash = '{}'\napi_url = '{}'\ntoken = {{ file = 'secret' }}\n",
        store.hash(),
        store.url()
    );
    std::fs::write(baxter.folder().join("baxter.toml"), file).unwrap();
    std::fs::write(baxter.folder().join("secret"), format!("{}\n", baxter_testkit::CANARY)).unwrap();
    let output = run_in(baxter.folder(), &["sync", "brands", "--quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert!(baxter.folder().join("mirror/mirror.db").exists());
    // From elsewhere, too: paths in the file are meant from where it is.
    let elsewhere = tempfile::tempdir().unwrap();
    let config = baxter.folder().join("baxter.toml");
    let output =
        run_in(elsewhere.path(), &["digest", "brands", "-o", "json", "--config", config.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
}

#[test]
fn problems_of_the_file_are_shown_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let file = "datadir = 'x'\n\n[stores.main]\nhash = 'abc123'\ntoken = 'canary-in-the-file'\n\n[requests]\nreserve = 3\n";
    std::fs::write(folder.path().join("baxter.toml"), file).unwrap();
    let output = run_in(folder.path(), &["status"]);
    let text = told(&output);
    assert!(!text.contains("canary"), "{text}");
    snapshot!("file-problems", text);
}

#[test]
fn problems_of_variables_name_the_variable() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(PROGRAM)
        .env_clear()
        .current_dir(folder.path())
        .env("BAXTER_TIMEOUT", "soon")
        .arg("status")
        .output()
        .unwrap();
    snapshot!("variable-problem", told(&output));
}
