//! What the commands that read the mirror share. They need a data directory and nothing else: no network,
//! no store, no token.

use baxter_engine::model::stream::{Stream, selection};
use baxter_engine::storage::{Error, Interrupt, Reader};

use crate::failure::{Failure, mirror};
use crate::print::tell;
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

/// The streams that are mirrored by the settings.
pub struct Mirrored(Vec<&'static Stream>);

impl Mirrored {
    /// Those that are chosen, and what must come along.
    pub fn by(settings: &Settings) -> Self {
        Mirrored(selection::with_parents(&settings.streams))
    }

    /// Warns of a stream that was never read to its end, which looks as if the store had nothing of it.
    pub fn warn_of_unread(&self, reader: &Reader, stream: &'static Stream) -> Result<(), Error> {
        if reader.stream_state(stream)?.backfilled_at.is_some() {
            return Ok(());
        }
        let name = &stream.name;
        if reader.was_offered(stream)? {
            tell(format_args!(
                "stream `{name}` is not read to its end yet: `baxter sync {name}` goes on with it"
            ));
        } else if let Some(why) = reader.skipped(stream)? {
            tell(format_args!("stream `{name}` is not mirrored: {why}"));
        } else if selection::contains(&self.0, stream) {
            tell(format_args!("stream `{name}` was not read yet: run `baxter sync`"));
        } else {
            tell(format_args!(
                "stream `{name}` is not mirrored, it is switched off: write streams = [\"default\", \"{name}\"] into \
                 baxter.toml, or set BAXTER_STREAMS=default,{name}; then run `baxter sync`"
            ));
        }
        Ok(())
    }
}

struct Guard(Interrupt);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.interrupt();
    }
}
