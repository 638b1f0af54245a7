//! The arithmetic of the store's quota window. Pure: it is told what was sent and answered, and when.
//!
//! The store counts requests in a window of fixed length that begins with its first request; every answer
//! tells how many are left and in how long the window ends. Three things blur that picture: answers
//! arrive late and out of order, the end is known only to within the time an answer took, and requests
//! may be lost. So the end is kept as an interval (`lo` to `hi`) that surely holds it; what is left is
//! the smallest number told in one window; and whatever was sent and not yet answered, or lost, is taken
//! as still to be counted.

use std::time::Duration;

use tokio::time::Instant;

use super::{Priority, pace};

/// The store tells whole milliseconds, rounded in whatever direction.
const ROUNDING: Duration = Duration::from_millis(1);

/// Added to the latest possible end of a window: two clocks never run quite alike.
const MARGIN: Duration = Duration::from_millis(9);

/// The window's length when the store never told.
const USUAL_WINDOW: Duration = Duration::from_secs(30);

/// What one answer tells of the quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// Requests per window.
    pub(crate) quota: Option<u32>,
    /// Requests left in this window.
    pub(crate) left: u32,
    /// The window's length.
    pub(crate) window: Option<Duration>,
    /// Time until the window ends.
    pub(crate) reset: Duration,
}

/// Whether a request may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Send it.
    Go,
    /// Nothing to be had before this moment.
    Wait(Instant),
    /// An answer on its way must come first.
    WaitForAnswer,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    /// No answer yet: one request at a time.
    Unknown,
    /// The store answers without a quota.
    Unmetered,
    /// The last window is over, the next begins with the next request. `after` is what was known of the
    /// last one's end.
    Fresh { since: Instant, after: Option<(Instant, Instant)> },
    /// A window of which an answer told.
    Open { left: u32, lo: Instant, hi: Instant },
}

/// All that is known of the quota.
#[derive(Debug)]
pub(crate) struct Window {
    share: f64,
    quota: u32,
    length: Duration,
    phase: Phase,
    /// Sent, and neither answered nor lost.
    unanswered: u32,
    /// Lost in this window and in the one before: the store may have counted them, or may yet.
    lost: [u32; 2],
}

impl Window {
    /// `share` of the quota is never used.
    pub(crate) fn new(share: f64) -> Self {
        Self { share, quota: 0, length: USUAL_WINDOW, phase: Phase::Unknown, unanswered: 0, lost: [0, 0] }
    }

    /// Whether a request of this priority may go now.
    pub(crate) fn admit(&mut self, priority: Priority, now: Instant) -> Verdict {
        self.roll(now);
        let (left, end) = match self.phase {
            Phase::Unmetered => return Verdict::Go,
            Phase::Unknown if self.unanswered == 0 => return Verdict::Go,
            Phase::Unknown => return Verdict::WaitForAnswer,
            Phase::Fresh { since, .. } => (self.quota, since + self.length),
            Phase::Open { left, hi, .. } => (left, hi + MARGIN),
        };
        let spoken_for = self.unanswered.saturating_add(self.lost[0]).saturating_add(self.lost[1]);
        let usable = left.saturating_sub(pace::reserve(self.quota, self.share)).saturating_sub(spoken_for);
        let is_open = matches!(self.phase, Phase::Open { .. });
        let remaining = if is_open { end.saturating_duration_since(now) } else { self.length };
        if usable > pace::held(priority, self.quota, remaining, self.length) {
            return Verdict::Go;
        }
        if !is_open && self.unanswered > 0 {
            return Verdict::WaitForAnswer;
        }
        if is_open && usable > 0 {
            let melted = pace::melted(priority, self.quota, usable - 1, self.length);
            return Verdict::Wait(end.checked_sub(melted).unwrap_or(end).max(now));
        }
        Verdict::Wait(end)
    }

    /// A request goes out.
    pub(crate) fn sent(&mut self) {
        self.unanswered += 1;
    }

    /// A request turned out not to have left.
    pub(crate) fn not_sent(&mut self) {
        self.unanswered = self.unanswered.saturating_sub(1);
    }

    /// A request will bring no answer; whether the store counted it is unknown.
    pub(crate) fn lost(&mut self) {
        self.unanswered = self.unanswered.saturating_sub(1);
        self.lost[0] = self.lost[0].saturating_add(1);
    }

    /// An answer to a request sent at `sent` came in at `now`. `ok` is whether it was a success: only
    /// then does the absence of a quota mean that there is none.
    pub(crate) fn answered(&mut self, snapshot: Option<Snapshot>, ok: bool, sent: Instant, now: Instant) {
        self.roll(now);
        self.unanswered = self.unanswered.saturating_sub(1);
        let Some(told) = snapshot else {
            match self.phase {
                Phase::Unmetered => {}
                Phase::Unknown if ok => self.phase = Phase::Unmetered,
                // Something between may have answered, or the store itself: it may be counted.
                _ => self.lost[0] = self.lost[0].saturating_add(1),
            }
            return;
        };
        self.length = told.window.unwrap_or(self.length);
        // Without the header, the largest number ever left is the best guess.
        self.quota = told.quota.unwrap_or(self.quota.max(told.left)).max(1);
        let (lo, hi) = (sent + told.reset.saturating_sub(ROUNDING), now + told.reset + ROUNDING);
        let open = Phase::Open { left: told.left, lo, hi };
        let took = now.saturating_duration_since(sent);
        match self.phase {
            Phase::Unknown | Phase::Unmetered | Phase::Fresh { after: None, .. } => self.phase = open,
            Phase::Fresh { after: Some((old_lo, old_hi)), .. } => {
                let surely_old = lo <= old_hi && hi < old_lo + self.length;
                if !surely_old {
                    self.phase = open;
                }
            }
            Phase::Open { left, lo: old_lo, hi: old_hi } => {
                if lo > old_hi {
                    self.phase = open;
                    self.lost = [0, self.lost[0]];
                } else if hi >= old_lo {
                    // Two ends within less than a window of each other are the same end.
                    let same = took + ROUNDING * 2 + old_hi.saturating_duration_since(old_lo) < self.length;
                    let left = left.min(told.left);
                    self.phase = if same {
                        Phase::Open { left, lo: lo.max(old_lo), hi: hi.min(old_hi) }
                    } else {
                        Phase::Open { left, lo: lo.min(old_lo), hi: hi.max(old_hi) }
                    };
                }
            }
        }
    }

    /// Passes from a window that is over to the next.
    fn roll(&mut self, now: Instant) {
        match self.phase {
            Phase::Open { lo, hi, .. } if now >= hi + MARGIN => {
                self.phase = Phase::Fresh { since: now, after: Some((lo, hi)) };
                self.lost = [0, self.lost[0]];
            }
            Phase::Fresh { since, after } if now >= since + self.length && self.unanswered == 0 => {
                self.phase = Phase::Fresh { since: now, after };
                self.lost = [0, self.lost[0]];
            }
            _ => {}
        }
    }

    /// Quota, what is left, the window's length, and the time to its end; `None` where there is none.
    pub(crate) fn view(&self, now: Instant) -> Option<(u32, u32, Duration, Duration)> {
        match self.phase {
            Phase::Unknown | Phase::Unmetered => None,
            Phase::Open { left, hi, .. } if now < hi => {
                let left = left.saturating_sub(self.unanswered);
                Some((self.quota, left, self.length, hi.saturating_duration_since(now)))
            }
            Phase::Open { .. } | Phase::Fresh { .. } => {
                Some((self.quota, self.quota.saturating_sub(self.unanswered), self.length, Duration::ZERO))
            }
        }
    }
}

#[cfg(test)]
mod tests;
