//! When the store last answered with a record, for as long as an answer to an earlier question may still come: that one
//! must not bring back what the record was before, and a list that was begun earlier must not take it for gone.
//!
//! In a temporary table: a list can be longer than memory, and the order of asking begins anew with each process.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::Error;
use super::key_pair::Pair;
use crate::model::key::Key;
use crate::model::stream::Stream;

/// The notes of when records were answered.
#[derive(Debug)]
pub(super) struct Answered {
    /// Whether there is any: in a backfill there are none, and millions of records to look for.
    any: bool,
}

impl Answered {
    pub fn open(connection: &Connection) -> Result<Answered, Error> {
        connection.execute_batch(
            "CREATE TEMP TABLE baxter_answered (
                 stream TEXT NOT NULL,
                 a NOT NULL,
                 b NOT NULL,
                 asked INTEGER NOT NULL,
                 PRIMARY KEY (stream, a, b)
             ) WITHOUT ROWID;
             CREATE INDEX temp.baxter_answered_by_asked ON baxter_answered (asked);",
        )?;
        Ok(Answered { any: false })
    }

    /// Notes that the answer to the question numbered `asked` told of a record, or that it is gone.
    pub fn note(
        &mut self,
        transaction: &Transaction,
        stream: &Stream,
        key: &Key,
        asked: u64,
    ) -> Result<(), Error> {
        let pair = Pair::of(key);
        transaction
            .prepare_cached(
                "INSERT INTO baxter_answered (stream, a, b, asked) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET asked = max(asked, ?4)",
            )?
            .execute(params![stream.name, pair.a(), pair.b(), number(asked)])?;
        self.any = true;
        Ok(())
    }

    /// Whether the store told of the record in an answer to a later question than `asked`.
    pub fn is_later(
        &self,
        transaction: &Transaction,
        stream: &Stream,
        key: &Key,
        asked: u64,
    ) -> Result<bool, Error> {
        if !self.any {
            return Ok(false);
        }
        let pair = Pair::of(key);
        let last: Option<i64> = transaction
            .prepare_cached("SELECT asked FROM baxter_answered WHERE stream = ?1 AND a = ?2 AND b = ?3")?
            .query_row(params![stream.name, pair.a(), pair.b()], |row| row.get(0))
            .optional()?;
        Ok(last.is_some_and(|last| last > number(asked)))
    }

    /// Forgets what was asked before the question numbered `oldest`.
    pub fn forget(&mut self, connection: &Connection, oldest: u64) -> Result<(), Error> {
        if self.any {
            connection
                .prepare_cached("DELETE FROM baxter_answered WHERE asked < ?1")?
                .execute([number(oldest)])?;
            self.any = connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM baxter_answered)")?
                .query_row([], |row| row.get(0))?;
        }
        Ok(())
    }
}

/// A place in the order of asking, as the database holds it.
pub(super) fn number(asked: u64) -> i64 {
    i64::try_from(asked).unwrap_or(i64::MAX)
}
