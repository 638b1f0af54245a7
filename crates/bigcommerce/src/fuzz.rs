//! What fuzzing tries, compiled for it and for the tests, which do the same with the inputs kept in
//! `fuzz/corpus`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use sha2::Sha256;

use crate::resources::{carts, customers, hooks, inventory, marketing, options, orders, products};
use crate::webhook::{Event, Rejection, Verifier};
use crate::{ApiError, Json, Page, Response, Time, Token};

/// A notification: up to three lines of headers, and the body. What is read of it is written again; only
/// what was signed is believed.
pub fn webhook(bytes: &[u8]) {
    let mut parts = bytes.splitn(4, |byte| *byte == b'\n').collect::<Vec<_>>().into_iter();
    let body = parts.next_back().unwrap_or_default();
    if let Ok(event) = Event::parse(body) {
        let again = serde_json::to_string(&event).unwrap();
        assert_eq!(canonical(&again), canonical(std::str::from_utf8(body).unwrap().trim()));
        assert_eq!(Event::parse(again.as_bytes()).as_ref(), Ok(&event));
        let _ = (event.scope(), event.action(), event.kind(), event.data(), event.channel_id());
        let _ = (event.store(), event.store_id(), event.hash(), event.created_at(), event.to_string());
    }
    let mut headers = HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        if let Some(value) = parts.next().and_then(|line| HeaderValue::from_bytes(line).ok()) {
            headers.insert(name, value);
        }
    }
    let verifier = Verifier::new("a client secret").tolerance(Duration::from_secs(300));
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    let told = verifier.verify(&headers, body, now);
    assert!(told != Ok(()) || is_signed(&headers, body));
    // The same body, signed.
    headers.insert("webhook-id", HeaderValue::from_static("msg_1"));
    headers.insert("webhook-timestamp", HeaderValue::from_static("1800000000"));
    headers.insert("webhook-signature", HeaderValue::from_str(&signature(&headers, body)).unwrap());
    assert_eq!(verifier.verify(&headers, body, now), Ok(()));
    let longer = [body, b" "].concat();
    assert_eq!(verifier.verify(&headers, &longer, now), Err(Rejection::Signature));
}

fn is_signed(headers: &HeaderMap, body: &[u8]) -> bool {
    headers["webhook-signature"].to_str().unwrap().split(' ').any(|one| one == signature(headers, body))
}

fn signature(headers: &HeaderMap, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"a client secret").unwrap();
    for part in [headers["webhook-id"].as_bytes(), b".", headers["webhook-timestamp"].as_bytes(), b".", body]
    {
        mac.update(part);
    }
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// A date in any form, as text and as JSON. Its text is kept, and reads as the same moment again.
pub fn date(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let quoted = serde_json::to_string(text).unwrap();
    let mut read: Vec<Time> = text.parse().into_iter().collect();
    read.extend([text, &quoted].into_iter().filter_map(|json| serde_json::from_str::<Time>(json).ok()));
    for time in read {
        let json = serde_json::to_string(&time).unwrap();
        let again: Time = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (again.timestamp(), again.form(), again.as_str()),
            (time.timestamp(), time.form(), time.as_str())
        );
        let sent: Option<String> = serde_json::from_str(text).ok();
        let is_kept = text.contains(time.as_str()) || sent.is_some_and(|sent| sent == time.as_str());
        assert!(is_kept && !time.as_str().contains(char::is_control), "{text:?} {time:?}");
        let _ = (time.to_string(), format!("{time:?}"));
    }
}

/// The body of an answer of V2 and of V3, as a page, as records, and as an error.
pub fn answer(bytes: &[u8]) {
    for path in ["/v2/orders", "/v3/catalog/products"] {
        let response = Response {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(bytes),
            attempts: 1,
            method: Method::GET,
            path: path.to_owned(),
        };
        if let Ok(page) = Page::read(response, 250, Some(1)) {
            assert_eq!(page.records().count(), page.len());
            for record in page.records() {
                records(record);
            }
        }
    }
    for status in [400, 422, 429, 503] {
        let status = StatusCode::from_u16(status).unwrap();
        let token = Token::from("a-token-of-a-store".to_owned());
        let error = ApiError::read(&Method::GET, "/v3/x", 1, status, &HeaderMap::new(), bytes, &token);
        assert!(!error.body.contains("a-token-of-a-store"));
        assert!(!error.title.is_empty() && error.title.len() < 10_000 && error.errors.len() <= 100);
    }
}

/// Every model keeps what it is given.
fn records(record: &str) {
    round::<products::Product>(record);
    round::<orders::Order>(record);
    round::<customers::Customer>(record);
    round::<carts::Cart>(record);
    round::<options::Modifier>(record);
    round::<inventory::InventoryItem>(record);
    round::<marketing::Promotion>(record);
    round::<hooks::Hook>(record);
    round::<Json>(record);
}

fn round<T: DeserializeOwned + Serialize>(record: &str) {
    let Ok(value) = serde_json::from_str::<T>(record) else { return };
    let again = serde_json::to_string(&value).unwrap();
    assert_eq!(canonical(&again), canonical(record.trim()));
}

/// JSON with sorted keys, the last of a name, and its number tokens as they are.
fn canonical(json: &str) -> String {
    let json = json.trim();
    if json.starts_with('{') {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(json).unwrap();
        let members = members.iter().map(|(name, raw)| format!("{name:?}:{}", canonical(raw.get())));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    } else if json.starts_with('[') {
        let entries: Vec<&RawValue> = serde_json::from_str(json).unwrap();
        format!("[{}]", entries.iter().map(|raw| canonical(raw.get())).collect::<Vec<_>>().join(","))
    } else if json.starts_with('"') {
        // A string that is no text, such as half a surrogate pair, is compared as it is.
        serde_json::from_str::<String>(json).map_or_else(|_| json.to_owned(), |text| format!("{text:?}"))
    } else {
        json.to_owned()
    }
}

#[cfg(test)]
mod tests {
    fn replay(target: &str, run: fn(&[u8])) {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
        let files: Vec<_> = std::fs::read_dir(folder).expect("the corpus").collect();
        assert!(files.len() > 10);
        for file in files {
            run(&std::fs::read(file.expect("a file").path()).expect("an input"));
        }
    }

    #[test]
    fn the_corpus_of_notifications_finds_nothing() {
        replay("webhook", super::webhook);
    }

    #[test]
    fn the_corpus_of_dates_finds_nothing() {
        replay("date", super::date);
    }

    #[test]
    fn the_corpus_of_answers_finds_nothing() {
        replay("answer", super::answer);
    }
}
