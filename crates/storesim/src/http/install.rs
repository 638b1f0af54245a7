//! What BigCommerce does around an app: the exchange of codes, and telling the app of installs, opened
//! pages, removed users and its end (docs/integrations/apps/guide).

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use ::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::body::Body;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Store;
use super::control::{answer, json as reply, refuse};
use crate::accounts::Exchange;
use crate::readings::Point;
use crate::serve::Query;
use crate::webhooks::{self, Event};

/// The store's owner, who is the user of everything that names none.
const OWNER: (i64, &str) = (1, "owner@simstore.example");
/// How long a signed payload is valid.
const VALID: i64 = 86_400;
/// How long an app may take to answer a callback.
const PATIENCE: Duration = Duration::from_secs(10);

/// `POST /oauth2/token`, as a form or as JSON.
pub(super) fn token(store: &Store, headers: &HeaderMap, body: &[u8]) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let text = String::from_utf8_lossy(body);
    let is_json = kind.trim_start().to_ascii_lowercase().starts_with("application/json");
    // Clients that forget to say so send JSON all the same.
    let fields = if is_json || (kind.is_empty() && text.trim_start().starts_with('{')) {
        match serde_json::from_str::<serde_json::Map<String, Value>>(&text) {
            Ok(members) => members
                .into_iter()
                .filter_map(|(name, value)| value.as_str().map(|value| (name, value.to_owned())))
                .collect(),
            Err(_) => return refused(400, "invalid_request", "the body is no JSON object"),
        }
    } else {
        Query::read(Some(&text)).0
    };
    let mut asked = Exchange::default();
    for (name, value) in fields {
        match name.as_str() {
            "client_id" => asked.client_id = value,
            "client_secret" => asked.client_secret = value,
            "code" => asked.code = value,
            "context" => asked.context = value,
            "scope" => asked.scope = value,
            "grant_type" => asked.grant_type = value,
            "redirect_uri" => asked.redirect_uri = value,
            _ => {}
        }
    }
    match store.accounts.exchange(&asked) {
        Ok(granted) => {
            let (id, email) = OWNER;
            let person = json!({"id": id, "username": email, "email": email});
            answer(&json!({
                "access_token": granted.access_token,
                "scope": granted.scope,
                "user": person,
                "owner": person,
                "context": context(store),
                "account_uuid": account_uuid(store),
            }))
        }
        Err(refusal) => {
            let status = if refusal.error == "invalid_client" { 401 } else { 400 };
            refused(status, refusal.error, &refusal.description)
        }
    }
}

fn refused(status: u16, error: &str, description: &str) -> Response {
    reply(status, json!({"error": error, "error_description": description}).to_string())
}

fn context(store: &Store) -> String {
    format!("stores/{}", store.options.store_hash)
}

/// The account the store belongs to: always the same for one store hash.
fn account_uuid(store: &Store) -> String {
    let digest = Sha256::digest(store.options.store_hash.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// Who does what, in the query or body of `/_sim/install`, `load`, `payload`, `uninstall` and
/// `remove_user`; what is missing is the owner's, and the first client's.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Deed {
    client_id: Option<String>,
    user_id: Option<i64>,
    user_email: Option<String>,
    locale: Option<String>,
    url: Option<String>,
    channel_id: Option<i64>,
}

impl Deed {
    /// Of a query or a JSON body; an empty one is everything by default.
    pub fn read(query: Option<&str>, body: &[u8]) -> Result<Self, String> {
        if !body.is_empty() {
            return serde_json::from_slice(body).map_err(|error| error.to_string());
        }
        let mut deed = Self::default();
        for (name, value) in Query::read(query).0 {
            let number = || value.parse().map_err(|_| format!("{name} must be a number"));
            match name.as_str() {
                "client_id" => deed.client_id = Some(value),
                "user_id" => deed.user_id = Some(number()?),
                "user_email" => deed.user_email = Some(value),
                "locale" => deed.locale = Some(value),
                "url" => deed.url = Some(value),
                "channel_id" => deed.channel_id = Some(number()?),
                _ => return Err(format!("{name} is not known here")),
            }
        }
        Ok(deed)
    }
}

/// `GET /_sim/install`: what the browser does after the merchant accepted.
pub(super) fn install(store: &Store, deed: &Deed) -> Response {
    let Some(client) = store.accounts.named(deed.client_id.as_deref()) else { return unknown() };
    let auth = store.accounts.callbacks(&client).and_then(|(callbacks, _)| callbacks.auth);
    let Some(auth) = auth else { return no_callback("auth") };
    let Some((code, scope)) = store.accounts.issue(&client) else { return unknown() };
    let (context, account) = (context(store), account_uuid(store));
    redirect(&auth, &[("code", &code), ("scope", &scope), ("context", &context), ("account_uuid", &account)])
}

/// `GET /_sim/load`: what the browser does when the app is opened. An app that is not installed, or
/// whose scopes have changed since, has to be accepted first.
pub(super) fn load(store: &Store, deed: &Deed) -> Response {
    let Some(client) = store.accounts.named(deed.client_id.as_deref()) else { return unknown() };
    let Some((callbacks, needs_consent)) = store.accounts.callbacks(&client) else { return unknown() };
    if needs_consent {
        return install(store, deed);
    }
    let Some(load) = callbacks.load else { return no_callback("load") };
    match payloads(store, &client, deed) {
        Some(payloads) => redirect(&load, &pairs(&payloads)),
        None => unknown(),
    }
}

/// `GET /_sim/payload`: a signed payload for tests that need no browser.
pub(super) fn signed(store: &Store, deed: &Deed) -> Response {
    let client = store.accounts.named(deed.client_id.as_deref());
    match client.and_then(|client| payloads(store, &client, deed)) {
        Some(payloads) => answer(&payloads.into_iter().collect::<BTreeMap<_, _>>()),
        None => unknown(),
    }
}

/// `POST /_sim/remove_user`: the server tells the app that a user has no access any more.
pub(super) async fn remove_user(store: &Store, deed: &Deed) -> Response {
    let Some(client) = store.accounts.named(deed.client_id.as_deref()) else { return unknown() };
    let callback = store.accounts.callbacks(&client).and_then(|(callbacks, _)| callbacks.remove_user);
    let Some(callback) = callback else { return no_callback("remove_user") };
    let told = call(store, &client, deed, Some(callback)).await;
    answer(&json!({"client_id": &*client, "callback": told}))
}

/// `POST /_sim/uninstall`: the hooks of the client learn of it and are gone with its token, and the
/// server tells the app.
pub(super) async fn uninstall(store: &Store, deed: &Deed) -> Response {
    if deed.client_id.is_none() {
        return refuse(400, "client_id says which app is uninstalled");
    }
    let Some(client) = store.accounts.named(deed.client_id.as_deref()) else { return unknown() };
    let callback = store.accounts.callbacks(&client).and_then(|(callbacks, _)| callbacks.uninstall);
    store.accounts.revoke(&client);
    forget(store, &client, true);
    let told = call(store, &client, deed, callback).await;
    answer(&json!({"client_id": &*client, "callback": told}))
}

/// `DELETE /_sim/clients/ID`: the account goes with its hooks and without a word.
pub(super) fn delete(store: &Store, client: &str) -> Response {
    if !store.accounts.remove(client) {
        return refuse(404, "there is no such client, or it is the first one, which stays");
    }
    forget(store, client, false);
    reply(200, "{\"status\":\"ok\"}".into())
}

fn forget(store: &Store, client: &str, with_a_word: bool) {
    let mut data = store.write();
    if with_a_word {
        let event = Event::new("store/app/uninstalled", "{\"type\":\"store\"}".into());
        let now = data.clock.now();
        data.webhooks.farewell(client, event, now);
    }
    let done = data.all_or_nothing(|data| {
        webhooks::forget(data, client);
        Ok::<_, Infallible>(())
    });
    done.unwrap_or_else(|never| match never {});
}

/// Calls a callback of the server; its status, or why there is none.
async fn call(store: &Store, client: &str, deed: &Deed, callback: Option<String>) -> Value {
    let (Some(callback), Some(payloads)) = (callback, payloads(store, client, deed)) else {
        return Value::Null;
    };
    let Some(url) = with_query(&callback, &pairs(&payloads)) else { return Value::Null };
    let http = match webhooks::client() {
        Ok(http) => http,
        Err(error) => return json!({"error": error.to_string()}),
    };
    match http.get(url).timeout(PATIENCE).send().await {
        Ok(response) => json!({"status": response.status().as_u16()}),
        Err(error) => json!({"error": error.without_url().to_string()}),
    }
}

/// What callbacks carry: a token, and the older form that published clients and sample apps still verify.
fn payloads(store: &Store, client: &str, deed: &Deed) -> Option<Vec<(&'static str, String)>> {
    let mut payloads = vec![("signed_payload_jwt", payload(store, client, deed)?)];
    if store.read().readings.is(Point::SignedPayload, "both") {
        payloads.push(("signed_payload", older_payload(store, client, deed)?));
    }
    Some(payloads)
}

fn pairs<'a>(payloads: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    payloads.iter().map(|(name, payload)| (*name, payload.as_str())).collect()
}

/// `signed_payload`: two parts of base64, the JSON and the hexadecimal HMAC of it, with the client's secret, as
/// the guide to callbacks described it before 2022.
fn older_payload(store: &Store, client: &str, deed: &Deed) -> Option<String> {
    let secret = store.accounts.secret(client)?;
    let (id, email) = OWNER;
    let claims = json!({
        "user": {
            "id": deed.user_id.unwrap_or(id),
            "email": deed.user_email.as_deref().unwrap_or(email),
        },
        "owner": {"id": id, "email": email},
        "context": context(store),
        "store_hash": store.options.store_hash,
        "timestamp": jiff::Timestamp::now().as_duration().as_secs_f64(),
    });
    let claims = claims.to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(claims.as_bytes());
    let signature: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("{}.{}", STANDARD.encode(claims), STANDARD.encode(signature)))
}

/// `signed_payload_jwt`: HS256 with the client's secret (docs/integrations/apps/guide/callbacks.mdx).
fn payload(store: &Store, client: &str, deed: &Deed) -> Option<String> {
    let secret = store.accounts.secret(client)?;
    let (id, email) = OWNER;
    // Apps judge the time window by their own clocks.
    let now = jiff::Timestamp::now().as_second();
    let before = if store.read().readings.is(Point::PayloadNotBefore, "iat") { 0 } else { 5 };
    let claims = json!({
        "aud": client,
        "iss": "bc",
        "iat": now,
        "nbf": now - before,
        "exp": now + VALID,
        "jti": uuid::Uuid::new_v4().to_string(),
        "sub": context(store),
        "user": {
            "id": deed.user_id.unwrap_or(id),
            "email": deed.user_email.as_deref().unwrap_or(email),
            "locale": deed.locale.as_deref().unwrap_or("en-US"),
        },
        "owner": {"id": id, "email": email},
        "url": deed.url.as_deref().unwrap_or("/"),
        "channel_id": deed.channel_id,
    });
    let part = |text: String| URL_SAFE_NO_PAD.encode(text);
    let signed =
        format!("{}.{}", part(json!({"alg": "HS256", "typ": "JWT"}).to_string()), part(claims.to_string()));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(signed.as_bytes());
    Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
}

fn with_query(url: &str, parameters: &[(&str, &str)]) -> Option<reqwest::Url> {
    reqwest::Url::parse_with_params(url, parameters).ok()
}

fn redirect(url: &str, parameters: &[(&str, &str)]) -> Response {
    let location = with_query(url, parameters).and_then(|url| HeaderValue::from_str(url.as_str()).ok());
    let Some(location) = location else { return refuse(400, "the callback is no address") };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(header::LOCATION, location);
    response
}

fn unknown() -> Response {
    refuse(404, "there is no such client")
}

fn no_callback(name: &str) -> Response {
    refuse(409, &format!("the client has no {name} callback: give one with --callback {name}=URL"))
}
