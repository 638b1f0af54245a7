//! Bringing single records up to date: the present state of some ids in the fewest requests. What the store does
//! not answer with is gone.

use std::sync::Arc;

use bigcommerce::{Client, Paging, Request};
use tokio_util::sync::CancellationToken;

use super::plan_fetch::{self, Question};
use super::read::Reading;
use super::{Error, Silent};
use crate::model::change::NoticedBy;
use crate::model::clock::{Clock, SystemClock};
use crate::model::key::{Key, Part};
use crate::model::stream::Stream;
use crate::storage::{Committed, Writer};

/// Fetches records by their ids into mirror and change log.
#[derive(Clone)]
pub struct Fetcher {
    client: Client,
    writer: Writer,
    clock: Arc<dyn Clock>,
    noticed_by: NoticedBy,
    cancel: CancellationToken,
}

impl Fetcher {
    /// A fetcher through `client` into the mirror of `writer`, whose changes are noted as `noticed_by`.
    pub fn new(client: Client, writer: Writer, noticed_by: NoticedBy) -> Self {
        let clock = Arc::new(SystemClock);
        Fetcher { client, writer, clock, noticed_by, cancel: CancellationToken::new() }
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

    /// Brings the records of `stream` up to date that `ids` ask for, with what is cut from them. The ids are those
    /// of the stream's lookup: of products for `products`, `variants` and `inventory_items`.
    pub async fn fetch(&self, stream: &'static Stream, ids: &[i64]) -> Result<Committed, Error> {
        let reading = self.reading(stream);
        let mut done = Committed::default();
        for question in plan_fetch::plan(stream, ids) {
            done += ask(&reading, question).await?;
        }
        Ok(done)
    }

    /// Brings all records of a stream up to date that has nothing to ask for singly.
    pub async fn fetch_all(&self, stream: &'static Stream) -> Result<Committed, Error> {
        ask(&self.reading(stream), Question::Everything).await
    }

    fn reading(&self, stream: &'static Stream) -> Reading {
        Reading {
            stream,
            way: self.noticed_by,
            listing: false,
            query: Vec::new(),
            client: self.client.clone(),
            writer: self.writer.clone(),
            clock: Arc::clone(&self.clock),
            observer: Arc::new(Silent),
            cancel: self.cancel.clone(),
            parallel: 1,
        }
    }
}

async fn ask(reading: &Reading, question: Question) -> Result<Committed, Error> {
    let paging = if is_v2(reading.stream) { Paging::V2 } else { Paging::Offset };
    match question {
        Question::Everything => take(reading, reading.request(), Paging::None).await.map(|(done, _)| done),
        Question::Single(id) => single(reading, id).await,
        Question::List { param, ids } => {
            let list = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
            let (done, found) = take(reading, reading.request().query(param, list), paging).await?;
            Ok(done + absent(reading, &ids, &found).await?)
        }
        Question::Range { params: (from, upto), bounds: (first, last), ids } => {
            let request = reading.request().query(from, first).query(upto, last);
            let (done, found) = take(reading, request, paging).await?;
            Ok(done + absent(reading, &ids, &found).await?)
        }
    }
}

fn is_v2(stream: &Stream) -> bool {
    stream.path.as_deref().is_some_and(|path| path.starts_with("/v2/"))
}

/// Takes all records of a list; answers their keys too.
async fn take(reading: &Reading, request: Request, paging: Paging) -> Result<(Committed, Vec<Key>), Error> {
    let mut found = Vec::new();
    let done = reading
        .pages(request, paging, |answer| {
            let (families, aside) = reading.records(&answer);
            found.extend(families.iter().map(|family| family.record.key.clone()));
            Ok(reading.commit(&answer, families, aside, None))
        })
        .await?;
    Ok((done, found))
}

/// One record by its own path, which also finds what lists leave out.
async fn single(reading: &Reading, id: i64) -> Result<Committed, Error> {
    match reading.page(&reading.request_for(id), 1).await {
        Ok(answer) if !answer.is_empty() => {
            let (families, aside) = reading.records(&answer);
            reading.commit(&answer, families, aside, None).settle().await
        }
        Ok(_) => reading.delete(vec![Key(vec![Part::Integer(id)])]).await,
        Err(Error::Store(error)) if error.is_not_found() => {
            reading.delete(vec![Key(vec![Part::Integer(id)])]).await
        }
        Err(error) => Err(error),
    }
}

/// Deletes what the mirror has under `ids` and the store did not name.
async fn absent(reading: &Reading, ids: &[i64], found: &[Key]) -> Result<Committed, Error> {
    let stream = reading.stream;
    let column = match &stream.lookup {
        Some(lookup) => lookup.column.clone(),
        // Asked for by its own id.
        None => stream.key_columns().first().map_or_else(String::new, |(column, _)| (*column).to_owned()),
    };
    let ids = ids.to_vec();
    let known = reading.writer.run(move |mirror| mirror.keys_by_lookup(stream, &column, &ids)).await?;
    let gone: Vec<Key> = known.into_iter().filter(|key| !found.contains(key)).collect();
    if gone.is_empty() { Ok(Committed::default()) } else { reading.delete(gone).await }
}
