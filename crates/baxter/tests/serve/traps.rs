//! Traps of the API that show with notifications: each is set in the store, and the mirror becomes equal without a
//! sweep.

use std::time::{Duration, Instant};

use baxter_testkit::{TestBaxter, TestStore, assert_equal, assert_log_is_mirror, send};
use serde_json::{Value, json};

use crate::signed::Notification;
use crate::{serve, settle, start};

/// No poll and no sweep helps: what is noticed is noticed by notifications.
const ALONE: &[&str] = &["--poll", "1h", "--relist", "1h", "--sweep", "1h"];

#[track_caller]
fn ask(store: &TestStore, method: &str, path: &str, body: Value) -> Value {
    let answer = store.ask(method, path, Some(&body));
    assert!((200..300).contains(&answer.status), "{}", String::from_utf8_lossy(&answer.body));
    answer.json()["data"].clone()
}

fn a_product(store: &TestStore) -> String {
    let page = store.ask("GET", "/v3/catalog/products?limit=1", None).json();
    format!("/v3/catalog/products/{}", page["data"][0]["id"])
}

/// Waits until a stream of the mirror is equal to the store's.
#[track_caller]
fn becomes_equal(store: &TestStore, baxter: &TestBaxter, stream: &str) {
    let deadline = Instant::now() + Duration::from_secs(90);
    while store.digest(stream) != baxter.digest(stream) {
        assert!(Instant::now() < deadline, "{stream} does not become equal");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn trap_reads_lag_behind_writes() {
    let (store, baxter) = start(&[]);
    let (_port, serving) = serve(&baxter, ALONE);
    store.faults(json!({"read_lag_ms": 3_000}));
    let path = a_product(&store);
    ask(&store, "PUT", &path, json!({"name": "Changed where reads lag"}));
    store.wait_until_all_is_told(Duration::from_secs(30));
    becomes_equal(&store, &baxter, "products");
    settle(&baxter);
    assert_equal(&store, &baxter);
    assert_log_is_mirror(&baxter);
    serving.stop(&baxter);
}

#[test]
fn trap_hooks_belong_to_the_token_that_made_them() {
    let (store, baxter) = start(&[]);
    let control = |path: &str, body: Value| {
        let answer =
            send(store.url(), "POST", &format!("/_sim/{path}"), &[], Some(&body)).expect("an answer");
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    };
    control(
        "clients",
        json!({"client_id": "other", "client_secret": "others0secret", "token": "others0token"}),
    );
    let (_port, serving) = serve(&baxter, ALONE);
    // Another app sends its notifications to the same place, signed with its own secret.
    let hook = json!({"scope": "store/product/*", "destination": serving.destination()});
    let url = format!("/stores/{}/v3/hooks", store.hash());
    let headers = [("X-Auth-Token", "others0token")];
    let made = send(store.url(), "POST", &url, &headers, Some(&hook)).expect("an answer");
    assert_eq!(made.status, 200, "{}", String::from_utf8_lossy(&made.body));
    ask(&store, "PUT", &a_product(&store), json!({"name": "Told twice, believed once"}));
    becomes_equal(&store, &baxter, "products");
    baxter.run(&["hooks", "sync", "--destination", &serving.destination()]).success();
    let theirs = send(store.url(), "GET", &url, &headers, None).expect("an answer").json();
    assert_eq!(theirs["data"].as_array().map(Vec::len), Some(1), "{theirs}");
    assert_eq!(theirs["data"][0]["destination"], hook["destination"]);
    serving.stop(&baxter);
}

#[test]
fn trap_a_duplicate_comes_47_hours_later() {
    let (store, baxter) = start(&[]);
    let (port, serving) = serve(&baxter, ALONE);
    store.faults(json!({"webhooks": {"duplicate": 1.0, "duplicate_after_s": 47 * 3600}}));
    ask(&store, "PUT", &a_product(&store), json!({"name": "Told again in two days"}));
    becomes_equal(&store, &baxter, "products");
    settle(&baxter);
    let (seq, received) = (baxter.changes().last_seq(), baxter.received().len());
    // Whoever knows the first one has been stopped and started meanwhile.
    serving.stop(&baxter);
    let serving = baxter_testkit::Serving::start(&baxter, port, ALONE);
    store.faults(json!({}));
    let body = json!({"advance_s": 47 * 3600 + 60});
    send(store.url(), "POST", "/_sim/clock", &[], Some(&body)).expect("an answer");
    store.wait_until_all_is_told(Duration::from_secs(60));
    settle(&baxter);
    assert!(store.webhooks("duplicated") > 0);
    // What comes at once after the first one is looked at again; its hash then has a number.
    let others = baxter.received().into_iter().filter(|hash| !hash.contains('#')).count();
    assert_eq!(others, received, "the second one was taken for another");
    assert_eq!(baxter.changes().last_seq(), seq);
    assert_equal(&store, &baxter);
    serving.stop(&baxter);
}

/// Events that read the same in one second have one hash, where it is that of what they say: the second of two
/// changes had been taken for a duplicate of the first, and was not seen before the next sweep.
#[test]
fn trap_events_of_one_second_are_alike() {
    let (store, baxter) = start(&["--reading", "event_hash=payload"]);
    baxter.run(&["sync", "--quiet"]).success();
    let serving = baxter_testkit::Serving::start(&baxter, baxter_testkit::free_port(), ALONE);
    let path = a_product(&store);
    let id = path.rsplit('/').next().expect("an id");
    let data = format!(r#"{{"type":"product","id":{id}}}"#);
    // The store has no hook: what it would send is sent here, so that both are of one second on any machine.
    let event = Notification::of(&store, &"a".repeat(40), "store/product/updated", &data);
    for name in ["The first change", "The second change"] {
        ask(&store, "PUT", &path, json!({"name": name}));
        assert_eq!(event.send(&serving).expect("an answer").status, 200);
        becomes_equal(&store, &baxter, "products");
    }
    assert_log_is_mirror(&baxter);
    serving.stop(&baxter);
}
