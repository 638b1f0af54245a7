//! How a record is served: its text, with fields left out or sub-resources added.

use super::query::Query;
use crate::data::Data;
use crate::declare::{Include, Resource};
use crate::hooks;
use crate::json::{self, Members};
use crate::table::{Record, Table};

/// What a request wants to see of each record.
pub(crate) struct View {
    includes: Vec<&'static (String, Include)>,
    only: Option<Vec<String>>,
    never: Vec<String>,
    /// `consignment_structure=object` was given.
    structured: bool,
}

impl View {
    /// Reads `include`, `include_fields` and `exclude_fields`.
    pub fn read(resource: &'static Resource, query: &Query) -> Self {
        let names = |parameter: &str| -> Option<Vec<String>> {
            query.list(parameter).map(|names| names.into_iter().map(str::to_owned).collect())
        };
        let asked = names("include").unwrap_or_default();
        let fieldsets = resource.fieldsets;
        Self {
            includes: resource.includes.iter().filter(|(name, _)| asked.contains(name)).collect(),
            only: names("include_fields").filter(|_| fieldsets),
            never: names("exclude_fields").filter(|_| fieldsets).unwrap_or_default(),
            structured: query.get("consignment_structure") == Some("object"),
        }
    }

    /// The plain representation.
    pub fn plain() -> Self {
        Self { includes: Vec::new(), only: None, never: Vec::new(), structured: false }
    }

    /// What the orders stream reads, less the lines that it cuts out anyway.
    pub fn of_orders(resource: &'static Resource) -> Self {
        let includes = resource.includes.iter().filter(|(name, _)| name != "consignments.line_items");
        Self { includes: includes.collect(), structured: true, ..Self::plain() }
    }

    /// Whether one of the includes lowers the page size.
    pub fn capping(&self) -> bool {
        self.includes.iter().any(|(_, include)| matches!(include, Include::Children(_, true)))
    }

    /// Whether an include was asked for.
    pub fn has(&self, name: &str) -> bool {
        self.includes.iter().any(|(known, _)| known == name)
    }

    /// Whether consignments are wanted as objects.
    pub fn structured(&self) -> bool {
        self.structured
    }

    /// Appends a record as the request wants it.
    pub fn render(&self, data: &Data, table: &Table, record: &Record, out: &mut Vec<u8>) {
        let resource = table.resource;
        let start = out.len();
        if self.only.is_some() || !self.never.is_empty() {
            out.extend_from_slice(self.cut(resource, &record.text).as_bytes());
        } else {
            out.extend_from_slice(record.text.as_bytes());
        }
        if self.includes.is_empty() {
            return;
        }
        for (name, include) in &self.includes {
            if matches!(include, Include::Hook) {
                continue;
            }
            open(out, name);
            match include {
                Include::Children(child, _) => {
                    out.push(b'[');
                    for (index, child) in data.table(child).of(record.id).enumerate() {
                        if index > 0 {
                            out.push(b',');
                        }
                        out.extend_from_slice(child.text.as_bytes());
                    }
                    out.push(b']');
                }
                Include::Flagged(child, flag) => {
                    let flagged =
                        |text: &&str| Members::read(text).is_some_and(|m| m.get(flag) == Some("true"));
                    let found = data.table(child).of(record.id).map(|child| &*child.text).find(flagged);
                    out.extend_from_slice(found.unwrap_or("null").as_bytes());
                }
                Include::Constant(text) => out.extend_from_slice(text.as_bytes()),
                Include::Hook => {}
            }
            out.push(b'}');
        }
        if self.includes.iter().any(|(_, include)| matches!(include, Include::Hook)) {
            hooks::render(self, data, resource, record, start, out);
        }
    }

    /// An object that is no record, as the request wants it.
    pub fn fields(&self, resource: &Resource, text: &str) -> String {
        if self.only.is_some() || !self.never.is_empty() { self.cut(resource, text) } else { text.to_owned() }
    }

    fn cut(&self, resource: &Resource, text: &str) -> String {
        json::without(text, |name| {
            let named = |list: &[String]| list.iter().any(|known| known == name);
            name != resource.key
                && (self.only.as_ref().is_some_and(|only| !named(only)) || named(&self.never))
        })
    }
}

/// Takes the last brace off and begins a member.
pub(crate) fn open(out: &mut Vec<u8>, name: &str) {
    out.pop();
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}
