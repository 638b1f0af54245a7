//! What a declaration cannot say: small named behaviours of single resources.

mod consignments;
mod inventory;
mod statuses;
mod tree;

use crate::data::Data;
use crate::declare::Resource;
use crate::serve::{Answer, Failure, Query, Version, View};
use crate::table::Record;

pub(crate) use statuses::STATUSES;

/// Serves a GET that is no list and no record.
pub(crate) fn read(
    data: &Data,
    hook: &str,
    ids: &[i64],
    query: &Query,
    version: Version,
    strict_limit: bool,
) -> Result<Answer, Failure> {
    let order = || {
        let id = ids.first().copied().unwrap_or(0);
        data.table("orders").any(id).ok_or_else(|| Failure::not_found(version, "order", id))
    };
    match hook {
        "time" => Ok(Answer::new(200, format!("{{\"time\":{}}}", data.clock.now()))),
        "nothing" => order().map(|_| Answer::nothing()),
        "consignments" => Ok(Answer::new(200, consignments::text(data, order()?, query_has_lines(query)))),
        "taxes" => consignments::taxes(data, order()?),
        "order_count" => statuses::count(data, query),
        "order_statuses" => Ok(Answer::new(200, statuses::all())),
        "order_status" => statuses::one(ids.first().copied().unwrap_or(-1)),
        "tree" => tree::nested(data, ids.first().copied().unwrap_or(0), query),
        "inventory_items" => inventory::items(data, query, strict_limit),
        "location_items" => inventory::at(data, ids.first().copied().unwrap_or(0), query, strict_limit),
        _ => Err(Failure::new(501, format!("{hook} is not served"))),
    }
}

fn query_has_lines(query: &Query) -> bool {
    query.list("include").is_some_and(|names| names.contains(&"consignments.line_items"))
}

/// Adds what the declared includes of kind `hook` want to the record rendered from `start` on.
pub(crate) fn render(
    view: &View,
    data: &Data,
    resource: &Resource,
    record: &Record,
    start: usize,
    out: &mut Vec<u8>,
) {
    match resource.name.as_str() {
        "orders" => consignments::render(view, data, record, start, out),
        "customers" => {
            for (include, member) in [
                ("storecredit", ",\"store_credit_amounts\":[{\"amount\":0}]}"),
                ("formfields", ",\"form_fields\":[]}"),
                ("shopper_profile_id", ",\"shopper_profile_id\":null}"),
            ] {
                if view.has(include) {
                    out.pop();
                    out.extend_from_slice(member.as_bytes());
                }
            }
        }
        // Addresses may carry their form fields already.
        "customer_addresses" if view.has("formfields") && !record.text.contains("\"form_fields\":") => {
            out.pop();
            out.extend_from_slice(b",\"form_fields\":[]}");
        }
        _ => {}
    }
}
