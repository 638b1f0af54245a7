//! Entries of the change log as they are printed.

use baxter_engine::storage::ChangeEntry;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::cli::status::seconds;
use crate::failure::Failure;
use crate::print::{Cell, Documents, Format, Printer, Rows};

/// Differences that a table names.
const SHOWN: usize = 3;
/// Columns of a table.
pub const TABLE: [&str; 7] = ["seq", "at", "stream", "key", "kind", "noticed_by", "changes"];
/// Members of an entry, in the order in which CSV has them.
const MEMBERS: [&str; 10] =
    ["seq", "stream", "key", "kind", "noticed_by", "at", "store_at", "changes", "record", "lag"];

/// Where entries go.
pub enum Sink<'a> {
    Documents(Documents<'a>),
    Rows(Rows<'a>, Format),
}

impl<'a> Sink<'a> {
    pub fn new(printer: &'a mut Printer, format: Format) -> Self {
        let columns: &[&str] = match format {
            Format::Json | Format::Jsonl => return Sink::Documents(printer.documents()),
            Format::Table => &TABLE,
            Format::Csv => &MEMBERS,
        };
        Sink::Rows(printer.rows(columns.iter().map(|name| (*name).to_owned()).collect()), format)
    }

    pub fn entry(&mut self, entry: &ChangeEntry) -> Result<(), Failure> {
        match self {
            Sink::Documents(documents) => {
                documents.document(&serde_json::to_string(entry).map_err(std::io::Error::other)?)
            }
            Sink::Rows(rows, Format::Table) => rows.row(table_row(entry)),
            Sink::Rows(rows, _) => rows.row(csv_row(entry)),
        }
    }

    pub fn flush(&mut self) -> Result<(), Failure> {
        match self {
            Sink::Documents(documents) => documents.flush(),
            Sink::Rows(rows, _) => rows.flush(),
        }
    }

    pub fn end(self) -> Result<(), Failure> {
        match self {
            Sink::Documents(documents) => documents.end(),
            Sink::Rows(rows, _) => rows.end().map(|_| ()),
        }
    }
}

/// An entry for people; see [`TABLE`].
pub fn table_row(entry: &ChangeEntry) -> Vec<Cell> {
    vec![
        entry.seq.into(),
        seconds(&entry.at).into(),
        entry.stream.as_str().into(),
        entry.key.as_str().into(),
        entry.kind.as_str().into(),
        entry.noticed_by.as_str().into(),
        summary(&entry.changes).into(),
    ]
}

fn csv_row(entry: &ChangeEntry) -> Vec<Cell> {
    let raw = |json: &RawValue| Cell::Json(json.get().to_owned());
    vec![
        entry.seq.into(),
        entry.stream.as_str().into(),
        entry.key.as_str().into(),
        entry.kind.as_str().into(),
        entry.noticed_by.as_str().into(),
        entry.at.as_str().into(),
        entry.store_at.as_deref().into(),
        raw(&entry.changes),
        entry.record.as_deref().map_or(Cell::Null, raw),
        entry.lag.into(),
    ]
}

#[derive(Deserialize)]
struct Difference<'a> {
    path: String,
    #[serde(borrow)]
    old: Option<&'a RawValue>,
    #[serde(borrow)]
    new: Option<&'a RawValue>,
}

/// The first few differences in words: `price: 10 → 12`.
fn summary(changes: &RawValue) -> String {
    let Ok(mut differences) = serde_json::from_str::<Vec<Difference>>(changes.get()) else {
        return String::new();
    };
    // That the time of modification moved says least.
    differences.sort_by_key(|difference| difference.path == "date_modified");
    let value = |json: Option<&RawValue>| json.map_or("nothing", RawValue::get).to_owned();
    let mut words: Vec<String> = differences
        .iter()
        .take(SHOWN)
        .map(|difference| {
            format!("{}: {} → {}", difference.path, value(difference.old), value(difference.new))
        })
        .collect();
    if differences.len() > SHOWN {
        words.push(format!("{} more", differences.len() - SHOWN));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_differences_in_words() {
        let changes = r#"[{"path":"price","old":10,"new":12.50},{"path":"u.p","new":"x"}]"#;
        let changes = RawValue::from_string(changes.into()).unwrap();
        assert_eq!(summary(&changes), "price: 10 → 12.50, u.p: nothing → \"x\"");
    }
}
