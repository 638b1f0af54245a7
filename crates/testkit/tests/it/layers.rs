//! The dependencies between our crates are those of the table in docs/architecture.md, and no others.

use std::collections::{BTreeMap, BTreeSet};

use crate::workspace::{folder_name, packages, table};

const PAGE: &str = "docs/architecture.md";
const HEADING: &str = "Who may know whom";

/// Tests may start a simulated store and use the kit, whatever their crate may know otherwise.
const FOR_TESTS: [&str; 2] = ["storesim", "testkit"];

#[test]
fn crates_know_only_whom_they_may() {
    let allowed = table(PAGE, HEADING);
    let packages = packages();
    let ours: BTreeSet<String> = packages.iter().map(|package| folder_name(name_of(package))).collect();
    let mut wrong = Vec::new();
    for package in &packages {
        let from = folder_name(name_of(package));
        let Some(may_know) = allowed.get(&from) else {
            wrong.push(format!("`{from}` has no row"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = folder_name(name_of(dependency));
            let for_tests = dependency["kind"] == "dev";
            if !ours.contains(&to) || may_know.contains(&to) && to != "testkit" {
                continue;
            }
            if !(for_tests && FOR_TESTS.contains(&to.as_str())) {
                wrong.push(format!("`{from}` knows `{to}`"));
            }
        }
    }
    for (from, may_know) in &allowed {
        for name in may_know.iter().chain([from]).filter(|name| !ours.contains(*name)) {
            wrong.push(format!("`{name}`, named in the row of `{from}`, is no crate of the workspace"));
        }
    }
    assert!(wrong.is_empty(), "against the table \"{HEADING}\" of {PAGE}:\n  {}", wrong.join("\n  "));
}

#[test]
fn the_table_of_crates_has_no_circle() {
    assert_no_circle(&table(PAGE, HEADING));
}

/// Fails when a name reaches itself by following what it may know.
pub fn assert_no_circle(allowed: &BTreeMap<String, BTreeSet<String>>) {
    for start in allowed.keys() {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&String> = allowed[start].iter().collect();
        while let Some(name) = open.pop() {
            assert_ne!(name, start, "`{start}` may know itself by way of others");
            if seen.insert(name) {
                open.extend(allowed.get(name).into_iter().flatten());
            }
        }
    }
}

fn name_of(package: &serde_json::Value) -> &str {
    package["name"].as_str().expect("cargo names every package")
}
