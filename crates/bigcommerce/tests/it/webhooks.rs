//! Notifications: every scope is known, every recorded one is read and kept.

use std::collections::BTreeSet;

use bigcommerce::webhook::{Event, EventData, SCOPES, Scope, WILDCARDS, scope_covers};
use serde_json::{Value, json};

use crate::payloads::{canonical, payloads, shared};

/// A value of the type that the list of scopes names.
fn sample(kind: &Value) -> Value {
    match kind {
        Value::String(kind) if kind.starts_with("int") => json!(5),
        Value::String(kind) if kind.starts_with("[int]") => json!([5, 6]),
        Value::String(_) => json!("5"),
        Value::Array(kinds) => Value::Array(kinds.iter().map(sample).collect()),
        Value::Object(members) => members
            .iter()
            .map(|(name, kind)| (name.trim_end_matches('?').to_owned(), sample(kind)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

#[test]
fn every_scope_of_the_reference_is_known_and_its_data_read() {
    let list = shared().map(|shared| shared.join("bigcommerce/webhook-events.tsv"));
    let Some(list) = list.and_then(|path| std::fs::read_to_string(path).ok()) else {
        println!("skipped: no list of scopes (set BAXTER_SHARED)");
        return;
    };
    let (mut concrete, mut wildcards) = (BTreeSet::new(), BTreeSet::new());
    for row in list.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>()) {
        if row[1] == "(wildcard)" {
            wildcards.insert(row[0]);
            continue;
        }
        concrete.insert(row[0]);
        let scope = row[0].replace("{channel_id}", "2");
        let data = serde_json::from_str(row[2]).map_or(json!({}), |kinds: Value| sample(&kinds));
        let body = json!({"scope": scope, "data": data, "hash": "ab", "created_at": 1_700_000_000,
            "store_id": "1000", "producer": "stores/abc123"});
        let event = Event::parse(body.to_string().as_bytes()).unwrap();
        // A number in a string is kept as it came beside the number.
        let read = format!("{:?}", event.data()).replace("rest: {\"order_id\": \"5\"}", "");
        assert!(event.kind().is_some() && !matches!(event.data(), EventData::Unknown(_)), "{scope}: {read}");
        assert!(!read.contains("rest: {\""), "{scope} has members that are not modelled: {read}");
        assert_eq!(event.channel_id(), scope.contains("/channel/2/").then_some(2), "{scope}");
        assert_eq!(event.store().unwrap().as_str(), "abc123");
    }
    assert_eq!(concrete, SCOPES.iter().map(|scope| scope.name).collect());
    assert_eq!(wildcards, WILDCARDS.iter().copied().collect());
    assert_eq!(concrete.len() + wildcards.len(), 200);
    for wildcard in WILDCARDS {
        let wildcard = wildcard.replace("{channel_id}", "2");
        let told =
            SCOPES.iter().filter(|scope| scope_covers(&wildcard, &scope.name.replace("{channel_id}", "2")));
        assert!(told.count() >= 1, "{wildcard}");
    }
}

#[test]
fn recorded_notifications_are_read_and_kept() {
    let Some(folder) = payloads() else {
        println!("skipped: no recorded payloads (set BAXTER_SHARED)");
        return;
    };
    let mut read = 0;
    for entry in std::fs::read_dir(folder.join("webhook_events")).unwrap() {
        let path = entry.unwrap().path();
        let body = std::fs::read_to_string(&path).unwrap();
        let value: Value = serde_json::from_str(&body).unwrap();
        if value.get("scope").is_none() {
            continue;
        }
        let event = Event::parse(body.as_bytes()).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        assert!(Scope::of(event.scope()).is_some(), "{path:?}: {}", event.scope());
        assert!(
            !matches!(event.data(), EventData::Unknown(json) if json.as_str() != "[]"),
            "{path:?}: {event:?}"
        );
        assert!(event.hash().is_some() && event.created_at().is_some(), "{path:?}");
        assert_eq!(canonical(&serde_json::to_string(&event).unwrap()), canonical(body.trim()), "{path:?}");
        read += 1;
    }
    println!("{read} notifications");
    assert!(read >= 50);
}

#[test]
fn what_is_new_or_broken_is_told() {
    let parse = |body: Value| Event::parse(body.to_string().as_bytes());
    let event = parse(json!({"scope": "store/moon/landed", "data": {"id": 1}, "new": [1.10]})).unwrap();
    assert!(matches!(event.data(), EventData::Unknown(json) if json.as_str() == "{\"id\":1}"));
    assert_eq!((event.kind(), event.action(), event.channel_id()), (None, "landed", None));
    let event = parse(json!({"scope": "store/order/created", "data": "?"})).unwrap();
    assert!(matches!(event.data(), EventData::Unknown(_)));
    let event = parse(json!({"scope": "store/order/statusUpdated", "data": {"type": "order", "id": 7,
        "status": {"previous_status_id": 0, "new_status_id": 11}}}))
    .unwrap();
    let EventData::Order(order) = event.data() else { panic!("{event:?}") };
    assert_eq!((order.id, order.status.as_ref().unwrap().new_status_id), (Some(7), Some(11)));
    for bad in ["", "[]", "{}", "{\"scope\":5}x", "{\"scope\":\"\"}", "\u{0}"] {
        assert!(Event::parse(bad.as_bytes()).is_err(), "{bad}");
    }
    assert!(
        Event::parse(
            format!("{{\"scope\":\"a\",\"data\":{}1{}}}", "[".repeat(9999), "]".repeat(9999)).as_bytes()
        )
        .is_err()
    );
    assert!(scope_covers("store/channel/2/order/*", "store/channel/2/order/message/created"));
    assert!(!scope_covers("store/channel/2/order/*", "store/channel/3/order/created"));
    assert!(!scope_covers("store/order/*", "store/order"));
}
