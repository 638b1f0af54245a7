//! Stock (`reference/inventory.v3.yml`).
//!
//! Writes answer with a transaction only and are done a moment later: what is read right after may be the
//! old number. Adjustments are sent one request at a time, as the reference asks. Do not run bulk writes
//! of stock beside bulk writes of products or orders.

use super::batch::{Batch, Report, Rule, carry_under};
use super::resource::{Resource, raw, resource};
use crate::model::{draft, record};
use crate::{Error, Request};

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

impl Identity {
    /// A variant by its key.
    pub fn variant(variant_id: i64) -> Self {
        Self { variant_id: Some(variant_id), ..Self::default() }
    }

    /// A product that is tracked as a whole, by its key.
    pub fn product(product_id: i64) -> Self {
        Self { product_id: Some(product_id), ..Self::default() }
    }

    /// A variant or simple product by its SKU.
    pub fn sku(sku: impl Into<String>) -> Self {
        Self { sku: Some(sku.into()), ..Self::default() }
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

resource!(InventoryItem { "/v3/inventory/items", Offset, "variant_id": i64, Filter("variant_id:in"), Filter("variant_id:in") },
    get);

record! {
    /// The stock of one item at one location.
    LocationItem {
        identity: Identity,
        /// On hand less the safety stock.
        available_to_sell: i64,
        total_inventory_onhand: i64,
        settings: LevelSettings,
    }
}

resource!(LocationItem { "/v3/inventory/locations/{location_id}/items", Offset, "variant_id": i64, Filter("variant_id:in"), Filter("variant_id:in") },
    get);

/// A quantity of an item at a location: the new one, or the difference.
///
/// ```
/// use bigcommerce::resources::inventory::{Adjustment, Identity};
///
/// let six_more = Adjustment::new(1, Identity::sku("CUP-RED"), 6);
/// # let _ = six_more;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    location: i64,
    item: (&'static str, Item),
    quantity: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
enum Item {
    Id(i64),
    Sku(String),
}

impl Adjustment {
    /// A quantity of an item at a location. Of the identity's members the variant counts first, then the
    /// product, then the SKU.
    pub fn new(location: i64, item: Identity, quantity: i64) -> Self {
        let item = match item {
            Identity { variant_id: Some(id), .. } => ("variant_id", Item::Id(id)),
            Identity { product_id: Some(id), .. } => ("product_id", Item::Id(id)),
            Identity { sku, .. } => ("sku", Item::Sku(sku.unwrap_or_default())),
        };
        Self { location, item, quantity }
    }
}

impl serde::Serialize for Adjustment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut out = serializer.serialize_map(Some(3))?;
        out.serialize_entry("location_id", &self.location)?;
        out.serialize_entry(self.item.0, &self.item.1)?;
        out.serialize_entry("quantity", &self.quantity)?;
        out.end()
    }
}

draft! {
    /// How the stock of an item is handled at a location.
    LocationItemUpdate(identity: Identity) {
        safety_stock: i64,
        is_in_stock: bool,
        warning_level: i64,
        bin_picking_number: String,
    }
}

/// Items in one request (the reference's own bound).
const BATCH: Batch = Batch { limit: 2000, rule: Rule::Whole };

impl Resource<InventoryItem> {
    /// Sets quantities on hand, 2000 in a request. One bad item fails its request; it is found and told,
    /// and the others are written.
    ///
    /// # Errors
    /// Only for a row that has no JSON form. What becomes of the rows stands in the report.
    pub async fn set(
        &self,
        reason: &str,
        rows: impl IntoIterator<Item = Adjustment>,
    ) -> Result<Report<serde_json::Value>, Error> {
        self.adjust(reason, rows, &|| Request::put("/v3/inventory/adjustments/absolute")).await
    }

    /// Adds to quantities on hand, or subtracts, 2000 in a request. An item whose stock would fall below
    /// its safety stock, or that was never set, is refused.
    ///
    /// Adding twice is not the same as adding once: after a doubtful failure the request is not repeated,
    /// and the row is told as [`Failed`](super::RowFailure::Failed).
    ///
    /// # Errors
    /// Only for a row that has no JSON form. What becomes of the rows stands in the report.
    pub async fn add(
        &self,
        reason: &str,
        rows: impl IntoIterator<Item = Adjustment>,
    ) -> Result<Report<serde_json::Value>, Error> {
        self.adjust(reason, rows, &|| Request::post("/v3/inventory/adjustments/relative")).await
    }

    async fn adjust(
        &self,
        reason: &str,
        rows: impl IntoIterator<Item = Adjustment>,
        request: &(dyn Fn() -> Request + Sync),
    ) -> Result<Report<serde_json::Value>, Error> {
        let rows = rows.into_iter().map(|row| raw(&row)).collect::<Result<Vec<_>, _>>()?;
        Ok(carry_under((&self.client, self.priority), &rows, BATCH, "items", Some(reason), request).await)
    }
}

impl Resource<LocationItem> {
    /// Sets safety stock, warning level and the like, 2000 items in a request.
    ///
    /// # Errors
    /// Only for a row that has no JSON form. What becomes of the rows stands in the report.
    pub async fn update_settings(
        &self,
        rows: impl IntoIterator<Item = LocationItemUpdate>,
    ) -> Result<Report<serde_json::Value>, Error> {
        let rows = rows.into_iter().map(|row| raw(&row)).collect::<Result<Vec<_>, _>>()?;
        let request = || Request::put(&self.path);
        Ok(carry_under((&self.client, self.priority), &rows, BATCH, "settings", None, &request).await)
    }
}
