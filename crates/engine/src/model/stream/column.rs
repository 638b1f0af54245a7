//! Typed columns: what a member's JSON text becomes in the mirror.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::Column;
use crate::model::json::{self, Kind, scan};

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// Text.
    Text,
    /// A whole number, also where the API sends it as text.
    Integer,
    /// Money and measures: decimal text with the digits as sent, never a float.
    Decimal,
    /// 0 or 1.
    Boolean,
    /// A time in UTC, `2026-06-18T12:05:43Z`, whatever form the API sends.
    Time,
    /// An array or object, as JSON text.
    Json,
}

impl Type {
    /// The column's type in SQL.
    pub fn sql(self) -> &'static str {
        match self {
            Type::Integer | Type::Boolean => "INTEGER",
            Type::Text | Type::Decimal | Type::Time | Type::Json => "TEXT",
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Type::Text => "text",
            Type::Integer => "integer",
            Type::Decimal => "decimal",
            Type::Boolean => "boolean",
            Type::Time => "time",
            Type::Json => "json",
        })
    }
}

/// A column's value, borrowed from the record's text where it stands there as it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Absent, null, or not of the column's type.
    Null,
    /// Integers and booleans.
    Integer(i64),
    /// Everything else.
    Text(Cow<'a, str>),
}

/// A value that does not fit its column, which is therefore NULL.
#[derive(Debug, Clone, PartialEq)]
pub struct Misfit {
    /// The column.
    pub column: String,
    /// The JSON text of the value, cut after some hundred bytes.
    pub value: String,
}

/// The longest piece of a misfit that is kept, in bytes.
const MISFIT_BYTES: usize = 200;

/// Where the values of a list of columns stand among a record's members. The records of one list are alike, so the
/// places of one are tried for the next.
#[derive(Debug, Default)]
pub struct Layout {
    names: Vec<String>,
    places: Vec<Option<usize>>,
}

impl Layout {
    /// The values of `columns`, the same ones at each call, in a record with these members, and what did not fit.
    pub fn values<'a, 's>(
        &'s mut self,
        columns: &'s [Column],
        members: &'s [json::Member<'a>],
        misfits: &'s mut Vec<Misfit>,
    ) -> impl Iterator<Item = Value<'a>> {
        self.fit(columns, members);
        columns.iter().zip(&self.places).map(move |(column, place)| {
            let found = place.and_then(|place| match column.path.get(1..) {
                Some(rest) if !rest.is_empty() => find(members[place].value, rest),
                _ => Some(members[place].value),
            });
            let Some(text) = found else { return Value::Null };
            value(column.r#type, text).unwrap_or_else(|| {
                misfits.push(Misfit { column: column.name.clone(), value: head(text).to_owned() });
                Value::Null
            })
        })
    }

    /// Looks the members up by name, unless they are called as before.
    fn fit(&mut self, columns: &[Column], members: &[json::Member]) {
        let is_alike = self.names.len() == members.len()
            && self.names.iter().zip(members).all(|(name, member)| *name == member.name);
        if is_alike && self.places.len() == columns.len() {
            return;
        }
        self.names = members.iter().map(|member| member.name.clone().into_owned()).collect();
        // Of doubled names the last counts.
        let place = |column: &Column| {
            members.iter().rposition(|member| Some(&*member.name) == column.path.first().map(String::as_str))
        };
        self.places = columns.iter().map(place).collect();
    }
}

/// The value at the rest of a column's path, in the object `text`.
fn find<'a>(text: &'a str, path: &[String]) -> Option<&'a str> {
    let Some((first, rest)) = path.split_first() else { return Some(text) };
    let members = scan::members(text)?;
    find(members.iter().rev().find(|member| member.name == first.as_str())?.value, rest)
}

fn head(text: &str) -> &str {
    let mut end = text.len().min(MISFIT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The value that the JSON `text` has in a column of type `type`; `None` when it does not fit.
pub fn value(r#type: Type, text: &str) -> Option<Value<'_>> {
    let kind = json::kind(text);
    if kind == Kind::Null {
        return Some(Value::Null);
    }
    match r#type {
        Type::Json => Some(Value::Text(Cow::Borrowed(text))),
        Type::Text => match kind {
            Kind::Text => json::string(text).map(Value::Text),
            _ => None,
        },
        Type::Boolean => match text {
            "true" | "1" => Some(Value::Integer(1)),
            "false" | "0" => Some(Value::Integer(0)),
            _ => None,
        },
        Type::Integer => bare(kind, text)?.parse().ok().map(Value::Integer),
        Type::Decimal => match bare(kind, text)? {
            // V2 sends an amount that is not set as the empty string.
            empty if empty.is_empty() => Some(Value::Null),
            digits => decimal(digits).map(Value::Text),
        },
        Type::Time => match bare(kind, text)? {
            empty if empty.is_empty() => Some(Value::Null),
            time => self::time(&time).map(|time| Value::Text(time.to_string().into())),
        },
    }
}

/// The text of a number or a string.
fn bare(kind: Kind, text: &str) -> Option<Cow<'_, str>> {
    match kind {
        Kind::Number => Some(Cow::Borrowed(text)),
        Kind::Text => json::string(text),
        _ => None,
    }
}

/// Decimal text as it stands, if it is that; numbers with an exponent are written out.
fn decimal(digits: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let unsigned = digits.strip_prefix('-').unwrap_or(&digits);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if plain(whole) && plain(fraction) {
        return Some(digits);
    }
    Decimal::from_scientific(&digits).ok().map(|decimal| decimal.to_string().into())
}

/// A time in any of the API's forms: RFC 3339, RFC 2822, Unix seconds.
pub fn time(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok();
    }
    text.parse().ok().or_else(|| jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Option<Value<'_>> {
        Some(Value::Text(value.into()))
    }

    #[test]
    fn decimals_keep_every_digit() {
        for (sent, kept) in [("1.10", "1.10"), ("\"119.9500\"", "119.9500"), ("-3", "-3"), ("1e2", "100")] {
            assert_eq!(value(Type::Decimal, sent), text(kept), "{sent}");
        }
        assert_eq!(value(Type::Decimal, "\"\""), Some(Value::Null));
        assert_eq!(value(Type::Decimal, "\"12 EUR\""), None);
        assert_eq!(value(Type::Decimal, "true"), None);
        assert_eq!(value(Type::Decimal, "\"--1\""), None);
    }

    #[test]
    fn times_of_every_form_become_utc() {
        let expected = text("2026-06-18T12:05:43Z");
        for sent in [
            "\"2026-06-18T12:05:43+00:00\"",
            "\"2026-06-18T14:05:43+0200\"",
            "\"Thu, 18 Jun 2026 12:05:43 +0000\"",
            "1781784343",
        ] {
            assert_eq!(value(Type::Time, sent), expected, "{sent}");
        }
        assert_eq!(value(Type::Time, "\"\""), Some(Value::Null));
        assert_eq!(value(Type::Time, "\"soon\""), None);
    }

    #[test]
    fn integers_come_as_numbers_or_text_and_must_be_whole() {
        assert_eq!(value(Type::Integer, "\"12\""), Some(Value::Integer(12)));
        assert_eq!(value(Type::Integer, "12.5"), None);
        assert_eq!(value(Type::Integer, "99999999999999999999"), None);
    }
}
