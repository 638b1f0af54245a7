//! Decimal text: money, weights and rates to the last digit, never a float.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::lenient::Lenient;

/// A decimal number as text, exactly as the store sent it: V3's JSON numbers and V2's strings alike
/// (`1.10` stays `1.10`).
///
/// It is written as a JSON number, which V2 takes as well as V3. Two amounts are equal when their texts
/// are: bring `1.1` and `1.10` together with a decimal library of your choice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Amount(Box<str>);

impl Amount {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A JSON number, which is what every decimal the API sends looks like.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    text.len() <= 64
        && digits.starts_with(|first: char| first.is_ascii_digit())
        && serde_json::from_str::<&RawValue>(text).is_ok()
}

/// The text is no decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number, such as 19.99")]
pub struct InvalidAmount;

impl FromStr for Amount {
    type Err = InvalidAmount;

    fn from_str(text: &str) -> Result<Self, InvalidAmount> {
        if is_decimal(text) { Ok(Self(text.into())) } else { Err(InvalidAmount) }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Lenient for Amount {
    fn read(json: &str) -> Option<Self> {
        json.trim_matches('"').parse().ok()
    }
}

impl<'de> Deserialize<'de> for Amount {
    /// From JSON text only: other formats have no number tokens to keep.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::read(raw.get()).ok_or_else(|| D::Error::custom(InvalidAmount))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match RawValue::from_string(self.0.to_string()) {
            Ok(raw) => raw.serialize(serializer),
            Err(_) => serializer.serialize_str(&self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_kept_to_the_last_digit() {
        for text in ["0", "-1", "1.10", "119.9500", "1.0000000000", "12345678901234567890.123456789", "1e3"] {
            let number: Amount = serde_json::from_str(text).unwrap();
            let string: Amount = serde_json::from_str(&format!("\"{text}\"")).unwrap();
            assert_eq!((number.as_str(), &number), (text, &string));
            assert_eq!(serde_json::to_string(&string).unwrap(), text);
        }
        for bad in ["", " 1", "1.", ".5", "NaN", "1,5", "0x1", "{}", "true", "1 2", "--1", &"9".repeat(65)] {
            assert!(bad.parse::<Amount>().is_err(), "{bad}");
        }
    }
}
