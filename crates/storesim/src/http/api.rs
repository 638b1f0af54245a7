//! One request to the API: authentication, quota, faults, the deed itself, and its transport.

use std::io::Write;
use std::time::Instant;

use ::http::request::Parts;
use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::Store;
use super::connection::Cut;
use super::inbound::Inbound;
use super::multipart;
use super::quota::Seen;
use crate::caller::Caller;
use crate::data::Data;
use crate::dates;
use crate::declare::{Action, Verb};
use crate::readings::Point;
use crate::serve::known::{self, Known};
use crate::serve::{self, Answer, Failure, Query, Route, Version};

/// The largest request body; more is answered 413.
const MOST_BODY: usize = 16 * 1024 * 1024;
/// The longest target of a request, path and query; more is answered 414. What is longer than 65,534 is
/// refused before it comes here, without a body.
const MOST_TARGET: usize = 16 * 1024;
/// The other kind of body that some endpoints take.
const FORM: &str = "multipart/form-data";
/// Smaller bodies are not worth compressing.
const LEAST_GZIP: usize = 512;

/// What an answer says about the quota.
const RATE_HEADERS: &[&str] = &[
    "x-rate-limit-requests-left",
    "x-rate-limit-requests-quota",
    "x-rate-limit-time-reset-ms",
    "x-rate-limit-time-window-ms",
    "x-retry-after",
];

/// Answers one request, and takes its body in whatever the answer is.
pub(super) async fn handle(store: &Store, cut: &Cut, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // Who waits to be told to go on gets the answer instead.
    let waits = parts.headers.contains_key(header::EXPECT);
    let mut body = Inbound::new(body);
    let response = answer(store, cut, parts, &mut body).await;
    if !waits && !cut.is_made() {
        body.drain(MOST_BODY).await;
    }
    response
}

async fn answer(store: &Store, cut: &Cut, parts: Parts, body: &mut Inbound) -> Response {
    let path = parts.uri.path().to_owned();
    let rest = path.strip_prefix("/stores/").and_then(|rest| rest.split_once('/'));
    let (hash, rest) = rest.unwrap_or(("", ""));
    // BigCommerce's own client of Node asks for `/v3/customers//addresses`.
    let words: Vec<&str> = rest.split('/').filter(|word| !word.is_empty()).collect();
    let rest = format!("/{}", words.join("/"));
    // Clients of the early V2 say so which form they want.
    let rest = match rest.strip_suffix(".json") {
        Some(plain) if rest.starts_with("/v2/") => plain.to_owned(),
        _ => rest,
    };
    let version = Route::version(&rest);
    let route = Route::find(&rest);
    let verb = verb(&parts.method);
    let name = match &route {
        Some(route) => format!("{} {}", parts.method, route.endpoint.path),
        None => "other".into(),
    };
    let caller = caller(store, &parts.headers).filter(|_| hash == store.options.store_hash);
    let seen = store.window.count(Instant::now(), caller.is_some());
    let problem = route.as_ref().is_some_and(|route| route.resource.problem);
    let reply = |result: Result<Answer, Failure>| {
        let answer = result.unwrap_or_else(|failure| failure.answer(version, problem));
        Reply { store, version, seen, name: &name, headers: &parts.headers }.send(answer, false)
    };

    if hash != store.options.store_hash {
        return reply(Err(Failure::new(404, "The store was not found")));
    }
    if parts.uri.path_and_query().is_some_and(|target| target.as_str().len() > MOST_TARGET) {
        return reply(Err(Failure::new(414, "The request URI is too long")));
    }
    let Some(caller) = caller else { return reply(Err(unauthorized(version))) };
    if seen.refused {
        return reply(Err(Failure::new(429, "Too many requests")));
    }
    let fate = store.fates.next(&name);
    let delay = store.options.latency + fate.delay;
    // "Method not supported anywhere" (status code page): these two are on no path.
    if matches!(parts.method, Method::PATCH | Method::TRACE) {
        return reply(Err(Failure::new(501, "The method is not implemented")));
    }
    let recorded = store.read().recordings.get(parts.method.as_str(), &rest, parts.uri.query()).cloned();
    if let Some(recorded) = recorded {
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        return reply(Ok(Answer::new(recorded.status, recorded.body.into_string())));
    }
    let found = route.as_ref().map(|route| (route, verb.and_then(|verb| Some((verb, route.action(verb)?)))));
    let (route, verb, action) = match found {
        Some((route, Some((verb, action)))) => (route, verb, action),
        _ => return reply(Err(not_served(route.as_ref(), &rest, &parts.method, version))),
    };
    let held = match action.concurrency {
        Some(most) => match store.slots.take(&slot(&name, route, action), most) {
            Some(slot) => Some(slot),
            None => return reply(Err(Failure::new(429, "Too many concurrent requests"))),
        },
        None => None,
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    if fate.drop_before {
        store.stats.count(&name, 0, 0);
        cut.now();
        return Response::new(Body::empty());
    }
    if fate.error == Some(429) {
        let answer = Failure::new(429, "Too many requests").answer(version, problem);
        let mut response =
            Reply { store, version, seen, name: &name, headers: &parts.headers }.send(answer, false);
        for header in RATE_HEADERS {
            response.headers_mut().remove(*header);
        }
        return response;
    }
    if let Some(status) = fate.error.filter(|status| *status != 207) {
        return reply(Err(Failure::new(status, "The store cannot answer this request right now.")));
    }
    if let Err(failure) = allowed(&caller, route, verb, action, &parts.headers, version) {
        return reply(Err(failure));
    }
    let body = match body.read(MOST_BODY).await {
        Ok(body) => body,
        Err(failure) => return reply(Err(failure)),
    };
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let form = kind.filter(|kind| {
        action.multipart && kind.get(..FORM.len()).is_some_and(|kind| kind.eq_ignore_ascii_case(FORM))
    });
    let body = match form {
        Some(kind) => multipart::object(kind, &body, action.reads_file).map(Bytes::from),
        None => Ok(body),
    };
    let mut query = Query::read(parts.uri.query()).by(caller);
    if verb == Verb::Get
        && let Some(lies) = store.fates.lies(&name)
    {
        lies.apply(&mut query);
    }
    let result =
        body.and_then(|body| perform(store, (route, verb, action), &query, &body, &rest, fate.stock_fails));
    let answer = match result {
        Ok(answer) if fate.error == Some(207) => Answer { status: 207, ..answer },
        Ok(answer) => unchanged_since(answer, verb, &parts.headers),
        Err(failure) => failure.answer(version, problem),
    };
    drop(held);
    Reply { store, version, seen, name: &name, headers: &parts.headers }.send(answer, fate.drop_within)
}

fn perform(
    store: &Store,
    (route, verb, action): (&Route, Verb, &'static Action),
    query: &Query,
    body: &Bytes,
    path: &str,
    stock_fails: bool,
) -> Result<Answer, Failure> {
    let version = Route::version(path);
    if verb == Verb::Get {
        let read = |data: &Data| {
            let strict = store.options.strict_limit || data.readings.is(Point::Limit, "413");
            serve::read(data, route, action, query, version, strict)
        };
        return match store.fates.lag() {
            Some(lag) => store.read_behind(lag, read),
            None => read(&store.read()),
        };
    }
    let text = std::str::from_utf8(body).map_err(|_| Failure::malformed())?;
    let mut data = store.write();
    data.stock_failure = (stock_fails, false);
    let mut result = crate::write::perform(&mut data, route, action, query, text, version);
    if let Ok(answer) = &mut result {
        data.recordings.written(path);
        answer.status = data.readings.status(&route.endpoint.path, answer.status);
    }
    if data.pending.due().is_some() {
        store.adjusted.notify_one();
    }
    result
}

/// What a limit of concurrent requests counts: those of an endpoint, or of one record of it.
fn slot(name: &str, route: &Route, action: &Action) -> String {
    match route.ids.first().filter(|_| action.one_by_one) {
        Some(id) => format!("{name} {id}"),
        None => name.to_owned(),
    }
}

fn verb(method: &Method) -> Option<Verb> {
    match *method {
        Method::GET | Method::HEAD => Some(Verb::Get),
        Method::POST => Some(Verb::Post),
        Method::PUT => Some(Verb::Put),
        Method::DELETE => Some(Verb::Delete),
        _ => None,
    }
}

fn caller(store: &Store, headers: &HeaderMap) -> Option<Caller> {
    store.accounts.caller(headers.get("x-auth-token").map_or(&b""[..], HeaderValue::as_bytes))
}

fn unauthorized(version: Version) -> Failure {
    match version {
        Version::V2 => Failure::new(401, "No valid credentials were supplied in the request."),
        Version::V3 => Failure::new(401, "X-Auth-Token header is required and must be valid"),
    }
}

/// 501 where the API serves the request and this store does not, 405 where neither serves the method, 404 else.
fn not_served(route: Option<&Route>, path: &str, method: &Method, version: Version) -> Failure {
    let known = Known::find(path);
    let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
    if let Some(known) = known.filter(|known| known.lacks(method)) {
        return Failure::new(501, format!("The simulated store does not serve {method} {}", known.path));
    }
    // A known path that is served elsewhere has an id here that cannot be one.
    if route.is_none() && known.is_none_or(|known| known.methods.contains(&method)) {
        return unknown(version);
    }
    let mut failure = Failure::new(405, "Method not allowed");
    failure.allow = Some(known::allow(route, known));
    failure
}

fn unknown(version: Version) -> Failure {
    match version {
        Version::V2 => Failure::new(404, "The requested resource was not found."),
        Version::V3 => Failure::new(404, "The route is not found, check the URL and parameters"),
    }
}

/// Scope, `Accept` and `Content-Type`.
fn allowed(
    caller: &Caller,
    route: &Route,
    verb: Verb,
    action: &Action,
    headers: &HeaderMap,
    version: Version,
) -> Result<(), Failure> {
    let write = verb != Verb::Get;
    let resource = route.resource;
    if !resource.allows(&caller.scopes, write) {
        let scope = &resource.scope;
        let needed = if write { scope.clone() } else { format!("{scope} or {scope}_read_only") };
        let title = format!("You don't have a required scope to access the endpoint: {needed}");
        return Err(Failure::new(403, title));
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(accept) = text(header::ACCEPT) {
        let mut kinds = accept.split(',').map(|kind| kind.split(';').next().unwrap_or("").trim());
        let fits = |kind: &str| {
            matches!(kind, "" | "*/*" | "application/*" | "application/json" | "application/problem+json")
                || action.media.as_deref() == Some(kind)
        };
        if !kinds.any(fits) {
            return Err(Failure::new(406, "The Accept header must allow application/json"));
        }
    }
    if text(header::CONTENT_ENCODING).is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
        return Err(Failure::new(415, "The Content-Encoding of the request is not supported."));
    }
    // A request that sends nothing need not say what it sends.
    let empty = !headers.contains_key(header::CONTENT_TYPE)
        && !headers.contains_key(header::TRANSFER_ENCODING)
        && matches!(text(header::CONTENT_LENGTH), None | Some("0"));
    if matches!(verb, Verb::Post | Verb::Put) && !empty {
        let kind = text(header::CONTENT_TYPE).and_then(|kind| kind.split(';').next()).unwrap_or("").trim();
        let form = action.multipart && kind.eq_ignore_ascii_case(FORM);
        if !kind.eq_ignore_ascii_case("application/json") && !form {
            let title = match version {
                Version::V2 => "The Content-Type of the request is not supported.",
                Version::V3 => "The Content-Type header must be application/json",
            };
            return Err(Failure::new(415, title));
        }
    }
    Ok(())
}

/// 304 where the answer says when its record changed and the client has that one.
fn unchanged_since(answer: Answer, verb: Verb, headers: &HeaderMap) -> Answer {
    let since = headers.get(header::IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok());
    match (verb, answer.modified, since.and_then(|since| dates::parse(since, 0))) {
        (Verb::Get, Some(modified), Some(since)) if modified <= since => {
            Answer { status: 304, body: Vec::new(), ..answer }
        }
        _ => answer,
    }
}

/// How an answer goes out.
struct Reply<'a> {
    store: &'a Store,
    version: Version,
    seen: Seen,
    name: &'a str,
    headers: &'a HeaderMap,
}

impl Reply<'_> {
    fn send(&self, answer: Answer, drop_within: bool) -> Response {
        let zipped = self.headers.get_all(header::ACCEPT_ENCODING).iter().any(takes_gzip);
        let zipped = zipped && answer.body.len() >= LEAST_GZIP;
        let mut plain = answer.body;
        if answer.status >= 400 && self.store.read().readings.is(Point::ErrorType, "relative") {
            plain = relative(&plain);
        }
        let body = if zipped { gzip(&plain) } else { plain };
        self.store.stats.count(self.name, answer.status, body.len() as u64);

        let mut response = Response::new(Body::empty());
        *response.status_mut() =
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        let usual = if answer.problem { "application/problem+json" } else { "application/json" };
        let kind = answer.media.unwrap_or(usual);
        if !body.is_empty() || self.version == Version::V2 {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        if zipped {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        }
        let mut set = |name: HeaderName, text: String| {
            // Every text made here is ASCII without control characters.
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(name, value);
            }
        };
        set(header::DATE, dates::http(self.store.options.clock.now()));
        if let Some(allow) = answer.allow {
            set(header::ALLOW, allow);
        }
        if let Some(modified) = answer.modified {
            set(header::LAST_MODIFIED, dates::rfc2822(modified));
        }
        let seen = &self.seen;
        let reset = seen.reset.as_millis();
        let window = seen.window.as_millis();
        let wait = if seen.refused { reset.div_ceil(1000).max(1) } else { 1 };
        let numbers = [u128::from(seen.left), u128::from(seen.quota), reset, window, wait];
        let told = if answer.status == 429 { 5 } else { 4 };
        for (name, number) in RATE_HEADERS.iter().zip(numbers).take(told) {
            set(HeaderName::from_static(name), number.to_string());
        }
        if self.version == Version::V2 {
            set(HeaderName::from_static("x-bc-apilimit-remaining"), seen.left.to_string());
            set(HeaderName::from_static("x-bc-store-version"), "7.6.0".into());
        }
        if drop_within {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len().max(2)));
            let half = Bytes::copy_from_slice(&body[..body.len() / 2]);
            let torn = Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
            *response.body_mut() = Body::from_stream(futures::stream::iter([Ok(half), torn]));
        } else if !body.is_empty() {
            *response.body_mut() = Body::from(body);
        }
        response
    }
}

/// An error body whose `type` is a path of the documentation without its host.
fn relative(body: &[u8]) -> Vec<u8> {
    let absolute = "\"type\":\"https://developer.bigcommerce.com/";
    String::from_utf8_lossy(body).replace(absolute, "\"type\":\"/").into_bytes()
}

fn takes_gzip(value: &HeaderValue) -> bool {
    let accepted = |coding: &str| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("gzip") && weight.trim() != "q=0"
    };
    value.to_str().is_ok_and(|list| list.split(',').any(accepted))
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 6), Compression::fast());
    // Writing to a vector cannot fail.
    let written = encoder.write_all(body);
    written.and_then(|()| encoder.finish()).unwrap_or_default()
}
