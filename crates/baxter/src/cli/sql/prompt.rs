//! The prompt: lines until a statement is complete, with the names of tables and columns to complete.

use std::collections::BTreeSet;

use baxter_engine::model::stream;
use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Editor, Helper};

use super::statement;
use crate::failure::{Code, Failure};

/// Statements that the arrow keys bring back; they end with the session.
const HISTORY: usize = 500;

/// What a person entered.
pub enum Entered {
    /// Something to do.
    Text(String),
    /// Ctrl-C: begin anew.
    Cancelled,
    /// Ctrl-D.
    End,
}

/// The terminal's side of a session.
pub struct Prompt {
    editor: Editor<Names, MemHistory>,
    /// What was begun before a command of the prompt's own came between.
    begun: String,
}

impl Prompt {
    /// A prompt on this terminal.
    pub fn new() -> Result<Prompt, Failure> {
        let config = Config::builder()
            .max_history_size(HISTORY)
            .map_err(|error| broken(&error))?
            .auto_add_history(true)
            .completion_type(CompletionType::List)
            .build();
        let mut editor = Editor::with_history(config, MemHistory::new()).map_err(|error| broken(&error))?;
        editor.set_helper(Some(Names::new()));
        Ok(Prompt { editor, begun: String::new() })
    }

    /// Has the next statement begin with this text, which was entered already.
    pub fn go_on_with(&mut self, begun: &str) {
        self.begun = if begun.is_empty() { String::new() } else { format!("{begun}\n") };
    }

    /// Waits for a statement or a command.
    pub fn read(&mut self) -> Result<Entered, Failure> {
        use rustyline::error::ReadlineError;
        let begun = std::mem::take(&mut self.begun);
        match self.editor.readline_with_initial("baxter> ", (&begun, "")) {
            Ok(text) => Ok(Entered::Text(text)),
            Err(ReadlineError::Interrupted) => Ok(Entered::Cancelled),
            Err(ReadlineError::Eof) => Ok(Entered::End),
            Err(error) => Err(broken(&error)),
        }
    }
}

fn broken(error: &rustyline::error::ReadlineError) -> Failure {
    Failure::new(Code::File, format!("the terminal cannot be used: {error}"))
        .hint("`baxter sql \"select …\"` needs none")
}

/// What can be completed.
struct Names(BTreeSet<String>);

/// Words of SQL that are long, or frequent.
const WORDS: &str = "select from where group by order limit having join left using distinct count sum min max like \
    between exists union with recursive values as and or not null is in on case when then else end cast";

impl Names {
    fn new() -> Self {
        let mut names: BTreeSet<String> = WORDS.split_whitespace().map(str::to_owned).collect();
        names.extend(["changes", "raw", "decimal_sum(", "decimal_cmp("].map(str::to_owned));
        for stream in stream::all() {
            names.insert(stream.name.clone());
            names.extend(stream.key_columns().into_iter().map(|(name, _)| name.to_owned()));
            names.extend(stream.columns.iter().map(|column| column.name.clone()));
        }
        Names(names)
    }

    /// Where the word before `place` begins, and what it may become.
    fn fitting(&self, line: &str, place: usize) -> (usize, Vec<String>) {
        let before = &line[..place];
        let begin = before.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |at| at + 1);
        // What stands before the word may be a letter of several bytes.
        let begin = (begin..=place).find(|at| line.is_char_boundary(*at)).unwrap_or(place);
        let word = &before[begin..];
        let fits = |name: &&String| !word.is_empty() && name.starts_with(word);
        (begin, self.0.iter().filter(fits).cloned().collect())
    }
}

impl Completer for Names {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        place: usize,
        _: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.fitting(line, place))
    }
}

impl Validator for Names {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let text = context.input().trim();
        let complete =
            text.is_empty() || statement::command(text).is_some() || statement::end(text).is_some();
        Ok(if complete { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Hinter for Names {
    type Hint = String;
}

impl Highlighter for Names {}

impl Helper for Names {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completes_the_word_before_the_cursor() {
        let names = Names::new();
        let (begin, fitting) = names.fitting("select é,order_prod", "select é,order_prod".len());
        assert_eq!(&"select é,order_prod"[begin..], "order_prod");
        assert!(fitting.contains(&"order_products".to_owned()), "{fitting:?}");
        assert_eq!(names.fitting("select é", "select é".len()).1, Vec::<String>::new());
        assert_eq!(names.fitting("", 0), (0, Vec::new()));
    }
}
