//! Variants (`reference/catalog/product-variants_catalog.v3.yml`).

use super::Amount;
use super::record::{One, Record, Shape, Update, record};
use crate::Paging;

record! {
    /// A variant of a product. A price, weight or size that is `None` is the product's.
    Variant {
        /// The key.
        id: i64,
        /// The product; 0 for an orphan.
        product_id: i64,
        sku: String,
        sku_id: i64,
        price: Amount,
        /// The price that holds, inherited or not.
        calculated_price: Amount,
        sale_price: Amount,
        retail_price: Amount,
        map_price: Amount,
        cost_price: Amount,
        fixed_cost_shipping_price: Amount,
        weight: Amount,
        calculated_weight: Amount,
        width: Amount,
        height: Amount,
        depth: Amount,
        is_free_shipping: bool,
        purchasing_disabled: bool,
        purchasing_disabled_message: String,
        image_url: String,
        upc: String,
        mpn: String,
        gtin: String,
        inventory_level: i64,
        inventory_warning_level: i64,
        bin_picking_number: String,
        /// Empty for the base variant of a simple product.
        option_values: Vec<VariantOption>,
    }
}

record! {
    /// The value that a variant has of an option.
    VariantOption {
        /// The key.
        id: i64,
        label: String,
        option_id: i64,
        option_display_name: String,
    }
}

impl Record for Variant {
    const SHAPE: Shape = Shape {
        path: "/v3/catalog/variants",
        paging: Paging::Offset,
        limit: 250,
        one: One::Filter("id"),
        key: "id",
    };
}

impl Update for Variant {}
