//! What is to be done with a row, given what the store has now. Pure.

use super::Row;
use super::present::Present;
use crate::fields::{differing, shown};
use crate::journal::{Standing, State};

/// What is to be done with a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// Send it.
    Send,
    /// Nothing: this became of it.
    Settled(Standing),
}

/// Judges a row before it is sent. `doubtful` says that an earlier attempt may have written it.
pub(super) fn before_sending(row: &Row, present: &Present, doubtful: bool) -> Verdict {
    let settled = |standing| Verdict::Settled(standing);
    let Present::Found { id, fields } = present else {
        return match row.target {
            None => Verdict::Send,
            Some(_) => settled(refused("the store has it no longer".to_owned())),
        };
    };
    if differing(row.after, fields).is_empty() {
        let state = if doubtful { State::Applied } else { State::Already };
        return settled(Standing { record_id: *id, ..Standing::of(state) });
    }
    let Some(before) = row.before else {
        let reason = match id {
            Some(id) => format!("it was made since the plan, as {id}, and is not as planned"),
            None => "it was made since the plan, and is not as planned".to_owned(),
        };
        return settled(Standing { record_id: *id, ..refused(reason) });
    };
    let moved = differing(before, fields);
    if moved.is_empty() {
        return Verdict::Send;
    }
    let parts: Vec<String> = moved
        .iter()
        .map(|name| format!("{name} was {} and is {}", shown(before.get(*name)), shown(fields.get(*name))))
        .collect();
    settled(refused(format!("it changed since the plan: {}", parts.join(", "))))
}

/// Whether a row that was written stands in the store as planned, and its id.
pub(super) fn shows(row: &Row, present: &Present) -> Option<Standing> {
    match present {
        Present::Found { id, fields } if differing(row.after, fields).is_empty() => {
            Some(Standing { record_id: *id, ..Standing::of(State::Applied) })
        }
        _ => None,
    }
}

/// What became of a row that was written and has not shown in time.
pub(super) fn unseen(row: &Row, present: &Present, seconds: u64) -> Standing {
    let reason = match present {
        Present::Absent => format!("written but not yet visible after {seconds} s"),
        Present::Found { fields, .. } => {
            let parts: Vec<String> = differing(row.after, fields)
                .iter()
                .map(|name| format!("{name} is {}", shown(fields.get(*name))))
                .collect();
            format!("written but not yet visible after {seconds} s: {}", parts.join(", "))
        }
    };
    Standing::because(State::Failed, reason)
}

fn refused(reason: String) -> Standing {
    Standing::because(State::Refused, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::{Fields, quantity};
    use crate::plan::Target;

    const STOCK: Target = Target::Stock { product_id: 1, variant_id: Some(2), location_id: 1 };

    fn found(fields: Fields) -> Present {
        Present::Found { id: None, fields }
    }

    #[test]
    fn only_what_is_as_the_plan_saw_it_is_sent() {
        let (before, after) = (quantity(Some(3)), quantity(Some(5)));
        let row = Row { line: 2, key: "A", target: Some(&STOCK), before: Some(&before), after: &after };
        let judge = |present: Present, doubtful| before_sending(&row, &present, doubtful);
        assert_eq!(judge(found(quantity(Some(3))), false), Verdict::Send);
        assert_eq!(judge(found(quantity(Some(5))), false), Verdict::Settled(Standing::of(State::Already)));
        assert_eq!(judge(found(quantity(Some(5))), true), Verdict::Settled(Standing::of(State::Applied)));
        let reason = |verdict| match verdict {
            Verdict::Settled(Standing { state: State::Refused, reason, .. }) => reason.unwrap(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            reason(judge(found(quantity(Some(4))), true)),
            "it changed since the plan: quantity was 3 and is 4"
        );
        assert_eq!(
            reason(judge(found(quantity(None)), false)),
            "it changed since the plan: quantity was 3 and is nothing"
        );
        assert_eq!(reason(judge(Present::Absent, false)), "the store has it no longer");
    }

    #[test]
    fn a_create_is_sent_only_when_nobody_has_the_key() {
        let after = Fields::from_iter([("first_name".to_owned(), "Ann".into())]);
        let row = Row { line: 2, key: "a@b.c", target: None, before: None, after: &after };
        let there = |name: &str| Present::Found {
            id: Some(7),
            fields: Fields::from_iter([("first_name".to_owned(), name.into())]),
        };
        assert_eq!(before_sending(&row, &Present::Absent, true), Verdict::Send);
        let Verdict::Settled(same) = before_sending(&row, &there("Ann"), false) else { panic!() };
        assert_eq!((same.state, same.record_id), (State::Already, Some(7)));
        let Verdict::Settled(other) = before_sending(&row, &there("Eve"), true) else { panic!() };
        assert_eq!((other.state, other.record_id), (State::Refused, Some(7)));
    }

    #[test]
    fn an_answer_of_200_is_no_effect_yet() {
        let (before, after) = (quantity(Some(3)), quantity(Some(5)));
        let row = Row { line: 2, key: "A", target: Some(&STOCK), before: Some(&before), after: &after };
        assert_eq!(shows(&row, &found(quantity(Some(3)))), None);
        assert_eq!(shows(&row, &found(quantity(Some(5)))), Some(Standing::of(State::Applied)));
        let unseen = unseen(&row, &found(quantity(Some(3))), 60).reason.unwrap();
        assert_eq!(unseen, "written but not yet visible after 60 s: quantity is 3");
    }
}
