//! The client: a handle that sends requests and walks pages.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures::{Stream, StreamExt, TryStreamExt, stream};
use serde_json::value::RawValue;

use crate::gate::{Endpoints, Gate};
use crate::page::{self, Page, Paging};
use crate::send::jitter::Jitter;
use crate::send::retry::Policy;
use crate::send::routes::{RouteStats, Routes};
use crate::{ClientBuilder, Error, Priority, Quota, Request, Response, StoreHash, Token, send};

/// Sends requests to one store. Clones share connections, gate and counters.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    /// Origin and store, without a slash at the end.
    pub(crate) base: String,
    pub(crate) store: StoreHash,
    pub(crate) token: Token,
    pub(crate) http: reqwest::Client,
    pub(crate) gate: Gate,
    pub(crate) endpoints: Endpoints,
    pub(crate) policy: Policy,
    pub(crate) max_body: usize,
    pub(crate) jitter: Jitter,
    pub(crate) counters: Counters,
}

#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) requests: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) throttled: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) routes: Routes,
    /// Whether the store, or something in its place, ever answered.
    pub(crate) answered: AtomicBool,
}

/// What a client and its clones have done since it was built.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests sent, repetitions included.
    pub requests: u64,
    /// Requests sent again after a failure or a 429.
    pub retries: u64,
    /// Answers 429.
    pub throttled: u64,
    /// Bytes of bodies received, decompressed.
    pub bytes: u64,
}

impl Client {
    /// Begins a client for a store.
    pub fn builder(store: StoreHash, token: Token) -> ClientBuilder {
        ClientBuilder::new(store, token)
    }

    /// The store it talks to.
    pub fn store(&self) -> &StoreHash {
        &self.inner.store
    }

    /// Sends a request through the gate, again where that is safe. Every answer that is neither 2xx nor
    /// 304 is an [`Error::Api`].
    ///
    /// What is sent again, and for how long:
    ///
    /// - a 429 is waited out as the store asks, up to 40 times, whatever the method: nothing was done;
    /// - a connection that could not be made is tried again as often as
    ///   [`retries`](ClientBuilder::retries) says, whatever the method, since nothing was sent. At
    ///   [`Priority::Person`](crate::Priority::Person) it is given up after about five seconds, so that a
    ///   wrong address is told while somebody looks; the other priorities keep on trying;
    /// - a 500, 502, 503 or 504, a timeout and a connection that broke off are tried again as often for
    ///   what is idempotent (reads, `DELETE`, `PUT`, and what [`Request::idempotent`] says), never for a
    ///   creation, which may have happened, be it a `PUT` that adds rows: lines of an order, images, videos,
    ///   custom fields and bulk prices of a product without an `id`.
    ///
    /// The waits grow from [`backoff`](ClientBuilder::backoff)'s first to its longest, with jitter.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        send::send(&self.inner, &request).await
    }

    /// Asks for one page of at most `limit` records.
    ///
    /// An answer over the size bound is asked for again with half as many, from the same first record
    /// on; [`Page::limit`] says how many were asked for in the end.
    pub async fn page(&self, request: &Request, limit: u32) -> Result<Page, Error> {
        page::walk::one(&self.inner, request, limit).await
    }

    /// Walks all pages of a list, `limit` records each, one after the other.
    pub fn pages(
        &self,
        request: Request,
        paging: Paging,
        limit: u32,
    ) -> impl Stream<Item = Result<Page, Error>> + Send + use<> {
        page::walk::all(Arc::clone(&self.inner), request, paging, limit)
    }

    /// Walks all records of a list; each is the text the store sent. A record that is no valid JSON is an
    /// error, after which the walk goes on; after any other error it is over.
    pub fn records(
        &self,
        request: Request,
        paging: Paging,
        limit: u32,
    ) -> impl Stream<Item = Result<Box<RawValue>, Error>> + Send + use<> {
        self.pages(request, paging, limit)
            .map_ok(|page| {
                let records: Vec<Result<Box<RawValue>, Error>> =
                    page.records().map(|record| page.own_record(record)).collect();
                stream::iter(records)
            })
            .try_flatten()
            .fuse()
    }

    /// The quota as the store's last answers tell it; `None` before the first, or where there is none.
    pub fn quota(&self) -> Option<Quota> {
        self.inner.gate.quota()
    }

    /// Requests that wait for the quota or for those under way, the most urgent priority first.
    pub fn waiting(&self) -> [usize; Priority::ALL.len()] {
        self.inner.gate.waiting()
    }

    /// What was sent since the client was built, by endpoint and status; a few hundred rows at most.
    pub fn routes(&self) -> Vec<RouteStats> {
        self.inner.counters.routes.stats()
    }

    /// What was sent and received since the client was built.
    pub fn stats(&self) -> Stats {
        let counters = &self.inner.counters;
        Stats {
            requests: counters.requests.load(Ordering::Relaxed),
            retries: counters.retries.load(Ordering::Relaxed),
            throttled: counters.throttled.load(Ordering::Relaxed),
            bytes: counters.bytes.load(Ordering::Relaxed),
        }
    }
}

impl From<Arc<Inner>> for Client {
    fn from(inner: Arc<Inner>) -> Self {
        Self { inner }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.inner.base).finish_non_exhaustive()
    }
}
