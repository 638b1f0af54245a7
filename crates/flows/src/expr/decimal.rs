//! Exact decimals for jq: over decimal text or numbers as they were written, never floats, never rounded unasked.

use std::cmp::Ordering;

use jaq_json::{Num, Val};
use rust_decimal::{Decimal, RoundingStrategy};

/// The most digits of a decimal.
const TOO_LONG: &str = "the result has more than 28 digits";

/// The decimal that `value` is.
pub(super) fn of(value: &Val) -> Result<Decimal, String> {
    match value {
        Val::TStr(text) => parse(&String::from_utf8_lossy(text)),
        Val::Num(Num::Int(integer)) => Ok(Decimal::from(*integer)),
        Val::Num(Num::BigInt(integer)) => parse(&integer.to_string()),
        Val::Num(Num::Dec(literal)) => parse(literal),
        Val::Num(Num::Float(_)) => {
            Err(format!("{value} was computed as a float and is no exact amount; use dadd, dsub, dmul"))
        }
        other => Err(format!("{} is no decimal number", super::head(&other.to_string(), 40))),
    }
}

fn parse(text: &str) -> Result<Decimal, String> {
    let refused = || format!("`{}` is no decimal number", super::head(text, 40));
    if text.is_empty()
        || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'))
    {
        return Err(refused());
    }
    let parsed = if text.contains(['e', 'E']) {
        Decimal::from_scientific(text)
    } else {
        Decimal::from_str_exact(text)
    };
    parsed.map_err(|_| refused())
}

/// `a + b`, with as many places as the longer of them.
pub(super) fn add(a: Decimal, b: Decimal) -> Result<Decimal, String> {
    let scale = a.scale().max(b.scale());
    let sum = aligned(a, scale)?.checked_add(aligned(b, scale)?).ok_or(TOO_LONG)?;
    exact(sum, scale)
}

/// `a - b`.
pub(super) fn sub(a: Decimal, b: Decimal) -> Result<Decimal, String> {
    add(a, neg(b)?)
}

/// `a × b`, with the places of both.
pub(super) fn mul(a: Decimal, b: Decimal) -> Result<Decimal, String> {
    let (a, b) = (a.normalize(), b.normalize());
    let product = a.mantissa().checked_mul(b.mantissa()).ok_or(TOO_LONG)?;
    exact(product, a.scale() + b.scale())
}

/// `-a`.
pub(super) fn neg(a: Decimal) -> Result<Decimal, String> {
    exact(-a.mantissa(), a.scale())
}

/// `a` without its sign.
pub(super) fn abs(a: Decimal) -> Result<Decimal, String> {
    exact(a.mantissa().abs(), a.scale())
}

/// `a` with exactly so many places; a half goes away from zero.
pub(super) fn round(a: Decimal, places: &Val) -> Result<Decimal, String> {
    let places = match places {
        Val::Num(Num::Int(places)) => u32::try_from(*places).ok().filter(|places| *places <= 28),
        _ => None,
    };
    let places = places.ok_or("dround wants 0 to 28 places")?;
    let rounded = a.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    exact(aligned(rounded, places)?, places)
}

/// -1, 0 or 1.
pub(super) fn cmp(a: Decimal, b: Decimal) -> isize {
    match a.cmp(&b) {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
}

/// The digits of `a` counted in units of so many places.
fn aligned(a: Decimal, scale: u32) -> Result<i128, String> {
    let factor = 10_i128.checked_pow(scale - a.scale()).ok_or(TOO_LONG)?;
    Ok(a.mantissa().checked_mul(factor).ok_or(TOO_LONG)?)
}

fn exact(mantissa: i128, scale: u32) -> Result<Decimal, String> {
    Decimal::try_from_i128_with_scale(mantissa, scale).map_err(|_| TOO_LONG.to_owned())
}
