//! Every environment variable that Baxter reads. They are read once, here; nothing else looks.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::failure::{Code, Failure};

/// The configuration file.
pub const CONFIG: &str = "BAXTER_CONFIG";
/// Which store of the configuration file.
pub const STORE: &str = "BAXTER_STORE";
/// The store's hash.
pub const STORE_HASH: &str = "BAXTER_STORE_HASH";
/// The access token.
pub const TOKEN: &str = "BAXTER_TOKEN";
/// A file with the access token.
pub const TOKEN_FILE: &str = "BAXTER_TOKEN_FILE";
/// The client secret, which notifications are signed with.
pub const CLIENT_SECRET: &str = "BAXTER_CLIENT_SECRET";
/// A file with the client secret.
pub const CLIENT_SECRET_FILE: &str = "BAXTER_CLIENT_SECRET_FILE";
/// The API's origin.
pub const API_URL: &str = "BAXTER_API_URL";
/// Which streams are mirrored: patterns, parted by commas.
pub const STREAMS: &str = "BAXTER_STREAMS";
/// Where mirror and change log live.
pub const DATA_DIR: &str = "BAXTER_DATA_DIR";
/// How long entries of the change log are kept.
pub const LOG_RETENTION: &str = "BAXTER_LOG_RETENTION";
/// The output format.
pub const OUTPUT: &str = "BAXTER_OUTPUT";
/// Data and errors only.
pub const QUIET: &str = "BAXTER_QUIET";
/// How much is logged, 0 to 3.
pub const VERBOSE: &str = "BAXTER_VERBOSE";
/// Log directives, such as `bigcommerce=debug`.
pub const LOG: &str = "BAXTER_LOG";
/// How log lines are written: `text` or `json`.
pub const LOG_FORMAT: &str = "BAXTER_LOG_FORMAT";
/// Most requests at a time.
pub const CONCURRENCY: &str = "BAXTER_CONCURRENCY";
/// The share of the quota left to other apps.
pub const RESERVE: &str = "BAXTER_RESERVE";
/// How long one request may take.
pub const TIMEOUT: &str = "BAXTER_TIMEOUT";

/// The environment as it was when the program started.
#[derive(Default)]
pub struct Variables(HashMap<String, String>);

impl Variables {
    /// Takes the process's environment. What is not Unicode is left out.
    pub fn of_process() -> Self {
        Self(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        )
    }

    /// The variable's value; empty counts as unset.
    pub fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// The variable's value as a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.text(name).map(PathBuf::from)
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Variables {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// Reads a variable's value, naming the variable when it cannot be.
pub fn parse<T>(name: &str, text: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Result<T, Failure> {
    read(text).map_err(|reason| {
        Failure::new(Code::Configuration, reason).at(format!("environment variable {name}"))
    })
}
