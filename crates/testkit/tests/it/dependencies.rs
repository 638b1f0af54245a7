//! Every crate we depend on has its reason in docs/dependencies.md, and no reason outlives its crate.

use std::collections::BTreeSet;

use crate::workspace::{packages, read};

const PAGE: &str = "docs/dependencies.md";

#[test]
fn every_dependency_has_its_line_and_no_line_is_stale() {
    let named: BTreeSet<String> = packages()
        .iter()
        .flat_map(|package| package["dependencies"].as_array().cloned().unwrap_or_default())
        .filter(|dependency| dependency["path"].is_null())
        .filter_map(|dependency| dependency["name"].as_str().map(str::to_owned))
        .collect();
    let page = read(PAGE);
    let explained: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name.to_owned())
        .collect();
    let missing: Vec<_> = named.difference(&explained).collect();
    let stale: Vec<_> = explained.difference(&named).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "{PAGE}: without a line {missing:?}, no longer used {stale:?}"
    );
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let why = line.split('|').nth(2).unwrap_or_default().trim();
        assert!(why.len() > 10, "{PAGE}: no reason in {line}");
    }
}

#[test]
fn versions_stand_in_one_place() {
    for package in packages() {
        let manifest = package["manifest_path"].as_str().expect("cargo names the manifest");
        let text = std::fs::read_to_string(manifest).expect("a manifest is readable");
        let manifest: toml::Table = text.parse().expect("a manifest is TOML");
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, value) in manifest.get(section).and_then(toml::Value::as_table).into_iter().flatten() {
                let inherited = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
                assert!(inherited, "{}: {name} has a version of its own", package["name"]);
            }
        }
    }
}
