//! The pump to a file: batches in the order of the log; append, sync, then commit cursor, length and marks at once.

use std::collections::HashSet;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{READ_MOST, Setting, WANTED_MOST};
use crate::Error;
use crate::destination::file::Appender;
use crate::flow;
use crate::message::{Entry, Verdict};
use crate::retry::spread;
use crate::state::{self, Death, Step};
use crate::worker::Worker;

/// A batch ends when its text is this long.
const BATCH_BYTES: usize = 1024 * 1024;

/// What is appended and committed together.
#[derive(Default)]
struct Batch {
    text: String,
    step: Step,
    messages: u64,
    /// Records in it, for flows that deliver them once.
    records: HashSet<(String, String)>,
    /// Whether there may be more to do at once.
    more: bool,
}

struct Pump {
    setting: Setting,
    worker: Worker,
    appender: Appender,
    path: String,
    cursor: i64,
}

pub(super) async fn run(
    setting: Setting,
    config: &flow::File,
    worker: Worker,
    cursor: i64,
    cancel: &CancellationToken,
) -> Result<(), Error> {
    let path = config.path.to_string_lossy().into_owned();
    let (disk, place) = (Arc::clone(&setting.disk), config.path.clone());
    let found = tokio::task::spawn_blocking(move || disk.length(&place))
        .await
        .map_err(|error| Error::Ended(error.to_string()))?
        .map_err(|error| Error::Start { what: "the file of a flow", reason: format!("{path}: {error}") })?;
    let length =
        state::file_length(&setting.writer, setting.flow.name.clone(), path.clone(), found.unwrap_or(0))
            .await?;
    let appender = Appender::new(config.clone(), Arc::clone(&setting.disk), length);
    let mut pump = Pump { setting, worker, appender, path, cursor };
    while !cancel.is_cancelled() {
        let batch = pump.gather().await?;
        let more = batch.more;
        let Some(()) = pump.carry_out(batch, cancel).await? else { return Ok(()) };
        if !more {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = pump.setting.idle() => {}
            }
        }
    }
    Ok(())
}

impl Pump {
    async fn gather(&mut self) -> Result<Batch, Error> {
        let mut batch = Batch::default();
        let wanted = self.worker.wanted(WANTED_MOST).await?;
        batch.more = wanted.len() == WANTED_MOST as usize;
        for (id, entry) in wanted {
            match self.judge(&batch, &entry).await? {
                Verdict::Skip => batch.step.resolved.push(id),
                Verdict::Deliver(outputs) => {
                    batch.step.resolved.push(id);
                    self.add(&mut batch, entry, &outputs);
                }
                Verdict::Refuse(reason) => {
                    batch.step.failed_again.push((id, reason, 1));
                    self.setting.status.failed_attempt();
                }
            }
        }
        let part = self.worker.read(self.cursor, READ_MOST).await?;
        batch.more |= !part.end;
        let mut upto = part.upto;
        for entry in part.entries {
            if batch.text.len() >= BATCH_BYTES {
                upto = entry.seq - 1;
                batch.more = true;
                break;
            }
            match self.judge(&batch, &entry).await? {
                Verdict::Skip => {}
                Verdict::Deliver(outputs) => self.add(&mut batch, entry, &outputs),
                Verdict::Refuse(error) => {
                    tracing::warn!(
                        flow = self.setting.flow.name,
                        stream = entry.stream,
                        key = entry.key,
                        error,
                        "dead letter"
                    );
                    let replaces = self.setting.flow.once;
                    batch.step.dead.push(Death { entry, message: None, error, attempts: 1, replaces });
                    self.setting.status.failed_attempt();
                }
            }
        }
        batch.step.cursor = (upto > self.cursor).then_some(upto);
        Ok(batch)
    }

    async fn judge(&mut self, batch: &Batch, entry: &Entry) -> Result<Verdict, Error> {
        if self.setting.flow.once && batch.records.contains(&(entry.stream.clone(), entry.key.clone())) {
            return Ok(Verdict::Skip);
        }
        self.worker.judge(entry).await
    }

    fn add(&self, batch: &mut Batch, entry: Entry, outputs: &[String]) {
        let Entry { seq, stream, key, .. } = &entry;
        tracing::debug!(flow = self.setting.flow.name, seq, stream, key, "to be appended");
        for output in outputs {
            batch.text.push_str(&Appender::line(output));
            batch.messages += 1;
        }
        if self.setting.flow.once {
            batch.records.insert((entry.stream.clone(), entry.key.clone()));
            batch.step.once.push(entry);
        }
    }

    /// Appends and commits; `None` when it was cancelled before. A disk that fails is tried again for ever: no
    /// message is to blame for it.
    async fn carry_out(&mut self, batch: Batch, cancel: &CancellationToken) -> Result<Option<()>, Error> {
        let Batch { text, mut step, messages, .. } = batch;
        let status = Arc::clone(&self.setting.status);
        if !text.is_empty() {
            status.working(messages);
            let text: Arc<str> = text.into();
            let mut failures = 0;
            let length = loop {
                match self.appender.append(Arc::clone(&text)).await {
                    Ok(length) => break length,
                    Err(error) => {
                        failures += 1;
                        tracing::warn!(flow = self.setting.flow.name, error, failures, "could not write");
                        status.failed_attempt();
                        status.failing(error);
                    }
                }
                let wait = self.setting.flow.retry.wait(failures, None, spread(&self.path, failures));
                tokio::select! {
                    () = cancel.cancelled() => return Ok(None),
                    () = tokio::time::sleep(wait) => {}
                }
            };
            step.file = Some((self.path.clone(), length));
        }
        if step.is_empty() {
            return Ok(Some(()));
        }
        let (cursor, length) = (step.cursor, step.file.as_ref().map(|(_, length)| *length));
        let dead = self.setting.commit(step).await?;
        self.cursor = cursor.unwrap_or(self.cursor);
        if let Some(length) = length {
            self.appender.committed(length);
        }
        status.delivered(messages);
        status.committed(self.cursor, dead, 0);
        Ok(Some(()))
    }
}
