//! Tolerant reading of members: missing, null, of another type, numbers as strings.
//!
//! The store's answers differ from its reference in all of these ways. A member that cannot be read is
//! `None`; it never spoils the record.

use serde_json::value::RawValue;

/// Something readable from whatever JSON stands in its place.
pub(crate) trait Lenient: Sized {
    /// Reads a JSON text. `None` when it says nothing that fits; the flag tells whether writing the value
    /// would give the same JSON again.
    fn read(json: &str) -> Option<(Self, bool)>;
}

impl Lenient for i64 {
    fn read(json: &str) -> Option<(Self, bool)> {
        let text = json.trim_matches('"').trim();
        let whole = text.parse().ok().or_else(|| {
            // A whole number written with a fraction: 5.0.
            let (whole, fraction) = text.split_once('.')?;
            if fraction.bytes().all(|digit| digit == b'0') { whole.parse().ok() } else { None }
        });
        whole.map(|number: i64| (number, number.to_string() == json))
    }
}

impl Lenient for bool {
    fn read(json: &str) -> Option<(Self, bool)> {
        match json {
            "true" => Some((true, true)),
            "false" => Some((false, true)),
            _ => match json.trim_matches('"') {
                "true" | "1" => Some((true, false)),
                "false" | "0" | "" => Some((false, false)),
                _ => None,
            },
        }
    }
}

impl Lenient for String {
    fn read(json: &str) -> Option<(Self, bool)> {
        match json.as_bytes().first()? {
            b'"' => serde_json::from_str(json).ok().map(|text| (text, true)),
            b'{' | b'[' => None,
            _ => Some((json.to_owned(), false)),
        }
    }
}

/// Entries that cannot be read are left out; anything but a list is an empty one.
impl<T: Lenient> Lenient for Vec<T> {
    fn read(json: &str) -> Option<(Self, bool)> {
        let Ok(entries) = serde_json::from_str::<Vec<&RawValue>>(json) else {
            return Some((Vec::new(), false));
        };
        let mut same = true;
        let mut values = Vec::with_capacity(entries.len());
        for entry in entries {
            match T::read(entry.get()) {
                Some((value, exact)) => {
                    same &= exact;
                    values.push(value);
                }
                None => same = false,
            }
        }
        Some((values, same))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Lenient>(json: &str) -> Option<T> {
        T::read(json).map(|(value, _)| value)
    }

    #[test]
    fn what_fits_is_read_and_the_rest_is_nothing() {
        assert_eq!(
            ["5", "\"5\"", "5.00", "-1"].map(i64::read).map(Option::unwrap),
            [(5, true), (5, false), (5, false), (-1, true)]
        );
        assert_eq!(["\"\"", "5.5", "{}", "true"].map(read::<i64>), [None; 4]);
        assert_eq!(["true", "\"0\"", "[]"].map(bool::read), [Some((true, true)), Some((false, false)), None]);
        assert_eq!(read::<String>("\"a\\u00e9\"").as_deref(), Some("aé"));
        assert_eq!(String::read("7"), Some(("7".to_owned(), false)));
        assert_eq!(String::read("{}"), None);
        assert_eq!(Vec::<i64>::read("[1,\"2\",{},3]"), Some((vec![1, 2, 3], false)));
        assert_eq!(Vec::<i64>::read("[1,2]"), Some((vec![1, 2], true)));
        assert_eq!(Vec::<i64>::read("{}"), Some((vec![], false)));
    }
}
