//! The journal's tables and the statements over them.

use std::collections::BTreeSet;

use rusqlite::{Connection, Result, Transaction, TransactionBehavior, params};
use uuid::Uuid;

use super::{Error, STATES, Standing, State};
use crate::plan::Plan;

/// What took the database from one schema number to the next; a step that was released is never edited.
const STEPS: [&str; 1] = ["CREATE TABLE applications (
         plan_id TEXT PRIMARY KEY,
         store_hash TEXT NOT NULL,
         kind TEXT NOT NULL,
         plan TEXT NOT NULL,
         began_at TEXT NOT NULL,
         finished_at TEXT
     );
     CREATE TABLE rows (
         plan_id TEXT NOT NULL,
         row INTEGER NOT NULL,
         line INTEGER NOT NULL,
         key TEXT NOT NULL,
         state TEXT NOT NULL,
         reason TEXT,
         record_id INTEGER,
         PRIMARY KEY (plan_id, row)
     ) WITHOUT ROWID;
     CREATE TABLE steps (
         step INTEGER PRIMARY KEY AUTOINCREMENT,
         plan_id TEXT NOT NULL,
         method TEXT NOT NULL,
         path TEXT NOT NULL,
         rows TEXT NOT NULL,
         opened_at TEXT NOT NULL,
         closed_at TEXT,
         outcome TEXT,
         answer TEXT
     );
     CREATE INDEX steps_by_plan ON steps (plan_id);"];

/// Brings the database up to date.
pub fn prepare(connection: &mut Connection) -> std::result::Result<(), Error> {
    let known = STEPS.len() as i64;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(Error::Newer { found, known });
    }
    for step in &STEPS[usize::try_from(found).unwrap_or(0)..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    Ok(transaction.commit()?)
}

/// Writes the plan and its rows, all pending.
pub fn insert_plan(transaction: &Transaction, plan: &Plan, text: &str, now: &str) -> Result<()> {
    let id = plan.id.to_string();
    transaction.execute(
        "INSERT INTO applications (plan_id, store_hash, kind, plan, began_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, plan.store_hash, plan.kind.as_str(), text, now],
    )?;
    let creates = plan.creates.iter().map(|create| (create.line, &create.key));
    let updates = plan.updates.iter().map(|update| (update.line, &update.key));
    let mut insert = transaction
        .prepare("INSERT INTO rows (plan_id, row, line, key, state) VALUES (?1, ?2, ?3, ?4, 'pending')")?;
    for (row, (line, key)) in creates.chain(updates).enumerate() {
        insert.execute(params![id, row as i64, i64::try_from(line).unwrap_or(i64::MAX), key])?;
    }
    Ok(())
}

/// The rows of steps of which no answer told whether they were done.
pub fn open_rows(transaction: &Transaction, plan: &str) -> Result<BTreeSet<usize>> {
    let mut steps = transaction
        .prepare("SELECT rows FROM steps WHERE plan_id = ?1 AND coalesce(outcome, 'unknown') = 'unknown'")?;
    let lists = steps.query_map([plan], |row| row.get::<_, String>(0))?;
    let mut rows = BTreeSet::new();
    for list in lists {
        rows.extend(serde_json::from_str::<Vec<usize>>(&list?).unwrap_or_default());
    }
    Ok(rows)
}

/// How far every row of the plan is.
pub fn standings(transaction: &Transaction, plan: &str) -> Result<Vec<Standing>> {
    let sql = "SELECT state, reason, record_id FROM rows WHERE plan_id = ?1 ORDER BY row";
    let mut statement = transaction.prepare(sql)?;
    let rows = statement.query_map([plan], |row| {
        let word: String = row.get(0)?;
        let state =
            STATES.iter().find(|(_, known)| *known == word).map_or(State::Pending, |(state, _)| *state);
        Ok(Standing { state, reason: row.get(1)?, record_id: row.get(2)? })
    })?;
    rows.collect()
}

/// Writes down what became of rows; an id that is known stays known.
pub fn note(transaction: &Transaction, plan: Uuid, rows: &[(usize, Standing)]) -> Result<()> {
    let mut update = transaction.prepare_cached(
        "UPDATE rows SET state = ?3, reason = ?4, record_id = coalesce(?5, record_id)
         WHERE plan_id = ?1 AND row = ?2",
    )?;
    let plan = plan.to_string();
    for (row, standing) in rows {
        update.execute(params![
            plan,
            *row as i64,
            standing.state.as_str(),
            standing.reason,
            standing.record_id
        ])?;
    }
    Ok(())
}
