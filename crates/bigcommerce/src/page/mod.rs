//! One page of a list: its records as received, and what its envelope tells of the rest.

mod meta;
pub(crate) mod walk;

use std::fmt;
use std::ops::Range;

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

pub use meta::{CursorPagination, Pagination};

use crate::response::Response;
use crate::{Error, raw};

/// How a list is walked. Which one an endpoint has stands in its reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Paging {
    /// V3 `page` and `limit` with `meta.pagination`.
    Offset,
    /// V3 `after` with `meta.cursor_pagination`. Where the first page turns out to have no cursor, the
    /// walk goes on by offset.
    Cursor,
    /// V2 `page` and `limit`: bare arrays, read until one is short or the answer is 204. A first page that is short,
    /// but of 10, 20, 25, 30, 40, 50 or 100 records, may be as large as the store's pages get: then the next one is asked for.
    V2,
    /// `limit`, and `after` with this member of the last record, until a page is empty: the listings of a
    /// channel.
    Keyset(&'static str),
    /// One answer holds everything.
    None,
}

/// One page. The records are slices of the body that it owns.
#[derive(Clone)]
pub struct Page {
    /// How many records were asked for.
    pub limit: u32,
    /// The page number that was asked for, where the list has numbers.
    pub number: Option<u32>,
    /// `meta.pagination`.
    pub pagination: Option<Pagination>,
    /// `meta.cursor_pagination`.
    pub cursor: Option<CursorPagination>,
    /// The store's clock when it answered (the `Date` header).
    pub date: Option<jiff::Timestamp>,
    /// How many times the request was sent.
    pub attempts: u32,
    body: String,
    records: Vec<Range<usize>>,
    broken: bool,
    method: Method,
    path: String,
}

impl Page {
    /// Takes an answer apart.
    pub(crate) fn read(response: Response, limit: u32, number: Option<u32>) -> Result<Self, PageError> {
        let date = response.date();
        let Response { body, attempts, method, path, .. } = response;
        let invalid = |reason: String| Error::InvalidBody {
            method: method.clone(),
            path: path.clone(),
            attempts,
            reason,
        };
        // The vector is the very one that the body was received into: nothing is copied.
        let body = String::from_utf8(body.into())
            .map_err(|_| PageError { error: invalid("it is not UTF-8".to_owned()), cut_short: false })?;
        let envelope = !path.starts_with("/v2/");
        let slices = raw::slices(&body, envelope)
            .map_err(|error| PageError { error: invalid(error.to_string()), cut_short: error.is_eof() })?;
        let (pagination, cursor) = slices.meta.map_or((None, None), |range| meta::read(&body[range]));
        Ok(Self {
            limit,
            number,
            pagination,
            cursor,
            date,
            attempts,
            body,
            records: slices.records,
            broken: slices.broken,
            method,
            path,
        })
    }

    /// How many records it holds.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The records, each the text exactly as received.
    pub fn records(&self) -> impl ExactSizeIterator<Item = &str> + DoubleEndedIterator {
        self.records.iter().map(|range| &self.body[range.clone()])
    }

    /// Whether the body is JSON throughout. Of one that is not, the records are found by their brackets: each may be
    /// whole or not.
    pub fn is_json(&self) -> bool {
        !self.broken
    }

    /// The size of the decompressed body.
    pub fn bytes(&self) -> usize {
        self.body.len()
    }

    /// Decodes every record.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<Vec<T>, Error> {
        self.records().map(|record| self.record(record)).collect()
    }

    /// Decodes one record.
    pub(crate) fn record<T: DeserializeOwned>(&self, record: &str) -> Result<T, Error> {
        serde_json::from_str(record).map_err(|error| self.invalid(error))
    }

    /// One record as a value of its own.
    pub(crate) fn own_record(&self, record: &str) -> Result<Box<RawValue>, Error> {
        RawValue::from_string(record.to_owned()).map_err(|error| self.invalid(error))
    }

    pub(crate) fn invalid(&self, reason: impl fmt::Display) -> Error {
        Error::InvalidBody {
            method: self.method.clone(),
            path: self.path.clone(),
            attempts: self.attempts,
            reason: reason.to_string(),
        }
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("path", &self.path)
            .field("limit", &self.limit)
            .field("number", &self.number)
            .field("records", &self.records.len())
            .field("bytes", &self.body.len())
            .field("pagination", &self.pagination)
            .field("cursor", &self.cursor)
            .finish_non_exhaustive()
    }
}

/// A body that is no page.
pub(crate) struct PageError {
    pub(crate) error: Error,
    /// Whether it ends too early: asking again may help.
    pub(crate) cut_short: bool,
}
