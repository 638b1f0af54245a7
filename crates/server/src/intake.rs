//! The route for the store's notifications: verify, store, answer, in this order.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use baxter_engine::model::clock::Clock;
use baxter_engine::model::event::Event;
use baxter_engine::storage::Received;
use baxter_engine::sync::{Intake, Refused};
use bigcommerce::webhook::{Rejection, Verifier};

use crate::telemetry::{self, Notification};

/// Where notifications are sent to.
pub const PATH: &str = "/webhooks";

/// Notifications carry little more than an id; lists of price records are the longest.
const MAX_BODY: usize = 256 * 1024;

/// A sender that needs longer for a notification has given up by now, or means no good.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is needed to take the notifications of one store.
#[derive(Clone)]
pub struct Gate {
    /// Where events go.
    pub intake: Intake,
    /// Who tells whether they are the store's.
    pub verifier: Arc<Verifier>,
    /// The store whose events are taken, as in `producer`.
    pub store_hash: String,
    /// Our time.
    pub clock: Arc<dyn Clock>,
}

/// The route, for the notifications of all these stores.
pub fn router(gates: Vec<Gate>) -> Router {
    let route = post(receive).layer(DefaultBodyLimit::max(MAX_BODY)).layer(from_fn(in_time));
    Router::new().route(PATH, route).with_state(gates.into())
}

async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => {
            telemetry::notification(Notification::Refused, PATIENCE);
            (StatusCode::REQUEST_TIMEOUT, "the notification took too long\n").into_response()
        }
    }
}

async fn receive(
    State(gates): State<Arc<[Gate]>>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let began = Instant::now();
    let (answer, what) = match gate_for(&gates, &body) {
        Some(gate) => take(gate, &headers, &body).await,
        None => {
            tracing::warn!("a notification is of none of the stores that are served");
            (REFUSED, Notification::Refused)
        }
    };
    telemetry::notification(what, began.elapsed());
    answer
}

type Answer = (StatusCode, &'static str);

/// Nobody learns from it which stores are served.
const REFUSED: Answer = (StatusCode::UNAUTHORIZED, "the signature was refused\n");

/// The gate of the store that the notification says it is of; whether it is will be seen by its signature.
fn gate_for<'a>(gates: &'a [Gate], body: &[u8]) -> Option<&'a Gate> {
    #[derive(serde::Deserialize)]
    struct Claim {
        producer: String,
    }
    if let [only] = gates {
        return Some(only);
    }
    let claim: Claim = serde_json::from_slice(body).ok()?;
    let hash = claim.producer.strip_prefix("stores/")?;
    gates.iter().find(|gate| gate.store_hash == hash)
}

async fn take(gate: &Gate, headers: &HeaderMap, body: &[u8]) -> (Answer, Notification) {
    let verify = |now| gate.verifier.verify(headers, body, now);
    let verified = match verify(gate.clock.at_store()) {
        // What answers may call another time now than what signs.
        Err(Rejection::Age) => verify(gate.clock.now()),
        verified => verified,
    };
    if let Err(rejection) = verified {
        tracing::warn!(%rejection, "a notification was refused");
        return (REFUSED, Notification::Refused);
    }
    let event = match std::str::from_utf8(body)
        .map_err(|error| error.to_string())
        .and_then(|body| Event::read(body).map_err(|error| error.to_string()))
    {
        Ok(event) => event,
        Err(error) => {
            tracing::warn!(error, "a signed notification is no event");
            return ((StatusCode::BAD_REQUEST, "the body is no event\n"), Notification::Refused);
        }
    };
    if event.producer.as_deref().is_some_and(|producer| producer != format!("stores/{}", gate.store_hash)) {
        tracing::warn!("a signed notification is of another store");
        return (
            (StatusCode::UNPROCESSABLE_ENTITY, "the event is of another store\n"),
            Notification::Refused,
        );
    }
    let (hash, scope) = (event.hash.clone(), event.scope.clone());
    let taken = gate.intake.receive(event).await;
    tracing::debug!(event = hash, scope, outcome = ?taken, "event");
    match taken {
        Ok(Received::New) => ((StatusCode::OK, ""), Notification::Received),
        Ok(Received::Duplicate) => ((StatusCode::OK, ""), Notification::Duplicate),
        // Not acknowledged: the store sends it again.
        Err(Refused::Busy) => {
            ((StatusCode::SERVICE_UNAVAILABLE, "too many events wait to be written\n"), Notification::Lost)
        }
        Err(Refused::Unwritable) => {
            ((StatusCode::SERVICE_UNAVAILABLE, "the inbox cannot be written\n"), Notification::Lost)
        }
    }
}
