//! Moving what was committed from the write-ahead log into the database, beside the writer: it waits for the disk, and
//! the writer need not.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

/// Bytes of records after which it is time to move them.
const DUE: usize = 8 * 1024 * 1024;

/// Asks for checkpoints as records come in. A thread of its own makes them, from the first one that is due: a store at
/// rest needs none.
#[derive(Debug)]
pub(super) struct Checkpoints {
    database: PathBuf,
    waiting: usize,
    maker: Option<(SyncSender<()>, JoinHandle<()>)>,
}

impl Checkpoints {
    /// For the database in the file `database`, which is open elsewhere in this process.
    pub fn of(database: &Path) -> Self {
        Checkpoints { database: database.to_owned(), waiting: 0, maker: None }
    }

    /// So many bytes of records were committed.
    pub fn committed(&mut self, bytes: usize) {
        self.waiting += bytes;
        if self.waiting < DUE {
            return;
        }
        self.waiting = 0;
        if self.maker.is_none() {
            self.maker = start(&self.database);
        }
        if let Some((bell, _)) = &self.maker {
            // One that is rung already will see these, too.
            let _ = bell.try_send(());
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        if let Some((bell, thread)) = self.maker.take() {
            drop(bell);
            // It only ends: a panic in it was reported when it happened.
            let _ = thread.join();
        }
    }
}

/// The thread that makes checkpoints when the bell is rung. Without it, SQLite makes them on the way, when the log is long.
fn start(database: &Path) -> Option<(SyncSender<()>, JoinHandle<()>)> {
    let connection =
        Connection::open(database).inspect_err(|error| tracing::debug!(%error, "no checkpoints")).ok()?;
    let (bell, rung) = sync_channel::<()>(1);
    let work = move || {
        while rung.recv().is_ok() {
            // One that fails is made up for by the next, or by SQLite.
            let made = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
            if let Err(error) = made {
                tracing::debug!(%error, "a checkpoint failed");
            }
        }
    };
    let thread = std::thread::Builder::new().name("checkpoints".to_owned()).spawn(work).ok()?;
    Some((bell, thread))
}
