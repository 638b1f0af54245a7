//! All that `baxter serve` runs, put together: intake, events, polling, routes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use baxter_engine::model::clock::{Clock, SystemClock};
use baxter_engine::model::stream::Stream;
use baxter_engine::storage::{self, Inbox, InboxOwner, Mirror, Owner, Reader, Writer};
use baxter_engine::sync::{Error, IntakeService, Live, Observer, Rhythm, Unsettled};
use baxter_flows::{Flow, FlowStatus, Handle};
use baxter_server::intake::Gate;
use baxter_server::listen::{self, Probe};
use baxter_server::telemetry::{self, State};
use bigcommerce::Client;
use bigcommerce::webhook::Verifier;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::failure::client::Asked;
use crate::failure::{Code, Failure, mirror};

/// What a daemon works with.
pub struct Options {
    /// The way to the store.
    pub client: Client,
    /// Where its databases are.
    pub data_dir: PathBuf,
    /// The streams that are kept up to date.
    pub streams: Vec<&'static Stream>,
    /// How often is looked.
    pub rhythm: Rhythm,
    /// What notifications are signed with; without it none are taken.
    pub client_secret: Option<String>,
    /// Where the routes are.
    pub listener: TcpListener,
    /// The flows that run.
    pub flows: Vec<Flow>,
    /// Who is told how it goes on.
    pub observer: Arc<dyn Observer>,
    /// Done once the data directory is the daemon's own and its port is open.
    pub ready: Box<dyn FnOnce() -> Result<(), Failure> + Send + Sync>,
}

/// How long the parts may take to end in order.
const ENDING: Duration = Duration::from_secs(20);

/// How long the databases may take to close after that.
const CLOSING: Duration = Duration::from_secs(2);

/// Runs until `stop` fires, or a part cannot go on.
pub async fn run(options: Options, asked: &Asked<'_>, stop: CancellationToken) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (writer, inbox) = open(&options).await?;
    (options.ready)()?;
    let arrived = Arc::new(Notify::new());
    let (grown, growth) = watch::channel(0);
    let store_hash = options.client.store().to_string();
    let has_flows = !options.flows.is_empty();
    let flows = baxter_flows::Service::new(baxter_flows::Options::new(
        options.flows,
        store_hash.clone(),
        options.data_dir.clone(),
        writer.clone(),
        growth,
    ));
    let handle = flows.handle();

    let metrics = baxter_server::telemetry::install()
        .map_err(|error| Failure::new(Code::Internal, format!("metrics cannot be collected: {error}")))?;
    let (intake_service, intake) =
        IntakeService::new(inbox.clone(), Arc::clone(&clock), Arc::clone(&arrived));
    let gate = options.client_secret.as_ref().map(|secret| Gate {
        intake,
        verifier: Arc::new(Verifier::new(secret.clone())),
        store_hash,
        clock: Arc::clone(&clock),
    });
    let probe = probe(options.client.clone(), inbox.clone(), options.data_dir.clone(), handle.clone());
    let live = Live {
        client: options.client,
        writer: writer.clone(),
        inbox: inbox.clone(),
        streams: options.streams,
        rhythm: options.rhythm,
        clock,
        observer: options.observer,
        arrived,
        grown,
        unsettled: unsettled(handle),
    };

    let mut parts = JoinSet::new();
    // The routes end first, so that whatever was acknowledged is in the inbox when intake ends.
    let listening = stop.child_token();
    let serving = listen::serve(options.listener, listen::router(gate, probe, metrics), listening);
    parts.spawn(async move { serving.await.map_err(|error| Ended::Listener(error.to_string())) });
    let intake_stop = stop.child_token();
    parts.spawn(
        async move { intake_service.run(intake_stop).await.map_err(|error| Ended::Sync(error.into())) },
    );
    let live_stop = stop.child_token();
    parts.spawn(async move { live.run(live_stop).await.map_err(Ended::Sync) });
    if has_flows {
        let flows_stop = stop.child_token();
        parts.spawn(
            async move { flows.run(flows_stop).await.map_err(|error| Ended::Flows(error.to_string())) },
        );
    }

    let result = wait(&mut parts, &stop, asked).await;
    parts.shutdown().await;
    let closing = async {
        writer.close().await;
        inbox.close().await;
    };
    // A client that never ends its request keeps a route, and with it a handle; what was committed is safe.
    if tokio::time::timeout(CLOSING, closing).await.is_err() {
        tracing::warn!("a connection is still open; the databases are closed with the process");
    }
    result
}

/// Why a part ended by itself.
enum Ended {
    Listener(String),
    Sync(Error),
    Flows(String),
}

async fn open(options: &Options) -> Result<(Writer, InboxOwner), Failure> {
    let (dir, hash) = (options.data_dir.clone(), options.client.store().to_string());
    let opened = tokio::task::spawn_blocking(move || -> Result<(Mirror, Inbox), storage::Error> {
        Ok((Mirror::open(&dir, &hash)?, Inbox::open(&dir)?))
    });
    let (mirror, inbox) =
        opened.await.map_err(|error| crate::cli::ended(&error))?.map_err(|error| mirror::failure(&error))?;
    let start = |error: storage::Error| mirror::failure(&error);
    Ok((Owner::start(mirror).map_err(start)?, Owner::start(inbox).map_err(start)?))
}

/// Waits until the daemon is told to stop or a part ends, then until all have ended.
async fn wait(
    parts: &mut JoinSet<Result<(), Ended>>,
    stop: &CancellationToken,
    asked: &Asked<'_>,
) -> Result<(), Failure> {
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
            Some(Ok(Err(Ended::Sync(error)))) => Some(mirror::sync_failure(&error, asked)),
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

/// What flows have still to settle; a flow that cannot be asked is not settled.
fn unsettled(flows: Handle) -> Unsettled {
    Arc::new(move || {
        let flows = flows.clone();
        Box::pin(async move {
            match flows.status().await {
                Ok(statuses) => statuses.iter().map(|flow| flow.lag.max(flow.open)).sum(),
                Err(_) => 1,
            }
        })
    })
}

fn probe(client: Client, inbox: InboxOwner, data_dir: PathBuf, flows: Handle) -> Probe {
    Arc::new(move || {
        let (client, inbox, data_dir, flows) =
            (client.clone(), inbox.clone(), data_dir.clone(), flows.clone());
        Box::pin(async move {
            let counts = inbox.run(|inbox| inbox.counts()).await.map_err(|error| error.to_string())?;
            let seq = tokio::task::spawn_blocking(move || Reader::open(&data_dir)?.last_seq());
            let seq = seq.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
            let stats = client.stats();
            let flows = flows.status().await.map_err(|error| error.to_string())?;
            Ok(State {
                pending: counts.pending,
                events: counts.events,
                duplicates: counts.duplicates,
                seq,
                quota: client.quota().map(|quota| (u64::from(quota.left), u64::from(quota.limit))),
                requests: stats.requests,
                throttled: stats.throttled,
                flows: flows.into_iter().map(flow).collect(),
            })
        })
    })
}

fn flow(status: FlowStatus) -> telemetry::Flow {
    let FlowStatus { name, lag, delivered, failed, dead, .. } = status;
    telemetry::Flow { name, lag, delivered, failed, dead }
}
