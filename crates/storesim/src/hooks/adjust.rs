//! Writing stock (inventory.v3.yml, guide "Inventory adjustments"): all items of a request or none.

use super::locations::transaction;
use super::stock;
use crate::data::Data;
use crate::declare::Action;
use crate::json::{self, Members};
use crate::serve::{Answer, Failure, Version};
use crate::stock::{Item, ItemKey, MOST};
use crate::write::{read_array, read_object};

/// Which item an entry means, with its text for messages.
struct Target {
    key: ItemKey,
    product: i64,
    name: String,
}

fn target(data: &Data, entry: &Members) -> Result<Target, Failure> {
    let number = |name: &str| entry.get(name).and_then(json::integer);
    let missing = |name: String| Failure::new(422, format!("Items with identity: [{name}] do not exist"));
    if let Some(product) = number("product_id") {
        let name = format!("product_id {product}");
        if data.table("products").get(product).is_none() {
            return Err(missing(name));
        }
        return match stock::key(data, product, 0) {
            // A product tracked by variant has no stock of its own.
            Some(key) if key.id != 0 => Ok(Target { key, product, name }),
            _ => Err(Failure::new(
                422,
                format!("[Item with {name} is not tracked by product, please update stock by variant id]"),
            )),
        };
    }
    let by_sku = entry.get("sku").and_then(json::string);
    let (variant, name) = match (number("variant_id"), &by_sku) {
        (Some(id), _) => (id, format!("variant_id {id}")),
        (None, Some(sku)) => (data.table("variants").holder("sku", sku).unwrap_or(0), format!("sku {sku}")),
        (None, None) => return Err(Failure::new(422, "One of sku, variant_id and product_id is required")),
    };
    let Some(record) = data.table("variants").get(variant) else { return Err(missing(name)) };
    let product = record.parent;
    match stock::key(data, product, variant) {
        Some(key) if key.is_variant && key.id == variant => Ok(Target { key, product, name }),
        Some(_) => {
            let title =
                format!("[Item with {name} is tracked by product, please update stock by product id]");
            Err(Failure::new(422, title))
        }
        None => Err(Failure::new(422, format!("[Item with {name} is not tracked]"))),
    }
}

fn place(data: &Data, entry: &Members) -> Result<i64, Failure> {
    let id = entry.get("location_id").and_then(json::integer);
    let id = id.ok_or_else(|| {
        Failure::new(422, "Input is invalid").field("location_id", "location_id is required")
    })?;
    match data.table("locations").get(id) {
        Some(_) => Ok(id),
        None => Err(Failure::new(422, format!("Location with id {id} does not exist"))),
    }
}

/// Absolute: sets what is on hand.
pub(super) fn absolute(data: &mut Data, action: &Action, body: &str) -> Result<Answer, Failure> {
    each(data, action, body, |_, item, location, quantity, _| {
        if !(0..=MOST).contains(&quantity) {
            return Err(Failure::new(422, format!("quantity must be between 0 and {MOST}")));
        }
        item.level(location).onhand = quantity;
        Ok(())
    })
}

/// Relative: adds to what is on hand, or takes from it.
pub(super) fn relative(data: &mut Data, action: &Action, body: &str) -> Result<Answer, Failure> {
    each(data, action, body, |known, item, location, quantity, name| {
        if !known {
            let title = format!("Items with identity: [{name}] requires absolute adjustment before relative");
            return Err(Failure::new(422, title));
        }
        let level = item.level(location);
        let after = level.onhand.saturating_add(quantity);
        if after < level.safety {
            return Err(Failure::new(
                422,
                format!("Items with identity: [{name}] would fall below safety stock"),
            ));
        }
        if after > MOST {
            return Err(Failure::new(422, format!("quantity must be between 0 and {MOST}")));
        }
        level.onhand = after;
        Ok(())
    })
}

fn each(
    data: &mut Data,
    action: &Action,
    body: &str,
    change: impl Fn(bool, &mut Item, i64, i64, &str) -> Result<(), Failure>,
) -> Result<Answer, Failure> {
    let body = read_object(body)?;
    for entry in read_array(body.get("items").unwrap_or("[]"), action.batch)? {
        let entry = read_object(entry)?;
        let quantity = entry.get("quantity").and_then(json::integer);
        let quantity = quantity
            .ok_or_else(|| Failure::new(422, "Input is invalid").field("quantity", "quantity is required"))?;
        let location = place(data, &entry)?;
        let target = target(data, &entry)?;
        let held = data.stock.get(target.key).cloned();
        let known =
            held.as_ref().is_some_and(|item| item.levels.iter().any(|level| level.location == location));
        let mut item = held.unwrap_or_else(|| stock::fresh(data, target.key, target.product));
        change(known, &mut item, location, quantity, &target.name)?;
        stock::put(data, item);
    }
    Ok(transaction(data))
}

/// Settings of items at a location.
pub(super) fn settings(
    data: &mut Data,
    location: i64,
    action: &Action,
    body: &str,
) -> Result<Answer, Failure> {
    if data.table("locations").get(location).is_none() {
        return Err(Failure::not_found(Version::V3, "location", location));
    }
    let body = read_object(body)?;
    for (index, entry) in
        read_array(body.get("settings").unwrap_or("[]"), action.batch)?.into_iter().enumerate()
    {
        let entry = read_object(entry)?;
        let identity = read_object(entry.get("identity").unwrap_or("{}"))?;
        let target = target(data, &identity)?;
        let mut item = data
            .stock
            .get(target.key)
            .cloned()
            .unwrap_or_else(|| stock::fresh(data, target.key, target.product));
        let level = item.level(location);
        let mut any = false;
        for (name, number) in [("safety_stock", &mut level.safety), ("warning_level", &mut level.warning)] {
            if let Some(value) =
                entry.get(name).and_then(json::integer).filter(|value| (0..=MOST).contains(value))
            {
                *number = value;
                any = true;
            }
        }
        if let Some(value) = entry.get("is_in_stock") {
            level.in_stock = value == "true";
            any = true;
        }
        if let Some(value) = entry.get("bin_picking_number").and_then(json::string) {
            level.bin = value.into();
            any = true;
        }
        if !any {
            let field = format!("setting.{index}.settings");
            return Err(
                Failure::new(422, "Input is invalid").field(field, "at least one setting is required")
            );
        }
        stock::put(data, item);
    }
    Ok(transaction(data))
}
