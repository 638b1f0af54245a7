//! A mirror to fill, and flows to run over it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use baxter_engine::model::change::NoticedBy;
use baxter_engine::model::key::{Key, Part};
use baxter_engine::model::stream::{self, record};
use baxter_engine::storage::{Gone, Mirror, Page, Writer};
use baxter_flows::dead_letter::{DeadLetter, Which};
use baxter_flows::{Error, Flow, Handle, Options, Service, flow};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The store's hash in every test.
pub const STORE: &str = "abc";

/// A data directory with its mirror.
pub struct World {
    pub dir: tempfile::TempDir,
    writer: Writer,
    grown: watch::Sender<u64>,
    asked: AtomicU64,
}

/// Flows that run.
pub struct Running {
    pub handle: Handle,
    cancel: CancellationToken,
    task: JoinHandle<Result<(), Error>>,
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let writer = Writer::start(Mirror::open(&dir.path().join("data"), STORE).unwrap()).unwrap();
        World { dir, writer, grown: watch::channel(0).0, asked: AtomicU64::new(1) }
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// What a file of the test's folder holds; nothing when there is none.
    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// The flow that `toml` declares.
    pub fn flow(&self, name: &str, toml: &str) -> Flow {
        let file = PathBuf::from(format!("flows/{name}.toml"));
        flow::parse(&file, toml, self.dir.path()).unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// Takes records of `name` into the mirror, in one step.
    pub async fn put(&self, name: &str, texts: &[String]) {
        let stream = stream::named(name).unwrap();
        let families = texts.iter().map(|text| record::read(stream, text).unwrap()).collect();
        let page = Page {
            stream,
            families,
            aside: Vec::new(),
            noticed_by: NoticedBy::Incremental,
            at: "2026-11-23T10:00:00Z".parse().unwrap(),
            store_at: None,
            asked: self.asked.fetch_add(1, Ordering::Relaxed),
            segment: None,
            listing: false,
            of: None,
        };
        self.writer.run(move |mirror| mirror.commit(&page)).await.unwrap();
        self.grown.send_modify(|times| *times += 1);
    }

    pub async fn delete(&self, name: &str, id: i64) {
        let gone = Gone {
            stream: stream::named(name).unwrap(),
            keys: vec![Key(vec![Part::Integer(id)])],
            noticed_by: NoticedBy::Sweep,
            at: "2026-11-23T11:00:00Z".parse().unwrap(),
            asked: self.asked.fetch_add(1, Ordering::Relaxed),
        };
        self.writer.run(move |mirror| mirror.delete(&gone)).await.unwrap();
        self.grown.send_modify(|times| *times += 1);
    }

    pub fn options(&self, flows: Vec<Flow>) -> Options {
        let grown = self.grown.subscribe();
        let mut options = Options::new(flows, STORE.to_owned(), self.data(), self.writer.clone(), grown);
        options.poll = Duration::from_millis(200);
        options
    }

    pub fn run(&self, flows: Vec<Flow>) -> Running {
        Running::start(self.options(flows))
    }
}

impl Running {
    pub fn start(options: Options) -> Self {
        let service = Service::new(options);
        let (handle, cancel) = (service.handle(), CancellationToken::new());
        let task = tokio::spawn(service.run(cancel.clone()));
        Running { handle, cancel, task }
    }

    /// Waits until the flows are settled.
    pub async fn settled(&self) {
        self.until(async |handle| handle.is_settled().await.unwrap()).await;
    }

    /// Waits until `condition` holds; a minute is far more than anything here takes.
    pub async fn until(&self, condition: impl AsyncFn(&Handle) -> bool) {
        for _ in 0..6_000 {
            if condition(&self.handle).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it never came true: {:?}", self.handle.status().await);
    }

    pub async fn dead_letters(&self) -> Vec<DeadLetter> {
        self.handle.dead_letters(Which::All, 1_000).await.unwrap()
    }

    /// Ends the flows in order.
    pub async fn stop(self) {
        self.cancel.cancel();
        self.task.await.unwrap().unwrap();
    }

    /// Ends the flows wherever they are.
    pub async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

/// An order with one line, unpaid until it says otherwise.
pub fn order(id: i64, status_id: i64, note: &str) -> String {
    format!(
        r#"{{"id":{id},"status_id":{status_id},"total_inc_tax":"10.0000","staff_notes":"{note}",
            "consignments":{{"shipping":[{{"id":{id},"line_items":[{{"id":{id},"order_id":{id},"sku":"A","quantity":1}}]}}]}}}}"#
    )
}

/// A brand: a record without children.
pub fn brand(id: i64, name: &str) -> String {
    format!(r#"{{"id":{id},"name":"{name}"}}"#)
}

/// The folder of shared material beside the checkout, or the one that BAXTER_SHARED names.
pub fn shared() -> Option<PathBuf> {
    if let Some(dir) = std::env::var_os("BAXTER_SHARED") {
        return Some(PathBuf::from(dir)).filter(|dir| dir.is_dir());
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().map(|dir| dir.join("shared")).find(|dir| dir.is_dir())
}

/// Whether a program is on the machine.
pub fn has(program: &str) -> bool {
    std::process::Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}
