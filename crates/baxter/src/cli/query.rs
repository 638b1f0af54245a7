//! `baxter query`: one reading SQL statement over the mirror.

use baxter_engine::model::stream::named;
use baxter_engine::storage::Error;
use rusqlite::types::Value;
use tokio::sync::mpsc;

use super::mirror::Mirrored;
use super::{Context, mirror};
use crate::failure::{Failure, mirror::query_failure};
use crate::print::Cell;

/// Rows that wait for the printer.
const WAITING: usize = 256;

/// Ask the mirror with SQL
#[derive(Debug, clap::Args)]
#[command(
    after_help = "There is a table per stream with typed columns and `raw`, the record's JSON as received.\n\
    Amounts are text: sum and compare them with decimal_sum, decimal_add, decimal_sub, decimal_mul and decimal_cmp.\n\n\
    Examples:\n  \
    baxter query \"select count(*), decimal_sum(total_inc_tax) from orders\"\n  \
    baxter query \"select name, price from products where decimal_cmp(price, '100') > 0\" -o csv\n  \
    baxter query \"select id, raw ->> '$.custom_url.url' as url from products limit 5\""
)]
pub struct Args {
    /// One statement that only reads
    sql: String,
}

enum Part {
    Columns(Vec<String>),
    Row(Vec<Value>),
}

/// Runs the statement.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    ask(args.sql, context).await
}

/// Runs one statement and prints its rows as they come. Dropped, it ends the statement.
pub async fn ask(sql: String, context: &mut Context) -> Result<(), Failure> {
    if super::sql::statement::is_empty(&sql) {
        return Err(Failure::usage("the statement is empty"));
    }
    let (sender, mut parts) = mpsc::channel::<Part>(WAITING);
    let settings = &context.settings;
    let mirrored = Mirrored::by(settings);
    let printer = &mut context.printer;
    let reading = mirror::read_with(settings, query_failure, move |reader| {
        for table in reader.tables_of(&sql)? {
            if let Some(stream) = named(&table) {
                mirrored.warn_of_unread(reader, stream)?;
            }
        }
        let gone = |_| Error::Interrupted;
        let mut begun = false;
        let columns = reader.query(&sql, |columns, row| {
            if !std::mem::replace(&mut begun, true) {
                sender.blocking_send(Part::Columns(columns.to_vec())).map_err(gone)?;
            }
            sender.blocking_send(Part::Row(row)).map_err(gone)
        })?;
        if !begun {
            sender.blocking_send(Part::Columns(columns)).map_err(gone)?;
        }
        Ok(())
    });
    // A closed pipe ends the printing, which drops `parts`, and with that the reading.
    let printing = async move {
        let Some(Part::Columns(columns)) = parts.recv().await else { return Ok(()) };
        let mut rows = printer.rows(columns);
        while let Some(Part::Row(row)) = parts.recv().await {
            rows.row(row.into_iter().map(cell).collect())?;
        }
        rows.end().map(|_| ())
    };
    let (read, printed) = tokio::join!(reading, printing);
    // When both fail, the printer's failure is the cause.
    printed.and(read)
}

/// A value of SQLite's, as it is printed.
pub fn cell(value: Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Integer(number) => number.into(),
        // Reals come from what a person's statement computes; JSON has no word for the infinite ones.
        Value::Real(number) if number.is_finite() => {
            Cell::Number(serde_json::Value::from(number).to_string())
        }
        Value::Real(_) => Cell::Null,
        Value::Text(text) => text.into(),
        Value::Blob(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
    }
}
