//! What a simulated store calls now.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

/// The store's clock: the system's time, which a test can push forward, and which never runs
/// backwards even when the system's does.
#[derive(Clone)]
pub struct Clock {
    ahead: Arc<watch::Sender<u64>>,
    latest: Arc<AtomicI64>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { ahead: Arc::new(watch::Sender::new(0)), latest: Arc::default() }
    }
}

impl Clock {
    /// Moves the clock forward for good. What waits for a time that has come then happens.
    pub fn advance(&self, seconds: u32) {
        self.ahead.send_modify(|ahead| *ahead += u64::from(seconds));
    }

    /// Unix seconds now.
    pub fn now(&self) -> i64 {
        let now = Timestamp::now().as_second() + i64::try_from(*self.ahead.borrow()).unwrap_or(i64::MAX / 2);
        self.latest.fetch_max(now, Ordering::Relaxed).max(now)
    }

    /// How far it was pushed.
    pub(crate) fn ahead(&self) -> Duration {
        Duration::from_secs(*self.ahead.borrow())
    }

    /// Tells when it is pushed.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.ahead.subscribe()
    }
}
