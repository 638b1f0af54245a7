//! Times in the forms the API has, with the text kept.

use std::fmt;

use jiff::Timestamp;
use jiff::civil;
use jiff::fmt::rfc2822;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::lenient::Lenient;

/// A moment, with the text it came in.
///
/// V3 writes RFC 3339 (`2026-11-06T08:49:37Z`), V2 RFC 2822 (`Fri, 06 Nov 2026 08:49:37 +0000`), hooks and
/// notifications unix seconds as a number, gift certificates unix seconds as a string, and customer groups
/// `2026-11-06 08:49:37` without a zone, which is taken for UTC like a bare date. A date that is not set
/// (`""`) reads as `None`. Two times are equal when they are the same moment.
///
/// ```
/// use bigcommerce::{Time, TimeForm};
///
/// let shipped: Time = "Fri, 06 Nov 2026 08:49:37 +0000".parse()?;
/// assert_eq!(shipped.form(), TimeForm::Rfc2822);
/// assert_eq!(shipped.timestamp().to_string(), "2026-11-06T08:49:37Z");
/// assert_eq!(shipped.as_str(), "Fri, 06 Nov 2026 08:49:37 +0000");
/// assert_eq!(shipped, Time::unix(1_793_954_977)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Time {
    text: Box<str>,
    at: Timestamp,
    form: TimeForm,
}

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeForm {
    /// `2026-11-06T08:49:37Z`, with `Z` or an offset.
    Rfc3339,
    /// `Fri, 06 Nov 2026 08:49:37 +0000`.
    Rfc2822,
    /// Seconds since 1970 as a JSON number.
    Unix,
    /// Seconds since 1970 as a string.
    UnixText,
    /// `2026-11-06 08:49:37` or `2026-11-06`, in UTC.
    Plain,
}

/// The text is no time in any form of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time, such as 2026-11-06T08:49:37Z")]
pub struct InvalidTime;

impl Time {
    /// The moment, to be written as RFC 3339.
    pub fn rfc3339(at: Timestamp) -> Self {
        Self { text: at.to_string().into(), at, form: TimeForm::Rfc3339 }
    }

    /// The moment, to be written as RFC 2822, as V2 does; fractions of a second are dropped.
    pub fn rfc2822(at: Timestamp) -> Self {
        let zoned = at.to_zoned(jiff::tz::TimeZone::UTC);
        match rfc2822::to_string(&zoned) {
            Ok(text) => Self { text: text.into(), at, form: TimeForm::Rfc2822 },
            // Years that the format cannot write.
            Err(_) => Self::rfc3339(at),
        }
    }

    /// Seconds since 1970, to be written as a number.
    ///
    /// # Errors
    /// When they lie beyond the year 9999.
    pub fn unix(seconds: i64) -> Result<Self, InvalidTime> {
        let at = Timestamp::from_second(seconds).map_err(|_| InvalidTime)?;
        Ok(Self { text: seconds.to_string().into(), at, form: TimeForm::Unix })
    }

    /// The moment.
    pub fn timestamp(&self) -> Timestamp {
        self.at
    }

    /// The text as received or as it will be written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How it is written.
    pub fn form(&self) -> TimeForm {
        self.form
    }

    fn seconds(text: &str, form: TimeForm) -> Option<Self> {
        let at = Timestamp::from_second(text.parse().ok()?).ok()?;
        Some(Self { text: text.into(), at, form })
    }

    fn read_text(text: &str) -> Option<Self> {
        // RFC 2822 lets a line break stand between its parts; the API sends none, and logs want none.
        if text.is_empty() || text.len() > 64 || text.contains(char::is_control) {
            return None;
        }
        let made = |at, form| Some(Self { text: text.into(), at, form });
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::seconds(text, TimeForm::UnixText);
        }
        if let Ok(at) = text.parse() {
            return made(at, TimeForm::Rfc3339);
        }
        if let Ok(at) = rfc2822::DateTimeParser::new().parse_timestamp(text) {
            return made(at, TimeForm::Rfc2822);
        }
        let plain: civil::DateTime = text.parse().ok()?;
        made(plain.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp(), TimeForm::Plain)
    }
}

impl std::str::FromStr for Time {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        Self::read_text(text).ok_or(InvalidTime)
    }
}

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self::rfc3339(at)
    }
}

impl PartialEq for Time {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Time {}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Time {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Time({})", self.text)
    }
}

impl Lenient for Time {
    fn read(json: &str) -> Option<(Self, bool)> {
        if json.starts_with('"') {
            let text: String = serde_json::from_str(json).ok()?;
            return Self::read_text(&text).map(|time| (time, true));
        }
        Self::seconds(json, TimeForm::Unix).map(|time| (time, true))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::read(raw.get()).map(|(time, _)| time).ok_or_else(|| D::Error::custom(InvalidTime))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.form {
            TimeForm::Unix => match RawValue::from_string(self.text.to_string()) {
                Ok(raw) => raw.serialize(serializer),
                Err(_) => serializer.serialize_i64(self.at.as_second()),
            },
            _ => serializer.serialize_str(&self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_api_is_read_and_kept() {
        let expected: Timestamp = "2026-11-06T08:49:37Z".parse().unwrap();
        for (json, form) in [
            ("\"2026-11-06T08:49:37Z\"", TimeForm::Rfc3339),
            ("\"2026-11-06T08:49:37+00:00\"", TimeForm::Rfc3339),
            ("\"2026-11-06T10:49:37.000+0200\"", TimeForm::Rfc3339),
            ("\"Fri, 06 Nov 2026 08:49:37 +0000\"", TimeForm::Rfc2822),
            ("\"2026-11-06 08:49:37\"", TimeForm::Plain),
            ("1793954977", TimeForm::Unix),
            ("\"1793954977\"", TimeForm::UnixText),
        ] {
            let time: Time = serde_json::from_str(json).unwrap();
            assert_eq!((time.timestamp(), time.form()), (expected, form), "{json}");
            assert_eq!(serde_json::to_string(&time).unwrap(), json);
        }
        let day: Time = serde_json::from_str("\"2026-11-06\"").unwrap();
        assert_eq!(day.timestamp().to_string(), "2026-11-06T00:00:00Z");
        for bad in [
            r#""6 Nov 2026 09:49:00\n +0000""#,
            "\"\"",
            "\"soon\"",
            "true",
            "{}",
            "1.5",
            "99999999999999999",
            "\"0000-00-00\"",
            "null",
        ] {
            assert!(serde_json::from_str::<Time>(bad).is_err(), "{bad}");
        }
        assert_eq!(Time::rfc2822(expected).as_str(), "Fri, 6 Nov 2026 08:49:37 +0000");
        assert_eq!(Time::from(expected).as_str(), "2026-11-06T08:49:37Z");
    }
}
