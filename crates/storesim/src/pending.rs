//! What was accepted and does not show yet: adjustments of stock, whose old level a read right after may
//! still see (inventory.v3.yml), and payments that a gateway is to capture or void (orders.v3.yml).

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

/// What a gateway is asked to do with an authorized payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Takes the money.
    Capture,
    /// Lets it go.
    Void,
}

impl Deed {
    /// The payment's status until the gateway has answered.
    pub fn pending(self) -> &'static str {
        match self {
            Self::Capture => "capture pending",
            Self::Void => "void pending",
        }
    }

    /// Its status then.
    pub fn done(self) -> &'static str {
        match self {
            Self::Capture => "captured",
            Self::Void => "void",
        }
    }

    /// The event of the transaction.
    pub fn event(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Void => "void",
        }
    }
}

/// How long a gateway takes to answer.
const GATEWAY: Duration = Duration::from_secs(2);

/// Accepted requests in their order.
#[derive(Debug)]
pub(crate) struct Pending {
    delay: Duration,
    requests: VecDeque<(Instant, Vec<Adjustment>)>,
    payments: VecDeque<(Instant, i64, Deed)>,
}

impl Pending {
    /// None yet; each will show after `delay`.
    pub fn new(delay: Duration) -> Self {
        Self { delay, requests: VecDeque::new(), payments: VecDeque::new() }
    }

    /// Accepts a request's entries. Without a delay they come back, to be made at once.
    pub fn accept(&mut self, now: Instant, entries: Vec<Adjustment>) -> Vec<Adjustment> {
        if self.delay.is_zero() {
            return entries;
        }
        self.requests.push_back((now + self.delay, entries));
        Vec::new()
    }

    /// Asks the gateway of an order's payment for something.
    pub fn ask_gateway(&mut self, now: Instant, order: i64, deed: Deed) {
        self.payments.push_back((now + GATEWAY, order, deed));
    }

    /// The next payment of which the gateway has answered by `now`, or the next one at all.
    pub fn next_payment(&mut self, now: Option<Instant>) -> Option<(i64, Deed)> {
        let (due, _, _) = self.payments.front()?;
        let ripe = now.is_none_or(|now| *due <= now);
        if ripe { self.payments.pop_front().map(|(_, order, deed)| (order, deed)) } else { None }
    }

    /// When the first one is to show.
    pub fn due(&self) -> Option<Instant> {
        let stock = self.requests.front().map(|(due, _)| *due);
        let payment = self.payments.front().map(|(due, _, _)| *due);
        stock.into_iter().chain(payment).min()
    }

    /// The next request that is due at `now`, or the next one at all.
    pub fn next(&mut self, now: Option<Instant>) -> Option<Vec<Adjustment>> {
        let (due, _) = self.requests.front()?;
        let due = *due;
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
