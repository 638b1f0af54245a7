//! Lists by page numbers, in which records move up when others are deleted: what is skipped so is not gone.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use baxter_engine::model::change::NoticedBy;
use baxter_engine::storage::{Mirror, Reader, Writer};
use baxter_engine::sync::Fetcher;

use crate::scripted::{Answer, Asked, STORE, Scripted, keys, stream};

/// What the change log says was deleted of a stream.
fn deleted(dir: &Path, stream: &'static str) -> Vec<String> {
    let changes = Reader::open(dir).unwrap().changes(None, &[stream], 10_000).unwrap();
    let deleted = changes.entries.into_iter().filter(|change| change.kind == "deleted");
    deleted.map(|change| change.key).collect()
}

/// The part of `ids` on the page that is asked for.
fn page_of(asked: &Asked, ids: impl Iterator<Item = i64>) -> Vec<i64> {
    let limit = usize::try_from(asked.number("limit").unwrap_or(50)).unwrap();
    let page = usize::try_from(asked.number("page").unwrap_or(1)).unwrap();
    ids.skip((page - 1) * limit).take(limit).collect()
}

fn is_first_page(asked: &Asked) -> bool {
    asked.number("page").unwrap_or(1) == 1
}

/// Order 1 with the messages `ids`.
fn messages(asked: &Asked, ids: impl Iterator<Item = i64>) -> Answer {
    if asked.path == "/v2/orders" {
        return Answer::ok(r#"[{"id":1,"date_modified":"Fri, 15 Jan 2027 08:00:00 +0000"}]"#);
    }
    assert_eq!(asked.path, "/v2/orders/1/messages");
    let text = |id| format!(r#"{{"id":{id},"order_id":1,"message":"m"}}"#);
    let texts: Vec<String> = page_of(asked, ids).into_iter().map(text).collect();
    match texts.is_empty() {
        true => Answer { status: 204, ..Answer::ok("") },
        false => Answer::ok(format!("[{}]", texts.join(","))),
    }
}

#[tokio::test]
async fn what_a_deletion_shifted_out_of_a_parents_list_stays() {
    let dir = tempfile::tempdir().unwrap();
    let busy = Arc::new(AtomicBool::new(false));
    let gone = Arc::new(AtomicI64::new(0));
    let (is_busy, last_gone) = (Arc::clone(&busy), Arc::clone(&gone));
    let store = Scripted::start(move |asked| {
        let answer = messages(asked, last_gone.load(Ordering::Relaxed) + 1..=300);
        // The first message is deleted behind the first page.
        if asked.path.ends_with("/messages") && is_busy.swap(false, Ordering::Relaxed) {
            last_gone.store(1, Ordering::Relaxed);
        }
        answer
    })
    .await;
    assert!(store.sync(dir.path(), "order_messages", false).await.is_complete());
    busy.store(true, Ordering::Relaxed);
    let summary = store.sync(dir.path(), "order_messages", true).await;
    assert!(summary.is_complete(), "{summary:?}");
    assert_eq!(
        keys(dir.path(), "order_messages").len(),
        300,
        "the first page still showed all of its messages"
    );
    assert_eq!(deleted(dir.path(), "order_messages"), [] as [&str; 0]);
    let summary = store.sync(dir.path(), "order_messages", true).await;
    assert!(summary.is_complete(), "{summary:?}");
    assert_eq!(deleted(dir.path(), "order_messages"), ["1"]);
}

#[tokio::test]
async fn a_parents_list_that_goes_on_shifting_deletes_nothing_and_is_not_complete() {
    let dir = tempfile::tempdir().unwrap();
    let (busy, listed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicI64::new(0)));
    let (is_busy, lists) = (Arc::clone(&busy), Arc::clone(&listed));
    let store = Scripted::start(move |asked| {
        if !is_busy.load(Ordering::Relaxed) || asked.path == "/v2/orders" {
            return messages(asked, 1..=600);
        }
        // In each reading some that were skipped before come to light; never the same are missing twice.
        if is_first_page(asked) {
            lists.fetch_add(1, Ordering::Relaxed);
        }
        let seen = lists.load(Ordering::Relaxed);
        messages(asked, (1..=600).filter(move |id| *id <= 500 + seen))
    })
    .await;
    assert!(store.sync(dir.path(), "order_messages", false).await.is_complete());
    busy.store(true, Ordering::Relaxed);
    let summary = store.sync(dir.path(), "order_messages", true).await;
    let error = summary.streams.last().unwrap().error.as_ref().map(ToString::to_string);
    assert!(error.is_some_and(|error| error.contains("goes on shifting")), "{summary:?}");
    assert_eq!(deleted(dir.path(), "order_messages"), [] as [&str; 0]);
    assert_eq!(listed.load(Ordering::Relaxed), 4, "so often is it read");
}

#[tokio::test]
async fn what_a_deletion_shifted_out_of_a_list_without_ids_stays() {
    let dir = tempfile::tempdir().unwrap();
    let busy = Arc::new(AtomicBool::new(false));
    let gone = Arc::new(AtomicI64::new(0));
    let (is_busy, last_gone) = (Arc::clone(&busy), Arc::clone(&gone));
    let store = Scripted::start(move |asked| {
        let first = last_gone.load(Ordering::Relaxed) + 1;
        let text = |id| format!(r#"{{"id":"{id:04}"}}"#);
        let texts: Vec<String> = page_of(asked, first..=300).into_iter().map(text).collect();
        if is_busy.swap(false, Ordering::Relaxed) {
            last_gone.store(1, Ordering::Relaxed);
        }
        let total = 301 - first;
        Answer::list(
            &texts,
            &format!(r#"{{"pagination":{{"total":{total},"total_pages":2,"per_page":250}}}}"#),
        )
    })
    .await;
    assert!(store.sync(dir.path(), "segments", false).await.is_complete());
    busy.store(true, Ordering::Relaxed);
    for (gone, requests) in [(vec![], 4), (vec!["0001".to_owned()], 4), (vec!["0001".to_owned()], 2)] {
        let before = store.asked().len();
        let summary = store.sync(dir.path(), "segments", false).await;
        assert!(summary.is_complete(), "{summary:?}");
        assert_eq!(deleted(dir.path(), "segments"), gone);
        assert_eq!(store.asked().len() - before, requests);
    }
}

/// Variants are asked for by their products, which is a list of many pages, too.
#[tokio::test]
async fn what_a_deletion_shifted_out_of_an_answer_about_ids_stays() {
    let dir = tempfile::tempdir().unwrap();
    let busy = Arc::new(AtomicBool::new(false));
    let gone = Arc::new(AtomicI64::new(0));
    let (is_busy, last_gone) = (Arc::clone(&busy), Arc::clone(&gone));
    let store = Scripted::start(move |asked| {
        let first = last_gone.load(Ordering::Relaxed) + 1;
        let text = |id| format!(r#"{{"id":{id},"product_id":7}}"#);
        let texts: Vec<String> = page_of(asked, first..=600).into_iter().map(text).collect();
        if is_busy.swap(false, Ordering::Relaxed) {
            last_gone.store(1, Ordering::Relaxed);
        }
        let total = 601 - first;
        Answer::list(
            &texts,
            &format!(r#"{{"pagination":{{"total":{total},"total_pages":3,"per_page":250}}}}"#),
        )
    })
    .await;
    let writer = Writer::start(Mirror::open(dir.path(), STORE).unwrap()).unwrap();
    let fetcher = Fetcher::new(store.client.clone(), writer.clone(), NoticedBy::Webhook);
    let variants = stream("variants");
    assert_eq!(fetcher.fetch(variants, &[7]).await.unwrap().created, 600);
    busy.store(true, Ordering::Relaxed);
    fetcher.fetch(variants, &[7]).await.unwrap();
    assert_eq!(deleted(dir.path(), "variants"), [] as [&str; 0]);
    fetcher.fetch(variants, &[7]).await.unwrap();
    assert_eq!(deleted(dir.path(), "variants"), ["1"]);
    drop(fetcher);
    writer.close().await;
}

/// Each has a path of its own, but the list has fewer pages than that would be requests.
#[tokio::test]
async fn many_that_could_only_be_asked_for_one_by_one_are_looked_for_in_a_second_list() {
    let dir = tempfile::tempdir().unwrap();
    let first = Arc::new(AtomicI64::new(1));
    let from = Arc::clone(&first);
    let store = Scripted::start(move |asked| {
        let first = from.load(Ordering::Relaxed);
        if let Some(id) = asked.path.strip_prefix("/v3/wishlists/") {
            let id: i64 = id.parse().unwrap();
            let found = || Answer::ok(format!(r#"{{"data":{{"id":{id}}},"meta":{{}}}}"#));
            return if id < first { Answer::status(404) } else { found() };
        }
        let text = |id| format!(r#"{{"id":{id}}}"#);
        let texts: Vec<String> = page_of(asked, first..=1000).into_iter().map(text).collect();
        let (total, pages) = (1001 - first, (1001 - first + 249) / 250);
        let pagination = format!(r#"{{"total":{total},"total_pages":{pages},"per_page":250}}"#);
        Answer::list(&texts, &format!(r#"{{"pagination":{pagination}}}"#))
    })
    .await;
    assert!(store.sync(dir.path(), "wishlists", false).await.is_complete());
    // Four pages, then three, and two: 250 are asked for one by one, 251 are not.
    for (from, requests) in [(251, 3 + 250), (502, 2 + 2)] {
        first.store(from, Ordering::Relaxed);
        let before = store.asked().len();
        let summary = store.sync(dir.path(), "wishlists", false).await;
        assert!(summary.is_complete(), "{summary:?}");
        assert_eq!(keys(dir.path(), "wishlists"), (from..=1000).collect::<Vec<i64>>());
        assert_eq!(store.asked().len() - before, requests);
    }
}
