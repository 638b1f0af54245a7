//! Price lists: records by variant and currency, their tiers, and where a list applies
//! (price_lists.v3.yml, docs/store-operations/pricing).

use std::borrow::Cow;

use rust_decimal::Decimal;

use crate::data::Data;
use crate::declare;
use crate::json::{self, Members, quote};
use crate::serve::{Failure, Query, View};
use crate::table::Record;
use crate::write::Draft;
use crate::write::value::decimal;

fn wrong(field: &str, reason: impl Into<String>) -> Failure {
    Failure::new(422, "JSON data is missing or invalid").field(field, reason)
}

/// A price record with the variant that its sku names, its currency as it is kept, and its list.
pub(super) fn completed<'a>(data: &Data, list: Option<i64>, item: &'a str) -> Result<Cow<'a, str>, Failure> {
    let Some(members) = Members::read(item) else { return Ok(Cow::Borrowed(item)) };
    let mut changes: Vec<(&str, String)> = Vec::new();
    if let Some(list) = list {
        changes.push(("price_list_id", list.to_string()));
    }
    if members.get("variant_id").is_none_or(|raw| raw == "null") {
        let sku = members.get("sku").and_then(json::string).filter(|sku| !sku.is_empty());
        let Some(sku) = sku else {
            return Err(wrong("variant_id", "variant_id or sku is required"));
        };
        let variant = data.table("variants").holder("sku", &sku);
        let variant = variant.ok_or_else(|| wrong("sku", format!("sku {sku} does not exist")))?;
        changes.push(("variant_id", variant.to_string()));
    } else if let Some(variant) = members.get("variant_id").and_then(json::integer)
        && let Some(sku) = members.get("sku").and_then(json::string).filter(|sku| !sku.is_empty())
        && let Some(named) = data.table("variants").holder("sku", &sku)
        && named != variant
    {
        return Err(wrong("sku", format!("sku {sku} is not that of variant {variant}")));
    }
    if let Some(currency) = members.get("currency").and_then(json::string) {
        changes.push(("currency", quote(&currency.to_lowercase())));
    }
    Ok(Cow::Owned(json::edit(item, &changes)))
}

/// Fills what follows from the variant and the prices.
pub(super) fn prepare(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    let variant = draft.get("variant_id").and_then(|raw| json::integer(&raw)).unwrap_or(0);
    let record = data.table("variants").get(variant);
    let product = record.map(|record| record.parent);
    match product {
        Some(product) => draft.set("product_id", product.to_string()),
        None if draft.old.is_none() => {
            return Err(wrong("variant_id", format!("variant {variant} does not exist")));
        }
        None => {}
    }
    if let Some(currency) = draft.given("currency").and_then(json::string) {
        if !currency.chars().all(|c| c.is_ascii_alphabetic()) {
            return Err(wrong("currency", "currency must be a code of three letters"));
        }
        draft.set_text("currency", &currency.to_lowercase());
    }
    if let Some(raw) = draft.extra("bulk_pricing_tiers") {
        tiers(raw)?;
    }
    let amount = |name: &str| draft.get(name).and_then(|raw| decimal(&raw));
    let own =
        record.and_then(|record| Members::read(&record.text)?.get("calculated_price").and_then(decimal));
    let price = amount("sale_price").or_else(|| amount("price")).or(own).unwrap_or_default();
    draft.set("calculated_price", price.normalize().to_string());
    Ok(())
}

/// Checks tiers, which may not overlap.
fn tiers(raw: &str) -> Result<(), Failure> {
    let refuse = |reason: &str| Err(wrong("bulk_pricing_tiers", reason));
    let Some(entries) = json::entries(raw) else { return refuse("bulk_pricing_tiers must be an array") };
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for entry in entries {
        let Some(tier) = Members::read(entry) else { return refuse("a tier must be an object") };
        let number = |name: &str| tier.get(name).and_then(json::integer);
        let (low, high) = (number("quantity_min").unwrap_or(0), number("quantity_max").unwrap_or(0));
        let high = if high == 0 { i64::MAX } else { high };
        let kind = tier.get("type").map(json::plain).unwrap_or_default();
        let amount = tier.get("amount").and_then(decimal);
        if low < 1 || high < low || ranges.iter().any(|(a, b)| *a <= high && low <= *b) {
            return refuse("the quantities of tiers must not overlap");
        }
        if !matches!(&*kind, "fixed" | "price" | "percent")
            || amount.is_none_or(|amount| amount < Decimal::ZERO)
        {
            return refuse("a tier must have a type of fixed, price or percent and an amount");
        }
        ranges.push((low, high));
    }
    Ok(())
}

/// Keeps the tiers that came with a record.
pub(super) fn stored(data: &mut Data, draft: &Draft) {
    if let Some(raw) = draft.extra("bulk_pricing_tiers") {
        let tiers = if raw == "null" { "[]".into() } else { json::compact(raw) };
        let text = format!("{{\"tiers\":{tiers}}}");
        let record = Record { id: draft.id, parent: draft.id, modified: 0, text: text.into() };
        data.insert("price_list_tiers", record);
    }
}

fn kept_tiers(data: &Data, id: i64) -> &str {
    let text = data.text("price_list_tiers", id).and_then(Members::read);
    text.and_then(|members| members.get("tiers")).unwrap_or("[]")
}

/// Adds what only `include` shows. A record that was imported with it has it already.
pub(super) fn render(view: &View, data: &Data, record: &Record, out: &mut Vec<u8>) {
    let held = Members::read(&record.text);
    let held = |name: &str| held.as_ref().is_some_and(|members| members.get(name).is_some());
    if view.has("sku") && !held("sku") {
        let variant =
            Members::read(&record.text).and_then(|members| members.get("variant_id")).and_then(json::integer);
        let text = variant.and_then(|id| data.text("variants", id));
        let sku = text.and_then(Members::read).and_then(|members| members.get("sku")).unwrap_or("\"\"");
        out.pop();
        out.extend_from_slice(format!(",\"sku\":{sku}}}").as_bytes());
    }
    if view.has("bulk_pricing_tiers") && !held("bulk_pricing_tiers") {
        out.pop();
        out.extend_from_slice(
            format!(",\"bulk_pricing_tiers\":{}}}", kept_tiers(data, record.id)).as_bytes(),
        );
    }
}

/// Checks what an assignment names. Where the path names the list it is 404, else 422.
pub(super) fn prepare_assignment(data: &Data, draft: &Draft) -> Result<(), Failure> {
    let unknown = |member: &str, table: &str| {
        let id = draft.given(member).and_then(json::integer).filter(|id| *id > 0)?;
        declare::number(table)?;
        data.table(table).get(id).is_none().then_some((member.to_owned(), id))
    };
    let missing =
        unknown("customer_group_id", "customer_groups").or_else(|| unknown("channel_id", "channels"));
    if let Some((member, id)) = missing {
        let status = if data.batched { 422 } else { 404 };
        let reason = format!("{member} {id} does not exist");
        return Err(Failure::new(status, reason.clone()).field(member, reason));
    }
    let named = |name: &str| draft.get(name).is_some_and(|raw| raw != "null");
    match named("customer_group_id") || named("channel_id") {
        true => Ok(()),
        false => Err(wrong("customer_group_id", "customer_group_id or channel_id is required")),
    }
}

/// The price of a variant by the list that applies to the customer of an order.
pub(super) fn of_order(data: &Data, order: i64, variant: i64, quantity: i64) -> Option<Decimal> {
    let order = data.table("orders").any(order).and_then(|record| Members::read(&record.text))?;
    let number = |name: &str| order.get(name).and_then(json::integer);
    let customer = data.text("customers", number("customer_id")?).and_then(Members::read);
    let group = customer.and_then(|customer| customer.get("customer_group_id")).and_then(json::integer);
    let currency = order.get("currency_code").map(json::plain).unwrap_or_default();
    price(data, variant, group.unwrap_or(0), number("channel_id").unwrap_or(1), &currency, quantity)
}

/// The price of a variant by the list that applies to a group on a channel: the list of the group on that
/// channel before the group's, before the channel's; within a record sale price before price, and a tier
/// of the quantity before both. `None` when the catalog's price holds.
fn price(
    data: &Data,
    variant: i64,
    group: i64,
    channel: i64,
    currency: &str,
    quantity: i64,
) -> Option<Decimal> {
    let mut best: Option<(u8, i64)> = None;
    for record in data.table("price_list_assignments").records() {
        let Some(members) = Members::read(&record.text) else { continue };
        let number = |name: &str| members.get(name).and_then(json::integer);
        let (of_group, of_channel) = (number("customer_group_id"), number("channel_id"));
        let fits = of_group.is_none_or(|id| id == group) && of_channel.is_none_or(|id| id == channel);
        let rank = u8::from(of_group.is_some()) * 2 + u8::from(of_channel.is_some());
        let active = data.text("price_lists", record.parent).and_then(Members::read);
        let active = active.is_some_and(|list| list.get("active") != Some("false"));
        if fits && active && rank > 0 && best.is_none_or(|(known, _)| rank > known) {
            best = Some((rank, record.parent));
        }
    }
    let list = best?.1;
    let key = [list.to_string(), variant.to_string(), currency.to_lowercase()];
    let id = data.table("price_list_records").identified(&key)?;
    let price =
        Members::read(data.text("price_list_records", id)?)?.get("calculated_price").and_then(decimal)?;
    Some(tiered(kept_tiers(data, id), price, quantity))
}

/// A price after the tier of a quantity.
fn tiered(tiers: &str, price: Decimal, quantity: i64) -> Decimal {
    for entry in json::entries(tiers).unwrap_or_default() {
        let Some(tier) = Members::read(entry) else { continue };
        let number = |name: &str| tier.get(name).and_then(json::integer).unwrap_or(0);
        let high = if number("quantity_max") == 0 { i64::MAX } else { number("quantity_max") };
        let Some(amount) = tier.get("amount").and_then(decimal) else { continue };
        if (number("quantity_min")..=high).contains(&quantity) {
            let kind = tier.get("type").map(json::plain).unwrap_or_default();
            return match &*kind {
                "fixed" => amount,
                "price" => (price - amount).max(Decimal::ZERO),
                _ => (price - price * amount / Decimal::ONE_HUNDRED).max(Decimal::ZERO),
            };
        }
    }
    price
}

/// The variants that a filter by sku means.
pub(super) fn variants_of(data: &Data, query: &Query) -> Option<Vec<i64>> {
    let mut skus = query.list("sku:in").unwrap_or_default();
    skus.extend(query.get("sku"));
    let asked = query.get("sku:in").is_some() || query.get("sku").is_some();
    asked.then(|| skus.iter().filter_map(|sku| data.table("variants").holder("sku", sku)).collect())
}
