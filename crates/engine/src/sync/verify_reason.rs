//! Why a difference between mirror and store was not noticed before, from what is known of it. Pure.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Why the mirror did not have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It changed in the store while the two were compared: no difference.
    Meanwhile,
    /// It changed after the last poll, and no notification told of it.
    SinceLastPoll,
    /// No notification told of it, and the polls since did not show it.
    PollMissed,
    /// No notification told of it, and its stream cannot be polled for what was modified.
    NotificationMissing,
    /// A notification told of it, and the store still answered with what was before.
    AnsweredTooEarly,
    /// Its content changed and its time of modification did not.
    DateDidNotMove,
    /// It was deleted, and no notification told of it.
    DeletedUntold,
    /// The store tells of no change in this stream, and it cannot be polled for what was modified.
    NeverTold,
}

impl Reason {
    /// The reason's name, as reports and metrics have it.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Meanwhile => "meanwhile",
            Reason::SinceLastPoll => "since_last_poll",
            Reason::PollMissed => "poll_missed",
            Reason::NotificationMissing => "notification_missing",
            Reason::AnsweredTooEarly => "answered_too_early",
            Reason::DateDidNotMove => "date_did_not_move",
            Reason::DeletedUntold => "deleted_untold",
            Reason::NeverTold => "never_told",
        }
    }

    /// The reason in words.
    pub fn words(self) -> &'static str {
        match self {
            Reason::Meanwhile => "it changed while the two were compared",
            Reason::SinceLastPoll => "it changed after the last poll, and no notification told of it",
            Reason::PollMissed => "no notification told of it, and the polls since left it out",
            Reason::NotificationMissing => {
                "no notification told of it, and its stream cannot be polled for changes"
            }
            Reason::AnsweredTooEarly => {
                "a notification told of it, but the store still answered with what was before"
            }
            Reason::DateDidNotMove => "its content changed, and its time of modification did not",
            Reason::DeletedUntold => "it was deleted, and no notification told of it",
            Reason::NeverTold => {
                "the store sends no notification for it, and its stream cannot be polled for changes"
            }
        }
    }
}

/// What is known of a difference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// Whether the record is gone from the store.
    pub deleted: bool,
    /// Whether it was in the mirror and its content differs.
    pub updated: bool,
    /// When the store modified it, where it says so.
    pub modified_at: Option<Timestamp>,
    /// Whether that time is among what differs.
    pub date_moved: bool,
    /// The store's time when the comparison began.
    pub began_at: Option<Timestamp>,
    /// The store's time up to which polls had read the stream; none where it cannot be polled.
    pub polled_upto: Option<Timestamp>,
    /// Whether the stream has a modification time of its own.
    pub dated: bool,
    /// Whether events of the store concern it.
    pub has_events: bool,
    /// Whether an event about it came before the comparison began.
    pub told_before: bool,
    /// Whether one came since, or waits.
    pub told_meanwhile: bool,
}

/// Times of the store are whole seconds.
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// Tells why.
pub fn reason(evidence: &Evidence) -> Reason {
    if evidence.told_meanwhile {
        return Reason::Meanwhile;
    }
    if evidence.deleted {
        return match (evidence.told_before, evidence.has_events) {
            (true, _) => Reason::AnsweredTooEarly,
            (false, true) => Reason::DeletedUntold,
            (false, false) => Reason::NeverTold,
        };
    }
    let since = |time: Option<Timestamp>| match (evidence.modified_at, time) {
        (Some(modified), Some(time)) => modified.saturating_add(SECOND).unwrap_or(modified) >= time,
        _ => false,
    };
    if evidence.updated && evidence.dated && !evidence.date_moved {
        return Reason::DateDidNotMove;
    }
    if since(evidence.began_at) {
        return Reason::Meanwhile;
    }
    if evidence.told_before {
        return Reason::AnsweredTooEarly;
    }
    if evidence.polled_upto.is_some() {
        return if since(evidence.polled_upto) { Reason::SinceLastPoll } else { Reason::PollMissed };
    }
    if evidence.has_events { Reason::NotificationMissing } else { Reason::NeverTold }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Option<Timestamp> {
        Some(Timestamp::from_second(1_800_000_000 + second).unwrap())
    }

    /// Polled up to 100, compared from 200 on.
    fn updated(modified: i64) -> Evidence {
        Evidence {
            deleted: false,
            updated: true,
            modified_at: at(modified),
            date_moved: true,
            began_at: at(200),
            polled_upto: at(100),
            dated: true,
            has_events: true,
            told_before: false,
            told_meanwhile: false,
        }
    }

    #[test]
    fn what_changed_meanwhile_is_no_difference() {
        assert_eq!(reason(&updated(200)), Reason::Meanwhile);
        assert_eq!(reason(&Evidence { told_meanwhile: true, ..updated(5) }), Reason::Meanwhile);
        let gone = Evidence { deleted: true, updated: false, told_meanwhile: true, ..updated(5) };
        assert_eq!(reason(&gone), Reason::Meanwhile);
        // Children of what was edited meanwhile are known by its time.
        let line = Evidence { dated: false, date_moved: false, polled_upto: None, ..updated(201) };
        assert_eq!(reason(&line), Reason::Meanwhile);
    }

    #[test]
    fn each_way_to_miss_a_change_has_its_reason() {
        assert_eq!(reason(&updated(150)), Reason::SinceLastPoll);
        assert_eq!(reason(&updated(50)), Reason::PollMissed);
        assert_eq!(reason(&Evidence { told_before: true, ..updated(150) }), Reason::AnsweredTooEarly);
        assert_eq!(reason(&Evidence { date_moved: false, ..updated(250) }), Reason::DateDidNotMove);
        let gone = Evidence { deleted: true, updated: false, ..updated(150) };
        assert_eq!(reason(&gone), Reason::DeletedUntold);
        let undated = Evidence { dated: false, modified_at: None, polled_upto: None, ..updated(0) };
        assert_eq!(reason(&undated), Reason::NotificationMissing);
        assert_eq!(reason(&Evidence { has_events: false, ..undated }), Reason::NeverTold);
        assert_eq!(reason(&Evidence { has_events: false, deleted: true, ..undated }), Reason::NeverTold);
    }
}
