//! What goes wrong with one stream or record stops neither the others nor itself for good.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use baxter_engine::storage::{Inbox, Reader};
use baxter_engine::sync::{Rhythm, Trouble};
use jiff::Timestamp;

use crate::events::serve;
use crate::scripted::{Answer, Scripted, keys};

/// One value of the mirror in `dir`, as text.
fn value(dir: &Path, sql: &str) -> String {
    let rows = Reader::open(dir).unwrap().rows(sql).unwrap();
    match &rows.rows[0][0] {
        rusqlite::types::Value::Text(text) => text.clone(),
        other => panic!("{other:?} is no text"),
    }
}

#[tokio::test]
async fn a_damaged_record_is_replaced_by_what_the_store_says() {
    let dir = tempfile::tempdir().unwrap();
    let brand = r#"{"id":3,"name":"As it is"}"#.to_owned();
    let store = Scripted::start(move |_| Answer::list(std::slice::from_ref(&brand), "{}")).await;
    assert!(store.sync(dir.path(), "brands", false).await.is_complete());

    let mirror = rusqlite::Connection::open(dir.path().join("mirror.db")).unwrap();
    assert_eq!(mirror.execute("update brands set raw = '{\"id\":3,\"na'", []).unwrap(), 1);
    drop(mirror);
    let summary = store.sync(dir.path(), "brands", true).await;
    assert!(summary.is_complete(), "{:?}", summary.streams[0].error);
    assert_eq!(value(dir.path(), "select raw from brands"), r#"{"id":3,"name":"As it is"}"#);
    assert_eq!(value(dir.path(), "select name from brands"), "As it is");
}

#[tokio::test]
async fn a_stream_that_cannot_be_read_waits_while_the_others_are_read_on() {
    let dir = tempfile::tempdir().unwrap();
    let listed = Arc::new(AtomicUsize::new(0));
    let told = Arc::clone(&listed);
    let store = Scripted::start(move |asked| match asked.path.as_str() {
        "/v3/customers" => {
            told.fetch_add(1, Ordering::Relaxed);
            Answer::list(&[r#"{"id":1,"date_modified":"2027-01-15T08:00:00Z"}"#.to_owned()], "{}")
        }
        _ => Answer::status(500),
    })
    .await;
    let often = Duration::from_millis(50);
    let rhythm = Rhythm { poll: often, relist: often, ..Rhythm::default() };
    let trouble = Trouble::default();
    let read = || listed.load(Ordering::Relaxed) >= 10;
    serve(&store, dir.path(), &["customers", "brands"], rhythm, &trouble, read).await;
    assert_eq!(trouble.any(), None, "one stream of several");
    assert_eq!(keys(dir.path(), "customers"), [1]);
    let brands = store.asked().iter().filter(|asked| asked.path == "/v3/catalog/brands").count();
    assert!((1..=2).contains(&brands), "{brands} times while the other stream was read ten times");
}

#[tokio::test]
async fn a_store_that_answers_nothing_is_told_until_it_answers_again() {
    let dir = tempfile::tempdir().unwrap();
    let answers = Arc::new(AtomicBool::new(false));
    let answered = Arc::clone(&answers);
    let store = Scripted::start(move |_| match answered.load(Ordering::Relaxed) {
        true => Answer::list(&[r#"{"id":3}"#.to_owned()], "{}"),
        false => Answer::status(500),
    })
    .await;
    let trouble = Trouble::default();
    let told = || {
        let words = trouble.any();
        if words.as_ref().is_some_and(|words| words.contains("reading the store")) {
            answers.store(true, Ordering::Relaxed);
            // Whoever asks is not kept waiting until the next round would be due.
            Inbox::open(dir.path()).unwrap().ask_poll(Timestamp::now()).unwrap();
        }
        words.is_none() && answers.load(Ordering::Relaxed)
    };
    serve(&store, dir.path(), &["brands"], Rhythm::default(), &trouble, told).await;
    assert_eq!(keys(dir.path(), "brands"), [3]);
}
