//! What can go wrong when a simulated store is started.

use std::path::PathBuf;

/// Why a simulated store did not start, or an option was not understood.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An option's text was not understood, or its value is out of bounds.
    #[error("{0}")]
    Option(String),
    /// The listener could not be used.
    #[error("cannot listen: {0}")]
    Listen(#[source] std::io::Error),
    /// A file of the import could not be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A folder to import has nothing that is read.
    #[error(
        "{path} has no file of a resource: give NAME.jsonl, NAME.csv or recorded answers by their paths, or an \
         empty orders.jsonl for an empty store"
    )]
    Nothing {
        /// The folder.
        path: PathBuf,
    },
    /// A row of the import is not usable.
    #[error("{path}, line {line}: {reason}")]
    Import {
        /// The file.
        path: PathBuf,
        /// The line, counted from one.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A row that no table takes.
    #[error("a row of {resource} is not usable: {reason}")]
    Row {
        /// The resource named by the row.
        resource: String,
        /// What is wrong with it.
        reason: String,
    },
}
