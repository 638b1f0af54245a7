//! The journal: what was applied, step by step, each written down before it is sent and again when it is answered.
//!
//! One SQLite database in the data directory, beside the mirror and independent of its lock: a plan can be applied
//! while `serve` writes the mirror. Every transaction is on the disk before the call returns. The whole plan is
//! kept, so that its `before` values are there when someone wants them back.

mod lock;
mod schema;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baxter_engine::model::clock::Clock;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use uuid::Uuid;

use crate::plan::Plan;

/// The journal's name in the data directory.
pub const DATABASE: &str = "journal.db";

/// An error of the journal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process applies a plan with this data directory.
    #[error("another process applies a plan in {}", .dir.display())]
    Busy {
        /// The data directory.
        dir: PathBuf,
    },
    /// The database was written by a newer Baxter.
    #[error("the journal has schema {found}, this Baxter knows up to {known}")]
    Newer {
        /// The schema's number in the database.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// A file operation failed.
    #[error("{}", .path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// What SQLite says.
    #[error("the journal: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// How far a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not answered yet.
    Pending,
    /// The store said 200; whether it took effect is not seen yet.
    Written,
    /// It stands in the store as planned, by our write.
    Applied,
    /// It stood in the store as planned before anything was sent.
    Already,
    /// It was not sent: the record changed since the plan.
    Refused,
    /// It was sent, and does not stand in the store.
    Failed,
}

const STATES: [(State, &str); 6] = [
    (State::Pending, "pending"),
    (State::Written, "written"),
    (State::Applied, "applied"),
    (State::Already, "already"),
    (State::Refused, "refused"),
    (State::Failed, "failed"),
];

impl State {
    /// The word in the journal and in reports.
    pub fn as_str(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }

    /// Whether nothing more is to be done.
    pub fn is_final(self) -> bool {
        !matches!(self, State::Pending | State::Written)
    }
}

/// What is known of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// How far it is.
    pub state: State,
    /// Why it is refused or failed.
    pub reason: Option<String>,
    /// The id of a record that was made, or was found to be there.
    pub record_id: Option<i64>,
}

impl Standing {
    /// A state without a reason.
    pub fn of(state: State) -> Self {
        Standing { state, reason: None, record_id: None }
    }

    /// A state with its reason.
    pub fn because(state: State, reason: impl Into<String>) -> Self {
        Standing { state, reason: Some(reason.into()), record_id: None }
    }
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The store said 2xx.
    Accepted,
    /// The store refused the whole request; nothing of it was done.
    Rejected,
    /// No answer told whether it was done.
    Unknown,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Outcome::Accepted => "accepted",
            Outcome::Rejected => "rejected",
            Outcome::Unknown => "unknown",
        }
    }
}

/// Where the application of a plan stands.
#[derive(Debug)]
pub struct Begun {
    /// Whether it was begun before.
    pub resumed: bool,
    /// Every row, in the plan's order: creates, then updates.
    pub rows: Vec<Standing>,
    /// Rows of steps that were sent, or about to be, when an earlier run ended.
    pub doubtful: BTreeSet<usize>,
}

/// The journal of a data directory. One process has it open.
#[derive(Debug)]
pub struct Journal {
    connection: Connection,
    clock: Arc<dyn Clock>,
    _lock: lock::Lock,
}

impl Journal {
    /// Opens the journal in `dir`, making directory and database as needed.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Journal, Error> {
        let lock = lock::Lock::take(dir)?;
        let mut connection = Connection::open(dir.join(DATABASE))?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
        schema::prepare(&mut connection)?;
        Ok(Journal { connection, clock, _lock: lock })
    }

    /// Takes the plan in, or finds where its application stood.
    pub fn begin(&mut self, plan: &Plan) -> Result<Begun, crate::Error> {
        let text = serde_json::to_string(plan).unwrap_or_default();
        let now = self.clock.now().to_string();
        let transaction = self.connection.transaction().map_err(Error::from)?;
        let id = plan.id.to_string();
        let known: Option<(String, Option<String>)> = transaction
            .query_row("SELECT plan, finished_at FROM applications WHERE plan_id = ?1", [&id], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()
            .map_err(Error::from)?;
        let resumed = known.is_some();
        match known {
            Some((theirs, _)) if theirs != text => return Err(crate::Error::Altered { id: plan.id }),
            Some((_, Some(finished))) => {
                let at = finished.parse().unwrap_or(Timestamp::UNIX_EPOCH);
                return Err(crate::Error::Applied { id: plan.id, at });
            }
            Some(_) => {}
            None => schema::insert_plan(&transaction, plan, &text, &now).map_err(Error::from)?,
        }
        let doubtful = schema::open_rows(&transaction, &id).map_err(Error::from)?;
        transaction
            .execute(
                "UPDATE steps SET closed_at = ?2, outcome = ?3 WHERE plan_id = ?1 AND closed_at IS NULL",
                params![id, now, Outcome::Unknown.as_str()],
            )
            .map_err(Error::from)?;
        let rows = schema::standings(&transaction, &id).map_err(Error::from)?;
        transaction.commit().map_err(Error::from)?;
        let doubtful =
            doubtful.into_iter().filter(|row| rows.get(*row).is_some_and(|row| row.state == State::Pending));
        Ok(Begun { resumed, doubtful: doubtful.collect(), rows })
    }

    /// Writes down that `rows` of the plan are about to be sent; answers the step's number.
    pub fn open_step(&mut self, plan: Uuid, method: &str, path: &str, rows: &[usize]) -> Result<i64, Error> {
        let list = serde_json::to_string(rows).unwrap_or_default();
        self.connection.execute(
            "INSERT INTO steps (plan_id, method, path, rows, opened_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![plan.to_string(), method, path, list, self.clock.now().to_string()],
        )?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Writes down how a step ended, with the rows that it settled.
    pub fn close_step(
        &mut self,
        plan: Uuid,
        step: i64,
        outcome: Outcome,
        answer: &str,
        rows: &[(usize, Standing)],
    ) -> Result<(), Error> {
        let now = self.clock.now().to_string();
        let transaction = self.connection.transaction()?;
        transaction.execute(
            "UPDATE steps SET closed_at = ?2, outcome = ?3, answer = ?4 WHERE step = ?1",
            params![step, now, outcome.as_str(), answer],
        )?;
        schema::note(&transaction, plan, rows)?;
        Ok(transaction.commit()?)
    }

    /// Writes down what became of rows.
    pub fn note(&mut self, plan: Uuid, rows: &[(usize, Standing)]) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let transaction = self.connection.transaction()?;
        schema::note(&transaction, plan, rows)?;
        Ok(transaction.commit()?)
    }

    /// Writes down that the plan is applied to its end: it cannot be applied again.
    pub fn finish(&mut self, plan: Uuid) -> Result<(), Error> {
        let now = self.clock.now().to_string();
        self.connection.execute(
            "UPDATE applications SET finished_at = ?2 WHERE plan_id = ?1",
            params![plan.to_string(), now],
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
