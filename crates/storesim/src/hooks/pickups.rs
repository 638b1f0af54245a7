//! Orders that are picked up: the methods a store offers (pickup_methods.v3.yml), where what somebody
//! wants can be had (pickup_options.v3.yml), and the pickups of orders (pickup.v3.yml).

use crate::data::Data;
use crate::declare::Action;
use crate::json::{self, Members, quote};
use crate::serve::{Answer, Failure, Version};
use crate::write::{self, Draft, read_array, read_object};

/// The most options an answer has.
const MOST_OPTIONS: usize = 10;
/// The radius of the earth, in kilometers and miles.
const RADIUS: [(&str, f64); 2] = [("KM", 6_371.0), ("MI", 3_958.8)];
const INVALID: &str = "JSON data is missing or invalid";

fn wrong(name: &str, reason: impl Into<String>) -> Failure {
    Failure::new(422, INVALID).field(name, reason)
}

/// Checks a method: it hands out at a location of the store.
pub(super) fn prepare_method(data: &Data, draft: &Draft) -> Result<(), Failure> {
    match draft.given("location_id").and_then(json::integer) {
        Some(id) if data.table("locations").get(id).is_none() => {
            Err(wrong("location_id", format!("location_id {id} does not exist")))
        }
        _ => Ok(()),
    }
}

/// Checks a pickup: lines of its order, and no more units than are left of them. Once it is collected, so
/// are its items.
pub(super) fn prepare(data: &mut Data, draft: &mut Draft) -> Result<(), Failure> {
    let collected = draft.extra("collected_at").map(str::to_owned);
    if draft.old.is_some() {
        if let (Some(at), Some(items)) = (collected, draft.old_value("pickup_items")) {
            let items = json::entries(&items).unwrap_or_default();
            let items: Vec<String> = items.into_iter().map(|item| marked(item, &at)).collect();
            draft.set("pickup_items", format!("[{}]", items.join(",")));
        }
        return Ok(());
    }
    let method = draft.given("pickup_method_id").and_then(json::integer).unwrap_or(0);
    if data.table("pickup_methods").get(method).is_none() {
        return Err(wrong("pickup_method_id", format!("pickup_method_id {method} does not exist")));
    }
    let sent = draft.given("pickup_items").unwrap_or("[]").to_owned();
    let sent = json::entries(&sent).unwrap_or_default();
    if sent.is_empty() {
        return Err(wrong("pickup_items", "error.expected.minLength"));
    }
    let mut items: Vec<(i64, i64)> = Vec::new();
    for (at, item) in sent.into_iter().enumerate() {
        let item = read_object(item)?;
        let number = |name: &str| {
            let path = format!("pickup_items.{at}.{name}");
            let raw = item.get(name).ok_or_else(|| wrong(&path, "error.path.missing"))?;
            json::integer(raw)
                .filter(|n| *n > 0)
                .ok_or_else(|| wrong(&path, format!("{name} must be 1 or more")))
        };
        let (line, units) = (number("order_product_id")?, number("quantity")?);
        let before: i64 = items.iter().filter(|(known, _)| *known == line).map(|(_, units)| units).sum();
        let left = left(data, draft.parent, line).ok_or_else(|| {
            let path = format!("pickup_items.{at}.order_product_id");
            wrong(&path, format!("The order has no product {line}."))
        })?;
        if before.saturating_add(units) > left {
            let path = format!("pickup_items.{at}.quantity");
            return Err(wrong(&path, format!("There are {} left to be picked up.", (left - before).max(0))));
        }
        items.push((line, units));
    }
    let mut texts = Vec::with_capacity(items.len());
    for (line, units) in items {
        let item = format!(
            "{{\"id\":{},\"order_product_id\":{line},\"quantity\":{units},\"status\":\"AWAITING_COLLECTION\",\"collected_at\":null}}",
            data.claim_extra()
        );
        texts.push(collected.as_ref().map_or_else(|| item.clone(), |at| marked(&item, at)));
    }
    draft.set("pickup_items", format!("[{}]", texts.join(",")));
    Ok(())
}

/// An item with the time at which it was collected, null for not yet.
fn marked(item: &str, at: &str) -> String {
    let status = if at == "null" { "AWAITING_COLLECTION" } else { "COLLECTED" };
    json::edit(item, &[("status", quote(status)), ("collected_at", at.to_owned())])
}

/// How many units of an order's line are neither shipped nor in a pickup.
fn left(data: &Data, order: i64, line: i64) -> Option<i64> {
    let record = data.table("order_products").get(line).filter(|record| record.parent == order)?;
    let members = Members::read(&record.text)?;
    let number = |name: &str| members.get(name).and_then(json::integer).unwrap_or(0);
    let mut left = number("quantity") - number("quantity_shipped");
    for pickup in data.table("order_pickups").of(order) {
        let items = Members::read(&pickup.text).and_then(|pickup| json::entries(pickup.get("pickup_items")?));
        for item in items.unwrap_or_default().into_iter().filter_map(Members::read) {
            let number = |name: &str| item.get(name).and_then(json::integer).unwrap_or(0);
            if number("order_product_id") == line {
                left -= number("quantity");
            }
        }
    }
    Some(left)
}

/// `PUT /v3/orders/pickups`: each is named by its `pickup_id`, or its `id`.
pub(super) fn update(data: &mut Data, action: &Action, body: &str) -> Result<Answer, Failure> {
    let resource = data.table("order_pickups").resource;
    let mut texts = Vec::new();
    for (at, item) in read_array(body, action)?.into_iter().enumerate() {
        let input = read_object(item)?;
        let named = input.get("pickup_id").or_else(|| input.get("id"));
        let path = format!("{at}.pickup_id");
        let named = named.ok_or_else(|| wrong(&path, "error.path.missing"))?;
        let id = json::integer(named).filter(|id| data.table("order_pickups").get(*id).is_some());
        let id = id.ok_or_else(|| wrong(&path, format!("pickup_id {named} does not exist")))?;
        write::update(data, resource, id, &input, Version::V3)?;
        texts.extend(data.text("order_pickups", id).map(str::to_owned));
    }
    Ok(Answer::data(200, &format!("[{}]", texts.join(","))))
}

/// `POST /v3/pickup/options`: the methods of enabled locations in the area that have all of the items.
pub(super) fn options(data: &Data, body: &str) -> Result<Answer, Failure> {
    let input = read_object(body)?;
    let area = input.get("search_area").and_then(Members::read);
    let area = area.ok_or_else(|| wrong("search_area", "error.path.missing"))?;
    let number = |name: &str| area.path(name).and_then(|raw| raw.parse::<f64>().ok());
    let radius = number("radius.value").filter(|radius| *radius >= 0.0);
    let radius = radius.ok_or_else(|| wrong("search_area.radius.value", "error.path.missing"))?;
    let unit = area.path("radius.unit").map(json::plain).unwrap_or_default();
    let earth = RADIUS.iter().find(|(name, _)| *name == unit);
    let (_, earth) = earth.ok_or_else(|| wrong("search_area.radius.unit", "must be KM or MI"))?;
    let from = number("coordinates.latitude").zip(number("coordinates.longitude"));
    let mut items: Vec<(i64, i64)> = Vec::new();
    let sent = input.get("items").and_then(json::entries).unwrap_or_default();
    for (at, item) in sent.into_iter().enumerate() {
        let item = read_object(item)?;
        let number = |name: &str| {
            let number = item.get(name).and_then(json::integer).filter(|number| *number > 0);
            number.ok_or_else(|| wrong(&format!("items.{at}.{name}"), "error.path.missing"))
        };
        items.push((number("variant_id")?, number("quantity")?));
    }
    if items.is_empty() {
        return Err(wrong("items", "error.path.missing"));
    }
    let mut options = Vec::new();
    for method in data.table("pickup_methods").records() {
        let Some(members) = Members::read(&method.text) else { continue };
        let Some(location) = members.get("location_id").and_then(json::integer) else { continue };
        let Some(place) = data.text("locations", location).and_then(Members::read) else { continue };
        let there = |name: &str| {
            place.path(&format!("address.geo_coordinates.{name}")).and_then(|raw| raw.parse::<f64>().ok())
        };
        let far = match (from, there("latitude").zip(there("longitude"))) {
            (Some(from), Some(to)) => distance(*earth, from, to) > radius,
            (Some(_), None) => true,
            (None, _) => false,
        };
        let lacks = |(variant, units): &(i64, i64)| !has(data, location, *variant, *units);
        if far || place.get("enabled") == Some("false") || items.iter().any(lacks) {
            continue;
        }
        let own = json::without(&method.text, |name| matches!(name, "date_created" | "date_modified"));
        let available: Vec<String> = items
            .iter()
            .map(|(variant, units)| format!("{{\"variant_id\":{variant},\"quantity\":{units}}}"))
            .collect();
        options.push(format!("{{\"pickup_method\":{own},\"available_items\":[{}]}}", available.join(",")));
        if options.len() == MOST_OPTIONS {
            break;
        }
    }
    Ok(Answer::new(200, format!("{{\"results\":[{{\"pickup_options\":[{}]}}]}}", options.join(","))))
}

/// Whether a location has so many units of a variant to sell; what is not tracked is always there.
fn has(data: &Data, location: i64, variant: i64, units: i64) -> bool {
    let Some(product) = data.table("variants").get(variant).map(|record| record.parent) else { return false };
    let Some(key) = super::stock::key(data, product, variant) else { return true };
    let item = data.stock.get(key);
    let level = item.and_then(|item| item.levels.iter().find(|level| level.location == location));
    level.is_some_and(|level| level.in_stock && level.available() >= units)
}

/// The distance of two points on a globe, by the haversine formula.
fn distance(earth: f64, from: (f64, f64), to: (f64, f64)) -> f64 {
    let (low, high) = (from.0.to_radians(), to.0.to_radians());
    let (height, width) = ((to.0 - from.0).to_radians(), (to.1 - from.1).to_radians());
    let a = (height / 2.0).sin().powi(2) + low.cos() * high.cos() * (width / 2.0).sin().powi(2);
    2.0 * earth * a.sqrt().min(1.0).asin()
}
