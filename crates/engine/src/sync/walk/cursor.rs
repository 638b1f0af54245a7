//! The walk by cursors: each page names the next one.

use bigcommerce::Paging;

use super::Reading;
use crate::storage::{Committed, START, Segment};
use crate::sync::Error;

use crate::sync::read::Pending;

pub(super) async fn walk(reading: &Reading, segments: &[Segment]) -> Result<Committed, Error> {
    let Some(segment) = segments.iter().find(|segment| !segment.done) else {
        return Ok(Committed::default());
    };
    // Without cursors the client goes on by page numbers; the position then stays at the beginning.
    let mut position = segment.position.clone();
    let mut request = reading.request();
    if position != START {
        request = request.query("after", &position);
    }
    let mut list = reading.list(request, Paging::Cursor);
    let mut told = position != START;
    let mut done = Committed::default();
    let mut pending = Pending::default();
    while let Some(page) = reading.next(&mut list).await? {
        if !told && let Some(total) = page.pagination.as_ref().and_then(|pagination| pagination.total) {
            reading.observer.total(reading.stream, total);
        }
        told = true;
        let records = reading.records(&page).await;
        done += pending.settle().await?;
        if let Some(next) = page.cursor.as_ref().and_then(|cursor| cursor.end_cursor.clone()) {
            position = next;
        }
        let reached = Segment { number: segment.number, position: position.clone(), upto: None, done: false };
        pending = reading.commit(&page, records, Some(reached));
    }
    done += pending.settle().await?;
    Ok(done)
}
