//! `baxter completions`: what a shell needs to complete our command lines.

use clap::CommandFactory;

use super::{Cli, Context};
use crate::failure::Failure;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    baxter completions bash > ~/.local/share/bash-completion/completions/baxter\n  \
    baxter completions zsh > ~/.zfunc/_baxter")]
pub struct Args {
    /// Which shell
    shell: clap_complete::Shell,
}

/// Prints them.
pub fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    // The generator panics when writing fails, so it writes to memory.
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "baxter", &mut text);
    std::io::Write::write_all(context.printer.out(), &text)?;
    Ok(())
}
