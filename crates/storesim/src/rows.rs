//! The contract between those who make a store's data (the generator, the import) and the tables.

/// One record on its way into a table.
///
/// `json` is one compact JSON object whose text is served as it stands: its number tokens and the
/// order of its members are kept byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The table, for instance `products` or `order_products`.
    pub resource: String,
    /// The id of the record this one belongs to: the product of a variant, the order of a line.
    pub parent: Option<i64>,
    /// The record as compact JSON text.
    pub json: String,
}
