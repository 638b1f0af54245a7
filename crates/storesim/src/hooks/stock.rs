//! Stock as the catalog and orders move it, and the `inventory_level` that shows it.
//!
//! The items are the truth. A product tracked as a whole shows its item's level; a product tracked by
//! variant leaves its own member alone and each variant shows its own. How a product is tracked decides
//! which levels count, and changing it loses none.

use crate::data::{Cause, Data};
use crate::json::{self, Members};
use crate::stock::{DEFAULT, Item, ItemKey, Level, MOST, Sale, Taken};
use crate::write;

fn tracking(data: &Data, product: i64) -> Option<String> {
    let members = Members::read(data.text("products", product)?)?;
    members.get("inventory_tracking").and_then(json::string).map(|text| text.into_owned())
}

fn base(data: &Data, product: i64) -> Option<i64> {
    Members::read(data.text("products", product)?)?.get("base_variant_id").and_then(json::integer)
}

/// The item whose stock a sale of this product and variant takes.
pub(super) fn key(data: &Data, product: i64, variant: i64) -> Option<ItemKey> {
    match tracking(data, product)?.as_str() {
        "product" => Some(whole(data, product)),
        "variant" => Some(ItemKey { id: variant, is_variant: true }),
        _ => None,
    }
}

fn sku(data: &Data, table: &str, id: i64) -> Box<str> {
    let sku = data.text(table, id).and_then(Members::read).and_then(|members| members.get("sku"));
    sku.map(|raw| json::plain(raw).into()).unwrap_or_default()
}

pub(super) fn fresh(data: &Data, key: ItemKey, product: i64) -> Item {
    let (table, id) = if key.is_variant { ("variants", key.id) } else { ("products", product) };
    let variant = key.is_variant.then_some(key.id);
    Item { product, variant, sku: sku(data, table, id), levels: vec![Level::new(DEFAULT, 0)] }
}

/// The item of a product as a whole, however it is tracked.
fn whole(data: &Data, product: i64) -> ItemKey {
    match base(data, product) {
        Some(id) => ItemKey { id, is_variant: true },
        None => ItemKey { id: product, is_variant: false },
    }
}

/// Lets the items count that a product's way of tracking makes count. Others are set aside with their
/// levels, to count again when tracking changes back; one whose product or variant has changed its form
/// hands its levels on. Where nothing is tracked everything stays as it is.
pub(super) fn track(data: &mut Data, product: i64) {
    let variants = data.table("variants").children(product).to_vec();
    let is_simple = base(data, product).is_some();
    let mut moved = None;
    for old in data.stock.of_product(product).to_vec() {
        let is_left = if old.is_variant { variants.contains(&old.id) } else { !is_simple };
        if !is_left {
            moved = data.stock.get(old).map(|item| item.levels.clone()).or(moved);
            data.put_item(old, None);
        }
    }
    let wanted: Vec<ItemKey> = match tracking(data, product).as_deref() {
        Some("product") => vec![whole(data, product)],
        Some("variant") => variants.iter().map(|id| ItemKey { id: *id, is_variant: true }).collect(),
        _ => return,
    };
    for old in data.stock.of_product(product).to_vec() {
        if !wanted.contains(&old) {
            data.stock.set_aside(old);
            data.put_item(old, None);
        }
    }
    // A product tracked as a whole keeps its stock when it gets its first options.
    let moved = moved.filter(|_| wanted.len() == 1);
    for key in wanted {
        match data.stock.get(key) {
            Some(item) => {
                let item = item.clone();
                show(data, &item);
            }
            None => {
                let item = counting_again(data, key, product, moved.as_ref());
                put(data, item);
            }
        }
    }
}

/// An item that begins to count: with the levels handed on to it, or those it had, or else what its product
/// or variant shows.
fn counting_again(data: &Data, key: ItemKey, product: i64, moved: Option<&Vec<Level>>) -> Item {
    let mut item = fresh(data, key, product);
    if let Some(levels) = moved {
        item.levels.clone_from(levels);
        return item;
    }
    if let Some(levels) = data.stock.aside(key) {
        let places = data.table("locations");
        item.levels = levels.iter().filter(|l| places.get(l.location).is_some()).cloned().collect();
    }
    // What is shown may have been written in the meantime.
    let own = key.is_variant && base(data, product) != Some(key.id);
    let text = if own { data.text("variants", key.id) } else { data.text("products", product) };
    let shown = text.and_then(Members::read).and_then(|members| members.get("inventory_level"));
    item.level(DEFAULT).onhand = shown.and_then(json::integer).unwrap_or(0).min(MOST);
    item
}

/// Drops a variant's item.
pub(super) fn forget(data: &mut Data, variant: i64) {
    let key = ItemKey { id: variant, is_variant: true };
    if data.stock.get(key).is_some() {
        data.put_item(key, None);
    }
}

/// Drops all items of a product.
pub(super) fn forget_product(data: &mut Data, product: i64) {
    for key in data.stock.of_product(product).to_vec() {
        data.put_item(key, None);
    }
}

/// Takes over a variant's new sku.
pub(super) fn rename(data: &mut Data, variant: i64) {
    if let Some(mut item) = data.stock.of_variant(variant).cloned() {
        item.sku = sku(data, "variants", variant);
        data.put_item(item.key(), Some(item));
    }
}

/// Stores an item and shows its level where it belongs.
pub(super) fn put(data: &mut Data, item: Item) {
    data.put_item(item.key(), Some(item.clone()));
    show(data, &item);
}

/// Shows an item's level where it belongs.
fn show(data: &mut Data, item: &Item) {
    let how = tracking(data, item.product);
    let shown = [("inventory_level", item.shown().to_string())];
    if how.as_deref() == Some("product") {
        write::touch(data, "products", item.product, &shown);
    }
    if let (Some(variant), Some("product" | "variant")) = (item.variant, how.as_deref()) {
        write::touch(data, "variants", variant, &shown);
    }
}

/// Takes so many units from an item, as many as there are: at the default location first, never under
/// nothing to sell.
fn take(item: &mut Item, quantity: i64) -> Vec<Taken> {
    let mut left = quantity;
    item.level(DEFAULT);
    let key = item.key();
    let first = item.levels.iter().position(|level| level.location == DEFAULT).unwrap_or(0);
    let mut taken = Vec::new();
    for at in std::iter::once(first).chain(0..item.levels.len()) {
        let level = &mut item.levels[at];
        let units = left.min(level.available().max(0));
        level.onhand -= units;
        left -= units;
        if units > 0 {
            taken.push(Taken { item: key, location: level.location, units });
        }
    }
    taken
}

/// Lets a catalog write set what a product as a whole has to sell.
pub(super) fn set_product(data: &mut Data, product: i64, level: i64) {
    let key = whole(data, product);
    let counts = match tracking(data, product).as_deref() {
        Some("product") => true,
        // Its item is listed also while nothing is tracked.
        Some("none") => data.stock.get(key).is_some(),
        _ => false,
    };
    if counts {
        set(data, key, product, level);
    }
}

/// The same for a variant.
pub(super) fn set_variant(data: &mut Data, variant: i64, level: i64) {
    let product = data.table("variants").get(variant).map_or(0, |record| record.parent);
    if tracking(data, product).as_deref() == Some("variant") {
        set(data, ItemKey { id: variant, is_variant: true }, product, level);
    }
}

fn set(data: &mut Data, key: ItemKey, product: i64, level: i64) {
    let mut item = data.stock.get(key).cloned().unwrap_or_else(|| fresh(data, key, product));
    item.level(DEFAULT).onhand = level.min(MOST);
    put(data, item);
}

/// Moves stock when an order's units of a product and variant change from `before` to `after`: takes what it
/// takes more, and gives back where it came from what it took and takes no more. Units that there were none
/// of to take do not come back.
pub(super) fn sell(data: &mut Data, sale: Sale, before: i64, after: i64) {
    let (_, product, variant) = sale;
    let place = key(data, product, variant);
    // An order that was loaded is taken to have taken everything at the default location.
    let assumed = || {
        let all = place.filter(|_| before > 0);
        all.map(|item| Taken { item, location: DEFAULT, units: before }).into_iter().collect()
    };
    let mut taken: Vec<Taken> = data.stock.taken(sale).cloned().unwrap_or_else(assumed);
    data.cause = Cause::Order;
    if after > before {
        if let Some(mut item) = place.and_then(|key| data.stock.get(key).cloned()) {
            taken.extend(take(&mut item, after - before));
            put(data, item);
        }
    } else {
        let mut surplus = taken.iter().fold(0_i64, |sum, part| sum.saturating_add(part.units)) - after;
        while surplus > 0
            && let Some(part) = taken.last_mut()
        {
            let units = surplus.min(part.units);
            part.units -= units;
            surplus -= units;
            let from = part.clone();
            if from.units == 0 {
                taken.pop();
            }
            give_back(data, product, variant, &Taken { units, ..from });
        }
    }
    data.cause = Cause::Set;
    data.note_taken(sale, taken);
}

/// Puts units back: into the item they are of, or the one that counts in its stead, where they came from or
/// else at the default location.
fn give_back(data: &mut Data, product: i64, variant: i64, taken: &Taken) {
    let keys = [Some(taken.item), key(data, product, variant)];
    let Some(mut item) = keys.into_iter().flatten().find_map(|key| data.stock.get(key).cloned()) else {
        return;
    };
    let there = data.table("locations").get(taken.location).is_some();
    let level = item.level(if there { taken.location } else { DEFAULT });
    level.onhand = level.onhand.saturating_add(taken.units).min(MOST);
    put(data, item);
}
