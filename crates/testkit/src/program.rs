//! The program as a user runs it: a folder of its own, no file, everything through variables.

use std::cell::Cell;
use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tempfile::TempDir;

use crate::digest::{Digest, STREAMS};
use crate::log::ChangeLog;
use crate::process::Running;
use crate::store::{CANARY, SECRET, TestStore};

/// No command of a test takes longer, in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// Streams that the simulated store does not serve.
const NOT_SERVED: [&str; 1] = ["cart_metafields"];

/// One user's Baxter: a data directory, and the variables that point at a store.
#[derive(Debug)]
pub struct TestBaxter {
    program: String,
    url: String,
    hash: String,
    folder: TempDir,
    /// The streams that are compared with the store.
    streams: Vec<String>,
    /// Whether these are all that there are.
    all: bool,
    runs: Cell<u32>,
}

/// What one run of the program left.
#[derive(Debug)]
pub struct Output {
    /// The arguments, for messages.
    pub command: String,
    /// How it ended.
    pub status: ExitStatus,
    /// Data.
    pub stdout: String,
    /// Everything else.
    pub stderr: String,
}

impl Output {
    /// Fails the test unless the command succeeded.
    #[track_caller]
    pub fn success(self) -> Self {
        assert!(self.status.success(), "{self}");
        self
    }

    /// Fails the test unless the command failed with this exit code.
    #[track_caller]
    pub fn failure(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "{self}");
        self
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"))
    }
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let Output { command, status, stdout, stderr } = self;
        write!(f, "baxter {command}: {status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

impl TestBaxter {
    /// A Baxter with an empty data directory that knows the store.
    pub fn new(program: &str, store: &TestStore) -> Self {
        let folder = TempDir::new().expect("a folder for Baxter");
        std::fs::create_dir(folder.path().join("out")).expect("a folder for output");
        TestBaxter {
            program: program.to_owned(),
            url: store.url().to_owned(),
            hash: store.hash().to_owned(),
            folder,
            streams: STREAMS.map(str::to_owned).to_vec(),
            all: false,
            runs: Cell::new(0),
        }
    }

    /// Mirrors all streams, whatever they cost, and compares all that the simulated store serves.
    pub fn with_all_streams(mut self) -> Self {
        self.all = true;
        let listed = self.run(&["streams", "-o", "json"]).success().json();
        let names = listed.as_array().expect("a list of streams").iter();
        let names = names.map(|stream| stream["stream"].as_str().expect("a stream has a name"));
        self.streams = names.filter(|name| !NOT_SERVED.contains(name)).map(str::to_owned).collect();
        self
    }

    /// The streams that are compared with the store.
    pub fn streams(&self) -> &[String] {
        &self.streams
    }

    /// The folder the program runs in; its data lie in `data` there.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A command that has not been started: a clean environment with the variables of this store.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("BAXTER_API_URL", &self.url)
            .env("BAXTER_STORE_HASH", &self.hash)
            .env("BAXTER_TOKEN", CANARY)
            .env("BAXTER_CLIENT_SECRET", SECRET)
            .env("BAXTER_DATA_DIR", self.folder.path().join("data"))
            .args(arguments);
        if self.all {
            command.env("BAXTER_STREAMS", "*");
        }
        command
    }

    /// Starts the program and does not wait for it.
    pub fn spawn(&self, arguments: &[&str]) -> Running {
        self.spawn_command(&mut self.command(arguments))
    }

    /// Starts a command made by [`TestBaxter::command`].
    pub fn spawn_command(&self, command: &mut Command) -> Running {
        let run = self.runs.get();
        self.runs.set(run + 1);
        Running::start(command, &self.folder.path().join("out"), &format!("run{run}"))
    }

    /// Runs the program to its end.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.finish(self.spawn(arguments), arguments)
    }

    /// Runs it with more variables, or others.
    #[track_caller]
    pub fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        command.envs(variables.iter().copied());
        self.finish(self.spawn_command(&mut command), arguments)
    }

    /// Waits for a started program, and checks that it has not printed a secret.
    #[track_caller]
    pub fn finish(&self, mut running: Running, arguments: &[&str]) -> Output {
        let status = running.wait(PATIENCE);
        let output = Output {
            command: arguments.join(" "),
            status,
            stdout: running.stdout(),
            stderr: running.stderr(),
        };
        let shows = |secret| output.stdout.contains(secret) || output.stderr.contains(secret);
        assert!(!shows(CANARY) && !shows(SECRET), "a secret was printed: {output}");
        output
    }

    /// The digest of a stream, from the mirror.
    #[track_caller]
    pub fn digest(&self, stream: &str) -> Digest {
        let output = self.run(&["digest", stream, "-o", "json"]).success();
        Digest::read(&output.json())
    }

    /// The rows of a query over the mirror.
    #[track_caller]
    pub fn query(&self, sql: &str) -> Vec<Value> {
        match self.run(&["query", sql, "-o", "json"]).success().json() {
            Value::Array(rows) => rows,
            other => panic!("not an array of rows: {other}"),
        }
    }

    /// The whole change log.
    #[track_caller]
    pub fn changes(&self) -> ChangeLog {
        ChangeLog::read(&self.run(&["changes", "-o", "jsonl"]).success().stdout)
    }

    /// Hashes of the events in the inbox.
    pub fn received(&self) -> HashSet<String> {
        let path = self.folder().join("data/inbox.db");
        let inbox =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the inbox opens");
        let mut hashes = inbox.prepare("SELECT hash FROM events").expect("it has events");
        let rows = hashes.query_map([], |row| row.get(0)).expect("they can be read");
        rows.collect::<Result<_, _>>().expect("hashes are text")
    }

    /// Every file that contains a text, below the program's folder.
    pub fn files_containing(&self, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(&folder).expect("the folder can be listed") {
                let path = entry.expect("an entry can be read").path();
                if path.is_dir() {
                    open.push(path);
                } else if contains(&std::fs::read(&path).expect("a file can be read"), text.as_bytes()) {
                    found.push(path.display().to_string());
                }
            }
        }
        found
    }

    /// Files of the data directory that are neither the databases nor the lock: what a run forgot to remove.
    pub fn leftovers(&self) -> Vec<String> {
        let data = self.folder.path().join("data");
        let entries = std::fs::read_dir(&data).unwrap_or_else(|error| panic!("{}: {error}", data.display()));
        entries
            .map(|entry| entry.expect("an entry can be read").file_name().to_string_lossy().into_owned())
            .filter(|name| {
                // A reader that may not write leaves SQLite's write-ahead files as it found them.
                let known = [".db", ".db-wal", ".db-shm", "lock"];
                !known.iter().any(|end| name.ends_with(end))
            })
            .collect()
    }
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}
