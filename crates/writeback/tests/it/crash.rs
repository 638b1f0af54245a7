//! Law 6: a crash in the middle of an apply neither repeats nor loses a step. The process "dies" before and after
//! every single call to the store, and a second one goes on.

use baxter_writeback::plan::{Kind, Target, Update};
use baxter_writeback::{Plan, apply};
use serde_json::json;

use crate::kit::{Cut, Side, Told, client, create, fields, journal, options, plan, run, stock};
use crate::shop::{HASH, Served, Shop, serve};

/// Runs `plan` against a fresh shop for every call and side at which it can be cut, then once more to its end.
async fn cut_everywhere(make: impl Fn() -> Shop, plan: &Plan, check: impl Fn(&Served, &str)) {
    for side in [Side::Before, Side::After] {
        for at in 0.. {
            let (served, url) = serve(make()).await;
            let dir = tempfile::tempdir().unwrap();
            let store = Cut::new(client(&url), at, side);
            let told = Told::default();
            let finished = {
                let mut journal = journal(dir.path());
                let options = options();
                tokio::select! {
                    report = apply(plan, HASH, &store, &mut journal, &told, &options) => {
                        report.unwrap();
                        true
                    }
                    () = store.died() => false,
                }
            };
            let place = format!("cut {side:?} call {at}");
            if finished {
                assert!(at > 3, "{place}: nothing was cut");
                break;
            }
            let report = run(plan, &client(&url), dir.path()).await.unwrap();
            assert!(report.resumed, "{place}");
            assert!(report.is_success(), "{place}: {}", report.text());
            assert_eq!(report.rows.len(), plan.changes(), "{place}");
            assert!(
                report.counts.applied == plan.changes(),
                "{place}: what the first process wrote counts as applied: {}",
                report.text()
            );
            check(&served, &place);
        }
    }
}

#[tokio::test]
async fn law_6_stock_survives_a_crash_at_every_call() {
    // More than one request's worth: twenty locations of each item.
    let (variants, locations) = (1..=110_i64, 1..=20_i64);
    let make = || {
        let levels = || locations.clone().map(|location| (location, 5)).collect();
        let stock = variants.clone().map(|id| (id, levels())).collect();
        Shop { stock, lag: 2, ..Shop::default() }
    };
    let updates = variants.clone().flat_map(|id| {
        locations.clone().map(move |location| stock(1, id, location, 5, 1000 * id + location))
    });
    let plan = plan(Kind::Inventory, Vec::new(), updates.collect());
    cut_everywhere(make, &plan, |served, place| {
        let shop = served.shop();
        for (id, levels) in &shop.stock {
            let reached = levels.iter().all(|(location, onhand)| *onhand == 1000 * id + location);
            assert!(reached && levels.len() == 20, "{place}: {id} {levels:?}");
        }
        let most = shop.set.values().max().copied();
        assert!(most <= Some(2), "{place}: only the step under way is sent again");
        assert!(shop.set.values().filter(|times| **times == 2).count() <= 2000, "{place}");
    })
    .await;
}

#[tokio::test]
async fn law_6_customers_survive_a_crash_at_every_call_and_none_is_made_twice() {
    let make = || {
        let customer = |id: i64| json!({ "id": id, "email": format!("c{id}@x"), "phone": "" });
        Shop { customers: (1..=12).map(|id| (id, customer(id))).collect(), ..Shop::default() }
    };
    let creates = (0..23).map(|i| create(100 + i, &format!("new{i}@x"))).collect();
    let update = |id: i64| Update {
        line: id as u64,
        key: format!("c{id}@x"),
        target: Target::Customer { customer_id: id },
        before: fields(json!({ "phone": "" })),
        after: fields(json!({ "phone": "+1" })),
    };
    let plan = plan(Kind::Customers, creates, (1..=12).map(update).collect());
    cut_everywhere(make, &plan, |served, place| {
        let shop = served.shop();
        assert_eq!(shop.made.len(), 23, "{place}");
        assert!(shop.made.values().all(|times| *times == 1), "{place}: {:?}", shop.made);
        assert_eq!(shop.customers.len(), 35, "{place}");
        assert!((1..=12).all(|id| shop.customers[&id]["phone"] == "+1"), "{place}");
    })
    .await;
}
