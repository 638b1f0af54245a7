//! Products (`reference/catalog/products_catalog.v3.yml`).

use super::Amount;
use super::brands::CustomUrl;
use super::record::{Create, Delete, One, Record, Shape, Update, record};
use super::variants::Variant;
use crate::Paging;

record! {
    /// A product. Amounts are in the store's currency, weights and sizes in its units.
    Product {
        /// The key.
        id: i64,
        /// The name, unique in the store.
        name: String,
        /// `physical` or `digital`.
        r#type: String,
        sku: String,
        description: String,
        price: Amount,
        cost_price: Amount,
        retail_price: Amount,
        sale_price: Amount,
        map_price: Amount,
        calculated_price: Amount,
        weight: Amount,
        width: Amount,
        depth: Amount,
        height: Amount,
        tax_class_id: i64,
        product_tax_code: String,
        categories: Vec<i64>,
        brand_id: i64,
        inventory_level: i64,
        inventory_warning_level: i64,
        /// `none`, `product` or `variant`.
        inventory_tracking: String,
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
        date_last_imported: String,
        search_keywords: String,
        availability: String,
        availability_description: String,
        gift_wrapping_options_type: String,
        gift_wrapping_options_list: Vec<i64>,
        sort_order: i64,
        condition: String,
        is_condition_shown: bool,
        order_quantity_minimum: i64,
        order_quantity_maximum: i64,
        page_title: String,
        meta_keywords: Vec<String>,
        meta_description: String,
        /// ISO 8601.
        date_created: String,
        /// ISO 8601; an edit of a variant alone does not move it.
        date_modified: String,
        view_count: i64,
        preorder_release_date: String,
        preorder_message: String,
        is_preorder_only: bool,
        is_price_hidden: bool,
        price_hidden_label: String,
        custom_url: CustomUrl,
        /// `None` as soon as the product has options.
        base_variant_id: i64,
        open_graph_type: String,
        open_graph_title: String,
        open_graph_description: String,
        /// Only with `include=variants`.
        variants: Vec<Variant>,
        /// Only with `include=images`.
        images: Vec<Image>,
        /// Only with `include=custom_fields`.
        custom_fields: Vec<CustomField>,
        /// Only with `include=bulk_pricing_rules`.
        bulk_pricing_rules: Vec<BulkPricingRule>,
        /// Only with `include=options`, which makes pages of ten.
        options: Vec<ProductOption>,
    }
}

record! {
    /// An image of a product.
    Image {
        /// The key.
        id: i64,
        product_id: i64,
        image_file: String,
        is_thumbnail: bool,
        sort_order: i64,
        description: String,
        url_zoom: String,
        url_standard: String,
        url_thumbnail: String,
        url_tiny: String,
        date_modified: String,
    }
}

record! {
    /// A custom field of a product.
    CustomField {
        /// The key.
        id: i64,
        name: String,
        value: String,
    }
}

record! {
    /// A price for larger quantities.
    BulkPricingRule {
        /// The key.
        id: i64,
        quantity_min: i64,
        /// 0 for no upper end.
        quantity_max: i64,
        /// `price`, `percent` or `fixed`.
        r#type: String,
        amount: Amount,
    }
}

record! {
    /// An option that makes variants.
    ProductOption {
        /// The key.
        id: i64,
        product_id: i64,
        name: String,
        display_name: String,
        /// How it is shown: `dropdown`, `swatch`, ….
        r#type: String,
        sort_order: i64,
        option_values: Vec<OptionValue>,
    }
}

record! {
    /// A value of an option.
    OptionValue {
        /// The key.
        id: i64,
        label: String,
        sort_order: i64,
        is_default: bool,
    }
}

impl Record for Product {
    const SHAPE: Shape =
        Shape { path: "/v3/catalog/products", paging: Paging::Offset, limit: 250, one: One::Path, key: "id" };
}

impl Create for Product {}

impl Update for Product {}

impl Delete for Product {}
