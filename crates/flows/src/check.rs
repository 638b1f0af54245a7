//! Trying a flow on a sample, without delivering anything.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use baxter_engine::storage::{Reader, Since};
use jiff::Timestamp;

use crate::expr::{STACK, Scope};
use crate::flow::Flow;
use crate::message::{self, Entry, Verdict};
use crate::{Error, state};

/// What `flow` makes of `entry`, whose record is `record` now. Look-ups go into the mirror in `dir`, if one is named.
///
/// It takes as long as the flow's expressions do.
pub fn check(
    flow: &Flow,
    entry: &Entry,
    record: Option<&str>,
    store: &str,
    now: Timestamp,
    dir: Option<&Path>,
) -> Result<Verdict, Error> {
    let run = || {
        let reader = dir.map(Reader::open).transpose()?;
        let stop = AtomicBool::new(false);
        let scope = Scope::new(now, reader.as_ref(), &entry.stream, &entry.key, &stop);
        Ok(message::judge(flow, entry, record, store, &scope))
    };
    let failed = |reason: String| Error::Start { what: "a thread for a flow", reason };
    std::thread::scope(|threads| {
        let thread = std::thread::Builder::new().name("jq".to_owned()).stack_size(STACK);
        let running = thread.spawn_scoped(threads, run).map_err(|error| failed(error.to_string()))?;
        running.join().map_err(|_| failed("it panicked".to_owned()))?
    })
}

/// The newest entry in the mirror in `dir` that concerns `flow`, for the record `key` if one is named, with the
/// record's present state.
pub fn sample(flow: &Flow, dir: &Path, key: Option<&str>) -> Result<Option<(Entry, Option<String>)>, Error> {
    let reader = Reader::open(dir)?;
    // From the log's oldest entry on, whichever that is.
    let (mut since, mut found) = (None, None);
    loop {
        let changes = reader.changes(since, &flow.streams(), 1_000)?;
        let Some(last) = changes.last else { break };
        since = Some(Since::Seq(last));
        let fits = |entry: &Entry| {
            flow.concerns(&entry.stream, &entry.kind) && key.is_none_or(|key| entry.key == key)
        };
        found = changes.entries.into_iter().map(Entry::from).rfind(fits).or(found);
    }
    let Some(entry) = found else { return Ok(None) };
    let record = match (&entry.record, baxter_engine::model::stream::named(&entry.stream)) {
        (Some(record), _) => Some(record.get().to_owned()),
        (None, Some(stream)) => reader.record(stream, &entry.key)?,
        (None, None) => None,
    };
    let record = match record {
        Some(record) => Some(record),
        None => state::last_record(reader.connection(), &entry)?,
    };
    Ok(Some((entry, record)))
}
