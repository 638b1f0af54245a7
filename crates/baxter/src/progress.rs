//! How a sync goes on, while it does: a bar on a terminal, plain lines elsewhere, nothing when quiet.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use baxter_engine::model::change::NoticedBy;
use baxter_engine::model::stream::Stream;
use baxter_engine::sync::{Observer, StreamSummary};
use bigcommerce::Client;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::print::grouped;

/// How often a plain line tells that a long stream is still being read.
const PLAIN_PAUSE: Duration = Duration::from_secs(5);

/// Shows a sync on standard error.
pub struct Progress {
    client: Client,
    look: Look,
    records: AtomicU64,
    total: AtomicU64,
    /// When the stream began, and when a plain line was last written.
    times: Mutex<(Instant, Instant)>,
}

enum Look {
    Bar(ProgressBar),
    Lines,
    Nothing,
}

impl Progress {
    /// Progress of a sync through `client`.
    pub fn new(client: Client, quiet: bool) -> Self {
        let look = if quiet {
            Look::Nothing
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            bar.set_style(unsized_style());
            bar.enable_steady_tick(Duration::from_millis(200));
            Look::Bar(bar)
        } else {
            Look::Lines
        };
        let now = Instant::now();
        Self {
            client,
            look,
            records: AtomicU64::new(0),
            total: AtomicU64::new(0),
            times: Mutex::new((now, now)),
        }
    }

    /// Takes the bar away; what was written stays.
    pub fn clear(&self) {
        if let Look::Bar(bar) = &self.look {
            bar.finish_and_clear();
        }
    }

    fn line(&self, text: &str) {
        match &self.look {
            Look::Bar(bar) => bar.println(text),
            // Standard error closed: there is nobody left to tell.
            Look::Lines => drop(writeln!(std::io::stderr().lock(), "{text}")),
            Look::Nothing => {}
        }
    }

    /// Requests so far, and what is left of the store's quota.
    fn requests(&self) -> String {
        let mut text = format!("{} requests", grouped(self.client.stats().requests));
        if let Some(quota) = self.client.quota() {
            text.push_str(&format!(", quota {}/{}", grouped(quota.left.into()), grouped(quota.limit.into())));
        }
        text
    }

    /// Time left by what was read so far, where the store said how much there is.
    fn time_left(&self, since: Instant) -> Option<Duration> {
        let (done, total) = (self.records.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        let left = total.checked_sub(done).filter(|_| done > 0 && total > 0)?;
        let seconds = since.elapsed().as_secs_f64() * left as f64 / done as f64;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

impl Observer for Progress {
    fn began(&self, stream: &'static Stream, way: NoticedBy, resumed: bool) {
        self.records.store(0, Ordering::Relaxed);
        self.total.store(0, Ordering::Relaxed);
        let now = Instant::now();
        *self.times.lock().unwrap_or_else(PoisonError::into_inner) = (now, now);
        let again = if resumed { ", going on where it stopped" } else { "" };
        match &self.look {
            Look::Bar(bar) => {
                bar.set_style(unsized_style());
                bar.set_length(0);
                bar.set_position(0);
                bar.reset();
                bar.set_prefix(stream.name.clone());
                bar.set_message(format!("{way}{again}"));
            }
            Look::Lines if resumed => self.line(&format!("{}: {way}{again}", stream.name)),
            Look::Lines | Look::Nothing => {}
        }
    }

    fn total(&self, _: &'static Stream, records: u64) {
        self.total.store(records, Ordering::Relaxed);
        if let Look::Bar(bar) = &self.look {
            bar.set_length(records);
            bar.set_style(sized_style());
        }
    }

    fn parents(&self, stream: &'static Stream, parents: u64) {
        if parents > 0 && !matches!(self.look, Look::Nothing) {
            let whose = stream.parent.as_ref().map_or("parents", |parent| parent.stream.as_str());
            let requests = if parents == 1 { "request" } else { "requests" };
            self.line(&format!("{}: {} {requests}, one for each of {whose}", stream.name, grouped(parents)));
        }
    }

    fn page(&self, stream: &'static Stream, records: u64) {
        let done = self.records.fetch_add(records, Ordering::Relaxed) + records;
        match &self.look {
            Look::Bar(bar) => {
                bar.set_position(done);
                bar.set_message(self.requests());
            }
            Look::Lines => {
                let began = {
                    let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
                    if times.1.elapsed() < PLAIN_PAUSE {
                        return;
                    }
                    times.1 = Instant::now();
                    times.0
                };
                let total = self.total.load(Ordering::Relaxed);
                let of = if total > 0 { format!(" of {}", grouped(total)) } else { String::new() };
                let left = self.time_left(began).map(|left| format!(", {} s left", left.as_secs()));
                self.line(&format!(
                    "{}: {}{of} records, {}{}",
                    stream.name,
                    grouped(done),
                    self.requests(),
                    left.unwrap_or_default()
                ));
            }
            Look::Nothing => {}
        }
    }

    fn note(&self, stream: &'static Stream, text: &str) {
        self.line(&format!("{}: {}", stream.name, crate::print::visible(text)));
    }

    fn ended(&self, summary: &StreamSummary) {
        let name = &summary.stream.name;
        if summary.skipped.is_some() {
            // Told already, with the reason.
            return;
        }
        if summary.error.is_some() {
            return self.line(&format!("{name}: not complete"));
        }
        let done = summary.committed;
        let mut parts = Vec::new();
        for (count, word) in [
            (done.created, "created"),
            (done.updated, "updated"),
            (done.deleted, "deleted"),
            (done.unchanged, "unchanged"),
            (done.aside, "kept aside"),
        ] {
            if count > 0 {
                parts.push(format!("{} {word}", grouped(count)));
            }
        }
        if parts.is_empty() {
            parts.push("nothing new".into());
        }
        let requests = if summary.requests == 1 { "request" } else { "requests" };
        self.line(&format!(
            "{name}: {} ({}, {} {requests}, {:.1} s)",
            parts.join(", "),
            summary.way,
            grouped(summary.requests),
            summary.seconds
        ));
    }
}

fn sized_style() -> ProgressStyle {
    style("{prefix:>16} {bar:30} {human_pos}/{human_len} records  {msg}  {eta} left")
}

fn unsized_style() -> ProgressStyle {
    style("{prefix:>16} {spinner} {human_pos} records  {msg}")
}

fn style(template: &str) -> ProgressStyle {
    // The templates are constants; were one wrong, a plain bar would do.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
