//! What a plan has to know of the mirror: the records that the desired rows name, and no others, so that memory
//! grows with the file and not with the store.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use baxter_engine::model::stream;
use baxter_engine::storage::{self, Reader};
use jiff::Timestamp;
use rusqlite::types::Value;

use super::nearest::Nearest;
use crate::Error;
use crate::fields::{self, Fields, folded};

/// For how many unknown names a similar one is looked for: each is compared with every name there is.
const MOST_HINTS: usize = 20;

/// Stock of the items that are asked for.
#[derive(Debug, Default)]
pub struct StockView {
    /// Items by their SKU, folded; more than one where the store has it more than once.
    pub items: HashMap<String, Vec<Item>>,
    /// Every location.
    pub locations: BTreeSet<i64>,
    /// SKUs (folded) that the store has, but keeps no stock of.
    pub untracked: HashSet<String>,
    /// A SKU of the store that is similar to one it has not (folded).
    pub similar: HashMap<String, String>,
}

/// One item with its stock.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub sku: String,
    pub product_id: i64,
    pub variant_id: Option<i64>,
    /// What lies at each location where anything was ever set.
    pub levels: BTreeMap<i64, i64>,
}

/// The customers that are asked for.
#[derive(Debug, Default)]
pub struct CustomerView {
    /// Customers by their e-mail, folded; more than one where channels keep their own.
    pub customers: HashMap<String, Vec<(i64, Fields)>>,
}

/// Fails unless the mirror has been filled with `stream` once; answers when it was last brought up to date.
pub fn synced_at(reader: &Reader, stream: &'static str) -> Result<Option<Timestamp>, Error> {
    let state = match stream::named(stream) {
        Some(stream) => reader.stream_state(stream)?,
        None => storage::StreamState::default(),
    };
    if state.backfilled_at.is_none() {
        return Err(Error::NotMirrored { stream });
    }
    Ok(state.synced_at)
}

/// Reads the stock of the items whose folded SKU is in `wanted`.
pub fn stock(reader: &mut Reader, wanted: &HashSet<String>) -> Result<StockView, Error> {
    let mut view = StockView::default();
    // One statement sees one state of the mirror, however long it runs.
    let levels = "SELECT i.sku, i.product_id, i.variant_id, i.item_kind, l.location_id,
             l.total_inventory_onhand
         FROM inventory_items i LEFT JOIN inventory_levels l USING (item_id, item_kind)
         ORDER BY i.item_id, i.item_kind, l.location_id";
    reader.query(levels, |_, row| {
        if let Some((folded, item)) = item(row, wanted) {
            let known = view.items.entry(folded).or_default();
            let same = known
                .iter_mut()
                .find(|other| (other.product_id, other.variant_id) == (item.product_id, item.variant_id));
            match same {
                Some(same) => same.levels.extend(item.levels),
                None => known.push(item),
            }
        }
        Ok(())
    })?;
    for sql in ["SELECT id FROM locations", "SELECT DISTINCT location_id FROM inventory_levels"] {
        // A token without the scope for locations still sees where stock lies.
        if view.locations.is_empty() {
            view.locations =
                reader.rows(sql)?.rows.into_iter().filter_map(|row| integer(row.first())).collect();
        }
    }
    let mut unknown: Vec<&String> = wanted.iter().filter(|sku| !view.items.contains_key(*sku)).collect();
    if !unknown.is_empty() {
        unknown.sort();
        let mut similar: Vec<(&String, Nearest)> =
            unknown.iter().take(MOST_HINTS).map(|sku| (*sku, Nearest::to(sku))).collect();
        each_text(reader, "SELECT sku FROM inventory_items ORDER BY item_id, item_kind", |sku| {
            similar.iter_mut().for_each(|(_, nearest)| nearest.offer(sku));
        })?;
        each_text(reader, "SELECT sku FROM variants", |sku| {
            let folded = folded(sku);
            if wanted.contains(&folded) && !view.items.contains_key(&folded) {
                view.untracked.insert(folded);
            }
        })?;
        view.similar =
            similar.into_iter().filter_map(|(sku, nearest)| Some((sku.clone(), nearest.found()?))).collect();
    }
    Ok(view)
}

/// Reads the customers whose folded e-mail is in `wanted`.
pub fn customers(reader: &mut Reader, wanted: &HashSet<String>) -> Result<CustomerView, Error> {
    let mut view = CustomerView::default();
    reader.query("SELECT id, email, raw FROM customers ORDER BY id", |_, row| {
        if let [Value::Integer(id), Value::Text(email), Value::Text(raw)] = row.as_slice() {
            let folded = folded(email);
            if wanted.contains(&folded) {
                view.customers.entry(folded).or_default().push((*id, fields::of_customer(raw)));
            }
        }
        Ok(())
    })?;
    Ok(view)
}

fn item(row: Vec<Value>, wanted: &HashSet<String>) -> Option<(String, Item)> {
    let mut row = row.into_iter();
    let Some(Value::Text(sku)) = row.next() else { return None };
    let folded = folded(&sku);
    if !wanted.contains(&folded) {
        return None;
    }
    let product_id = integer(row.next().as_ref())?;
    let variant_id = integer(row.next().as_ref());
    let whole = matches!(row.next(), Some(Value::Text(kind)) if kind == "product");
    let level = integer(row.next().as_ref()).zip(integer(row.next().as_ref()));
    let variant_id = variant_id.filter(|_| !whole);
    Some((folded, Item { sku, product_id, variant_id, levels: level.into_iter().collect() }))
}

fn each_text(reader: &mut Reader, sql: &str, mut each: impl FnMut(&str)) -> Result<(), storage::Error> {
    reader.query(sql, |_, row| {
        if let Some(Value::Text(text)) = row.first() {
            each(text);
        }
        Ok(())
    })?;
    Ok(())
}

fn integer(value: Option<&Value>) -> Option<i64> {
    match value {
        Some(Value::Integer(integer)) => Some(*integer),
        _ => None,
    }
}
