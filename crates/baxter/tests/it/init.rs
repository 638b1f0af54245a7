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

/// `doctor` right after a bare `init` once sent people back to `init`.
#[test]
fn the_next_steps_lead_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = Vec::new();
    let mut say = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = std::process::Command::new(crate::program::PROGRAM);
        command.env_clear().envs(variables.iter().copied()).current_dir(folder.path()).args(arguments);
        let variables: String = variables.iter().map(|(name, value)| format!("{name}={value} ")).collect();
        said.push(format!(
            "$ {variables}baxter {}\n{}",
            arguments.join(" "),
            told(&command.output().unwrap())
        ));
    };
    say(&[], &["init"]);
    say(&[], &["doctor"]);
    say(&[("BAXTER_TOKEN", "abc")], &["doctor"]);
    say(&[], &["init", "--config", "other.toml"]);
    say(&[], &["doctor", "--config", "other.toml"]);
    say(&[("BAXTER_CONFIG", "third.toml")], &["init", "--store-hash", "abc123"]);
    say(&[("BAXTER_CONFIG", "third.toml")], &["doctor"]);
    snapshot!("init-next-steps", said.join("\n"));
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
