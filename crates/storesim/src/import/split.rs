//! Takes apart records that were recorded with `include`: what the plain representation does not have
//! becomes rows of its own.

use crate::json::{self, Members};

/// Members of products and customers that are records of another resource.
const PARTS: [(&str, &str, &str); 7] = [
    ("products", "variants", "variants"),
    ("products", "images", "product_images"),
    ("products", "options", "product_options"),
    ("products", "modifiers", "product_modifiers"),
    ("products", "custom_fields", "product_custom_fields"),
    ("products", "bulk_pricing_rules", "product_bulk_pricing_rules"),
    ("customers", "addresses", "customer_addresses"),
];

/// Counts that come with included records and mean nothing without them.
const COUNTS: [(&str, &str); 2] = [("customers", "address_count"), ("customers", "attribute_count")];

/// A record and the rows that were inside it.
pub(super) struct Parts {
    pub(super) record: String,
    /// Resource, parent and text.
    pub(super) children: Vec<(&'static str, Option<i64>, String)>,
}

impl Parts {
    /// How many rows of a resource were inside.
    pub(super) fn count(&self, resource: &str) -> u32 {
        self.children.iter().filter(|(child, ..)| *child == resource).count() as u32
    }
}

/// Splits a record; one with nothing inside comes back byte for byte.
pub(super) fn split(resource: &str, text: &str) -> Parts {
    let whole = || Parts { record: text.to_owned(), children: Vec::new() };
    if !matches!(resource, "products" | "customers") {
        return whole();
    }
    let Some(members) = Members::read(text) else { return whole() };
    let id = members.get("id").and_then(json::integer);
    let mut children = Vec::new();
    let mut cut = Vec::new();
    for (_, member, child) in PARTS.iter().filter(|(parent, ..)| *parent == resource) {
        // An address list that is a link or a count is left alone: only lists hold records.
        let Some(records) = members.get(member).and_then(json::entries) else { continue };
        // Nor is one whose entries are no records of this customer.
        let own = |record: &&str| {
            let members = Members::read(record);
            let number = |name: &str| members.as_ref()?.get(name).and_then(json::integer);
            number("id").is_some() && number("customer_id") == id
        };
        if resource == "customers" && !records.iter().all(own) {
            return whole();
        }
        let parent = id.filter(|_| resource == "products");
        children.extend(records.iter().map(|record| (*child, parent, (*record).to_owned())));
        cut.push(*member);
    }
    cut.extend(COUNTS.iter().filter(|(parent, _)| *parent == resource).map(|(_, member)| *member));
    if !cut.iter().any(|name| members.get(name).is_some()) {
        return whole();
    }
    Parts { record: json::without(text, |name| cut.contains(&name)), children }
}

/// A category in its older form (`id`, `custom_url`) as the one of a tree, when it is one.
pub(super) fn older_category(text: &str) -> Option<String> {
    let members = Members::read(text)?;
    if members.get("category_id").is_some() {
        return None;
    }
    let id = members.get("id")?;
    let url = members.get("custom_url").and_then(Members::read).map(|url| {
        let get = |name: &str, other: &'static str| url.get(name).unwrap_or(other).to_owned();
        format!("{{\"path\":{},\"is_customized\":{}}}", get("url", "\"\""), get("is_customized", "false"))
    });
    let mut all: Vec<(&str, &str)> = vec![("category_id", id), ("tree_id", "1")];
    for (name, value) in &members.0 {
        match name.as_ref() {
            "id" | "tree_id" => {}
            "custom_url" => all.extend(url.as_deref().map(|url| ("url", url))),
            name => all.push((name, value.get())),
        }
    }
    Some(json::object(all.into_iter()))
}

/// The highest id of a variant that a product names, as its base variant or inside it.
pub(super) fn highest_variant(product: &str) -> Option<i64> {
    let members = Members::read(product)?;
    let inside = members.get("variants").and_then(json::entries).unwrap_or_default();
    let ids = inside.into_iter().filter_map(|variant| json::integer(Members::read(variant)?.get("id")?));
    ids.chain(members.get("base_variant_id").and_then(json::integer)).max()
}
