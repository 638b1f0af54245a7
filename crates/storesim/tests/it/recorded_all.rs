//! Every recorded payload of the collection, put at the path that answered it, comes back equal.

use std::fs;

use reqwest::Method;
use serde_json::Value;
use serde_json::value::RawValue;
use storesim::Options;

use crate::import::{Folder, payloads};
use crate::recorded_people::{canonical, links, records};
use crate::store::{self, Answer, Store};

/// What is no answer of a path of the store, with the reason.
const NO_ANSWER: &[(&str, &str)] = &[
    ("webhook_events", "what a store sends; the client's tests decode them"),
    ("oauth_token", "the answer of the login service, which is for no store"),
];

/// Members that a list has only when they are asked for.
const INCLUDES: &[(&str, &[&str])] = &[
    (
        "/v3/catalog/products",
        &[
            "variants",
            "images",
            "custom_fields",
            "bulk_pricing_rules",
            "primary_image",
            "modifiers",
            "options",
            "videos",
        ],
    ),
    ("/v3/customers", &["addresses", "storecredit", "attributes", "formfields", "shopper_profile_id"]),
];

/// One line of the index, with its text.
struct Recorded {
    file: String,
    method: Option<Method>,
    path: String,
    query: Option<String>,
    status: u16,
    text: String,
}

impl Recorded {
    fn read(folder: &std::path::Path, cells: &[&str]) -> Self {
        let text = fs::read_to_string(folder.join(cells[0])).expect("a recording");
        let guess = cells[3].split(' ').next().unwrap_or_default();
        let (path, query) = guess.split_once('?').map_or((guess, None), |(path, query)| (path, Some(query)));
        let version = if cells[1].ends_with("_v2") { "v2" } else { "v3" };
        let path = if path.is_empty() { format!("/{version}/somewhere") } else { path.to_owned() };
        let of_errors = if cells[1].starts_with("errors") { 422 } else { 200 };
        let narrowing = query.map(|query| {
            let narrows =
                |part: &&str| !["limit=", "page=", "include="].iter().any(|other| part.starts_with(other));
            query.split('&').filter(narrows).collect::<Vec<_>>().join("&")
        });
        Self {
            file: cells[0].to_owned(),
            method: cells[2].parse().ok(),
            path: filled(&path, &text),
            query: narrowing.filter(|query| !query.is_empty()),
            status: cells[4].parse().unwrap_or(of_errors),
            text,
        }
    }

    fn good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// `at` beneath the import's folder, with the words that say more than the path.
    fn write(&self, folder: &Folder, words: &str) {
        let file = folder.0.join(format!("{}{words}.json", self.path.trim_start_matches('/')));
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, &self.text).expect("a file");
    }

    /// Where its records are to be found: its path, the one record of a list, the list of one record.
    fn places(&self) -> Vec<String> {
        let own = value(&self.text).get("id").map(|id| id.to_string().trim_matches('"').to_owned());
        let above = self.path.rsplit_once('/').map_or("", |(above, _)| above);
        let paths =
            [Some(self.path.clone()), own.map(|id| format!("{}/{id}", self.path)), Some(above.into())];
        paths.into_iter().flatten().flat_map(|path| [self.asked(path.clone()), path]).collect()
    }

    fn asked(&self, path: String) -> String {
        let mut query: Vec<String> = self.query.iter().cloned().collect();
        let found =
            INCLUDES.iter().find(|(family, _)| path == *family || path.starts_with(&format!("{family}/")));
        if let Some((_, names)) = found {
            let data = value(&self.text);
            let first = data.as_array().map_or(Some(&data), |list| list.first());
            let has = |name: &&&str| first.is_some_and(|record| record.get(**name).is_some());
            let names: Vec<&str> = names.iter().filter(has).copied().collect();
            if !names.is_empty() {
                query.push(format!("include={}", names.join(",")));
            }
        }
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }
}

/// What an answer holds.
fn value(text: &str) -> Value {
    let body: Value = serde_json::from_str(text).expect("JSON");
    body.get("data").cloned().unwrap_or(body)
}

/// A path with the ids that the recording does not tell.
fn filled(path: &str, text: &str) -> String {
    let data = value(text);
    let first = data.as_array().map_or(Some(&data), |list| list.first());
    let member = |name: &str| {
        let value = first.and_then(|record| record.get(name));
        value.filter(|value| !value.is_null()).map(|value| value.to_string().trim_matches('"').to_owned())
    };
    let parts: Vec<&str> = path.split('/').collect();
    let last = parts.len() - 1;
    let fill = |(at, part): (usize, &&str)| match *part {
        "{token}" => "8d2bcd4f-1d2c-4b5e-9a0e-0f6a1c0c1d11".to_owned(),
        part if !part.starts_with('{') => part.to_owned(),
        part if at == last => member("id").unwrap_or_else(|| part.replace(['{', '}'], "")),
        _ => member("order_id").or_else(|| member("customer_id")).unwrap_or_else(|| "7".to_owned()),
    };
    parts.iter().enumerate().map(fill).collect::<Vec<_>>().join("/")
}

/// JSON of any kind in one form.
fn whole(text: &str, origin: &str) -> String {
    let raw: Box<RawValue> = serde_json::from_str(text).expect("JSON");
    canonical(&links(&crate::import::compact(raw.get()), origin))
}

/// Whether an answer has every record of the recording.
fn holds(answer: &Answer, recorded: &Recorded, origin: &str) -> bool {
    if answer.status != 200 {
        return false;
    }
    if !value(&recorded.text).is_object() && !value(&recorded.text).is_array() {
        return whole(&answer.text, origin) == whole(&recorded.text, origin);
    }
    let all = |text: &str| -> Vec<String> {
        let text = crate::import::compact(text);
        records(&text).iter().map(|record| canonical(&links(record, origin))).collect()
    };
    if !value(&answer.text).is_object() && !value(&answer.text).is_array() {
        return false;
    }
    let served = all(&answer.text);
    all(&recorded.text).iter().all(|record| served.contains(record))
}

/// A store of its own for each recording, and one client for all, since it takes longer to make than a store.
async fn imported(folder: &Folder, client: &reqwest::Client) -> Store {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let options = Options { import: Some(folder.0.clone()), ..Options::default() };
    let simulator = storesim::start(options, listener).await.expect("a store");
    Store { simulator, client: client.clone() }
}

/// Whether a recording comes back; else what came instead.
async fn comes_back(recorded: &Recorded, client: &reqwest::Client) -> Result<(), String> {
    let mut seen = Vec::new();
    if recorded.good() {
        let folder = Folder::new();
        recorded.write(&folder, "");
        let store = imported(&folder, client).await;
        for place in recorded.places() {
            let answer = store.get(&place).await;
            if holds(&answer, recorded, store.simulator.url()) {
                store.simulator.stop().await;
                return Ok(());
            }
            seen.push(format!("{place}: {} {}", answer.status, answer.text));
        }
        store.simulator.stop().await;
    }
    // An error, or an answer to a write that nothing keeps: it is asked for with its method.
    let method = recorded.method.clone().unwrap_or(Method::POST);
    if recorded.good() && method == Method::GET {
        return Err(seen.join("\n"));
    }
    let folder = Folder::new();
    recorded.write(&folder, &format!(".{method}.{}", recorded.status));
    let store = imported(&folder, client).await;
    let answer = store.send(method, &recorded.path, &serde_json::json!({})).await;
    let origin = store.simulator.url().to_owned();
    store.simulator.stop().await;
    if answer.status == recorded.status && whole(&answer.text, &origin) == whole(&recorded.text, &origin) {
        return Ok(());
    }
    seen.push(format!("{}: {} {}", recorded.path, answer.status, answer.text));
    Err(seen.join("\n"))
}

#[tokio::test]
async fn every_recorded_payload_comes_back_equal() {
    let Some(folder) = payloads() else { return };
    let index = fs::read_to_string(folder.join("INDEX.tsv")).expect("an index");
    let rows: Vec<Vec<&str>> = index.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let (mut wrong, mut left_out) = (Vec::new(), 0);
    let client = store::with(Options::default()).await.client;
    for cells in &rows {
        if NO_ANSWER.iter().any(|(resource, _)| *resource == cells[1]) {
            left_out += 1;
            continue;
        }
        let recorded = Recorded::read(&folder, cells);
        if let Err(instead) = comes_back(&recorded, &client).await {
            wrong.push(format!(
                "{}: {}\n{instead}\ninstead of {}",
                recorded.file, recorded.path, recorded.text
            ));
        }
    }
    println!("{} payloads, {left_out} of them no answers: {NO_ANSWER:?}", rows.len());
    assert!(wrong.is_empty(), "{} do not come back:\n{}", wrong.len(), wrong.join("\n\n"));
}
