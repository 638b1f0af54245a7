//! `baxter flows`: what the flows would do, and what they gave up on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use baxter_engine::storage::beside;
use baxter_flows::dead_letter::{self, Which};
use baxter_flows::flow::Flow;
use baxter_flows::{Verdict, check};
use jiff::Timestamp;
use rusqlite::TransactionBehavior;
use serde::Serialize;

use super::{Context, blocking};
use crate::failure::mirror;
use crate::failure::{Code, Failure};
use crate::print::{Cell, counted};
use baxter_engine::model::nearest::nearest;

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
    /// Have dead letters tried again, all of them unless told which
    Retry(Chosen),
    /// Drop dead letters for good: those of a flow, one, or all
    Drop {
        #[command(flatten)]
        which: Chosen,
        /// All of them
        #[arg(long, conflicts_with_all = ["flow", "id"], required_unless_present_any = ["flow", "id"])]
        all: bool,
    },
    /// Forget a flow that is gone: its place in the change log, what it has delivered, its dead letters
    Forget {
        /// The flow
        flow: String,
    },
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

/// What is told of a flow that no change concerns.
const NOTHING: &str = "nothing to try";

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
            // Flows that are in order still have nothing to be tried on.
            mirror::is_there(&dir).map_err(|failure| {
                failure.did(format!("read {}, and found nothing wrong", counted(flows.len() as u64, "flow")))
            })?;
            let tried = blocking(move || {
                flows.iter().map(|flow| try_out(flow, &dir, key.as_deref(), &store)).collect::<Vec<_>>()
            })
            .await?;
            print_tried(tried, context)
        }
        Command::Dead { which, limit } => {
            let which = which.which();
            let letters = {
                let (dir, which) = (dir.clone(), which.clone());
                blocking(move || dead_letter::list(&dir, &which, limit)).await?
            };
            let letters = letters.map_err(|error| mirror::failure(&error))?;
            if letters.is_empty() {
                is_known(&which, &dir, &args.flows).await?;
            }
            let columns = ["id", "flow", "stream", "key", "kind", "attempts", "last_at", "error"];
            if context.printer.told_each(&letters, &columns)? {
                return Ok(());
            }
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
            let count = change(&which.which(), &dir, &args.flows, dead_letter::retry).await?;
            tell(count, "will be tried again by `baxter serve`", context)
        }
        Command::Drop { which, .. } => {
            let count = change(&which.which(), &dir, &args.flows, dead_letter::remove).await?;
            tell(count, "dropped", context)
        }
        Command::Forget { flow } => forget(flow, dir, &args.flows, context).await,
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
    let failure = unknown(name, flows.iter().map(|flow| flow.name.as_str()));
    let found: Vec<Flow> = flows.into_iter().filter(|flow| flow.name == name).collect();
    if found.is_empty() { Err(failure) } else { Ok(found) }
}

fn try_out(flow: &Flow, dir: &Path, key: Option<&str>, store: &str) -> Tried {
    let mut tried = Tried {
        flow: flow.name.clone(),
        file: flow.file.display().to_string(),
        seq: None,
        stream: None,
        key: None,
        outcome: NOTHING,
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
    let columns = ["flow", "file", "seq", "stream", "key", "outcome", "outputs", "error"];
    if !context.printer.told_each(&tried, &columns)? {
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
    if tried.iter().any(|tried| tried.outcome == NOTHING) {
        context.printer.note(
            "nothing to try: the change log has no entry that concerns the flow (`on`, --key); `baxter sync` reads the \
             store, `baxter changes --stream NAME` shows the log",
        );
    }
    if !failed {
        return Ok(());
    }
    context.printer.note(
        "hint: mend the file and check again; --key KEY tries another record, `baxter changes -o json` shows what a flow sees",
    );
    Err(Failure::Silent)
}

fn tell(count: u64, what: &str, context: &mut Context) -> Result<(), Failure> {
    match context.printer.told(&Count { dead_letters: count })? {
        true => Ok(()),
        false => context.printer.line(format_args!("{} {what}", counted(count, "dead letter"))),
    }
}

/// Forgets a flow that nobody runs any more, for which the change log would be kept for ever.
async fn forget(flow: String, dir: PathBuf, folder: &Path, context: &Context) -> Result<(), Failure> {
    if load(folder)?.iter().any(|there| there.name == flow) {
        return Err(Failure::new(Code::Flow, format!("the flow `{flow}` is still there"))
            .at(folder.display().to_string())
            .did("forgot nothing")
            .hint("take its file away first"));
    }
    if super::wait::is_served(dir.clone()).await? {
        return Err(Failure::new(Code::DataDirLocked, "`baxter serve` runs, and may run the flow")
            .at(dir.display().to_string())
            .did("forgot nothing")
            .hint("stop it first"));
    }
    let (name, data) = (flow.clone(), dir.clone());
    let forgot = blocking(move || -> Result<bool, baxter_engine::storage::Error> {
        let mut connection = beside(&data)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let was_known = baxter_flows::forget(&transaction, &name)?;
        transaction.commit()?;
        Ok(was_known)
    });
    if !forgot.await?.map_err(|error| mirror::failure(&error))? {
        return is_known(&Which::Of(flow), &dir, folder).await;
    }
    context.printer.note(format_args!("the flow `{flow}` is forgotten; under this name it would begin anew"));
    Ok(())
}

/// What is done to dead letters.
type Change = fn(&rusqlite::Transaction, &Which) -> rusqlite::Result<u64>;

/// Changes dead letters, also while `baxter serve` runs: they are no records, and SQLite lets one write after the
/// other. It is an error to name a flow or a letter that nobody knows.
async fn change(which: &Which, dir: &Path, folder: &Path, work: Change) -> Result<u64, Failure> {
    let (which_of, dir_of) = (which.clone(), dir.to_owned());
    let changed = blocking(move || -> Result<u64, baxter_engine::storage::Error> {
        if dead_letter::list(&dir_of, &which_of, 1)?.is_empty() {
            return Ok(0);
        }
        let mut connection = beside(&dir_of)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let count = work(&transaction, &which_of)?;
        transaction.commit()?;
        Ok(count)
    });
    let count = changed.await?.map_err(|error| mirror::failure(&error))?;
    if count == 0 {
        is_known(which, dir, folder).await.map_err(|failure| failure.did("changed nothing"))?;
    }
    Ok(count)
}

/// Fails when no dead letter has this id, or when no flow of this name is in the folder or has ever run.
async fn is_known(which: &Which, dir: &Path, folder: &Path) -> Result<(), Failure> {
    let name = match which {
        Which::All => return Ok(()),
        Which::One(id) => {
            return Err(Failure::new(Code::NotFound, format!("there is no dead letter {id}"))
                .hint("`baxter flows dead` lists them"));
        }
        Which::Of(name) => name,
    };
    let (dir, folder) = (dir.to_owned(), folder.to_owned());
    let known = blocking(move || -> Result<BTreeSet<String>, baxter_engine::storage::Error> {
        let mut known: BTreeSet<String> =
            dead_letter::flows(&dir)?.into_iter().map(|(name, _)| name).collect();
        // A folder with a flow that is not usable knows those that have run.
        let there = baxter_flows::flow::load(&folder, Path::new("")).unwrap_or_default();
        known.extend(there.into_iter().map(|flow| flow.name));
        Ok(known)
    });
    let known = known.await?.map_err(|error| mirror::failure(&error))?;
    if known.contains(name) { Ok(()) } else { Err(unknown(name, known.iter().map(String::as_str))) }
}

/// Words for the name of a flow that is none.
fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Failure {
    let all = known.clone().collect::<Vec<_>>().join(", ");
    let hint = match (nearest(name, known), all.is_empty()) {
        (Some(meant), _) => format!("did you mean `{meant}`? Known are: {all}"),
        (None, false) => format!("known are: {all}"),
        (None, true) => "no flow has ever run here; name the folder of flows with --flows DIR".to_owned(),
    };
    Failure::new(Code::Flow, format!("there is no flow `{name}`")).hint(hint)
}
