//! Adjustments of stock that were accepted and do not show yet: the API answers with a transaction,
//! and a read right after it may still see the old level (inventory.v3.yml).

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::stock::{ItemKey, Stock};

/// One accepted entry.
#[derive(Debug, Clone)]
pub(crate) struct Adjustment {
    pub key: ItemKey,
    pub product: i64,
    pub location: i64,
    pub amount: Amount,
}

/// What it does to the quantity on hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Amount {
    /// Sets it.
    To(i64),
    /// Adds to it, or takes from it.
    By(i64),
}

/// Accepted requests in their order.
#[derive(Debug)]
pub(crate) struct Pending {
    delay: Duration,
    requests: VecDeque<(Instant, Vec<Adjustment>)>,
}

impl Pending {
    /// None yet; each will show after `delay`.
    pub fn new(delay: Duration) -> Self {
        Self { delay, requests: VecDeque::new() }
    }

    /// Accepts a request's entries. Without a delay they come back, to be made at once.
    pub fn accept(&mut self, now: Instant, entries: Vec<Adjustment>) -> Vec<Adjustment> {
        if self.delay.is_zero() {
            return entries;
        }
        self.requests.push_back((now + self.delay, entries));
        Vec::new()
    }

    /// When the first one is to show.
    pub fn due(&self) -> Option<Instant> {
        self.requests.front().map(|(due, _)| *due)
    }

    /// The next request that is due at `now`, or the next one at all.
    pub fn next(&mut self, now: Option<Instant>) -> Option<Vec<Adjustment>> {
        let due = self.due()?;
        let ripe = now.is_none_or(|now| due <= now);
        if ripe { self.requests.pop_front().map(|(_, entries)| entries) } else { None }
    }

    /// The quantities on hand that will be there when all is done, where something is to be done.
    pub fn outlook(&self, stock: &Stock) -> HashMap<(ItemKey, i64), i64> {
        let mut outlook = HashMap::new();
        for entry in self.requests.iter().flat_map(|(_, entries)| entries) {
            let held = || onhand(stock, entry.key, entry.location).unwrap_or(0);
            let level = outlook.entry((entry.key, entry.location)).or_insert_with(held);
            *level = match entry.amount {
                Amount::To(quantity) => quantity,
                Amount::By(quantity) => level.saturating_add(quantity),
            };
        }
        outlook
    }
}

/// What is on hand at a location, when that was ever set.
pub(crate) fn onhand(stock: &Stock, key: ItemKey, location: i64) -> Option<i64> {
    let level = stock.get(key)?.levels.iter().find(|level| level.location == location)?;
    Some(level.onhand)
}
