//! What became of a plan, row by row.

use std::fmt::Write;

use serde::Serialize;
use uuid::Uuid;

use super::{Row, is_done};
use crate::fields::plain;
use crate::journal::{Standing, State};
use crate::plan::{Kind, Plan, Target};
use crate::read_back::Settled;

/// What was to be done with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Make it.
    Create,
    /// Change it.
    Update,
}

/// The result of one row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowReport {
    /// The row's line in the file of desired rows.
    pub line: u64,
    /// SKU or e-mail, as the file has it.
    pub key: String,
    /// What was to be done.
    pub action: Action,
    /// Where, for stock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_id: Option<i64>,
    /// The customer's id, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<i64>,
    /// `applied`, `already`, `refused` or `failed`.
    pub result: State,
    /// Why it is refused or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How many rows have which result.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Stand in the store by our write.
    pub applied: usize,
    /// Stood there before.
    pub already: usize,
    /// Changed since the plan, and were left alone.
    pub refused: usize,
    /// Were sent, and do not stand in the store.
    pub failed: usize,
}

/// What became of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The plan.
    pub plan_id: Uuid,
    /// What it was a plan of.
    pub kind: Kind,
    /// The store.
    pub store_hash: String,
    /// Whether an earlier application of the plan was gone on with.
    pub resumed: bool,
    /// How many requests were sent to write; those of an earlier run are not in it.
    pub requests: u32,
    /// The rows' results by number.
    pub counts: Counts,
    /// Every row, in the order of the file.
    pub rows: Vec<RowReport>,
    /// Who brings what was written into mirror and change log; none when nothing was touched.
    pub read_back: Option<Settled>,
    /// Why that failed, if it did; applying the plan again tries it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_back_failed: Option<String>,
}

impl Report {
    pub(super) fn new(
        plan: &Plan,
        rows: &[Row],
        standings: &[Standing],
        requests: u32,
        resumed: bool,
    ) -> Report {
        let mut counts = Counts::default();
        let mut reports: Vec<RowReport> = rows
            .iter()
            .zip(standings)
            .map(|(row, standing)| {
                match standing.state {
                    State::Applied => counts.applied += 1,
                    State::Already => counts.already += 1,
                    State::Refused => counts.refused += 1,
                    State::Failed | State::Pending | State::Written => counts.failed += 1,
                }
                RowReport {
                    line: row.line,
                    key: row.key.to_owned(),
                    action: if row.target.is_none() { Action::Create } else { Action::Update },
                    location_id: row.target.and_then(Target::location_id),
                    customer_id: match row.target {
                        Some(Target::Customer { customer_id }) => Some(*customer_id),
                        _ => standing.record_id,
                    },
                    result: standing.state,
                    reason: standing.reason.clone(),
                }
            })
            .collect();
        reports.sort_by_key(|row| row.line);
        Report {
            plan_id: plan.id,
            kind: plan.kind,
            store_hash: plan.store_hash.clone(),
            resumed,
            requests,
            counts,
            rows: reports,
            read_back: None,
            read_back_failed: None,
        }
    }

    /// Whether every row stands in the store as planned, and mirror and change log know it or will.
    pub fn is_success(&self) -> bool {
        self.read_back_failed.is_none() && self.rows.iter().all(|row| is_done(row.result))
    }

    /// The results in words: a line for each row, and the totals.
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        for row in &self.rows {
            write!(out, "{:<7}  line {}  {}", row.result.as_str(), row.line, plain(&row.key))?;
            if let Some(id) = row.location_id {
                write!(out, "  location {id}")?;
            }
            if let Some(id) = row.customer_id {
                write!(out, "  customer {id}")?;
            }
            if let Some(reason) = &row.reason {
                write!(out, "  {}", plain(reason))?;
            }
            writeln!(out)?;
        }
        let Counts { applied, already, refused, failed } = self.counts;
        let requests = if self.requests == 1 { "request" } else { "requests" };
        writeln!(
            out,
            "{applied} applied, {already} already so, {refused} refused, {failed} failed ({} {requests})",
            self.requests
        )?;
        if let Some(why) = &self.read_back_failed {
            writeln!(out, "the mirror does not have it yet: {}", plain(why))?;
        }
        Ok(())
    }
}
