//! The writer: the one thread that owns the mirror, and the handle through which async code gives it work.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use super::{Error, Mirror};

type Job = Box<dyn FnOnce(&mut Mirror) + Send>;

/// Pieces of work that may wait: pages are large, so few.
const WAITING: usize = 2;

/// A cheap handle to the thread that owns the mirror. The mirror is closed when the last handle is dropped.
#[derive(Clone)]
pub struct Writer {
    jobs: mpsc::Sender<Job>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Writer {
    /// Gives `mirror` to a thread of its own.
    pub fn start(mirror: Mirror) -> Result<Writer, Error> {
        let (jobs, mut waiting) = mpsc::channel::<Job>(WAITING);
        let thread = std::thread::Builder::new()
            .name("mirror".to_owned())
            .spawn(move || {
                let mut mirror = mirror;
                while let Some(job) = waiting.blocking_recv() {
                    job(&mut mirror);
                }
            })
            .map_err(|source| Error::Io { path: "mirror thread".into(), source })?;
        Ok(Writer { jobs, thread: Arc::new(Mutex::new(Some(thread))) })
    }

    /// Runs `work` on the mirror after what was given before, and answers its result.
    ///
    /// Once it is under way it is carried out, also when the caller stops waiting.
    pub async fn run<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Mirror) -> Result<T, Error> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let job: Job = Box::new(move |mirror| {
            // A caller that has stopped waiting does not want the answer.
            let _ = answer.send(work(mirror));
        });
        self.jobs.send(job).await.map_err(|_| Error::Stopped)?;
        result.await.map_err(|_| Error::Stopped)?
    }

    /// Waits until the mirror is closed; other handles must be dropped, or be about to be.
    pub async fn close(self) {
        let Writer { jobs, thread } = self;
        drop(jobs);
        let thread = thread.lock().ok().and_then(|mut thread| thread.take());
        if let Some(thread) = thread {
            // The thread only ends: a panic in it was reported when it happened.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}
