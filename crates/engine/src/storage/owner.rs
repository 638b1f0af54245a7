//! A thread that owns a database, and the handle through which async code gives it work.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use super::{Error, Inbox, Mirror};

type Job<T> = Box<dyn FnOnce(&mut T) + Send>;

/// Pieces of work that may wait: pages are large, so few.
const WAITING: usize = 2;

/// A cheap handle to the thread that owns a database. It is closed when the last handle is dropped.
pub struct Owner<T> {
    jobs: mpsc::Sender<Job<T>>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// The one writer of the mirror.
pub type Writer = Owner<Mirror>;

/// The inbox, for async code.
pub type InboxOwner = Owner<Inbox>;

impl<T> Clone for Owner<T> {
    fn clone(&self) -> Self {
        Owner { jobs: self.jobs.clone(), thread: Arc::clone(&self.thread) }
    }
}

impl<T: Send + 'static> Owner<T> {
    /// Gives `database` to a thread of its own.
    pub fn start(database: T) -> Result<Owner<T>, Error> {
        let (jobs, mut waiting) = mpsc::channel::<Job<T>>(WAITING);
        let thread = std::thread::Builder::new()
            .name("database".to_owned())
            .spawn(move || {
                let mut database = database;
                while let Some(job) = waiting.blocking_recv() {
                    job(&mut database);
                }
            })
            .map_err(|source| Error::Io { path: "a thread for a database".into(), source })?;
        Ok(Owner { jobs, thread: Arc::new(Mutex::new(Some(thread))) })
    }

    /// Runs `work` on the database after what was given before, and answers its result.
    ///
    /// Once it is under way it is carried out, also when the caller stops waiting.
    pub async fn run<R, F>(&self, work: F) -> Result<R, Error>
    where
        R: Send + 'static,
        F: FnOnce(&mut T) -> Result<R, Error> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let job: Job<T> = Box::new(move |database| {
            // A caller that has stopped waiting does not want the answer.
            let _ = answer.send(work(database));
        });
        self.jobs.send(job).await.map_err(|_| Error::Stopped)?;
        result.await.map_err(|_| Error::Stopped)?
    }

    /// Waits until the database is closed; other handles must be dropped, or be about to be.
    pub async fn close(self) {
        let Owner { jobs, thread } = self;
        drop(jobs);
        let thread = thread.lock().ok().and_then(|mut thread| thread.take());
        if let Some(thread) = thread {
            // The thread only ends: a panic in it was reported when it happened.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}
