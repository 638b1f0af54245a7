//! What a complete list did not name is gone, once the store has been asked for it by id: a list by page numbers
//! can skip a record while others are deleted, and any list may be shorter than the store.

use std::collections::HashSet;

use super::fetch;
use super::plan_fetch::{self, Question};
use super::read::Reading;
use super::turn::Turn;
use super::{Error, plan};
use crate::model::key::Key;
use crate::model::stream::Walk;
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
