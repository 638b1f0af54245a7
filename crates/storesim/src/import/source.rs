//! The files of an import: which there are, and their entries one after the other with their places.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::value::RawValue;

use super::columns::{self, Columns, Fields};
use crate::declare;
use crate::error::Error;
use crate::generate::shape::Member;
use crate::json::Members;

/// The longest line of JSON lines, and the longest CSV record.
const LINE: usize = 16 << 20;
/// The largest recorded answer; a page of products with their variants can pass 16 MiB.
pub(super) const ANSWER: u64 = 64 << 20;

/// One file of the folder.
pub(super) struct Source {
    pub(super) resource: &'static str,
    pub(super) path: PathBuf,
    form: Form,
    /// The parent of records that say none, where the path of a recorded answer names it.
    parent: Option<i64>,
    recorded: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Lines,
    Csv,
    Answer,
}

/// One record as it stands in a file.
pub(super) struct Entry<'a> {
    /// The line it begins on, from one.
    pub(super) line: u64,
    /// The parent, where the file names it beside the record.
    pub(super) parent: Option<i64>,
    pub(super) body: Body<'a>,
}

/// What an entry holds.
pub(super) enum Body<'a> {
    /// JSON text, to be kept as it is.
    Text(&'a str),
    /// Cells, to be completed.
    Cells(Fields),
}

/// The files of `dir` in the order in which they are to be read.
pub(super) fn find(dir: &Path) -> Result<Vec<Source>, Error> {
    let read = |source| Error::Read { path: dir.to_owned(), source };
    let mut found: Vec<Source> = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(read)? {
        let path = entry.map_err(read)?.path();
        let form = match path.extension().and_then(|extension| extension.to_str()) {
            Some("jsonl") => Form::Lines,
            Some("csv") => Form::Csv,
            Some("json") => Form::Answer,
            _ => continue,
        };
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let names = columns::resources();
        let Some(resource) = resource(stem) else {
            if form == Form::Answer && stem == "summary" {
                continue;
            }
            let reason = format!("there is no resource {stem}; there are {}", names.join(", "));
            return Err(Error::Import { path, line: 1, reason });
        };
        if let Some(other) = found.iter().find(|source| source.resource == resource) {
            let other = other.path.display();
            let reason = format!("there is also {other}; a resource is one file");
            return Err(Error::Import { path, line: 1, reason });
        }
        found.push(Source { resource, path, form, parent: None, recorded: false });
    }
    found.sort_by_key(|source| columns::resources().iter().position(|name| *name == source.resource));
    Ok(found)
}

/// The resource that a file is named after, leniently: `orders_v2`, `price-lists` and `options` are
/// `orders`, `price_lists` and `product_options`.
fn resource(stem: &str) -> Option<&'static str> {
    let stem = stem.to_lowercase().replace(['-', ' '], "_");
    let of_version = |version: &str, path: &str| {
        let plain = stem.strip_suffix(version)?;
        let own = declare::resources().iter().find(|resource| resource.name == plain)?;
        own.endpoints.iter().any(|endpoint| endpoint.path.starts_with(path)).then(|| plain.to_owned())
    };
    let other = of_version("_v2", "/v2/").or_else(|| of_version("_v3", "/v3/"));
    let tries = [Some(stem.clone()), other, Some(format!("product_{stem}")), Some(format!("order_{stem}"))];
    let mut tries = tries.into_iter().flatten();
    tries.find_map(|name| columns::resources().iter().copied().find(|known| *known == name))
}

impl Source {
    /// The answer of a path.
    pub(super) fn recorded(resource: &'static str, path: PathBuf, parent: Option<i64>) -> Self {
        Self { resource, path, form: Form::Answer, parent, recorded: true }
    }

    /// True when it is the answer of a path, beside which there may be others with the same records.
    pub(super) fn is_recorded(&self) -> bool {
        self.recorded
    }

    /// An error at a line of this file.
    pub(super) fn fault(&self, line: u64, reason: impl Into<String>) -> Error {
        Error::Import { path: self.path.clone(), line, reason: reason.into() }
    }

    /// True when the records are made from cells, and what they lack is filled in.
    pub(super) fn is_csv(&self) -> bool {
        self.form == Form::Csv
    }

    /// Hands every entry to `take`, whose errors end the reading.
    pub(super) fn each(&self, take: &mut dyn FnMut(Entry) -> Result<(), Error>) -> Result<(), Error> {
        let file = File::open(&self.path).map_err(|source| self.unreadable(source))?;
        match self.form {
            Form::Lines => self.lines(BufReader::with_capacity(1 << 16, file), take),
            Form::Csv => self.cells(file, take),
            Form::Answer => self.answer(file, take),
        }
    }

    fn unreadable(&self, source: io::Error) -> Error {
        Error::Read { path: self.path.clone(), source }
    }

    fn lines(
        &self,
        mut reader: impl BufRead,
        take: &mut dyn FnMut(Entry) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut bytes = Vec::new();
        for line in 1.. {
            bytes.clear();
            let mut limited = reader.by_ref().take(LINE as u64 + 1);
            limited.read_until(b'\n', &mut bytes).map_err(|source| self.unreadable(source))?;
            if bytes.is_empty() {
                break;
            }
            if bytes.len() > LINE {
                return Err(self.fault(line, "the line is longer than 16 MiB"));
            }
            let text = self.utf8(line, &bytes)?.trim();
            if text.is_empty() {
                continue;
            }
            let members = self.object(line, text)?;
            take(entry(line, text, &members))?;
        }
        Ok(())
    }

    fn utf8<'a>(&self, line: u64, bytes: &'a [u8]) -> Result<&'a str, Error> {
        let bytes = if line == 1 { bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes) } else { bytes };
        std::str::from_utf8(bytes).map_err(|e| self.fault(line, format!("no valid UTF-8: {e}")))
    }

    /// Reads an object, or says why it is none.
    fn object<'a>(&self, line: u64, text: &'a str) -> Result<Members<'a>, Error> {
        serde_json::from_str(text).map_err(|e| {
            // The error counts lines within the text.
            let line = line + (e.line() as u64).saturating_sub(1);
            self.fault(line, format!("no JSON object: {e}"))
        })
    }

    fn answer(&self, file: File, take: &mut dyn FnMut(Entry) -> Result<(), Error>) -> Result<(), Error> {
        let mut bytes = Vec::new();
        file.take(ANSWER + 1).read_to_end(&mut bytes).map_err(|source| self.unreadable(source))?;
        if bytes.len() as u64 > ANSWER {
            return Err(self.fault(1, "the answer is larger than 64 MiB; use JSON lines"));
        }
        let all = self.utf8(1, &bytes)?;
        let text = all.trim();
        if text.is_empty() {
            return Ok(());
        }
        let line_of = |part: &str| {
            let offset = part.as_ptr() as usize - all.as_ptr() as usize;
            1 + all.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count() as u64
        };
        let mut list = text;
        let mut parent = self.parent;
        if text.starts_with('{') {
            let members = self.object(line_of(text), text)?;
            match members.get("data") {
                Some(data) => {
                    list = data;
                    parent = members.get("parent").and_then(|raw| raw.parse().ok()).or(parent);
                }
                None => {
                    let mut entry = entry(line_of(text), text, &members);
                    entry.parent = entry.parent.or(parent);
                    return take(entry);
                }
            }
        }
        if list.starts_with('{') {
            return take(Entry { line: line_of(list), parent, body: Body::Text(list) });
        }
        let records: Vec<&RawValue> = serde_json::from_str(list).map_err(|e| {
            let line = line_of(list) + (e.line() as u64).saturating_sub(1);
            self.fault(line, format!("neither a record, a list of records nor an answer with data: {e}"))
        })?;
        for record in records {
            let text = record.get();
            let line = line_of(text);
            let members = self.object(line, text)?;
            let mut entry = entry(line, text, &members);
            entry.parent = entry.parent.or(parent);
            take(entry)?;
        }
        Ok(())
    }

    fn cells(&self, file: File, take: &mut dyn FnMut(Entry) -> Result<(), Error>) -> Result<(), Error> {
        let left = Rc::new(Cell::new(LINE));
        let bounded = Bounded { inner: file, left: Rc::clone(&left) };
        let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 16).from_reader(bounded);
        let header = reader.byte_headers().map_err(|e| self.broken(e))?.clone();
        let columns = Columns::new(self.members(), self.resource, &header);
        let columns = columns.map_err(|reason| self.fault(1, reason))?;
        let mut record = csv::ByteRecord::new();
        loop {
            left.set(LINE);
            if !reader.read_byte_record(&mut record).map_err(|e| self.broken(e))? {
                return Ok(());
            }
            let line = record.position().map_or(0, csv::Position::line);
            let (parent, fields) = columns.read(&record).map_err(|reason| self.fault(line, reason))?;
            take(Entry { line, parent, body: Body::Cells(fields) })?;
        }
    }

    fn members(&self) -> &'static [Member] {
        columns::members(self.resource)
    }

    fn broken(&self, error: csv::Error) -> Error {
        let line = error.position().map_or(1, csv::Position::line);
        match error.into_kind() {
            csv::ErrorKind::Io(source) => self.unreadable(source),
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                self.fault(line, format!("{len} cells, but the header has {expected_len}"))
            }
            other => self.fault(line, format!("no valid CSV: {other:?}")),
        }
    }
}

/// An object, or `{"parent":1,"record":{…}}`, which names the parent beside the record.
fn entry<'a>(line: u64, text: &'a str, members: &Members<'a>) -> Entry<'a> {
    if let (2, Some(parent), Some(record)) = (members.0.len(), members.get("parent"), members.get("record"))
        && record.starts_with('{')
        && let Ok(parent) = parent.parse()
    {
        return Entry { line, parent: Some(parent), body: Body::Text(record) };
    }
    Entry { line, parent: None, body: Body::Text(text) }
}

/// Stops a CSV record that never ends, such as one with a quote that nobody closes.
struct Bounded {
    inner: File,
    left: Rc<Cell<usize>>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::Error::other("a record is longer than 16 MiB; is a quote left open?"));
        }
        let read = self.inner.read(buffer)?;
        self.left.set(self.left.get().saturating_sub(read));
        Ok(read)
    }
}
