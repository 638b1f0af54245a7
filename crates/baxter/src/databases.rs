//! The databases of a data directory, opened for writing on a thread that may block, with words for what goes wrong.

use std::path::PathBuf;

use baxter_engine::storage::{Error, Inbox, InboxOwner, Mirror, Owner, Writer};

use crate::cli::blocking;
use crate::failure::{Failure, mirror};

/// The mirror of the store `hash` in `dir`, which is ours until the writer is closed.
pub async fn writer(dir: PathBuf, hash: String) -> Result<Writer, Failure> {
    owned(move || Owner::start(Mirror::open(&dir, &hash)?)).await
}

/// The mirror as [`writer`] opens it, and the inbox.
pub async fn both(dir: PathBuf, hash: String) -> Result<(Writer, InboxOwner), Failure> {
    let writer = writer(dir.clone(), hash).await?;
    Ok((writer, inbox(dir).await?))
}

/// The inbox in `dir`, which any process may write.
pub async fn inbox(dir: PathBuf) -> Result<InboxOwner, Failure> {
    owned(move || Owner::start(Inbox::open(&dir)?)).await
}

async fn owned<T: Send + 'static>(
    open: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Failure> {
    blocking(open).await?.map_err(|error| mirror::failure(&error))
}
