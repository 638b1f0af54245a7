//! Why a stream could not be brought up to date.

use super::Skipped;
use crate::storage;

/// An error of a sync; what was committed before it stays.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store, or the way to it.
    #[error(transparent)]
    Store(#[from] bigcommerce::Error),
    /// The mirror.
    #[error(transparent)]
    Mirror(#[from] storage::Error),
    /// The person stopped it; the next sync goes on from here.
    #[error("stopped")]
    Cancelled,
    /// The store does not give any more what was read of it before.
    #[error("{stream} was mirrored before, and now {why}: {source}")]
    Refused {
        /// The stream.
        stream: String,
        /// Why, in short.
        why: Skipped,
        /// What the store answered.
        source: Box<bigcommerce::Error>,
    },
    /// The list does not obey the filter or sort that the walk is built on.
    #[error("{stream}: the store does not keep to the ids asked for ({asked}, got {got})")]
    IdsIgnored {
        /// The stream.
        stream: String,
        /// The range of ids that was asked for.
        asked: String,
        /// The id that came.
        got: String,
    },
    /// Records went on moving from page to page, so that it cannot be told which of them are gone.
    #[error("{stream}: its list goes on shifting while it is read, so that it is not known what is gone")]
    Shifting {
        /// The stream.
        stream: String,
    },
    /// A part of the sync came to an end without an answer.
    #[error("a part of the sync failed: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl Error {
    /// Whether no other stream can fare better.
    pub fn is_fatal(&self) -> bool {
        match self {
            Error::Mirror(_) | Error::Cancelled | Error::Task(_) => true,
            Error::Store(error) => {
                error.is_unauthorized()
                    || matches!(error, bigcommerce::Error::Transport { connect: true, .. })
            }
            Error::IdsIgnored { .. } | Error::Shifting { .. } | Error::Refused { .. } => false,
        }
    }
}
