//! `baxter apply`: sends a plan to the store, step by step, and reads back what came of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use baxter_engine::model::clock::{Clock, SystemClock};
use baxter_writeback::apply::{Action, Options, Report, apply};
use baxter_writeback::{Error, Journal, Plan, Settled, Settler};

use super::Context;
use crate::failure::{Failure, writeback};
use crate::print::{Cell, Format};

/// How many rows of a plan are shown before it is sent.
const SHOWN: usize = 20;

/// Send a plan to the store, and read back what came of it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A record that changed since the plan was made is left alone and told. A plan is applied once; after a \
    crash or Ctrl-C the same command goes on where it stopped.\n\
    Exit codes: 0 everything stands in the store as planned, 1 something does not, 2 the plan was only shown.\n\n\
    Examples:\n  \
    baxter apply stock.plan\n  \
    baxter apply stock.plan --yes\n  \
    baxter apply stock.plan --yes -o json"
)]
pub struct Args {
    /// The plan, as `baxter plan --out` wrote it
    plan: PathBuf,
    /// Send it; without this it is only shown
    #[arg(long)]
    yes: bool,
    /// How long what was sent may take to show in the store
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = crate::settings::interval)]
    timeout: Duration,
}

/// Applies and prints the result of each row.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    let path = args.plan.clone();
    let loaded = tokio::task::spawn_blocking(move || Plan::load(&path)).await;
    let plan = loaded
        .map_err(|ended| super::ended(&ended))?
        .map_err(|error| writeback::failure(&error, &context.asked()))?;
    if !args.yes {
        super::plan::print(&plan, SHOWN, context)?;
        context.printer.flush()?;
        context.printer.note("the plan was not sent: add --yes to write to the store");
        return Err(Failure::ChangesPlanned);
    }
    let stop = context.stop.clone();
    let report = tokio::select! {
        report = send(&plan, args.timeout, context) => report?,
        // The journal knows how far it came, whenever it ends.
        () = stop.cancelled() => {
            return Err(Failure::interrupted().did("wrote down how far it came; the same command goes on from there"));
        }
    };
    print(&report, context)?;
    context.printer.flush()?;
    if report.read_back == Some(Settled::Hinted) {
        context.printer.note("another Baxter writes the mirror; it was told what to fetch");
    }
    if report.is_success() { Ok(()) } else { Err(Failure::Silent) }
}

async fn send(plan: &Plan, timeout: Duration, context: &Context) -> Result<Report, Failure> {
    let client = context.settings.client()?;
    let hash = client.store().to_string();
    let dir = context.settings.data_dir.clone();
    let words = |error: Error| writeback::failure(&error, &context.asked());
    if plan.store_hash != hash {
        // Told before the data directory of a store that is not meant is touched.
        return Err(words(Error::OtherStore { theirs: plan.store_hash.clone(), ours: hash }));
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let opened = {
        let (client, hash, clock) = (client.clone(), hash.clone(), Arc::clone(&clock));
        let open = move || -> Result<(Journal, Settler), Error> {
            let journal = Journal::open(&dir, Arc::clone(&clock))?;
            Ok((journal, Settler::open(&dir, &hash, client, clock)?))
        };
        tokio::task::spawn_blocking(open).await
    };
    let (mut journal, settler) = opened.map_err(|ended| super::ended(&ended))?.map_err(words)?;
    let options = Options { visible_within: timeout, ..Options::default() };
    let report = apply(plan, &hash, &client, &mut journal, &settler, &options).await;
    settler.close().await;
    report.map_err(words)
}

fn print(report: &Report, context: &mut Context) -> Result<(), Failure> {
    match context.printer.format_or(Format::Table) {
        Format::Json => return context.printer.json(report),
        Format::Table => return context.printer.line(report.text().trim_end()),
        Format::Jsonl | Format::Csv => {}
    }
    let columns = ["result", "action", "line", "key", "location_id", "customer_id", "reason"];
    let mut rows = context.printer.rows(columns.map(String::from).into());
    for row in &report.rows {
        let action = match row.action {
            Action::Create => "create",
            Action::Update => "update",
        };
        rows.row(vec![
            Cell::from(row.result.as_str()),
            action.into(),
            row.line.into(),
            row.key.as_str().into(),
            row.location_id.into(),
            row.customer_id.into(),
            row.reason.as_deref().into(),
        ])?;
    }
    rows.end()?;
    Ok(())
}
