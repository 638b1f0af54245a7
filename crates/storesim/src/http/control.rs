//! `/_sim/…`: health, counters, faults, changes and digests, never touched by quota or faults.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::http::{HeaderValue, Method, StatusCode, header};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use serde::Serialize;

use super::Store;
use super::faults::Faults;
use crate::digest::digest;
use crate::json::quote;
use crate::mutate::{Mutation, Run};
use crate::serve::known;

/// The largest body taken here.
const MOST_BODY: usize = 1024 * 1024;

/// Answers one request; `path` is what follows `/_sim/`.
pub(super) async fn handle(store: Arc<Store>, path: &str, request: Request) -> Response {
    let method = request.method().clone();
    let Ok(body) = to_bytes(request.into_body(), MOST_BODY).await else {
        return refuse(413, "the body is too large");
    };
    match (&method, path) {
        (&Method::GET, "health") => json(200, "{\"status\":\"ok\"}".into()),
        (&Method::GET, "paths") => answer(&known::paths()),
        (&Method::GET, "stats") => answer(&store.stats.numbers(store.webhooks.numbers())),
        (&Method::GET, "webhooks/acknowledged") => answer(&store.webhooks.acknowledged()),
        (&Method::GET, "readings") => answer(&store.read().readings.list()),
        (&Method::POST, "readings") => match serde_json::from_slice::<BTreeMap<String, String>>(&body) {
            Err(error) => refuse(400, &error.to_string()),
            Ok(chosen) => readings(&store, &chosen),
        },
        (&Method::POST, "reset") => blocking(move || reset(&store)).await,
        (&Method::POST, "faults") => {
            let text = if body.is_empty() { &b"{}"[..] } else { &body };
            match serde_json::from_slice::<Faults>(text) {
                Err(error) => refuse(400, &error.to_string()),
                Ok(faults) => match faults.check() {
                    Err(reason) => refuse(400, &reason),
                    Ok(()) => {
                        store.webhooks.set_faults(faults.webhooks.clone(), faults.seed);
                        store.fates.set(faults);
                        json(200, "{\"status\":\"ok\"}".into())
                    }
                },
            }
        }
        (&Method::POST, "mutate") => match serde_json::from_slice::<Mutation>(&body) {
            Err(error) => refuse(400, &error.to_string()),
            Ok(mutation) => match mutation.check() {
                Err(reason) => refuse(400, &reason),
                Ok(()) => mutate(&store, &mutation).await,
            },
        },
        (&Method::GET, _) if path.starts_with("digest/") => {
            let stream = path["digest/".len()..].to_owned();
            blocking(move || match digest(&store.read(), &stream) {
                None => refuse(404, "there is no such stream"),
                Some(found) => {
                    let (count, sha256) = (found.count, found.sha256);
                    json(
                        200,
                        format!("{{\"stream\":\"{stream}\",\"count\":{count},\"sha256\":\"{sha256}\"}}"),
                    )
                }
            })
            .await
        }
        _ if CONTROLS.contains(&path) => refuse(405, "this method is not allowed here"),
        _ => refuse(404, "there is no such control"),
    }
}

/// Controls by their exact paths.
const CONTROLS: &[&str] =
    &["health", "paths", "stats", "readings", "reset", "faults", "mutate", "webhooks/acknowledged"];

/// Changes after which other requests get their turn.
const TURN: u64 = 20;

async fn mutate(store: &Store, mutation: &Mutation) -> Response {
    let mut run = Run::new(mutation);
    let began = Instant::now();
    while run.goes_on() {
        run.step(&mut store.write());
        match mutation.rate_per_s {
            Some(rate) => {
                let due = Duration::from_secs_f64(run.done() as f64 / rate);
                tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
            }
            None if run.done().is_multiple_of(TURN) => tokio::task::yield_now().await,
            None => {}
        }
    }
    answer(&run.outcome())
}

/// Takes all of them or none.
fn readings(store: &Store, chosen: &BTreeMap<String, String>) -> Response {
    let mut data = store.write();
    let mut readings = data.readings;
    for (name, value) in chosen {
        if let Err(error) = readings.choose(&format!("{name}={value}")) {
            return refuse(400, &error.to_string());
        }
    }
    data.readings = readings;
    answer(&readings.list())
}

fn reset(store: &Store) -> Response {
    let data = match (store.make)() {
        Ok(data) => data,
        Err(error) => return refuse(500, &error.to_string()),
    };
    {
        let mut held = store.write();
        *held = data;
        store.webhooks.reset();
    }
    store.stats.reset();
    store.fates.clear();
    store.window.reset();
    json(200, "{\"status\":\"ok\"}".into())
}

/// Runs long work where it does not hold up other requests.
async fn blocking(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(response) => response,
        Err(error) => refuse(500, &error.to_string()),
    }
}

fn answer(content: &impl Serialize) -> Response {
    match serde_json::to_string(content) {
        Ok(text) => json(200, text),
        Err(error) => refuse(500, &error.to_string()),
    }
}

fn refuse(status: u16, reason: &str) -> Response {
    json(status, format!("{{\"error\":{}}}", quote(reason)))
}

fn json(status: u16, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
