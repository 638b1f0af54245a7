//! A simulated store's own controls, `/_sim/…`: they take no token, cost no quota and are no part of the API.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;

/// What a control answered.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body; null where it is no JSON, as of something that is no simulated store.
    pub body: Value,
}

/// The bytes of an answer that are read.
const ANSWER_MAX: usize = 1024 * 1024;

/// Asks the control `name` of the store at `origin`, within `patience`. Fails with the last cause in words.
pub async fn ask(
    origin: &str,
    method: Method,
    name: &str,
    body: Option<&Value>,
    patience: Duration,
) -> Result<Answer, String> {
    let words = |error: reqwest::Error| {
        let mut cause: &dyn std::error::Error = &error;
        while let Some(next) = cause.source() {
            cause = next;
        }
        if error.is_timeout() { "it took too long".to_owned() } else { cause.to_string() }
    };
    // It is on this machine: no proxy is in between.
    let client = reqwest::Client::builder().no_proxy().timeout(patience).build().map_err(words)?;
    let mut request = client.request(method, format!("{}/_sim/{name}", origin.trim_end_matches('/')));
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let mut response = request.send().await.map_err(words)?;
    let status = response.status();
    let mut text = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(words)? {
        if text.len() + chunk.len() > ANSWER_MAX {
            return Err("the answer is too long".to_owned());
        }
        text.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body: serde_json::from_slice(&text).unwrap_or_default() })
}
