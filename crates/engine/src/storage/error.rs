//! What can go wrong with the mirror.

use std::path::PathBuf;

/// An error of the mirror, with the place that it concerns.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process writes this data directory.
    #[error("{} is in use by another process{}", .dir.display(), .holder.as_deref().map(|pid| format!(" (pid {pid})")).unwrap_or_default())]
    Locked {
        /// The data directory.
        dir: PathBuf,
        /// The other process's id, as it wrote it down.
        holder: Option<String>,
    },
    /// There is no mirror to read.
    #[error("there is no mirror in {}", .dir.display())]
    Missing {
        /// The data directory.
        dir: PathBuf,
    },
    /// The mirror belongs to another store.
    #[error("the mirror in {} is of store {theirs}, not of {ours}", .dir.display())]
    OtherStore {
        /// The data directory.
        dir: PathBuf,
        /// The store hash of the mirror.
        theirs: String,
        /// The store hash asked for.
        ours: String,
    },
    /// The database was written by a newer Baxter.
    #[error("the mirror has schema {found}, this Baxter knows up to {known}")]
    Newer {
        /// The schema's number in the database.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The database was written by an older Baxter, and has not been written since.
    #[error("the mirror in {} is of an older Baxter", .dir.display())]
    Older {
        /// The data directory.
        dir: PathBuf,
    },
    /// Entries of the change log that were asked for are not there any more.
    #[error("the change log's entries up to {upto} were let go of")]
    Trimmed {
        /// The newest of them.
        upto: i64,
        /// Our time when that one was noted.
        at: String,
    },
    /// The disk is full.
    #[error("no space is left for the mirror")]
    Full(#[source] rusqlite::Error),
    /// The statement would write, or do what readers may not.
    #[error("only reading is allowed here")]
    ReadOnly,
    /// The person stopped it.
    #[error("interrupted")]
    Interrupted,
    /// A file operation failed.
    #[error("{}", .path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Anything else that SQLite says.
    #[error(transparent)]
    Sqlite(rusqlite::Error),
    /// The writer ended before the work was done; its own error tells why.
    #[error("the mirror's writer has stopped")]
    Stopped,
    /// The mirror holds a text that is no JSON, though only JSON is ever put into it.
    #[error("record {key} of {stream} in the mirror is damaged")]
    Damaged {
        /// The stream.
        stream: String,
        /// The record's key.
        key: String,
    },
}

impl Error {
    /// Whether the same work may succeed later without anybody changing data or program: the disk was full, or could
    /// not be read or written for a while.
    pub fn may_pass(&self) -> bool {
        use rusqlite::ErrorCode;
        match self {
            Error::Full(_) | Error::ReadOnly | Error::Io { .. } => true,
            Error::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(
                    ErrorCode::SystemIoFailure
                        | ErrorCode::CannotOpen
                        | ErrorCode::DatabaseBusy
                        | ErrorCode::DatabaseLocked
                )
            ),
            _ => false,
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Error::Full(error),
            Some(rusqlite::ErrorCode::ReadOnly | rusqlite::ErrorCode::AuthorizationForStatementDenied) => {
                Error::ReadOnly
            }
            Some(rusqlite::ErrorCode::OperationInterrupted) => Error::Interrupted,
            _ => Error::Sqlite(error),
        }
    }
}
