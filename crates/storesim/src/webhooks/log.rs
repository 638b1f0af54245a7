//! What was told and how each delivery went, as far back as memory is set aside for it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::hook::Hook;
use super::scope;

/// Events remembered, and deliveries of them.
const MOST_EVENTS: usize = 20_000;
const MOST_DELIVERIES: usize = 50_000;
/// Attempts remembered of a delivery: one more than there are waits.
const MOST_ATTEMPTS: usize = 12;
/// The characters kept of a reason.
const LONGEST: usize = 200;

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Fortune {
    /// It waits or is under way.
    Waiting,
    /// Answered 2xx.
    Delivered,
    /// A fault kept it from being made.
    Dropped,
    /// Given up.
    Discarded,
}

/// One request, or one that a block kept from being made.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Attempt {
    /// Real time, in unix seconds.
    pub at: i64,
    /// Seconds of the store's time since the event.
    pub after_s: f64,
    /// How long the receiver took.
    pub took_ms: u64,
    /// What it answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why that is a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
}

#[derive(Debug)]
struct Outcome {
    hook: Arc<Hook>,
    fortune: Fortune,
    attempts: Vec<Attempt>,
}

#[derive(Debug)]
struct Entry {
    hash: String,
    scope: String,
    data: String,
    created: i64,
    at: Instant,
    deliveries: Vec<Outcome>,
}

/// The latest events.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The number of the first entry.
    first: u64,
    entries: VecDeque<Entry>,
    deliveries: usize,
}

/// Where a delivery is in the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    number: u64,
    slot: usize,
}

impl Log {
    /// Notes an event; its number, from one.
    pub fn event(&mut self, hash: String, scope: &str, data: &str, created: i64, at: Instant) -> u64 {
        if self.entries.is_empty() {
            self.first = self.first.max(1);
        }
        let number = self.first + self.entries.len() as u64;
        let (scope, data) = (scope.to_owned(), data.to_owned());
        self.entries.push_back(Entry { hash, scope, data, created, at, deliveries: Vec::new() });
        while self.entries.len() > MOST_EVENTS || self.deliveries > MOST_DELIVERIES {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.deliveries -= oldest.deliveries.len();
            self.first += 1;
        }
        number
    }

    /// Notes a delivery of an event.
    pub fn delivery(&mut self, number: u64, hook: &Arc<Hook>, fortune: Fortune) -> Place {
        let Some(entry) = self.entry(number) else { return Place { number: 0, slot: 0 } };
        entry.deliveries.push(Outcome { hook: hook.clone(), fortune, attempts: Vec::new() });
        let slot = entry.deliveries.len() - 1;
        self.deliveries += 1;
        Place { number, slot }
    }

    /// Notes a request that was made for a delivery at `now`, in a store whose time runs `scale` times
    /// as fast, and where the delivery stands now.
    pub fn attempt(&mut self, place: Place, fortune: Fortune, sent: &Sent, now: Instant, scale: f64) {
        let Some(entry) = self.entry(place.number) else { return };
        let after = now.saturating_duration_since(entry.at).saturating_sub(sent.took);
        let Some(outcome) = entry.deliveries.get_mut(place.slot) else { return };
        outcome.fortune = fortune;
        if outcome.attempts.len() < MOST_ATTEMPTS {
            outcome.attempts.push(Attempt {
                at: sent.at,
                after_s: (after.as_secs_f64() * scale * 10.0).round() / 10.0,
                took_ms: u64::try_from(sent.took.as_millis()).unwrap_or(u64::MAX),
                status: sent.status,
                reason: sent.reason.as_deref().map(|reason| reason.chars().take(LONGEST).collect()),
            });
        }
    }

    /// Notes where a delivery stands now.
    pub fn mark(&mut self, place: Place, fortune: Fortune) {
        if let Some(outcome) = self.entry(place.number).and_then(|entry| entry.deliveries.get_mut(place.slot))
        {
            outcome.fortune = fortune;
        }
    }

    fn entry(&mut self, number: u64) -> Option<&mut Entry> {
        let at = number.checked_sub(self.first)?;
        self.entries.get_mut(usize::try_from(at).ok()?)
    }

    /// The events after number `since` with a scope, which may be a wildcard, at most `limit`.
    pub fn page(&self, wanted: Option<&str>, since: u64, limit: usize) -> Page {
        let fits = |scope: &str| wanted.is_none_or(|wanted| scope::covers(wanted, scope));
        let skipped =
            usize::try_from(since.saturating_add(1).saturating_sub(self.first)).unwrap_or(usize::MAX);
        let rest = (self.first..).zip(&self.entries).skip(skipped);
        let mut found = rest.filter(|(_, entry)| fits(&entry.scope)).map(|(id, entry)| Told {
            id,
            hash: entry.hash.clone(),
            scope: entry.scope.clone(),
            created_at: entry.created,
            data: serde_json::from_str(&entry.data).unwrap_or_default(),
            deliveries: entry.deliveries.iter().map(Made::of).collect(),
        });
        let events: Vec<Told> = found.by_ref().take(limit).collect();
        let more = found.next().is_some();
        let last = events.last().map_or(since, |event| event.id);
        Page { events, last, more, forgotten: self.first.saturating_sub(1) }
    }
}

/// How one request went.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    /// Whether it was answered 2xx.
    pub well: bool,
    /// Real time, in unix seconds.
    pub at: i64,
    /// What was answered.
    pub status: Option<u16>,
    /// Why it is a failure.
    pub reason: Option<String>,
    /// How long it took.
    pub took: Duration,
}

/// What `GET /_sim/events` answers.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    events: Vec<Told>,
    /// The number to go on after.
    last: u64,
    /// Whether there are later ones.
    more: bool,
    /// How many of the oldest are no longer known.
    forgotten: u64,
}

#[derive(Debug, Serialize)]
struct Told {
    id: u64,
    hash: String,
    scope: String,
    created_at: i64,
    data: serde_json::Value,
    deliveries: Vec<Made>,
}

#[derive(Debug, Serialize)]
struct Made {
    hook: i64,
    client_id: String,
    destination: String,
    state: Fortune,
    attempts: Vec<Attempt>,
}

impl Made {
    fn of(outcome: &Outcome) -> Self {
        let hook = &outcome.hook;
        Self {
            hook: hook.id,
            client_id: hook.client.to_string(),
            destination: hook.destination.clone(),
            state: outcome.fortune,
            attempts: outcome.attempts.clone(),
        }
    }
}
