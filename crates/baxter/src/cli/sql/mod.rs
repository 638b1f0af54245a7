//! `baxter sql`: the mirror by SQL, a statement or a session.

mod prompt;
pub mod statement;

use std::io::{IsTerminal, Read};

use baxter_engine::model::stream;
use tokio::signal::unix::{SignalKind, signal};

use self::prompt::{Entered, Prompt};
use super::{Context, blocking, query, streams};
use crate::failure::{Code, Failure};

/// Look around in the mirror with SQL, at a prompt
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without a statement it prompts at a terminal, and otherwise reads statements from standard input. Nothing \
    can be changed. Ctrl-C ends a statement under way, Ctrl-D the session; Tab completes names.\n\n\
    Examples:\n  \
    baxter sql\n  \
    baxter sql \"select status, count(*) from orders group by status\" -o json\n  \
    baxter sql -o csv < report.sql > report.csv"
)]
pub struct Args {
    /// One statement that only reads
    sql: Option<String>,
}

impl Args {
    /// Whether a person is prompted, whose Ctrl-C ends no more than a statement.
    pub fn prompts(&self) -> bool {
        self.sql.is_none() && std::io::stdin().is_terminal()
    }
}

/// What standard input may hold.
const INPUT_MAX: u64 = 1024 * 1024;

/// Runs the statement, those of standard input, or a session.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    if args.prompts() {
        return session(context).await;
    }
    let Some(sql) = args.sql else {
        let text = blocking(|| {
            let mut text = String::new();
            std::io::stdin().take(INPUT_MAX + 1).read_to_string(&mut text).map(|_| text)
        });
        let text = text.await?.map_err(|error| {
            Failure::new(Code::File, format!("cannot read statements: {error}")).at("standard input")
        })?;
        if text.len() as u64 > INPUT_MAX {
            return Err(Failure::usage("standard input holds more than 1 MiB of SQL"));
        }
        for sql in statement::all(&text) {
            if sql.starts_with('.') {
                let word = sql.split_whitespace().next().unwrap_or_default();
                return Err(Failure::usage(format!("`{word}` is a command of the prompt"))
                    .hint("standard input holds SQL; `baxter streams` lists the tables"));
            }
            query::ask(sql.to_owned(), context).await?;
            context.printer.flush()?;
        }
        return Ok(());
    };
    query::ask(sql, context).await
}

/// Told at the beginning, and by `.help`.
const HELP: &str = "A statement ends with a semicolon. .tables lists tables, .columns TABLE its columns, .quit ends; these may stand on a \
     line of their own at any time.";

async fn session(context: &mut Context) -> Result<(), Failure> {
    // Before the first statement: without a mirror there is nothing to ask.
    super::mirror::read(&context.settings, |_| Ok(())).await?;
    let mut prompt = Prompt::new()?;
    context.printer.note(HELP);
    loop {
        let (given_back, entered) = blocking(move || {
            let entered = prompt.read();
            (prompt, entered)
        })
        .await?;
        prompt = given_back;
        let text = match entered? {
            Entered::Text(text) => text,
            Entered::Cancelled => continue,
            Entered::End => return Ok(()),
        };
        let done = match (statement::command(&text), text.trim()) {
            (None, "") => continue,
            (Some((_, command)), _) if is_end(command) => return Ok(()),
            (Some((begun, command)), _) => {
                prompt.go_on_with(begun);
                dot(command, context)
            }
            (None, statements) => {
                // Anew for each statement: a Ctrl-C that came too late for one is none for the next.
                let mut interrupts = signal(SignalKind::interrupt()).map_err(|error| {
                    Failure::new(Code::Internal, format!("cannot watch for signals: {error}"))
                })?;
                tokio::select! {
                    done = ask_all(statements, context) => done,
                    _ = interrupts.recv() => Err(Failure::interrupted()),
                }
            }
        };
        match done.and_then(|()| context.printer.flush()) {
            Ok(()) => {}
            Err(Failure::PipeClosed) => return Ok(()),
            Err(failure) => context.printer.failure(&failure),
        }
    }
}

async fn ask_all(statements: &str, context: &mut Context) -> Result<(), Failure> {
    for sql in statement::all(statements) {
        query::ask(sql.to_owned(), context).await?;
    }
    Ok(())
}

/// Whether the session is to end.
fn is_end(command: &str) -> bool {
    matches!(command.trim_end_matches(';').trim_end(), ".quit" | ".exit")
}

/// A command of the prompt's own.
fn dot(command: &str, context: &mut Context) -> Result<(), Failure> {
    let mut words = command.trim_end_matches(';').split_whitespace();
    match (words.next(), words.next()) {
        (Some(".help"), _) => context.printer.line(HELP),
        (Some(".tables"), _) => {
            for stream in stream::all() {
                context.printer.line(&stream.name)?;
            }
            context.printer.line("changes")
        }
        (Some(".columns"), Some(name)) => {
            let stream = streams::find(name)?;
            let keys = stream.key_columns().into_iter().map(|(name, _)| name.to_owned());
            let columns = stream.columns.iter().map(|column| column.name.clone());
            let mut all: Vec<String> =
                keys.chain(columns).chain(["raw".to_owned(), "baxter_seq".to_owned()]).collect();
            let mut seen = std::collections::BTreeSet::new();
            all.retain(|name| seen.insert(name.clone()));
            context.printer.line(all.join(", "))
        }
        _ => Err(Failure::usage(format!("`{command}` is no command of the prompt")).hint(HELP)),
    }
}
