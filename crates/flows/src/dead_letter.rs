//! Dead letters: messages that gave up and wait for a person.
//!
//! Reading is free; what changes them goes through the mirror's one writer, with [`retry`] and [`remove`] inside a
//! transaction of it (`Mirror::transaction`), or through the [`Handle`](crate::Handle) of flows that run.

use std::path::Path;

use baxter_engine::storage::{self, Reader};
use rusqlite::{Connection, Transaction, params};
use serde::Serialize;

/// A message that gave up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    /// Its number.
    pub id: i64,
    /// The flow.
    pub flow: String,
    /// The record's stream.
    pub stream: String,
    /// The record's key.
    pub key: String,
    /// The entry of the change log.
    pub seq: i64,
    /// `created`, `updated` or `deleted`.
    pub kind: String,
    /// What was to be delivered, if it came that far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Why it gave up.
    pub error: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it gave up for the first time.
    pub first_at: String,
    /// When it gave up last.
    pub last_at: String,
    /// Whether it is about to be tried again.
    pub retry: bool,
}

/// Which dead letters are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// Those of a flow.
    Of(String),
    /// One.
    One(i64),
}

impl Which {
    /// The condition in SQL, and what fills its hole.
    fn sql(&self) -> (&'static str, rusqlite::types::Value) {
        match self {
            Which::All => ("?1 IS NULL", rusqlite::types::Value::Null),
            Which::Of(flow) => ("flow = ?1", flow.clone().into()),
            Which::One(id) => ("id = ?1", (*id).into()),
        }
    }
}

fn is_prepared(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'baxter_flow_dead_letters')";
    connection.query_row(sql, [], |row| row.get(0))
}

/// Up to `most` dead letters in the data directory `dir`, oldest first; none before flows ran for the first time.
pub fn list(dir: &Path, which: &Which, most: u32) -> Result<Vec<DeadLetter>, storage::Error> {
    let reader = Reader::open(dir)?;
    let connection = reader.connection();
    if !is_prepared(connection)? {
        return Ok(Vec::new());
    }
    let (condition, value) = which.sql();
    let sql = format!(
        "SELECT id, flow, stream, key, seq, kind, message, error, attempts, first_at, last_at, retry
         FROM baxter_flow_dead_letters WHERE {condition} ORDER BY id LIMIT ?2"
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params![value, most], |row| {
        Ok(DeadLetter {
            id: row.get(0)?,
            flow: row.get(1)?,
            stream: row.get(2)?,
            key: row.get(3)?,
            seq: row.get(4)?,
            kind: row.get(5)?,
            message: row.get(6)?,
            error: row.get(7)?,
            attempts: row.get(8)?,
            first_at: row.get(9)?,
            last_at: row.get(10)?,
            retry: row.get(11)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The flows that have run with the data directory `dir`, with the entries of the change log up to which each has
/// settled everything.
pub fn flows(dir: &Path) -> Result<Vec<(String, i64)>, storage::Error> {
    Ok(crate::state::cursors(Reader::open(dir)?.connection())?)
}

/// Marks dead letters to be tried again by the flows that run, or that run next; answers how many.
pub fn retry(transaction: &Transaction, which: &Which) -> rusqlite::Result<u64> {
    change(transaction, which, "UPDATE baxter_flow_dead_letters SET retry = 1")
}

/// Drops dead letters; answers how many.
pub fn remove(transaction: &Transaction, which: &Which) -> rusqlite::Result<u64> {
    change(transaction, which, "DELETE FROM baxter_flow_dead_letters")
}

fn change(transaction: &Transaction, which: &Which, sql: &str) -> rusqlite::Result<u64> {
    if !is_prepared(transaction)? {
        return Ok(0);
    }
    let (condition, value) = which.sql();
    Ok(transaction.execute(&format!("{sql} WHERE {condition}"), params![value])? as u64)
}
