//! All that `baxter serve` runs, put together: the stores it keeps up to date, and the routes.

mod store;

use std::sync::Arc;
use std::time::Duration;

use baxter_engine::sync::Error;
use baxter_server::connections::{self, Limits};
use baxter_server::listen::{self, Probe};
use baxter_server::telemetry::Metrics;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use store::Options as StoreOptions;
use store::{Store, Watch};

use crate::failure::client::AskedOf;
use crate::failure::{Code, Failure, mirror};

/// Where a daemon answers requests, and what it counts there.
#[derive(Clone)]
pub struct Door {
    /// Where the routes are.
    pub listener: Arc<TcpListener>,
    /// What connections are encrypted with, if they are.
    pub tls: Option<Arc<ServerConfig>>,
    /// Where metrics are collected.
    pub metrics: Metrics,
}

/// Stores whose data directories are ours, and the door to them.
pub struct Daemon {
    stores: Vec<Store>,
    door: Door,
}

/// How long the parts may take to end in order.
const ENDING: Duration = Duration::from_secs(20);

/// How long the databases may take to close after that.
const CLOSING: Duration = Duration::from_secs(2);

/// Between two tidyings of what was measured, so that it does not grow when nobody reads it.
const TIDYING: Duration = Duration::from_secs(5);

/// Begins to collect metrics, once in a process.
pub fn metrics() -> Result<Metrics, Failure> {
    let metrics = baxter_server::telemetry::install()
        .map_err(|error| Failure::new(Code::Internal, format!("metrics cannot be collected: {error}")))?;
    let tidied = metrics.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(TIDYING).await;
            tidied.run_upkeep();
        }
    });
    Ok(metrics)
}

impl Daemon {
    /// Takes the data directories of all stores and opens their databases.
    pub async fn open(stores: Vec<StoreOptions>, door: Door) -> Result<Daemon, Failure> {
        let mut opened = Vec::new();
        for store in stores {
            match Store::open(store).await {
                Ok(store) => opened.push(store),
                Err(failure) => {
                    // The directories are free again before anybody else is told that they could not all be taken.
                    let close = |store: Store| store.into_databases().close();
                    futures::future::join_all(opened.into_iter().map(close)).await;
                    return Err(failure);
                }
            }
        }
        Ok(Daemon { stores: opened, door })
    }

    /// Runs until `stop` fires, or a part cannot go on.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Failure> {
        let Daemon { stores, door } = self;
        let gates = stores.iter().filter_map(Store::gate).collect();
        let router = listen::router(gates, probe(stores.iter().map(Store::watch).collect()), door.metrics);

        let mut parts = JoinSet::new();
        // The routes end first, so that whatever was acknowledged is in the inbox when intake ends.
        let (listener, tls, listening) = (door.listener, door.tls, stop.child_token());
        parts.spawn(async move {
            let serving = connections::serve(&listener, tls, router, Limits::default(), listening);
            serving.await.map_err(|error| Ended::Listener(error.to_string()))
        });
        let databases: Vec<_> = stores.into_iter().map(|store| store.start(&mut parts, &stop)).collect();

        let result = wait(&mut parts, &stop).await;
        parts.shutdown().await;
        let closing = async {
            for databases in databases {
                databases.close().await;
            }
        };
        // A client that never ends its request keeps a route, and with it a handle; what was committed is safe.
        if tokio::time::timeout(CLOSING, closing).await.is_err() {
            tracing::warn!("a connection is still open; the databases are closed with the process");
        }
        result
    }
}

/// Why a part ended by itself.
enum Ended {
    Listener(String),
    Sync(Error, AskedOf),
    Flows(String),
}

/// Waits until the daemon is told to stop or a part ends, then until all have ended.
async fn wait(parts: &mut JoinSet<Result<(), Ended>>, stop: &CancellationToken) -> Result<(), Failure> {
    let mut result = Ok(());
    let mut ending = std::pin::pin!(async {
        stop.cancelled().await;
        tokio::time::sleep(ENDING).await;
    });
    loop {
        let ended = tokio::select! {
            ended = parts.join_next() => ended,
            () = &mut ending => return result,
        };
        let failed = match ended {
            None => return result,
            Some(Ok(Ok(()))) => None,
            Some(Ok(Err(Ended::Listener(error)))) => {
                Some(Failure::new(Code::Network, format!("the listener failed: {error}")))
            }
            Some(Ok(Err(Ended::Flows(error)))) => {
                Some(Failure::new(Code::Flow, format!("the flows cannot go on: {error}")))
            }
            Some(Ok(Err(Ended::Sync(error, asked)))) => Some(mirror::sync_failure(&error, &asked.asked())),
            Some(Err(error)) => Some(crate::cli::ended(&error)),
        };
        if let Some(failure) = failed
            && result.is_ok()
        {
            result = Err(failure);
        }
        stop.cancel();
    }
}

/// Reads the state of all stores, when somebody asks for it.
fn probe(watches: Vec<Watch>) -> Probe {
    let watches: Arc<[Watch]> = watches.into();
    Arc::new(move || {
        let watches = Arc::clone(&watches);
        Box::pin(async move { futures::future::join_all(watches.iter().map(Watch::state)).await })
    })
}
