//! What comes in at `/webhooks`: what the store did not sign, or not lately, changes nothing; what was acknowledged
//! is safe.

use baxter_testkit::{Serving, TestBaxter, assert_equal, assert_log_is_mirror};

use crate::signed::Notification;
use crate::{serve, settle, start};

const SMALL: [&str; 6] = ["--products", "20", "--customers", "10", "--orders", "10"];
const UPDATED: &str = "store/product/updated";
const DATA: &str = r#"{"type":"product","id":77}"#;

#[test]
fn what_the_store_did_not_sign_lately_changes_nothing() {
    let (store, baxter) = start(&SMALL);
    let (_port, serving) = serve(&baxter, &["--poll", "1h", "--relist", "1h"]);
    let honest = || Notification::of(&store, "abc", UPDATED, DATA);
    let body = honest().body;
    let large = vec![b' '; 10 * 1024 * 1024];
    let foreign = String::from_utf8(body.clone()).unwrap().replace("stores/teststore", "stores/other");
    let bad: [(&str, Notification); 9] = [
        ("a wrong key", Notification { key: "another key".to_owned(), ..honest() }),
        ("another body than was signed", Notification { signed: Some(b"{}".to_vec()), ..honest() }),
        ("an old timestamp", Notification { age: 301, ..honest() }),
        ("a very old timestamp", Notification { age: 1_000_000_000, ..honest() }),
        ("a timestamp of the future", Notification { age: -400, ..honest() }),
        ("10 MB, not signed", Notification { signed: Some(body), body: large.clone(), ..honest() }),
        ("10 MB, signed", Notification { body: large, ..honest() }),
        ("no event", Notification { body: b"[1,2,3]".to_vec(), ..honest() }),
        ("another store's", Notification { body: foreign.into_bytes(), ..honest() }),
    ];
    let (before, events) = (baxter.changes().last_seq(), baxter.received());
    for (what, notification) in &bad {
        let answer = notification.send(&serving).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!((400..500).contains(&answer.status), "{what} is answered {}", answer.status);
    }
    for headers in [
        &[][..],
        &[("webhook-id", "abc"), ("webhook-timestamp", "x"), ("webhook-signature", "v1,AA==")],
        &[("webhook-id", "abc"), ("webhook-timestamp", "99999999999999999999"), ("webhook-signature", "")],
    ] {
        let answer = serving.ask("POST", "/webhooks", headers, &honest().body).expect("an answer");
        assert!((400..500).contains(&answer.status), "{headers:?} are answered {}", answer.status);
    }
    assert_eq!(serving.ask("GET", "/webhooks", &[], b"").expect("an answer").status, 405);
    assert_eq!(baxter.received(), events, "something came into the inbox");
    assert_eq!(baxter.changes().last_seq(), before);
    settle(&baxter);
    assert_equal(&store, &baxter);
    assert_eq!(baxter.changes().last_seq(), before);

    // The same, honestly, is taken; its repetition is known, and so soon looked at once more (`#`).
    for _ in 0..2 {
        assert_eq!(honest().send(&serving).expect("an answer").status, 200);
    }
    let received = baxter.received().into_iter().filter(|hash| !hash.contains('#')).count();
    assert_eq!(received, events.len() + 1);
    let metrics =
        String::from_utf8(serving.ask("GET", "/metrics", &[], b"").expect("an answer").body).unwrap();
    for (outcome, count) in [("received", 1), ("duplicate", 1), ("refused", 10)] {
        let line = format!("baxter_notifications_total{{outcome=\"{outcome}\"}} {count}\n");
        assert!(metrics.contains(&line), "no {line}: {metrics}");
    }
    serving.stop(&baxter);
}

/// Kills right after the answer, when nothing else had time to happen.
fn killed_after_the_answer(baxter: &TestBaxter, serving: &mut Serving, notification: &Notification) {
    let answer = notification.send(serving).expect("an answer");
    serving.kill();
    assert_eq!(answer.status, 200);
    assert!(baxter.received().contains(&notification.id), "{} was acknowledged and is lost", notification.id);
}

#[test]
fn an_acknowledged_event_survives_a_kill_right_after_the_answer() {
    let (store, baxter) = start(&SMALL);
    let (port, mut serving) = serve(&baxter, &["--poll", "1h", "--relist", "1h"]);
    // The store is silent from here on: what comes, comes from this test.
    serving.stop(&baxter);
    for hook in store.ask("GET", "/v3/hooks?limit=250", None).json()["data"].as_array().expect("hooks") {
        store.ask("DELETE", &format!("/v3/hooks/{}", hook["id"]), None);
    }
    let product = &baxter.query("select min(id) as id from products")[0]["id"];
    serving = Serving::start(&baxter, port, &["--poll", "1h", "--relist", "1h"]);
    for at in 0..8 {
        let change = serde_json::json!({ "price": 100 + at });
        assert_eq!(store.ask("PUT", &format!("/v3/catalog/products/{product}"), Some(&change)).status, 200);
        let data = format!(r#"{{"type":"product","id":{product}}}"#);
        let notification = Notification::of(&store, &format!("by-hand-{at}"), UPDATED, &data);
        killed_after_the_answer(&baxter, &mut serving, &notification);
        serving = Serving::start(&baxter, port, &["--poll", "1h", "--relist", "1h"]);
    }
    settle(&baxter);
    assert_equal(&store, &baxter);
    assert_log_is_mirror(&baxter);
    serving.stop(&baxter);
}
