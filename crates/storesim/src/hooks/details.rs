//! The small records of a product: videos, reviews, custom fields, bulk prices and complex rules
//! (products_catalog.v3.yml).

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::data::Data;
use crate::json::{self, Members};
use crate::serve::Failure;
use crate::write::value::decimal;
use crate::write::{self, Draft};

/// The most custom fields of one product.
const MOST_FIELDS: usize = 200;

fn wrong(field: &str, reason: &str) -> Failure {
    Failure::new(422, "JSON data is missing or invalid").field(field, reason)
}

fn conflict(field: &str, reason: &str) -> Failure {
    Failure::new(409, reason).field(field, reason)
}

/// Bounds the custom fields of a product.
pub(super) fn custom_field(data: &Data, draft: &Draft) -> Result<(), Failure> {
    let held = data.table("product_custom_fields").children(draft.parent).len();
    match draft.old.is_none() && held >= MOST_FIELDS {
        true => Err(wrong("name", &format!("A product has at most {MOST_FIELDS} custom fields."))),
        false => Ok(()),
    }
}

/// Checks a tier against itself and against the others of its product: each quantity has one price.
pub(super) fn bulk_rule(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    let raw = draft.get("amount").unwrap_or_default();
    let amount = decimal(&raw).filter(|amount| !amount.is_sign_negative() || amount.is_zero());
    let amount = amount.ok_or_else(|| wrong("amount", "amount must be a number that is not negative"))?;
    let number = |draft: &Draft, name: &str| draft.get(name).and_then(|raw| json::integer(&raw)).unwrap_or(0);
    let (low, high) = (number(draft, "quantity_min"), number(draft, "quantity_max"));
    if high != 0 && high < low {
        return Err(wrong("quantity_max", "quantity_max must be 0 or at least quantity_min"));
    }
    let kind = draft.get("type").unwrap_or_default();
    if kind == "\"fixed\"" && low < 2 {
        return Err(wrong("quantity_min", "quantity_min must be at least 2 for a fixed price"));
    }
    if kind == "\"percent\"" && amount > Decimal::ONE_HUNDRED {
        return Err(wrong("amount", "amount must be at most 100 per cent"));
    }
    if draft.given("amount").is_some() {
        draft.set("amount", amount.normalize().to_string());
    }
    let top = |high: i64| if high == 0 { i64::MAX } else { high };
    let meets = |text: &str| {
        let Some(other) = Members::read(text) else { return false };
        let number = |name: &str| other.get(name).and_then(json::integer).unwrap_or(0);
        number("quantity_min") <= top(high) && low <= top(number("quantity_max"))
    };
    let mut others = data.table("product_bulk_pricing_rules").of(draft.parent);
    match others.any(|other| other.id != draft.id && meets(&other.text)) {
        true => Err(conflict("quantity_min", "The bulk pricing rule conflicts with another of the product.")),
        false => Ok(()),
    }
}

/// The conditions of a rule that say when it holds.
fn conditions(raw: &str) -> BTreeSet<(i64, i64, i64)> {
    let entries = json::entries(raw).unwrap_or_default();
    let read = |entry: &str| {
        let members = Members::read(entry)?;
        let number = |name: &str| members.get(name).and_then(json::integer).unwrap_or(0);
        Some((number("modifier_id"), number("modifier_value_id"), number("variant_id")))
    };
    entries.into_iter().filter_map(read).collect()
}

/// Checks the conditions of a complex rule and numbers them.
pub(super) fn complex_rule(data: &mut Data, draft: &mut Draft) -> Result<(), Failure> {
    let Some(raw) = draft.given("conditions").map(str::to_owned) else { return Ok(()) };
    let wanted = conditions(&raw);
    if wanted.len() < 2 {
        return Err(wrong("conditions", "conditions must name at least two different choices"));
    }
    let product = draft.parent;
    for (modifier, value, variant) in &wanted {
        let known_variant = *variant == 0
            || data.table("variants").get(*variant).is_some_and(|record| record.parent == product);
        let record = data.table("product_modifiers").get(*modifier).filter(|record| record.parent == product);
        let holds = |record: &crate::table::Record| {
            let values =
                Members::read(&record.text).and_then(|members| json::entries(members.get("option_values")?));
            values
                .unwrap_or_default()
                .into_iter()
                .any(|entry| crate::serve::inside::id(entry) == Some(*value))
        };
        let known_modifier = match (*modifier, *value) {
            (0, 0) => *variant != 0,
            _ => record.is_some_and(holds),
        };
        if !known_variant || !known_modifier {
            return Err(wrong("conditions", "conditions must name values of the product's modifiers"));
        }
    }
    let same = |text: &str| {
        let held = Members::read(text).and_then(|members| members.get("conditions"));
        conditions(held.unwrap_or("[]")) == wanted
    };
    if data.table("product_complex_rules").of(product).any(|other| other.id != draft.id && same(&other.text))
    {
        return Err(conflict("conditions", "A complex rule with these conditions exists already."));
    }
    let rule = draft.id;
    let mut numbered = Vec::new();
    for (modifier, value, variant) in wanted {
        let id = data.claim_extra();
        let variant = if variant == 0 { "null".to_owned() } else { variant.to_string() };
        numbered.push(format!(
            "{{\"id\":{id},\"rule_id\":{rule},\"modifier_id\":{modifier},\"modifier_value_id\":{value},\"variant_id\":{variant},\"combination_id\":{id}}}"
        ));
    }
    draft.set("conditions", format!("[{}]", numbered.join(",")));
    Ok(())
}

/// What a review adds to the rating of its product: only approved ones count.
fn counted(text: Option<&str>) -> (i64, i64) {
    let members = text.and_then(Members::read);
    let get = |name: &str| members.as_ref().and_then(|members| members.get(name));
    match get("status") == Some("\"approved\"") {
        true => (1, get("rating").and_then(json::integer).unwrap_or(0)),
        false => (0, 0),
    }
}

/// Moves the rating of a product by a change of one of its reviews.
pub(super) fn rate(data: &mut Data, product: i64, before: Option<&str>, after: Option<&str>) {
    let ((old, old_sum), (new, new_sum)) = (counted(before), counted(after));
    if (old, old_sum) == (new, new_sum) {
        return;
    }
    let Some(members) = data.text("products", product).and_then(Members::read) else { return };
    let moved = |name: &str, by: i64| {
        let held = members.get(name).and_then(json::integer).unwrap_or(0);
        (held + by).max(0).to_string()
    };
    let changes = [
        ("reviews_rating_sum", moved("reviews_rating_sum", new_sum - old_sum)),
        ("reviews_count", moved("reviews_count", new - old)),
    ];
    write::touch(data, "products", product, &changes);
}
