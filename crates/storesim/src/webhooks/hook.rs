//! Hooks as clients manage them (webhooks.v3.yml), and what a delivery needs of one.

use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Uri};

use super::scope;
use crate::caller::Caller;
use crate::data::Data;
use crate::json::{self, Members};
use crate::readings::Point;
use crate::serve::{Answer, Failure, Version, Visible};
use crate::write::{self, Draft, read_object};

/// Hooks of one client with the same scope.
const MOST: usize = 10;
/// Headers of one hook, and the bytes of a value.
const HEADERS: usize = 50;
const LONGEST: usize = 8192;

/// The scope of notices about deliveries that failed: one hook per client, with a destination of its own.
pub(super) const EXCEPTION: &str = "store/hook/deliveryException";

/// An active hook.
#[derive(Debug)]
pub(crate) struct Hook {
    pub id: i64,
    pub scope: String,
    pub destination: String,
    /// Scheme, host and port: what blocks and orders deliveries.
    pub origin: String,
    pub headers: HeaderMap,
    /// The client that made it, whose secret signs.
    pub client: Arc<str>,
    /// When it was made, in unix seconds.
    pub created: i64,
    /// What decides together about a block: the origin and mostly the client.
    pub lane: String,
}

/// The active hooks of the store.
pub(crate) fn active(data: &Data) -> Vec<Hook> {
    let by_client = data.readings.is(Point::Blocklist, "client");
    let strict = data.webhooks.identity().strict;
    let first = &data.webhooks.identity().client_id;
    let read = |id: i64, text: &str| {
        let members = Members::read(text)?;
        if members.get("is_active") == Some("false") {
            return None;
        }
        let text = |name| members.get(name).and_then(json::string).map(|text| text.into_owned());
        let destination = text("destination")?;
        let origin = origin(&destination, strict).ok()?;
        let headers = headers(members.get("headers").unwrap_or("null")).ok()?;
        let client = text("client_id").filter(|client| !client.is_empty()).unwrap_or_else(|| first.clone());
        let created = members.get("created_at").and_then(json::integer).unwrap_or(0);
        let lane = if by_client { format!("{origin} {client}") } else { origin.clone() };
        let (scope, client) = (text("scope")?, client.into());
        Some(Hook { id, scope, destination, origin, headers, client, created, lane })
    };
    data.table("hooks").records().iter().filter_map(|record| read(record.id, &record.text)).collect()
}

/// Checks a hook that is made or changed, and fills what follows.
pub(crate) fn prepare(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    let wrong = |field: &str, reason: String| {
        Err(Failure::new(422, "JSON data is missing or invalid").field(field, reason))
    };
    let text = |draft: &Draft, name: &str| {
        draft.get(name).and_then(|raw| json::string(&raw).map(|text| text.into_owned())).unwrap_or_default()
    };
    let (scope, destination) = (text(draft, "scope"), text(draft, "destination"));
    if draft.given("scope").is_some() && !scope::is_known(&scope) {
        return wrong("scope", format!("{scope} is not a valid scope"));
    }
    if draft.given("destination").is_some()
        && let Err(reason) = origin(&destination, data.webhooks.identity().strict)
    {
        return wrong("destination", reason.into());
    }
    if let Some(raw) = draft.given("headers")
        && let Err(reason) = headers(raw)
    {
        return wrong("headers", reason);
    }
    let destination = canonical(&destination);
    let client = client_of(data, &data.caller);
    let own = own(data, &data.caller);
    let others = data.table("hooks").records().iter().filter(|record| record.id != draft.id && own(record));
    let same: Vec<String> = others
        .filter_map(|record| {
            let members = Members::read(&record.text)?;
            let text = |name| members.get(name).and_then(json::string);
            (text("scope")? == scope).then(|| canonical(&text("destination").unwrap_or_default()))
        })
        .collect();
    let conflict = |field: &str, reason: String| {
        let status = if data.readings.is(Point::HookConflict, "409") { 409 } else { 422 };
        Err(Failure::new(status, "JSON data is missing or invalid").field(field, reason))
    };
    let moved = ["scope", "destination"].iter().any(|name| draft.given(name).is_some());
    if moved && same.contains(&destination) {
        let reason = format!("A webhook with scope {scope} and this destination exists already");
        return conflict("destination", reason);
    }
    if moved && same.len() >= MOST {
        return conflict("scope", format!("At most {MOST} webhooks may have scope {scope}"));
    }
    if moved && scope == EXCEPTION {
        if !same.is_empty() {
            return conflict("scope", format!("Only one webhook may have scope {scope}"));
        }
        let taken =
            data.table("hooks").records().iter().filter(|record| record.id != draft.id && own(record));
        if taken.into_iter().any(|record| canonical(&member(&record.text, "destination")) == destination) {
            let reason = "The destination of this webhook must be different from those of all others";
            return conflict("destination", reason.into());
        }
    } else if moved {
        let exceptions = data.table("hooks").records().iter().filter(|record| own(record));
        let mut exceptions = exceptions.filter(|record| member(&record.text, "scope") == EXCEPTION);
        if exceptions.any(|record| {
            record.id != draft.id && canonical(&member(&record.text, "destination")) == destination
        }) {
            let reason = format!("The webhook with scope {EXCEPTION} has this destination for itself");
            return conflict("destination", reason);
        }
    }
    let now = data.clock.now().to_string();
    if draft.old.is_none() {
        draft.set_text("client_id", &client);
        draft.set_text("store_hash", &data.webhooks.identity().store_hash);
        draft.set("created_at", now.clone());
    }
    draft.set("updated_at", now);
    Ok(())
}

/// The client id of a caller; the store's own deeds count as its first account's.
pub(super) fn client_of(data: &Data, caller: &Caller) -> String {
    if caller.client_id.is_empty() {
        data.webhooks.identity().client_id.clone()
    } else {
        caller.client_id.to_string()
    }
}

/// Which hooks a caller sees: those its client made.
pub(crate) fn own(data: &Data, caller: &Caller) -> Visible {
    let client = client_of(data, caller);
    Box::new(move |record| member(&record.text, "client_id") == client)
}

fn member(text: &str, name: &str) -> String {
    let members = Members::read(text);
    let raw = members.as_ref().and_then(|members| members.get(name));
    raw.and_then(json::string).unwrap_or_default().into_owned()
}

fn text(data: &Data, caller: &Caller, id: i64) -> Result<String, Failure> {
    let own = own(data, caller);
    let found = data.table("hooks").get(id).filter(|record| own(record));
    let text = found.map(|record| record.text.to_string());
    text.ok_or_else(|| Failure::new(404, format!("Webhook with id [{id}] not found")))
}

/// One hook in the envelope of V3, or bare as V2 answers.
fn answer(text: &str, version: Version) -> Answer {
    match version {
        Version::V2 => Answer::new(200, text),
        Version::V3 => Answer::data(200, text),
    }
}

/// GET of one.
pub(crate) fn one(data: &Data, caller: &Caller, id: i64, version: Version) -> Result<Answer, Failure> {
    text(data, caller, id).map(|text| answer(&text, version))
}

/// PUT.
pub(crate) fn update(data: &mut Data, id: i64, body: &str, version: Version) -> Result<Answer, Failure> {
    let caller = data.caller.clone();
    text(data, &caller, id)?;
    let input = read_object(body)?;
    let names = ["scope", "destination", "headers", "is_active", "events_history_enabled"];
    if !names.iter().any(|name| input.get(name).is_some()) {
        return Err(Failure::new(422, "JSON data is missing or invalid")
            .field("scope", "At least one field is required to perform an update"));
    }
    let resource = data.table("hooks").resource;
    write::update(data, resource, id, &input, Version::V3)?;
    one(data, &caller, id, version)
}

/// DELETE answers with the hook.
pub(crate) fn delete(data: &mut Data, id: i64, version: Version) -> Result<Answer, Failure> {
    let answer = one(data, &data.caller, id, version)?;
    data.remove("hooks", id);
    Ok(answer)
}

/// Switches a hook off whose deliveries failed for good.
pub(crate) fn switch_off(data: &mut Data, id: i64) {
    let now = data.clock.now().to_string();
    write::touch(data, "hooks", id, &[("is_active", "false".into()), ("updated_at", now)]);
}

/// Removes the hooks of a client.
pub(crate) fn forget(data: &mut Data, client: &str) {
    let caller = Caller { client_id: client.into(), ..Caller::default() };
    let own = own(data, &caller);
    let ids: Vec<i64> =
        data.table("hooks").records().iter().filter(|record| own(record)).map(|record| record.id).collect();
    for id in ids {
        data.remove("hooks", id);
    }
}

/// Scheme, host and port of a destination: https on 443, or http to this machine unless that is refused.
fn origin(destination: &str, strict: bool) -> Result<String, &'static str> {
    let uri: Uri = destination.parse().map_err(|_| "destination is not a valid URL")?;
    let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
        return Err("destination is not a valid URL");
    };
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("destination must not carry a user name");
    }
    let port = uri.port_u16();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let here = bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match scheme {
        "https" if port.is_none_or(|port| port == 443) => {
            Ok(format!("https://{}", host.to_ascii_lowercase()))
        }
        "https" => Err("destination must be served on port 443"),
        "http" if here && !strict => {
            Ok(format!("http://{}:{}", host.to_ascii_lowercase(), port.unwrap_or(80)))
        }
        _ => Err("destination must be an https URL"),
    }
}

/// Headers that belong to the transport of a delivery.
const OWN_HEADERS: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A destination with its host and port written in one way, by which two are told to be the same.
fn canonical(destination: &str) -> String {
    let Ok(uri) = destination.parse::<Uri>() else { return destination.to_owned() };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    match origin(destination, false) {
        Ok(origin) => format!("{origin}{path}"),
        Err(_) => destination.to_owned(),
    }
}

/// The headers of a hook, an object of strings or null.
fn headers(raw: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    if raw == "null" {
        return Ok(headers);
    }
    let members = Members::read(raw).ok_or("headers must be an object of strings")?;
    if members.0.len() > HEADERS {
        return Err(format!("headers must have at most {HEADERS} entries"));
    }
    for (name, value) in &members.0 {
        let value = json::string(value.get()).filter(|value| value.len() <= LONGEST);
        let value = value.and_then(|value| HeaderValue::from_str(&value).ok());
        let key: Option<HeaderName> = name.parse().ok();
        let (Some(key), Some(value)) = (key, value) else {
            return Err(format!("the header {name} is not usable"));
        };
        if OWN_HEADERS.contains(&key.as_str()) {
            return Err(format!("the header {name} cannot be set"));
        }
        headers.insert(key, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_are_https_on_443_or_this_machine() {
        for (destination, expected) in [
            ("https://hooks.example.com/a?b=1", "https://hooks.example.com"),
            ("https://HOOKS.example.com:443/a", "https://hooks.example.com"),
            ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080"),
            ("http://127.9.9.9/", "http://127.9.9.9:80"),
            ("http://localhost:1/", "http://localhost:1"),
            ("http://[::1]:7/x", "http://[::1]:7"),
        ] {
            assert_eq!(origin(destination, false).as_deref(), Ok(expected));
            assert_eq!(origin(destination, true).is_ok(), destination.starts_with("https"), "{destination}");
        }
        for destination in [
            "",
            "/a",
            "hooks.example.com",
            "http://hooks.example.com/",
            "https://hooks.example.com:8443/",
            "http://10.0.0.1/",
            "ftp://127.0.0.1/",
            "https://user@hooks.example.com/",
            "http://127.0.0.1.example.com/",
        ] {
            assert!(origin(destination, false).is_err(), "{destination}");
        }
    }

    #[test]
    fn headers_are_an_object_of_strings() {
        assert_eq!(headers("null").unwrap().len(), 0);
        assert_eq!(headers(r#"{"X-Own":"1","b":"2"}"#).unwrap()["x-own"], "1");
        for raw in ["[]", "1", r#"{"a":1}"#, r#"{"a b":"1"}"#, r#"{"a":"1\n2"}"#] {
            assert!(headers(raw).is_err(), "{raw}");
        }
    }
}
