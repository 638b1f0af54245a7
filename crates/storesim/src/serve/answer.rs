//! What goes back to the client: bodies of success and the two families of error bodies.

use crate::json::{self, quote};
use crate::readings::{Point, Readings};

/// The two families of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// Bare bodies, errors in an array.
    V2,
    /// `data` and `meta`, errors as an object.
    V3,
}

/// An answer without its transport.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// `application/problem+json` instead of `application/json`.
    pub problem: bool,
    /// What the body is, where it is no JSON.
    pub media: Option<&'static str>,
    /// Unix seconds for `Last-Modified`.
    pub modified: Option<i64>,
    /// Methods for `Allow`.
    pub allow: Option<String>,
}

impl Answer {
    /// A body with a status.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into(), ..Self::default() }
    }

    /// 204.
    pub fn nothing() -> Self {
        Self::new(204, "")
    }

    /// An empty list of V2: 204, or an empty array where that is how the sources are read.
    pub fn no_rows(readings: &Readings) -> Self {
        if readings.is(Point::V2Empty, "[]") { Self::new(200, "[]") } else { Self::nothing() }
    }

    /// `{"data":…,"meta":{}}`.
    pub fn data(status: u16, data: &str) -> Self {
        Self::new(status, format!("{{\"data\":{data},\"meta\":{{}}}}"))
    }
}

/// Why a request is refused.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// The HTTP status.
    pub status: u16,
    /// V3's `title`, V2's `message`.
    pub title: String,
    /// V3's `errors` by field.
    pub errors: Vec<(String, String)>,
    /// The names of the body's other forms: `batch_errors`.
    pub batch: Option<Vec<Failure>>,
    /// What was refused, where the body repeats it: `data` beside `field_errors`.
    pub input: Option<Box<str>>,
    /// Methods for `Allow`.
    pub allow: Option<String>,
    /// The number of the error, where it has one.
    pub code: Option<u16>,
    /// The body is no JSON, which is told instead of errors by field.
    pub malformed: bool,
}

/// The documentation path that errors point at.
const TYPE: &str = "https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes";

impl Failure {
    /// A refusal with a title.
    pub fn new(status: u16, title: impl Into<String>) -> Self {
        let title = title.into();
        Self {
            status,
            title,
            errors: Vec::new(),
            batch: None,
            input: None,
            allow: None,
            code: None,
            malformed: false,
        }
    }

    /// A body that is no JSON (the metafield operations print this answer).
    pub fn malformed() -> Self {
        Self { malformed: true, ..Self::new(400, "Input is invalid") }
    }

    /// Adds the reason for one field.
    pub fn field(mut self, name: impl Into<String>, reason: impl Into<String>) -> Self {
        self.errors.push((name.into(), reason.into()));
        self
    }

    /// 404 in the words of each family.
    pub fn not_found(version: Version, noun: &str, id: impl std::fmt::Display) -> Self {
        match version {
            Version::V2 => Self::new(404, "The requested resource was not found."),
            Version::V3 => Self::new(404, format!("A {noun} was not found with an id of {id}")),
        }
    }

    /// The refusal as an answer.
    pub fn answer(self, version: Version, problem: bool) -> Answer {
        let body = match (version, &self.batch) {
            (Version::V2, _) => {
                let reasons: Vec<String> = self.errors.iter().map(|(_, reason)| reason.clone()).collect();
                let details = match reasons.is_empty() {
                    true => String::new(),
                    false => format!(",\"details\":{{\"invalid_reason\":{}}}", quote(&reasons.join(" "))),
                };
                format!("[{{\"status\":{},\"message\":{}{details}}}]", self.status, quote(&self.title))
            }
            (Version::V3, Some(batch)) => {
                let items: Vec<String> = batch.iter().map(Failure::object).collect();
                format!("{{\"batch_errors\":[{}]}}", items.join(","))
            }
            (Version::V3, None) => self.object(),
        };
        let problem = problem && version == Version::V3;
        Answer {
            status: self.status,
            body: body.into_bytes(),
            problem,
            allow: self.allow,
            ..Answer::default()
        }
    }

    /// The refusal of an item of an array, which the body repeats.
    pub fn of(mut self, item: &str) -> Self {
        self.input = Some(json::compact(item).into());
        self
    }

    /// The refusal as a V3 object.
    pub fn object(&self) -> String {
        let head =
            format!("{{\"status\":{},\"title\":{},\"type\":\"{TYPE}\"", self.status, quote(&self.title));
        if self.status == 404 && self.errors.is_empty() && self.input.is_none() {
            return head + "}";
        }
        if self.malformed {
            return head + ",\"detail\":\"Syntax error\"}";
        }
        let errors: Vec<String> =
            self.errors.iter().map(|(name, reason)| format!("{}:{}", quote(name), quote(reason))).collect();
        if let Some(input) = &self.input {
            let whole =
                if errors.is_empty() { vec![format!("\"title\":{}", quote(&self.title))] } else { errors };
            return format!("{{\"data\":{input},\"field_errors\":{{{}}}}}", whole.join(","));
        }
        let code = self.code.map(|code| format!(",\"code\":{code}")).unwrap_or_default();
        format!("{head}{code},\"errors\":{{{}}}}}", errors.join(","))
    }
}
