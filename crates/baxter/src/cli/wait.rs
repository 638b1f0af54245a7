//! `baxter wait`: returns when a running `baxter serve` has nothing left to do.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use baxter_engine::storage::{self, Error, InboxCounts, InboxOwner, Poll};
use jiff::Timestamp;
use serde::Serialize;

use super::Context;
use crate::databases;
use crate::failure::mirror;
use crate::failure::{Code, Failure};
use crate::print::counted;

/// Wait until a running `baxter serve` has settled everything
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Settled means: no event waits in the inbox, every flow has read the change log to its end, and a poll \
    that began after this command found nothing.\n\n\
    Examples:\n  \
    baxter wait --settled\n  \
    baxter wait --settled --timeout 5m -o json"
)]
pub struct Args {
    /// Wait until everything is settled
    #[arg(long, required = true)]
    settled: bool,
    /// Give up after this time
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = crate::settings::interval)]
    timeout: Duration,
}

/// How it stands; `-o json` prints it.
#[derive(Debug, Serialize)]
struct Report {
    settled: bool,
    seconds: f64,
    events: u64,
    duplicates: u64,
    pending: u64,
    polls: u32,
}

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// Between two polls, which cost requests.
const PAUSE: Duration = Duration::from_millis(500);

/// Waits.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    let dir = context.settings.data_dir.clone();
    if !is_served(dir.clone()).await? {
        return Err(Failure::new(Code::DataDir, "no `baxter serve` runs on this data directory")
            .at(dir.display().to_string())
            .hint("start one, or name its directory with --data-dir"));
    }
    let inbox = databases::inbox(dir).await?;

    let began = Instant::now();
    let mut polls = 0;
    let mut last = Found::default();
    let settled = tokio::time::timeout(args.timeout, async {
        loop {
            last = round(&inbox).await?;
            polls += 1;
            if last.is_settled() {
                return Ok::<(), Error>(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    })
    .await;
    match settled {
        Ok(result) => result.map_err(|error| mirror::failure(&error))?,
        Err(_elapsed) => {
            let counts = inbox.run(|inbox| inbox.counts()).await.map_err(|error| mirror::failure(&error))?;
            let waiting = format!("not settled after {:?}: {}", args.timeout, last.words(counts));
            return Err(Failure::new(Code::NotSettled, waiting)
                .hint("give it longer with --timeout, and see what `baxter serve` prints"));
        }
    }
    let counts = inbox.run(|inbox| inbox.counts()).await.map_err(|error| mirror::failure(&error))?;
    let report = Report {
        settled: true,
        seconds: (began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
        events: counts.events,
        duplicates: counts.duplicates,
        pending: counts.pending,
        polls,
    };
    if context.printer.told(&report)? {
        return Ok(());
    }
    context.printer.line(format_args!(
        "settled after {:.1} s: {}, {} of them more than once, none waiting",
        report.seconds,
        counted(report.events, "event"),
        report.duplicates
    ))
}

/// What a poll and a look into the inbox found.
#[derive(Debug, Default)]
struct Found {
    pending: u64,
    /// Whether events came in between: what they brought may be on its way through the flows.
    disturbed: bool,
    poll: Option<Poll>,
}

impl Found {
    fn is_settled(&self) -> bool {
        let done = |poll: &Poll| poll.found == Some(0) && poll.unsettled == 0 && poll.error.is_none();
        self.pending == 0 && !self.disturbed && self.poll.as_ref().is_some_and(done)
    }

    fn words(&self, counts: InboxCounts) -> String {
        let poll = match &self.poll {
            None => "no poll ended".to_owned(),
            Some(Poll { error: Some(error), .. }) => format!("the last poll failed: {error}"),
            Some(poll) => format!(
                "the last poll found {} differences, and flows had {} changes to settle",
                poll.found.unwrap_or(0),
                poll.unsettled
            ),
        };
        let disturbed = if self.disturbed { ", while more events came" } else { "" };
        format!("{} events wait, {poll}{disturbed}", counts.pending)
    }
}

/// Waits for an empty inbox, then for a poll that begins after that, then looks again.
async fn round(inbox: &InboxOwner) -> Result<Found, Error> {
    let look = || inbox.run(|inbox| Ok((inbox.pending()?, inbox.newest()?)));
    let newest = loop {
        match look().await? {
            (0, newest) => break newest,
            _ => tokio::time::sleep(LOOK).await,
        }
    };
    let asked = inbox.run(|inbox| inbox.ask_poll(Timestamp::now())).await?;
    let poll = loop {
        match inbox.run(move |inbox| inbox.poll(asked)).await? {
            Some(poll) => break poll,
            None => tokio::time::sleep(LOOK).await,
        }
    };
    let (pending, now) = look().await?;
    Ok(Found { pending, disturbed: now != newest, poll: Some(poll) })
}

/// Whether another process writes the data directory.
pub async fn is_served(dir: PathBuf) -> Result<bool, Failure> {
    super::blocking(move || storage::is_served(&dir)).await?.map_err(|error| mirror::failure(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settled_is_when_nothing_came_and_nothing_is_left() {
        let poll = Poll { id: 1, found: Some(0), unsettled: 0, error: None };
        let quiet = || Found { pending: 0, disturbed: false, poll: Some(poll.clone()) };
        assert!(quiet().is_settled());
        assert!(!Found { disturbed: true, ..quiet() }.is_settled());
        assert!(!Found { pending: 1, ..quiet() }.is_settled());
        assert!(!Found { poll: None, ..quiet() }.is_settled());
        assert!(!Found { poll: Some(Poll { unsettled: 1, ..poll.clone() }), ..quiet() }.is_settled());
        assert!(!Found { poll: Some(Poll { found: Some(2), ..poll.clone() }), ..quiet() }.is_settled());
    }
}
