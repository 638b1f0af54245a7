//! Events of price lists, and those of categories by the scopes of a channel (the pages "Price lists" and
//! "Channels" of the webhook events), which a declaration cannot tell: what they say depends on more than
//! one record.

use super::event::{Changes, Event, number};
use crate::json::{self, Members};
use crate::write::value::integers;

/// Tells of the records touched, in their order.
pub(super) fn tell(changes: &Changes, touched: &[(&'static str, i64)], events: &mut Vec<Event>) {
    price_lists(changes, touched, events);
    price_records(changes, touched, events);
    for (table, id) in touched {
        match *table {
            "categories" => category(changes, *id, events),
            "category_trees" => tree(changes, *id, events),
            "products" => assigned(changes, *id, events),
            _ => {}
        }
    }
}

/// The texts of a record before and now.
fn texts<'a>(changes: &'a Changes, table: &'static str, id: i64) -> (Option<&'a str>, Option<&'a str>) {
    (changes.before(table, id), changes.data.text(table, id))
}

fn is_active(text: &str) -> bool {
    Members::read(text).is_none_or(|members| members.get("active") != Some("false"))
}

fn price_lists(changes: &Changes, touched: &[(&'static str, i64)], events: &mut Vec<Event>) {
    let mut gone = Vec::new();
    for (_, id) in touched.iter().filter(|(table, _)| *table == "price_lists") {
        let data = || format!("{{\"price_list_id\":{id}}}");
        match texts(changes, "price_lists", *id) {
            (None, Some(_)) => events.push(Event::new("store/priceList/created", data())),
            (Some(old), Some(new)) if old != new => {
                events.push(Event::new("store/priceList/updated", data()));
                match (is_active(old), is_active(new)) {
                    (false, true) => events.push(Event::new("store/priceList/activated", data())),
                    (true, false) => events.push(Event::new("store/priceList/deactivated", data())),
                    _ => {}
                }
            }
            (Some(_), None) => gone.push(*id),
            _ => {}
        }
    }
    if changes.data.batched && !gone.is_empty() {
        let ids: Vec<String> = gone.iter().map(i64::to_string).collect();
        let data = format!("{{\"price_list_ids\":[{}]}}", ids.join(","));
        events.push(Event::new("store/priceLists/deleted", data));
    } else {
        for id in gone {
            events.push(Event::new("store/priceList/deleted", format!("{{\"price_list_id\":{id}}}")));
        }
    }
}

/// A request of several records tells of all of them in one event.
fn price_records(changes: &Changes, touched: &[(&'static str, i64)], events: &mut Vec<Event>) {
    let mut kinds = [("created", Vec::new()), ("updated", Vec::new()), ("deleted", Vec::new())];
    for (_, id) in touched.iter().filter(|(table, _)| *table == "price_list_records") {
        let (kind, text) = match texts(changes, "price_list_records", *id) {
            (None, Some(new)) => (0, new),
            (Some(old), Some(new)) if old != new => (1, new),
            (Some(old), None) => (2, old),
            _ => continue,
        };
        let list = number(text, "price_list_id").unwrap_or(0);
        // Of a list that goes with its records only the list is told.
        if changes.data.text("price_lists", list).is_some() {
            let variant = number(text, "variant_id").unwrap_or(0);
            let currency = Members::read(text).and_then(|members| members.get("currency")).unwrap_or("\"\"");
            kinds[kind].1.push(format!(
                "{{\"price_list_id\":{list},\"variant_id\":{variant},\"currency\":{currency}}}"
            ));
        }
    }
    for (kind, told) in kinds.into_iter().filter(|(_, told)| !told.is_empty()) {
        if changes.data.batched {
            let scope = format!("store/priceList/records/{kind}");
            events.push(Event::new(scope, format!("[{}]", told.join(","))));
        } else {
            let scope = format!("store/priceList/record/{kind}");
            events.extend(told.into_iter().map(|data| Event::new(scope.clone(), data)));
        }
    }
}

/// The channels of a tree.
fn channels(changes: &Changes, tree: i64) -> Vec<i64> {
    let (before, now) = texts(changes, "category_trees", tree);
    let raw = now.or(before).and_then(Members::read).and_then(|members| members.get("channels"));
    raw.and_then(integers).unwrap_or_default()
}

fn category(changes: &Changes, id: i64, events: &mut Vec<Event>) {
    let (before, now) = texts(changes, "categories", id);
    let kind = match (before, now) {
        (None, Some(_)) => "created",
        (Some(old), Some(new)) if old != new => "updated",
        (Some(_), None) => "deleted",
        _ => return,
    };
    let tree = now.or(before).and_then(|text| number(text, "tree_id")).unwrap_or(1);
    for channel in channels(changes, tree) {
        let scope = format!("store/channel/{channel}/category/{kind}");
        events.push(Event::new(scope, format!("{{\"category_id\":{id},\"tree_id\":{tree}}}")));
    }
}

fn tree(changes: &Changes, id: i64, events: &mut Vec<Event>) {
    let (before, now) = texts(changes, "category_trees", id);
    if before == now {
        return;
    }
    for channel in channels(changes, id) {
        let scope = format!("store/channel/{channel}/categoryTree/updated");
        events.push(Event::new(scope, format!("{{\"tree_id\":{id}}}")));
    }
}

/// A product that came into a category, or left one.
fn assigned(changes: &Changes, id: i64, events: &mut Vec<Event>) {
    let (before, now) = texts(changes, "products", id);
    let held = |text: Option<&str>| {
        let raw = text.and_then(Members::read).and_then(|members| members.get("categories"));
        raw.and_then(integers).unwrap_or_default()
    };
    let (old, new) = (held(before), held(now));
    let lost: Vec<i64> = old.iter().filter(|category| !new.contains(category)).copied().collect();
    let got: Vec<i64> = new.iter().filter(|category| !old.contains(category)).copied().collect();
    for (word, categories) in [("assigned", got), ("unassigned", lost)] {
        let mut told: Vec<i64> =
            categories.iter().flat_map(|category| of_category(changes, *category)).collect();
        told.sort_unstable();
        told.dedup();
        for channel in told {
            let scope = format!("store/channel/{channel}/category/product/{word}");
            events.push(Event::new(scope, format!("{{\"product_id\":{id}}}")));
        }
    }
}

fn of_category(changes: &Changes, category: i64) -> Vec<i64> {
    let (before, now) = texts(changes, "categories", category);
    let tree = now.or(before).and_then(Members::read).and_then(|members| members.get("tree_id"));
    channels(changes, tree.and_then(json::integer).unwrap_or(1))
}
