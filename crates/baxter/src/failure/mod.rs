//! What a person reads when something failed: a code to look up, what failed and where, what Baxter
//! did about it, and what to do next. Every command fails with a [`Failure`]; the exit code comes from it.

pub mod client;
pub mod mirror;
pub mod writeback;

use std::fmt;
use std::process::ExitCode;

use crate::print::visible;

/// Exit code of a command that failed.
const FAILED: u8 = 1;
/// Exit code of a plan that has something to do, or a comparison that found differences, as `diff` and others report differences.
const CHANGES_PLANNED: u8 = 2;
/// Exit code of a command line that cannot be understood (`EX_USAGE` of sysexits).
pub const USAGE: u8 = 64;
/// Exit code after Ctrl-C, as shells report it (128 + SIGINT).
const INTERRUPTED: u8 = 130;

/// The names of failures, stable so that scripts can match them in `error[NAME]: …`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The command line asks for what does not exist.
    Usage,
    /// `baxter.toml` or a `BAXTER_*` variable is not usable.
    Configuration,
    /// The store's hash or token is not given.
    ConnectionMissing,
    /// 401.
    TokenRefused,
    /// 403.
    ScopeMissing,
    /// 404 for the whole store.
    StoreUnknown,
    /// 404 for one record or path.
    NotFound,
    /// 400 or 422 for a filter.
    FilterRefused,
    /// Another 4xx.
    RequestRefused,
    /// The quota stayed empty.
    QuotaExhausted,
    /// 5xx that stayed.
    StoreFailed,
    /// No connection.
    Network,
    /// An answer that is not what the API describes.
    AnswerUnreadable,
    /// No space left.
    DiskFull,
    /// Another process writes to the data directory.
    DataDirLocked,
    /// The data directory cannot be used.
    DataDir,
    /// Nothing was mirrored yet.
    MirrorMissing,
    /// Entries of the change log are not there any more.
    LogTrimmed,
    /// The SQL or jq text is not accepted.
    QueryRefused,
    /// A file of the user's could not be read or written.
    File,
    /// The simulator did not start.
    Simulator,
    /// The records of some streams could not be synced.
    SyncIncomplete,
    /// A comparison with the store had nothing to compare.
    NothingProved,
    /// A flow's file is not usable, or a flow cannot go on.
    Flow,
    /// Work was left when the time was up.
    NotSettled,
    /// The plan cannot be applied, or not any more.
    PlanRefused,
    /// Ctrl-C or SIGTERM.
    Interrupted,
    /// A mistake of Baxter's own.
    Internal,
}

impl Code {
    fn name(self) -> &'static str {
        match self {
            Code::Usage => "usage",
            Code::Configuration => "configuration",
            Code::ConnectionMissing => "connection-missing",
            Code::TokenRefused => "token-refused",
            Code::ScopeMissing => "scope-missing",
            Code::StoreUnknown => "store-unknown",
            Code::NotFound => "not-found",
            Code::FilterRefused => "filter-refused",
            Code::RequestRefused => "request-refused",
            Code::QuotaExhausted => "quota-exhausted",
            Code::StoreFailed => "store-failed",
            Code::Network => "network",
            Code::AnswerUnreadable => "answer-unreadable",
            Code::DiskFull => "disk-full",
            Code::DataDirLocked => "data-dir-locked",
            Code::DataDir => "data-dir",
            Code::MirrorMissing => "mirror-missing",
            Code::LogTrimmed => "log-trimmed",
            Code::QueryRefused => "query-refused",
            Code::File => "file",
            Code::Simulator => "simulator",
            Code::SyncIncomplete => "sync-incomplete",
            Code::NothingProved => "nothing-proved",
            Code::Flow => "flow",
            Code::NotSettled => "not-settled",
            Code::PlanRefused => "plan-refused",
            Code::Interrupted => "interrupted",
            Code::Internal => "internal",
        }
    }
}

/// Why a command ended early.
#[derive(Debug)]
pub enum Failure {
    /// To be shown to the person.
    Told(Box<Told>),
    /// The reader of our output went away (`| head`): nothing to say, nothing wrong.
    PipeClosed,
    /// The command has said all it had to say and only the exit code is left.
    Silent,
    /// A plan was made and has something to do, or a comparison found differences: said by the exit code alone.
    ChangesPlanned,
}

/// The parts of a failure's text.
#[derive(Debug)]
pub struct Told {
    code: Code,
    what: String,
    place: Option<String>,
    did: Option<String>,
    hint: Option<String>,
}

impl Failure {
    /// A failure named `code`; `what` is a lower-case sentence without a full stop.
    pub fn new(code: Code, what: impl Into<String>) -> Self {
        Failure::Told(Box::new(Told { code, what: what.into(), place: None, did: None, hint: None }))
    }

    /// A command line that asks for what does not exist.
    pub fn usage(what: impl Into<String>) -> Self {
        Failure::new(Code::Usage, what)
    }

    /// Ctrl-C or SIGTERM ended the command.
    pub fn interrupted() -> Self {
        Failure::new(Code::Interrupted, "stopped on request")
    }

    /// Says where it happened: a request, a file, a line.
    pub fn at(self, place: impl Into<String>) -> Self {
        self.with(|told| told.place = Some(place.into()))
    }

    /// Says what Baxter did about it, or left undone.
    pub fn did(self, did: impl Into<String>) -> Self {
        self.with(|told| told.did = Some(did.into()))
    }

    /// Says what to do next.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        self.with(|told| told.hint = Some(hint.into()))
    }

    /// As [`Failure::hint`], when there is something to say.
    pub fn maybe_hint(self, hint: Option<String>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Told)) -> Self {
        if let Failure::Told(told) = &mut self {
            change(told);
        }
        self
    }

    /// The code, for those which have one.
    pub fn code(&self) -> Option<Code> {
        match self {
            Failure::Told(told) => Some(told.code),
            Failure::PipeClosed | Failure::Silent | Failure::ChangesPlanned => None,
        }
    }

    /// The first line of the text, for lists of what failed.
    pub fn what(&self) -> &str {
        match self {
            Failure::Told(told) => &told.what,
            Failure::PipeClosed | Failure::Silent | Failure::ChangesPlanned => "",
        }
    }

    /// The hint, for lists of what failed.
    pub fn hint_text(&self) -> Option<&str> {
        match self {
            Failure::Told(told) => told.hint.as_deref(),
            Failure::PipeClosed | Failure::Silent | Failure::ChangesPlanned => None,
        }
    }

    /// What the process exits with.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::PipeClosed => 0,
            Failure::Silent => FAILED,
            Failure::ChangesPlanned => CHANGES_PLANNED,
            Failure::Told(told) => match told.code {
                Code::Usage => USAGE,
                Code::Interrupted => INTERRUPTED,
                _ => FAILED,
            },
        })
    }
}

impl fmt::Display for Failure {
    /// The text as it is printed, without colour, without a line feed at the end. Text that came from
    /// outside may hold terminal control characters; they are shown, not obeyed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure::Told(told) = self else { return Ok(()) };
        write!(f, "error[{}]: {}", told.code.name(), visible(&told.what))?;
        if let Some(place) = &told.place {
            write!(f, "\n  where:  {}", visible(place))?;
        }
        if let Some(did) = &told.did {
            write!(f, "\n  Baxter: {}", visible(did))?;
        }
        if let Some(hint) = &told.hint {
            write!(f, "\n\nhint: {}", visible(hint))?;
        }
        Ok(())
    }
}

/// Errors of writing our own output: a closed pipe is the reader's right.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Failure::PipeClosed,
            std::io::ErrorKind::StorageFull => {
                Failure::new(Code::DiskFull, "no space left to write the output")
            }
            _ => Failure::new(Code::File, format!("cannot write the output: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_all_parts_and_shows_control_characters() {
        let failure = Failure::new(Code::NotFound, "no \u{1b}[31mrecord")
            .at("GET /v3/x")
            .did("nothing")
            .hint("look\nelsewhere");
        assert_eq!(
            failure.to_string(),
            "error[not-found]: no \\u{1b}[31mrecord\n  where:  GET /v3/x\n  Baxter: nothing\n\nhint: look\nelsewhere"
        );
    }
}
