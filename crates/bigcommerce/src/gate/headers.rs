//! Reads what an answer tells of the quota.
//!
//! Names and meanings: the published rate limit page (`api-rate-limits`); header names come in any case.

use std::time::Duration;

use http::{HeaderMap, header};

use super::quota::Snapshot;

/// Longer times than this in a rate header are taken as this.
const LONGEST: Duration = Duration::from_secs(3600);

/// The quota as an answer tells it, if it does.
pub(crate) fn snapshot(headers: &HeaderMap) -> Option<Snapshot> {
    let left = number(headers, "x-rate-limit-requests-left")?;
    let reset = millis(headers, "x-rate-limit-time-reset-ms")?;
    Some(Snapshot {
        quota: number(headers, "x-rate-limit-requests-quota").map(clamp),
        left: clamp(left),
        window: millis(headers, "x-rate-limit-time-window-ms").filter(|window| !window.is_zero()),
        reset,
    })
}

/// What the store asks to wait: `X-Retry-After` or `Retry-After`, the longer; seconds, or a date judged
/// by the answer's own `Date`.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let wait = |name| match number(headers, name) {
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None => {
            let text = headers.get(name)?.to_str().ok()?;
            let until = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            let now = crate::response::date(headers)?;
            Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
        }
    };
    wait("x-retry-after").max(wait(header::RETRY_AFTER.as_str()))
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    // Some gateways write whole numbers with a fraction.
    text.split('.').next()?.parse().ok()
}

fn millis(headers: &HeaderMap, name: &str) -> Option<Duration> {
    number(headers, name).map(|millis| Duration::from_millis(millis).min(LONGEST))
}

fn clamp(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn the_quota_is_read_when_it_is_all_there() {
        let full = headers(&[
            ("X-Rate-Limit-Requests-Left", "148"),
            ("x-rate-limit-time-reset-ms", "28242"),
            ("x-rate-limit-requests-quota", "150"),
            ("x-rate-limit-time-window-ms", "30000"),
        ]);
        let expected = Snapshot {
            quota: Some(150),
            left: 148,
            window: Some(Duration::from_secs(30)),
            reset: Duration::from_millis(28242),
        };
        assert_eq!(snapshot(&full), Some(expected));
        assert_eq!(snapshot(&headers(&[("x-rate-limit-requests-left", "1")])), None);
        assert_eq!(
            snapshot(&headers(&[("x-rate-limit-requests-left", "-1"), ("x-rate-limit-time-reset-ms", "5")])),
            None
        );
        let absurd = headers(&[
            ("x-rate-limit-requests-left", "99999999999999"),
            ("x-rate-limit-time-reset-ms", "99999999999999"),
            ("x-rate-limit-time-window-ms", "0"),
        ]);
        let expected = Snapshot { quota: None, left: u32::MAX, window: None, reset: LONGEST };
        assert_eq!(snapshot(&absurd), Some(expected));
    }

    #[test]
    fn the_wait_is_read_in_both_forms() {
        assert_eq!(
            retry_after(&headers(&[("x-retry-after", "7"), ("retry-after", "3")])),
            Some(Duration::from_secs(7))
        );
        let dated = headers(&[
            ("retry-after", "Fri, 06 Nov 2026 08:49:40 GMT"),
            ("date", "Fri, 06 Nov 2026 08:49:37 GMT"),
        ]);
        assert_eq!(retry_after(&dated), Some(Duration::from_secs(3)));
        let past = headers(&[
            ("retry-after", "Fri, 06 Nov 2026 08:49:30 GMT"),
            ("date", "Fri, 06 Nov 2026 08:49:37 GMT"),
        ]);
        assert_eq!(retry_after(&past), Some(Duration::ZERO));
        assert_eq!(retry_after(&headers(&[("retry-after", "soon")])), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
