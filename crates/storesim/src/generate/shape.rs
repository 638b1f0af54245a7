//! The members of every resource, in the order in which recorded answers of the API have them.
//!
//! Both the generator and the import write records by these tables: a member that nobody sets takes
//! its default. The plain representation only; what needs `include` is not here.

/// What a member holds, which also says how a CSV cell is read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A whole JSON number.
    Integer,
    /// A JSON number, written as given.
    Number,
    /// `true` or `false`.
    Flag,
    /// A string.
    Text,
    /// A V2 amount: a string with four decimals.
    Amount,
    /// A V2 exchange rate: a string with ten decimals.
    Rate,
    /// An ISO 8601 date and time of the catalog, with `+00:00`.
    Date,
    /// An ISO 8601 date and time of customers and locations, with `Z`.
    ZuluDate,
    /// An RFC 2822 date of V2; `""` when unset.
    MailDate,
    /// Any JSON, given as JSON.
    Json,
    /// A nested object.
    Object(&'static [Member]),
}

/// One member of a record.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// JSON text; unused for objects, whose members have their own.
    pub(crate) default: &'static str,
}

const fn m(name: &'static str, kind: Kind, default: &'static str) -> Member {
    Member { name, kind, default }
}
const fn int(name: &'static str) -> Member {
    m(name, Kind::Integer, "0")
}
const fn num(name: &'static str) -> Member {
    m(name, Kind::Number, "0")
}
const fn null_num(name: &'static str) -> Member {
    m(name, Kind::Number, "null")
}
const fn text(name: &'static str) -> Member {
    m(name, Kind::Text, "\"\"")
}
const fn null_text(name: &'static str) -> Member {
    m(name, Kind::Text, "null")
}
const fn yes(name: &'static str) -> Member {
    m(name, Kind::Flag, "true")
}
const fn no(name: &'static str) -> Member {
    m(name, Kind::Flag, "false")
}
const fn list(name: &'static str) -> Member {
    m(name, Kind::Json, "[]")
}
const fn amount(name: &'static str) -> Member {
    m(name, Kind::Amount, "\"0.0000\"")
}
const fn object(name: &'static str, members: &'static [Member]) -> Member {
    m(name, Kind::Object(members), "{}")
}
const fn date(name: &'static str) -> Member {
    m(name, Kind::Date, "\"1970-01-01T00:00:00+00:00\"")
}
const fn zulu(name: &'static str) -> Member {
    m(name, Kind::ZuluDate, "\"1970-01-01T00:00:00Z\"")
}
const fn mail_date(name: &'static str) -> Member {
    m(name, Kind::MailDate, "\"\"")
}

const CUSTOM_URL: &[Member] = &[text("url"), no("is_customized")];

pub(crate) const CATEGORY_TREE: &[Member] = &[int("id"), text("name"), m("channels", Kind::Json, "[1]")];

pub(crate) const CATEGORY: &[Member] = &[
    int("category_id"),
    text("category_uuid"),
    int("parent_id"),
    m("tree_id", Kind::Integer, "1"),
    text("name"),
    text("description"),
    int("views"),
    int("sort_order"),
    text("page_title"),
    list("meta_keywords"),
    text("meta_description"),
    m("layout_file", Kind::Text, "\"category.html\""),
    text("image_url"),
    yes("is_visible"),
    text("search_keywords"),
    m("default_product_sort", Kind::Text, "\"use_store_settings\""),
    object("url", &[text("path"), no("is_customized")]),
];

pub(crate) const BRAND: &[Member] = &[
    int("id"),
    text("name"),
    text("page_title"),
    list("meta_keywords"),
    text("meta_description"),
    text("image_url"),
    text("search_keywords"),
    object("custom_url", CUSTOM_URL),
];

pub(crate) const PRODUCT: &[Member] = &[
    int("id"),
    text("name"),
    m("type", Kind::Text, "\"physical\""),
    text("sku"),
    text("description"),
    num("weight"),
    num("width"),
    num("depth"),
    num("height"),
    num("price"),
    num("cost_price"),
    num("retail_price"),
    num("sale_price"),
    num("map_price"),
    int("tax_class_id"),
    text("product_tax_code"),
    num("calculated_price"),
    list("categories"),
    int("brand_id"),
    m("option_set_id", Kind::Integer, "null"),
    m("option_set_display", Kind::Text, "\"right\""),
    int("inventory_level"),
    int("inventory_warning_level"),
    m("inventory_tracking", Kind::Text, "\"none\""),
    int("reviews_rating_sum"),
    int("reviews_count"),
    int("total_sold"),
    num("fixed_cost_shipping_price"),
    no("is_free_shipping"),
    yes("is_visible"),
    no("is_featured"),
    m("related_products", Kind::Json, "[-1]"),
    text("warranty"),
    text("bin_picking_number"),
    m("layout_file", Kind::Text, "\"product.html\""),
    text("upc"),
    text("mpn"),
    text("gtin"),
    null_text("date_last_imported"),
    text("search_keywords"),
    m("availability", Kind::Text, "\"available\""),
    text("availability_description"),
    m("gift_wrapping_options_type", Kind::Text, "\"any\""),
    list("gift_wrapping_options_list"),
    int("sort_order"),
    m("condition", Kind::Text, "\"New\""),
    no("is_condition_shown"),
    int("order_quantity_minimum"),
    int("order_quantity_maximum"),
    text("page_title"),
    list("meta_keywords"),
    text("meta_description"),
    date("date_created"),
    date("date_modified"),
    int("view_count"),
    null_text("preorder_release_date"),
    m("preorder_message", Kind::Text, "\"0\""),
    no("is_preorder_only"),
    no("is_price_hidden"),
    m("price_hidden_label", Kind::Text, "\"0\""),
    object("custom_url", CUSTOM_URL),
    m("base_variant_id", Kind::Integer, "null"),
    m("open_graph_type", Kind::Text, "\"product\""),
    text("open_graph_title"),
    text("open_graph_description"),
    yes("open_graph_use_meta_description"),
    yes("open_graph_use_product_name"),
    yes("open_graph_use_image"),
];

pub(crate) const VARIANT: &[Member] = &[
    int("id"),
    int("product_id"),
    text("sku"),
    m("sku_id", Kind::Integer, "null"),
    null_num("price"),
    num("calculated_price"),
    null_num("sale_price"),
    null_num("retail_price"),
    null_num("map_price"),
    null_num("fixed_cost_shipping_price"),
    num("cost_price"),
    null_num("weight"),
    null_num("width"),
    null_num("height"),
    null_num("depth"),
    no("is_free_shipping"),
    num("calculated_weight"),
    no("purchasing_disabled"),
    text("purchasing_disabled_message"),
    text("image_url"),
    text("upc"),
    text("mpn"),
    text("gtin"),
    int("inventory_level"),
    int("inventory_warning_level"),
    text("bin_picking_number"),
    list("option_values"),
];

pub(crate) const PRODUCT_IMAGE: &[Member] = &[
    int("id"),
    int("product_id"),
    no("is_thumbnail"),
    int("sort_order"),
    text("description"),
    text("image_file"),
    text("url_zoom"),
    text("url_standard"),
    text("url_thumbnail"),
    text("url_tiny"),
    date("date_modified"),
];

pub(crate) const PRODUCT_OPTION: &[Member] = &[
    int("id"),
    int("product_id"),
    text("name"),
    text("display_name"),
    m("type", Kind::Text, "\"rectangles\""),
    int("sort_order"),
    list("option_values"),
    list("config"),
];

pub(crate) const PRODUCT_MODIFIER: &[Member] = &[
    int("id"),
    int("product_id"),
    text("name"),
    text("display_name"),
    m("type", Kind::Text, "\"text\""),
    no("required"),
    int("sort_order"),
    list("config"),
    list("option_values"),
];

pub(crate) const PRODUCT_CUSTOM_FIELD: &[Member] = &[int("id"), text("name"), text("value")];

pub(crate) const PRODUCT_BULK_PRICING_RULE: &[Member] = &[
    int("id"),
    m("quantity_min", Kind::Integer, "1"),
    int("quantity_max"),
    m("type", Kind::Text, "\"price\""),
    num("amount"),
];

pub(crate) const CUSTOMER: &[Member] = &[
    int("id"),
    object("authentication", &[no("force_password_reset")]),
    text("company"),
    int("customer_group_id"),
    text("email"),
    text("first_name"),
    text("last_name"),
    text("notes"),
    text("phone"),
    text("registration_ip_address"),
    text("tax_exempt_category"),
    zulu("date_created"),
    zulu("date_modified"),
    no("accepts_product_review_abandoned_cart_emails"),
    m("origin_channel_id", Kind::Integer, "1"),
    m("channel_ids", Kind::Json, "null"),
];

pub(crate) const CUSTOMER_ADDRESS: &[Member] = &[
    int("id"),
    text("address1"),
    text("address2"),
    m("address_type", Kind::Text, "\"residential\""),
    text("city"),
    text("company"),
    m("country", Kind::Text, "\"United States\""),
    m("country_code", Kind::Text, "\"US\""),
    int("customer_id"),
    text("first_name"),
    text("last_name"),
    text("phone"),
    text("postal_code"),
    text("state_or_province"),
];

const BILLING_ADDRESS: &[Member] = &[
    text("first_name"),
    text("last_name"),
    text("company"),
    text("street_1"),
    text("street_2"),
    text("city"),
    text("state"),
    text("zip"),
    m("country", Kind::Text, "\"United States\""),
    m("country_iso2", Kind::Text, "\"US\""),
    text("phone"),
    text("email"),
    list("form_fields"),
];

const RATE_ONE: &str = "\"1.0000000000\"";

pub(crate) const ORDER: &[Member] = &[
    int("id"),
    int("customer_id"),
    mail_date("date_created"),
    no("is_tax_inclusive_pricing"),
    mail_date("date_modified"),
    mail_date("date_shipped"),
    m("status_id", Kind::Integer, "1"),
    text("status"),
    amount("subtotal_ex_tax"),
    amount("subtotal_inc_tax"),
    amount("subtotal_tax"),
    amount("base_shipping_cost"),
    amount("shipping_cost_ex_tax"),
    amount("shipping_cost_inc_tax"),
    amount("shipping_cost_tax"),
    int("shipping_cost_tax_class_id"),
    amount("base_handling_cost"),
    amount("handling_cost_ex_tax"),
    amount("handling_cost_inc_tax"),
    amount("handling_cost_tax"),
    int("handling_cost_tax_class_id"),
    amount("base_wrapping_cost"),
    amount("wrapping_cost_ex_tax"),
    amount("wrapping_cost_inc_tax"),
    amount("wrapping_cost_tax"),
    int("wrapping_cost_tax_class_id"),
    amount("total_ex_tax"),
    amount("total_inc_tax"),
    amount("total_tax"),
    int("items_total"),
    int("items_shipped"),
    m("payment_method", Kind::Text, "\"Manual\""),
    null_text("payment_provider_id"),
    text("payment_status"),
    amount("refunded_amount"),
    no("order_is_digital"),
    amount("store_credit_amount"),
    amount("gift_certificate_amount"),
    text("ip_address"),
    text("ip_address_v6"),
    text("geoip_country"),
    text("geoip_country_iso2"),
    m("currency_id", Kind::Integer, "1"),
    m("currency_code", Kind::Text, "\"USD\""),
    m("currency_exchange_rate", Kind::Rate, RATE_ONE),
    m("default_currency_id", Kind::Integer, "1"),
    m("default_currency_code", Kind::Text, "\"USD\""),
    null_text("staff_notes"),
    null_text("customer_message"),
    amount("discount_amount"),
    amount("coupon_discount"),
    int("shipping_address_count"),
    no("is_deleted"),
    m("ebay_order_id", Kind::Text, "\"0\""),
    null_text("cart_id"),
    object("billing_address", BILLING_ADDRESS),
    m("fees", Kind::Json, "null"),
    no("is_email_opt_in"),
    null_text("credit_card_type"),
    m("order_source", Kind::Text, "\"www\""),
    m("channel_id", Kind::Integer, "1"),
    null_text("external_source"),
    m("consignments", Kind::Json, "null"),
    m("products", Kind::Json, "null"),
    m("shipping_addresses", Kind::Json, "null"),
    m("coupons", Kind::Json, "null"),
    null_text("external_id"),
    null_text("external_merchant_id"),
    text("tax_provider_id"),
    m("customer_locale", Kind::Text, "\"en\""),
    text("external_order_id"),
    m("store_default_currency_code", Kind::Text, "\"USD\""),
    m("store_default_to_transactional_exchange_rate", Kind::Rate, RATE_ONE),
    text("custom_status"),
];

pub(crate) const ORDER_PRODUCT: &[Member] = &[
    int("id"),
    int("order_id"),
    int("product_id"),
    int("variant_id"),
    int("order_pickup_method_id"),
    int("order_address_id"),
    text("name"),
    text("name_customer"),
    text("name_merchant"),
    text("sku"),
    text("upc"),
    m("type", Kind::Text, "\"physical\""),
    amount("base_price"),
    amount("price_ex_tax"),
    amount("price_inc_tax"),
    amount("price_tax"),
    amount("base_total"),
    amount("total_ex_tax"),
    amount("total_inc_tax"),
    amount("total_tax"),
    amount("weight"),
    amount("width"),
    amount("height"),
    amount("depth"),
    m("quantity", Kind::Integer, "1"),
    amount("base_cost_price"),
    amount("cost_price_inc_tax"),
    amount("cost_price_ex_tax"),
    amount("cost_price_tax"),
    no("is_refunded"),
    int("quantity_refunded"),
    amount("refund_amount"),
    int("return_id"),
    int("wrapping_id"),
    text("wrapping_name"),
    amount("base_wrapping_cost"),
    amount("wrapping_cost_ex_tax"),
    amount("wrapping_cost_inc_tax"),
    amount("wrapping_cost_tax"),
    text("wrapping_message"),
    int("quantity_shipped"),
    null_text("event_name"),
    null_text("event_date"),
    amount("fixed_shipping_cost"),
    text("ebay_item_id"),
    text("ebay_transaction_id"),
    m("option_set_id", Kind::Integer, "null"),
    m("parent_order_product_id", Kind::Integer, "null"),
    no("is_bundled_product"),
    text("bin_picking_number"),
    text("external_id"),
    text("fulfillment_source"),
    text("brand"),
    m("gift_certificate_id", Kind::Integer, "null"),
    list("applied_discounts"),
    list("product_options"),
    list("configurable_fields"),
    amount("discounted_total_inc_tax"),
];

pub(crate) const ORDER_SHIPPING_ADDRESS: &[Member] = &[
    int("id"),
    int("order_id"),
    text("first_name"),
    text("last_name"),
    text("company"),
    text("street_1"),
    text("street_2"),
    text("city"),
    text("zip"),
    m("country", Kind::Text, "\"United States\""),
    m("country_iso2", Kind::Text, "\"US\""),
    text("state"),
    text("email"),
    text("phone"),
    int("items_total"),
    int("items_shipped"),
    m("shipping_method", Kind::Text, "\"None\""),
    amount("base_cost"),
    amount("cost_ex_tax"),
    amount("cost_inc_tax"),
    amount("cost_tax"),
    int("cost_tax_class_id"),
    amount("base_handling_cost"),
    amount("handling_cost_ex_tax"),
    amount("handling_cost_inc_tax"),
    amount("handling_cost_tax"),
    int("handling_cost_tax_class_id"),
    int("shipping_zone_id"),
    text("shipping_zone_name"),
    m("shipping_quotes", Kind::Json, "null"),
    list("form_fields"),
];

pub(crate) const ORDER_COUPON: &[Member] = &[
    int("id"),
    int("coupon_id"),
    int("order_id"),
    text("code"),
    amount("amount"),
    int("type"),
    num("discount"),
];

pub(crate) const ORDER_FEE: &[Member] = &[
    int("id"),
    m("type", Kind::Text, "\"custom_fee\""),
    text("display_name_customer"),
    text("display_name_merchant"),
    text("source"),
    amount("base_cost"),
    amount("cost_ex_tax"),
    amount("cost_inc_tax"),
    amount("cost_tax"),
    m("tax_class_id", Kind::Integer, "null"),
];

const DAY: &[Member] =
    &[yes("open"), m("opening", Kind::Text, "\"09:00\""), m("closing", Kind::Text, "\"18:00\"")];

pub(crate) const LOCATION: &[Member] = &[
    int("id"),
    text("code"),
    text("label"),
    text("description"),
    no("managed_by_external_source"),
    m("type_id", Kind::Text, "\"PHYSICAL\""),
    yes("enabled"),
    object(
        "operating_hours",
        &[
            object("sunday", &[no("open"), text("opening"), text("closing")]),
            object("monday", DAY),
            object("tuesday", DAY),
            object("wednesday", DAY),
            object("thursday", DAY),
            object("friday", DAY),
            object("saturday", DAY),
        ],
    ),
    m("time_zone", Kind::Text, "\"Etc/UTC\""),
    zulu("created_at"),
    zulu("updated_at"),
    object(
        "address",
        &[
            text("address1"),
            text("address2"),
            text("city"),
            text("state"),
            text("zip"),
            text("email"),
            text("phone"),
            object("geo_coordinates", &[num("latitude"), num("longitude")]),
            m("country_code", Kind::Text, "\"US\""),
        ],
    ),
    yes("storefront_visibility"),
    list("special_hours"),
];

/// Not a record of the API but what its inventory items are made of.
pub(crate) const INVENTORY_LEVEL: &[Member] = &[
    int("product_id"),
    m("variant_id", Kind::Integer, "null"),
    text("sku"),
    m("location_id", Kind::Integer, "1"),
    int("total_inventory_onhand"),
    int("safety_stock"),
    yes("is_in_stock"),
    int("warning_level"),
    text("bin_picking_number"),
];

pub(crate) const STORE: &[Member] = &[
    text("id"),
    m("account_uuid", Kind::Text, "\"5f0c3a52-9b1e-4d37-8a66-1c2f6e0d9b47\""),
    text("domain"),
    text("secure_url"),
    text("control_panel_base_url"),
    m("status", Kind::Text, "\"live\""),
    m("name", Kind::Text, "\"Simulated store\""),
    m("first_name", Kind::Text, "\"Alex\""),
    m("last_name", Kind::Text, "\"Example\""),
    text("address"),
    m("country", Kind::Text, "\"United States\""),
    m("country_code", Kind::Text, "\"US\""),
    text("phone"),
    m("admin_email", Kind::Text, "\"owner@example.com\""),
    m("order_email", Kind::Text, "\"orders@example.com\""),
    text("favicon_url"),
    object(
        "timezone",
        &[
            m("name", Kind::Text, "\"Etc/UTC\""),
            int("raw_offset"),
            int("dst_offset"),
            no("dst_correction"),
            object(
                "date_format",
                &[
                    m("display", Kind::Text, "\"jS M Y\""),
                    m("export", Kind::Text, "\"jS M Y\""),
                    m("extended_display", Kind::Text, "\"jS M Y @ g:i A\""),
                ],
            ),
        ],
    ),
    m("language", Kind::Text, "\"en\""),
    m("currency", Kind::Text, "\"USD\""),
    m("currency_symbol", Kind::Text, "\"$\""),
    m("decimal_separator", Kind::Text, "\".\""),
    m("thousands_separator", Kind::Text, "\",\""),
    m("decimal_places", Kind::Integer, "2"),
    m("currency_symbol_location", Kind::Text, "\"left\""),
    m("weight_units", Kind::Text, "\"LBS\""),
    m("dimension_units", Kind::Text, "\"Inches\""),
    m("dimension_decimal_places", Kind::Integer, "2"),
    m("dimension_decimal_token", Kind::Text, "\".\""),
    m("dimension_thousands_token", Kind::Text, "\",\""),
    m("plan_name", Kind::Text, "\"Enterprise\""),
    m("plan_level", Kind::Text, "\"Enterprise\""),
    no("plan_is_trial"),
    m("industry", Kind::Text, "\"Home & Garden\""),
    list("logo"),
    no("is_price_entered_with_tax"),
    m("store_id", Kind::Integer, "1002414192"),
    m("default_site_id", Kind::Integer, "1000"),
    m("default_channel_id", Kind::Integer, "1"),
    list("active_comparison_modules"),
    object(
        "features",
        &[
            yes("stencil_enabled"),
            yes("sitewidehttps_enabled"),
            text("facebook_catalog_id"),
            m("checkout_type", Kind::Text, "\"optimized\""),
            yes("wishlists_enabled"),
            yes("graphql_storefront_api_enabled"),
            no("shopper_consent_tracking_enabled"),
            no("multi_storefront_enabled"),
        ],
    ),
];

/// Every resource, in the order in which a store is filled: parents before what refers to them.
pub(crate) const RESOURCES: &[(&str, &[Member])] = &[
    ("store", STORE),
    ("locations", LOCATION),
    ("category_trees", CATEGORY_TREE),
    ("categories", CATEGORY),
    ("brands", BRAND),
    ("products", PRODUCT),
    ("variants", VARIANT),
    ("product_images", PRODUCT_IMAGE),
    ("product_options", PRODUCT_OPTION),
    ("product_modifiers", PRODUCT_MODIFIER),
    ("product_custom_fields", PRODUCT_CUSTOM_FIELD),
    ("product_bulk_pricing_rules", PRODUCT_BULK_PRICING_RULE),
    ("inventory_levels", INVENTORY_LEVEL),
    ("customers", CUSTOMER),
    ("customer_addresses", CUSTOMER_ADDRESS),
    ("orders", ORDER),
    ("order_products", ORDER_PRODUCT),
    ("order_shipping_addresses", ORDER_SHIPPING_ADDRESS),
    ("order_coupons", ORDER_COUPON),
    ("order_fees", ORDER_FEE),
];

/// The members of a resource, when there is such a resource.
pub(crate) fn of(resource: &str) -> Option<&'static [Member]> {
    RESOURCES.iter().find(|(name, _)| *name == resource).map(|(_, members)| *members)
}
