//! `baxter export`: a stream of the mirror as a file with typed columns, for spreadsheets and warehouses.

mod column;
mod parquet;
mod text;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use baxter_engine::model::stream::Stream;
use baxter_engine::storage::{Error, Reader};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use self::column::{Column, Value};
use super::mirror::Mirrored;
use super::{Context, mirror, streams};
use crate::failure::{Code, Failure};
use crate::print::grouped;

/// Write a stream of the mirror to a Parquet, CSV or JSON lines file
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Rows are in the order of the key. The file is there when it is whole and on the disk, and not before, for \
    nobody but you to read (mode 0600); a name that ends in .parquet, .csv or .jsonl says what it becomes. Amounts are DECIMAL(38,10) in Parquet, digits as sent elsewhere; \
    times are UTC. No network is needed.\n\n\
    Examples:\n  \
    baxter export orders --to orders.parquet\n  \
    baxter export products --to products.csv\n  \
    baxter export customers --to customers.jsonl --raw"
)]
pub struct Args {
    /// The stream
    #[arg(value_parser = streams::StreamName, hide_possible_values = true)]
    stream: String,
    /// The file to write; one that is there is replaced
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Add the column `raw`: the record as the store sent it
    #[arg(long)]
    raw: bool,
}

/// Takes rows, one after the other.
trait Sink {
    fn row(&mut self, values: Vec<Value>) -> io::Result<()>;
    /// Writes what is left; answers the columns with values that had no place in the file, and how many these were.
    fn end(self: Box<Self>) -> io::Result<Vec<(String, u64)>>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Parquet,
    Csv,
    JsonLines,
}

/// What was written.
struct Written {
    rows: u64,
    lost: Vec<(String, u64)>,
}

/// What is told of it; `-o json` prints it.
#[derive(Serialize)]
struct Report<'a> {
    stream: &'a str,
    file: &'a str,
    rows: u64,
    lost: BTreeMap<String, u64>,
}

/// Writes the file.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    let stream = streams::find(&args.stream)?;
    let form = form(&args.to)?;
    let columns = column::of(stream, args.raw);
    let bar = bar(context.settings.quiet);
    let (to, counted) = (args.to.clone(), bar.clone());
    let mirrored = Mirrored::by(&context.settings);
    let written = mirror::read(&context.settings, move |reader| {
        mirrored.warn_of_unread(reader, stream)?;
        Ok(write(reader, stream, &columns, form, &to, &counted))
    })
    .await?;
    bar.finish_and_clear();
    let Written { rows, lost } = written?;
    for (column, count) in &lost {
        crate::print::tell(format_args!(
            "{column}: {} without room in DECIMAL(38,10), null there; CSV and JSON lines keep every digit",
            crate::print::counted(*count, "amount")
        ));
    }
    let file = args.to.display().to_string();
    let lost: BTreeMap<_, _> = lost.into_iter().collect();
    let report = Report { stream: &stream.name, file: &file, rows, lost };
    if context.printer.told(&report)? {
        return Ok(());
    }
    let noun = if rows == 1 { "row" } else { "rows" };
    context.printer.line(format_args!("{} {noun} of {} in {file}", grouped(rows), stream.name))
}

fn form(path: &Path) -> Result<Form, Failure> {
    match path.extension().and_then(|end| end.to_str()) {
        Some("parquet") => Ok(Form::Parquet),
        Some("csv") => Ok(Form::Csv),
        Some("jsonl" | "ndjson") => Ok(Form::JsonLines),
        _ => Err(Failure::usage(format!("`{}` does not say what it is to become", path.display()))
            .hint("let its name end in .parquet, .csv or .jsonl")),
    }
}

fn bar(quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(None, target);
    // The template is part of the program, and its test draws it.
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {human_pos} of {human_len} rows, {eta} left") {
        bar.set_style(style);
    }
    bar
}

fn write(
    reader: &mut Reader,
    stream: &'static Stream,
    columns: &[Column],
    form: Form,
    to: &Path,
    bar: &ProgressBar,
) -> Result<Written, Failure> {
    let file_failure = |error: io::Error| {
        let code = if error.kind() == io::ErrorKind::StorageFull { Code::DiskFull } else { Code::File };
        Failure::new(code, format!("cannot write: {error}")).at(to.display().to_string())
    };
    let storage_failure = |error: Error| crate::failure::mirror::failure(&error);
    bar.set_length(reader.count(stream).map_err(storage_failure)?);
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let part = tempfile::NamedTempFile::new_in(folder).map_err(file_failure)?;
    let out = part.reopen().map_err(file_failure)?;
    let mut sink = sink(form, columns, out).map_err(file_failure)?;
    let (mut rows, mut failed) = (0, None);
    let read = reader.query(&column::select(stream, columns), |_, row| {
        let values = columns.iter().zip(row).map(|(column, value)| column.value(value)).collect();
        rows += 1;
        if rows % 1024 == 0 {
            bar.set_position(rows);
        }
        sink.row(values).map_err(|error| {
            failed = Some(error);
            Error::Interrupted
        })
    });
    match (failed, read) {
        (Some(error), _) => return Err(file_failure(error)),
        (None, Err(error)) => return Err(storage_failure(error)),
        (None, Ok(_)) => {}
    }
    let lost = sink.end().map_err(file_failure)?;
    // What is behind the name is the old file or the new one, also after a loss of power.
    part.as_file().sync_all().map_err(file_failure)?;
    part.persist(to).map_err(|error| file_failure(error.error))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(file_failure)?;
    Ok(Written { rows, lost })
}

fn sink(form: Form, columns: &[Column], out: File) -> io::Result<Box<dyn Sink>> {
    Ok(match form {
        Form::Parquet => Box::new(parquet::Parquet::new(columns, out)?),
        Form::Csv => Box::new(text::Csv::new(columns, buffered(out))?),
        Form::JsonLines => Box::new(text::JsonLines::new(columns, buffered(out))),
    })
}

fn buffered(out: File) -> impl Write {
    BufWriter::with_capacity(256 * 1024, out)
}
