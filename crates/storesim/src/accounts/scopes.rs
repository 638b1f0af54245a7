//! The OAuth scopes of API accounts (docs/start/authentication/api-accounts.mdx).

use crate::error::Error;

/// Every scope that an account of a store can have.
pub(crate) const ALL: &[&str] = &[
    "store_v2_products",
    "store_v2_products_read_only",
    "store_v2_orders",
    "store_v2_orders_read_only",
    "store_v2_transactions",
    "store_v2_transactions_read_only",
    "store_order_fulfillment_manage",
    "store_order_fulfillment_read_only",
    "store_fulfillment_methods_manage",
    "store_fulfillment_methods_read_only",
    "store_v2_customers",
    "store_v2_customers_read_only",
    "store_v2_customers_login",
    "store_v2_information",
    "store_v2_information_read_only",
    "store_v2_marketing",
    "store_v2_marketing_read_only",
    "store_v2_content",
    "store_v2_content_read_only",
    "store_content_checkout",
    "store_content_checkout_read_only",
    "store_channel_settings",
    "store_channel_settings_read_only",
    "store_channel_listings",
    "store_channel_listings_read_only",
    "store_sites",
    "store_sites_read_only",
    "store_cart",
    "store_cart_read_only",
    "store_checkout",
    "store_checkout_read_only",
    "store_checkouts",
    "store_checkouts_read_only",
    "store_inventory",
    "store_inventory_read_only",
    "store_locations",
    "store_locations_read_only",
    "store_stored_payment_instruments",
    "store_stored_payment_instruments_read_only",
    "store_translations",
    "store_translations_read_only",
    "store_themes_manage",
    "store_themes_read_only",
    "store_payments_methods_read",
    "store_payments_access_token_create",
    "store_storefront_api",
    "store_storefront_api_customer_impersonation",
    "store_app_extensions_manage",
    "store_metafield_write",
    "store_metafield_write_all",
    "store_metafield_change_owner",
    "store_logs_read_only",
];

/// What every app is granted without asking; a callback may name it.
const DEFAULT: &str = "store_v2_default";

/// Whether a code's exchange may name this.
pub(crate) fn is_known(name: &str) -> bool {
    name == DEFAULT || ALL.contains(&name)
}

/// Whether two lists are the same set.
pub(super) fn same(one: &[String], other: &[String]) -> bool {
    let within = |one: &[String], other: &[String]| {
        one.iter().filter(|name| *name != DEFAULT).all(|name| other.contains(name))
    };
    within(one, other) && within(other, one)
}

/// Checks the name of a scope, for instance `store_v2_products_read_only`.
///
/// # Errors
/// [`Error::Option`] for an unknown one, with those that look like it.
pub fn scope(text: &str) -> Result<String, Error> {
    let name = text.trim();
    if ALL.contains(&name) {
        return Ok(name.to_owned());
    }
    let word = name.trim_start_matches("store_").trim_start_matches("v2_");
    let word = word.split('_').next().unwrap_or("").trim_end_matches('s');
    let near: Vec<&str> =
        ALL.iter().filter(|known| word.len() > 2 && known.contains(word)).copied().collect();
    let hint = if near.is_empty() { String::new() } else { format!("; near it are {}", near.join(", ")) };
    Err(Error::Option(format!("'{name}' is no scope of BigCommerce{hint}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_known_by_name() {
        assert_eq!(scope(" store_v2_products ").unwrap(), "store_v2_products");
        let wrong = scope("store_products").unwrap_err().to_string();
        assert!(wrong.contains("store_v2_products_read_only"), "{wrong}");
        assert!(scope("").is_err() && scope("anything").is_err());
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert!(same(&list(&["a", "b"]), &list(&["b", "a", DEFAULT])));
        assert!(!same(&list(&["a"]), &list(&["b"])));
    }
}
