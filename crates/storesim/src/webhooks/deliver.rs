//! One delivery over HTTP, signed by the Standard Webhooks scheme
//! (docs/integrations/webhooks/https-webhook-overview.mdx).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue, header};
use sha2::Sha256;

use super::queue::{Identity, Message};

/// A receiver that needs longer has failed: recorded receivers had ten seconds and more, and an answer
/// after twelve was too late.
const PATIENCE: Duration = Duration::from_secs(10);
/// What an answer's headers may be: more or longer ones make the delivery fail.
const MOST_HEADERS: usize = 64;
const LONGEST_NAME: usize = 64;
const LONGEST_VALUE: usize = 8192;
/// The bytes of an answer's body that are read, so that its connection can be used again.
const MOST_BODY: usize = 64 * 1024;

/// Who sends.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("storesim/", env!("CARGO_PKG_VERSION")));

/// A client for deliveries. Certificates of https destinations are checked as everywhere else.
pub(super) fn client() -> Result<reqwest::Client, reqwest::Error> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Losing a race means that another one is installed, which is just as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    client.http1_only().timeout(PATIENCE).build()
}

/// Sends one; what went wrong otherwise.
pub(super) async fn send(
    client: &reqwest::Client,
    identity: &Identity,
    destination: &str,
    own: &HeaderMap,
    message: &Message,
    now: i64,
) -> Result<(), String> {
    let mut headers = own.clone();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::USER_AGENT, AGENT);
    let timestamp = now.to_string();
    let signature = sign(&identity.client_secret, &message.hash, &timestamp, &message.body)?;
    for (name, value) in
        [("webhook-id", &message.hash), ("webhook-timestamp", &timestamp), ("webhook-signature", &signature)]
    {
        headers.insert(name, HeaderValue::from_str(value).map_err(|error| error.to_string())?);
    }
    let body: Bytes = message.body.clone();
    let request = client.post(destination).headers(headers).body(body);
    let mut answer = request.send().await.map_err(|error| error.to_string())?;
    let status = answer.status();
    let large = |(name, value): (&http::HeaderName, &HeaderValue)| {
        name.as_str().len() > LONGEST_NAME || value.len() > LONGEST_VALUE
    };
    if answer.headers().len() > MOST_HEADERS || answer.headers().iter().any(large) {
        return Err("the answer has too many or too long headers".into());
    }
    let mut read = 0;
    while let Ok(Some(chunk)) = answer.chunk().await {
        read += chunk.len();
        if read > MOST_BODY {
            break;
        }
    }
    if status.is_success() { Ok(()) } else { Err(format!("the answer was {status}")) }
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
