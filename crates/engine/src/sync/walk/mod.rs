//! Walks: the ways from the beginning of a list to its end, each of which can go on where it was left.

mod cursor;
mod id;
mod one;
mod page;
mod parent;

pub(super) use parent::ask_all as ask_parents;

use super::read::Reading;
use super::{Error, plan};
use crate::model::stream::Walk;
use crate::storage::{Committed, Pass, START, Segment};

/// Walks what is left of `pass`.
pub(super) async fn walk(reading: &Reading, pass: &Pass) -> Result<Committed, Error> {
    match plan::walk(reading.stream, pass) {
        Some(Walk::Id { .. }) => id::walk(reading, &pass.segments).await,
        Some(Walk::Cursor {}) => cursor::walk(reading, &pass.segments).await,
        Some(Walk::Page {}) => page::walk(reading, &pass.segments).await,
        Some(Walk::One {} | Walk::All {}) => one::walk(reading).await,
        Some(Walk::Parent { pages, .. }) => parent::walk(reading, *pages, pass).await,
        // Only streams with a walk are planned.
        None => Ok(Committed::default()),
    }
}

/// Walks the list of `pass` once more from its beginning, as a part of the same pass: what this names was not gone.
pub(super) async fn again(reading: &Reading, pass: &Pass) -> Result<Committed, Error> {
    let (stream, way) = (reading.stream, pass.way);
    let segments = vec![Segment { number: 1, position: START.to_owned(), upto: None, done: false }];
    let begun = segments.clone();
    reading.writer.run(move |mirror| mirror.save_segments(stream, way, &begun)).await?;
    walk(reading, &Pass { segments, ..pass.clone() }).await
}
