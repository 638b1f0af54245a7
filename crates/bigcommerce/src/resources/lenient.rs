//! Tolerant reading of members: missing, null, of another type, numbers as strings.
//!
//! The store's answers differ from its reference in all of these ways. A member that cannot be read is
//! `None`; it never spoils the record.

use serde::de::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Something readable from whatever JSON stands in its place.
pub(crate) trait Lenient: Sized {
    /// `None` when the JSON text says nothing that fits.
    fn read(json: &str) -> Option<Self>;
}

/// For `deserialize_with`.
pub(crate) fn member<'de, D: Deserializer<'de>, T: Lenient>(deserializer: D) -> Result<Option<T>, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    Ok(if raw.get() == "null" { None } else { T::read(raw.get()) })
}

impl Lenient for i64 {
    fn read(json: &str) -> Option<Self> {
        let text = json.trim_matches('"').trim();
        text.parse().ok().or_else(|| {
            // A whole number written with a fraction: 5.0.
            let (whole, fraction) = text.split_once('.')?;
            if fraction.bytes().all(|digit| digit == b'0') { whole.parse().ok() } else { None }
        })
    }
}

impl Lenient for bool {
    fn read(json: &str) -> Option<Self> {
        match json.trim_matches('"') {
            "true" | "1" => Some(true),
            "false" | "0" | "" => Some(false),
            _ => None,
        }
    }
}

impl Lenient for String {
    fn read(json: &str) -> Option<Self> {
        match json.as_bytes().first()? {
            b'"' => serde_json::from_str(json).ok(),
            b'{' | b'[' => None,
            _ => Some(json.to_owned()),
        }
    }
}

/// Entries that cannot be read are left out; anything but a list is an empty one.
impl<T: Lenient> Lenient for Vec<T> {
    fn read(json: &str) -> Option<Self> {
        let entries: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
        Some(entries.into_iter().filter_map(|entry| T::read(entry.get())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_read_and_the_rest_is_nothing() {
        assert_eq!(
            [i64::read("5"), i64::read("\"5\""), i64::read("5.00"), i64::read("-1")].map(Option::unwrap),
            [5, 5, 5, -1]
        );
        assert_eq!([i64::read("\"\""), i64::read("5.5"), i64::read("{}"), i64::read("true")], [None; 4]);
        assert_eq!(
            [bool::read("true"), bool::read("\"0\""), bool::read("[]")],
            [Some(true), Some(false), None]
        );
        assert_eq!(String::read("\"a\\u00e9\"").as_deref(), Some("aé"));
        assert_eq!(String::read("7").as_deref(), Some("7"));
        assert_eq!(String::read("{}"), None);
        assert_eq!(Vec::<i64>::read("[1,\"2\",{},3]"), Some(vec![1, 2, 3]));
        assert_eq!(Vec::<i64>::read("{}"), Some(vec![]));
    }
}
