//! `baxter completions`: what a shell needs to complete our command lines.

use clap::CommandFactory;

use super::{Cli, Context};
use crate::failure::Failure;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "A new shell completes then; zsh looks into ~/.zfunc when ~/.zshrc has \
    `fpath+=~/.zfunc` before `compinit`.\n\n\
    Examples:\n  \
    d=~/.local/share/bash-completion/completions; mkdir -p $d && baxter completions bash > $d/baxter\n  \
    d=~/.config/fish/completions; mkdir -p $d && baxter completions fish > $d/baxter.fish\n  \
    d=~/.zfunc; mkdir -p $d && baxter completions zsh > $d/_baxter")]
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
