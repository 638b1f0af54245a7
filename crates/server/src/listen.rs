//! The routes of the daemon, on one listener.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::intake::{self, Gate};
use crate::telemetry::{self, Metrics};

/// Reads the state of every store that is served.
pub type Probe = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Vec<telemetry::State>> + Send>> + Send + Sync>;

#[derive(Clone)]
struct Health {
    probe: Probe,
    metrics: Metrics,
}

/// All routes: `/webhooks` where there are gates, `/healthz`, `/readyz`, `/metrics`.
pub fn router(gates: Vec<Gate>, probe: Probe, metrics: Metrics) -> Router {
    let health = Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(render))
        .with_state(Health { probe, metrics });
    if gates.is_empty() { health } else { health.merge(intake::router(gates)) }
}

/// Whether it works: 503 asks for a person, or for a restart.
async fn healthz(State(health): State<Health>) -> impl IntoResponse {
    let stores = (health.probe)().await;
    let healthy = stores.iter().all(|store| store.trouble.is_none());
    let one = |store: &telemetry::State| match &store.trouble {
        None => json!({"store": store.store, "status": "ok", "pending": store.pending, "seq": store.seq}),
        Some(reason) => json!({"store": store.store, "status": "failing", "reason": reason}),
    };
    let status = if healthy { "ok" } else { "failing" };
    let stores: Vec<_> = stores.iter().map(one).collect();
    (code(healthy), Json(json!({"status": status, "stores": stores})))
}

/// Whether what others read is complete: 503 asks for patience.
async fn readyz(State(health): State<Health>) -> impl IntoResponse {
    let stores = (health.probe)().await;
    let ready = stores.iter().all(|store| store.trouble.is_none() && store.unread.is_empty());
    let one = |store: &telemetry::State| {
        let ready = store.trouble.is_none() && store.unread.is_empty();
        json!({"store": store.store, "ready": ready, "unread": store.unread})
    };
    let stores: Vec<_> = stores.iter().map(one).collect();
    (code(ready), Json(json!({"ready": ready, "stores": stores})))
}

fn code(good: bool) -> StatusCode {
    if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

async fn render(State(health): State<Health>) -> impl IntoResponse {
    let states = (health.probe)().await;
    let text = telemetry::render(&health.metrics, &states);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}
