//! A notification as it came in.

use std::fmt;

use super::data::EventData;
use super::scopes::{EventKind, Scope};
use crate::model::record;
use crate::{Json, StoreHash, Time};

record! {
    /// The envelope of a notification.
    Envelope {
        scope: String,
        store_id: String,
        data: Json,
        hash: String,
        created_at: Time,
        producer: String,
    }
}

/// A notification as it came in. It encodes to the JSON it was parsed from.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    envelope: Envelope,
    data: EventData,
}

/// Why a body is no notification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// It is no JSON object.
    #[error("the body is no JSON object: {0}")]
    Json(String),
    /// It does not say what happened.
    #[error("the body names no scope")]
    Scope,
}

impl Event {
    /// Reads the body of a notification. [Verify](super::Verifier::verify) it first.
    ///
    /// # Errors
    /// When it is no JSON object or has no `scope`. Everything else may be missing or new.
    pub fn parse(body: &[u8]) -> Result<Self, EventError> {
        let envelope: Envelope =
            serde_json::from_slice(body).map_err(|error| EventError::Json(error.to_string()))?;
        let scope = envelope.scope.as_deref().filter(|scope| !scope.is_empty()).ok_or(EventError::Scope)?;
        let data = match &envelope.data {
            Some(json) => EventData::read(Scope::of(scope).map(|scope| scope.kind), json),
            None => EventData::read(None, &nothing()),
        };
        Ok(Self { data, envelope })
    }

    /// What happened, such as `store/order/created`.
    pub fn scope(&self) -> &str {
        self.envelope.scope.as_deref().unwrap_or_default()
    }

    /// The last word of the scope: `created`, `updated`, `deleted`, ….
    pub fn action(&self) -> &str {
        self.scope().rsplit('/').next().unwrap_or_default()
    }

    /// The kind of the scope; `None` for one that this crate does not know.
    pub fn kind(&self) -> Option<EventKind> {
        Scope::of(self.scope()).map(|scope| scope.kind)
    }

    /// What it says.
    pub fn data(&self) -> &EventData {
        &self.data
    }

    /// The text of `data`.
    pub fn raw_data(&self) -> Option<&Json> {
        self.envelope.data.as_ref()
    }

    /// The channel, where the scope names one: 2 of `store/channel/2/order/created`.
    pub fn channel_id(&self) -> Option<i64> {
        self.scope().strip_prefix("store/channel/")?.split('/').next()?.parse().ok()
    }

    /// The numeric id of the store, as text.
    pub fn store_id(&self) -> Option<&str> {
        self.envelope.store_id.as_deref()
    }

    /// The store, by the hash that the API knows it by.
    pub fn store(&self) -> Option<StoreHash> {
        self.envelope.producer.as_deref()?.strip_prefix("stores/")?.parse().ok()
    }

    /// The same for two deliveries of one event: the key to tell duplicates by. What it is made of is
    /// unknown.
    pub fn hash(&self) -> Option<&str> {
        self.envelope.hash.as_deref()
    }

    /// When it happened, by the store's clock, within a second or two.
    pub fn created_at(&self) -> Option<&Time> {
        self.envelope.created_at.as_ref()
    }
}

impl serde::Serialize for Event {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.envelope.serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Event {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        Self::parse(json.as_str().as_bytes()).map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scope())
    }
}

fn nothing() -> Json {
    Json::of(serde_json::value::RawValue::NULL)
}
