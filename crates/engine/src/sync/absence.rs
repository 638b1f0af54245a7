//! What a complete list did not name is gone, once the store has been asked for it by id: a list by page numbers
//! can skip a record while others are deleted.

use bigcommerce::Paging;

use super::Error;
use super::read::Reading;
use crate::model::key::Key;
use crate::model::stream::{Lookup, Walk};
use crate::storage::{Absent, Committed};

/// Records asked for, or deleted, at once.
const AT_ONCE: u32 = 250;

/// Deletes what the pass did not name; `certain` when its walk cannot skip a record.
pub(super) async fn settle(reading: &Reading, certain: bool) -> Result<Committed, Error> {
    let stream = reading.stream;
    let mut done = Committed::default();
    loop {
        let absent = reading.writer.run(move |mirror| mirror.absent(stream, AT_ONCE)).await?;
        if absent.is_empty() {
            return Ok(done);
        }
        if reading.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let found = match &stream.lookup {
            Some(lookup) if !certain => {
                let (committed, found) = ask(reading, lookup, &absent).await?;
                done += committed;
                found
            }
            _ => Vec::new(),
        };
        let gone = absent.into_iter().map(|absent| absent.key).filter(|key| !found.contains(key)).collect();
        done += reading.delete(gone).await?;
    }
}

/// Whether a walk sees every record that is there from its beginning to its end.
pub(super) fn is_certain(walk: Option<&Walk>) -> bool {
    matches!(walk, Some(Walk::Id { .. } | Walk::One {}))
}

/// Asks the store for the records that seem to be gone, and takes those that it has; answers their keys.
async fn ask(reading: &Reading, lookup: &Lookup, absent: &[Absent]) -> Result<(Committed, Vec<Key>), Error> {
    let mut ids: Vec<i64> = absent.iter().filter_map(|absent| absent.lookup).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut found = Vec::new();
    if ids.is_empty() {
        return Ok((Committed::default(), found));
    }
    let list = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    let request = reading.request().query(lookup.param.clone(), list);
    let done = reading
        .pages(request, Paging::Offset, |answer| {
            let (families, aside) = reading.records(&answer);
            found.extend(families.iter().map(|family| family.record.key.clone()));
            Ok(reading.commit(&answer, families, aside, None))
        })
        .await?;
    Ok((done, found))
}
