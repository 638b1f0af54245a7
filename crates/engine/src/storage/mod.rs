//! The mirror with the change log, and the inbox: two SQLite databases in the data directory.
//!
//! One process writes ([`Mirror`], behind an operating-system lock, driven through a [`Writer`]); readers
//! ([`Reader`]) are free, also of other programs.

mod answered;
mod apply;
mod checkpoints;
mod columns;
mod error;
mod functions;
mod inbox;
mod key_pair;
mod lock;
mod log;
mod mirror;
mod owner;
mod parents;
mod pass;
mod proof;
mod reader;
mod schema;

pub use apply::{Committed, Gone, Page};
pub use error::Error;
pub use inbox::{Due, Inbox, InboxCounts, Poll, Received, ReceivedEvent, Told};
pub use lock::is_held as is_served;
pub use log::{ChangeEntry, Changes, Lags, Positions, Registered, Since, Trimmed, Unread, trimmed_upto};
pub use mirror::Mirror;
pub use owner::{InboxOwner, Owner, Writer};
pub use parents::{OfParent, ParentDue};
pub use pass::{Absent, Pass, START, Segment, StreamState};
pub use proof::{Noticed, Outcome, ProofState};
pub use reader::{Digest, Interrupt, Reader, Rows};

/// The database's name in the data directory.
pub const DATABASE: &str = "mirror.db";

/// Opens the mirror in `dir` for writing beside the one process that writes records: for what other processes may
/// change, such as positions of readers. SQLite lets one write after the other.
pub fn beside(dir: &std::path::Path) -> Result<rusqlite::Connection, Error> {
    use rusqlite::OpenFlags;
    let path = dir.join(DATABASE);
    if !path.exists() {
        return Err(Error::Missing { dir: dir.to_owned() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    Ok(connection)
}
