//! Failures of the mirror and of a sync, in a person's words.

use std::path::Path;

use baxter_engine::model::stream;
use baxter_engine::{storage, sync};

use super::client::Asked;
use super::{Code, Failure};
use baxter_engine::model::nearest::nearest;

/// Words for an error of the mirror.
pub fn failure(error: &storage::Error) -> Failure {
    use storage::Error;
    match error {
        Error::Locked { dir, holder } => {
            let holder = holder.as_deref().map(|pid| format!(" (process {pid})")).unwrap_or_default();
            Failure::new(Code::DataDirLocked, format!("another Baxter writes to the data directory{holder}"))
                .at(dir.display().to_string())
                .did("changed nothing")
                .hint("wait until it is done or stop it; reading commands (query, changes, status) work meanwhile")
        }
        Error::Missing { dir } => Failure::new(Code::MirrorMissing, "nothing is mirrored here yet")
            .at(dir.display().to_string())
            .hint("run `baxter sync` first, or name the right directory with --data-dir"),
        Error::OtherStore { dir, theirs, ours } => Failure::new(
            Code::DataDir,
            format!("the data directory holds the mirror of store `{theirs}`, not of `{ours}`"),
        )
        .at(dir.display().to_string())
        .did("changed nothing")
        .hint("give each store a data directory of its own: --data-dir DIR"),
        Error::Newer { .. } => Failure::new(Code::DataDir, error.to_string())
            .did("changed nothing")
            .hint("use the Baxter that wrote it, or a newer one"),
        Error::Older { .. } => Failure::new(Code::DataDir, error.to_string())
            .did("changed nothing")
            .hint("any `baxter sync` brings it up to date"),
        Error::Trimmed { upto, at } => Failure::new(
            Code::LogTrimmed,
            format!("the change log has its entries up to {upto} no longer (noted until {at}; `log_retention`)"),
        )
        .did("printed nothing, since what is missing cannot be told")
        .hint(format!(
            "begin with all records as they are now: `baxter changes --snapshot`; --since {upto} begins with the oldest \
             entry that is left; for a reader of `baxter changes --reader NAME` the log waits"
        )),
        Error::Full(_) => disk_full(),
        Error::ReadOnly => Failure::new(Code::QueryRefused, "only reading is allowed here")
            .did("changed nothing")
            .hint("the mirror is changed by `baxter sync` alone; `select` and `with` are fine"),
        Error::Interrupted => Failure::interrupted(),
        Error::Io { path, source } if source.kind() == std::io::ErrorKind::StorageFull => {
            disk_full().at(path.display().to_string())
        }
        Error::Io { path, source } => {
            Failure::new(Code::DataDir, format!("cannot use the data directory: {source}"))
                .at(path.display().to_string())
                .hint("check its owner and permissions, or name another with --data-dir")
        }
        Error::Sqlite(cause) => Failure::new(Code::DataDir, format!("the mirror's database failed: {cause}"))
            .hint("if this stays, move the data directory away and sync anew: the store has everything"),
        Error::Damaged { .. } => Failure::new(Code::DataDir, error.to_string())
            .hint("move the data directory away and sync anew: the store has everything"),
        other => Failure::new(Code::Internal, other.to_string()),
    }
}

/// Fails when nothing was ever mirrored into `dir`.
pub fn is_there(dir: &Path) -> Result<(), Failure> {
    match dir.join(storage::DATABASE).exists() {
        true => Ok(()),
        false => Err(failure(&storage::Error::Missing { dir: dir.to_owned() })),
    }
}

fn disk_full() -> Failure {
    Failure::new(Code::DiskFull, "no space is left for the mirror")
        .did("kept what was mirrored before; nothing is half written")
        .hint("make room or name another directory with --data-dir, then sync again: it goes on where it stopped")
}

/// Words for an error of a statement that a person wrote.
pub fn query_failure(error: &storage::Error) -> Failure {
    let storage::Error::Sqlite(cause) = error else { return failure(error) };
    let text = match cause {
        rusqlite::Error::SqliteFailure(_, Some(text)) => text.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    };
    let tables = || stream::all().iter().map(|stream| stream.name.as_str());
    let hint = match text.strip_prefix("no such table: ") {
        Some(name) => Some(match nearest(name.trim_start_matches("main."), tables()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "each stream is a table; `baxter streams` lists them".to_owned(),
        }),
        None => text.strip_prefix("no such column: ").map(|_| {
            "`select * from TABLE limit 1` shows a table's columns; all else is in `raw`: raw ->> '$.member'".into()
        }),
    };
    Failure::new(Code::QueryRefused, format!("the statement is not usable: {text}")).maybe_hint(hint)
}

/// Words for why a stream could not be synced.
pub fn sync_failure(error: &sync::Error, asked: &Asked) -> Failure {
    let kept = "kept what was mirrored; the next sync goes on from there";
    match error {
        sync::Error::Store(error) => asked.failure(error).did(kept),
        sync::Error::Mirror(error) => failure(error),
        sync::Error::Refused { stream, why, source } => refused(stream, why, source),
        sync::Error::Cancelled => Failure::interrupted().did(kept),
        other => Failure::new(Code::SyncIncomplete, other.to_string()).did(kept),
    }
}

/// Words for a stream that the store gave before, and does not any more.
fn refused(stream: &str, why: &sync::Skipped, source: &bigcommerce::Error) -> Failure {
    let (code, grant) = match why {
        sync::Skipped::NoScope(scope) => {
            (Code::ScopeMissing, format!("give its API account the scope `{scope}`"))
        }
        sync::Skipped::NotOffered => {
            (Code::RequestRefused, "look at the store's plan and settings".to_owned())
        }
    };
    let failure = Failure::new(code, format!("stream `{stream}` was mirrored before, and now {why}"));
    let failure = match source.path() {
        Some(path) => failure.at(path),
        None => failure,
    };
    failure.did("kept what was mirrored, which is not up to date any more").hint(format!(
        "{grant}, or take the stream out of `streams` in baxter.toml if it is not wanted any more"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_as_such() {
        let io = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let text = failure(&storage::Error::Io { path: "/data/lock".into(), source: io }).to_string();
        assert!(text.starts_with("error[disk-full]"), "{text}");
        let full = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
        let error = storage::Error::from(rusqlite::Error::SqliteFailure(full, None));
        assert_eq!(failure(&error).code(), Some(Code::DiskFull));
    }
}
