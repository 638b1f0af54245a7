//! Comparisons with the store, beside the rounds of polling: what another process ordered, streams whose numbers of
//! records are doubted, and every stream in its turn.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::service::listed;
use super::verify::{Order, Report, Verify};
use super::{Claims, Error, Live, Options, rhythm};
use crate::model::stream::Stream;
use crate::storage;

/// Between two looks for a stream whose comparison is due.
const SWEEP_LOOK: Duration = Duration::from_secs(1);

/// After a comparison that did not come to its end, how long the stream waits.
const SWEEP_AFTER_FAILURE: Duration = Duration::from_secs(600);

/// The comparisons with one store; those under way end when this is dropped.
pub(super) struct Comparisons {
    live: Live,
    claims: Claims,
    /// At most one that was ordered, and one besides.
    under_way: JoinSet<Compared>,
    /// The order that is carried out.
    ordered: Option<i64>,
    /// Whether a comparison is under way that was not ordered.
    sweeping: bool,
    /// Streams of which store and mirror have different numbers of records: to be compared.
    doubted: Vec<&'static Stream>,
    /// When it was last looked for a stream whose comparison is due.
    looked: Option<Timestamp>,
    /// When a comparison of a stream last failed.
    unswept: HashMap<&'static str, Timestamp>,
}

impl Comparisons {
    /// Of the streams of `live`, beside whatever else has `claims`.
    pub fn new(live: Live, claims: Claims) -> Self {
        Comparisons {
            live,
            claims,
            under_way: JoinSet::new(),
            ordered: None,
            sweeping: false,
            doubted: Vec::new(),
            looked: None,
            unswept: HashMap::new(),
        }
    }

    /// Has `streams` compared next.
    pub fn doubt(&mut self, streams: Vec<&'static Stream>) {
        self.doubted = streams;
    }

    /// Begins what is to be compared with the store, beside the rounds; whether there was anything.
    pub async fn begin(&mut self, now: Timestamp, cancel: &CancellationToken) -> Result<bool, Error> {
        if self.ordered.is_none()
            && let Some((id, text)) = self.live.inbox.run(|inbox| inbox.open_order()).await?
        {
            match serde_json::from_str::<Order>(&text) {
                Ok(order) => {
                    self.ordered = Some(id);
                    self.compare(Cause::Order(id), order, cancel);
                }
                Err(error) => self.answer(id, Err(format!("this order cannot be read: {error}"))).await?,
            }
            return Ok(true);
        }
        if self.sweeping {
            return Ok(false);
        }
        if !self.doubted.is_empty() {
            let doubted = std::mem::take(&mut self.doubted);
            let streams = doubted.iter().map(|stream| stream.name.clone()).collect();
            self.compare(Cause::Numbers(doubted), sweep_of(streams), cancel);
            return Ok(true);
        }
        let Some(stream) = self.turn(now).await? else { return Ok(false) };
        // With what comes along with it.
        let along = self.live.streams.iter().filter(|other| other.is_cut());
        let along =
            along.filter(|other| other.parent_stream().is_some_and(|parent| parent.name == stream.name));
        let streams = std::iter::once(&stream).chain(along).map(|stream| stream.name.clone()).collect();
        // Parents are asked as they are known; their own list has a turn of its own.
        let order = Order { alone: stream.is_per_parent(), ..sweep_of(streams) };
        self.compare(Cause::Turn(stream), order, cancel);
        Ok(true)
    }

    /// The stream whose turn it is to be compared.
    async fn turn(&mut self, now: Timestamp) -> Result<Option<&'static Stream>, Error> {
        if !rhythm::due(self.looked, SWEEP_LOOK, now) {
            return Ok(None);
        }
        self.looked = Some(now);
        self.unswept.retain(|_, failed| !rhythm::due(Some(*failed), SWEEP_AFTER_FAILURE, now));
        let mut streams = listed(&self.live.streams);
        streams.retain(|stream| !self.unswept.contains_key(stream.name.as_str()));
        let compared = self.live.writer.run(move |mirror| {
            let at = |stream| Ok((stream, mirror.compared_at(stream)?));
            streams.into_iter().map(at).collect::<Result<Vec<_>, storage::Error>>()
        });
        Ok(rhythm::sweep(&compared.await?, self.live.rhythm.sweep, now))
    }

    /// Begins a comparison.
    fn compare(&mut self, cause: Cause, order: Order, cancel: &CancellationToken) {
        self.sweeping |= !matches!(cause, Cause::Order(_));
        let (live, cancel) = (&self.live, cancel.clone());
        let verify = Verify {
            client: live.client.clone(),
            writer: live.writer.clone(),
            data_dir: live.data_dir.clone(),
            clock: Arc::clone(&live.clock),
            observer: Arc::clone(&live.observer),
            patience: if live.told { live.rhythm.lag } else { Duration::ZERO },
            parallel: Options::default().parallel,
            claims: self.claims.clone(),
        };
        self.under_way.spawn(async move {
            let result = verify.run(&order, &cancel).await;
            Compared { cause, result }
        });
    }

    /// The next comparison that comes to its end; none when none is under way.
    pub async fn next(&mut self) -> Option<Result<Compared, JoinError>> {
        self.under_way.join_next().await
    }

    /// Takes a comparison that has come to its end; answers what became of doubted numbers, if it was for these.
    pub async fn take(
        &mut self,
        compared: Compared,
        cancel: &CancellationToken,
    ) -> Result<Option<Counted>, Error> {
        let Compared { cause, result } = compared;
        match &cause {
            Cause::Order(_) => self.ordered = None,
            Cause::Numbers(_) | Cause::Turn(_) => self.sweeping = false,
        }
        let report = result?;
        self.live.grown.send_modify(|times| *times += 1);
        if cancel.is_cancelled() {
            // Whoever serves next begins anew what was ordered.
            return Ok(None);
        }
        self.live.observer.compared(&report);
        match cause {
            Cause::Order(id) => {
                let answer = serde_json::to_string(&report).map_err(|error| error.to_string());
                self.answer(id, answer).await?;
            }
            Cause::Turn(stream) if !report.complete => {
                self.unswept.insert(&stream.name, self.live.clock.now());
            }
            Cause::Turn(_) => {}
            Cause::Numbers(streams) => return Ok(Some(Counted { streams, differed: !report.equal })),
        }
        Ok(None)
    }

    async fn answer(&self, id: i64, answer: Result<String, String>) -> Result<(), Error> {
        let at = self.live.clock.now();
        Ok(self.live.inbox.run(move |inbox| inbox.answer_order(id, answer, at)).await?)
    }
}

/// Why streams are compared.
enum Cause {
    /// Another process waits for it.
    Order(i64),
    /// It is the stream's turn.
    Turn(&'static Stream),
    /// The store has another number of records than the mirror.
    Numbers(Vec<&'static Stream>),
}

/// A comparison that has come to its end.
pub(super) struct Compared {
    cause: Cause,
    result: Result<Report, Error>,
}

fn sweep_of(streams: Vec<String>) -> Order {
    Order { streams, verify: false, deep: false, insist: false, alone: false, fresh: false }
}

/// What became of streams whose numbers of records were doubted.
pub(super) struct Counted {
    /// The streams.
    pub streams: Vec<&'static Stream>,
    /// Whether mirror and store differed, or may still.
    pub differed: bool,
}
