//! The mirror's tables: those of Baxter itself by numbered steps, one for each stream from its declaration.

use std::fmt::Write;

use rusqlite::Connection;

use super::{Error, columns};
use crate::model::stream::{self, KeyType, Stream};

/// What took the database from one schema number to the next; a step that was released is never edited.
const STEPS: [&str; 4] = [
    "CREATE TABLE baxter_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
     CREATE TABLE changes (
         seq INTEGER PRIMARY KEY AUTOINCREMENT,
         stream TEXT NOT NULL,
         key TEXT NOT NULL,
         kind TEXT NOT NULL,
         noticed_by TEXT NOT NULL,
         at TEXT NOT NULL,
         store_at TEXT,
         changes TEXT,
         record TEXT
     );
     CREATE TABLE baxter_streams (
         stream TEXT PRIMARY KEY,
         cursor TEXT,
         backfilled_at TEXT,
         synced_at TEXT,
         swept_at TEXT
     ) WITHOUT ROWID;
     CREATE TABLE baxter_passes (
         stream TEXT PRIMARY KEY,
         way TEXT NOT NULL,
         listing INTEGER NOT NULL,
         began_at TEXT,
         note TEXT
     ) WITHOUT ROWID;
     CREATE TABLE baxter_segments (
         stream TEXT NOT NULL,
         number INTEGER NOT NULL,
         position TEXT NOT NULL,
         upto INTEGER,
         done INTEGER NOT NULL,
         PRIMARY KEY (stream, number)
     ) WITHOUT ROWID;
     CREATE TABLE baxter_listed (stream TEXT NOT NULL, a NOT NULL, b NOT NULL, PRIMARY KEY (stream, a, b)) WITHOUT ROWID;
     CREATE TABLE baxter_kept_aside (
         stream TEXT NOT NULL,
         sha256 TEXT NOT NULL,
         reason TEXT NOT NULL,
         text TEXT NOT NULL,
         first_at TEXT NOT NULL,
         last_at TEXT NOT NULL,
         times INTEGER NOT NULL,
         PRIMARY KEY (stream, sha256)
     ) WITHOUT ROWID;
     CREATE TABLE baxter_notes (
         stream TEXT NOT NULL,
         key TEXT NOT NULL,
         column_name TEXT NOT NULL,
         value TEXT NOT NULL,
         at TEXT NOT NULL,
         PRIMARY KEY (stream, key, column_name)
     ) WITHOUT ROWID;",
    // Of streams that are asked for parent by parent: which change of the parent the last answer was after.
    "CREATE TABLE baxter_asked (
         stream TEXT NOT NULL,
         parent INTEGER NOT NULL,
         seq INTEGER NOT NULL,
         PRIMARY KEY (stream, parent)
     ) WITHOUT ROWID;",
    "CREATE TABLE baxter_proofs (
         stream TEXT PRIMARY KEY,
         at TEXT NOT NULL,
         way TEXT NOT NULL,
         result TEXT NOT NULL,
         complete_at TEXT,
         records INTEGER NOT NULL,
         differences INTEGER NOT NULL,
         meanwhile INTEGER NOT NULL,
         requests INTEGER NOT NULL,
         sha256 TEXT,
         note TEXT
     ) WITHOUT ROWID;",
    // How late a change was noticed, in seconds of the store's clock; and who the log is kept for.
    "ALTER TABLE changes ADD COLUMN lag INTEGER;
     CREATE TABLE baxter_readers (name TEXT PRIMARY KEY, seq INTEGER NOT NULL, at TEXT NOT NULL) WITHOUT ROWID;",
];

/// Brings the database up to date: Baxter's own tables and a table with its columns for every stream.
pub fn prepare(connection: &mut Connection) -> Result<(), Error> {
    let known = STEPS.len() as i64;
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(Error::Newer { found, known });
    }
    for step in &STEPS[usize::try_from(found).unwrap_or(0)..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    for stream in stream::all() {
        transaction.execute_batch(&create_table(stream))?;
        columns::add_missing(&transaction, stream)?;
    }
    transaction.commit()?;
    Ok(())
}

/// The columns of a stream's table before `raw`, with their SQL types.
pub fn columns(stream: &Stream) -> Vec<(&str, &'static str)> {
    let mut columns: Vec<(&str, &'static str)> =
        stream.key_columns().into_iter().map(|(name, r#type)| (name, key_sql(r#type))).collect();
    for name in stream.parent_columns() {
        let declared = stream.columns.iter().any(|column| column.name == name);
        if !declared && !columns.iter().any(|(other, _)| *other == name) {
            columns.push((name, "INTEGER"));
        }
    }
    columns.extend(stream.columns.iter().map(|column| (column.name.as_str(), column.r#type.sql())));
    columns
}

fn key_sql(r#type: KeyType) -> &'static str {
    match r#type {
        KeyType::Integer => "INTEGER",
        KeyType::Text => "TEXT",
    }
}

fn create_table(stream: &Stream) -> String {
    let keys: Vec<String> = stream.key_columns().iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let mut sql = format!("CREATE TABLE IF NOT EXISTS \"{}\" (", stream.name);
    for (name, r#type) in columns(stream) {
        let key = if keys.iter().any(|key| key.trim_matches('"') == name) { " NOT NULL" } else { "" };
        // Writing to a String cannot fail.
        let _ = write!(sql, "\"{name}\" {type}{key}, ");
    }
    let _ =
        write!(sql, "raw TEXT NOT NULL, baxter_seq INTEGER NOT NULL, PRIMARY KEY ({}));", keys.join(", "));
    let parents: Vec<String> = stream.parent_columns().iter().map(|name| format!("\"{name}\"")).collect();
    if !parents.is_empty() && !keys.starts_with(&parents) {
        let _ = write!(
            sql,
            "CREATE INDEX IF NOT EXISTS \"{0}_by_parent\" ON \"{0}\" ({1});",
            stream.name,
            parents.join(", ")
        );
    }
    sql
}
