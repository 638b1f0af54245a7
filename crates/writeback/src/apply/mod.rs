//! Applying a plan: exactly its rows, each step in the journal before it is sent, and seen in the store before it
//! counts as done.
//!
//! For each window of rows: the present state is [read](present), each row is [judged](judge) by it, what is to be
//! sent goes out in the widest [batches](batch), and a batch that the store refuses is [taken apart](blame) until
//! the good rows are through. At the end everything that was written is read back until it shows.

mod batch;
mod blame;
mod judge;
mod present;
mod report;
mod run;

use std::collections::BTreeSet;
use std::time::Duration;

pub use report::{Action, Counts, Report, RowReport};

use crate::journal::{Journal, State};
use crate::plan::{Plan, Target};
use crate::{Error, Fields, ReadBack, Sender};
use run::Run;

/// How long the store is given.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How long what was written may take to show.
    pub visible_within: Duration,
    /// The wait before looking again; it doubles each time.
    pub first_wait: Duration,
    /// The longest wait before looking again.
    pub longest_wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            visible_within: Duration::from_secs(60),
            first_wait: Duration::from_millis(250),
            longest_wait: Duration::from_secs(5),
        }
    }
}

/// One row of the plan that is to be written.
struct Row<'a> {
    line: u64,
    key: &'a str,
    /// The record that is changed; none when one is made.
    target: Option<&'a Target>,
    before: Option<&'a Fields>,
    after: &'a Fields,
}

/// Creates, then updates: the order by which the journal numbers them.
fn rows(plan: &Plan) -> Vec<Row<'_>> {
    let creates = plan.creates.iter().map(|create| Row {
        line: create.line,
        key: &create.key,
        target: None,
        before: None,
        after: &create.after,
    });
    let updates = plan.updates.iter().map(|update| Row {
        line: update.line,
        key: &update.key,
        target: Some(&update.target),
        before: Some(&update.before),
        after: &update.after,
    });
    creates.chain(updates).collect()
}

/// Applies `plan` to the store `store_hash`, or goes on where an earlier call ended.
///
/// Dropping the future is safe at every point: the next call with the same plan goes on. Fails, with the rest to be
/// done by such a call, when the store stops answering; a row that cannot be written is no failure but stands in
/// the report. A plan of another store, one that was applied already and one that was altered since it was begun
/// are refused before anything is sent.
pub async fn apply<S: Sender, R: ReadBack>(
    plan: &Plan,
    store_hash: &str,
    store: &S,
    journal: &mut Journal,
    read_back: &R,
    options: &Options,
) -> Result<Report, Error> {
    if plan.store_hash != store_hash {
        return Err(Error::OtherStore { theirs: plan.store_hash.clone(), ours: store_hash.to_owned() });
    }
    let begun = journal.begin(plan)?;
    let resumed = begun.resumed;
    let mut run = Run::new(plan, store, journal, options, begun);
    for window in run.windows() {
        run.write(&window).await?;
    }
    run.see().await?;
    let mut report = run.report(resumed);
    for (stream, ids) in touched(plan, &run) {
        match read_back.read_back(stream, &ids).await {
            Ok(settled) => report.read_back = Some(settled),
            Err(failure) => {
                tracing::warn!(stream, error = %failure, "what was written could not be read back");
                report.read_back_failed = Some(failure.to_string());
                // The plan stays unfinished, so that applying it again reads back what is missing.
                return Ok(report);
            }
        }
    }
    run.finish()?;
    Ok(report)
}

/// What the mirror has to learn, by stream: also of rows that were refused, since there it is known to be behind.
///
/// Stock shows in products and their variants too (`inventory_level`).
fn touched<S: Sender>(plan: &Plan, run: &Run<'_, S>) -> Vec<(&'static str, Vec<i64>)> {
    let mut products = BTreeSet::new();
    let mut customers = BTreeSet::new();
    for update in &plan.updates {
        match update.target {
            Target::Stock { product_id, .. } => products.insert(product_id),
            Target::Customer { customer_id } => customers.insert(customer_id),
        };
    }
    customers.extend(run.standings().iter().filter_map(|standing| standing.record_id));
    let products: Vec<i64> = products.into_iter().collect();
    [
        ("inventory_items", products.clone()),
        ("products", products),
        ("customers", customers.into_iter().collect()),
    ]
    .into_iter()
    .filter(|(_, ids)| !ids.is_empty())
    .collect()
}

/// Whether a report's state is a success.
fn is_done(state: State) -> bool {
    matches!(state, State::Applied | State::Already)
}
