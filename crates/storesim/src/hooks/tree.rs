//! A category tree as nested nodes (category-trees_catalog.v3.yml, `CategoryNodeTree`).

use std::collections::HashMap;

use crate::data::Data;
use crate::json::{self, Members};
use crate::serve::{Answer, Failure, Query, Version};

/// The deepest a category lies.
pub(super) const LEVELS: usize = 8;

/// An integer of a category, 0 when it is not there.
pub(super) fn number(members: &Members, name: &str) -> i64 {
    members.get(name).and_then(json::integer).unwrap_or(0)
}

/// An integer of a record, 0 when it is not there.
pub(super) fn number_of(text: &str, name: &str) -> i64 {
    Members::read(text).map_or(0, |members| number(&members, name))
}

/// Nodes of one tree, `depth` levels of them.
pub(super) fn nested(data: &Data, tree: i64, query: &Query) -> Result<Answer, Failure> {
    if data.table("category_trees").get(tree).is_none() {
        return Err(Failure::not_found(Version::V3, "category tree", tree));
    }
    let depth = query.number("depth", LEVELS as u64).min(LEVELS as u64) as usize;
    let mut children: HashMap<i64, Vec<Members>> = HashMap::new();
    for record in data.table("categories").records() {
        if let Some(members) = Members::read(&record.text)
            && members.get("tree_id").and_then(json::integer) == Some(tree)
        {
            let parent = members.get("parent_id").and_then(json::integer).unwrap_or(0);
            children.entry(parent).or_default().push(members);
        }
    }
    let mut path = Vec::new();
    Ok(Answer::data(200, &nodes(&children, 0, depth, &mut path)))
}

fn nodes(children: &HashMap<i64, Vec<Members>>, parent: i64, depth: usize, path: &mut Vec<i64>) -> String {
    let mut texts = Vec::new();
    let below = if path.len() < depth { children.get(&parent).map_or(&[][..], Vec::as_slice) } else { &[] };
    for members in below {
        let id = members.get("category_id").and_then(json::integer).unwrap_or(0);
        path.push(id);
        let steps: Vec<String> = path.iter().map(i64::to_string).collect();
        let url = members.path("url.path").unwrap_or("\"\"");
        texts.push(format!(
            "{{\"id\":{id},\"parent_id\":{parent},\"depth\":{},\"path\":[{}],\"name\":{},\"is_visible\":{},\"url\":{url},\"children\":{}}}",
            path.len() - 1,
            steps.join(","),
            members.get("name").unwrap_or("\"\""),
            members.get("is_visible").unwrap_or("true"),
            nodes(children, id, depth, path),
        ));
        path.pop();
    }
    format!("[{}]", texts.join(","))
}
