//! Which rows an answer speaks of. Pure.
//!
//! The store names them in several ways: `errors` keyed by index paths (`0.state`, `setting.0.settings`,
//! `2.code`), `errors` or `batch_errors` as arrays whose entries hold such an `errors`, or, for price
//! records, the input itself as `data` (the reference's error schemas and recorded answers).

use std::collections::BTreeMap;

use serde_json::Value;

type Messages = BTreeMap<String, String>;

/// The members that say which row an input is.
const IDENTITY: [&str; 7] =
    ["id", "price_list_id", "variant_id", "product_id", "sku", "currency", "resource_id"];

/// Messages longer than this are for people to look up in the body.
const LONGEST: usize = 500;

/// The rows an error body speaks of, with what it says of each. Empty when it names none.
pub(super) fn rows(body: &Value, count: usize, row: impl Fn(usize) -> Value) -> BTreeMap<usize, Messages> {
    let mut found = BTreeMap::new();
    for member in ["errors", "batch_errors"] {
        match body.get(member) {
            Some(Value::Object(errors)) => by_path(errors, count, &mut found),
            Some(Value::Array(entries)) => {
                for entry in entries {
                    by_entry(entry, count, &row, &mut found);
                }
            }
            _ => {}
        }
    }
    found
}

/// What a body says in words.
pub(super) fn words(body: &Value) -> Option<String> {
    let mut said: Vec<String> = Vec::new();
    for member in ["title", "detail"] {
        said.extend(body.get(member).and_then(Value::as_str).map(str::to_owned));
    }
    if let Some(Value::Object(errors)) = body.get("errors") {
        said.extend(errors.iter().map(|(at, message)| format!("{at}: {}", text(message))));
    }
    if said.is_empty() { None } else { Some(said.join("; ")) }
}

fn by_path(errors: &serde_json::Map<String, Value>, count: usize, found: &mut BTreeMap<usize, Messages>) {
    for (path, message) in errors {
        if let Some((row, member)) = split(path)
            && row < count
        {
            found.entry(row).or_default().insert(member, text(message));
        }
    }
}

fn by_entry(
    entry: &Value,
    count: usize,
    row: &impl Fn(usize) -> Value,
    found: &mut BTreeMap<usize, Messages>,
) {
    let mut inside = BTreeMap::new();
    let mut messages = Messages::new();
    for member in ["errors", "field_errors"] {
        if let Some(Value::Object(errors)) = entry.get(member) {
            by_path(errors, count, &mut inside);
            messages.extend(errors.iter().map(|(at, message)| (at.clone(), text(message))));
        }
    }
    if !inside.is_empty() {
        found.append(&mut inside);
        return;
    }
    let Some(input) = entry.get("data").filter(|data| data.is_object()) else { return };
    if messages.is_empty() {
        messages.extend(entry.get("title").map(|title| ("title".to_owned(), text(title))));
    }
    let named = |index: &usize| {
        let row = row(*index);
        let told: Vec<_> =
            IDENTITY.iter().filter_map(|name| Some((row.get(name)?, input.get(name)?))).collect();
        !told.is_empty() && told.iter().all(|(row, told)| same(row, told))
    };
    if let Some(index) = (0..count).find(named) {
        found.entry(index).or_default().extend(messages);
    }
}

/// `0.state`, `setting.0.settings` or `items[3].sku`: the index and what follows it.
fn split(path: &str) -> Option<(usize, String)> {
    let flat = path.replace('[', ".").replace(']', "");
    let mut parts = flat.split('.').filter(|part| !part.is_empty());
    let first = parts.next()?;
    let row = match first.parse() {
        Ok(row) => row,
        Err(_) => parts.next()?.parse().ok()?,
    };
    let member = parts.collect::<Vec<_>>().join(".");
    Some((row, if member.is_empty() { first.to_owned() } else { member }))
}

fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.eq_ignore_ascii_case(other),
        _ => one == other,
    }
}

fn text(message: &Value) -> String {
    let text = match message {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn blamed(body: Value) -> Vec<usize> {
        let inputs =
            [json!({"variant_id": 1, "currency": "usd"}), json!({"variant_id": 2, "currency": "eur"})];
        rows(&body, 2, |row| inputs[row].clone()).into_keys().collect()
    }

    #[test]
    fn rows_are_named_in_many_ways() {
        assert_eq!(blamed(json!({"errors": {"0.state": "bad", "1.variants.0.product_id": "bad"}})), [0, 1]);
        assert_eq!(blamed(json!({"errors": {"setting.1.settings": "none"}})), [1]);
        assert_eq!(
            blamed(json!({"errors": [{"status": 422, "errors": {"1.code": "Failed for id=14."}}]})),
            [1]
        );
        assert_eq!(blamed(json!({"batch_errors": [{"errors": {"0.sku": "taken"}}]})), [0]);
        let told =
            json!({"batch_errors": [{"data": {"variant_id": 2, "currency": "EUR"}, "field_errors": {}}]});
        assert_eq!(blamed(told), [1]);
        for nothing in [
            json!(null),
            json!({"errors": {".customer_create": "Error creating customers"}}),
            json!({"errors": {"name": "Please provide a name."}}),
            json!({"errors": {"7.name": "not one of ours"}}),
            json!({"batch_errors": [{"title": "?"}, 5]}),
        ] {
            assert!(blamed(nothing.clone()).is_empty(), "{nothing}");
        }
        let messages = rows(&json!({"errors": {"0.state": "bad", "0.": "odd"}}), 1, |_| Value::Null);
        assert_eq!(
            messages[&0],
            Messages::from([("state".into(), "bad".into()), ("0".into(), "odd".into())])
        );
    }
}
