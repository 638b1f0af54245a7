//! Taking a page into the mirror: each difference becomes one entry of the change log, in the same transaction.

use jiff::Timestamp;
use rusqlite::types::{ToSqlOutput, Value as SqlValue, ValueRef};
use rusqlite::{CachedStatement, OptionalExtension, Statement, ToSql, Transaction, params, params_from_iter};
use sha2::{Digest, Sha256};

use super::Error;
use super::answered::Answered;
use super::mirror::{ParentPlace, Statements, StreamStatements};
use super::parents;
use super::pass::{self, Segment};
use crate::model::change::{self, Kind, NoticedBy};
use crate::model::key::{Key, Part};
use crate::model::stream::record::{Aside, Family, Kept, Record};
use crate::model::stream::{self, Stream};

/// What one answer of the store brings to the mirror.
#[derive(Debug)]
pub struct Page {
    /// The stream that was asked for.
    pub stream: &'static Stream,
    /// Its records with what was cut out of them.
    pub families: Vec<Family>,
    /// Texts that could not become records.
    pub aside: Vec<Aside>,
    /// How the differences were noticed.
    pub noticed_by: NoticedBy,
    /// Our clock.
    pub at: Timestamp,
    /// The store's clock.
    pub store_at: Option<Timestamp>,
    /// The request's place in the order of asking, so that an older answer never replaces a newer one.
    pub asked: u64,
    /// Where the pass over the stream stands after this page.
    pub segment: Option<Segment>,
    /// Whether the pass lists all records, so that these are noted as present.
    pub listing: bool,
    /// The id of the parent that was asked for what belongs to it, in streams that are read so.
    pub of: Option<i64>,
}

impl Page {
    /// How large its records are, as texts.
    pub(super) fn bytes(&self) -> usize {
        let of = |family: &Family| {
            let children = family.children.iter().flat_map(|(_, records)| records);
            children.map(|record| record.raw.len()).sum::<usize>() + family.record.raw.len()
        };
        self.families.iter().map(of).sum()
    }
}

/// Records that the store has no longer.
#[derive(Debug)]
pub struct Gone {
    /// Their stream.
    pub stream: &'static Stream,
    /// Their keys.
    pub keys: Vec<Key>,
    /// How it was noticed.
    pub noticed_by: NoticedBy,
    /// Our clock.
    pub at: Timestamp,
    /// The question's place in the order of asking.
    pub asked: u64,
}

/// What became of a page.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// Records of the stream and of those cut from it that were not in the mirror.
    pub created: u64,
    /// Records whose content differed.
    pub updated: u64,
    /// Records that are gone with their parent, or archived.
    pub deleted: u64,
    /// Records as they were.
    pub unchanged: u64,
    /// Texts kept aside.
    pub aside: u64,
}

impl std::ops::AddAssign for Committed {
    fn add_assign(&mut self, other: Self) {
        self.created += other.created;
        self.updated += other.updated;
        self.deleted += other.deleted;
        self.unchanged += other.unchanged;
        self.aside += other.aside;
    }
}

impl std::ops::Add for Committed {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Committed {
    /// How many differences there were.
    pub fn differences(&self) -> u64 {
        self.created + self.updated + self.deleted
    }
}

/// What became of one record.
struct Upserted {
    /// It is new.
    created: bool,
    /// How late that was noticed, where it is known.
    lag: Option<i64>,
}

/// What all entries that a transaction makes have in common.
#[derive(Clone, Copy)]
pub(super) struct How {
    pub noticed_by: NoticedBy,
    pub at: Timestamp,
    pub store_at: Option<Timestamp>,
    pub asked: u64,
}

/// Statements that stay prepared, with their bindings, for one transaction.
struct Held<'a> {
    transaction: &'a Transaction<'a>,
    held: Vec<(&'a str, CachedStatement<'a>)>,
}

impl<'a> Held<'a> {
    /// The statement of `sql`, told by where the text stands: the connection's own cache would read all of it.
    fn of(&mut self, sql: &'a str) -> Result<&mut CachedStatement<'a>, Error> {
        let at = match self.held.iter().position(|(known, _)| std::ptr::eq(*known, sql)) {
            Some(at) => at,
            None => {
                self.held.push((sql, self.transaction.prepare_cached(sql)?));
                self.held.len() - 1
            }
        };
        Ok(&mut self.held[at].1)
    }
}

/// One transaction's work on records and log.
pub(super) struct Applier<'a> {
    transaction: &'a Transaction<'a>,
    held: Held<'a>,
    log: CachedStatement<'a>,
    statements: &'a Statements,
    answered: &'a mut Answered,
    noticed_by: NoticedBy,
    asked: u64,
    at: String,
    store_at: Option<String>,
    store_time: Option<Timestamp>,
    next_seq: i64,
    done: Committed,
}

impl<'a> Applier<'a> {
    pub(super) fn new(
        transaction: &'a Transaction<'a>,
        statements: &'a Statements,
        answered: &'a mut Answered,
        how: How,
    ) -> Result<Self, Error> {
        // The table's own counter never goes back, even when old entries are trimmed.
        let last: Option<i64> = transaction
            .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'changes'")?
            .query_row([], |row| row.get(0))
            .optional()?;
        let (at, store_at) = (how.at.to_string(), how.store_at.map(|at| at.to_string()));
        let mut log = transaction.prepare_cached(
            "INSERT INTO changes (noticed_by, at, store_at, seq, stream, key, kind, changes, record, lag)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        // The same for every entry, so bound once.
        log.raw_bind_parameter(1, how.noticed_by.as_str())?;
        log.raw_bind_parameter(2, &at)?;
        log.raw_bind_parameter(3, &store_at)?;
        Ok(Applier {
            transaction,
            held: Held { transaction, held: Vec::new() },
            log,
            statements,
            answered,
            noticed_by: how.noticed_by,
            asked: how.asked,
            at,
            store_at,
            store_time: how.store_at,
            next_seq: last.unwrap_or(0) + 1,
            done: Committed::default(),
        })
    }

    pub(super) fn page(mut self, page: &Page) -> Result<Committed, Error> {
        // What is gone has taken along what belongs to it, and an answer of before does not bring that back.
        let is_orphaned = match page.of {
            Some(parent) => !parents::is_here(self.transaction, page.stream, parent)?,
            None => false,
        };
        for family in page.families.iter().filter(|_| !is_orphaned) {
            self.family(page.stream, family)?;
            if page.listing {
                pass::note_listed(self.transaction, page.stream, &family.record.key)?;
            }
        }
        for aside in page.aside.iter().chain(page.families.iter().flat_map(|family| &family.aside)) {
            self.keep_aside(aside)?;
        }
        if let Some(segment) = &page.segment {
            if let Some(store_at) = &self.store_at {
                pass::note_beginning(self.transaction, page.stream, self.noticed_by, store_at)?;
            }
            pass::save_segment(self.transaction, page.stream, self.noticed_by, segment)?;
        }
        Ok(self.done)
    }

    fn family(&mut self, stream: &'static Stream, family: &Family) -> Result<(), Error> {
        if self.is_outdated(stream, &family.record.key)? {
            self.done.unchanged += 1;
            return Ok(());
        }
        if family.archived {
            return self.delete(stream, &family.record.key);
        }
        let Upserted { created, lag } = self.upsert(stream, &family.record, None)?;
        for (child, records) in &family.children {
            for record in records {
                if !self.is_outdated(child, &record.key)? {
                    self.upsert(child, record, lag)?;
                }
            }
            if !created {
                for key in self.keys_of_children(child, &family.record.key)? {
                    if !records.iter().any(|record| record.key == key) && !self.is_outdated(child, &key)? {
                        self.delete(child, &key)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Makes the mirror hold `record`. `along` is the lag of what it came along with, where that has changed, too.
    fn upsert(
        &mut self,
        stream: &'static Stream,
        record: &Record,
        along: Option<i64>,
    ) -> Result<Upserted, Error> {
        self.remember(stream, &record.key)?;
        // In a backfill nearly every record is new, later nearly none is. When it was modified says nothing of it.
        if self.noticed_by == NoticedBy::Backfill && self.insert(stream, record, None)? {
            return Ok(Upserted { created: true, lag: None });
        }
        let old: Option<String> = self
            .held
            .of(&self.statements.of(stream).select_raw)?
            .query_row(params_from_iter(key_values(&record.key)), |row| row.get(0))
            .optional()?;
        let Some(old) = old else {
            let lag = self.lag(stream, record).or(along);
            return Ok(Upserted { created: self.insert(stream, record, lag)?, lag });
        };
        if old == record.raw {
            self.done.unchanged += 1;
            return Ok(Upserted { created: false, lag: None });
        }
        let differences = change::differences(&old, &record.raw).unwrap_or_else(|_| {
            // The mirror holds a text that is no JSON, though only JSON was ever put into it: what it said is lost, what
            // the store says is at hand.
            tracing::warn!(stream = stream.name, key = %record.key, "a damaged record was replaced");
            vec![change::Difference { path: String::new(), old: None, new: Some(&record.raw) }]
        });
        // The same content in other bytes is no change, but `raw` is what was received last.
        let mut lag = None;
        let seq = if differences.is_empty() {
            self.done.unchanged += 1;
            None
        } else {
            self.done.updated += 1;
            self.note_answered(stream, &record.key, true)?;
            // A time that has not moved is not that of this change.
            let has_moved = stream.modified_column().is_none_or(|(_, column)| {
                let path = column.path.join(".");
                differences.iter().any(|difference| difference.path == path)
            });
            lag = has_moved.then(|| self.lag(stream, record).or(along)).flatten();
            let changes = Some(change::to_json(&differences));
            Some(self.log(stream, &record.key, Kind::Updated, changes, None, lag)?)
        };
        let statements = self.statements.of(stream);
        let update = self.held.of(&statements.update)?;
        let behind = bind(update, statements, record, seq)?;
        for (place, value) in key_values(&record.key).enumerate() {
            update.raw_bind_parameter(behind + place, value)?;
        }
        update.raw_execute()?;
        self.note_misfits(stream, record, true)?;
        Ok(Upserted { created: false, lag })
    }

    /// Seconds from the last modification of `record` to the answer that tells it, by the store's clock alone, so that
    /// a wrong clock of ours does not matter.
    fn lag(&self, stream: &Stream, record: &Record) -> Option<i64> {
        let (place, _) = stream.modified_column()?;
        let text = match record.values.get(place)? {
            Kept::Within(range) => &record.raw[range.clone()],
            Kept::Text(text) => text,
            Kept::Null | Kept::Integer(_) => return None,
        };
        let modified: Timestamp = text.parse().ok()?;
        Some(self.store_time?.duration_since(modified).as_secs().max(0))
    }

    fn insert(&mut self, stream: &'static Stream, record: &Record, lag: Option<i64>) -> Result<bool, Error> {
        let statements = self.statements.of(stream);
        let insert = self.held.of(&statements.insert)?;
        bind(insert, statements, record, Some(self.next_seq))?;
        if insert.raw_execute()? == 0 {
            return Ok(false);
        }
        self.log(stream, &record.key, Kind::Created, None, None, lag)?;
        self.note_misfits(stream, record, false)?;
        self.note_answered(stream, &record.key, true)?;
        self.done.created += 1;
        Ok(true)
    }

    /// Whether the store told of the record in an answer to a later question than this one.
    pub(super) fn is_outdated(&self, stream: &Stream, key: &Key) -> Result<bool, Error> {
        self.answered.is_later(self.transaction, stream, key, self.asked)
    }

    /// Notes when the store told of a record, where others may be asking for the same at the same time: what is fetched
    /// for an event, what was modified, what belongs to a parent, and what `differs` in a reading of everything else. A
    /// backfill is alone with its stream, and has millions.
    fn note_answered(&mut self, stream: &Stream, key: &Key, differs: bool) -> Result<(), Error> {
        let way = self.noticed_by;
        let few = way.is_live() || way == NoticedBy::Incremental || differs && way != NoticedBy::Backfill;
        if few || stream.is_per_parent() {
            self.answered.note(self.transaction, stream, key, self.asked)?;
        }
        Ok(())
    }

    /// Notes that the store has a record: older answers do not count, and a list that is being read and may have
    /// passed its place does not make it absent.
    fn remember(&mut self, stream: &'static Stream, key: &Key) -> Result<(), Error> {
        self.note_answered(stream, key, false)?;
        let beside = self.noticed_by.is_live() || self.noticed_by == NoticedBy::Incremental;
        if beside && pass::is_listing(self.transaction, stream)? {
            pass::note_listed(self.transaction, stream, key)?;
        }
        Ok(())
    }

    /// Removes a record and what belongs to it; nothing happens when it is not there.
    pub(super) fn delete(&mut self, stream: &'static Stream, key: &Key) -> Result<(), Error> {
        self.note_answered(stream, key, true)?;
        let raw: Option<String> = self
            .transaction
            .prepare_cached(&self.statements.of(stream).delete)?
            .query_row(params_from_iter(key_values(key)), |row| row.get(0))
            .optional()?;
        let Some(raw) = raw else { return Ok(()) };
        self.log(stream, key, Kind::Deleted, None, Some(&raw), None)?;
        self.done.deleted += 1;
        self.transaction
            .prepare_cached("DELETE FROM baxter_notes WHERE stream = ?1 AND key = ?2")?
            .execute(params![stream.name, key.to_string()])?;
        for child in stream::children(stream) {
            for key in self.keys_of_children(child, key)? {
                self.delete(child, &key)?;
            }
            if child.is_per_parent() {
                parents::forget_asked(self.transaction, child, key)?;
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Committed {
        self.done
    }

    fn keys_of_children(&self, child: &'static Stream, parent: &Key) -> Result<Vec<Key>, Error> {
        let mut statement = self.transaction.prepare_cached(&self.statements.of(child).select_by_parent)?;
        let rows = statement.query_map(params_from_iter(key_values(parent)), |row| key_of(child, row))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn log(
        &mut self,
        stream: &Stream,
        key: &Key,
        kind: Kind,
        changes: Option<String>,
        record: Option<&str>,
        lag: Option<i64>,
    ) -> Result<i64, Error> {
        let seq = self.next_seq;
        self.log.raw_bind_parameter(4, seq)?;
        self.log.raw_bind_parameter(5, &stream.name)?;
        self.log.raw_bind_parameter(6, key.to_string())?;
        self.log.raw_bind_parameter(7, kind.as_str())?;
        self.log.raw_bind_parameter(8, changes)?;
        self.log.raw_bind_parameter(9, record)?;
        self.log.raw_bind_parameter(10, lag)?;
        self.log.raw_execute()?;
        tracing::debug!(seq, stream = stream.name, %key, kind = kind.as_str(), "change");
        self.next_seq += 1;
        Ok(seq)
    }

    fn note_misfits(&self, stream: &Stream, record: &Record, had: bool) -> Result<(), Error> {
        if had {
            self.transaction
                .prepare_cached("DELETE FROM baxter_notes WHERE stream = ?1 AND key = ?2")?
                .execute(params![stream.name, record.key.to_string()])?;
        }
        for misfit in &record.misfits {
            self.transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO baxter_notes (stream, key, column_name, value, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![stream.name, record.key.to_string(), misfit.column, misfit.value, self.at])?;
        }
        Ok(())
    }

    fn keep_aside(&mut self, aside: &Aside) -> Result<(), Error> {
        let digest = Sha256::digest(aside.text.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>();
        self.transaction
            .prepare_cached(
                "INSERT INTO baxter_kept_aside (stream, sha256, reason, text, first_at, last_at, times)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1)
                 ON CONFLICT DO UPDATE SET last_at = ?5, times = times + 1, reason = ?3",
            )?
            .execute(params![aside.stream, digest, aside.reason, aside.text, self.at])?;
        self.done.aside += 1;
        Ok(())
    }
}

/// A borrowed value on its way into SQL.
#[derive(Clone, Copy)]
pub(super) enum SqlRef<'a> {
    Integer(i64),
    Text(&'a str),
}

impl ToSql for SqlRef<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            SqlRef::Integer(integer) => ToSqlOutput::Owned(SqlValue::Integer(*integer)),
            SqlRef::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        })
    }
}

/// The values of the key's columns.
pub(super) fn key_values(key: &Key) -> impl Iterator<Item = SqlRef<'_>> {
    key.0.iter().map(|part| match part {
        Part::Integer(id) => SqlRef::Integer(*id),
        Part::Text(text) => SqlRef::Text(text),
        Part::Kind { name, .. } => SqlRef::Text(name),
    })
}

/// Binds the values of all columns of `record`, in the order of [`super::schema::columns`], then its text and the number
/// of the entry that made it so. Answers the place after them.
fn bind(
    statement: &mut Statement,
    statements: &StreamStatements,
    record: &Record,
    seq: Option<i64>,
) -> rusqlite::Result<usize> {
    // Most of the rest is NULL in many streams.
    statement.clear_bindings();
    let mut place = 0;
    let mut next = |value: Option<SqlRef>| {
        place += 1;
        value.map_or(Ok(()), |value| statement.raw_bind_parameter(place, value))
    };
    for value in key_values(&record.key) {
        next(Some(value))?;
    }
    let mut parent = record.parent.iter().flat_map(key_values);
    let mut declared: Vec<(usize, SqlRef)> = Vec::new();
    for place in &statements.parents {
        match (place, parent.next()) {
            (ParentPlace::Key, _) => {}
            (ParentPlace::Own, value) => next(value)?,
            (ParentPlace::Declared(place), value) => declared.extend(value.map(|value| (*place, value))),
        }
    }
    for (column, value) in record.values.iter().enumerate() {
        // The parent that it was cut from is known, whatever the record itself says.
        let parent = declared.iter().find(|(place, _)| *place == column).map(|(_, parent)| *parent);
        next(parent.or(match value {
            Kept::Null => None,
            Kept::Integer(integer) => Some(SqlRef::Integer(*integer)),
            Kept::Within(place) => Some(SqlRef::Text(&record.raw[place.clone()])),
            Kept::Text(text) => Some(SqlRef::Text(text)),
        }))?;
    }
    next(Some(SqlRef::Text(&record.raw)))?;
    next(seq.map(SqlRef::Integer))?;
    Ok(place + 1)
}

/// The key in a row that begins with the stream's key columns.
pub(super) fn key_of(stream: &Stream, row: &rusqlite::Row) -> rusqlite::Result<Key> {
    let kinds = stream.key_kinds();
    let mut parts = Vec::new();
    for place in 0..stream.key_columns().len() {
        parts.push(match row.get_ref(place)? {
            ValueRef::Integer(id) => Part::Integer(id),
            other => {
                let text = other.as_str()?;
                match kinds.iter().position(|kind| *kind == text) {
                    Some(at) => Part::Kind { name: kinds[at], shown: at > 0 },
                    None => Part::Text(text.to_owned()),
                }
            }
        });
    }
    Ok(Key(parts))
}
