//! The walk of streams that are asked for parent by parent: each parent that is due is asked for all that belongs to it,
//! several side by side. What was asked is noted in rising order, so that a pass that was stopped goes on with the rest.

use bigcommerce::Paging;
use futures::StreamExt;
use futures::stream;
use jiff::Timestamp;

use super::Reading;
use crate::model::change::NoticedBy;
use crate::model::stream::Pages;
use crate::storage::{Committed, OfParent, ParentDue, Pass, START, Segment};
use crate::sync::absence::LISTS;
use crate::sync::read::{Answer, List, Pending};
use crate::sync::turn::Turn;
use crate::sync::{Error, end};

/// Parents that are looked up at once.
const AT_ONCE: u32 = 500;

pub(super) async fn walk(reading: &Reading, pages: Pages, pass: &Pass) -> Result<Committed, Error> {
    // Whoever compares asks every parent, whatever is known of it.
    let all = matches!(pass.way, NoticedBy::Sweep | NoticedBy::Verify);
    let stream = reading.stream;
    let mut done = Committed::default();
    if !reading.query.is_empty() {
        // Records have times of their own: of every parent, what was modified.
        done += modified(reading, pages).await?;
    }
    let reading = &Reading { query: Vec::new(), ..reading.clone() };
    let position = pass.segments.first().map(|segment| segment.position.as_str());
    let mut after =
        position.filter(|position| *position != START).and_then(|id| id.parse().ok()).unwrap_or(-1);
    let total = reading.writer.run(move |mirror| mirror.count_parents_due(stream, after, all)).await?;
    reading.observer.parents(stream, total);
    loop {
        let parents =
            reading.writer.run(move |mirror| mirror.parents_due(stream, after, AT_ONCE, all)).await?;
        let Some(last) = parents.last() else { return Ok(done) };
        after = last.id;
        done += ask_all(reading, pages, parents).await?;
    }
}

/// Asks every parent for what was modified since the cursor.
async fn modified(reading: &Reading, pages: Pages) -> Result<Committed, Error> {
    let stream = reading.stream;
    let mut done = Committed::default();
    let mut after = -1;
    loop {
        let parents =
            reading.writer.run(move |mirror| mirror.parents_due(stream, after, AT_ONCE, true)).await?;
        let Some(last) = parents.last() else { return Ok(done) };
        after = last.id;
        for parent in parents {
            let reading = Reading { of: Some(parent), ..reading.clone() };
            let mut source = Source::of(&reading, pages);
            loop {
                let page = match source.next(&reading).await {
                    Ok(Some(page)) => page,
                    Ok(None) => break,
                    Err(Error::Store(error)) if error.is_not_found() => break,
                    Err(error) => return Err(error),
                };
                let records = reading.records(&page).await;
                done += reading.commit(&page, records, Some(at(START.to_owned()))).settle().await?;
            }
        }
    }
}

/// Where a pass stands. A look for what was modified stays at its beginning: it is over soon, and asks only parents that
/// were not asked since they changed.
fn at(position: String) -> Segment {
    Segment { number: 0, position, upto: None, done: false }
}

/// Asks each of `parents`, which are in rising order, for what belongs to it.
pub(in crate::sync) async fn ask_all(
    reading: &Reading,
    pages: Pages,
    parents: Vec<ParentDue>,
) -> Result<Committed, Error> {
    let asked = parents.into_iter().map(|parent| {
        let reading = Reading { of: Some(parent), ..reading.clone() };
        async move { ask(&reading, pages, parent).await }
    });
    let parallel = usize::try_from(reading.parallel).unwrap_or(1).max(1);
    let mut answers = stream::iter(asked).buffered(parallel);
    let mut done = Committed::default();
    while let Some(told) = answers.next().await {
        done += settle(reading, told?).await?;
    }
    Ok(done)
}

/// What one parent was found to have.
struct Told {
    parent: ParentDue,
    /// Whether the store knows it.
    is_known: bool,
    /// When it was asked first, which nothing forgets until this is settled.
    turn: Turn,
    /// The store's time at the first answer.
    date: Option<Timestamp>,
    /// What became of the answers.
    committed: Committed,
}

/// Deletes what a parent was not found to have, and notes that it was asked.
async fn settle(reading: &Reading, told: Told) -> Result<Committed, Error> {
    let Told { parent, turn, committed, .. } = told;
    let position = match reading.way {
        NoticedBy::Incremental => START.to_owned(),
        _ => parent.id.to_string(),
    };
    let of = OfParent {
        stream: reading.stream,
        parent,
        is_known: told.is_known,
        noticed_by: reading.way,
        at: reading.clock.now(),
        store_at: told.date,
        began: turn.number(),
        segment: (!reading.way.is_live()).then(|| at(position)),
    };
    reading.asked.parent(told.is_known);
    let settled = reading.writer.run(move |mirror| mirror.settle_parent(&of)).await?;
    drop(turn);
    Ok(committed + settled)
}

/// Asks one parent for all that belongs to it, as often as it takes to know what does not.
async fn ask(reading: &Reading, pages: Pages, parent: ParentDue) -> Result<Told, Error> {
    let mut reading = reading.clone();
    let turn = Turn::take();
    let (stream, began) = (reading.stream, turn.number());
    let mut told = Told { parent, is_known: true, turn, date: None, committed: Committed::default() };
    let mut before = None;
    for number in 0..LISTS {
        let listed = match list(&reading, pages).await {
            Ok(listed) => listed,
            Err(Error::Store(error)) if error.is_not_found() => {
                told.is_known = false;
                return Ok(told);
            }
            Err(error) => return Err(error),
        };
        told.committed += listed.committed;
        if number == 0 {
            told.date = listed.date;
        }
        if listed.shows_all && !listed.is_open {
            return Ok(told);
        }
        let missing =
            reading.writer.run(move |mirror| mirror.count_unanswered(stream, parent.id, began)).await?;
        if missing == 0 {
            return Ok(told);
        }
        if listed.is_open && end::goes_on(&reading, reading.request(), listed.read).await? {
            // Its pages are smaller than asked for.
            reading = reading.smaller(listed.read);
            continue;
        }
        if listed.shows_all || before == Some(missing) {
            return Ok(told);
        }
        before = Some(missing);
    }
    Err(Error::Shifting { stream: stream.name.clone() })
}

/// The list of one parent, read.
struct Listed {
    /// Whether it is sure to show all that there is. A list of several pages that are told apart by numbers can skip a
    /// record while others are deleted.
    shows_all: bool,
    /// Whether nothing tells that its last page is the last one.
    is_open: bool,
    /// How many records it has.
    read: u64,
    /// The store's time at its first page.
    date: Option<Timestamp>,
    /// What became of it.
    committed: Committed,
}

async fn list(reading: &Reading, pages: Pages) -> Result<Listed, Error> {
    let mut source = Source::of(reading, pages);
    let (mut number, mut has_cursors, mut date) = (0, false, None);
    let (mut read, mut is_open) = (0, false);
    let mut committed = Committed::default();
    let mut pending = Pending::default();
    while let Some(page) = source.next(reading).await? {
        number += 1;
        has_cursors |= page.cursor.is_some();
        read += page.len() as u64;
        is_open = pages == Pages::Page && end::is_open(&page, read);
        if number == 1 {
            date = page.date;
        }
        let records = reading.records(&page).await;
        committed += pending.settle().await?;
        pending = reading.commit(&page, records, None);
    }
    committed += pending.settle().await?;
    let shows_all = match pages {
        Pages::Keyset | Pages::All => true,
        Pages::Cursor => has_cursors || number < 2,
        Pages::Page => number < 2,
    };
    Ok(Listed { shows_all, is_open, read, date, committed })
}

/// Where the pages of one parent come from.
enum Source {
    List(List),
    /// The last id so far; none at the end.
    Keyset(Option<i64>),
}

impl Source {
    fn of(reading: &Reading, pages: Pages) -> Source {
        let paging = match pages {
            Pages::Page if reading.stream.is_v2() => Paging::V2,
            Pages::Page => Paging::Offset,
            Pages::Cursor => Paging::Cursor,
            Pages::All => Paging::None,
            Pages::Keyset => return Source::Keyset(Some(0)),
        };
        Source::List(reading.list(reading.request(), paging))
    }

    async fn next(&mut self, reading: &Reading) -> Result<Option<Answer>, Error> {
        let after = match self {
            Source::List(list) => return reading.next(list).await,
            Source::Keyset(None) => return Ok(None),
            Source::Keyset(Some(after)) => *after,
        };
        let request = match after {
            0 => reading.request(),
            after => reading.request().query("after", after),
        };
        let page = reading.page(&request, reading.limit()).await?;
        let size = page.pagination.as_ref().and_then(|told| told.per_page).unwrap_or(u64::from(page.limit));
        let last = reading.highest_id(&page);
        // Ids that do not rise would be asked for without end.
        *self = Source::Keyset(last.filter(|last| *last > after && page.len() as u64 >= size));
        Ok(Some(page))
    }
}
