//! Sends a request: through the gate, once or, where that is safe, again.
//!
//! What an outcome means ([`classify`]) and what to do about it ([`retry`]) are pure; this file carries
//! it out, reads bodies within their bound, and counts.

pub(crate) mod classify;
pub(crate) mod jitter;
pub(crate) mod retry;
pub(crate) mod routes;

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, LOCATION};
use http::{HeaderMap, Method, StatusCode};
use tokio::time::{Instant, sleep};
use url::Url;

use crate::client::Inner;
use crate::gate::{Head, Permit, headers};
use crate::{ApiError, Error, Priority, Request, Response};
use classify::Outcome;
use retry::{Decision, History};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// How often a read may be sent to another path of the same origin.
const MOST_REDIRECTS: u32 = 3;

/// Sends until there is an answer or nothing more to be done.
pub(crate) async fn send(client: &Inner, request: &Request) -> Result<Response, Error> {
    if let Some(mistake) = request.mistake() {
        return Err(Error::Configuration(mistake.to_owned()));
    }
    let mut url = url(client, request)?;
    let write = !request.method().is_safe();
    let mut history = History {
        idempotent: request.is_idempotent(),
        write,
        faults: 0,
        refusals: 0,
        gives_up_soon: false,
        elapsed: Duration::ZERO,
    };
    let begun = Instant::now();
    let mut attempts = 0;
    let mut redirects = 0;
    loop {
        // First, so that whoever waits for its endpoint holds no place that others could use.
        let turn = client.endpoints.enter(request.method(), request.path(), request.urgency()).await;
        let permit = client.gate.acquire(request.urgency()).await;
        attempts += 1;
        client.counters.requests.fetch_add(1, Ordering::Relaxed);
        if attempts - redirects > 1 {
            client.counters.retries.fetch_add(1, Ordering::Relaxed);
        }
        let attempt = attempt(client, request, &url, permit, attempts).await;
        drop(turn);
        if let Ok(answer) = &attempt.result
            && redirects < MOST_REDIRECTS
            && let Some(moved) = redirect(request.method(), &url, answer)
        {
            redirects += 1;
            url = moved;
            continue;
        }
        match attempt.outcome {
            Outcome::Refused => history.refusals += 1,
            Outcome::Fault { .. } | Outcome::NotSent => history.faults += 1,
            Outcome::Final => {}
        }
        history.elapsed = begun.elapsed();
        // An address at which nobody ever answered is more likely wrong than down.
        let reached = client.counters.answered.load(Ordering::Relaxed);
        history.gives_up_soon = request.urgency() == Priority::Person || !reached;
        match retry::decide(client.policy, history, attempt.outcome, client.jitter.share()) {
            Decision::Again(wait) => {
                if !wait.is_zero() {
                    sleep(wait).await;
                }
            }
            Decision::Stop => return conclude(client, request, attempts, attempt.result?),
        }
    }
}

/// Everything of one answer.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

struct Attempt {
    result: Result<Answer, Error>,
    outcome: Outcome,
}

async fn attempt(client: &Inner, request: &Request, url: &Url, permit: Permit, attempts: u32) -> Attempt {
    let begun = Instant::now();
    let mut status = None;
    let attempt = exchange(client, request, url, permit, attempts, &mut status).await;
    client.counters.routes.count(request.method(), request.path(), status);
    let millis = begun.elapsed().as_millis() as u64;
    let (method, path) = (request.method().as_str(), request.path());
    match &attempt.result {
        Ok(answer) => {
            let status = answer.status.as_u16();
            let left = headers::snapshot(&answer.headers).map(|told| told.left);
            let bytes = answer.body.len();
            tracing::debug!(method, path, status, ms = millis, left, bytes, attempts, "answered");
        }
        Err(error) => tracing::debug!(method, path, ms = millis, attempts, %error, "failed"),
    }
    tracing::trace!(method, path, query = url.query().unwrap_or_default(), "asked");
    attempt
}

async fn exchange(
    client: &Inner,
    request: &Request,
    url: &Url,
    mut permit: Permit,
    attempts: u32,
    answered: &mut Option<StatusCode>,
) -> Attempt {
    let stop = |error| Attempt { result: Err(error), outcome: Outcome::Final };
    let token = match client.token.header() {
        Ok(token) => token,
        Err(error) => return stop(error),
    };
    let mut headers = request.headers().clone();
    headers.entry(ACCEPT).or_insert(JSON);
    headers.insert("x-auth-token", token);
    let mut outgoing = client.http.request(request.method().clone(), url.clone());
    if let Some(body) = request.payload() {
        headers.entry(CONTENT_TYPE).or_insert(JSON);
        outgoing = outgoing.body(body.clone());
    }
    let mut response = match outgoing.headers(headers).send().await {
        Ok(response) => response,
        Err(error) => {
            let outcome = classify::failed(error.is_connect(), error.is_timeout());
            match outcome {
                Outcome::NotSent => permit.not_sent(),
                _ if error.is_timeout() => permit.timed_out(),
                _ => drop(permit),
            }
            return Attempt { result: Err(transport(request, attempts, error)), outcome };
        }
    };
    client.counters.answered.store(true, Ordering::Relaxed);
    let status = response.status();
    *answered = Some(status);
    let retry_after = headers::retry_after(response.headers());
    let outcome = classify::answered(status, retry_after);
    permit.answered(Head {
        ok: status.is_success(),
        refused: outcome == Outcome::Refused,
        overload: matches!(outcome, Outcome::Fault { overload: true, .. }),
        snapshot: headers::snapshot(response.headers()),
        retry_after,
    });
    if outcome == Outcome::Refused {
        client.counters.throttled.fetch_add(1, Ordering::Relaxed);
    }
    let body = read(&mut response, client.max_body, status).await;
    match body {
        Ok(body) => {
            client.counters.bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
            let answer = Answer { status, headers: std::mem::take(response.headers_mut()), body };
            Attempt { result: Ok(answer), outcome }
        }
        Err(Broken::TooLarge) => {
            let (method, path) = (request.method().clone(), request.path().to_owned());
            stop(Error::TooLarge { method, path, attempts, limit: client.max_body, records: None })
        }
        Err(Broken::Transport(error)) => {
            let failed = classify::failed(false, error.is_timeout());
            if error.is_timeout() {
                permit.timed_out();
            }
            // What a refusal or a fault says is known from its head.
            let outcome = if outcome == Outcome::Final { failed } else { outcome };
            Attempt { result: Err(transport(request, attempts, error)), outcome }
        }
    }
}

enum Broken {
    TooLarge,
    Transport(reqwest::Error),
}

/// Reads a body within its bound, judged by decompressed bytes as they come.
async fn read(response: &mut reqwest::Response, max: usize, status: StatusCode) -> Result<Bytes, Broken> {
    // The words of an error need no more than this.
    let max = if status.is_success() { max } else { max.min(1024 * 1024) };
    let told = response.content_length().and_then(|length| usize::try_from(length).ok());
    if told.is_some_and(|length| length > max) && status.is_success() {
        return Err(Broken::TooLarge);
    }
    let mut body: Vec<u8> = Vec::with_capacity(told.unwrap_or(0).min(max));
    while let Some(chunk) = response.chunk().await.map_err(Broken::Transport)? {
        if chunk.len() > max - body.len() {
            if status.is_success() {
                return Err(Broken::TooLarge);
            }
            break;
        }
        if chunk.len() > body.capacity() - body.len() {
            // Doubling, but never beyond the bound.
            let capacity = (body.capacity() * 2).max(body.len() + chunk.len()).max(8 * 1024).min(max);
            body.reserve_exact(capacity - body.len());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.into())
}

/// The last word on a request.
fn conclude(client: &Inner, request: &Request, attempts: u32, answer: Answer) -> Result<Response, Error> {
    let Answer { status, headers, body } = answer;
    let (method, path) = (request.method(), request.path());
    if status.is_success() || status == StatusCode::NOT_MODIFIED {
        return Ok(Response {
            status,
            headers,
            body,
            attempts,
            method: method.clone(),
            path: path.to_owned(),
        });
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        let retry_after =
            headers::retry_after(&headers).or(headers::snapshot(&headers).map(|told| told.reset));
        return Err(Error::Throttled {
            method: method.clone(),
            path: path.to_owned(),
            attempts,
            retry_after,
        });
    }
    Err(Error::Api(Box::new(ApiError::read(method, path, attempts, status, &headers, &body, &client.token))))
}

fn transport(request: &Request, attempts: u32, error: reqwest::Error) -> Error {
    Error::Transport {
        method: request.method().clone(),
        path: request.path().to_owned(),
        attempts,
        timeout: error.is_timeout(),
        connect: error.is_connect(),
        source: Box::new(error.without_url()),
    }
}

fn url(client: &Inner, request: &Request) -> Result<Url, Error> {
    let mut url = Url::parse(&format!("{}{}", client.base, request.path()))
        .map_err(|_| Error::Configuration("the path cannot be part of a URL".to_owned()))?;
    let query = request.encoded_query();
    if !query.is_empty() {
        url.set_query(Some(&query));
    }
    Ok(url)
}

/// Where a read moved to, if that is on the same origin: the token goes nowhere else.
fn redirect(method: &Method, from: &Url, answer: &Answer) -> Option<Url> {
    if !method.is_safe() || !matches!(answer.status.as_u16(), 301 | 302 | 307 | 308) {
        return None;
    }
    let place = answer.headers.get(LOCATION)?.to_str().ok()?;
    let to = from.join(place).ok()?;
    (to.origin() == from.origin() && to != *from).then_some(to)
}

/// The wait between tries of a page whose body was cut short without the transport noticing.
pub(crate) async fn pause_after_cut(client: &Inner, tries: u32) {
    let wait = client.policy.first.saturating_mul(1 << tries.min(8)).min(client.policy.longest);
    sleep(wait.mul_f64(0.5 + 0.5 * client.jitter.share()).max(Duration::from_millis(1))).await;
}
