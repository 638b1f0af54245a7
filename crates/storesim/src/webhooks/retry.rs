//! When a delivery is tried again, and when a destination gets nothing for a while
//! (docs/integrations/webhooks/https-webhook-overview.mdx).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

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

    fn pressed(self, wait: Duration) -> Duration {
        wait.div_f64(self.factor)
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
}

impl Record {
    /// Whether the destination gets nothing now.
    pub fn is_blocked(&mut self, now: Instant) -> bool {
        if self.blocked.is_some_and(|until| until <= now) {
            self.blocked = None;
        }
        self.blocked.is_some()
    }

    /// Notes how a request went; a block begins with an empty record.
    pub fn note(&mut self, now: Instant, well: bool, waits: Waits) {
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
            *self = Self { blocked: Some(now + waits.pressed(BLOCK)), ..Self::default() };
        }
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
            record.note(at(second), second % 9 > 0, waits);
        }
        assert!(!record.is_blocked(at(98)));
        record.note(at(99), true, waits);
        assert!(record.is_blocked(at(99)) && record.is_blocked(at(278)) && !record.is_blocked(at(279)));

        // Nine of ten is enough, and what is older than two minutes does not count.
        let mut record = Record::default();
        for second in 0..200 {
            record.note(at(second / 2), second % 10 < 9, waits);
        }
        assert!(!record.is_blocked(at(100)));
        let mut record = Record::default();
        for second in 0..400 {
            record.note(at(second * 2), false, waits);
        }
        assert!(!record.is_blocked(at(800)));
    }
}
