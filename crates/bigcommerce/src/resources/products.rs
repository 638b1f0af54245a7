//! Products and what belongs to one (`reference/catalog/products_catalog.v3.yml`).

use super::brands::CustomUrl;
use super::metafields::Metafield;
use super::options::{Modifier, ProductOption};
use super::product_parts::{
    BulkPricingRule, ComplexRule, CustomField, Image, NewBulkPricingRule, NewCustomField, NewImage, NewVideo,
    Review, Video,
};
use super::resource::{Resource, resource};
use super::variants::{NewVariant, ProductVariant, Variant};
use crate::model::{draft, open_enum, record};
use crate::{Amount, Time};

open_enum! {
    /// Whether a product is shipped.
    ProductType { Physical = "physical", Digital = "digital", }
}

open_enum! {
    /// What a product's stock is counted by.
    InventoryTracking {
        None = "none",
        Product = "product",
        Variant = "variant",
    }
}

open_enum! {
    /// Whether a product can be bought.
    Availability {
        Available = "available",
        Disabled = "disabled",
        Preorder = "preorder",
    }
}

open_enum! {
    /// The state a product is sold in. Filters want these in lower case.
    Condition { New = "New", Used = "Used", Refurbished = "Refurbished", }
}

record! {
    /// A product. Amounts are in the store's currency, weights and sizes in its units.
    Product {
        /// The key.
        id: i64,
        /// The name, unique in the store, at most 250 characters.
        name: String,
        r#type: ProductType,
        /// Unique over products and variants, whatever the case.
        sku: String,
        /// HTML.
        description: String,
        /// With or without tax, as the store enters prices; four decimals at most.
        price: Amount,
        cost_price: Amount,
        retail_price: Amount,
        sale_price: Amount,
        map_price: Amount,
        /// The price that holds after sale price and rules.
        calculated_price: Amount,
        weight: Amount,
        width: Amount,
        depth: Amount,
        height: Amount,
        /// 0 is the default class.
        tax_class_id: i64,
        product_tax_code: String,
        /// The categories it is in.
        categories: Vec<i64>,
        /// 0 for none.
        brand_id: i64,
        inventory_level: i64,
        inventory_warning_level: i64,
        inventory_tracking: InventoryTracking,
        reviews_rating_sum: i64,
        reviews_count: i64,
        total_sold: i64,
        fixed_cost_shipping_price: Amount,
        is_free_shipping: bool,
        is_visible: bool,
        is_featured: bool,
        /// `[-1]` means that the store chooses.
        related_products: Vec<i64>,
        warranty: String,
        bin_picking_number: String,
        layout_file: String,
        upc: String,
        mpn: String,
        gtin: String,
        date_last_imported: Time,
        search_keywords: String,
        availability: Availability,
        availability_description: String,
        /// `any`, `none` or `list`.
        gift_wrapping_options_type: String,
        gift_wrapping_options_list: Vec<i64>,
        sort_order: i64,
        condition: Condition,
        is_condition_shown: bool,
        /// 0 for no bound.
        order_quantity_minimum: i64,
        /// 0 for no bound.
        order_quantity_maximum: i64,
        page_title: String,
        meta_keywords: Vec<String>,
        meta_description: String,
        date_created: Time,
        /// An edit of a variant alone does not move it.
        date_modified: Time,
        view_count: i64,
        preorder_release_date: Time,
        preorder_message: String,
        is_preorder_only: bool,
        is_price_hidden: bool,
        price_hidden_label: String,
        custom_url: CustomUrl,
        /// The one variant of a simple product; `None` as soon as the product has options.
        base_variant_id: i64,
        open_graph_type: String,
        open_graph_title: String,
        open_graph_description: String,
        open_graph_use_meta_description: bool,
        open_graph_use_product_name: bool,
        open_graph_use_image: bool,
        /// Only with `include=variants`.
        variants: Vec<Variant>,
        /// Only with `include=images`.
        images: Vec<Image>,
        /// Only with `include=primary_image`.
        primary_image: Image,
        /// Only with `include=videos`.
        videos: Vec<Video>,
        /// Only with `include=custom_fields`.
        custom_fields: Vec<CustomField>,
        /// Only with `include=bulk_pricing_rules`.
        bulk_pricing_rules: Vec<BulkPricingRule>,
        /// Only with `include=reviews`.
        reviews: Vec<Review>,
        /// Only with `include=options`, which makes pages of ten.
        options: Vec<ProductOption>,
        /// Only with `include=modifiers`, which makes pages of ten.
        modifiers: Vec<Modifier>,
        /// Only with `include=parent_relations`.
        parent_relations: Vec<ParentRelation>,
        /// Only with `include=channels`.
        channels: Vec<i64>,
    }
}

record! {
    /// A product that offers this one as a choice.
    ParentRelation {
        /// `variant_option` or `modifier`.
        r#type: String,
        product_id: i64,
        attribute_id: i64,
    }
}

draft! {
    /// A product to be created.
    NewProduct(name: String, r#type: ProductType, weight: Amount, price: Amount),
    /// Changes of a product.
    ProductUpdate {
        sku: String,
        description: String,
        cost_price: Amount,
        retail_price: Amount,
        sale_price: Amount,
        map_price: Amount,
        width: Amount,
        depth: Amount,
        height: Amount,
        tax_class_id: i64,
        product_tax_code: String,
        /// Replaces the whole list.
        categories: Vec<i64>,
        brand_id: i64,
        /// Instead of `brand_id`: a brand of this name is made if there is none.
        brand_name: String,
        /// Prefer `client.inventory()`, which can add and subtract.
        inventory_level: i64,
        inventory_warning_level: i64,
        inventory_tracking: InventoryTracking,
        fixed_cost_shipping_price: Amount,
        is_free_shipping: bool,
        is_visible: bool,
        is_featured: bool,
        related_products: Vec<i64>,
        warranty: String,
        bin_picking_number: String,
        layout_file: String,
        upc: String,
        mpn: String,
        gtin: String,
        search_keywords: String,
        availability: Availability,
        availability_description: String,
        gift_wrapping_options_type: String,
        gift_wrapping_options_list: Vec<i64>,
        sort_order: i64,
        condition: Condition,
        is_condition_shown: bool,
        order_quantity_minimum: i64,
        order_quantity_maximum: i64,
        page_title: String,
        meta_keywords: Vec<String>,
        meta_description: String,
        preorder_release_date: Time,
        preorder_message: String,
        is_preorder_only: bool,
        /// Needs `availability` `disabled`.
        is_price_hidden: bool,
        price_hidden_label: String,
        custom_url: CustomUrl,
        open_graph_type: String,
        open_graph_title: String,
        open_graph_description: String,
        images: Vec<NewImage>,
        videos: Vec<NewVideo>,
        custom_fields: Vec<NewCustomField>,
        bulk_pricing_rules: Vec<NewBulkPricingRule>,
        /// Only when a product is created; the options are made from them.
        variants: Vec<NewVariant>,
    }
}

resource!(Product { "/v3/catalog/products", Offset, "id": i64, Path, Path },
    get, create NewProduct, update ProductUpdate, delete,
    update_many 10 Whole, delete_many "id:in" 250 Whole);

impl Resource<Product> {
    /// The variants of a product.
    pub fn variants(&self, product: i64) -> Resource<ProductVariant> {
        self.below(format!("{}/{product}/variants", self.path))
    }

    /// The options that make a product's variants.
    pub fn options(&self, product: i64) -> Resource<ProductOption> {
        self.below(format!("{}/{product}/options", self.path))
    }

    /// The choices of a product that make no variants.
    pub fn modifiers(&self, product: i64) -> Resource<Modifier> {
        self.below(format!("{}/{product}/modifiers", self.path))
    }

    /// The images of a product.
    pub fn images(&self, product: i64) -> Resource<Image> {
        self.below(format!("{}/{product}/images", self.path))
    }

    /// The videos of a product.
    pub fn videos(&self, product: i64) -> Resource<Video> {
        self.below(format!("{}/{product}/videos", self.path))
    }

    /// The custom fields of a product.
    pub fn custom_fields(&self, product: i64) -> Resource<CustomField> {
        self.below(format!("{}/{product}/custom-fields", self.path))
    }

    /// The prices of a product for larger quantities.
    pub fn bulk_pricing_rules(&self, product: i64) -> Resource<BulkPricingRule> {
        self.below(format!("{}/{product}/bulk-pricing-rules", self.path))
    }

    /// The rules over several choices of a product.
    pub fn complex_rules(&self, product: i64) -> Resource<ComplexRule> {
        self.below(format!("{}/{product}/complex-rules", self.path))
    }

    /// The reviews of a product.
    pub fn reviews(&self, product: i64) -> Resource<Review> {
        self.below(format!("{}/{product}/reviews", self.path))
    }

    /// The metafields of a product.
    pub fn metafields(&self, product: i64) -> Resource<Metafield> {
        self.below(format!("{}/{product}/metafields", self.path))
    }
}
