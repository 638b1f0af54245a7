//! The behaviours of the catalog and of price lists, by the names under which declarations and tables
//! call for them.

use std::borrow::Cow;

use super::{assignments, details, images, legacy, options, prices, summary};
use crate::data::Data;
use crate::declare::{Action, Resource};
use crate::json::{self, Members};
use crate::serve::{Answer, Failure, Query, View, Wanted, inside};
use crate::table::Record;
use crate::write::{self, Draft, read_object};

/// Serves a GET; `None` when it is none of the catalog's.
pub(super) fn read(
    data: &Data,
    hook: &str,
    ids: &[i64],
    query: &Query,
    strict_limit: bool,
) -> Option<Result<Answer, Failure>> {
    let id = ids.first().copied().unwrap_or(0);
    Some(match hook {
        "category_assignments" => assignments::list(data, query, strict_limit),
        "catalog_summary" => Ok(summary::of(data)),
        "legacy_categories" => legacy::list(data, query, strict_limit),
        "legacy_category" => legacy::one(data, id, query),
        "legacy_tree" => Ok(legacy::nested(data)),
        "category_order" => legacy::orders(data, id, query, strict_limit),
        _ => return None,
    })
}

/// Serves a write; `None` when it is none of the catalog's.
pub(super) fn write(
    data: &mut Data,
    action: &Action,
    ids: &[i64],
    query: &Query,
    body: &str,
) -> Option<Result<Answer, Failure>> {
    let id = ids.first().copied().unwrap_or(0);
    let last = ids.last().copied().unwrap_or(0);
    Some(match action.hook.as_str() {
        "category_assignments" => assignments::put(data, action, body),
        "category_assignments_delete" => assignments::delete(data, query),
        "legacy_category_create" => legacy::create(data, body),
        "legacy_category_update" => legacy::update(data, id, body),
        "legacy_category_delete" => legacy::delete(data, id),
        "legacy_categories_delete" => legacy::delete_many(data, query),
        "category_order" => legacy::put_orders(data, id, action, body),
        "brand_image" => images::take(data, "brands", id, None, body),
        "brand_image_delete" => images::drop(data, "brands", id),
        "category_image" => images::take(data, "categories", id, None, body),
        "category_image_delete" => images::drop(data, "categories", id),
        "variant_image" => images::take(data, "variants", last, Some(id), body),
        "modifier_value_image" => images::of_modifier_value(data, ids, body),
        _ => return None,
    })
}

/// Checks a draft and fills what follows from it.
pub(super) fn prepare(data: &mut Data, draft: &mut Draft) -> Result<(), Failure> {
    match draft.resource.name.as_str() {
        "product_options" => options::prepare(data, draft),
        "product_modifiers" => options::prepare_modifier(data, draft),
        "product_images" => images::prepare(data, draft),
        "product_custom_fields" => details::custom_field(data, draft),
        "product_bulk_pricing_rules" => details::bulk_rule(data, draft),
        "product_complex_rules" => details::complex_rule(data, draft),
        "product_channel_assignments" => known_channel(data, draft),
        "category_trees" => tree(data, draft),
        "price_list_records" => prices::prepare(data, draft),
        "price_list_assignments" => prices::prepare_assignment(data, draft),
        _ => Ok(()),
    }
}

/// Does what follows from a stored draft.
pub(super) fn stored(data: &mut Data, draft: &Draft) {
    match draft.resource.name.as_str() {
        "product_options" => options::stored(data, draft),
        "product_reviews" => {
            let now = data.text("product_reviews", draft.id).map(str::to_owned);
            details::rate(data, draft.parent, draft.old.as_deref(), now.as_deref());
        }
        "price_list_records" => prices::stored(data, draft),
        _ => {}
    }
}

/// Does what goes before a delete. Of values of an option or a modifier the record that holds them is named.
pub(super) fn deleting(data: &mut Data, resource: &Resource, id: i64) {
    match resource.name.as_str() {
        "brands" => forget_brand(data, id),
        "category_trees" => forget_tree(data, id),
        "product_options" => {
            let product = data.table("product_options").get(id).map_or(0, |record| record.parent);
            options::deleting(data, product, |option, _| option == id);
        }
        "product_option_values" => {
            let holds = |record: &&Record| {
                inside::entries(data, resource, record.id).iter().any(|entry| inside::id(entry) == Some(id))
            };
            let product =
                data.table("product_options").records().iter().find(holds).map(|record| record.parent);
            options::deleting(data, product.unwrap_or(0), |_, value| value == id);
        }
        "product_reviews" => {
            let review = data.table("product_reviews").get(id).cloned();
            if let Some(review) = review {
                details::rate(data, review.parent, Some(&review.text), None);
            }
        }
        _ => {}
    }
}

/// An item of an array with what it says in another way; `None` when nothing is special about it.
pub(super) fn completed<'a>(
    data: &Data,
    resource: &Resource,
    parent: Option<i64>,
    item: &'a str,
) -> Option<Result<Cow<'a, str>, Failure>> {
    match resource.name.as_str() {
        "price_list_records" => Some(prices::completed(data, parent, item)),
        "category_trees" => {
            let id = Members::read(item).and_then(|members| members.get("id")).and_then(json::integer)?;
            if data.table("category_trees").get(id).is_some() {
                return None;
            }
            let failure = Failure::new(422, resource.texts.invalid_title.clone());
            Some(Err(failure.field("tree_id", "Tree does not exist.")))
        }
        _ => None,
    }
}

/// Narrows a list by a filter that no member of its records answers.
pub(super) fn narrow(data: &Data, resource: &Resource, query: &Query, wanted: &mut Wanted) {
    match resource.name.as_str() {
        "products" => {
            if let Some(channels) = query.list("channel_id:in") {
                let channels: Vec<i64> = channels.iter().filter_map(|id| id.parse().ok()).collect();
                wanted.within("id", assignments::on_channels(data, &channels), true);
            }
        }
        "price_list_records" => {
            if let Some(variants) = prices::variants_of(data, query) {
                wanted.within("variant_id", variants, false);
            }
        }
        _ => {}
    }
}

/// Adds what the includes of kind `hook` want.
pub(super) fn render(view: &View, data: &Data, resource: &Resource, record: &Record, out: &mut Vec<u8>) {
    match resource.name.as_str() {
        "products" if view.has("channels") => {
            let channels = assignments::channels(data, record.id);
            let channels: Vec<String> = channels.iter().map(i64::to_string).collect();
            out.pop();
            out.extend_from_slice(format!(",\"channels\":[{}]}}", channels.join(",")).as_bytes());
        }
        "price_list_records" => prices::render(view, data, record, out),
        _ => {}
    }
}

/// A new product is on the store's own channel.
pub(super) fn on_default_channel(data: &mut Data, product: i64) -> Result<(), Failure> {
    let resource = data.table("product_channel_assignments").resource;
    let input = format!("{{\"product_id\":{product},\"channel_id\":1}}");
    write::create(data, resource, Some(product), &read_object(&input)?, crate::serve::Version::V3).map(|_| ())
}

fn known_channel(data: &Data, draft: &Draft) -> Result<(), Failure> {
    match draft.given("channel_id").and_then(json::integer) {
        Some(id) if data.table("channels").get(id).is_none() => {
            let reason = format!("channel_id {id} does not exist");
            Err(Failure::new(422, reason.clone()).field("channel_id", reason))
        }
        _ => Ok(()),
    }
}

/// A new tree belongs to one channel, which has no other; later only its name changes.
fn tree(data: &Data, draft: &Draft) -> Result<(), Failure> {
    let title = draft.resource.texts.invalid_title.clone();
    let wrong = |reason: &str| Err(Failure::new(422, title).field("channels", reason));
    let channels = |raw: &str| write::value::integers(raw).unwrap_or_default();
    let Some(raw) = draft.given("channels") else {
        return match draft.old {
            Some(_) => Ok(()),
            None => wrong("Please provide exactly one channel."),
        };
    };
    if draft.old.is_some() {
        return wrong("The channels of a tree cannot be changed.");
    }
    let [channel] = channels(raw)[..] else { return wrong("Please provide exactly one channel.") };
    if data.table("channels").get(channel).is_none() {
        return wrong("Channel does not exist.");
    }
    let has = |record: &Record| {
        let held = Members::read(&record.text).and_then(|members| members.get("channels"));
        held.is_some_and(|held| channels(held).contains(&channel))
    };
    match data.table("category_trees").records().iter().any(has) {
        true => wrong("The channel has a tree already."),
        false => Ok(()),
    }
}

/// The categories of a tree go with it.
fn forget_tree(data: &mut Data, tree: i64) {
    let of_tree = |record: &&Record| super::tree::number_of(&record.text, "tree_id") == tree;
    let top = |record: &&Record| super::tree::number_of(&record.text, "parent_id") == 0;
    let tops: Vec<i64> = data
        .table("categories")
        .records()
        .iter()
        .filter(of_tree)
        .filter(top)
        .map(|record| record.id)
        .collect();
    for category in tops {
        super::categories::deleting(data, category);
        write::remove_owned(data, "categories", category);
        data.remove("categories", category);
    }
}

/// Products of a brand that goes have none.
fn forget_brand(data: &mut Data, brand: i64) {
    let mark = format!("\"brand_id\":{brand}");
    let of_brand = |record: &&Record| {
        record.text.contains(&mark) && super::tree::number_of(&record.text, "brand_id") == brand
    };
    let products: Vec<i64> =
        data.table("products").records().iter().filter(of_brand).map(|record| record.id).collect();
    for product in products {
        write::touch(data, "products", product, &[("brand_id", "0".into())]);
    }
}
