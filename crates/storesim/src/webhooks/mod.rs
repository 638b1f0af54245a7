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

mod catalog;
mod deliver;
mod event;
mod faults;
mod hook;
mod lane;
mod queue;
mod retry;
mod scope;
mod stock;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

pub(crate) use event::of as events;
pub(crate) use faults::Faults;
pub(crate) use hook::{active, delete, one, own, prepare, switch_off, update};
pub(crate) use queue::{Numbers, Queue};

use queue::Job;

/// Makes deliveries for ever; `switch_off` is told the hooks whose last attempt failed.
pub(crate) async fn run(queue: Arc<Queue>, switch_off: impl Fn(i64)) {
    let mut under_way: JoinSet<(Job, bool)> = JoinSet::new();
    // Made with the first delivery: a store without hooks need not read the system's certificates.
    let mut client = None;
    loop {
        let taken = queue.take(Instant::now());
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
                let well = attempt(client.as_ref(), &queue, &job).await;
                (job, well)
            });
        }
        let wakes = async {
            match taken.wakes {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(done) = under_way.join_next() => {
                let (job, well) = match done {
                    Ok(done) => done,
                    Err(error) => {
                        tracing::error!(%error, "a delivery was lost");
                        continue;
                    }
                };
                if let Some(hook) = queue.settle(job, well, Instant::now()) {
                    switch_off(hook);
                }
            }
            () = queue.stirred() => {}
            () = wakes => {}
        }
    }
}

async fn attempt(client: Option<&reqwest::Client>, queue: &Queue, job: &Job) -> bool {
    let Some(client) = client else { return false };
    let hook = &job.hook;
    // Receivers judge the age of a signature by their own clocks, so it is the real time, however far
    // the store's clock was pushed.
    let now = jiff::Timestamp::now().as_second();
    let sent = deliver::send(client, queue.identity(), &hook.destination, &hook.headers, job.message(), now);
    match sent.await {
        Ok(()) => true,
        Err(reason) => {
            tracing::debug!(hook = hook.id, destination = hook.origin, reason, "a delivery failed");
            false
        }
    }
}
