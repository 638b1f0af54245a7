//! Shows what is wrong with a configuration file: file, line, caret; all problems at once.

use std::fmt::Write;
use std::ops::Range;
use std::path::Path;

use crate::failure::{Code, Failure};

/// One thing that is wrong, and where.
#[derive(Debug)]
pub struct Problem {
    /// Bytes of the file it is about.
    pub span: Range<usize>,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// The failure that shows all `problems` of the file at `path` with this `text`.
pub fn failure(path: &Path, text: &str, problems: &[Problem]) -> Failure {
    let mut places = String::new();
    for (i, problem) in problems.iter().enumerate() {
        if i > 0 {
            places.push('\n');
        }
        place(&mut places, path, text, problem);
    }
    let what = match problems {
        [only] => only.what.clone(),
        many => format!("the configuration has {} problems", many.len()),
    };
    let hint = match problems {
        [only] => only.hint.clone(),
        _ => Some("`baxter init --print` shows every key with its meaning".into()),
    };
    Failure::new(Code::Configuration, what).at(places).maybe_hint(hint)
}

fn place(out: &mut String, path: &Path, text: &str, problem: &Problem) {
    let start = floor(text, problem.span.start);
    let end = floor(text, problem.span.end).max(start);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let number = text[..start].matches('\n').count() + 1;
    let start_column = text[line_start..start].chars().count();
    let width = text[start..end.min(line_end)].chars().count().max(1);
    let line = without_token(&text[line_start..line_end]);
    // Where the line was shortened, the caret may not point beyond it.
    let column = start_column.min(line.chars().count());
    let width = width.min((line.chars().count() - column).max(1));
    let gutter = " ".repeat(number.to_string().len());
    let hint = problem.hint.as_deref().map(|hint| format!("; {hint}")).unwrap_or_default();
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "{}:{number}:{}\n    {gutter} |\n    {number} | {line}\n    {gutter} | {}{} {}{hint}",
        path.display(),
        start_column + 1,
        " ".repeat(column),
        "^".repeat(width),
        problem.what,
    );
}

/// The line without what a person may have written after `token =`: it could be the token itself.
fn without_token(line: &str) -> String {
    let line = line.replace('\t', " ");
    match line.split_once('=') {
        Some((name, _)) if name.to_ascii_lowercase().contains("token") => format!("{name}= …"),
        _ => line,
    }
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
