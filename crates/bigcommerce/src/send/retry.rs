//! Whether and when to send a request again. Pure: values in, a decision out.

use std::time::Duration;

use super::classify::Outcome;

/// How often 429 is waited out for one request before it is given up. Each of these waits lasts until the
/// store said its quota is there again, so this many in a row mean that others use it all up.
pub(crate) const MOST_REFUSALS: u32 = 40;

/// The longest a `Retry-After` is believed.
pub(crate) const LONGEST_ASKED: Duration = Duration::from_secs(300);

/// How long a person waits for a store that cannot be reached.
pub(crate) const LONGEST_UNREACHED: Duration = Duration::from_secs(5);

/// How faults are repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Repetitions after the first attempt.
    pub(crate) retries: u32,
    /// The wait before the first repetition; it doubles from there.
    pub(crate) first: Duration,
    /// The longest wait.
    pub(crate) longest: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self { retries: 7, first: Duration::from_millis(250), longest: Duration::from_secs(30) }
    }
}

/// What was asked and what happened to it so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct History {
    /// Whether doing it twice is the same as doing it once.
    pub(crate) idempotent: bool,
    /// Whether it writes: writes wait longer than reads (the published rate limit page).
    pub(crate) write: bool,
    /// Faults so far, this one included.
    pub(crate) faults: u32,
    /// Refusals with 429 so far, this one included.
    pub(crate) refusals: u32,
    /// Whether somebody sits and waits for it, or the store has never answered.
    pub(crate) gives_up_soon: bool,
    /// Time since it was first asked for.
    pub(crate) elapsed: Duration,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Hand the outcome to the caller.
    Stop,
    /// Send again after this wait, through the gate.
    Again(Duration),
}

/// Decides. `jitter` is a share from 0 to 1 that spreads the waits of many clients.
pub(crate) fn decide(policy: Policy, history: History, outcome: Outcome, jitter: f64) -> Decision {
    let backoff = || wait(policy, history, jitter);
    match outcome {
        Outcome::Final => Decision::Stop,
        // The gate holds everything back for as long as the store said.
        Outcome::Refused if history.refusals >= MOST_REFUSALS => Decision::Stop,
        Outcome::Refused => Decision::Again(Duration::ZERO),
        Outcome::Fault { .. } | Outcome::NotSent if history.faults > policy.retries => Decision::Stop,
        // A wrong address does not get right by waiting: somebody who looks on is told soon.
        Outcome::NotSent if history.gives_up_soon && history.elapsed + backoff() > LONGEST_UNREACHED => {
            Decision::Stop
        }
        Outcome::NotSent => Decision::Again(backoff()),
        Outcome::Fault { .. } if !history.idempotent => Decision::Stop,
        Outcome::Fault { wait, .. } => {
            Decision::Again(backoff().max(wait.unwrap_or_default().min(LONGEST_ASKED)))
        }
    }
}

/// From half to all of a wait that doubles with every fault.
fn wait(policy: Policy, history: History, jitter: f64) -> Duration {
    let doublings = history.faults.saturating_sub(1).min(20) + u32::from(history.write);
    let full = policy.first.saturating_mul(1 << doublings).min(policy.longest);
    full.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy =
        Policy { retries: 3, first: Duration::from_millis(100), longest: Duration::from_millis(700) };
    const FAULT: Outcome = Outcome::Fault { wait: None, overload: false };

    fn history(faults: u32) -> History {
        History {
            idempotent: true,
            write: false,
            faults,
            refusals: 0,
            gives_up_soon: false,
            elapsed: Duration::ZERO,
        }
    }

    fn again(millis: u64) -> Decision {
        Decision::Again(Duration::from_millis(millis))
    }

    #[test]
    fn faults_are_repeated_with_growing_waits_until_the_budget_is_spent() {
        let decisions: Vec<_> = (1..=4).map(|faults| decide(POLICY, history(faults), FAULT, 1.0)).collect();
        assert_eq!(decisions, [again(100), again(200), again(400), Decision::Stop]);
        assert_eq!(decide(POLICY, history(1), FAULT, 0.0), again(50));
        let patient = Policy { retries: u32::MAX, ..POLICY };
        assert_eq!(decide(patient, history(4_000_000_000), FAULT, 1.0), again(700));
    }

    #[test]
    fn a_create_is_repeated_only_when_nothing_was_done() {
        let create = History { idempotent: false, write: true, ..history(1) };
        assert_eq!(decide(POLICY, create, FAULT, 1.0), Decision::Stop);
        assert_eq!(decide(POLICY, create, Outcome::NotSent, 1.0), again(200));
        let refused = History { refusals: 1, faults: 0, ..create };
        assert_eq!(decide(POLICY, refused, Outcome::Refused, 1.0), again(0));
    }

    #[test]
    fn a_person_is_told_soon_of_a_store_that_cannot_be_reached() {
        let tried = |seconds, gives_up_soon| {
            let elapsed = Duration::from_secs(seconds);
            decide(POLICY, History { gives_up_soon, elapsed, ..history(2) }, Outcome::NotSent, 1.0)
        };
        assert_eq!([tried(1, true), tried(5, true)], [again(200), Decision::Stop]);
        assert_eq!(tried(3600, false), again(200));
        let person = History { gives_up_soon: true, elapsed: Duration::from_secs(60), ..history(2) };
        assert_eq!(decide(POLICY, person, FAULT, 1.0), again(200));
    }

    #[test]
    fn what_the_store_asks_is_kept_within_bounds() {
        let asked = |seconds| Outcome::Fault { wait: Some(Duration::from_secs(seconds)), overload: true };
        assert_eq!(decide(POLICY, history(1), asked(2), 1.0), again(2000));
        assert_eq!(decide(POLICY, history(1), asked(1_000_000), 1.0), Decision::Again(LONGEST_ASKED));
        assert_eq!(decide(POLICY, history(1), asked(0), 1.0), again(100));
    }

    #[test]
    fn final_answers_and_endless_refusals_stop() {
        assert_eq!(decide(POLICY, history(1), Outcome::Final, 1.0), Decision::Stop);
        let refused = History { refusals: MOST_REFUSALS, ..history(0) };
        assert_eq!(decide(POLICY, refused, Outcome::Refused, 1.0), Decision::Stop);
    }
}
