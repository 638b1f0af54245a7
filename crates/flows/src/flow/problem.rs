//! What is wrong with a flow's file, and where: file, line, caret.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// One thing that is wrong with a flow's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// Its line, from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
    /// What is wrong, and what is allowed.
    pub what: String,
    /// The line's text.
    pub text: String,
    /// How many characters of it are meant.
    pub width: usize,
}

impl Problem {
    /// A problem with the file as a whole.
    pub(super) fn of_file(file: &Path, what: impl Into<String>) -> Self {
        Problem {
            file: file.to_owned(),
            line: 0,
            column: 0,
            what: what.into(),
            text: String::new(),
            width: 0,
        }
    }

    /// A problem with the bytes `span` of the file's `text`.
    pub(super) fn at(file: &Path, text: &str, span: Range<usize>, what: impl Into<String>) -> Self {
        let floor = |mut at: usize| {
            at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (floor(span.start), floor(span.end));
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        Problem {
            file: file.to_owned(),
            line: text[..start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            what: what.into(),
            text: text[line_start..line_end].trim_end().to_owned(),
            width: text[start..end.clamp(start, line_end)].chars().count().max(1),
        }
    }
}

impl Problem {
    /// The same without the line's text.
    pub(super) fn without_text(self) -> Self {
        Problem { text: String::new(), ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.line == 0 {
            return write!(f, "{}: {}", self.file.display(), self.what);
        }
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        write!(f, "{}:{}:{}: {}", self.file.display(), self.line, self.column, self.what)?;
        if self.text.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n  {number} | {}", self.text)?;
        write!(f, "  {gutter} | {}{}", " ".repeat(self.column.saturating_sub(1)), "^".repeat(self.width))
    }
}

/// Everything that is wrong with the flows' files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Problems(pub Vec<Problem>);
