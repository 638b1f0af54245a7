//! The change log: read from a position, kept for those who read it, and let go of when it is old.
//!
//! Only its oldest part is ever let go of, so that what is left has no hole. What was before it is told by no entry,
//! but by the mirror: a reader that comes too late begins with a snapshot of all records and reads on from there.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use serde::Serialize;
use serde_json::value::RawValue;

use super::apply::key_of;
use super::proof::last_seq;
use super::{Error, Mirror, Reader};
use crate::model::stream::Stream;

/// An entry of the change log.
#[derive(Debug, Serialize)]
pub struct ChangeEntry {
    /// Rising number; each is used once.
    pub seq: i64,
    /// The record's stream.
    pub stream: String,
    /// The record's key.
    pub key: String,
    /// `created`, `updated` or `deleted`; `snapshot` for a record as it is.
    pub kind: String,
    /// `backfill`, `incremental`, `webhook`, `sweep`, `verify` or `apply`; `snapshot` for a record as it is.
    pub noticed_by: String,
    /// Our time.
    pub at: String,
    /// The store's time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_at: Option<String>,
    /// Seconds from the change to its notice, both by the store's clock, where the store tells when it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag: Option<i64>,
    /// For an update: the paths that differ, with old and new value.
    pub changes: Box<RawValue>,
    /// For a delete: the last record. In a snapshot: the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Box<RawValue>>,
}

/// From where on the change log is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Since {
    /// After this entry.
    Seq(i64),
    /// From this time on, by our clock.
    Time(Timestamp),
}

/// A part of the change log, oldest first.
#[derive(Debug, Default)]
pub struct Changes {
    /// The entries.
    pub entries: Vec<ChangeEntry>,
    /// The last entry looked at, from which to read on.
    pub last: Option<i64>,
}

/// Where the change log begins, once its oldest part was let go of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trimmed {
    /// The newest entry that is not there any more.
    pub upto: i64,
    /// Our time when that one was noted.
    pub at: String,
}

/// A reader that the log is kept for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Registered {
    /// Its name.
    pub name: String,
    /// Every entry up to here was read.
    pub seq: i64,
    /// Our time when it last said so.
    pub at: String,
}

/// Changes of one kind that were noticed in one way, and how late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lags {
    /// `created`, `updated` or `deleted`.
    pub kind: String,
    /// How they were noticed.
    pub noticed_by: String,
    /// Seconds from the change to its notice.
    pub lag: Option<i64>,
    /// How many there were.
    pub changes: u64,
}

impl Reader {
    /// Up to `most` entries of the change log after `since`, oldest first; of all streams when `streams` is empty.
    ///
    /// Fails with [`Error::Trimmed`] when entries after that position were let go of; without a position it begins
    /// where the log does.
    pub fn changes(&self, since: Option<Since>, streams: &[&str], most: u32) -> Result<Changes, Error> {
        // One state of the database for both questions.
        let transaction = self.connection.unchecked_transaction()?;
        if let (Some(since), Some(trimmed)) = (since, trimmed(&transaction)?) {
            let is_gone = match since {
                Since::Seq(seq) => seq < trimmed.upto,
                Since::Time(time) => trimmed.at.parse().is_ok_and(|at: Timestamp| time <= at),
            };
            if is_gone {
                return Err(Error::Trimmed { upto: trimmed.upto, at: trimmed.at });
            }
        }
        let (after, from) = match since {
            Some(Since::Seq(seq)) => (seq, None),
            // Times are written with as many digits as they have: without the `Z`, text sorts as time does.
            Some(Since::Time(time)) => (0, Some(time.to_string().trim_end_matches('Z').to_owned())),
            None => (0, None),
        };
        let holes = vec!["?"; streams.len()].join(", ");
        let of_streams = if streams.is_empty() { String::new() } else { format!(" AND stream IN ({holes})") };
        let lag = self.lag_column()?;
        let sql = format!(
            "SELECT seq, stream, key, kind, noticed_by, at, store_at, changes, record, {lag} FROM changes
             WHERE seq > ?1 AND (?2 IS NULL OR at >= ?2){of_streams} ORDER BY seq LIMIT {most}"
        );
        let mut statement = transaction.prepare_cached(&sql)?;
        let mut values: Vec<&dyn rusqlite::ToSql> = params![after, from].to_vec();
        for stream in streams {
            values.push(stream);
        }
        let mut rows = statement.query(values.as_slice())?;
        let mut changes = Changes::default();
        while let Some(row) = rows.next()? {
            let entry = entry(row)?;
            changes.last = Some(entry.seq);
            changes.entries.push(entry);
        }
        Ok(changes)
    }

    /// Hands every record of `streams` to `each` as it is now, each as an entry numbered like the newest one of the
    /// change log, whose number is answered: to read on from there misses nothing.
    pub fn snapshot(
        &self,
        streams: &[&'static Stream],
        at: Timestamp,
        mut each: impl FnMut(ChangeEntry) -> Result<(), Error>,
    ) -> Result<i64, Error> {
        let transaction = self.connection.unchecked_transaction()?;
        let seq = last_seq(&transaction)?;
        for stream in streams {
            let keys: Vec<String> =
                stream.key_columns().iter().map(|(name, _)| format!("\"{name}\"")).collect();
            let sql = format!("SELECT {0}, raw FROM \"{1}\" ORDER BY {0}", keys.join(", "), stream.name);
            let mut statement = transaction.prepare(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let key = key_of(stream, row)?.to_string();
                let raw: String = row.get(keys.len())?;
                let damaged = |_| Error::Damaged { stream: stream.name.clone(), key: key.clone() };
                let record = RawValue::from_string(raw).map_err(damaged)?;
                each(ChangeEntry {
                    seq,
                    stream: stream.name.clone(),
                    kind: SNAPSHOT.to_owned(),
                    noticed_by: SNAPSHOT.to_owned(),
                    at: at.to_string(),
                    store_at: None,
                    lag: None,
                    changes: no_changes(),
                    record: Some(record),
                    key,
                })?;
            }
        }
        Ok(seq)
    }

    /// The number of the newest entry of the change log.
    pub fn last_seq(&self) -> Result<i64, Error> {
        last_seq(&self.connection)
    }

    /// Where the change log begins, if its oldest part was let go of.
    pub fn trimmed(&self) -> Result<Option<Trimmed>, Error> {
        trimmed(&self.connection)
    }

    /// The readers that the log is kept for, by name.
    pub fn registered(&self) -> Result<Vec<Registered>, Error> {
        if !self.has_readers()? {
            return Ok(Vec::new());
        }
        let mut statement =
            self.connection.prepare_cached("SELECT name, seq, at FROM baxter_readers ORDER BY name")?;
        let rows = statement
            .query_map([], |row| Ok(Registered { name: row.get(0)?, seq: row.get(1)?, at: row.get(2)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A number that is another one after another process or thread has committed: cheap to ask for, so that whoever
    /// waits for changes can look often.
    pub fn data_version(&self) -> Result<i64, Error> {
        Ok(self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
    }

    /// What was noticed after entry `after` up to entry `upto`, in numbers.
    pub fn lags(&self, after: i64, upto: i64) -> Result<Vec<Lags>, Error> {
        let lag = self.lag_column()?;
        let sql = format!(
            "SELECT kind, noticed_by, {lag}, count(*) FROM changes WHERE seq > ?1 AND seq <= ?2 GROUP BY 1, 2, 3"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([after, upto], |row| {
            let changes = row.get::<_, i64>(3)?.unsigned_abs();
            Ok(Lags { kind: row.get(0)?, noticed_by: row.get(1)?, lag: row.get(2)?, changes })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The column of lags; nothing in a mirror that an older Baxter wrote, open for reading only.
    fn lag_column(&self) -> Result<&'static str, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM pragma_table_info('changes') WHERE name = 'lag')";
        let is_there: bool = self.connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        Ok(if is_there { "lag" } else { "NULL" })
    }

    fn has_readers(&self) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'baxter_readers')";
        Ok(self.connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
    }
}

/// The kind of an entry that tells a record as it is, and how it was noticed.
const SNAPSHOT: &str = "snapshot";

fn entry(row: &rusqlite::Row) -> Result<ChangeEntry, Error> {
    let seq = row.get(0)?;
    let stream: String = row.get(1)?;
    let key: String = row.get(2)?;
    let json = |text: Option<String>| {
        let damaged = || Error::Damaged { stream: stream.clone(), key: key.clone() };
        text.map(|text| RawValue::from_string(text).map_err(|_| damaged())).transpose()
    };
    let changes = json(row.get(7)?)?;
    let record = json(row.get(8)?)?;
    Ok(ChangeEntry {
        seq,
        kind: row.get(3)?,
        noticed_by: row.get(4)?,
        at: row.get(5)?,
        store_at: row.get(6)?,
        lag: row.get(9)?,
        changes: changes.unwrap_or_else(no_changes),
        record,
        stream,
        key,
    })
}

fn no_changes() -> Box<RawValue> {
    // An array without elements is JSON; the default, `null`, would be no array.
    RawValue::from_string("[]".to_owned()).unwrap_or_default()
}

/// What tells a transaction how far those who keep a cursor of their own beside the log have read: the smallest
/// number, if there is any.
pub type Unread = fn(&Transaction) -> rusqlite::Result<Option<i64>>;

impl Mirror {
    /// Lets go of the oldest entries of the change log, at most `most` of them: those noted before `before` that every
    /// registered reader has read, and everybody whom `unread` knows. Answers how many went.
    pub fn trim_log(&mut self, before: Timestamp, unread: Unread, most: u32) -> Result<u64, Error> {
        let transaction = self.connection.transaction()?;
        let registered: Option<i64> =
            transaction.query_row("SELECT min(seq) FROM baxter_readers", [], |row| row.get(0))?;
        let read = [registered, unread(&transaction)?].into_iter().flatten().min().unwrap_or(i64::MAX);
        let mut last: Option<(i64, String)> = None;
        {
            let sql = "SELECT seq, at FROM changes WHERE seq <= ?1 ORDER BY seq LIMIT ?2";
            let mut statement = transaction.prepare_cached(sql)?;
            let mut rows = statement.query(params![read, most])?;
            while let Some(row) = rows.next()? {
                let at: String = row.get(1)?;
                // The part that goes has no hole: where the clock was set back, what is behind a young entry stays.
                if at.parse::<Timestamp>().is_ok_and(|at| at >= before) {
                    break;
                }
                last = Some((row.get(0)?, at));
            }
        }
        let Some((upto, at)) = last else { return Ok(0) };
        let gone = transaction.execute("DELETE FROM changes WHERE seq <= ?1", [upto])?;
        for (name, value) in [(TRIMMED_UPTO, upto.to_string()), (TRIMMED_AT, at)] {
            let sql = "INSERT OR REPLACE INTO baxter_meta (name, value) VALUES (?1, ?2)";
            transaction.prepare_cached(sql)?.execute(params![name, value])?;
        }
        transaction.commit()?;
        Ok(gone as u64)
    }
}

/// Where the number of the newest entry that went is written, and when it was noted.
const TRIMMED_UPTO: &str = "log_trimmed_upto";
const TRIMMED_AT: &str = "log_trimmed_at";

fn trimmed(connection: &Connection) -> Result<Option<Trimmed>, Error> {
    let meta = |name: &str| -> rusqlite::Result<Option<String>> {
        let sql = "SELECT value FROM baxter_meta WHERE name = ?1";
        connection.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()
    };
    let (Some(upto), Some(at)) = (meta(TRIMMED_UPTO)?, meta(TRIMMED_AT)?) else { return Ok(None) };
    Ok(upto.parse().ok().map(|upto| Trimmed { upto, at }))
}

/// The newest entry that is not there any more; 0 while the log is whole.
pub fn trimmed_upto(transaction: &Transaction) -> rusqlite::Result<i64> {
    let sql = "SELECT coalesce((SELECT CAST(value AS INTEGER) FROM baxter_meta WHERE name = ?1), 0)";
    transaction.query_row(sql, [TRIMMED_UPTO], |row| row.get(0))
}

/// Positions of readers, which say how far they have read. They are no records: any process may write them, beside the
/// one that writes the mirror.
#[derive(Debug)]
pub struct Positions {
    connection: Connection,
}

impl Positions {
    /// Opens the mirror in `dir` for them.
    pub fn open(dir: &Path) -> Result<Positions, Error> {
        let mut connection = super::beside(dir)?;
        connection.set_transaction_behavior(TransactionBehavior::Immediate);
        let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'baxter_readers')";
        if !connection.query_row(sql, [], |row| row.get::<_, bool>(0))? {
            return Err(Error::Older { dir: dir.to_owned() });
        }
        Ok(Positions { connection })
    }

    /// Registers the reader `name` if it is new, at entry `first` or, without one, where the log begins; answers its
    /// position. From now on the log is kept for it. `first` moves a reader that is known.
    ///
    /// Fails with [`Error::Trimmed`] when entries after `first` were let go of.
    pub fn register(&mut self, name: &str, first: Option<i64>, at: Timestamp) -> Result<i64, Error> {
        let transaction = self.connection.transaction()?;
        let trimmed = trimmed(&transaction)?;
        let begin = trimmed.as_ref().map_or(0, |trimmed| trimmed.upto);
        if let (Some(first), Some(trimmed)) = (first, trimmed)
            && first < trimmed.upto
        {
            return Err(Error::Trimmed { upto: trimmed.upto, at: trimmed.at });
        }
        let sql = "INSERT INTO baxter_readers (name, seq, at) VALUES (?1, coalesce(?2, ?3), ?4)
             ON CONFLICT DO UPDATE SET seq = coalesce(?2, seq), at = ?4 RETURNING seq";
        let seq =
            transaction.query_row(sql, params![name, first, begin, at.to_string()], |row| row.get(0))?;
        transaction.commit()?;
        Ok(seq)
    }

    /// The reader has read every entry up to `seq`.
    pub fn keep(&mut self, name: &str, seq: i64, at: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE baxter_readers SET seq = max(seq, ?2), at = ?3 WHERE name = ?1";
        self.connection.prepare_cached(sql)?.execute(params![name, seq, at.to_string()])?;
        Ok(())
    }

    /// The log is kept for this reader no longer; whether it was known.
    pub fn forget(&mut self, name: &str) -> Result<bool, Error> {
        Ok(self.connection.execute("DELETE FROM baxter_readers WHERE name = ?1", [name])? > 0)
    }
}
