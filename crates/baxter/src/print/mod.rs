//! The one printer: data goes to standard output, everything else to standard error. Colour only where
//! a terminal wants it, and never as the only carrier of a meaning. A reader that goes away ends the
//! command quietly.

mod cell;
mod documents;
mod json;
mod members;
mod rows;

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Write};

use owo_colors::OwoColorize;
use serde::Serialize;

pub use cell::{Cell, visible};
pub use documents::Documents;
pub use json::indent;
pub use rows::Rows;

use self::members::Members;
use crate::failure::Failure;

/// How data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Columns for people.
    Table,
    /// One JSON document.
    Json,
    /// One JSON object per line.
    Jsonl,
    /// Comma-separated values with a header line.
    Csv,
}

impl Format {
    /// The word for it after `-o`.
    pub fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Json => "json",
            Format::Jsonl => "jsonl",
            Format::Csv => "csv",
        }
    }
}

/// Writes all that a command says.
pub struct Printer {
    out: BufWriter<io::Stdout>,
    format: Option<Format>,
    quiet: bool,
    colour: bool,
}

impl Printer {
    /// `format` is what was asked for, if anything was; `quiet` drops notes, never errors or data.
    pub fn new(format: Option<Format>, quiet: bool) -> Self {
        let colour = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
        Self { out: BufWriter::with_capacity(64 * 1024, io::stdout()), format, quiet, colour }
    }

    /// The format asked for, or `otherwise`.
    pub fn format_or(&self, otherwise: Format) -> Format {
        self.format.unwrap_or(otherwise)
    }

    /// Whether a person is reading standard output.
    pub fn data_is_for_a_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Standard output, buffered; [`Printer::flush`] when a reader may wait for it.
    pub fn out(&mut self) -> &mut impl Write {
        &mut self.out
    }

    /// Writes one line of data.
    pub fn line(&mut self, text: impl Display) -> Result<(), Failure> {
        writeln!(self.out, "{text}")?;
        Ok(())
    }

    /// Writes a value as one indented JSON document.
    pub fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
        self.line(text)
    }

    /// Writes the one thing that a command has to say, if a machine listens: indented as `json`, a line as `jsonl`,
    /// a header and a row as `csv`. Whether it did; people get words instead.
    pub fn told(&mut self, value: &impl Serialize) -> Result<bool, Failure> {
        match self.format {
            Some(Format::Json) => self.json(value)?,
            Some(Format::Jsonl) => self.json_line(value)?,
            Some(Format::Csv) => {
                let (columns, cells) = Members::of(value)?.0.into_iter().unzip();
                let mut rows = self.rows(columns);
                rows.row(cells)?;
                rows.end()?;
            }
            Some(Format::Table) | None => return Ok(false),
        }
        Ok(true)
    }

    /// Writes objects, if a machine listens: one array as `json`, a line each as `jsonl`, these members of each as
    /// `csv`. Whether it did.
    pub fn told_each<T: Serialize>(&mut self, values: &[T], columns: &[&str]) -> Result<bool, Failure> {
        match self.format {
            Some(Format::Json) => self.json(&values)?,
            Some(Format::Jsonl) => values.iter().try_for_each(|value| self.json_line(value))?,
            Some(Format::Csv) => {
                let mut rows = self.rows(columns.iter().map(|name| (*name).to_owned()).collect());
                for value in values {
                    let mut members = Members::of(value)?;
                    rows.row(columns.iter().map(|name| members.take(name)).collect())?;
                }
                rows.end()?;
            }
            Some(Format::Table) | None => return Ok(false),
        }
        Ok(true)
    }

    fn json_line(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        self.line(serde_json::to_string(value).map_err(io::Error::other)?)
    }

    /// Begins rows of data under these column names, in the format asked for, a table if none was.
    pub fn rows(&mut self, columns: Vec<String>) -> Rows<'_> {
        let format = self.format_or(Format::Table);
        Rows::new(&mut self.out, format, columns)
    }

    /// Begins JSON texts: a line each as `jsonl`, else one array.
    pub fn documents(&mut self) -> Documents<'_> {
        let lines = self.format == Some(Format::Jsonl);
        Documents::new(&mut self.out, lines)
    }

    /// Says something beside the data, unless quiet.
    pub fn note(&self, text: impl Display) {
        if !self.quiet {
            self.tell(text);
        }
    }

    /// A heading within the data, with an empty line before it, handed over at once.
    pub fn step(&mut self, text: impl Display) -> Result<(), Failure> {
        let bold = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
        if bold {
            writeln!(self.out, "\n{}", text.bold())?
        } else {
            writeln!(self.out, "\n== {text}")?
        }
        self.flush()
    }

    /// A failure, as the last words of a command.
    pub fn failure(&self, failure: &Failure) {
        let text = failure.to_string();
        let Some((label, rest)) = text.split_once(": ") else { return };
        if self.colour {
            self.tell(format_args!("{} {rest}", format_args!("{label}:").red().bold()));
        } else {
            self.tell(format_args!("{label}: {rest}"));
        }
    }

    fn tell(&self, text: impl Display) {
        tell(text);
    }

    /// Hands over what is buffered.
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush()?;
        Ok(())
    }
}

/// Says something beside the data. Where standard error is closed there is nobody left to tell.
pub fn tell(text: impl Display) {
    writeln!(io::stderr().lock(), "{text}").ok();
}

/// A count with its noun, whose plural ends in `s`: `1 request`, `2 requests`.
pub fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A count with thin separators for people: 1,234,567.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{counted, grouped};

    #[test]
    fn counts_in_words() {
        let words = [0, 1, 2].map(|count| counted(count, "request"));
        assert_eq!(words, ["0 requests", "1 request", "2 requests"]);
    }

    #[test]
    fn groups_digits() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1000), "1,000");
        assert_eq!(grouped(1234567), "1,234,567");
    }
}
