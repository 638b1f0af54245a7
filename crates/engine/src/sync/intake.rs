//! Intake: events go into the inbox, many in one commit, and are answered only when they are there.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::model::clock::Clock;
use crate::model::event::Event;
use crate::storage::{self, InboxOwner, Received};

/// Events that go into one commit at most.
const AT_ONCE: usize = 256;

/// Events that may wait for a commit; more are refused, so that whoever sends them keeps them.
const WAITING: usize = 1024;

/// Between two looks whether an inbox that could not be written can be written again.
const LOOK: Duration = Duration::from_secs(1);

type Waiting = (Event, oneshot::Sender<Received>);

/// Takes events in; cheap to clone.
#[derive(Clone)]
pub struct Intake {
    events: mpsc::Sender<Waiting>,
    trouble: watch::Receiver<Option<String>>,
}

/// Why an event was not taken in. It must not be acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Too many others wait already.
    #[error("too many events wait to be written")]
    Busy,
    /// The inbox cannot be written.
    #[error("the inbox cannot be written")]
    Unwritable,
}

/// The part that commits what is taken in.
pub struct IntakeService {
    waiting: mpsc::Receiver<Waiting>,
    inbox: InboxOwner,
    clock: Arc<dyn Clock>,
    arrived: Arc<Notify>,
    trouble: watch::Sender<Option<String>>,
}

impl IntakeService {
    /// An intake into `inbox`; `arrived` is told when something new is there.
    pub fn new(inbox: InboxOwner, clock: Arc<dyn Clock>, arrived: Arc<Notify>) -> (IntakeService, Intake) {
        let (events, waiting) = mpsc::channel(WAITING);
        let (tell_trouble, trouble) = watch::channel(None);
        let service = IntakeService { waiting, inbox, clock, arrived, trouble: tell_trouble };
        (service, Intake { events, trouble })
    }

    /// Commits events until `cancel` fires; those that already wait are committed before it ends.
    ///
    /// While the inbox cannot be written, no event is answered; it goes on as soon as it can be written again. Fails
    /// when the inbox is closed.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<(), storage::Error> {
        loop {
            let mut batch = Vec::new();
            let troubled = self.trouble.borrow().is_some();
            let open = tokio::select! {
                biased;
                more = self.waiting.recv_many(&mut batch, AT_ONCE) => more > 0,
                () = cancel.cancelled() => false,
                () = tokio::time::sleep(LOOK), if troubled => true,
            };
            if !open {
                return Ok(());
            }
            let (events, answers): (Vec<Event>, Vec<oneshot::Sender<Received>>) = batch.into_iter().unzip();
            let at = self.clock.now();
            let written = match events.is_empty() {
                true => self.inbox.run(|inbox| inbox.check_writable().map(|()| Vec::new())).await,
                false => self.inbox.run(move |inbox| inbox.receive(&events, at)).await,
            };
            let received = match written {
                Ok(received) => received,
                Err(storage::Error::Stopped) => return Err(storage::Error::Stopped),
                Err(error) => {
                    // Dropping the answers tells those who wait that their events are not safe.
                    self.note_trouble(Some(error.to_string()));
                    continue;
                }
            };
            self.note_trouble(None);
            for (answer, received) in answers.into_iter().zip(received) {
                // A sender that went away does not hear that its event is safe, and will send it again.
                let _ = answer.send(received);
            }
            self.arrived.notify_one();
        }
    }

    fn note_trouble(&self, new: Option<String>) {
        self.trouble.send_if_modified(|known| {
            match (&known, &new) {
                (None, Some(error)) => {
                    tracing::error!(error, "the inbox cannot be written: events are refused until it can");
                }
                (Some(_), None) => tracing::warn!("the inbox can be written again"),
                _ => {}
            }
            let differs = *known != new;
            *known = new;
            differs
        });
    }
}

impl Intake {
    /// Takes `event` in. When this succeeds, the event survives a crash or a loss of power; otherwise it may be lost
    /// and must not be acknowledged.
    pub async fn receive(&self, event: Event) -> Result<Received, Refused> {
        let (answer, received) = oneshot::channel();
        self.events.try_send((event, answer)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Refused::Busy,
            mpsc::error::TrySendError::Closed(_) => Refused::Unwritable,
        })?;
        received.await.map_err(|_| Refused::Unwritable)
    }

    /// How many events wait to be written.
    pub fn waiting(&self) -> usize {
        self.events.max_capacity() - self.events.capacity()
    }

    /// Why the inbox cannot be written at the moment, if it cannot.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.borrow().clone()
    }
}
