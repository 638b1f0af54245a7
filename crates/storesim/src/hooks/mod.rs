//! What a declaration cannot say: small named behaviours of single resources.

mod adjust;
pub(crate) mod assignments;
mod cart_lines;
mod carts;
mod catalog;
mod catalog_v2;
mod catalog_v2_parts;
mod categories;
mod checkout_parts;
mod checkouts;
mod consignments;
mod coupons;
mod details;
mod discounts;
mod images;
mod inventory;
mod legacy;
mod lines;
mod locations;
mod marketing;
mod metafields;
mod options;
mod orders;
mod payments;
mod people;
mod pickups;
mod prices;
mod products;
mod promotions;
mod refunds;
mod shipments;
mod statuses;
mod stock;
mod summary;
mod tree;
mod variants;

use std::borrow::Cow;
use std::time::Instant;

use crate::caller::Caller;
use crate::data::Data;
use crate::declare::{Action, Resource};
use crate::json::{self, Members, quote};
use crate::pending::Deed;
use crate::rows::Row;
use crate::serve::{Answer, Failure, Query, Version, View, Visible, Wanted, owned};
use crate::table::Record;
use crate::webhooks;
use crate::write::Draft;

pub(crate) use adjust::show as show_stock;
pub(crate) use cart_lines::KINDS as CART_LINES;
pub(crate) use carts::{are_left as carts_are_left, leave as leave_carts, visit as visit_cart};
pub(crate) use consignments::tax_rows;
pub(crate) use people::geography;

use statuses::STATUSES;
pub(crate) use statuses::all as order_statuses;

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
        "taxes" => {
            let id = ids.first().copied().unwrap_or(0);
            consignments::taxes(data, id, query, strict_limit)
        }
        "fees" => Ok(Answer::new(200, format!("{{\"fees\":{}}}", consignments::fees(data, order()?)))),
        "order_count" => statuses::count(data, query),
        "order_statuses" => Ok(Answer::new(200, statuses::all())),
        "order_status" => statuses::one(ids.first().copied().unwrap_or(-1)),
        "abandoned_cart" => carts::abandoned(data, ids.first().copied().unwrap_or(0)),
        "checkout" => checkouts::read(data, ids.first().copied().unwrap_or(0), query),
        "tree" => tree::nested(data, ids.first().copied().unwrap_or(0), query),
        "inventory_items" => inventory::items(data, query, strict_limit),
        "location_items" => inventory::at(data, ids.first().copied().unwrap_or(0), query, strict_limit),
        "webhooks_admin" => webhooks::admin(data, query, strict_limit),
        "webhook" => webhooks::one(data, query.caller(), ids.first().copied().unwrap_or(0), version),
        _ => match catalog::read(data, hook, ids, query, strict_limit) {
            Some(answer) => answer,
            None => people::read(data, hook, ids, query, strict_limit),
        },
    }
}

/// Which records of a resource a caller sees; `None` when all.
pub(crate) fn visible(data: &Data, resource: &Resource, caller: &Caller) -> Option<Visible> {
    match resource.name.as_str() {
        "hooks" => Some(webhooks::own(data, caller)),
        "carts" => {
            let now = data.clock.now();
            Some(Box::new(move |cart| carts::is_alive(cart, now)))
        }
        _ if resource.private => {
            let client = caller.client_id.clone();
            Some(Box::new(move |record| owned::sees(&client, &record.text)))
        }
        _ => people::visible(data, resource, caller),
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
        "carts" => carts::render(view, data, record, start, out),
        _ => {
            catalog::render(view, data, resource, record, out);
            people::render(view, data, resource, record, out);
        }
    }
}

/// Does what follows from a changed object of which the store has one.
pub(crate) fn put_single(data: &mut Data, resource: &str, number: i64) {
    people::put_single(data, resource, number);
}

/// The text of a record in its other form.
pub(crate) fn view(data: &Data, resource: &Resource, record: &Record) -> String {
    match resource.name.as_str() {
        name if catalog_v2::knows(name) => catalog_v2::view(data, resource, record),
        name if catalog_v2_parts::knows(name) => catalog_v2_parts::view(data, resource, record),
        _ => people::view(data, resource, record),
    }
}

/// What a record is known by in its other form; `None` when it has none there.
pub(crate) fn outside(resource: &Resource, record: &Record) -> Option<i64> {
    catalog_v2_parts::outside(resource, record)
}

/// The rows that an imported record of another form stands for.
pub(crate) fn base_of(resource: &Resource, parent: Option<i64>, text: &str) -> Vec<Row> {
    match resource.name.as_str() {
        name if catalog_v2::knows(name) => catalog_v2::base_of(resource, text),
        name if catalog_v2_parts::knows(name) => catalog_v2_parts::base_of(resource, parent, text),
        _ => people::base_of(resource, parent, text),
    }
}

/// Whether the record of such a row is there already.
pub(crate) fn has_base(data: &Data, row: &Row) -> bool {
    match row.resource.as_str() {
        "customers" | "customer_addresses" => people::has_base(data, row),
        _ => catalog_v2::has_base(data, row),
    }
}

/// What a draft of the other form says, as a write of the records themselves.
pub(crate) fn unview(data: &Data, draft: &Draft) -> Result<String, Failure> {
    match draft.resource.name.as_str() {
        name if catalog_v2::knows(name) => catalog_v2::unview(draft),
        name if catalog_v2_parts::knows(name) => catalog_v2_parts::unview(data, draft),
        _ => people::unview(data, draft),
    }
}

/// Serves a write that is no create, update or delete of records.
pub(crate) fn write(
    data: &mut Data,
    action: &'static Action,
    ids: &[i64],
    query: &Query,
    body: &str,
    version: Version,
    words: &[String],
) -> Result<Answer, Failure> {
    let first = ids.first().copied().unwrap_or(0);
    let word = words.first().map(String::as_str).unwrap_or_default();
    match action.hook.as_str() {
        "cart_create" => carts::create(data, query, body),
        "cart_update" => carts::update(data, first, query, body),
        "cart_items_add" => carts::add(data, first, query, body),
        "cart_item_update" => carts::change(data, first, word, query, body),
        "cart_item_delete" => carts::delete(data, first, word, query, body),
        "cart_redirect" => carts::redirect(data, first, body),
        "checkout_coupon" => checkouts::apply(data, first, query, body),
        "checkout_coupon_remove" => checkouts::remove(data, first, word, query, body),
        "checkout_message" => checkout_parts::message(data, first, query, body),
        "checkout_billing" => {
            checkout_parts::billing(data, first, words.first().map(String::as_str), query, body)
        }
        "checkout_consignments" => checkout_parts::consign(data, first, query, body),
        "checkout_consignment" => checkout_parts::change(data, first, word, query, body),
        "checkout_consignment_delete" => checkout_parts::drop(data, first, word, query, body),
        "checkout_discounts" => checkout_parts::discount(data, first, query, body),
        "checkout_fees" => checkout_parts::fees(data, first, true, query, body),
        "checkout_fees_update" => checkout_parts::fees(data, first, false, query, body),
        "checkout_fees_delete" => checkout_parts::drop_fees(data, first, query, body),
        "checkout_token" => checkout_parts::token(data, first, body),
        "checkout_order" => checkouts::order(data, first),
        "pickups_update" => pickups::update(data, action, body),
        "pickup_options" => pickups::options(data, body),
        "shipment_create" => shipments::create(data, first, body),
        "payment_capture" => payments::accept(data, first, Deed::Capture),
        "payment_void" => payments::accept(data, first, Deed::Void),
        "refund_quote" => refunds::quote_for(data, first, body),
        "refund_create" => refunds::create(data, first, body),
        "promotions_delete" => promotions::delete_many(data, action, "promotions", None, query),
        "promotion_codes_delete" => {
            promotions::delete_many(data, action, "promotion_codes", Some(first), query)
        }
        "codegen" => promotions::generate(data, first, body),
        "variants" => variants::batch(data, action, body),
        "locations_create" => locations::create(data, action, body),
        "locations_update" => locations::update(data, action, body),
        "locations_delete" => locations::delete(data, query),
        "adjust_absolute" => adjust::absolute(data, action, body),
        "adjust_relative" => adjust::relative(data, action, body),
        "location_settings" => adjust::settings(data, ids.first().copied().unwrap_or(0), action, body),
        "webhooks_admin" => webhooks::set_admin(data, body),
        "webhook_update" => webhooks::update(data, ids.first().copied().unwrap_or(0), body, version),
        "webhook_delete" => webhooks::delete(data, ids.first().copied().unwrap_or(0), version),
        _ => match catalog::write(data, action, ids, query, body) {
            Some(answer) => answer,
            None => people::write(data, action, ids, query, body, version),
        },
    }
}

/// Lets what was accepted show that is due at `now`: adjustments of stock, answers of gateways.
pub(crate) fn show_due(data: &mut Data, now: Option<Instant>) {
    adjust::show(data, now);
    payments::settle(data, now);
}

/// Checks a draft and fills what follows from it, before it is stored.
pub(crate) fn prepare(data: &mut Data, draft: &mut Draft) -> Result<(), Failure> {
    match draft.resource.name.as_str() {
        "products" => products::prepare(data, draft),
        "variants" => variants::prepare(data, draft),
        "brands" => {
            prepare_url(draft);
            Ok(())
        }
        "categories" => categories::prepare(data, draft),
        "orders" => orders::prepare(data, draft),
        "order_fees" => {
            orders::prepare_fee(draft);
            Ok(())
        }
        "order_shipments" => shipments::prepare(data, draft),
        "store_options" | "option_sets" | "option_set_options" => catalog_v2_parts::link(data, draft),
        "pickup_methods" => pickups::prepare_method(data, draft),
        "order_pickups" => pickups::prepare(data, draft),
        "coupons" => marketing::coupon(draft),
        "gift_certificates" => {
            marketing::certificate(data, draft);
            Ok(())
        }
        "promotions" => promotions::prepare(draft),
        "promotion_codes" => promotions::prepare_code(data, draft),
        "hooks" => webhooks::prepare(data, draft),
        _ if metafields::is(draft.resource) => metafields::prepare(data, draft),
        _ => {
            catalog::prepare(data, draft)?;
            people::prepare(data, draft)
        }
    }
}

/// Does what follows from a stored draft.
pub(crate) fn stored(data: &mut Data, draft: &Draft) -> Result<(), Failure> {
    match draft.resource.name.as_str() {
        "products" => products::stored(data, draft),
        "variants" => variants::stored(data, draft),
        "orders" => orders::stored(data, draft),
        "order_shipments" => {
            shipments::stored(data, draft);
            Ok(())
        }
        "promotions" => promotions::stored(data, draft),
        "order_shipping_addresses" if draft.old.is_some() => {
            orders::stir(data, draft.parent);
            Ok(())
        }
        _ => {
            catalog::stored(data, draft);
            people::stored(data, draft)
        }
    }
}

/// Does what goes before a delete, or refuses it.
pub(crate) fn deleting(data: &mut Data, resource: &Resource, id: i64) -> Result<(), Failure> {
    match resource.name.as_str() {
        "products" => stock::forget_product(data, id),
        "variants" => variants::deleting(data, id)?,
        "categories" => categories::deleting(data, id),
        "carts" => carts::deleting(data, id),
        "order_shipments" => shipments::deleting(data, id),
        "promotions" => promotions::deleting(data, id)?,
        _ if metafields::is(resource) => metafields::deleting(data, resource, id)?,
        _ => {
            catalog::deleting(data, resource, id);
            people::deleting(data, resource, id)?;
        }
    }
    Ok(())
}

/// An item of an array with what it says in another way, or its path for it: a parent, a sku.
pub(crate) fn completed<'a>(
    data: &Data,
    resource: &Resource,
    parent: Option<i64>,
    item: &'a str,
) -> Result<Cow<'a, str>, Failure> {
    if let Some(completed) = catalog::completed(data, resource, parent, item) {
        return completed;
    }
    Ok(match (parent, &resource.parent_member) {
        (Some(parent), Some(member)) => Cow::Owned(json::edit(item, &[(member, parent.to_string())])),
        _ => Cow::Borrowed(item),
    })
}

/// Narrows a list by filters that no member of its records answers.
pub(crate) fn narrow(data: &Data, resource: &Resource, query: &Query, wanted: &mut Wanted) {
    catalog::narrow(data, resource, query, wanted);
}

/// Whether a write is one that silently does nothing.
pub(crate) fn is_duplicate(data: &Data, resource: &Resource, id: Option<i64>, input: &Members) -> bool {
    resource.name == "customer_addresses" && people::is_duplicate(data, id, input)
}

/// The refusal of a value that another record has.
pub(crate) fn duplicate(resource: &Resource, field: &str, value: &str) -> Failure {
    match resource.name.as_str() {
        "customers" => people::taken(value),
        name => {
            let what = if name == "products" { format!("product {field}") } else { field.to_owned() };
            let reason = resource.texts.duplicate.replace("{}", &what);
            let status = if resource.problem { 422 } else { resource.texts.duplicate_status };
            Failure::new(status, reason.clone()).field(field, reason)
        }
    }
}

fn prepare_url(draft: &mut Draft) {
    match draft.given("custom_url") {
        Some(sent) if draft.old_value("custom_url").as_deref() != Some(sent) => {
            let url = crate::json::edit(sent, &[("is_customized", "true")]);
            draft.set("custom_url", url);
        }
        None if draft.old.is_none() => {
            let name = draft.given("name").and_then(crate::json::string).unwrap_or_default().into_owned();
            draft.set("custom_url", format!("{{\"url\":{},\"is_customized\":false}}", quote(&slug(&name))));
        }
        _ => {}
    }
}

/// The path that follows from a name: `/red-chair/`.
fn slug(name: &str) -> String {
    let mut out = String::from("/");
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.ends_with(['/', '-']) {
            out.push('-');
        }
    }
    let end = out.trim_end_matches('-').len();
    out.truncate(end);
    out.push('/');
    out
}
