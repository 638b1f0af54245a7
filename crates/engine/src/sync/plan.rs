//! Which way a stream is read, from what is known of it. Pure.

use jiff::{SignedDuration, Timestamp};

use crate::model::change::NoticedBy;
use crate::model::stream::{DateForm, Stream, Walk};
use crate::storage::{Pass, START, Segment, StreamState};

/// What is known of a stream when a sync comes to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// What earlier passes left.
    pub state: StreamState,
    /// The passes that were interrupted: over everything, and over what was modified.
    pub unfinished: Vec<Pass>,
    /// Whether the mirror holds any of its records.
    pub has_records: bool,
    /// Whether everything is to be compared, absences too.
    pub full: bool,
    /// Whether the list must be read whole for what comes along with it: that has no modification time of its own, or
    /// was never read.
    pub whole: bool,
    /// Whether that is to prove that the mirror equals the store, so that it begins at the beginning.
    pub verify: bool,
}

/// A pass to begin, or to go on with.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The pass.
    pub pass: Pass,
    /// Whether it goes on where an earlier process stopped.
    pub resumed: bool,
}

/// Decides the next pass over `stream`.
pub fn plan(stream: &Stream, known: &Known) -> Plan {
    let way = if known.state.backfilled_at.is_none() {
        NoticedBy::Backfill
    } else if known.verify {
        NoticedBy::Verify
    } else if !known.full && stream.is_per_parent() {
        // Only parents that changed are asked.
        NoticedBy::Incremental
    } else if !known.full && !known.whole && stream.incremental.is_some() && known.state.cursor.is_some() {
        NoticedBy::Incremental
    } else {
        NoticedBy::Sweep
    };
    // An interrupted pass goes on where it was left, so that one that is interrupted every time comes to its end
    // all the same. What changed behind its position since is the next pass's: the cursor is set to the time at
    // which this one began.
    let goes_on = |pass: &&Pass| pass.way == way && way != NoticedBy::Verify && has_begun(pass);
    if let Some(pass) = known.unfinished.iter().find(goes_on) {
        return Plan { pass: pass.clone(), resumed: true };
    }
    // What belongs to a parent is compared with each parent's answer.
    let listing = way != NoticedBy::Incremental && known.has_records && !stream.is_per_parent();
    let whole = Segment { number: 0, position: START.to_owned(), upto: None, done: false };
    Plan { pass: Pass { way, listing, began_at: None, note: None, segments: vec![whole] }, resumed: false }
}

/// Whether the list of `pass`, which was read to its end, may have skipped a record because others were deleted
/// meanwhile: it is read by page numbers.
pub fn can_shift(stream: &Stream, pass: &Pass) -> bool {
    match walk(stream, pass) {
        Some(Walk::Page {}) => true,
        // Without cursors the client goes on by page numbers, and the position stays where it was.
        Some(Walk::Cursor {}) => pass.segments.iter().all(|segment| segment.position == START),
        _ => false,
    }
}

fn has_begun(pass: &Pass) -> bool {
    pass.segments.iter().any(|segment| segment.done || segment.position != START)
}

/// Whether the rest of a list is worth walking in parts side by side: each part may cost a request more.
const PARALLEL_PAGES: i64 = 8;

/// Divides the ids above `position` up to `highest` into at most `parts` segments; none when it does not pay.
///
/// The last has no end, so that records that are created meanwhile are read too.
pub fn split(position: i64, highest: i64, limit: u32, parts: u32) -> Vec<Segment> {
    let span = highest.saturating_sub(position);
    if span < PARALLEL_PAGES * i64::from(limit) || parts < 2 {
        return Vec::new();
    }
    let bound = |part: u32| position + span / i64::from(parts) * i64::from(part);
    (0..parts)
        .map(|part| Segment {
            number: part,
            position: bound(part).to_string(),
            upto: (part + 1 < parts).then(|| bound(part + 1)),
            done: false,
        })
        .collect()
}

/// The ids that lie behind the positions at which a walk by ids goes on, as segments of at most `parts` each: what was
/// read before it was stopped. None when nothing was.
pub fn behind(segments: &[Segment], limit: u32, parts: u32) -> Vec<Segment> {
    let number = |position: &str| position.parse().unwrap_or(0);
    let mut left: Vec<(i64, Option<i64>)> = segments
        .iter()
        .filter(|segment| !segment.done)
        .map(|segment| (number(&segment.position), segment.upto))
        .collect();
    left.sort_unstable();
    let mut ranges = Vec::new();
    let mut from = Some(0);
    for (position, upto) in left {
        if let Some(from) = from.filter(|from| position > *from) {
            ranges.push((from, Some(position)));
        }
        from = upto;
    }
    ranges.extend(from.map(|from| (from, None)));
    let mut behind = Vec::new();
    for (from, upto) in ranges {
        let mut parts = upto.map(|upto| split(from, upto, limit, parts)).unwrap_or_default();
        match parts.last_mut() {
            Some(last) => last.upto = upto,
            None => parts.push(Segment { number: 0, position: from.to_string(), upto, done: false }),
        }
        behind.append(&mut parts);
    }
    for (number, segment) in (0..).zip(&mut behind) {
        segment.number = number;
    }
    behind
}

/// The query parameter of an incremental pass: what was modified since `cursor`, less the overlap.
pub fn modified_since(
    stream: &Stream,
    cursor: Timestamp,
    overlap: SignedDuration,
) -> Option<(String, String)> {
    let incremental = stream.incremental.as_ref()?;
    let since = cursor.saturating_sub(overlap).unwrap_or(cursor).to_zoned(jiff::tz::TimeZone::UTC);
    let form = match incremental.dates {
        DateForm::Rfc3339 => "%Y-%m-%dT%H:%M:%S+00:00",
        DateForm::Rfc2822 => "%a, %d %b %Y %H:%M:%S +0000",
    };
    Some((incremental.modified_since.clone(), since.strftime(form).to_string()))
}

/// The walk of a pass: the declared one, unless the store was found not to keep to it.
pub fn walk<'a>(stream: &'a Stream, pass: &Pass) -> Option<&'a Walk> {
    match &stream.walk {
        Some(Walk::Id { .. }) if !keeps_to_ids(pass) => Some(&Walk::Page {}),
        walk => walk.as_ref(),
    }
}

/// Whether the store was not found to ignore ranges of ids.
pub fn keeps_to_ids(pass: &Pass) -> bool {
    pass.note.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::stream::named;

    fn known() -> Known {
        Known {
            state: StreamState::default(),
            unfinished: Vec::new(),
            has_records: false,
            full: false,
            whole: false,
            verify: false,
        }
    }

    fn backfilled() -> Known {
        let at = Timestamp::from_second(1_700_000_000).unwrap();
        let state = StreamState {
            cursor: Some(at),
            backfilled_at: Some(at),
            synced_at: Some(at),
            swept_at: Some(at),
        };
        Known { state, has_records: true, ..known() }
    }

    #[test]
    fn first_everything_then_what_was_modified_or_the_list() {
        let (products, brands) = (named("products").unwrap(), named("brands").unwrap());
        assert_eq!(plan(products, &known()).pass.way, NoticedBy::Backfill);
        assert!(!plan(products, &known()).pass.listing);
        assert_eq!(plan(products, &backfilled()).pass.way, NoticedBy::Incremental);
        let sweep = plan(brands, &backfilled()).pass;
        assert_eq!((sweep.way, sweep.listing), (NoticedBy::Sweep, true));
        let full = plan(products, &Known { full: true, ..backfilled() }).pass;
        assert_eq!((full.way, full.listing), (NoticedBy::Sweep, true));
        let whole = plan(products, &Known { whole: true, ..backfilled() }).pass;
        assert_eq!((whole.way, whole.listing), (NoticedBy::Sweep, true));
        let coupons = plan(named("order_coupons").unwrap(), &backfilled()).pass;
        assert_eq!((coupons.way, coupons.listing), (NoticedBy::Incremental, false));
    }

    #[test]
    fn an_interrupted_pass_goes_on_unless_it_is_a_proof() {
        let products = named("products").unwrap();
        let behind = |mut pass: Pass| {
            pass.segments[0].position = "77".to_owned();
            pass
        };
        let backfill = behind(plan(products, &known()).pass);
        let goes_on = plan(products, &Known { unfinished: vec![backfill.clone()], full: true, ..known() });
        assert_eq!(goes_on, Plan { pass: backfill, resumed: true });
        let incremental = behind(plan(products, &backfilled()).pass);
        let sweep = behind(plan(products, &Known { full: true, ..backfilled() }).pass);
        for (full, left, goes_on) in [
            (false, &incremental, true),
            (true, &incremental, false),
            (false, &sweep, false),
            (true, &sweep, true),
        ] {
            let unfinished = vec![left.clone()];
            let planned = plan(products, &Known { full, unfinished, ..backfilled() });
            assert_eq!(planned.resumed, goes_on, "full: {full}, left: {left:?}");
            assert_eq!(planned.pass == *left, goes_on);
        }
        let begun = plan(products, &Known { verify: true, unfinished: vec![sweep], ..backfilled() });
        assert_eq!((begun.pass.way, begun.pass.listing, begun.resumed), (NoticedBy::Verify, true, false));
    }

    #[test]
    fn segments_cover_every_id_once() {
        let segments = split(1000, 101_000, 250, 4);
        assert_eq!(segments.len(), 4);
        assert_eq!(segments[0].position, "1000");
        for pair in segments.windows(2) {
            assert_eq!(pair[0].upto.map(|id| id.to_string()).as_deref(), Some(pair[1].position.as_str()));
        }
        assert_eq!(segments[3].upto, None);
        assert!(split(1000, 1900, 250, 4).is_empty());
    }

    #[test]
    fn what_was_read_before_lies_behind_what_is_left() {
        let segment =
            |position: &str, upto, done| Segment { number: 9, position: position.to_owned(), upto, done };
        let ranges = |segments: &[Segment]| -> Vec<(String, Option<i64>)> {
            behind(segments, 250, 1).into_iter().map(|segment| (segment.position, segment.upto)).collect()
        };
        assert_eq!(ranges(&[segment("0", None, false)]), []);
        assert_eq!(ranges(&[segment("700", None, false)]), [("0".to_owned(), Some(700))]);
        let parts =
            [segment("40", Some(100), false), segment("200", Some(200), true), segment("250", None, false)];
        assert_eq!(ranges(&parts), [("0".to_owned(), Some(40)), ("100".to_owned(), Some(250))]);
        let parts = [segment("40", Some(100), false), segment("900", None, true)];
        assert_eq!(ranges(&parts), [("0".to_owned(), Some(40)), ("100".to_owned(), None)]);
        let side_by_side = behind(&[segment("9000", None, false)], 250, 4);
        assert_eq!((side_by_side.len(), side_by_side[3].upto, side_by_side[0].number), (4, Some(9000), 0));
    }

    #[test]
    fn times_have_the_form_that_the_stream_asks_for() {
        let at = Timestamp::from_second(1_781_784_343).unwrap();
        let since =
            |stream: &str| modified_since(named(stream).unwrap(), at, SignedDuration::from_mins(5)).unwrap();
        assert_eq!(since("products"), ("date_modified:min".into(), "2026-06-18T12:00:43+00:00".into()));
        assert_eq!(since("orders"), ("min_date_modified".into(), "Thu, 18 Jun 2026 12:00:43 +0000".into()));
    }
}
