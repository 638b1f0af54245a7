//! The request quota: a fixed window per store that begins with its first request.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::options::Quota;

/// The quota's state, shared by all clients of the store.
#[derive(Debug)]
pub(crate) struct Window {
    quota: Quota,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    began: Option<Instant>,
    used: u64,
}

/// What the rate headers say after one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Requests of a window.
    pub quota: u64,
    /// Requests left in this one.
    pub left: u64,
    /// How long a window lasts.
    pub window: Duration,
    /// How long this one still does.
    pub reset: Duration,
    /// The request was one too many.
    pub refused: bool,
}

impl Window {
    pub fn new(quota: Quota) -> Self {
        Self { quota, state: Mutex::default() }
    }

    /// Counts a request at `now`; `cost` is false for requests that only look.
    pub fn count(&self, now: Instant, cost: bool) -> Seen {
        let mut state = self.state.lock().unwrap_or_else(|broken| broken.into_inner());
        let fresh = state.began.is_none_or(|began| now.duration_since(began) >= self.quota.window);
        if fresh {
            *state = State { began: cost.then_some(now), used: 0 };
        }
        let refused = cost && state.used >= self.quota.requests;
        if cost && !refused {
            state.used += 1;
        }
        let passed = state.began.map_or(Duration::ZERO, |began| now.duration_since(began));
        Seen {
            quota: self.quota.requests,
            left: self.quota.requests - state.used,
            window: self.quota.window,
            reset: self.quota.window.saturating_sub(passed),
            refused,
        }
    }

    /// Begins anew.
    pub fn reset(&self) {
        *self.state.lock().unwrap_or_else(|broken| broken.into_inner()) = State::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_begins_with_its_first_request_and_refills_at_its_end() {
        let window = Window::new("2/30s".parse().unwrap());
        let start = Instant::now();
        let at = |seconds| window.count(start + Duration::from_secs(seconds), true);
        assert_eq!((at(0).left, at(29).left), (1, 0));
        let seen = at(29);
        assert!(seen.refused && seen.left == 0 && seen.reset == Duration::from_secs(1));
        let seen = at(40);
        assert!(!seen.refused && seen.left == 1 && seen.reset == Duration::from_secs(30));
        assert!(!at(69).refused);
        assert!(at(69).refused);
        assert!(!at(70).refused);
    }
}
