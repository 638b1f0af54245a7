//! Rows of data as they come, in any of the formats. Only tables hold rows back, a block at a time.

use std::io::{self, Write};

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle, presets};

use super::{Cell, Format};
use crate::failure::Failure;

/// Rows of one table block; column widths may differ from block to block, memory stays bounded.
const BLOCK: usize = 1000;
/// The widest a table shows one value.
const WIDEST: usize = 72;

/// A line under the header and nothing else: easy to read, and to cut with other tools.
const STYLE: TableStyle = presets::NOTHING.header_separator(LineStyle::none().fill('─').junction('─'));

/// Writes rows under a header. [`Rows::end`] must be called; what it returns is the number of rows.
pub struct Rows<'a> {
    out: &'a mut dyn Write,
    format: Format,
    columns: Vec<String>,
    block: Vec<Vec<Cell>>,
    count: u64,
    started: bool,
}

impl<'a> Rows<'a> {
    pub(super) fn new(out: &'a mut dyn Write, format: Format, mut columns: Vec<String>) -> Self {
        distinguish(&mut columns);
        Self { out, format, columns, block: Vec::new(), count: 0, started: false }
    }

    /// Writes one row: a value per column, in their order.
    pub fn row(&mut self, cells: Vec<Cell>) -> Result<(), Failure> {
        self.start()?;
        match self.format {
            Format::Table => {
                self.block.push(cells);
                if self.block.len() == BLOCK {
                    self.write_block()?;
                }
            }
            Format::Json => {
                self.out.write_all(if self.count == 0 { b"\n" } else { b",\n" })?;
                self.write_object(&cells)?;
            }
            Format::Jsonl => {
                self.write_object(&cells)?;
                self.out.write_all(b"\n")?;
            }
            Format::Csv => self.write_csv(cells.iter().map(Cell::to_csv))?,
        }
        self.count += 1;
        Ok(())
    }

    /// Hands complete rows to a reader that may be waiting; of no use within a JSON document.
    pub fn flush(&mut self) -> Result<(), Failure> {
        if self.format == Format::Table && !self.block.is_empty() {
            self.write_block()?;
        }
        self.out.flush()?;
        Ok(())
    }

    /// Ends the data and returns the number of rows.
    pub fn end(mut self) -> Result<u64, Failure> {
        self.start()?;
        match self.format {
            Format::Table => self.write_block()?,
            Format::Json if self.count == 0 => self.out.write_all(b"]\n")?,
            Format::Json => self.out.write_all(b"\n]\n")?,
            Format::Jsonl | Format::Csv => {}
        }
        self.out.flush()?;
        Ok(self.count)
    }

    fn start(&mut self) -> Result<(), Failure> {
        if self.started {
            return Ok(());
        }
        self.started = true;
        match self.format {
            Format::Json => self.out.write_all(b"[")?,
            Format::Csv => {
                let columns = self.columns.clone();
                self.write_csv(columns.iter().map(String::as_str))?;
            }
            Format::Table | Format::Jsonl => {}
        }
        Ok(())
    }

    fn write_object(&mut self, cells: &[Cell]) -> io::Result<()> {
        self.out.write_all(b"{")?;
        for (i, (column, cell)) in self.columns.iter().zip(cells).enumerate() {
            if i > 0 {
                self.out.write_all(b",")?;
            }
            serde_json::to_writer(&mut self.out, column)?;
            self.out.write_all(b":")?;
            self.out.write_all(cell.to_json().as_bytes())?;
        }
        self.out.write_all(b"}")
    }

    fn write_csv<T: AsRef<str>>(&mut self, fields: impl Iterator<Item = T>) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(&mut *self.out);
        for field in fields {
            writer.write_field(field.as_ref()).map_err(unwrap_csv)?;
        }
        writer.write_record(None::<&[u8]>).map_err(unwrap_csv)?;
        writer.flush()
    }

    fn write_block(&mut self) -> io::Result<()> {
        // A table without rows is a header; a block without rows is nothing.
        if self.columns.is_empty() || (self.block.is_empty() && self.count > 0) {
            return Ok(());
        }
        let mut table = Table::new();
        table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
        // A terminal that does not know its width says so with a zero.
        if table.width() == Some(0) {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
        table.set_header(self.columns.iter().map(|name| super::visible(name).into_owned()));
        for row in &self.block {
            table.add_row(row.iter().map(|cell| {
                let shown = comfy_table::Cell::new(cell.to_table(WIDEST));
                if cell.is_number() { shown.set_alignment(CellAlignment::Right) } else { shown }
            }));
        }
        self.block.clear();
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        for line in table.lines() {
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// The system's error beneath the writer's.
fn unwrap_csv(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Gives repeated column names a number, so that no object has a member twice: `a`, `a_2`.
fn distinguish(columns: &mut [String]) {
    let mut seen = std::collections::HashSet::new();
    for column in columns {
        let mut name = column.clone();
        for n in 2.. {
            if seen.insert(name.clone()) {
                break;
            }
            name = format!("{column}_{n}");
        }
        *column = name;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format, rows: Vec<Vec<Cell>>) -> String {
        let mut out = Vec::new();
        let mut writer = Rows::new(&mut out, format, vec!["id".into(), "name".into(), "id".into()]);
        for row in rows {
            writer.row(row).unwrap();
        }
        writer.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    fn sample() -> Vec<Vec<Cell>> {
        vec![
            vec![Cell::Number("1.10".into()), "a,b".into(), Cell::Null],
            vec![Cell::Number("22".into()), "c\"".into(), Cell::Json("{\"x\":1}".into())],
        ]
    }

    #[test]
    fn writes_every_format() {
        assert_eq!(
            written(Format::Json, sample()),
            "[\n{\"id\":1.10,\"name\":\"a,b\",\"id_2\":null},\n{\"id\":22,\"name\":\"c\\\"\",\"id_2\":{\"x\":1}}\n]\n"
        );
        assert_eq!(
            written(Format::Jsonl, sample()),
            "{\"id\":1.10,\"name\":\"a,b\",\"id_2\":null}\n{\"id\":22,\"name\":\"c\\\"\",\"id_2\":{\"x\":1}}\n"
        );
        assert_eq!(
            written(Format::Csv, sample()),
            "id,name,id_2\n1.10,\"a,b\",\n22,\"c\"\"\",\"{\"\"x\"\":1}\"\n"
        );
        assert_eq!(
            written(Format::Table, sample()),
            "id     name   id_2\n───────────────────────\n1.10   a,b\n  22   c\"     {\"x\":1}\n"
        );
    }

    #[test]
    fn writes_nothing_well() {
        assert_eq!(written(Format::Json, vec![]), "[]\n");
        assert_eq!(written(Format::Jsonl, vec![]), "");
        assert_eq!(written(Format::Csv, vec![]), "id,name,id_2\n");
    }
}
