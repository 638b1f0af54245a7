//! Retry: when a failed delivery is tried again. Decisions only, taken from values.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// The longest time that a destination may ask us to wait.
const ASKED_MAX: Duration = Duration::from_secs(15 * 60);

/// How failed deliveries are tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How often a message is tried before it is a dead letter.
    pub attempts: u32,
    /// The wait after the first failure; it doubles with each further one.
    pub base: Duration,
    /// The longest wait.
    pub max: Duration,
}

impl Default for Retry {
    /// Twelve attempts over about half an hour.
    fn default() -> Self {
        Retry { attempts: 12, base: Duration::from_millis(500), max: Duration::from_secs(300) }
    }
}

impl Retry {
    /// The wait after `failures` failures (from 1), or what the destination `asked` for if that is longer; `spread`
    /// (0 to 1) moves it within its upper half, so that many do not come back at once.
    pub fn wait(&self, failures: u32, asked: Option<Duration>, spread: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let full = self.base.saturating_mul(1 << doublings).min(self.max);
        let wait = full.mul_f64(0.5 + 0.5 * spread.clamp(0.0, 1.0));
        asked.map_or(wait, |asked| wait.max(asked.min(ASKED_MAX)))
    }
}

/// A number from 0 to 1 that is the same for the same message and attempt, and evenly spread over others.
pub(crate) fn spread(message: &str, attempt: u32) -> f64 {
    let mut hasher = DefaultHasher::new();
    (message, attempt).hash(&mut hasher);
    f64::from(u32::try_from(hasher.finish() >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

/// What `Retry-After` asks for: seconds, or a date.
pub(crate) fn retry_after(value: &str, now: jiff::Timestamp) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let at = jiff::fmt::rfc2822::parse(value.trim()).ok()?.timestamp();
    Duration::try_from(at.duration_since(now)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let retry = Retry { attempts: 9, base: Duration::from_millis(100), max: Duration::from_millis(450) };
        let waits: Vec<u128> = (1..=5).map(|failures| retry.wait(failures, None, 1.0).as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 450, 450]);
        assert_eq!(retry.wait(2, None, 0.0).as_millis(), 100);
        assert_eq!(retry.wait(u32::MAX, None, 1.0).as_millis(), 450);
    }

    #[test]
    fn a_destination_may_ask_for_longer_but_not_for_ever() {
        let retry = Retry::default();
        assert_eq!(retry.wait(1, Some(Duration::from_secs(7)), 0.3), Duration::from_secs(7));
        assert_eq!(retry.wait(1, Some(Duration::ZERO), 1.0), retry.base);
        assert_eq!(retry.wait(1, Some(Duration::from_secs(1 << 40)), 0.3), ASKED_MAX);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "2026-11-23T10:00:00Z".parse().unwrap();
        assert_eq!(retry_after("12", now), Some(Duration::from_secs(12)));
        assert_eq!(retry_after("Mon, 23 Nov 2026 10:00:30 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Mon, 23 Nov 2026 09:00:30 GMT", now), None);
        assert_eq!(retry_after("soon", now), None);
    }

    #[test]
    fn the_spread_is_stable_for_a_message() {
        assert_eq!(spread("a", 1).to_bits(), spread("a", 1).to_bits());
        assert_ne!(spread("a", 1).to_bits(), spread("a", 2).to_bits());
        assert!((0..1000).all(|i| (0.0..=1.0).contains(&spread("x", i))));
    }
}
