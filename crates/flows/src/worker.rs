//! The worker: a flow's own thread, which reads the change log and runs expressions, and which the flow can
//! abandon when an expression does not come to an end.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use baxter_engine::model::clock::Clock;
use baxter_engine::model::stream;
use baxter_engine::storage::{Reader, Since};
use tokio::sync::oneshot;

use crate::expr::{STACK, Scope};
use crate::flow::Flow;
use crate::message::{self, Entry, Verdict};
use crate::{Error, state};

/// Threads of a flow that may live at a time: the present one, and abandoned ones that have not ended yet.
const THREADS_MAX: usize = 4;

type Job = Box<dyn FnOnce(&Bench) + Send>;

/// What the thread works with.
struct Bench {
    flow: Arc<Flow>,
    reader: Reader,
    store: Arc<str>,
    clock: Arc<dyn Clock>,
    stop: Arc<AtomicBool>,
}

/// What a worker needs.
#[derive(Clone)]
pub(crate) struct Tools {
    pub flow: Arc<Flow>,
    pub dir: PathBuf,
    pub store: Arc<str>,
    pub clock: Arc<dyn Clock>,
    /// For one message.
    pub time_limit: Duration,
    /// Threads of the flow that live, those that were abandoned among them.
    pub threads: Arc<AtomicUsize>,
}

/// A part of the change log that concerns the flow.
#[derive(Debug)]
pub(crate) struct Part {
    pub entries: Vec<Entry>,
    /// Every entry up to here that concerns the flow is among them, or was before.
    pub upto: i64,
    /// Whether this was the end of the log.
    pub end: bool,
}

/// The flow's side of the thread.
pub(crate) struct Worker {
    tools: Tools,
    jobs: mpsc::SyncSender<Job>,
    stop: Arc<AtomicBool>,
}

impl Worker {
    pub(crate) async fn start(tools: Tools) -> Result<Self, Error> {
        let (jobs, stop) = spawn(&tools).await?;
        Ok(Worker { tools, jobs, stop })
    }

    /// Up to `most` entries after `after` that concern the flow.
    pub(crate) async fn read(&mut self, after: i64, most: u32) -> Result<Part, Error> {
        self.call(move |bench| {
            let last = bench.reader.last_seq()?;
            let streams = bench.flow.streams();
            let changes = bench.reader.changes(Some(Since::Seq(after)), &streams, most)?;
            let end = changes.entries.len() < most as usize;
            let upto = if end { last.max(after) } else { after }.max(changes.last.unwrap_or(after));
            let concerns = |entry: &Entry| bench.flow.concerns(&entry.stream, &entry.kind);
            let entries = changes.entries.into_iter().map(Entry::from).filter(concerns).collect();
            Ok(Part { entries, upto, end })
        })
        .await
    }

    /// The entries settled beyond the flow's cursor.
    pub(crate) async fn done(&mut self) -> Result<Vec<i64>, Error> {
        self.call(|bench| Ok(state::done(bench.reader.connection(), &bench.flow.name)?)).await
    }

    /// Dead letters that are to be tried again.
    pub(crate) async fn wanted(&mut self, most: u32) -> Result<Vec<(i64, Entry)>, Error> {
        self.call(move |bench| Ok(state::wanted(bench.reader.connection(), &bench.flow.name, most)?)).await
    }

    /// What the flow makes of `entry`. One that takes too long is refused, and its thread abandoned.
    pub(crate) async fn judge(&mut self, entry: &Entry) -> Result<Verdict, Error> {
        let entry = entry.clone();
        let (answer, verdict) = oneshot::channel();
        self.send(Box::new(move |bench| {
            let _ = answer.send(bench.judge(&entry));
        }))
        .await?;
        match tokio::time::timeout(self.tools.time_limit, verdict).await {
            Ok(Ok(verdict)) => verdict,
            // The thread panicked.
            Ok(Err(_)) => {
                self.stop.store(true, Ordering::Relaxed);
                Ok(Verdict::Refuse("the expressions could not be run on it".to_owned()))
            }
            Err(_) => {
                self.stop.store(true, Ordering::Relaxed);
                let limit = self.tools.time_limit;
                Ok(Verdict::Refuse(format!("the expressions took longer than {limit:?}")))
            }
        }
    }

    async fn call<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Bench) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, result) = oneshot::channel();
        self.send(Box::new(move |bench| {
            // A flow that was stopped does not want the answer.
            let _ = answer.send(work(bench));
        }))
        .await?;
        result.await.map_err(|_| Error::Ended("its thread stopped".to_owned()))?
    }

    /// Gives a job to the thread, to a new one if it has ended.
    async fn send(&mut self, job: Job) -> Result<(), Error> {
        if self.stop.load(Ordering::Relaxed) {
            (self.jobs, self.stop) = spawn(&self.tools).await?;
        }
        // The thread has nothing to do when a job comes, for the flow waits for each answer: it fails to take one
        // only when it has ended.
        if let Err(mpsc::TrySendError::Full(job) | mpsc::TrySendError::Disconnected(job)) =
            self.jobs.try_send(job)
        {
            (self.jobs, self.stop) = spawn(&self.tools).await?;
            self.jobs.try_send(job).map_err(|_| Error::Ended("its thread stopped".to_owned()))?;
        }
        Ok(())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Counts a thread for as long as it lives.
struct Living(Arc<AtomicUsize>);

impl Drop for Living {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn spawn(tools: &Tools) -> Result<(mpsc::SyncSender<Job>, Arc<AtomicBool>), Error> {
    let living = tools.threads.load(Ordering::Relaxed);
    if living >= THREADS_MAX {
        return Err(Error::Stuck(living));
    }
    let (jobs, waiting) = mpsc::sync_channel::<Job>(1);
    let (opened, is_open) = oneshot::channel();
    let stop = Arc::new(AtomicBool::new(false));
    let (tools, stopping) = (tools.clone(), Arc::clone(&stop));
    tools.threads.fetch_add(1, Ordering::Relaxed);
    let counted = Living(Arc::clone(&tools.threads));
    std::thread::Builder::new()
        .name(format!("flow {}", tools.flow.name))
        .stack_size(STACK)
        .spawn(move || {
            let _counted = counted;
            match Bench::open(tools, stopping) {
                Ok(bench) => {
                    let _ = opened.send(Ok(()));
                    while let Ok(job) = waiting.recv() {
                        job(&bench);
                    }
                }
                Err(error) => {
                    let _ = opened.send(Err(error));
                }
            }
        })
        .map_err(|error| Error::Start { what: "a thread for a flow", reason: error.to_string() })?;
    is_open.await.map_err(|_| Error::Ended("its thread stopped".to_owned()))??;
    Ok((jobs, stop))
}

impl Bench {
    fn open(tools: Tools, stop: Arc<AtomicBool>) -> Result<Self, Error> {
        let Tools { flow, dir, store, clock, .. } = tools;
        Ok(Bench { flow, reader: Reader::open(&dir)?, store, clock, stop })
    }

    fn judge(&self, entry: &Entry) -> Result<Verdict, Error> {
        if self.flow.once && state::is_delivered(self.reader.connection(), &self.flow.name, entry)? {
            return Ok(Verdict::Skip);
        }
        let record = self.record(entry)?;
        let now = self.clock.now();
        let scope = Scope::new(now, Some(&self.reader), &entry.stream, &entry.key, &self.stop);
        Ok(message::judge(&self.flow, entry, record.as_deref(), &self.store, &scope))
    }

    /// The record's present state; the last one where it is gone.
    fn record(&self, entry: &Entry) -> Result<Option<String>, Error> {
        if let Some(record) = &entry.record {
            return Ok(Some(record.get().to_owned()));
        }
        let present = match stream::named(&entry.stream) {
            Some(stream) => self.reader.record(stream, &entry.key)?,
            None => None,
        };
        match present {
            Some(record) => Ok(Some(record)),
            None => Ok(state::last_record(self.reader.connection(), entry)?),
        }
    }
}
