//! How many records the store has of a stream, in one small request: a delete that nobody told of shows there at once.

use std::collections::HashMap;

use bigcommerce::{Client, Priority, Request};
use serde::Deserialize;

use super::Error;
use crate::model::stream::Stream;

/// The number of records in the store, where its API tells it.
pub(super) async fn total(client: &Client, stream: &Stream) -> Result<Option<u64>, Error> {
    #[derive(Deserialize)]
    struct Total {
        count: u64,
    }
    if let Some(path) = &stream.total {
        let request = Request::get(path).priority(Priority::Incremental);
        return Ok(Some(client.send(request).await?.json::<Total>()?.count));
    }
    // Where each parent has a list, there is none that would tell of all.
    let Some(path) = stream.path.as_ref().filter(|_| !stream.is_per_parent()) else { return Ok(None) };
    let page = client.page(&Request::get(path).priority(Priority::Incremental), 1).await?;
    Ok(page.pagination.and_then(|pagination| pagination.total))
}

/// By how much the numbers of store and mirror differ where a comparison found nothing: some stores count what their
/// lists leave out. The same difference is no cause for a further comparison, also when both numbers have moved since.
#[derive(Debug, Default)]
pub(super) struct Disbelieved(HashMap<&'static str, i128>);

impl Disbelieved {
    /// Whether the numbers are cause for a comparison.
    pub fn is_news(&mut self, stream: &'static str, theirs: u64, ours: u64) -> bool {
        if theirs == ours {
            self.0.remove(stream);
            return false;
        }
        self.0.get(stream) != Some(&apart(theirs, ours))
    }

    /// These were the numbers after a comparison.
    pub fn note(&mut self, stream: &'static str, theirs: u64, ours: u64) {
        if theirs == ours {
            self.0.remove(stream);
        } else {
            self.0.insert(stream, apart(theirs, ours));
        }
    }
}

fn apart(theirs: u64, ours: u64) -> i128 {
    i128::from(theirs) - i128::from(ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_that_stays_is_compared_once() {
        let mut known = Disbelieved::default();
        assert!(!known.is_news("orders", 7, 7));
        assert!(known.is_news("orders", 9, 7));
        known.note("orders", 9, 7);
        assert!(!known.is_news("orders", 9, 7));
        assert!(!known.is_news("orders", 12, 10), "the store is busy, and hides as much as before");
        assert!(known.is_news("orders", 12, 11) && known.is_news("orders", 7, 9));
        assert!(!known.is_news("orders", 12, 12));
        assert!(known.is_news("orders", 14, 12), "they were equal meanwhile");
    }
}
