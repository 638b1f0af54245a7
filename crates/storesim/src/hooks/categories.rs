//! Categories: their place in a tree (category-trees_catalog.v3.yml).

use std::collections::HashMap;

use uuid::Uuid;

use super::tree::LEVELS;
use crate::chance::Chance;
use crate::data::Data;
use crate::json::{self, Members, quote};
use crate::serve::Failure;
use crate::write::{self, Draft};

/// Checks and fills a category's place.
pub(super) fn prepare(data: &mut Data, draft: &mut Draft) -> Result<(), Failure> {
    let title = draft.resource.texts.invalid_title.clone();
    let wrong = |field: &str, reason: &str| Failure::new(422, title.clone()).field(field, reason);
    let number = |draft: &Draft, name: &str| draft.get(name).and_then(|raw| json::integer(&raw)).unwrap_or(0);
    let parent = number(draft, "parent_id");
    if draft.old.is_none() && draft.given("tree_id").is_none() && parent == 0 {
        return Err(wrong("tree_id", "Please provide tree_id or parent_id."));
    }
    if parent > 0 {
        let Some(text) = data.text("categories", parent) else {
            return Err(wrong("parent_id", "Parent category does not exist."));
        };
        if draft.given("parent_id").is_some() {
            let tree = Members::read(text).and_then(|m| m.get("tree_id")).unwrap_or("1").to_owned();
            draft.set("tree_id", tree);
        }
        let line = line(data, parent);
        if line.contains(&draft.id) {
            return Err(wrong("parent_id", "A category cannot be its own ancestor."));
        }
        if line.len() >= LEVELS {
            return Err(wrong("parent_id", "Categories cannot be nested deeper than 8 levels."));
        }
    }
    let tree = number(draft, "tree_id").max(1);
    if data.table("category_trees").get(tree).is_none() {
        return Err(wrong("tree_id", "Tree does not exist."));
    }
    let moved = ["name", "parent_id", "tree_id"].iter().any(|name| draft.given(name).is_some());
    let name = draft
        .get("name")
        .and_then(|raw| json::string(&raw).map(|name| name.into_owned()))
        .unwrap_or_default();
    if moved {
        let taken = data.table("categories").records().iter().any(|record| {
            record.id != draft.id
                && Members::read(&record.text).is_some_and(|members| {
                    let number = |name| members.get(name).and_then(json::integer);
                    number("parent_id") == Some(parent)
                        && number("tree_id") == Some(tree)
                        && members.get("name").is_some_and(|raw| json::plain(raw).eq_ignore_ascii_case(&name))
                })
        });
        if taken {
            return Err(wrong("name", "The category name is already in use at this level."));
        }
    }
    if draft.old.is_none() {
        let mut chance = Chance::new(draft.id as u64);
        let uuid = Uuid::from_u64_pair(chance.next() & !0xf000 | 0x4000, chance.next() >> 2 | 1 << 63);
        draft.set_text("category_uuid", &uuid.to_string());
        if draft.given("url").is_none() {
            let own = super::slug(&name);
            let above =
                data.text("categories", parent).and_then(Members::read).and_then(|m| m.path("url.path"));
            let above = above.map(|raw| json::plain(raw).into_owned()).unwrap_or_else(|| "/".into());
            let path = quote(&format!("{}{own}", above.trim_end_matches('/')));
            draft.set("url", format!("{{\"path\":{path},\"is_customized\":false}}"));
        }
    }
    Ok(())
}

/// A category and those above it.
fn line(data: &Data, id: i64) -> Vec<i64> {
    let mut line = Vec::new();
    let mut at = id;
    while at > 0 && line.len() <= LEVELS && !line.contains(&at) {
        line.push(at);
        let above =
            data.text("categories", at).and_then(Members::read).and_then(|members| members.get("parent_id"));
        at = above.and_then(json::integer).unwrap_or(0);
    }
    line
}

/// A category goes with its subtree; products stay, without them.
pub(super) fn deleting(data: &mut Data, id: i64) {
    let mut children: HashMap<i64, Vec<i64>> = HashMap::new();
    for record in data.table("categories").records() {
        let parent = Members::read(&record.text).and_then(|members| members.get("parent_id"));
        children.entry(parent.and_then(json::integer).unwrap_or(0)).or_default().push(record.id);
    }
    let (mut open, mut gone) = (vec![id], vec![id]);
    while let Some(at) = open.pop() {
        for child in children.remove(&at).unwrap_or_default() {
            write::remove_owned(data, "categories", child);
            data.remove("categories", child);
            open.push(child);
            gone.push(child);
        }
    }
    super::assignments::forget_categories(data, &gone);
}
