//! The operating-system lock on the journal: one process applies. It ends with the process, however that ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;

use super::Error;

/// Held as long as this lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock in `dir`, making the directory if it is not there.
    pub fn take(dir: &Path) -> Result<Lock, Error> {
        let path = dir.join("journal.lock");
        let io = |source| Error::Io { path: path.clone(), source };
        fs::create_dir_all(dir).map_err(io)?;
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::Busy { dir: dir.to_owned() }),
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }
}
