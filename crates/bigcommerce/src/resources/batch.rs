//! Writes of any number of rows: split to what the endpoint takes, told row by row.
//!
//! Where one bad row fails its whole request, the row is found: by the index that the answer names, or by
//! halving the request until it stands alone. What is good is written in the end, what is not is told with
//! the store's words. Endpoints that keep the good rows are never asked twice.

mod blame;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use futures::{StreamExt, stream};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::resource::{Create, Record, Resource, Update, raw, records, with_key};
use crate::{ApiError, Client, Error, Priority, Request, Response};

/// What an endpoint takes in one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// Rows in one request at most.
    pub limit: usize,
    /// What one bad row does to the others.
    pub rule: Rule,
}

/// What one bad row does to the others of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// None is written.
    Whole,
    /// The good ones are written.
    Partial,
}

/// A record of which several can be created in one request.
pub trait CreateMany: Create {
    /// What one request takes.
    const BATCH: Batch;
}

/// A record of which several can be changed in one request.
pub trait UpdateMany: Update {
    /// What one request takes.
    const BATCH: Batch;
}

/// A record of which several can be deleted in one request.
pub trait DeleteMany: Record {
    /// The filter that takes the keys.
    const FILTER: &'static str;
    /// What one request takes.
    const BATCH: Batch;
}

/// What became of every row, in the order they were given.
#[derive(Debug)]
pub struct Report<T> {
    /// One for each row.
    pub rows: Vec<Result<Written<T>, RowError>>,
    /// How many requests it took, those that failed included.
    pub requests: u32,
}

/// A row that was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Written<T> {
    /// The record, where the endpoint answers with it.
    pub record: Option<T>,
    /// What the store said although it wrote the row (207): that a product was saved but not its stock, for
    /// example.
    pub complaint: Option<String>,
}

/// Why a row was not written, or may not have been.
#[derive(Debug, Clone)]
pub struct RowError {
    /// What kind of failure it is.
    pub kind: RowFailure,
    /// What the store said about this row, by member.
    pub messages: BTreeMap<String, String>,
    /// The error of the request that carried it.
    pub error: Arc<Error>,
}

/// The kinds of failure of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowFailure {
    /// The store refused this very row.
    Refused,
    /// The store refused the request that carried it with others, and which row it meant was not found
    /// within [`MOST_HALVINGS`] further requests. It was not written.
    RefusedTogether,
    /// The request failed for a reason that lies in no row. Where the error is a dropped connection, a
    /// timeout or a 5xx, a row to be created may have been written all the same.
    Failed,
    /// An earlier request failed in a way that would have failed this one too; it was not sent.
    NotSent,
}

/// Further requests that one call spends on finding the rows that make others fail.
pub const MOST_HALVINGS: u32 = 256;

/// Requests of one batch that are under way at once; the gate may allow fewer.
const WIDTH: usize = 4;

impl<T> Report<T> {
    /// Whether every row was written.
    pub fn is_complete(&self) -> bool {
        self.rows.iter().all(Result::is_ok)
    }

    /// How many rows were written.
    pub fn written(&self) -> usize {
        self.rows.iter().filter(|row| row.is_ok()).count()
    }

    /// The rows that were not written: their place among those given, and why.
    pub fn failures(&self) -> impl Iterator<Item = (usize, &RowError)> {
        self.rows.iter().enumerate().filter_map(|(index, row)| Some((index, row.as_ref().err()?)))
    }

    /// The records the store answered with.
    pub fn into_records(self) -> Vec<T> {
        self.rows.into_iter().filter_map(|row| row.ok()?.record).collect()
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            RowFailure::Refused => {}
            RowFailure::RefusedTogether => f.write_str("refused together with other rows: ")?,
            RowFailure::Failed => f.write_str("its request failed: ")?,
            RowFailure::NotSent => f.write_str("not sent, since another request failed: ")?,
        }
        if self.messages.is_empty() {
            return write!(f, "{}", self.error);
        }
        for (index, (member, message)) in self.messages.iter().enumerate() {
            write!(f, "{}{member}: {message}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for RowError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.error)
    }
}

impl<T: CreateMany> Resource<T> {
    /// Creates any number of records.
    ///
    /// # Errors
    /// Only for a row that has no JSON form; nothing is sent then. What becomes of the rows stands in the
    /// report.
    pub async fn create_many(&self, rows: impl IntoIterator<Item = T::New>) -> Result<Report<T>, Error> {
        let rows = rows.into_iter().map(|row| raw(&row)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.carry(rows, T::BATCH, &|body| Request::post(&self.path).json(body)).await)
    }
}

impl<T: UpdateMany> Resource<T> {
    /// Changes any number of records.
    ///
    /// # Errors
    /// Only for a row that has no JSON form; nothing is sent then. What becomes of the rows stands in the
    /// report.
    pub async fn update_many(
        &self,
        rows: impl IntoIterator<Item = (impl Into<T::Key>, T::Changes)>,
    ) -> Result<Report<T>, Error> {
        let rows = rows.into_iter().map(|(key, changes)| with_key(&changes, T::SHAPE.key, &key.into()));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(self.carry(rows, T::BATCH, &|body| Request::put(&self.path).json(body)).await)
    }
}

impl<T: DeleteMany> Resource<T> {
    /// Deletes any number of records. Keys that are not there count as deleted.
    ///
    /// # Errors
    /// Never for a row: what becomes of them stands in the report.
    pub async fn delete_many(
        &self,
        keys: impl IntoIterator<Item = impl Into<T::Key>>,
    ) -> Result<Report<T>, Error> {
        let keys: Vec<String> = keys.into_iter().map(|key| key.into().to_string()).collect();
        let rows = keys.iter().map(raw).collect::<Result<Vec<_>, _>>()?;
        let build = |body: &[&RawValue]| {
            let keys = body.iter().filter_map(|raw| serde_json::from_str::<String>(raw.get()).ok());
            Request::delete(&self.path).query(T::FILTER, keys.collect::<Vec<_>>().join(","))
        };
        Ok(self.carry(rows, T::BATCH, &build).await)
    }
}

impl<T: Record> Resource<T> {
    /// Sends rows as bare arrays.
    pub(crate) async fn carry(
        &self,
        rows: Vec<Box<RawValue>>,
        batch: Batch,
        build: &(dyn Fn(&[&RawValue]) -> Request + Sync),
    ) -> Report<T> {
        carry(&self.client, self.priority, &rows, batch, WIDTH, T::SHAPE.key, build).await
    }
}

/// Everything that the requests of one batch share.
struct Carrier<'a> {
    client: &'a Client,
    priority: Priority,
    rows: &'a [Box<RawValue>],
    rule: Rule,
    key: &'a str,
    build: &'a (dyn Fn(&[&RawValue]) -> Request + Sync),
    halvings: AtomicU32,
    requests: AtomicU32,
    /// What made everything else pointless.
    stopped: OnceLock<Arc<Error>>,
}

type Outcomes<T> = Vec<(usize, Result<Written<T>, RowError>)>;

/// Sends rows, `batch.limit` in a request and `width` requests at once.
pub(crate) async fn carry<T: DeserializeOwned + Send>(
    client: &Client,
    priority: Priority,
    rows: &[Box<RawValue>],
    batch: Batch,
    width: usize,
    key: &str,
    build: &(dyn Fn(&[&RawValue]) -> Request + Sync),
) -> Report<T> {
    let carrier = Carrier {
        client,
        priority,
        rows,
        rule: batch.rule,
        key,
        build,
        halvings: AtomicU32::new(MOST_HALVINGS),
        requests: AtomicU32::new(0),
        stopped: OnceLock::new(),
    };
    let limit = batch.limit.max(1);
    let chunks = (0..rows.len()).step_by(limit).map(|from| from..(from + limit).min(rows.len()));
    let chunks: Vec<Range<usize>> = chunks.collect();
    let outcomes: Vec<Outcomes<T>> =
        stream::iter(chunks).map(|chunk| carrier.chunk(chunk)).buffered(width).collect().await;
    let requests = carrier.requests.load(Ordering::Relaxed);
    let mut outcomes: Outcomes<T> = outcomes.into_iter().flatten().collect();
    outcomes.sort_by_key(|(index, _)| *index);
    Report { rows: outcomes.into_iter().map(|(_, outcome)| outcome).collect(), requests }
}

impl Carrier<'_> {
    async fn chunk<T: DeserializeOwned>(&self, chunk: Range<usize>) -> Outcomes<T> {
        let mut outcomes = Vec::with_capacity(chunk.len());
        let mut pending: Vec<Vec<usize>> = vec![chunk.collect()];
        while let Some(indices) = pending.pop() {
            if let Some(error) = self.stopped.get() {
                outcomes.extend(failed(&indices, RowFailure::NotSent, error));
                continue;
            }
            let body: Vec<&RawValue> = indices.iter().map(|index| &*self.rows[*index]).collect();
            self.requests.fetch_add(1, Ordering::Relaxed);
            let request = (self.build)(&body).priority(self.priority);
            match self.client.send(request).await {
                Ok(response) => outcomes.extend(self.written(&indices, &response)),
                Err(error) => self.refused(indices, error, &mut pending, &mut outcomes),
            }
        }
        outcomes
    }

    /// The request came through; single rows may not have.
    fn written<T: DeserializeOwned>(&self, indices: &[usize], response: &Response) -> Outcomes<T> {
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let mut blamed = blame::rows(&body, indices.len(), |row| self.row(indices, row));
        let complaint = if blamed.is_empty() && response.status.as_u16() == 207 {
            Some(blame::words(&body).unwrap_or_else(|| "saved in part (207)".to_owned()))
        } else {
            None
        };
        let refused: Vec<usize> =
            if self.rule == Rule::Partial { blamed.keys().copied().collect() } else { Vec::new() };
        let mut answered =
            Answered::new(records(response).unwrap_or_default(), indices.len() - refused.len());
        let outcome = |(row, index): (usize, &usize)| {
            let messages = blamed.remove(&row);
            if refused.contains(&row) {
                let error = Arc::new(in_part(response));
                let messages = messages.unwrap_or_default();
                return (*index, Err(RowError { kind: RowFailure::Refused, messages, error }));
            }
            let record = answered.take(&self.rows[*index], self.key);
            let record = record.and_then(|raw| serde_json::from_str(raw.get()).ok());
            let words = messages.map(|messages| {
                messages.iter().map(|(at, text)| format!("{at}: {text}")).collect::<Vec<_>>().join("; ")
            });
            (*index, Ok(Written { record, complaint: words.or_else(|| complaint.clone()) }))
        };
        indices.iter().enumerate().map(outcome).collect()
    }

    /// The request failed: finds out for which rows, or asks again in smaller pieces.
    fn refused<T: DeserializeOwned>(
        &self,
        indices: Vec<usize>,
        error: Error,
        pending: &mut Vec<Vec<usize>>,
        outcomes: &mut Outcomes<T>,
    ) {
        let status = error.status().map_or(0, |status| status.as_u16());
        let body: Value = match &error {
            Error::Api(api) => serde_json::from_str(&api.body).unwrap_or_default(),
            _ => Value::Null,
        };
        let said = match &error {
            Error::Api(api) => api.errors.clone(),
            _ => BTreeMap::new(),
        };
        let error = Arc::new(error);
        // Only these are about what was sent.
        if !matches!(status, 400 | 404 | 409 | 413 | 422) {
            if matches!(status, 401 | 403) || matches!(*error, Error::Configuration(_)) {
                let _ = self.stopped.set(Arc::clone(&error));
            }
            outcomes.extend(failed(&indices, RowFailure::Failed, &error));
            return;
        }
        let refuse = |index: usize, messages| {
            (index, Err(RowError { kind: RowFailure::Refused, messages, error: Arc::clone(&error) }))
        };
        let blamed = blame::rows(&body, indices.len(), |row| self.row(&indices, row));
        if self.rule == Rule::Partial && !blamed.is_empty() {
            let mut answered = Answered::from_body(&body, indices.len() - blamed.len());
            outcomes.extend(indices.iter().enumerate().map(|(row, index)| match blamed.get(&row) {
                Some(messages) => refuse(*index, messages.clone()),
                None => {
                    let record = answered.take(&self.rows[*index], self.key);
                    let record = record.and_then(|raw| serde_json::from_str(raw.get()).ok());
                    (*index, Ok(Written { record, complaint: None }))
                }
            }));
            return;
        }
        if let [index] = indices[..] {
            let messages = blamed.into_values().next().unwrap_or(said);
            outcomes.push(refuse(index, messages));
            return;
        }
        if self.rule == Rule::Partial {
            match done(&body).filter(|_| indices.iter().all(|index| is_key(self.rows[*index].get()))) {
                // The keys of those that were done: what is not among them was not.
                Some(done) => outcomes.extend(indices.iter().map(|index| {
                    match done.contains(bare(self.rows[*index].get())) {
                        true => (*index, Ok(Written { record: None, complaint: None })),
                        false => refuse(*index, said.clone()),
                    }
                })),
                None => outcomes.extend(failed(&indices, RowFailure::RefusedTogether, &error)),
            }
            return;
        }
        let allowed =
            self.halvings.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if allowed.is_err() {
            outcomes.extend(failed(&indices, RowFailure::RefusedTogether, &error));
        } else if blamed.is_empty() {
            let (first, second) = indices.split_at(indices.len() / 2);
            pending.push(second.to_vec());
            pending.push(first.to_vec());
        } else {
            let (bad, good): (Vec<_>, Vec<_>) =
                indices.into_iter().enumerate().partition(|(row, _)| blamed.contains_key(row));
            outcomes.extend(bad.iter().map(|(row, index)| refuse(*index, blamed[row].clone())));
            if !good.is_empty() {
                pending.push(good.into_iter().map(|(_, index)| index).collect());
            }
        }
    }

    fn row(&self, indices: &[usize], row: usize) -> Value {
        serde_json::from_str(self.rows[indices[row]].get()).unwrap_or_default()
    }
}

/// The keys that an answer tells instead of records. One that tells none tells nothing of single rows.
fn done(body: &Value) -> Option<BTreeSet<String>> {
    let keys = body.get("data")?.as_array().filter(|keys| !keys.is_empty())?;
    let are_keys = keys.iter().all(|key| key.is_number() || key.is_string());
    are_keys.then(|| keys.iter().map(|key| bare(&key.to_string()).to_owned()).collect())
}

/// Whether a row is nothing but the key of a record.
fn is_key(row: &str) -> bool {
    !row.starts_with(['{', '['])
}

/// A key without quotation marks: one that is a number may be answered as text.
fn bare(key: &str) -> &str {
    key.trim_matches('"')
}

/// An answer that wrote some rows, as the error of those it refused.
fn in_part(response: &Response) -> Error {
    Error::Api(Box::new(ApiError {
        status: response.status,
        title: "some rows were refused".to_owned(),
        detail: None,
        errors: BTreeMap::new(),
        method: response.method.clone(),
        path: response.path.clone(),
        attempts: response.attempts,
        headers: response.headers.clone(),
        body: String::new(),
    }))
}

fn failed<T>(
    indices: &[usize],
    kind: RowFailure,
    error: &Arc<Error>,
) -> impl Iterator<Item = (usize, Result<Written<T>, RowError>)> {
    indices.iter().map(move |index| {
        (*index, Err(RowError { kind, messages: BTreeMap::new(), error: Arc::clone(error) }))
    })
}

/// The records of an answer, to be given to the rows they are of: by key where a row has one, else in
/// order if there is one for each.
struct Answered {
    records: Vec<Option<Box<RawValue>>>,
    in_order: bool,
    next: usize,
}

impl Answered {
    fn new(records: Vec<Box<RawValue>>, rows: usize) -> Self {
        Self { in_order: records.len() == rows, records: records.into_iter().map(Some).collect(), next: 0 }
    }

    fn from_body(body: &Value, rows: usize) -> Self {
        let records = body.get("data").and_then(Value::as_array);
        let records = records.into_iter().flatten().filter_map(|record| raw(record).ok());
        Self::new(records.collect(), rows)
    }

    fn take(&mut self, row: &RawValue, key: &str) -> Option<Box<RawValue>> {
        let own = key_of(row, key);
        if own.is_some() {
            let fits = |record: &&mut Option<Box<RawValue>>| {
                record.as_ref().is_some_and(|record| key_of(record, key) == own)
            };
            return self.records.iter_mut().find(fits)?.take();
        }
        let record = if self.in_order { self.records.get_mut(self.next)?.take() } else { None };
        self.next += 1;
        record
    }
}

fn key_of(record: &RawValue, key: &str) -> Option<String> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(record.get()).ok()?;
    members.get(key).map(|raw| raw.get().trim_matches('"').to_owned())
}

/// Sends rows under a member of an object, such as `{"reason":…,"items":[…]}`, one request at a time.
pub(crate) async fn carry_under<T: DeserializeOwned + Send>(
    resource: (&Client, Priority),
    rows: &[Box<RawValue>],
    batch: Batch,
    member: &'static str,
    reason: Option<&str>,
    request: &(dyn Fn() -> Request + Sync),
) -> Report<T> {
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Part<'a> {
        Rows(&'a [&'a RawValue]),
        Reason(&'a str),
    }
    let build = |body: &[&RawValue]| {
        let mut parts = BTreeMap::from([(member, Part::Rows(body))]);
        if let Some(reason) = reason {
            parts.insert("reason", Part::Reason(reason));
        }
        request().json(&parts)
    };
    carry(resource.0, resource.1, rows, batch, 1, "", &build).await
}
