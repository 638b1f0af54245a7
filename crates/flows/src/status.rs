//! How a flow is doing, as metrics and people ask for it.

use std::sync::Mutex;

use serde::Serialize;

/// How a flow is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FlowStatus {
    /// Its name.
    pub name: String,
    /// Messages delivered since the flows began to run.
    pub delivered: u64,
    /// Attempts that failed since then.
    pub failed: u64,
    /// Dead letters that wait for a person.
    pub dead: u64,
    /// Messages under way, or waiting to be tried again.
    pub open: u64,
    /// Every entry of the change log up to here is settled.
    pub cursor: i64,
    /// Entries of the change log beyond the cursor.
    pub lag: u64,
    /// What failed last, until something succeeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether it has begun to run.
    #[serde(skip)]
    pub(crate) begun: bool,
}

/// The status that a flow's task writes and others read.
#[derive(Debug)]
pub(crate) struct Status(Mutex<FlowStatus>);

impl Status {
    pub(crate) fn new(name: &str) -> Self {
        Status(Mutex::new(FlowStatus { name: name.to_owned(), ..FlowStatus::default() }))
    }

    pub(crate) fn get(&self) -> FlowStatus {
        self.0.lock().map(|status| status.clone()).unwrap_or_default()
    }

    fn change(&self, change: impl FnOnce(&mut FlowStatus)) {
        // The lock is poisoned only when a change panicked, and none can.
        if let Ok(mut status) = self.0.lock() {
            change(&mut status);
        }
    }

    pub(crate) fn begins(&self, cursor: i64, dead: u64) {
        self.change(|status| {
            (status.cursor, status.dead, status.open, status.begun) = (cursor, dead, 0, true);
        });
    }

    /// So many messages are open.
    pub(crate) fn working(&self, open: u64) {
        self.change(|status| status.open = open);
    }

    pub(crate) fn delivered(&self, messages: u64) {
        self.change(|status| {
            status.delivered += messages;
            if messages > 0 {
                status.error = None;
            }
        });
    }

    pub(crate) fn failed_attempt(&self) {
        self.change(|status| status.failed += 1);
    }

    pub(crate) fn failing(&self, error: String) {
        self.change(|status| status.error = Some(error));
    }

    /// A step was committed: every entry up to `cursor` is settled, so many messages are open beyond it.
    pub(crate) fn committed(&self, cursor: i64, dead: u64, open: u64) {
        self.change(|status| (status.cursor, status.dead, status.open) = (cursor, dead, open));
    }
}
