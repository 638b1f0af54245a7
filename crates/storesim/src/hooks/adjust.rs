//! Writing stock (inventory.v3.yml, guide "Inventory adjustments"): all items of a request or none.

use std::convert::Infallible;
use std::time::Instant;

use super::locations::transaction;
use super::stock;
use crate::data::{Cause, Data};
use crate::declare::Action;
use crate::json::{self, Members};
use crate::pending::{Adjustment, Amount, onhand};
use crate::serve::{Answer, Failure, Version};
use crate::stock::{ItemKey, MOST};
use crate::write::{read_array, read_object};

/// The title of refusals of single fields.
const INVALID: &str = "Payload contains invalid fields";

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
    match item_key(data, product, variant) {
        Some(key) if key.is_variant && key.id == variant => Ok(Target { key, product, name }),
        Some(_) => {
            let title =
                format!("[Item with {name} is tracked by product, please update stock by product id]");
            Err(Failure::new(422, title))
        }
        None => Err(Failure::new(422, format!("[Item with {name} is not tracked]"))),
    }
}

/// The item that is written for a variant. What is listed can be written, also where the product is not
/// tracked: nothing in the reference says otherwise.
fn item_key(data: &Data, product: i64, variant: i64) -> Option<ItemKey> {
    let listed = ItemKey { id: variant, is_variant: true };
    stock::key(data, product, variant).or_else(|| data.stock.get(listed).map(|_| listed))
}

fn place(data: &Data, entry: &Members) -> Result<i64, Failure> {
    let id = entry.get("location_id").and_then(json::integer);
    let id = id.ok_or_else(|| Failure::new(422, INVALID).field("location_id", "location_id is required"))?;
    match data.table("locations").get(id) {
        Some(_) => Ok(id),
        None => Err(Failure::new(422, format!("Location with id {id} does not exist"))),
    }
}

/// Absolute: sets what is on hand.
pub(super) fn absolute(data: &mut Data, action: &Action, body: &str) -> Result<Answer, Failure> {
    accept(data, action, body, |_, _, quantity, _| {
        if !(0..=MOST).contains(&quantity) {
            return Err(Failure::new(422, format!("quantity must be between 0 and {MOST}")));
        }
        Ok((Amount::To(quantity), quantity))
    })
}

/// Relative: adds to what is on hand, or takes from it. It is checked against everything accepted
/// before it, shown or not.
pub(super) fn relative(data: &mut Data, action: &Action, body: &str) -> Result<Answer, Failure> {
    accept(data, action, body, |held, safety, quantity, name| {
        let Some(held) = held else {
            let title = format!("Items with identity: [{name}] requires absolute adjustment before relative");
            return Err(Failure::new(422, title));
        };
        let after = held.saturating_add(quantity);
        if quantity < 0 && after < safety {
            let title = format!("Items with identity: [{name}] would fall below safety stock");
            return Err(Failure::new(422, title));
        }
        if after > MOST {
            return Err(Failure::new(422, format!("quantity must be between 0 and {MOST}")));
        }
        Ok((Amount::By(quantity), after))
    })
}

/// Accepts all entries or none. `check` is told what will be on hand, the safety stock, the quantity
/// asked for and the entry's name; it tells what to do and what will be on hand then.
fn accept(
    data: &mut Data,
    action: &Action,
    body: &str,
    check: impl Fn(Option<i64>, i64, i64, &str) -> Result<(Amount, i64), Failure>,
) -> Result<Answer, Failure> {
    let body = read_object(body)?;
    let missing = |name: &str| Failure::new(422, INVALID).field(name, format!("{name} is required"));
    let items = body.get("items").ok_or_else(|| missing("items"))?;
    let mut outlook = data.pending.outlook(&data.stock);
    let mut entries = Vec::new();
    for entry in read_array(items, action)? {
        let entry = read_object(entry)?;
        let quantity = entry.get("quantity").and_then(json::integer).ok_or_else(|| missing("quantity"))?;
        let location = place(data, &entry)?;
        let Target { key, product, name } = target(data, &entry)?;
        let held = outlook.get(&(key, location)).copied().or_else(|| onhand(&data.stock, key, location));
        let level = data.stock.get(key).and_then(|item| item.levels.iter().find(|l| l.location == location));
        let (amount, after) = check(held, level.map_or(0, |level| level.safety), quantity, &name)?;
        outlook.insert((key, location), after);
        entries.push(Adjustment { key, product, location, amount });
    }
    let now = data.pending.accept(Instant::now(), entries);
    make(data, &now);
    Ok(transaction(data))
}

/// Lets accepted adjustments show that are due at `now`, or all of them.
pub(crate) fn show(data: &mut Data, now: Option<Instant>) {
    while let Some(entries) = data.pending.next(now) {
        let done = data.all_or_nothing(|data| {
            make(data, &entries);
            Ok::<_, Infallible>(())
        });
        done.unwrap_or_else(|never| match never {});
    }
}

/// Makes adjustments. What has become impossible since it was accepted is passed over: the item is
/// gone or tracked in another way, or an order was faster.
fn make(data: &mut Data, entries: &[Adjustment]) {
    for Adjustment { key, product, location, amount } in entries {
        let variant = if key.is_variant { key.id } else { 0 };
        let known = !key.is_variant || data.table("variants").get(variant).is_some();
        if !known || item_key(data, *product, variant) != Some(*key) {
            continue;
        }
        let mut item = data.stock.get(*key).cloned().unwrap_or_else(|| stock::fresh(data, *key, *product));
        let level = item.level(*location);
        match amount {
            Amount::To(quantity) => level.onhand = *quantity,
            Amount::By(quantity) => {
                let after = level.onhand.saturating_add(*quantity);
                if after < level.safety.min(level.onhand) || after > MOST {
                    continue;
                }
                level.onhand = after;
                data.cause = Cause::Relative;
            }
        }
        stock::put(data, item);
        data.cause = Cause::Set;
    }
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
    let missing = || Failure::new(422, INVALID).field("settings", "settings is required");
    let entries = read_array(body.get("settings").ok_or_else(missing)?, action)?;
    for (index, entry) in entries.into_iter().enumerate() {
        let entry = read_object(entry)?;
        let identity = read_object(entry.get("identity").unwrap_or("{}"))?;
        let target = target(data, &identity)?;
        let held = data.stock.get(target.key).cloned();
        let mut item = held.unwrap_or_else(|| stock::fresh(data, target.key, target.product));
        let level = item.level(location);
        let wrong = |name: &str, reason: String| {
            Err(Failure::new(422, INVALID).field(format!("setting.{index}.{name}"), reason))
        };
        let mut any = false;
        for (name, number) in [("safety_stock", &mut level.safety), ("warning_level", &mut level.warning)] {
            let Some(raw) = entry.get(name) else { continue };
            match json::integer(raw).filter(|value| (0..=MOST).contains(value)) {
                Some(value) => *number = value,
                None => return wrong(name, format!("{name} must be between 0 and {MOST}")),
            }
            any = true;
        }
        match entry.get("is_in_stock") {
            Some(raw @ ("true" | "false")) => (level.in_stock, any) = (raw == "true", true),
            Some(_) => return wrong("is_in_stock", "is_in_stock must be true or false".into()),
            None => {}
        }
        if let Some(value) = entry.get("bin_picking_number").and_then(json::string) {
            (level.bin, any) = (value.into(), true);
        }
        if !any {
            const REASON: &str =
                "At least one setting must be specified: warning_level, is_in_stock or safety_stock";
            return wrong("settings", REASON.into());
        }
        stock::put(data, item);
    }
    Ok(transaction(data))
}
