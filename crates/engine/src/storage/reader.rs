//! The reading side: queries, digests, and what is known of each stream. Never writes.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params_from_iter};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::apply::{key_of, key_values};
use super::pass::{self, Pass, StreamState, read_pass, read_skipped, read_state, was_offered};
use super::proof::{self, ProofState};
use super::{DATABASE, Error, functions};
use crate::model::canonical;
use crate::model::change::NoticedBy;
use crate::model::stream::Stream;

/// A read-only view of the mirror in a data directory; any number may be open while one process writes.
#[derive(Debug)]
pub struct Reader {
    pub(super) connection: Connection,
}

/// Stops a running query from another thread or task.
pub struct Interrupt(rusqlite::InterruptHandle);

impl Interrupt {
    /// Stops what runs now; the query fails with [`Error::Interrupted`].
    pub fn interrupt(&self) {
        self.0.interrupt();
    }
}

/// The digest of a stream, as the simulator answers it too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Digest {
    /// The stream.
    pub stream: String,
    /// How many records it has.
    pub count: u64,
    /// SHA-256 over the canonical records in key order, in hexadecimal.
    pub sha256: String,
}

/// The rows of a query.
#[derive(Debug, Default)]
pub struct Rows {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Values, row by row; decimals and JSON stay text.
    pub rows: Vec<Vec<rusqlite::types::Value>>,
}

impl Reader {
    /// Opens the mirror in `dir` for reading.
    pub fn open(dir: &Path) -> Result<Reader, Error> {
        let path = dir.join(DATABASE);
        if !path.exists() {
            return Err(Error::Missing { dir: dir.to_owned() });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        // The file is open for reading alone; this holds for what a statement might attach, too.
        connection.execute_batch("PRAGMA query_only = ON")?;
        functions::register(&connection)?;
        Ok(Reader { connection })
    }

    /// The connection, for what lives beside the records in the mirror's database: the tables of other parts of Baxter.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// A handle that stops this reader's queries.
    pub fn interrupt(&self) -> Interrupt {
        Interrupt(self.connection.get_interrupt_handle())
    }

    /// Runs one statement that only reads, handing each row to `row`; answers the names of the columns.
    ///
    /// Other databases cannot be attached and no pragma can be set.
    pub fn query(
        &mut self,
        sql: &str,
        mut row: impl FnMut(&[String], Vec<rusqlite::types::Value>) -> Result<(), Error>,
    ) -> Result<Vec<String>, Error> {
        self.connection.authorizer(Some(only_reading))?;
        let result = self.read_rows(sql, &mut row);
        self.connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
        result
    }

    /// The tables that a statement reads.
    pub fn tables_of(&mut self, sql: &str) -> Result<BTreeSet<String>, Error> {
        let read = Arc::new(Mutex::new(BTreeSet::new()));
        let noted = Arc::clone(&read);
        self.connection.authorizer(Some(move |context: AuthContext<'_>| {
            if let (AuthAction::Read { table_name, .. }, Ok(mut noted)) = (&context.action, noted.lock()) {
                noted.insert((*table_name).to_owned());
            }
            only_reading(context)
        }))?;
        let prepared = self.connection.prepare(sql).map(drop);
        self.connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
        prepared?;
        Ok(read.lock().map(|mut read| std::mem::take(&mut *read)).unwrap_or_default())
    }

    fn read_rows(
        &self,
        sql: &str,
        row: &mut impl FnMut(&[String], Vec<rusqlite::types::Value>) -> Result<(), Error>,
    ) -> Result<Vec<String>, Error> {
        let mut statement = self.connection.prepare(sql)?;
        if !statement.readonly() {
            return Err(Error::ReadOnly);
        }
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([])?;
        while let Some(found) = rows.next()? {
            let values = (0..columns.len()).map(|place| found.get(place)).collect::<Result<_, _>>()?;
            row(&columns, values)?;
        }
        Ok(columns)
    }

    /// All rows of one statement that only reads.
    pub fn rows(&mut self, sql: &str) -> Result<Rows, Error> {
        let mut rows = Vec::new();
        let columns = self.query(sql, |_, row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(Rows { columns, rows })
    }

    /// The digest of what the mirror holds of `stream`.
    pub fn digest(&self, stream: &Stream) -> Result<Digest, Error> {
        let keys: Vec<String> = stream.key_columns().iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let sql = format!("SELECT raw, {0} FROM \"{1}\" ORDER BY {0}", keys.join(", "), stream.name);
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        let mut hash = Sha256::new();
        let mut count = 0;
        let mut text = String::new();
        while let Some(row) = rows.next()? {
            text.clear();
            let raw = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            canonical::write(raw, &mut text).map_err(|_| Error::Damaged {
                stream: stream.name.clone(),
                key: key_of(stream, row).map(|key| key.to_string()).unwrap_or_default(),
            })?;
            text.push('\n');
            hash.update(text.as_bytes());
            count += 1;
        }
        let mut sha256 = String::with_capacity(64);
        for byte in hash.finalize() {
            // Writing to a String cannot fail.
            let _ = write!(sha256, "{byte:02x}");
        }
        Ok(Digest { stream: stream.name.clone(), count, sha256 })
    }

    /// The present text of the record of `stream` whose key reads `key`, as the change log writes it.
    pub fn record(&self, stream: &'static Stream, key: &str) -> Result<Option<String>, Error> {
        let Some(key) = stream.parse_key(key) else { return Ok(None) };
        let by: Vec<String> = stream
            .key_columns()
            .iter()
            .enumerate()
            .map(|(i, (name, _))| format!("\"{name}\" = ?{}", i + 1))
            .collect();
        let sql = format!("SELECT raw FROM \"{}\" WHERE {}", stream.name, by.join(" AND "));
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row(params_from_iter(key_values(&key)), |row| row.get(0)).optional()?)
    }

    /// The texts of the records of `child` that belong to the record of its parent stream whose key reads
    /// `parent`, in key order.
    pub fn children(&self, child: &'static Stream, parent: &str) -> Result<Vec<String>, Error> {
        let Some(key) = child.parent_stream().and_then(|stream| stream.parse_key(parent)) else {
            return Ok(Vec::new());
        };
        let by: Vec<String> = child
            .parent_columns()
            .iter()
            .enumerate()
            .map(|(i, name)| format!("\"{name}\" = ?{}", i + 1))
            .collect();
        let order: Vec<String> = child.key_columns().iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let sql = format!(
            "SELECT raw FROM \"{}\" WHERE {} ORDER BY {}",
            child.name,
            by.join(" AND "),
            order.join(", ")
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(key_values(&key)), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The store whose mirror this is, once an answer of it was taken in.
    pub fn store_hash(&self) -> Result<Option<String>, Error> {
        super::mirror::theirs(&self.connection)
    }

    /// What is known of `stream`.
    pub fn stream_state(&self, stream: &Stream) -> Result<StreamState, Error> {
        read_state(&self.connection, &stream.name)
    }

    /// The last comparison of `stream` with the store, if there was one.
    pub fn proof(&self, stream: &Stream) -> Result<Option<ProofState>, Error> {
        proof::read_proof(&self.connection, &stream.name)
    }

    /// Why the last attempt to read `stream` passed over it, if it did.
    pub fn skipped(&self, stream: &Stream) -> Result<Option<String>, Error> {
        read_skipped(&self.connection, stream)
    }

    /// Whether the store has given records of `stream`, or said that there are none.
    pub fn was_offered(&self, stream: &Stream) -> Result<bool, Error> {
        was_offered(&self.connection, stream)
    }

    /// The unfinished pass over `stream`, if there is one: over everything, else over what was modified.
    pub fn pass(&self, stream: &Stream) -> Result<Option<Pass>, Error> {
        match read_pass(&self.connection, stream, NoticedBy::Sweep)? {
            Some(pass) => Ok(Some(pass)),
            None => read_pass(&self.connection, stream, NoticedBy::Incremental),
        }
    }

    /// How many records the mirror holds of `stream`.
    pub fn count(&self, stream: &Stream) -> Result<u64, Error> {
        pass::count(&self.connection, stream)
    }

    /// How many texts are kept aside of `stream`.
    pub fn kept_aside(&self, stream: &Stream) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM baxter_kept_aside WHERE stream = ?1";
        Ok(self.connection.query_row(sql, [&stream.name], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }
}

/// What a person's statement may do: select, read, call functions.
fn only_reading(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Function { function_name } if !function_name.eq_ignore_ascii_case("load_extension") => {
            Authorization::Allow
        }
        AuthAction::Pragma { pragma_name, pragma_value: None }
            if pragma_name.eq_ignore_ascii_case("table_info") =>
        {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }
}
