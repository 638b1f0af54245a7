//! Staying up to date: events are settled as they come, with polling as the net beneath.
//!
//! Two loops share the mirror's writer. One settles events; the other polls in rounds: what was modified, now and
//! then all lists without modification times, and rarely everything. A round can be asked for.

use std::sync::Arc;
use std::time::Duration;

use bigcommerce::Client;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::lasting::lasting;
use super::service::{Options, Service, Summary};
use super::settle::Settling;
use super::{Error, Observer};
use crate::model::clock::Clock;
use crate::model::stream::{Stream, selection};
use crate::storage::{self, InboxOwner, Mirror, Poll, Writer};

/// How often is looked.
#[derive(Debug, Clone)]
pub struct Rhythm {
    /// Between two rounds of polling for what was modified.
    pub poll: Duration,
    /// Between two complete lists of streams without modification times.
    pub relist: Duration,
    /// Between two complete lists of everything, which find deletes whose events were lost.
    pub sweep: Duration,
    /// How long the store may answer with what was before an event.
    pub lag: Duration,
}

impl Default for Rhythm {
    fn default() -> Self {
        Rhythm {
            poll: Duration::from_secs(60),
            relist: Duration::from_secs(15 * 60),
            sweep: Duration::from_secs(24 * 3600),
            lag: Duration::from_secs(2),
        }
    }
}

/// What both loops need.
#[derive(Clone)]
pub struct Live {
    /// The way to the store.
    pub client: Client,
    /// The mirror.
    pub writer: Writer,
    /// The inbox.
    pub inbox: InboxOwner,
    /// The streams that are kept up to date.
    pub streams: Vec<&'static Stream>,
    /// How often is looked.
    pub rhythm: Rhythm,
    /// Our time.
    pub clock: Arc<dyn Clock>,
    /// Who is told.
    pub observer: Arc<dyn Observer>,
    /// Fires when an event arrives.
    pub arrived: Arc<Notify>,
    /// Told after each commit that may have made the change log longer.
    pub grown: watch::Sender<u64>,
    /// Tells how much those who read the change log have still to settle.
    pub unsettled: Unsettled,
}

/// How much is still to settle, as somebody else knows it.
pub type Unsettled = Arc<dyn Fn() -> BoxFuture<'static, u64> + Send + Sync>;

/// Between two looks for a poll that is due or asked for.
const LOOK: Duration = Duration::from_millis(200);

/// Settled events are kept this long, to know their duplicates.
const KEEP: SignedDuration = SignedDuration::from_hours(72);

impl Live {
    /// Runs both loops until `cancel` fires, or one of them cannot go on.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<(), Error> {
        // What comes with another stream is told of with that one.
        self.streams = selection::with_parents(&self.streams);
        let mut loops = JoinSet::new();
        let (settling, polling, stop) = (self.clone(), self, cancel.clone());
        loops.spawn(lasting("settling events", stop.clone(), move || {
            Settling::new(settling.clone(), &stop).run(stop.clone())
        }));
        let stop = cancel.clone();
        loops.spawn(lasting("polling", stop.clone(), move || polling.clone().poll(stop.clone())));
        let mut result = Ok(());
        while let Some(ended) = loops.join_next().await {
            // Whichever ends first, the other one is to end too.
            cancel.cancel();
            result = result.and(ended?);
        }
        result
    }

    /// Polls in rounds.
    async fn poll(self, cancel: CancellationToken) -> Result<(), Error> {
        let streams = self.streams.clone();
        let mut last = Rounds {
            everything: self.writer.run(move |mirror| swept_at(mirror, &streams)).await?,
            ..Rounds::default()
        };
        loop {
            let asked = self.inbox.run(|inbox| inbox.open_poll()).await?;
            let now = self.clock.now();
            let Some(round) = last.next(&self.rhythm, now, asked.is_some()) else {
                tokio::select! {
                    () = cancel.cancelled() => return Ok(()),
                    () = tokio::time::sleep(LOOK) => continue,
                }
            };
            let summary = self.round(round, &cancel).await;
            if summary.was_cancelled() {
                return Ok(());
            }
            self.grown.send_modify(|times| *times += 1);
            if summary.is_complete() {
                last.done(round, now);
            } else {
                last.failed(now);
            }
            let at = self.clock.now();
            let found: u64 = summary.streams.iter().map(|stream| stream.committed.differences()).sum();
            let error =
                summary.streams.iter().find_map(|stream| stream.error.as_ref().map(ToString::to_string));
            let unsettled = (self.unsettled)().await;
            let answer =
                asked.map(|id| Poll { id, found: Some(count(found)), unsettled: count(unsettled), error });
            self.inbox
                .run(move |inbox| {
                    if let Some(answer) = answer {
                        inbox.answer_polls(&answer, at)?;
                    }
                    inbox.trim(at.saturating_sub(KEEP).unwrap_or(at)).map(drop)
                })
                .await?;
        }
    }

    async fn round(&self, round: Round, cancel: &CancellationToken) -> Summary {
        let streams = match round {
            Round::Modified => {
                self.streams.iter().copied().filter(|stream| stream.tells_what_changed()).collect()
            }
            Round::Lists | Round::Everything => self.streams.clone(),
        };
        let (full, lists) = (round == Round::Everything, round != Round::Modified);
        let options = Options { streams, full, lists, ..Options::default() };
        Service::new(self.client.clone(), self.writer.clone(), options)
            .observer(Arc::clone(&self.observer))
            .clock(Arc::clone(&self.clock))
            .run(cancel.clone())
            .await
    }
}

/// A count as the database holds it.
fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// When the last complete list was read of the streams for which it is not read often; none while one of them has
/// not been read at all.
fn swept_at(mirror: &mut Mirror, streams: &[&'static Stream]) -> Result<Option<Timestamp>, storage::Error> {
    let mut oldest = Some(Timestamp::MAX);
    for stream in streams.iter().filter(|stream| stream.incremental.is_some()) {
        oldest = oldest.min(mirror.stream_state(stream)?.swept_at);
    }
    Ok(oldest.filter(|at| *at < Timestamp::MAX))
}

/// What a round of polling reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    /// Streams that can be asked for what was modified.
    Modified,
    /// These, and the complete lists of the others.
    Lists,
    /// Complete lists of all.
    Everything,
}

/// When the last rounds were.
#[derive(Debug, Default)]
struct Rounds {
    modified: Option<Timestamp>,
    lists: Option<Timestamp>,
    everything: Option<Timestamp>,
    failed: Option<Timestamp>,
}

/// After a round that failed, how long the next one waits.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(10);

impl Rounds {
    /// The round that is due, if any; one that somebody waits for reads all lists.
    fn next(&self, rhythm: &Rhythm, now: Timestamp, asked: bool) -> Option<Round> {
        let due = |last: Option<Timestamp>, every: Duration| {
            last.is_none_or(|last| {
                now.duration_since(last) >= SignedDuration::try_from(every).unwrap_or_default()
            })
        };
        if !asked && self.failed.is_some_and(|failed| now.duration_since(failed) < AFTER_FAILURE) {
            return None;
        }
        if self.everything.is_some() && due(self.everything, rhythm.sweep) {
            Some(Round::Everything)
        } else if asked || due(self.lists, rhythm.relist) {
            Some(Round::Lists)
        } else {
            due(self.modified, rhythm.poll).then_some(Round::Modified)
        }
    }

    fn failed(&mut self, began: Timestamp) {
        self.failed = Some(began);
    }

    fn done(&mut self, round: Round, began: Timestamp) {
        self.failed = None;
        self.modified = Some(began);
        if round != Round::Modified {
            self.lists = Some(began);
        }
        // The first sweep is one interval after the first complete list.
        if round == Round::Everything || self.everything.is_none() {
            self.everything = Some(began);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_come_in_their_rhythm_and_when_asked_for() {
        let rhythm = Rhythm::default();
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let mut rounds = Rounds::default();
        assert_eq!(rounds.next(&rhythm, at(0), false), Some(Round::Lists));
        rounds.done(Round::Lists, at(0));
        assert_eq!(rounds.next(&rhythm, at(59), false), None);
        assert_eq!(rounds.next(&rhythm, at(59), true), Some(Round::Lists));
        assert_eq!(rounds.next(&rhythm, at(60), false), Some(Round::Modified));
        rounds.done(Round::Modified, at(60));
        assert_eq!(rounds.next(&rhythm, at(900), false), Some(Round::Lists));
        rounds.failed(at(900));
        assert_eq!(rounds.next(&rhythm, at(909), false), None);
        assert_eq!(rounds.next(&rhythm, at(910), false), Some(Round::Lists));
        assert_eq!(rounds.next(&rhythm, at(86_400), false), Some(Round::Everything));
    }
}
