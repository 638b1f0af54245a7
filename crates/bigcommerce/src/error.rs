//! What can go wrong, typed: every error tells method, path and attempts where it applies, and never
//! the token.

mod body;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::Token;

/// The source of a [`Error::Transport`]: its text holds no address and no header.
pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a request brought no answer that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store answered with an error.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// No complete answer came: no connection, a timeout, a body that broke off.
    #[error("{method} {path}: {} ({attempts} {}): {}", transport_words(*.timeout, *.connect), tries(*.attempts), chain(.source.as_ref()))]
    Transport {
        /// The method.
        method: Method,
        /// The path without the query.
        path: String,
        /// How many times it was sent.
        attempts: u32,
        /// Whether time ran out.
        timeout: bool,
        /// Whether the connection could not be made: nothing was sent.
        connect: bool,
        /// The cause.
        source: Source,
    },
    /// The answer is larger than the bound set with
    /// [`max_body`](crate::ClientBuilder::max_body), and could not be asked for in smaller pieces.
    #[error("{method} {path}: the answer is larger than {limit} bytes{}", at_limit(*.records))]
    TooLarge {
        /// The method.
        method: Method,
        /// The path without the query.
        path: String,
        /// How many times it was sent.
        attempts: u32,
        /// The bound in bytes, decompressed.
        limit: usize,
        /// How many records were asked for, for a page.
        records: Option<u32>,
    },
    /// The answer came, but is not what a list or the expected type looks like.
    #[error("{method} {path}: the answer cannot be read: {reason}")]
    InvalidBody {
        /// The method.
        method: Method,
        /// The path without the query.
        path: String,
        /// How many times it was sent.
        attempts: u32,
        /// What is wrong with it.
        reason: String,
    },
    /// The store kept answering 429 although every wait it asked for was kept: other apps use its quota
    /// up, or it is overloaded.
    #[error(
        "{method} {path}: the store still refuses with 429 after {attempts} {}: its other apps use the \
         quota up, or it is overloaded; try again later", tries(*.attempts)
    )]
    Throttled {
        /// The method.
        method: Method,
        /// The path without the query.
        path: String,
        /// How many times it was sent.
        attempts: u32,
        /// What the last answer asked to wait, if it said.
        retry_after: Option<Duration>,
    },
    /// The client or the request was put together wrongly; nothing was sent.
    #[error("{0}")]
    Configuration(String),
}

impl Error {
    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(error) => Some(error.status),
            Self::Throttled { .. } => Some(StatusCode::TOO_MANY_REQUESTS),
            _ => None,
        }
    }

    /// 404: no such record or path.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(StatusCode::NOT_FOUND)
    }

    /// 401: the token is wrong, or of another store.
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(StatusCode::UNAUTHORIZED)
    }

    /// 403: the token lacks the scope.
    pub fn is_forbidden(&self) -> bool {
        self.status() == Some(StatusCode::FORBIDDEN)
    }

    /// Whether the same request may well succeed later: transport, 429 and 5xx.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transport { .. } | Self::Throttled { .. } => true,
            Self::Api(error) => crate::send::classify::is_fault(error.status),
            Self::TooLarge { .. } | Self::InvalidBody { .. } | Self::Configuration(_) => false,
        }
    }

    /// The path that was asked, without the query.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Api(error) => Some(&error.path),
            Self::Transport { path, .. }
            | Self::TooLarge { path, .. }
            | Self::InvalidBody { path, .. }
            | Self::Throttled { path, .. } => Some(path),
            Self::Configuration(_) => None,
        }
    }

    /// How many times the request was sent; 0 when it was not.
    pub fn attempts(&self) -> u32 {
        match self {
            Self::Api(error) => error.attempts,
            Self::Transport { attempts, .. }
            | Self::TooLarge { attempts, .. }
            | Self::InvalidBody { attempts, .. }
            | Self::Throttled { attempts, .. } => *attempts,
            Self::Configuration(_) => 0,
        }
    }
}

/// An answer of the store that is an error, in one form for V2, V3 and everything between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// `title` of V3, `message` of V2, or the status in words; never empty, bounded in length.
    pub title: String,
    /// What else the body said in words: `detail`, a second message, a hint.
    pub detail: Option<String>,
    /// Messages by field, index path (`0.state`) or whatever key the store chose; bounded in number.
    pub errors: BTreeMap<String, String>,
    /// The method.
    pub method: Method,
    /// The path without the query.
    pub path: String,
    /// How many times it was sent.
    pub attempts: u32,
    /// The answer's headers, less any that echo the token.
    pub headers: HeaderMap,
    /// The answer's body, less the token if the store echoed it; bounded in length.
    pub body: String,
}

/// Longer bodies of errors are cut: they are pages for people.
const ERROR_BODY_MAX: usize = 64 * 1024;

impl ApiError {
    /// Reads an error answer, whatever its body is.
    pub(crate) fn read(
        method: &Method,
        path: &str,
        attempts: u32,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        token: &Token,
    ) -> Self {
        let words = body::read(status, headers, body);
        let mut error = Self {
            status,
            title: words.title,
            detail: words.detail,
            errors: words.errors,
            method: method.clone(),
            path: path.to_owned(),
            attempts,
            headers: headers.clone(),
            body: String::from_utf8_lossy(&body[..body.len().min(ERROR_BODY_MAX)]).into_owned(),
        };
        error.scrub(token);
        error
    }

    /// Takes a secret out of everything that the answer may have echoed.
    pub(crate) fn scrub(&mut self, token: &Token) {
        token.scrub(&mut self.title);
        self.detail.iter_mut().for_each(|detail| token.scrub(detail));
        self.errors = std::mem::take(&mut self.errors)
            .into_iter()
            .map(|(mut field, mut message)| {
                token.scrub(&mut field);
                token.scrub(&mut message);
                (field, message)
            })
            .collect();
        self.headers = self.headers.iter().filter(|(_, value)| !echoes(value, token)).map(own).collect();
        token.scrub(&mut self.body);
    }
}

fn echoes(value: &HeaderValue, token: &Token) -> bool {
    let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
    let mut scrubbed = text.clone();
    token.scrub(&mut scrubbed);
    text != scrubbed
}

fn own((name, value): (&HeaderName, &HeaderValue)) -> (HeaderName, HeaderValue) {
    (name.clone(), value.clone())
}

impl std::error::Error for ApiError {}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.method, self.path, self.status.as_u16())?;
        write!(f, " {}", self.title)?;
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        for (index, (field, message)) in self.errors.iter().take(5).enumerate() {
            write!(f, "{}{field}: {message}", if index == 0 { " (" } else { "; " })?;
        }
        match self.errors.len() {
            0 => {}
            1..=5 => f.write_str(")")?,
            more => write!(f, "; and {} more)", more - 5)?,
        }
        if self.attempts > 1 {
            write!(f, " [{} attempts]", self.attempts)?;
        }
        match self.status {
            StatusCode::UNAUTHORIZED => f.write_str("; check the access token, and that it is of this store"),
            StatusCode::FORBIDDEN => f.write_str("; check the scopes of the API account"),
            _ => Ok(()),
        }
    }
}

fn tries(attempts: u32) -> &'static str {
    if attempts == 1 { "attempt" } else { "attempts" }
}

fn transport_words(timeout: bool, connect: bool) -> &'static str {
    match (timeout, connect) {
        (_, true) => "cannot connect to the store",
        (true, false) => "no answer in time",
        (false, false) => "the connection broke off",
    }
}

fn at_limit(records: Option<u32>) -> String {
    match records {
        Some(1) => ", although a single record was asked for".to_owned(),
        Some(records) => format!(", for a page of {records} records"),
        None => String::new(),
    }
}

/// An error's causes in one line, without saying the same twice.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}
