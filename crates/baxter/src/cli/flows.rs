//! `baxter flows`: what the flows would do, and what they gave up on.

use std::path::{Path, PathBuf};
use std::time::Duration;

use baxter_engine::storage::DATABASE;
use baxter_flows::dead_letter::{self, Which};
use baxter_flows::flow::Flow;
use baxter_flows::{Verdict, check};
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use serde::Serialize;

use super::Context;
use crate::failure::mirror;
use crate::failure::{Code, Failure};
use crate::print::{Cell, Format};
use crate::suggest::nearest;

/// Check flows, see and retry what they gave up on
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Flows run in `baxter serve`. Each is a file in the folder of flows; docs/flows.md tells its form.\n\n\
    Examples:\n  \
    baxter flows check\n  \
    baxter flows check ledger --key 1042\n  \
    baxter flows dead\n  \
    baxter flows retry --flow ledger"
)]
pub struct Args {
    /// Folder of flows
    #[arg(long, default_value = "flows", value_name = "DIR", global = true)]
    flows: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Read the flows, and show what they make of the newest change that concerns them
    Check {
        /// Only this flow
        flow: Option<String>,
        /// Try the newest change of this record
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
    },
    /// List dead letters: messages that gave up and wait for a person
    Dead {
        #[command(flatten)]
        which: Chosen,
        /// At most so many
        #[arg(long, default_value_t = 100, value_name = "N")]
        limit: u32,
    },
    /// Have dead letters tried again
    Retry(Chosen),
    /// Drop dead letters for good
    Drop(Chosen),
}

/// Which dead letters are meant; all without a word.
#[derive(Debug, clap::Args)]
struct Chosen {
    /// Those of this flow
    #[arg(long, value_name = "NAME", conflicts_with = "id")]
    flow: Option<String>,
    /// This one
    #[arg(long, value_name = "ID")]
    id: Option<i64>,
}

impl Chosen {
    fn which(self) -> Which {
        match (self.flow, self.id) {
            (_, Some(id)) => Which::One(id),
            (Some(flow), None) => Which::Of(flow),
            (None, None) => Which::All,
        }
    }
}

/// What a flow makes of a change; `-o json` prints it.
#[derive(Serialize)]
struct Tried {
    flow: String,
    file: String,
    seq: Option<i64>,
    stream: Option<String>,
    key: Option<String>,
    outcome: &'static str,
    outputs: Vec<String>,
    error: Option<String>,
}

/// How many dead letters were meant; `-o json` prints it.
#[derive(Serialize)]
struct Count {
    dead_letters: u64,
}

/// Reads the flows of a folder.
pub fn load(folder: &Path) -> Result<Vec<Flow>, Failure> {
    baxter_flows::flow::load(folder, Path::new("")).map_err(|problems| {
        Failure::new(Code::Flow, format!("a flow is not usable\n\n{problems}"))
            .hint("docs/flows.md tells the form; `baxter flows check` tries flows without delivering")
    })
}

/// Checks, lists, retries or drops.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    let dir = context.settings.data_dir.clone();
    match args.command {
        Command::Check { flow, key } => {
            let flows = chosen(load(&args.flows)?, flow.as_deref(), &args.flows)?;
            let store = context.settings.given_hash().unwrap_or_default().to_owned();
            let tried = blocking(move || {
                flows.iter().map(|flow| try_out(flow, &dir, key.as_deref(), &store)).collect::<Vec<_>>()
            })
            .await?;
            print_tried(tried, context)
        }
        Command::Dead { which, limit } => {
            let letters = blocking(move || dead_letter::list(&dir, &which.which(), limit)).await?;
            let letters = letters.map_err(|error| mirror::failure(&error))?;
            if context.printer.format_or(Format::Table) == Format::Json {
                return context.printer.json(&letters);
            }
            let columns = ["id", "flow", "stream", "key", "kind", "attempts", "last_at", "error"];
            let mut rows = context.printer.rows(columns.map(String::from).into());
            for letter in letters {
                rows.row(vec![
                    Cell::Number(letter.id.to_string()),
                    letter.flow.into(),
                    letter.stream.into(),
                    letter.key.into(),
                    letter.kind.into(),
                    u64::from(letter.attempts).into(),
                    letter.last_at.into(),
                    letter.error.into(),
                ])?;
            }
            rows.end()?;
            Ok(())
        }
        Command::Retry(which) => {
            let count =
                change(dir, move |transaction| dead_letter::retry(transaction, &which.which())).await?;
            tell(count, "will be tried again by `baxter serve`", context)
        }
        Command::Drop(which) => {
            let count =
                change(dir, move |transaction| dead_letter::remove(transaction, &which.which())).await?;
            tell(count, "dropped", context)
        }
    }
}

fn chosen(flows: Vec<Flow>, name: Option<&str>, folder: &Path) -> Result<Vec<Flow>, Failure> {
    let Some(name) = name else {
        if flows.is_empty() {
            return Err(Failure::new(Code::Flow, "there are no flows")
                .at(folder.display().to_string())
                .hint("name their folder with --flows DIR; recipes/ holds flows to copy from"));
        }
        return Ok(flows);
    };
    let hint = nearest(name, flows.iter().map(|flow| flow.name.as_str()));
    let hint = hint.map(|meant| format!("did you mean `{meant}`?"));
    let found: Vec<Flow> = flows.into_iter().filter(|flow| flow.name == name).collect();
    if found.is_empty() {
        return Err(Failure::new(Code::Flow, format!("there is no flow `{name}`")).maybe_hint(hint));
    }
    Ok(found)
}

fn try_out(flow: &Flow, dir: &Path, key: Option<&str>, store: &str) -> Tried {
    let mut tried = Tried {
        flow: flow.name.clone(),
        file: flow.file.display().to_string(),
        seq: None,
        stream: None,
        key: None,
        outcome: "nothing to try",
        outputs: Vec::new(),
        error: None,
    };
    let verdict = match check::sample(flow, dir, key) {
        Ok(Some((entry, record))) => {
            (tried.seq, tried.stream, tried.key) =
                (Some(entry.seq), Some(entry.stream.clone()), Some(entry.key.clone()));
            check::check(flow, &entry, record.as_deref(), store, Timestamp::now(), Some(dir))
        }
        Ok(None) => return tried,
        Err(error) => Err(error),
    };
    match verdict {
        Ok(Verdict::Deliver(outputs)) => {
            tried.outcome = "would be delivered";
            tried.outputs = outputs;
        }
        Ok(Verdict::Skip) => tried.outcome = "passed over by `where`",
        Ok(Verdict::Refuse(error)) => {
            tried.outcome = "would be a dead letter";
            tried.error = Some(error);
        }
        Err(error) => {
            tried.outcome = "failed";
            tried.error = Some(error.to_string());
        }
    }
    tried
}

fn print_tried(tried: Vec<Tried>, context: &mut Context) -> Result<(), Failure> {
    let failed = tried.iter().any(|tried| tried.error.is_some());
    if context.printer.format_or(Format::Table) == Format::Json {
        context.printer.json(&tried)?;
    } else {
        for tried in &tried {
            let of = match (&tried.stream, &tried.key, tried.seq) {
                (Some(stream), Some(key), Some(seq)) => format!(" ({stream} {key}, change {seq})"),
                _ => String::new(),
            };
            context.printer.line(format_args!("{}: {}{of}", tried.flow, tried.outcome))?;
            for text in tried.outputs.iter().chain(&tried.error) {
                context.printer.line(text.trim_end())?;
            }
        }
    }
    context.printer.flush()?;
    if failed { Err(Failure::Silent) } else { Ok(()) }
}

fn tell(count: u64, what: &str, context: &mut Context) -> Result<(), Failure> {
    match context.printer.told(&Count { dead_letters: count })? {
        true => Ok(()),
        false => context.printer.line(format_args!("{count} dead letters {what}")),
    }
}

/// Changes dead letters, also while `baxter serve` runs: they are no records, and SQLite lets one write after the
/// other.
async fn change(
    dir: PathBuf,
    work: impl FnOnce(&rusqlite::Transaction) -> rusqlite::Result<u64> + Send + 'static,
) -> Result<u64, Failure> {
    let changed = blocking(move || -> Result<u64, baxter_engine::storage::Error> {
        if dead_letter::list(&dir, &Which::All, 1)?.is_empty() {
            return Ok(0);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(dir.join(DATABASE), flags)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let count = work(&transaction)?;
        transaction.commit()?;
        Ok(count)
    })
    .await?;
    changed.map_err(|error| mirror::failure(&error))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| super::ended(&error))
}
