//! Wish lists and their items (wishlists.v3.yml).

use crate::data::Data;
use crate::json::{self, Members, object};
use crate::serve::{self, Answer, Failure, Query, Version};
use crate::write::{self, Draft, read_object};

/// The most items of a list.
const MOST: usize = 1000;

/// Checks a list and numbers its items.
pub(super) fn prepare(data: &mut Data, draft: &mut Draft) -> Result<(), Failure> {
    let wrong =
        |name: &str, reason: String| Failure::new(422, "JSON data is missing or invalid").field(name, reason);
    let customer = draft.get("customer_id").and_then(|raw| json::integer(&raw)).unwrap_or(0);
    if draft.given("customer_id").is_some() && data.table("customers").get(customer).is_none() {
        return Err(wrong("customer_id", format!("customer {customer} does not exist")));
    }
    let Some(sent) = draft.given("items").map(str::to_owned) else { return Ok(()) };
    let entries = json::entries(&sent).unwrap_or_default();
    if entries.len() > MOST {
        return Err(wrong("items", format!("a wish list has at most {MOST} items")));
    }
    let mut items = Vec::with_capacity(entries.len());
    for (index, entry) in entries.into_iter().enumerate() {
        let members = Members::read(entry).ok_or_else(|| wrong("items", "items must be objects".into()))?;
        let number = |name: &str| members.get(name).and_then(json::integer);
        let product = number("product_id").filter(|id| data.table("products").get(*id).is_some());
        let Some(product) = product else {
            return Err(wrong(&format!("items.{index}.product_id"), "the product does not exist".into()));
        };
        let variant = number("variant_id");
        let known = |id: i64| data.table("variants").get(id).is_some_and(|found| found.parent == product);
        if variant.is_some_and(|id| !known(id)) {
            return Err(wrong(&format!("items.{index}.variant_id"), "the variant does not exist".into()));
        }
        let id = number("id").unwrap_or_else(|| data.claim_extra()).to_string();
        let (product, variant) = (product.to_string(), variant.map(|id| id.to_string()));
        let mut item = vec![("id", id.as_str()), ("product_id", product.as_str())];
        item.extend(variant.as_deref().map(|id| ("variant_id", id)));
        items.push(object(item.into_iter()));
    }
    draft.set("items", format!("[{}]", items.join(",")));
    Ok(())
}

fn items(data: &Data, list: i64, version: Version) -> Result<Vec<String>, Failure> {
    let text = data.text("wishlists", list);
    let text = text.ok_or_else(|| Failure::not_found(version, "wishlist", list))?;
    let entries = Members::read(text).and_then(|members| members.get("items").and_then(json::entries));
    Ok(entries.unwrap_or_default().into_iter().map(str::to_owned).collect())
}

fn keep(data: &mut Data, list: i64, items: &[String], query: &Query, status: u16) -> Result<Answer, Failure> {
    let resource = data.table("wishlists").resource;
    let input = format!("{{\"items\":[{}]}}", items.join(","));
    write::update(data, resource, list, &read_object(&input)?, Version::V3)?;
    Ok(serve::one(data, resource, list, query, Version::V3, status))
}

/// POST of items into a list.
pub(super) fn add(
    data: &mut Data,
    list: i64,
    query: &Query,
    body: &str,
    version: Version,
) -> Result<Answer, Failure> {
    let mut items = items(data, list, version)?;
    let input = read_object(body)?;
    let sent = input.get("items").and_then(json::entries).ok_or_else(|| {
        Failure::new(422, "JSON data is missing or invalid").field("items", "error.path.missing")
    })?;
    items.extend(sent.into_iter().map(str::to_owned));
    keep(data, list, &items, query, 201)
}

/// DELETE of one item.
pub(super) fn remove(
    data: &mut Data,
    list: i64,
    item: i64,
    query: &Query,
    version: Version,
) -> Result<Answer, Failure> {
    let mut items = items(data, list, version)?;
    let before = items.len();
    let id = |text: &str| Members::read(text).and_then(|members| members.get("id").and_then(json::integer));
    items.retain(|text| id(text) != Some(item));
    if items.len() == before {
        return Err(Failure::not_found(version, "wishlist item", item));
    }
    keep(data, list, &items, query, 200)
}
