//! Webhooks: hooks as clients manage them, the events of every change, and their delivery.
//!
//! [`event::of`] reads the events of a request off the data's journal, [`Queue::publish`] makes a
//! delivery for each hook that is for them, and [`run`] makes the deliveries, with signatures, the
//! retry schedule, blocks and the faults asked for. Everything that waits is in memory: a store that
//! ends forgets it.
//!
//! A new hook counts at once. Deliveries begin in the order of their events, up to eight at a time for
//! one destination, so that they may overtake each other by a little, as real ones do.
//! `POST /_sim/reset` forgets hooks, waiting deliveries and counters.

mod admin;
mod carts;
mod catalog;
mod deliver;
mod event;
mod faults;
mod hook;
mod lane;
mod log;
mod queue;
mod retry;
mod scope;
mod stock;
#[cfg(test)]
mod tests;
mod trigger;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

pub(crate) use admin::{read as admin, write as set_admin};
pub(crate) use deliver::client;
pub(crate) use event::{Event, of as events};
pub(crate) use faults::Faults;
pub(crate) use hook::{active, delete, forget, one, own, prepare, switch_off, update};
pub(crate) use queue::{Numbers, Queue};
pub(crate) use trigger::made_up;

use log::Sent;
use queue::Job;

/// Makes deliveries for ever; `switch_off` is told the hooks that are to get nothing any more.
pub(crate) async fn run(queue: Arc<Queue>, switch_off: impl Fn(i64)) {
    let mut under_way: JoinSet<(Job, Sent)> = JoinSet::new();
    let mut pushed = queue.clock().watch();
    // Made with the first delivery: a store without hooks need not read the system's certificates.
    let mut client = None;
    loop {
        let now = queue.now();
        let taken = queue.take(now);
        for hook in taken.exhausted {
            switch_off(hook);
        }
        for job in taken.jobs {
            if client.is_none() {
                client =
                    deliver::client().inspect_err(|error| tracing::error!(%error, "cannot deliver")).ok();
            }
            let (client, queue) = (client.clone(), queue.clone());
            under_way.spawn(async move {
                let sent = attempt(client.as_ref(), &queue, &job).await;
                (job, sent)
            });
        }
        let wakes = async {
            match taken.wakes {
                Some(at) => tokio::time::sleep(at.saturating_duration_since(now)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(done) = under_way.join_next() => {
                let (job, sent) = match done {
                    Ok(done) => done,
                    Err(error) => {
                        tracing::error!(%error, "a delivery was lost");
                        continue;
                    }
                };
                if let Some(hook) = queue.settle(job, &sent, queue.now()) {
                    switch_off(hook);
                }
            }
            () = queue.stirred() => {}
            () = wakes => {}
            // The queue has the clock, so its other end is there.
            Ok(()) = pushed.changed() => {}
        }
    }
}

async fn attempt(client: Option<&reqwest::Client>, queue: &Queue, job: &Job) -> Sent {
    let hook = &job.hook;
    // Receivers judge the age of a signature by their own clocks, so it is the real time, however far
    // the store's clock was pushed.
    let now = jiff::Timestamp::now().as_second();
    let sent = match (client, queue.secret(&hook.client)) {
        (Some(client), Some(secret)) => deliver::send(client, &secret, job, now).await,
        (_, secret) => {
            let reason = if secret.is_none() { "the client is gone" } else { "there is no HTTP client" };
            let reason = Some(reason.to_owned());
            Sent { well: false, at: now, status: None, reason, took: Duration::ZERO }
        }
    };
    if let Some(reason) = &sent.reason {
        tracing::debug!(hook = hook.id, destination = hook.origin, reason, "a delivery failed");
    }
    sent
}
