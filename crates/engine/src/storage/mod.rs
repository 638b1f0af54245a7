//! The mirror with the change log, and the inbox: two SQLite databases in the data directory.
//!
//! One process writes ([`Mirror`], behind an operating-system lock, driven through a [`Writer`]); readers
//! ([`Reader`]) are free, also of other programs.

mod apply;
mod columns;
mod error;
mod functions;
mod inbox;
mod lock;
mod mirror;
mod owner;
mod parents;
mod pass;
mod proof;
mod reader;
mod schema;

pub use apply::{Committed, Gone, OfParent, Page};
pub use error::Error;
pub use inbox::{Due, Inbox, InboxCounts, Poll, Received, ReceivedEvent, Told};
pub use lock::is_held as is_served;
pub use mirror::Mirror;
pub use owner::{InboxOwner, Owner, Writer};
pub use parents::ParentDue;
pub use pass::{Absent, Pass, START, Segment, StreamState};
pub use proof::{Noticed, Outcome, ProofState};
pub use reader::{ChangeEntry, Changes, Digest, Interrupt, Reader, Rows, Since};

/// The database's name in the data directory.
pub const DATABASE: &str = "mirror.db";
