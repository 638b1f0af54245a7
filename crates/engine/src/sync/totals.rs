//! How many records the store has of a stream, in one small request: a delete that nobody told of shows there at once.

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
    let Some(path) = &stream.path else { return Ok(None) };
    let page = client.page(&Request::get(path).priority(Priority::Incremental), 1).await?;
    Ok(page.pagination.and_then(|pagination| pagination.total))
}
