//! Stock (`reference/inventory.v3.yml`).

use super::record::{One, Record, Shape, record};
use crate::Paging;

record! {
    /// The stock of one item, at every location.
    InventoryItem {
        /// Which item it is.
        identity: Identity,
        /// What each location holds.
        locations: Vec<Level>,
    }
}

record! {
    /// Which item: a variant, or a product that is tracked as a whole.
    Identity {
        sku: String,
        variant_id: i64,
        product_id: i64,
        sku_id: i64,
    }
}

record! {
    /// The stock at one location.
    Level {
        location_id: i64,
        location_code: String,
        location_name: String,
        /// On hand less the safety stock.
        available_to_sell: i64,
        total_inventory_onhand: i64,
        location_enabled: bool,
        settings: LevelSettings,
    }
}

record! {
    /// How stock is handled at one location.
    LevelSettings {
        safety_stock: i64,
        is_in_stock: bool,
        warning_level: i64,
        bin_picking_number: String,
    }
}

impl Record for InventoryItem {
    const SHAPE: Shape = Shape {
        path: "/v3/inventory/items",
        paging: Paging::Offset,
        limit: 250,
        one: One::Filter("variant_id:in"),
        key: "variant_id",
    };
}
