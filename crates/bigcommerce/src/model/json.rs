//! JSON kept as text, and the members of a record that have no place of their own.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::lenient::Lenient;

/// Any JSON, as the text received: what has no one type in the API.
#[derive(Clone)]
pub struct Json(Box<RawValue>);

impl Json {
    /// The JSON of a value.
    ///
    /// # Errors
    /// When the value has no JSON form, such as a map whose keys are no strings.
    pub fn new(value: &(impl Serialize + ?Sized)) -> Result<Self, serde_json::Error> {
        serde_json::value::to_raw_value(value).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        self.as_str() == "null"
    }

    /// Decodes it.
    ///
    /// # Errors
    /// When it is not what the type expects.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.as_str())
    }

    /// From a text that was found to be JSON already.
    pub(crate) fn of(raw: &RawValue) -> Self {
        Self(raw.to_owned())
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Json {}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Lenient for Json {
    fn read(json: &str) -> Option<(Self, bool)> {
        serde_json::from_str::<&RawValue>(json).ok().map(|raw| (Self::of(raw), true))
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// What a record was decoded from beyond its own members: members that the crate does not know, and the
/// received form of those that were null, unreadable or written in another type (`"5"` for `5`).
///
/// A record writes these back, so that decoding and encoding lose nothing. A known member that was changed
/// since is written as it is now.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Rest(BTreeMap<Box<str>, Json>);

impl Rest {
    /// The JSON of one of them.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.0.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.0.iter().map(|(name, json)| (&**name, json))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one or replaces it.
    pub fn insert(&mut self, name: &str, json: Json) {
        self.0.insert(name.into(), json);
    }

    /// Takes one out.
    pub fn remove(&mut self, name: &str) -> Option<Json> {
        self.0.remove(name)
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
