//! Reads the workspace as data: its root, its sources, cargo's metadata and the tables of its pages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The folder with the workspace's `Cargo.toml`.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("testkit lies in crates/ of the workspace").to_path_buf()
}

/// Reads a file of the workspace; a missing one fails the test with its name.
pub fn read(path: &str) -> String {
    let file = root().join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path} cannot be read: {error}"))
}

/// `cargo metadata` with further arguments.
pub fn metadata(arguments: &[&str]) -> Value {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

/// The packages of the workspace, as cargo describes them.
pub fn packages() -> Vec<Value> {
    match metadata(&["--no-deps"])["packages"].take() {
        Value::Array(packages) => packages,
        other => panic!("cargo metadata has no packages: {other}"),
    }
}

/// A table of names: the Markdown table under a heading, its first column against the names in its second.
///
/// A name is what stands in backticks; the prefix `baxter-` is dropped, since folders do not carry it.
pub fn table(page: &str, heading: &str) -> BTreeMap<String, BTreeSet<String>> {
    let text = read(page);
    let mut under_heading = false;
    let mut rows = BTreeMap::new();
    for line in text.lines() {
        if line.starts_with('#') {
            under_heading = line.trim_start_matches('#').trim() == heading;
        } else if under_heading && line.starts_with('|') {
            let cells: Vec<&str> = line.trim().trim_matches('|').split('|').collect();
            let keys = names(cells[0]);
            for key in keys {
                let values: BTreeSet<String> = cells.get(1).map(|cell| names(cell)).unwrap_or_default();
                assert!(rows.insert(key.clone(), values).is_none(), "{page}: two rows for `{key}`");
            }
        }
    }
    assert!(!rows.is_empty(), "{page} has no table under the heading \"{heading}\"");
    rows
}

/// The names in backticks of one table cell.
fn names(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(folder_name).collect()
}

/// `baxter-engine` → `engine`; names without the prefix stay.
pub fn folder_name(package: &str) -> String {
    package.strip_prefix("baxter-").unwrap_or(package).to_owned()
}

/// Every Rust source under a folder of the workspace, with its path relative to that folder.
pub fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let base = root().join(folder);
    let mut found = Vec::new();
    let mut open = vec![base.clone()];
    while let Some(folder) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.map(|entry| entry.expect("a folder can be listed")) {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source is readable text");
                found.push((path.strip_prefix(&base).expect("it lies under base").to_path_buf(), text));
            }
        }
    }
    found.sort();
    found
}

/// The code of a line: without what follows `//`. Good enough for paths and macros, which never stand in a
/// string that holds two slashes on the same line.
pub fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or(line)
}
