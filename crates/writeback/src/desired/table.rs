//! A CSV file with a header: its columns found by name, every size bounded, every mistake with its place.

use std::io::{self, Read};

use csv::{ErrorKind, StringRecord};

use super::Error;
use crate::fields::plain;

/// The largest file, in bytes.
pub const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// The longest cell, in bytes.
pub const MOST_CELL: usize = 64 * 1024;
/// The most rows: a plan is made in memory.
pub const MOST_ROWS: usize = 500_000;

/// A file under way.
pub struct Table<R> {
    file: String,
    reader: csv::Reader<Lines<R>>,
    names: Vec<String>,
    record: StringRecord,
    rows: usize,
}

/// One row's cells.
pub struct Line<'a> {
    /// The line it begins on, from 1.
    pub number: u64,
    names: &'a [String],
    record: &'a StringRecord,
}

impl Line<'_> {
    /// The cell of a column without the white space around it; `None` when the file has no such column.
    pub fn get(&self, column: &str) -> Option<&str> {
        let place = self.names.iter().position(|name| name == column)?;
        self.record.get(place).map(str::trim)
    }
}

impl<R: Read> Table<R> {
    /// Reads the header, which may name `known` columns in any order and has to name the `required` ones.
    pub fn open(input: R, file: &str, known: &[&str], required: &[&str]) -> Result<Self, Error> {
        let input = Lines::new(input);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(input);
        let mut record = StringRecord::new();
        let file = file.to_owned();
        let some = reader.read_record(&mut record).map_err(|error| place(&file, &error))?;
        let wrong = |column: Option<String>, what: String| {
            Err(Error::Form { file: file.clone(), line: 1, column, what })
        };
        if !some {
            return wrong(None, format!("the file is empty; its header names {}", list(known)));
        }
        let mut names: Vec<String> = Vec::with_capacity(record.len());
        for (index, cell) in record.iter().enumerate() {
            let name = cell.trim_start_matches('\u{feff}').trim().to_lowercase();
            let column = Some((index + 1).to_string());
            if record.len() == 1 && name.contains([';', '\t', '|']) {
                return wrong(None, "the columns have to be separated by commas".to_owned());
            }
            if !known.contains(&name.as_str()) {
                let what = format!("`{}` is no column; known are {}", plain(&name), list(known));
                return wrong(column, what);
            }
            if names.contains(&name) {
                return wrong(column, format!("the column `{name}` is there twice"));
            }
            names.push(name);
        }
        if let Some(missing) = required.iter().find(|column| !names.iter().any(|name| name == *column)) {
            return wrong(None, format!("the header has no column `{missing}`"));
        }
        Ok(Self { file, reader, names, record, rows: 0 })
    }

    /// The next row with anything in it.
    pub fn next(&mut self) -> Result<Option<Line<'_>>, Error> {
        loop {
            let more =
                self.reader.read_record(&mut self.record).map_err(|error| place(&self.file, &error))?;
            if !more {
                return Ok(None);
            }
            if self.record.iter().any(|cell| !cell.trim().is_empty()) {
                break;
            }
        }
        // The reader's own idea of where a record begins counts from the blank lines before it.
        let within: usize = self.record.iter().map(|cell| cell.matches('\n').count()).sum();
        let number = self.reader.position().line().saturating_sub(1 + within as u64);
        let wrong = |column: Option<String>, what: String| {
            Err(Error::Form { file: self.file.clone(), line: number, column, what })
        };
        if let Some(long) = self.record.iter().position(|cell| cell.len() > MOST_CELL) {
            let column = self.names.get(long).cloned();
            return wrong(column, format!("the cell is longer than {MOST_CELL} bytes"));
        }
        self.rows += 1;
        if self.rows > MOST_ROWS {
            return wrong(None, format!("more than {MOST_ROWS} rows: split the file"));
        }
        Ok(Some(Line { number, names: &self.names, record: &self.record }))
    }
}

/// What the reader says, with the place it says it of.
fn place(file: &str, error: &csv::Error) -> Error {
    let file = file.to_owned();
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        ErrorKind::Io(source) => {
            // The cause is borrowed from the reader's error; kind and text are what there is to say.
            Error::Io { file, source: io::Error::new(source.kind(), source.to_string()) }
        }
        ErrorKind::Utf8 { err, .. } => Error::Form {
            file,
            line,
            column: Some((err.field() + 1).to_string()),
            what: "this is not UTF-8; save the file as \"CSV UTF-8\"".to_owned(),
        },
        ErrorKind::UnequalLengths { expected_len, len, .. } => Error::Form {
            file,
            line,
            column: None,
            what: format!("the row has {len} cells where the header has {expected_len}"),
        },
        _ => Error::Form { file, line, column: None, what: error.to_string() },
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The file's bytes with every line ended by a line feed alone, so that lines can be counted; ends with an error,
/// not with an exhausted machine, however much comes.
struct Lines<R> {
    input: R,
    left: u64,
    last: u8,
}

impl<R: Read> Lines<R> {
    fn new(input: R) -> Self {
        Lines { input, left: MOST_BYTES, last: b'\n' }
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.input.read(buffer)?;
            self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
                let what = format!("the file is larger than {MOST_BYTES} bytes");
                io::Error::new(io::ErrorKind::FileTooLarge, what)
            })?;
            if read == 0 {
                let ended = matches!(self.last, b'\n' | b'\r');
                self.last = b'\n';
                return match buffer.first_mut() {
                    Some(first) if !ended => {
                        *first = b'\n';
                        Ok(1)
                    }
                    _ => Ok(0),
                };
            }
            let mut written = 0;
            for at in 0..read {
                let byte = buffer[at];
                if byte != b'\n' || self.last != b'\r' {
                    buffer[written] = if byte == b'\r' { b'\n' } else { byte };
                    written += 1;
                }
                self.last = byte;
            }
            if written > 0 {
                return Ok(written);
            }
        }
    }
}
