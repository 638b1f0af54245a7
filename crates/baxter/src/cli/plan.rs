//! `baxter plan`: what a file of desired rows would change in the store. Sends nothing.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use baxter_engine::storage::Reader;
use baxter_writeback::plan::{self, Naming, Plan, Target};
use baxter_writeback::{Error, Fields, desired};
use jiff::Timestamp;
use uuid::Uuid;

use super::Context;
use crate::failure::{Code, Failure, writeback};
use crate::print::{Cell, Format};

/// Show what a file would change in the store, and write it down as a plan
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Nothing is sent: the file is compared with the mirror. `baxter apply` sends a plan.\n\
    Exit codes: 0 nothing to do, 2 there are changes, 1 failed.\n\n\
    Examples:\n  \
    baxter plan inventory stock.csv\n  \
    baxter plan inventory stock.csv --out stock.plan\n  \
    baxter plan customers people.csv -o json"
)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Stock: CSV with the columns sku, quantity and, where there are several, location_id
    Inventory(Desired),
    /// Customers: CSV with the column email and any of first_name, last_name, company, phone, notes,
    /// customer_group_id, tax_exempt_category; empty cells leave a field as it is
    Customers(Desired),
}

#[derive(Debug, clap::Args)]
struct Desired {
    /// The CSV file; - is standard input
    file: PathBuf,
    /// Write the plan to this file
    #[arg(long, value_name = "PLAN")]
    out: Option<PathBuf>,
    /// The most rows of each list that are shown as text
    #[arg(long, value_name = "N", default_value_t = 20)]
    rows: usize,
}

/// Plans and prints.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    let dir = context.settings.data_dir.clone();
    let (desired, planned) = match args.what {
        What::Inventory(desired) => {
            let file = desired.file.clone();
            let make = move || {
                let rows = desired::inventory(open(&file)?, &name(&file))?;
                plan::inventory(&rows, &mut Reader::open(&dir)?, naming(&file))
            };
            (desired, tokio::task::spawn_blocking(make).await)
        }
        What::Customers(desired) => {
            let file = desired.file.clone();
            let make = move || {
                let rows = desired::customers(open(&file)?, &name(&file))?;
                plan::customers(&rows, &mut Reader::open(&dir)?, naming(&file))
            };
            (desired, tokio::task::spawn_blocking(make).await)
        }
    };
    let words = |error: Error| writeback::failure(&error, &context.asked());
    let plan = planned.map_err(|ended| super::ended(&ended))?.map_err(words)?;
    if let Some(out) = &desired.out {
        plan.save(out).map_err(words)?;
    }
    print(&plan, desired.rows, context)?;
    context.printer.flush()?;
    if plan.changes() == 0 {
        // Rows that cannot be carried out are not nothing.
        return match plan.refused.is_empty() {
            true => Ok(()),
            false => Err(Failure::new(Code::PlanRefused, "there is nothing to do but what the plan refuses")
                .hint("each refused row is shown with its reason; the file has to be put right")),
        };
    }
    match &desired.out {
        Some(out) => context.printer.note(format_args!("to send it: baxter apply {} --yes", out.display())),
        None => context.printer.note("nothing is written down: --out FILE makes a plan that can be applied"),
    }
    Err(Failure::ChangesPlanned)
}

fn open(path: &Path) -> Result<Box<dyn Read>, Error> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let io = |source| desired::Error::Io { file: path.display().to_string(), source };
    Ok(Box::new(File::open(path).map_err(io)?))
}

fn name(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

fn naming(file: &Path) -> Naming {
    Naming { id: Uuid::now_v7(), made_at: Timestamp::now(), source: name(file) }
}

/// Prints a plan in the format asked for; as text with at most `most` rows of each list.
pub fn print(plan: &Plan, most: usize, context: &mut Context) -> Result<(), Failure> {
    match context.printer.format_or(Format::Table) {
        Format::Json => context.printer.json(plan),
        Format::Table => context.printer.line(plan.text(most).trim_end()),
        Format::Jsonl | Format::Csv => rows(plan, context),
    }
}

fn rows(plan: &Plan, context: &mut Context) -> Result<(), Failure> {
    let columns = ["action", "line", "key", "location_id", "before", "after", "reason"];
    let mut rows = context.printer.rows(columns.map(String::from).into());
    let fields = |fields: &Fields| Cell::Json(serde_json::Value::Object(fields.clone()).to_string());
    let place = |target: &Target| target.location_id().into();
    for create in &plan.creates {
        let after = fields(&create.after);
        let key = create.key.as_str().into();
        rows.row(vec!["create".into(), create.line.into(), key, Cell::Null, Cell::Null, after, Cell::Null])?;
    }
    for update in &plan.updates {
        rows.row(vec![
            "update".into(),
            update.line.into(),
            update.key.as_str().into(),
            place(&update.target),
            fields(&update.before),
            fields(&update.after),
            Cell::Null,
        ])?;
    }
    for refused in &plan.refused {
        let (key, reason) = (refused.key.as_str().into(), refused.reason.as_str().into());
        rows.row(vec![
            "refuse".into(),
            refused.line.into(),
            key,
            Cell::Null,
            Cell::Null,
            Cell::Null,
            reason,
        ])?;
    }
    rows.end()?;
    Ok(())
}
