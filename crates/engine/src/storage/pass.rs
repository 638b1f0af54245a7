//! Passes: where the reading of a stream stands, so that a killed process goes on where it was.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::apply::key_of;
use super::key_pair::{Pair, is_named};
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

    /// The unfinished pass over `stream`, if there is one: that over what was modified when `way` is an incremental,
    /// otherwise that over everything. The two know nothing of each other.
    pub fn pass(&self, stream: &Stream, way: NoticedBy) -> Result<Option<Pass>, Error> {
        read_pass(&self.connection, stream, way)
    }

    /// Begins a pass over `stream`; one that was unfinished is forgotten. Of a list whose segments do not cover all ids,
    /// the records besides count as named.
    pub fn begin_pass(&mut self, stream: &Stream, pass: &Pass) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        forget_pass(&transaction, stream, pass.way)?;
        if pass.listing && !covers_all(&pass.segments) {
            note_all_listed(&transaction, stream, &pass.segments)?;
        }
        transaction.execute(
            "INSERT INTO baxter_passes (stream, way, listing, began_at, note) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                name_of(stream, pass.way),
                pass.way.as_str(),
                pass.listing,
                pass.began_at.map(|at| at.to_string()),
                pass.note
            ],
        )?;
        for segment in &pass.segments {
            save_segment(&transaction, stream, pass.way, segment)?;
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
                [name_of(stream, way)],
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
            forget_pass(&transaction, stream, way)?;
            if complete {
                // The cursor goes on from here.
                forget_pass(&transaction, stream, NoticedBy::Incremental)?;
            }
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

    /// Whether the store has given records of `stream`, or said that there are none.
    pub fn was_offered(&self, stream: &Stream) -> Result<bool, Error> {
        was_offered(&self.connection, stream)
    }

    /// Notes the parts in which the pass goes on.
    pub fn save_segments(
        &mut self,
        stream: &Stream,
        way: NoticedBy,
        segments: &[Segment],
    ) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        for segment in segments {
            save_segment(&transaction, stream, way, segment)?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// How many records the mirror holds of `stream`.
    pub fn count(&self, stream: &Stream) -> Result<u64, Error> {
        count(&self.connection, stream)
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
        let sql = format!("SELECT {}, {lookup} {} LIMIT ?2", keys.join(", "), from_absent(stream));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![stream.name, most], |row| {
            Ok(Absent { key: key_of(stream, row)?, lookup: row.get(keys.len())? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many records of `stream` the pass's list did not name.
    pub fn count_absent(&self, stream: &Stream) -> Result<u64, Error> {
        let sql = format!("SELECT count(*) {}", from_absent(stream));
        let count: i64 = self.connection.prepare_cached(&sql)?.query_row([&stream.name], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }
}

/// The part of a statement that [`Mirror::absent`] and the count of the same share.
fn from_absent(stream: &Stream) -> String {
    format!(
        "FROM \"{}\" t WHERE NOT EXISTS (SELECT 1 FROM baxter_listed l WHERE {})",
        stream.name,
        is_named(stream)
    )
}

/// How many records there are of `stream`.
pub(super) fn count(connection: &Connection, stream: &Stream) -> Result<u64, Error> {
    let sql = format!("SELECT count(*) FROM \"{}\"", stream.name);
    Ok(connection.query_row(&sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

/// The name of a pass's rows. What was modified is read beside a reading of everything that is not at its end, so that
/// neither waits for the other.
fn name_of(stream: &Stream, way: NoticedBy) -> String {
    match way {
        NoticedBy::Incremental => format!("{}/modified", stream.name),
        _ => stream.name.clone(),
    }
}

/// Notes that the pass over `stream` has named `key`.
pub(super) fn note_listed(transaction: &Transaction, stream: &Stream, key: &Key) -> Result<(), Error> {
    let pair = Pair::of(key);
    transaction
        .prepare_cached("INSERT OR IGNORE INTO baxter_listed (stream, a, b) VALUES (?1, ?2, ?3)")?
        .execute(params![stream.name, pair.a(), pair.b()])?;
    Ok(())
}

/// Whether segments leave nothing out: one without an end at the beginning.
fn covers_all(segments: &[Segment]) -> bool {
    segments.iter().any(|segment| segment.position == START && segment.upto.is_none())
}

/// Notes all records as named that lie in none of `segments`, in a stream with ids.
fn note_all_listed(transaction: &Transaction, stream: &Stream, segments: &[Segment]) -> Result<(), Error> {
    let key = stream.key_columns();
    let Some((id, _)) = key.first().filter(|_| key.len() == 1) else { return Ok(()) };
    let within: Vec<String> = segments
        .iter()
        .map(|Segment { position, upto, .. }| {
            // Only numbers get into the statement.
            let (after, upto) = (position.parse().unwrap_or(0_i64), upto.unwrap_or(i64::MAX));
            format!("(\"{id}\" > {after} AND \"{id}\" <= {upto})")
        })
        .collect();
    let sql = format!(
        "INSERT OR IGNORE INTO baxter_listed (stream, a, b) SELECT ?1, \"{id}\", '' FROM \"{}\" WHERE NOT ({})",
        stream.name,
        within.join(" OR ")
    );
    transaction.execute(&sql, [&stream.name])?;
    Ok(())
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
    way: NoticedBy,
    store_at: &str,
) -> Result<(), Error> {
    transaction
        .prepare_cached(
            "UPDATE baxter_passes SET began_at = ?2 WHERE stream = ?1 AND began_at IS NULL AND NOT EXISTS
                 (SELECT 1 FROM baxter_segments WHERE stream = ?1 AND (done OR position <> ?3 OR number > 0))",
        )?
        .execute(params![name_of(stream, way), store_at, START])?;
    Ok(())
}

/// Notes how far a part of the pass is.
pub(super) fn save_segment(
    transaction: &Transaction,
    stream: &Stream,
    way: NoticedBy,
    segment: &Segment,
) -> Result<(), Error> {
    let Segment { number, position, upto, done } = segment;
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO baxter_segments (stream, number, position, upto, done) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![name_of(stream, way), number, position, upto, done])?;
    Ok(())
}

fn forget_pass(transaction: &Transaction, stream: &Stream, way: NoticedBy) -> Result<(), Error> {
    let name = name_of(stream, way);
    // What a list has named stands under the stream's own name: what was modified names nothing.
    for table in ["baxter_passes", "baxter_segments", "baxter_listed"] {
        transaction.execute(&format!("DELETE FROM {table} WHERE stream = ?1"), [&name])?;
    }
    Ok(())
}

pub(super) fn read_state(connection: &Connection, stream: &str) -> Result<StreamState, Error> {
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

pub(super) fn was_offered(connection: &Connection, stream: &Stream) -> Result<bool, Error> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM \"{}\")", stream.name);
    if connection.query_row(&sql, [], |row| row.get(0))? {
        return Ok(true);
    }
    if stream.is_per_parent() {
        // Of no parents it is read without a question.
        let sql = "SELECT EXISTS (SELECT 1 FROM baxter_asked WHERE stream = ?1)";
        return Ok(connection.query_row(sql, [&stream.name], |row| row.get(0))?);
    }
    Ok(read_state(connection, &stream.name)?.backfilled_at.is_some())
}

pub(super) fn read_skipped(connection: &Connection, stream: &Stream) -> Result<Option<String>, Error> {
    let mut statement = connection.prepare_cached("SELECT value FROM baxter_meta WHERE name = ?1")?;
    Ok(statement.query_row([skipped_name(stream)], |row| row.get(0)).optional()?)
}

fn skipped_name(stream: &Stream) -> String {
    format!("skipped/{}", stream.name)
}

pub(super) fn read_pass(
    connection: &Connection,
    stream: &Stream,
    way: NoticedBy,
) -> Result<Option<Pass>, Error> {
    let name = name_of(stream, way);
    let row: Option<(String, bool, Option<String>, Option<String>)> = connection
        .prepare_cached("SELECT way, listing, began_at, note FROM baxter_passes WHERE stream = ?1")?
        .query_row([&name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let Some((way, listing, began_at, note)) = row else { return Ok(None) };
    // A word from elsewhere means a damaged row, and a way that does not belong here an older Baxter: the pass is then
    // begun anew.
    let Some(way) = way.parse().ok().filter(|way| name_of(stream, *way) == name) else { return Ok(None) };
    let mut statement = connection.prepare_cached(
        "SELECT number, position, upto, done FROM baxter_segments WHERE stream = ?1 ORDER BY number",
    )?;
    let segments = statement
        .query_map([&name], |row| {
            Ok(Segment { number: row.get(0)?, position: row.get(1)?, upto: row.get(2)?, done: row.get(3)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(Some(Pass { way, listing, began_at: time(began_at), note, segments }))
}

fn time(text: Option<String>) -> Option<Timestamp> {
    text.and_then(|text| text.parse().ok())
}
