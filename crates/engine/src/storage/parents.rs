//! Streams that are asked for parent by parent: which parents are due, because they changed since they were asked.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use super::answered::number;
use super::apply::{Applier, How, key_of};
use super::pass::{self, Segment};
use super::{Committed, Error, Mirror, Reader, key_pair};
use crate::model::change::NoticedBy;
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

/// What belongs to one parent, as the store told it to the end.
#[derive(Debug)]
pub struct OfParent {
    /// The stream of what belongs to it.
    pub stream: &'static Stream,
    /// The parent.
    pub parent: ParentDue,
    /// Whether the store knows the parent; if not, that it is gone is for its own stream to find.
    pub is_known: bool,
    /// How it was noticed.
    pub noticed_by: NoticedBy,
    /// Our clock.
    pub at: Timestamp,
    /// The store's clock at the first answer.
    pub store_at: Option<Timestamp>,
    /// The place in the order of asking at which the reading began: what was not answered since then is gone.
    pub began: u64,
    /// Where the pass over all parents stands after this one.
    pub segment: Option<Segment>,
}

/// Records that are deleted at a time.
const AT_ONCE: u32 = 500;

impl Mirror {
    /// Ends the reading of what belongs to one parent: what the mirror holds of it, and no answer named since the
    /// reading began, is deleted; that the parent was asked is noted.
    pub fn settle_parent(&mut self, of: &OfParent) -> Result<Committed, Error> {
        let OfParent { stream, parent, .. } = *of;
        let transaction = self.connection.transaction()?;
        let how = How { noticed_by: of.noticed_by, at: of.at, store_at: of.store_at, asked: of.began };
        let mut applier = Applier::new(&transaction, &self.statements, &mut self.answered, how)?;
        if of.is_known {
            loop {
                let gone = unanswered(&transaction, stream, parent.id, of.began)?;
                for key in &gone {
                    applier.delete(stream, key)?;
                }
                if gone.len() < AT_ONCE as usize {
                    break;
                }
            }
        }
        let committed = applier.finish();
        if is_here(&transaction, stream, parent.id)? {
            note_asked(&transaction, stream, parent)?;
        }
        if let Some(segment) = &of.segment {
            if let Some(store_at) = of.store_at {
                pass::note_beginning(&transaction, stream, of.noticed_by, &store_at.to_string())?;
            }
            pass::save_segment(&transaction, stream, of.noticed_by, segment)?;
        }
        transaction.commit()?;
        Ok(committed)
    }

    /// How many records of `stream` the mirror holds of `parent` that no answer named since the question numbered
    /// `began`.
    pub fn count_unanswered(&self, stream: &Stream, parent: i64, began: u64) -> Result<u64, Error> {
        let sql = format!("SELECT count(*) {}", from_unanswered(stream));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let count: i64 =
            statement.query_row(params![stream.name, parent, number(began)], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

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

    /// How many parents with ids above `after` there are to ask.
    pub fn count_parents_due(&self, stream: &Stream, after: i64, all: bool) -> Result<u64, Error> {
        count_due(&self.connection, stream, after, all)
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
        count_due(&self.connection, stream, -1, true)
    }
}

fn count_due(connection: &Connection, stream: &Stream, after: i64, all: bool) -> Result<u64, Error> {
    let Some(from) = due(stream, all) else { return Ok(0) };
    let sql = format!("SELECT count(*) {} AND p.{} > ?2", from.sql, from.id);
    let count: i64 = connection.query_row(&sql, params![stream.name, after], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Whether the mirror holds the parent.
pub(super) fn is_here(transaction: &Transaction, stream: &Stream, parent: i64) -> Result<bool, Error> {
    let Some(from) = known(stream) else { return Ok(false) };
    let sql = format!("SELECT EXISTS (SELECT 1 {} AND p.{} = ?2)", from.sql, from.id);
    Ok(transaction.prepare_cached(&sql)?.query_row(params![stream.name, parent], |row| row.get(0))?)
}

/// Records of `parent` that no answer named since the question numbered `began`.
fn unanswered(
    transaction: &Transaction,
    stream: &'static Stream,
    parent: i64,
    began: u64,
) -> Result<Vec<Key>, Error> {
    let keys: Vec<String> = stream.key_columns().iter().map(|(name, _)| format!("t.\"{name}\"")).collect();
    let sql = format!("SELECT {} {} LIMIT ?4", keys.join(", "), from_unanswered(stream));
    let mut statement = transaction.prepare_cached(&sql)?;
    let rows = statement
        .query_map(params![stream.name, parent, number(began), AT_ONCE], |row| key_of(stream, row))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The part of a statement that [`unanswered`] and the count of the same share. Every stream that is read so names its
/// parent in one column.
fn from_unanswered(stream: &Stream) -> String {
    format!(
        "FROM \"{}\" t WHERE t.\"{}\" = ?2 AND NOT EXISTS
             (SELECT 1 FROM baxter_answered l WHERE {} AND l.asked >= ?3)",
        stream.name,
        stream.parent_columns().first().copied().unwrap_or_default(),
        key_pair::is_named(stream)
    )
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
fn note_asked(transaction: &Transaction, stream: &Stream, parent: ParentDue) -> Result<(), Error> {
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
