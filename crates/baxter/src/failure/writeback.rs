//! Failures of planning and applying, in a person's words.

use baxter_writeback::{Error, desired, journal};

use super::client::Asked;
use super::{Code, Failure, mirror};

/// Words for an error of write-back.
pub fn failure(error: &Error, asked: &Asked) -> Failure {
    match error {
        Error::Desired(desired::Error::Io { file, source }) => {
            Failure::new(Code::File, format!("cannot read the file: {source}"))
                .at(file.clone())
                .did("planned nothing")
                .hint("check its name, and that this user may read it; - reads standard input")
        }
        Error::Desired(desired::Error::Form { file, line, column, what }) => {
            let column = column.as_ref().map(|column| format!(", column {column}")).unwrap_or_default();
            Failure::new(Code::File, what.clone())
                .at(format!("{file}, line {line}{column}"))
                .did("planned nothing")
                .hint("`baxter plan --help` tells the columns: UTF-8 text, commas between them, a line of names first")
        }
        Error::Mirror(error) => mirror::failure(error),
        Error::NotMirrored { stream } => {
            Failure::new(Code::MirrorMissing, format!("the mirror does not hold {stream} yet"))
                .did("planned nothing")
                .hint("run `baxter sync` first")
        }
        Error::Io { path, source } => {
            Failure::new(Code::File, format!("cannot use the plan's file: {source}"))
                .at(path.display().to_string())
                .hint("check its name and permissions; `baxter plan … --out FILE` makes one")
        }
        Error::NoPlan { path, reason } => {
            Failure::new(Code::PlanRefused, format!("this is no plan that can be applied: {reason}"))
                .at(path.display().to_string())
                .did("sent nothing")
                .hint("make one with `baxter plan … --out FILE`")
        }
        Error::OtherStore { .. } => Failure::new(Code::PlanRefused, error.to_string())
            .did("sent nothing")
            .hint("name the store that it was made for with --store"),
        Error::Applied { .. } => Failure::new(Code::PlanRefused, error.to_string())
            .did("sent nothing")
            .hint("plan anew: what is still to do is then in the new plan"),
        Error::Altered { .. } => Failure::new(Code::PlanRefused, error.to_string())
            .did("sent nothing")
            .hint("put the file back as it was to go on, or plan anew"),
        Error::Journal(journal::Error::Busy { dir }) => {
            Failure::new(Code::DataDirLocked, "another Baxter applies a plan with this data directory")
                .at(dir.display().to_string())
                .did("sent nothing")
                .hint("wait until it is done")
        }
        Error::Journal(error) => Failure::new(Code::DataDir, error.to_string())
            .hint("what was sent before is written down; the same command goes on from there"),
        Error::Interrupted { done, left, source } => asked
            .failure(source)
            .did(format!("{done} rows are done, {left} are left; the same command goes on from there")),
    }
}
