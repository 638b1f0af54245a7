//! Letting go of the oldest part of the change log, a little at a time, so that nobody waits for it.

use std::time::Duration;

use baxter_engine::model::clock::Clock;
use baxter_engine::storage::{Error, Writer};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

/// Entries that go in one transaction, between which pages and events are taken in.
const AT_ONCE: u32 = 1000;

/// Between two looks of a daemon.
const EVERY: Duration = Duration::from_secs(60);

/// Lets go of what was noted longer ago than `keep` and everybody has read who said that he reads: flows and registered
/// readers. Answers how many entries went.
pub async fn trim(
    writer: &Writer,
    keep: Duration,
    now: Timestamp,
    stop: &CancellationToken,
) -> Result<u64, Error> {
    let keep = SignedDuration::try_from(keep).unwrap_or(SignedDuration::MAX);
    let Ok(before) = now.saturating_sub(keep) else { return Ok(0) };
    let mut all = 0;
    loop {
        let trim = move |mirror: &mut baxter_engine::storage::Mirror| {
            mirror.trim_log(before, baxter_flows::oldest_cursor, AT_ONCE)
        };
        let gone = writer.run(trim).await?;
        all += gone;
        if gone < u64::from(AT_ONCE) || stop.is_cancelled() {
            return Ok(all);
        }
    }
}

/// Does so again and again until `stop` fires. What fails is tried again: nothing depends on it.
pub async fn keep_trimmed(
    store: &str,
    writer: Writer,
    keep: Duration,
    clock: &dyn Clock,
    stop: &CancellationToken,
) {
    loop {
        // A clock of ours that is ahead would make everything old.
        let now = clock.now().min(clock.at_store());
        match trim(&writer, keep, now, stop).await {
            Ok(0) => {}
            Ok(gone) => tracing::info!(store, gone, "old entries of the change log were let go of"),
            Err(Error::Stopped) => return,
            Err(error) => tracing::warn!(store, %error, "old entries of the change log stay"),
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}
