//! Values as a client sends them, checked against their fields and brought into the form in which
//! they are served.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::dates::{self, Form};
use crate::declare::{Field, Kind};
use crate::json::{compact, entries, plain, quote, string};

/// The largest amount of an order that is taken, so that no sum of such amounts, and no share of one,
/// leaves the range of exact decimals.
pub(crate) const MOST_AMOUNT: i64 = 100_000_000_000;

/// A value as it will be stored, or what is wrong with it.
pub(crate) fn accept(field: &Field, raw: &str, dates: Form) -> Result<String, String> {
    if raw == "null" {
        return if field.nullable || field.write_only {
            Ok("null".into())
        } else {
            Err("must not be null".into())
        };
    }
    if field.blank && raw == "\"\"" {
        return Ok(raw.into());
    }
    match field.kind {
        Kind::String(least, most) => text(field, raw, least, most),
        Kind::Integer(low, high) => {
            let number = decimal(raw).filter(Decimal::is_integer).and_then(|d| i64::try_from(d).ok());
            let number = number.ok_or("must be an integer")?;
            if number < low || number > high {
                return Err(range(low, high));
            }
            Ok(number.to_string())
        }
        Kind::Number => Ok(decimal(raw).ok_or("must be a number")?.normalize().to_string()),
        Kind::Money(low, high) => {
            let number = decimal(raw).ok_or("must be a number")?;
            if number < Decimal::from(low) || number > Decimal::from(high) {
                return Err(range(low, high));
            }
            Ok(four_places(number).normalize().to_string())
        }
        Kind::Decimal => {
            let number = decimal(raw).filter(|number| !number.is_sign_negative() || number.is_zero());
            let number = number.ok_or("must be an amount that is not negative")?;
            if number > Decimal::from(MOST_AMOUNT) {
                return Err(format!("must be at most {MOST_AMOUNT}"));
            }
            Ok(amount(number))
        }
        Kind::Boolean if matches!(raw, "true" | "false") => Ok(raw.into()),
        Kind::Boolean => Err("must be true or false".into()),
        Kind::Date => {
            let at = string(raw).and_then(|text| dates::parse(&text, 0)).ok_or("must be a date")?;
            Ok(quote(&dates.write(at)))
        }
        Kind::Stamp => {
            let at = string(raw).and_then(|text| dates::parse(&text, 0)).ok_or("must be a date")?;
            Ok(quote(&at.to_string()))
        }
        Kind::Object if raw.starts_with('{') => Ok(compact(raw).into_owned()),
        Kind::Object => Err("must be an object".into()),
        Kind::Array if raw.starts_with('[') => Ok(compact(raw).into_owned()),
        Kind::Array => Err("must be an array".into()),
        Kind::Uuid => {
            let uuid = string(raw).and_then(|text| uuid::Uuid::try_parse(&text).ok());
            Ok(quote(&uuid.ok_or("must be a UUID")?.to_string()))
        }
        Kind::Any => Ok(compact(raw).into_owned()),
    }
}

fn text(field: &Field, raw: &str, least: usize, most: usize) -> Result<String, String> {
    let text = string(raw).ok_or("must be a string")?;
    let length = text.chars().count();
    if length < least || length > most {
        return Err(format!("must be {least} to {most} characters long"));
    }
    if field.choices.is_empty() {
        return Ok(raw.into());
    }
    let choice = field.choices.iter().find(|choice| choice.eq_ignore_ascii_case(&text));
    match choice {
        Some(choice) => Ok(quote(choice)),
        None => Err(format!("must be one of {}", field.choices.join(", "))),
    }
}

fn range(low: i64, high: i64) -> String {
    match (low, high) {
        (_, i64::MAX) => format!("must be at least {low}"),
        _ => format!("must be between {low} and {high}"),
    }
}

/// A number, also written as a string.
pub(crate) fn decimal(raw: &str) -> Option<Decimal> {
    let text = plain(raw);
    text.parse().or_else(|_| Decimal::from_scientific(&text)).ok()
}

/// An amount that a record holds. What no order can have, as only an import brings it, counts as nothing,
/// so that sums of it stay exact.
pub(crate) fn held(raw: &str) -> Option<Decimal> {
    decimal(raw).filter(|number| number.abs() <= Decimal::from(MOST_AMOUNT))
}

/// Prices have four decimals, rounded half up (products_catalog.v3.yml).
pub(crate) fn four_places(number: Decimal) -> Decimal {
    number.round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero)
}

/// An amount as V2 writes it: `"19.9900"`.
pub(crate) fn amount(number: Decimal) -> String {
    format!("\"{:.4}\"", four_places(number))
}

/// The integers of an array; `None` when anything else is in it.
pub(crate) fn integers(raw: &str) -> Option<Vec<i64>> {
    entries(raw)?.into_iter().map(|entry| plain(entry).parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(declared: &str, raw: &str) -> Result<String, String> {
        accept(&Field::read("x", declared).unwrap(), raw, Form::Offset)
    }

    #[test]
    fn values_take_the_form_in_which_they_are_served() {
        assert_eq!(of("money(0..)", "10.99999").unwrap(), "11");
        assert_eq!(of("money(0..)", "10.99994").unwrap(), "10.9999");
        assert_eq!(of("money(0..)", "\"5.10\"").unwrap(), "5.1");
        assert_eq!(of("decimal", "19.9").unwrap(), "\"19.9000\"");
        assert_eq!(of("decimal", "\"8\"").unwrap(), "\"8.0000\"");
        assert_eq!(of("string one_of:New|Used", "\"new\"").unwrap(), "\"New\"");
        assert_eq!(of("date", "\"2026-06-18T16:16:14+02:00\"").unwrap(), "\"2026-06-18T14:16:14+00:00\"");
        assert_eq!(of("object", "{ \"a\" : 1 }").unwrap(), "{\"a\":1}");
        assert_eq!(of("string nullable", "null").unwrap(), "null");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (declared, raw) in [
            ("string[1..3]", "\"\""),
            ("string[1..3]", "\"abcd\""),
            ("string", "5"),
            ("integer", "1.5"),
            ("integer(0..9)", "10"),
            ("money(0..)", "-1"),
            ("money", "\"x\""),
            ("decimal", "-3"),
            ("decimal", "100000000000.1"),
            ("decimal", "79228162514264337593543950335"),
            ("boolean", "1"),
            ("date", "\"soon\""),
            ("object", "[]"),
            ("array", "{}"),
            ("string", "null"),
        ] {
            assert!(of(declared, raw).is_err(), "{declared} {raw}");
        }
    }
}
