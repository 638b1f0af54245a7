//! Settling events beside polling.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use baxter_engine::model::clock::SystemClock;
use baxter_engine::model::event::Event;
use baxter_engine::storage::{Inbox, InboxOwner, Mirror, Reader, Writer};
use baxter_engine::sync::{Live, Rhythm, Silent, Trouble};
use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::scripted::{Answer, Asked, STORE, Scripted, keys, stream};

/// Serves `streams` in `dir` until `until` holds, then stops in order.
async fn live(store: &Scripted, dir: &Path, streams: &[&'static str], until: impl Fn() -> bool) {
    let rhythm = Rhythm { lag: Duration::from_millis(50), ..Rhythm::default() };
    serve(store, dir, streams, rhythm, &Trouble::default(), until).await;
}

/// The same in a rhythm of its own, with its troubles.
pub async fn serve(
    store: &Scripted,
    dir: &Path,
    streams: &[&'static str],
    rhythm: Rhythm,
    trouble: &Trouble,
    until: impl Fn() -> bool,
) {
    let writer = Writer::start(Mirror::open(dir, STORE).unwrap()).unwrap();
    let inbox = InboxOwner::start(Inbox::open(dir).unwrap()).unwrap();
    let (grown, _) = watch::channel(0);
    let live = Live {
        client: store.client.clone(),
        writer: writer.clone(),
        inbox: inbox.clone(),
        data_dir: dir.to_owned(),
        destination: None,
        told: true,
        streams: streams.iter().map(|name| stream(name)).collect(),
        rhythm,
        clock: Arc::new(SystemClock),
        observer: Arc::new(Silent),
        arrived: Arc::new(Notify::new()),
        grown,
        unsettled: Arc::new(|| Box::pin(async { 0 })),
        trouble: trouble.clone(),
    };
    let cancel = CancellationToken::new();
    let running = tokio::spawn(live.run(cancel.clone()));
    let began = Instant::now();
    while !until() {
        assert!(began.elapsed() < Duration::from_secs(15), "it does not come to that");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    cancel.cancel();
    running.await.unwrap().unwrap();
    writer.close().await;
    inbox.close().await;
}

fn event(scope: &str, id: i64, created_at: i64) -> Event {
    let body = format!(
        r#"{{"scope":"{scope}","hash":"{scope}/{id}/{created_at}","created_at":{created_at},"data":{{"id":{id}}}}}"#
    );
    Event::read(&body).unwrap()
}

fn put(dir: &Path, events: &[Event]) {
    Inbox::open(dir).unwrap().receive(events, Timestamp::now()).unwrap();
}

fn pending(dir: &Path) -> u64 {
    Inbox::open(dir).unwrap().pending().unwrap()
}

/// What events ask for; polling is refused.
fn by_id<'a>(asked: &'a Asked, path: &str, parameter: &str) -> Option<Vec<&'a str>> {
    (asked.path == path).then(|| asked.query.get(parameter).map(|list| list.split(',').collect())).flatten()
}

#[tokio::test]
async fn a_stream_that_the_store_does_not_answer_holds_up_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let customers = (1..=2100).map(|id| event("store/customer/updated", id, 1_800_000_000));
    let events: Vec<Event> = customers.chain([event("store/category/updated", 7, 1_800_000_000)]).collect();
    put(dir.path(), &events);
    let store =
        Scripted::start(|asked| match by_id(asked, "/v3/catalog/trees/categories", "category_id:in") {
            Some(_) => Answer::list(&[r#"{"category_id":7}"#.to_owned()], "{}"),
            None => Answer::status(500),
        })
        .await;
    live(&store, dir.path(), &["customers", "categories"], || pending(dir.path()) == 2100).await;
    assert_eq!(keys(dir.path(), "categories"), [7]);
}

/// A store whose answers by id lag behind: the first one shows `first`, those after it `then`.
async fn lagging(first: &'static str, then: &'static str) -> (Scripted, Arc<AtomicUsize>) {
    let asked_for = Arc::new(AtomicUsize::new(0));
    let times = Arc::clone(&asked_for);
    let store = Scripted::start(move |asked| match by_id(asked, "/v3/customers", "id:in") {
        Some(_) => {
            let text = if times.fetch_add(1, Ordering::Relaxed) == 0 { first } else { then };
            let records: Vec<String> = (!text.is_empty()).then(|| text.to_owned()).into_iter().collect();
            Answer::list(&records, "{}")
        }
        None => Answer::status(500),
    })
    .await;
    (store, asked_for)
}

const TOLD_AT: i64 = 1_800_000_000;
const BEFORE: &str = r#"{"id":5,"email":"old","date_modified":"2027-01-15T07:59:00Z"}"#;
const AFTER: &str = r#"{"id":5,"email":"new","date_modified":"2027-01-15T07:59:58Z"}"#;

#[tokio::test]
async fn a_record_older_than_its_event_is_looked_at_again() {
    for (scope, first, then, looks, email) in [
        ("store/customer/updated", BEFORE, AFTER, 2, Some("new")),
        ("store/customer/updated", AFTER, "", 1, Some("new")),
        ("store/customer/created", "", AFTER, 2, Some("new")),
        ("store/customer/deleted", BEFORE, "", 2, None),
        ("store/customer/deleted", "", BEFORE, 1, None),
    ] {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), &[event(scope, 5, TOLD_AT)]);
        let (store, asked_for) = lagging(first, then).await;
        live(&store, dir.path(), &["customers"], || pending(dir.path()) == 0).await;
        assert_eq!(asked_for.load(Ordering::Relaxed), looks, "{scope} {first}");
        let found = Reader::open(dir.path()).unwrap().rows("select email from customers").unwrap();
        let found = found.rows.first().map(|row| row[0].clone());
        assert_eq!(found, email.map(|email| rusqlite::types::Value::Text(email.to_owned())), "{scope}");
    }
}

#[tokio::test]
async fn a_token_that_is_refused_leaves_events_in_the_inbox() {
    let dir = tempfile::tempdir().unwrap();
    put(
        dir.path(),
        &[event("store/customer/deleted", 5, TOLD_AT), event("store/category/deleted", 6, TOLD_AT)],
    );
    let refused = AtomicUsize::new(0);
    let store = Scripted::start(move |asked| match asked.path.as_str() {
        "/v3/customers" if refused.fetch_add(1, Ordering::Relaxed) < 3 => Answer::status(401),
        "/v3/customers" => Answer::list(&[], "{}"),
        _ => Answer::status(403),
    })
    .await;
    live(&store, dir.path(), &["customers", "categories"], || {
        pending(dir.path()) == 0
            && store.asked().iter().filter(|asked| asked.query.contains_key("id:in")).count() >= 2
    })
    .await;
}

#[tokio::test]
async fn events_of_a_parent_are_those_of_what_is_cut_from_it() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), &[event("store/order/updated", 5, TOLD_AT)]);
    let order = r#"{"id":5,"date_modified":"Fri, 15 Jan 2027 08:00:00 +0000","consignments":{"shipping":[{"id":8,"line_items":[{"id":9}]}]}}"#;
    let store = Scripted::start(move |asked| match asked.path.as_str() {
        "/v2/orders/5" => Answer::ok(order),
        _ => Answer::status(500),
    })
    .await;
    live(&store, dir.path(), &["order_products"], || pending(dir.path()) == 0).await;
    assert_eq!(keys(dir.path(), "order_products"), [9]);
}

#[tokio::test]
async fn events_of_other_streams_than_those_served_are_let_go() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), &[event("store/customer/updated", 5, TOLD_AT)]);
    let store = Scripted::start(|_| Answer::list(&[AFTER.to_owned()], "{}")).await;
    live(&store, dir.path(), &["categories"], || pending(dir.path()) == 0).await;
    assert_eq!(keys(dir.path(), "customers"), [] as [i64; 0]);
}

/// Orders by ranges or their paths, products by lists: all that a store is asked for in a burst.
async fn whatever_is_asked(modified: &'static str) -> Scripted {
    Scripted::start(move |asked| {
        let order = |id: i64| format!(r#"{{"id":{id},"date_modified":"{modified}"}}"#);
        if let Some(id) = asked.path.strip_prefix("/v2/orders/") {
            return Answer::ok(order(id.parse().unwrap()));
        }
        match (asked.number("min_id"), asked.number("max_id"), by_id(asked, "/v3/catalog/products", "id:in"))
        {
            (Some(first), Some(last), _) => {
                let orders: Vec<String> = (first..=last).map(order).collect();
                Answer::ok(format!("[{}]", orders.join(",")))
            }
            (_, _, Some(ids)) => {
                let product = |id: &&str| format!(r#"{{"id":{id},"date_modified":"2027-01-15T08:00:00Z"}}"#);
                Answer::list(
                    &ids.iter().map(product).collect::<Vec<_>>(),
                    r#"{"pagination":{"total_pages":1}}"#,
                )
            }
            _ => Answer::status(500),
        }
    })
    .await
}

#[tokio::test]
async fn a_burst_costs_the_fewest_requests() {
    let orders: Vec<Event> = (1..=1_000).map(|id| event("store/order/updated", id, TOLD_AT)).collect();
    let products = |records: i64| -> Vec<Event> {
        let told = |n: i64| {
            let body = format!(
                r#"{{"scope":"store/product/updated","hash":"{n}","created_at":{TOLD_AT},"data":{{"id":{}}}}}"#,
                n % records + 1
            );
            Event::read(&body).unwrap()
        };
        (0..2_000).map(told).collect()
    };
    for (events, stream, path, most) in [
        (orders, "orders", "/v2/orders", 4),
        (products(2_000), "products", "/v3/catalog/products", 8),
        (products(100), "products", "/v3/catalog/products", 1),
    ] {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), &events);
        let store = whatever_is_asked("Fri, 15 Jan 2027 08:00:00 +0000").await;
        live(&store, dir.path(), &[stream], || pending(dir.path()) == 0).await;
        let asked = store.asked();
        let for_events = asked.iter().filter(|asked| {
            asked.path.starts_with(path)
                && (asked.path != path
                    || asked.query.contains_key("id:in")
                    || asked.query.contains_key("max_id"))
        });
        assert!(
            for_events.count() <= most,
            "{stream}: more than {most} requests for {} events",
            events.len()
        );
    }
}

#[tokio::test]
async fn a_record_that_stays_older_than_its_event_is_left_to_the_sweep() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), &[event("store/customer/updated", 5, TOLD_AT)]);
    let (store, asked_for) = lagging(BEFORE, BEFORE).await;
    live(&store, dir.path(), &["customers"], || pending(dir.path()) == 0).await;
    assert_eq!(asked_for.load(Ordering::Relaxed), 4, "one look, and three more");
}
