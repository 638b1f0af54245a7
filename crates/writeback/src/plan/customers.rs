//! Plans of customers: desired fields against those of the mirror, matched by e-mail.

use std::collections::{HashMap, HashSet};

use baxter_engine::storage::Reader;

use super::mirror::{self, CustomerView};
use super::{Create, Draft, Kind, Naming, Plan, Refused, Target, Update, guard};
use crate::Error;
use crate::desired::{Customer, Row};
use crate::fields::{Fields, REQUIRED_OF_A_CUSTOMER, differing, folded};

/// Compares desired customers with the mirror that `reader` reads.
pub fn customers(rows: &[Row<Customer>], reader: &mut Reader, naming: Naming) -> Result<Plan, Error> {
    let synced_at = mirror::synced_at(reader, "customers")?;
    let store_hash = reader.store_hash()?.ok_or(Error::NotMirrored { stream: "customers" })?;
    // Taken first: what changes in the meantime is then newer than the plan says, never older.
    let seq = reader.last_seq()?;
    let wanted: HashSet<String> = rows.iter().map(|row| folded(&row.key)).collect();
    let view = mirror::customers(reader, &wanted)?;
    let mut draft = compare(rows, &view);
    draft.warnings.extend(guard::stale(synced_at, naming.made_at));
    Ok(Plan::new(Kind::Customers, naming, store_hash, seq, draft))
}

/// The comparison, pure.
fn compare(rows: &[Row<Customer>], view: &CustomerView) -> Draft {
    let mut lines: HashMap<String, Vec<u64>> = HashMap::new();
    for row in rows.iter().filter(|row| row.wanted.is_ok()) {
        lines.entry(folded(&row.key)).or_default().push(row.line);
    }
    let mut draft = Draft::default();
    for row in rows {
        let doubled = lines.get(&folded(&row.key)).filter(|lines| lines.len() > 1);
        if let Err(reason) = one(row, doubled, view, &mut draft) {
            draft.refused.push(Refused { line: row.line, key: row.key.clone(), reason });
        }
    }
    draft.warnings = guard::refusals(&draft, rows.len()).into_iter().collect();
    draft
}

fn one(
    row: &Row<Customer>,
    doubled: Option<&Vec<u64>>,
    view: &CustomerView,
    draft: &mut Draft,
) -> Result<(), String> {
    let wanted = row.wanted.as_ref().map_err(String::clone)?;
    if let Some(lines) = doubled {
        let lines: Vec<String> = lines.iter().take(6).map(u64::to_string).collect();
        return Err(format!("lines {} have the same e-mail", lines.join(", ")));
    }
    let known = view.customers.get(&folded(&row.key)).map(Vec::as_slice).unwrap_or_default();
    match known {
        [] => {
            if let Some(missing) =
                REQUIRED_OF_A_CUSTOMER.iter().find(|name| !wanted.fields.contains_key(**name))
            {
                return Err(format!("no customer has this e-mail, and a new one needs a {missing}"));
            }
            let (line, key) = (row.line, row.key.clone());
            draft.creates.push(Create { line, key, after: wanted.fields.clone() });
        }
        [(id, present)] => {
            let differing = differing(&wanted.fields, present);
            if differing.is_empty() {
                draft.unchanged += 1;
                return Ok(());
            }
            let pick = |from: &Fields| -> Fields {
                let value = |name: &&str| from.get(*name).cloned().unwrap_or_default();
                differing.iter().map(|name| ((*name).to_owned(), value(name))).collect()
            };
            draft.updates.push(Update {
                line: row.line,
                key: row.key.clone(),
                target: Target::Customer { customer_id: *id },
                before: pick(present),
                after: pick(&wanted.fields),
            });
        }
        several => {
            let ids: Vec<String> = several.iter().take(5).map(|(id, _)| id.to_string()).collect();
            return Err(format!("{} customers have this e-mail: {}", several.len(), ids.join(", ")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
