//! Stock per item and location: the truth behind `/v3/inventory/…` and every `inventory_level`.
//!
//! An item is a variant, or a product that is tracked as a whole; a simple product is its base
//! variant's item (inventory.v3.yml).

use std::collections::HashMap;
use std::fmt::Write;

use crate::json::{Members, plain, quote_into};
use crate::table::Table;

/// The location that the catalog shows and that its writes go to.
pub(crate) const DEFAULT: i64 = 1;

/// The most one location holds of an item.
pub(crate) const MOST: i64 = 2_147_483_647;

/// Orders items: by variant id, or product id when tracked as a whole (those first on a tie).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ItemKey {
    /// The variant's id, or the product's.
    pub id: i64,
    /// Whether it is a variant's.
    pub is_variant: bool,
}

/// One item.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub product: i64,
    pub variant: Option<i64>,
    pub sku: Box<str>,
    pub levels: Vec<Level>,
}

/// An item's stock at one location.
#[derive(Debug, Clone)]
pub(crate) struct Level {
    pub location: i64,
    pub onhand: i64,
    pub safety: i64,
    pub in_stock: bool,
    pub warning: i64,
    pub bin: Box<str>,
}

impl Level {
    /// An empty shelf.
    pub fn new(location: i64, onhand: i64) -> Self {
        Self { location, onhand, safety: 0, in_stock: true, warning: 0, bin: "".into() }
    }

    /// What can be sold.
    pub fn available(&self) -> i64 {
        self.onhand - self.safety
    }
}

impl Item {
    /// Where it sorts.
    pub fn key(&self) -> ItemKey {
        match self.variant {
            Some(id) => ItemKey { id, is_variant: true },
            None => ItemKey { id: self.product, is_variant: false },
        }
    }

    /// What the catalog shows as `inventory_level`: what the default location has. The reference says
    /// so (products_catalog.v3.yml), while a guide speaks of the sum over all locations.
    pub fn shown(&self) -> i64 {
        self.levels.iter().find(|level| level.location == DEFAULT).map_or(0, |level| level.onhand)
    }

    /// The level at a location, made when missing.
    pub fn level(&mut self, location: i64) -> &mut Level {
        let at = match self.levels.binary_search_by_key(&location, |level| level.location) {
            Ok(at) => at,
            Err(at) => {
                self.levels.insert(at, Level::new(location, 0));
                at
            }
        };
        &mut self.levels[at]
    }

    fn identity(&self, out: &mut String) {
        out.push_str("{\"identity\":{\"sku\":");
        quote_into(&self.sku, out);
        match self.variant {
            Some(id) => write!(out, ",\"variant_id\":{id}"),
            None => write!(out, ",\"variant_id\":null"),
        }
        .ok();
        write!(out, ",\"product_id\":{}}}", self.product).ok();
    }

    /// As `/v3/inventory/items` shows it.
    pub fn text(&self, locations: &Places, out: &mut String) {
        self.identity(out);
        out.push_str(",\"locations\":[");
        for (index, level) in self.levels.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            let place = locations.get(level.location);
            write!(out, "{{\"location_id\":{},\"location_code\":", level.location).ok();
            quote_into(place.map_or("", |place| &place.code), out);
            out.push_str(",\"location_name\":");
            quote_into(place.map_or("", |place| &place.label), out);
            let (sell, hand) = (level.available(), level.onhand);
            write!(out, ",\"available_to_sell\":{sell},\"total_inventory_onhand\":{hand}").ok();
            write!(out, ",\"location_enabled\":{},", place.is_none_or(|place| place.enabled)).ok();
            settings(level, out);
            out.push('}');
        }
        out.push_str("]}");
    }

    /// As `/v3/inventory/locations/{id}/items` shows it.
    pub fn text_at(&self, level: &Level, out: &mut String) {
        self.identity(out);
        let (sell, hand) = (level.available(), level.onhand);
        write!(out, ",\"available_to_sell\":{sell},\"total_inventory_onhand\":{hand},").ok();
        settings(level, out);
        out.push('}');
    }
}

fn settings(level: &Level, out: &mut String) {
    let (safety, in_stock, warning) = (level.safety, level.in_stock, level.warning);
    write!(
        out,
        "\"settings\":{{\"safety_stock\":{safety},\"is_in_stock\":{in_stock},\"warning_level\":{warning}"
    )
    .ok();
    out.push_str(",\"bin_picking_number\":");
    quote_into(&level.bin, out);
    out.push('}');
}

/// What an item's text says about each location.
pub(crate) struct Places(Vec<(i64, Place)>);

/// One location.
pub(crate) struct Place {
    pub code: String,
    pub label: String,
    pub enabled: bool,
}

impl Places {
    /// Reads the locations.
    pub fn read(locations: &Table) -> Self {
        let place = |text: &str| {
            let members = Members::read(text)?;
            let text = |name| members.get(name).map(|raw| plain(raw).into_owned()).unwrap_or_default();
            Some(Place {
                code: text("code"),
                label: text("label"),
                enabled: members.get("enabled") != Some("false"),
            })
        };
        Self(
            locations.records().iter().filter_map(|record| Some((record.id, place(&record.text)?))).collect(),
        )
    }

    /// One location.
    pub fn get(&self, id: i64) -> Option<&Place> {
        let at = self.0.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        Some(&self.0[at].1)
    }
}

/// What an order's line of a product and a variant is known by: the order, the product, the variant.
pub(crate) type Sale = (i64, i64, i64);

/// Units that an order took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub item: ItemKey,
    pub location: i64,
    pub units: i64,
}

/// All items in key order.
#[derive(Debug, Default, Clone)]
pub(crate) struct Stock {
    items: Vec<Item>,
    /// The levels of items that do not count at present, since their product is tracked in another way. One
    /// that counts again may still be here: what counts is in `items`.
    aside: HashMap<ItemKey, Vec<Level>>,
    /// What orders took, and from where.
    taken: HashMap<Sale, Vec<Taken>>,
    loading: HashMap<ItemKey, usize>,
    by_product: HashMap<i64, Vec<ItemKey>>,
}

impl Stock {
    /// Takes one level in; [`Stock::settle`] has to follow.
    pub fn load(&mut self, product: i64, variant: Option<i64>, sku: &str, level: Level) {
        let item = Item { product, variant, sku: sku.into(), levels: Vec::with_capacity(1) };
        let key = item.key();
        let at = *self.loading.entry(key).or_insert_with(|| {
            self.items.push(item);
            self.items.len() - 1
        });
        let location = level.location;
        *self.items[at].level(location) = level;
    }

    /// Ends loading.
    pub fn settle(&mut self) {
        self.loading = HashMap::new();
        self.items.sort_by_key(Item::key);
        for item in &self.items {
            self.by_product.entry(item.product).or_insert_with(|| Vec::with_capacity(1)).push(item.key());
        }
    }

    /// All items in key order.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// One item.
    pub fn get(&self, key: ItemKey) -> Option<&Item> {
        self.items.binary_search_by_key(&key, Item::key).ok().map(|at| &self.items[at])
    }

    /// The item of a variant.
    pub fn of_variant(&self, variant: i64) -> Option<&Item> {
        self.get(ItemKey { id: variant, is_variant: true })
    }

    /// The items of a product.
    pub fn of_product(&self, product: i64) -> &[ItemKey] {
        self.by_product.get(&product).map_or(&[], Vec::as_slice)
    }

    /// Keeps the levels of an item that will not count for now.
    pub fn set_aside(&mut self, key: ItemKey) {
        if let Some(levels) = self.get(key).map(|item| item.levels.clone()) {
            self.aside.insert(key, levels);
        }
    }

    /// The levels that an item had when it last counted.
    pub fn aside(&self, key: ItemKey) -> Option<&Vec<Level>> {
        self.aside.get(&key)
    }

    /// What a sale took, in its order; `None` when the sale was not made here.
    pub fn taken(&self, sale: Sale) -> Option<&Vec<Taken>> {
        self.taken.get(&sale)
    }

    /// Notes what a sale took; what was noted before.
    pub fn note_taken(&mut self, sale: Sale, taken: Option<Vec<Taken>>) -> Option<Vec<Taken>> {
        match taken {
            Some(taken) => self.taken.insert(sale, taken),
            None => self.taken.remove(&sale),
        }
    }

    /// Stores an item in place of the old one; `None` removes it.
    pub fn put(&mut self, key: ItemKey, item: Option<Item>) {
        match (self.items.binary_search_by_key(&key, Item::key), item) {
            (Ok(at), Some(item)) => self.items[at] = item,
            (Ok(at), None) => {
                let product = self.items.remove(at).product;
                if let Some(keys) = self.by_product.get_mut(&product) {
                    keys.retain(|other| *other != key);
                    if keys.is_empty() {
                        self.by_product.remove(&product);
                    }
                }
            }
            (Err(at), Some(item)) => {
                self.by_product.entry(item.product).or_default().push(key);
                self.items.insert(at, item);
            }
            (Err(_), None) => {}
        }
    }
}
