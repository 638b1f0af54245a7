//! One answer of the store.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde::de::DeserializeOwned;

use crate::Error;

/// A 2xx (or 304) answer, its body decompressed and complete.
#[derive(Clone)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers as received.
    pub headers: HeaderMap,
    /// The decompressed body.
    pub body: Bytes,
    /// How many times the request was sent.
    pub attempts: u32,
    pub(crate) method: Method,
    pub(crate) path: String,
}

impl Response {
    /// Decodes the body. An empty one is decoded as `null`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let body: &[u8] = if self.body.is_empty() { b"null" } else { &self.body };
        serde_json::from_slice(body).map_err(|error| self.invalid(error))
    }

    /// The store's clock: the `Date` header.
    pub fn date(&self) -> Option<jiff::Timestamp> {
        date(&self.headers)
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

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("body_bytes", &self.body.len())
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

pub(crate) fn date(headers: &HeaderMap) -> Option<jiff::Timestamp> {
    let text = headers.get(http::header::DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_header_is_read_in_both_forms() {
        let expected: jiff::Timestamp = "2026-11-06T08:49:37Z".parse().unwrap();
        for text in ["Fri, 06 Nov 2026 08:49:37 GMT", "Fri, 06 Nov 2026 08:49:37 +0000"] {
            let mut headers = HeaderMap::new();
            headers.insert("date", text.parse().unwrap());
            assert_eq!(date(&headers), Some(expected), "{text}");
        }
        let mut headers = HeaderMap::new();
        headers.insert("date", "yesterday".parse().unwrap());
        assert_eq!(date(&headers), None);
    }
}
