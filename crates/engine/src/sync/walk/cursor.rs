//! The walk by cursors: each page names the next one.

use super::Reading;
use crate::storage::{Committed, Segment};
use crate::sync::Error;
use crate::sync::plan::START;
use crate::sync::read::Pending;

pub(super) async fn walk(reading: &Reading, segments: &[Segment]) -> Result<Committed, Error> {
    let Some(segment) = segments.iter().find(|segment| !segment.done) else {
        return Ok(Committed::default());
    };
    let mut position = segment.position.clone();
    let mut done = Committed::default();
    let mut pending = Pending::default();
    loop {
        let mut request = reading.request();
        if position != START {
            request = request.query("after", &position);
        }
        let page = reading.page(&request, reading.stream.limit).await?;
        if position == START
            && let Some(total) = page.pagination.as_ref().and_then(|pagination| pagination.total)
        {
            reading.observer.total(reading.stream, total);
        }
        let next = page.cursor.as_ref().filter(|cursor| cursor.next.is_some() && !page.is_empty());
        let next = next.and_then(|cursor| cursor.end_cursor.clone()).filter(|cursor| *cursor != position);
        if next.is_none() && more_pages(&page) {
            // A store without cursors for this list: the same list by page numbers.
            done += pending.settle().await?;
            let rest = [Segment { position: START.to_owned(), ..segment.clone() }];
            done += super::page::walk(reading, &rest).await?;
            return Ok(done);
        }
        let (families, aside) = reading.records(&page);
        done += pending.settle().await?;
        position = next.clone().unwrap_or(position);
        let reached = Segment { number: 0, position: position.clone(), upto: None, done: next.is_none() };
        pending = reading.commit(&page, families, aside, Some(reached));
        if next.is_none() {
            done += pending.settle().await?;
            return Ok(done);
        }
    }
}

/// Whether a first page without a cursor says that there are more.
fn more_pages(page: &bigcommerce::Page) -> bool {
    page.cursor.is_none()
        && page
            .pagination
            .as_ref()
            .and_then(|pagination| pagination.total_pages)
            .is_some_and(|pages| pages > 1)
}
