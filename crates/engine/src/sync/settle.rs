//! Settling events: what they ask for is fetched, each stream for itself, so that none waits for another one that
//! the store does not answer.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::plan_fetch::IDS_AT_ONCE;
use super::{Error, Fetcher, Live};
use crate::model::change::NoticedBy;
use crate::model::stream::{self, Stream};
use crate::storage::{Committed, Due};

/// Targets of all streams that are looked at together.
const AT_ONCE: u32 = 10_000;

/// Targets that are settled in one commit: events that arrive meanwhile wait for no longer than that.
const SETTLED_AT_ONCE: usize = 250;

/// The second and later looks at a record that is older than its event; each waits twice as long as the one before.
const LOOKS: u32 = 3;

/// Between two looks for what is due, and for what other processes left in the inbox.
const LOOK: Duration = Duration::from_millis(200);

/// The longest that a stream waits whose events could not be fetched.
const LONGEST: Duration = Duration::from_secs(30);

/// An event bears a time up to two seconds after that of the change that it tells of, by what live stores send.
const EVENT_LAG: i64 = 3;

/// Fetches what events ask for.
pub(super) struct Settling {
    live: Live,
    fetcher: Fetcher,
    /// How long each stream waits that failed the last time.
    pauses: BTreeMap<&'static str, Duration>,
    /// When is looked next, so that what comes in a burst is fetched together.
    next_look: Instant,
}

/// The fetch for one stream, come to its end.
struct Fetched {
    stream: &'static Stream,
    due: Vec<Due>,
    result: Result<Committed, Error>,
}

impl Settling {
    pub fn new(live: Live, cancel: &CancellationToken) -> Self {
        let fetcher = Fetcher::new(live.client.clone(), live.writer.clone(), NoticedBy::Webhook)
            .clock(Arc::clone(&live.clock))
            .chosen(&live.streams)
            .cancel(cancel.clone());
        Settling { live, fetcher, pauses: BTreeMap::new(), next_look: Instant::now() }
    }

    /// Settles until `cancel` fires, or mirror or inbox cannot be written.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<(), Error> {
        let mut under_way: JoinSet<Fetched> = JoinSet::new();
        let mut busy: Vec<&'static str> = Vec::new();
        let mut look = true;
        loop {
            if look && Instant::now() >= self.next_look {
                look = false;
                for (stream, due) in self.due(busy.clone()).await? {
                    busy.push(&stream.name);
                    let fetcher = self.fetcher.clone();
                    under_way.spawn(async move { fetch(&fetcher, stream, due).await });
                }
            }
            let wake = if look { self.next_look } else { Instant::now() + LOOK };
            tokio::select! {
                biased;
                () = cancel.cancelled() => break,
                Some(ended) = under_way.join_next() => {
                    let fetched = ended?;
                    busy.retain(|name| *name != fetched.stream.name);
                    self.take(fetched).await?;
                    look = true;
                }
                () = self.live.arrived.notified() => {
                    if !look {
                        self.next_look = self.next_look.max(Instant::now() + GATHER);
                    }
                    look = true;
                }
                () = tokio::time::sleep_until(wake.into()) => look = true,
            }
        }
        // They know of it, too, and what was fetched is not fetched again.
        while let Some(ended) = under_way.join_next().await {
            self.take(ended?).await?;
        }
        Ok(())
    }

    /// What is due, stream by stream, but for those that are fetched just now.
    async fn due(&mut self, busy: Vec<&'static str>) -> Result<Vec<(&'static Stream, Vec<Due>)>, Error> {
        let now = self.live.clock.now();
        let due = self.live.inbox.run(move |inbox| inbox.due(now, AT_ONCE, &busy)).await?;
        let is_all = due.len() < AT_ONCE as usize;
        let mut by_stream: BTreeMap<&'static str, Vec<Due>> = BTreeMap::new();
        for due in due {
            by_stream.entry(due.target.stream).or_default().push(due);
        }
        let mut wanted = Vec::new();
        let mut pause = Duration::ZERO;
        for (name, due) in by_stream {
            match stream::named(name) {
                Some(stream) if self.live.streams.iter().any(|kept| kept.name == name) => {
                    pause = pause.max(gathering(&due));
                    wanted.push((stream, whole_questions(due)));
                }
                // Nobody wants that stream in the mirror.
                _ => self.settle(due).await?,
            }
        }
        if is_all {
            self.next_look = Instant::now() + pause;
        }
        Ok(wanted)
    }

    async fn take(&mut self, fetched: Fetched) -> Result<(), Error> {
        let Fetched { stream, mut due, result } = fetched;
        match result {
            Ok(committed) => {
                self.pauses.remove(stream.name.as_str());
                for Due { hash, target, .. } in &due {
                    tracing::debug!(event = hash, stream = stream.name, record = target.id, "fetched");
                }
                self.look_again(stream, &mut due).await?;
                if committed.differences() > 0 {
                    // Once it is settled, nobody asks for it again.
                    self.live.writer.run(|mirror| mirror.make_durable()).await?;
                }
                self.settle(due).await
            }
            Err(Error::Cancelled) => Ok(()),
            Err(error @ (Error::Mirror(_) | Error::Task(_))) => Err(error),
            Err(error) if is_final(&error) => {
                // Asking again would bring the same answer; polling reports it for as long as it lasts.
                self.live.observer.note(stream, &format!("{error}; its events are left to polling"));
                self.settle(due).await
            }
            Err(error) => {
                self.live.observer.note(stream, &format!("{error}; its events are tried again"));
                let pause = self.pauses.entry(&stream.name).or_insert(LOOK);
                let until = SignedDuration::try_from(*pause).unwrap_or_default();
                *pause = (*pause * 2).min(LONGEST);
                let now = self.live.clock.now();
                let until = now.saturating_add(until).unwrap_or(now);
                Ok(self.live.inbox.run(move |inbox| inbox.put_off(&due, until)).await?)
            }
        }
    }

    async fn settle(&self, mut due: Vec<Due>) -> Result<(), Error> {
        let (at, lag) = (self.live.clock.now(), self.live.rhythm.lag);
        while !due.is_empty() {
            let rest = due.split_off(due.len().min(SETTLED_AT_ONCE));
            let these = std::mem::replace(&mut due, rest);
            self.live.inbox.run(move |inbox| inbox.settle(&these, at, lag)).await?;
        }
        self.live.grown.send_modify(|times| *times += 1);
        Ok(())
    }

    /// Sees to further looks at records that seem to be older than the event that told of them: the store may still
    /// have answered with what was before. What stays so is left to the sweep.
    async fn look_again(&self, stream: &'static Stream, due: &mut [Due]) -> Result<(), Error> {
        let Some(incremental) = &stream.incremental else { return Ok(()) };
        let ids: Vec<i64> = due.iter().filter_map(|due| due.target.id).collect();
        let found =
            self.live.writer.run(move |mirror| mirror.modified_at(stream, &incremental.column, &ids)).await?;
        let mut left = BTreeSet::new();
        for due in due {
            let (Some(id), Some(told_at)) = (due.target.id, due.created_at) else { continue };
            if !stream.tells_of_itself(&due.scope) {
                continue;
            }
            match found.get(&id) {
                Some(Some(modified_at)) if modified_at.as_second() < told_at.saturating_sub(EVENT_LAG) => {
                    due.looks = LOOKS;
                    if due.again >= LOOKS {
                        left.insert(id);
                    }
                }
                // What is not there may be gone again; one look tells.
                None if !is_removal(&due.scope) => due.looks = due.looks.max(1),
                _ => {}
            }
        }
        if let Some(first) = left.first() {
            let others = match left.len() {
                1 => String::new(),
                count => format!(" and {} others", count - 1),
            };
            let text = format!(
                "record {first}{others}: older than the event that told of it, after {LOOKS} more looks; left to the sweep"
            );
            self.live.observer.note(stream, &text);
        }
        Ok(())
    }
}

/// Events that come together are fetched together: the first waits this long for others.
const GATHER: Duration = Duration::from_millis(30);

/// How long to wait for more, after a look that found `due`: the more there is, the longer, up to a second; and up to
/// four while most events tell of records that others told of, too.
fn gathering(due: &[Due]) -> Duration {
    let found = u32::try_from(due.len()).unwrap_or(u32::MAX);
    let records = due.iter().map(|due| due.target.id).collect::<HashSet<_>>().len();
    if records * 2 < due.len() {
        (Duration::from_millis(10) * found).min(Duration::from_secs(4))
    } else {
        (Duration::from_millis(3) * found).min(Duration::from_secs(1))
    }
}

/// As many of `due` as fill whole questions, if there is more than one: the rest is asked together with what comes
/// next.
fn whole_questions(mut due: Vec<Due>) -> Vec<Due> {
    let mut records = HashSet::new();
    for target in &due {
        records.insert(target.target.id);
    }
    let most = records.len() / IDS_AT_ONCE * IDS_AT_ONCE;
    if most == 0 {
        return due;
    }
    records.clear();
    due.retain(|due| {
        let fits = records.len() < most || records.contains(&due.target.id);
        if fits {
            records.insert(due.target.id);
        }
        fits
    });
    due
}

async fn fetch(fetcher: &Fetcher, stream: &'static Stream, due: Vec<Due>) -> Fetched {
    let ids: HashSet<i64> = due.iter().filter_map(|due| due.target.id).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let all = due.iter().any(|due| due.target.id.is_none());
    let result = match look_back(stream, &due, ids.len()) {
        Some(since) if !all => fetcher.fetch_modified(stream, since).await,
        _ if all => fetcher.fetch_all(stream).await,
        _ => fetcher.fetch(stream, &ids).await,
    };
    Fetched { stream, due, result }
}

/// From when on to ask for what was modified, instead of for each record: when many are looked at again, and each for
/// the reason that it was older than its event.
fn look_back(stream: &Stream, due: &[Due], records: usize) -> Option<Timestamp> {
    let dated = stream.incremental.is_some() && records >= IDS_AT_ONCE;
    if !dated || due.iter().any(|due| due.again == 0 || !stream.tells_of_itself(&due.scope)) {
        return None;
    }
    let oldest = due.iter().map(|due| due.created_at).min().flatten()?;
    Timestamp::from_second(oldest.saturating_sub(EVENT_LAG)).ok()
}

/// Whether events of this scope tell that a record is gone.
fn is_removal(scope: &str) -> bool {
    matches!(scope.rsplit('/').next(), Some("deleted" | "archived"))
}

/// Whether the same request would be answered the same way. A token can be changed, and so is not final.
fn is_final(error: &Error) -> bool {
    match error {
        Error::Store(error) => error
            .status()
            .is_some_and(|status| status.is_client_error() && !matches!(status.as_u16(), 401 | 408 | 429)),
        _ => false,
    }
}
