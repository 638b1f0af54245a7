//! What can go wrong with flows as a whole; what goes wrong with one message is a dead letter.

use baxter_engine::storage;

/// An error of the flows.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The mirror's database.
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// A thread or the HTTP client could not be made.
    #[error("{what}: {reason}")]
    Start {
        /// What could not be made.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// Too many expressions of the flow run without coming to an end.
    #[error("{0} expressions run without coming to an end")]
    Stuck(usize),
    /// A part of the flows panicked.
    #[error("a flow ended unexpectedly: {0}")]
    Ended(String),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Error::Storage(error.into())
    }
}
