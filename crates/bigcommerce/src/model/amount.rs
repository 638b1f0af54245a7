//! Decimal text: money, weights and rates to the last digit, never a float.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::lenient::Lenient;

/// A decimal number as text, exactly as the store sent it: V3's JSON numbers and V2's strings alike
/// (`1.10` stays `1.10`).
///
/// It is written the way it was received, and as a JSON number when it was made here, which V2 takes as
/// well as V3; [`quoted`](Self::quoted) asks for a string, which promotions want. Two amounts are equal
/// when their texts are: compare and compute with a decimal library of your choice.
///
/// ```
/// use bigcommerce::Amount;
///
/// let price: Amount = "19.90".parse()?;
/// assert_eq!(price.as_str(), "19.90");
/// assert_eq!(Amount::from(5).as_str(), "5");
/// assert!("19,90".parse::<Amount>().is_err());
/// # Ok::<(), bigcommerce::InvalidAmount>(())
/// ```
#[derive(Clone)]
pub struct Amount {
    text: Box<str>,
    quoted: bool,
}

impl Amount {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The same amount, written as a JSON string.
    #[must_use]
    pub fn quoted(self) -> Self {
        Self { quoted: true, ..self }
    }
}

/// A JSON number, which is what every decimal the API sends looks like.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    text.len() <= 64
        && digits.starts_with(|first: char| first.is_ascii_digit())
        && serde_json::from_str::<&RawValue>(text).is_ok_and(|raw| raw.get().len() == text.len())
}

/// The text is no decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number, such as 19.99")]
pub struct InvalidAmount;

impl FromStr for Amount {
    type Err = InvalidAmount;

    fn from_str(text: &str) -> Result<Self, InvalidAmount> {
        if is_decimal(text) { Ok(Self { text: text.into(), quoted: false }) } else { Err(InvalidAmount) }
    }
}

/// Whole amounts; what has a fraction is parsed from text.
macro_rules! from_whole {
    ($($kind:ty),+) => {
        $(
            impl From<$kind> for Amount {
                fn from(whole: $kind) -> Self {
                    Self { text: whole.to_string().into(), quoted: false }
                }
            }
        )+
    };
}

from_whole!(i32, u32, i64, u64);

impl PartialEq for Amount {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Amount {}

impl Hash for Amount {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Amount({})", self.text)
    }
}

impl Lenient for Amount {
    fn read(json: &str) -> Option<(Self, bool)> {
        let inner = json.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let mut amount: Self = inner.unwrap_or(json).parse().ok()?;
        amount.quoted = inner.is_some();
        Some((amount, true))
    }
}

impl<'de> Deserialize<'de> for Amount {
    /// From JSON text only: other formats have no number tokens to keep.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::read(raw.get()).map(|(amount, _)| amount).ok_or_else(|| D::Error::custom(InvalidAmount))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match RawValue::from_string(self.text.to_string()) {
            Ok(raw) if !self.quoted => raw.serialize(serializer),
            _ => serializer.serialize_str(&self.text),
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
            let quoted = format!("\"{text}\"");
            let string: Amount = serde_json::from_str(&quoted).unwrap();
            assert_eq!((number.as_str(), &number), (text, &string));
            assert_eq!(serde_json::to_string(&number).unwrap(), text);
            assert_eq!(serde_json::to_string(&string).unwrap(), quoted);
            assert_eq!(serde_json::to_string(&number.quoted()).unwrap(), quoted);
        }
        for bad in
            ["", " 1", "1 ", "1.", ".5", "NaN", "1,5", "0x1", "{}", "true", "1 2", "--1", &"9".repeat(65)]
        {
            assert!(bad.parse::<Amount>().is_err(), "{bad}");
        }
    }
}
