//! Reading one stream: the requests of a pass, and the way of its pages into the mirror.

use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bigcommerce::{Client, Page, Paging, Priority, Request};
use futures::{Stream as Pages, TryStreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::turn::Turn;
use super::{Error, Observer};
use crate::model::change::NoticedBy;
use crate::model::clock::Clock;
use crate::model::key::{Key, Part};
use crate::model::stream::Stream;
use crate::model::stream::record::{self, Aside, Family};
use crate::model::stream::selection::Shape;
use crate::storage::{self, Committed, ParentDue, Segment, Writer};

/// A pass over one stream, as its walk sees it. Cheap to clone: one for each part that is walked side by side.
#[derive(Clone)]
pub(super) struct Reading {
    pub stream: &'static Stream,
    pub way: NoticedBy,
    pub listing: bool,
    /// What the list is asked for, by the streams that are mirrored.
    pub shape: Arc<Shape>,
    /// The parent whose list is read, in streams that are read parent by parent.
    pub of: Option<ParentDue>,
    /// Parameters of this pass beside those of the stream.
    pub query: Vec<(String, String)>,
    pub client: Client,
    pub writer: Writer,
    pub clock: Arc<dyn Clock>,
    pub observer: Arc<dyn Observer>,
    pub cancel: CancellationToken,
    /// Parts that may be walked side by side.
    pub parallel: u32,
    /// Pages on their way into the mirror, also when nobody waits for them any more.
    pub commits: TaskTracker,
    /// Room for the records of few pages at a time, see [`ROOM`].
    pub room: Arc<Semaphore>,
    /// Counts the questions of this reading.
    pub asked: Asked,
}

/// Room for records that are read or on their way into the mirror, in KiB of their texts: some usual pages, or one
/// that is larger than all of it. Parts that wait for the mirror need not be ready for it.
const ROOM: u32 = 3 * 1024;

/// See [`ROOM`].
pub(super) fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(ROOM as usize))
}

/// What a reading has asked, in all its parts.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    questions: AtomicU64,
    parents: AtomicU64,
    unknown: AtomicU64,
}

impl Asked {
    fn count(&self) {
        self.0.questions.fetch_add(1, Ordering::Relaxed);
    }

    /// The number of questions so far.
    pub fn number(&self) -> u64 {
        self.0.questions.load(Ordering::Relaxed)
    }

    /// A parent was asked for all that belongs to it; `known` tells whether the store knew it.
    pub fn parent(&self, known: bool) {
        let count = if known { &self.0.parents } else { &self.0.unknown };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// The parents so far that the store knew, and those that it did not.
    pub fn parents(&self) -> (u64, u64) {
        (self.0.parents.load(Ordering::Relaxed), self.0.unknown.load(Ordering::Relaxed))
    }
}

/// The records of a page, read; they take room until they are in the mirror.
pub(super) struct Records {
    pub families: Vec<Family>,
    aside: Vec<Aside>,
    room: Option<OwnedSemaphorePermit>,
}

/// An answer of the store, with its place in the order of asking.
pub(super) struct Answer {
    page: Page,
    turn: Arc<Turn>,
}

/// A list under way, page by page.
pub(super) type List = Pin<Box<dyn Pages<Item = Result<Page, bigcommerce::Error>> + Send>>;

impl Deref for Answer {
    type Target = Page;
    fn deref(&self) -> &Page {
        &self.page
    }
}

/// A page on its way into the mirror, while the next one is asked for.
#[derive(Default)]
pub(super) struct Pending(Option<JoinHandle<Result<Committed, storage::Error>>>);

impl Pending {
    /// Waits until it is there.
    pub async fn settle(&mut self) -> Result<Committed, Error> {
        match self.0.take() {
            Some(commit) => Ok(commit.await??),
            None => Ok(Committed::default()),
        }
    }
}

impl Reading {
    /// Records per page to ask for.
    pub fn limit(&self) -> u32 {
        self.shape.limit
    }

    /// The same with pages of at most `limit` records.
    pub fn smaller(&self, limit: u64) -> Reading {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX).clamp(1, self.limit().max(1));
        let shape = Shape { limit, ..(*self.shape).clone() };
        Reading { shape: Arc::new(shape), ..self.clone() }
    }

    /// The path of the list; where the declaration has a word in braces, the parent's id.
    fn path(&self) -> String {
        let path = self.stream.path.as_deref().unwrap_or_default();
        match (self.of, path.split_once('{')) {
            (Some(parent), Some((before, rest))) => {
                format!("{before}{}{}", parent.id, rest.split_once('}').map_or("", |(_, after)| after))
            }
            _ => path.to_owned(),
        }
    }

    /// A request for the stream's list, without a position.
    pub fn request(&self) -> Request {
        let own = self.shape.query.iter().chain(&self.query);
        own.fold(Request::get(self.path()).priority(self.priority()), |request, (name, value)| {
            request.query(name.clone(), value)
        })
    }

    /// A request for one record by its own path, with what the list brings along.
    pub fn request_for(&self, id: i64) -> Request {
        let path = format!("{}/{id}", self.path());
        let request = Request::get(path).priority(self.priority());
        self.shape.query.iter().fold(request, |request, (name, value)| request.query(name.clone(), value))
    }

    /// A request for the stream's path alone, for questions about the list.
    pub fn question(&self) -> Request {
        Request::get(self.path()).priority(self.priority())
    }

    fn priority(&self) -> Priority {
        match self.way {
            NoticedBy::Webhook | NoticedBy::Apply => Priority::Live,
            NoticedBy::Incremental => Priority::Incremental,
            NoticedBy::Backfill | NoticedBy::Sweep | NoticedBy::Verify => Priority::Backfill,
        }
    }

    /// Asks for a page, unless the person stops it first.
    pub async fn page(&self, request: &Request, limit: u32) -> Result<Answer, Error> {
        self.asked.count();
        let turn = Arc::new(Turn::take());
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Error::Cancelled),
            page = self.client.page(request, limit) => Ok(Answer { page: page?, turn }),
        }
    }

    /// The pages of `request`, from where it says.
    pub fn list(&self, request: Request, paging: Paging) -> List {
        Box::pin(self.client.pages(request, paging, self.limit()))
    }

    /// Asks for the next page of `list`, unless the person stops it first.
    pub async fn next(&self, list: &mut List) -> Result<Option<Answer>, Error> {
        let turn = Arc::new(Turn::take());
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Error::Cancelled),
            page = list.try_next() => {
                let page = page.inspect_err(|_| self.asked.count())?;
                // A list that is at its end knows so without asking.
                page.iter().for_each(|_| self.asked.count());
                Ok(page.map(|page| Answer { page, turn }))
            }
        }
    }

    /// Reads the texts of a page, as soon as there is room.
    pub async fn records(&self, page: &Page) -> Records {
        let kib = page.bytes().div_ceil(1024);
        let needed = u32::try_from(kib).unwrap_or(ROOM).min(ROOM);
        // It is never closed, and if it were, there would be room without end.
        let room = Arc::clone(&self.room).acquire_many_owned(needed).await.ok();
        let mut families = Vec::with_capacity(page.len());
        let mut aside = Vec::new();
        let parent = self.parent_key();
        let mut records = record::Records::of(self.stream, parent.as_ref());
        for text in page.records() {
            // Of a list that is broken somewhere, each record is looked at.
            match if page.is_json() { records.read(text) } else { records.check(text) } {
                Ok(family) => families.push(family),
                Err(text) => aside.push(text),
            }
        }
        Records { families, aside, room }
    }

    /// The highest id among the page's records, where these have ids.
    pub fn highest_id(&self, page: &Page) -> Option<i64> {
        let parent = self.parent_key();
        let mut records = record::Records::of(self.stream, parent.as_ref());
        let families = page.records().filter_map(|text| records.check(text).ok());
        families.filter_map(|family| family.record.key.id()).max()
    }

    fn parent_key(&self) -> Option<Key> {
        self.of.map(|parent| Key(vec![Part::Integer(parent.id)]))
    }

    /// Sends a page's records on their way into the mirror, with the position behind them.
    pub fn commit(&self, answer: &Answer, records: Records, segment: Option<Segment>) -> Pending {
        let Records { families, aside, room } = records;
        let records = answer.len() as u64;
        answer.date.iter().for_each(|date| self.clock.heard(*date));
        let page = storage::Page {
            stream: self.stream,
            families,
            aside,
            noticed_by: self.way,
            at: self.clock.now(),
            store_at: answer.date,
            asked: answer.turn.number(),
            segment,
            listing: self.listing,
            of: self.of.map(|parent| parent.id),
        };
        let Reading { writer, observer, stream, .. } = self.clone();
        let turn = Arc::clone(&answer.turn);
        Pending(Some(self.commits.spawn(async move {
            let committed = writer.run(move |mirror| {
                let committed = mirror.commit(&page)?;
                mirror.forget_answered(Turn::oldest())?;
                Ok(committed)
            });
            let committed = committed.await?;
            drop((turn, room));
            observer.page(stream, records);
            Ok(committed)
        })))
    }

    /// Waits until nothing of this reading is on its way into the mirror any more.
    pub async fn settled(&self) {
        self.commits.close();
        self.commits.wait().await;
    }

    /// Removes records that are gone, as the answer to the question `turn` showed.
    pub async fn delete(&self, keys: Vec<Key>, turn: &Turn) -> Result<Committed, Error> {
        let gone = storage::Gone {
            stream: self.stream,
            keys,
            noticed_by: self.way,
            at: self.clock.now(),
            asked: turn.number(),
        };
        Ok(self.writer.run(move |mirror| mirror.delete(&gone)).await?)
    }
}
