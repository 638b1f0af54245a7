//! A simulated store of a test: `baxter sim` on a port of the system's choice, gone at the end.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::digest::Digest;
use crate::http::{self, Answer};
use crate::process::{Running, wait_until};

/// The token of every test store. It must turn up in nothing that Baxter writes.
pub const CANARY: &str = "canary0token0never0to0be0printed";

/// The client secret of every test store, with which it signs notifications. It must not turn up either.
pub const SECRET: &str = "canary0secret0never0to0be0printed";

/// The hash of a test store whose arguments name no other.
const HASH: &str = "teststore";

/// How long a store may take to generate its data and listen, in a debug build on a busy machine.
const START: Duration = Duration::from_secs(120);

/// A running simulator.
#[derive(Debug)]
pub struct TestStore {
    process: Running,
    url: String,
    hash: String,
    // Last, so that the process is gone before its folder.
    _folder: TempDir,
}

/// What the simulator has counted since its start or the last reset.
#[derive(Debug, Clone, PartialEq)]
pub struct Stats {
    /// Requests under `/stores/`.
    pub requests: u64,
    /// Answers with status 429.
    pub throttled: u64,
    /// The whole answer of `/_sim/stats`.
    pub all: Value,
}

impl TestStore {
    /// Starts `baxter sim` with further arguments.
    ///
    /// Unless the arguments say otherwise the store is small and its quota so wide that no test waits for it.
    pub fn start(program: &str, arguments: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder for the store");
        let ready: PathBuf = folder.path().join("ready");
        let mut command = Command::new(program);
        command.env_clear().current_dir(folder.path()).arg("sim");
        command
            .args(["--port", "0", "--token", CANARY, "--client-secret", SECRET])
            .arg("--ready-file")
            .arg(&ready);
        let generated = ["--seed", "--products", "--customers", "--orders"];
        for (name, value) in [
            ("--store-hash", HASH),
            ("--seed", "7"),
            ("--products", "200"),
            ("--customers", "150"),
            ("--orders", "150"),
            ("--quota", "100000/30s"),
        ] {
            let imports = arguments.contains(&"--import") && generated.contains(&name);
            if !imports && !arguments.contains(&name) {
                command.args([name, value]);
            }
        }
        command.args(arguments);
        let mut process = Running::start(&mut command, folder.path(), "sim");
        let mut url = None;
        wait_until(START, || {
            url =
                std::fs::read_to_string(&ready).ok().and_then(|text| text.lines().next().map(str::to_owned));
            url.is_some() || process.ended().is_some()
        });
        let Some(url) = url else { panic!("the store did not start: {}", process.report()) };
        let hash =
            arguments.iter().position(|argument| *argument == "--store-hash").map(|at| arguments[at + 1]);
        TestStore { process, url, hash: hash.unwrap_or(HASH).to_owned(), _folder: folder }
    }

    /// `http://127.0.0.1:PORT`, the origin of the API.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The store's hash.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// What it has counted.
    pub fn stats(&self) -> Stats {
        let all = self.control("GET", "stats", None);
        let number = |name: &str| all[name].as_u64().unwrap_or_else(|| panic!("stats without {name}: {all}"));
        Stats { requests: number("requests"), throttled: number("throttled"), all: all.clone() }
    }

    /// Sets what goes wrong from now on, e.g. `{"error_rate": 0.05}`; `{}` ends it.
    pub fn faults(&self, faults: Value) {
        self.control("POST", "faults", Some(&faults));
    }

    /// Changes records as a busy store would; returns when all of it is done.
    pub fn mutate(&self, order: Value) -> Value {
        self.control("POST", "mutate", Some(&order))
    }

    /// Creates, updates and deletes without naming streams: whatever the store can change.
    pub fn mutate_any(&self, count: u64, seed: u64, kinds: &[&str]) -> Value {
        self.mutate(json!({ "count": count, "seed": seed, "kinds": kinds }))
    }

    /// The digest the simulator computes of its own data.
    pub fn digest(&self, stream: &str) -> Digest {
        Digest::read(&self.control("GET", &format!("digest/{stream}"), None))
    }

    /// A number of the simulator's account of its webhooks, such as `queued`.
    pub fn webhooks(&self, name: &str) -> u64 {
        let all = self.stats().all;
        all["webhooks"][name].as_u64().unwrap_or_else(|| panic!("stats of webhooks without {name}: {all}"))
    }

    /// Waits until no notification waits to be sent, or to be sent again.
    #[track_caller]
    pub fn wait_until_all_is_told(&self, patience: Duration) {
        let told = wait_until(patience, || self.webhooks("queued") == 0);
        assert!(told, "notifications wait after {patience:?}: {}", self.stats().all["webhooks"]);
    }

    /// The hashes of the events that were answered 2xx.
    pub fn acknowledged(&self) -> Vec<String> {
        let hashes = self.control("GET", "webhooks/acknowledged", None);
        serde_json::from_value(hashes).expect("hashes of acknowledged events")
    }

    /// A request of another app of the same store: with its token, counted by the quota.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let path = format!("/stores/{HASH}{path}");
        http::send(&self.url, method, &path, &[("X-Auth-Token", CANARY)], body)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}\n{}", self.process.stderr()))
    }

    /// All entries of a V2 list, page by page.
    pub fn list_v2(&self, path: &str) -> Vec<Value> {
        let mut entries = Vec::new();
        for page in 1.. {
            let answer = self.ask("GET", &format!("{path}?limit=250&page={page}"), None);
            match answer.status {
                200 => entries.extend(answer.json().as_array().cloned().unwrap_or_default()),
                204 => break,
                status => panic!("{path} page {page}: status {status}"),
            }
        }
        entries
    }

    fn control(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let answer = http::send(&self.url, method, &format!("/_sim/{path}"), &[], body)
            .unwrap_or_else(|error| panic!("{method} /_sim/{path}: {error}\n{}", self.process.stderr()));
        assert!(
            (200..300).contains(&answer.status),
            "{method} /_sim/{path}: status {}: {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }
}
