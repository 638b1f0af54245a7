//! Writes of many rows: split, told row by row, the bad ones found.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use bigcommerce::Error;
use bigcommerce::resources::RowFailure;
use bigcommerce::resources::customers::NewCustomer;
use bigcommerce::resources::inventory::{Adjustment, Identity};
use bigcommerce::resources::metafields::{MetafieldFamily, NewFamilyMetafield, PermissionSet};
use bigcommerce::resources::price_lists::PriceRecordDraft;
use bigcommerce::resources::variants::VariantUpdate;
use serde_json::{Value, json};

use crate::store::{Asked, Reply, Store};

fn rows(asked: &Asked) -> Vec<Value> {
    serde_json::from_str(&asked.body).unwrap()
}

/// A store that refuses a request whole when one of its e-mail addresses is bad, without saying which.
async fn customers(bad: &'static [usize]) -> (Store, Arc<Mutex<Vec<String>>>) {
    let stored = Arc::new(Mutex::new(Vec::new()));
    let store = Store::start({
        let stored = Arc::clone(&stored);
        move |asked| {
            let rows = rows(asked);
            if rows.len() > 10 {
                return Reply::new(413, "{\"status\":413,\"title\":\"The maximum items allowed is 10.\"}");
            }
            let emails: Vec<String> = rows.iter().map(|row| row["email"].as_str().unwrap().to_owned()).collect();
            if emails.iter().any(|email| bad.iter().any(|bad| *email == format!("c{bad}@example.com"))) {
                return Reply::new(
                    422,
                    "{\"status\":422,\"title\":\"Create customers failed.\",\"errors\":{\".customer_create\":\"Error creating customers\"}}",
                );
            }
            let data: Vec<Value> = emails.iter().map(|email| json!({"id": email.len(), "email": email})).collect();
            stored.lock().unwrap().extend(emails);
            Reply::ok(json!({"data": data, "meta": {}}).to_string())
        }
    })
    .await;
    (store, stored)
}

fn new_customers(count: usize) -> impl Iterator<Item = NewCustomer> {
    (0..count).map(|index| NewCustomer::new(format!("c{index}@example.com"), "A", "B"))
}

#[tokio::test]
async fn rows_are_split_to_what_the_endpoint_takes() {
    let (store, stored) = customers(&[]).await;
    let report = store.client().customers().create_many(new_customers(25)).await.unwrap();
    assert!(report.is_complete());
    assert_eq!((report.requests, report.written(), stored.lock().unwrap().len()), (3, 25, 25));
    let emails: Vec<_> = report.into_records().into_iter().map(|customer| customer.email.unwrap()).collect();
    assert_eq!(emails, (0..25).map(|index| format!("c{index}@example.com")).collect::<Vec<_>>());
    let none = store.client().customers().create_many(new_customers(0)).await.unwrap();
    assert_eq!((none.rows.len(), none.requests), (0, 0));
}

#[tokio::test]
async fn a_bad_row_is_found_and_the_others_are_written() {
    let (store, stored) = customers(&[3, 4, 17]).await;
    let report = store.client().customers().create_many(new_customers(25)).await.unwrap();
    let failed: Vec<_> = report.failures().map(|(index, error)| (index, error.kind)).collect();
    assert_eq!(failed, [3, 4, 17].map(|index| (index, RowFailure::Refused)));
    let (_, error) = report.failures().next().unwrap();
    assert_eq!(error.to_string(), ".customer_create: Error creating customers");
    let stored = stored.lock().unwrap();
    assert_eq!((stored.len(), stored.iter().collect::<BTreeSet<_>>().len()), (22, 22), "each once");
}

#[tokio::test]
async fn a_row_that_the_answer_names_is_not_searched_for() {
    let store = Store::start(|asked| {
        let bad = rows(asked).iter().position(|row| row["sku"] == "taken");
        match bad {
            Some(index) => Reply::new(
                422,
                json!({"batch_errors": [{"status": 422, "errors": {format!("{index}.sku"): "is taken"}}]})
                    .to_string(),
            ),
            None => {
                let data: Vec<Value> = rows(asked).iter().rev().map(|row| json!({"id": row["id"]})).collect();
                Reply::ok(json!({"data": data}).to_string())
            }
        }
    })
    .await;
    let updates = (0..60_i64)
        .map(|id| (id, VariantUpdate::new().sku(if id == 7 { "taken".into() } else { id.to_string() })));
    let report = store.client().variants().update_many(updates).await.unwrap();
    assert_eq!(report.requests, 3, "two, and one again without the bad row");
    let (index, error) = report.failures().next().unwrap();
    assert_eq!((index, error.to_string().as_str()), (7, "sku: is taken"));
    for (index, row) in report.rows.iter().enumerate().filter(|(index, _)| *index != 7) {
        let record = row.as_ref().unwrap().record.as_ref().unwrap();
        assert_eq!(record.id, Some(index as i64), "records find their rows whatever the order");
    }
}

#[tokio::test]
async fn an_endpoint_that_keeps_the_good_rows_is_asked_once() {
    let store = Store::start(|_| {
        Reply::new(
            422,
            json!({"data": [{"id": 1, "key": "a"}, {"id": 3, "key": "c"}],
                "errors": [{"status": 409, "title": "exists", "errors": {"1.key": "exists already"}}],
                "meta": {"total": 3, "success": 2, "failed": 1}})
            .to_string(),
        )
    })
    .await;
    let fields = store.client().metafields(MetafieldFamily::Products);
    let new = ["a", "b", "c"].map(|key| NewFamilyMetafield::new(5, "ns", key, "v", PermissionSet::Read));
    let report = fields.create_many(new).await.unwrap();
    assert_eq!((store.asked().len(), report.written()), (1, 2));
    assert_eq!(report.rows[1].as_ref().unwrap_err().to_string(), "key: exists already");
    assert_eq!(report.rows[2].as_ref().unwrap().record.as_ref().unwrap().id, Some(3));
    assert!(store.asked()[0].path.ends_with("/v3/catalog/products/metafields"));
}

#[tokio::test]
async fn an_answer_that_names_no_row_blames_none() {
    let answers = [json!([]), json!(["1", "3"])];
    let store = Store::start(move |asked| {
        Reply::new(422, json!({"data": answers[asked.index], "errors": [{"status": 422}]}).to_string())
    })
    .await;
    let fields = store.client().metafields(MetafieldFamily::Products);
    let new = ["a", "b"].map(|key| NewFamilyMetafield::new(5, "ns", key, "v", PermissionSet::Read));
    let report = fields.create_many(new).await.unwrap();
    let kinds: Vec<_> = report.failures().map(|(_, error)| error.kind).collect();
    assert_eq!(kinds, [RowFailure::RefusedTogether; 2]);
    let report = fields.delete_many([1, 2, 3]).await.unwrap();
    let refused: Vec<_> = report.failures().map(|(row, error)| (row, error.kind)).collect();
    assert_eq!(refused, [(1, RowFailure::Refused)], "keys that were deleted, told as text");
}

#[tokio::test]
async fn price_records_are_named_by_what_was_sent() {
    let store = Store::start(|asked| {
        let bad = rows(asked).into_iter().find(|row| row["variant_id"] == 3);
        match bad {
            Some(row) => Reply::new(
                422,
                json!({"batch_errors": [{"data": row, "field_errors": {"price": "must be positive"}}]})
                    .to_string(),
            ),
            None => Reply::ok("{\"data\":{},\"meta\":{}}"),
        }
    })
    .await;
    let prices = (0..1500_i64).map(|variant| PriceRecordDraft::new("usd").variant_id(variant).price(5));
    let report = store.client().price_lists().records(4).upsert_many(prices).await.unwrap();
    assert_eq!((report.requests, report.written()), (3, 1499));
    assert_eq!(report.rows[3].as_ref().unwrap_err().to_string(), "price: must be positive");
    assert_eq!(report.rows[0].as_ref().unwrap().record, None);
}

#[tokio::test]
async fn adjustments_go_one_after_the_other_under_a_reason() {
    let store = Store::start(|asked| {
        assert!(asked.index < 3);
        Reply::ok("{\"transaction_id\":\"x\"}")
    })
    .await;
    let rows = (0..4001_i64).map(|id| Adjustment::new(1, Identity::variant(id), 2));
    let report = store.client().inventory().add("counted", rows).await.unwrap();
    assert_eq!((report.requests, report.written()), (3, 4001));
    let body: Value = serde_json::from_str(&store.asked()[2].body).unwrap();
    let last = json!({"reason": "counted", "items": [{"location_id": 1, "variant_id": 4000, "quantity": 2}]});
    assert_eq!(body, last);
}

#[tokio::test]
async fn a_token_without_the_scope_stops_everything() {
    let store = Store::start(|_| Reply::new(403, "{\"status\":403,\"title\":\"no scope\"}")).await;
    let report = store.client().customers().delete_many(0..2000_i64).await.unwrap();
    assert!(report.requests <= 4, "{}", report.requests);
    let kinds: Vec<_> = report.failures().map(|(_, error)| error.kind).collect();
    assert_eq!(kinds.len(), 2000);
    assert_eq!(kinds.last(), Some(&RowFailure::NotSent));
    assert!(report.failures().all(|(_, error)| matches!(*error.error, Error::Api(_))));
}

#[tokio::test]
async fn the_search_for_bad_rows_is_bounded() {
    let store = Store::start(|_| Reply::new(422, "{\"status\":422,\"title\":\"No.\"}")).await;
    let report = store.client().customers().create_many(new_customers(2000)).await.unwrap();
    assert!(report.requests < 1000, "{}", report.requests);
    assert_eq!(report.written(), 0);
    let kinds: BTreeSet<_> = report.failures().map(|(_, error)| format!("{:?}", error.kind)).collect();
    assert_eq!(kinds, BTreeSet::from(["Refused".to_owned(), "RefusedTogether".to_owned()]));
}
