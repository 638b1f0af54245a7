//! Help texts, usage errors and their exit code.

use crate::program::{PROGRAM, run, snapshot, told};

const COMMANDS: [&str; 18] = [
    "init",
    "doctor",
    "sync",
    "status",
    "query",
    "sql",
    "changes",
    "digest",
    "plan",
    "apply",
    "get",
    "api",
    "sim",
    "trigger",
    "listen",
    "demo",
    "completions",
    "",
];

#[test]
fn help_of_every_command() {
    for command in COMMANDS {
        let arguments: Vec<&str> = [command, "--help"].into_iter().filter(|word| !word.is_empty()).collect();
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(0), "{command}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("xample") || command.is_empty(), "{command} has no examples");
        // The global options are the same everywhere, so they are compared once.
        let text = match text.split_once("Global options:") {
            Some((before, after)) if !command.is_empty() => {
                let rest = after.split_once("\n\n").map_or("", |(_, rest)| rest);
                format!("{before}[global options]\n\n{rest}")
            }
            _ => text,
        };
        snapshot!(format!("help-{}", if command.is_empty() { "all" } else { command }), text);
    }
}

#[test]
fn what_is_not_understood_exits_64() {
    for arguments in [
        &[][..],
        &["snyc"],
        &["sync", "--nope"],
        &["get"],
        &["query"],
        &["-o", "yaml", "status"],
        &["sim", "--quota", "much"],
        &["sim", "--plan", "gold"],
        &["sim", "--host", "0.0.0.0"],
        &["digest", "product"],
        &["sync", "odrers"],
        &["get", "nonsense"],
        &["api", "GET", "/catalog/products"],
        &["api", "FETCH", "/v3/catalog/products"],
        &["api", "GET", "/v3/x", "-f", "novalue"],
        &["changes", "--since", "whenever"],
        &["changes", "--follow", "-o", "json"],
        &["get", "order_products", "--store-hash", "abc"],
        &["get", "products", "seventy-seven"],
        &["completions", "tcsh"],
        &["sync", "--token", "a", "--token-file", "b"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(64), "{arguments:?}: {}", told(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn usage_errors_point_to_what_was_meant() {
    let cases =
        [&["snyc"][..], &["digest", "product"], &["get", "order_products"], &["sim", "--host", "0.0.0.0"]];
    let all: Vec<String> = cases
        .iter()
        .map(|arguments| format!("$ baxter {}\n{}", arguments.join(" "), told(&run(arguments))))
        .collect();
    snapshot!("usage-errors", all.join("\n"));
}

#[test]
fn the_examples_of_completions_work_in_an_empty_home() {
    let help = run(&["completions", "--help"]);
    let help = String::from_utf8(help.stdout).unwrap();
    let examples: Vec<&str> = help.lines().filter_map(|line| line.strip_prefix("  d=")).collect();
    assert_eq!(examples.len(), 3, "{help}");
    let program = std::path::Path::new(PROGRAM).parent().unwrap().display().to_string();
    for example in examples {
        let home = tempfile::tempdir().unwrap();
        let path = format!("{program}:{}", std::env::var("PATH").unwrap());
        let mut shell = std::process::Command::new("sh");
        shell.args(["-euc", &format!("d={example}")]).env_clear().env("PATH", path).env("HOME", home.path());
        let output = shell.current_dir(home.path()).output().unwrap();
        assert!(output.status.success(), "{example}: {}", told(&output));
        let written = example.rsplit("> $d/").next().unwrap();
        let folder = example.split(';').next().unwrap().replace('~', &home.path().display().to_string());
        let text = std::fs::read_to_string(format!("{folder}/{written}")).unwrap();
        assert!(text.contains("digest"), "{example}");
    }
}

#[test]
fn completions_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("digest"), "{shell}");
    }
}
