//! Bursts of events, through the intake: what comes together is asked for together, and is there when it is settled.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use baxter_engine::model::clock::SystemClock;
use baxter_engine::model::event::Event;
use baxter_engine::storage::{Inbox, InboxOwner, Mirror, Writer};
use baxter_engine::sync::{Intake, IntakeService, Live, Rhythm, Silent, Trouble};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::scripted::{Answer, Asked, STORE, Scripted, keys, stream};

const TOLD_AT: i64 = 1_800_000_000;

/// A Baxter that takes in events and settles them.
struct Serving {
    intake: Intake,
    inbox: InboxOwner,
    writer: Writer,
    cancel: CancellationToken,
    parts: Vec<tokio::task::JoinHandle<()>>,
}

impl Serving {
    fn start(store: &Scripted, dir: &Path, name: &'static str) -> Serving {
        let writer = Writer::start(Mirror::open(dir, STORE).unwrap()).unwrap();
        let inbox = InboxOwner::start(Inbox::open(dir).unwrap()).unwrap();
        let (arrived, cancel) = (Arc::new(Notify::new()), CancellationToken::new());
        let (service, intake) =
            IntakeService::new(inbox.clone(), Arc::new(SystemClock), Arc::clone(&arrived));
        let live = Live {
            client: store.client.clone(),
            writer: writer.clone(),
            inbox: inbox.clone(),
            data_dir: dir.to_owned(),
            destination: None,
            told: true,
            streams: vec![stream(name)],
            rhythm: Rhythm { lag: Duration::from_millis(20), ..Rhythm::default() },
            clock: Arc::new(SystemClock),
            observer: Arc::new(Silent),
            arrived,
            grown: watch::channel(0).0,
            unsettled: Arc::new(|| Box::pin(async { 0 })),
            trouble: Trouble::default(),
        };
        let (taking, living) = (service.run(cancel.clone()), live.run(cancel.clone()));
        let parts = vec![
            tokio::spawn(async move { taking.await.unwrap() }),
            tokio::spawn(async move { living.await.unwrap() }),
        ];
        Serving { intake, inbox, writer, cancel, parts }
    }

    /// Takes in an event about each of `records`, as that many deliveries side by side, `times` times with a pause.
    async fn told(&self, scope: &'static str, records: &[i64], times: u32, pause: Duration) {
        for round in 0..times {
            let mut deliveries = Vec::new();
            for id in records {
                let body = format!(
                    r#"{{"scope":"{scope}","hash":"{id}/{round}","created_at":{TOLD_AT},"data":{{"id":{id}}}}}"#
                );
                let (intake, event) = (self.intake.clone(), Event::read(&body).unwrap());
                deliveries.push(tokio::spawn(async move { intake.receive(event).await.unwrap() }));
            }
            for delivery in deliveries {
                delivery.await.unwrap();
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn until_settled(&self) {
        let began = Instant::now();
        while self.inbox.run(|inbox| inbox.pending()).await.unwrap() > 0 {
            assert!(began.elapsed() < Duration::from_secs(20), "it is not settled");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn stop(self) {
        self.cancel.cancel();
        for part in self.parts {
            part.await.unwrap();
        }
        self.writer.close().await;
        self.inbox.close().await;
    }
}

fn product(id: &str, modified: &str) -> String {
    format!(r#"{{"id":{id},"date_modified":"{modified}","variants":[]}}"#)
}

/// Products by lists of ids, and by what was modified; no list of all.
async fn products(modified: &'static str) -> Scripted {
    Scripted::start(move |asked| {
        let ids: Vec<String> = match (asked.query.get("id:in"), asked.number("id:greater")) {
            (Some(ids), _) => ids.split(',').map(str::to_owned).collect(),
            (None, _) if is_look_back(asked) => (1..=250).map(|id| id.to_string()).collect(),
            _ => return Answer::status(500),
        };
        let products: Vec<String> = ids.iter().map(|id| product(id, modified)).collect();
        Answer::list(&products, r#"{"pagination":{"total_pages":1}}"#)
    })
    .await
}

/// Whether what was modified since just before the events is asked for.
fn is_look_back(asked: &Asked) -> bool {
    asked.query.get("date_modified:min").is_some_and(|since| since.starts_with("2027-01-15T07:59:57"))
}

fn lists(store: &Scripted) -> usize {
    store.asked().iter().filter(|asked| asked.query.contains_key("id:in")).count()
}

#[tokio::test]
async fn deliveries_that_follow_one_another_are_asked_for_together() {
    let dir = tempfile::tempdir().unwrap();
    let store = products("2027-01-15T08:00:00Z").await;
    let serving = Serving::start(&store, dir.path(), "products");
    // 1,000 records in forty deliveries each 15 ms: a look each time would ask forty times.
    for batch in 0..40 {
        let records: Vec<i64> = (batch * 25 + 1..=batch * 25 + 25).collect();
        serving.told("store/product/updated", &records, 1, Duration::from_millis(15)).await;
    }
    serving.until_settled().await;
    serving.stop().await;
    assert_eq!(keys(dir.path(), "products"), (1..=1_000).collect::<Vec<_>>());
    assert!(lists(&store) <= 12, "{} requests where 4 hold all", lists(&store));
}

#[tokio::test]
async fn a_record_told_of_again_and_again_is_asked_for_seldom_and_in_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let store = products("2027-01-15T08:00:00Z").await;
    let serving = Serving::start(&store, dir.path(), "products");
    serving.told("store/product/updated", &[1, 2, 3], 150, Duration::from_millis(5)).await;
    let before_the_last = lists(&store);
    serving.told("store/product/inventory/updated", &[3], 1, Duration::ZERO).await;
    serving.until_settled().await;
    serving.stop().await;
    assert!(lists(&store) > before_the_last, "the last event was not followed by a look");
    assert!(lists(&store) <= 30, "{} requests for three records", lists(&store));
}

/// Many records that are older than their events are not each looked at again.
#[tokio::test]
async fn what_is_looked_at_again_in_numbers_is_asked_for_by_its_time() {
    let dir = tempfile::tempdir().unwrap();
    let store = products("2027-01-15T07:00:00Z").await;
    let serving = Serving::start(&store, dir.path(), "products");
    let records: Vec<i64> = (1..=250).collect();
    serving.told("store/product/updated", &records, 1, Duration::ZERO).await;
    serving.until_settled().await;
    serving.stop().await;
    let back = store.asked().iter().filter(|asked| is_look_back(asked)).count();
    assert!(back >= 1, "every record was asked for again by its id");
    assert!(lists(&store) <= 8, "{} requests by ids", lists(&store));
}
