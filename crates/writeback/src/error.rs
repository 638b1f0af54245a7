//! What can go wrong with write-back as a whole; what goes wrong with single rows stands in plan and report.

use std::path::PathBuf;

use jiff::Timestamp;
use uuid::Uuid;

use crate::{desired, journal};

/// An error of planning or applying.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file of desired rows cannot be used.
    #[error(transparent)]
    Desired(#[from] desired::Error),
    /// The mirror cannot be read.
    #[error(transparent)]
    Mirror(#[from] baxter_engine::storage::Error),
    /// The mirror does not hold yet what a plan compares with.
    #[error("the mirror does not hold {stream} yet")]
    NotMirrored {
        /// The stream.
        stream: &'static str,
    },
    /// A plan's file could not be read or written.
    #[error("{}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is no plan, or none that this Baxter can apply.
    #[error("{} is no plan that can be applied: {reason}", .path.display())]
    NoPlan {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The plan was made for another store.
    #[error("the plan is for store {theirs}, not for {ours}")]
    OtherStore {
        /// The plan's store hash.
        theirs: String,
        /// The store hash it was to be applied to.
        ours: String,
    },
    /// The plan was applied to its end before.
    #[error("plan {id} was applied already, on {at}")]
    Applied {
        /// The plan.
        id: Uuid,
        /// When its application ended.
        at: Timestamp,
    },
    /// A plan with the same id but other content was begun before.
    #[error("plan {id} was begun with other content: the file was changed since")]
    Altered {
        /// The plan.
        id: Uuid,
    },
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] journal::Error),
    /// The store stopped answering in the middle; applying the same plan again goes on from there.
    #[error("the plan is applied in part: {done} rows are done, {left} are left")]
    Interrupted {
        /// Rows whose result is known.
        done: usize,
        /// Rows still to be written or looked at.
        left: usize,
        /// What the store answered.
        source: Box<bigcommerce::Error>,
    },
}
