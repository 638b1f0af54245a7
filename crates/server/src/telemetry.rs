//! Every metric of the daemon, by name, and what is worth noting about it. No label holds a record's id.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
/// Where metrics are collected; it renders them.
pub use metrics_exporter_prometheus::PrometheusHandle as Metrics;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use metrics_util::MetricKindMask;

const NOTIFICATIONS: &str = "baxter_notifications_total";
const INTAKE_SECONDS: &str = "baxter_intake_seconds";
const INBOX_PENDING: &str = "baxter_inbox_pending";
const INBOX_EVENTS: &str = "baxter_inbox_events";
const INBOX_DUPLICATES: &str = "baxter_inbox_duplicates";
const INTAKE_WAITING: &str = "baxter_intake_waiting";
const LOG_SEQ: &str = "baxter_change_log_seq";
const CHANGES: &str = "baxter_changes_total";
const CHANGE_LAG: &str = "baxter_change_lag_seconds";
const READER_LAG: &str = "baxter_reader_lag";
const QUOTA_LEFT: &str = "baxter_quota_left";
const QUOTA_LIMIT: &str = "baxter_quota_limit";
const REQUESTS: &str = "baxter_store_requests_total";
const REQUESTS_WAITING: &str = "baxter_store_requests_waiting";
const RETRIES: &str = "baxter_store_retries_total";
const THROTTLED: &str = "baxter_store_throttled_total";
const RECEIVED: &str = "baxter_store_received_bytes_total";
const PROOF_TIME: &str = "baxter_proof_timestamp_seconds";
const PROOF_DIFFERENCES: &str = "baxter_proof_differences";
const PROOF_EQUAL: &str = "baxter_proof_equal";
const SWEEP_FINDINGS: &str = "baxter_sweep_findings_total";
const HOOKS_REPAIRED: &str = "baxter_hooks_repaired_total";
const FLOW_LAG: &str = "baxter_flow_lag";
const FLOW_OPEN: &str = "baxter_flow_open";
const FLOW_DELIVERED: &str = "baxter_flow_delivered_total";
const FLOW_FAILED: &str = "baxter_flow_failed_total";
const HEALTHY: &str = "baxter_healthy";
const CONNECTIONS: &str = "baxter_connections";
const FLOW_DEAD: &str = "baxter_flow_dead_letters";
const BUILD: &str = "baxter_build_info";

/// Upper bounds of the classes of answers to notifications, in seconds.
const INTAKE_BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The same for how late changes are noticed: the store's clock shows whole seconds, a sweep comes once a day.
const LAG_BUCKETS: [f64; 12] =
    [0.0, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 21_600.0, 86_400.0];

/// A gauge that was not set for so long is not rendered again: its store, stream, flow or reader is gone. All that are
/// there are set whenever they are rendered.
const GONE_AFTER: Duration = Duration::from_secs(2);

/// Begins to collect; the handle renders what was collected.
///
/// Fails when something else in this process collects already.
pub fn install() -> Result<Metrics, metrics_exporter_prometheus::BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(INTAKE_SECONDS.to_owned()), &INTAKE_BUCKETS)?
        .set_buckets_for_metric(Matcher::Full(CHANGE_LAG.to_owned()), &LAG_BUCKETS)?
        .idle_timeout(MetricKindMask::GAUGE, Some(GONE_AFTER))
        .install_recorder()?;
    describe_counter!(NOTIFICATIONS, "Notifications of the store, by what became of them.");
    describe_histogram!(INTAKE_SECONDS, "Seconds from a notification's arrival to its answer.");
    describe_gauge!(INBOX_PENDING, "Events that are not yet settled.");
    describe_gauge!(INBOX_EVENTS, "Events in the inbox, settled ones included.");
    describe_gauge!(INBOX_DUPLICATES, "Deliveries of events that had come before.");
    describe_gauge!(INTAKE_WAITING, "Notifications that wait to be written into the inbox.");
    describe_counter!(CHANGES, "Entries of the change log, by kind and how they were noticed.");
    describe_histogram!(
        CHANGE_LAG,
        "Seconds from a change in the store to its notice, by the store's clock."
    );
    describe_gauge!(READER_LAG, "Entries of the change log that a registered reader has not read yet.");
    describe_gauge!(LOG_SEQ, "Number of the newest entry of the change log.");
    describe_gauge!(QUOTA_LEFT, "Requests left in the store's window, as last told.");
    describe_gauge!(QUOTA_LIMIT, "Requests in a window of the store, as last told.");
    describe_counter!(REQUESTS, "Requests sent to the store, by method, endpoint and status.");
    describe_gauge!(REQUESTS_WAITING, "Requests that wait for the store's quota, by priority.");
    describe_counter!(RETRIES, "Requests sent again after a failure or a 429.");
    describe_counter!(RECEIVED, "Bytes of bodies that the store sent, decompressed.");
    describe_counter!(THROTTLED, "Answers of the store with status 429.");
    describe_gauge!(
        PROOF_TIME,
        "When a stream was last compared with the store to its end, in Unix seconds."
    );
    describe_gauge!(
        PROOF_DIFFERENCES,
        "Differences that the last comparison of a stream found and repaired."
    );
    describe_gauge!(PROOF_EQUAL, "Whether the last comparison of a stream found it equal: 1, or 0.");
    describe_counter!(SWEEP_FINDINGS, "Differences that comparisons found, by stream and reason.");
    describe_counter!(HOOKS_REPAIRED, "Hooks that were missing or silent and were created or switched on.");
    describe_gauge!(FLOW_LAG, "Entries of the change log that a flow has not looked at yet.");
    describe_gauge!(FLOW_OPEN, "Messages of a flow under way, or waiting to be tried again.");
    describe_counter!(FLOW_DELIVERED, "Messages that a flow delivered.");
    describe_counter!(FLOW_FAILED, "Attempts of a flow that failed.");
    describe_gauge!(HEALTHY, "1 while the store is kept up to date, 0 while something prevents it.");
    describe_gauge!(CONNECTIONS, "Open connections.");
    describe_gauge!(FLOW_DEAD, "Dead letters of a flow.");
    describe_gauge!(BUILD, "1, with the version of the program.");
    // A rate needs the zero before the first one.
    for outcome in Notification::ALL {
        counter!(NOTIFICATIONS, "outcome" => outcome.name()).increment(0);
    }
    Ok(handle)
}

/// What became of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notification {
    /// It is in the inbox.
    Received,
    /// It was there already.
    Duplicate,
    /// Its signature, age or form was refused.
    Refused,
    /// The inbox could not be written, so that it was not acknowledged.
    Lost,
}

impl Notification {
    const ALL: [Self; 4] = [Self::Received, Self::Duplicate, Self::Refused, Self::Lost];

    fn name(self) -> &'static str {
        match self {
            Notification::Received => "received",
            Notification::Duplicate => "duplicate",
            Notification::Refused => "refused",
            Notification::Lost => "lost",
        }
    }
}

/// Notes a notification.
pub fn notification(what: Notification, took: Duration) {
    counter!(NOTIFICATIONS, "outcome" => what.name()).increment(1);
    histogram!(INTAKE_SECONDS).record(took.as_secs_f64());
}

/// Notes so many changes that were noticed alike, and how late, where that is known.
pub fn noticed(store: &str, kind: &str, noticed_by: &str, lag_seconds: Option<i64>, changes: u64) {
    let of = |name: &'static str, text: &str| (name, text.to_owned());
    counter!(CHANGES, &[of("store", store), of("kind", kind), of("noticed_by", noticed_by)])
        .increment(changes);
    if let Some(seconds) = lag_seconds {
        let labels = [of("store", store), of("noticed_by", noticed_by)];
        let times = usize::try_from(changes).unwrap_or(usize::MAX);
        histogram!(CHANGE_LAG, &labels).record_many(seconds as f64, times);
    }
}

/// Renders what was collected, with how every store is now.
pub(crate) fn render(metrics: &Metrics, states: &[State]) -> String {
    states.iter().for_each(state);
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    // As it was set last.
    gauge!(CONNECTIONS).increment(0.0);
    metrics.render()
}

/// Notes how many connections are open.
pub(crate) fn connections(open: usize) {
    gauge!(CONNECTIONS).set(open as f64);
}

/// Notes differences that a comparison with the store found.
pub fn findings(store: &str, stream: &str, reason: &'static str, differences: u64) {
    counter!(SWEEP_FINDINGS, "store" => store.to_owned(), "stream" => stream.to_owned(), "reason" => reason)
        .increment(differences);
}

/// Notes hooks that were missing or silent.
pub fn hooks_repaired(store: &str, hooks: u64) {
    counter!(HOOKS_REPAIRED, "store" => store.to_owned()).increment(hooks);
}

/// The state of one store that is served, as it is read when somebody asks for it.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The store's hash.
    pub store: String,
    /// What prevents that it is kept up to date, in words.
    pub trouble: Option<String>,
    /// Streams that have not been read to their end even once.
    pub unread: Vec<&'static str>,
    /// Events not yet settled.
    pub pending: u64,
    /// Events in the inbox.
    pub events: u64,
    /// Deliveries of events that had come before.
    pub duplicates: u64,
    /// Number of the newest change.
    pub seq: i64,
    /// Requests left in the window and in a whole one.
    pub quota: Option<(u64, u64)>,
    /// Events that wait to be written into the inbox.
    pub intake_waiting: u64,
    /// Requests sent to the store, by endpoint and status.
    pub requests: Vec<Requests>,
    /// Requests that wait for the quota, by priority.
    pub requests_waiting: Vec<(&'static str, u64)>,
    /// Requests sent again.
    pub retries: u64,
    /// Answers with status 429.
    pub throttled: u64,
    /// Bytes of bodies received.
    pub received_bytes: u64,
    /// Registered readers of the change log, with the entries that each has not read.
    pub readers: Vec<(String, u64)>,
    /// One for each stream that was compared with the store.
    pub proofs: Vec<Proof>,
    /// One for each flow.
    pub flows: Vec<Flow>,
}

/// Requests to one endpoint that were answered alike.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    /// The method.
    pub method: String,
    /// The path with `{id}` for what names a record.
    pub route: String,
    /// The status; `none` where no answer came.
    pub status: String,
    /// How many.
    pub requests: u64,
}

/// The last comparison of a stream with the store.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// The stream.
    pub stream: String,
    /// When it last came to its end, in Unix seconds.
    pub at: Option<i64>,
    /// What differed.
    pub differences: u64,
    /// Whether nothing did, and it came to its end.
    pub equal: bool,
}

/// The state of a flow.
#[derive(Debug, Clone, Default)]
pub struct Flow {
    /// Its name.
    pub name: String,
    /// Entries not yet looked at.
    pub lag: u64,
    /// Messages under way, or waiting to be tried again.
    pub open: u64,
    /// Messages delivered.
    pub delivered: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Dead letters.
    pub dead: u64,
}

/// Notes the state of one store.
fn state(state: &State) {
    let store = || state.store.clone();
    gauge!(HEALTHY, "store" => store()).set(f64::from(u8::from(state.trouble.is_none())));
    gauge!(INBOX_PENDING, "store" => store()).set(state.pending as f64);
    gauge!(INBOX_EVENTS, "store" => store()).set(state.events as f64);
    gauge!(INBOX_DUPLICATES, "store" => store()).set(state.duplicates as f64);
    gauge!(LOG_SEQ, "store" => store()).set(state.seq as f64);
    if let Some((left, limit)) = state.quota {
        gauge!(QUOTA_LEFT, "store" => store()).set(left as f64);
        gauge!(QUOTA_LIMIT, "store" => store()).set(limit as f64);
    }
    gauge!(INTAKE_WAITING, "store" => store()).set(state.intake_waiting as f64);
    for Requests { method, route, status, requests } in &state.requests {
        let labels = [
            ("store", store()),
            ("method", method.clone()),
            ("route", route.clone()),
            ("status", status.clone()),
        ];
        counter!(REQUESTS, &labels).absolute(*requests);
    }
    for (priority, waiting) in &state.requests_waiting {
        gauge!(REQUESTS_WAITING, "store" => store(), "priority" => *priority).set(*waiting as f64);
    }
    for (reader, lag) in &state.readers {
        gauge!(READER_LAG, "store" => store(), "reader" => reader.clone()).set(*lag as f64);
    }
    counter!(HOOKS_REPAIRED, "store" => store()).increment(0);
    counter!(RETRIES, "store" => store()).absolute(state.retries);
    counter!(RECEIVED, "store" => store()).absolute(state.received_bytes);
    counter!(THROTTLED, "store" => store()).absolute(state.throttled);
    for proof in &state.proofs {
        let labels = || [("store", store()), ("stream", proof.stream.clone())];
        if let Some(at) = proof.at {
            gauge!(PROOF_TIME, &labels()).set(at as f64);
        }
        gauge!(PROOF_DIFFERENCES, &labels()).set(proof.differences as f64);
        gauge!(PROOF_EQUAL, &labels()).set(f64::from(u8::from(proof.equal)));
    }
    for flow in &state.flows {
        let labels = || [("store", store()), ("flow", flow.name.clone())];
        gauge!(FLOW_LAG, &labels()).set(flow.lag as f64);
        gauge!(FLOW_OPEN, &labels()).set(flow.open as f64);
        counter!(FLOW_DELIVERED, &labels()).absolute(flow.delivered);
        counter!(FLOW_FAILED, &labels()).absolute(flow.failed);
        gauge!(FLOW_DEAD, &labels()).set(flow.dead as f64);
    }
}
