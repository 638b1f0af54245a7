//! The walk of a list that one answer holds: a single record, or all of them.

use super::Reading;
use crate::storage::{Committed, START, Segment};
use crate::sync::Error;

pub(super) async fn walk(reading: &Reading) -> Result<Committed, Error> {
    // Asked for as a whole: `limit` is no parameter of such a path, and harmless.
    let page = reading.page(&reading.request(), reading.limit()).await?;
    let records = reading.records(&page).await;
    let segment = Segment { number: 0, position: START.to_owned(), upto: None, done: true };
    reading.commit(&page, records, Some(segment)).settle().await
}
