//! The walk by page numbers, for lists that offer nothing better. Pages are asked for side by side and taken in
//! order. Concurrent edits can shift a record from one page to the next; what is missed so is looked for before it is
//! called gone.

use std::collections::VecDeque;

use tokio::task::JoinHandle;

use super::Reading;
use crate::storage::{Committed, Segment};
use crate::sync::read::{Answer, Pending};
use crate::sync::{Error, end};

pub(super) async fn walk(reading: &Reading, segments: &[Segment]) -> Result<Committed, Error> {
    let Some(segment) = segments.iter().find(|segment| !segment.done) else {
        return Ok(Committed::default());
    };
    let mut limit = reading.limit();
    // The position counts records; a page begins at a multiple of its size.
    let read: u64 = segment.position.parse().unwrap_or(0);
    let mut number = read / u64::from(limit) + 1;
    let mut last = None;
    let mut done = Committed::default();
    let mut pending = Pending::default();
    let mut ahead: VecDeque<Ahead> = VecDeque::new();
    let mut reached = segment.clone();
    let mut head: Option<String> = None;
    loop {
        let pages = match ahead.pop_front() {
            Some(mut asked) => (&mut asked.0).await??,
            None => block(reading, number, limit).await?,
        };
        let before = head.take();
        head = pages.first().and_then(|page| page.records().next()).map(str::to_owned);
        if limit != reading.limit() && head.is_some() && head == before {
            // The path knows no pages, and would be asked without end.
            done += pending.settle().await?;
            return finish(reading, reached).await.map(|()| done);
        }
        let known = pages.first().and_then(|page| page.pagination.clone());
        if last.is_none()
            && number == 1
            && let Some(total) = known.as_ref().and_then(|pagination| pagination.total)
        {
            reading.observer.total(reading.stream, total);
        }
        last = known.as_ref().and_then(|pagination| pagination.total_pages);
        let end = is_last(&pages, number, limit);
        let got: u64 = pages.iter().map(|page| page.len() as u64).sum();
        let begin = (number - 1) * u64::from(limit);
        let open = end && pages.last().is_some_and(|page| end::is_open(page, begin + got));
        let count = pages.len();
        for (place, page) in pages.into_iter().enumerate() {
            let records = reading.records(&page).await;
            let whole = place + 1 == count;
            // With smaller pages than are asked for at first, whoever goes on begins at the beginning.
            let position = match limit == reading.limit() {
                true if whole && !open => begin + u64::from(limit),
                true => begin,
                false => 0,
            };
            let over = end && whole && !open;
            reached = Segment { position: position.to_string(), done: over, ..segment.clone() };
            done += pending.settle().await?;
            pending = reading.commit(&page, records, Some(reached.clone()));
        }
        if end {
            done += pending.settle().await?;
            if !open {
                return Ok(done);
            }
            let read = begin + got;
            if !end::matters(reading, read, number == 1).await?
                || !end::goes_on(reading, reading.request(), read).await?
            {
                return finish(reading, reached).await.map(|()| done);
            }
            let most = if number == 1 { u32::try_from(got).unwrap_or(limit).min(limit) } else { limit };
            limit = end::page_behind(read, most);
            number = read / u64::from(limit) + 1;
            pending = Pending::default();
            continue;
        }
        number += 1;
        while let Some(last) = last
            && (ahead.len() as u64) < u64::from(reading.parallel)
            && number + (ahead.len() as u64) <= last
        {
            let next = number + ahead.len() as u64;
            let reading = reading.clone();
            ahead.push_back(Ahead(tokio::spawn(async move { block(&reading, next, limit).await })));
        }
    }
}

/// Notes that nothing follows behind what was reached.
async fn finish(reading: &Reading, reached: Segment) -> Result<(), Error> {
    let (stream, way) = (reading.stream, reading.way);
    let ended = [Segment { done: true, ..reached }];
    Ok(reading.writer.run(move |mirror| mirror.save_segments(stream, way, &ended)).await?)
}

/// A page asked for ahead of its turn; forgotten when the walk ends before it.
struct Ahead(JoinHandle<Result<Vec<Answer>, Error>>);

impl Drop for Ahead {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The records of page `number`: one page, or several smaller ones where a whole one would be too large.
async fn block(reading: &Reading, number: u64, limit: u32) -> Result<Vec<Answer>, Error> {
    let first = reading.page(&reading.request().query("page", number), limit).await?;
    let mut pages = vec![first];
    while let Some(page) = pages.last()
        && page.limit < limit
        && page.len() as u64 == u64::from(page.limit)
        && !covered(&pages, limit)
    {
        let next = u64::from(page.number.unwrap_or(1)) + 1;
        let smaller = page.limit;
        pages.push(reading.page(&reading.request().query("page", next), smaller).await?);
    }
    Ok(pages)
}

fn covered(pages: &[Answer], limit: u32) -> bool {
    pages.iter().map(|page| page.len() as u64).sum::<u64>() >= u64::from(limit)
}

/// Whether nothing can follow: the store says so, or the page is not full.
fn is_last(block: &[Answer], number: u64, limit: u32) -> bool {
    let got: u64 = block.iter().map(|page| page.len() as u64).sum();
    if got == 0 {
        return true;
    }
    match block.first().and_then(|page| page.pagination.as_ref()) {
        // A store may serve smaller pages than asked for: its own count of pages is what holds.
        Some(pagination) if block.len() == 1 && pagination.total_pages.is_some() => {
            pagination.total_pages.is_some_and(|pages| number >= pages)
        }
        _ => got < u64::from(limit),
    }
}
