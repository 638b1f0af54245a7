//! The gate of a store, through which every request passes.
//!
//! It decides who goes when: by the quota's window ([`quota`]), by priority ([`priority`]), leaving a
//! share to others ([`pace`]), with no more under way than the store can take ([`concurrency`]), and than
//! an endpoint takes ([`endpoints`]). Those
//! decisions are pure; this file waits, wakes and gives permits back when a request is dropped half-way.

mod concurrency;
mod endpoints;
pub(crate) mod headers;
mod pace;
mod priority;
mod quota;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until};

use concurrency::Concurrency;
pub(crate) use endpoints::Endpoints;
pub use priority::Priority;
use priority::Queue;
use quota::{Verdict, Window};

pub(crate) use quota::Snapshot;

use crate::send::jitter::Jitter;

/// The longest the gate closes because the store said so.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// The store's quota as last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quota {
    /// Requests per window.
    pub limit: u32,
    /// Requests left in this window; what is on its way is taken off.
    pub left: u32,
    /// The window's length.
    pub window: Duration,
    /// Time until the window ends; zero when the next has not begun.
    pub reset_in: Duration,
}

/// Settings of a gate.
pub(crate) struct GateOptions {
    pub(crate) ceiling: NonZeroUsize,
    pub(crate) reserve: f64,
    /// How long it closes on the first sign of overload, and at most.
    pub(crate) first_pause: Duration,
    pub(crate) longest_pause: Duration,
    pub(crate) jitter: Jitter,
}

/// The gate; clones are the same gate.
#[derive(Clone)]
pub(crate) struct Gate {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// When somebody should look again; `None` when an answer or a finished request will tell.
    wake: watch::Sender<Option<Instant>>,
    first_pause: Duration,
    longest_pause: Duration,
    jitter: Jitter,
}

struct State {
    window: Window,
    concurrency: Concurrency,
    queue: Queue<oneshot::Sender<()>>,
    /// Nobody passes before this.
    closed_until: Option<Instant>,
    /// Signs of overload since the last success.
    overloads: u32,
}

/// What the head of an answer tells the gate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) ok: bool,
    pub(crate) refused: bool,
    pub(crate) overload: bool,
    pub(crate) snapshot: Option<Snapshot>,
    pub(crate) retry_after: Option<Duration>,
}

impl Gate {
    pub(crate) fn new(options: GateOptions) -> Self {
        let state = State {
            window: Window::new(options.reserve),
            concurrency: Concurrency::new(options.ceiling),
            queue: Queue::new(),
            closed_until: None,
            overloads: 0,
        };
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                wake: watch::Sender::new(None),
                first_pause: options.first_pause,
                longest_pause: options.longest_pause,
                jitter: options.jitter,
            }),
        }
    }

    /// Waits for its turn. Dropping the future gives the place up.
    pub(crate) async fn acquire(&self, priority: Priority) -> Permit {
        let (grant, granted) = oneshot::channel();
        let mut wake = self.shared.wake.subscribe();
        let mut place = {
            let mut state = self.shared.lock();
            let ticket = state.queue.join(priority, grant);
            self.shared.dispatch(&mut state);
            Place { shared: Some(Arc::clone(&self.shared)), priority, ticket, granted }
        };
        loop {
            let at = *wake.borrow_and_update();
            tokio::select! {
                biased;
                _ = &mut place.granted => return place.take(),
                changed = wake.changed() => debug_assert!(changed.is_ok(), "the sender lives as long as the gate"),
                () = sleep_until(at.unwrap_or_else(Instant::now)), if at.is_some() => {
                    self.shared.dispatch(&mut self.shared.lock());
                }
            }
        }
    }

    pub(crate) fn waiting(&self) -> [usize; Priority::ALL.len()] {
        self.shared.lock().queue.waiting()
    }

    pub(crate) fn quota(&self) -> Option<Quota> {
        let view = self.shared.lock().window.view(Instant::now());
        view.map(|(limit, left, window, reset_in)| Quota { limit, left, window, reset_in })
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held; were it so, the numbers would still be usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets through whoever may go now and tells the others when to look again.
    fn dispatch(&self, state: &mut State) {
        let now = Instant::now();
        let next = loop {
            let Some(priority) = state.queue.first() else { break None };
            if let Some(until) = state.closed_until {
                if now < until {
                    break Some(until);
                }
                state.closed_until = None;
            }
            if !state.concurrency.has_room() {
                break None;
            }
            match state.window.admit(priority, now) {
                Verdict::Go => {}
                // At least a tick of the timer ahead, so that nobody spins.
                Verdict::Wait(until) => break Some(until.max(now + Duration::from_millis(1))),
                Verdict::WaitForAnswer => break None,
            }
            if let Some(grant) = state.queue.serve() {
                state.window.sent();
                state.concurrency.start();
                // The place holds the receiver until it has left the queue or was served.
                let _ = grant.send(());
            }
        };
        self.wake.send_if_modified(|at| std::mem::replace(at, next) != next);
    }
}

/// A place in the queue, or a grant not yet taken.
struct Place {
    shared: Option<Arc<Shared>>,
    priority: Priority,
    ticket: u64,
    granted: oneshot::Receiver<()>,
}

impl Place {
    fn take(&mut self) -> Permit {
        Permit { shared: self.shared.take(), sent: Instant::now(), answered: false }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(shared) = self.shared.take() else { return };
        let mut state = shared.lock();
        if !state.queue.leave(self.priority, self.ticket) {
            state.window.not_sent();
            state.concurrency.finish();
        }
        shared.dispatch(&mut state);
    }
}

/// The right to send one request. Dropped without a word, the request counts as lost on its way.
pub(crate) struct Permit {
    /// `None` once given back.
    shared: Option<Arc<Shared>>,
    sent: Instant,
    answered: bool,
}

impl Permit {
    /// The head of the answer is here; the body may take longer.
    pub(crate) fn answered(&mut self, head: Head) {
        let Some(shared) = &self.shared else { return };
        let now = Instant::now();
        let mut state = shared.lock();
        let mut snapshot = head.snapshot;
        if head.refused
            && let Some(told) = &mut snapshot
        {
            // A refusal may still tell of units left: they are not to be had.
            told.left = 0;
        }
        state.window.answered(snapshot, head.ok, self.sent, now);
        self.answered = true;
        let mut pause = Duration::ZERO;
        if head.refused {
            let reset = snapshot.map_or(Duration::ZERO, |told| told.reset);
            pause = reset.max(head.retry_after.unwrap_or_default()).min(LONGEST_PAUSE);
        }
        if head.overload || (head.refused && snapshot.is_none()) {
            state.concurrency.overload(self.sent, now);
        }
        if head.refused && snapshot.is_none() {
            let full =
                shared.first_pause.saturating_mul(1 << state.overloads.min(16)).min(shared.longest_pause);
            pause = pause.max(full.mul_f64(0.5 + 0.5 * shared.jitter.share()));
            state.overloads = state.overloads.saturating_add(1);
        }
        if head.ok {
            state.overloads = 0;
            state.concurrency.succeed();
        }
        if !pause.is_zero() {
            state.closed_until = state.closed_until.max(Some(now + pause));
        }
        shared.dispatch(&mut state);
    }

    /// The request never left.
    pub(crate) fn not_sent(mut self) {
        if let Some(shared) = self.shared.take() {
            let mut state = shared.lock();
            state.window.not_sent();
            state.concurrency.finish();
            shared.dispatch(&mut state);
        }
    }

    /// No answer came in time: the store may have too much to do.
    pub(crate) fn timed_out(self) {
        if let Some(shared) = &self.shared {
            shared.lock().concurrency.overload(self.sent, Instant::now());
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(shared) = self.shared.take() else { return };
        let mut state = shared.lock();
        if !self.answered {
            state.window.lost();
        }
        state.concurrency.finish();
        shared.dispatch(&mut state);
    }
}

#[cfg(test)]
mod tests;
