//! Lists of V2 tell neither their size nor that of their pages: a store that gives smaller pages than asked for must
//! not look like one that has less.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use baxter_engine::model::change::NoticedBy;
use baxter_engine::storage::{Mirror, Reader, Writer};
use baxter_engine::sync::{Fetcher, Options, Service};
use tokio_util::sync::CancellationToken;

use crate::scripted::{Answer, Asked, STORE, Scripted, keys, stream};

/// A store of which both can change while it runs.
#[derive(Clone, Default)]
struct Size {
    /// The highest id; all from 1 on are there.
    records: Arc<AtomicI64>,
    /// The most records of a page.
    most: Arc<AtomicI64>,
}

impl Size {
    fn set(&self, records: i64, most: i64) {
        self.records.store(records, Ordering::Relaxed);
        self.most.store(most, Ordering::Relaxed);
    }

    /// A page of the list, counted in pages as the store gives them.
    fn list(&self, asked: &Asked, text: impl Fn(i64) -> String) -> Answer {
        let limit = asked.number("limit").unwrap().min(self.most.load(Ordering::Relaxed));
        let page = asked.number("page").unwrap_or(1);
        let first = asked.number("min_id").unwrap_or(1);
        let last = asked.number("max_id").unwrap_or(i64::MAX).min(self.records.load(Ordering::Relaxed));
        let mut ids: Vec<i64> = (first..=last).collect();
        if asked.query.get("sort").is_some_and(|sort| sort == "id:desc") {
            ids.reverse();
        }
        let skipped = usize::try_from((page - 1) * limit).unwrap();
        let ids = ids.into_iter().skip(skipped).take(usize::try_from(limit).unwrap());
        let texts: Vec<String> = ids.map(text).collect();
        match texts.is_empty() {
            true => Answer { status: 204, ..Answer::ok("") },
            false => Answer::ok(format!("[{}]", texts.join(","))),
        }
    }
}

async fn store() -> (Scripted, Size) {
    let size = Size::default();
    let served = size.clone();
    let store = Scripted::start(move |asked| match asked.path.as_str() {
        "/v2/coupons" => served.list(asked, |id| format!(r#"{{"id":{id}}}"#)),
        "/v2/orders" if asked.query.contains_key("min_date_modified") => Answer::ok("[]"),
        "/v2/orders" => served.list(asked, |id| format!(r#"{{"id":{id},"consignments":{{}}}}"#)),
        "/v2/orders/1/messages" => {
            served.list(asked, |id| format!(r#"{{"id":{id},"order_id":1,"message":"m"}}"#))
        }
        path if path.ends_with("/messages") => Answer { status: 204, ..Answer::ok("") },
        _ => Answer::status(404),
    })
    .await;
    (store, size)
}

/// A sync, and how many questions it had for paths that end so.
async fn sync(store: &Scripted, dir: &Path, stream: &'static str, full: bool) -> usize {
    let before = store.asked().len();
    let summary = store.sync(dir, stream, full).await;
    assert!(summary.is_complete(), "{summary:?}");
    store.asked().len() - before
}

fn deleted(dir: &Path) -> usize {
    let changes = Reader::open(dir).unwrap().changes(None, &[], 10_000).unwrap();
    changes.entries.iter().filter(|change| change.kind == "deleted").count()
}

fn all(upto: i64) -> Vec<i64> {
    (1..=upto).collect()
}

#[tokio::test]
async fn a_list_by_page_numbers_is_asked_whether_it_goes_on_before_anything_is_deleted() {
    let (store, size) = store().await;
    let dir = tempfile::tempdir().unwrap();
    size.set(103, 250);
    assert_eq!(sync(&store, dir.path(), "coupons", false).await, 1);
    assert_eq!(sync(&store, dir.path(), "coupons", false).await, 1, "nothing is gone: it costs nothing");
    // 37, the question, 37 and 29, and whether the last of these is the end is not in doubt.
    size.set(103, 37);
    assert_eq!(sync(&store, dir.path(), "coupons", false).await, 4);
    assert_eq!((keys(dir.path(), "coupons"), deleted(dir.path())), (all(103), 0));
    size.set(61, 37);
    sync(&store, dir.path(), "coupons", false).await;
    assert_eq!((keys(dir.path(), "coupons"), deleted(dir.path())), (all(61), 42));
    size.set(31, 250);
    let asked = sync(&store, dir.path(), "coupons", false).await;
    assert_eq!((keys(dir.path(), "coupons"), deleted(dir.path())), (all(31), 72));
    assert!(asked <= 4, "two readings, and one question for each: {asked}");
}

#[tokio::test]
async fn a_first_copy_goes_on_behind_pages_of_a_round_number() {
    for name in ["coupons", "orders"] {
        let (store, size) = store().await;
        let dir = tempfile::tempdir().unwrap();
        size.set(1230, 50);
        sync(&store, dir.path(), name, false).await;
        assert_eq!(keys(dir.path(), name), all(1230), "{name}");
        // As many, and no more: once it is asked.
        let dir = tempfile::tempdir().unwrap();
        size.set(50, 250);
        assert_eq!(sync(&store, dir.path(), name, false).await, 2, "{name}");
        let dir = tempfile::tempdir().unwrap();
        size.set(51, 250);
        assert_eq!(sync(&store, dir.path(), name, false).await, 1, "{name}");
    }
}

#[tokio::test]
async fn a_proof_finds_what_smaller_pages_hid() {
    for name in ["coupons", "orders"] {
        let (store, size) = store().await;
        let dir = tempfile::tempdir().unwrap();
        size.set(103, 37);
        sync(&store, dir.path(), name, false).await;
        let writer = Writer::start(Mirror::open(dir.path(), STORE).unwrap()).unwrap();
        let options = Options {
            streams: vec![stream(name)],
            full: true,
            verify: true,
            fresh: false,
            ..Options::default()
        };
        let service = Service::new(store.client.clone(), writer.clone(), options);
        assert!(service.run(CancellationToken::new()).await.is_complete());
        drop(service);
        writer.close().await;
        assert_eq!(keys(dir.path(), name), all(103), "{name}");
    }
}

#[tokio::test]
async fn orders_behind_a_small_page_are_neither_deleted_nor_forgotten() {
    let (store, size) = store().await;
    let dir = tempfile::tempdir().unwrap();
    size.set(203, 250);
    assert_eq!(sync(&store, dir.path(), "orders", true).await, 1);
    size.set(203, 37);
    // By ranges of ids: five full pages and one of 18, with one question for the highest id.
    assert_eq!(sync(&store, dir.path(), "orders", true).await, 7);
    assert_eq!((keys(dir.path(), "orders"), deleted(dir.path())), (all(203), 0));
    // Events name all of them, and two more.
    size.set(205, 37);
    let writer = Writer::start(Mirror::open(dir.path(), STORE).unwrap()).unwrap();
    let fetcher = Fetcher::new(store.client.clone(), writer.clone(), NoticedBy::Webhook);
    fetcher.fetch(stream("orders"), &all(205)).await.unwrap();
    drop(fetcher);
    writer.close().await;
    assert_eq!((keys(dir.path(), "orders"), deleted(dir.path())), (all(205), 0));
}

#[tokio::test]
async fn what_belongs_to_a_parent_is_not_deleted_behind_a_small_page() {
    let (store, size) = store().await;
    let dir = tempfile::tempdir().unwrap();
    size.set(23, 250);
    sync(&store, dir.path(), "order_messages", false).await;
    assert_eq!(keys(dir.path(), "order_messages"), all(23));
    // The orders' own list stays as it is: they are known, and only their messages are asked for again.
    size.set(23, 7);
    sync(&store, dir.path(), "order_messages", true).await;
    assert_eq!((keys(dir.path(), "order_messages"), deleted(dir.path())), (all(23), 0));
}

#[tokio::test]
async fn a_walk_that_is_stopped_at_a_doubtful_end_has_not_passed_it() {
    let cancel = CancellationToken::new();
    let (size, stop) = (Size::default(), cancel.clone());
    let served = size.clone();
    let store = Scripted::start(move |asked| {
        if asked.number("limit") == Some(1) {
            stop.cancel();
        }
        served.list(asked, |id| format!(r#"{{"id":{id}}}"#))
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    size.set(130, 50);
    let writer = Writer::start(Mirror::open(dir.path(), STORE).unwrap()).unwrap();
    let options = Options { streams: vec![stream("coupons")], ..Options::default() };
    let service = Service::new(store.client.clone(), writer.clone(), options);
    assert!(service.run(cancel).await.was_cancelled());
    drop(service);
    writer.close().await;
    let pass = Mirror::open(dir.path(), STORE).unwrap().pass(stream("coupons"), NoticedBy::Backfill);
    let segments = pass.unwrap().unwrap().segments;
    assert_eq!((segments[0].position.as_str(), segments[0].done), ("0", false));
}

#[tokio::test]
async fn a_path_that_knows_no_pages_is_not_asked_without_end() {
    let store = Scripted::start(|asked| {
        let records: Vec<String> =
            (1..=asked.number("limit").unwrap().min(20)).map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        Answer::ok(format!("[{}]", records.join(",")))
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    assert!(sync(&store, dir.path(), "coupons", false).await <= 4);
    assert_eq!(keys(dir.path(), "coupons"), all(20));
}
