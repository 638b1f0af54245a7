//! The signed payload of the load, uninstall and remove-user callbacks (docs/integrations/apps/guide/callbacks.mdx).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::Sha256;

use super::{Person, store_of};
use crate::StoreHash;

/// Payloads are some hundred bytes.
const MOST_BYTES: usize = 16 * 1024;

/// How far clocks may differ.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// Who opens or leaves the app, and in which store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claims {
    /// The store.
    pub store: StoreHash,
    /// Who acts.
    pub user: Person,
    /// Who owns the store.
    pub owner: Person,
    /// Where in the app they want to go; `/` if nowhere in particular.
    pub url: String,
    /// The channel they came from; `None` from the list of apps.
    pub channel_id: Option<i64>,
    /// The payload's own key.
    pub id: Option<String>,
    /// When it was signed.
    pub issued_at: Timestamp,
    /// When it stops to hold: a day later.
    pub expires_at: Timestamp,
}

impl Claims {
    /// Whether the owner of the store acts. Apps for one user only let nobody else in.
    pub fn by_owner(&self) -> bool {
        self.user.id.is_some() && self.user.id == self.owner.id
    }
}

/// Why a signed payload is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidJwt {
    /// It is not three parts of base64, or they hold something else than expected.
    #[error("this is no signed payload")]
    Shape,
    /// It is signed in another way than HS256.
    #[error("the payload is signed in another way than HS256")]
    Algorithm,
    /// The signature is not of this app's secret.
    #[error("the signature does not fit")]
    Signature,
    /// It is for another app.
    #[error("the payload is for another app")]
    Audience,
    /// It is not from BigCommerce.
    #[error("the payload is not from BigCommerce")]
    Issuer,
    /// It does not hold any more, or not yet.
    #[error("the payload is too old or of the future")]
    Age,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Payload {
    aud: Audience,
    iss: String,
    iat: i64,
    nbf: Option<i64>,
    exp: i64,
    jti: Option<String>,
    sub: String,
    #[serde(default)]
    user: Person,
    #[serde(default)]
    owner: Person,
    url: Option<String>,
    channel_id: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

pub(super) fn verify(
    jwt: &str,
    client_id: &str,
    secret: &SecretString,
    now: Timestamp,
) -> Result<Claims, InvalidJwt> {
    if jwt.len() > MOST_BYTES {
        return Err(InvalidJwt::Shape);
    }
    let (signed, signature) = jwt.rsplit_once('.').ok_or(InvalidJwt::Shape)?;
    let (header, payload) = signed.split_once('.').ok_or(InvalidJwt::Shape)?;
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidJwt::Shape);
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| InvalidJwt::Shape)?;
    if header.alg != "HS256" {
        return Err(InvalidJwt::Algorithm);
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .map_err(|_| InvalidJwt::Signature)?;
    mac.update(signed.as_bytes());
    // `verify_slice` compares in constant time.
    mac.verify_slice(&decode(signature)?).map_err(|_| InvalidJwt::Signature)?;
    let payload: Payload = serde_json::from_slice(&decode(payload)?).map_err(|_| InvalidJwt::Shape)?;
    let for_us = match &payload.aud {
        Audience::One(app) => app == client_id,
        Audience::Several(apps) => apps.iter().any(|app| app == client_id),
    };
    if !for_us {
        return Err(InvalidJwt::Audience);
    }
    if payload.iss != "bc" {
        return Err(InvalidJwt::Issuer);
    }
    let at = |seconds| Timestamp::from_second(seconds).map_err(|_| InvalidJwt::Shape);
    let (issued_at, expires_at) = (at(payload.iat)?, at(payload.exp)?);
    let begins = at(payload.nbf.unwrap_or(payload.iat))?;
    if now.duration_since(expires_at) > LEEWAY || begins.duration_since(now) > LEEWAY {
        return Err(InvalidJwt::Age);
    }
    Ok(Claims {
        store: store_of(&payload.sub).ok_or(InvalidJwt::Shape)?,
        user: payload.user,
        owner: payload.owner,
        url: payload.url.unwrap_or_else(|| "/".to_owned()),
        channel_id: payload.channel_id,
        id: payload.jti,
        issued_at,
        expires_at,
    })
}
