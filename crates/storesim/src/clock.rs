//! What a simulated store calls now.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// The store's clock: the system's time, which a test can push forward, and which never runs
/// backwards even when the system's does.
#[derive(Clone, Default)]
pub struct Clock {
    ahead: Arc<AtomicI64>,
    latest: Arc<AtomicI64>,
}

impl Clock {
    /// Moves the clock forward for good.
    pub fn advance(&self, seconds: u32) {
        self.ahead.fetch_add(i64::from(seconds), Ordering::Relaxed);
    }

    /// Unix seconds now.
    pub fn now(&self) -> i64 {
        let now = Timestamp::now().as_second() + self.ahead.load(Ordering::Relaxed);
        self.latest.fetch_max(now, Ordering::Relaxed).max(now)
    }
}
