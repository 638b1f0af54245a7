//! The pump to an HTTP API: a window of entries, several under way at a time, those of one record one after another.
//!
//! The cursor stays before the oldest entry that is not settled; what is settled beyond it is noted by number, so
//! that a restart repeats only what was under way.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{READ_MOST, Setting, WANTED_MOST};
use crate::Error;
use crate::destination::http::{Outcome, Sender};
use crate::flow;
use crate::message::{Entry, Verdict, idempotency_key};
use crate::retry::spread;
use crate::state::{Death, Step};
use crate::worker::Worker;

/// Entries that are looked at together, and no more are read before the oldest is settled.
const WINDOW: usize = 256;
/// Bytes of messages that wait to be tried again or are under way, beyond which no more are begun.
const HELD_BYTES: usize = 16 * 1024 * 1024;

/// Where an entry came from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Log,
    DeadLetter(i64),
}

#[derive(PartialEq)]
enum Stage {
    Waiting,
    UnderWay,
    Until(Instant),
    Settled,
}

/// An entry of the window.
struct Slot {
    number: u64,
    origin: Origin,
    entry: Entry,
    stage: Stage,
    attempts: u32,
    /// Its outputs, once they are known, and how many of them were delivered.
    outputs: Option<Arc<Vec<String>>>,
    delivered: usize,
}

/// A slot's attempt, when it has ended.
struct Attempt {
    number: u64,
    delivered: usize,
    outcome: Outcome,
}

struct Pump {
    setting: Setting,
    sender: Sender,
    concurrency: usize,
    worker: Worker,
    cursor: i64,
    /// Up to where the log was read.
    read: i64,
    /// Settled beyond the cursor before this run.
    done: HashSet<i64>,
    window: VecDeque<Slot>,
    next_number: u64,
    under_way: JoinSet<Attempt>,
    /// What is not committed yet.
    step: Step,
}

pub(super) async fn run(
    setting: Setting,
    config: &flow::Http,
    mut worker: Worker,
    cursor: i64,
    cancel: &CancellationToken,
) -> Result<(), Error> {
    let sender = Sender::new(config.clone(), Arc::clone(&setting.clock))?;
    let done = worker.done().await?.into_iter().collect();
    let mut pump = Pump {
        setting,
        sender,
        concurrency: config.concurrency,
        worker,
        cursor,
        read: cursor,
        done,
        window: VecDeque::new(),
        next_number: 0,
        under_way: JoinSet::new(),
        step: Step::default(),
    };
    while !cancel.is_cancelled() {
        let more = pump.fill().await?;
        let again = pump.begin().await?;
        pump.commit().await?;
        if again || more && pump.has_room() {
            continue;
        }
        let due = pump.due();
        tokio::select! {
            () = cancel.cancelled() => {}
            Some(ended) = pump.under_way.join_next() => {
                pump.settle(ended.map_err(|error| Error::Ended(error.to_string()))?);
                while let Some(ended) = pump.under_way.try_join_next() {
                    pump.settle(ended.map_err(|error| Error::Ended(error.to_string()))?);
                }
                pump.commit().await?;
            }
            () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
            () = pump.setting.idle() => {}
        }
    }
    Ok(())
}

impl Pump {
    fn has_room(&self) -> bool {
        self.window.len() < WINDOW
    }

    /// Reads on as far as the window has room; whether there is more.
    async fn fill(&mut self) -> Result<bool, Error> {
        for (id, entry) in self.worker.wanted(WANTED_MOST).await? {
            if !self.window.iter().any(|slot| slot.origin == Origin::DeadLetter(id)) {
                self.push(Origin::DeadLetter(id), entry);
            }
        }
        let room = u32::try_from(WINDOW.saturating_sub(self.window.len())).unwrap_or(0).min(READ_MOST);
        if room == 0 {
            return Ok(true);
        }
        let part = self.worker.read(self.read, room).await?;
        self.read = part.upto;
        for entry in part.entries {
            if !self.done.remove(&entry.seq) {
                self.push(Origin::Log, entry);
            }
        }
        Ok(!part.end)
    }

    fn push(&mut self, origin: Origin, entry: Entry) {
        let number = self.next_number;
        self.next_number += 1;
        let (stage, outputs) = (Stage::Waiting, None);
        self.window.push_back(Slot { number, origin, entry, stage, attempts: 0, outputs, delivered: 0 });
    }

    /// Begins what can be begun: the first open entry of each record, when its time has come. Whether entries were
    /// settled without an attempt, so that later ones of their records can be begun.
    async fn begin(&mut self) -> Result<bool, Error> {
        let mut settled = false;
        let now = Instant::now();
        let mut busy = HashSet::new();
        let held = |slot: &Slot| {
            slot.outputs.iter().flat_map(|outputs| outputs.iter()).map(String::len).sum::<usize>()
        };
        let mut bytes: usize = self.window.iter().map(held).sum();
        for at in 0..self.window.len() {
            if self.under_way.len() >= self.concurrency {
                break;
            }
            let slot = &mut self.window[at];
            let record = (slot.entry.stream.clone(), slot.entry.key.clone());
            if slot.stage == Stage::Settled || !busy.insert(record) {
                continue;
            }
            let is_due = match slot.stage {
                Stage::Waiting => bytes < HELD_BYTES,
                Stage::Until(due) => due <= now,
                Stage::UnderWay | Stage::Settled => false,
            };
            if !is_due {
                continue;
            }
            let outputs = match &slot.outputs {
                Some(outputs) => Arc::clone(outputs),
                None => match self.worker.judge(&slot.entry).await? {
                    Verdict::Deliver(outputs) => {
                        let outputs = Arc::new(outputs);
                        bytes += outputs.iter().map(String::len).sum::<usize>();
                        slot.outputs = Some(Arc::clone(&outputs));
                        outputs
                    }
                    Verdict::Skip => {
                        Self::skip(slot, &mut self.step);
                        settled = true;
                        continue;
                    }
                    Verdict::Refuse(reason) => {
                        slot.attempts += 1;
                        Self::give_up(&self.setting, slot, &mut self.step, reason);
                        settled = true;
                        continue;
                    }
                },
            };
            slot.stage = Stage::UnderWay;
            let keys = (slot.delivered..outputs.len())
                .map(|output| idempotency_key(&self.setting.store, &self.setting.flow, &slot.entry, output))
                .collect();
            self.under_way.spawn(attempt(self.sender.clone(), slot.number, outputs, slot.delivered, keys));
        }
        let open = self.window.iter().filter(|slot| slot.stage != Stage::Settled).count();
        self.setting.status.working(open as u64);
        Ok(settled)
    }

    /// Notes what became of an attempt.
    fn settle(&mut self, attempt: Attempt) {
        let Some(slot) = self.window.iter_mut().find(|slot| slot.number == attempt.number) else { return };
        let status = &self.setting.status;
        status.delivered((attempt.delivered - slot.delivered) as u64);
        slot.delivered = attempt.delivered;
        slot.attempts += 1;
        match attempt.outcome {
            Outcome::Delivered => {
                let (seq, stream, key) = (slot.entry.seq, &slot.entry.stream, &slot.entry.key);
                tracing::debug!(flow = self.setting.flow.name, seq, stream, key, "delivered");
                if self.setting.flow.once {
                    self.step.once.push(slot.entry.clone());
                }
                Self::skip(slot, &mut self.step);
            }
            Outcome::Later(reason, asked) if slot.attempts < self.setting.flow.retry.attempts => {
                status.failed_attempt();
                let name = &self.setting.flow.name;
                tracing::debug!(
                    flow = name,
                    stream = slot.entry.stream,
                    key = slot.entry.key,
                    reason,
                    "tries again"
                );
                let key = idempotency_key(&self.setting.store, &self.setting.flow, &slot.entry, 0);
                let wait = self.setting.flow.retry.wait(slot.attempts, asked, spread(&key, slot.attempts));
                slot.stage = Stage::Until(Instant::now() + wait);
                status.failing(reason);
            }
            Outcome::Later(reason, _) | Outcome::Never(reason) => {
                Self::give_up(&self.setting, slot, &mut self.step, reason);
            }
        }
    }

    /// Nothing more is to be done about the slot.
    fn skip(slot: &mut Slot, step: &mut Step) {
        slot.stage = Stage::Settled;
        slot.outputs = None;
        match slot.origin {
            Origin::Log => step.done.push(slot.entry.seq),
            Origin::DeadLetter(id) => step.resolved.push(id),
        }
    }

    fn give_up(setting: &Setting, slot: &mut Slot, step: &mut Step, reason: String) {
        setting.status.failed_attempt();
        let (stream, key) = (&slot.entry.stream, &slot.entry.key);
        tracing::warn!(flow = setting.flow.name, stream, key, reason, "dead letter");
        match slot.origin {
            Origin::Log => {
                let message = slot.outputs.as_ref().map(|outputs| outputs[slot.delivered..].join("\n"));
                step.dead.push(Death {
                    entry: slot.entry.clone(),
                    message,
                    error: reason,
                    attempts: slot.attempts,
                    replaces: setting.flow.once,
                });
                step.done.push(slot.entry.seq);
            }
            Origin::DeadLetter(id) => step.failed_again.push((id, reason, slot.attempts)),
        }
        slot.stage = Stage::Settled;
        slot.outputs = None;
    }

    /// Moves the cursor up to the oldest open entry and commits what changed.
    async fn commit(&mut self) -> Result<(), Error> {
        let open = |slot: &&Slot| slot.origin == Origin::Log && slot.stage != Stage::Settled;
        let cursor = self.window.iter().find(open).map_or(self.read, |slot| slot.entry.seq - 1);
        let mut step = std::mem::take(&mut self.step);
        step.done.retain(|seq| *seq > cursor);
        step.cursor = (cursor > self.cursor).then_some(cursor);
        self.window.retain(|slot| slot.stage != Stage::Settled);
        if !step.is_empty() {
            let dead = self.setting.commit(step).await?;
            self.cursor = cursor.max(self.cursor);
            self.setting.status.committed(self.cursor, dead, self.window.len() as u64);
        }
        Ok(())
    }

    /// When the next slot is to be tried again.
    fn due(&self) -> Option<Instant> {
        let dues = self.window.iter().filter_map(|slot| match slot.stage {
            Stage::Until(due) => Some(due),
            _ => None,
        });
        dues.min().filter(|_| self.under_way.len() < self.concurrency)
    }
}

/// Sends the outputs from `from` on, until one is not taken.
async fn attempt(
    sender: Sender,
    number: u64,
    outputs: Arc<Vec<String>>,
    from: usize,
    keys: Vec<String>,
) -> Attempt {
    let mut delivered = from;
    for (output, key) in outputs[from..].iter().zip(keys) {
        match sender.send(&key, output.clone()).await {
            Outcome::Delivered => delivered += 1,
            outcome => return Attempt { number, delivered, outcome },
        }
    }
    Attempt { number, delivered, outcome: Outcome::Delivered }
}
