//! Staying up to date: events are settled as they come, with polling as the net beneath.
//!
//! Two loops share the mirror's writer. One settles events; the other sees to everything that is not told: it polls in
//! rounds, keeps the store's hooks as needed, and, beside the rounds, compares stream after stream with the store and
//! carries out what other processes ask for. What is due when is decided in `rhythm`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bigcommerce::Client;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::comparisons::{Compared, Comparisons};
use super::hooks;
use super::lasting::lasting;
use super::pauses::Pauses;
use super::rhythm::{self, Agreement, Rhythm, Round, Rounds};
use super::service::{Options, Service, Summary};
use super::settle::Settling;
use super::totals::{self, Disbelieved};
use super::{Claims, Error, Observer, Trouble};
use crate::model::clock::Clock;
use crate::model::stream::{Stream, selection};
use crate::storage::{InboxOwner, Poll, Writer};

/// What both loops need.
#[derive(Clone)]
pub struct Live {
    /// The way to the store.
    pub client: Client,
    /// The mirror.
    pub writer: Writer,
    /// The inbox.
    pub inbox: InboxOwner,
    /// Where the databases are.
    pub data_dir: PathBuf,
    /// The streams that are kept up to date.
    pub streams: Vec<&'static Stream>,
    /// Where the store is to send its notifications, if that is to be seen to. Without it, whatever `hooks sync` kept
    /// in the inbox.
    pub destination: Option<String>,
    /// Whether notifications are taken in.
    pub told: bool,
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
    /// Where it is told what prevents that the store is kept up to date.
    pub trouble: Trouble,
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
        let trouble = settling.trouble.clone();
        loops.spawn(lasting("settling events", trouble.clone(), stop.clone(), move || {
            Settling::new(settling.clone(), &stop).run(stop.clone())
        }));
        let stop = cancel.clone();
        loops.spawn(lasting("polling", trouble, stop.clone(), move || polling.clone().poll(stop.clone())));
        let mut result = Ok(());
        while let Some(ended) = loops.join_next().await {
            // Whichever ends first, the other one is to end too.
            cancel.cancel();
            result = result.and(ended?);
        }
        result
    }

    /// Sees to what is not told.
    async fn poll(self, cancel: CancellationToken) -> Result<(), Error> {
        let claims = Claims::default();
        let mut watch = Watch {
            comparisons: Comparisons::new(self.clone(), claims.clone()),
            claims,
            live: self,
            rounds: Rounds::default(),
            pauses: Pauses::default(),
            hooks: None,
            again: None,
            newest: None,
            disbelieved: Disbelieved::default(),
        };
        while !cancel.is_cancelled() {
            let pause = if watch.step(&cancel).await? { Duration::ZERO } else { LOOK };
            tokio::select! {
                biased;
                () = cancel.cancelled() => break,
                Some(ended) = watch.comparisons.next() => watch.compared(ended?, &cancel).await?,
                () = tokio::time::sleep(pause) => {}
            }
        }
        // They know of it, too; what they have on its way into the mirror is to be there.
        while let Some(ended) = watch.comparisons.next().await {
            watch.compared(ended?, &cancel).await?;
        }
        Ok(())
    }
}

/// A count as the database holds it.
fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The name under which the inbox keeps where the store is to send its notifications.
pub const DESTINATION: &str = "hooks.destination";

/// A new hook may need so long until it counts: what changed until then is read again.
const TAKES_EFFECT: SignedDuration = SignedDuration::from_secs(60);

/// What the second loop remembers.
struct Watch {
    live: Live,
    rounds: Rounds,
    /// The streams that could not be read.
    pauses: Pauses,
    /// When the hooks were last looked at.
    hooks: Option<Timestamp>,
    /// When everything is read again, after hooks were silent.
    again: Option<Timestamp>,
    /// The newest event when the last round began.
    newest: Option<i64>,
    /// Numbers of records that the store told and a comparison did not find.
    disbelieved: Disbelieved,
    /// What rounds and comparisons have under way.
    claims: Claims,
    comparisons: Comparisons,
}

impl Watch {
    /// Does what is due; answers whether anything was.
    async fn step(&mut self, cancel: &CancellationToken) -> Result<bool, Error> {
        let now = self.live.clock.now();
        if rhythm::due(self.hooks, self.live.rhythm.hooks, now) {
            self.hooks = Some(now);
            self.see_to_hooks(now).await?;
        }
        if self.again.is_some_and(|again| now >= again) {
            self.again = None;
            self.rounds.forget();
        }
        let asked = self.live.inbox.run(|inbox| inbox.open_poll()).await?;
        let read = match self.rounds.next(&self.live.rhythm, now, asked.is_some()) {
            Some(round) => {
                self.round(round, now, asked, cancel).await?;
                true
            }
            None => self.try_again(now, cancel).await,
        };
        // However often is polled, comparisons begin.
        Ok(self.comparisons.begin(now, cancel).await? || read)
    }

    /// One round of polling, and the answer to who asked for it.
    async fn round(
        &mut self,
        round: Round,
        began: Timestamp,
        asked: Option<i64>,
        cancel: &CancellationToken,
    ) -> Result<(), Error> {
        let newest = self.live.inbox.run(|inbox| inbox.newest()).await?;
        let mut streams = self.streams_of(round);
        if asked.is_none() {
            streams.retain(|stream| !self.pauses.waits(&stream.name, began));
        }
        let mut summary = self.read(streams, round, false, asked.is_some(), cancel).await;
        if round == Round::Lists && !summary.was_cancelled() {
            let wrong = self.wrong_in_number(&summary, cancel).await?;
            if asked.is_none() {
                self.comparisons.doubt(wrong);
            } else if !wrong.is_empty() {
                // Whoever waits wants to know what it comes to.
                let more = self.read(wrong.clone(), round, true, true, cancel).await;
                summary.streams.extend(more.streams);
                self.disbelieve(&wrong).await?;
            }
        }
        if summary.was_cancelled() {
            return Ok(());
        }
        self.live.grown.send_modify(|times| *times += 1);
        let found: u64 = summary.streams.iter().map(|stream| stream.committed.differences()).sum();
        self.pause(&summary, began);
        if self.is_in_trouble(&summary) {
            self.rounds.failed(began);
        } else {
            let agreement = match (found, newest > self.newest) {
                (0, true) if self.live.told => Agreement::Agree,
                (0, _) => Agreement::Silent,
                _ => Agreement::Missed,
            };
            self.rounds.done(round, began, agreement);
            if agreement == Agreement::Missed && newest == self.newest {
                // The store changed and told nothing: are the hooks there?
                self.hooks = None;
            }
            self.newest = newest;
        }
        let error = summary.streams.iter().find_map(|stream| stream.error.as_ref().map(ToString::to_string));
        let unsettled = (self.live.unsettled)().await;
        let answer =
            asked.map(|id| Poll { id, found: Some(count(found)), unsettled: count(unsettled), error });
        let at = self.live.clock.now();
        let trimmed = self.live.inbox.run(move |inbox| {
            if let Some(answer) = answer {
                inbox.answer_polls(&answer, at)?;
            }
            inbox.trim(at.saturating_sub(KEEP).unwrap_or(at)).map(drop)
        });
        Ok(trimmed.await?)
    }

    /// Has the streams wait that could not be read, and those no longer that could.
    fn pause(&mut self, summary: &Summary, now: Timestamp) {
        for done in &summary.streams {
            match &done.error {
                Some(_) => self.pauses.failed(&done.stream.name, now),
                None => self.pauses.done(&done.stream.name),
            }
        }
    }

    /// Whether nothing could be read, or nothing more after an error that no other stream escapes; tells it.
    fn is_in_trouble(&self, summary: &Summary) -> bool {
        let errors = || summary.streams.iter().filter_map(|stream| stream.error.as_ref());
        let all = !summary.streams.is_empty() && errors().count() == summary.streams.len();
        let worst = errors().find(|error| error.is_fatal()).or_else(|| errors().next().filter(|_| all));
        self.live.trouble.tell("reading the store", worst.map(ToString::to_string));
        worst.is_some()
    }

    /// Reads the streams that have waited long enough since they could not be read; whether there were any.
    async fn try_again(&mut self, now: Timestamp, cancel: &CancellationToken) -> bool {
        let due: Vec<_> =
            self.live.streams.iter().copied().filter(|s| self.pauses.is_due(&s.name, now)).collect();
        if due.is_empty() || self.rounds.has_failed() {
            return false;
        }
        let summary = self.read(due, Round::Lists, false, false, cancel).await;
        self.pause(&summary, now);
        self.live.grown.send_modify(|times| *times += 1);
        true
    }

    fn streams_of(&self, round: Round) -> Vec<&'static Stream> {
        let streams = self.live.streams.iter().copied();
        match round {
            Round::Modified => streams.filter(|stream| stream.tells_what_changed()).collect(),
            Round::Lists => streams.collect(),
        }
    }

    async fn read(
        &self,
        streams: Vec<&'static Stream>,
        round: Round,
        full: bool,
        fresh: bool,
        cancel: &CancellationToken,
    ) -> Summary {
        let lists = round == Round::Lists;
        let options = Options { streams, full, lists, fresh, tell_skipped: false, ..Options::default() };
        Service::new(self.live.client.clone(), self.live.writer.clone(), options)
            .observer(Arc::clone(&self.live.observer))
            .clock(Arc::clone(&self.live.clock))
            .claims(self.claims.clone())
            .run(cancel.clone())
            .await
    }

    /// The streams of which the store has another number of records than the mirror, as far as it tells, of those that
    /// `summary` brought up to date. Those without modification times were just listed.
    async fn wrong_in_number(
        &mut self,
        summary: &Summary,
        cancel: &CancellationToken,
    ) -> Result<Vec<&'static Stream>, Error> {
        let read = summary.streams.iter().filter(|done| done.error.is_none() && done.skipped.is_none());
        let mut wrong = Vec::new();
        for stream in read.map(|done| done.stream).filter(|stream| stream.incremental.is_some()) {
            // Whatever is under way over it finds out by itself.
            if self.claims.is_claimed(&stream.name) || selection::contains(&wrong, stream) {
                continue;
            }
            match self.numbers(stream, cancel).await {
                Ok(Some((theirs, ours))) if self.disbelieved.is_news(&stream.name, theirs, ours) => {
                    wrong.push(stream);
                }
                Ok(_) => {}
                Err(Error::Store(error)) => {
                    self.live.observer.note(stream, &format!("{error}; its number of records is not known"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(wrong)
    }

    /// How many records store and mirror have of `stream`. None where the store does not tell, or is so busy that its
    /// number has moved again before the mirror's could follow: then another round will do.
    async fn numbers(
        &self,
        stream: &'static Stream,
        cancel: &CancellationToken,
    ) -> Result<Option<(u64, u64)>, Error> {
        let ours = || self.live.writer.run(move |mirror| mirror.count(stream));
        let Some(before) = totals::total(&self.live.client, stream).await? else { return Ok(None) };
        if ours().await? == before {
            return Ok(Some((before, before)));
        }
        // What was created since the round may be all that is missing.
        self.read(vec![stream], Round::Modified, false, false, cancel).await;
        let ours = ours().await?;
        let after = totals::total(&self.live.client, stream).await?;
        Ok(after.filter(|after| *after == before || *after == ours).map(|after| (after, ours)))
    }

    /// Remembers numbers that a comparison did not bear out, so that they cause no further one.
    async fn disbelieve(&mut self, compared: &[&'static Stream]) -> Result<(), Error> {
        for stream in compared.iter().copied() {
            if let Ok(Some(theirs)) = totals::total(&self.live.client, stream).await {
                let ours = self.live.writer.run(move |mirror| mirror.count(stream)).await?;
                self.disbelieved.note(&stream.name, theirs, ours);
            }
        }
        Ok(())
    }

    /// Takes a comparison that has come to its end.
    async fn compared(&mut self, compared: Compared, cancel: &CancellationToken) -> Result<(), Error> {
        let Some(counted) = self.comparisons.take(compared, cancel).await? else { return Ok(()) };
        if counted.differed {
            // The store changed and told nothing: are the hooks there?
            self.hooks = None;
        }
        self.disbelieve(&counted.streams).await
    }

    /// Makes the hooks what they have to be, and has read what changed while they were not.
    async fn see_to_hooks(&mut self, now: Timestamp) -> Result<(), Error> {
        if !self.live.told {
            return Ok(());
        }
        let kept = self.live.inbox.run(|inbox| inbox.kept(DESTINATION)).await?;
        let Some(destination) = self.live.destination.clone().or(kept) else { return Ok(()) };
        match hooks::keep(&self.live.client, &self.live.streams, &destination).await {
            Ok(kept) => {
                self.live.observer.hooks(&kept);
                if kept.were_silent() {
                    self.rounds.forget();
                    self.again = now.saturating_add(TAKES_EFFECT).ok();
                }
            }
            Err(error @ (Error::Mirror(_) | Error::Task(_))) => return Err(error),
            Err(error) => self.live.observer.hooks_unknown(&error.to_string()),
        }
        Ok(())
    }
}
