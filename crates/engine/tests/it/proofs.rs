//! What a comparison with the store proves, and what it does not.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use baxter_engine::model::clock::SystemClock;
use baxter_engine::model::event::Event;
use baxter_engine::storage::{Inbox, Mirror, Outcome, Writer};
use baxter_engine::sync::verify::{Order, Parents, Report, Verify};
use baxter_engine::sync::{Claims, Silent};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::scripted::{Answer, STORE, Scripted};

async fn compare(store: &Scripted, dir: &Path, streams: &[&str], verify: bool) -> Report {
    let writer = Writer::start(Mirror::open(dir, STORE).unwrap()).unwrap();
    let comparison = Verify {
        client: store.client.clone(),
        writer: writer.clone(),
        data_dir: dir.to_owned(),
        clock: Arc::new(SystemClock),
        observer: Arc::new(Silent),
        patience: Duration::ZERO,
        parallel: 4,
        claims: Claims::default(),
    };
    let streams = streams.iter().map(|name| name.to_string()).collect();
    let order = Order { streams, verify, deep: false, insist: false, alone: false, fresh: false };
    let report = comparison.run(&order, &CancellationToken::new()).await.unwrap();
    drop(comparison);
    writer.close().await;
    report
}

fn order(id: i64, coupon_discount: &str) -> String {
    format!(
        r#"{{"id":{id},"coupon_discount":"{coupon_discount}","date_modified":"Fri, 15 Jan 2027 08:00:00 +0000"}}"#
    )
}

#[tokio::test]
async fn what_belongs_to_parents_that_did_not_change_is_compared() {
    for verify in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let later = Arc::new(AtomicBool::new(false));
        let changed = Arc::clone(&later);
        let store = Scripted::start(move |asked| match asked.path.as_str() {
            "/v2/orders" => Answer::ok(format!("[{},{}]", order(1, "0.0000"), order(2, "0.0000"))),
            "/v3/orders/1/transactions" => {
                let amount = if changed.load(Ordering::Relaxed) { 999 } else { 5 };
                Answer::list(&[format!(r#"{{"id":10,"order_id":1,"amount":{amount}}}"#)], "{}")
            }
            "/v3/orders/2/transactions" => Answer::list(&[], "{}"),
            _ => Answer::status(500),
        })
        .await;
        assert!(store.sync(dir.path(), "order_transactions", false).await.is_complete());
        let equal = compare(&store, dir.path(), &["order_transactions"], verify).await;
        assert!(equal.complete && equal.equal && equal.proved == 5, "{equal:?}");
        let parents = equal.streams.iter().find_map(|proof| proof.parents.clone());
        let all = Parents { stream: "orders".to_owned(), of: 2, asked: 2, unknown: 0 };
        assert_eq!(parents, Some(all));

        later.store(true, Ordering::Relaxed);
        let report = compare(&store, dir.path(), &["order_transactions"], verify).await;
        assert!(report.complete && !report.equal, "verify: {verify}, {report:?}");
        assert_eq!(report.differences.len(), 1);
        assert_eq!(
            (report.differences[0].key.as_str(), &report.differences[0].paths),
            ("10", &vec!["amount".to_owned()])
        );
    }
}

#[tokio::test]
async fn a_proof_tells_how_many_parents_it_covers() {
    let dir = tempfile::tempdir().unwrap();
    let gone = Arc::new(AtomicBool::new(false));
    let unknown = Arc::clone(&gone);
    let store = Scripted::start(move |asked| match asked.path.as_str() {
        "/v2/orders" => {
            Answer::ok(format!("[{},{},{}]", order(1, "5.0000"), order(2, "0.0000"), order(3, "1.0000")))
        }
        "/v2/orders/3/coupons" if unknown.load(Ordering::Relaxed) => Answer::status(404),
        "/v2/orders/1/coupons" if unknown.load(Ordering::Relaxed) => Answer::status(404),
        path if path.ends_with("/coupons") => Answer::ok("[]"),
        _ => Answer::status(500),
    })
    .await;
    assert!(store.sync(dir.path(), "order_coupons", false).await.is_complete());
    let report = compare(&store, dir.path(), &["order_coupons"], true).await;
    assert!(report.equal, "{report:?}");
    let parents = |report: &Report| report.streams.iter().find_map(|proof| proof.parents.clone()).unwrap();
    assert_eq!((parents(&report).of, parents(&report).asked, parents(&report).unknown), (3, 2, 0));

    gone.store(true, Ordering::Relaxed);
    let report = compare(&store, dir.path(), &["order_coupons"], true).await;
    assert!(!report.complete && !report.equal && report.proved == 4, "{report:?}");
    assert_eq!((parents(&report).asked, parents(&report).unknown), (0, 2));
    let coupons = report.streams.iter().find(|proof| proof.stream == "order_coupons").unwrap();
    assert_eq!(coupons.error.as_deref(), Some("the store knows none of the 2 records of orders asked"));
}

#[tokio::test]
async fn where_nothing_is_compared_nothing_is_equal() {
    let dir = tempfile::tempdir().unwrap();
    let store = Scripted::start(|_| Answer::status(403)).await;
    for streams in [&["segments", "customers"][..], &[]] {
        let report = compare(&store, dir.path(), streams, true).await;
        assert!(!report.complete && !report.equal && report.proved == 0, "{report:?}");
        assert_eq!(report.skipped.len(), streams.len());
    }
    // A first reading compares nothing either.
    let store =
        Scripted::start(|_| Answer::list(&[r#"{"id":"a"}"#.to_owned()], r#"{"pagination":{"total":1}}"#))
            .await;
    let report = compare(&store, dir.path(), &["segments"], true).await;
    assert!(!report.complete && !report.equal && report.proved == 0, "{report:?}");
    assert_eq!(report.streams[0].result, Outcome::Partial);
}

/// Some records do not say to what they belong: they went with that.
#[tokio::test]
async fn what_went_with_a_record_whose_end_is_told_is_no_difference() {
    let dir = tempfile::tempdir().unwrap();
    let gone = Arc::new(AtomicBool::new(false));
    let is_gone = Arc::clone(&gone);
    let with_parts = |id: i64| {
        format!(
            r#"{{"id":{id},"consignments":{{"shipping":[{{"id":{0},"line_items":[{{"id":{1}}}]}},{{"id":{2},"line_items":[]}}]}}}}"#,
            id * 10,
            id * 10 + 1,
            id * 10 + 2
        )
    };
    let store = Scripted::start(move |asked| match asked.path.as_str() {
        "/v2/orders" if is_gone.load(Ordering::Relaxed) => Answer { status: 204, ..Answer::ok("") },
        "/v2/orders" => Answer::ok(format!("[{},{}]", with_parts(1), with_parts(2))),
        _ => Answer::status(404),
    })
    .await;
    assert!(store.sync(dir.path(), "orders", false).await.is_complete());
    gone.store(true, Ordering::Relaxed);
    // It is told of the one, and not of the other.
    let told = r#"{"scope":"store/order/archived","hash":"a","created_at":1800000000,"data":{"id":2}}"#;
    let mut inbox = Inbox::open(dir.path()).unwrap();
    inbox.receive(&[Event::read(told).unwrap()], Timestamp::now()).unwrap();
    let report = compare(&store, dir.path(), &["orders"], true).await;
    let mut differences: Vec<_> =
        report.differences.iter().map(|difference| difference.key.as_str()).collect();
    differences.sort_unstable();
    assert_eq!(differences, ["1", "10", "11", "12"], "{report:?}");
    assert_eq!(report.streams.iter().map(|proof| proof.meanwhile).sum::<u64>(), 4);
}
