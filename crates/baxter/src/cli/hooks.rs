//! `baxter hooks`: the store's hooks, and whether they are what the streams need.

use baxter_engine::model::stream::selection;
use baxter_engine::storage::Inbox;
use baxter_engine::sync::hooks::{self, Step};
use baxter_engine::sync::{DESTINATION, Error};
use serde::Serialize;

use super::Context;
use crate::failure::Failure;
use crate::failure::mirror::{self, sync_failure};
use crate::print::{Cell, Format};

/// List the store's hooks, or make them what the streams need
#[derive(Debug, clap::Args)]
#[command(after_help = "A hook belongs to the API account that made it, and no other account sees it.\n\n\
    Examples:\n  \
    baxter hooks list\n  \
    baxter hooks sync --destination https://hooks.example.com/webhooks\n  \
    baxter hooks sync --destination https://hooks.example.com/webhooks --dry-run -o json")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the hooks of this API account
    List,
    /// Create missing hooks, switch silent ones on, delete needless ones with this destination
    Sync {
        /// Where the store is to send its notifications
        #[arg(long, value_name = "URL")]
        destination: String,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
    },
}

/// What `sync` did; `-o json` prints it.
#[derive(Serialize)]
struct Report {
    destination: String,
    applied: bool,
    steps: Vec<Step>,
}

/// Lists or corrects.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    let client = context.settings.prompt_client()?;
    let present =
        hooks::list(&client).await.map_err(|error| hooks_failure(&error, context).did("changed nothing"))?;
    match args.command {
        Command::List => {
            if context.printer.format_or(Format::Table) == Format::Json {
                return context.printer.json(&present);
            }
            let columns = ["id", "scope", "destination", "is_active"];
            let mut rows = context.printer.rows(columns.map(String::from).into());
            for hook in present {
                rows.row(vec![
                    Cell::Number(hook.id.to_string()),
                    hook.scope.into(),
                    hook.destination.into(),
                    Cell::Bool(hook.is_active),
                ])?;
            }
            rows.end()?;
            Ok(())
        }
        Command::Sync { destination, dry_run } => {
            let streams = selection::with_parents(&context.settings.streams);
            let steps = hooks::plan(&streams, &destination, &present);
            if !dry_run {
                for (done, step) in steps.iter().enumerate() {
                    hooks::carry_out(&client, step, &destination).await.map_err(|error| {
                        hooks_failure(&error, context).at(words(step)).did(match done {
                            0 => "changed nothing".to_owned(),
                            _ => format!(
                                "did {done} of {} before; the same command does the rest",
                                steps.len()
                            ),
                        })
                    })?;
                }
                // Only now: a `baxter serve` that knows it makes the same hooks.
                keep(context, &destination).await?;
            }
            let report = Report { destination, applied: !dry_run, steps };
            if context.printer.format_or(Format::Table) == Format::Csv {
                context.printer.told_each(&report.steps, &["action", "scope", "hook"])?;
                return Ok(());
            }
            if context.printer.told(&report)? {
                return Ok(());
            }
            if report.steps.is_empty() {
                return context.printer.line("nothing to do: the hooks are what the streams need");
            }
            for step in &report.steps {
                context.printer.line(format_args!(
                    "{}{}",
                    if dry_run { "would " } else { "" },
                    words(step)
                ))?;
            }
            Ok(())
        }
    }
}

/// Words for a request about hooks that failed. They need no scope of their own.
fn hooks_failure(error: &Error, context: &Context) -> Failure {
    let forbidden =
        matches!(error, Error::Store(error) if error.status().is_some_and(|status| status.as_u16() == 403));
    let failure = match error {
        Error::Store(error) => context.asked().failure(error),
        other => sync_failure(other, &context.asked()),
    };
    match forbidden {
        true => failure.hint(
            "hooks belong to an API account and need no scope beyond its usual ones: check that this is its token, \
             and that the account was not restricted; `baxter doctor` shows what it may read",
        ),
        false => failure,
    }
}

/// What a step is, as something to do.
pub fn words(step: &Step) -> String {
    match step {
        Step::Create { scope } => format!("create a hook for {scope}"),
        Step::SwitchOn { hook } => format!("switch on hook {} for {}", hook.id, hook.scope),
        Step::Delete { hook } => format!("delete hook {} for {}", hook.id, hook.scope),
    }
}

/// What a step was, as something done.
pub fn did(step: &Step) -> String {
    match step {
        Step::Create { scope } => format!("created one for {scope}"),
        Step::SwitchOn { hook } => format!("switched on {} for {}", hook.id, hook.scope),
        Step::Delete { hook } => format!("deleted {} for {}", hook.id, hook.scope),
    }
}

/// Leaves the destination for `baxter serve`, which keeps the hooks from now on.
async fn keep(context: &Context, destination: &str) -> Result<(), Failure> {
    let (dir, destination) = (context.settings.data_dir.clone(), destination.to_owned());
    let kept = super::blocking(move || Inbox::open(&dir)?.keep(DESTINATION, &destination)).await?;
    kept.map_err(|error| mirror::failure(&error))
}
