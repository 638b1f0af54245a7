//! Reading one stream: the requests of a pass, and the way of its pages into the mirror.

use std::sync::Arc;

use bigcommerce::{Client, Page, Priority, Request};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Error, Observer};
use crate::model::change::NoticedBy;
use crate::model::clock::Clock;
use crate::model::key::Key;
use crate::model::stream::Stream;
use crate::model::stream::record::{self, Aside, Family};
use crate::storage::{self, Committed, Segment, Writer};

/// A pass over one stream, as its walk sees it. Cheap to clone: one for each part that is walked side by side.
#[derive(Clone)]
pub(super) struct Reading {
    pub stream: &'static Stream,
    pub way: NoticedBy,
    pub listing: bool,
    /// Parameters of this pass beside those of the stream.
    pub query: Vec<(String, String)>,
    pub client: Client,
    pub writer: Writer,
    pub clock: Arc<dyn Clock>,
    pub observer: Arc<dyn Observer>,
    pub cancel: CancellationToken,
    /// Parts that may be walked side by side.
    pub parallel: u32,
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
    /// A request for the stream's list, without a position.
    pub fn request(&self) -> Request {
        let path = self.stream.path.as_deref().unwrap_or_default();
        let own = self.stream.query.iter().chain(&self.query);
        own.fold(Request::get(path).priority(self.priority()), |request, (name, value)| {
            request.query(name.clone(), value)
        })
    }

    /// A request for the stream's path alone, for questions about the list.
    pub fn question(&self) -> Request {
        Request::get(self.stream.path.as_deref().unwrap_or_default()).priority(self.priority())
    }

    fn priority(&self) -> Priority {
        match self.way {
            NoticedBy::Webhook | NoticedBy::Apply => Priority::Live,
            NoticedBy::Incremental => Priority::Incremental,
            NoticedBy::Backfill | NoticedBy::Sweep => Priority::Backfill,
        }
    }

    /// Asks for a page, unless the person stops it first.
    pub async fn page(&self, request: &Request, limit: u32) -> Result<Page, Error> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Error::Cancelled),
            page = self.client.page(request, limit) => Ok(page?),
        }
    }

    /// Reads the texts of a page.
    pub fn records(&self, page: &Page) -> (Vec<Family>, Vec<Aside>) {
        let mut families = Vec::with_capacity(page.len());
        let mut aside = Vec::new();
        for text in page.records() {
            match record::read(self.stream, text) {
                Ok(family) => families.push(family),
                Err(text) => aside.push(text),
            }
        }
        (families, aside)
    }

    /// Sends a page's records on their way into the mirror, with the position behind them.
    pub fn commit(
        &self,
        page: &Page,
        families: Vec<Family>,
        aside: Vec<Aside>,
        segment: Option<Segment>,
    ) -> Pending {
        let records = page.len() as u64;
        let page = storage::Page {
            stream: self.stream,
            families,
            aside,
            noticed_by: self.way,
            at: self.clock.now(),
            store_at: page.date,
            segment,
            listing: self.listing,
        };
        let Reading { writer, observer, stream, .. } = self.clone();
        Pending(Some(tokio::spawn(async move {
            let committed = writer.run(move |mirror| mirror.commit(&page)).await?;
            observer.page(stream, records);
            Ok(committed)
        })))
    }

    /// Removes records that are gone.
    pub async fn delete(
        &self,
        keys: Vec<Key>,
        store_at: Option<jiff::Timestamp>,
    ) -> Result<Committed, Error> {
        let (stream, way, at) = (self.stream, self.way, self.clock.now());
        Ok(self.writer.run(move |mirror| mirror.delete(stream, &keys, way, at, store_at)).await?)
    }
}
