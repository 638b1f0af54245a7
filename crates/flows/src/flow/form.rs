//! The form of a flow's file, as serde reads it; what the members mean is checked in [`super::load`].

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde::de::Error;
use toml::Spanned;

use super::secret::SecretRef;
use super::{Format, Start};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    pub name: Option<Spanned<String>>,
    pub on: Vec<Spanned<String>>,
    pub r#where: Option<Spanned<String>>,
    pub map: Option<Spanned<String>>,
    #[serde(default)]
    pub once: bool,
    #[serde(default)]
    pub start: Start,
    pub to: Spanned<To>,
    #[serde(default)]
    pub retry: RetryForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Type {
    Http,
    File,
}

/// The members of all types of destination; those of the other type are refused by name and place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct To {
    pub r#type: Type,
    pub url: Option<Spanned<String>>,
    pub method: Option<Spanned<String>>,
    pub headers: Option<Spanned<BTreeMap<String, String>>>,
    pub auth: Option<Spanned<AuthForm>>,
    pub timeout: Option<Spanned<Span>>,
    pub concurrency: Option<Spanned<usize>>,
    pub path: Option<Spanned<PathBuf>>,
    pub format: Option<Spanned<Format>>,
    pub header: Option<Spanned<String>>,
}

/// One of `bearer`, `basic`, `header`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuthForm {
    pub bearer: Option<SecretRef>,
    pub basic: Option<BasicForm>,
    pub header: Option<HeaderForm>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BasicForm {
    pub user: String,
    pub password: SecretRef,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeaderForm {
    pub name: String,
    pub value: SecretRef,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RetryForm {
    pub attempts: Option<Spanned<u32>>,
    pub base: Option<Spanned<Span>>,
    pub max: Option<Spanned<Span>>,
}

/// A length of time such as `500ms`, `30s`, `5m`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span(pub Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wanted = || {
            D::Error::custom(format!("`{text}` is no length of time such as \"500ms\", \"30s\" or \"5m\""))
        };
        let span: jiff::SignedDuration = text.parse().map_err(|_| wanted())?;
        Duration::try_from(span).ok().filter(|span| !span.is_zero()).map(Span).ok_or_else(wanted)
    }
}
