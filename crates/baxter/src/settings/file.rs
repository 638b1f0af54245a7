//! Reads `baxter.toml`. Unknown keys are refused with the nearest name, values are checked where they
//! stand, and all problems are reported at once.

use std::collections::BTreeMap;
use std::io::Read;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use baxter_engine::model::stream::{Stream, selection};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::report::{self, Problem};
use crate::failure::{Code, Failure};
use crate::print::Format;
use baxter_engine::model::nearest::nearest;

/// No configuration is larger than this.
const FILE_MAX: u64 = 1024 * 1024;

/// The keys of the file.
const ROOT: [&str; 9] = [
    "default_store",
    "data_dir",
    "log_retention",
    "output",
    "quiet",
    "verbose",
    "streams",
    "stores",
    "requests",
];
/// The keys of a store.
const STORE: [&str; 6] = ["hash", "token", "client_secret", "api_url", "data_dir", "streams"];
/// The keys of `[requests]`.
const REQUESTS: [&str; 3] = ["concurrency", "reserve", "timeout"];

/// What a file says; what it does not say is absent.
#[derive(Debug, Default)]
pub struct FileSettings {
    pub default_store: Option<String>,
    pub data_dir: Option<PathBuf>,
    pub log_retention: Option<Option<Duration>>,
    pub output: Option<Format>,
    pub quiet: Option<bool>,
    pub verbose: Option<u8>,
    pub streams: Option<Vec<&'static Stream>>,
    pub stores: BTreeMap<String, FileStore>,
    pub concurrency: Option<NonZeroUsize>,
    pub reserve: Option<f64>,
    pub timeout: Option<Duration>,
}

/// One `[stores.NAME]`.
#[derive(Debug, Default)]
pub struct FileStore {
    pub hash: Option<String>,
    pub token: Option<FileSecret>,
    pub client_secret: Option<FileSecret>,
    pub api_url: Option<String>,
    pub data_dir: Option<PathBuf>,
    pub streams: Option<Vec<&'static Stream>>,
}

/// A secret by reference.
#[derive(Debug, Clone, PartialEq)]
pub enum FileSecret {
    /// In this variable.
    Env(String),
    /// In this file, from where the configuration file is.
    File(PathBuf),
}

/// Reads the file at `path`. A missing file is nothing said, unless somebody asked for it by name.
pub fn read(path: &Path, asked_for: bool) -> Result<Option<FileSettings>, Failure> {
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(FILE_MAX + 1).read_to_string(&mut text));
    match read {
        Ok(size) if size as u64 > FILE_MAX => {
            Err(Failure::new(Code::Configuration, "the configuration file is larger than 1 MiB")
                .at(path.display().to_string()))
        }
        Ok(_) => parse(&text).map(Some).map_err(|problems| report::failure(path, &text, &problems)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !asked_for => Ok(None),
        Err(error) => {
            Err(Failure::new(Code::Configuration, format!("cannot read the configuration file: {error}"))
                .at(path.display().to_string())
                .hint("`baxter init` writes one to start from"))
        }
    }
}

/// Reads a file's text.
pub fn parse(text: &str) -> Result<FileSettings, Vec<Problem>> {
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let problem = |error: &toml::de::Error| Problem {
            span: error.span().unwrap_or(0..0),
            what: error.message().into(),
            hint: None,
        };
        return Err(errors.iter().map(problem).collect());
    }
    let mut reader = Reader::default();
    let settings = reader.root(root.get_ref());
    if reader.problems.is_empty() { Ok(settings) } else { Err(reader.problems) }
}

#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn root(&mut self, table: &DeTable) -> FileSettings {
        self.unknown(table, &ROOT, "the file");
        let mut settings = FileSettings {
            default_store: self.string(table, "default_store"),
            data_dir: self.string(table, "data_dir").map(PathBuf::from),
            log_retention: self.checked(table, "log_retention", super::retention),
            output: self.checked(table, "output", super::format),
            quiet: self.value(table, "quiet", "true or false", |value| value.as_bool()),
            verbose: self.value(table, "verbose", "a number from 0 to 3", |value| {
                value.as_integer()?.as_str().parse().ok().filter(|level| *level <= 3)
            }),
            streams: self.streams(table),
            ..FileSettings::default()
        };
        if let Some(stores) = self.table(table, "stores") {
            for (name, value) in stores {
                let Some(store) = value.get_ref().as_table() else {
                    self.problem(value.span(), "a store is a table: write [stores.NAME]");
                    continue;
                };
                let store = self.store(store);
                settings.stores.insert(name.get_ref().to_string(), store);
            }
        }
        if let (Some(default), Some(at)) = (&settings.default_store, table.get("default_store"))
            && !settings.stores.contains_key(default)
        {
            let names = settings.stores.keys().map(String::as_str);
            let guess = nearest(default, names).map(|meant| format!("; did you mean `{meant}`?"));
            let what = format!("there is no [stores.{default}]{}", guess.unwrap_or_default());
            self.problem(at.span(), what);
        }
        if let Some(requests) = self.table(table, "requests") {
            self.unknown(requests, &REQUESTS, "[requests]");
            settings.concurrency = self.value(requests, "concurrency", "a number from 1 to 64", |value| {
                super::concurrency(value.as_integer()?.as_str()).ok()
            });
            settings.reserve = self.value(requests, "reserve", "a number from 0 to 0.9", |value| {
                let text = match value {
                    DeValue::Integer(number) => number.as_str(),
                    DeValue::Float(number) => number.as_str(),
                    _ => return None,
                };
                super::share(text).ok()
            });
            settings.timeout = self.checked(requests, "timeout", super::duration);
        }
        settings
    }

    fn store(&mut self, table: &DeTable) -> FileStore {
        self.unknown(table, &STORE, "a store");
        FileStore {
            hash: self.string(table, "hash"),
            token: table.get("token").and_then(|value| self.secret("token", value)),
            client_secret: table.get("client_secret").and_then(|value| self.secret("client_secret", value)),
            api_url: self.string(table, "api_url"),
            data_dir: self.string(table, "data_dir").map(PathBuf::from),
            streams: self.streams(table),
        }
    }

    /// The streams that a list of patterns means.
    fn streams(&mut self, table: &DeTable) -> Option<Vec<&'static Stream>> {
        let patterns =
            self.value(table, "streams", "a list of texts: [\"products\", \"order_*\"]", |value| {
                let texts = value.as_array()?.iter().map(|entry| entry.get_ref().as_str().map(str::to_owned));
                texts.collect::<Option<Vec<String>>>()
            })?;
        match selection::choose(patterns.iter().map(String::as_str)) {
            Ok(streams) => Some(streams),
            Err(missing) => {
                let span = table.get("streams").map_or(0..0, Spanned::span);
                self.problem(span, super::unknown_stream(&missing));
                None
            }
        }
    }

    fn secret(&mut self, key: &str, value: &Spanned<DeValue>) -> Option<FileSecret> {
        let forms = format!("write {key} = {{ env = \"NAME\" }} or {key} = {{ file = \"PATH\" }}");
        let Some(table) = value.get_ref().as_table() else {
            // The span would print the secret's line; point at nothing wider than its first character.
            let at = value.span().start;
            self.problems.push(Problem {
                span: at..at,
                what: format!("a {} in plain text", key.replace('_', " ")),
                hint: Some(forms),
            });
            return None;
        };
        self.unknown(table, &["env", "file"], "a secret");
        match (self.string(table, "env"), self.string(table, "file")) {
            (Some(name), None) => Some(FileSecret::Env(name)),
            (None, Some(path)) => Some(FileSecret::File(path.into())),
            _ => {
                self.problem(value.span(), format!("one of `env` and `file` is needed: {forms}"));
                None
            }
        }
    }

    fn unknown(&mut self, table: &DeTable, known: &[&str], whose: &str) {
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref();
            let elsewhere = [
                (&ROOT[..], "it stands at the top of the file, before the first [table]"),
                (&STORE, "it belongs to a store: write it below [stores.NAME]"),
                (&REQUESTS, "write it below [requests]"),
            ];
            let place = elsewhere.iter().find(|(keys, _)| keys.contains(&name.as_ref()));
            // `store_hash` for `hash`, `url` for `api_url`.
            let last = |key: &str| key.rsplit(['_', '-']).next().map(str::to_owned);
            let alike = || known.iter().copied().find(|key| last(key) == last(name));
            let hint = match (nearest(name, known.iter().copied()).or_else(alike), place) {
                (_, Some((_, place))) => (*place).to_owned(),
                (Some(meant), None) => format!("did you mean `{meant}`?"),
                (None, None) => format!("known in {whose}: {}", known.join(", ")),
            };
            let what = format!("unknown key `{name}`");
            self.problems.push(Problem { span: key.span(), what, hint: Some(hint) });
        }
    }

    fn table<'a, 'i>(&mut self, table: &'a DeTable<'i>, key: &str) -> Option<&'a DeTable<'i>> {
        let value = table.get(key)?;
        let found = value.get_ref().as_table();
        if found.is_none() {
            self.problem(value.span(), format!("`{key}` must be a table"));
        }
        found
    }

    fn string(&mut self, table: &DeTable, key: &str) -> Option<String> {
        self.value(table, key, "text in quotes", |value| value.as_str().map(str::to_owned))
    }

    fn checked<T>(
        &mut self,
        table: &DeTable,
        key: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.string(table, key)?;
        match read(&text) {
            Ok(value) => Some(value),
            Err(reason) => {
                let span = table.get(key).map_or(0..0, Spanned::span);
                self.problem(span, reason);
                None
            }
        }
    }

    fn value<T>(
        &mut self,
        table: &DeTable,
        key: &str,
        wanted: &str,
        read: impl FnOnce(&DeValue) -> Option<T>,
    ) -> Option<T> {
        let value = table.get(key)?;
        let found = read(value.get_ref());
        if found.is_none() {
            self.problem(value.span(), format!("`{key}` must be {wanted}"));
        }
        found
    }

    fn problem(&mut self, span: Range<usize>, what: impl Into<String>) {
        self.problems.push(Problem { span, what: what.into(), hint: None });
    }
}
