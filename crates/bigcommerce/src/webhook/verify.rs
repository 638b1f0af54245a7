//! Proof that a notification comes from the store.
//!
//! BigCommerce signs notifications by the Standard Webhooks scheme, keyed by the bytes of the app's client secret
//! (docs/integrations/webhooks/https-webhook-overview.mdx; the headers and the signed text are those of the
//! Standard Webhooks specification).

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Checks signatures and ages of notifications.
///
/// The signature is `v1,` and the base64 of HMAC-SHA256 over `webhook-id`, `webhook-timestamp` and the raw
/// body, joined by dots; the key is the bytes of the app's client secret. (A Standard Webhooks library takes
/// the base64 of these bytes as its secret.) Signatures are compared in constant time. The header may hold
/// several, separated by blanks: one that fits is enough.
#[derive(Clone)]
pub struct Verifier {
    client_secrets: Vec<SecretString>,
    tolerance: Duration,
}

/// Why a notification is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// One of `webhook-id`, `webhook-timestamp` and `webhook-signature` is missing or unreadable.
    #[error("the signature's headers are missing or unreadable")]
    Headers,
    /// It was signed too long ago, or in the future.
    #[error("the signature is too old or of the future")]
    Age,
    /// No signature is of this key and this body.
    #[error("the signature does not fit")]
    Signature,
}

/// What the specification advises: five minutes to either side.
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// Signatures in one header at most: a few while keys change.
const SIGNATURES: usize = 16;

impl Verifier {
    /// A verifier for an app with this client secret.
    pub fn new(client_secret: impl Into<String>) -> Self {
        Verifier { client_secrets: vec![SecretString::from(client_secret.into())], tolerance: TOLERANCE }
    }

    /// Takes another secret as well: the old one while secrets change, or that of another app.
    #[must_use]
    pub fn or(mut self, client_secret: impl Into<String>) -> Self {
        self.client_secrets.push(SecretString::from(client_secret.into()));
        self
    }

    /// Believes notifications that were signed at most `tolerance` ago, or ahead. Five minutes unless said,
    /// as Standard Webhooks advises.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Checks that `body`, which came with `headers`, was signed by the store about `now`.
    ///
    /// `body` is the bytes as they came over the wire: JSON that was parsed and written again has another
    /// signature.
    ///
    /// # Errors
    /// Why it is not believed. Answer 401 and do nothing.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<(), Rejection> {
        let header =
            |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).ok_or(Rejection::Headers);
        let (id, timestamp, signatures) =
            (header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?);
        let signed_at = timestamp
            .parse()
            .ok()
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .ok_or(Rejection::Headers)?;
        let tolerance = SignedDuration::try_from(self.tolerance).unwrap_or(SignedDuration::MAX);
        if now.duration_since(signed_at).abs() > tolerance {
            return Err(Rejection::Age);
        }
        for signature in signatures.split(' ').take(SIGNATURES) {
            let Some(signature) = signature.strip_prefix("v1,").and_then(|text| STANDARD.decode(text).ok())
            else {
                continue;
            };
            for secret in &self.client_secrets {
                // `verify_slice` compares in constant time.
                if mac(secret, id, timestamp, body)?.verify_slice(&signature).is_ok() {
                    return Ok(());
                }
            }
        }
        Err(Rejection::Signature)
    }
}

fn mac(secret: &SecretString, id: &str, timestamp: &str, body: &[u8]) -> Result<Hmac<Sha256>, Rejection> {
    let key = secret.expose_secret().as_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| Rejection::Signature)?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    Ok(mac)
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("tolerance", &self.tolerance).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"scope":"store/order/created"}"#;
    const SIGNATURE: &str = "v1,6v30vQQ9Q05f2gTgrKDzs2+aAcVJco2l3nmq3S/atZQ=";

    fn verify(signature: &str, body: &[u8], late: i64) -> Result<(), Rejection> {
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", "msg_1".parse().unwrap());
        headers.insert("webhook-timestamp", "1800000000".parse().unwrap());
        headers.insert("webhook-signature", signature.parse().unwrap());
        let now = Timestamp::from_second(1_800_000_000 + late).unwrap();
        Verifier::new("a client secret").verify(&headers, body, now)
    }

    #[test]
    fn only_the_signed_body_of_now_is_believed() {
        assert_eq!(verify(SIGNATURE, BODY, 0), Ok(()));
        assert_eq!(verify(&format!("v1,AAAA v2,x {SIGNATURE}"), BODY, 299), Ok(()));
        assert_eq!(verify(SIGNATURE, b"{}", 0), Err(Rejection::Signature));
        assert_eq!(verify("v1,", BODY, 0), Err(Rejection::Signature));
        assert_eq!(verify(SIGNATURE, BODY, 301), Err(Rejection::Age));
        assert_eq!(verify(SIGNATURE, BODY, -301), Err(Rejection::Age));
        let changing = Verifier::new("a new secret").or("a client secret");
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", "msg_1".parse().unwrap());
        headers.insert("webhook-timestamp", "1800000000".parse().unwrap());
        headers.insert("webhook-signature", SIGNATURE.parse().unwrap());
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        assert_eq!(changing.verify(&headers, BODY, now), Ok(()));
        assert_eq!(Verifier::new("a new secret").verify(&headers, BODY, now), Err(Rejection::Signature));
        assert!(!format!("{changing:?}").contains("secret"));
        assert_eq!(
            Verifier::new("x").verify(&HeaderMap::new(), BODY, Timestamp::UNIX_EPOCH),
            Err(Rejection::Headers)
        );
    }

    #[test]
    fn the_key_is_the_secret_as_standard_webhooks_decodes_it() {
        // The specification's own vector; its key is not text, so it is spelled by its bytes here.
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(br#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#);
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        assert_eq!(signature, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
