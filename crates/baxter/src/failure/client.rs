//! Failures of requests to the store, in a person's words.

use baxter_engine::model::stream::Stream;
use bigcommerce::{ApiError, Error, StatusCode};

use super::{Code, Failure};
use crate::settings::Settings;

/// What is known about a request beyond what its error says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// The stream that was asked for.
    pub stream: Option<&'a Stream>,
    /// Whether one record was asked for, so that 404 speaks of it and not of the store.
    pub one: bool,
    /// Whether filters went along.
    pub filtered: bool,
    /// The origin that was asked, where it is not the usual one.
    pub api_url: Option<&'a str>,
    /// The store's hash.
    pub hash: Option<&'a str>,
}

/// The same, for what outlives the settings.
#[derive(Debug, Clone)]
pub struct AskedOf {
    api_url: Option<String>,
    hash: Option<String>,
}

impl AskedOf {
    /// What is known about requests to the store that the settings name.
    pub fn new(settings: &Settings) -> Self {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Self { api_url: own(settings.given_api_url()), hash: own(settings.given_hash()) }
    }

    /// That, as words about failures take it.
    pub fn asked(&self) -> Asked<'_> {
        Asked { api_url: self.api_url.as_deref(), hash: self.hash.as_deref(), ..Asked::default() }
    }
}

impl<'a> Asked<'a> {
    /// What is known about requests to the store that the settings name.
    pub fn of(settings: &'a Settings) -> Self {
        Self { hash: settings.given_hash(), api_url: settings.given_api_url(), ..Self::default() }
    }

    /// Words for a request that failed.
    pub fn failure(&self, error: &Error) -> Failure {
        match error {
            Error::Api(answer) => self.answered(answer),
            Error::Throttled { .. } => {
                Failure::new(Code::QuotaExhausted, "the store's quota stayed empty (429)")
                    .at(self.place(error.path()))
                    .did(format!("waited as told and asked {} times", error.attempts()))
                    .hint("other apps use the quota up, or the platform is overloaded: try again in a minute")
            }
            Error::Transport { timeout, connect, .. } => {
                let what = match (connect, timeout) {
                    (true, _) => "cannot connect to the store",
                    (false, true) => "the store did not answer in time",
                    (false, false) => "the connection to the store broke off",
                };
                Failure::new(Code::Network, what)
                    .at(format!("{}: {}", self.place(error.path()), cause(error)))
                    .did(times(error.attempts()))
                    .hint(match self.api_url {
                        Some(url) => {
                            format!("is {url} the right --api-url, and does something listen there?")
                        }
                        None => {
                            "is this machine online, and may it reach api.bigcommerce.com on port 443?".into()
                        }
                    })
            }
            Error::TooLarge { .. } => Failure::new(Code::AnswerUnreadable, error.to_string())
                .hint("ask for fewer records or includes"),
            Error::InvalidBody { reason, .. } => {
                Failure::new(Code::AnswerUnreadable, format!("the store's answer cannot be read: {reason}"))
                    .at(self.place(error.path()))
                    .hint(
                        "if --api-url names a proxy, look at what it answers: `baxter api GET /v2/store -i`",
                    )
            }
            Error::Configuration(reason) => Failure::new(Code::Configuration, reason.clone()),
            other => Failure::new(Code::Internal, other.to_string()),
        }
    }

    fn answered(&self, answer: &ApiError) -> Failure {
        let status = answer.status.as_u16();
        let place = format!("{} {}", answer.method, self.place(Some(&answer.path)));
        let store = self.hash.map(|hash| format!(" of store `{hash}`")).unwrap_or_default();
        let failure = match answer.status {
            StatusCode::UNAUTHORIZED => {
                Failure::new(Code::TokenRefused, format!("the store refused the access token ({status})"))
                    .hint(format!(
                        "check that the token is that of an API account{store} and was not deleted; \
                         `baxter doctor` tries it"
                    ))
            }
            StatusCode::FORBIDDEN => self.forbidden(answer),
            StatusCode::NOT_FOUND if self.one => {
                let what = match self.stream {
                    Some(stream) => format!("there is no such record in stream `{}` (404)", stream.name),
                    None => format!("there is nothing at this path (404): {}", answer.title),
                };
                Failure::new(Code::NotFound, what).hint(format!(
                    "if nothing else is found either, check the store hash{}",
                    self.hash_words()
                ))
            }
            StatusCode::NOT_FOUND => Failure::new(
                Code::StoreUnknown,
                format!("the store is not known there (404): {}", answer.title),
            )
            .hint(format!("check the store hash{}, and --api-url if you set it", self.hash_words())),
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY if self.filtered => {
                Failure::new(Code::FilterRefused, format!("the store refused the filter: {}", words(answer)))
                    .hint("look at the name and the value of each --filter")
            }
            _ if answer.status.is_server_error() => {
                Failure::new(Code::StoreFailed, format!("the store failed ({status}): {}", words(answer)))
                    .did(times(answer.attempts))
                    .hint("try again later; https://status.bigcommerce.com tells of outages")
            }
            _ => Failure::new(
                Code::RequestRefused,
                format!("the store refused the request ({status}): {}", words(answer)),
            ),
        };
        failure.at(place)
    }

    fn forbidden(&self, answer: &ApiError) -> Failure {
        match self.stream {
            Some(stream) => Failure::new(
                Code::ScopeMissing,
                format!("the token may not read stream `{}` (403)", stream.name),
            )
            .hint(format!(
                "give its API account the scope `{scope}_read_only` (or `{scope}`); for a store-level account \
                 that means making a new one",
                scope = stream.scope
            )),
            None => Failure::new(Code::ScopeMissing, format!("the token may not do this (403): {}", words(answer)))
                .hint("the API account lacks the scope of this path; `baxter doctor` shows what it may read"),
        }
    }

    fn place(&self, path: Option<&str>) -> String {
        let path = path.unwrap_or("");
        match (self.api_url, self.hash) {
            (Some(url), Some(hash)) => format!("{path}, store `{hash}` at {url}"),
            (None, Some(hash)) => format!("{path}, store `{hash}`"),
            _ => path.to_owned(),
        }
    }

    fn hash_words(&self) -> String {
        self.hash.map(|hash| format!(" (`{hash}`)")).unwrap_or_default()
    }
}

/// What the store said, with its messages by field.
fn words(answer: &ApiError) -> String {
    let mut text = answer.title.clone();
    if let Some(detail) = &answer.detail {
        text.push_str(": ");
        text.push_str(detail);
    }
    for (field, message) in answer.errors.iter().take(5) {
        text.push_str(&format!("; {field}: {message}"));
    }
    text
}

fn times(attempts: u32) -> String {
    match attempts {
        0 | 1 => "asked once".into(),
        many => format!("asked {many} times"),
    }
}

/// The last cause in a chain of errors: what the system said.
fn cause(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
