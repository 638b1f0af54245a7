//! Streams that could not be read wait, each for itself, and longer each time, so that one that the store does not
//! answer costs few requests and keeps none of the others from being read. Pure.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// How long a stream waits after its first failure; twice as long after each further one.
const FIRST: SignedDuration = SignedDuration::from_secs(10);

/// The first wait is doubled as often at most: 21 minutes.
const DOUBLINGS: u32 = 7;

/// The streams that wait.
#[derive(Debug, Default)]
pub(super) struct Pauses(HashMap<&'static str, Pause>);

#[derive(Debug)]
struct Pause {
    until: Timestamp,
    failures: u32,
}

impl Pauses {
    /// Whether `stream` is not to be read yet.
    pub fn waits(&self, stream: &str, now: Timestamp) -> bool {
        self.0.get(stream).is_some_and(|pause| now < pause.until)
    }

    /// Whether `stream` has waited long enough.
    pub fn is_due(&self, stream: &str, now: Timestamp) -> bool {
        self.0.get(stream).is_some_and(|pause| now >= pause.until)
    }

    /// `stream` could not be read.
    pub fn failed(&mut self, stream: &'static str, now: Timestamp) {
        let pause = self.0.entry(stream).or_insert(Pause { until: now, failures: 0 });
        let wait = FIRST * (1 << pause.failures.min(DOUBLINGS));
        pause.until = now.saturating_add(wait).unwrap_or(now);
        pause.failures = pause.failures.saturating_add(1);
    }

    /// `stream` was read.
    pub fn done(&mut self, stream: &str) {
        self.0.remove(stream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_end_with_success() {
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let mut pauses = Pauses::default();
        assert!(!pauses.waits("a", at(0)) && !pauses.is_due("a", at(0)));
        let mut now = 0;
        for wait in [10, 20, 40, 80, 160, 320, 640, 1280, 1280] {
            pauses.failed("a", at(now));
            assert!(pauses.waits("a", at(now + wait - 1)) && !pauses.is_due("a", at(now + wait - 1)));
            now += wait;
            assert!(!pauses.waits("a", at(now)) && pauses.is_due("a", at(now)));
        }
        pauses.done("a");
        assert!(!pauses.is_due("a", at(now)));
        pauses.failed("a", at(now));
        assert!(pauses.is_due("a", at(now + 10)));
    }
}
