//! An HTTP API as destination: one request for each output, with a key by which it can tell repeats.

use std::sync::Arc;
use std::time::Duration;

use baxter_engine::model::clock::Clock;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, StatusCode};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use crate::flow::{Auth, Http};
use crate::{Error, expr, retry};

/// How much of an answer is read: enough for what an API says of an error.
const ANSWER_MAX: usize = 16 * 1024;
/// How much of it is kept with a dead letter.
const REASON_MAX: usize = 500;

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was taken.
    Delivered,
    /// It may be taken later, not before the destination wants.
    Later(String, Option<Duration>),
    /// It never will.
    Never(String),
}

/// The way to an HTTP API.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    client: Client,
    config: Arc<Http>,
    /// What may not be repeated in reasons.
    secret: Option<Arc<str>>,
    clock: Arc<dyn Clock>,
}

impl Sender {
    pub(crate) fn new(config: Http, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        // Another part of the program may have installed its provider: any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let failed = |reason: String| Error::Start { what: "the HTTP client of a flow", reason };
        let mut headers = HeaderMap::new();
        for (name, value) in &config.headers {
            let name: HeaderName = name.parse().map_err(|_| failed(format!("header {name}")))?;
            headers.insert(name, HeaderValue::from_str(value).map_err(|_| failed("a header".to_owned()))?);
        }
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        let mut secret = None;
        if let Some(auth) = &config.auth {
            let (name, value, bare) = credentials(auth)?;
            let mut value = HeaderValue::from_str(&value)
                .map_err(|_| failed("the secret has characters that a header cannot carry".to_owned()))?;
            value.set_sensitive(true);
            headers.insert(name, value);
            secret = Some(bare.into());
        }
        let mut client = Client::builder()
            .user_agent(concat!("baxter/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .gzip(true)
            .timeout(config.timeout)
            .connect_timeout(config.timeout.min(Duration::from_secs(15)))
            .pool_max_idle_per_host(config.concurrency);
        if config.url.scheme() == "http" {
            // It stays on this machine: no proxy may take it elsewhere, and no certificates are needed.
            client = client.no_proxy().tls_certs_only([]);
        }
        let client = client.build().map_err(|error| failed(error.to_string()))?;
        Ok(Sender { client, config: Arc::new(config), secret, clock })
    }

    /// Sends one output.
    pub(crate) async fn send(&self, key: &str, body: String) -> Outcome {
        let request = self
            .client
            .request(self.config.method.clone(), self.config.url.clone())
            .header("idempotency-key", header_text(key))
            .body(body);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Outcome::Later(self.redacted(&chain(&error.without_url())), None),
        };
        let (status, asked) = (answer.status(), answer.headers().get(RETRY_AFTER).cloned());
        let text = read(answer).await;
        if status.is_success() {
            return Outcome::Delivered;
        }
        let said = expr::head(text.trim(), REASON_MAX);
        let reason = self.redacted(format!("{status}: {said}").trim_end_matches(": "));
        let asked = asked.and_then(|value| retry::retry_after(value.to_str().ok()?, self.clock.now()));
        if may_change(status) { Outcome::Later(reason, asked) } else { Outcome::Never(reason) }
    }

    fn redacted(&self, text: &str) -> String {
        match &self.secret {
            Some(secret) => text.replace(secret.as_ref(), "…"),
            None => text.to_owned(),
        }
    }
}

/// Whether the same request may be answered otherwise later. Credentials can be put right while it waits; all else
/// that the destination says about a request stays true of it.
fn may_change(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT
                | StatusCode::TOO_EARLY
                | StatusCode::TOO_MANY_REQUESTS
                | StatusCode::UNAUTHORIZED
                | StatusCode::FORBIDDEN
        )
}

/// The header that makes us known, and the secret in it.
fn credentials(auth: &Auth) -> Result<(HeaderName, String, String), Error> {
    use base64::Engine;
    Ok(match auth {
        Auth::Bearer(token) => {
            let token = token.expose_secret();
            (AUTHORIZATION, format!("Bearer {token}"), token.to_owned())
        }
        Auth::Basic { user, password } => {
            let password = password.expose_secret();
            let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            (AUTHORIZATION, format!("Basic {pair}"), password.to_owned())
        }
        Auth::Header { name, value } => {
            let name = name.parse().map_err(|_| Error::Start {
                what: "the HTTP client of a flow",
                reason: format!("header {name}"),
            })?;
            let value = value.expose_secret();
            (name, value.to_owned(), value.to_owned())
        }
    })
}

/// The key as a header can carry it: as it is, or its digest where it has other characters.
fn header_text(key: &str) -> String {
    if key.len() <= 255 && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return key.to_owned();
    }
    Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The beginning of an answer's body.
async fn read(mut answer: reqwest::Response) -> String {
    let mut body = Vec::new();
    while body.len() < ANSWER_MAX {
        match answer.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk[..chunk.len().min(ANSWER_MAX - body.len())]),
            // What the status says counts; the text only explains it.
            Ok(None) | Err(_) => break,
        }
    }
    String::from_utf8_lossy(&body).into_owned()
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_change_is_tried_again() {
        for status in [401, 403, 408, 425, 429, 500, 502, 503, 599] {
            assert!(may_change(StatusCode::from_u16(status).unwrap()), "{status}");
        }
        for status in [301, 400, 404, 405, 409, 410, 413, 422] {
            assert!(!may_change(StatusCode::from_u16(status).unwrap()), "{status}");
        }
    }

    #[test]
    fn keys_fit_into_a_header() {
        assert_eq!(header_text("abc:ledger:orders:100:7#1"), "abc:ledger:orders:100:7#1");
        assert_eq!(header_text("abc:ledger:store:é").len(), 64);
        assert_eq!(header_text(&"k".repeat(256)).len(), 64);
    }
}
