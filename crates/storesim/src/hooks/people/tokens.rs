//! Tokens of the storefront's own API (storefront_tokens.v3.yml): of the form that the store hands out,
//! and good for nothing, since that API is not simulated.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::data::Data;
use crate::json;
use crate::serve::{Answer, Failure};
use crate::write::{read_object, value};

/// POST of a token.
pub(super) fn create(data: &Data, body: &str) -> Result<Answer, Failure> {
    let input = read_object(body)?;
    let wrong =
        |name: &str, reason: &str| Failure::new(422, "JSON data is missing or invalid").field(name, reason);
    let expires = input.get("expires_at").ok_or_else(|| wrong("expires_at", "error.path.missing"))?;
    let expires = json::integer(expires).filter(|at| *at == 0 || *at > data.clock.now());
    let expires = expires.ok_or_else(|| wrong("expires_at", "expires_at must be a time to come"))?;
    let channels = match (input.get("channel_ids"), input.get("channel_id").and_then(json::integer)) {
        (Some(list), _) => value::integers(list).filter(|list| !list.is_empty()),
        (None, channel) => channel.map(|channel| vec![channel]),
    };
    let channels = channels.ok_or_else(|| wrong("channel_id", "error.path.missing"))?;
    if channels.iter().any(|channel| data.table("channels").get(*channel).is_none()) {
        return Err(wrong("channel_id", "the channel does not exist"));
    }
    let now = data.clock.now();
    let claims = format!(
        "{{\"cid\":{channels:?},\"eat\":{expires},\"iat\":{now},\"iss\":\"BC\",\"sid\":{}}}",
        data.store_id()
    );
    let head = URL_SAFE_NO_PAD.encode("{\"alg\":\"ES256\",\"typ\":\"JWT\"}");
    let claims = URL_SAFE_NO_PAD.encode(claims);
    let sign = URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{head}.{claims}")));
    Ok(Answer::data(200, &format!("{{\"token\":\"{head}.{claims}.{sign}\"}}")))
}
