//! The profile of the store (`reference/store_information.v2.yml`).

use super::record::record;

/// Where it is found.
pub(super) const PATH: &str = "/v2/store";

record! {
    /// The profile of the store.
    Store {
        /// The store hash.
        id: String,
        account_uuid: String,
        domain: String,
        secure_url: String,
        control_panel_base_url: String,
        status: String,
        name: String,
        first_name: String,
        last_name: String,
        address: String,
        country: String,
        country_code: String,
        phone: String,
        admin_email: String,
        order_email: String,
        timezone: Timezone,
        language: String,
        currency: String,
        currency_symbol: String,
        decimal_separator: String,
        thousands_separator: String,
        decimal_places: i64,
        currency_symbol_location: String,
        weight_units: String,
        dimension_units: String,
        plan_name: String,
        plan_level: String,
        plan_is_trial: bool,
        industry: String,
        is_price_entered_with_tax: bool,
        store_id: i64,
        default_channel_id: i64,
        default_site_id: i64,
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
    }
}

record! {
    /// What the store has switched on.
    Features {
        stencil_enabled: bool,
        checkout_type: String,
        wishlists_enabled: bool,
        multi_storefront_enabled: bool,
    }
}
