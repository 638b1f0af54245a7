//! The flows that run: [`Options`] → [`Service::run`] → [`Handle`].

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use baxter_engine::model::clock::{Clock, SystemClock};
use baxter_engine::storage::{Reader, Writer};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::dead_letter::{self, DeadLetter, Which};
use crate::destination::file::{Disk, LocalDisk};
use crate::flow::Flow;
use crate::pump::{self, Setting};
use crate::status::{FlowStatus, Status};
use crate::{Error, state};

/// What the flows work with.
#[derive(Clone)]
pub struct Options {
    /// The flows, as [`load`](crate::flow::load) reads them.
    pub flows: Vec<Flow>,
    /// The store's hash, which idempotency keys begin with.
    pub store: String,
    /// The data directory, for reading.
    pub dir: PathBuf,
    /// The mirror's writer.
    pub writer: Writer,
    /// Told when the change log has grown.
    pub grown: watch::Receiver<u64>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where files are written.
    pub disk: Arc<dyn Disk>,
    /// How long the expressions may take for one message.
    pub time_limit: Duration,
    /// How often is looked without being told.
    pub poll: Duration,
}

impl Options {
    /// Options with the machine's clock and disk, five seconds for a message and a look each second.
    pub fn new(
        flows: Vec<Flow>,
        store: String,
        dir: PathBuf,
        writer: Writer,
        grown: watch::Receiver<u64>,
    ) -> Self {
        Options {
            flows,
            store,
            dir,
            writer,
            grown,
            clock: Arc::new(SystemClock),
            disk: Arc::new(LocalDisk),
            time_limit: Duration::from_secs(5),
            poll: Duration::from_secs(1),
        }
    }
}

/// The flows, before they run.
pub struct Service {
    options: Options,
    statuses: Arc<Vec<Arc<Status>>>,
    nudge: Arc<watch::Sender<u64>>,
    reader: Arc<Mutex<Option<Reader>>>,
}

impl Service {
    /// Makes ready what [`run`](Service::run) carries out.
    pub fn new(options: Options) -> Self {
        let statuses = options.flows.iter().map(|flow| Arc::new(Status::new(&flow.name))).collect();
        let (nudge, _) = watch::channel(0);
        Service {
            options,
            statuses: Arc::new(statuses),
            nudge: Arc::new(nudge),
            reader: Arc::new(Mutex::new(None)),
        }
    }

    /// A handle for others.
    pub fn handle(&self) -> Handle {
        Handle {
            statuses: Arc::clone(&self.statuses),
            nudge: Arc::clone(&self.nudge),
            reader: Arc::clone(&self.reader),
            dir: self.options.dir.clone(),
            writer: self.options.writer.clone(),
        }
    }

    /// Runs every flow in a task of its own until `cancel` fires.
    pub async fn run(self, cancel: CancellationToken) -> Result<(), Error> {
        let Options { flows, store, dir, writer, grown, clock, disk, time_limit, poll } = self.options;
        state::prepare(&writer).await?;
        let store: Arc<str> = store.into();
        let mut tasks = JoinSet::new();
        for (flow, status) in flows.into_iter().zip(self.statuses.iter()) {
            let setting = Setting {
                flow: Arc::new(flow),
                store: Arc::clone(&store),
                dir: dir.clone(),
                writer: writer.clone(),
                clock: Arc::clone(&clock),
                disk: Arc::clone(&disk),
                time_limit,
                poll,
                grown: grown.clone(),
                nudged: self.nudge.subscribe(),
                status: Arc::clone(status),
            };
            tasks.spawn(pump::run(setting, cancel.child_token()));
        }
        drop((writer, self.nudge));
        while let Some(ended) = tasks.join_next().await {
            ended.map_err(|error| Error::Ended(error.to_string()))??;
        }
        Ok(())
    }
}

/// A cheap handle to flows that run.
#[derive(Clone)]
pub struct Handle {
    statuses: Arc<Vec<Arc<Status>>>,
    nudge: Arc<watch::Sender<u64>>,
    reader: Arc<Mutex<Option<Reader>>>,
    dir: PathBuf,
    writer: Writer,
}

impl Handle {
    /// How each flow is doing.
    pub async fn status(&self) -> Result<Vec<FlowStatus>, Error> {
        let last = self.last_seq().await?;
        let lagging = |status: &Arc<Status>| {
            let status = status.get();
            FlowStatus { lag: last.saturating_sub(status.cursor).max(0).unsigned_abs(), ..status }
        };
        Ok(self.statuses.iter().map(lagging).collect())
    }

    /// Whether every flow has settled every entry of the change log, and none has a message under way or waiting to
    /// be tried again. Dead letters wait for a person and are settled.
    pub async fn is_settled(&self) -> Result<bool, Error> {
        let statuses = self.status().await?;
        Ok(statuses.iter().all(|status| status.begun && status.lag == 0 && status.open == 0))
    }

    /// Dead letters, oldest first.
    pub async fn dead_letters(&self, which: Which, most: u32) -> Result<Vec<DeadLetter>, Error> {
        let dir = self.dir.clone();
        let listing = tokio::task::spawn_blocking(move || dead_letter::list(&dir, &which, most));
        Ok(listing.await.map_err(|error| Error::Ended(error.to_string()))??)
    }

    /// Has dead letters tried again; answers how many.
    pub async fn retry_dead_letters(&self, which: Which) -> Result<u64, Error> {
        let work = move |transaction: &rusqlite::Transaction| dead_letter::retry(transaction, &which);
        let count = self.writer.run(move |mirror| mirror.transaction(work)).await?;
        self.nudge.send_modify(|times| *times += 1);
        Ok(count)
    }

    /// Drops dead letters; answers how many.
    pub async fn drop_dead_letters(&self, which: Which) -> Result<u64, Error> {
        let work = move |transaction: &rusqlite::Transaction| dead_letter::remove(transaction, &which);
        Ok(self.writer.run(move |mirror| mirror.transaction(work)).await?)
    }

    async fn last_seq(&self) -> Result<i64, Error> {
        let (reader, dir) = (Arc::clone(&self.reader), self.dir.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let mut reader = reader.lock().map_err(|error| Error::Ended(error.to_string()))?;
            let opened = match reader.take() {
                Some(opened) => opened,
                None => Reader::open(&dir)?,
            };
            let last = opened.last_seq()?;
            *reader = Some(opened);
            Ok(last)
        });
        reading.await.map_err(|error| Error::Ended(error.to_string()))?
    }
}
