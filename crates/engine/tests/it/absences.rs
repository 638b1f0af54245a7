//! What a list does not name is deleted only when the store says by id that it is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::scripted::{Answer, Asked, Scripted, keys};

fn ids_in(asked: &Asked, parameter: &str) -> Option<Vec<i64>> {
    asked.query.get(parameter).map(|list| list.split(',').map(|id| id.parse().unwrap()).collect())
}

#[tokio::test]
async fn a_list_that_ends_too_early_deletes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let lies = Arc::new(AtomicBool::new(false));
    let lying = Arc::clone(&lies);
    // The store's count lags behind: it says one of three products, and shows no more.
    let store = Scripted::start(move |asked| {
        let present = [1, 2];
        let ids: Vec<i64> = match ids_in(asked, "id:in") {
            Some(wanted) => present.into_iter().filter(|id| wanted.contains(id)).collect(),
            None if lying.load(Ordering::Relaxed) => vec![1],
            None => vec![1, 2, 3],
        };
        let records: Vec<String> = ids.iter().map(|id| format!(r#"{{"id":{id},"variants":[]}}"#)).collect();
        Answer::list(&records, &format!(r#"{{"pagination":{{"total":{}}}}}"#, ids.len()))
    })
    .await;
    assert!(store.sync(dir.path(), "products", false).await.is_complete());
    assert_eq!(keys(dir.path(), "products"), [1, 2, 3]);
    lies.store(true, Ordering::Relaxed);
    let summary = store.sync(dir.path(), "products", true).await;
    assert!(summary.is_complete(), "{summary:?}");
    assert_eq!(summary.streams[0].committed.deleted, 1);
    assert_eq!(keys(dir.path(), "products"), [1, 2]);
}

#[tokio::test]
async fn orders_that_a_list_leaves_out_are_asked_for_by_their_paths() {
    let dir = tempfile::tempdir().unwrap();
    let hidden = Arc::new(AtomicBool::new(false));
    let hides = Arc::clone(&hidden);
    // A store without a way to ask for ids: by page numbers, a deletion shifts an order out of sight.
    let store = Scripted::start(move |asked| {
        let order = |id: i64| format!(r#"{{"id":{id},"consignments":{{}}}}"#);
        if let Some(id) = asked.path.strip_prefix("/v2/orders/") {
            return if id == "3" { Answer::status(404) } else { Answer::ok(order(id.parse().unwrap())) };
        }
        if asked.number("page").is_some_and(|page| page > 1) {
            return Answer { status: 204, ..Answer::ok("") };
        }
        let shown: &[i64] = if hides.load(Ordering::Relaxed) { &[4, 1] } else { &[4, 3, 2, 1] };
        let texts: Vec<String> = shown.iter().map(|id| order(*id)).collect();
        Answer::ok(format!("[{}]", texts.join(",")))
    })
    .await;
    let summary = store.sync(dir.path(), "orders", false).await;
    assert!(summary.is_complete(), "{summary:?}");
    assert_eq!(keys(dir.path(), "orders"), [1, 2, 3, 4]);
    hidden.store(true, Ordering::Relaxed);
    let summary = store.sync(dir.path(), "orders", true).await;
    assert!(summary.is_complete(), "{summary:?}");
    assert_eq!(keys(dir.path(), "orders"), [1, 2, 4]);
}
