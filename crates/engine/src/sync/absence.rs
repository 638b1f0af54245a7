//! What a complete list did not name is gone, once the store was asked again: a list by page numbers can skip a record
//! while others are deleted, and any list may be shorter than the store. Records are asked for by id where the store can
//! be asked so; elsewhere the list is read again, and what two lists in a row lack is gone.

use std::sync::Arc;

use super::fetch;
use super::plan_fetch::{self, Question};
use super::read::Reading;
use super::turn::Turn;
use super::walk;
use super::{Error, plan};
use crate::model::key::Key;
use crate::model::stream::selection::Shape;
use crate::model::stream::{Stream, Walk};
use crate::storage::{Absent, Committed, Pass};

/// Records asked for, or deleted, at once.
const AT_ONCE: u32 = 250;

/// How often a list is read, at most, until two readings in a row agree on what is gone.
pub(super) const LISTS: u32 = 4;

/// How the store can be asked for records that a list did not name.
enum Ask {
    /// Many at a time.
    Together,
    /// Each by its own path.
    Singly,
    /// Not at all.
    No,
}

/// Deletes what `pass` did not name and the store does not have.
pub(super) async fn settle(reading: &Reading, pass: &Pass) -> Result<Committed, Error> {
    let (stream, way) = (reading.stream, pass.way);
    let mut done = Committed::default();
    let mut before = None;
    for number in 1..=LISTS {
        let known = reading.writer.run(move |mirror| {
            Ok((mirror.count_absent(stream)?, mirror.count(stream)?, mirror.pass(stream, way)?))
        });
        let (absent, records, reached) = known.await?;
        let pages = records.div_ceil(u64::from(reading.limit()));
        match way_to_ask(stream, pass) {
            _ if absent == 0 => return Ok(done),
            Ask::Together => return Ok(done + ask(reading, pass).await?),
            // More requests than the list has pages are paid only for few.
            Ask::Singly if absent <= pages.max(u64::from(AT_ONCE)) => {
                return Ok(done + ask(reading, pass).await?);
            }
            Ask::Singly | Ask::No => {}
        }
        let can_shift = reached.is_none_or(|pass| plan::can_shift(stream, &pass));
        if !can_shift || before == Some(absent) {
            return Ok(done + delete(reading).await?);
        }
        if number < LISTS {
            before = Some(absent);
            done += walk::again(reading, pass).await?;
        }
    }
    Err(Error::Shifting { stream: stream.name.clone() })
}

/// Asks for every absent record, and deletes what the store does not have.
async fn ask(reading: &Reading, pass: &Pass) -> Result<Committed, Error> {
    let stream = reading.stream;
    let mut done = Committed::default();
    loop {
        let turn = Turn::take();
        let absent = reading.writer.run(move |mirror| mirror.absent(stream, AT_ONCE)).await?;
        if absent.is_empty() {
            return Ok(done);
        }
        let questions = questions(stream, pass, &absent);
        let keys = absent.into_iter().map(|absent| absent.key).collect();
        let missing = fetch::missing(reading, questions, keys).await?;
        done += missing.committed + reading.delete(missing.keys, &turn).await?;
    }
}

/// Deletes every absent record.
async fn delete(reading: &Reading) -> Result<Committed, Error> {
    let stream = reading.stream;
    let mut done = Committed::default();
    loop {
        let turn = Turn::take();
        let absent = reading.writer.run(move |mirror| mirror.absent(stream, AT_ONCE)).await?;
        if absent.is_empty() {
            return Ok(done);
        }
        let keys = absent.into_iter().map(|absent| absent.key).collect();
        done += reading.delete(keys, &turn).await?;
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
        let keys = orphans.into_iter().map(|orphan| orphan.key).collect();
        let missing = fetch::missing(&reading, plan_fetch::plan(child, &ids), keys).await?;
        done += missing.committed;
        // What the store says it has without a parent is left as it is, and asked for once.
        if missing.keys.is_empty() {
            return Ok(done);
        }
        done += reading.delete(missing.keys, &turn).await?;
    }
}

fn way_to_ask(stream: &Stream, pass: &Pass) -> Ask {
    let by_ids = matches!(stream.walk, Some(Walk::Id { .. }));
    if stream.lookup.is_some() || by_ids && plan::keeps_to_ids(pass) {
        Ask::Together
    } else if stream.single || by_ids {
        Ask::Singly
    } else {
        Ask::No
    }
}

/// What to ask so that every absent record would be named.
fn questions(stream: &Stream, pass: &Pass, absent: &[Absent]) -> Vec<Question> {
    let own_id = |key: &Key| key.id().filter(|_| stream.lookup.is_none());
    let ids: Vec<i64> =
        absent.iter().filter_map(|absent| absent.lookup.or_else(|| own_id(&absent.key))).collect();
    match way_to_ask(stream, pass) {
        Ask::Together => plan_fetch::plan(stream, &ids),
        Ask::Singly => ids.into_iter().map(Question::Single).collect(),
        Ask::No => Vec::new(),
    }
}
