//! Rounds of polling and comparisons with the store beside each other.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use baxter_engine::storage::{Inbox, Reader};
use baxter_engine::sync::verify::{Order, Report};
use baxter_engine::sync::{Error, Rhythm, Skipped, Trouble};
use jiff::Timestamp;

use crate::events::serve;
use crate::scripted::{Answer, Asked, Scripted, stream};

const HOUR: Duration = Duration::from_secs(3600);

/// Nothing is looked at but once at the beginning.
fn quiet() -> Rhythm {
    Rhythm { poll: HOUR, relist: HOUR, sweep: HOUR * 24, lag: Duration::ZERO, hooks: HOUR }
}

/// A list on one page.
fn page(records: &[String]) -> Answer {
    let meta = format!(r#"{{"pagination":{{"total":{},"total_pages":1}}}}"#, records.len());
    Answer::list(records, &meta).at("Fri, 15 Jan 2027 08:00:00 GMT")
}

fn record(id: i64, email: &str) -> String {
    format!(r#"{{"id":{id},"email":"{email}","date_modified":"2027-01-15T08:00:00Z"}}"#)
}

fn is_poll(asked: &Asked) -> bool {
    asked.query.contains_key("date_modified:min")
}

/// How often `path` was asked for whole lists.
fn whole_lists(store: &Scripted, path: &str) -> usize {
    let asked = store.asked();
    asked.iter().filter(|a| a.path == path && !is_poll(a) && a.number("limit") != Some(1)).count()
}

fn value(dir: &Path, sql: &str) -> String {
    match &Reader::open(dir).unwrap().rows(sql).unwrap().rows[0][0] {
        rusqlite::types::Value::Text(text) => text.clone(),
        other => panic!("{other:?} is no text"),
    }
}

#[tokio::test]
async fn a_refused_stream_keeps_no_other_from_its_turn() {
    let dir = tempfile::tempdir().unwrap();
    let refuse = Arc::new(AtomicBool::new(false));
    let refuses = Arc::clone(&refuse);
    let store = Scripted::start(move |asked| match asked.path.as_str() {
        "/v3/segments" if refuses.load(Ordering::Relaxed) => Answer::status(403),
        "/v3/segments" => page(&[r#"{"id":"a"}"#.to_owned()]),
        "/v3/catalog/brands" | "/v3/sites" => page(&[r#"{"id":1}"#.to_owned()]),
        _ => Answer::status(500),
    })
    .await;
    for name in ["segments", "brands", "sites"] {
        assert!(store.sync(dir.path(), name, false).await.is_complete());
    }
    refuse.store(true, Ordering::Relaxed);
    let rhythm = Rhythm { sweep: Duration::from_secs(1), ..quiet() };
    // One reading is the sync above, one is the first round: the others are comparisons.
    let compared = |path: &str| whole_lists(&store, path) >= 3;
    let both = || compared("/v3/catalog/brands") && compared("/v3/sites");
    serve(&store, dir.path(), &["segments", "brands", "sites"], rhythm, &Trouble::default(), both).await;
}

#[tokio::test]
async fn what_was_mirrored_is_missed_when_the_store_refuses_it() {
    for (status, why) in [
        (403, Skipped::NoScope("store_v2_customers_read_only".to_owned())),
        (404, Skipped::NotOffered),
        (501, Skipped::NotOffered),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let refuse = Arc::new(AtomicBool::new(false));
        let refuses = Arc::clone(&refuse);
        let store = Scripted::start(move |asked| match asked.path.as_str() {
            "/v3/segments" if !refuses.load(Ordering::Relaxed) => page(&[]),
            "/v3/segments" | "/v3/pricelists/1/records" => Answer::status(status),
            "/v3/pricelists" if refuses.load(Ordering::Relaxed) => page(&[r#"{"id":1}"#.to_owned()]),
            "/v3/pricelists" => page(&[]),
            _ => Answer::status(status),
        })
        .await;
        // Even of an empty list: the store gave it.
        assert!(store.sync(dir.path(), "segments", false).await.is_complete());
        assert!(store.sync(dir.path(), "price_list_records", false).await.is_complete());
        refuse.store(true, Ordering::Relaxed);
        for _ in 0..2 {
            let summary = store.sync(dir.path(), "segments", false).await;
            let missed =
                matches!(&summary.streams[0].error, Some(Error::Refused { why: known, .. }) if *known == why);
            assert!(missed && !summary.is_complete(), "{summary:?}");
        }
        let reader = Reader::open(dir.path()).unwrap();
        assert_eq!(reader.skipped(stream("segments")).unwrap(), Some(why.to_string()));
        // What never was there is not missed, nor what could not yet be asked for.
        for name in ["sites", "price_list_records"] {
            let summary = store.sync(dir.path(), name, false).await;
            assert!(summary.is_complete(), "{summary:?}");
            // A parent without such a list is no stream without one.
            let is_known = name == "price_list_records" && status == 404;
            assert_eq!(reader.was_offered(stream(name)).unwrap(), is_known, "{name}");
        }
        refuse.store(false, Ordering::Relaxed);
        assert!(store.sync(dir.path(), "segments", false).await.is_complete());
        assert_eq!(reader.skipped(stream("segments")).unwrap(), None);
    }
}

#[tokio::test]
async fn a_poll_reads_no_undated_list_for_what_belongs_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = Scripted::start(|asked| match asked.path.as_str() {
        "/v3/promotions" => page(&[r#"{"id":1,"redemption_type":"COUPON"}"#.to_owned()]),
        "/v3/promotions/1/codes" => Answer::list(&[r#"{"id":5,"code":"x"}"#.to_owned()], "{}"),
        "/v3/customers" => page(&[record(1, "a")]),
        _ => Answer::status(500),
    })
    .await;
    let streams = ["promotions", "promotion_codes", "customers"];
    for name in streams {
        assert!(store.sync(dir.path(), name, false).await.is_complete());
    }
    let before = whole_lists(&store, "/v3/promotions");
    let rhythm = Rhythm { poll: Duration::from_millis(1), ..quiet() };
    let polls = || store.asked().iter().filter(|asked| is_poll(asked)).count();
    let began = polls();
    serve(&store, dir.path(), &streams, rhythm, &Trouble::default(), || polls() >= began + 5).await;
    assert_eq!(whole_lists(&store, "/v3/promotions") - before, 1, "the first round, and no other");
}

/// A store that counts a record more than it lists, and gets a new one with every poll.
#[tokio::test]
async fn numbers_that_never_agree_cause_one_comparison() {
    let dir = tempfile::tempdir().unwrap();
    let polls = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&polls);
    let store = Scripted::start(move |asked| match asked.path.as_str() {
        "/v3/pricelists" => {
            page(&[r#"{"id":1,"name":"a","date_modified":"2027-01-15T08:00:00Z"}"#.to_owned()])
        }
        "/v3/pricelists/1/records" => {
            Answer::list(&[r#"{"price_list_id":1,"variant_id":2,"currency":"usd"}"#.to_owned()], "{}")
        }
        "/v3/customers" => {
            let newest = if is_poll(asked) {
                seen.fetch_add(1, Ordering::Relaxed) + 2
            } else {
                seen.load(Ordering::Relaxed) + 1
            };
            let records: Vec<String> = (1..=newest as i64).map(|id| record(id, "a")).collect();
            match asked.number("limit") {
                Some(1) => {
                    Answer::list(&records[..1], &format!(r#"{{"pagination":{{"total":{}}}}}"#, newest + 1))
                }
                _ => page(&records),
            }
        }
        _ => Answer::status(500),
    })
    .await;
    let streams = ["price_lists", "price_list_records", "customers"];
    for name in streams {
        assert!(store.sync(dir.path(), name, false).await.is_complete());
    }
    let rhythm = Rhythm { relist: Duration::from_millis(1), ..quiet() };
    let rounds = || polls.load(Ordering::Relaxed) >= 16;
    serve(&store, dir.path(), &streams, rhythm, &Trouble::default(), rounds).await;
    let lists = whole_lists(&store, "/v3/customers");
    assert!(lists <= 2, "{lists} whole lists, one of them the sync's");
    let strange: Vec<_> = store.asked().into_iter().filter(|asked| asked.path.contains(['{', '%'])).collect();
    assert!(strange.is_empty(), "{strange:?}");
}

#[tokio::test]
async fn what_was_modified_is_polled_though_a_sweep_fails_each_time() {
    let dir = tempfile::tempdir().unwrap();
    let broken = Arc::new(AtomicBool::new(false));
    let breaks = Arc::clone(&broken);
    let product = |id: i64, name: &str| {
        format!(r#"{{"id":{id},"name":"{name}","date_modified":"2027-01-15T08:00:00Z","variants":[]}}"#)
    };
    let store = Scripted::start(move |asked| {
        let broken = breaks.load(Ordering::Relaxed);
        if is_poll(asked) {
            return page(&[product(1, if broken { "new" } else { "old" })]);
        }
        let more = r#"{"pagination":{"total":2,"per_page":1}}"#;
        match asked.number("id:greater") {
            None => Answer::list(&[product(1, "old")], more).at("Fri, 15 Jan 2027 08:00:00 GMT"),
            Some(1) if broken => Answer::status(500),
            Some(1) => Answer::list(&[product(2, "x")], r#"{"pagination":{"total":1,"per_page":1}}"#),
            _ => page(&[]),
        }
    })
    .await;
    assert!(store.sync(dir.path(), "products", false).await.is_complete());
    broken.store(true, Ordering::Relaxed);
    assert!(!store.sync(dir.path(), "products", true).await.is_complete());
    let summary = store.sync(dir.path(), "products", false).await;
    assert!(summary.is_complete(), "{summary:?}");
    assert_eq!(value(dir.path(), "select name from products where id = 1"), "new");
    // How far the sweep had come is not lost.
    broken.store(false, Ordering::Relaxed);
    let before = store.asked().len();
    assert!(store.sync(dir.path(), "products", true).await.is_complete());
    assert_eq!(store.asked()[before].number("id:greater"), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn polls_go_on_while_the_store_is_compared() {
    let dir = tempfile::tempdir().unwrap();
    let (polls, slow) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (seen, waits) = (Arc::clone(&polls), Arc::clone(&slow));
    let store = Scripted::start(move |asked| {
        if is_poll(asked) {
            seen.fetch_add(1, Ordering::Relaxed);
            return page(&[record(1, "new")]);
        }
        let records = [record(1, "new"), record(2, "b")];
        if asked.number("limit") == Some(1) {
            return page(&records);
        }
        // The comparison's answer takes as long as three polls.
        let (began, first) = (Instant::now(), seen.load(Ordering::Relaxed));
        while waits.load(Ordering::Relaxed)
            && seen.load(Ordering::Relaxed) < first + 3
            && began.elapsed() < Duration::from_secs(10)
        {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(began.elapsed() < Duration::from_secs(10), "no polls meanwhile");
        page(&records)
    })
    .await;
    assert!(store.sync(dir.path(), "customers", false).await.is_complete());
    slow.store(true, Ordering::Relaxed);
    let order = Order {
        streams: vec!["customers".to_owned()],
        verify: true,
        deep: false,
        insist: true,
        alone: false,
        fresh: false,
    };
    let text = serde_json::to_string(&order).unwrap();
    let id = Inbox::open(dir.path()).unwrap().place_order(&text, Timestamp::now()).unwrap();
    let answer = || Inbox::open(dir.path()).unwrap().order_answer(id).unwrap();
    let rhythm = Rhythm { poll: Duration::from_millis(1), ..quiet() };
    serve(&store, dir.path(), &["customers"], rhythm, &Trouble::default(), || answer().is_some()).await;
    let report: Report = serde_json::from_str(&answer().unwrap().unwrap()).unwrap();
    assert!(report.complete && report.equal, "{report:?}");
    assert_eq!(report.streams[0].as_of.as_deref(), Some("2027-01-15T08:00:00Z"));
}

/// Each poll asked every channel for its listings, though none had changed.
#[tokio::test]
async fn polls_ask_no_parent_that_did_not_change() {
    let dir = tempfile::tempdir().unwrap();
    let store = Scripted::start(|asked| match asked.path.as_str() {
        "/v3/channels" if is_poll(asked) => page(&[]),
        "/v3/channels" => page(&[record(1, "a"), record(2, "b")]),
        path if path.ends_with("/listings") => page(&[]),
        _ => Answer::status(500),
    })
    .await;
    assert!(store.sync(dir.path(), "channel_listings", false).await.is_complete());
    let asked_for = |path: &str| store.asked().iter().filter(|a| a.path == path && is_poll(a)).count();
    let rhythm = Rhythm { poll: Duration::from_millis(100), ..quiet() };
    let polled = || asked_for("/v3/channels") >= 5;
    serve(&store, dir.path(), &["channel_listings"], rhythm, &Trouble::default(), polled).await;
    assert_eq!(asked_for("/v3/channels/1/listings"), 1, "once, with the complete lists at the beginning");
}

/// The comparison of what belongs to parents listed the parents, too, though these have a turn of their own.
#[tokio::test]
async fn a_turn_of_what_belongs_to_parents_lists_no_parents() {
    let dir = tempfile::tempdir().unwrap();
    let store = Scripted::start(|asked| match asked.path.as_str() {
        "/v3/sites" => page(&[r#"{"id":1}"#.to_owned()]),
        "/v3/sites/1/routes" => page(&[r#"{"id":5}"#.to_owned()]),
        _ => Answer::status(500),
    })
    .await;
    assert!(store.sync(dir.path(), "site_routes", false).await.is_complete());
    let rhythm = Rhythm { sweep: Duration::from_millis(200), ..quiet() };
    let routes = || whole_lists(&store, "/v3/sites/1/routes");
    serve(&store, dir.path(), &["site_routes"], rhythm, &Trouble::default(), || routes() >= 4).await;
    // Both were read once before; the sites once more at the beginning.
    let (sites, routes) = (whole_lists(&store, "/v3/sites"), routes());
    assert!(sites <= routes + 2, "sites were listed {sites} times, their routes {routes} times");
}
