//! The program `baxter`.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable))]

mod cli;
mod control;
mod daemon;
mod databases;
mod demo;
mod failure;
mod logging;
mod print;
mod progress;
mod retention;
mod settings;

use std::process::ExitCode;

fn main() -> ExitCode {
    // One TLS provider for the whole process; a second installation is refused, which is as good.
    rustls::crypto::ring::default_provider().install_default().ok();
    cli::main()
}
