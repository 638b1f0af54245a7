//! One delivery over HTTP, signed by the Standard Webhooks scheme
//! (docs/integrations/webhooks/https-webhook-overview.mdx).

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderValue, header};
use sha2::Sha256;

use super::log::Sent;
use super::queue::Job;
use crate::readings::Point;

/// What an answer's headers may be: more or longer ones make the delivery fail.
const MOST_HEADERS: usize = 64;
const LONGEST_NAME: usize = 64;
const LONGEST_VALUE: usize = 8192;
/// The bytes of an answer's body that are read, so that its connection can be used again.
const MOST_BODY: usize = 64 * 1024;

/// Who sends.
const AGENT: HeaderValue = HeaderValue::from_static("pekko-http/1.1.0");

/// A client for deliveries. Certificates of https destinations are checked as everywhere else.
pub(crate) fn client() -> Result<reqwest::Client, reqwest::Error> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Losing a race means that another one is installed, which is just as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    client.http1_only().build()
}

/// How far back the timestamp of a fault lies.
const OLD: i64 = 3600;

/// Sends one, with the client's secret; how it went.
pub(super) async fn send(client: &reqwest::Client, secret: &str, job: &Job, now: i64) -> Sent {
    let began = Instant::now();
    let result = request(client, secret, job, now).await;
    let (status, reason) = match result {
        Ok(status) => (Some(status), None),
        Err((status, reason)) => (status, Some(reason)),
    };
    Sent { well: reason.is_none(), at: now, status, reason, took: began.elapsed() }
}

/// The status of a good answer; what went wrong otherwise.
async fn request(
    client: &reqwest::Client,
    secret: &str,
    job: &Job,
    now: i64,
) -> Result<u16, (Option<u16>, String)> {
    let message = job.message();
    let mut headers = job.hook.headers.clone();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::USER_AGENT, AGENT);
    if job.readings.is(Point::Signature, "always") {
        let timestamp = (if job.is_old() { now - OLD } else { now }).to_string();
        let mut signature =
            sign(secret, &message.hash, &timestamp, &message.body).map_err(|reason| (None, reason))?;
        if job.is_corrupt() {
            signature = sign("corrupt", &signature, &timestamp, b"").map_err(|reason| (None, reason))?;
        }
        let named = [
            ("webhook-id", message.hash.as_str()),
            ("webhook-timestamp", &timestamp),
            ("webhook-signature", &signature),
        ];
        for (name, value) in named {
            let value = HeaderValue::from_str(value).map_err(|error| (None, error.to_string()))?;
            headers.insert(name, value);
        }
    }
    let patience = job.readings.of(Point::DeliveryTimeout).parse().unwrap_or(10);
    let body: Bytes = message.body.clone();
    let request = client.post(&job.hook.destination).headers(headers).body(body);
    let answer = request.timeout(Duration::from_secs(patience)).send().await;
    let mut answer = answer.map_err(|error| (None, reason(&error)))?;
    let status = answer.status();
    let large = |(name, value): (&http::HeaderName, &HeaderValue)| {
        name.as_str().len() > LONGEST_NAME || value.len() > LONGEST_VALUE
    };
    if answer.headers().len() > MOST_HEADERS || answer.headers().iter().any(large) {
        return Err((Some(status.as_u16()), "the answer has too many or too long headers".into()));
    }
    let mut read = 0;
    while let Ok(Some(chunk)) = answer.chunk().await {
        read += chunk.len();
        if read > MOST_BODY {
            break;
        }
    }
    if status.is_success() {
        Ok(status.as_u16())
    } else {
        Err((Some(status.as_u16()), format!("the answer was {status}")))
    }
}

/// Why there was no answer; the same text for the same trouble.
fn reason(error: &reqwest::Error) -> String {
    let what = if error.is_timeout() {
        "the receiver took too long"
    } else if error.is_connect() {
        "no connection to the destination"
    } else {
        "no answer"
    };
    what.into()
}

/// `v1,` and the Base64 of the HMAC over id, timestamp and body. The scheme's secret is the Base64 of
/// the key, so the key is the client secret's bytes.
fn sign(secret: &str, id: &str, timestamp: &str, body: &[u8]) -> Result<String, String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|error| error.to_string())?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_standard() {
        // The example of the Standard Webhooks specification; its secret is the Base64 of the key.
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(br#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#);
        let expected = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(STANDARD.encode(mac.finalize().into_bytes()), expected);
        // The same parts with a key that is text.
        let signed = sign("secret", "a", "1", b"{}").unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(b"secret").unwrap();
        mac.update(b"a.1.{}");
        assert_eq!(signed, format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())));
    }
}
