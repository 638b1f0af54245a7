//! Columns that were declared after a mirror was made: they are added and filled from `raw`, so that nothing has to be
//! fetched again.

use rusqlite::types::Value as SqlValue;
use rusqlite::{Transaction, params, params_from_iter};

use super::Error;
use crate::model::json;
use crate::model::stream::column::{Layout, Value};
use crate::model::stream::{Column, Stream};

/// Adds the declared columns that the stream's table does not have, with their values.
pub(super) fn add_missing(transaction: &Transaction, stream: &Stream) -> Result<(), Error> {
    let mut statement = transaction.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let present: Vec<String> =
        statement.query_map([&stream.name], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let missing: Vec<Column> =
        stream.columns.iter().filter(|column| !present.contains(&column.name)).cloned().collect();
    if missing.is_empty() {
        return Ok(());
    }
    for column in &missing {
        transaction.execute_batch(&format!(
            "ALTER TABLE \"{}\" ADD COLUMN \"{}\" {}",
            stream.name,
            column.name,
            column.r#type.sql()
        ))?;
    }
    fill(transaction, stream, &missing)
}

/// Reads the columns of every record from its text.
fn fill(transaction: &Transaction, stream: &Stream, columns: &[Column]) -> Result<(), Error> {
    let sets: Vec<String> =
        columns.iter().enumerate().map(|(i, column)| format!("\"{}\" = ?{}", column.name, i + 2)).collect();
    let update = format!("UPDATE \"{}\" SET {} WHERE rowid = ?1", stream.name, sets.join(", "));
    let mut update = transaction.prepare(&update)?;
    let next =
        format!("SELECT rowid, raw FROM \"{}\" WHERE rowid > ?1 ORDER BY rowid LIMIT 1000", stream.name);
    let mut next = transaction.prepare(&next)?;
    let (mut last, mut layout) = (i64::MIN, Layout::default());
    loop {
        let rows: Vec<(i64, String)> =
            next.query_map(params![last], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let Some((end, _)) = rows.last() else { return Ok(()) };
        last = *end;
        for (row, raw) in rows {
            let damaged = |_| Error::Damaged { stream: stream.name.clone(), key: format!("row {row}") };
            let members = json::members(&raw).map_err(damaged)?;
            // What does not fit is NULL, as ever; it is noted when the record is next received.
            let mut misfits = Vec::new();
            let values = layout.values(columns, &members, &mut misfits).map(|value| match value {
                Value::Null => SqlValue::Null,
                Value::Integer(integer) => SqlValue::Integer(integer),
                Value::Text(text) => SqlValue::Text(text.into_owned()),
            });
            update.execute(params_from_iter(std::iter::once(SqlValue::Integer(row)).chain(values)))?;
        }
    }
}
