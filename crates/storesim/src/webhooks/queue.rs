//! Deliveries from the event to their end: made, waiting, tried again, acknowledged or given up.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use super::event::Event;
use super::faults::{Fates, Faults};
use super::hook::{EXCEPTION, Hook};
use super::lane::Lane;
use super::log::{Fortune, Log, Page, Place, Sent};
use super::retry::Waits;
use super::scope;
use crate::accounts::Accounts;
use crate::clock::Clock;
use crate::json::quote;
use crate::options::Options;
use crate::readings::{Point, Readings};

/// Deliveries that wait at most; more are given up.
const MOST_WAITING: u64 = 1_000_000;
/// Hashes remembered as acknowledged.
const MOST_ACKNOWLEDGED: usize = 100_000;
/// A destination's client hears of failures that will be retried once in so long.
const NOTICE: Duration = Duration::from_secs(600);

/// Who the store says it is.
pub(crate) struct Identity {
    /// The first account of the store.
    pub client_id: String,
    pub store_hash: String,
    /// The numeric id of the store, as text.
    pub store_id: String,
    /// Destinations of this machine need https as all others do.
    pub strict: bool,
}

/// An event as it is sent: the same bytes each time.
#[derive(Debug)]
pub(super) struct Message {
    /// 40 hex digits, different for every event.
    pub hash: String,
    pub body: Bytes,
}

/// One event for one hook.
#[derive(Debug)]
struct Delivery {
    message: Arc<Message>,
    hook: Arc<Hook>,
    failures: u32,
    place: Place,
    /// The first request carries a wrong signature, or an old timestamp.
    corrupt: bool,
    old: bool,
    /// It is made even when the hook is gone.
    last_word: bool,
}

/// A delivery that is being made.
#[derive(Debug)]
pub(super) struct Job {
    delivery: Delivery,
    generation: u64,
    /// Where it goes.
    pub hook: Arc<Hook>,
    /// What the sources leave open.
    pub readings: Readings,
}

impl Job {
    /// What is sent.
    pub fn message(&self) -> &Message {
        &self.delivery.message
    }

    /// Whether this request is to carry a wrong signature.
    pub fn is_corrupt(&self) -> bool {
        self.delivery.corrupt && self.delivery.failures == 0
    }

    /// Whether this request is to carry an old timestamp.
    pub fn is_old(&self) -> bool {
        self.delivery.old && self.delivery.failures == 0
    }
}

/// What `/_sim/stats` says of webhooks.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Numbers {
    /// Events fired, whether a hook was for them or not.
    events: u64,
    /// Deliveries that wait or are under way.
    queued: u64,
    /// Deliveries that came to a good end.
    delivered: u64,
    /// Attempts that were not answered 2xx.
    failed: u64,
    /// Deliveries that faults kept from being made.
    dropped: u64,
    /// Deliveries that faults made twice.
    duplicated: u64,
    /// Answers 2xx, of each copy.
    acknowledged: u64,
    /// Deliveries given up: the last attempt failed, the hook is gone or off, or too many waited.
    discarded: u64,
    /// Active hooks.
    hooks: u64,
}

#[derive(Default)]
struct State {
    hooks: BTreeMap<i64, Arc<Hook>>,
    lanes: BTreeMap<String, Lane<Delivery>>,
    numbers: Numbers,
    acknowledged: VecDeque<Arc<Message>>,
    known: HashSet<String>,
    fates: Fates,
    log: Log,
    readings: Readings,
    /// When an active hook was made, switched on or last told something.
    busy: HashMap<i64, Instant>,
    /// No hook can have been idle for too long before this.
    idle_check: Option<Instant>,
    /// Hooks that the store switched off.
    deactivated: HashSet<i64>,
    /// Until when a client and destination hear no more of failures that will be retried.
    noticed: HashMap<String, Instant>,
    /// Addresses for notices, by client.
    emails: HashMap<String, Vec<String>>,
    /// Moves when everything that waited is forgotten.
    generation: u64,
    serial: u64,
}

/// All deliveries of a store.
pub(crate) struct Queue {
    identity: Identity,
    accounts: Arc<Accounts>,
    clock: Clock,
    waits: Waits,
    /// Told apart from other runs of the same store, so that no hash occurs twice.
    run: u128,
    state: Mutex<State>,
    wake: Notify,
}

impl Queue {
    /// An empty queue of a store.
    pub fn new(options: &Options, accounts: Arc<Accounts>) -> Self {
        let digest = Sha256::digest(options.store_hash.as_bytes());
        let number = digest.iter().take(4).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        Self {
            identity: Identity {
                client_id: options.client_id.clone(),
                store_hash: options.store_hash.clone(),
                store_id: (1_000_000_000 + number % 100_000_000).to_string(),
                strict: options.strict_hooks,
            },
            accounts,
            clock: options.clock.clone(),
            waits: Waits::new(options.time_scale),
            run: uuid::Uuid::new_v4().as_u128(),
            state: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// Who the store says it is.
    /// The client id of the store's own API account.
    pub fn client_id(&self) -> &str {
        &self.identity.client_id
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The key of a client's signatures.
    pub(super) fn secret(&self, client: &str) -> Option<Arc<str>> {
        self.accounts.secret(client)
    }

    /// Now, as waits are measured: real time, ahead by what the store's clock was pushed.
    pub fn now(&self) -> Instant {
        Instant::now() + self.waits.pressed(self.clock.ahead())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Puts the active hooks in place of those before.
    pub fn subscribe(&self, hooks: Vec<Hook>, readings: Readings) {
        let now = self.now();
        let mut state = self.lock();
        let state = &mut *state;
        state.readings = readings;
        state.hooks = hooks.into_iter().map(|hook| (hook.id, Arc::new(hook))).collect();
        state.busy.retain(|id, _| state.hooks.contains_key(id));
        state.deactivated.retain(|id| !state.hooks.contains_key(id));
        for id in state.hooks.keys() {
            state.busy.entry(*id).or_insert(now);
        }
        state.idle_check = None;
        self.wake.notify_one();
    }

    /// Makes deliveries of events that happened at `created`, in unix seconds.
    pub fn publish(&self, events: Vec<Event>, created: i64, now: Instant) {
        if events.is_empty() {
            return;
        }
        let mut state = self.lock();
        for event in events {
            self.emit(&mut state, &event, created, now, |_| true, false);
        }
        drop(state);
        self.wake.notify_one();
    }

    /// Tells a client's hooks alone, and even when they are gone the moment after.
    pub fn farewell(&self, client: &str, event: Event, created: i64) {
        let now = self.now();
        self.emit(&mut self.lock(), &event, created, now, |hook| *hook.client == *client, true);
        self.wake.notify_one();
    }

    fn emit(
        &self,
        state: &mut State,
        event: &Event,
        created: i64,
        now: Instant,
        whose: impl Fn(&Hook) -> bool,
        last_word: bool,
    ) {
        state.numbers.events += 1;
        state.serial += 1;
        let hash = match state.readings.is(Point::EventHash, "payload") {
            true => self.hash(event, created),
            false => self.hash(event, state.serial),
        };
        let number = state.log.event(hash.clone(), &event.scope, &event.data, created, now);
        let fits = |hook: &&Arc<Hook>| scope::covers(&hook.scope, &event.scope) && whose(hook);
        let hooks: Vec<Arc<Hook>> = state.hooks.values().filter(fits).cloned().collect();
        let by_hook = state.readings.is(Point::EventCreatedAt, "hook");
        let mut shared = None;
        for hook in hooks {
            let message = if by_hook {
                Arc::new(self.message(event, &hash, hook.created))
            } else {
                shared.get_or_insert_with(|| Arc::new(self.message(event, &hash, created))).clone()
            };
            state.busy.insert(hook.id, now);
            state.queue(&message, &hook, number, now, last_word);
        }
    }

    /// 40 hex digits; the API's input is not known, so they are of everything that makes an event one.
    fn hash(&self, event: &Event, serial: impl Display) -> String {
        let input = format!("{:x}.{serial}.{}.{}", self.run, event.scope, event.data);
        let digest = Sha256::digest(input.as_bytes());
        digest.iter().take(20).fold(String::with_capacity(40), |mut text, byte| {
            text.extend(
                [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0')),
            );
            text
        })
    }

    /// The envelope of recorded events: six members.
    fn message(&self, event: &Event, hash: &str, created: i64) -> Message {
        let Identity { store_hash, store_id, .. } = &self.identity;
        let (scope, data) = (&event.scope, &event.data);
        let body = format!(
            "{{\"producer\":\"stores/{store_hash}\",\"hash\":\"{hash}\",\"created_at\":{created},\"store_id\":\"{store_id}\",\"scope\":{},\"data\":{data}}}",
            quote(scope)
        );
        Message { hash: hash.to_owned(), body: body.into() }
    }

    /// What is to be sent now, and when there will be more.
    pub(super) fn take(&self, now: Instant) -> Taken {
        let mut taken = Taken::default();
        let mut state = self.lock();
        let state = &mut *state;
        let mut exhausted = Vec::new();
        for lane in state.lanes.values_mut() {
            while let Some(delivery) = lane.next(now) {
                let hook = match state.hooks.get(&delivery.hook.id) {
                    Some(hook) => hook.clone(),
                    None if delivery.last_word => delivery.hook.clone(),
                    None => {
                        lane.done();
                        state.numbers.queued -= 1;
                        state.numbers.discarded += 1;
                        state.log.mark(delivery.place, Fortune::Discarded);
                        continue;
                    }
                };
                if lane.record.is_blocked(now) {
                    // What is due during a block counts as failed without being sent.
                    lane.done();
                    let place = delivery.place;
                    let given_up = state.numbers.again(lane, delivery, self.waits, now);
                    state
                        .log
                        .mark(place, if given_up.is_some() { Fortune::Discarded } else { Fortune::Waiting });
                    exhausted.extend(given_up);
                    continue;
                }
                let (generation, readings) = (state.generation, state.readings);
                taken.jobs.push(Job { delivery, generation, hook, readings });
            }
            taken.wakes = taken.wakes.into_iter().chain(lane.wakes()).min();
        }
        for hook in exhausted {
            self.give_up(state, &hook, now);
            taken.exhausted.push(hook.id);
        }
        taken.exhausted.extend(self.idle(state, now));
        taken.wakes = taken.wakes.into_iter().chain(state.idle_check).min();
        taken
    }

    /// Hooks that had nothing to tell for 90 days.
    fn idle(&self, state: &mut State, now: Instant) -> Vec<i64> {
        if state.busy.is_empty() || state.idle_check.is_some_and(|at| now < at) {
            return Vec::new();
        }
        let patience = self.waits.idle();
        let idle = |since: Instant| now.saturating_duration_since(since) >= patience;
        let found: Vec<i64> =
            state.busy.iter().filter(|(_, since)| idle(**since)).map(|(id, _)| *id).collect();
        for id in &found {
            state.busy.remove(id);
            state.deactivated.insert(*id);
        }
        state.idle_check = state.busy.values().min().map(|since| *since + patience);
        found
    }

    /// Notes how a delivery went; the hook when it was its last attempt.
    pub(super) fn settle(&self, job: Job, sent: &Sent, now: Instant) -> Option<i64> {
        let mut state = self.lock();
        if job.generation != state.generation {
            return None;
        }
        let state = &mut *state;
        let Job { delivery, hook, .. } = job;
        let place = delivery.place;
        let lane = state.lanes.get_mut(&hook.lane)?;
        lane.done();
        let began = lane.record.note(now, sent.well, sent.reason.as_deref(), self.waits);
        if sent.well {
            state.numbers.queued -= 1;
            state.numbers.delivered += 1;
            state.numbers.acknowledged += 1;
            state.log.attempt(place, Fortune::Delivered, sent, now, self.waits.scale());
            state.acknowledge(delivery.message);
            return None;
        }
        state.numbers.failed += 1;
        let given_up = state.numbers.again(lane, delivery, self.waits, now);
        let fortune = if given_up.is_some() { Fortune::Discarded } else { Fortune::Waiting };
        state.log.attempt(place, fortune, sent, now, self.waits.scale());
        if began {
            self.notice(state, &hook, 90003, "the destination is blocked for three minutes", now);
        }
        match given_up {
            Some(hook) => {
                self.give_up(state, &hook, now);
                Some(hook.id)
            }
            None => {
                let key = format!("{} {}", hook.client, hook.destination);
                if state.noticed.get(&key).is_none_or(|until| *until <= now) {
                    if state.noticed.len() >= MOST_ACKNOWLEDGED {
                        state.noticed.clear();
                    }
                    state.noticed.insert(key, now + self.waits.pressed(NOTICE));
                    self.notice(state, &hook, 90001, "the delivery failed and will be tried again", now);
                }
                None
            }
        }
    }

    fn give_up(&self, state: &mut State, hook: &Arc<Hook>, now: Instant) {
        state.deactivated.insert(hook.id);
        self.notice(state, hook, 90002, "the last attempt failed and the webhook is deactivated", now);
    }

    /// Tells the client's hook for delivery exceptions, unless it is the one that failed.
    fn notice(&self, state: &mut State, hook: &Arc<Hook>, code: u32, message: &str, now: Instant) {
        if hook.scope == EXCEPTION {
            return;
        }
        let (id, client) = (hook.id, hook.client.clone());
        let data = format!(
            "{{\"type\":\"webhook\",\"id\":{id},\"error_code\":{code},\"message\":{}}}",
            quote(message)
        );
        let own = |hook: &Hook| hook.client == client && hook.scope == EXCEPTION;
        if state.hooks.values().any(|hook| own(hook)) {
            let event = Event::new(EXCEPTION, data);
            self.emit(state, &event, self.clock.now(), now, own, false);
        }
    }

    /// Returns when something was added, or a hook changed.
    pub(super) async fn stirred(&self) {
        self.wake.notified().await;
    }

    /// The clock that waits follow.
    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Puts faults in force.
    pub fn set_faults(&self, faults: Faults, seed: u64) {
        let later = self.waits.pressed(Duration::from_secs(faults.duplicate_after_s));
        self.lock().fates.set(faults, seed, later);
    }

    /// Forgets hooks, what waits, the counters, the log and the faults.
    pub fn reset(&self) {
        let mut state = self.lock();
        let (generation, serial) = (state.generation + 1, state.serial);
        *state = State { generation, serial, ..State::default() };
    }

    /// The counters now.
    pub fn numbers(&self) -> Numbers {
        let state = self.lock();
        Numbers { hooks: state.hooks.len() as u64, ..state.numbers.clone() }
    }

    /// Hashes of events that were answered 2xx, each once, the latest last.
    pub fn acknowledged(&self) -> Vec<String> {
        self.lock().acknowledged.iter().map(|message| message.hash.clone()).collect()
    }

    /// What was told after event number `since`, and how the deliveries went.
    pub fn log(&self, scope: Option<&str>, since: u64, limit: usize) -> Page {
        self.lock().log.page(scope, since, limit)
    }

    /// Whether the store itself switched a hook off.
    pub(super) fn is_deactivated(&self, hook: i64) -> bool {
        self.lock().deactivated.contains(&hook)
    }

    /// The addresses for notices to a client.
    pub(super) fn emails(&self, client: &str) -> Vec<String> {
        self.lock().emails.get(client).cloned().unwrap_or_default()
    }

    /// Puts others in their place.
    pub(super) fn set_emails(&self, client: &str, emails: Vec<String>) {
        self.lock().emails.insert(client.to_owned(), emails);
    }

    /// The destinations that get nothing now from a client's hooks, with the seconds of store time that
    /// are left, and why.
    pub(super) fn blocked(&self, client: &str) -> Vec<(String, u64, String)> {
        let now = self.now();
        let mut state = self.lock();
        let state = &mut *state;
        let own: HashSet<&str> = state
            .hooks
            .values()
            .filter(|hook| *hook.client == *client)
            .map(|hook| hook.lane.as_str())
            .collect();
        let mut found = Vec::new();
        for (name, lane) in state.lanes.iter_mut().filter(|(name, _)| own.contains(name.as_str())) {
            let Some(left) = lane.record.blocked_for(now) else { continue };
            let origin = name.split(' ').next().unwrap_or("").to_owned();
            let seconds = (left.as_secs_f64() * self.waits.scale()).ceil() as u64;
            found.push((origin, seconds, lane.record.reasons(self.clock.now())));
        }
        found
    }
}

/// What is to be done now.
#[derive(Default)]
pub(super) struct Taken {
    pub jobs: Vec<Job>,
    /// Hooks to be switched off: a delivery failed for good, or there was none for too long.
    pub exhausted: Vec<i64>,
    /// When there is more to do.
    pub wakes: Option<Instant>,
}

impl Numbers {
    /// Puts a failed delivery behind its next wait; its hook when there is none.
    fn again(
        &mut self,
        lane: &mut Lane<Delivery>,
        mut delivery: Delivery,
        waits: Waits,
        now: Instant,
    ) -> Option<Arc<Hook>> {
        delivery.failures += 1;
        match waits.after(delivery.failures) {
            Some(wait) => {
                lane.add(now + wait, delivery);
                None
            }
            None => {
                self.queued -= 1;
                self.discarded += 1;
                Some(delivery.hook)
            }
        }
    }
}

impl State {
    fn queue(
        &mut self,
        message: &Arc<Message>,
        hook: &Arc<Hook>,
        number: u64,
        now: Instant,
        last_word: bool,
    ) {
        let fate = self.fates.next();
        if fate.drop {
            self.numbers.dropped += 1;
            self.log.delivery(number, hook, Fortune::Dropped);
            return;
        }
        if self.numbers.queued >= MOST_WAITING {
            self.numbers.discarded += 1;
            self.log.delivery(number, hook, Fortune::Discarded);
            return;
        }
        let copies = 1 + usize::from(fate.duplicate);
        let places: Vec<Place> =
            (0..copies).map(|_| self.log.delivery(number, hook, Fortune::Waiting)).collect();
        let lane = self.lanes.entry(hook.lane.clone()).or_default();
        let due = now + fate.delay;
        for (copy, place) in places.into_iter().enumerate() {
            let (corrupt, old) = (fate.corrupt, fate.old);
            let (message, hook) = (message.clone(), hook.clone());
            let delivery = Delivery { message, hook, failures: 0, place, corrupt, old, last_word };
            self.numbers.queued += 1;
            match (copy, fate.reorder) {
                (0, true) => lane.add_swapped(due, delivery),
                (0, false) => lane.add_before_held(due, delivery),
                _ => {
                    self.numbers.duplicated += 1;
                    lane.add(due + fate.duplicate_after, delivery);
                }
            }
        }
    }

    fn acknowledge(&mut self, message: Arc<Message>) {
        if !self.known.insert(message.hash.clone()) {
            return;
        }
        self.acknowledged.push_back(message);
        if self.acknowledged.len() > MOST_ACKNOWLEDGED
            && let Some(oldest) = self.acknowledged.pop_front()
        {
            self.known.remove(&oldest.hash);
        }
    }
}
