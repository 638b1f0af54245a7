//! Deliveries from the event to their end: made, waiting, tried again, acknowledged or given up.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use bytes::Bytes;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use super::event::Event;
use super::faults::{Fates, Faults};
use super::hook::Hook;
use super::lane::Lane;
use super::retry::Waits;
use super::scope;
use crate::json::quote;
use crate::options::Options;

/// Deliveries that wait at most; more are given up.
const MOST_WAITING: u64 = 1_000_000;
/// Hashes remembered as acknowledged.
const MOST_ACKNOWLEDGED: usize = 100_000;

/// Who the store says it is.
pub(crate) struct Identity {
    pub client_id: String,
    /// The key of signatures.
    pub client_secret: String,
    pub store_hash: String,
    /// The numeric id of the store, as text.
    pub store_id: String,
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
    hook: i64,
    failures: u32,
}

/// A delivery that is being made.
#[derive(Debug)]
pub(super) struct Job {
    delivery: Delivery,
    lane: String,
    generation: u64,
    /// Where it goes.
    pub hook: Arc<Hook>,
}

impl Job {
    /// What is sent.
    pub fn message(&self) -> &Message {
        &self.delivery.message
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
    /// Moves when everything that waited is forgotten.
    generation: u64,
    serial: u64,
}

/// All deliveries of a store.
pub(crate) struct Queue {
    identity: Identity,
    waits: Waits,
    /// Told apart from other runs of the same store, so that no hash occurs twice.
    run: u128,
    state: Mutex<State>,
    wake: Notify,
}

impl Queue {
    /// An empty queue of a store.
    pub fn new(options: &Options) -> Self {
        let digest = Sha256::digest(options.store_hash.as_bytes());
        let number = digest.iter().take(4).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        Self {
            identity: Identity {
                client_id: options.client_id.clone(),
                client_secret: options.client_secret.clone(),
                store_hash: options.store_hash.clone(),
                store_id: (1_000_000_000 + number % 100_000_000).to_string(),
            },
            waits: Waits::new(options.webhook_retry_compression),
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

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Puts the active hooks in place of those before.
    pub fn subscribe(&self, hooks: Vec<Hook>) {
        self.lock().hooks = hooks.into_iter().map(|hook| (hook.id, Arc::new(hook))).collect();
        self.wake.notify_one();
    }

    /// Makes deliveries of events that happened at `created`, in unix seconds.
    pub fn publish(&self, events: Vec<Event>, created: i64, now: Instant) {
        if events.is_empty() {
            return;
        }
        let mut state = self.lock();
        for event in events {
            state.numbers.events += 1;
            state.serial += 1;
            let hooks: Vec<Arc<Hook>> = state
                .hooks
                .values()
                .filter(|hook| scope::covers(&hook.scope, &event.scope))
                .cloned()
                .collect();
            if hooks.is_empty() {
                continue;
            }
            let message = Arc::new(self.message(&event, state.serial, created));
            for hook in hooks {
                state.queue(&message, &hook, now);
            }
        }
        drop(state);
        self.wake.notify_one();
    }

    /// The envelope of recorded events: six members.
    fn message(&self, event: &Event, serial: u64, created: i64) -> Message {
        let input = format!("{:x}.{serial}.{}.{}", self.run, event.scope, event.data);
        let digest = Sha256::digest(input.as_bytes());
        let hash: String = digest.iter().take(20).map(|byte| format!("{byte:02x}")).collect();
        let Identity { store_hash, store_id, .. } = &self.identity;
        let (scope, data) = (&event.scope, &event.data);
        let body = format!(
            "{{\"producer\":\"stores/{store_hash}\",\"hash\":\"{hash}\",\"created_at\":{created},\"store_id\":\"{store_id}\",\"scope\":{},\"data\":{data}}}",
            quote(scope)
        );
        Message { hash, body: body.into() }
    }

    /// What is to be sent now, and when there will be more.
    pub(super) fn take(&self, now: Instant) -> Taken {
        let mut taken = Taken::default();
        let mut state = self.lock();
        let State { hooks, lanes, numbers, generation, .. } = &mut *state;
        for (name, lane) in lanes.iter_mut() {
            while let Some(delivery) = lane.next(now) {
                let Some(hook) = hooks.get(&delivery.hook) else {
                    lane.done();
                    numbers.queued -= 1;
                    numbers.discarded += 1;
                    continue;
                };
                if lane.record.is_blocked(now) {
                    // What is due during a block counts as failed without being sent.
                    lane.done();
                    taken.exhausted.extend(numbers.again(lane, delivery, self.waits, now));
                    continue;
                }
                let (lane, generation, hook) = (name.clone(), *generation, hook.clone());
                taken.jobs.push(Job { delivery, lane, generation, hook });
            }
            taken.wakes = taken.wakes.into_iter().chain(lane.wakes()).min();
        }
        taken
    }

    /// Notes how a delivery went; the hook when it was its last attempt.
    pub(super) fn settle(&self, job: Job, well: bool, now: Instant) -> Option<i64> {
        let mut state = self.lock();
        if job.generation != state.generation {
            return None;
        }
        let State { lanes, numbers, .. } = &mut *state;
        let lane = lanes.get_mut(&job.lane)?;
        lane.done();
        lane.record.note(now, well, self.waits);
        if !well {
            numbers.failed += 1;
            return numbers.again(lane, job.delivery, self.waits, now);
        }
        numbers.queued -= 1;
        numbers.delivered += 1;
        numbers.acknowledged += 1;
        state.acknowledge(job.delivery.message);
        None
    }

    /// Returns when something was added, or a hook changed.
    pub(super) async fn stirred(&self) {
        self.wake.notified().await;
    }

    /// Puts faults in force.
    pub fn set_faults(&self, faults: Faults, seed: u64) {
        self.lock().fates.set(faults, seed);
    }

    /// Forgets hooks, what waits, the counters and the faults.
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
}

/// What is to be done now.
#[derive(Default)]
pub(super) struct Taken {
    pub jobs: Vec<Job>,
    /// Hooks whose delivery failed for good.
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
    ) -> Option<i64> {
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
    fn queue(&mut self, message: &Arc<Message>, hook: &Hook, now: Instant) {
        let fate = self.fates.next();
        if fate.drop {
            self.numbers.dropped += 1;
            return;
        }
        if self.numbers.queued >= MOST_WAITING {
            self.numbers.discarded += 1;
            return;
        }
        let delivery = || Delivery { message: message.clone(), hook: hook.id, failures: 0 };
        let lane = self.lanes.entry(hook.origin.clone()).or_default();
        let due = now + fate.delay;
        self.numbers.queued += 1;
        if fate.reorder {
            lane.add_swapped(due, delivery());
        } else {
            lane.add_before_held(due, delivery());
        }
        if fate.duplicate {
            self.numbers.queued += 1;
            self.numbers.duplicated += 1;
            lane.add(due, delivery());
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
