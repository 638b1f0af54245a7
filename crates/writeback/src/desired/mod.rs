//! Desired state: the rows that a person wants to stand in the store, read from a CSV file.
//!
//! A mistake in the file's form (no header, an unknown column, broken quoting) is an error with its place; a
//! mistake in one row (a number that is none) is kept with the row, and the plan refuses that row alone.

mod customers;
mod inventory;
mod table;

pub use customers::{Customer, customers};
pub use inventory::{Stock, inventory};
pub use table::{MOST_BYTES, MOST_CELL, MOST_ROWS};

/// One row of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<T> {
    /// The line it begins on, from 1.
    pub line: u64,
    /// What names the record: SKU or e-mail, as written.
    pub key: String,
    /// What is wanted, or why that cannot be read.
    pub wanted: Result<T, String>,
}

/// A file that cannot be used, with the place.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be read.
    #[error("{file}")]
    Io {
        /// The file.
        file: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Its form is wrong.
    #[error("{file}, line {line}{}: {what}", .column.as_ref().map(|name| format!(", column {name}")).unwrap_or_default())]
    Form {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The column's name, or its number from 1.
        column: Option<String>,
        /// What is wrong.
        what: String,
    },
}
