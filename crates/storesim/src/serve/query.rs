//! The query of a request, decoded.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::num::IntErrorKind;

use percent::decode;

use crate::caller::Caller;

/// Parameters in their order, names and values decoded, and who asks.
#[derive(Debug, Default)]
pub(crate) struct Query(pub Vec<(String, String)>, pub Caller);

impl Query {
    /// Reads what follows the `?`. An empty piece is a parameter with an empty name, which the API
    /// does not ignore. The values of a list that is written as several parameters come together: some
    /// OpenAPI files describe `id:in` as exploded, and clients write `include_fields` so.
    pub fn read(text: Option<&str>) -> Self {
        let pieces = text.filter(|text| !text.is_empty()).into_iter().flat_map(|text| text.split('&'));
        let mut read: Vec<(String, String)> = Vec::new();
        // Where each list stands, so that thousands of them are no more work than one.
        let mut lists: HashMap<String, usize> = HashMap::new();
        for piece in pieces {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            let (name, value) = (decode(name), decode(value));
            if is_list(&name) {
                match lists.entry(name.clone()) {
                    Entry::Vacant(first) => {
                        first.insert(read.len());
                    }
                    Entry::Occupied(known) => {
                        let values = &mut read[*known.get()].1;
                        if !values.is_empty() && !value.is_empty() {
                            values.push(',');
                        }
                        values.push_str(&value);
                        continue;
                    }
                }
            }
            read.push((name, value));
        }
        Self(read, Caller::default())
    }

    /// The same, asked by an account.
    pub fn by(mut self, caller: Caller) -> Self {
        self.1 = caller;
        self
    }

    /// Who asks.
    pub fn caller(&self) -> &Caller {
        &self.1
    }

    /// The last value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The comma list of a parameter.
    pub fn list(&self, name: &str) -> Option<Vec<&str>> {
        self.get(name).map(|value| value.split(',').map(str::trim).filter(|v| !v.is_empty()).collect())
    }

    /// A positive number, or the default; one too large to hold is the largest there is.
    pub fn number(&self, name: &str, default: u64) -> u64 {
        let read = |text: &str| match text.parse::<u64>() {
            Err(error) if *error.kind() == IntErrorKind::PosOverflow => Some(u64::MAX),
            read => read.ok(),
        };
        self.get(name).and_then(read).filter(|n| *n > 0).unwrap_or(default)
    }
}

/// Whether a parameter takes several values.
fn is_list(name: &str) -> bool {
    matches!(name, "include" | "include_fields" | "exclude_fields")
        || name.ends_with(":in")
        || name.ends_with(":not_in")
}

mod percent {
    /// Decodes `%41`, and `+` as forms write a blank; what is no escape stays as it is.
    pub fn decode(text: &str) -> String {
        unescape(text, true)
    }

    /// Decodes `%41` in a part of a path.
    pub fn part(text: &str) -> String {
        unescape(text, false)
    }

    fn unescape(text: &str, form: bool) -> String {
        let bytes = text.as_bytes();
        let mut out = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while at < bytes.len() {
            let digits = text.get(at + 1..at + 3);
            match (bytes[at], digits.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
                (b'%', Some(byte)) => {
                    out.push(byte);
                    at += 2;
                }
                (b'+', _) if form => out.push(b' '),
                (byte, _) => out.push(byte),
            }
            at += 1;
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// A part of a path, less its escapes.
pub(crate) fn part(text: &str) -> String {
    percent::part(text)
}

/// Encodes a parameter's name or value for a link.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b',' => {
                out.push(byte as char)
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_decoded() {
        let query = Query::read(Some("id%3Ain=1,2&name=a+b%20c&x&&bad=%zz%"));
        assert_eq!(query.list("id:in"), Some(vec!["1", "2"]));
        assert_eq!(query.get("name"), Some("a b c"));
        assert_eq!(query.get("bad"), Some("%zz%"));
        assert_eq!(query.0[3].0, "");
        assert_eq!(encode("id:in"), "id%3Ain");
    }

    #[test]
    fn a_list_may_be_written_as_several_parameters() {
        let query =
            Query::read(Some("id:in=1,2&sort=id&id%3Ain=7&sort=name&include=images&include=variants"));
        assert_eq!(query.list("id:in"), Some(vec!["1", "2", "7"]));
        assert_eq!(query.list("include"), Some(vec!["images", "variants"]));
        assert_eq!(query.get("sort"), Some("name"));
    }
}
