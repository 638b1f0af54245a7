//! `baxter changes`: the change log, oldest first.

use std::time::Duration;

use baxter_engine::storage::{ChangeEntry, Since};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::status::seconds;
use super::{Context, mirror, streams};
use crate::failure::Failure;
use crate::print::{Cell, Documents, Format, Printer, Rows};

/// Entries read at a time.
const CHUNK: u32 = 1000;
/// How often `--follow` looks for new entries.
const PAUSE: Duration = Duration::from_millis(300);
/// Differences that a table names.
const SHOWN: usize = 3;
/// Columns of a table.
pub const TABLE: [&str; 7] = ["seq", "at", "stream", "key", "kind", "noticed_by", "changes"];
/// Members of an entry, in the order in which JSON and CSV have them.
const MEMBERS: [&str; 9] =
    ["seq", "stream", "key", "kind", "noticed_by", "at", "store_at", "changes", "record"];

/// Print the change log, oldest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    baxter changes --since 2026-11-01T00:00:00Z --stream products\n  \
    baxter changes --since 1042 -o jsonl\n  \
    baxter changes --follow -o jsonl | jq -c 'select(.kind == \"deleted\")'")]
pub struct Args {
    /// Only changes of this stream; may be repeated
    #[arg(long, value_name = "STREAM", value_delimiter = ',')]
    stream: Vec<String>,
    /// Only changes after this sequence number, or from this time on
    #[arg(long, value_name = "SEQ|TIME", value_parser = since)]
    since: Option<Since>,
    /// Stop after so many
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Wait for further changes and print them as they come
    #[arg(long)]
    follow: bool,
}

fn since(text: &str) -> Result<Since, String> {
    if let Ok(seq) = text.parse::<i64>() {
        return Ok(Since::Seq(seq));
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(Since::Time(time));
    }
    match text.parse::<jiff::civil::Date>().map(|date| date.to_zoned(jiff::tz::TimeZone::UTC)) {
        Ok(Ok(midnight)) => Ok(Since::Time(midnight.timestamp())),
        _ => Err("a sequence number, a date or a time such as 2026-11-01T00:00:00Z is needed".into()),
    }
}

/// Prints entries until there are no more, or for ever.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    let mut wanted = Vec::new();
    for name in &args.stream {
        wanted.push(streams::find(name)?.name.as_str());
    }
    let Context { settings, printer, stop } = context;
    let format = printer.format_or(Format::Table);
    if args.follow && format == Format::Json {
        return Err(Failure::usage("a JSON document has an end, --follow has none").hint("use -o jsonl"));
    }
    let mut sink = Sink::new(printer, format);
    let mut since = args.since;
    let mut left = args.limit.unwrap_or(u64::MAX);
    while left > 0 && !stop.is_cancelled() {
        let most = u32::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let streams = wanted.clone();
        let part = mirror::read(settings, move |reader| reader.changes(since, &streams, most)).await?;
        let count = part.entries.len();
        left -= count as u64;
        since = part.last.map(Since::Seq).or(since);
        for entry in &part.entries {
            sink.entry(entry)?;
        }
        if count == most as usize {
            continue;
        }
        if !args.follow {
            break;
        }
        sink.flush()?;
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = stop.cancelled() => {}
        }
    }
    sink.end()?;
    if stop.is_cancelled() { Err(Failure::interrupted()) } else { Ok(()) }
}

/// Where entries go.
enum Sink<'a> {
    Documents(Documents<'a>),
    Rows(Rows<'a>, Format),
}

impl<'a> Sink<'a> {
    fn new(printer: &'a mut Printer, format: Format) -> Self {
        let columns: &[&str] = match format {
            Format::Json | Format::Jsonl => return Sink::Documents(printer.documents()),
            Format::Table => &TABLE,
            Format::Csv => &MEMBERS,
        };
        Sink::Rows(printer.rows(columns.iter().map(|name| (*name).to_owned()).collect()), format)
    }

    fn entry(&mut self, entry: &ChangeEntry) -> Result<(), Failure> {
        match self {
            Sink::Documents(documents) => {
                documents.document(&serde_json::to_string(entry).map_err(std::io::Error::other)?)
            }
            Sink::Rows(rows, Format::Table) => rows.row(table_row(entry)),
            Sink::Rows(rows, _) => rows.row(csv_row(entry)),
        }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        match self {
            Sink::Documents(documents) => documents.flush(),
            Sink::Rows(rows, _) => rows.flush(),
        }
    }

    fn end(self) -> Result<(), Failure> {
        match self {
            Sink::Documents(documents) => documents.end(),
            Sink::Rows(rows, _) => rows.end().map(|_| ()),
        }
    }
}

/// An entry for people; see [`TABLE`].
pub fn table_row(entry: &ChangeEntry) -> Vec<Cell> {
    vec![
        entry.seq.into(),
        seconds(&entry.at).into(),
        entry.stream.as_str().into(),
        entry.key.as_str().into(),
        entry.kind.as_str().into(),
        entry.noticed_by.as_str().into(),
        summary(&entry.changes).into(),
    ]
}

fn csv_row(entry: &ChangeEntry) -> Vec<Cell> {
    let raw = |json: &RawValue| Cell::Json(json.get().to_owned());
    vec![
        entry.seq.into(),
        entry.stream.as_str().into(),
        entry.key.as_str().into(),
        entry.kind.as_str().into(),
        entry.noticed_by.as_str().into(),
        entry.at.as_str().into(),
        entry.store_at.as_deref().into(),
        raw(&entry.changes),
        entry.record.as_deref().map_or(Cell::Null, raw),
    ]
}

#[derive(Deserialize)]
struct Difference<'a> {
    path: String,
    #[serde(borrow)]
    old: Option<&'a RawValue>,
    #[serde(borrow)]
    new: Option<&'a RawValue>,
}

/// The first few differences in words: `price: 10 → 12`.
fn summary(changes: &RawValue) -> String {
    let Ok(mut differences) = serde_json::from_str::<Vec<Difference>>(changes.get()) else {
        return String::new();
    };
    // That the time of modification moved says least.
    differences.sort_by_key(|difference| difference.path == "date_modified");
    let value = |json: Option<&RawValue>| json.map_or("nothing", RawValue::get).to_owned();
    let mut words: Vec<String> = differences
        .iter()
        .take(SHOWN)
        .map(|difference| {
            format!("{}: {} → {}", difference.path, value(difference.old), value(difference.new))
        })
        .collect();
    if differences.len() > SHOWN {
        words.push(format!("{} more", differences.len() - SHOWN));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn understands_where_to_begin() {
        assert_eq!(since("12"), Ok(Since::Seq(12)));
        let midnight = "2026-11-01T00:00:00Z".parse().unwrap();
        assert_eq!(since("2026-11-01T00:00:00Z"), Ok(Since::Time(midnight)));
        assert_eq!(since("2026-11-01"), Ok(Since::Time(midnight)));
        assert!(since("yesterday-ish").is_err());
    }

    #[test]
    fn tells_differences_in_words() {
        let changes = r#"[{"path":"price","old":10,"new":12.50},{"path":"u.p","new":"x"}]"#;
        let changes = RawValue::from_string(changes.into()).unwrap();
        assert_eq!(summary(&changes), "price: 10 → 12.50, u.p: nothing → \"x\"");
    }
}
