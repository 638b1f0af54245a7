//! Reading the change log to its end, and on from there as it grows.

use std::time::Duration;

use baxter_engine::model::stream::{self, Stream};
use baxter_engine::storage::{ChangeEntry, Error, Reader, Since};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Entries read at a time.
const CHUNK: u32 = 1000;

/// Between two looks whether anything was committed: that asks shared memory for a number, and costs microseconds.
const LOOK: Duration = Duration::from_millis(25);

/// What is to be read.
pub struct Reading {
    /// Only changes of these streams; of all without any.
    pub streams: Vec<&'static Stream>,
    /// Where to begin.
    pub since: Option<Since>,
    /// Whether all records come first, as they are.
    pub snapshot: bool,
    /// No more entries than these.
    pub limit: u64,
    /// Whether to wait for more at the end.
    pub follow: bool,
}

/// A part of what was read.
pub struct Part {
    /// The entries.
    pub entries: Vec<ChangeEntry>,
    /// With these, every entry of the log up to here was read.
    pub upto: Option<i64>,
    /// Whether nothing follows for now.
    pub end: bool,
}

/// Whoever prints has gone: the command has ended.
struct Gone;

impl Reading {
    /// Reads, and hands over what was read, until there is no more, `stop` fires or nobody takes it.
    pub fn run(
        mut self,
        reader: &Reader,
        stop: &CancellationToken,
        parts: &mpsc::Sender<Part>,
    ) -> Result<(), Error> {
        let send = |part: Part| parts.blocking_send(part).map_err(|_| Gone);
        if self.snapshot {
            let Ok(seq) = self.all_records(reader, send)? else { return Ok(()) };
            self.since = Some(Since::Seq(seq));
        }
        let names: Vec<&str> = self.streams.iter().map(|stream| stream.name.as_str()).collect();
        loop {
            // Before reading, so that what is committed meanwhile counts as new.
            let (version, newest) = (reader.data_version()?, reader.last_seq()?);
            let most = u32::try_from(self.limit).unwrap_or(CHUNK).min(CHUNK);
            let changes = reader.changes(self.since, &names, most)?;
            self.limit -= changes.entries.len() as u64;
            let end = changes.entries.len() < most as usize;
            let upto = if end { changes.last.max(Some(newest)) } else { changes.last };
            if end
                && let Some(Since::Seq(asked)) = self.since
                && asked > newest
            {
                crate::print::tell(format_args!(
                    "the change log ends with entry {newest}, before {asked}: was the mirror made anew?"
                ));
            }
            self.since = upto.map(Since::Seq).or(self.since);
            if send(Part { entries: changes.entries, upto, end }).is_err() || self.limit == 0 {
                return Ok(());
            }
            if !end {
                continue;
            }
            if !self.follow {
                return Ok(());
            }
            while reader.data_version()? == version {
                if stop.is_cancelled() || parts.is_closed() {
                    return Ok(());
                }
                std::thread::sleep(LOOK);
            }
        }
    }

    fn all_records(
        &self,
        reader: &Reader,
        send: impl Fn(Part) -> Result<(), Gone>,
    ) -> Result<Result<i64, Gone>, Error> {
        let streams: Vec<&Stream> = match self.streams.as_slice() {
            [] => stream::all().iter().collect(),
            chosen => chosen.to_vec(),
        };
        let mut entries = Vec::new();
        let mut gone = false;
        let read = reader.snapshot(&streams, Timestamp::now(), |entry| {
            entries.push(entry);
            if entries.len() == CHUNK as usize {
                let entries = std::mem::take(&mut entries);
                gone = send(Part { entries, upto: None, end: false }).is_err();
            }
            if gone { Err(Error::Interrupted) } else { Ok(()) }
        });
        match read {
            Err(Error::Interrupted) if gone => Ok(Err(Gone)),
            Err(error) => Err(error),
            Ok(seq) => Ok(send(Part { entries, upto: Some(seq), end: false }).map(|()| seq)),
        }
    }
}
