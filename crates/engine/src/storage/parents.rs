//! Streams that are asked for parent by parent: which parents are due, because they changed since they were asked.

use rusqlite::{Connection, Transaction, params};

use super::{Error, Mirror, Reader};
use crate::model::key::Key;
use crate::model::stream::{Hint, Stream, Walk};

/// A parent to be asked for what belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParentDue {
    /// Its id.
    pub id: i64,
    /// The change of the log that gave it the state in which it is asked.
    pub seq: i64,
}

impl Mirror {
    /// Up to `most` parents with ids above `after`, in rising order, that may have records of `stream`: all of them,
    /// or only those that changed since they were last asked.
    pub fn parents_due(
        &self,
        stream: &Stream,
        after: i64,
        most: u32,
        all: bool,
    ) -> Result<Vec<ParentDue>, Error> {
        let Some(from) = due(stream, all) else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT p.{0}, p.baxter_seq {1} AND p.{0} > ?2 ORDER BY p.{0} LIMIT ?3",
            from.id, from.sql
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![stream.name, after, most], |row| {
            Ok(ParentDue { id: row.get(0)?, seq: row.get(1)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many parents there are to ask.
    pub fn count_parents_due(&self, stream: &Stream, all: bool) -> Result<u64, Error> {
        count_due(&self.connection, stream, all)
    }

    /// Those of the parents `ids` that are in the mirror; only those that changed since they were last asked, unless
    /// `all`.
    pub fn parents_among(&self, stream: &Stream, ids: &[i64], all: bool) -> Result<Vec<ParentDue>, Error> {
        let from = if all { known(stream) } else { due(stream, false) };
        let Some(from) = from else { return Ok(Vec::new()) };
        let sql = format!("SELECT p.{0}, p.baxter_seq {1} AND p.{0} = ?2", from.id, from.sql);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut found = Vec::new();
        for id in ids {
            let rows = statement.query_map(params![stream.name, id], |row| {
                Ok(ParentDue { id: row.get(0)?, seq: row.get(1)? })
            })?;
            found.extend(rows.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(found)
    }
}

impl Reader {
    /// How many parents a complete reading of `stream` asks.
    pub fn parents_to_ask(&self, stream: &Stream) -> Result<u64, Error> {
        count_due(&self.connection, stream, true)
    }
}

fn count_due(connection: &Connection, stream: &Stream, all: bool) -> Result<u64, Error> {
    let Some(from) = due(stream, all) else { return Ok(0) };
    let sql = format!("SELECT count(*) {}", from.sql);
    Ok(connection.query_row(&sql, [&stream.name], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

/// A part of a statement: where parents come from, and the column of their ids.
struct From {
    id: String,
    sql: String,
}

/// All parents in the mirror. The stream's name is the first parameter of every such statement.
fn known(stream: &Stream) -> Option<From> {
    let parent = stream.parent_stream()?;
    let id = format!("\"{}\"", parent.key_columns().first()?.0);
    Some(From { id, sql: format!("FROM \"{}\" p WHERE ?1 IS NOT NULL", parent.name) })
}

/// The parents to ask: those whose record shows that there is something, and those of which something is here that may
/// be gone.
fn due(stream: &Stream, all: bool) -> Option<From> {
    let Some(Walk::Parent { asks_if, .. }) = &stream.walk else { return None };
    let From { id, mut sql } = known(stream)?;
    if !all {
        sql.push_str(&format!(
            " AND NOT EXISTS (SELECT 1 FROM baxter_asked a
                 WHERE a.stream = ?1 AND a.parent = p.{id} AND a.seq >= p.baxter_seq)"
        ));
    }
    if let (Some(hint), Some(column)) = (asks_if, stream.parent_columns().first()) {
        sql.push_str(&format!(
            " AND ({} OR EXISTS (SELECT 1 FROM \"{}\" c WHERE c.\"{column}\" = p.{id}))",
            shows(hint),
            stream.name
        ));
    }
    Some(From { id, sql })
}

/// The condition that a parent shows what `hint` says. Declarations are part of the program, so their text can stand
/// in a statement.
fn shows(hint: &Hint) -> String {
    match &hint.is {
        Some(value) => format!("p.\"{}\" = '{value}'", hint.column),
        // Text that is no number, such as a list, counts as something.
        None => format!(
            "(p.\"{0}\" IS NOT NULL AND p.\"{0}\" NOT IN ('', '[]') AND
                 (CAST(p.\"{0}\" AS REAL) <> 0 OR p.\"{0}\" GLOB '[^0-9-]*'))",
            hint.column
        ),
    }
}

/// Notes that `parent` was asked.
pub(super) fn note_asked(transaction: &Transaction, stream: &Stream, parent: ParentDue) -> Result<(), Error> {
    transaction
        .prepare_cached(
            "INSERT INTO baxter_asked (stream, parent, seq) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET seq = max(seq, ?3)",
        )?
        .execute(params![stream.name, parent.id, parent.seq])?;
    Ok(())
}

/// Forgets that a parent was asked which is gone.
pub(super) fn forget_asked(transaction: &Transaction, stream: &Stream, parent: &Key) -> Result<(), Error> {
    if let Some(id) = parent.id() {
        transaction
            .prepare_cached("DELETE FROM baxter_asked WHERE stream = ?1 AND parent = ?2")?
            .execute(params![stream.name, id])?;
    }
    Ok(())
}
