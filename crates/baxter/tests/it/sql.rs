//! `baxter sql`: a statement, standard input, a session at a terminal. Nothing can be written by it.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use baxter_testkit::{TestBaxter, wait_until};

use crate::program::{PROGRAM, snapshot, store, told, told_of};

const PATIENCE: Duration = Duration::from_secs(30);

/// Whether `text` is nothing but sequences that set the terminal's modes, such as `ESC[?2004h`.
fn is_mode(text: &str) -> bool {
    text.split('\u{1b}').all(|sequence| {
        let sequence = sequence.trim();
        sequence.is_empty() || (sequence.starts_with('[') && sequence.len() < 10)
    })
}

fn with_input(baxter: &TestBaxter, arguments: &[&str], input: &str) -> String {
    let mut command = baxter.command(arguments);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("it starts");
    child.stdin.take().expect("standard input").write_all(input.as_bytes()).expect("it reads");
    told(&child.wait_with_output().expect("it ends"))
}

#[test]
fn statements_come_as_argument_or_on_standard_input_and_write_nothing() {
    let (_store, baxter) = store(&[]);
    let missing = baxter.run(&["sql", "select 1"]).failure(1);
    assert!(missing.stderr.contains("error[mirror-missing]"), "{missing}");
    baxter.run(&["sync", "brands", "--quiet"]).success();
    let before = baxter.digest("brands");
    let mut said = Vec::new();
    for format in ["table", "json", "jsonl", "csv"] {
        let sql = "select ';' as a, count(*) > 1 as b from brands -- all;";
        said.push(format!("$ -o {format}\n{}", told_of(&baxter.run(&["sql", sql, "-o", format]))));
    }
    let input = "select 1 as a;\n-- two;\nselect 'x;y' as b;\ndelete from brands;\nselect 3 as c";
    said.push(format!("$ < input\n{}", with_input(&baxter, &["sql", "-o", "csv"], input)));
    said.push(format!("$ < input\n{}", with_input(&baxter, &["sql"], "select 1 as a;\n.tables\n")));
    for sql in [
        "delete from brands",
        "insert into brands (id) values (1)",
        "pragma query_only = off",
        "pragma writable_schema = on",
        "attach ':memory:' as other",
        "vacuum into 'copy.db'",
        "create temp table t (x)",
        "begin immediate",
        "; -- nothing",
    ] {
        said.push(format!("$ {sql}\n{}", told_of(&baxter.run(&["sql", sql]))));
    }
    snapshot!("sql", said.join("\n"));
    assert_eq!(baxter.digest("brands"), before);
}

/// `script` gives the program a terminal of its own.
#[test]
fn a_session_goes_on_after_mistakes_and_ctrl_c() {
    let (_store, baxter) = store(&[]);
    baxter.run(&["sync", "brands", "--quiet"]).success();
    let transcript = baxter.folder().join("transcript");
    let mut command = Command::new("script");
    command
        .args(["-qefc", &format!("exec {PROGRAM} sql")])
        .arg(&transcript)
        .env_clear()
        .current_dir(baxter.folder());
    command
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("TERM", "xterm")
        .env("SHELL", "/bin/sh");
    command.envs(baxter.command(&[]).get_envs().filter_map(|(name, value)| Some((name, value?))));
    let started = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let Ok(mut terminal) = started else {
        eprintln!("skipped: there is no `script`");
        return;
    };
    let mut keys = terminal.stdin.take().expect("its keys");
    let shown = || String::from_utf8_lossy(&std::fs::read(&transcript).unwrap_or_default()).into_owned();
    // Once the prompt stands last on the screen, keys are read by it.
    let is_ready = || shown().rsplit("baxter> ").next().is_some_and(is_mode);
    let enter = |keys: &mut std::process::ChildStdin, text: &str, answer: &str| {
        assert!(wait_until(PATIENCE, is_ready), "no prompt before {text:?}: {}", shown());
        let seen = shown().len();
        keys.write_all(text.as_bytes()).and_then(|()| keys.flush()).expect("it reads");
        let told = wait_until(PATIENCE, || shown()[seen..].contains(answer));
        assert!(told, "no {answer:?} after {text:?}: {}", shown());
    };
    // In the middle of a statement there is no prompt to wait for.
    let enter_in = |keys: &mut std::process::ChildStdin, text: &str, answer: &str| {
        let seen = shown().len();
        keys.write_all(text.as_bytes()).and_then(|()| keys.flush()).expect("it reads");
        let told = wait_until(PATIENCE, || shown()[seen..].contains(answer));
        assert!(told, "no {answer:?} after {text:?}: {}", shown());
    };
    assert!(wait_until(PATIENCE, || shown().contains("baxter> ")), "{}", shown());
    enter(&mut keys, "select 20 + 3\ras n;\r", "23");
    enter(&mut keys, "delete from brands;\r", "error[query-refused]");
    enter(&mut keys, ".columns brands\r", "page_title");
    // Commands of the prompt's own were once swallowed by a statement that was under way.
    enter(&mut keys, "select 60 + 6 as\r", "select 60 + 6 as");
    enter_in(&mut keys, ".columns brands\r", "page_title");
    let goes_on = || shown().rsplit("baxter> ").next().is_some_and(|line| line.contains("select 60 + 6 as"));
    assert!(wait_until(PATIENCE, goes_on), "{}", shown());
    enter_in(&mut keys, "sixty;\r", "66");
    enter(&mut keys, "select min(id) as smallest from bra\ts;\r", "smallest");
    let endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n;\r";
    enter(&mut keys, endless, "with recursive");
    // While the prompt still reads the terminal, Ctrl-C is a key that does nothing.
    let mut pressed = std::time::Instant::now();
    let stopped = wait_until(PATIENCE, || {
        if pressed.elapsed() > Duration::from_millis(200) {
            pressed = std::time::Instant::now();
            keys.write_all(b"\x03").and_then(|()| keys.flush()).expect("it reads");
        }
        shown().contains("error[interrupted]")
    });
    assert!(stopped, "{}", shown());
    enter(&mut keys, "select 40 + 2 as more;\r", "42");
    assert!(wait_until(PATIENCE, is_ready), "{}", shown());
    keys.write_all(b"\x04").expect("it reads");
    let mut ended = None;
    wait_until(Duration::from_secs(30), || {
        ended = terminal.try_wait().expect("a status");
        ended.is_some()
    });
    if ended.is_none() {
        terminal.kill().ok();
    }
    assert_eq!(ended.and_then(|status| status.code()), Some(0), "{}", shown());
}
