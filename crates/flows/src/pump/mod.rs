//! Pumps: what carries a flow's messages from the change log to its destination, one task each.
//!
//! [`file`] goes in order and commits batches; [`http`] has several messages under way. Both move the flow's cursor
//! only together with what else a step changes.

mod file;
mod http;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use baxter_engine::model::clock::Clock;
use baxter_engine::storage::{self, Writer};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::destination::file::Disk;
use crate::flow::{Destination, Flow};
use crate::state::{self, Step};
use crate::status::Status;
use crate::worker::{Tools, Worker};

/// Entries read at a time.
const READ_MOST: u32 = 256;
/// Dead letters tried again at a time.
const WANTED_MOST: u32 = 32;
/// The longest pause after an error of the flow as a whole.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// What a pump works with.
#[derive(Clone)]
pub(crate) struct Setting {
    pub flow: Arc<Flow>,
    pub store: Arc<str>,
    pub dir: PathBuf,
    pub writer: Writer,
    pub clock: Arc<dyn Clock>,
    pub disk: Arc<dyn Disk>,
    pub time_limit: Duration,
    pub poll: Duration,
    pub grown: watch::Receiver<u64>,
    pub nudged: watch::Receiver<u64>,
    pub status: Arc<Status>,
}

/// Runs one flow until it is cancelled. An error of the flow as a whole is tried again after a pause, from what was
/// committed.
pub(crate) async fn run(setting: Setting, cancel: CancellationToken) -> Result<(), Error> {
    let mut pause = Duration::from_secs(1);
    let threads = Arc::new(AtomicUsize::new(0));
    loop {
        let error = match once(&setting, &threads, &cancel).await {
            Ok(()) => return Ok(()),
            Err(Error::Storage(storage::Error::Stopped)) if cancel.is_cancelled() => return Ok(()),
            Err(error @ Error::Storage(storage::Error::Stopped)) => return Err(error),
            Err(error) => error,
        };
        tracing::error!(flow = setting.flow.name, %error, "the flow pauses");
        setting.status.failing(error.to_string());
        tokio::select! {
            () = cancel.cancelled() => return Ok(()),
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSE_MAX),
        }
    }
}

async fn once(
    setting: &Setting,
    threads: &Arc<AtomicUsize>,
    cancel: &CancellationToken,
) -> Result<(), Error> {
    let flow = &setting.flow;
    let cursor = state::cursor(&setting.writer, flow.name.clone(), flow.start).await?;
    let dead = setting.commit(Step::default()).await?;
    setting.status.begins(cursor, dead);
    let worker = Worker::start(Tools {
        flow: Arc::clone(flow),
        dir: setting.dir.clone(),
        store: Arc::clone(&setting.store),
        clock: Arc::clone(&setting.clock),
        time_limit: setting.time_limit,
        threads: Arc::clone(threads),
    })
    .await?;
    match &flow.to {
        Destination::File(config) => file::run(setting.clone(), config, worker, cursor, cancel).await,
        Destination::Http(config) => http::run(setting.clone(), config, worker, cursor, cancel).await,
    }
}

impl Setting {
    /// Commits a step; answers how many dead letters there are then.
    async fn commit(&self, step: Step) -> Result<u64, Error> {
        state::commit(&self.writer, self.flow.name.clone(), self.clock.now(), step).await
    }

    /// Waits until there may be something to do: the log grew, a person asked, or some time passed.
    async fn idle(&mut self) {
        tokio::select! {
            () = changed(&mut self.grown) => {}
            () = changed(&mut self.nudged) => {}
            () = tokio::time::sleep(self.poll) => {}
        }
    }
}

/// Waits for a new value; for ever when nobody can give one any more.
async fn changed(values: &mut watch::Receiver<u64>) {
    if values.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
