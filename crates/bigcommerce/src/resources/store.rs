//! The store itself: profile, currencies, tax classes, pages, logs and settings
//! (`reference/store_information.v2.yml`, `currencies.v2.yml`, `tax_classes.v2.yml`, `store_logs.v3.yml`,
//! `settings.v3.yml`, `pages.v3.yml`, `pickup.v3.yml`).

use super::resource::{Resource, resource};
use crate::model::{draft, record};
use crate::{Amount, Json, Time};

record! {
    /// The profile of the store.
    Store {
        /// The store hash.
        id: String,
        account_uuid: String,
        domain: String,
        secure_url: String,
        control_panel_base_url: String,
        /// `live`, `maintenance`, `hibernation`, `down_for_suspension`, ….
        status: String,
        name: String,
        first_name: String,
        last_name: String,
        address: String,
        country: String,
        country_code: String,
        infrastructure_region: String,
        phone: String,
        admin_email: String,
        order_email: String,
        favicon_url: String,
        timezone: Timezone,
        language: String,
        /// ISO 4217: the currency of the catalog's prices.
        currency: String,
        currency_symbol: String,
        decimal_separator: String,
        thousands_separator: String,
        decimal_places: i64,
        currency_symbol_location: String,
        /// The unit of all weights: `LBS`, `KGS`, ….
        weight_units: String,
        /// The unit of all sizes.
        dimension_units: String,
        dimension_decimal_places: i64,
        dimension_decimal_token: String,
        dimension_thousands_token: String,
        plan_name: String,
        plan_level: String,
        plan_is_trial: bool,
        industry: String,
        logo: Logo,
        /// Whether the catalog's prices include tax.
        is_price_entered_with_tax: bool,
        store_id: i64,
        default_channel_id: i64,
        default_site_id: i64,
        active_comparison_modules: Vec<Json>,
        features: Features,
    }
}

record! {
    /// The time zone of the store.
    Timezone {
        /// IANA name.
        name: String,
        /// Seconds from UTC.
        raw_offset: i64,
        /// Seconds from UTC in summer.
        dst_offset: i64,
        dst_correction: bool,
        date_format: DateFormat,
    }
}

record! {
    /// How the store writes dates.
    DateFormat {
        display: String,
        export: String,
        extended_display: String,
    }
}

record! {
    /// The logo.
    Logo {
        url: String,
    }
}

record! {
    /// What the store has switched on.
    Features {
        stencil_enabled: bool,
        sitewidehttps_enabled: bool,
        facebook_catalog_id: String,
        checkout_type: String,
        wishlists_enabled: bool,
        graphql_storefront_api_enabled: bool,
        shopper_consent_tracking_enabled: bool,
        multi_storefront_enabled: bool,
        storefront_limits: StorefrontLimits,
    }
}

record! {
    /// How many storefronts the plan has.
    StorefrontLimits {
        active: i64,
        total_including_inactive: i64,
    }
}

record! {
    /// The store's clock.
    StoreTime {
        time: Time,
    }
}

record! {
    /// What the catalog holds.
    CatalogSummary {
        inventory_count: i64,
        inventory_value: Amount,
        primary_category_id: i64,
        primary_category_name: String,
        variant_count: i64,
        highest_variant_price: Amount,
        average_variant_price: Amount,
        lowest_variant_price: Amount,
        oldest_variant_date: Time,
        newest_variant_date: Time,
    }
}

record! {
    /// A currency (V2).
    Currency {
        /// The key.
        id: i64,
        is_default: bool,
        country_iso2: String,
        default_for_country_codes: Vec<String>,
        /// ISO 4217.
        currency_code: String,
        /// Ten decimals; 1 for the default currency.
        currency_exchange_rate: Amount,
        auto_update: bool,
        /// `left` or `right`.
        token_location: String,
        token: String,
        decimal_token: String,
        thousands_token: String,
        decimal_places: i64,
        name: String,
        enabled: bool,
        /// Whether shoppers can pay in it.
        is_transactional: bool,
        use_default_name: bool,
        last_updated: Time,
    }
}

draft! {
    /// A currency to be created.
    NewCurrency(
        name: String,
        currency_code: String,
        currency_exchange_rate: Amount,
        token: String,
        token_location: String,
        decimal_token: String,
        thousands_token: String,
        decimal_places: i64
    ) {
        country_iso2: String,
        auto_update: bool,
        enabled: bool,
        is_transactional: bool,
    }
}

draft! {
    /// Changes of a currency. Its code stays.
    CurrencyUpdate() {
        name: String,
        currency_exchange_rate: Amount,
        token: String,
        token_location: String,
        decimal_token: String,
        thousands_token: String,
        decimal_places: i64,
        country_iso2: String,
        auto_update: bool,
        enabled: bool,
        is_transactional: bool,
        /// Only `true`: it moves from another currency.
        is_default: bool,
    }
}

resource!(Currency { "/v2/currencies", V2, "id": i64, Path, Path },
    get, create NewCurrency, update CurrencyUpdate, delete);

record! {
    /// A class of goods for tax (V2; read only).
    TaxClass {
        /// The key.
        id: i64,
        name: String,
        created_at: Time,
        updated_at: Time,
    }
}

resource!(TaxClass { "/v2/tax_classes", V2, "id": i64, Path, Path }, get);

record! {
    /// A country.
    Country {
        /// The key.
        id: i64,
        country: String,
        country_iso2: String,
        country_iso3: String,
        states: Json,
    }
}

resource!(Country { "/v2/countries", V2, "id": i64, Path, Path }, get);

record! {
    /// A state or province (V2).
    State {
        /// The key.
        id: i64,
        state: String,
        state_abbreviation: String,
        country_id: i64,
    }
}

resource!(State { "/v2/countries/{country_id}/states", V2, "id": i64, Path, Path }, get);

impl Resource<Country> {
    /// The states of a country.
    pub fn states(&self, country: i64) -> Resource<State> {
        self.below(format!("{}/{country}/states", self.path))
    }
}

record! {
    /// Something the store noted about itself in the last year.
    LogEntry {
        /// The key.
        id: i64,
        r#type: String,
        module: String,
        /// A word; the filter wants 1 for success, 2 notice, 3 warning, 4 error.
        severity: String,
        summary: String,
        message: String,
        date_created: Time,
    }
}

resource!(LogEntry { "/v3/store/systemlogs", Offset, "id": i64, Path, Path });

record! {
    /// A page of a storefront.
    StorePage {
        /// The key.
        id: i64,
        channel_id: i64,
        name: String,
        meta_title: String,
        is_visible: bool,
        /// The page above; 0 at the top.
        parent_id: i64,
        sort_order: i64,
        meta_keywords: String,
        /// `page`, `raw`, `contact_form`, `feed`, `link` or `blog`.
        r#type: String,
        meta_description: String,
        is_homepage: bool,
        is_customers_only: bool,
        search_keywords: String,
        url: String,
        /// HTML; only with `include=body`.
        body: String,
        link: String,
        feed: String,
        email: String,
        contact_fields: String,
        has_mobile_version: bool,
        mobile_body: String,
        content_type: String,
    }
}

draft! {
    /// A page to be created.
    NewStorePage(r#type: String, name: String),
    /// Changes of a page.
    StorePageUpdate {
        channel_id: i64,
        meta_title: String,
        is_visible: bool,
        parent_id: i64,
        sort_order: i64,
        meta_keywords: String,
        meta_description: String,
        is_homepage: bool,
        is_customers_only: bool,
        search_keywords: String,
        url: String,
        body: String,
        link: String,
        feed: String,
        email: String,
        contact_fields: String,
    }
}

resource!(StorePage { "/v3/content/pages", Offset, "id": i64, Path, Path },
    get, create NewStorePage, update StorePageUpdate, delete);

record! {
    /// An order that the shopper fetches.
    Pickup {
        /// The key.
        id: i64,
        pickup_method_id: i64,
        order_id: i64,
        ready_at: Time,
        created_at: Time,
        updated_at: Time,
        pickup_items: Vec<PickupItem>,
    }
}

record! {
    /// What is fetched.
    PickupItem {
        /// The key.
        id: i64,
        order_product_id: i64,
        quantity: i64,
        /// `AWAITING_COLLECTION` or `COLLECTED`.
        status: String,
        collected_at: Time,
    }
}

resource!(Pickup { "/v3/orders/pickups", None, "id": i64, Filter("pickup_id:in"), Filter("id:in") }, get, delete);

record! {
    /// Name and address of the store, as settings.
    StoreProfile {
        store_name: String,
        store_address: String,
        store_address_type: String,
        store_email: String,
        store_phone: String,
    }
}

record! {
    /// Language and country of the store.
    StoreLocale {
        default_shopper_language: String,
        shopper_language_selection_method: String,
        store_country: String,
    }
}

record! {
    /// How the storefront treats stock.
    InventorySettings {
        product_out_of_stock_behavior: String,
        option_out_of_stock_behavior: String,
        /// `order_placed` or `order_completed_or_shipped`.
        update_stock_behavior: String,
        edit_order_stock_adjustment: bool,
        refund_order_stock_adjustment: bool,
        stock_level_display: String,
        default_out_of_stock_message: String,
        hide_in_product_filtering: bool,
        show_pre_order_stock_levels: bool,
        show_out_of_stock_message: bool,
    }
}

record! {
    /// The units of weights and sizes.
    UnitsOfMeasurement {
        weight_measurement: String,
        length_measurement: String,
        decimal_token: String,
        thousands_token: String,
        decimal_places: i64,
        factoring_dimension: String,
    }
}
