//! A plan as a person reads it.

use std::fmt::Write;

use super::{Kind, Plan, Target, Update, guard};
use crate::fields::{Fields, plain, shown};

impl Plan {
    /// The plan in words, with at most `most` rows of each list.
    pub fn text(&self, most: usize) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(most, &mut out);
        out
    }

    fn write(&self, most: usize, out: &mut String) -> std::fmt::Result {
        writeln!(out, "{} of {} for store {}", self.kind.as_str(), plain(&self.source), self.store_hash)?;
        if self.changes() == 0 && self.refused.is_empty() {
            writeln!(out, "nothing to do")?;
        }
        writeln!(
            out,
            "{} to create, {} to update, {} to delete, {} unchanged, {} refused",
            self.creates.len(),
            self.updates.len(),
            self.deletes.len(),
            self.unchanged,
            self.refused.len()
        )?;
        if self.kind == Kind::Inventory && !self.updates.is_empty() {
            let (before, after) = guard::sums(&self.updates);
            writeln!(out, "stock of the changed rows: {before} -> {after}")?;
        }
        for warning in &self.warnings {
            writeln!(out, "warning: {}", plain(warning))?;
        }
        section(out, "create", &self.creates, most, |create| {
            format!("line {}  {}  {}", create.line, plain(&create.key), values(&create.after))
        })?;
        section(out, "update", &self.updates, most, update)?;
        section(out, "delete", &self.deletes, most, |delete| plain(&delete.key))?;
        section(out, "refused", &self.refused, most, |refused| {
            format!("line {}  {}  {}", refused.line, plain(&refused.key), plain(&refused.reason))
        })
    }
}

fn section<T>(
    out: &mut String,
    title: &str,
    rows: &[T],
    most: usize,
    text: impl Fn(&T) -> String,
) -> std::fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}:")?;
    for row in rows.iter().take(most) {
        writeln!(out, "  {}", text(row))?;
    }
    match rows.len().checked_sub(most) {
        Some(more) if more > 0 => writeln!(out, "  and {more} more"),
        _ => Ok(()),
    }
}

fn update(update: &Update) -> String {
    let mut text = format!("line {}  {}", update.line, plain(&update.key));
    if let Target::Stock { location_id, .. } = update.target {
        let _ = write!(text, "  location {location_id}");
    }
    for (name, after) in &update.after {
        let _ = write!(text, "  {name} {} -> {}", shown(update.before.get(name)), shown(Some(after)));
    }
    text
}

fn values(fields: &Fields) -> String {
    fields.iter().map(|(name, value)| format!("{name} {}", shown(Some(value)))).collect::<Vec<_>>().join("  ")
}
