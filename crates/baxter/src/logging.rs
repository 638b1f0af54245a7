//! Log lines: to standard error, only as many as asked for.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::settings::Settings;

/// Our own crates: raising the level for all would drown them in the HTTP library's lines.
const OURS: [&str; 5] = ["baxter", "baxter_engine", "baxter_server", "bigcommerce", "storesim"];

/// Starts logging for the rest of the process.
pub fn start(settings: &Settings) {
    let level = match (settings.quiet, settings.verbose) {
        (true, 0) => LevelFilter::ERROR,
        (_, 0) => LevelFilter::WARN,
        (_, 1) => LevelFilter::INFO,
        (_, 2) => LevelFilter::DEBUG,
        (_, _) => LevelFilter::TRACE,
    };
    let directives = settings.log.clone().unwrap_or_else(|| {
        let ours = OURS.map(|name| format!("{name}={level}"));
        format!("error,{}", ours.join(","))
    });
    let lines = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse_lossy(directives))
        .with_writer(std::io::stderr);
    if settings.log_json {
        return lines.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
    }
    lines
        .with_ansi(
            std::io::stderr().is_terminal()
                && anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never,
        )
        .with_target(settings.verbose > 1)
        .init();
}
