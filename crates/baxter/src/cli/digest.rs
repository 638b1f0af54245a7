//! `baxter digest`: one number for all records of a stream, to compare with the store's.

use super::mirror::Mirrored;
use super::{Context, mirror, streams};
use crate::failure::Failure;
use crate::print::Format;

/// Print the digest of a stream in the mirror
#[derive(Debug, clap::Args)]
#[command(
    after_help = "SHA-256 over the canonical JSON of every record in key order. A simulated store answers the same \
    for its own data at /_sim/digest/STREAM.\n\n\
    Examples:\n  \
    baxter digest products\n  \
    baxter digest orders -o json"
)]
pub struct Args {
    /// Which stream
    #[arg(value_parser = streams::StreamName, hide_possible_values = true)]
    stream: String,
}

/// Computes and prints it.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    let stream = streams::find(&args.stream)?;
    let mirrored = Mirrored::by(&context.settings);
    let digest = mirror::read(&context.settings, move |reader| {
        mirrored.warn_of_unread(reader, stream)?;
        reader.digest(stream)
    });
    let digest = digest.await?;
    if context.printer.format_or(Format::Table) == Format::Json {
        return context.printer.line(serde_json::to_string(&digest).map_err(std::io::Error::other)?);
    }
    let mut rows = context.printer.rows(["stream", "count", "sha256"].map(String::from).into());
    rows.row(vec![digest.stream.into(), digest.count.into(), digest.sha256.into()])?;
    rows.end()?;
    Ok(())
}
