//! What a command is told, resolved once: flags, then `BAXTER_*` variables, then `baxter.toml`, then
//! defaults. Commands get plain values and look at neither the environment nor the file.

mod connection;
mod file;
mod report;
mod variables;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use baxter_engine::model::stream::selection::{self, NoSuchStream};
use baxter_engine::model::stream::{self, Stream};
use connection::SecretSource;
use file::{FileSecret, FileSettings};
pub use variables::Variables;

use crate::failure::{Code, Failure};
use crate::print::Format;
use baxter_engine::model::nearest::nearest;

/// The file that is read when none is named.
pub const FILE: &str = "baxter.toml";
/// The annotated file that `baxter init` writes; it parses to the defaults.
pub const REFERENCE: &str = include_str!("reference.toml");

/// Flags that every command takes, before or after its name.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Configuration file [default: baxter.toml, if there is one] [env: BAXTER_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Which store of the configuration file [env: BAXTER_STORE]
    #[arg(long, global = true, value_name = "NAME")]
    pub store: Option<String>,
    /// The store's hash, as in https://api.bigcommerce.com/stores/HASH [env: BAXTER_STORE_HASH]
    #[arg(long, global = true, value_name = "HASH")]
    pub store_hash: Option<String>,
    /// The API account's access token; a variable or a file shows it to fewer eyes [env: BAXTER_TOKEN]
    #[arg(long, global = true, value_name = "TOKEN", conflicts_with = "token_file")]
    pub token: Option<SecretArg>,
    /// Read the access token from this file [env: BAXTER_TOKEN_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Origin of the API; /stores/HASH/… is appended [default: https://api.bigcommerce.com] [env: BAXTER_API_URL]
    #[arg(long, global = true, value_name = "URL")]
    pub api_url: Option<String>,
    /// Where mirror and change log live [default: ./baxter-data] [env: BAXTER_DATA_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// How data is printed [env: BAXTER_OUTPUT]
    #[arg(short, long, global = true, value_name = "FORMAT", hide_possible_values = true)]
    #[arg(help = "How data is printed: table, json, jsonl or csv [env: BAXTER_OUTPUT]")]
    pub output: Option<Format>,
    /// Print data and errors only [env: BAXTER_QUIET]
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Log to standard error; twice for every request, thrice for everything [env: BAXTER_VERBOSE]
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Log lines as JSON objects, for machines [env: BAXTER_LOG_FORMAT=json]
    #[arg(long, global = true)]
    pub log_json: bool,
}

/// A secret on the command line; its `Debug` does not show it.
#[derive(Clone)]
pub struct SecretArg(String);

impl SecretArg {
    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretArg {
    fn from(token: String) -> Self {
        Self(token)
    }
}

impl std::fmt::Debug for SecretArg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretArg(…)")
    }
}

/// Everything resolved.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The store's name in the configuration, `default` where there is none.
    pub store: String,
    /// Where mirror and change log live.
    pub data_dir: PathBuf,
    /// How long entries of the change log are kept; for ever without it.
    pub log_retention: Option<Duration>,
    /// The format asked for, if one was.
    pub output: Option<Format>,
    /// Data and errors only.
    pub quiet: bool,
    /// 0 to 3.
    pub verbose: u8,
    /// Log directives that replace what `verbose` chooses.
    pub log: Option<String>,
    /// Log lines are JSON objects.
    pub log_json: bool,
    /// How requests are sent.
    pub requests: Requests,
    /// The streams that are mirrored unless a command says otherwise.
    pub streams: Vec<&'static Stream>,
    /// The configuration file that is meant, if one was named.
    pub named_file: Option<PathBuf>,
    /// The configuration file that was read, and whether the store stands in it.
    file: Option<(PathBuf, bool)>,
    hash: Option<String>,
    token: SecretSource,
    client_secret: SecretSource,
    api_url: Option<String>,
}

/// How requests are sent to the store.
#[derive(Debug, Clone, PartialEq)]
pub struct Requests {
    /// Most requests at a time.
    pub concurrency: NonZeroUsize,
    /// The share of the quota left to other apps of the store, 0 to 0.9.
    pub reserve: f64,
    /// How long one request may take.
    pub timeout: Duration,
}

impl Default for Requests {
    fn default() -> Self {
        let concurrency = const { NonZeroUsize::new(4).unwrap() };
        Self { concurrency, reserve: 0.1, timeout: Duration::from_secs(60) }
    }
}

impl Settings {
    /// Combines flags, variables and file. Fails when the file or a variable is not usable; a missing
    /// hash or token is for the commands that need one, see [`Settings::connection`].
    pub fn resolve(args: &GlobalArgs, variables: &Variables) -> Result<Self, Failure> {
        let named = args.config.clone().or_else(|| variables.path(variables::CONFIG));
        let path = named.clone().unwrap_or_else(|| FILE.into());
        match file::read(&path, named.is_some())? {
            Some(file) => Self::combine(args, variables, file, Some(path)),
            None => Self::combine(args, variables, FileSettings::default(), None),
        }
    }

    /// The same for each store of the configuration file, with its name there.
    pub fn all(args: &GlobalArgs, variables: &Variables) -> Result<Vec<(String, Self)>, Failure> {
        let named = args.config.clone().or_else(|| variables.path(variables::CONFIG));
        let path = named.clone().unwrap_or_else(|| FILE.into());
        let file = file::read(&path, named.is_some())?.unwrap_or_default();
        let of = |name: &String| {
            let one = GlobalArgs { store: Some(name.clone()), ..args.clone() };
            Ok((name.clone(), Self::resolve(&one, variables)?))
        };
        file.stores.keys().map(of).collect()
    }

    /// As [`Settings::resolve`], for commands that a configuration file does not concern.
    pub fn without_file(args: &GlobalArgs, variables: &Variables) -> Result<Self, Failure> {
        Self::combine(args, variables, FileSettings::default(), None)
    }

    fn combine(
        args: &GlobalArgs,
        variables: &Variables,
        file: FileSettings,
        file_path: Option<PathBuf>,
    ) -> Result<Self, Failure> {
        // Paths in the file are meant from where the file is.
        let folder = file_path.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();

        let asked = args.store.clone().or_else(|| variables.text(variables::STORE));
        let store = choose_store(asked, &file, file_path.as_deref())?;
        let declared = file.stores.get(&store);

        let given_hash = args.store_hash.clone().or_else(|| variables.text(variables::STORE_HASH));
        let declared_hash = declared.and_then(|declared| declared.hash.clone());
        // A token goes only to the store it was declared for.
        let same_store = given_hash.is_none() || declared_hash.is_none() || given_hash == declared_hash;
        let declared_secrets = declared.filter(|_| same_store);
        let by_reference = |secret: Option<FileSecret>| match secret {
            Some(FileSecret::Env(name)) => match variables.text(&name) {
                Some(text) => SecretSource::Given(text.into()),
                None => SecretSource::UnsetVariable(name),
            },
            Some(FileSecret::File(path)) => SecretSource::File(folder.join(path)),
            None => SecretSource::Missing,
        };

        let token = if let Some(token) = &args.token {
            SecretSource::Given(token.clone())
        } else if let Some(path) = &args.token_file {
            SecretSource::File(path.clone())
        } else if let Some(token) = variables.text(variables::TOKEN) {
            SecretSource::Given(token.into())
        } else if let Some(path) = variables.path(variables::TOKEN_FILE) {
            SecretSource::File(path)
        } else {
            by_reference(declared_secrets.and_then(|declared| declared.token.clone()))
        };
        let client_secret = if let Some(secret) = variables.text(variables::CLIENT_SECRET) {
            SecretSource::Given(secret.into())
        } else if let Some(path) = variables.path(variables::CLIENT_SECRET_FILE) {
            SecretSource::File(path)
        } else {
            by_reference(declared_secrets.and_then(|declared| declared.client_secret.clone()))
        };

        let streams = match variables.text(variables::STREAMS) {
            Some(text) => Some(variables::parse(variables::STREAMS, &text, streams)?),
            None => declared.and_then(|declared| declared.streams.clone()).or(file.streams.clone()),
        };
        let defaults = Requests::default();
        let timeout = match variables.text(variables::TIMEOUT) {
            Some(text) => Some(variables::parse(variables::TIMEOUT, &text, duration)?),
            None => file.timeout,
        };
        let reserve = match variables.text(variables::RESERVE) {
            Some(text) => Some(variables::parse(variables::RESERVE, &text, share)?),
            None => file.reserve,
        };
        let concurrency = match variables.text(variables::CONCURRENCY) {
            Some(text) => Some(variables::parse(variables::CONCURRENCY, &text, concurrency)?),
            None => file.concurrency,
        };
        let log_retention = match variables.text(variables::LOG_RETENTION) {
            Some(text) => variables::parse(variables::LOG_RETENTION, &text, retention)?,
            None => file.log_retention.flatten(),
        };
        let output = match (args.output, variables.text(variables::OUTPUT)) {
            (Some(output), _) => Some(output),
            (None, Some(text)) => Some(variables::parse(variables::OUTPUT, &text, format)?),
            (None, None) => file.output,
        };
        let quiet = match variables.text(variables::QUIET) {
            _ if args.quiet => true,
            Some(text) => variables::parse(variables::QUIET, &text, boolean)?,
            None => file.quiet.unwrap_or(false),
        };
        let verbose = match variables.text(variables::VERBOSE) {
            _ if args.verbose > 0 => args.verbose,
            Some(text) => variables::parse(variables::VERBOSE, &text, |text| {
                text.parse().map_err(|_| "a number from 0 to 3 is needed".to_owned())
            })?,
            None => file.verbose.unwrap_or(0),
        };
        Ok(Self {
            store,
            data_dir: args
                .data_dir
                .clone()
                .or_else(|| variables.path(variables::DATA_DIR))
                .or_else(|| {
                    let own = declared.and_then(|declared| declared.data_dir.clone());
                    own.or(file.data_dir.clone()).map(|dir| folder.join(dir))
                })
                .unwrap_or_else(|| "./baxter-data".into()),
            log_retention,
            output,
            quiet,
            verbose,
            log: variables.text(variables::LOG),
            log_json: match variables.text(variables::LOG_FORMAT) {
                _ if args.log_json => true,
                Some(text) => variables::parse(variables::LOG_FORMAT, &text, |text| match text {
                    "json" => Ok(true),
                    "text" => Ok(false),
                    _ => Err("text or json is needed".to_owned()),
                })?,
                None => false,
            },
            requests: Requests {
                concurrency: concurrency.unwrap_or(defaults.concurrency),
                reserve: reserve.unwrap_or(defaults.reserve),
                timeout: timeout.unwrap_or(defaults.timeout),
            },
            streams: streams.unwrap_or_else(selection::on_by_default),
            named_file: args.config.clone().or_else(|| variables.path(variables::CONFIG)),
            file: file_path.map(|path| (path, declared.is_some())),
            hash: given_hash.or(declared_hash),
            token,
            client_secret,
            api_url: args
                .api_url
                .clone()
                .or_else(|| variables.text(variables::API_URL))
                .or_else(|| declared.and_then(|declared| declared.api_url.clone())),
        })
    }
}

/// The store to work with: the one asked for, the file's default, its only one.
fn choose_store(asked: Option<String>, file: &FileSettings, path: Option<&Path>) -> Result<String, Failure> {
    let names = || file.stores.keys().map(String::as_str);
    let Some(name) = asked.or_else(|| file.default_store.clone()) else {
        let mut names = names();
        return match (names.next(), names.next()) {
            (None, _) => Ok("default".into()),
            (Some(only), None) => Ok(only.into()),
            (Some(_), Some(_)) => {
                let all: Vec<&str> = file.stores.keys().map(String::as_str).collect();
                Err(Failure::new(Code::Configuration, "several stores are configured and none is chosen")
                    .hint(format!(
                        "add --store NAME or default_store = \"NAME\", one of: {}",
                        all.join(", ")
                    )))
            }
        };
    };
    if file.stores.is_empty() || file.stores.contains_key(&name) {
        return Ok(name);
    }
    let hint = match nearest(&name, names()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("configured are: {}", names().collect::<Vec<_>>().join(", ")),
    };
    let place = path.unwrap_or(Path::new(FILE)).display().to_string();
    Err(Failure::new(Code::Configuration, format!("there is no store `{name}`")).at(place).hint(hint))
}

/// Reads `500ms`, `60s` or `5m`; at least a millisecond, at most an hour.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration: write it like 500ms, 60s or 5m");
    let unit = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let amount: u64 = text[..unit].parse().map_err(|_| wrong())?;
    let millis = match &text[unit..] {
        "ms" => Some(amount),
        "s" => amount.checked_mul(1000),
        "m" => amount.checked_mul(60_000),
        _ => None,
    };
    match millis {
        Some(millis @ 1..=3_600_000) => Ok(Duration::from_millis(millis)),
        _ => Err(wrong()),
    }
}

/// Reads a time to wait between two looks, which may be as long as days: `30s`, `15m`, `24h`.
pub fn interval(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration: write it like 500ms, 30s, 15m or 24h");
    if let Some(hours) = text.strip_suffix('h') {
        return match hours.parse::<u64>() {
            Ok(hours @ 1..=8760) => Ok(Duration::from_secs(hours * 3600)),
            _ => Err(wrong()),
        };
    }
    duration(text).map_err(|_| wrong())
}

/// Reads how long the change log is kept: `30d`, or `forever`. A comparison with the store reads what it has noted
/// itself, so that it is never less than a day.
fn retention(text: &str) -> Result<Option<Duration>, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u64>().ok());
    match (text, days) {
        ("forever", _) => Ok(None),
        (_, Some(days @ 1..=36_500)) => Ok(Some(Duration::from_secs(days * 24 * 3600))),
        _ => {
            Err(format!("`{text}` is no time to keep the change log: write it in days, like 30d, or forever"))
        }
    }
}

/// Reads patterns of streams, parted by commas or white space.
fn streams(text: &str) -> Result<Vec<&'static Stream>, String> {
    let patterns = text.split([',', ' ']).filter(|pattern| !pattern.is_empty());
    selection::choose(patterns).map_err(|missing| unknown_stream(&missing))
}

/// Words about a pattern that means no stream.
pub fn unknown_stream(missing: &NoSuchStream) -> String {
    let names = stream::all().iter().map(|stream| stream.name.as_str());
    match nearest(&missing.0, names) {
        Some(meant) => format!("there is no stream `{}`; did you mean `{meant}`?", missing.0),
        None => format!("there is no stream `{}`; `baxter streams` lists them", missing.0),
    }
}

/// Reads a share from 0 to 0.9.
fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=0.9).contains(&share) => Ok(share),
        _ => Err(format!("`{text}` is no share: a number from 0 to 0.9 is needed")),
    }
}

/// Reads a number of requests from 1 to 64.
fn concurrency(text: &str) -> Result<NonZeroUsize, String> {
    match text.parse::<NonZeroUsize>() {
        Ok(count) if count.get() <= 64 => Ok(count),
        _ => Err(format!("`{text}` is not possible: a number from 1 to 64 is needed")),
    }
}

fn format(text: &str) -> Result<Format, String> {
    <Format as clap::ValueEnum>::from_str(text, true)
        .map_err(|_| format!("`{text}` is no format: use table, json, jsonl or csv"))
}

fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "true" | "yes" => Ok(true),
        "0" | "false" | "no" => Ok(false),
        _ => Err(format!("`{text}` is neither true nor false")),
    }
}

#[cfg(test)]
mod tests;
