//! `baxter changes`: the change log, oldest first.

mod follow;
mod readers;
mod sink;

use std::time::{Duration, Instant};

use baxter_engine::storage::{Positions, Since};
use jiff::Timestamp;
use tokio::sync::mpsc;

use self::follow::{Part, Reading};
use self::sink::Sink;
pub use self::sink::{TABLE, table_row};
use super::{Context, blocking, mirror, streams};
use crate::failure::{Failure, mirror::failure};
use crate::print::{Format, Printer};

/// Print the change log, oldest first
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The oldest entries go when the configuration sets `log_retention`, but not before every flow and every \
    registered reader has read them. A position before that is refused: begin with --snapshot then.\n\n\
    Examples:\n  \
    baxter changes --since 2026-11-01T00:00:00Z --stream products\n  \
    baxter changes --since 1042 -o jsonl\n  \
    baxter changes --snapshot --follow -o jsonl\n  \
    baxter changes --reader erp -o jsonl\n  \
    baxter changes --follow -o jsonl | jq -c 'select(.kind == \"deleted\")'"
)]
pub struct Args {
    /// Only changes of this stream; may be repeated
    #[arg(long, value_name = "STREAM", value_delimiter = ',', value_parser = streams::StreamName, hide_possible_values = true)]
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
    /// Begin with every record as it is, then print what changes from there on
    #[arg(long, conflicts_with_all = ["since", "limit"])]
    snapshot: bool,
    /// Go on where this reader stopped, and remember where it stops; entries that it has not read are kept. With
    /// --since SEQ or --snapshot it begins anew there
    #[arg(long, value_name = "NAME", value_parser = reader_name)]
    reader: Option<String>,
    /// List who reads the log, flows too, and how far each is
    #[arg(long, conflicts_with_all = ["stream", "since", "limit", "follow", "snapshot", "reader", "forget"])]
    readers: bool,
    /// Forget a registered reader: entries are not kept for it any more
    #[arg(long, value_name = "NAME", conflicts_with_all = ["stream", "since", "limit", "follow", "snapshot", "reader"])]
    forget: Option<String>,
}

fn since(text: &str) -> Result<Since, String> {
    if let Ok(seq) = text.parse::<i64>() {
        return Ok(Since::Seq(seq));
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(Since::Time(time));
    }
    match text.parse::<jiff::civil::Date>().map(|date| date.to_zoned(jiff::tz::TimeZone::UTC)) {
        Ok(Ok(midnight)) => Ok(Since::Time(midnight.timestamp())),
        _ => Err("a sequence number, a date or a time such as 2026-11-01T00:00:00Z is needed".into()),
    }
}

fn reader_name(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.len() <= 64 && text.chars().all(|c| c.is_ascii_graphic());
    if fits {
        Ok(text.to_owned())
    } else {
        Err("a name of 1 to 64 printable ASCII characters is needed".into())
    }
}

/// Prints entries until there are no more, or for ever.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    if args.readers {
        return readers::list(context).await;
    }
    if let Some(name) = args.forget {
        return readers::forget(name, context).await;
    }
    let chosen = args.stream.iter().map(|name| streams::find(name)).collect::<Result<Vec<_>, _>>()?;
    let format = context.printer.format_or(Format::Table);
    if args.follow && format == Format::Json {
        return Err(Failure::usage("a JSON document has an end, --follow has none").hint("use -o jsonl"));
    }
    if !chosen.is_empty() {
        let (mirrored, named) = (mirror::Mirrored::by(&context.settings), chosen.clone());
        let warned = mirror::read(&context.settings, move |reader| {
            named.into_iter().try_for_each(|stream| mirrored.warn_of_unread(reader, stream))
        });
        warned.await?;
    }
    let mut since = args.since;
    let mut bookmark = None;
    if let Some(name) = args.reader {
        let (opened, position) = Bookmark::open(name, since, args.snapshot, context).await?;
        (bookmark, since) = (Some(opened), Some(Since::Seq(position)));
    } else if since.is_none() && !args.snapshot {
        tell_beginning(context).await?;
    }
    let reading = Reading {
        streams: chosen,
        since,
        snapshot: args.snapshot,
        limit: args.limit.unwrap_or(u64::MAX),
        follow: args.follow,
    };
    if reading.limit == 0 {
        return Ok(());
    }
    let Context { settings, printer, stop } = context;
    let (sender, parts) = mpsc::channel(1);
    let stopped = stop.clone();
    let reading = mirror::read(settings, move |reader| reading.run(reader, &stopped, &sender));
    let (read, printed) = tokio::join!(reading, print(parts, printer, format, bookmark));
    printed.and(read)?;
    if stop.is_cancelled() { Err(Failure::interrupted()) } else { Ok(()) }
}

/// Prints what is read. A failure ends it, and with that the reading.
async fn print(
    mut parts: mpsc::Receiver<Part>,
    printer: &mut Printer,
    format: Format,
    mut bookmark: Option<Bookmark>,
) -> Result<(), Failure> {
    let mut sink = Sink::new(printer, format);
    while let Some(part) = parts.recv().await {
        for entry in &part.entries {
            sink.entry(entry)?;
        }
        if part.end || bookmark.is_some() {
            sink.flush()?;
        }
        if let (Some(bookmark), Some(upto)) = (&mut bookmark, part.upto) {
            bookmark.put(upto, !part.entries.is_empty())?;
        }
    }
    sink.end()
}

/// Says so when the log does not begin with its first entry.
async fn tell_beginning(context: &Context) -> Result<(), Failure> {
    if let Some(trimmed) = mirror::read(&context.settings, |reader| reader.trimmed()).await? {
        context.printer.note(format_args!(
            "the change log begins after entry {}: older ones were let go of (`log_retention`); --snapshot begins with \
             all records",
            trimmed.upto
        ));
    }
    Ok(())
}

/// Says so when a reader that is known is to begin elsewhere than where it stopped.
async fn tell_moved(name: &str, first: i64, context: &Context) -> Result<(), Failure> {
    let known = mirror::read(&context.settings, |reader| reader.registered()).await?;
    match known.into_iter().find(|reader| reader.name == name).map(|reader| reader.seq) {
        Some(stood) if stood != first => crate::print::tell(format_args!(
            "the reader `{}` stood at entry {stood} and begins anew after entry {first}; without --since and --snapshot \
             it goes on where it stopped",
            crate::print::visible(name)
        )),
        Some(_) | None => {}
    }
    Ok(())
}

/// Where a registered reader stands.
struct Bookmark {
    name: String,
    positions: Positions,
    at: i64,
    put: Instant,
}

/// Between two notes of a position that moved over entries of other streams only.
const SELDOM: Duration = Duration::from_secs(5);

impl Bookmark {
    /// Registers the reader, or finds it; answers where it goes on.
    async fn open(
        name: String,
        since: Option<Since>,
        snapshot: bool,
        context: &Context,
    ) -> Result<(Bookmark, i64), Failure> {
        let first = match since {
            None => None,
            Some(Since::Seq(seq)) => Some(seq),
            Some(Since::Time(_)) => {
                return Err(Failure::usage("a reader begins after an entry, not at a time")
                    .hint("`baxter changes --since TIME --limit 1` shows the entry's number"));
            }
        };
        // What is committed after this is told by the snapshot, the log or both; never by neither.
        let first = match snapshot {
            true => Some(mirror::read(&context.settings, |reader| reader.last_seq()).await?),
            false => first,
        };
        if let Some(first) = first {
            tell_moved(&name, first, context).await?;
        }
        let (dir, wanted) = (context.settings.data_dir.clone(), name.clone());
        let opened = blocking(move || {
            let mut positions = Positions::open(&dir)?;
            let at = positions.register(&wanted, first, Timestamp::now())?;
            Ok::<_, baxter_engine::storage::Error>((positions, at))
        });
        let (positions, at) = opened.await?.map_err(|error| failure(&error))?;
        Ok((Bookmark { name, positions, at, put: Instant::now() }, at))
    }

    /// Everything up to `upto` is printed and handed over.
    fn put(&mut self, upto: i64, has_entries: bool) -> Result<(), Failure> {
        if upto <= self.at || (!has_entries && self.put.elapsed() < SELDOM) {
            return Ok(());
        }
        let kept = tokio::task::block_in_place(|| self.positions.keep(&self.name, upto, Timestamp::now()));
        kept.map_err(|error| failure(&error))?;
        (self.at, self.put) = (upto, Instant::now());
        Ok(())
    }
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
}
