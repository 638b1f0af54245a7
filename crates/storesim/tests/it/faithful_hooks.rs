//! What a faithful simulator must reproduce about webhooks, by the numbers of the list of facts.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use storesim::{Client, Options};

use crate::receiver::{Receiver, drained, hook};
use crate::store::{Store, small, with};

/// The waits of the API, and their sums: when each attempt is made.
const WAITS: [f64; 11] =
    [60.0, 180.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 21_600.0, 50_400.0, 86_400.0];

async fn customer(store: &Store, n: usize) {
    let body = json!([{"email": format!("{n}@example.com"), "first_name": "A", "last_name": "B"}]);
    let answer = store.send(Method::POST, "/v3/customers", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

async fn hook_is_active(store: &Store, id: i64) -> bool {
    store.ok(&format!("/v3/hooks/{id}")).await["data"]["is_active"] == true
}

/// Waits until something of the store is so.
async fn until<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    let patience = Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(Instant::now() < patience, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn failed(store: &Store) -> u64 {
    store.sim("stats").await["webhooks"]["failed"].as_u64().expect("a number")
}

#[tokio::test]
async fn faithful_4_a_second_client_does_not_see_the_first_ones_hooks() {
    let other: Client = "second:secret2:token2".parse().expect("a client");
    let store = with(Options { clients: vec![other], ..Options::default() }).await;
    let body = json!({"scope": "store/order/*", "destination": "https://example.com/a"});
    let first = hook(&store, "store/order/*", "https://example.com/a").await;
    let as_other = |method, path: String, body: Value| {
        let store = &store;
        async move { store.send_as("token2", method, &path, &body).await }
    };
    let nothing = json!({});
    assert_eq!(as_other(Method::GET, "/v3/hooks".into(), nothing.clone()).await.ids(), Vec::<i64>::new());
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer =
            as_other(method.clone(), format!("/v3/hooks/{first}"), json!({"is_active": false})).await;
        assert_eq!(answer.status, 404, "{method}: {}", answer.text);
    }
    // The same scope and destination are free for another client.
    let made = as_other(Method::POST, "/v3/hooks".into(), body).await;
    assert_eq!((made.status, &made.json()["data"]["client_id"]), (200, &json!("second")));
    assert_eq!(store.get("/v3/hooks").await.ids(), [first]);

    // Uninstalling takes the client's hooks and token, deleting an account as well.
    let gone = store.sim_post("uninstall", json!({"client_id": "second"})).await;
    assert_eq!(gone.status, 200, "{}", gone.text);
    assert_eq!(as_other(Method::GET, "/v3/hooks".into(), nothing.clone()).await.status, 401);
    assert_eq!(store.sim("stats").await["webhooks"]["hooks"], 1);
    let third = json!({"client_id": "third", "client_secret": "s", "token": "token3"});
    assert_eq!(store.sim_post("clients", third).await.status, 200);
    let body = json!({"scope": "store/order/*", "destination": "https://example.com/3"});
    assert_eq!(store.send_as("token3", Method::POST, "/v3/hooks", &body).await.status, 200);
    let url = format!("{}/_sim/clients/third", store.simulator.url());
    assert_eq!(crate::store::answer(store.client.delete(url)).await.status, 200);
    assert_eq!(store.send_as("token3", Method::GET, "/v3/hooks", &nothing).await.status, 401);
    assert_eq!(store.sim("stats").await["webhooks"]["hooks"], 1);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_59_hooks_are_unique_few_and_answer_their_deletion() {
    let clients = vec!["second:secret2:token2".parse().expect("a client")];
    let store = with(Options { strict_hooks: true, clients, ..Options::default() }).await;
    let create = |scope: &str, destination: &str| {
        let body = json!({"scope": scope, "destination": destination});
        let store = &store;
        async move { store.send(Method::POST, "/v3/hooks", &body).await }
    };
    let missing = store.send(Method::POST, "/v3/hooks", &json!({"scope": "store/order/*"})).await;
    assert_eq!(
        (missing.status, &missing.json()["errors"]["destination"]),
        (422, &json!("error.path.missing."))
    );
    for destination in
        ["http://example.com/a", "https://example.com:8443/a", "http://127.0.0.1:80/a", "http://localhost/a"]
    {
        assert_eq!(create("store/order/*", destination).await.status, 422, "{destination}");
    }
    let made = create("store/order/*", "https://example.com/0").await.json()["data"].clone();
    assert_eq!(create("store/order/*", "https://example.com/0").await.status, 422, "a duplicate");
    for n in 1..10 {
        assert_eq!(create("store/order/*", &format!("https://example.com/{n}")).await.status, 200);
    }
    assert_eq!(create("store/order/*", "https://example.com/10").await.status, 422, "the eleventh");
    // Another scope and another client have their own ten.
    assert_eq!(create("store/order/created", "https://example.com/10").await.status, 200);
    let body = json!({"scope": "store/order/*", "destination": "https://example.com/0"});
    assert_eq!(store.send_as("token2", Method::POST, "/v3/hooks", &body).await.status, 200);
    store.sim_post("readings", json!({"hook_conflict": "409"})).await;
    assert_eq!(create("store/order/*", "https://example.com/10").await.status, 409, "as it is read now");

    let deleted = store.delete(&format!("/v3/hooks/{}", made["id"])).await;
    assert_eq!((deleted.status, deleted.json()), (200, json!({"data": made, "meta": {}})));

    // V2 is the same without an envelope.
    let body = json!({"scope": "store/sku/*", "destination": "https://example.com/2", "events_history_enabled": true});
    let made = store.send(Method::POST, "/v2/hooks", &body).await.json();
    assert_eq!((&made["scope"], &made["events_history_enabled"]), (&json!("store/sku/*"), &json!(true)));
    let path = format!("/v2/hooks/{}", made["id"]);
    assert_eq!(store.ok(&path).await, made);
    assert_eq!(store.ok("/v2/hooks?scope=store/sku/*").await, json!([made]));
    let changed = store.send(Method::PUT, &path, &json!({"is_active": false})).await.json();
    assert_eq!(changed["is_active"], false);
    assert_eq!(store.delete(&path).await.json()["id"], made["id"]);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_60_deliveries_are_signed_with_the_secret_of_the_hooks_client() {
    let clients = vec!["second:another secret:token2".parse().expect("a client")];
    let store = with(Options { clients, client_secret: "first".into(), ..Options::default() }).await;
    let (one, two) = (Receiver::start().await, Receiver::start().await);
    hook(&store, "store/customer/created", &one.url).await;
    let body = json!({"scope": "store/customer/*", "destination": two.url, "headers": {"X-Own": "yes"}});
    assert_eq!(store.send_as("token2", Method::POST, "/v3/hooks", &body).await.status, 200);
    customer(&store, 1).await;
    for (receiver, secret, own) in [(&one, "first", ""), (&two, "another secret", "yes")] {
        let received = receiver.wait(1).await.remove(0);
        let body = received.json();
        let mut names: Vec<&str> = body.as_object().expect("members").keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["created_at", "data", "hash", "producer", "scope", "store_id"]);
        assert_eq!(
            (received.header("x-own"), received.header("webhook-id")),
            (own, body["hash"].as_str().expect("text"))
        );
        let signed = format!(
            "{}.{}.{}",
            received.header("webhook-id"),
            received.header("webhook-timestamp"),
            received.text
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
        mac.update(signed.as_bytes());
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        assert_eq!(received.header("webhook-signature"), expected);
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_61_after_the_eleventh_failure_a_hook_is_inactive() {
    // The 48 hours take less than two seconds.
    let store = with(Options { time_scale: 100_000.0, ..Options::default() }).await;
    let receiver = Receiver::start().await;
    let notices = Receiver::start().await;
    receiver.always(500);
    let id = hook(&store, "store/customer/created", &receiver.url).await;
    hook(&store, "store/hook/deliveryException", &notices.url).await;
    customer(&store, 1).await;
    until("the hook is switched off", || async { !hook_is_active(&store, id).await }).await;
    assert_eq!(receiver.all().len(), 12, "one attempt and eleven more");
    let hashes: HashSet<String> =
        receiver.all().iter().map(|one| one.header("webhook-id").to_owned()).collect();
    assert_eq!(hashes.len(), 1);

    let told = store.sim("events?scope=store/customer/created").await;
    let delivery = &told["events"][0]["deliveries"][0];
    assert_eq!((&delivery["state"], &delivery["hook"]), (&json!("discarded"), &json!(id)));
    let attempts = delivery["attempts"].as_array().expect("attempts");
    let at: Vec<f64> = attempts.iter().map(|attempt| attempt["after_s"].as_f64().expect("seconds")).collect();
    assert_eq!(at.len(), 12);
    for (wait, pair) in WAITS.iter().zip(at.windows(2)) {
        assert!(pair[1] - pair[0] >= *wait - 0.2, "{wait}: {at:?}");
    }
    // Whatever the machine was slow at comes on top of 48 hours and 4 minutes.
    assert!(at[11] >= 173_040.0 - 1.0, "{at:?}");
    assert!(attempts.iter().all(|attempt| attempt["status"] == 500));

    let admin = store.ok("/v3/hooks/admin").await;
    let listed = admin["data"]["hooks_list"].as_array().expect("hooks");
    assert_eq!((&listed[0]["id"], &listed[0]["status"]), (&json!(id), &json!("deactivated")));
    drained(&store).await;
    let codes: Vec<Value> =
        notices.all().iter().map(|one| one.json()["data"]["error_code"].clone()).collect();
    assert!(codes.contains(&json!(90001)) && codes.contains(&json!(90002)), "{codes:?}");

    // A PUT brings it back, and a hook that somebody switches off is another matter.
    receiver.always(200);
    let path = format!("/v3/hooks/{id}");
    store.send(Method::PUT, &path, &json!({"is_active": true})).await;
    customer(&store, 2).await;
    receiver.wait(13).await;
    store.send(Method::PUT, &path, &json!({"is_active": false})).await;
    let admin = store.ok("/v3/hooks/admin").await;
    assert_eq!(admin["data"]["hooks_list"][0]["status"], "inactive");
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_61_the_clock_can_be_pushed_along_the_schedule() {
    let store = with(Options::default()).await;
    let receiver = Receiver::start().await;
    receiver.always(503);
    let id = hook(&store, "store/customer/created", &receiver.url).await;
    let before = store.sim("clock").await["now"].as_i64().expect("seconds");
    customer(&store, 1).await;
    receiver.wait(1).await;
    for (made, wait) in WAITS.iter().enumerate() {
        until("a failure", || async { failed(&store).await == made as u64 + 1 }).await;
        store.advance(*wait as u64 - 5).await;
        assert_eq!(receiver.all().len(), made + 1, "it is not due yet");
        store.advance(5).await;
        receiver.wait(made + 2).await;
    }
    until("the hook is switched off", || async { !hook_is_active(&store, id).await }).await;
    let now = store.sim("clock").await["now"].as_i64().expect("seconds");
    assert!((173_040..173_100).contains(&(now - before)));
    let wrong = store.sim_post("clock", json!({"advance_s": -1})).await;
    assert_eq!(wrong.status, 400);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_62_a_failing_destination_is_blocked_for_three_minutes_by_client() {
    let clients = vec!["second:secret2:token2".parse().expect("a client")];
    let store = with(Options { clients, ..Options::default() }).await;
    let receiver = Receiver::start().await;
    let notices = Receiver::start().await;
    receiver.always(500);
    hook(&store, "store/customer/*", &receiver.url).await;
    hook(&store, "store/hook/deliveryException", &notices.url).await;
    for n in 0..100 {
        customer(&store, n).await;
    }
    until("a hundred failures", || async { failed(&store).await >= 100 }).await;
    let admin = store.ok("/v3/hooks/admin").await;
    let blocked = &admin["data"]["blocked_domains"][0];
    let origin = receiver.url.trim_end_matches("/hook");
    assert_eq!(blocked["destination"], origin, "{admin}");
    assert!((100..=180).contains(&blocked["time_left"].as_u64().expect("seconds")), "{blocked}");
    assert_eq!(blocked["reasons"][0]["count"], 100, "{blocked}");
    let sent = receiver.all().len();

    // Nothing more goes there for this client, and the first retries are put off unsent.
    receiver.always(200);
    customer(&store, 100).await;
    store.advance(61).await;
    // Another client is not blocked.
    let body = json!({"scope": "store/customer/*", "destination": receiver.url});
    assert_eq!(store.send_as("token2", Method::POST, "/v3/hooks", &body).await.status, 200);
    customer(&store, 101).await;
    receiver.wait(sent + 1).await;
    assert_eq!(receiver.all().len(), sent + 1);
    assert_eq!(
        store.ok("/v3/hooks/admin").await["data"]["blocked_domains"][0]["time_left"]
            .as_u64()
            .map(|s| s <= 119),
        Some(true)
    );

    // When the three minutes are over everything comes by its schedule.
    store.advance(181).await;
    drained(&store).await;
    assert_eq!(receiver.all().len(), sent + 1 + 102);
    assert_eq!(store.ok("/v3/hooks/admin").await["data"]["blocked_domains"], json!([]));
    let codes: Vec<Value> =
        notices.all().iter().map(|one| one.json()["data"]["error_code"].clone()).collect();
    assert_eq!(codes.iter().filter(|code| **code == 90003).count(), 1, "{codes:?}");
    assert_eq!(
        codes.iter().filter(|code| **code == 90001).count(),
        1,
        "one notice in ten minutes: {codes:?}"
    );
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_63_duplicates_have_one_hash_and_faults_are_told() {
    let store = with(Options::default()).await;
    let receiver = Receiver::start().await;
    hook(&store, "store/customer/created", &receiver.url).await;
    let faults = |webhooks: Value| {
        let store = &store;
        async move { assert_eq!(store.sim_post("faults", json!({"webhooks": webhooks})).await.status, 200) }
    };
    faults(json!({"duplicate": 1})).await;
    customer(&store, 1).await;
    let received = receiver.wait(2).await;
    assert_eq!(received[0].header("webhook-id"), received[1].header("webhook-id"));
    assert_eq!(received[0].text, received[1].text);
    drained(&store).await;
    receiver.clear();

    faults(json!({"reorder": 1})).await;
    customer(&store, 2).await;
    customer(&store, 3).await;
    drained(&store).await;
    receiver.clear();

    faults(json!({"corrupt_signature": 1, "old_timestamp": 1})).await;
    // The receiver refuses the first; the retry is right.
    receiver.answer(&[401]);
    customer(&store, 4).await;
    receiver.wait(1).await;
    until("a failure", || async { failed(&store).await == 1 }).await;
    store.advance(60).await;
    let received = receiver.wait(2).await;
    let right = |one: &crate::receiver::Received| {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"simsecret").expect("a key");
        mac.update(
            format!("{}.{}.{}", one.header("webhook-id"), one.header("webhook-timestamp"), one.text)
                .as_bytes(),
        );
        one.header("webhook-signature") == format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    };
    assert_eq!((right(&received[0]), right(&received[1])), (false, true));
    let time = |n: usize| received[n].header("webhook-timestamp").parse::<i64>().expect("seconds");
    assert!(time(1) - time(0) >= 3600);
    for wrong in [json!({"corrupt_signature": 2}), json!({"old_timestamp": -1})] {
        assert_eq!(store.sim_post("faults", json!({"webhooks": wrong})).await.status, 400);
    }

    // A drop is told, too.
    faults(json!({"drop": 1})).await;
    customer(&store, 5).await;
    let told = store.sim("events?scope=store/customer/*&since=0").await;
    let events = told["events"].as_array().expect("events");
    assert_eq!(events.len(), 5);
    assert_eq!(events[0]["deliveries"].as_array().map(Vec::len), Some(2), "both copies");
    assert_eq!(events[4]["deliveries"][0]["state"], "dropped");
    let last = events[3]["id"].as_u64().expect("a number");
    let rest = store.sim(&format!("events?since={last}&limit=1")).await;
    assert_eq!((&rest["events"][0]["hash"], &rest["more"]), (&events[4]["hash"], &json!(false)));
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_64_a_wildcard_hook_receives_concrete_scopes() {
    let store = small().await;
    let receiver = Receiver::start().await;
    hook(&store, "store/order/*", &receiver.url).await;
    let elsewhere = format!("{}/channel", receiver.url);
    hook(&store, "store/channel/1/order/*", &elsewhere).await;
    hook(&store, "store/channel/2/order/*", &format!("{}/other", receiver.url)).await;
    let id = store.get("/v2/orders?limit=1&channel_id=1").await.ids()[0];
    let status = store.ok(&format!("/v2/orders/{id}")).await["status_id"].clone();
    let new = if status == 11 { 9 } else { 11 };
    let changed = store.send(Method::PUT, &format!("/v2/orders/{id}"), &json!({"status_id": new})).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let order = json!({"type": "order", "id": id});
    let mut with_status = order.clone();
    with_status["status"] = json!({"previous_status_id": status, "new_status_id": new});
    let expected = [
        ("store/order/updated", order),
        ("store/order/statusUpdated", with_status),
        ("store/channel/1/order/updated", json!({"order_id": id})),
        ("store/channel/1/order/statusUpdated", json!({"order_id": id})),
    ];
    receiver.told(&store, expected).await;
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_hook_without_anything_to_tell_for_90_days_is_deactivated() {
    let store = with(Options::default()).await;
    let receiver = Receiver::start().await;
    let idle = hook(&store, "store/order/*", &receiver.url).await;
    let busy = hook(&store, "store/customer/*", &receiver.url).await;
    store.advance(60 * 86_400).await;
    customer(&store, 1).await;
    receiver.wait(1).await;
    store.advance(30 * 86_400).await;
    until("the idle hook is switched off", || async { !hook_is_active(&store, idle).await }).await;
    assert!(hook_is_active(&store, busy).await);
    store.simulator.stop().await;
}

#[tokio::test]
async fn the_hook_for_exceptions_is_one_with_a_destination_of_its_own() {
    let store = with(Options::default()).await;
    let create = |scope: &str, destination: &str| {
        let body = json!({"scope": scope, "destination": destination});
        let store = &store;
        async move { store.send(Method::POST, "/v3/hooks", &body).await.status }
    };
    let scope = "store/hook/deliveryException";
    assert_eq!(create("store/order/*", "https://example.com/a").await, 200);
    assert_eq!(create(scope, "https://example.com/a").await, 422, "the destination of another");
    assert_eq!(create(scope, "https://example.com/b").await, 200);
    assert_eq!(create(scope, "https://example.com/c").await, 422, "a second one");
    assert_eq!(create("store/sku/*", "https://example.com/b").await, 422, "it has that for itself");
    store.simulator.stop().await;
}

#[tokio::test]
async fn notices_go_to_addresses_that_are_set_per_client() {
    let clients = vec!["second:secret2:token2".parse().expect("a client")];
    let store = with(Options { clients, ..Options::default() }).await;
    for n in 0..3 {
        hook(&store, "store/order/*", &format!("https://example.com/{n}")).await;
    }
    let set = store.send(Method::PUT, "/v3/hooks/admin", &json!({"emails": ["a@example.com"]})).await;
    assert_eq!((set.status, &*set.text), (204, ""));
    for wrong in [json!({}), json!({"emails": "a@example.com"}), json!({"emails": ["nobody"]})] {
        assert_eq!(store.send(Method::PUT, "/v3/hooks/admin", &wrong).await.status, 422, "{wrong}");
    }
    let admin = store.ok("/v3/hooks/admin?limit=2").await;
    assert_eq!(admin["data"]["emails"], json!(["a@example.com"]));
    assert_eq!(admin["data"]["hooks_list"].as_array().map(Vec::len), Some(2));
    assert_eq!(admin["meta"]["pagination"]["total"], 3);
    let other = store.send_as("token2", Method::GET, "/v3/hooks/admin", &json!({})).await.json();
    assert_eq!((&other["data"]["emails"], &other["data"]["hooks_list"]), (&json!([]), &json!([])));
    store.simulator.stop().await;
}

#[tokio::test]
async fn an_event_of_every_scope_is_told_on_demand() {
    let store = small().await;
    let declared = include_str!("../../resources/webhook_data.txt");
    let scopes =
        declared.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split('\t').next());
    let scopes: Vec<String> = scopes.map(|scope| scope.replace("{channel_id}", "1")).collect();
    assert_eq!(scopes.len(), 179);
    for scope in &scopes {
        let told = store.sim_post("trigger", json!({"scope": scope})).await;
        assert_eq!((told.status, &told.json()["scope"]), (200, &json!(scope)), "{scope}: {}", told.text);
    }
    let told = store.sim("events?limit=1000").await;
    assert_eq!(told["events"].as_array().map(Vec::len), Some(scopes.len()));

    let receiver = Receiver::start().await;
    hook(&store, "store/order/*", &receiver.url).await;
    let id = store.get("/v2/orders?limit=1").await.ids()[0];
    store.sim_post("trigger", json!({"scope": "store/order/updated", "id": id})).await;
    receiver.told(&store, [("store/order/updated", json!({"type": "order", "id": id}))]).await;
    for wrong in [
        json!({"scope": "store/order/*"}),
        json!({"scope": "store/nothing"}),
        json!({"scope": "store/order/updated", "id": 99_999_999}),
    ] {
        assert_eq!(store.sim_post("trigger", wrong).await.status, 404);
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn headers_of_the_transport_are_no_headers_of_a_hook() {
    let store = small().await;
    for name in ["Content-Length", "Transfer-Encoding", "host", "Connection", "TE", "Upgrade"] {
        let body =
            json!({"scope": "store/product/*", "destination": "http://127.0.0.1:9/", "headers": {name: "5"}});
        let answer = store.send(Method::POST, "/v3/hooks", &body).await;
        assert_eq!(answer.status, 422, "{name}: {}", answer.text);
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_destination_is_the_same_however_its_host_is_written() {
    let store = small().await;
    let hook = async |destination: &str| {
        let body = json!({"scope": "store/product/*", "destination": destination});
        store.send(Method::POST, "/v3/hooks", &body).await.status
    };
    assert_eq!(hook("https://hooks.example.com/a").await, 200);
    assert_eq!(hook("https://HOOKS.example.com:443/a").await, 422);
    assert_eq!(hook("https://hooks.example.com/A").await, 200, "a path is told apart by its case");
    store.simulator.stop().await;
}
