//! How many requests an endpoint serves at once.

use std::collections::HashMap;
use std::sync::Mutex;

/// Requests under way by endpoint.
#[derive(Debug, Default)]
pub(crate) struct Slots(Mutex<HashMap<String, u32>>);

/// A place that is given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    slots: &'a Slots,
    route: String,
}

impl Slots {
    /// Takes a place; `None` when all are taken.
    pub fn take(&self, route: &str, most: u32) -> Option<Slot<'_>> {
        let mut held = self.0.lock().unwrap_or_else(|broken| broken.into_inner());
        let taken = held.entry(route.to_owned()).or_default();
        if *taken >= most {
            return None;
        }
        *taken += 1;
        Some(Slot { slots: self, route: route.to_owned() })
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut held = self.slots.0.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(taken) = held.get_mut(&self.route) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                held.remove(&self.route);
            }
        }
    }
}
