//! CSV and JSON lines.

use std::io::{self, Write};

use baxter_engine::model::stream::column::Type;

use super::Sink;
use super::column::{Column, Value};

/// Comma-separated values under a line of names; nothing is an empty field.
pub struct Csv<W: Write>(csv::Writer<W>);

impl<W: Write> Csv<W> {
    pub fn new(columns: &[Column], out: W) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(columns.iter().map(|column| column.name.as_str()))?;
        Ok(Csv(writer))
    }
}

impl<W: Write> Sink for Csv<W> {
    fn row(&mut self, values: Vec<Value>) -> io::Result<()> {
        let field = |value| match value {
            Value::Null => String::new(),
            Value::Integer(number) => number.to_string(),
            Value::Boolean(is) => is.to_string(),
            Value::Text(text) => text,
        };
        Ok(self.0.write_record(values.into_iter().map(field))?)
    }

    fn end(mut self: Box<Self>) -> io::Result<Vec<(String, u64)>> {
        self.0.flush()?;
        Ok(Vec::new())
    }
}

/// One object per line, its members in the order of the columns; amounts are text, so that no reader rounds them.
pub struct JsonLines<W: Write> {
    /// The name, quoted, and whether its text is JSON already.
    columns: Vec<(String, bool)>,
    out: W,
}

impl<W: Write> JsonLines<W> {
    pub fn new(columns: &[Column], out: W) -> Self {
        let quoted = |column: &Column| (quote(&column.name), column.r#type == Type::Json);
        JsonLines { columns: columns.iter().map(quoted).collect(), out }
    }
}

fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl<W: Write> Sink for JsonLines<W> {
    fn row(&mut self, values: Vec<Value>) -> io::Result<()> {
        for (at, ((name, is_json), value)) in self.columns.iter().zip(values).enumerate() {
            self.out.write_all(if at == 0 { b"{" } else { b"," })?;
            write!(self.out, "{name}:")?;
            match value {
                Value::Null => self.out.write_all(b"null")?,
                Value::Integer(number) => write!(self.out, "{number}")?,
                Value::Boolean(is) => write!(self.out, "{is}")?,
                Value::Text(text) if *is_json => self.out.write_all(text.replace('\n', " ").as_bytes())?,
                Value::Text(text) => self.out.write_all(quote(&text).as_bytes())?,
            }
        }
        self.out.write_all(b"}\n")
    }

    fn end(mut self: Box<Self>) -> io::Result<Vec<(String, u64)>> {
        self.out.flush()?;
        Ok(Vec::new())
    }
}
