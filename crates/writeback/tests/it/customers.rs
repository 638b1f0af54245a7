//! Applying plans of customers.

use baxter_writeback::plan::{Kind, Target, Update};
use serde_json::json;

use crate::kit::{Told, client, create, fields, journal, options, plan, results, run};
use crate::shop::{HASH, Shop, serve};

fn update(line: u64, id: i64, before: &str, after: &str) -> Update {
    Update {
        line,
        key: format!("c{id}@x"),
        target: Target::Customer { customer_id: id },
        before: fields(json!({ "phone": before })),
        after: fields(json!({ "phone": after })),
    }
}

fn shop(count: i64) -> Shop {
    let customer = |id: i64| json!({ "id": id, "email": format!("C{id}@x"), "phone": null, "notes": "kept" });
    Shop { customers: (1..=count).map(|id| (id, customer(id))).collect(), ..Shop::default() }
}

#[tokio::test]
async fn twenty_are_made_in_two_requests_and_ten_changed_in_one() {
    let (served, url) = serve(shop(10)).await;
    let dir = tempfile::tempdir().unwrap();
    let creates = (0..20).map(|i| create(20 + i, &format!("New{i}@x"))).collect();
    let updates = (1..=10).map(|id| update(id as u64, id, "", "+1")).collect();
    let plan = plan(Kind::Customers, creates, updates);
    let told = Told::default();
    let report =
        baxter_writeback::apply(&plan, HASH, &client(&url), &mut journal(dir.path()), &told, &options())
            .await
            .unwrap();
    assert!(report.is_success());
    assert_eq!(report.counts.applied, 30);
    let writes: Vec<String> =
        served.shop().writes.iter().map(|(what, count)| format!("{what} {count}")).collect();
    assert_eq!(writes, ["POST /v3/customers 10", "POST /v3/customers 10", "PUT /v3/customers 10"]);
    assert_eq!(
        served.shop().customers[&3],
        json!({ "id": 3, "email": "C3@x", "phone": "+1", "notes": "kept" })
    );
    assert_eq!(*told.0.lock().unwrap(), [("customers".to_owned(), (1..=30).collect::<Vec<i64>>())]);
    assert!(report.rows.iter().all(|row| row.customer_id.is_some()));
}

#[tokio::test]
async fn someone_who_came_or_changed_since_the_plan_is_left_alone() {
    let mut shop = shop(3);
    shop.customers.insert(7, json!({ "id": 7, "email": "same@x", "first_name": "F", "last_name": "L" }));
    shop.customers.insert(8, json!({ "id": 8, "email": "Other@x", "first_name": "G", "last_name": "L" }));
    shop.customers.get_mut(&2).unwrap()["phone"] = json!("+9");
    let (served, url) = serve(shop).await;
    let dir = tempfile::tempdir().unwrap();
    let creates = vec![create(2, "Same@x"), create(3, "other@x")];
    let updates = vec![update(4, 1, "", "+1"), update(5, 2, "", "+1"), update(6, 99, "", "+1")];
    let report = run(&plan(Kind::Customers, creates, updates), &client(&url), dir.path()).await.unwrap();
    insta::assert_snapshot!(results(&report).join("\n"), @r#"
    2 already
    3 refused: it was made since the plan, as 8, and is not as planned
    4 applied
    5 refused: it changed since the plan: phone was "" and is "+9"
    6 refused: the store has it no longer
    "#);
    assert_eq!(served.shop().made.len(), 0);
}

#[tokio::test]
async fn one_that_the_store_refuses_does_not_keep_the_others_out() {
    let (served, url) = serve(Shop { bad_emails: ["n4@x".to_owned()].into(), ..Shop::default() }).await;
    let dir = tempfile::tempdir().unwrap();
    let creates = (0..10).map(|i| create(i, &format!("n{i}@x"))).collect();
    let report = run(&plan(Kind::Customers, creates, Vec::new()), &client(&url), dir.path()).await.unwrap();
    assert_eq!((report.counts.applied, report.counts.failed), (9, 1));
    let reason = report.rows[4].reason.as_ref().unwrap();
    assert_eq!(reason, "the store refused it: POST /v3/customers: 422 Create customers failed.");
    assert!(served.shop().made.values().all(|times| *times == 1));
    assert!(report.requests <= 9, "{}", report.requests);
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_looked_for_before_it_is_sent_again() {
    let (served, url) = serve(Shop { lose_answers: 1, ..Shop::default() }).await;
    let dir = tempfile::tempdir().unwrap();
    let creates = (0..10).map(|i| create(i, &format!("n{i}@x"))).collect();
    let report = run(&plan(Kind::Customers, creates, Vec::new()), &client(&url), dir.path()).await.unwrap();
    assert_eq!((report.counts.applied, report.requests), (10, 1));
    assert_eq!(served.shop().writes.len(), 1);
}
