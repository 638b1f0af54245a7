//! Options and modifiers with their values (product-variant-options_catalog.v3.yml,
//! product-modifiers_catalog.v3.yml), and what their changes do to variants.

use std::collections::HashSet;

use super::variants;
use crate::data::Data;
use crate::json::{self, Members};
use crate::serve::{Failure, inside};
use crate::write::{Draft, read_object};

/// The most values of one option or modifier.
const MOST: usize = 250;

/// A modifier's price, weight, image and purchasing, when nothing is said about them.
const NO_ADJUSTERS: &str =
    r#"{"price":null,"weight":null,"image_url":"","purchasing_disabled":{"status":false,"message":""}}"#;

/// Kinds of modifiers of which the values are chosen.
const CHOSEN: &[&str] =
    &["radio_buttons", "rectangles", "dropdown", "product_list", "product_list_with_images", "swatch"];

fn wrong(field: &str, reason: &str) -> Failure {
    Failure::new(422, "JSON data is missing or invalid").field(field, reason)
}

fn text(draft: &Draft, name: &str) -> String {
    draft.get(name).and_then(|raw| json::string(&raw).map(|text| text.into_owned())).unwrap_or_default()
}

/// Values of a new option get their ids.
pub(super) fn prepare(data: &mut Data, draft: &mut Draft) -> Result<(), Failure> {
    unique_name(data, draft)?;
    if let Some(raw) = draft.given("option_values").map(str::to_owned) {
        let values = numbered(data, &raw, |id, entry, label, order| {
            let value_data = entry.get("value_data").unwrap_or("null");
            let default = entry.get("is_default").unwrap_or("false");
            format!(
                "{{\"id\":{id},\"label\":{label},\"sort_order\":{order},\"value_data\":{value_data},\"is_default\":{default}}}"
            )
        })?;
        if values.is_empty() {
            return Err(wrong("option_values", "option_values must have a value"));
        }
        draft.set("option_values", format!("[{}]", values.join(",")));
    }
    named(draft);
    Ok(())
}

/// Values of a new modifier get their ids; a checkbox has two that nobody sends.
pub(super) fn prepare_modifier(data: &mut Data, draft: &mut Draft) -> Result<(), Failure> {
    unique_name(data, draft)?;
    let kind = text(draft, "type");
    if let Some(config) = draft.given("config").and_then(Members::read) {
        for name in ["date_earliest_value", "date_latest_value"] {
            let bare = config.get(name).and_then(json::string).is_some_and(|date| {
                !date.is_empty() && (!date.contains('T') || crate::dates::parse(&date, 0).is_none())
            });
            if bare {
                // A date without a time and a zone is a server error there.
                return Err(Failure::new(500, format!("{name} must be a date with a time and a zone")));
            }
        }
    }
    let modifier = draft.id;
    if let Some(raw) = draft.given("option_values").map(str::to_owned) {
        let values = numbered(data, &raw, |id, entry, label, order| {
            let value_data = entry.get("value_data").unwrap_or("null");
            let default = entry.get("is_default").unwrap_or("false");
            let adjusters = json::edit(NO_ADJUSTERS, &given_adjusters(entry));
            format!(
                "{{\"id\":{id},\"option_id\":{modifier},\"label\":{label},\"sort_order\":{order},\"value_data\":{value_data},\"is_default\":{default},\"adjusters\":{adjusters}}}"
            )
        })?;
        draft.set("option_values", format!("[{}]", values.join(",")));
    }
    let values = draft.get("option_values").unwrap_or_else(|| "[]".into());
    if draft.old.is_none() && kind == "checkbox" && values == "[]" {
        let config = draft.given("config").and_then(Members::read);
        let checked = config.and_then(|config| config.get("checked_by_default")) == Some("true");
        let mut made = Vec::new();
        for (order, (label, value)) in [("Yes", true), ("No", false)].into_iter().enumerate() {
            let id = data.claim_extra();
            made.push(format!(
                "{{\"id\":{id},\"option_id\":{modifier},\"label\":\"{label}\",\"sort_order\":{order},\"value_data\":{{\"checked_value\":{value}}},\"is_default\":{},\"adjusters\":{NO_ADJUSTERS}}}",
                value == checked
            ));
        }
        draft.set("option_values", format!("[{}]", made.join(",")));
    } else if draft.old.is_none() && CHOSEN.contains(&kind.as_str()) && values == "[]" {
        return Err(wrong("option_values", "option_values must have a value"));
    }
    named(draft);
    Ok(())
}

fn given_adjusters<'a>(entry: &Members<'a>) -> Vec<(String, &'a str)> {
    let given = entry.get("adjusters").and_then(Members::read);
    given
        .map(|given| given.0.into_iter().map(|(name, raw)| (name.into_owned(), raw.get())).collect())
        .unwrap_or_default()
}

/// Gives ids to the values that have none, and keeps the others as they are sent.
fn numbered(
    data: &mut Data,
    raw: &str,
    write: impl Fn(i64, &Members, &str, &str) -> String,
) -> Result<Vec<String>, Failure> {
    let entries = json::entries(raw).unwrap_or_default();
    if entries.len() > MOST {
        return Err(wrong("option_values", &format!("an option has at most {MOST} values")));
    }
    let (mut values, mut labels) = (Vec::new(), HashSet::new());
    for text in entries {
        let entry = read_object(text)?;
        let label =
            entry.get("label").filter(|label| json::string(label).is_some_and(|label| !label.is_empty()));
        let label = label.ok_or_else(|| wrong("option_values", "every value must have a label"))?;
        if !labels.insert(json::plain(label).to_lowercase()) {
            return Err(wrong("option_values", "every value must have a label of its own"));
        }
        if entry.get("id").and_then(json::integer).is_some() {
            values.push(json::compact(text).into_owned());
            continue;
        }
        let id = data.claim_extra();
        let at = values.len().to_string();
        values.push(write(id, &entry, label, entry.get("sort_order").unwrap_or(&at)));
    }
    Ok(values)
}

/// The internal name of a new one, which no other has.
fn named(draft: &mut Draft) {
    if draft.old.is_none() {
        let name = format!("{}{}", text(draft, "display_name"), draft.id);
        draft.set_text("name", &name);
    }
}

/// No two options, or modifiers, of a product are displayed by one name.
fn unique_name(data: &Data, draft: &Draft) -> Result<(), Failure> {
    if draft.given("display_name").is_none() {
        return Ok(());
    }
    let name = text(draft, "display_name");
    let same = |record: &crate::table::Record| {
        let held = Members::read(&record.text).and_then(|members| members.get("display_name"));
        held.is_some_and(|held| json::plain(held).eq_ignore_ascii_case(&name))
    };
    let mut others = data.table(&draft.resource.name).of(draft.parent);
    match others.any(|other| other.id != draft.id && same(other)) {
        true => {
            let reason = format!(
                "The display_name {name} is already used by another {} of the product.",
                draft.resource.noun
            );
            Err(Failure::new(409, reason.clone()).field("display_name", reason))
        }
        false => Ok(()),
    }
}

/// Takes new labels over to the variants that stand for the values of an option.
pub(super) fn stored(data: &mut Data, draft: &Draft) {
    if draft.old.is_none()
        || (draft.given("option_values").is_none() && draft.given("display_name").is_none())
    {
        return;
    }
    let Some(text) = data.text("product_options", draft.id).map(str::to_owned) else { return };
    let Some(option) = Members::read(&text) else { return };
    let name = option.get("display_name").unwrap_or("\"\"");
    let labels = |value: i64| {
        let values = json::entries(option.get("option_values")?)?;
        let value = values.into_iter().find(|entry| inside::id(entry) == Some(value))?;
        Members::read(value)?.get("label").map(str::to_owned)
    };
    for variant in data.table("variants").children(draft.parent).to_vec() {
        let Some(text) = data.text("variants", variant).map(str::to_owned) else { continue };
        let chosen = Members::read(&text).and_then(|members| json::entries(members.get("option_values")?));
        let changed: Vec<String> = chosen
            .unwrap_or_default()
            .into_iter()
            .map(|entry| {
                let Some(members) = Members::read(entry) else { return entry.to_owned() };
                let number = |name: &str| members.get(name).and_then(json::integer);
                match (number("option_id") == Some(draft.id), number("id").and_then(labels)) {
                    (true, Some(label)) => {
                        json::edit(entry, &[("label", label.as_str()), ("option_display_name", name)])
                    }
                    _ => entry.to_owned(),
                }
            })
            .collect();
        crate::write::touch(
            data,
            "variants",
            variant,
            &[("option_values", format!("[{}]", changed.join(",")))],
        );
    }
}

/// Variants that stand for an option, or for one of its values, go with it; a product without options has
/// its base variant again.
pub(super) fn deleting(data: &mut Data, product: i64, gone: impl Fn(i64, i64) -> bool) {
    for variant in data.table("variants").children(product).to_vec() {
        let text = data.text("variants", variant).unwrap_or("{}");
        let chosen = Members::read(text).and_then(|members| json::entries(members.get("option_values")?));
        let stands = chosen.unwrap_or_default().into_iter().any(|entry| {
            let members = Members::read(entry);
            let number =
                |name: &str| members.as_ref().and_then(|m| m.get(name)).and_then(json::integer).unwrap_or(0);
            gone(number("option_id"), number("id"))
        });
        if stands {
            super::stock::forget(data, variant);
            data.remove("variants", variant);
        }
    }
    if data.table("variants").children(product).is_empty() {
        variants::base_again(data, product);
    }
}
