//! The writing side of the mirror: one connection, one transaction per page.

use std::collections::HashMap;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::answered::Answered;
use super::apply::{Applier, Gone, How, key_of};
use super::checkpoints::Checkpoints;
use super::lock::Lock;
use super::{Committed, DATABASE, Error, Page, functions, schema};
use crate::model::key::Key;
use crate::model::stream::{self, Stream};

/// The mirror, open for writing. It holds the data directory's lock until it is dropped.
#[derive(Debug)]
pub struct Mirror {
    // Ends before the connection is closed, whose last checkpoint is the last of all.
    checkpoints: Checkpoints,
    pub(super) connection: Connection,
    pub(super) statements: Statements,
    pub(super) answered: Answered,
    store_hash: String,
    claimed: bool,
    _lock: Lock,
}

impl Mirror {
    /// Opens the mirror in `dir`, making directory, database and tables as needed, for the store `store_hash`.
    ///
    /// Fails when another process writes it, when it is another store's, or when a newer Baxter wrote it.
    pub fn open(dir: &Path, store_hash: &str) -> Result<Mirror, Error> {
        let lock = Lock::take(dir)?;
        let mut connection = Connection::open(dir.join(DATABASE))?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        // WAL lets others read while we write. NORMAL can lose the last transactions when the power fails,
        // never a part of one; the next sync reads them again, and `make_durable` is for what is not read again.
        // Records of some kB fill large pages better, in fewer writes. While many are written, `checkpoints` sees to the
        // log before SQLite has to.
        connection.execute_batch(
            "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
             PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = FILE;",
        )?;
        // A transaction that first reads and then writes would fail if another process, such as one that has dead
        // letters tried again, wrote in between.
        connection.set_transaction_behavior(rusqlite::TransactionBehavior::Immediate);
        connection.set_prepared_statement_cache_capacity(128);
        functions::register(&connection)?;
        schema::prepare(&mut connection)?;
        let theirs = theirs(&connection)?;
        if let Some(theirs) = theirs.clone().filter(|theirs| theirs != store_hash) {
            return Err(Error::OtherStore { dir: dir.to_owned(), theirs, ours: store_hash.to_owned() });
        }
        let answered = Answered::open(&connection)?;
        Ok(Mirror {
            checkpoints: Checkpoints::of(&dir.join(DATABASE)),
            connection,
            statements: Statements::new(),
            answered,
            store_hash: store_hash.to_owned(),
            claimed: theirs.is_some(),
            _lock: lock,
        })
    }

    /// Whether any answer of the store was taken in: its address and hash are right, then.
    pub fn has_answers(&self) -> bool {
        self.claimed
    }

    /// Runs `work` in one transaction. For what lives beside the records in the mirror's database: the tables of
    /// other parts of Baxter, whose names begin with `baxter_`.
    pub fn transaction<T>(
        &mut self,
        work: impl FnOnce(&rusqlite::Transaction) -> Result<T, rusqlite::Error>,
    ) -> Result<T, Error> {
        let transaction = self.connection.transaction()?;
        let result = work(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }

    /// Takes a page in: records, change log, kept aside and the pass's position, all or nothing.
    pub fn commit(&mut self, page: &Page) -> Result<Committed, Error> {
        let transaction = self.connection.transaction()?;
        if !self.claimed {
            // Only an answer shows that the hash is a store's: a mistyped one leaves no mark.
            let sql = "INSERT OR IGNORE INTO baxter_meta (name, value) VALUES ('store_hash', ?1)";
            transaction.execute(sql, [&self.store_hash])?;
        }
        let how =
            How { noticed_by: page.noticed_by, at: page.at, store_at: page.store_at, asked: page.asked };
        let committed = Applier::new(&transaction, &self.statements, &mut self.answered, how)?.page(page)?;
        transaction.commit()?;
        self.claimed = true;
        self.checkpoints.committed(&self.connection, page.bytes());
        Ok(committed)
    }

    /// Removes records that the store has no longer, with what belongs to them.
    pub fn delete(&mut self, gone: &Gone) -> Result<Committed, Error> {
        let transaction = self.connection.transaction()?;
        let how = How { noticed_by: gone.noticed_by, at: gone.at, store_at: None, asked: gone.asked };
        let mut applier = Applier::new(&transaction, &self.statements, &mut self.answered, how)?;
        for key in &gone.keys {
            if !applier.is_outdated(gone.stream, key)? {
                applier.delete(gone.stream, key)?;
            }
        }
        let committed = applier.finish();
        transaction.commit()?;
        Ok(committed)
    }

    /// Makes what was committed survive a loss of power: to be called before anything else is told that it is
    /// here. A commit alone survives a crash of the process.
    pub fn make_durable(&mut self) -> Result<(), Error> {
        // In WAL mode a commit under FULL syncs all that was written before it.
        self.connection.execute_batch(
            "PRAGMA synchronous = FULL;
             UPDATE baxter_meta SET value = value WHERE name = 'store_hash';
             PRAGMA synchronous = NORMAL;",
        )?;
        Ok(())
    }

    /// When, by what the mirror holds, the records with these ids were last modified; records without such a time
    /// have none, and records that are not here are missing.
    pub fn modified_at(
        &self,
        stream: &Stream,
        column: &str,
        ids: &[i64],
    ) -> Result<HashMap<i64, Option<Timestamp>>, Error> {
        let keys = stream.key_columns();
        let Some((key, _)) = keys.first() else { return Ok(HashMap::new()) };
        let sql = format!("SELECT \"{column}\" FROM \"{}\" WHERE \"{key}\" = ?1", stream.name);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut found = HashMap::new();
        for id in ids {
            let text: Option<Option<String>> = statement.query_row([id], |row| row.get(0)).optional()?;
            if let Some(text) = text {
                found.insert(*id, text.and_then(|text| text.parse().ok()));
            }
        }
        Ok(found)
    }

    /// Forgets which records were answered so early that no older answer is still on its way: the questions from
    /// number `oldest` on are under way.
    pub fn forget_answered(&mut self, oldest: u64) -> Result<(), Error> {
        self.answered.forget(&self.connection, oldest)
    }

    /// The keys of the records that the store answers with when it is asked for `ids`: those with one of them in
    /// the stream's lookup column, or as their own id.
    pub fn keys_by_lookup(&self, stream: &'static Stream, ids: &[i64]) -> Result<Vec<Key>, Error> {
        let keys: Vec<String> = stream.key_columns().iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let column = match &stream.lookup {
            Some(lookup) => &lookup.column,
            None => keys[0].trim_matches('"'),
        };
        let sql = format!("SELECT {} FROM \"{}\" WHERE \"{column}\" = ?1", keys.join(", "), stream.name);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut found = Vec::new();
        for id in ids {
            let rows = statement.query_map([id], |row| key_of(stream, row))?;
            found.extend(rows.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(found)
    }
}

/// The store whose mirror the database holds, once an answer of it was taken in.
pub(super) fn theirs(connection: &Connection) -> Result<Option<String>, Error> {
    let sql = "SELECT value FROM baxter_meta WHERE name = 'store_hash'";
    Ok(connection.query_row(sql, [], |row| row.get(0)).optional()?)
}

/// The SQL of every stream's table, made once.
#[derive(Debug)]
pub(super) struct Statements(HashMap<&'static str, StreamStatements>);

/// The SQL of one stream's table.
#[derive(Debug)]
pub(super) struct StreamStatements {
    pub insert: String,
    pub update: String,
    pub select_raw: String,
    pub delete: String,
    pub select_by_parent: String,
    /// Where each part of the parent's key goes.
    pub parents: Vec<ParentPlace>,
}

/// The column of a part of the parent's key.
#[derive(Debug)]
pub(super) enum ParentPlace {
    /// It is a part of the record's own key.
    Key,
    /// One of the declared columns, by its place among them.
    Declared(usize),
    /// A column of its own behind the key.
    Own,
}

impl Statements {
    fn new() -> Self {
        Statements(
            stream::all()
                .iter()
                .map(|stream| (stream.name.as_str(), StreamStatements::new(stream)))
                .collect(),
        )
    }

    pub(super) fn of(&self, stream: &Stream) -> &StreamStatements {
        // Made from the list of all streams, and there are no others.
        &self.0[stream.name.as_str()]
    }
}

impl StreamStatements {
    fn new(stream: &Stream) -> Self {
        let table = format!("\"{}\"", stream.name);
        let columns: Vec<String> =
            schema::columns(stream).iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let count = columns.len();
        let keys: Vec<String> = stream.key_columns().iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let by = |names: &[String], first: usize| -> String {
            let terms = names.iter().enumerate().map(|(i, name)| format!("{name} = ?{}", first + i));
            terms.collect::<Vec<_>>().join(" AND ")
        };
        let parents: Vec<String> = stream.parent_columns().iter().map(|name| format!("\"{name}\"")).collect();
        let place_of = |name: &str| match stream.columns.iter().position(|column| column.name == name) {
            Some(place) => ParentPlace::Declared(place),
            None if stream.key_columns().iter().any(|(column, _)| *column == name) => ParentPlace::Key,
            None => ParentPlace::Own,
        };
        let holes: Vec<String> = (1..=count + 2).map(|i| format!("?{i}")).collect();
        let sets: Vec<String> =
            columns.iter().enumerate().map(|(i, name)| format!("{name} = ?{}", i + 1)).collect();
        StreamStatements {
            insert: format!(
                "INSERT INTO {table} ({}, raw, baxter_seq) VALUES ({}) ON CONFLICT DO NOTHING",
                columns.join(", "),
                holes.join(", ")
            ),
            update: format!(
                "UPDATE {table} SET {}, raw = ?{}, baxter_seq = coalesce(?{}, baxter_seq) WHERE {}",
                sets.join(", "),
                count + 1,
                count + 2,
                by(&keys, count + 3)
            ),
            select_raw: format!("SELECT raw FROM {table} WHERE {}", by(&keys, 1)),
            delete: format!("DELETE FROM {table} WHERE {} RETURNING raw", by(&keys, 1)),
            select_by_parent: format!("SELECT {} FROM {table} WHERE {}", keys.join(", "), by(&parents, 1)),
            parents: stream.parent_columns().into_iter().map(place_of).collect(),
        }
    }
}
