//! What an answer, or the lack of one, means for repeating the request. Pure.

use std::time::Duration;

use http::StatusCode;

/// What became of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// An answer that is final.
    Final,
    /// 429: refused before anything was done.
    Refused,
    /// The store failed, and may have done what was asked or not.
    Fault {
        /// What the store asked to wait.
        wait: Option<Duration>,
        /// Whether it is a sign that the store has too much to do.
        overload: bool,
    },
    /// The request never left.
    NotSent,
}

/// 500 and 502 to 504: worth another try. 501, 505 and the rest are not (the published status code page).
pub(crate) fn is_fault(status: StatusCode) -> bool {
    matches!(status.as_u16(), 500 | 502 | 503 | 504)
}

/// Sorts an answer by its status.
pub(crate) fn answered(status: StatusCode, retry_after: Option<Duration>) -> Outcome {
    match status.as_u16() {
        429 => Outcome::Refused,
        503 | 504 => Outcome::Fault { wait: retry_after, overload: true },
        _ if is_fault(status) => Outcome::Fault { wait: retry_after, overload: false },
        _ => Outcome::Final,
    }
}

/// Sorts a failure below HTTP.
pub(crate) fn failed(connect: bool, timeout: bool) -> Outcome {
    if connect { Outcome::NotSent } else { Outcome::Fault { wait: None, overload: timeout } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_sorted() {
        let sort = |status| answered(StatusCode::from_u16(status).unwrap(), None);
        for status in [200, 204, 207, 304, 400, 401, 403, 404, 409, 413, 422, 423, 499, 501, 505, 507] {
            assert_eq!(sort(status), Outcome::Final, "{status}");
        }
        for status in [500, 502] {
            assert_eq!(sort(status), Outcome::Fault { wait: None, overload: false }, "{status}");
        }
        for status in [503, 504] {
            assert_eq!(sort(status), Outcome::Fault { wait: None, overload: true }, "{status}");
        }
        assert_eq!(sort(429), Outcome::Refused);
        assert_eq!(failed(true, true), Outcome::NotSent);
        assert_eq!(failed(false, true), Outcome::Fault { wait: None, overload: true });
    }
}
