//! `baxter verify`: the proof that mirror and store are equal.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use baxter_engine::model::clock::SystemClock;
use baxter_engine::model::stream::named;
use baxter_engine::storage;
use baxter_engine::sync::Claims;
use baxter_engine::sync::verify::{Order, Parents, Proof, Report, Verify};
use jiff::Timestamp;

use super::{Context, streams};
use crate::databases;
use crate::failure::mirror::{failure, sync_failure};
use crate::failure::{Code, Failure};
use crate::print::{Format, Printer, counted};
use crate::progress::Progress;

/// Prove that the mirror equals the store, and repair it where it does not
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Compares every record with the store's, in the fewest requests that show all of them, and asks by id for \
    what the store's lists did not name. What differs is repaired in mirror and change log (`noticed_by` is `verify`), and \
    explained. What changes in the store meanwhile is no difference. While `baxter serve` runs, it carries this out.\n\n\
    Exit codes: 0 equal, 2 differences were found and repaired, 1 failed, not complete, or nothing was there to be \
    compared.\n\n\
    Examples:\n  \
    baxter verify\n  \
    baxter verify orders customers --deep -o json"
)]
pub struct Args {
    /// Streams to compare; patterns such as order_* are understood [default: those that are mirrored]
    #[arg(value_name = "STREAM", value_parser = streams::StreamName, hide_possible_values = true)]
    streams: Vec<String>,
    /// Compute and print the digest over every record of each stream, too
    #[arg(long)]
    deep: bool,
}

/// Differences that a table names; a JSON document has more.
const SHOWN: usize = 20;

/// What is done where there is no mirror to compare.
const NOTHING_DONE: &str = "compared nothing";

/// Between two looks for an answer.
const LOOK: Duration = Duration::from_millis(100);

/// Compares, and prints the proof or what differed.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    compare(&args.streams, true, args.deep, context).await
}

/// Compares streams with the store, all when none are named, as a proof or as a sweep.
pub async fn compare(
    names: &[String],
    verify: bool,
    deep: bool,
    context: &mut Context,
) -> Result<(), Failure> {
    let chosen = match names {
        [] => context.settings.streams.clone(),
        patterns => streams::choose(patterns)?,
    };
    // What is asked for by its name must be compared; of the others, what there is.
    let insist = names.iter().any(|name| named(name).is_some());
    let streams: Vec<String> = chosen.iter().map(|stream| stream.name.clone()).collect();
    let order = Order { streams, verify, deep, insist, alone: false, fresh: true };
    let dir = context.settings.data_dir.clone();
    let report = loop {
        if !super::wait::is_served(dir.clone()).await? {
            break own(&order, dir, context).await?;
        }
        if let Some(report) = of_serve(&order, dir.clone(), context).await? {
            break report;
        }
    };
    print(&report, deep, &mut context.printer)?;
    context.printer.flush()?;
    if context.stop.is_cancelled() {
        return Err(Failure::interrupted().did("kept what was repaired; nothing is proved"));
    }
    if report.streams.is_empty() {
        return Err(nothing(&report, verify));
    }
    match (report.complete, report.equal) {
        (false, _) => Err(Failure::Silent),
        (true, false) => Err(Failure::ChangesPlanned),
        (true, true) => Ok(()),
    }
}

/// Carried out by this process.
async fn own(order: &Order, dir: PathBuf, context: &Context) -> Result<Report, Failure> {
    let client = context.settings.client()?;
    crate::failure::mirror::is_there(&dir).map_err(|failure| failure.did(NOTHING_DONE))?;
    let hash = client.store().to_string();
    let writer = databases::writer(dir.clone(), hash).await?;
    if !writer.run(|mirror| Ok(mirror.has_answers())).await.map_err(|error| failure(&error))? {
        let missing = storage::Error::Missing { dir };
        return Err(failure(&missing).did(NOTHING_DONE));
    }
    let progress = Arc::new(Progress::new(client.clone(), context.settings.quiet));
    let verify = Verify {
        client,
        writer: writer.clone(),
        data_dir: dir,
        clock: Arc::new(SystemClock),
        observer: progress.clone(),
        patience: Duration::ZERO,
        parallel: u32::try_from(context.settings.requests.concurrency.get()).unwrap_or(u32::MAX),
        claims: Claims::default(),
    };
    let report = verify.run(order, &context.stop).await;
    drop(verify);
    writer.close().await;
    progress.clear();
    report.map_err(|error| sync_failure(&error, &context.asked()))
}

/// Carried out by the running `baxter serve`, which holds the mirror. None when whoever held it has ended without: a
/// `baxter sync` carries out nothing, and after it the way is free.
async fn of_serve(order: &Order, dir: PathBuf, context: &Context) -> Result<Option<Report>, Failure> {
    let broken = |error: serde_json::Error| {
        Failure::new(Code::Internal, format!("the order or its answer is broken: {error}"))
    };
    let text = serde_json::to_string(order).map_err(broken)?;
    let inbox = databases::inbox(dir.clone()).await?;
    let id = inbox
        .run(move |inbox| inbox.place_order(&text, Timestamp::now()))
        .await
        .map_err(|error| failure(&error))?;
    context.printer.note(
        "another Baxter works on this data directory: `baxter serve` carries this out, and after a `sync` it begins",
    );
    let mut looks = 0_u32;
    loop {
        let answer = inbox.run(move |inbox| inbox.order_answer(id)).await.map_err(|error| failure(&error))?;
        match answer {
            Some(Ok(report)) => return serde_json::from_str(&report).map(Some).map_err(broken),
            Some(Err(error)) => return Err(Failure::new(Code::SyncIncomplete, error)),
            None => {}
        }
        looks = looks.wrapping_add(1);
        let gone = looks.is_multiple_of(20) && !super::wait::is_served(dir.clone()).await?;
        if gone || context.stop.is_cancelled() {
            inbox.run(move |inbox| inbox.withdraw_order(id)).await.map_err(|error| failure(&error))?;
            return if gone { Ok(None) } else { Err(Failure::interrupted()) };
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = context.stop.cancelled() => {}
        }
    }
}

/// Nothing was compared, and so nothing is equal.
fn nothing(report: &Report, verify: bool) -> Failure {
    let what = if verify { "nothing was proved" } else { "nothing was compared" };
    let (why, hint) = match report.skipped.len() {
        0 => (
            "no stream was chosen",
            "name streams, or choose some in baxter.toml; `baxter streams` lists them",
        ),
        _ => (
            "the store offers none of the streams, or the token has no scope for them",
            "`baxter doctor` shows what the token may read",
        ),
    };
    Failure::new(Code::NothingProved, format!("{what}: {why}")).hint(hint)
}

fn print(report: &Report, deep: bool, printer: &mut Printer) -> Result<(), Failure> {
    let format = printer.format_or(Format::Table);
    if format == Format::Json {
        return printer.json(report);
    }
    let table = format == Format::Table;
    let mut columns =
        vec!["stream", "records", "result", "differences", "meanwhile", "as_of", "with", "requests"];
    if deep {
        columns.push("sha256");
    }
    let mut rows = printer.rows(columns.into_iter().map(String::from).collect());
    for proof in &report.streams {
        let mut row = vec![
            proof.stream.as_str().into(),
            proof.records.into(),
            proof.result.as_str().into(),
            proof.differences.into(),
            proof.meanwhile.into(),
            proof.as_of.as_deref().into(),
            proof.with.as_deref().into(),
            proof.requests.into(),
        ];
        if deep {
            row.push(proof.sha256.as_deref().into());
        }
        rows.row(row)?;
    }
    rows.end()?;
    if !table {
        return Ok(());
    }
    let found: u64 = report.streams.iter().map(|proof| proof.differences).sum();
    for difference in report.differences.iter().take(SHOWN) {
        let paths = match difference.paths.as_slice() {
            [] => String::new(),
            paths => format!(" ({})", paths.join(", ")),
        };
        printer.line(format_args!(
            "{} {} {}{paths}: {}",
            difference.stream, difference.key, difference.kind, difference.why
        ))?;
    }
    let named = report.differences.len().min(SHOWN) as u64;
    if found > named {
        printer.line(format_args!("… and {} more", found - named))?;
    }
    for proof in &report.streams {
        if let Some(error) = &proof.error {
            printer.line(format_args!("{} is not proved: {error}", proof.stream))?;
        }
        if let Some(parents) = proof.parents.as_ref().filter(|parents| parents.asked < parents.of) {
            printer.line(format_args!("{}: {}", proof.stream, coverage(parents)))?;
        }
        if proof.kept_aside > 0 {
            let (stream, kept) = (&proof.stream, counted(proof.kept_aside, "text"));
            printer.line(format_args!("{stream}: kept aside what cannot become a record: {kept}"))?;
        }
    }
    if !report.stopped_before.is_empty() {
        printer.line(format_args!("stopped before it had compared {}", report.stopped_before.join(", ")))?;
    }
    for passed in &report.skipped {
        printer.line(format_args!("{} is not compared: {}", passed.stream, passed.why))?;
    }
    printer.line(conclusion(report, found))
}

/// Whom a comparison asked, where that were not all.
fn coverage(parents: &Parents) -> String {
    let Parents { stream, of, asked, unknown } = parents;
    let rest = of.saturating_sub(asked + unknown);
    let mut text = format!("asked {asked} of the {} of {stream}", counted(*of, "record"));
    if rest > 0 {
        text.push_str(&format!("; nothing belongs to others, as they show themselves: {rest}"));
    }
    if *unknown > 0 {
        text.push_str(&format!("; not known to the store: {unknown}"));
    }
    text
}

fn conclusion(report: &Report, found: u64) -> String {
    let records: u64 = report.streams.iter().map(|proof: &Proof| proof.records).sum();
    let streams = report.streams.len() as u64;
    let throttled = match report.throttled {
        0 => String::new(),
        times => format!("; repeated what the store refused for its number: {}", counted(times, "request")),
    };
    let spent = format!("{}, {:.1} s{throttled}", counted(report.requests, "request"), report.seconds);
    let (found_words, streams) = (counted(found, "difference"), counted(streams, "stream"));
    match (report.complete, found) {
        (false, _) if report.proved == 0 => format!("not complete: nothing is proved; {spent}"),
        (false, _) => format!("not complete: {found_words} found and repaired so far; {spent}"),
        (true, 0) => {
            format!(
                "equal: {records} of {} in {streams}, each compared whole; {spent}",
                counted(records, "record")
            )
        }
        (true, _) => format!(
            "were not equal: {found_words}, all repaired; equal now: {} in {streams}; {spent}",
            counted(records, "record")
        ),
    }
}
