//! Guards: what makes a plan look like a mistake, as warnings.

use jiff::{SignedDuration, Timestamp};

use super::{Draft, Update};
use crate::fields::{Fields, QUANTITY};

/// Fewer rows than this are looked through by eye.
const FEW: usize = 5;

/// How old a mirror is no cause for a remark.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// Remarks on a plan of stock made from `rows` rows.
pub fn stock(draft: &Draft, rows: usize) -> Vec<String> {
    let mut warnings: Vec<String> = refusals(draft, rows).into_iter().collect();
    let to_zero = draft.updates.iter().filter(|update| at(&update.after) == Some(0)).count();
    if rows >= FEW && to_zero * 2 > rows {
        warnings.push(format!("{to_zero} of {rows} rows set the stock to zero"));
    }
    let (before, after) = sums(&draft.updates);
    if draft.updates.len() >= FEW && before > 0 && after < before / 2 {
        warnings.push(format!("the changed rows together fall by more than half, from {before} to {after}"));
    }
    warnings
}

/// A remark when most rows are refused.
pub fn refusals(draft: &Draft, rows: usize) -> Option<String> {
    let refused = draft.refused.len();
    (rows >= FEW && refused * 2 > rows).then(|| format!("{refused} of {rows} rows are refused"))
}

/// A remark when the mirror was brought up to date long before `now`.
pub fn stale(synced_at: Option<Timestamp>, now: Timestamp) -> Option<String> {
    let synced_at = synced_at?;
    (now.duration_since(synced_at) > FRESH)
        .then(|| format!("the mirror was last brought up to date on {synced_at}; sync first"))
}

/// What the updates change in all: before and after.
pub fn sums(updates: &[Update]) -> (i64, i64) {
    let sum = |of: fn(&Update) -> &Fields| -> i64 {
        updates.iter().filter_map(|update| at(of(update))).fold(0, i64::saturating_add)
    };
    (sum(|update| &update.before), sum(|update| &update.after))
}

fn at(fields: &Fields) -> Option<i64> {
    fields.get(QUANTITY)?.as_i64()
}
