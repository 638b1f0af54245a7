//! How many requests were sent, by endpoint and answer: a number of rows that does not grow with the store's records.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use http::{Method, StatusCode};

/// Rows that are kept; what comes beyond these is counted under [`OTHER`]. Baxter asks for some hundred endpoints.
const MOST: usize = 512;

/// The route of requests that no row is left for.
const OTHER: &str = "other";

/// Requests to one endpoint that were answered alike.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteStats {
    /// The method.
    pub method: Method,
    /// The path with `{id}` for what names a record, such as `/v3/catalog/products/{id}`.
    pub route: String,
    /// The answer's status; none where no answer came.
    pub status: Option<StatusCode>,
    /// Requests sent, repetitions included.
    pub requests: u64,
}

/// What one row counts: method, route, and the status or 0.
type Row = (String, String, u16);

#[derive(Debug, Default)]
pub(crate) struct Routes(Mutex<BTreeMap<Row, u64>>);

impl Routes {
    pub(crate) fn count(&self, method: &Method, path: &str, status: Option<StatusCode>) {
        let status = status.map_or(0, |status| status.as_u16());
        let row = (method.as_str().to_owned(), route(path), status);
        // Nothing panics while it is held.
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let row = match rows.len() < MOST || rows.contains_key(&row) {
            true => row,
            false => (row.0, OTHER.to_owned(), status),
        };
        *rows.entry(row).or_default() += 1;
    }

    pub(crate) fn stats(&self) -> Vec<RouteStats> {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stats = |((method, route, status), requests): (&Row, &u64)| RouteStats {
            method: method.parse().unwrap_or_default(),
            route: route.clone(),
            status: StatusCode::from_u16(*status).ok(),
            requests: *requests,
        };
        rows.iter().map(stats).collect()
    }
}

/// The path without what names a record: words of the API are of lower-case letters, `-` and `_`, and versions.
fn route(path: &str) -> String {
    let is_word = |segment: &str| {
        matches!(segment, "v2" | "v3")
            || (segment.len() <= 40
                && segment.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b == b'_'))
    };
    let segments = path.trim_end_matches('/').split('/');
    segments.map(|segment| if is_word(segment) { segment } else { "{id}" }).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_have_no_rows_of_their_own() {
        assert_eq!(route("/v3/catalog/products"), "/v3/catalog/products");
        assert_eq!(route("/v3/catalog/products/77/images/5/"), "/v3/catalog/products/{id}/images/{id}");
        assert_eq!(route("/v2/orders/1/shipping_addresses"), "/v2/orders/{id}/shipping_addresses");
        assert_eq!(route("/v3/carts/0F-9/items"), "/v3/carts/{id}/items");
        assert_eq!(route("/v3/promotions/Summer%20Sale"), "/v3/promotions/{id}");
    }

    #[test]
    fn the_number_of_rows_is_bounded() {
        let routes = Routes::default();
        for place in 0..2 * MOST as u32 {
            let word: String =
                place.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
            routes.count(&Method::GET, &format!("/v3/{word}"), Some(StatusCode::OK));
        }
        routes.count(&Method::GET, "/v3/a", None);
        let stats = routes.stats();
        assert!(stats.len() <= MOST + 2, "{}", stats.len());
        assert_eq!(stats.iter().map(|row| row.requests).sum::<u64>(), 2 * MOST as u64 + 1);
        assert!(stats.iter().any(|row| row.route == OTHER && row.requests == MOST as u64));
        assert!(stats.iter().any(|row| row.status.is_none()));
    }
}
