//! What `/metrics` says is right, follows Prometheus' conventions, and is what the documentation lists.

use std::collections::{BTreeMap, BTreeSet};

use baxter_testkit::{Serving, TestBaxter};
use serde_json::json;

use crate::{serve, settle, start};

/// Every sample by name and labels, and every metric with its type.
struct Scrape {
    samples: Vec<(String, BTreeMap<String, String>, f64)>,
    types: BTreeMap<String, String>,
    helped: BTreeSet<String>,
}

impl Scrape {
    fn of(serving: &Serving) -> Scrape {
        let body = serving.ask("GET", "/metrics", &[], b"").expect("an answer").body;
        let text = String::from_utf8(body).expect("text");
        let mut scrape = Scrape { samples: Vec::new(), types: BTreeMap::new(), helped: BTreeSet::new() };
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a type");
                assert!(scrape.types.insert(name.to_owned(), kind.to_owned()).is_none(), "{line}");
            } else if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect("a text");
                assert!(help.ends_with('.'), "{line}");
                scrape.helped.insert(name.to_owned());
            } else {
                let (name, value) = line.rsplit_once(' ').expect("a value");
                let value = value.parse().unwrap_or_else(|error| panic!("{error}: {line}"));
                let (name, labels) = name.split_once('{').unwrap_or((name, "}"));
                // No value of ours has a comma or a quotation mark.
                let labels = labels.trim_end_matches('}').split(',').filter(|label| !label.is_empty());
                let label = |label: &str| {
                    let (name, value) = label.split_once('=').expect("a label");
                    (name.to_owned(), value.trim_matches('"').to_owned())
                };
                scrape.samples.push((name.to_owned(), labels.map(label).collect(), value));
            }
        }
        scrape
    }

    fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let fits = |found: &BTreeMap<String, String>| {
            labels.iter().all(|(name, value)| found.get(*name).is_some_and(|found| found == value))
        };
        self.samples.iter().filter(|(found, of, _)| found == name && fits(of)).map(|(.., value)| value).sum()
    }
}

/// The metrics that the documentation lists, with their types.
fn documented() -> BTreeMap<String, String> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md");
    let text = std::fs::read_to_string(page).expect("the page");
    let mut found = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| `baxter_")) {
        let cells: Vec<&str> = line.split(" | ").collect();
        for name in cells[0].split('`').filter(|word| word.starts_with("baxter_")) {
            found.insert(name.to_owned(), cells[1].to_owned());
        }
    }
    found
}

fn flow(baxter: &TestBaxter) {
    let text = "on = [\"brands\"]\nstart = \"now\"\nmap = 'if .record.id % 2 == 0 then error(\"even\") else .record.id end'\n\
        [to]\ntype = \"file\"\npath = \"out/brands.jsonl\"\n";
    std::fs::create_dir_all(baxter.folder().join("flows")).expect("a folder");
    std::fs::write(baxter.folder().join("flows/brands.toml"), text).expect("a flow");
}

#[test]
fn metrics_are_right_by_convention_and_all_documented() {
    let (store, baxter) = start(&["--products", "60", "--customers", "40", "--orders", "40"]);
    flow(&baxter);
    let (_port, serving) = serve(&baxter, &["--poll", "1h", "--relist", "1h", "--check-hooks", "1s"]);
    baxter.run(&["changes", "--reader", "erp", "--since", "0", "--limit", "7", "-q"]).success();
    let began = baxter.changes().last_seq();
    let asked = store.stats().all["by_route"].clone();
    let before = Scrape::of(&serving);
    store.mutate(json!({ "count": 60, "seed": 3, "streams": ["products", "customers"], "kinds": ["create", "update"] }));
    store.mutate(json!({ "count": 8, "seed": 4, "streams": ["brands"], "kinds": ["create"] }));
    store.wait_until_all_is_told(std::time::Duration::from_secs(60));
    settle(&baxter);
    // What nobody tells of is found by a comparison.
    store.faults(json!({ "webhooks": { "drop": 1.0 } }));
    store.mutate(json!({ "count": 5, "seed": 5, "streams": ["categories"], "kinds": ["update"] }));
    let swept = baxter.run(&["sweep", "categories", "-o", "json"]).failure(2).json();
    let now = Scrape::of(&serving);

    // Requests, endpoint by endpoint, as the store counted them.
    let grown = |labels: &[(&str, &str)]| {
        let name = "baxter_store_requests_total";
        (now.sum(name, labels) - before.sum(name, labels)) as u64
    };
    let after = store.stats().all["by_route"].clone();
    for (endpoint, count) in after.as_object().expect("endpoints") {
        let Some((method, route)) = endpoint.split_once(' ') else { continue };
        // What is asked of one record, the hooks are looked at all the time.
        if route.contains('{') || route.contains("hooks") {
            continue;
        }
        let theirs = count.as_u64().unwrap_or(0) - asked[endpoint].as_u64().unwrap_or(0);
        assert_eq!(grown(&[("method", method), ("route", route)]), theirs, "{endpoint}");
    }
    assert!(grown(&[("route", "/v3/catalog/products"), ("status", "200")]) > 0);
    for (name, labels, _) in &now.samples {
        if let Some(route) = labels.get("route") {
            assert!(!route.bytes().any(|b| b.is_ascii_digit() && b != b'2' && b != b'3'), "{name}: {route}");
        }
    }

    // Changes and how late, as the log has them.
    let since: Vec<_> = baxter.changes().0.into_iter().filter(|change| change.seq > began).collect();
    let in_log = |way: &str, late: bool| {
        let is_it = |all: &serde_json::Value| all["noticed_by"] == way && (!late || all["lag"].is_number());
        since.iter().filter(|change| is_it(&change.all)).count() as f64
    };
    for way in ["webhook", "sweep", "incremental"] {
        let of = [("noticed_by", way)];
        let told = |name: &str| now.sum(name, &of) - before.sum(name, &of);
        assert_eq!(told("baxter_changes_total"), in_log(way, false), "{way}");
        assert_eq!(told("baxter_change_lag_seconds_count"), in_log(way, true), "{way}");
    }
    assert!(in_log("webhook", true) > 20.0);
    let found: u64 =
        swept["streams"].as_array().expect("streams").iter().filter_map(|s| s["differences"].as_u64()).sum();
    assert_eq!(now.sum("baxter_sweep_findings_total", &[]) as u64, found);
    let seq = baxter.changes().last_seq() as f64;
    assert_eq!(now.sum("baxter_reader_lag", &[("reader", "erp")]), seq - 7.0);
    let dead = now.sum("baxter_flow_dead_letters", &[]);
    assert!(dead > 0.0 && dead + now.sum("baxter_flow_delivered_total", &[]) == 8.0, "{dead}");

    conventions(&now);
    assert_eq!(now.types, documented(), "what is told, and what docs/metrics.md lists");
    serving.stop(&baxter);
}

/// What Prometheus' own checker would say.
fn conventions(scrape: &Scrape) {
    for (name, kind) in &scrape.types {
        assert!(scrape.helped.contains(name), "{name} has no text");
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
        assert_eq!(name.ends_with("_total"), kind == "counter", "{name} is a {kind}");
        assert!(kind != "histogram" || name.ends_with("_seconds"), "{name} has no unit");
        for taken in ["_count", "_sum", "_bucket"] {
            assert!(!name.ends_with(taken), "{name}");
        }
    }
    assert!(scrape.samples.len() < 1500, "{} series", scrape.samples.len());
    for (name, labels, value) in &scrape.samples {
        assert!(value.is_finite(), "{name}");
        assert!(labels.values().all(|value| !value.is_empty()), "{name} {labels:?}");
    }
}
