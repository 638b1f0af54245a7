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
use baxter_engine::sync::Intake;
use bigcommerce::webhook::Verifier;

use crate::telemetry::{self, Notification};

/// Where notifications are sent to.
pub const PATH: &str = "/webhooks";

/// Notifications carry little more than an id; lists of price records are the longest.
const MAX_BODY: usize = 256 * 1024;

/// A sender that needs longer for a notification has given up by now, or means no good.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the route needs.
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

/// The route.
pub fn router(gate: Gate) -> Router {
    let route = post(receive).layer(DefaultBodyLimit::max(MAX_BODY)).layer(from_fn(in_time));
    Router::new().route(PATH, route).with_state(gate)
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

async fn receive(State(gate): State<Gate>, headers: HeaderMap, body: Bytes) -> (StatusCode, &'static str) {
    let began = Instant::now();
    let (answer, what) = take(&gate, &headers, &body).await;
    telemetry::notification(what, began.elapsed());
    answer
}

type Answer = (StatusCode, &'static str);

async fn take(gate: &Gate, headers: &HeaderMap, body: &[u8]) -> (Answer, Notification) {
    if let Err(rejection) = gate.verifier.verify(headers, body, gate.clock.now()) {
        tracing::warn!(%rejection, "a notification was refused");
        return ((StatusCode::UNAUTHORIZED, "the signature was refused\n"), Notification::Refused);
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
    match gate.intake.receive(event).await {
        Some(Received::New) => ((StatusCode::OK, ""), Notification::Received),
        Some(Received::Duplicate) => ((StatusCode::OK, ""), Notification::Duplicate),
        // Not acknowledged: the store sends it again.
        None => ((StatusCode::SERVICE_UNAVAILABLE, "the inbox cannot be written\n"), Notification::Lost),
    }
}
