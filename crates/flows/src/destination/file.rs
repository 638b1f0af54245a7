//! A file as destination: appended to, synced, and cut back to the length that was committed.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use crate::flow;

/// The operations on a file, so that tests can have a disk that fails.
pub trait Disk: std::fmt::Debug + Send + Sync {
    /// The file's length; `None` when there is none.
    fn length(&self, path: &Path) -> io::Result<Option<u64>>;
    /// Cuts the file to `length`.
    fn truncate(&self, path: &Path, length: u64) -> io::Result<()>;
    /// Writes at the end of the file, which is made if there is none.
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Returns when what was written would survive a power loss.
    fn sync(&self, path: &Path) -> io::Result<()>;
}

/// The machine's file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalDisk;

impl Disk for LocalDisk {
    fn length(&self, path: &Path) -> io::Result<Option<u64>> {
        match fs::metadata(path) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(length)?;
        file.sync_all()
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        OpenOptions::new().append(true).create(true).open(path)?.write_all(bytes)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        fs::File::open(path)?.sync_all()?;
        // A file that was just made is in its directory only when that is synced, too.
        match path.parent() {
            Some(parent) if parent.as_os_str().is_empty() => Ok(()),
            Some(parent) => fs::File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    }
}

/// A file and its committed length.
#[derive(Debug, Clone)]
pub(crate) struct Appender {
    config: Arc<flow::File>,
    disk: Arc<dyn Disk>,
    committed: u64,
}

impl Appender {
    pub(crate) fn new(config: flow::File, disk: Arc<dyn Disk>, committed: u64) -> Self {
        Appender { config: Arc::new(config), disk, committed }
    }

    /// The text that makes one output a part of the file.
    pub(crate) fn line(output: &str) -> String {
        if output.ends_with('\n') { output.to_owned() } else { format!("{output}\n") }
    }

    /// Makes the file its committed part followed by `text`, synced; answers its new length, which counts once it
    /// is committed. What stands beyond the committed part came from a step that was not, and is cut off.
    pub(crate) async fn append(&self, text: Arc<str>) -> Result<u64, String> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || this.append_now(&text))
            .await
            .map_err(|error| format!("writing ended unexpectedly: {error}"))?
    }

    /// The new length was committed.
    pub(crate) fn committed(&mut self, length: u64) {
        self.committed = length;
    }

    fn append_now(&self, text: &str) -> Result<u64, String> {
        let path = &self.config.path;
        let failed = |error: io::Error| format!("{}: {error}", path.display());
        let length = self.disk.length(path).map_err(failed)?.unwrap_or(0);
        if length < self.committed {
            return Err(format!(
                "{} has {length} bytes, but {} were delivered; put the missing part back, or move the file away and let another one be written under a new `path`",
                path.display(),
                self.committed
            ));
        }
        if length > self.committed {
            tracing::warn!(
                file = %path.display(),
                bytes = length - self.committed,
                "cut off what stood behind the last delivery"
            );
            self.disk.truncate(path, self.committed).map_err(failed)?;
        }
        let header = if self.committed == 0 && !self.config.header.is_empty() {
            Self::line(&self.config.header)
        } else {
            String::new()
        };
        let bytes = header + text;
        let written = self.disk.append(path, bytes.as_bytes()).and_then(|()| self.disk.sync(path));
        if let Err(error) = written {
            // Half a line is not left standing for readers; if this fails, too, the next try cuts it off.
            let _ = self.disk.truncate(path, self.committed);
            return Err(failed(error));
        }
        Ok(self.committed + bytes.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{File, Format};

    fn appender(path: &Path, committed: u64) -> Appender {
        let config = File { path: path.to_owned(), format: Format::Text, header: "; head".to_owned() };
        Appender::new(config, Arc::new(LocalDisk), committed)
    }

    #[test]
    fn what_was_not_committed_is_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("books/ledger.journal");
        let first = appender(&path, 0).append_now("one\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "; head\none\n");
        appender(&path, first).append_now("two\n").unwrap();
        appender(&path, first).append_now("three\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "; head\none\nthree\n");
    }

    #[test]
    fn a_file_that_lost_its_end_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger");
        fs::write(&path, "ab").unwrap();
        let error = appender(&path, 3).append_now("x").unwrap_err();
        assert!(error.contains("has 2 bytes, but 3 were delivered"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "ab");
    }
}
