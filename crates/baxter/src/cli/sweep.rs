//! `baxter sweep`: finds what notifications and polls missed, and repairs it.

use super::{Context, streams, verify};
use crate::failure::Failure;

/// Find what notifications and polls missed, and repair it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Reads what the store has, whole, in the fewest requests, and corrects the mirror where it differs. A sweep \
    that was interrupted goes on where it stopped. `baxter serve` does the same by itself, stream after stream; while it \
    runs, it carries out this one too.\n\n\
    Exit codes: 0 nothing was missed, 2 something was and is repaired, 1 failed, or nothing was there to be compared.\n\n\
    Examples:\n  \
    baxter sweep\n  \
    baxter sweep variants categories -o json"
)]
pub struct Args {
    /// Streams to sweep; patterns such as order_* are understood [default: those that are mirrored]
    #[arg(value_name = "STREAM", value_parser = streams::StreamName, hide_possible_values = true)]
    streams: Vec<String>,
}

/// Sweeps, and prints what was found.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    verify::compare(&args.streams, false, false, context).await
}
