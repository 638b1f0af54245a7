//! Stock as the catalog and orders move it, and the `inventory_level` that shows it.
//!
//! The items are the truth. A product tracked as a whole shows its item's level; a product tracked by
//! variant leaves its own member alone and each variant shows its own.

use crate::data::{Cause, Data};
use crate::json::{self, Members};
use crate::stock::{DEFAULT, Item, ItemKey, Level, MOST};
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
        "product" => Some(match base(data, product) {
            Some(id) => ItemKey { id, is_variant: true },
            None => ItemKey { id: product, is_variant: false },
        }),
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

/// Makes the items that a product's way of tracking needs and drops the others.
pub(super) fn track(data: &mut Data, product: i64) {
    let wanted: Vec<ItemKey> = match tracking(data, product).as_deref() {
        Some("product") => key(data, product, 0).into_iter().collect(),
        Some("variant") => data
            .table("variants")
            .children(product)
            .iter()
            .map(|id| ItemKey { id: *id, is_variant: true })
            .collect(),
        _ => Vec::new(),
    };
    let mut left = None;
    for old in data.stock.of_product(product).to_vec() {
        if !wanted.contains(&old) {
            left = data.stock.get(old).cloned().or(left);
            data.put_item(old, None);
        }
    }
    // A product tracked as a whole keeps its stock when it gets its first options.
    let moved = left.filter(|_| wanted.len() == 1).map(|item| item.levels);
    for key in wanted {
        if data.stock.get(key).is_none() {
            let mut item = fresh(data, key, product);
            if let Some(levels) = &moved {
                item.levels.clone_from(levels);
            }
            put(data, item);
        }
    }
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
    let (key, product, variant, level) = (item.key(), item.product, item.variant, item.shown());
    data.put_item(key, Some(item));
    let how = tracking(data, product);
    let shown = |level: i64| [("inventory_level", level.to_string())];
    if how.as_deref() == Some("product") {
        write::touch(data, "products", product, &shown(level));
    }
    if let (Some(variant), Some("product" | "variant")) = (variant, how.as_deref()) {
        write::touch(data, "variants", variant, &shown(level));
    }
}

/// Takes so many units from an item: at the default location first, never under nothing to sell.
fn take(item: &mut Item, quantity: i64) {
    let mut left = quantity;
    item.level(DEFAULT);
    let first = item.levels.iter().position(|level| level.location == DEFAULT).unwrap_or(0);
    for at in std::iter::once(first).chain(0..item.levels.len()) {
        let level = &mut item.levels[at];
        let taken = left.min(level.available().max(0));
        level.onhand -= taken;
        left -= taken;
    }
}

/// Lets a catalog write set what a product tracked as a whole has to sell.
pub(super) fn set_product(data: &mut Data, product: i64, level: i64) {
    if tracking(data, product).as_deref() == Some("product")
        && let Some(key) = key(data, product, 0)
    {
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

/// Puts units back that an order does not take any more: at the default location.
pub(super) fn give_back(data: &mut Data, product: i64, variant: i64, quantity: i64) {
    if let Some(key) = key(data, product, variant)
        && let Some(mut item) = data.stock.get(key).cloned()
    {
        let level = item.level(DEFAULT);
        level.onhand = level.onhand.saturating_add(quantity).min(MOST);
        data.cause = Cause::Order;
        put(data, item);
        data.cause = Cause::Set;
    }
}

/// Takes what was sold.
pub(super) fn sell(data: &mut Data, product: i64, variant: i64, quantity: i64) {
    if let Some(key) = key(data, product, variant)
        && let Some(mut item) = data.stock.get(key).cloned()
    {
        take(&mut item, quantity);
        data.cause = Cause::Order;
        put(data, item);
        data.cause = Cause::Set;
    }
}
