//! Plans as files: written whole or not at all, and checked when they come back, since a person may have edited one.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use super::{Kind, Plan, Target, VERSION};
use crate::Error;
use crate::fields::{CUSTOMER_FIELDS, Fields, Holds, MOST_STOCK, QUANTITY};

/// The largest plan that is read: some ten times what the largest file of desired rows makes.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

impl Plan {
    /// The plan as it stands in a file: JSON, readable, ending in a line end.
    pub fn to_json(&self) -> String {
        // Only maps with keys that are no text cannot be written, and there are none.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Writes the plan to `path`, beside it first and then renamed, so that no half plan is ever there.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let name = path.file_name().ok_or_else(|| io(std::io::ErrorKind::IsADirectory.into()))?;
        let mut beside = std::ffi::OsString::from(".");
        beside.push(name);
        beside.push(format!(".{}", self.id));
        let beside = path.with_file_name(beside);
        let written = File::create(&beside)
            .and_then(|mut file| {
                file.write_all(self.to_json().as_bytes())?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&beside, path));
        written.map_err(|source| {
            // What is left beside it is of no use; that it cannot be removed is no news then.
            let _ = fs::remove_file(&beside);
            io(source)
        })
    }

    /// Reads the plan in `path` and checks that it says nothing which could not have been planned.
    pub fn load(path: &Path) -> Result<Plan, Error> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let no_plan = |reason| Error::NoPlan { path: path.to_owned(), reason };
        let mut text = String::new();
        let file = File::open(path).map_err(io)?;
        let read = file.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(io)?;
        if read as u64 > MOST_BYTES {
            return Err(no_plan(format!("it is larger than {MOST_BYTES} bytes")));
        }
        let version =
            serde_json::from_str::<Version>(&text).map_err(|error| no_plan(error.to_string()))?.version;
        if version != VERSION {
            let reason = format!("its version is {version}, this Baxter knows version {VERSION}");
            return Err(no_plan(reason));
        }
        let plan: Plan = serde_json::from_str(&text).map_err(|error| no_plan(error.to_string()))?;
        plan.check().map_err(no_plan)?;
        Ok(plan)
    }

    fn check(&self) -> Result<(), String> {
        if !self.deletes.is_empty() {
            return Err("it deletes records, which cannot be applied".to_owned());
        }
        for create in &self.creates {
            let wrong = |what: String| Err(format!("the create of line {}: {what}", create.line));
            if self.kind == Kind::Inventory {
                return wrong("items are not created by stock".to_owned());
            }
            if let Err(what) = customer(&create.after) {
                return wrong(what);
            }
        }
        for update in &self.updates {
            let wrong = |what: String| Err(format!("the update of line {}: {what}", update.line));
            if !update.before.keys().eq(update.after.keys()) || update.after.is_empty() {
                return wrong("`before` and `after` have to hold the same fields, at least one".to_owned());
            }
            let fields = match (self.kind, &update.target) {
                (Kind::Inventory, Target::Stock { .. }) => stock(&update.after),
                (Kind::Customers, Target::Customer { .. }) => customer(&update.after),
                _ => Err(format!("it is no record of {}", self.kind.as_str())),
            };
            if let Err(what) = fields {
                return wrong(what);
            }
        }
        Ok(())
    }
}

#[derive(serde::Deserialize)]
struct Version {
    version: u32,
}

fn stock(after: &Fields) -> Result<(), String> {
    let in_range = |number: &i64| (0..=MOST_STOCK).contains(number);
    match after.get(QUANTITY).and_then(serde_json::Value::as_i64).filter(in_range) {
        Some(_) if after.len() == 1 => Ok(()),
        _ => Err(format!("`{QUANTITY}` alone is written, a whole number from 0 to {MOST_STOCK}")),
    }
}

fn customer(after: &Fields) -> Result<(), String> {
    for (name, value) in after {
        let holds = CUSTOMER_FIELDS.iter().find(|(field, _)| field == name).map(|(_, holds)| *holds);
        let good = match holds {
            None => return Err(format!("`{name}` is no field of a customer that is written")),
            Some(Holds::Text(most)) => value.as_str().is_some_and(|text| text.chars().count() <= most),
            Some(Holds::Group) => value.as_i64().is_some_and(|id| (0..=MOST_STOCK).contains(&id)),
        };
        if !good {
            return Err(format!("`{name}` cannot hold that"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
