//! Running the program without a store, and comparing what it says.

use std::path::Path;
use std::process::{Command, Output};

use baxter_testkit::{TestBaxter, TestStore};

/// The built program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_baxter");

/// A run in `folder` with an environment of its own.
pub fn run_in(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(PROGRAM)
        .env_clear()
        .env("HOME", folder)
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("the program starts")
}

/// A run in a folder that is empty.
pub fn run(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    run_in(folder.path(), arguments)
}

/// Exit code and both streams, as one text to compare.
pub fn told(output: &Output) -> String {
    format!(
        "exit {}\n--- stdout\n{}--- stderr\n{}",
        output.status.code().map_or("by signal".to_owned(), |code| code.to_string()),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    )
}

/// As [`told`], of a run against a store.
pub fn told_of(output: &baxter_testkit::Output) -> String {
    format!(
        "exit {}\n--- stdout\n{}--- stderr\n{}",
        output.status.code().map_or("by signal".to_owned(), |code| code.to_string()),
        output.stdout,
        output.stderr,
    )
}

/// A small store, and a Baxter that knows it.
pub fn store(arguments: &[&str]) -> (TestStore, TestBaxter) {
    let mut all = vec!["--products", "30", "--customers", "12", "--orders", "15"];
    all.extend(arguments);
    let store = TestStore::start(PROGRAM, &all);
    let baxter = TestBaxter::new(PROGRAM, &store);
    (store, baxter)
}

/// Compares with a snapshot in which what differs from run to run is replaced.
macro_rules! snapshot {
    ($name:expr, $text:expr) => {
        insta::with_settings!({
            omit_expression => true,
            prepend_module_to_snapshot => false,
            filters => vec![
                (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
                (r"/tmp/\.?[A-Za-z0-9_.-]+", "[FOLDER]"),
                (r"\(process \d+\)", "(process PID)"),
                (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[TIME]"),
                (r"\d+\.\d+ s\b", "[SECONDS] s"),
                (r"\d+ of 100000 left in \S+ s", "[QUOTA]"),
                (r"(?m)^(clock\W+ok\W+)[a-z0-9].*$", "$1[CLOCK]"),
            ],
        }, {
            insta::assert_snapshot!($name, $text);
        });
    };
}
pub(crate) use snapshot;
