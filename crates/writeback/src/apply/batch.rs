//! Batches: which rows go into one request, what it says, and what its answer tells.

use std::collections::HashMap;

use bigcommerce::{Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Row;
use crate::fields::{QUANTITY, folded};
use crate::plan::{Kind, Target};

/// Items per adjustment (reference/inventory.v3.yml).
const MOST_ADJUSTMENTS: usize = 2000;

/// Customers per request (reference/customers.v3.yml).
const MOST_CUSTOMERS: usize = 10;

/// Rows that are read at once before they are written: few enough that little time passes in between, many enough
/// that reading costs little.
pub(super) fn window(kind: Kind) -> usize {
    match kind {
        Kind::Inventory => MOST_ADJUSTMENTS,
        Kind::Customers => 10 * MOST_CUSTOMERS,
    }
}

/// Puts rows in the order in which they are sent: stock by location, as the API asks; customers as they stand.
pub(super) fn order(rows: &mut [usize], all: &[Row]) {
    rows.sort_by_key(|row| (all[*row].target.and_then(Target::location_id), *row));
}

/// Cuts rows into requests' worths: customers are made by one endpoint and changed by another.
pub(super) fn batches(kind: Kind, rows: &[usize], all: &[Row]) -> Vec<Vec<usize>> {
    let most = match kind {
        Kind::Inventory => MOST_ADJUSTMENTS,
        Kind::Customers => MOST_CUSTOMERS,
    };
    let (creates, updates): (Vec<usize>, Vec<usize>) =
        rows.iter().partition(|row| all[**row].target.is_none());
    creates.chunks(most).chain(updates.chunks(most)).map(<[usize]>::to_vec).collect()
}

/// The request that writes `rows`, all of one batch.
pub(super) fn request(plan: Uuid, kind: Kind, rows: &[usize], all: &[Row]) -> Request {
    match kind {
        Kind::Inventory => {
            let items: Vec<Value> = rows.iter().filter_map(|row| adjustment(&all[*row])).collect();
            let body = json!({ "reason": format!("Baxter plan {plan}"), "items": items });
            Request::put("/v3/inventory/adjustments/absolute").json(&body)
        }
        Kind::Customers => {
            let body: Vec<Value> = rows.iter().map(|row| customer(&all[*row])).collect();
            let creating = rows.first().is_some_and(|row| all[*row].target.is_none());
            let request =
                if creating { Request::post("/v3/customers") } else { Request::put("/v3/customers") };
            request.json(&body)
        }
    }
}

fn adjustment(row: &Row) -> Option<Value> {
    let Some(Target::Stock { product_id, variant_id, location_id }) = row.target else { return None };
    let quantity = row.after.get(QUANTITY)?;
    Some(match variant_id {
        Some(id) => json!({ "location_id": location_id, "variant_id": id, "quantity": quantity }),
        None => json!({ "location_id": location_id, "product_id": product_id, "quantity": quantity }),
    })
}

fn customer(row: &Row) -> Value {
    let mut body = row.after.clone();
    match row.target {
        Some(Target::Customer { customer_id }) => body.insert("id".to_owned(), (*customer_id).into()),
        _ => body.insert("email".to_owned(), row.key.into()),
    };
    Value::Object(body)
}

/// What the answer to a write tells: the text for the journal, and ids of customers by e-mail, folded.
pub(super) fn answer(kind: Kind, response: &Response) -> (String, HashMap<String, i64>) {
    #[derive(Default, Deserialize)]
    struct Transaction {
        transaction_id: Option<String>,
    }
    #[derive(Default, Deserialize)]
    struct List {
        #[serde(default)]
        data: Vec<Customer>,
    }
    #[derive(Deserialize)]
    struct Customer {
        id: i64,
        email: String,
    }
    let status = response.status.as_u16();
    // What the answer does not tell is found out by reading back.
    match kind {
        Kind::Inventory => {
            let transaction: Transaction = response.json().unwrap_or_default();
            let id = transaction.transaction_id.unwrap_or_default();
            (format!("{status} {id}").trim_end().to_owned(), HashMap::new())
        }
        Kind::Customers => {
            let list: List = response.json().unwrap_or_default();
            let ids = list.data.into_iter().map(|customer| (folded(&customer.email), customer.id));
            (status.to_string(), ids.collect())
        }
    }
}
