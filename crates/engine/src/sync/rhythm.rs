//! How often is looked, and which look is due. Pure.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How often is looked.
#[derive(Debug, Clone)]
pub struct Rhythm {
    /// Between two rounds of polling for what was modified, while the store's notifications are silent; up to eight
    /// times as long while they come and polls find nothing that they had not told of.
    pub poll: Duration,
    /// Between two complete lists of streams without modification times.
    pub relist: Duration,
    /// Between two comparisons of each stream with the store, spread over this time.
    pub sweep: Duration,
    /// How long the store may answer with what was before an event.
    pub lag: Duration,
    /// Between two looks at the store's hooks.
    pub hooks: Duration,
}

impl Default for Rhythm {
    fn default() -> Self {
        Rhythm {
            poll: Duration::from_secs(60),
            relist: Duration::from_secs(15 * 60),
            sweep: Duration::from_secs(24 * 3600),
            lag: Duration::from_secs(2),
            hooks: Duration::from_secs(10 * 60),
        }
    }
}

/// What a round of polling reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Round {
    /// Streams that can be asked for what was modified.
    Modified,
    /// These, and the complete lists of the others.
    Lists,
}

/// How polls and notifications of the time before compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Agreement {
    /// Notifications came, and the poll found nothing besides.
    Agree,
    /// No notifications came, and nothing was found.
    Silent,
    /// The poll found what no notification had told of.
    Missed,
}

/// When the last rounds were.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    modified: Option<Timestamp>,
    lists: Option<Timestamp>,
    failed: Option<Timestamp>,
    /// Rounds in a row, up to a bound, in which polls and notifications agreed.
    calm: u32,
}

/// After a round that failed, how long the next one waits.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(10);

/// The interval is doubled as often at most.
const CALMEST: u32 = 3;

impl Rounds {
    /// The round that is due, if any; one that somebody waits for reads all lists.
    pub fn next(&self, rhythm: &Rhythm, now: Timestamp, asked: bool) -> Option<Round> {
        if asked || !self.waits(now) && due(self.lists, rhythm.relist, now) {
            return Some(Round::Lists);
        }
        let is_poll_due =
            !self.waits(now) && due(self.modified, rhythm.poll.saturating_mul(1 << self.calm), now);
        is_poll_due.then_some(Round::Modified)
    }

    /// Whether the last round failed a moment ago.
    fn waits(&self, now: Timestamp) -> bool {
        self.failed.is_some_and(|failed| !passed(failed, AFTER_FAILURE, now))
    }

    /// A round failed.
    pub fn failed(&mut self, began: Timestamp) {
        self.failed = Some(began);
    }

    /// Whether the last round failed as a whole, so that the next one tries everything again.
    pub fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// A round is done.
    pub fn done(&mut self, round: Round, began: Timestamp, agreement: Agreement) {
        self.failed = None;
        self.modified = Some(began);
        if round == Round::Lists {
            self.lists = Some(began);
        }
        self.calm = match agreement {
            Agreement::Agree => (self.calm + 1).min(CALMEST),
            Agreement::Silent | Agreement::Missed => 0,
        };
    }

    /// Everything is due: notifications may have been lost.
    pub fn forget(&mut self) {
        *self = Rounds { failed: self.failed, ..Rounds::default() };
    }
}

/// Whether `every` has passed since `last`.
pub(super) fn due(last: Option<Timestamp>, every: Duration, now: Timestamp) -> bool {
    last.is_none_or(|last| passed(last, SignedDuration::try_from(every).unwrap_or(SignedDuration::MAX), now))
}

/// A clock that was set back counts as passed: nothing may wait for it.
fn passed(last: Timestamp, every: SignedDuration, now: Timestamp) -> bool {
    let since = now.duration_since(last);
    since >= every || since.is_negative()
}

/// The stream whose comparison with the store is due, of streams with our time when each was last compared: one after
/// the other, evenly over `every`, the longest ago first. None of those that were never read.
pub(super) fn sweep<S: Copy>(
    compared: &[(S, Option<Timestamp>)],
    every: Duration,
    now: Timestamp,
) -> Option<S> {
    let share = every / u32::try_from(compared.len().max(1)).unwrap_or(u32::MAX);
    let known = || compared.iter().filter_map(|(stream, at)| at.map(|at| (at, *stream)));
    let newest = known().map(|(at, _)| at).max()?;
    let (oldest, stream) = known().min_by_key(|(at, _)| *at)?;
    let turn = due(Some(newest), share, now) || due(Some(oldest), every.saturating_add(share), now);
    turn.then_some(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn rounds_come_in_their_rhythm_and_when_asked_for() {
        let rhythm = Rhythm::default();
        let mut rounds = Rounds::default();
        assert_eq!(rounds.next(&rhythm, at(0), false), Some(Round::Lists));
        rounds.done(Round::Lists, at(0), Agreement::Silent);
        assert_eq!(rounds.next(&rhythm, at(59), false), None);
        assert_eq!(rounds.next(&rhythm, at(59), true), Some(Round::Lists));
        assert_eq!(rounds.next(&rhythm, at(60), false), Some(Round::Modified));
        rounds.done(Round::Modified, at(60), Agreement::Silent);
        assert_eq!(rounds.next(&rhythm, at(900), false), Some(Round::Lists));
        rounds.failed(at(900));
        assert_eq!(rounds.next(&rhythm, at(909), false), None);
        assert_eq!(rounds.next(&rhythm, at(910), false), Some(Round::Lists));
        rounds.done(Round::Lists, at(910), Agreement::Silent);
        // The clock is set back by an hour.
        assert_eq!(rounds.next(&rhythm, at(-2_690), false), Some(Round::Lists));
    }

    #[test]
    fn polls_are_rare_while_notifications_come_and_agree() {
        let rhythm = Rhythm { relist: Duration::from_secs(86_400), ..Rhythm::default() };
        let mut rounds = Rounds::default();
        rounds.done(Round::Lists, at(0), Agreement::Agree);
        let mut now = 0;
        for interval in [120, 240, 480, 480] {
            assert_eq!(rounds.next(&rhythm, at(now + interval - 1), false), None);
            now += interval;
            assert_eq!(rounds.next(&rhythm, at(now), false), Some(Round::Modified));
            rounds.done(Round::Modified, at(now), Agreement::Agree);
        }
        for agreement in [Agreement::Missed, Agreement::Silent] {
            rounds.done(Round::Modified, at(now), Agreement::Agree);
            rounds.done(Round::Modified, at(now), agreement);
            assert_eq!(rounds.next(&rhythm, at(now + 60), false), Some(Round::Modified));
        }
        rounds.forget();
        assert_eq!(rounds.next(&rhythm, at(now), false), Some(Round::Lists));
    }

    #[test]
    fn comparisons_are_spread_over_their_time() {
        let every = Duration::from_secs(400);
        let mut compared = [("a", Some(at(0))), ("b", Some(at(0))), ("c", Some(at(0))), ("new", None)];
        assert_eq!(sweep(&compared, every, at(99)), None);
        let mut order = Vec::new();
        for second in (0..=800).step_by(10) {
            if let Some(stream) = sweep(&compared, every, at(second)) {
                order.push((stream, second));
                compared
                    .iter_mut()
                    .filter(|(name, _)| *name == stream)
                    .for_each(|one| one.1 = Some(at(second)));
            }
        }
        let expected =
            [("a", 100), ("b", 200), ("c", 300), ("a", 400), ("b", 500), ("c", 600), ("a", 700), ("b", 800)];
        assert_eq!(order, expected);
        // One that is compared often does not keep the others from their turn.
        let often = [("a", Some(at(500))), ("b", Some(at(0)))];
        assert_eq!(sweep(&often, Duration::from_secs(300), at(510)), Some("b"));
        assert_eq!(sweep(&[("new", None)], every, at(0)), None);
    }
}
