//! Moving what was committed from the write-ahead log into the database, beside the writer: it waits for the disk, and
//! the writer need not.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;

/// Bytes of records after which it is time to move them.
const DUE: usize = 8 * 1024 * 1024;

/// Bytes of records after which the writer waits, and moves what is left: the log begins anew only when all of it was
/// moved while nothing was written, and a disk that is slower than the store would make it grow without end.
const MOST: usize = 48 * 1024 * 1024;

/// Asks for checkpoints as records come in. A thread of its own makes them, from the first one that is due: a store at
/// rest needs none.
#[derive(Debug)]
pub(super) struct Checkpoints {
    database: PathBuf,
    waiting: usize,
    /// Bytes since all was moved.
    left: usize,
    /// Held while one is made.
    making: Arc<Mutex<()>>,
    maker: Option<(SyncSender<()>, JoinHandle<()>)>,
}

impl Checkpoints {
    /// For the database in the file `database`, which is open elsewhere in this process.
    pub fn of(database: &Path) -> Self {
        Checkpoints {
            database: database.to_owned(),
            waiting: 0,
            left: 0,
            making: Arc::default(),
            maker: None,
        }
    }

    /// So many bytes of records were committed by `writer`.
    pub fn committed(&mut self, writer: &Connection, bytes: usize) {
        self.waiting += bytes;
        self.left += bytes;
        if self.left >= MOST {
            let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
            // While somebody reads what is older, a part stays: it is tried again soon.
            self.left = if make(writer) { 0 } else { MOST - DUE };
        }
        if self.waiting < DUE {
            return;
        }
        self.waiting = 0;
        if self.maker.is_none() {
            self.maker = start(&self.database, Arc::clone(&self.making));
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

/// The thread that makes checkpoints when the bell is rung. Without it, the writer makes them.
fn start(database: &Path, making: Arc<Mutex<()>>) -> Option<(SyncSender<()>, JoinHandle<()>)> {
    let connection =
        Connection::open(database).inspect_err(|error| tracing::debug!(%error, "no checkpoints")).ok()?;
    let (bell, rung) = sync_channel::<()>(1);
    let work = move || {
        while rung.recv().is_ok() {
            let _making = making.lock().unwrap_or_else(PoisonError::into_inner);
            make(&connection);
        }
    };
    let thread = std::thread::Builder::new().name("checkpoints".to_owned()).spawn(work).ok()?;
    Some((bell, thread))
}

/// Moves what can be moved; answers whether that was all. One that fails is made up for by the next.
fn make(connection: &Connection) -> bool {
    let made = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
        let [busy, written, moved]: [i64; 3] = [row.get(0)?, row.get(1)?, row.get(2)?];
        Ok(busy == 0 && written == moved)
    });
    made.inspect_err(|error| tracing::debug!(%error, "a checkpoint failed")).unwrap_or(false)
}
