//! The present state of a plan's rows in the store, in the fewest reads.

use std::collections::{BTreeSet, HashMap};

use bigcommerce::{Error, Request};

use super::Row;
use crate::fields::{self, Fields, Item, folded};
use crate::plan::{Kind, Target};
use crate::{Sender, journal::Standing};

/// How many values one list in a query may have ("use `id:in` with 250").
const MOST_IN_A_LIST: usize = 250;

/// How long a list in a query may be: e-mail addresses are long, and so would be the address of the request.
const LONGEST_LIST: usize = 4000;

/// Records per page, by what the endpoints allow.
const ITEMS_PER_PAGE: u32 = 1000;
const CUSTOMERS_PER_PAGE: u32 = 250;

/// What the store has for a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Present {
    /// No such record.
    Absent,
    /// The record's fields.
    Found {
        /// A customer's id.
        id: Option<i64>,
        /// Its fields.
        fields: Fields,
    },
}

/// Reads what the store has for `rows`, which are numbers of `all`; the answer is in their order.
pub(super) async fn present<S: Sender>(
    store: &S,
    kind: Kind,
    all: &[Row<'_>],
    standings: &[Standing],
    rows: &[usize],
) -> Result<Vec<Present>, Error> {
    match kind {
        Kind::Inventory => stock(store, all, rows).await,
        Kind::Customers => customers(store, all, standings, rows).await,
    }
}

async fn stock<S: Sender>(store: &S, all: &[Row<'_>], rows: &[usize]) -> Result<Vec<Present>, Error> {
    let mut variants = BTreeSet::new();
    let mut products = BTreeSet::new();
    for row in rows {
        match all[*row].target {
            Some(Target::Stock { variant_id: Some(id), .. }) => variants.insert(*id),
            Some(Target::Stock { product_id, variant_id: None, .. }) => products.insert(*product_id),
            _ => continue,
        };
    }
    // A product tracked as a whole has an item of its own, whatever its variants have.
    let mut items: HashMap<(bool, i64), Item> = HashMap::new();
    for (filter, ids) in [("variant_id:in", variants), ("product_id:in", products)] {
        for list in lists(ids.iter().map(i64::to_string)) {
            let request = Request::get("/v3/inventory/items").query(filter, list);
            for record in records(store, request, ITEMS_PER_PAGE).await? {
                // An item that cannot be read is as good as absent: its row is refused.
                let Ok(item) = serde_json::from_str::<Item>(&record) else { continue };
                let key = match (item.identity.variant_id.filter(|id| *id > 0), item.identity.product_id) {
                    (Some(variant), _) => (true, variant),
                    (None, Some(product)) => (false, product),
                    (None, None) => continue,
                };
                items.insert(key, item);
            }
        }
    }
    let of = |row: &usize| match all[*row].target {
        Some(Target::Stock { product_id, variant_id, location_id }) => {
            let item = items.get(&variant_id.map_or((false, *product_id), |variant| (true, variant)));
            item.map_or(Present::Absent, |item| Present::Found { id: None, fields: item.at(*location_id) })
        }
        _ => Present::Absent,
    };
    Ok(rows.iter().map(of).collect())
}

async fn customers<S: Sender>(
    store: &S,
    all: &[Row<'_>],
    standings: &[Standing],
    rows: &[usize],
) -> Result<Vec<Present>, Error> {
    let id_of = |row: usize| match all[row].target {
        Some(Target::Customer { customer_id }) => Some(*customer_id),
        _ => standings[row].record_id,
    };
    let ids: BTreeSet<i64> = rows.iter().filter_map(|row| id_of(*row)).collect();
    let emails: BTreeSet<&str> =
        rows.iter().filter(|row| id_of(**row).is_none()).map(|row| all[*row].key).collect();
    let mut by_id: HashMap<i64, Fields> = HashMap::new();
    let mut by_email: HashMap<String, i64> = HashMap::new();
    let by_ids = lists(ids.iter().map(i64::to_string)).into_iter().map(|list| ("id:in", list));
    let by_emails = lists(emails.iter().map(|email| (*email).to_owned())).into_iter();
    for (filter, list) in by_ids.chain(by_emails.map(|list| ("email:in", list))) {
        let request = Request::get("/v3/customers").query(filter, list);
        for record in records(store, request, CUSTOMERS_PER_PAGE).await? {
            let Some((id, email)) = fields::identity_of_customer(&record) else { continue };
            by_id.insert(id, fields::of_customer(&record));
            by_email.insert(folded(&email), id);
        }
    }
    let of = |row: &usize| {
        let id = id_of(*row).or_else(|| by_email.get(&folded(all[*row].key)).copied());
        match id.and_then(|id| Some((id, by_id.get(&id)?))) {
            Some((id, fields)) => Present::Found { id: Some(id), fields: fields.clone() },
            None => Present::Absent,
        }
    };
    Ok(rows.iter().map(of).collect())
}

/// All records of a list that is filtered to a bounded number.
async fn records<S: Sender>(store: &S, request: Request, limit: u32) -> Result<Vec<String>, Error> {
    let mut records = Vec::new();
    for number in 1.. {
        let request = if number == 1 { request.clone() } else { request.clone().query("page", number) };
        let page = store.page(&request, limit).await?;
        records.extend(page.records().map(str::to_owned));
        // Pages may be shorter than asked for: the answer's own count of them is what holds.
        let last = match page.pagination.as_ref().and_then(|pagination| pagination.total_pages) {
            Some(total) => number >= total,
            None => page.len() < page.limit as usize,
        };
        if last || page.is_empty() {
            break;
        }
    }
    Ok(records)
}

/// Joins values by commas into as few lists as their bounds allow.
fn lists(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut lists: Vec<(usize, String)> = Vec::new();
    for value in values {
        match lists.last_mut() {
            Some((count, list)) if *count < MOST_IN_A_LIST && list.len() + value.len() < LONGEST_LIST => {
                list.push(',');
                list.push_str(&value);
                *count += 1;
            }
            _ => lists.push((1, value)),
        }
    }
    lists.into_iter().map(|(_, list)| list).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_bounded_in_number_and_length() {
        assert_eq!(lists(std::iter::empty()), [""; 0]);
        assert_eq!(lists((1..=3).map(|id| id.to_string())), ["1,2,3"]);
        let lists_of_ids = lists((0..600).map(|id| id.to_string()));
        assert_eq!(
            lists_of_ids.iter().map(|list| list.split(',').count()).collect::<Vec<_>>(),
            [250, 250, 100]
        );
        let long = lists((0..40).map(|_| "x".repeat(255)));
        assert!(long.len() == 3 && long.iter().all(|list| list.len() <= LONGEST_LIST));
    }
}
