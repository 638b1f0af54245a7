//! The routes of the daemon, on one listener.

use std::future::{Future, IntoFuture};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::intake::{self, Gate};
use crate::telemetry;

/// Reads the daemon's state; `Err` says in words why it is not healthy.
pub type Probe =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<telemetry::State, String>> + Send>> + Send + Sync>;

#[derive(Clone)]
struct Health {
    probe: Probe,
    metrics: PrometheusHandle,
}

/// All routes: `/webhooks`, `/healthz`, `/metrics`.
pub fn router(gate: Option<Gate>, probe: Probe, metrics: PrometheusHandle) -> Router {
    let health = Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(render))
        .with_state(Health { probe, metrics });
    match gate {
        Some(gate) => health.merge(intake::router(gate)),
        None => health,
    }
}

/// How long requests under way may take to end when all is to end: less than what service managers grant.
const GRACE: Duration = Duration::from_secs(3);

/// Serves `router` until `cancel` fires; requests under way are answered before it ends, but a client that does not
/// end its request is not waited for.
pub async fn serve(listener: TcpListener, router: Router, cancel: CancellationToken) -> io::Result<()> {
    let serving = axum::serve(listener, router).with_graceful_shutdown(cancel.clone().cancelled_owned());
    tokio::select! {
        ended = serving.into_future() => ended,
        () = async { cancel.cancelled().await; tokio::time::sleep(GRACE).await } => Ok(()),
    }
}

async fn healthz(State(health): State<Health>) -> impl IntoResponse {
    match (health.probe)().await {
        Ok(state) => (
            StatusCode::OK,
            Json(serde_json::json!({ "status": "ok", "pending": state.pending, "seq": state.seq })),
        ),
        Err(reason) => (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(serde_json::json!({ "status": "failing", "reason": reason })),
        ),
    }
}

async fn render(State(health): State<Health>) -> impl IntoResponse {
    if let Ok(state) = (health.probe)().await {
        telemetry::state(&state);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], health.metrics.render())
}
