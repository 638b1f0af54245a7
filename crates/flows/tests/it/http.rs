//! Flows to an HTTP API: at least once, in order per record, with a key that does not change.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baxter_flows::Flow;
use baxter_flows::dead_letter::Which;

use crate::kit::{World, brand};
use crate::stub::{Seen, Stub};

fn flow(world: &World, stub: &Stub, more: &str) -> Flow {
    let toml = format!(
        r#"
on = ["brands"]
map = '{{seq, key, name: .record.name}}'
retry = {{ base = "2ms", max = "20ms", attempts = 40 }}
{more}
[to]
type = "http"
url = "{}"
timeout = "5s"
"#,
        stub.url
    );
    world.flow("push", &toml)
}

fn member(seen: &Seen, name: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
    body[name].to_string().trim_matches('"').to_owned()
}

/// Sequence numbers by record, in the order in which they were taken.
fn by_record(taken: &[Seen]) -> BTreeMap<String, Vec<i64>> {
    let mut records = BTreeMap::<String, Vec<i64>>::new();
    for seen in taken {
        records.entry(member(seen, "key")).or_default().push(member(seen, "seq").parse().unwrap());
    }
    records
}

async fn changes(world: &World, records: i64, rounds: i64) {
    for round in 0..rounds {
        let texts: Vec<String> = (1..=records).map(|id| brand(id, &format!("r{round}"))).collect();
        world.put("brands", &texts).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_4_an_api_that_fails_half_of_the_time_gets_everything_in_order() {
    let world = World::new();
    let stub =
        Stub::start(|count, _| if count % 2 == 0 { [500, 503, 429, 408][count / 2 % 4] } else { 200 }).await;
    let running = world.run(vec![flow(&world, &stub, "")]);
    changes(&world, 40, 3).await;
    running.settled().await;

    let taken = stub.taken();
    assert_eq!(taken.len(), 120, "each once, for nothing was stopped");
    for (key, seqs) in by_record(&taken) {
        assert!(seqs.is_sorted() && seqs.len() == 3, "{key}: {seqs:?}");
    }
    let keys = |seen: Vec<Seen>| seen.into_iter().map(|seen| seen.key).collect::<BTreeSet<_>>();
    assert_eq!(keys(stub.seen()), keys(taken.clone()), "a repeat has the key of the first try");
    for seen in &taken {
        let expected = format!("abc:push:brands:{}:{}", member(seen, "key"), member(seen, "seq"));
        assert_eq!(seen.key, expected);
    }
    let status = &running.handle.status().await.unwrap()[0];
    assert_eq!((status.delivered, status.dead, status.lag, status.open), (120, 0, 0, 0));
    assert!(status.failed >= 100);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_the_flow_is_killed_again_and_again() {
    let world = World::new();
    let stub = Stub::start(|count, _| if count % 3 == 0 { 503 } else { 200 }).await;
    changes(&world, 200, 1).await;
    for _ in 0..12 {
        let before = stub.seen().len();
        let running = world.run(vec![flow(&world, &stub, "")]);
        running.until(async |_| stub.seen().len() >= before + 5).await;
        running.kill().await;
    }
    changes(&world, 200, 2).await;
    let running = world.run(vec![flow(&world, &stub, "")]);
    running.settled().await;
    running.stop().await;

    let taken = stub.taken();
    let keys: BTreeSet<&str> = taken.iter().map(|seen| seen.key.as_str()).collect();
    // The first round of the second call changed nothing.
    assert_eq!(keys.len(), 200 + 200, "every change was delivered");
    for (key, seqs) in by_record(&taken) {
        assert!(seqs.is_sorted(), "{key}: {seqs:?}");
    }
    // Only what was under way at a kill may come twice: four at a time.
    assert!(taken.len() - keys.len() <= 12 * 4, "{} repeats", taken.len() - keys.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_is_a_dead_letter_at_once_and_delays_nobody() {
    let world = World::new();
    let stub = Stub::start(|_, seen| if seen.body.contains("bad") { 422 } else { 200 }).await;
    let running = world.run(vec![flow(&world, &stub, "")]);
    world.put("brands", &[brand(1, "bad"), brand(2, "fine")]).await;
    world.put("brands", &[brand(1, "good")]).await;
    running.settled().await;

    let dead = running.dead_letters().await;
    // The record's present state may have been good already when its first change was delivered.
    assert!(dead.len() <= 1);
    world.put("brands", &[brand(3, "bad")]).await;
    running.settled().await;
    let dead = running.dead_letters().await.pop().unwrap();
    assert_eq!(
        (dead.key.as_str(), dead.attempts, dead.error.as_str()),
        ("3", 1, "422 Unprocessable Entity: {}")
    );
    assert!(dead.message.unwrap().contains(r#""name":"bad""#));

    let key = stub.seen().pop().unwrap().key;
    stub.answer(200);
    running.handle.retry_dead_letters(Which::All).await.unwrap();
    running.until(async |handle| handle.status().await.unwrap()[0].dead == 0).await;
    assert_eq!(
        stub.taken().iter().filter(|seen| seen.key == key).count(),
        1,
        "the key is that of the first try"
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_gives_up_after_its_attempts_and_the_flow_goes_on() {
    let world = World::new();
    let stub = Stub::start(|_, seen| if seen.key.ends_with(":1") { 500 } else { 200 }).await;
    let toml = format!(
        "on = [\"brands\"]\nretry = {{ attempts = 3, base = \"1ms\" }}\nto = {{ type = \"http\", url = \"{}\" }}",
        stub.url
    );
    let running = world.run(vec![world.flow("push", &toml)]);
    changes(&world, 5, 1).await;
    running.settled().await;
    assert_eq!(stub.taken().len(), 4);
    let dead = running.dead_letters().await;
    assert_eq!((dead.len(), dead[0].attempts, dead[0].seq), (1, 3, 1));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_change_waits_behind_a_retry_of_its_record_only() {
    let world = World::new();
    // The record 1 is refused until the others have been taken.
    let stub = Stub::start({
        let others = std::sync::atomic::AtomicUsize::new(0);
        move |_, seen| {
            use std::sync::atomic::Ordering;
            if member(seen, "key") != "1" {
                others.fetch_add(1, Ordering::SeqCst);
                return 200;
            }
            if others.load(Ordering::SeqCst) < 8 { 500 } else { 200 }
        }
    })
    .await;
    let running = world.run(vec![flow(&world, &stub, "")]);
    changes(&world, 5, 2).await;
    running.settled().await;
    assert_eq!(by_record(&stub.taken())["1"], [1, 6]);
    assert_eq!(running.dead_letters().await, []);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_delivers_a_record_once_with_a_key_of_its_own() {
    let world = World::new();
    let stub = Stub::start(|count, _| if count < 3 { 500 } else { 200 }).await;
    let running = world.run(vec![flow(&world, &stub, "once = true")]);
    changes(&world, 3, 4).await;
    running.settled().await;
    let mut keys: Vec<String> = stub.taken().into_iter().map(|seen| seen.key).collect();
    keys.sort();
    assert_eq!(keys, ["abc:push:brands:1", "abc:push:brands:2", "abc:push:brands:3"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_outputs_of_a_change_are_delivered_in_order_with_keys_of_their_own() {
    let world = World::new();
    let stub = Stub::start(|count, _| if count == 1 { 500 } else { 200 }).await;
    let toml = format!(
        "on = [\"brands\"]\nmap = '\"a\", \"b\", \"c\"'\nretry = {{ base = \"1ms\" }}\nto = {{ type = \"http\", url = \"{}\" }}",
        stub.url
    );
    let running = world.run(vec![world.flow("push", &toml)]);
    changes(&world, 1, 1).await;
    running.settled().await;
    let seen: Vec<(String, String)> = stub.seen().into_iter().map(|seen| (seen.body, seen.key)).collect();
    let expected = [
        ("\"a\"", "abc:push:brands:1:1"),
        ("\"b\"", "abc:push:brands:1:1#1"),
        ("\"b\"", "abc:push:brands:1:1#1"),
        ("\"c\"", "abc:push:brands:1:1#2"),
    ];
    assert_eq!(seen, expected.map(|(body, key)| (body.to_owned(), key.to_owned())));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destination_may_ask_us_to_wait() {
    let world = World::new();
    let stub = Stub::with(|count, _| {
        let asked = if count == 0 { vec![("retry-after", "1".to_owned())] } else { Vec::new() };
        (if count == 0 { 429 } else { 200 }, asked, String::new())
    })
    .await;
    let running = world.run(vec![flow(&world, &stub, "")]);
    changes(&world, 1, 1).await;
    running.settled().await;
    let seen = stub.seen();
    assert_eq!(seen.len(), 2);
    assert!(seen[1].at - seen[0].at >= Duration::from_secs(1));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_sent_and_never_shown_and_redirects_are_not_followed() {
    let world = World::new();
    std::fs::write(world.path("token"), "s3cr3t-canary\n").unwrap();
    let stub = Stub::with(|_, seen| {
        let said = format!("you are {:?}", seen.authorization);
        (307, vec![("location", "http://127.0.0.1:1/elsewhere".to_owned())], said)
    })
    .await;
    let toml = format!(
        "on = [\"brands\"]\n[to]\ntype = \"http\"\nurl = \"{}\"\nauth = {{ bearer = {{ file = \"token\" }} }}",
        stub.url
    );
    let flow = world.flow("push", &toml);
    assert!(!format!("{flow:?}").contains("canary"));
    let running = world.run(vec![flow]);
    changes(&world, 1, 1).await;
    running.settled().await;
    let seen = stub.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].authorization.as_deref(), Some("Bearer s3cr3t-canary"));
    let dead = running.dead_letters().await.pop().unwrap();
    assert!(dead.error.starts_with("307") && dead.error.contains("Bearer …"), "{}", dead.error);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn law_4_a_flow_that_fails_delays_no_other() {
    let world = World::new();
    let down = "on = [\"brands\"]\nretry = { base = \"1h\", max = \"1h\" }\nto = { type = \"http\", url = \"http://127.0.0.1:1/\" }";
    let up = "on = [\"brands\"]\nto = { type = \"file\", path = \"up\" }";
    let running = world.run(vec![world.flow("down", down), world.flow("up", up)]);
    changes(&world, 20, 1).await;
    running.until(async |handle| handle.status().await.unwrap()[1].lag == 0).await;
    running.until(async |handle| handle.status().await.unwrap()[0].failed > 0).await;
    assert_eq!(world.text("up").lines().count(), 20);
    assert!(!running.handle.is_settled().await.unwrap());
    let status = running.handle.status().await.unwrap().remove(0);
    assert!(status.error.unwrap().contains("error sending request"));
    running.stop().await;
}
