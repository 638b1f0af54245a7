//! Settling events: what they ask for is fetched, each stream for itself, so that none waits for another one that
//! the store does not answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::turn::Turn;
use super::{Error, Fetcher, Live};
use crate::model::change::NoticedBy;
use crate::model::stream::{self, Stream};
use crate::storage::{Committed, Due};

/// Targets of all streams that are looked at together.
const AT_ONCE: u32 = 2_000;

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
        Settling { live, fetcher, pauses: BTreeMap::new() }
    }

    /// Settles until `cancel` fires, or mirror or inbox cannot be written.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<(), Error> {
        let mut under_way: JoinSet<Fetched> = JoinSet::new();
        let mut busy: Vec<&'static str> = Vec::new();
        loop {
            for (stream, due) in self.due(busy.clone()).await? {
                busy.push(&stream.name);
                let fetcher = self.fetcher.clone();
                under_way.spawn(async move { fetch(&fetcher, stream, due).await });
            }
            tokio::select! {
                biased;
                () = cancel.cancelled() => break,
                Some(ended) = under_way.join_next() => {
                    let fetched = ended?;
                    busy.retain(|name| *name != fetched.stream.name);
                    self.take(fetched).await?;
                }
                () = self.live.arrived.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        // They know of it, too, and what was fetched is not fetched again.
        while let Some(ended) = under_way.join_next().await {
            self.take(ended?).await?;
        }
        Ok(())
    }

    /// What is due, stream by stream, but for those that are fetched just now.
    async fn due(&self, busy: Vec<&'static str>) -> Result<Vec<(&'static Stream, Vec<Due>)>, Error> {
        let now = self.live.clock.now();
        let due = self.live.inbox.run(move |inbox| inbox.due(now, AT_ONCE, &busy)).await?;
        let mut by_stream: BTreeMap<&'static str, Vec<Due>> = BTreeMap::new();
        for due in due {
            by_stream.entry(due.target.stream).or_default().push(due);
        }
        let mut wanted = Vec::new();
        for (name, due) in by_stream {
            match stream::named(name) {
                Some(stream) if self.live.streams.iter().any(|kept| kept.name == name) => {
                    wanted.push((stream, due));
                }
                // Nobody wants that stream in the mirror.
                _ => self.settle(due).await?,
            }
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
                let (oldest, changed) = (Turn::oldest(), committed.differences() > 0);
                self.live
                    .writer
                    .run(move |mirror| {
                        mirror.forget_recent(oldest);
                        // Once it is settled, nobody asks for it again.
                        if changed { mirror.make_durable() } else { Ok(()) }
                    })
                    .await?;
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

    async fn settle(&self, due: Vec<Due>) -> Result<(), Error> {
        let (at, lag) = (self.live.clock.now(), self.live.rhythm.lag);
        self.live.inbox.run(move |inbox| inbox.settle(&due, at, lag)).await?;
        self.live.grown.send_modify(|times| *times += 1);
        Ok(())
    }

    /// Sees to a second look at records that seem to be older than the event that told of them: the store may
    /// still have answered with what was before.
    async fn look_again(&self, stream: &'static Stream, due: &mut [Due]) -> Result<(), Error> {
        let Some(incremental) = &stream.incremental else { return Ok(()) };
        let ids: Vec<i64> = due.iter().filter_map(|due| due.target.id).collect();
        let found =
            self.live.writer.run(move |mirror| mirror.modified_at(stream, &incremental.column, &ids)).await?;
        for due in due {
            let (Some(id), Some(told_at)) = (due.target.id, due.created_at) else { continue };
            if !stream.tells_of_itself(&due.scope) {
                continue;
            }
            due.target.lags |= match found.get(&id) {
                Some(Some(modified_at)) => modified_at.as_second() + EVENT_LAG < told_at,
                Some(None) => false,
                None => !is_removal(&due.scope),
            };
        }
        Ok(())
    }
}

async fn fetch(fetcher: &Fetcher, stream: &'static Stream, due: Vec<Due>) -> Fetched {
    let ids: Vec<i64> = due.iter().filter_map(|due| due.target.id).collect();
    let all = due.iter().any(|due| due.target.id.is_none());
    let result = if all { fetcher.fetch_all(stream).await } else { fetcher.fetch(stream, &ids).await };
    Fetched { stream, due, result }
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
