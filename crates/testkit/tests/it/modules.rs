//! The modules of the engine know each other as the table in docs/architecture.md says, so that splitting the
//! engine into crates stays an afternoon's work.

use std::collections::BTreeSet;
use std::path::Path;

use crate::layers::assert_no_circle;
use crate::workspace::{code, sources, table};

const PAGE: &str = "docs/architecture.md";
const HEADING: &str = "Modules of the engine";

#[test]
fn modules_of_the_engine_know_only_whom_they_may() {
    let allowed = table(PAGE, HEADING);
    let files = sources("crates/engine/src");
    let modules: BTreeSet<String> = files.iter().filter_map(|(path, _)| module_of(path)).collect();
    let mut wrong = BTreeSet::new();
    for (path, text) in &files {
        let Some(from) = module_of(path) else { continue };
        let Some(may_know) = allowed.get(&from) else {
            wrong.insert(format!("`{from}` has no row"));
            continue;
        };
        for to in known_by(path, text, &modules).difference(may_know).filter(|to| **to != from) {
            wrong.insert(format!("`{from}` knows `{to}` ({})", path.display()));
        }
    }
    for name in allowed.iter().flat_map(|(from, to)| to.iter().chain([from])) {
        if !modules.contains(name) {
            wrong.insert(format!("`{name}` is no module of the engine"));
        }
    }
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "against the table \"{HEADING}\" of {PAGE}:\n  {}", wrong.join("\n  "));
}

#[test]
fn the_table_of_modules_has_no_circle() {
    assert_no_circle(&table(PAGE, HEADING));
}

#[test]
fn paths_are_read_from_uses_groups_and_supers() {
    let modules: BTreeSet<String> = ["model", "storage", "sync"].map(str::to_owned).into();
    let known = |path: &str, text: &str| -> Vec<String> {
        known_by(Path::new(path), text, &modules).into_iter().collect()
    };
    assert_eq!(
        known("sync.rs", "use crate::model::Key;\nlet x = crate::storage::open();"),
        ["model", "storage"]
    );
    assert_eq!(
        known("sync/mod.rs", "use crate::{\n  model::{Key, sync},\n  storage as s,\n};"),
        ["model", "storage"]
    );
    assert_eq!(known("storage/sqlite/mod.rs", "use super::super::sync::Plan;"), ["sync"]);
    assert_eq!(
        known("storage/sqlite/mod.rs", "use super::sync::Flush; // crate::model"),
        Vec::<String>::new()
    );
}

/// The module of the engine a file belongs to; none for `lib.rs`, which lists them all.
fn module_of(path: &Path) -> Option<String> {
    let first = path.iter().next()?.to_str()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (name != "lib").then(|| name.to_owned())
}

/// The modules that a file names through `crate::…`, or through as many `super::` as lead to the root.
fn known_by(path: &Path, text: &str, modules: &BTreeSet<String>) -> BTreeSet<String> {
    let text: String = text.lines().map(code).collect::<Vec<_>>().join(" ");
    let mut known = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let after = text[at + "crate::".len()..].trim_start();
        match after.strip_prefix('{') {
            Some(group) => known.extend(group_names(group)),
            None => known.extend(leading_name(after)),
        }
    }
    let depth = path.iter().count() - usize::from(path.ends_with("mod.rs"));
    for (at, _) in text.match_indices(&"super::".repeat(depth)) {
        known.extend(leading_name(&text[at + "super::".len() * depth..]));
    }
    known.retain(|name| modules.contains(name));
    known
}

/// `model::Key` → `model`.
fn leading_name(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

/// `model::{A, B}, storage}` → `model`, `storage`: the first names of a group's entries.
fn group_names(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut entry_starts = true;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => entry_starts = true,
            c if entry_starts && !c.is_whitespace() => {
                names.extend(leading_name(&group[at..]));
                entry_starts = false;
            }
            _ => {}
        }
    }
    names
}
