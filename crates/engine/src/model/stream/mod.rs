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

use std::sync::LazyLock;

pub use declaration::{
    Column, Cut, DateForm, EventScopes, Incremental, KeyPart, KeyType, Lookup, Parent, Step, Stream, Walk,
};

/// Every stream, in the order in which `sync` takes them: those that others are cut from first.
const DECLARATIONS: [(&str, &str); 13] = [
    ("products", include_str!("../../../streams/products.toml")),
    ("variants", include_str!("../../../streams/variants.toml")),
    ("brands", include_str!("../../../streams/brands.toml")),
    ("categories", include_str!("../../../streams/categories.toml")),
    ("customers", include_str!("../../../streams/customers.toml")),
    ("customer_addresses", include_str!("../../../streams/customer_addresses.toml")),
    ("orders", include_str!("../../../streams/orders.toml")),
    ("order_products", include_str!("../../../streams/order_products.toml")),
    ("order_shipping_addresses", include_str!("../../../streams/order_shipping_addresses.toml")),
    ("locations", include_str!("../../../streams/locations.toml")),
    ("inventory_items", include_str!("../../../streams/inventory_items.toml")),
    ("inventory_levels", include_str!("../../../streams/inventory_levels.toml")),
    ("store", include_str!("../../../streams/store.toml")),
];

static STREAMS: LazyLock<Vec<Stream>> = LazyLock::new(|| {
    DECLARATIONS
        .iter()
        .map(|(name, text)| match declaration::read(name, text) {
            Ok(stream) => stream,
            // The declarations are part of the program and a test reads each of them.
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
