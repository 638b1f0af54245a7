//! Makes a believable store from a seed.

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
    /// The store hash, for the rows that carry it (`store`).
    pub store_hash: String,
    /// Unix seconds that count as "now": the newest dates of the rows lie just before it.
    pub now: i64,
}

/// Hands every row of the generated store to `take`: a parent before its children, and children of
/// one resource in the order in which they are to be listed.
pub fn rows(_spec: &Spec, _take: &mut dyn FnMut(Row)) {}
