//! The command line: one file per command, each with its arguments and what it does with them.

mod api;
mod apply;
pub mod changes;
mod completions;
mod digest;
mod doctor;
mod export;
pub mod flows;
mod get;
mod hooks;
mod init;
mod listen;
pub mod mirror;
mod misread;
mod plan;
pub mod query;
mod ready;
mod serve;
mod sim;
mod sql;
mod status;
mod streams;
mod sweep;
pub mod sync;
mod trigger;
mod verify;
mod wait;

use std::process::ExitCode;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::demo;
use crate::failure::client::Asked;
use crate::failure::{Code, Failure, USAGE};
use crate::print::{Format, Printer};
use crate::settings::{GlobalArgs, Settings, Variables};

/// Keeps a BigCommerce store in step with the rest of a business.
#[derive(Debug, Parser)]
#[command(
    name = "baxter",
    version,
    arg_required_else_help = true,
    max_term_width = 100,
    args_override_self = true
)]
#[command(after_help = "Begin with `baxter demo`: it needs no store and nothing to configure.\n\
    Exit codes: 0 done, 1 failed, 2 a plan has changes or differences were found, 64 not understood, 130 stopped with Ctrl-C.")]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Init(init::Args),
    Doctor(doctor::Args),
    Sync(sync::Args),
    Serve(serve::Args),
    Wait(wait::Args),
    Verify(verify::Args),
    Sweep(sweep::Args),
    Hooks(hooks::Args),
    Flows(flows::Args),
    Streams(streams::Args),
    Status(status::Args),
    Query(query::Args),
    Sql(sql::Args),
    Changes(changes::Args),
    Digest(digest::Args),
    Export(export::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Get(get::Args),
    Api(api::Args),
    Sim(sim::Args),
    Trigger(trigger::Args),
    Listen(listen::Args),
    Demo(demo::Args),
    Completions(completions::Args),
}

impl Command {
    /// Whether the command works with a store or its mirror, and so with the configuration file.
    fn reads_the_file(&self) -> bool {
        !matches!(self, Command::Init(_) | Command::Sim(_) | Command::Demo(_) | Command::Completions(_))
    }

    /// What is said to somebody who asks for a form in which the command prints nothing.
    fn refuses(&self, format: Format) -> Option<Failure> {
        let (what, hint) = match (self, format) {
            (Command::Init(_), _) => ("`baxter init` writes a configuration file", "leave out -o"),
            (Command::Completions(_), _) => ("`baxter completions` prints a script", "leave out -o"),
            (Command::Demo(_), _) => ("`baxter demo` prints a show", "leave out -o"),
            (Command::Serve(_), _) => {
                ("`baxter serve` prints no data", "leave out -o; --log-json writes its log for machines")
            }
            (Command::Sim(_), _) => (
                "`baxter sim` prints no data",
                "leave out -o; --ready-file FILE tells a program where it listens",
            ),
            (Command::Api(_), Format::Table | Format::Csv) => (
                "`baxter api` prints the body as it came",
                "`baxter get STREAM` prints records in rows; --jq picks from a body",
            ),
            (Command::Listen(_), Format::Csv) => {
                ("notifications have no columns in common", "-o jsonl prints each as a line of JSON")
            }
            _ => return None,
        };
        Some(Failure::usage(format!("`-o {}` has no meaning here: {what}", format.name())).hint(hint))
    }

    /// Whether the command ends by itself, in order, when asked to stop.
    fn stops_in_order(&self) -> bool {
        matches!(
            self,
            Command::Serve(_)
                | Command::Listen(_)
                | Command::Sim(_)
                | Command::Demo(_)
                | Command::Sync(_)
                | Command::Verify(_)
                | Command::Sweep(_)
                | Command::Changes(_)
                | Command::Apply(_)
        )
    }
}

/// What every command is given.
pub struct Context {
    /// Flags, variables and file, resolved.
    pub settings: Settings,
    /// All output.
    pub printer: Printer,
    /// Cancelled by Ctrl-C and SIGTERM.
    pub stop: CancellationToken,
}

impl Context {
    /// What is known about requests to that store, for words about failures.
    pub fn asked(&self) -> Asked<'_> {
        Asked::of(&self.settings)
    }
}

/// Words for a part of Baxter that ended before it was done.
pub fn ended(error: &tokio::task::JoinError) -> Failure {
    Failure::new(Code::Internal, format!("a part of Baxter ended early: {error}"))
}

/// Runs what blocks on a thread that may.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| ended(&error))
}

/// Runs the command line of the process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let arguments: Vec<String> =
                std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
            if let Some(failure) = misread::failure(&error, &arguments) {
                return end(&Printer::new(None, false), Err(failure));
            }
            // Nobody to tell when even this cannot be written.
            error.print().ok();
            return if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    if let Some(failure) = cli.global.output.and_then(|format| cli.command.refuses(format)) {
        return end(&Printer::new(None, cli.global.quiet), Err(failure));
    }
    let variables = Variables::of_process();
    let resolved = match &cli.command {
        command if !command.reads_the_file() => Settings::without_file(&cli.global, &variables),
        // What is said for all stores can be had from any of them.
        Command::Serve(args) if args.all_stores() => Settings::all(&cli.global, &variables)
            .and_then(|mut all| all.pop().map(|(_, settings)| settings).ok_or_else(serve::no_stores)),
        _ => Settings::resolve(&cli.global, &variables),
    };
    let settings = match resolved {
        Ok(settings) => settings,
        Err(failure) => return end(&Printer::new(None, cli.global.quiet), Err(failure)),
    };
    crate::logging::start(&settings);
    let printer = Printer::new(settings.output, settings.quiet);
    let mut context = Context { settings, printer, stop: CancellationToken::new() };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let failure = Failure::new(Code::Internal, format!("cannot start: {error}"));
            return end(&context.printer, Err(failure));
        }
    };
    let result = runtime.block_on(run(cli, &mut context));
    // Threads that read or compute for a command that was stopped must not hold the process.
    runtime.shutdown_background();
    let result = result.and_then(|()| context.printer.flush());
    end(&context.printer, result)
}

fn end(printer: &Printer, result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            printer.failure(&failure);
            failure.exit_code()
        }
    }
}

async fn run(cli: Cli, context: &mut Context) -> Result<(), Failure> {
    if !matches!(&cli.command, Command::Sql(args) if args.prompts()) {
        watch_signals(context.stop.clone())?;
    }
    let stop = context.stop.clone();
    let at_once = !cli.command.stops_in_order();
    let command = async {
        match cli.command {
            Command::Init(args) => init::run(args, &cli.global, context),
            Command::Doctor(args) => doctor::run(args, context).await,
            Command::Sync(args) => sync::run(args, context).await,
            Command::Serve(args) => serve::run(args, &cli.global, context).await,
            Command::Wait(args) => wait::run(args, context).await,
            Command::Verify(args) => verify::run(args, context).await,
            Command::Sweep(args) => sweep::run(args, context).await,
            Command::Hooks(args) => hooks::run(args, context).await,
            Command::Flows(args) => flows::run(args, context).await,
            Command::Streams(args) => streams::run(args, context).await,
            Command::Status(args) => status::run(args, context).await,
            Command::Query(args) => query::run(args, context).await,
            Command::Sql(args) => sql::run(args, context).await,
            Command::Changes(args) => changes::run(args, context).await,
            Command::Digest(args) => digest::run(args, context).await,
            Command::Export(args) => export::run(args, context).await,
            Command::Plan(args) => plan::run(args, context).await,
            Command::Apply(args) => apply::run(args, context).await,
            Command::Get(args) => get::run(args, context).await,
            Command::Api(args) => api::run(args, context).await,
            Command::Listen(args) => listen::run(args, context).await,
            Command::Trigger(args) => trigger::run(args, context).await,
            Command::Sim(args) => sim::run(args, &cli.global, context).await,
            Command::Demo(args) => demo::run(args, context).await,
            Command::Completions(args) => completions::run(args, context),
        }
    };
    tokio::select! {
        result = command => result,
        () = stop.cancelled(), if at_once => Err(Failure::interrupted()),
    }
}

/// The first Ctrl-C or SIGTERM asks for an end in order, the second is one.
fn watch_signals(stop: CancellationToken) -> Result<(), Failure> {
    let listen = |kind| {
        signal(kind)
            .map_err(|error| Failure::new(Code::Internal, format!("cannot watch for signals: {error}")))
    };
    let mut interrupts = listen(SignalKind::interrupt())?;
    let mut terminations = listen(SignalKind::terminate())?;
    tokio::spawn(async move {
        for again in [false, true] {
            tokio::select! {
                _ = interrupts.recv() => {}
                _ = terminations.recv() => {}
            }
            if again {
                std::process::exit(130);
            }
            stop.cancel();
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
