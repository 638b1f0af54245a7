//! Counters of what was served, and what it cost.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::Serialize;

use crate::webhooks;

/// What `/_sim/stats` answers.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Numbers {
    /// Requests to the API.
    pub requests: u64,
    /// Those answered 429.
    pub throttled: u64,
    /// By method and declared path; `other` for unknown ones.
    pub by_route: BTreeMap<String, u64>,
    /// By status; 0 for connections dropped on purpose before an answer.
    pub by_status: BTreeMap<u16, u64>,
    /// Bytes of bodies sent, as compressed.
    pub bytes: u64,
    /// Events and their deliveries.
    pub webhooks: webhooks::Numbers,
    /// CPU seconds of this process, absent where the system does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_seconds: Option<f64>,
}

/// The counters.
#[derive(Debug, Default)]
pub(crate) struct Stats(Mutex<Numbers>);

impl Stats {
    /// Counts one request.
    pub fn count(&self, route: &str, status: u16, bytes: u64) {
        let mut numbers = self.lock();
        numbers.requests += 1;
        numbers.throttled += u64::from(status == 429);
        numbers.bytes += bytes;
        match numbers.by_route.get_mut(route) {
            Some(count) => *count += 1,
            None => {
                numbers.by_route.insert(route.to_owned(), 1);
            }
        }
        *numbers.by_status.entry(status).or_default() += 1;
    }

    /// The counters now.
    pub fn numbers(&self, webhooks: webhooks::Numbers) -> Numbers {
        Numbers { cpu_seconds: cpu_seconds(), webhooks, ..self.lock().clone() }
    }

    /// Back to zero.
    pub fn reset(&self) {
        *self.lock() = Numbers::default();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Numbers> {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

/// User and system time of this process, from the 14th and 15th field of `/proc/self/stat`, which
/// count hundredths of a second on Linux.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some((user + system) as f64 / 100.0)
}
