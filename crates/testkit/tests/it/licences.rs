//! Licences and bans of deny.toml, held without cargo-deny: over what this machine builds, and over Cargo.lock.

use std::collections::BTreeSet;
use std::process::Command;

use crate::workspace::{metadata, read};

#[test]
fn every_crate_has_an_allowed_licence() {
    let allowed = allowed_licences();
    // Only this platform's crates: the others need not have been downloaded.
    let version = Command::new("rustc").arg("-vV").output().expect("rustc runs").stdout;
    let version = String::from_utf8(version).expect("rustc prints text");
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    let metadata = metadata(&["--filter-platform", host]);
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().expect("cargo lists packages") {
        let licence = package["license"].as_str().unwrap_or("none stated");
        if !satisfied(licence, &allowed) {
            wrong.push(format!("{} {}: {licence}", package["name"], package["version"]));
        }
    }
    assert!(wrong.is_empty(), "not covered by the licences of deny.toml:\n  {}", wrong.join("\n  "));
}

#[test]
fn no_banned_crate_is_locked() {
    let lock: toml::Table = read("Cargo.lock").parse().expect("Cargo.lock is TOML");
    let packages = lock["package"].as_array().expect("Cargo.lock lists packages");
    // Names of dependencies may have a version behind them.
    let users = |name: &str| -> BTreeSet<String> {
        let uses = |package: &&toml::Value| {
            let needed = package.get("dependencies").and_then(toml::Value::as_array).into_iter().flatten();
            needed.filter_map(toml::Value::as_str).any(|needed| needed.split(' ').next() == Some(name))
        };
        packages
            .iter()
            .filter(uses)
            .filter_map(|package| package["name"].as_str())
            .map(str::to_owned)
            .collect()
    };
    let rules: toml::Table = read("deny.toml").parse().expect("deny.toml is TOML");
    let bans = rules["bans"]["deny"].as_array().expect("deny.toml lists bans");
    for required in ["aws-lc-sys", "openssl-sys", "native-tls"] {
        assert!(bans.iter().any(|ban| ban["crate"].as_str() == Some(required)), "{required} is not banned");
    }
    for ban in bans {
        let name = ban["crate"].as_str().expect("a ban names a crate");
        let wrappers = ban.get("wrappers").and_then(toml::Value::as_array).into_iter().flatten();
        let wrappers: BTreeSet<String> =
            wrappers.filter_map(toml::Value::as_str).map(str::to_owned).collect();
        let users: Vec<String> = users(name).difference(&wrappers).cloned().collect();
        assert!(users.is_empty(), "{name} is banned, and {users:?} use it: {}", ban["reason"]);
    }
}

#[test]
fn licence_expressions_are_understood() {
    let allowed = BTreeSet::from(["MIT".to_owned(), "Unicode-3.0".to_owned()]);
    for yes in [
        "MIT",
        "GPL-3.0 OR MIT",
        "MIT/Apache-2.0",
        "(MIT OR GPL-3.0) AND Unicode-3.0",
        "MIT AND MIT OR GPL-3.0",
    ] {
        assert!(satisfied(yes, &allowed), "{yes}");
    }
    for no in [
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "MIT WITH LLVM-exception",
        "(MIT OR GPL-3.0) AND GPL-3.0",
        "none stated",
    ] {
        assert!(!satisfied(no, &allowed), "{no}");
    }
}

fn allowed_licences() -> BTreeSet<String> {
    let rules: toml::Table = read("deny.toml").parse().expect("deny.toml is TOML");
    let allow = rules["licenses"]["allow"].as_array().expect("deny.toml lists licences");
    allow.iter().filter_map(|licence| licence.as_str().map(str::to_owned)).collect()
}

/// Whether an SPDX expression (`OR`, `AND`, `WITH`, parentheses; `/` as `OR`) can be met by allowed licences.
fn satisfied(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = tokens.as_slice();
    let value = any_of(&mut rest, allowed);
    value && rest.is_empty()
}

fn any_of(rest: &mut &[&str], allowed: &BTreeSet<String>) -> bool {
    let mut value = all_of(rest, allowed);
    while take(rest, "OR") {
        value |= all_of(rest, allowed);
    }
    value
}

fn all_of(rest: &mut &[&str], allowed: &BTreeSet<String>) -> bool {
    let mut value = one(rest, allowed);
    while take(rest, "AND") {
        value &= one(rest, allowed);
    }
    value
}

fn one(rest: &mut &[&str], allowed: &BTreeSet<String>) -> bool {
    if take(rest, "(") {
        let value = any_of(rest, allowed);
        return take(rest, ")") && value;
    }
    let Some((name, after)) = rest.split_first() else { return false };
    *rest = after;
    if take(rest, "WITH") {
        // An exception widens a licence, but none of ours is listed with one.
        *rest = rest.get(1..).unwrap_or_default();
        return false;
    }
    allowed.contains(*name)
}

fn take(rest: &mut &[&str], word: &str) -> bool {
    let found = rest.first() == Some(&word);
    if found {
        *rest = &rest[1..];
    }
    found
}
