//! What a complete list did not name is gone, once the store has been asked for it by id: a list by page numbers
//! can skip a record while others are deleted, and any list may be shorter than the store.

use std::collections::HashSet;
use std::sync::Arc;

use super::fetch;
use super::plan_fetch::{self, Question};
use super::read::Reading;
use super::turn::Turn;
use super::{Error, plan};
use crate::model::key::Key;
use crate::model::stream::selection::Shape;
use crate::model::stream::{Stream, Walk};
use crate::storage::{Absent, Committed, Pass};

/// Records asked for, or deleted, at once.
const AT_ONCE: u32 = 250;

/// Deletes what `pass` did not name and the store does not have.
pub(super) async fn settle(reading: &Reading, pass: &Pass) -> Result<Committed, Error> {
    let stream = reading.stream;
    let mut done = Committed::default();
    loop {
        let turn = Turn::take();
        let absent = reading.writer.run(move |mirror| mirror.absent(stream, AT_ONCE)).await?;
        if absent.is_empty() {
            return Ok(done);
        }
        let mut found = HashSet::new();
        for question in questions(reading, pass, &absent) {
            let answer = fetch::find(reading, &question).await?;
            done += answer.committed;
            found.extend(answer.keys);
        }
        let gone = absent.into_iter().map(|absent| absent.key).filter(|key| !found.contains(key)).collect();
        done += reading.delete(gone, &turn).await?;
    }
}

/// Deletes the records of `child` whose parents are gone, once the store does not have them either: what the parents
/// brought along tells nothing of those.
pub(super) async fn settle_orphans(reading: &Reading, child: &'static Stream) -> Result<Committed, Error> {
    let shape = Arc::new(Shape::of(child, &[]));
    let reading = Reading { stream: child, listing: false, shape, query: Vec::new(), ..reading.clone() };
    let mut done = Committed::default();
    loop {
        let turn = Turn::take();
        let orphans = reading.writer.run(move |mirror| mirror.orphans(child, AT_ONCE)).await?;
        let ids: Vec<i64> = orphans.iter().filter_map(|orphan| orphan.lookup.or(orphan.key.id())).collect();
        let mut found = HashSet::new();
        for question in plan_fetch::plan(child, &ids) {
            let answer = fetch::find(&reading, &question).await?;
            done += answer.committed;
            found.extend(answer.keys);
        }
        let gone: Vec<Key> =
            orphans.into_iter().map(|orphan| orphan.key).filter(|key| !found.contains(key)).collect();
        // What the store says it has without a parent is left as it is, and asked for once.
        if gone.is_empty() {
            return Ok(done);
        }
        done += reading.delete(gone, &turn).await?;
    }
}

/// What to ask so that every absent record would be named; what cannot be asked for is gone.
fn questions(reading: &Reading, pass: &Pass, absent: &[Absent]) -> Vec<Question> {
    let stream = reading.stream;
    let own_id = |key: &Key| key.id().filter(|_| stream.lookup.is_none());
    let ids: Vec<i64> =
        absent.iter().filter_map(|absent| absent.lookup.or_else(|| own_id(&absent.key))).collect();
    let by_id = stream.lookup.is_some() || matches!(stream.walk, Some(Walk::Id { .. }));
    if !by_id && !stream.single {
        return Vec::new();
    }
    if stream.lookup.is_none() && !plan::keeps_to_ids(pass) {
        return ids.into_iter().map(Question::Single).collect();
    }
    plan_fetch::plan(stream, &ids)
}
