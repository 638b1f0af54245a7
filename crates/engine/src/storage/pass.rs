//! Passes: where the reading of a stream stands, so that a killed process goes on where it was.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params, params_from_iter};

use super::apply::{key_of, key_values};
use super::{Error, Mirror};
use crate::model::change::NoticedBy;
use crate::model::key::Key;
use crate::model::stream::{self, Stream};

/// One way through a stream's records, from its beginning to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// Which of the ways of polling this is.
    pub way: NoticedBy,
    /// Whether every record is noted as present, so that the absent ones can be told at the end.
    pub listing: bool,
    /// The store's clock at the beginning: changes after it are the next pass's.
    pub began_at: Option<Timestamp>,
    /// What was found to be otherwise than declared, such as a filter that the store ignores.
    pub note: Option<String>,
    /// The parts in which the stream is walked.
    pub segments: Vec<Segment>,
}

/// The position at which a part begins that has none before it: no id, no record, no cursor.
pub const START: &str = "0";

/// A part of a pass, walked in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Its number within the pass.
    pub number: u32,
    /// How far it is: an id, a cursor or a count of records, by the stream's walk.
    pub position: String,
    /// The last id of the part; without it, to the end.
    pub upto: Option<i64>,
    /// Whether it is at its end.
    pub done: bool,
}

/// What is known of a stream between passes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StreamState {
    /// The store's time from which the next incremental asks.
    pub cursor: Option<Timestamp>,
    /// Our time when the first backfill ended.
    pub backfilled_at: Option<Timestamp>,
    /// Our time when the last pass ended.
    pub synced_at: Option<Timestamp>,
    /// Our time when all records were last compared.
    pub swept_at: Option<Timestamp>,
}

/// A record of the mirror that a complete list did not name.
#[derive(Debug, Clone, PartialEq)]
pub struct Absent {
    /// Its key.
    pub key: Key,
    /// The value of the column by which the store can be asked for it.
    pub lookup: Option<i64>,
}

impl Mirror {
    /// What is known of `stream`.
    pub fn stream_state(&self, stream: &Stream) -> Result<StreamState, Error> {
        read_state(&self.connection, &stream.name)
    }

    /// The unfinished pass over `stream`, if there is one.
    pub fn pass(&self, stream: &Stream) -> Result<Option<Pass>, Error> {
        read_pass(&self.connection, &stream.name)
    }

    /// Begins a pass over `stream`; one that was unfinished is forgotten.
    pub fn begin_pass(&mut self, stream: &Stream, pass: &Pass) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        forget_pass(&transaction, stream)?;
        transaction.execute(
            "INSERT INTO baxter_passes (stream, way, listing, began_at, note) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                stream.name,
                pass.way.as_str(),
                pass.listing,
                pass.began_at.map(|at| at.to_string()),
                pass.note
            ],
        )?;
        for segment in &pass.segments {
            save_segment(&transaction, stream, segment)?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Ends the pass over `stream`: its state moves on, positions and notes of presence are dropped. Of the streams
    /// that it brought along, those that are only ever cut from it are done with it. One that has a list of its own and
    /// was read by it may hold records whose parents were never seen: a pass that lists settles those too, a backfill
    /// does for it only when it was never read. Answers the names of all that are done.
    pub fn finish_pass(
        &mut self,
        stream: &'static Stream,
        brought: &[&'static str],
        way: NoticedBy,
        at: Timestamp,
    ) -> Result<Vec<&'static str>, Error> {
        let transaction = self.connection.transaction()?;
        let (began_at, listing): (Option<String>, bool) = transaction
            .query_row(
                "SELECT began_at, listing FROM baxter_passes WHERE stream = ?1",
                [&stream.name],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?
            .unwrap_or_default();
        let mut done = vec![stream];
        for child in brought.iter().filter_map(|name| stream::named(name)) {
            if child.is_cut() || listing || way == NoticedBy::Backfill && !was_read(&transaction, child)? {
                done.push(child);
            }
        }
        let complete = way != NoticedBy::Incremental;
        for stream in &done {
            forget_pass(&transaction, stream)?;
            transaction.execute(
                "INSERT INTO baxter_streams (stream, cursor, backfilled_at, synced_at, swept_at)
                 VALUES (?1, ?2, ?3, ?3, ?4)
                 ON CONFLICT DO UPDATE SET cursor = coalesce(?2, cursor), synced_at = ?3,
                     backfilled_at = coalesce(backfilled_at, ?3), swept_at = coalesce(?4, swept_at)",
                params![stream.name, began_at, at.to_string(), complete.then(|| at.to_string())],
            )?;
        }
        transaction.commit()?;
        Ok(done.into_iter().map(|stream| stream.name.as_str()).collect())
    }

    /// Why the last attempt passed over `stream`, if it did.
    pub fn skipped(&self, stream: &Stream) -> Result<Option<String>, Error> {
        read_skipped(&self.connection, stream)
    }

    /// Notes why `stream` is passed over, or that it is not.
    pub fn note_skipped(&mut self, stream: &Stream, why: Option<&str>) -> Result<(), Error> {
        let name = skipped_name(stream);
        match why {
            Some(why) => self
                .connection
                .execute("INSERT OR REPLACE INTO baxter_meta (name, value) VALUES (?1, ?2)", [&name, why])?,
            None => self.connection.execute("DELETE FROM baxter_meta WHERE name = ?1", [name])?,
        };
        Ok(())
    }

    /// Notes the parts in which the pass goes on.
    pub fn save_segments(&mut self, stream: &Stream, segments: &[Segment]) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        for segment in segments {
            save_segment(&transaction, stream, segment)?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// How many records the mirror holds of `stream`.
    pub fn count(&self, stream: &Stream) -> Result<u64, Error> {
        let sql = format!("SELECT count(*) FROM \"{}\"", stream.name);
        Ok(self.connection.query_row(&sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    /// Up to `most` records of `child` that belong to a record which the mirror does not hold.
    pub fn orphans(&self, child: &'static Stream, most: u32) -> Result<Vec<Absent>, Error> {
        let Some(parent) = child.parent_stream() else { return Ok(Vec::new()) };
        let keys: Vec<String> = child.key_columns().iter().map(|(name, _)| format!("t.\"{name}\"")).collect();
        let lookup =
            child.lookup.as_ref().map_or("NULL".to_owned(), |lookup| format!("t.\"{}\"", lookup.column));
        let parents = parent.key_columns();
        let same: Vec<String> = child
            .parent_columns()
            .iter()
            .zip(&parents)
            .map(|(own, (theirs, _))| format!("p.\"{theirs}\" = t.\"{own}\""))
            .collect();
        let sql = format!(
            "SELECT {}, {lookup} FROM \"{}\" t WHERE NOT EXISTS (SELECT 1 FROM \"{}\" p WHERE {}) LIMIT ?1",
            keys.join(", "),
            child.name,
            parent.name,
            same.join(" AND "),
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement
            .query_map([most], |row| Ok(Absent { key: key_of(child, row)?, lookup: row.get(keys.len())? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether the mirror holds any record of `stream`.
    pub fn has_records(&self, stream: &Stream) -> Result<bool, Error> {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM \"{}\")", stream.name);
        Ok(self.connection.query_row(&sql, [], |row| row.get(0))?)
    }

    /// Up to `most` records of `stream` that the pass's list did not name.
    pub fn absent(&self, stream: &'static Stream, most: u32) -> Result<Vec<Absent>, Error> {
        let keys: Vec<String> =
            stream.key_columns().iter().map(|(name, _)| format!("t.\"{name}\"")).collect();
        let lookup =
            stream.lookup.as_ref().map_or("NULL".to_owned(), |lookup| format!("t.\"{}\"", lookup.column));
        let second = match keys.get(1..) {
            None | Some([]) => "''".to_owned(),
            Some([one]) => format!("+{one}"),
            Some(rest) => rest.join(" || '/' || "),
        };
        // The plus takes the key column's own type out of the comparison: the list's columns have none, and only
        // then is its primary key searched rather than read through for each record.
        let sql = format!(
            "SELECT {}, {lookup} FROM \"{}\" t WHERE NOT EXISTS
                 (SELECT 1 FROM baxter_listed l WHERE l.stream = ?1 AND l.a = +{} AND l.b = {second}) LIMIT ?2",
            keys.join(", "),
            stream.name,
            keys[0],
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![stream.name, most], |row| {
            Ok(Absent { key: key_of(stream, row)?, lookup: row.get(keys.len())? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Notes that the pass over `stream` has named `key`.
pub(super) fn note_listed(transaction: &Transaction, stream: &Stream, key: &Key) -> Result<(), Error> {
    let mut statement = transaction
        .prepare_cached("INSERT OR IGNORE INTO baxter_listed (stream, a, b) VALUES (?1, ?2, ?3)")?;
    let rest = second_part(key);
    statement.execute(params![stream.name, key_values(key).next().unwrap_or(EMPTY), rest.of(key)])?;
    Ok(())
}

/// Whether `key` is noted as named.
pub(super) fn is_listed(transaction: &Transaction, stream: &Stream, key: &Key) -> Result<bool, Error> {
    let rest = second_part(key);
    Ok(transaction
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM baxter_listed WHERE stream = ?1 AND a = ?2 AND b = ?3)",
        )?
        .query_row(params![stream.name, key_values(key).next().unwrap_or(EMPTY), rest.of(key)], |row| {
            row.get(0)
        })?)
}

/// Forgets which of the records that belong to `parent` are noted as named.
pub(super) fn forget_listed_of(
    transaction: &Transaction,
    stream: &'static Stream,
    parent: i64,
) -> Result<(), Error> {
    let columns = stream.key_columns();
    let keys: Vec<String> = columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let parents: Vec<String> = stream.parent_columns().iter().map(|name| format!("\"{name}\"")).collect();
    let (Some(first), Some(parent_column)) = (keys.first(), parents.first()) else { return Ok(()) };
    let rest = match &keys[1..] {
        [] => "''".to_owned(),
        rest => rest.join(" || '/' || "),
    };
    transaction
        .prepare_cached(&format!(
            "DELETE FROM baxter_listed WHERE stream = ?1 AND (a, b) IN
                 (SELECT {first}, {rest} FROM \"{}\" WHERE {parent_column} = ?2)",
            stream.name
        ))?
        .execute(params![stream.name, parent])?;
    Ok(())
}

const EMPTY: super::apply::SqlRef<'static> = super::apply::SqlRef::Text("");

/// What stands for the parts of a key behind its first.
enum Rest {
    /// The only one, or none.
    AsItIs,
    /// Several, joined.
    Joined(String),
}

impl Rest {
    fn of<'a>(&'a self, key: &'a Key) -> super::apply::SqlRef<'a> {
        match self {
            Rest::AsItIs => key_values(key).nth(1).unwrap_or(EMPTY),
            Rest::Joined(text) => super::apply::SqlRef::Text(text),
        }
    }
}

fn second_part(key: &Key) -> Rest {
    if key.0.len() < 3 {
        return Rest::AsItIs;
    }
    let words = key_values(key).skip(1).map(|value| match value {
        super::apply::SqlRef::Integer(number) => number.to_string(),
        super::apply::SqlRef::Text(text) => text.to_owned(),
    });
    Rest::Joined(words.collect::<Vec<_>>().join("/"))
}

/// Whether `stream` was read by its own list, to its end or not.
fn was_read(transaction: &Transaction, stream: &Stream) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM baxter_streams WHERE stream = ?1)
                   OR EXISTS (SELECT 1 FROM baxter_passes WHERE stream = ?1)";
    Ok(transaction.query_row(sql, [&stream.name], |row| row.get(0))?)
}

/// Whether a pass over `stream` is under way whose absences will be deletes.
pub(super) fn is_listing(transaction: &Transaction, stream: &Stream) -> Result<bool, Error> {
    Ok(transaction
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM baxter_passes WHERE stream = ?1 AND listing)")?
        .query_row([&stream.name], |row| row.get(0))?)
}

/// Notes when, by the store's clock, the pass had its first answer. A later answer tells nothing about that: it
/// would hide what changed between the two.
pub(super) fn note_beginning(
    transaction: &Transaction,
    stream: &Stream,
    store_at: &str,
) -> Result<(), Error> {
    transaction
        .prepare_cached(
            "UPDATE baxter_passes SET began_at = ?2 WHERE stream = ?1 AND began_at IS NULL AND NOT EXISTS
                 (SELECT 1 FROM baxter_segments WHERE stream = ?1 AND (done OR position <> ?3))",
        )?
        .execute(params![stream.name, store_at, START])?;
    Ok(())
}

/// Notes how far a part of the pass is.
pub(super) fn save_segment(
    transaction: &Transaction,
    stream: &Stream,
    segment: &Segment,
) -> Result<(), Error> {
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO baxter_segments (stream, number, position, upto, done) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![stream.name, segment.number, segment.position, segment.upto, segment.done])?;
    Ok(())
}

fn forget_pass(transaction: &Transaction, stream: &Stream) -> Result<(), Error> {
    for table in ["baxter_passes", "baxter_segments", "baxter_listed"] {
        transaction
            .execute(&format!("DELETE FROM {table} WHERE stream = ?1"), params_from_iter([&stream.name]))?;
    }
    Ok(())
}

pub(super) fn read_state(connection: &rusqlite::Connection, stream: &str) -> Result<StreamState, Error> {
    let state = connection
        .prepare_cached(
            "SELECT cursor, backfilled_at, synced_at, swept_at FROM baxter_streams WHERE stream = ?1",
        )?
        .query_row([stream], |row| {
            Ok(StreamState {
                cursor: time(row.get(0)?),
                backfilled_at: time(row.get(1)?),
                synced_at: time(row.get(2)?),
                swept_at: time(row.get(3)?),
            })
        })
        .optional()?;
    Ok(state.unwrap_or_default())
}

pub(super) fn read_skipped(
    connection: &rusqlite::Connection,
    stream: &Stream,
) -> Result<Option<String>, Error> {
    let mut statement = connection.prepare_cached("SELECT value FROM baxter_meta WHERE name = ?1")?;
    Ok(statement.query_row([skipped_name(stream)], |row| row.get(0)).optional()?)
}

fn skipped_name(stream: &Stream) -> String {
    format!("skipped/{}", stream.name)
}

pub(super) fn read_pass(connection: &rusqlite::Connection, stream: &str) -> Result<Option<Pass>, Error> {
    let row: Option<(String, bool, Option<String>, Option<String>)> = connection
        .prepare_cached("SELECT way, listing, began_at, note FROM baxter_passes WHERE stream = ?1")?
        .query_row([stream], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let Some((way, listing, began_at, note)) = row else { return Ok(None) };
    // A word from elsewhere means a damaged row: the pass is then begun anew.
    let Ok(way) = way.parse() else { return Ok(None) };
    let mut statement = connection.prepare_cached(
        "SELECT number, position, upto, done FROM baxter_segments WHERE stream = ?1 ORDER BY number",
    )?;
    let segments = statement
        .query_map([stream], |row| {
            Ok(Segment { number: row.get(0)?, position: row.get(1)?, upto: row.get(2)?, done: row.get(3)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(Some(Pass { way, listing, began_at: time(began_at), note, segments }))
}

fn time(text: Option<String>) -> Option<Timestamp> {
    text.and_then(|text| text.parse().ok())
}
