//! When a delivery is tried again, and when a destination gets nothing for a while
//! (docs/integrations/webhooks/https-webhook-overview.mdx).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::json::quote;

/// Seconds to wait after the first, the second … failure of a delivery.
const SCHEDULE: &[u64] = &[60, 180, 300, 600, 900, 1800, 3600, 7200, 21_600, 50_400, 86_400];
/// The requests of this long decide about a block,
const WINDOW: Duration = Duration::from_secs(120);
/// once there were so many of them,
const ENOUGH: usize = 100;
/// and fewer than so many of a hundred succeeded.
const SUCCESSES: usize = 90;
/// How long a block lasts.
const BLOCK: Duration = Duration::from_secs(180);
/// A hook that is told nothing for so long is deactivated.
const IDLE: Duration = Duration::from_secs(90 * 86_400);
/// Different reasons of failures that are remembered.
const MOST_REASONS: usize = 10;

/// The waits of a store whose time is compressed by a factor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waits {
    factor: f64,
}

impl Waits {
    /// Real waits are divided by `factor`, which is more than 0.
    pub fn new(factor: f64) -> Self {
        Self { factor }
    }

    /// A wait as it is in this store.
    pub fn pressed(self, wait: Duration) -> Duration {
        wait.div_f64(self.factor)
    }

    /// How many times as fast the store's time passes.
    pub fn scale(self) -> f64 {
        self.factor
    }

    /// How long a hook may have nothing to tell.
    pub fn idle(self) -> Duration {
        self.pressed(IDLE)
    }

    /// The wait after a delivery has failed `failures` times; `None` after the last.
    pub fn after(self, failures: u32) -> Option<Duration> {
        let at = usize::try_from(failures).ok()?.checked_sub(1)?;
        SCHEDULE.get(at).map(|seconds| self.pressed(Duration::from_secs(*seconds)))
    }
}

/// What a destination did lately.
#[derive(Debug, Default)]
pub(super) struct Record {
    attempts: VecDeque<(Instant, bool)>,
    failed: usize,
    blocked: Option<Instant>,
    /// Why requests failed since the last block began, with how often and when last.
    reasons: Vec<(String, u64, Instant)>,
}

impl Record {
    /// Whether the destination gets nothing now.
    pub fn is_blocked(&mut self, now: Instant) -> bool {
        if self.blocked.is_some_and(|until| until <= now) {
            self.blocked = None;
        }
        self.blocked.is_some()
    }

    /// How long it still gets nothing.
    pub fn blocked_for(&mut self, now: Instant) -> Option<Duration> {
        if !self.is_blocked(now) {
            return None;
        }
        self.blocked.map(|until| until.saturating_duration_since(now))
    }

    /// Why requests failed, as the JSON of an array; the last ones count as of `now`, in unix seconds.
    pub fn reasons(&self, now: i64) -> String {
        let latest = self.reasons.iter().map(|(_, _, at)| *at).max();
        let texts: Vec<String> = self
            .reasons
            .iter()
            .map(|(reason, count, at)| {
                let ago = latest.map_or(0, |latest| latest.duration_since(*at).as_secs());
                let timestamp = now - i64::try_from(ago).unwrap_or(0);
                format!(
                    "{{\"failure_description\":{},\"count\":{count},\"timestamp\":{timestamp}}}",
                    quote(reason)
                )
            })
            .collect();
        format!("[{}]", texts.join(","))
    }

    /// Notes how a request went, and whether a block begins with it; it begins with an empty record.
    pub fn note(&mut self, now: Instant, well: bool, reason: Option<&str>, waits: Waits) -> bool {
        if self.attempts.is_empty() {
            self.reasons.clear();
        }
        if let Some(reason) = reason {
            let known = self.reasons.iter_mut().find(|(known, _, _)| known == reason);
            if let Some((_, count, at)) = known {
                (*count, *at) = (*count + 1, now);
            } else if self.reasons.len() < MOST_REASONS {
                self.reasons.push((reason.to_owned(), 1, now));
            }
        }
        self.attempts.push_back((now, well));
        self.failed += usize::from(!well);
        let window = waits.pressed(WINDOW);
        while let Some((at, well)) = self.attempts.front()
            && now.duration_since(*at) > window
        {
            self.failed -= usize::from(!well);
            self.attempts.pop_front();
        }
        let count = self.attempts.len();
        if count >= ENOUGH && (count - self.failed) * 100 < count * SUCCESSES {
            let reasons = std::mem::take(&mut self.reasons);
            *self = Self { blocked: Some(now + waits.pressed(BLOCK)), reasons, ..Self::default() };
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eleven_retries_take_two_days_and_are_compressible() {
        let waits = Waits::new(1.0);
        let all: Vec<Duration> = (1..).map_while(|failures| waits.after(failures)).collect();
        assert_eq!((all.len(), all.iter().sum::<Duration>()), (11, Duration::from_secs(173_040)));
        assert_eq!((waits.after(0), waits.after(12)), (None, None));
        assert_eq!(Waits::new(60.0).after(2), Some(Duration::from_secs(3)));
    }

    #[test]
    fn a_destination_that_fails_often_is_blocked_for_three_minutes() {
        let (start, waits) = (Instant::now(), Waits::new(1.0));
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut record = Record::default();
        for second in 0..99 {
            record.note(at(second), second % 9 > 0, None, waits);
        }
        assert!(!record.is_blocked(at(98)));
        assert!(record.note(at(99), true, None, waits));
        assert!(record.is_blocked(at(99)) && record.is_blocked(at(278)) && !record.is_blocked(at(279)));

        // Nine of ten is enough, and what is older than two minutes does not count.
        let mut record = Record::default();
        for second in 0..200 {
            record.note(at(second / 2), second % 10 < 9, None, waits);
        }
        assert!(!record.is_blocked(at(100)));
        let mut record = Record::default();
        for second in 0..400 {
            record.note(at(second * 2), false, Some("500"), waits);
        }
        assert!(!record.is_blocked(at(800)));
    }
}
