//! `/_sim/…`: health, counters, faults, changes and digests, never touched by quota or faults.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::http::{HeaderValue, Method, StatusCode, header};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::Store;
use super::faults::Faults;
use super::install::{self, Deed};
use crate::accounts::Client;
use crate::digest::digest;
use crate::json::quote;
use crate::mutate::{Mutation, Run};
use crate::serve::Query;
use crate::serve::known;
use crate::webhooks;

/// The largest body taken here.
const MOST_BODY: usize = 1024 * 1024;

/// Answers one request; `path` is what follows `/_sim/`.
pub(super) async fn handle(store: Arc<Store>, path: &str, request: Request) -> Response {
    let method = request.method().clone();
    let query = request.uri().query().map(str::to_owned);
    let Ok(body) = to_bytes(request.into_body(), MOST_BODY).await else {
        return refuse(413, "the body is too large");
    };
    match (&method, path) {
        (&Method::GET, "health") => json(200, "{\"status\":\"ok\"}".into()),
        (&Method::GET, "paths") => answer(&known::paths()),
        (&Method::GET, "stats") => answer(&store.stats.numbers(store.webhooks.numbers())),
        (&Method::GET, "webhooks/acknowledged") => answer(&store.webhooks.acknowledged()),
        (&Method::GET, "readings") => answer(&store.read().readings.list()),
        (&Method::GET, "events") => match events(query.as_deref()) {
            Err(reason) => refuse(400, &reason),
            Ok((scope, since, limit)) => answer(&store.webhooks.log(scope.as_deref(), since, limit)),
        },
        (&Method::GET, "clock") => now(&store),
        (&Method::POST, "clock") => match serde_json::from_slice::<Push>(&body) {
            Err(error) => refuse(400, &error.to_string()),
            Ok(push) if push.advance_s > FARTHEST => refuse(400, "advance_s is at most ten years"),
            Ok(push) => {
                store.options.clock.advance(push.advance_s);
                now(&store)
            }
        },
        (&Method::POST, "trigger") => match serde_json::from_slice::<Trigger>(&body) {
            Err(error) => refuse(400, &error.to_string()),
            Ok(asked) => trigger(&store, &asked),
        },
        (&Method::GET, "clients") => answer(&store.accounts.list()),
        (&Method::POST, "clients") => match serde_json::from_slice::<Client>(&body) {
            Err(error) => refuse(400, &error.to_string()),
            Ok(client) => match store.accounts.put(client) {
                Err(error) => refuse(400, &error.to_string()),
                Ok(()) => answer(&store.accounts.list()),
            },
        },
        (&Method::DELETE, _) if path.starts_with("clients/") => {
            install::delete(&store, &path["clients/".len()..])
        }
        (&Method::GET, "install" | "load" | "payload") | (&Method::POST, "uninstall" | "remove_user") => {
            match (Deed::read(query.as_deref(), &body), path) {
                (Err(reason), _) => refuse(400, &reason),
                (Ok(deed), "install") => install::install(&store, &deed),
                (Ok(deed), "load") => install::load(&store, &deed),
                (Ok(deed), "payload") => install::signed(&store, &deed),
                (Ok(deed), "uninstall") => install::uninstall(&store, &deed).await,
                (Ok(deed), _) => install::remove_user(&store, &deed).await,
            }
        }
        (&Method::POST, "readings") => match serde_json::from_slice::<BTreeMap<String, String>>(&body) {
            Err(error) => refuse(400, &error.to_string()),
            Ok(chosen) => readings(&store, &chosen),
        },
        (&Method::POST, "reset") => blocking(move || reset(&store)).await,
        (&Method::POST, "faults") => {
            let text = if body.is_empty() { &b"{}"[..] } else { &body };
            match serde_json::from_slice::<Faults>(text) {
                Err(error) => refuse(400, &error.to_string()),
                Ok(faults) => match faults.check().and_then(|()| faults.check_routes()) {
                    Err(reason) => refuse(400, &reason),
                    Ok(()) => {
                        store.webhooks.set_faults(faults.webhooks.clone(), faults.seed);
                        store.fall_behind(faults.read_lag_ms > 0);
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
const CONTROLS: &[&str] = &[
    "health",
    "paths",
    "stats",
    "readings",
    "reset",
    "faults",
    "mutate",
    "webhooks/acknowledged",
    "events",
    "clock",
    "trigger",
    "clients",
    "install",
    "load",
    "payload",
    "uninstall",
    "remove_user",
];

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

/// The largest answer of `/_sim/events`, and the usual one.
const MOST_EVENTS: usize = 1000;
const EVENTS: usize = 100;
/// The farthest that one request pushes the clock: ten years.
const FARTHEST: u32 = 315_360_000;

/// What `POST /_sim/trigger` takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trigger {
    scope: String,
    #[serde(default)]
    id: Option<i64>,
}

/// Tells an event that no change made.
fn trigger(store: &Store, asked: &Trigger) -> Response {
    let data = store.read();
    match webhooks::made_up(&data, &asked.scope, asked.id) {
        Err(reason) => refuse(404, &reason),
        Ok(event) => {
            let told = format!("{{\"scope\":{},\"data\":{}}}", quote(&event.scope), event.data);
            data.webhooks.publish(vec![event], data.clock.now(), data.webhooks.now());
            json(200, told)
        }
    }
}

/// What `POST /_sim/clock` takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Push {
    advance_s: u32,
}

fn now(store: &Store) -> Response {
    json(200, format!("{{\"now\":{}}}", store.options.clock.now()))
}

/// Scope, number to go on after, and how many at most.
fn events(query: Option<&str>) -> Result<(Option<String>, u64, usize), String> {
    let (mut scope, mut since, mut limit) = (None, 0, EVENTS);
    for (name, value) in Query::read(query).0 {
        let wrong = |_| format!("{name} must be a number");
        match name.as_str() {
            "scope" => scope = Some(value),
            "since" => since = value.parse().map_err(wrong)?,
            "limit" => limit = value.parse().map_err(wrong)?,
            _ => return Err(format!("{name} is not known here: scope, since and limit are")),
        }
    }
    Ok((scope, since, limit.clamp(1, MOST_EVENTS)))
}

/// `POST /oauth2/token`, which is no part of the API and has no quota.
pub(super) async fn token(store: &Store, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if parts.method != Method::POST {
        return refuse(405, "a code is exchanged by POST");
    }
    match to_bytes(body, MOST_BODY).await {
        Ok(body) => install::token(store, &parts.headers, &body),
        Err(_) => refuse(413, "the body is too large"),
    }
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
    data.webhooks.subscribe(webhooks::active(&data), readings);
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
        store.accounts.reset();
    }
    store.stats.reset();
    store.fates.clear();
    store.fall_behind(false);
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

pub(super) fn answer(content: &impl Serialize) -> Response {
    match serde_json::to_string(content) {
        Ok(text) => json(200, text),
        Err(error) => refuse(500, &error.to_string()),
    }
}

pub(super) fn refuse(status: u16, reason: &str) -> Response {
    json(status, format!("{{\"error\":{}}}", quote(reason)))
}

pub(super) fn json(status: u16, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
