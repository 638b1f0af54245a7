//! The walk of streams that are asked for parent by parent: each parent that is due is asked for all that belongs to it,
//! several side by side. What was asked is noted with the answer, so that a pass that was stopped goes on with the rest.

use bigcommerce::Paging;
use futures::StreamExt;
use futures::stream;

use super::Reading;
use crate::model::change::NoticedBy;
use crate::model::stream::Pages;
use crate::storage::{Committed, OfParent, ParentDue, START, Segment};
use crate::sync::Error;
use crate::sync::read::{Answer, List};

/// Parents that are looked up at once.
const AT_ONCE: u32 = 500;

pub(super) async fn walk(reading: &Reading, pages: Pages, way: NoticedBy) -> Result<Committed, Error> {
    // Whoever compares asks every parent, whatever is known of it.
    let all = matches!(way, NoticedBy::Sweep | NoticedBy::Verify);
    let stream = reading.stream;
    let mut done = Committed::default();
    if !reading.query.is_empty() {
        // Records have times of their own: of every parent, what was modified.
        done += modified(reading, pages).await?;
    }
    let reading = &Reading { query: Vec::new(), ..reading.clone() };
    let total = reading.writer.run(move |mirror| mirror.count_parents_due(stream, all)).await?;
    reading.observer.parents(stream, total);
    let mut after = -1;
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
                done += reading.commit(&page, records, started(&reading)).settle().await?;
            }
        }
    }
}

/// A pass over parents has no position but what is noted of each of them; its first answer tells the store's time.
fn started(reading: &Reading) -> Option<Segment> {
    let is_pass = !matches!(reading.way, NoticedBy::Webhook | NoticedBy::Apply);
    is_pass.then(|| Segment { number: 0, position: START.to_owned(), upto: None, done: false })
}

/// Asks each of `parents` for what belongs to it.
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
    let mut answers = stream::iter(asked).buffer_unordered(parallel);
    let mut done = Committed::default();
    while let Some(committed) = answers.next().await {
        done += committed?;
    }
    Ok(done)
}

/// Asks one parent, page by page.
pub(in crate::sync) async fn ask(
    reading: &Reading,
    pages: Pages,
    parent: ParentDue,
) -> Result<Committed, Error> {
    let mut done = Committed::default();
    let mut source = Source::of(reading, pages);
    let mut page = match source.next(reading).await {
        Ok(Some(page)) => page,
        Ok(None) => return Ok(done),
        // The parent itself is gone; that it is so is for its own stream to find.
        Err(Error::Store(error)) if error.is_not_found() => {
            reading.asked.parent(false);
            return Ok(done);
        }
        Err(error) => return Err(error),
    };
    let mut first = true;
    loop {
        let next = source.next(reading).await?;
        let records = reading.records(&page).await;
        let of = OfParent { parent, first, last: next.is_none() };
        done += reading.commit_of(&page, records, started(reading), Some(of)).settle().await?;
        first = false;
        match next {
            Some(next) => page = next,
            None => {
                reading.asked.parent(true);
                return Ok(done);
            }
        }
    }
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
