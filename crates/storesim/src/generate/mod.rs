//! Makes a believable store from a seed.
//!
//! Every record follows from the seed and its own number, so an order can name a product without
//! anything being kept in memory, and the same [`Spec`] gives the same rows byte for byte.

mod aftermath;
mod catalog;
mod customers;
pub(crate) mod date;
pub(crate) mod extras;
mod marketing;
mod order_rows;
mod orders;
pub(crate) mod path;
mod people;
mod products;
mod random;
pub(crate) mod record;
pub(crate) mod shape;
pub(crate) mod standard;
mod stock;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod totals;
pub(crate) mod words;

use crate::rows::Row;

/// What to generate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// The same seed and counts always make the same rows.
    pub seed: u64,
    /// How many products (variants, images, options and so on come with them).
    pub products: u64,
    /// How many customers, each with addresses.
    pub customers: u64,
    /// How many orders, each with lines and shipping addresses.
    pub orders: u64,
    /// The store hash, for the rows that carry it (`store`, links of orders).
    pub store_hash: String,
    /// The origin in the links of orders, `http://127.0.0.1:PORT` or the API's own.
    pub api_origin: String,
    /// Unix seconds that count as "now": the newest dates of the rows lie just before it.
    pub now: i64,
    /// Discounts of orders come off the price with tax, whatever prices are entered as.
    pub off_inc: bool,
}

/// Hands every row of the generated store to `take`: a parent before its children, and children of
/// one resource in the order in which they are to be listed.
pub fn rows(spec: &Spec, take: &mut dyn FnMut(Row)) {
    let mut sink = Sink { take };
    let catalog = catalog::Catalog::new(spec);
    store::rows(spec, &mut sink);
    for row in standard::RESOURCES.iter().flat_map(|resource| standard::rows(resource, spec.now)) {
        sink.row(&row.resource, row.parent, row.json);
    }
    stock::location_rows(spec, &mut sink);
    products::frame_rows(&catalog, &mut sink);
    products::rows(spec, &catalog, &mut sink);
    customers::rows(spec, &mut sink);
    let sold = orders::rows(spec, &catalog, &mut sink);
    marketing::rows(spec, &sold, &mut sink);
    people::rows(spec, &catalog, &mut sink);
}

/// Where the rows go.
struct Sink<'a> {
    take: &'a mut dyn FnMut(Row),
}

impl Sink<'_> {
    fn row(&mut self, resource: &str, parent: Option<i64>, json: String) {
        (self.take)(Row { resource: resource.to_owned(), parent, json });
    }
}

/// Keeps the random sequences of the tables apart.
#[derive(Clone, Copy)]
enum Table {
    Axes = 1,
    Name,
    Product,
    ProductText,
    Stock,
    Customer,
    Order,
    Aftermath,
    Group,
    People,
}

/// The link object of an order to one of its parts, as `{url, resource}`.
pub(crate) fn order_link(origin: &str, store_hash: &str, order: i64, tail: &str) -> String {
    let mut out = String::from(r#"{"url":"#);
    record::push_text(&mut out, &format!("{origin}/stores/{store_hash}/v2/orders/{order}/{tail}"));
    out.push_str(r#","resource":"#);
    record::push_text(&mut out, &format!("/orders/{order}/{tail}"));
    out.push('}');
    out
}
