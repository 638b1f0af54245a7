//! Listings of products on channels (channels.v3.yml).

use crate::data::Data;
use crate::dates::Form;
use crate::json::{self, Members, object, quote};
use crate::serve::Failure;
use crate::write::Draft;

/// States that a variant may be in; a listing may be `partially_rejected` as well.
const STATES: &[&str] = &[
    "active",
    "disabled",
    "error",
    "pending",
    "pending_disable",
    "pending_delete",
    "queued",
    "rejected",
    "submitted",
    "deleted",
];

/// Checks a listing and completes its variants.
pub(super) fn prepare(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    let title = draft.resource.texts.invalid_title.clone();
    let wrong = |name: String, reason: &str| Failure::new(422, title.clone()).field(name, reason);
    if data.table("channels").get(draft.parent).is_none() {
        let store = data.store_id();
        let title = format!("Channel id ({}) is not valid for store ({store})!", draft.parent);
        return Err(Failure::new(422, title));
    }
    // A PUT sends a listing whole.
    let mut missing = Failure::new(422, title.clone());
    for name in ["product_id", "state", "variants"].into_iter().filter(|name| draft.get(name).is_none()) {
        missing = missing.field(name, "error.path.missing");
    }
    if !missing.errors.is_empty() {
        return Err(missing);
    }
    let product = draft.get("product_id").and_then(|raw| json::integer(&raw)).unwrap_or(0);
    if draft.given("product_id").is_some() {
        if data.table("products").get(product).is_none() {
            return Err(wrong("product_id".into(), "the product does not exist"));
        }
        let of = |text: &str| Members::read(text).and_then(|m| m.get("product_id").and_then(json::integer));
        let mut others = data.table("channel_listings").of(draft.parent);
        if others.any(|other| other.id != draft.id && of(&other.text) == Some(product)) {
            return Err(wrong("product_id".into(), "the channel has a listing of this product already"));
        }
    }
    let Some(sent) = draft.given("variants").map(str::to_owned) else { return Ok(()) };
    let now = quote(&Form::Zulu.write(data.clock.now()));
    let mut variants = Vec::new();
    for (index, entry) in json::entries(&sent).unwrap_or_default().into_iter().enumerate() {
        let at = |name: &str| format!("variants.{index}.{name}");
        let members = Members::read(entry).ok_or_else(|| wrong(at(""), "error.expected.jsobject"))?;
        let mut missing = Failure::new(422, title.clone());
        for name in ["state", "product_id", "variant_id"].into_iter().filter(|n| members.get(n).is_none()) {
            missing = missing.field(at(name), "error.path.missing");
        }
        if !missing.errors.is_empty() {
            return Err(missing);
        }
        let state = members.get("state").and_then(json::string).unwrap_or_default();
        if !STATES.contains(&state.as_ref()) {
            return Err(wrong(at("state"), "error.expected.validenumvalue"));
        }
        let number = |name: &str| members.get(name).and_then(json::integer);
        if number("product_id") != Some(product) {
            let title = "0/0 product listing group(s) and 0/0 product listing(s) upserted. Invalid fields: ";
            return Err(Failure::new(422, title));
        }
        let known = number("variant_id").and_then(|id| data.table("variants").get(id));
        if known.is_none_or(|variant| variant.parent != product) {
            return Err(wrong(at("variant_id"), "the variant does not exist"));
        }
        let channel = draft.parent.to_string();
        let mut whole = vec![("channel_id", channel.as_str())];
        for name in ["product_id", "variant_id", "external_id", "state", "name", "description"] {
            whole.extend(members.get(name).map(|raw| (name, raw)));
        }
        whole.push(("date_created", members.get("date_created").unwrap_or(&now)));
        whole.push(("date_modified", &now));
        variants.push(object(whole.into_iter()));
    }
    draft.set("variants", format!("[{}]", variants.join(",")));
    Ok(())
}
