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
    let cases = [
        &["snyc"][..],
        &["-o", "json", "snyc"],
        &["digest", "product"],
        &["get", "order_products"],
        &["sim", "--host", "0.0.0.0"],
        &["sync", "--stream", "products"],
        &["sync", "--ful"],
        &["sync", "--zzz"],
        &["changes", "products"],
        &["export", "orders", "--out", "orders.csv"],
        &["export", "orders"],
        &["status", "--json"],
        &["status", "--format=csv"],
        &["-o", "yaml", "status"],
        &["changes", "--readers", "--since", "5"],
        &["flows", "chek"],
        &["sync", "--token", "canary-a", "--token-file", "canary-b"],
    ];
    let all: Vec<String> = cases
        .iter()
        .map(|arguments| format!("$ baxter {}\n{}", arguments.join(" "), told(&run(arguments))))
        .collect();
    let all = all.join("\n");
    let said = all.lines().filter(|line| !line.starts_with("$ ")).collect::<String>();
    assert!(!said.contains("canary"), "{all}");
    assert_eq!(all.matches("error[usage]: ").count(), cases.len(), "{all}");
    snapshot!("usage-errors", all);
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

/// Names of streams had to be typed, though the program knows them all.
#[test]
fn shells_complete_the_names_of_streams() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("baxter.bash"), run(&["completions", "bash"]).stdout).unwrap();
    let completed = |words: &[&str]| {
        let last = words.len() - 1;
        let script = format!(
            ". ./baxter.bash; COMP_WORDS=({}); COMP_CWORD={last}; _baxter baxter '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.join(" "),
            words[last],
            words[last - 1]
        );
        let mut shell = std::process::Command::new("bash");
        let output = shell.args(["-c", &script]).current_dir(folder.path()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for words in [
        &["baxter", "digest", "product_im"][..],
        &["baxter", "sync", "product_im"],
        &["baxter", "verify", "brands", "product_im"],
        &["baxter", "changes", "--stream", "product_im"],
        &["baxter", "export", "product_im"],
    ] {
        assert_eq!(completed(words), "product_images\n", "{words:?}");
    }
    assert_eq!(completed(&["baxter", "dig"]), "digest\n");
}

#[test]
fn completions_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("digest"), "{shell}");
    }
}
