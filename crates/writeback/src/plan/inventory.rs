//! Plans of stock: desired quantities against those of the mirror.

use std::collections::{HashMap, HashSet};

use baxter_engine::storage::Reader;

use super::mirror::{self, Item, StockView};
use super::{Draft, Kind, Naming, Plan, Refused, Target, Update, guard};
use crate::Error;
use crate::desired::{Row, Stock};
use crate::fields::{folded, plain, quantity};

/// Compares desired stock with the mirror that `reader` reads.
pub fn inventory(rows: &[Row<Stock>], reader: &mut Reader, naming: Naming) -> Result<Plan, Error> {
    let synced_at = mirror::synced_at(reader, "inventory_items")?;
    let store_hash = reader.store_hash()?.ok_or(Error::NotMirrored { stream: "inventory_items" })?;
    // Taken first: what changes in the meantime is then newer than the plan says, never older.
    let seq = reader.last_seq()?;
    let wanted: HashSet<String> = rows.iter().map(|row| folded(&row.key)).collect();
    let view = mirror::stock(reader, &wanted)?;
    let mut draft = compare(rows, &view);
    draft.warnings.extend(guard::stale(synced_at, naming.made_at));
    Ok(Plan::new(Kind::Inventory, naming, store_hash, seq, draft))
}

/// The comparison, pure.
fn compare(rows: &[Row<Stock>], view: &StockView) -> Draft {
    let found: Vec<Result<Found, String>> = rows.iter().map(|row| find(row, view)).collect();
    let mut lines: HashMap<Place, Vec<u64>> = HashMap::new();
    for (row, found) in rows.iter().zip(&found) {
        if let Ok(found) = found {
            lines.entry(found.place()).or_default().push(row.line);
        }
    }
    let mut draft = Draft::default();
    for (row, found) in rows.iter().zip(found) {
        let found = found.and_then(|found| match lines.get(&found.place()) {
            Some(lines) if lines.len() > 1 => Err(doubled(&found, row.line, lines)),
            _ => Ok(found),
        });
        let before = |found: &Found| found.item.levels.get(&found.location).copied();
        match found {
            Err(reason) => draft.refused.push(Refused { line: row.line, key: row.key.clone(), reason }),
            Ok(found) => {
                let before = before(&found);
                if before == Some(found.quantity) {
                    draft.unchanged += 1;
                } else {
                    draft.updates.push(Update {
                        line: row.line,
                        key: row.key.clone(),
                        target: Target::Stock {
                            product_id: found.item.product_id,
                            variant_id: found.item.variant_id,
                            location_id: found.location,
                        },
                        before: quantity(before),
                        after: quantity(Some(found.quantity)),
                    });
                }
            }
        }
    }
    draft.warnings = guard::stock(&draft, rows.len());
    draft
}

const UNTRACKED: &str = "the store does not keep stock of this SKU";

/// A row whose item and location are known.
struct Found<'a> {
    item: &'a Item,
    location: i64,
    quantity: i64,
}

/// Item and location: product, variant, location.
type Place = (i64, Option<i64>, i64);

impl Found<'_> {
    fn place(&self) -> Place {
        (self.item.product_id, self.item.variant_id, self.location)
    }
}

fn find<'a>(row: &Row<Stock>, view: &'a StockView) -> Result<Found<'a>, String> {
    let wanted = row.wanted.clone()?;
    let folded = folded(&row.key);
    let items = view.items.get(&folded).map(Vec::as_slice).unwrap_or_default();
    // The store takes SKUs that differ in case for one; a mirror that has both is answered by the exact one.
    let mut exact = items.iter().filter(|item| item.sku == row.key);
    let item = match (items, exact.next(), exact.next()) {
        ([item], _, _) | (_, Some(item), None) => item,
        ([], _, _) => return Err(unknown(&folded, view)),
        _ => return Err(format!("{} items have this SKU: {}", items.len(), names(items))),
    };
    let location = match wanted.location_id {
        Some(id) if view.locations.contains(&id) => id,
        Some(id) => return Err(format!("location {id} is unknown; known are {}", locations(view))),
        None => default_location(view)?,
    };
    Ok(Found { item, location, quantity: wanted.quantity })
}

/// Location 1 is the store's default one and cannot be deleted (reference/locations.v3.yml).
fn default_location(view: &StockView) -> Result<i64, String> {
    match view.locations.iter().next() {
        Some(1) => Ok(1),
        Some(only) if view.locations.len() == 1 => Ok(*only),
        Some(_) => Err(format!("the row names no location and there are several: {}", locations(view))),
        None => Err("the mirror knows no location".to_owned()),
    }
}

fn unknown(folded: &str, view: &StockView) -> String {
    if view.untracked.contains(folded) {
        return UNTRACKED.to_owned();
    }
    match view.similar.get(folded) {
        Some(similar) => format!("no item has this SKU; did you mean `{}`?", plain(similar)),
        None => "no item has this SKU".to_owned(),
    }
}

fn doubled(found: &Found, line: u64, lines: &[u64]) -> String {
    let others: Vec<String> =
        lines.iter().filter(|other| **other != line).take(5).map(u64::to_string).collect();
    let word = if others.len() == 1 { "line" } else { "lines" };
    format!("line {line} and {word} {} are the same item at location {}", others.join(", "), found.location)
}

fn names(items: &[Item]) -> String {
    let name = |item: &Item| match item.variant_id {
        Some(id) => format!("variant {id}"),
        None => format!("product {}", item.product_id),
    };
    items.iter().take(5).map(name).collect::<Vec<_>>().join(", ")
}

fn locations(view: &StockView) -> String {
    let most = 10;
    let ids: Vec<String> = view.locations.iter().take(most).map(i64::to_string).collect();
    let more = if view.locations.len() > most { ", …" } else { "" };
    if ids.is_empty() { "none".to_owned() } else { format!("{}{more}", ids.join(", ")) }
}

#[cfg(test)]
mod tests;
