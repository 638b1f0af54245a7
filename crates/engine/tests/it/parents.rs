//! Streams that are asked for parent by parent, and those that a list brings along only when they are mirrored.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use baxter_engine::storage::Reader;

use crate::scripted::{Answer, Asked, Scripted, keys, stream};

fn order(id: i64, coupon_discount: &str, note: &str) -> String {
    format!(
        r#"{{"id":{id},"coupon_discount":"{coupon_discount}","staff_notes":"{note}","date_modified":"Fri, 15 Jan 2027 08:00:00 +0000"}}"#
    )
}

fn coupon(id: i64, order: i64) -> String {
    format!(r#"{{"id":{id},"order_id":{order},"code":"C","amount":"5.0000"}}"#)
}

fn array(records: &[String]) -> Answer {
    Answer::ok(format!("[{}]", records.join(",")))
}

fn asked_for(store: &Scripted, part: &str) -> Vec<String> {
    store.asked().iter().map(|asked| asked.path.clone()).filter(|path| path.contains(part)).collect()
}

#[tokio::test]
async fn only_parents_that_show_something_and_changed_are_asked() {
    let dir = tempfile::tempdir().unwrap();
    let later = Arc::new(AtomicBool::new(false));
    let changed = Arc::clone(&later);
    let store = Scripted::start(move |asked| match asked.path.as_str() {
        "/v2/orders" if changed.load(Ordering::Relaxed) => {
            // The second order lost its coupon, the third got one.
            array(&[order(1, "5.0000", ""), order(2, "0.0000", "x"), order(3, "1.0000", "x")])
        }
        "/v2/orders" => array(&[order(1, "5.0000", ""), order(2, "2.0000", ""), order(3, "0.0000", "")]),
        "/v2/orders/1/coupons" => array(&[coupon(10, 1), coupon(11, 1)]),
        "/v2/orders/2/coupons" if !changed.load(Ordering::Relaxed) => array(&[coupon(20, 2)]),
        "/v2/orders/3/coupons" => array(&[coupon(30, 3)]),
        "/v2/orders/2/coupons" => Answer::ok("[]"),
        _ => Answer::status(500),
    })
    .await;
    let coupons = "/coupons";
    assert!(store.sync(dir.path(), "order_coupons", false).await.is_complete());
    assert_eq!(keys(dir.path(), "order_coupons"), [10, 11, 20]);
    let mut first = asked_for(&store, coupons);
    first.sort();
    assert_eq!(first, ["/v2/orders/1/coupons", "/v2/orders/2/coupons"]);

    assert!(store.sync(dir.path(), "order_coupons", false).await.is_complete());
    assert_eq!(asked_for(&store, coupons).len(), 2, "nothing changed, and something was asked");

    later.store(true, Ordering::Relaxed);
    assert!(store.sync(dir.path(), "order_coupons", false).await.is_complete());
    assert_eq!(keys(dir.path(), "order_coupons"), [10, 11, 30]);
    assert_eq!(asked_for(&store, coupons).len(), 4);
}

/// Listings of one channel, two a page, behind the last id.
fn listings(asked: &Asked, ids: &[i64]) -> Answer {
    let after = asked.number("after").unwrap_or(0);
    let page: Vec<i64> = ids.iter().copied().filter(|id| *id > after).take(2).collect();
    let records: Vec<String> =
        page.iter().map(|id| format!(r#"{{"listing_id":{id},"channel_id":1,"product_id":{id}}}"#)).collect();
    Answer::list(&records, r#"{"pagination":{"per_page":2}}"#)
}

#[tokio::test]
async fn a_list_of_several_pages_tells_what_is_gone_from_any_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let times = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&times);
    let store = Scripted::start(move |asked| match asked.path.as_str() {
        "/v3/channels" => {
            Answer::list(&[r#"{"id":1,"name":"a"}"#.to_owned()], r#"{"pagination":{"total":1}}"#)
        }
        "/v3/channels/1/listings" if seen.load(Ordering::Relaxed) == 0 => listings(asked, &[1, 2, 3, 4, 5]),
        "/v3/channels/1/listings" => listings(asked, &[2, 3, 5, 6]),
        _ => Answer::status(500),
    })
    .await;
    assert!(store.sync(dir.path(), "channel_listings", false).await.is_complete());
    assert_eq!(keys(dir.path(), "channel_listings"), [1, 2, 3, 4, 5]);
    times.store(1, Ordering::Relaxed);
    assert!(store.sync(dir.path(), "channel_listings", true).await.is_complete());
    assert_eq!(keys(dir.path(), "channel_listings"), [2, 3, 5, 6]);
    let changes = Reader::open(dir.path()).unwrap().changes(None, &["channel_listings"], 100).unwrap();
    assert_eq!(changes.entries.iter().filter(|entry| entry.kind == "deleted").count(), 2);
}

#[tokio::test]
async fn what_a_list_brings_along_is_asked_for_only_when_it_is_mirrored() {
    let dir = tempfile::tempdir().unwrap();
    let store = Scripted::start(|asked| {
        let with_images = asked.query.get("include").is_some_and(|include| include.contains("images"));
        let images = if with_images { r#","images":[{"id":7,"product_id":1}]"# } else { "" };
        Answer::list(
            &[format!(r#"{{"id":1,"date_modified":"2027-01-15T08:00:00Z","variants":[]{images}}}"#)],
            r#"{"pagination":{"total":1}}"#,
        )
    })
    .await;
    assert!(store.sync(dir.path(), "products", false).await.is_complete());
    assert_eq!(keys(dir.path(), "product_images"), [] as [i64; 0]);
    let state = |name: &str| Reader::open(dir.path()).unwrap().stream_state(stream(name)).unwrap();
    assert!(state("products").backfilled_at.is_some() && state("product_images").backfilled_at.is_none());

    // Products are up to date, but their images were never read.
    assert!(store.sync(dir.path(), "product_images", false).await.is_complete());
    assert_eq!(keys(dir.path(), "product_images"), [7]);
    assert!(state("product_images").backfilled_at.is_some());
    assert!(!store.asked().last().unwrap().query.contains_key("date_modified:min"));

    // An answer that does not include them says nothing about them.
    assert!(store.sync(dir.path(), "products", true).await.is_complete());
    assert_eq!(keys(dir.path(), "product_images"), [7]);
}

#[tokio::test]
async fn a_stream_that_the_store_does_not_offer_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let store = Scripted::start(|asked| match asked.path.as_str() {
        "/v3/segments" => Answer::status(403),
        _ => Answer::status(501),
    })
    .await;
    for (name, why) in [
        ("segments", "the token lacks the scope store_v2_customers_read_only"),
        ("sites", "the store does not offer it"),
    ] {
        let summary = store.sync(dir.path(), name, false).await;
        assert!(summary.is_complete());
        assert_eq!(summary.streams[0].skipped.as_ref().map(ToString::to_string).as_deref(), Some(why));
    }
}
