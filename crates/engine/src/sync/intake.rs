//! Intake: events go into the inbox, many in one commit, and are answered only when they are there.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::model::clock::Clock;
use crate::model::event::Event;
use crate::storage::{self, InboxOwner, Received};

/// Events that go into one commit at most, and that may wait for one.
const AT_ONCE: usize = 256;

type Waiting = (Event, oneshot::Sender<Received>);

/// Takes events in; cheap to clone.
#[derive(Clone)]
pub struct Intake {
    events: mpsc::Sender<Waiting>,
}

/// The part that commits what is taken in.
pub struct IntakeService {
    waiting: mpsc::Receiver<Waiting>,
    inbox: InboxOwner,
    clock: Arc<dyn Clock>,
    arrived: Arc<Notify>,
}

impl IntakeService {
    /// An intake into `inbox`; `arrived` is told when something new is there.
    pub fn new(inbox: InboxOwner, clock: Arc<dyn Clock>, arrived: Arc<Notify>) -> (IntakeService, Intake) {
        let (events, waiting) = mpsc::channel(AT_ONCE);
        (IntakeService { waiting, inbox, clock, arrived }, Intake { events })
    }

    /// Commits events until `cancel` fires; those that already wait are committed before it ends.
    ///
    /// Fails when the inbox cannot be written: no event is answered then.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<(), storage::Error> {
        loop {
            let mut batch = Vec::new();
            let open = tokio::select! {
                biased;
                more = self.waiting.recv_many(&mut batch, AT_ONCE) => more > 0,
                () = cancel.cancelled() => false,
            };
            if !open {
                return Ok(());
            }
            let (events, answers): (Vec<Event>, Vec<oneshot::Sender<Received>>) = batch.into_iter().unzip();
            let at = self.clock.now();
            let received = self.inbox.run(move |inbox| inbox.receive(&events, at)).await?;
            for (answer, received) in answers.into_iter().zip(received) {
                // A sender that went away does not hear that its event is safe, and will send it again.
                let _ = answer.send(received);
            }
            self.arrived.notify_one();
        }
    }
}

impl Intake {
    /// Takes `event` in. When this answers, the event survives a crash or a loss of power; without an answer it
    /// may be lost and must not be acknowledged.
    pub async fn receive(&self, event: Event) -> Option<Received> {
        let (answer, received) = oneshot::channel();
        self.events.send((event, answer)).await.ok()?;
        received.await.ok()
    }
}
