//! A child process whose output goes to files, with deadlines, killed and reaped when it is dropped.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often a condition is looked at while waiting for it.
const LOOK: Duration = Duration::from_millis(4);

/// A started process.
#[derive(Debug)]
pub struct Running {
    child: Child,
    described: String,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Running {
    /// Starts a command; what it writes is kept in `folder` under `name`.
    pub fn start(command: &mut Command, folder: &Path, name: &str) -> Self {
        let stdout = folder.join(format!("{name}.stdout"));
        let stderr = folder.join(format!("{name}.stderr"));
        let file =
            |path: &Path| File::create(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        command.stdin(Stdio::null()).stdout(file(&stdout)).stderr(file(&stderr));
        let described = format!("{command:?}");
        let child = command.spawn().unwrap_or_else(|error| panic!("{described}: {error}"));
        Running { child, described, stdout, stderr }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap_or_else(|error| panic!("{}: {error}", self.described))
    }

    /// Waits until it ends by itself; fails the test at the deadline.
    pub fn wait(&mut self, patience: Duration) -> ExitStatus {
        let mut status = None;
        let in_time = wait_until(patience, || {
            status = self.ended();
            status.is_some()
        });
        match status {
            Some(status) if in_time => status,
            _ => panic!("still running after {patience:?}: {}", self.report()),
        }
    }

    /// SIGKILL, as `kill -9` sends it: the process gets no chance to tidy up.
    pub fn kill(&mut self) -> ExitStatus {
        // A process that has just ended by itself cannot be killed any more, which is as good.
        let _ = self.child.kill();
        self.child.wait().unwrap_or_else(|error| panic!("{}: {error}", self.described))
    }

    /// SIGTERM, as service managers send it: the process ends in order.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// SIGHUP, as service managers send it for a reload.
    pub fn hang_up(&self) {
        self.signal("HUP");
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]).status();
        assert!(status.as_ref().is_ok_and(ExitStatus::success), "{}: kill: {status:?}", self.described);
    }

    /// What it has written to standard output so far.
    pub fn stdout(&self) -> String {
        read(&self.stdout)
    }

    /// What it has written to standard error so far.
    pub fn stderr(&self) -> String {
        read(&self.stderr)
    }

    /// The command, how it ended and its output, for a failure's message.
    pub fn report(&mut self) -> String {
        let state = self.ended().map_or_else(|| "running".to_owned(), |status| status.to_string());
        let (described, stdout, stderr) = (&self.described, self.stdout(), self.stderr());
        format!("{described}: {state}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

fn read(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Looks at a condition until it holds; `false` when it did not within `patience`.
pub fn wait_until(patience: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if condition() {
            return true;
        }
        if begun.elapsed() > patience {
            return false;
        }
        std::thread::sleep(LOOK);
    }
}
