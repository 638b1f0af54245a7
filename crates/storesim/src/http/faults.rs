//! Failures on demand, decided by a seed so that a run can be repeated.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use serde::Deserialize;

use super::lies::Lies;
use crate::chance::Chance;
use crate::serve::known;
use crate::webhooks;

/// What `POST /_sim/faults` takes. Rates are shares of one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Faults {
    /// Answers 500, 502 or 503.
    pub error_rate: f64,
    /// The status of those answers instead: 500, 502, 503 or 504; or 207, for requests that are carried
    /// out and answered as if a part of them had failed.
    pub error_status: Option<u16>,
    /// Connections dropped, before the answer or in the middle of it.
    pub drop_rate: f64,
    /// Answers delayed by `latency_ms`.
    pub slow_rate: f64,
    /// The delay of slow answers.
    pub latency_ms: u64,
    /// Saves of products whose stock is not taken: 207.
    pub inventory_rate: f64,
    /// Answers 429 without rate headers: the platform's share of the store is overloaded.
    pub(crate) overload_rate: f64,
    /// Reads show changes so much later.
    pub read_lag_ms: u64,
    /// What lists understand of what they are asked.
    pub lists: Lies,
    /// Overrides by route, for instance `GET /v3/catalog/products`.
    pub routes: BTreeMap<String, Faults>,
    /// What happens to deliveries of events.
    pub webhooks: webhooks::Faults,
    /// Decides which requests are hit.
    pub seed: u64,
}

impl Faults {
    /// Refuses what is no rate.
    pub fn check(&self) -> Result<(), String> {
        for rate in [self.error_rate, self.drop_rate, self.slow_rate, self.inventory_rate, self.overload_rate]
        {
            if !(0.0..=1.0).contains(&rate) {
                return Err(format!("a rate is between 0 and 1, not {rate}"));
            }
        }
        if self.latency_ms > 600_000 {
            return Err("latency_ms is at most 600000".into());
        }
        if self.error_status.is_some_and(|status| ![207, 500, 502, 503, 504].contains(&status)) {
            return Err("error_status is 207, 500, 502, 503 or 504".into());
        }
        if self.read_lag_ms > 600_000 {
            return Err("read_lag_ms is at most 600000".into());
        }
        self.lists.check()?;
        self.webhooks.check()?;
        if self.routes.values().any(|faults| faults.webhooks != webhooks::Faults::default()) {
            return Err("webhooks belong to no route".into());
        }
        if self.routes.values().any(|faults| faults.read_lag_ms > 0) {
            return Err("read_lag_ms belongs to no route".into());
        }
        self.routes.values().try_for_each(Faults::check)
    }
}

impl Faults {
    /// Refuses what names no route, with what was probably meant.
    pub fn check_routes(&self) -> Result<(), String> {
        self.routes.keys().try_for_each(|name| known::route(name))
    }
}

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Fate {
    /// This status instead of an answer; 429 comes without rate headers, 207 is put on a good answer.
    pub error: Option<u16>,
    /// The connection is dropped before the request is looked at.
    pub drop_before: bool,
    /// The connection is dropped in the middle of the answer.
    pub drop_within: bool,
    /// Waits so long.
    pub delay: Duration,
    /// A product is saved without its stock.
    pub stock_fails: bool,
}

/// The faults in force.
#[derive(Debug, Default)]
pub(crate) struct Fates(Mutex<Option<(Faults, Chance)>>);

impl Fates {
    /// Puts faults in force.
    pub fn set(&self, faults: Faults) {
        let chance = Chance::new(faults.seed);
        *self.lock() = Some((faults, chance));
    }

    /// Ends all faults.
    pub fn clear(&self) {
        *self.lock() = None;
    }

    /// Decides about the next request.
    pub fn next(&self, route: &str) -> Fate {
        let mut held = self.lock();
        let Some((faults, chance)) = held.as_mut() else { return Fate::default() };
        let faults = faults.routes.get(route).unwrap_or(faults);
        let mut fate = Fate::default();
        if chance.hits(faults.slow_rate) {
            fate.delay = Duration::from_millis(faults.latency_ms);
        }
        if chance.hits(faults.drop_rate) {
            fate.drop_before = chance.hits(0.5);
            fate.drop_within = !fate.drop_before;
        } else if chance.hits(faults.error_rate) {
            let drawn = [500, 502, 503][chance.below(3) as usize];
            fate.error = Some(faults.error_status.unwrap_or(drawn));
        } else if chance.hits(faults.overload_rate) {
            fate.error = Some(429);
        }
        if faults.inventory_rate > 0.0 {
            fate.stock_fails = chance.hits(faults.inventory_rate);
        }
        fate
    }

    /// How much later reads show changes.
    pub fn lag(&self) -> Option<Duration> {
        let held = self.lock();
        let lag = held.as_ref().map_or(0, |(faults, _)| faults.read_lag_ms);
        (lag > 0).then(|| Duration::from_millis(lag))
    }

    /// What a list of a route understands.
    pub fn lies(&self, route: &str) -> Option<Lies> {
        let held = self.lock();
        let (faults, _) = held.as_ref()?;
        let lists = &faults.routes.get(route).unwrap_or(faults).lists;
        (*lists != Lies::default()).then(|| lists.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Faults, Chance)>> {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}
