//! Exact sums of decimal text, independent of the code under test.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

/// Places after the point that are kept; the API sends at most four.
const PLACES: usize = 10;

/// A decimal number with ten places, exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Exact(i128);

impl FromStr for Exact {
    type Err = String;

    /// Reads plain decimal text such as `-12.3400`; an exponent is not money.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no decimal number");
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || fraction.len() > PLACES {
            return Err(wrong());
        }
        format!("{whole}{fraction:0<PLACES$}")
            .parse()
            .map(|value: i128| Exact(sign * value))
            .map_err(|_| wrong())
    }
}

impl Sum for Exact {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        Exact(numbers.map(|number| number.0).sum())
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let scale = 10i128.pow(PLACES as u32);
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = (self.0.abs() / scale, self.0.abs() % scale);
        write!(f, "{sign}{whole}.{fraction:0PLACES$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact() {
        let sum: Exact =
            ["0.1", "0.2", "-5", "1000000000000.0001"].iter().map(|n| n.parse::<Exact>().unwrap()).sum();
        assert_eq!(sum, "999999999995.3001".parse().unwrap());
        assert_eq!(sum.to_string(), "999999999995.3001000000");
        for wrong in ["", "-", "1e3", ".5", "1.2.3", "NaN"] {
            assert!(wrong.parse::<Exact>().is_err(), "{wrong}");
        }
    }
}
