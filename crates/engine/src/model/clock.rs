//! The clock, so that tests can say what time it is.

use std::fmt::Debug;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// Tells the time.
pub trait Clock: Debug + Send + Sync {
    /// Now, by this machine.
    fn now(&self) -> Timestamp;

    /// Takes note of what the store calls now.
    fn heard(&self, store: Timestamp) {
        let _ = store;
    }

    /// Now, by the store, as far as it was heard: this machine's clock may be wrong.
    fn at_store(&self) -> Timestamp {
        self.now()
    }
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The system's clock, which learns from the store's answers by how much it is wrong.
#[derive(Debug, Default)]
pub struct StoreClock {
    /// Seconds by which this machine is set forward, for tests of wrong clocks.
    shift: i64,
    /// Seconds by which the store is ahead of this machine.
    ahead: AtomicI64,
}

impl StoreClock {
    /// A clock that is wrong by `shift` seconds: none, but in tests.
    pub fn shifted(shift: i64) -> Self {
        StoreClock { shift, ahead: AtomicI64::new(0) }
    }
}

impl Clock for StoreClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        now.saturating_add(SignedDuration::from_secs(self.shift)).unwrap_or(now)
    }

    fn heard(&self, store: Timestamp) {
        self.ahead.store(store.as_second() - self.now().as_second(), Ordering::Relaxed);
    }

    fn at_store(&self) -> Timestamp {
        let now = self.now();
        now.saturating_add(SignedDuration::from_secs(self.ahead.load(Ordering::Relaxed))).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_clock_learns_what_the_store_calls_now() {
        let clock = StoreClock::shifted(-600);
        let store = Timestamp::now();
        assert!(clock.at_store() < store);
        clock.heard(store);
        assert!((clock.at_store().as_second() - store.as_second()).abs() <= 1);
        assert!((clock.now().as_second() - store.as_second() + 600).abs() <= 1);
    }
}
