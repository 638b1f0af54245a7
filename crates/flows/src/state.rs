//! What flows remember, in the mirror's database: cursors, deliveries ahead of them, records delivered once, the
//! ends of files, dead letters. All that one step changes is committed in one transaction.

use baxter_engine::storage::Writer;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::Error;
use crate::flow::Start;
use crate::message::Entry;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS baxter_flow_cursors (flow TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS baxter_flow_done (
        flow TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (flow, seq)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS baxter_flow_once (
        flow TEXT NOT NULL, stream TEXT NOT NULL, key TEXT NOT NULL, seq INTEGER NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (flow, stream, key)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS baxter_flow_files (
        flow TEXT NOT NULL, path TEXT NOT NULL, length INTEGER NOT NULL, PRIMARY KEY (flow, path)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS baxter_flow_dead_letters (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        flow TEXT NOT NULL, stream TEXT NOT NULL, key TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL,
        entry TEXT NOT NULL, message TEXT, error TEXT NOT NULL, attempts INTEGER NOT NULL,
        first_at TEXT NOT NULL, last_at TEXT NOT NULL, retry INTEGER NOT NULL DEFAULT 0,
        UNIQUE (flow, seq)
    );";

/// The most of a message that is kept with its dead letter, to be looked at.
const MESSAGE_MAX: usize = 64 * 1024;

/// A message that gave up.
#[derive(Debug)]
pub(crate) struct Death {
    pub entry: Entry,
    pub message: Option<String>,
    pub error: String,
    pub attempts: u32,
    /// Whether earlier letters about the record are obsolete: it is delivered once, whatever led to it.
    pub replaces: bool,
}

/// What one step of a flow changes.
#[derive(Debug, Default)]
pub(crate) struct Step {
    /// Every entry up to here is settled.
    pub cursor: Option<i64>,
    /// Entries that are settled beyond the cursor.
    pub done: Vec<i64>,
    /// Entries whose records were delivered and are not to be delivered again.
    pub once: Vec<Entry>,
    /// Messages that gave up.
    pub dead: Vec<Death>,
    /// Dead letters that were delivered, or are wanted no longer.
    pub resolved: Vec<i64>,
    /// Dead letters that failed again, with error and attempts.
    pub failed_again: Vec<(i64, String, u32)>,
    /// The new end of the file.
    pub file: Option<(String, u64)>,
}

impl Step {
    pub(crate) fn is_empty(&self) -> bool {
        let Step { cursor, done, once, dead, resolved, failed_again, file } = self;
        cursor.is_none()
            && done.is_empty()
            && once.is_empty()
            && dead.is_empty()
            && resolved.is_empty()
            && failed_again.is_empty()
            && file.is_none()
    }
}

/// Makes the tables.
pub(crate) async fn prepare(writer: &Writer) -> Result<(), Error> {
    Ok(writer.run(|mirror| mirror.transaction(|transaction| transaction.execute_batch(TABLES))).await?)
}

/// The flow's cursor; the first time, where it begins.
pub(crate) async fn cursor(writer: &Writer, flow: String, start: Start) -> Result<i64, Error> {
    let work = move |transaction: &Transaction| {
        let first = match start {
            // Where the log begins: what was let go of nobody can be told of.
            Start::Beginning => baxter_engine::storage::trimmed_upto(transaction)?,
            Start::Now => {
                let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'changes'";
                transaction.query_row(sql, [], |row| row.get(0)).optional()?.unwrap_or(0)
            }
        };
        let sql = "INSERT OR IGNORE INTO baxter_flow_cursors (flow, seq) VALUES (?1, ?2)";
        if transaction.execute(sql, params![flow, first])? > 0 && start == Start::Beginning && first > 0 {
            tracing::warn!(
                flow,
                upto = first,
                "the flow is new: entries of the change log that were let go of are not for it"
            );
        }
        let sql = "SELECT seq FROM baxter_flow_cursors WHERE flow = ?1";
        transaction.query_row(sql, [&flow], |row| row.get(0))
    };
    Ok(writer.run(move |mirror| mirror.transaction(work)).await?)
}

/// The cursors of all flows that have run, by name; none before the first ran.
pub fn cursors(connection: &Connection) -> rusqlite::Result<Vec<(String, i64)>> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'baxter_flow_cursors')";
    if !connection.query_row(sql, [], |row| row.get::<_, bool>(0))? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare("SELECT flow, seq FROM baxter_flow_cursors ORDER BY flow")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// Up to which entry of the change log every flow that has run has settled everything, if any has: younger entries
/// must be kept.
pub fn oldest_cursor(transaction: &Transaction) -> rusqlite::Result<Option<i64>> {
    Ok(cursors(transaction)?.into_iter().map(|(_, seq)| seq).min())
}

/// Forgets all that is known of a flow, which is a new one when it runs again; whether it was known.
pub fn forget(transaction: &Transaction, flow: &str) -> rusqlite::Result<bool> {
    if !cursors(transaction)?.iter().any(|(name, _)| name == flow) {
        return Ok(false);
    }
    for table in ["cursors", "done", "once", "files", "dead_letters"] {
        transaction.execute(&format!("DELETE FROM baxter_flow_{table} WHERE flow = ?1"), [flow])?;
    }
    Ok(true)
}

/// The committed length of the flow's file; the first time, the length that it is found with.
pub(crate) async fn file_length(
    writer: &Writer,
    flow: String,
    path: String,
    found: u64,
) -> Result<u64, Error> {
    let work = move |transaction: &Transaction| {
        let sql = "INSERT OR IGNORE INTO baxter_flow_files (flow, path, length) VALUES (?1, ?2, ?3)";
        transaction.execute(sql, params![flow, path, found as i64])?;
        let sql = "SELECT length FROM baxter_flow_files WHERE flow = ?1 AND path = ?2";
        transaction.query_row(sql, [&flow, &path], |row| row.get::<_, i64>(0))
    };
    Ok(writer.run(move |mirror| mirror.transaction(work)).await?.unsigned_abs())
}

/// Commits a step; answers how many dead letters the flow has then.
pub(crate) async fn commit(writer: &Writer, flow: String, at: Timestamp, step: Step) -> Result<u64, Error> {
    let work = move |transaction: &Transaction| apply(transaction, &flow, &at.to_string(), &step);
    Ok(writer.run(move |mirror| mirror.transaction(work)).await?)
}

fn apply(transaction: &Transaction, flow: &str, at: &str, step: &Step) -> Result<u64, rusqlite::Error> {
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| transaction.prepare_cached(sql)?.execute(values);
    for seq in &step.done {
        run("INSERT OR IGNORE INTO baxter_flow_done (flow, seq) VALUES (?1, ?2)", params![flow, seq])?;
    }
    if let Some(seq) = step.cursor {
        run("UPDATE baxter_flow_cursors SET seq = ?2 WHERE flow = ?1", params![flow, seq])?;
        run("DELETE FROM baxter_flow_done WHERE flow = ?1 AND seq <= ?2", params![flow, seq])?;
    }
    for Entry { stream, key, seq, .. } in &step.once {
        let sql =
            "INSERT OR IGNORE INTO baxter_flow_once (flow, stream, key, seq, at) VALUES (?1, ?2, ?3, ?4, ?5)";
        run(sql, params![flow, stream, key, seq, at])?;
        // What is delivered needs no letter about earlier tries.
        let sql = "DELETE FROM baxter_flow_dead_letters WHERE flow = ?1 AND stream = ?2 AND key = ?3";
        run(sql, params![flow, stream, key])?;
    }
    for Death { entry, message, error, attempts, replaces } in &step.dead {
        if *replaces {
            let sql = "DELETE FROM baxter_flow_dead_letters WHERE flow = ?1 AND stream = ?2 AND key = ?3";
            run(sql, params![flow, entry.stream, entry.key])?;
        }
        let text = serde_json::to_string(entry)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let message = message.as_deref().map(|message| crate::expr::head(message, MESSAGE_MAX));
        let sql = "INSERT INTO baxter_flow_dead_letters
                (flow, stream, key, seq, kind, entry, message, error, attempts, first_at, last_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)
            ON CONFLICT (flow, seq) DO UPDATE SET message = ?7, error = ?8, attempts = ?9, last_at = ?10";
        let Entry { stream, key, seq, kind, .. } = entry;
        run(sql, params![flow, stream, key, seq, kind, text, message, error, attempts, at])?;
    }
    for id in &step.resolved {
        run("DELETE FROM baxter_flow_dead_letters WHERE id = ?1", params![id])?;
    }
    for (id, error, attempts) in &step.failed_again {
        let sql = "UPDATE baxter_flow_dead_letters
            SET retry = 0, error = ?2, attempts = attempts + ?3, last_at = ?4 WHERE id = ?1";
        run(sql, params![id, error, attempts, at])?;
    }
    if let Some((path, length)) = &step.file {
        let sql = "UPDATE baxter_flow_files SET length = ?3 WHERE flow = ?1 AND path = ?2";
        run(sql, params![flow, path, *length as i64])?;
    }
    let sql = "SELECT count(*) FROM baxter_flow_dead_letters WHERE flow = ?1";
    let dead: i64 = transaction.prepare_cached(sql)?.query_row([flow], |row| row.get(0))?;
    Ok(dead.unsigned_abs())
}

/// Whether the record was delivered by a flow that delivers once.
pub(crate) fn is_delivered(connection: &Connection, flow: &str, entry: &Entry) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM baxter_flow_once WHERE flow = ?1 AND stream = ?2 AND key = ?3)";
    connection.prepare_cached(sql)?.query_row(params![flow, entry.stream, entry.key], |row| row.get(0))
}

/// The entries settled beyond the flow's cursor.
pub(crate) fn done(connection: &Connection, flow: &str) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare_cached("SELECT seq FROM baxter_flow_done WHERE flow = ?1")?;
    statement.query_map([flow], |row| row.get(0))?.collect()
}

/// The record's last state before it was deleted after `seq`.
pub(crate) fn last_record(connection: &Connection, entry: &Entry) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT record FROM changes
        WHERE seq > ?1 AND stream = ?2 AND key = ?3 AND kind = 'deleted' ORDER BY seq LIMIT 1";
    let row = connection
        .prepare_cached(sql)?
        .query_row(params![entry.seq, entry.stream, entry.key], |row| row.get(0))
        .optional()?;
    Ok(row.flatten())
}

/// Dead letters of the flow that are to be tried again, oldest first, with their ids.
pub(crate) fn wanted(connection: &Connection, flow: &str, most: u32) -> rusqlite::Result<Vec<(i64, Entry)>> {
    let sql =
        "SELECT id, entry FROM baxter_flow_dead_letters WHERE flow = ?1 AND retry = 1 ORDER BY id LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![flow, most], |row| {
        let text: String = row.get(1)?;
        let entry = serde_json::from_str(&text).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, error.into())
        })?;
        Ok((row.get(0)?, entry))
    })?;
    rows.collect()
}
