//! What keeps one store's mirror up to date: intake, settling and polling, flows; and how all of them are.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baxter_engine::model::clock::{Clock, StoreClock};
use baxter_engine::model::stream::{Stream, all};
use baxter_engine::storage::{self, InboxOwner, Lags, Outcome, Reader, Registered, Writer};
use baxter_engine::sync::{Intake, IntakeService, Live, Observer, Rhythm, Trouble, Unsettled};
use baxter_flows::{Flow, FlowStatus, Handle};
use baxter_server::intake::Gate;
use baxter_server::telemetry::{self, State};
use bigcommerce::webhook::Verifier;
use bigcommerce::{Client, Priority, RouteStats};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Ended;
use crate::databases;
use crate::failure::client::AskedOf;
use crate::failure::{Failure, mirror};
use crate::retention;

/// What one store is served with.
#[derive(Clone)]
pub struct Options {
    /// The way to the store.
    pub client: Client,
    /// Where its databases are.
    pub data_dir: PathBuf,
    /// How long entries of the change log are kept, if not for ever.
    pub log_retention: Option<Duration>,
    /// The streams that are kept up to date.
    pub streams: Vec<&'static Stream>,
    /// How often is looked.
    pub rhythm: Rhythm,
    /// Where the store is to send its notifications, if its hooks are to be kept.
    pub destination: Option<String>,
    /// Seconds by which the machine's clock is taken to be ahead of what it says.
    pub clock_offset: i64,
    /// What notifications are signed with; without it none are taken.
    pub client_secret: Option<String>,
    /// The flows that run.
    pub flows: Vec<Flow>,
    /// Who is told how it goes on.
    pub observer: Arc<dyn Observer>,
    /// What words about failed requests need.
    pub asked: AskedOf,
}

/// A store whose data directory is ours.
pub(super) struct Store {
    writer: Writer,
    inbox: InboxOwner,
    flows: Option<baxter_flows::Service>,
    intake_service: IntakeService,
    live: Live,
    watch: Watch,
    gate: Option<Gate>,
    log_retention: Option<Duration>,
    asked: AskedOf,
}

/// What the state of a store is read from.
#[derive(Clone)]
pub(super) struct Watch {
    client: Client,
    inbox: InboxOwner,
    data_dir: PathBuf,
    streams: Arc<[&'static Stream]>,
    flows: Handle,
    intake: Intake,
    trouble: Trouble,
    looking: Arc<Mutex<Looking>>,
}

/// What is kept from one look to the next.
struct Looking {
    reader: Option<Reader>,
    /// Entries of the change log up to here have been told of.
    noticed: i64,
}

/// Entries of the change log that one look tells of.
const NOTICED: i64 = 100_000;

impl Store {
    /// Takes the data directory and opens its databases.
    pub async fn open(options: Options) -> Result<Store, Failure> {
        let clock: Arc<dyn Clock> = Arc::new(StoreClock::shifted(options.clock_offset));
        let Options {
            client,
            data_dir,
            log_retention,
            streams,
            rhythm,
            destination,
            client_secret,
            flows,
            observer,
            ..
        } = options;
        let asked = options.asked;
        let store_hash = client.store().to_string();
        let (writer, inbox) = databases::both(data_dir.clone(), store_hash.clone()).await?;
        let noticed =
            writer.run(|mirror| mirror.last_seq()).await.map_err(|error| mirror::failure(&error))?;
        let (arrived, trouble) = (Arc::new(Notify::new()), Trouble::default());
        let (grown, growth) = watch::channel(0);
        let has_flows = !flows.is_empty();
        let flows = baxter_flows::Service::new(baxter_flows::Options::new(
            flows,
            store_hash.clone(),
            data_dir.clone(),
            writer.clone(),
            growth,
        ));
        let handle = flows.handle();
        let (intake_service, intake) =
            IntakeService::new(inbox.clone(), Arc::clone(&clock), Arc::clone(&arrived));
        let gate = client_secret.map(|secret| Gate {
            intake: intake.clone(),
            verifier: Arc::new(Verifier::new(secret)),
            store_hash,
            clock: Arc::clone(&clock),
        });
        let watch = Watch {
            client: client.clone(),
            inbox: inbox.clone(),
            data_dir: data_dir.clone(),
            streams: streams.clone().into(),
            flows: handle.clone(),
            intake,
            trouble: trouble.clone(),
            looking: Arc::new(Mutex::new(Looking { reader: None, noticed })),
        };
        let live = Live {
            client,
            writer: writer.clone(),
            inbox: inbox.clone(),
            data_dir,
            streams,
            destination,
            told: gate.is_some(),
            rhythm,
            clock,
            observer,
            arrived,
            grown,
            unsettled: unsettled(handle),
            trouble,
        };
        let flows = has_flows.then_some(flows);
        Ok(Store { writer, inbox, flows, intake_service, live, watch, gate, log_retention, asked })
    }

    /// The way in for the store's notifications, if they are taken.
    pub fn gate(&self) -> Option<Gate> {
        self.gate.clone()
    }

    /// What its state is read from.
    pub fn watch(&self) -> Watch {
        self.watch.clone()
    }

    /// Starts its parts; what is left are the databases, to be closed when these have ended.
    pub fn start(self, parts: &mut JoinSet<Result<(), Ended>>, stop: &CancellationToken) -> Databases {
        let Store { writer, inbox, flows, intake_service, live, log_retention, asked, .. } = self;
        let (intake_stop, intake_asked) = (stop.child_token(), asked.clone());
        parts.spawn(async move {
            let ended = intake_service.run(intake_stop).await;
            ended.map_err(|error| Ended::Sync(error.into(), intake_asked))
        });
        if let Some(keep) = log_retention {
            let (stop, writer, clock) = (stop.child_token(), writer.clone(), Arc::clone(&live.clock));
            let store = live.client.store().to_string();
            parts.spawn(async move {
                retention::keep_trimmed(&store, writer, keep, clock.as_ref(), &stop).await;
                Ok(())
            });
        }
        let live_stop = stop.child_token();
        parts.spawn(async move { live.run(live_stop).await.map_err(|error| Ended::Sync(error, asked)) });
        if let Some(flows) = flows {
            let flows_stop = stop.child_token();
            parts.spawn(async move {
                flows.run(flows_stop).await.map_err(|error| Ended::Flows(error.to_string()))
            });
        }
        Databases { writer, inbox }
    }

    /// Its databases, when it is not to run after all.
    pub fn into_databases(self) -> Databases {
        Databases { writer: self.writer, inbox: self.inbox }
    }
}

/// The databases of a store, open.
pub(super) struct Databases {
    writer: Writer,
    inbox: InboxOwner,
}

impl Databases {
    /// Waits until they are closed.
    pub async fn close(self) {
        self.writer.close().await;
        self.inbox.close().await;
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

impl Watch {
    /// How it is.
    pub async fn state(&self) -> State {
        let store = self.client.store().to_string();
        match self.read().await {
            Ok(state) => {
                State { store, trouble: self.intake.trouble().or_else(|| self.trouble.any()), ..state }
            }
            Err(reason) => State { store, trouble: Some(reason), ..State::default() },
        }
    }

    async fn read(&self) -> Result<State, String> {
        let counts = self.inbox.run(|inbox| inbox.counts()).await.map_err(|error| error.to_string())?;
        let watch = self.clone();
        let mirrored = tokio::task::spawn_blocking(move || watch.look().map_err(|error| error.to_string()));
        let mirrored = mirrored.await.map_err(|error| error.to_string())??;
        let stats = self.client.stats();
        let flows = self.flows.status().await.map_err(|error| error.to_string())?;
        let waiting = Priority::ALL.into_iter().zip(self.client.waiting());
        Ok(State {
            pending: counts.pending,
            events: counts.events,
            duplicates: counts.duplicates,
            intake_waiting: self.intake.waiting() as u64,
            quota: self.client.quota().map(|quota| (u64::from(quota.left), u64::from(quota.limit))),
            requests: self.client.routes().into_iter().map(requests).collect(),
            requests_waiting: waiting.map(|(priority, count)| (priority.as_str(), count as u64)).collect(),
            retries: stats.retries,
            throttled: stats.throttled,
            received_bytes: stats.bytes,
            flows: flows.into_iter().map(flow).collect(),
            ..mirrored
        })
    }

    /// What the mirror tells. It stays open for the next time, unless something is wrong with it.
    fn look(&self) -> Result<State, storage::Error> {
        // A look that panicked has left at worst no reader.
        let mut looking = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = match looking.reader.take() {
            Some(reader) => reader,
            None => Reader::open(&self.data_dir)?,
        };
        let mut unread = Vec::new();
        for stream in self.streams.iter() {
            if reader.stream_state(stream)?.synced_at.is_none() && reader.skipped(stream)?.is_none() {
                unread.push(stream.name.as_str());
            }
        }
        let seq = reader.last_seq()?;
        // As much as is looked through in a moment; what is beyond is told next time.
        let upto = seq.min(looking.noticed.saturating_add(NOTICED));
        let store = self.client.store().to_string();
        for Lags { kind, noticed_by, lag, changes } in reader.lags(looking.noticed, upto)? {
            telemetry::noticed(&store, &kind, &noticed_by, lag, changes);
        }
        looking.noticed = upto;
        let lag = |reader: Registered| (reader.name, (seq - reader.seq).max(0).unsigned_abs());
        let readers = reader.registered()?.into_iter().map(lag).collect();
        let state = State { seq, unread, proofs: proofs(&reader)?, readers, ..State::default() };
        looking.reader = Some(reader);
        Ok(state)
    }
}

fn requests(route: RouteStats) -> telemetry::Requests {
    telemetry::Requests {
        method: route.method.to_string(),
        status: route.status.map_or("none".to_owned(), |status| status.as_str().to_owned()),
        requests: route.requests,
        route: route.route,
    }
}

fn proofs(reader: &Reader) -> Result<Vec<telemetry::Proof>, storage::Error> {
    let mut proofs = Vec::new();
    for stream in all() {
        if let Some(proof) = reader.proof(stream)? {
            let at = proof.complete_at.and_then(|at| at.parse::<jiff::Timestamp>().ok());
            proofs.push(telemetry::Proof {
                stream: stream.name.clone(),
                at: at.map(jiff::Timestamp::as_second),
                differences: proof.differences,
                equal: proof.result == Outcome::Equal.as_str(),
            });
        }
    }
    Ok(proofs)
}

fn flow(status: FlowStatus) -> telemetry::Flow {
    let FlowStatus { name, lag, open, delivered, failed, dead, .. } = status;
    telemetry::Flow { name, lag, open, delivered, failed, dead }
}
