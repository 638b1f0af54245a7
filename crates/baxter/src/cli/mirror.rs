//! What the commands that read the mirror share. They need a data directory and nothing else: no network,
//! no store, no token.

use baxter_engine::storage::{Error, Interrupt, Reader};

use crate::failure::{Failure, mirror};
use crate::settings::Settings;

/// Runs `work` with the mirror, open for reading, on a thread that may block. When nobody waits any more,
/// a statement under way is stopped.
pub async fn read<T: Send + 'static>(
    settings: &Settings,
    work: impl FnOnce(&mut Reader) -> Result<T, Error> + Send + 'static,
) -> Result<T, Failure> {
    read_with(settings, mirror::failure, work).await
}

/// As [`read`], with other words for errors.
pub async fn read_with<T: Send + 'static>(
    settings: &Settings,
    words: impl FnOnce(&Error) -> Failure,
    work: impl FnOnce(&mut Reader) -> Result<T, Error> + Send + 'static,
) -> Result<T, Failure> {
    let mut reader = Reader::open(&settings.data_dir).map_err(|error| mirror::failure(&error))?;
    let _guard = Guard(reader.interrupt());
    match tokio::task::spawn_blocking(move || work(&mut reader)).await {
        Ok(result) => result.map_err(|error| words(&error)),
        Err(ended) => Err(super::ended(&ended)),
    }
}

struct Guard(Interrupt);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.interrupt();
    }
}
