//! Variants (`reference/catalog/product-variants_catalog.v3.yml`).

use super::metafields::Metafield;
use super::resource::{Resource, resource};
use crate::model::{draft, record};
use crate::{Amount, Error};

record! {
    /// A variant of a product. A price, weight or size that is `None` is the product's.
    Variant {
        /// The key.
        id: i64,
        /// The product; 0 for an orphan.
        product_id: i64,
        sku: String,
        /// What V2 and the events of `store/sku/*` call it; `None` for a base variant.
        sku_id: i64,
        /// `None` or 0 is the product's price.
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
        /// The key of the value.
        id: i64,
        label: String,
        option_id: i64,
        option_display_name: String,
    }
}

impl VariantOption {
    /// A value of an option, by their keys.
    pub fn new(option_id: i64, id: i64) -> Self {
        Self { id: Some(id), option_id: Some(option_id), ..Self::default() }
    }

    /// A value of an option, by their names: for variants of a product that is being created.
    pub fn named(option: impl Into<String>, label: impl Into<String>) -> Self {
        Self { option_display_name: Some(option.into()), label: Some(label.into()), ..Self::default() }
    }
}

draft! {
    /// A variant to be created.
    NewVariant(sku: String, option_values: Vec<VariantOption>) {
        price: Amount,
        sale_price: Amount,
        retail_price: Amount,
        map_price: Amount,
        cost_price: Amount,
        fixed_cost_shipping_price: Amount,
        weight: Amount,
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
    }
}

draft! {
    /// Changes of a variant. `set("price", ())` makes it inherit the product's price again.
    VariantUpdate() {
        sku: String,
        price: Amount,
        sale_price: Amount,
        retail_price: Amount,
        map_price: Amount,
        cost_price: Amount,
        fixed_cost_shipping_price: Amount,
        weight: Amount,
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
        /// Prefer `client.inventory()`, which can add and subtract.
        inventory_level: i64,
        inventory_warning_level: i64,
        bin_picking_number: String,
    }
}

resource!(Variant { "/v3/catalog/variants", Offset, "id": i64, Filter("id"), Filter("id") },
    get, update VariantUpdate, update_many 50 Whole);

impl Resource<Variant> {
    /// The metafields of a variant.
    pub fn metafields(&self, variant: i64) -> Resource<Metafield> {
        // The product in the path is not checked against the variant.
        self.below(format!("/v3/catalog/products/0/variants/{variant}/metafields"))
    }
}

/// A variant, reached through its product. It reads like a [`Variant`], to which it dereferences.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ProductVariant(pub Variant);

impl std::ops::Deref for ProductVariant {
    type Target = Variant;

    fn deref(&self) -> &Variant {
        &self.0
    }
}

resource!(ProductVariant { "/v3/catalog/products/{product_id}/variants", Offset, "id": i64, Path, Path },
    get, create NewVariant, update VariantUpdate, delete);

impl Resource<ProductVariant> {
    /// Sends the image of a variant, of 1 MB at most; answers the address that it has then.
    ///
    /// # Errors
    /// As every request; see [`Error`].
    pub async fn upload_image(
        &self,
        variant: i64,
        file_name: &str,
        image: &[u8],
    ) -> Result<Option<String>, Error> {
        self.send_image(format!("{}/{variant}/image", self.path), file_name, image).await
    }
}
