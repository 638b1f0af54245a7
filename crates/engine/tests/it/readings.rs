//! Several readings of the same records: side by side, one after the other, and after one was cut short.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use baxter_engine::model::change::NoticedBy;
use baxter_engine::model::key::{Key, Part};
use baxter_engine::model::stream::record;
use baxter_engine::storage::{Gone, Mirror, OfParent, Page, ParentDue, Reader, Writer};
use baxter_engine::sync::{Fetcher, Rhythm, Trouble};
use jiff::Timestamp;

use crate::events::serve;
use crate::scripted::{Answer, Asked, STORE, Scripted, keys, stream};

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn page(name: &str, texts: &[String], of: Option<i64>, noticed_by: NoticedBy, asked: u64) -> Page {
    let parent = of.map(|id| Key(vec![Part::Integer(id)]));
    let mut records = record::Records::of(stream(name), parent.as_ref());
    let families = texts.iter().map(|text| records.check(text).unwrap()).collect();
    Page {
        stream: stream(name),
        families,
        aside: Vec::new(),
        noticed_by,
        at: now(),
        store_at: None,
        asked,
        segment: None,
        listing: false,
        of,
    }
}

/// The records of price list 1 in the mirror: ten on a page.
struct PriceList(Mirror);

/// A reading of them.
struct Reading {
    noticed_by: NoticedBy,
    began: u64,
}

impl PriceList {
    fn new(dir: &Path) -> PriceList {
        let mut mirror = Mirror::open(dir, STORE).unwrap();
        let list = [r#"{"id":1,"name":"a"}"#.to_owned()];
        mirror.commit(&page("price_lists", &list, None, NoticedBy::Backfill, 1)).unwrap();
        PriceList(mirror)
    }

    fn page(&mut self, reading: &Reading, number: i64, asked: u64) {
        let text =
            |id: i64| format!(r#"{{"price_list_id":1,"variant_id":{id},"currency":"usd","price":1.5}}"#);
        let texts: Vec<String> = (number * 10 + 1..=number * 10 + 10).map(text).collect();
        self.0.commit(&page("price_list_records", &texts, Some(1), reading.noticed_by, asked)).unwrap();
    }

    /// Ends a reading; answers how many records it deleted.
    fn end(&mut self, reading: &Reading) -> u64 {
        let of = OfParent {
            stream: stream("price_list_records"),
            parent: ParentDue { id: 1, seq: 1 },
            is_known: true,
            noticed_by: reading.noticed_by,
            at: now(),
            store_at: None,
            began: reading.began,
            segment: None,
        };
        self.0.settle_parent(&of).unwrap().deleted
    }

    fn count(&self) -> u64 {
        self.0.count(stream("price_list_records")).unwrap()
    }
}

#[test]
fn two_readings_of_one_parent_delete_nothing_of_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let mut mirror = PriceList::new(dir.path());
    let first = Reading { noticed_by: NoticedBy::Backfill, began: 1 };
    (0..4).for_each(|number| mirror.page(&first, number, 2));
    assert_eq!(mirror.end(&first), 0);
    mirror.0.forget_answered(10).unwrap();

    let event = Reading { noticed_by: NoticedBy::Webhook, began: 10 };
    mirror.page(&event, 0, 11);
    mirror.page(&event, 1, 12);
    let sweep = Reading { noticed_by: NoticedBy::Sweep, began: 13 };
    mirror.page(&sweep, 0, 14);
    mirror.page(&event, 2, 15);
    mirror.page(&event, 3, 16);
    assert_eq!(mirror.end(&event), 0);
    (1..4).for_each(|number| mirror.page(&sweep, number, 17));
    assert_eq!(mirror.end(&sweep), 0);
    assert_eq!(mirror.count(), 40);
}

#[test]
fn a_reading_deletes_what_it_does_not_name_unless_that_was_answered_since() {
    let dir = tempfile::tempdir().unwrap();
    let mut mirror = PriceList::new(dir.path());
    let slow = Reading { noticed_by: NoticedBy::Sweep, began: 2 };
    let quick = Reading { noticed_by: NoticedBy::Incremental, began: 4 };
    mirror.page(&slow, 0, 3);
    mirror.page(&quick, 1, 5);
    // The first page is older than the quick reading, which found it gone; what that one found, the slow one missed.
    assert_eq!(mirror.end(&quick), 10);
    assert_eq!(mirror.end(&slow), 0);
    assert_eq!(mirror.count(), 10);
    // An answer of before does not bring back what was found gone since.
    mirror.page(&slow, 0, 3);
    assert_eq!(mirror.count(), 10);
    mirror.0.forget_answered(6).unwrap();
    let next = Reading { noticed_by: NoticedBy::Sweep, began: 6 };
    mirror.page(&next, 2, 7);
    assert_eq!(mirror.end(&next), 10);
}

#[test]
fn what_belongs_to_a_parent_that_went_meanwhile_is_not_taken_in() {
    let dir = tempfile::tempdir().unwrap();
    let mut mirror = PriceList::new(dir.path());
    let reading = Reading { noticed_by: NoticedBy::Sweep, began: 2 };
    mirror.page(&reading, 0, 3);
    let keys = vec![Key(vec![Part::Integer(1)])];
    let gone =
        Gone { stream: stream("price_lists"), keys, noticed_by: NoticedBy::Webhook, at: now(), asked: 4 };
    assert_eq!(mirror.0.delete(&gone).unwrap().deleted, 11);
    mirror.page(&reading, 1, 5);
    assert_eq!(mirror.end(&reading), 0);
    assert_eq!(mirror.count(), 0);
}

/// A price list of ten pages.
fn price_list(asked: &Asked) -> Answer {
    if asked.path == "/v3/pricelists" {
        return Answer::list(&[r#"{"id":1,"name":"a"}"#.to_owned()], r#"{"pagination":{"total":1}}"#);
    }
    let after = asked.number("after").unwrap_or(0);
    let text = |id| format!(r#"{{"price_list_id":1,"variant_id":{id},"currency":"usd","price":1.5}}"#);
    let texts: Vec<String> = (after + 1..=after + 250).map(text).collect();
    let end = after + 250;
    let next = if end >= 2500 { "{}".to_owned() } else { format!(r#"{{"next":"?after={end}"}}"#) };
    Answer::list(&texts, &format!(r#"{{"cursor_pagination":{{"end_cursor":"{end}","links":{next}}}}}"#))
}

#[tokio::test]
async fn readings_side_by_side_find_no_difference_where_there_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let store = Scripted::start(price_list).await;
    let records = stream("price_list_records");
    assert!(store.sync(dir.path(), "price_list_records", false).await.is_complete());
    let writer = Writer::start(Mirror::open(dir.path(), STORE).unwrap()).unwrap();
    let fetch = async |noticed_by| {
        let fetcher = Fetcher::new(store.client.clone(), writer.clone(), noticed_by);
        fetcher.fetch(records, &[1]).await.unwrap().differences()
    };
    let (one, two, three) =
        tokio::join!(fetch(NoticedBy::Webhook), fetch(NoticedBy::Apply), fetch(NoticedBy::Webhook));
    assert_eq!([one, two, three], [0, 0, 0]);
    writer.close().await;
    assert_eq!(Reader::open(dir.path()).unwrap().count(records).unwrap(), 2500);
}

fn orders(last: i64) -> Answer {
    let order = |id| format!(r#"{{"id":{id},"date_modified":"Fri, 15 Jan 2027 08:00:00 +0000"}}"#);
    Answer::ok(format!("[{}]", (1..=last).map(order).collect::<Vec<_>>().join(",")))
}

fn asked_orders(asked: &[Asked]) -> Vec<i64> {
    let id = |path: &str| path.strip_prefix("/v2/orders/")?.split_once('/')?.0.parse().ok();
    let id = |path: &str| path.strip_prefix("/v3/orders/")?.split_once('/')?.0.parse().ok().or(id(path));
    let mut ids: Vec<i64> = asked.iter().filter_map(|asked| id(&asked.path)).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn a_parent_that_the_store_does_not_know_is_asked_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = Scripted::start(|asked| match asked.path.as_str() {
        "/v2/orders" => orders(5),
        "/v3/orders/4/transactions" => Answer::list(&[r#"{"id":40,"order_id":4}"#.to_owned()], "{}"),
        _ => Answer::status(404),
    })
    .await;
    assert!(store.sync(dir.path(), "order_transactions", false).await.is_complete());
    assert_eq!(asked_orders(&store.asked()), [1, 2, 3, 4, 5]);
    let before = store.asked().len();
    assert!(store.sync(dir.path(), "order_transactions", false).await.is_complete());
    assert_eq!(asked_orders(&store.asked()[before..]), [] as [i64; 0]);
    assert_eq!(keys(dir.path(), "order_transactions"), [40]);
}

fn transaction_of(path: &str) -> Option<Answer> {
    let order: i64 = path.strip_prefix("/v3/orders/")?.strip_suffix("/transactions")?.parse().ok()?;
    Some(Answer::list(&[format!(r#"{{"id":{},"order_id":{order}}}"#, order * 10)], "{}"))
}

#[tokio::test]
async fn a_sweep_of_parents_goes_on_where_it_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let fails = Arc::new(AtomicBool::new(false));
    let failing = Arc::clone(&fails);
    let store = Scripted::start(move |asked| match asked.path.as_str() {
        "/v2/orders" => orders(20),
        "/v3/orders/12/transactions" if failing.load(Ordering::Relaxed) => Answer::status(500),
        path => transaction_of(path).unwrap_or(Answer::status(404)),
    })
    .await;
    let sync = async |full| {
        let before = store.asked().len();
        let summary = store.sync(dir.path(), "order_transactions", full).await;
        (summary.is_complete(), asked_orders(&store.asked()[before..]))
    };
    assert!(sync(false).await.0);
    fails.store(true, Ordering::Relaxed);
    let (complete, asked) = sync(true).await;
    assert!(!complete && asked[0] == 1, "{asked:?}");
    fails.store(false, Ordering::Relaxed);
    // A poll is not held up by it, and does not take it for its own.
    assert_eq!(sync(false).await, (true, vec![]));
    assert_eq!(sync(true).await, (true, (12..=20).collect()));
    assert_eq!(sync(true).await, (true, (1..=20).collect()));
    assert_eq!(keys(dir.path(), "order_transactions").len(), 20);
}

/// A sweep that fails at the same page each time held up all polls, which went on with it.
#[tokio::test]
async fn a_poll_does_not_wait_for_a_sweep_that_fails() {
    let dir = tempfile::tempdir().unwrap();
    let later = Arc::new(AtomicBool::new(false));
    let is_later = Arc::clone(&later);
    let store = Scripted::start(move |asked| {
        let late = is_later.load(Ordering::Relaxed);
        let product = |id: i64| {
            let name = if late { "new" } else { "old" };
            format!(r#"{{"id":{id},"name":"{name}","date_modified":"2027-01-15T08:00:00Z","variants":[]}}"#)
        };
        let date = "Fri, 15 Jan 2027 08:00:00 GMT";
        if asked.query.contains_key("date_modified:min") {
            return Answer::list(&[product(2)], r#"{"pagination":{"total":1}}"#).at(date);
        }
        match asked.number("id:greater") {
            None => Answer::list(&[product(1)], r#"{"pagination":{"total":2,"per_page":1}}"#).at(date),
            Some(1) if late => Answer::status(500),
            Some(1) => Answer::list(&[product(2)], r#"{"pagination":{"total":1,"per_page":1}}"#),
            _ => Answer::list(&[], r#"{"pagination":{"total":0}}"#),
        }
    })
    .await;
    assert!(store.sync(dir.path(), "products", false).await.is_complete());
    later.store(true, Ordering::Relaxed);
    assert!(!store.sync(dir.path(), "products", true).await.is_complete());
    assert_eq!(name_of_2(dir.path()), "old");
    assert!(store.sync(dir.path(), "products", false).await.is_complete());
    assert_eq!(name_of_2(dir.path()), "new");
    // The sweep still knows how far it had come.
    let before = store.asked().len();
    later.store(false, Ordering::Relaxed);
    assert!(store.sync(dir.path(), "products", true).await.is_complete());
    assert_eq!(store.asked()[before].number("id:greater"), Some(1));
}

fn name_of_2(dir: &Path) -> String {
    let rows = Reader::open(dir).unwrap().rows("select name from products where id = 2").unwrap();
    match &rows.rows[0][0] {
        rusqlite::types::Value::Text(name) => name.clone(),
        other => panic!("{other:?} is no name"),
    }
}

/// Comparing a large stream takes hours, in which polls were not made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn polls_go_on_while_everything_is_compared() {
    let dir = tempfile::tempdir().unwrap();
    let (slow, polls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (is_slow, polled) = (Arc::clone(&slow), Arc::clone(&polls));
    let store = Scripted::start(move |asked| {
        let product = |id: i64, name: &str| {
            format!(r#"{{"id":{id},"name":"{name}","date_modified":"2027-01-15T08:00:00Z","variants":[]}}"#)
        };
        let date = "Fri, 15 Jan 2027 08:00:00 GMT";
        if asked.query.contains_key("date_modified:min") {
            polled.fetch_add(1, Ordering::Relaxed);
            return Answer::list(&[product(2, "new")], r#"{"pagination":{"total":1}}"#).at(date);
        }
        match asked.number("id:greater") {
            None => Answer::list(&[product(1, "x")], r#"{"pagination":{"total":2,"per_page":1}}"#).at(date),
            Some(1) => {
                // An answer from before the product was modified, under way until that was read.
                while is_slow.load(Ordering::Relaxed) && polled.load(Ordering::Relaxed) < 4 {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Answer::list(&[product(2, "old")], r#"{"pagination":{"total":1,"per_page":1}}"#)
            }
            _ => Answer::list(&[], r#"{"pagination":{"total":0}}"#),
        }
    })
    .await;
    assert!(store.sync(dir.path(), "products", false).await.is_complete());
    slow.store(true, Ordering::Relaxed);
    let products = stream("products");
    let proved = || Reader::open(dir.path()).unwrap().proof(products).unwrap().is_some();
    let rhythm = Rhythm {
        poll: Duration::from_millis(300),
        sweep: Duration::from_secs(1),
        lag: Duration::ZERO,
        ..Rhythm::default()
    };
    serve(&store, dir.path(), &["products"], rhythm, &Trouble::default(), proved).await;
    assert!(polls.load(Ordering::Relaxed) >= 4);
    let changes = Reader::open(dir.path()).unwrap().changes(None, &["products"], 100).unwrap();
    let of_2: Vec<_> = changes.entries.iter().filter(|change| change.key == "2").collect();
    assert_eq!(name_of_2(dir.path()), "new");
    assert_eq!(of_2.len(), 2, "created and updated, and not put back: {of_2:?}");
}

/// Whoever asks for a complete comparison once more, after it was stopped, pays for each page once.
#[tokio::test]
async fn a_complete_reading_that_was_stopped_is_done_in_one_more() {
    let dir = tempfile::tempdir().unwrap();
    let (fails, later) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (failing, is_later) = (Arc::clone(&fails), Arc::clone(&later));
    let store = Scripted::start(move |asked| {
        let late = is_later.load(Ordering::Relaxed);
        let (after, last) = (asked.number("id:greater").unwrap_or(0), asked.number("id:max").unwrap_or(2000));
        if failing.load(Ordering::Relaxed) && after >= 1250 {
            return Answer::status(500);
        }
        let mut ids: Vec<i64> = (after + 1..=last).filter(|id| !(late && matches!(id, 20 | 1500))).collect();
        if let Some(wanted) = asked.query.get("id:in") {
            ids.retain(|id| wanted.split(',').any(|one| one == id.to_string()));
        }
        if asked.query.get("direction").is_some_and(|direction| direction == "desc") {
            ids.reverse();
        }
        let total = ids.len();
        ids.truncate(usize::try_from(asked.number("limit").unwrap()).unwrap());
        let name = |id| if late && matches!(id, 10 | 1400) { "new" } else { "old" };
        let text = |id: &i64| format!(r#"{{"id":{id},"name":"{}","variants":[]}}"#, name(*id));
        let texts: Vec<String> = ids.iter().map(text).collect();
        Answer::list(&texts, &format!(r#"{{"pagination":{{"total":{total},"per_page":250}}}}"#))
            .at("Fri, 15 Jan 2027 08:00:00 GMT")
    })
    .await;
    assert!(store.sync(dir.path(), "products", false).await.is_complete());
    fails.store(true, Ordering::Relaxed);
    assert!(!store.sync(dir.path(), "products", true).await.is_complete());
    fails.store(false, Ordering::Relaxed);
    later.store(true, Ordering::Relaxed);
    let before = store.asked().len();
    let summary = store.sync(dir.path(), "products", true).await;
    assert!(summary.is_complete(), "{summary:?}");
    let committed = summary.streams[0].committed;
    assert_eq!((committed.updated, committed.deleted), (2, 2), "on both sides of the place: {summary:?}");
    assert_eq!(keys(dir.path(), "products").len(), 1998);
    // Eight pages, one question for the highest id, and one for each side's absent record.
    let asked = store.asked().len() - before;
    assert!(asked <= 11, "{asked} requests for eight pages");
}
