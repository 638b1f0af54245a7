//! Streams: one kind of record each, declared as data.
//!
//! [`Stream`] is the declaration, read from `streams/*.toml`; the list of all is [`all`]. What a declaration says
//! about a record's text is carried out by [`mod@cut`] (members that are records of other streams), [`mod@column`]
//! (typed columns) and [`mod@record`] (all of it for one record).

pub mod column;
pub mod cut;
mod declaration;
mod key_text;
pub mod record;
pub mod selection;

use std::sync::LazyLock;

pub use declaration::{
    Column, Cut, DateForm, EventScopes, Hint, Incremental, KeyPart, KeyType, Lookup, Pages, Parent, Step,
    Stream, Walk,
};

/// Declares the streams by the names of their files.
macro_rules! declarations {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../streams/", $name, ".toml")))),*]
    };
}

/// Every stream, in the order in which `sync` takes them: those that others come from first.
const DECLARATIONS: &[(&str, &str)] = &declarations![
    "products",
    "variants",
    "product_images",
    "product_videos",
    "product_custom_fields",
    "product_bulk_pricing_rules",
    "product_reviews",
    "product_options",
    "product_option_values",
    "product_modifiers",
    "product_modifier_values",
    "product_complex_rules",
    "product_category_assignments",
    "product_channel_assignments",
    "product_metafields",
    "variant_metafields",
    "brands",
    "brand_metafields",
    "category_trees",
    "categories",
    "category_metafields",
    "price_lists",
    "price_list_records",
    "price_list_assignments",
    "customers",
    "customer_addresses",
    "customer_groups",
    "customer_attributes",
    "customer_attribute_values",
    "customer_form_field_values",
    "customer_metafields",
    "subscribers",
    "segments",
    "shopper_profiles",
    "wishlists",
    "orders",
    "order_products",
    "order_shipping_addresses",
    "order_fees",
    "order_coupons",
    "order_taxes",
    "order_shipments",
    "order_messages",
    "order_transactions",
    "order_refunds",
    "order_pickups",
    "order_metafields",
    "order_statuses",
    "locations",
    "location_metafields",
    "inventory_items",
    "inventory_levels",
    "pickup_methods",
    "channels",
    "channel_metafields",
    "channel_listings",
    "sites",
    "site_routes",
    "coupons",
    "gift_certificates",
    "promotions",
    "promotion_codes",
    "cart_metafields",
    "redirects",
    "pages",
    "currencies",
    "tax_classes",
    "store_logs",
    "store",
];

#[expect(clippy::panic, reason = "the declarations are part of the program, and a test reads each of them")]
static STREAMS: LazyLock<Vec<Stream>> = LazyLock::new(|| {
    DECLARATIONS
        .iter()
        .map(|(name, text)| match declaration::read(name, text) {
            Ok(stream) => stream,
            Err(error) => panic!("streams/{name}.toml: {error}"),
        })
        .collect()
});

/// Every stream, parents before what is cut from them.
pub fn all() -> &'static [Stream] {
    &STREAMS
}

/// The stream called `name`.
pub fn named(name: &str) -> Option<&'static Stream> {
    all().iter().find(|stream| stream.name == name)
}

/// The streams whose records belong to records of `stream`: a deleted parent takes them along.
pub fn children(stream: &Stream) -> impl Iterator<Item = &'static Stream> {
    all().iter().filter(move |child| child.parent.as_ref().is_some_and(|parent| parent.stream == stream.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declaration_is_whole() {
        assert_eq!(all().len(), DECLARATIONS.len());
        for stream in all() {
            for cut in &stream.cuts {
                let child = named(&cut.to).unwrap_or_else(|| panic!("{} cuts to {}", stream.name, cut.to));
                assert_eq!(child.parent.as_ref().map(|p| p.stream.as_str()), Some(stream.name.as_str()));
            }
            if let Some(parent) = &stream.parent {
                let place = |name: &str| all().iter().position(|stream| stream.name == name);
                assert!(
                    place(&parent.stream) < place(&stream.name),
                    "{} stands before its parent",
                    stream.name
                );
            }
            assert!(
                stream.walk.is_some() == stream.path.is_some(),
                "{}: a path goes with a walk",
                stream.name
            );
        }
    }
}
