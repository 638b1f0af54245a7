//! The queue in pushed time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::event::Event;
use super::hook::Hook;
use super::log::Sent;
use super::queue::{Job, Queue};
use crate::accounts::Accounts;
use crate::options::Options;
use crate::readings::Readings;

const CREATED: &str = "store/order/created";

fn hook(id: i64, origin: &str) -> Hook {
    let (scope, destination) = ("store/order/*".into(), format!("{origin}/hook"));
    let (headers, client) = (http::HeaderMap::new(), "simclient".into());
    Hook { id, scope, destination, origin: origin.into(), headers, client, created: 5, lane: origin.into() }
}

fn queue() -> Queue {
    let options = Options::default();
    let queue = Queue::new(&options, Arc::new(Accounts::new(&options)));
    let hooks = vec![hook(1, "https://one.example.com"), hook(2, "https://two.example.com")];
    queue.subscribe(hooks, Readings::default());
    queue
}

fn outcome(well: bool) -> Sent {
    Sent { well, at: 0, status: None, reason: None, took: Duration::ZERO }
}

fn events(count: usize) -> Vec<Event> {
    (0..count).map(|n| Event::new(CREATED, format!("{{\"type\":\"order\",\"id\":{n}}}"))).collect()
}

fn number(queue: &Queue, name: &str) -> u64 {
    serde_json::to_value(queue.numbers()).unwrap()[name].as_u64().unwrap()
}

/// Settles everything that is due, all alike; what was sent and the hooks that are exhausted.
fn work(queue: &Queue, now: Instant, well: impl Fn(&Job) -> bool) -> (Vec<String>, Vec<i64>) {
    let (mut sent, mut exhausted) = (Vec::new(), Vec::new());
    loop {
        let taken = queue.take(now);
        exhausted.extend(taken.exhausted);
        if taken.jobs.is_empty() {
            return (sent, exhausted);
        }
        for job in taken.jobs {
            sent.push(job.message().hash.clone());
            let well = well(&job);
            exhausted.extend(queue.settle(job, &outcome(well), now));
        }
    }
}

#[test]
fn an_event_goes_to_every_hook_for_it_with_one_hash() {
    let (queue, now) = (queue(), Instant::now());
    queue.publish(events(3), 1_700_000_000, now);
    queue.publish(vec![Event::new("store/customer/created", "{}".into())], 1_700_000_000, now);
    let taken = queue.take(now);
    let hashes: Vec<&str> = taken.jobs.iter().map(|job| job.message().hash.as_str()).collect();
    assert_eq!((hashes.len(), &hashes[..3]), (6, &hashes[3..]));
    assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2]);
    let body: Value = serde_json::from_slice(&taken.jobs[1].message().body).unwrap();
    assert_eq!((&body["data"]["id"], body["created_at"].as_i64()), (&Value::from(1), Some(1_700_000_000)));
    assert_eq!((number(&queue, "events"), number(&queue, "queued")), (4, 6));

    // The same event again is another one.
    let first = hashes[0].to_owned();
    for job in taken.jobs {
        queue.settle(job, &outcome(true), now);
    }
    queue.publish(events(1), 1_700_000_000, now);
    assert!(!work(&queue, now, |_| true).0.contains(&first));
    assert_eq!((number(&queue, "acknowledged"), number(&queue, "queued")), (8, 0));
    assert_eq!(queue.acknowledged().len(), 4);
}

#[test]
fn a_delivery_follows_the_schedule_to_its_end() {
    let (queue, start) = (queue(), Instant::now());
    queue.publish(events(1), 0, start);
    let (mut now, mut waits) = (start, Vec::new());
    let well = |job: &Job| job.hook.id == 1;
    loop {
        let (_, exhausted) = work(&queue, now, well);
        if !exhausted.is_empty() {
            assert_eq!(exhausted, [2]);
            break;
        }
        let next = queue.take(now).wakes.unwrap();
        waits.push((next - now).as_secs());
        now = next;
    }
    assert_eq!(waits, [60, 180, 300, 600, 900, 1800, 3600, 7200, 21_600, 50_400, 86_400]);
    let ends = ["delivered", "failed", "discarded", "queued"].map(|name| number(&queue, name));
    assert_eq!(ends, [1, 12, 1, 0]);
}

#[test]
fn a_blocked_destination_gets_nothing_and_the_other_its_own() {
    let (queue, start) = (queue(), Instant::now());
    let well = |job: &Job| job.hook.id == 1;
    queue.publish(events(100), 0, start);
    assert_eq!(work(&queue, start, well).0.len(), 200);
    queue.publish(events(5), 0, start);
    let at = |seconds| start + Duration::from_secs(seconds);
    assert_eq!(work(&queue, at(1), |_| true).0.len(), 5, "only the first destination's");
    // Retries that come due during the block are put off by the schedule, unsent.
    assert_eq!(work(&queue, at(62), |_| true).0.len(), 0);
    assert_eq!(number(&queue, "failed"), 100);
    assert_eq!(work(&queue, at(179), |_| true).0.len(), 0);
    assert_eq!(work(&queue, at(62 + 180), |_| true).0.len(), 105);
    assert_eq!(number(&queue, "queued"), 0);
}

#[test]
fn what_waits_for_a_hook_that_is_gone_is_given_up() {
    let (queue, now) = (queue(), Instant::now());
    queue.publish(events(2), 0, now);
    queue.subscribe(vec![hook(2, "https://two.example.com")], Readings::default());
    assert_eq!(work(&queue, now, |_| true).0.len(), 2);
    assert_eq!((number(&queue, "discarded"), number(&queue, "hooks")), (2, 1));

    queue.publish(events(2), 0, now);
    let taken = queue.take(now);
    queue.reset();
    for job in taken.jobs {
        queue.settle(job, &outcome(true), now);
    }
    assert_eq!((number(&queue, "acknowledged"), number(&queue, "queued")), (0, 0));
}
