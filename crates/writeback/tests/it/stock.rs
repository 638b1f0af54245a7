//! Applying plans of stock.

use baxter_writeback::Error;
use baxter_writeback::plan::Kind;

use crate::kit::{Told, client, journal, options, plan, results, run, stock};
use crate::shop::{HASH, Shop, product_of, serve};

/// Variants 1 to `count`, each with 5 at locations 1 and 2.
fn shop(count: i64) -> Shop {
    Shop { stock: (1..=count).map(|id| (id, [(1, 5), (2, 5)].into())).collect(), ..Shop::default() }
}

#[tokio::test]
async fn many_rows_go_in_one_request_sorted_by_location_and_are_seen_before_they_count() {
    let (served, url) = serve(Shop { lag: 4, ..shop(200) }).await;
    let dir = tempfile::tempdir().unwrap();
    let updates =
        (1..=200).flat_map(|id| [stock(2 * id as u64, id, 2, 5, 6), stock(2 * id as u64 + 1, id, 1, 5, 7)]);
    let plan = plan(Kind::Inventory, Vec::new(), updates.collect());
    let told = Told::default();
    let report =
        baxter_writeback::apply(&plan, HASH, &client(&url), &mut journal(dir.path()), &told, &options())
            .await
            .unwrap();
    assert!(report.is_success());
    assert_eq!((report.counts.applied, report.requests), (400, 1));
    assert_eq!(served.shop().writes, [("PUT /v3/inventory/adjustments/absolute".to_owned(), 400)]);
    assert_eq!(served.shop().stock[&200], [(1, 7), (2, 6)].into());
    let products: Vec<i64> = (1..=200).map(product_of).collect();
    let expected = [("inventory_items".to_owned(), products.clone()), ("products".to_owned(), products)];
    assert_eq!(*told.0.lock().unwrap(), expected);
    let again = run(&plan, &client(&url), dir.path()).await.unwrap_err();
    assert!(matches!(again, Error::Applied { .. }), "{again}");
    assert_eq!(served.shop().writes.len(), 1);
}

#[tokio::test]
async fn law_6_what_changed_since_the_plan_is_refused_and_what_is_reached_is_left() {
    let (served, url) = serve(shop(3)).await;
    let dir = tempfile::tempdir().unwrap();
    let updates = vec![
        stock(2, 1, 1, 4, 9),
        stock(3, 2, 1, 4, 5),
        stock(4, 3, 1, 5, 6),
        stock(5, 99, 1, 5, 6),
        stock(6, 3, 7, 5, 6),
    ];
    let report = run(&plan(Kind::Inventory, Vec::new(), updates), &client(&url), dir.path()).await.unwrap();
    insta::assert_snapshot!(report.text(), @r"
    refused  line 2  S1  location 1  it changed since the plan: quantity was 4 and is 5
    already  line 3  S2  location 1
    applied  line 4  S3  location 1
    refused  line 5  S99  location 1  the store has it no longer
    refused  line 6  S3  location 7  it changed since the plan: quantity was 5 and is nothing
    1 applied, 1 already so, 3 refused, 0 failed (1 request)
    ");
    assert!(!report.is_success());
    assert_eq!(served.shop().set, [((3, 1), 1)].into());
}

#[tokio::test]
async fn bad_items_do_not_keep_the_good_ones_from_getting_through() {
    let bad = [(vec![7, 90], vec![]), (vec![], vec![7, 90]), (vec![7], vec![90])];
    let mut requests = Vec::new();
    for (named, silent) in bad {
        let shop = Shop {
            named_bad: named.into_iter().collect(),
            silent_bad: silent.into_iter().collect(),
            ..shop(100)
        };
        let (served, url) = serve(shop).await;
        let dir = tempfile::tempdir().unwrap();
        let updates = (1..=100).map(|id| stock(id as u64, id, 1, 5, 6)).collect();
        let report =
            run(&plan(Kind::Inventory, Vec::new(), updates), &client(&url), dir.path()).await.unwrap();
        assert_eq!((report.counts.applied, report.counts.failed), (98, 2));
        for row in report.rows.iter().filter(|row| row.reason.is_some()) {
            assert!([7, 90].contains(&row.line), "{row:?}");
            assert!(row.reason.as_ref().unwrap().contains("422"), "{row:?}");
        }
        assert!(served.shop().set.values().all(|times| *times == 1), "no item was written twice");
        requests.push(report.requests);
    }
    assert_eq!(requests[0], 3, "named ones cost one request each");
    assert!(requests[1] <= 27, "halving: {requests:?}");
}

#[tokio::test]
async fn an_answer_of_200_without_an_effect_is_a_failure() {
    let (_, url) = serve(Shop { lag: u32::MAX, ..shop(1) }).await;
    let dir = tempfile::tempdir().unwrap();
    let plan = plan(Kind::Inventory, Vec::new(), vec![stock(2, 1, 1, 5, 6)]);
    let options = baxter_writeback::apply::Options { visible_within: std::time::Duration::ZERO, ..options() };
    let report = baxter_writeback::apply(
        &plan,
        HASH,
        &client(&url),
        &mut journal(dir.path()),
        &Told::default(),
        &options,
    )
    .await
    .unwrap();
    assert_eq!(results(&report), ["2 failed: written but not yet visible after 0 s: quantity is 5"]);
}

#[tokio::test]
async fn a_store_that_stops_answering_leaves_the_rest_for_later() {
    let (served, url) = serve(Shop { refuse_all: Some(403), ..shop(1) }).await;
    let dir = tempfile::tempdir().unwrap();
    let plan = plan(Kind::Inventory, Vec::new(), vec![stock(2, 1, 1, 5, 6)]);
    let error = run(&plan, &client(&url), dir.path()).await.unwrap_err();
    assert!(
        matches!(&error, Error::Interrupted { done: 0, left: 1, source } if source.is_forbidden()),
        "{error}"
    );
    served.shop().refuse_all = None;
    let report = run(&plan, &client(&url), dir.path()).await.unwrap();
    assert!(report.resumed && report.is_success());
    let other = baxter_writeback::Plan { store_hash: "other".into(), ..plan };
    assert!(matches!(run(&other, &client(&url), dir.path()).await, Err(Error::OtherStore { .. })));
}
