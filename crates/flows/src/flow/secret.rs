//! References to secrets: a flow's file names where a secret is, and never holds it.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

/// The largest file that holds a secret.
const LARGEST: u64 = 64 * 1024;

/// What serde says was expected where a secret itself was written.
pub(super) const EXPECTED: &str = "expected a reference to a secret";

/// `{ env = "NAME" }` or `{ file = "path" }`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "a reference to a secret")]
pub(super) struct SecretRef {
    env: Option<String>,
    file: Option<PathBuf>,
}

impl SecretRef {
    /// The secret; relative files are looked for in `base`.
    pub(super) fn resolve(&self, base: &Path) -> Result<SecretString, String> {
        let text = match (&self.env, &self.file) {
            (Some(name), None) => std::env::var(name)
                .map_err(|_| format!("the environment variable {name} is not set, or is no text"))?,
            (None, Some(path)) => {
                let path = base.join(path);
                let io = |error: std::io::Error| format!("{}: {error}", path.display());
                if std::fs::metadata(&path).map_err(io)?.len() > LARGEST {
                    return Err(format!("{}: a secret is no longer than {LARGEST} bytes", path.display()));
                }
                std::fs::read_to_string(&path).map_err(io)?
            }
            _ => return Err("a secret is either { env = \"NAME\" } or { file = \"path\" }".to_owned()),
        };
        let text = text.trim_end_matches(['\n', '\r']);
        if text.is_empty() {
            return Err("the secret is empty".to_owned());
        }
        Ok(SecretString::from(text.to_owned()))
    }
}
