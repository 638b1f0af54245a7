//! Bringing single records up to date: the present state of some ids in the fewest requests. What the store does
//! not answer with is gone.

use std::collections::HashSet;
use std::sync::Arc;

use bigcommerce::{Client, Paging, Request};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::absence::LISTS;
use super::plan;
use super::plan_fetch::{self, Question};
use super::read::{Asked, Reading, room};
use super::turn::Turn;
use super::walk::ask_parents;
use super::{Error, Silent, end};
use crate::model::change::NoticedBy;
use crate::model::clock::{Clock, SystemClock};
use crate::model::key::{Key, Part};
use crate::model::stream::selection::{self, Shape};
use crate::model::stream::{self, Pages, Stream, Walk};
use crate::storage::{Committed, Writer};

/// How far before a stream's cursor is asked for what was modified: for clocks and answers that lag behind.
pub(super) const OVERLAP: SignedDuration = SignedDuration::from_mins(5);

/// Parents that are asked at a time.
const SIDE_BY_SIDE: u32 = 4;

/// Fetches records by their ids into mirror and change log.
#[derive(Clone)]
pub struct Fetcher {
    client: Client,
    writer: Writer,
    clock: Arc<dyn Clock>,
    noticed_by: NoticedBy,
    /// The streams that are mirrored.
    chosen: Arc<[&'static Stream]>,
    cancel: CancellationToken,
}

impl Fetcher {
    /// A fetcher through `client` into the mirror of `writer`, whose changes are noted as `noticed_by`.
    pub fn new(client: Client, writer: Writer, noticed_by: NoticedBy) -> Self {
        let clock = Arc::new(SystemClock);
        Fetcher {
            client,
            writer,
            clock,
            noticed_by,
            chosen: Arc::default(),
            cancel: CancellationToken::new(),
        }
    }

    /// Brings along what the streams `chosen` need of the same answers, and what is asked for parent by parent.
    pub fn chosen(mut self, chosen: &[&'static Stream]) -> Self {
        self.chosen = chosen.into();
        self
    }

    /// Takes the time from `clock`.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Stops when `cancel` fires.
    pub fn cancel(mut self, cancel: CancellationToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// Brings the records of `stream` up to date that `ids` ask for, with what is cut from them, and with what the
    /// chosen streams are asked for parent by parent. The ids are those of the stream's lookup: of products for
    /// `products`, `variants` and `inventory_items`; in streams that are read so, of parents.
    pub async fn fetch(&self, stream: &'static Stream, ids: &[i64]) -> Result<Committed, Error> {
        if let Some(Walk::Parent { pages, .. }) = &stream.walk {
            return self.ask_parents(stream, *pages, ids, true).await;
        }
        let reading = self.reading(stream);
        let mut done = Committed::default();
        for question in plan_fetch::plan(stream, ids) {
            done += ask(&reading, question).await?;
        }
        for child in stream::children(stream).filter(|child| selection::contains(&self.chosen, child)) {
            if let Some(Walk::Parent { pages, .. }) = &child.walk {
                done += self.ask_parents(child, *pages, ids, false).await?;
            }
        }
        Ok(done)
    }

    /// Asks the parents `ids` for what belongs to them; unless `all`, only those that changed since they were asked.
    /// A parent that is not in the mirror is asked when it comes there.
    async fn ask_parents(
        &self,
        stream: &'static Stream,
        pages: Pages,
        ids: &[i64],
        all: bool,
    ) -> Result<Committed, Error> {
        let ids = ids.to_vec();
        let parents = self.writer.run(move |mirror| mirror.parents_among(stream, &ids, all)).await?;
        ask_parents(&self.reading(stream), pages, parents).await
    }

    /// Brings a stream up to date of which it is not known which record changed: what was modified, where the store can
    /// be asked for that, else all of it.
    pub async fn fetch_all(&self, stream: &'static Stream) -> Result<Committed, Error> {
        let mut reading = self.reading(stream);
        let state = self.writer.run(move |mirror| mirror.stream_state(stream)).await?;
        let since = state.cursor.and_then(|cursor| plan::modified_since(stream, cursor, OVERLAP));
        reading.query = since.into_iter().collect();
        ask(&reading, Question::Everything).await
    }

    /// Brings the records of `stream` up to date that were modified since `since`, by the store's clock.
    pub async fn fetch_modified(
        &self,
        stream: &'static Stream,
        since: Timestamp,
    ) -> Result<Committed, Error> {
        let mut reading = self.reading(stream);
        reading.query = plan::modified_since(stream, since, SignedDuration::ZERO).into_iter().collect();
        ask(&reading, Question::Everything).await
    }

    fn reading(&self, stream: &'static Stream) -> Reading {
        Reading {
            stream,
            way: self.noticed_by,
            listing: false,
            shape: Arc::new(Shape::of(stream, &self.chosen)),
            of: None,
            query: Vec::new(),
            client: self.client.clone(),
            writer: self.writer.clone(),
            clock: Arc::clone(&self.clock),
            observer: Arc::new(Silent),
            cancel: self.cancel.clone(),
            parallel: SIDE_BY_SIDE,
            commits: TaskTracker::new(),
            room: room(),
            asked: Asked::default(),
        }
    }
}

/// Takes the answer to `question`, and deletes what the mirror had under its ids and the answer does not name.
async fn ask(reading: &Reading, question: Question) -> Result<Committed, Error> {
    let turn = Turn::take();
    let ids = match &question {
        Question::Everything => return Ok(find(reading, &question).await?.committed),
        Question::Single(id) => vec![*id],
        Question::List { ids, .. } | Question::Range { ids, .. } => ids.clone(),
    };
    let stream = reading.stream;
    let known = reading.writer.run(move |mirror| mirror.keys_by_lookup(stream, &ids)).await?;
    let missing = missing(reading, vec![question], known).await?;
    if missing.keys.is_empty() {
        return Ok(missing.committed);
    }
    Ok(missing.committed + reading.delete(missing.keys, &turn).await?)
}

/// What the store was asked for and does not have.
pub(super) struct Missing {
    /// The keys of those records.
    pub keys: Vec<Key>,
    /// What became of the others.
    pub committed: Committed,
}

/// Which of the records `keys` the store does not have, by its answers to `questions`. An answer of several pages can
/// skip a record while others are deleted: such questions are asked until two answers in a row agree on what is missing.
pub(super) async fn missing(
    reading: &Reading,
    mut questions: Vec<Question>,
    mut keys: Vec<Key>,
) -> Result<Missing, Error> {
    let mut committed = Committed::default();
    for number in 0..LISTS {
        let before = keys.len();
        let mut of_pages = Vec::new();
        for question in questions {
            let found = find(reading, &question).await?;
            committed += found.committed;
            keys.retain(|key| !found.keys.contains(key));
            if found.pages > 1 {
                of_pages.push(question);
            }
        }
        let agree = number > 0 && keys.len() == before;
        if keys.is_empty() || of_pages.is_empty() || agree {
            return Ok(Missing { keys, committed });
        }
        questions = of_pages;
    }
    Err(Error::Shifting { stream: reading.stream.name.clone() })
}

/// What the store has of what it was asked for.
struct Found {
    /// What became of it.
    committed: Committed,
    /// The keys of the records that it answered with; not of everything, which has no bounds.
    keys: HashSet<Key>,
    /// How many pages it took.
    pages: u32,
    /// Whether nothing tells that the last one is the last.
    is_open: bool,
}

fn request(reading: &Reading, question: &Question) -> Request {
    match question {
        Question::Everything => reading.request(),
        // Its own path also finds what lists leave out.
        Question::Single(id) => reading.request_for(*id),
        Question::List { param, ids } => {
            let list = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
            reading.request().query(param.clone(), list)
        }
        Question::Range { params: (from, upto), bounds: (first, last), .. } => {
            reading.request().query(from.clone(), first).query(upto.clone(), last)
        }
    }
}

/// Brings into the mirror what the store has of what `question` asks for.
async fn find(reading: &Reading, question: &Question) -> Result<Found, Error> {
    let found = answer(reading, question).await?;
    let Question::Range { ids, .. } = question else { return Ok(found) };
    let named = |id: &i64| found.keys.contains(&Key(vec![Part::Integer(*id)]));
    let read = found.keys.len() as u64;
    if !found.is_open
        || ids.iter().all(named)
        || !end::goes_on(reading, request(reading, question), read).await?
    {
        return Ok(found);
    }
    // Its pages are smaller than asked for.
    let rest = answer(&reading.smaller(read), question).await?;
    Ok(Found { committed: found.committed + rest.committed, ..rest })
}

async fn answer(reading: &Reading, question: &Question) -> Result<Found, Error> {
    let mut found = Found { committed: Committed::default(), keys: HashSet::new(), pages: 0, is_open: false };
    let paging = match question {
        Question::Single(_) => Paging::None,
        // No wider than a page, so nothing follows, though the page is full.
        Question::Range { bounds: (first, last), .. } if last - first < i64::from(reading.limit()) => {
            Paging::None
        }
        Question::Everything if matches!(reading.stream.walk, Some(Walk::One {} | Walk::All {})) => {
            Paging::None
        }
        _ if reading.stream.is_v2() => Paging::V2,
        _ => Paging::Offset,
    };
    let mut list = reading.list(request(reading, question), paging);
    loop {
        let page = match reading.next(&mut list).await {
            Ok(Some(page)) => page,
            Ok(None) => break,
            Err(Error::Store(error)) if error.is_not_found() && matches!(question, Question::Single(_)) => {
                break;
            }
            Err(error) => return Err(error),
        };
        let records = reading.records(&page).await;
        if *question != Question::Everything {
            found.keys.extend(records.families.iter().map(|family| family.record.key.clone()));
        }
        found.pages += 1;
        found.is_open =
            !matches!(question, Question::Single(_)) && end::is_open(&page, found.keys.len() as u64);
        found.committed += reading.commit(&page, records, None).settle().await?;
    }
    Ok(found)
}
