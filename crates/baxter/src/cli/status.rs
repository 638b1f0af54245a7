//! `baxter status`: what the mirror holds and how fresh it is.

use baxter_engine::model::stream::{Stream, all, selection};
use baxter_engine::storage::{Error, ProofState, Reader, Trimmed};
use serde::Serialize;

use super::{Context, mirror};
use crate::failure::Failure;
use crate::print::{Cell, Format};

/// Show what the mirror holds and how fresh it is
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  baxter status\n  baxter status -o json")]
pub struct Args {}

/// What is known; `-o json` prints it.
#[derive(Serialize)]
struct Status {
    data_dir: String,
    store_hash: Option<String>,
    last_seq: i64,
    log_trimmed: Option<Trimmed>,
    streams: Vec<StreamStatus>,
}

#[derive(Serialize)]
struct StreamStatus {
    stream: &'static str,
    records: u64,
    backfilled_at: Option<String>,
    synced_at: Option<String>,
    swept_at: Option<String>,
    cursor: Option<String>,
    kept_aside: u64,
    /// Why there is nothing to mirror.
    skipped: Option<String>,
    /// Why what was mirrored is not kept up to date.
    refused: Option<String>,
    unfinished: Option<Unfinished>,
    proof: Option<ProofState>,
}

#[derive(Serialize)]
struct Unfinished {
    way: &'static str,
    parts: usize,
    parts_done: usize,
}

/// Reads and prints it.
pub async fn run(_: Args, context: &mut Context) -> Result<(), Failure> {
    let data_dir = context.settings.data_dir.display().to_string();
    let chosen = selection::with_parents(&context.settings.streams);
    let status = mirror::read(&context.settings, move |reader| read(reader, &chosen, data_dir)).await?;
    if context.printer.format_or(Format::Table) == Format::Json {
        return context.printer.json(&status);
    }
    // People need no fractions of seconds; other programs may.
    let table = context.printer.format_or(Format::Table) == Format::Table;
    let time = |text: Option<String>| text.map(|text| if table { seconds(&text) } else { text });
    let columns =
        ["stream", "records", "synced_at", "cursor", "kept_aside", "unfinished", "proved_at", "proof"];
    let mut rows = context.printer.rows(columns.map(String::from).into());
    for stream in status.streams {
        let unfinished = stream
            .unfinished
            .map(|pass| format!("{}, {} of {} parts done", pass.way, pass.parts_done, pass.parts))
            .or(stream.skipped)
            .or(stream.refused);
        rows.row(vec![
            Cell::from(stream.stream),
            stream.records.into(),
            time(stream.synced_at).into(),
            time(stream.cursor).into(),
            stream.kept_aside.into(),
            unfinished.into(),
            time(stream.proof.as_ref().and_then(|proof| proof.complete_at.clone())).into(),
            stream.proof.as_ref().map(proof_words).into(),
        ])?;
    }
    rows.end()?;
    Ok(())
}

/// What the last comparison with the store came to, in a few words.
fn proof_words(proof: &ProofState) -> String {
    match proof.result.as_str() {
        "repaired" => format!("{} repaired", proof.differences),
        result => result.to_owned(),
    }
}

fn read(reader: &mut Reader, chosen: &[&'static Stream], data_dir: String) -> Result<Status, Error> {
    let mut streams = Vec::new();
    for stream in all() {
        let state = reader.stream_state(stream)?;
        // What is off and was never read says nothing.
        if !selection::contains(chosen, stream) && state.synced_at.is_none() {
            continue;
        }
        let (skipped, refused) = match (reader.skipped(stream)?, reader.was_offered(stream)?) {
            (why, true) => (None, why),
            (why, false) => (why, None),
        };
        let time = |time: Option<jiff::Timestamp>| time.map(|time| time.to_string());
        streams.push(StreamStatus {
            stream: &stream.name,
            records: reader.count(stream)?,
            backfilled_at: time(state.backfilled_at),
            synced_at: time(state.synced_at),
            swept_at: time(state.swept_at),
            cursor: time(state.cursor),
            kept_aside: reader.kept_aside(stream)?,
            proof: reader.proof(stream)?,
            // What is passed over was not interrupted.
            unfinished: reader.pass(stream)?.filter(|_| skipped.is_none()).map(|pass| Unfinished {
                way: pass.way.as_str(),
                parts: pass.segments.len(),
                parts_done: pass.segments.iter().filter(|segment| segment.done).count(),
            }),
            skipped,
            refused,
        });
    }
    Ok(Status {
        data_dir,
        store_hash: reader.store_hash()?,
        last_seq: reader.last_seq()?,
        log_trimmed: reader.trimmed()?,
        streams,
    })
}

/// A time as `2026-11-23T06:03:18Z`.
pub fn seconds(time: &str) -> String {
    match time.split_once('.') {
        Some((whole, fraction)) if fraction.ends_with('Z') => format!("{whole}Z"),
        _ => time.to_owned(),
    }
}
