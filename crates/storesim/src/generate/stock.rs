//! Locations, and how much of what lies where.

use super::catalog::{Product, Tracking};
use super::date;
use super::random::Random;
use super::record::Record;
use super::shape;
use super::standard::declared;
use super::words::{DEPOTS, PLACES};
use super::{Sink, Spec, Table};

/// The way to pick up at the default location.
pub(super) const PICKUP_METHOD: i64 = 1;

/// Three to five, depending on the seed.
fn locations(spec: &Spec) -> usize {
    3 + (spec.seed % 3) as usize
}

/// Stock of one item at one location.
pub(super) struct Level {
    location: i64,
    on_hand: i64,
    safety: i64,
    warning: i64,
    bin: String,
}

/// What inventory knows an item by.
#[derive(Clone, Copy)]
pub(super) enum Item {
    Whole(i64),
    Variant(i64),
}

/// The stock of an item: always something about the default location, often about others.
pub(super) fn levels(spec: &Spec, item: Item) -> Vec<Level> {
    let number = match item {
        Item::Whole(product) => product as u64 * 2,
        Item::Variant(variant) => variant as u64 * 2 + 1,
    };
    let mut random = Random::of(spec.seed, Table::Stock as u64, number);
    let mut levels = Vec::with_capacity(3);
    for location in 1..=locations(spec) as i64 {
        if location > 1 && !random.chance(35) {
            continue;
        }
        let on_hand = if random.chance(8) { 0 } else { random.between(1, 240) };
        let safety = if random.chance(20) { random.between(1, 10) } else { 0 };
        let warning = if random.chance(30) { 5 } else { 0 };
        let bin = match random.below(3) {
            0 => format!("{}-{:02}", ['A', 'B', 'C', 'D'][random.below(4) as usize], random.between(1, 40)),
            _ => String::new(),
        };
        levels.push(Level { location, on_hand, safety, warning, bin });
    }
    levels
}

/// What the catalog shows as the level of an item: what the default location has (page "Products").
pub(super) fn catalog_level(levels: &[Level]) -> i64 {
    levels.first().map_or(0, |level| level.on_hand)
}

/// The inventory items of a product. One that tracks nothing still has its first variant here: every
/// product has at least one item.
pub(super) fn items(product: &Product) -> Vec<Item> {
    let first = product.first_variant;
    match product.tracking {
        Tracking::Product if !product.is_simple() => vec![Item::Whole(product.id)],
        Tracking::Variant => {
            (0..product.variants()).map(|index| Item::Variant(first + i64::from(index))).collect()
        }
        Tracking::None | Tracking::Product => vec![Item::Variant(first)],
    }
}

pub(super) fn level_rows(sink: &mut Sink, product: i64, item: Item, sku: &str, levels: &[Level]) {
    for level in levels {
        let mut record = Record::new(shape::INVENTORY_LEVEL, 224);
        record.integer("product_id", product);
        if let Item::Variant(variant) = item {
            record.integer("variant_id", variant);
        }
        record.text("sku", sku).integer("location_id", level.location);
        record.integer("total_inventory_onhand", level.on_hand).integer("safety_stock", level.safety);
        record.flag("is_in_stock", level.on_hand > level.safety).integer("warning_level", level.warning);
        record.text("bin_picking_number", &level.bin);
        sink.row("inventory_levels", None, record.finish());
    }
}

pub(super) fn location_rows(spec: &Spec, sink: &mut Sink) {
    let opened = date::zulu(spec.now - 3 * 365 * 86_400);
    for (index, (code, label, place, latitude, longitude)) in DEPOTS.iter().take(locations(spec)).enumerate()
    {
        let place = &PLACES[*place];
        let address = format!(
            r#"{{"address1":"{number} Depot Road","address2":"","city":"{city}","state":"{state}","zip":"{zip}","email":"{mail}@example.com","phone":"+1 555 010{index}","geo_coordinates":{{"latitude":{latitude},"longitude":{longitude}}},"country_code":"{country}"}}"#,
            number = 100 + index * 20,
            city = place.city,
            state = place.state,
            zip = place.zip,
            mail = code.to_ascii_lowercase(),
            country = place.code,
        );
        let mut record = Record::new(shape::LOCATION, 1200);
        record.integer("id", index as i64 + 1).text("code", code).text("label", label);
        record.text("created_at", &opened).text("updated_at", &opened);
        record.raw("address", &address);
        sink.row("locations", None, record.finish());
    }
    // What lines of orders name that were picked up.
    let members = [
        ("location_id", "1"),
        ("display_name", "\"Pick Up\""),
        ("collection_instructions", "\"Bring the number of your order.\""),
        ("collection_time_description", "\"Ready within two hours\""),
    ];
    if let Some(row) = declared("pickup_methods", PICKUP_METHOD, None, &members, spec.now - 3 * 365 * 86_400)
    {
        sink.row(&row.resource, None, row.json);
    }
}
