//! Flows as declared: one TOML file each, read, checked and compiled before anything runs.

mod form;
mod load;
mod problem;
mod secret;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use baxter_engine::model::stream::Stream;
use secrecy::SecretString;

use crate::expr::{Expression, Form};
use crate::retry::Retry;

pub use load::{load, parse};
pub use problem::{Problem, Problems};

/// A declared path: changes → filter → map → destination.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Its name, which its cursor and its idempotency keys go by.
    pub name: String,
    /// The file that declares it.
    pub file: PathBuf,
    /// Which changes it is about.
    pub on: Vec<On>,
    /// Which of them are delivered; all of them without.
    pub filter: Option<Expression>,
    /// What is delivered; the record without.
    pub map: Option<Expression>,
    /// Whether a record is delivered at most once, ever.
    pub once: bool,
    /// Where in the change log it begins when it runs for the first time.
    pub start: Start,
    /// Where it delivers.
    pub to: Destination,
    /// How failed deliveries are tried again.
    pub retry: Retry,
}

/// Changes of one stream.
#[derive(Debug, Clone)]
pub struct On {
    /// The stream.
    pub stream: &'static Stream,
    /// `created`, `updated`, `deleted`; empty for all of them.
    pub kinds: Vec<&'static str>,
}

/// Where a flow begins when it runs for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// With the oldest change of the log.
    #[default]
    Beginning,
    /// With the next change.
    Now,
}

/// Where a flow delivers.
#[derive(Debug, Clone)]
pub enum Destination {
    /// To an HTTP API.
    Http(Http),
    /// To the end of a file.
    File(File),
}

/// An HTTP API as destination.
#[derive(Debug, Clone)]
pub struct Http {
    /// `https`, or `http` to this machine.
    pub url: url::Url,
    /// `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: reqwest::Method,
    /// Further headers.
    pub headers: BTreeMap<String, String>,
    /// How it knows us.
    pub auth: Option<Auth>,
    /// For one request with its answer.
    pub timeout: Duration,
    /// How many requests may be under way at a time, of different records.
    pub concurrency: usize,
}

/// How an HTTP API knows us.
#[derive(Debug, Clone)]
pub enum Auth {
    /// `Authorization: Bearer …`
    Bearer(SecretString),
    /// `Authorization: Basic …`
    Basic {
        /// The user's name.
        user: String,
        /// The password.
        password: SecretString,
    },
    /// A header of the API's own.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: SecretString,
    },
}

/// A file as destination. It belongs to the flow: what others append is cut off.
#[derive(Debug, Clone)]
pub struct File {
    /// Where it is.
    pub path: PathBuf,
    /// How outputs are written.
    pub format: Format,
    /// What an empty file begins with.
    pub header: String,
}

/// How outputs are written to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One compact JSON value a line.
    Jsonl,
    /// Strings as they are, each ended by a line break.
    Text,
}

impl Flow {
    /// Whether a change of this stream and kind concerns it.
    pub fn concerns(&self, stream: &str, kind: &str) -> bool {
        self.on.iter().any(|on| on.stream.name == stream && (on.kinds.is_empty() || on.kinds.contains(&kind)))
    }

    /// The names of the streams it listens to.
    pub fn streams(&self) -> Vec<&'static str> {
        let mut names: Vec<&str> = self.on.iter().map(|on| on.stream.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What texts its outputs become.
    pub(crate) fn form(&self) -> Form {
        match &self.to {
            Destination::File(File { format: Format::Text, .. }) => Form::Strings,
            _ => Form::Json,
        }
    }
}

#[cfg(test)]
mod tests;
