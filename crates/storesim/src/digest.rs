//! Digests of the streams that a mirror of this store keeps: SHA-256 over the canonical records in
//! key order, a line feed after each.

use sha2::{Digest as _, Sha256};

use crate::canonical::canonical;
use crate::data::Data;
use crate::declare::{self, Resource};
use crate::hooks::{self, assignments};
use crate::json::{self, Members};
use crate::serve::{View, inside, owned};
use crate::stock::Places;
use crate::table::{Record, Table};

/// What a stream amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digest {
    /// Records.
    pub count: u64,
    /// Lower-case hex.
    pub sha256: String,
}

struct Sum {
    hash: Sha256,
    count: u64,
    line: Vec<u8>,
}

impl Sum {
    fn add(&mut self, text: &str) {
        self.line.clear();
        if canonical(text, &mut self.line).is_some() {
            self.line.push(b'\n');
            self.hash.update(&self.line);
            self.count += 1;
        }
    }
}

/// The digest of a stream; `None` when there is no such stream.
pub(crate) fn digest(data: &Data, stream: &str) -> Option<Digest> {
    let mut sum = Sum { hash: Sha256::new(), count: 0, line: Vec::with_capacity(4096) };
    match stream {
        "orders" => {
            let table = data.table("orders");
            let view = View::of_orders(table.resource);
            let mut text = Vec::new();
            for record in table.records() {
                text.clear();
                view.render(data, table, record, &mut text);
                sum.add(&cut_order(&String::from_utf8_lossy(&text)));
            }
        }
        "order_statuses" => {
            let all = hooks::order_statuses();
            for entry in json::entries(&all).unwrap_or_default() {
                sum.add(entry);
            }
        }
        "order_taxes" => {
            let orders = data.table("orders").records().iter();
            let mut rows: Vec<String> =
                orders.flat_map(|order| hooks::tax_rows(data, order.id, false)).collect();
            rows.sort_by_cached_key(|row| {
                Members::read(row).and_then(|m| m.get("id")).and_then(json::integer)
            });
            for row in rows {
                sum.add(&row);
            }
        }
        "order_shipping_addresses" => {
            let live = |record: &&Record| data.table("orders").get(record.parent).is_some();
            for record in data.table("order_shipping_addresses").records().iter().filter(live) {
                sum.add(&json::without(&record.text, |name| name == "order_id"));
            }
        }
        _ if data
            .tables()
            .iter()
            .any(|table| table.resource.name == stream && table.resource.inside.is_some()) =>
        {
            let resource = data.table(stream).resource;
            let above = resource.parent.as_ref().map_or(&[][..], |parent| data.table(parent).records());
            let mut all: Vec<&str> =
                above.iter().flat_map(|record| inside::entries(data, resource, record.id)).collect();
            all.sort_by_key(|entry| inside::id(entry));
            for entry in all {
                sum.add(entry);
            }
        }
        "inventory_items" | "inventory_levels" => {
            let places = Places::read(data.table("locations"));
            let mut text = String::new();
            for item in data.stock.items() {
                text.clear();
                item.text(&places, &mut text);
                if stream == "inventory_items" {
                    sum.add(&json::without(&text, |name| name == "locations"));
                } else if let Some(locations) = Members::read(&text).and_then(|m| m.get("locations")) {
                    for level in json::entries(locations).unwrap_or_default() {
                        sum.add(level);
                    }
                }
            }
        }
        "product_category_assignments" => {
            for pair in data.category_pairs() {
                sum.add(&assignments::text(*pair));
            }
        }
        // What a list shows of any other resource; hooks are their clients' own.
        other => {
            let number = declare::number(other).filter(|_| other != "hooks")?;
            let table = &data.tables()[number];
            if !table.resource.is_listed() {
                return None;
            }
            let mut records: Vec<&Record> = table.records().iter().collect();
            if table.resource.text_key() {
                let key = |record: &&Record| {
                    let members = Members::read(&record.text);
                    members.and_then(|m| m.get(&table.resource.key)).map(|raw| json::plain(raw).into_owned())
                };
                records.sort_by_cached_key(key);
            } else if !table.resource.has_key() && !table.resource.identity.is_empty() {
                records.sort_by_cached_key(|record| identity(table.resource, &record.text));
            }
            for record in records.into_iter().filter(|record| shown(data, table, record)) {
                sum.add(&record.text);
            }
        }
    }
    let sha256 = sum.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Some(Digest { count: sum.count, sha256 })
}

/// Whether the store's own account sees a record in a list: what is listed only with its order goes with it.
fn shown(data: &Data, table: &Table, record: &Record) -> bool {
    let private = table.resource.private && !owned::sees(data.webhooks.client_id(), &record.text);
    let resource = table.resource;
    let listed = resource.lists_alone() && !resource.private;
    let above = resource.parent.as_deref() == Some("orders") && !listed;
    !private && (!above || data.table("orders").get(record.parent).is_some())
}

/// The order of records without a key: by the members that identify them, numbers by value.
fn identity(resource: &Resource, text: &str) -> Vec<(i64, String)> {
    let members = Members::read(text);
    let value = |name: &String| {
        let raw = members.as_ref().and_then(|members| members.get(name)).unwrap_or("null");
        // Texts are compared as such, also when they look like numbers.
        let number = if raw.starts_with('"') { None } else { json::integer(raw) };
        (number.unwrap_or(0), json::plain(raw).into_owned())
    };
    resource.identity.iter().map(value).collect()
}

/// Takes `shipping` and every `line_items` out of an order's consignments.
fn cut_order(text: &str) -> String {
    let Some(consignments) = Members::read(text).and_then(|members| members.get("consignments")) else {
        return text.to_owned();
    };
    let kept = cut_lines(&json::without(consignments, |name| name == "shipping"));
    json::edit(text, &[("consignments", kept)])
}

/// Takes every member `line_items` out, however deep.
fn cut_lines(text: &str) -> String {
    if let Some(members) = Members::read(text) {
        let kept: Vec<(String, String)> = members
            .0
            .iter()
            .filter(|(name, _)| name != "line_items")
            .map(|(name, value)| (name.to_string(), cut_lines(value.get())))
            .collect();
        return json::object(kept.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    }
    match text.starts_with('[').then(|| json::entries(text)).flatten() {
        Some(entries) => {
            let kept: Vec<String> = entries.into_iter().map(cut_lines).collect();
            format!("[{}]", kept.join(","))
        }
        None => text.to_owned(),
    }
}
