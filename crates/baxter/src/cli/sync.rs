//! `baxter sync`: brings the mirror up to date with the store.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use baxter_engine::model::stream::{Stream, named};
use baxter_engine::sync::{Options, Service, StreamSummary, Summary};
use bigcommerce::Client;
use jiff::Timestamp;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{Context, streams};
use crate::databases;
use crate::failure::Failure;
use crate::failure::client::Asked;
use crate::failure::mirror::sync_failure;
use crate::print::{Cell, Format, Printer};
use crate::progress::Progress;
use crate::retention;
use crate::settings::Settings;

/// Bring the mirror up to date with the store
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The first sync reads everything; later ones read what was modified since, and re-list streams that \
    cannot be asked for that.\nCtrl-C stops in order: what was read stays, and the next sync goes on from there.\n\n\
    Examples:\n  \
    baxter sync\n  \
    baxter sync orders customers\n  \
    baxter sync --full -o json"
)]
pub struct Args {
    /// Streams to sync, or patterns such as order_* [default: as configured; `baxter streams` lists them]
    #[arg(value_name = "STREAM", value_parser = streams::StreamName, hide_possible_values = true)]
    streams: Vec<String>,
    /// Compare every record, so that deletes are found in every stream
    #[arg(long)]
    full: bool,
}

/// What was done; `-o json` prints it.
#[derive(Serialize)]
struct Report<'a> {
    complete: bool,
    seconds: f64,
    requests: u64,
    streams: Vec<StreamReport<'a>>,
}

#[derive(Serialize)]
struct StreamReport<'a> {
    stream: &'a str,
    way: &'a str,
    created: u64,
    updated: u64,
    deleted: u64,
    unchanged: u64,
    kept_aside: u64,
    requests: u64,
    seconds: f64,
    error: Option<String>,
    skipped: Option<String>,
}

/// Syncs, with progress, and prints what was done.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    let chosen = match args.streams.as_slice() {
        [] => context.settings.streams.clone(),
        patterns => streams::choose(patterns)?,
    };
    // What is asked for by its name must come; of the others, what there is.
    let insists = args.streams.iter().any(|name| named(name).is_some());
    let client = context.settings.client()?;
    let Context { settings, printer, stop } = context;
    let began = Instant::now();
    let summary =
        sync(&client, settings, chosen, Manner { full: args.full, skip: !insists }, stop.clone()).await?;
    let report = report(&summary, &client, began.elapsed().as_secs_f64());
    match printer.format_or(Format::Table) {
        Format::Json => printer.json(&report)?,
        Format::Table | Format::Jsonl | Format::Csv => print(&report, printer)?,
    }
    printer.flush()?;
    if summary.was_cancelled() {
        return Err(Failure::interrupted().did("kept what was mirrored; the next sync goes on from there"));
    }
    tell_failures(&summary, settings, printer);
    if summary.is_complete() { Ok(()) } else { Err(Failure::Silent) }
}

/// How a sync is done.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manner {
    /// Compare everything.
    pub full: bool,
    /// Pass over streams that the store does not offer, or the token has no scope for.
    pub skip: bool,
}

/// One sync into the mirror of the data directory, with progress on standard error.
pub async fn sync(
    client: &Client,
    settings: &Settings,
    streams: Vec<&'static Stream>,
    manner: Manner,
    stop: CancellationToken,
) -> Result<Summary, Failure> {
    let (dir, hash) = (settings.data_dir.clone(), client.store().to_string());
    let writer = databases::writer(dir, hash).await?;
    let progress = Arc::new(Progress::new(client.clone(), settings.quiet));
    let parallel = u32::try_from(settings.requests.concurrency.get()).unwrap_or(u32::MAX);
    let Manner { full, skip } = manner;
    let options = Options { streams, full, skip, parallel, ..Options::default() };
    let service = Service::new(client.clone(), writer.clone(), options).observer(progress.clone());
    let summary = service.run(stop.clone()).await;
    drop(service);
    if let Some(keep) = settings.log_retention
        && let Err(error) = retention::trim(&writer, keep, Timestamp::now(), &stop).await
    {
        tracing::warn!(%error, "old entries of the change log stay");
    }
    writer.close().await;
    progress.clear();
    Ok(summary)
}

/// Tells why streams are not up to date, each cause once.
pub fn tell_failures(summary: &Summary, settings: &Settings, printer: &Printer) {
    let mut told = HashSet::new();
    for stream in &summary.streams {
        if let Some(error) = &stream.error {
            let mut asked = Asked::of(settings);
            asked.stream = Some(stream.stream);
            let failure = sync_failure(error, &asked);
            if told.insert(failure.what().to_owned()) {
                printer.failure(&failure);
            }
        }
    }
}

fn report<'a>(summary: &'a Summary, client: &Client, seconds: f64) -> Report<'a> {
    let stream = |summary: &'a StreamSummary| StreamReport {
        stream: &summary.stream.name,
        way: summary.way.as_str(),
        created: summary.committed.created,
        updated: summary.committed.updated,
        deleted: summary.committed.deleted,
        unchanged: summary.committed.unchanged,
        kept_aside: summary.committed.aside,
        requests: summary.requests,
        seconds: rounded(summary.seconds),
        error: summary.error.as_ref().map(ToString::to_string),
        skipped: summary.skipped.as_ref().map(ToString::to_string),
    };
    Report {
        complete: summary.is_complete(),
        seconds: rounded(seconds),
        requests: client.stats().requests,
        streams: summary.streams.iter().map(stream).collect(),
    }
}

fn rounded(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// What is printed of each stream.
const COLUMNS: [&str; 10] = [
    "stream",
    "way",
    "created",
    "updated",
    "deleted",
    "unchanged",
    "kept_aside",
    "requests",
    "seconds",
    "error",
];

fn print(report: &Report, printer: &mut Printer) -> Result<(), Failure> {
    // A table has no room for why; it is told below.
    let table = printer.format_or(Format::Table) == Format::Table;
    let mut columns: Vec<String> = COLUMNS.map(String::from).into();
    if !table {
        columns.push("skipped".to_owned());
    }
    let mut rows = printer.rows(columns);
    // In a table, what was passed over has told so.
    for stream in report.streams.iter().filter(|stream| !(table && stream.skipped.is_some())) {
        let mut cells = vec![
            stream.stream.into(),
            stream.way.into(),
            stream.created.into(),
            stream.updated.into(),
            stream.deleted.into(),
            stream.unchanged.into(),
            stream.kept_aside.into(),
            stream.requests.into(),
            Cell::Number(stream.seconds.to_string()),
            stream.error.as_deref().map(|error| if table { "failed" } else { error }).into(),
        ];
        if !table {
            cells.push(stream.skipped.as_deref().into());
        }
        rows.row(cells)?;
    }
    rows.end()?;
    Ok(())
}
