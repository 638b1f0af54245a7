//! The sync of all streams, one after the other, each through the client's one gate.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use bigcommerce::Client;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::claims::{Claim, Claims, Name, Over};
use super::plan::{self, Known, Plan};
use super::read::{Asked, Reading, room};
use super::walk::walk;
use super::{Error, Observer, Silent, absence, fetch};
use crate::model::change::NoticedBy;
use crate::model::clock::{Clock, SystemClock};
use crate::model::stream::selection::{self, Shape};
use crate::model::stream::{self, Stream, Walk};
use crate::storage::{self, Committed, Mirror, Pass, Writer};

/// What a sync is to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// The streams to bring up to date; a stream that is only cut from another comes with that one.
    pub streams: Vec<&'static Stream>,
    /// Compare everything, so that deletes are found in every stream.
    pub full: bool,
    /// Read whole lists where what comes along with them has no modification times.
    pub lists: bool,
    /// Pass over streams that the store does not offer, or the token has no scope for.
    pub skip: bool,
    /// Tell of streams that are passed over each time, not only the first.
    pub tell_skipped: bool,
    /// How far before its cursor an incremental asks: for clocks and answers that lag behind.
    pub overlap: SignedDuration,
    /// Parts of one list that may be walked side by side.
    pub parallel: u32,
    /// Whether everything is compared to prove that the mirror equals the store.
    pub verify: bool,
    /// Whether only the chosen streams are read, and not those that they belong to.
    pub alone: bool,
    /// Whether a complete list that goes on where an earlier process stopped is followed by one from the beginning:
    /// what changed behind that position is found now, and not the next time.
    pub fresh: bool,
    /// Whether that holds for parents that did not change meanwhile, too.
    pub unchanged_parents: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            streams: selection::on_by_default(),
            full: false,
            lists: true,
            skip: true,
            tell_skipped: true,
            overlap: fetch::OVERLAP,
            parallel: 4,
            verify: false,
            alone: false,
            fresh: true,
            unchanged_parents: false,
        }
    }
}

/// What became of one stream.
#[derive(Debug)]
pub struct StreamSummary {
    /// The stream.
    pub stream: &'static Stream,
    /// The way it was read.
    pub way: NoticedBy,
    /// What was done, in it and in the streams cut from it.
    pub committed: Committed,
    /// Requests that it took.
    pub requests: u64,
    /// Parents that answered with all that belongs to them, in a stream that is asked for parent by parent.
    pub parents: u64,
    /// Parents that the store said it does not know.
    pub parents_unknown: u64,
    /// How long it took.
    pub seconds: f64,
    /// The store's time at which its last pass had begun, where the store told it.
    pub as_of: Option<Timestamp>,
    /// The store's time up to which polls had read it before.
    pub polled_upto: Option<Timestamp>,
    /// Why it is not up to date.
    pub error: Option<Error>,
    /// Why it was passed over: the store does not offer it, or the token has no scope for it.
    pub skipped: Option<Skipped>,
}

/// Why a stream is passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skipped {
    /// The token has not this scope.
    NoScope(String),
    /// The store has no such list.
    NotOffered,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Skipped::NoScope(scope) => write!(f, "the token lacks the scope {scope}"),
            Skipped::NotOffered => f.write_str("the store does not offer it"),
        }
    }
}

/// What became of a sync.
#[derive(Debug, Default)]
pub struct Summary {
    /// One for each stream that was read, in order; streams after a fatal error are missing.
    pub streams: Vec<StreamSummary>,
}

impl Summary {
    /// Whether every stream is up to date.
    pub fn is_complete(&self) -> bool {
        self.streams.iter().all(|stream| stream.error.is_none())
    }

    /// Whether the person stopped it.
    pub fn was_cancelled(&self) -> bool {
        self.streams.iter().any(|stream| matches!(stream.error, Some(Error::Cancelled)))
    }
}

/// Brings the mirror up to date with the store.
pub struct Service {
    client: Client,
    writer: Writer,
    options: Options,
    claims: Claims,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
}

impl Service {
    /// A sync through `client` into the mirror of `writer`.
    pub fn new(client: Client, writer: Writer, options: Options) -> Self {
        let (claims, clock) = (Claims::default(), Arc::new(SystemClock));
        Service { client, writer, options, claims, clock, observer: Arc::new(Silent) }
    }

    /// Shares the mirror with other passes that are under way, by their claims.
    pub fn claims(mut self, claims: Claims) -> Self {
        self.claims = claims;
        self
    }

    /// Tells `observer` how it goes on.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// Takes the time from `clock`.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Reads every stream once. A stream that fails does not stop the next, unless none could fare better.
    ///
    /// When `cancel` fires, what was committed stays, and the next sync goes on from there.
    pub async fn run(&self, cancel: CancellationToken) -> Summary {
        let mut summary = Summary::default();
        let mut complete: Vec<&str> = Vec::new();
        let mut listed = listed(&self.options.streams);
        if self.options.alone {
            listed.retain(|stream| selection::contains(&self.options.streams, stream));
        }
        for stream in listed.iter().copied() {
            if complete.contains(&stream.name.as_str()) {
                continue;
            }
            let known = self.writer.run(move |mirror| {
                Ok((mirror.skipped(stream)?, mirror.has_answers(), mirror.was_offered(stream)?))
            });
            let (known, answered, offered) = known.await.unwrap_or_default();
            // Whether it is offered now is looked at when whole lists are. What was read before is missed when it stays
            // away.
            if known.is_some() && self.options.skip && !self.options.lists && !offered {
                continue;
            }
            let mut done = self.stream(stream, &listed, &cancel, &mut complete).await;
            let refused = done.error.as_ref().and_then(|error| why_refused(stream, error, answered));
            let why = refused.as_ref().map(ToString::to_string);
            match (refused, done.error.take()) {
                (Some(why), Some(Error::Store(source))) if offered => {
                    done.error =
                        Some(Error::Refused { stream: stream.name.clone(), why, source: source.into() });
                }
                (Some(why), _) if self.options.skip => {
                    if self.options.tell_skipped || known.is_none() {
                        self.observer.note(stream, &format!("skipped: {why}"));
                    }
                    done.skipped = Some(why);
                }
                (_, error) => done.error = error,
            }
            if why != known && (why.is_some() || done.error.is_none()) {
                // It is only for people to know: the next attempt notes it again.
                let _ = self.writer.run(move |mirror| mirror.note_skipped(stream, why.as_deref())).await;
            }
            let fatal = done.error.as_ref().is_some_and(Error::is_fatal);
            self.observer.ended(&done);
            summary.streams.push(done);
            if fatal {
                break;
            }
        }
        summary
    }

    async fn stream(
        &self,
        stream: &'static Stream,
        listed: &[&'static Stream],
        cancel: &CancellationToken,
        complete: &mut Vec<&'static str>,
    ) -> StreamSummary {
        let began = Instant::now();
        let asked = Asked::default();
        let (mut way, mut times) = (NoticedBy::Backfill, Times::default());
        let result = self.passes(stream, listed, &asked, cancel, (&mut way, &mut times), complete).await;
        let (committed, error) = match result {
            Ok(committed) => (committed, None),
            Err(error) => (Committed::default(), Some(error)),
        };
        let (parents, parents_unknown) = asked.parents();
        StreamSummary {
            stream,
            way,
            committed,
            requests: asked.number(),
            parents,
            parents_unknown,
            as_of: times.began_at,
            polled_upto: times.polled_upto,
            seconds: began.elapsed().as_secs_f64(),
            error,
            skipped: None,
        }
    }

    /// The pass over `stream`; after one that went on where an earlier sync had stopped another one, for what
    /// changed behind it since: by ids only what was read before then.
    async fn passes(
        &self,
        stream: &'static Stream,
        listed: &[&'static Stream],
        asked: &Asked,
        cancel: &CancellationToken,
        (way, times): (&mut NoticedBy, &mut Times),
        complete: &mut Vec<&'static str>,
    ) -> Result<Committed, Error> {
        let mut committed = Committed::default();
        let mut swept = false;
        let mut behind = None;
        loop {
            let Some((known, mut plan, claim)) = self.plan(stream, listed, swept, cancel).await? else {
                return Ok(committed);
            };
            *way = plan.pass.way;
            let resumed = plan.resumed;
            if let Some((began_at, segments)) = behind.take()
                && *way == NoticedBy::Sweep
                && !resumed
            {
                // Of the rest it is known since this sync began, and what was modified since then is the next one's.
                plan.pass = Pass { began_at, segments, ..plan.pass };
            }
            let of_all = resumed && *way != NoticedBy::Incremental;
            if of_all && matches!(plan::walk(stream, &plan.pass), Some(Walk::Id { .. })) {
                let limit = Shape::of(stream, &self.options.streams).limit;
                let segments = plan::behind(&plan.pass.segments, limit, self.options.parallel);
                behind = Some((plan.pass.began_at, segments)).filter(|(_, segments)| !segments.is_empty());
            }
            let (done, with_it, began_at) = self.pass_or_pages(stream, &known, plan, asked, cancel).await?;
            drop(claim);
            committed += done;
            *times = Times { began_at, polled_upto: known.state.cursor };
            let was_due = known.full || stream.incremental.is_none();
            if !resumed || (*way == NoticedBy::Sweep && was_due && !self.options.fresh) {
                complete.extend(with_it);
                return Ok(committed);
            }
            // Parents that changed meanwhile are asked again, and not all of them unless that is asked for.
            swept = *way == NoticedBy::Sweep && stream.is_per_parent() && !self.options.unchanged_parents;
        }
    }

    /// What is to be done now for `stream`, with a claim on all that it concerns. None when whatever else is under way
    /// does it; unless that is to be waited for, what was modified is polled beside a reading of everything.
    async fn plan(
        &self,
        stream: &'static Stream,
        listed: &[&'static Stream],
        swept: bool,
        cancel: &CancellationToken,
    ) -> Result<Option<(Known, Plan, Claim)>, Error> {
        let waits = self.options.full || self.options.fresh;
        let mut over = None;
        let mut beside = false;
        loop {
            let claim = match over {
                None => None,
                Some(over) => match self.claims.try_claim(&self.family(stream, over)) {
                    None if waits => Some(self.wait(&self.family(stream, over), cancel).await?),
                    None if over == Over::Modified || beside => return Ok(None),
                    None => {
                        beside = true;
                        None
                    }
                    claim => claim,
                },
            };
            let mut known = self.known(stream, listed).await?;
            known.full &= !swept && !beside;
            known.whole &= !beside;
            let plan = plan::plan(stream, &known);
            let needed = Over::of(plan.pass.way);
            match claim {
                Some(claim) if over == Some(needed) => return Ok(Some((known, plan, claim))),
                // It has become another since it was looked at, or was not looked at before.
                _ if beside && needed == Over::Everything => return Ok(None),
                _ => over = Some(needed),
            }
        }
    }

    /// What a pass over `stream` concerns.
    fn family(&self, stream: &'static Stream, over: Over) -> Vec<Name> {
        let shape = Shape::of(stream, &self.options.streams);
        let with_it = with_own_list(&shape).filter(|_| over == Over::Everything);
        let names = with_it.map(|child| child.name.as_str());
        std::iter::once(stream.name.as_str()).chain(names).map(|name| (name, over)).collect()
    }

    async fn wait(&self, family: &[Name], cancel: &CancellationToken) -> Result<Claim, Error> {
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Error::Cancelled),
            claim = self.claims.claim(family) => Ok(claim),
        }
    }

    async fn known(&self, stream: &'static Stream, listed: &[&'static Stream]) -> Result<Known, Error> {
        let Options { full, lists, verify, .. } = self.options;
        let with_it: Vec<_> = brought(stream, &self.options.streams).collect();
        let shape = Shape::of(stream, &self.options.streams);
        let along: Vec<_> = with_own_list(&shape)
            .filter(|child| child.incremental.is_none() && selection::contains(listed, child))
            .collect();
        let known = self.writer.run(move |mirror| {
            let mut whole = lists && !with_it.is_empty();
            for child in with_it {
                whole |= mirror.stream_state(child)?.backfilled_at.is_none();
            }
            Ok(Known {
                state: mirror.stream_state(stream)?,
                unfinished: [
                    mirror.pass(stream, NoticedBy::Sweep)?,
                    mirror.pass(stream, NoticedBy::Incremental)?,
                ]
                .into_iter()
                .flatten()
                .collect(),
                has_records: mirror.has_records(stream)?,
                full: full || brings_cheaper(mirror, stream, &shape, &along)?,
                whole,
                verify,
            })
        });
        Ok(known.await?)
    }

    /// The pass that is planned; another one, by page numbers, where the store does not keep to ids.
    async fn pass_or_pages(
        &self,
        stream: &'static Stream,
        known: &Known,
        plan: Plan,
        asked: &Asked,
        cancel: &CancellationToken,
    ) -> Result<(Committed, Vec<&'static str>, Option<Timestamp>), Error> {
        match self.pass(stream, known, &plan, asked, cancel).await {
            Err(error @ Error::IdsIgnored { .. }) if plan.pass.note.is_none() => {
                self.observer.note(stream, &format!("{error}; reading it by page numbers instead"));
                let mut plan = anew(stream, known);
                plan.pass.note = Some(error.to_string());
                self.pass(stream, known, &plan, asked, cancel).await
            }
            Err(error) if is_stale(stream, &plan, &error) => {
                self.observer.note(stream, &format!("{error}; reading it from the beginning"));
                self.pass(stream, known, &anew(stream, known), asked, cancel).await
            }
            result => result,
        }
    }

    /// One pass; answers the streams that it has brought to their end, too, and the store's time at which it had begun.
    async fn pass(
        &self,
        stream: &'static Stream,
        known: &Known,
        plan: &Plan,
        asked: &Asked,
        cancel: &CancellationToken,
    ) -> Result<(Committed, Vec<&'static str>, Option<Timestamp>), Error> {
        let pass = plan.pass.clone();
        self.observer.began(stream, pass.way, plan.resumed);
        if !plan.resumed {
            let begun = pass.clone();
            self.writer.run(move |mirror| mirror.begin_pass(stream, &begun)).await?;
        }
        let reading = self.reading(stream, known, &pass, asked, cancel);
        let result = read(&reading, &pass).await;
        // What is still on its way, also after a failure, must not be taken for a part of the next pass.
        reading.settled().await;
        let committed = result?;
        let (way, at, shape) = (pass.way, self.clock.now(), Arc::clone(&reading.shape));
        let finished = self.writer.run(move |mirror| {
            let done = mirror.finish_pass(stream, &shape.brings, way, at)?;
            // The cursor is where the pass began, until the next one ends.
            Ok((done, mirror.stream_state(stream)?.cursor))
        });
        let (done, began_at) = finished.await?;
        Ok((committed, done, began_at))
    }

    fn reading(
        &self,
        stream: &'static Stream,
        known: &Known,
        pass: &Pass,
        asked: &Asked,
        cancel: &CancellationToken,
    ) -> Reading {
        let since = (pass.way == NoticedBy::Incremental)
            .then_some(known.state.cursor)
            .flatten()
            .and_then(|cursor| plan::modified_since(stream, cursor, self.options.overlap));
        Reading {
            stream,
            way: pass.way,
            listing: pass.listing,
            shape: Arc::new(Shape::of(stream, &self.options.streams)),
            of: None,
            query: since.into_iter().collect(),
            client: self.client.clone(),
            writer: self.writer.clone(),
            clock: Arc::clone(&self.clock),
            observer: Arc::clone(&self.observer),
            cancel: cancel.clone(),
            parallel: self.options.parallel,
            commits: TaskTracker::new(),
            room: room(),
            asked: asked.clone(),
        }
    }
}

/// What is known of a pass by the store's clock.
#[derive(Default)]
struct Times {
    /// When it began.
    began_at: Option<Timestamp>,
    /// Up to when polls had read the stream before.
    polled_upto: Option<Timestamp>,
}

/// The pass that is due, from its beginning, when one before has left records.
fn anew(stream: &Stream, known: &Known) -> Plan {
    plan::plan(stream, &Known { unfinished: Vec::new(), has_records: true, ..known.clone() })
}

/// Walks what is left of `pass`, and settles what it did not name.
async fn read(reading: &Reading, pass: &Pass) -> Result<Committed, Error> {
    let mut committed = walk(reading, pass).await?;
    if pass.listing {
        committed += absence::settle(reading, pass).await?;
        for child in with_own_list(&reading.shape) {
            committed += absence::settle_orphans(reading, child).await?;
        }
    }
    Ok(committed)
}

/// The streams with a list of their own that come along with one of this shape.
fn with_own_list(shape: &Shape) -> impl Iterator<Item = &'static Stream> + use<> {
    let brings: Vec<_> = shape.brings.iter().filter_map(|name| stream::named(name)).collect();
    brings.into_iter().filter(|child| !child.is_cut())
}

/// Whether `stream`, listed whole, brings `along` what is due in fewer requests than their own lists take.
fn brings_cheaper(
    mirror: &Mirror,
    stream: &'static Stream,
    shape: &Shape,
    along: &[&'static Stream],
) -> Result<bool, storage::Error> {
    let mut own = 1;
    for child in along {
        own += mirror.count(child)?.div_ceil(u64::from(child.limit));
    }
    Ok(!along.is_empty() && mirror.count(stream)?.div_ceil(u64::from(shape.limit)) < own)
}

/// Whether the store refuses the place where `plan` goes on: cursors do not live forever.
fn is_stale(stream: &Stream, plan: &Plan, error: &Error) -> bool {
    let Error::Store(error) = error else { return false };
    let refused = error.status().is_some_and(|status| matches!(status.as_u16(), 400 | 404 | 409 | 410 | 422));
    refused && plan.resumed && matches!(plan::walk(stream, &plan.pass), Some(Walk::Cursor {}))
}

/// Why the store has nothing of the stream whose reading failed with `error`; none when that is another failure.
/// `answered` tells whether the store has answered for another stream, so that a path that it does not know is this
/// stream's alone.
fn why_refused(stream: &Stream, error: &Error, answered: bool) -> Option<Skipped> {
    let Error::Store(error) = error else { return None };
    match error.status()?.as_u16() {
        403 => Some(Skipped::NoScope(stream.scope_to_read())),
        404 if answered => Some(Skipped::NotOffered),
        501 => Some(Skipped::NotOffered),
        _ => None,
    }
}

/// The chosen streams that a stream's list brings along only because they are chosen.
fn brought(stream: &'static Stream, chosen: &[&'static Stream]) -> impl Iterator<Item = &'static Stream> {
    let optional = stream.cuts.iter().filter(|cut| cut.include.is_some());
    optional
        .filter(|cut| chosen.iter().any(|stream| stream.name == cut.to))
        .filter_map(|cut| stream::named(&cut.to))
}

/// The streams that are asked for by themselves, with the parents that they need, in the order of all streams.
pub(super) fn listed(asked: &[&'static Stream]) -> Vec<&'static Stream> {
    let mut wanted = selection::with_parents(asked);
    wanted.retain(|stream| !stream.is_cut());
    wanted
}
