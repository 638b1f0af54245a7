//! `baxter doctor`: whether the token works, what it may read, and how clock and quota stand.

use baxter_engine::model::stream::selection;
use bigcommerce::{Client, Request};
use jiff::Timestamp;
use serde::Serialize;

use super::Context;
use crate::failure::client::Asked;
use crate::failure::{Code, Failure};
use crate::print::{Cell, Format, Printer};
use crate::settings::Settings;

/// More seconds than this between our clock and the store's are worth a warning.
const CLOCK_TOLERANCE: i64 = 60;
/// What can be said of scopes to write.
const UNSEEN: &str = "cannot be seen without writing";

/// Check token, scopes, clock and quota
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Reads one record of every stream and changes nothing. The exit code is 1 when something is amiss.\n\n\
    Examples:\n  \
    baxter doctor\n  \
    baxter doctor -o json"
)]
pub struct Args {}

/// What was found; `-o json` prints it.
#[derive(Serialize)]
struct Report {
    ok: bool,
    store: String,
    store_hash: String,
    api_url: String,
    token: &'static str,
    streams: Vec<StreamReport>,
    write_scopes: Vec<ScopeReport>,
    clock: Option<Clock>,
    quota: Option<Quota>,
}

#[derive(Serialize)]
struct StreamReport {
    stream: &'static str,
    scope: String,
    readable: bool,
    /// Not every store has everything; what it has not is passed over.
    offered: bool,
    problem: Option<String>,
    hint: Option<String>,
}

#[derive(Serialize)]
struct ScopeReport {
    scope: &'static str,
    writable: Option<bool>,
    note: &'static str,
}

#[derive(Serialize)]
struct Clock {
    store: String,
    ahead_seconds: i64,
}

#[derive(Serialize)]
struct Quota {
    limit: u32,
    left: u32,
    window_ms: u64,
    reset_ms: u64,
}

/// Asks for one record of every stream and reports.
pub async fn run(_: Args, context: &mut Context) -> Result<(), Failure> {
    let client = context.settings.prompt_client()?;
    let report = examine(&client, &context.settings).await?;
    match context.printer.format_or(Format::Table) {
        Format::Json => context.printer.json(&report)?,
        Format::Jsonl | Format::Csv | Format::Table => print(&report, &mut context.printer)?,
    }
    if report.ok { Ok(()) } else { Err(Failure::Silent) }
}

async fn examine(client: &Client, settings: &Settings) -> Result<Report, Failure> {
    let mut streams = Vec::new();
    let mut clock = None;
    for stream in selection::with_parents(&settings.streams) {
        let Some(path) = stream.path.as_ref().filter(|_| !stream.is_per_parent()) else { continue };
        let mut asked = Asked::of(settings);
        asked.stream = Some(stream);
        let mut offered = true;
        let problem = match client.send(Request::get(path).query("limit", 1)).await {
            Ok(response) => {
                clock = clock.or_else(|| response.date().map(compare_clocks));
                None
            }
            Err(error) if streams.iter().any(StreamReport::is_read) && is_not_offered(&error) => {
                offered = false;
                None
            }
            Err(error) => match asked.failure(&error) {
                failure if matters_for_all(&failure) => {
                    return Err(failure.did("stopped looking: everything else would fail the same way"));
                }
                failure => Some(failure),
            },
        };
        streams.push(StreamReport {
            stream: &stream.name,
            scope: stream.scope_to_read(),
            readable: problem.is_none() && offered,
            offered,
            hint: problem.as_ref().and_then(|failure| failure.hint_text().map(str::to_owned)),
            problem: problem.map(|failure| failure.what().to_owned()),
        });
    }
    Ok(Report {
        ok: streams.iter().all(|stream| stream.readable || !stream.offered)
            && clock.as_ref().is_none_or(|clock| clock.ahead_seconds.abs() <= CLOCK_TOLERANCE),
        store: settings.store.clone(),
        store_hash: client.store().to_string(),
        api_url: settings.given_api_url().unwrap_or("https://api.bigcommerce.com").into(),
        token: "accepted",
        write_scopes: scopes(settings)
            .into_iter()
            .map(|scope| ScopeReport { scope, writable: None, note: UNSEEN })
            .collect(),
        streams,
        clock,
        quota: client.quota().map(|quota| Quota {
            limit: quota.limit,
            left: quota.left,
            window_ms: millis(quota.window),
            reset_ms: millis(quota.reset_in),
        }),
    })
}

impl StreamReport {
    fn is_read(&self) -> bool {
        self.readable
    }
}

/// Whether the store has no such list at all.
fn is_not_offered(error: &bigcommerce::Error) -> bool {
    error.status().is_some_and(|status| matches!(status.as_u16(), 404 | 501))
}

/// Whether a failure is about the connection as a whole rather than about one stream.
fn matters_for_all(failure: &Failure) -> bool {
    matches!(
        failure.code(),
        Some(
            Code::TokenRefused
                | Code::Network
                | Code::QuotaExhausted
                | Code::Configuration
                | Code::StoreUnknown
        )
    )
}

fn scopes(settings: &Settings) -> Vec<&'static str> {
    let mut scopes: Vec<_> = settings.streams.iter().map(|stream| stream.scope.as_str()).collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

fn compare_clocks(store: Timestamp) -> Clock {
    // The header has whole seconds, and the answer took a while: this is not a measurement of less.
    Clock { store: store.to_string(), ahead_seconds: Timestamp::now().as_second() - store.as_second() }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn print(report: &Report, printer: &mut Printer) -> Result<(), Failure> {
    let mut rows = printer.rows(["check", "result", "detail"].map(String::from).into());
    let mut row = |check: String, result: &str, detail: String| {
        rows.row(vec![Cell::from(check), Cell::from(result), Cell::from(detail)])
    };
    row("store".into(), "ok", format!("{} at {}", report.store_hash, report.api_url))?;
    row("token".into(), "ok", "accepted".into())?;
    for stream in &report.streams {
        let (result, detail) = match (&stream.problem, stream.offered) {
            (Some(problem), _) => ("FAILED", problem.clone()),
            (None, true) => ("ok", stream.scope.clone()),
            (None, false) => ("-", "the store does not offer it".to_owned()),
        };
        row(format!("read {}", stream.stream), result, detail)?;
    }
    for scope in &report.write_scopes {
        row(format!("write {}", scope.scope), "?", scope.note.into())?;
    }
    if let Some(clock) = &report.clock {
        let result = if clock.ahead_seconds.abs() <= CLOCK_TOLERANCE { "ok" } else { "FAILED" };
        row("clock".into(), result, words_about(clock))?;
    }
    if let Some(quota) = &report.quota {
        let window = quota.window_ms as f64 / 1000.0;
        row("quota".into(), "ok", format!("{} of {} left in {window} s", quota.left, quota.limit))?;
    }
    rows.end()?;
    let hints: Vec<_> = report.streams.iter().filter_map(|stream| stream.hint.as_deref()).collect();
    for (i, hint) in hints.iter().enumerate().filter(|(i, hint)| !hints[..*i].contains(hint)) {
        if i == 0 {
            printer.note("");
        }
        printer.note(format_args!("hint: {hint}"));
    }
    Ok(())
}

fn words_about(clock: &Clock) -> String {
    match clock.ahead_seconds {
        0 => "as the store's".into(),
        ahead if ahead > 0 => format!("{ahead} s ahead of the store's"),
        behind => format!("{} s behind the store's", -behind),
    }
}
