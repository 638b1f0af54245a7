//! Prints records page by page: whole and byte for byte as JSON, or the values of some columns.

use baxter_engine::model::json;
use baxter_engine::model::stream::{KeyPart, Stream};

use crate::failure::Failure;
use crate::print::{Cell, Documents, Format, Printer, Rows};

/// Columns of a table when none are named: what fits a terminal.
const TABLE_COLUMNS: usize = 7;

/// Where records go; [`Sink::end`] must be called.
pub enum Sink<'a> {
    /// Every record as it came, in a JSON array or a line each.
    Whole(Documents<'a>),
    /// Columns that the first page decides.
    Undecided { printer: &'a mut Printer, stream: &'a Stream, format: Format },
    /// Values of columns.
    Columns { rows: Rows<'a>, columns: Vec<String> },
    /// Replaced while a page is being printed.
    Moving,
}

impl<'a> Sink<'a> {
    /// Records of `stream`, or only their `fields`.
    pub fn new(printer: &'a mut Printer, stream: &'a Stream, fields: Vec<String>) -> Self {
        let format = printer.format_or(Format::Table);
        if !fields.is_empty() {
            return Sink::Columns { rows: printer.rows(fields.clone()), columns: fields };
        }
        match format {
            Format::Json | Format::Jsonl => Sink::Whole(printer.documents()),
            Format::Table | Format::Csv => Sink::Undecided { printer, stream, format },
        }
    }

    /// Prints the records of one page.
    pub fn page(&mut self, records: &[&str]) -> Result<(), Failure> {
        if let Sink::Undecided { .. } = self
            && let Sink::Undecided { printer, stream, format } = std::mem::replace(self, Sink::Moving)
        {
            let columns = columns_of(stream, format, records);
            *self = Sink::Columns { rows: printer.rows(columns.clone()), columns };
        }
        match self {
            Sink::Whole(documents) => records.iter().try_for_each(|record| documents.document(record)),
            Sink::Columns { rows, columns } => records
                .iter()
                .try_for_each(|record| rows.row(columns.iter().map(|path| cell(record, path)).collect())),
            Sink::Undecided { .. } | Sink::Moving => Ok(()),
        }
    }

    /// Ends the data.
    pub fn end(mut self) -> Result<(), Failure> {
        self.page(&[])?;
        match self {
            Sink::Whole(documents) => documents.end(),
            Sink::Columns { rows, .. } => rows.end().map(|_| ()),
            Sink::Undecided { .. } | Sink::Moving => Ok(()),
        }
    }
}

/// The columns to print when none were named: for tables the key and the stream's first columns that are
/// there, for CSV every member that any record of the first page has.
fn columns_of(stream: &Stream, format: Format, records: &[&str]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    let mut add = |name: String| {
        if !columns.contains(&name) {
            columns.push(name);
        }
    };
    if format == Format::Csv {
        for record in records {
            for member in json::members(record).unwrap_or_default() {
                add(member.name.into_owned());
            }
        }
        return columns;
    }
    for part in &stream.key {
        if let KeyPart::At { path, .. } = part {
            add(path.clone());
        }
    }
    let there =
        |path: &str| records.is_empty() || records.iter().any(|record| json::at(record, path).is_some());
    for column in &stream.columns {
        let path = column.path.join(".");
        if there(&path) {
            add(path);
        }
    }
    columns.truncate(TABLE_COLUMNS);
    columns
}

fn cell(record: &str, path: &str) -> Cell {
    json::at(record, path).map_or(Cell::Null, Cell::from_json)
}
