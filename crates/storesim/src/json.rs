//! JSON as text: reading an object's members without decoding them, and changing some of them while
//! every other byte stays as it was.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of one object, in their order, values undecoded.
pub(crate) struct Members<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// Reads an object; `None` when the text is anything else.
    pub fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The raw value of a member, the last one when the name occurs twice.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.get())
    }

    /// Follows a dotted path through nested objects.
    pub fn path(&self, path: &str) -> Option<&'a str> {
        match path.split_once('.') {
            None => self.get(path),
            Some((name, rest)) => Members::read(self.get(name)?)?.path(rest),
        }
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::with_capacity(32);
                while let Some(key) = map.next_key_seed(Key)? {
                    members.push((key, map.next_value()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(Self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a member name")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// The raw entries of an array; `None` when the text is anything else.
pub(crate) fn entries(text: &str) -> Option<Vec<&str>> {
    let raw: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(raw.into_iter().map(RawValue::get).collect())
}

/// Changes members of an object: a member that exists keeps its place, a new one goes to the end,
/// and all other bytes stay as they were. The text must be an object.
pub(crate) fn edit<N: AsRef<str>, V: AsRef<str>>(text: &str, changes: &[(N, V)]) -> String {
    let Some(members) = Members::read(text) else { return text.to_owned() };
    let mut out = String::with_capacity(text.len() + 64);
    let mut done = 0;
    for (key, value) in &members.0 {
        if let Some((_, new)) = changes.iter().find(|(name, _)| name.as_ref() == key) {
            // The raw value borrows from the text, so the distance of the two is its offset.
            let start = value.get().as_ptr() as usize - text.as_ptr() as usize;
            out.push_str(&text[done..start]);
            out.push_str(new.as_ref());
            done = start + value.get().len();
        }
    }
    let end = text.rfind('}').unwrap_or(text.len()).max(done);
    out.push_str(&text[done..end]);
    let mut first = members.0.is_empty();
    for (name, value) in changes {
        if members.get(name.as_ref()).is_none() {
            if !std::mem::take(&mut first) {
                out.push(',');
            }
            quote_into(name.as_ref(), &mut out);
            out.push(':');
            out.push_str(value.as_ref());
        }
    }
    out.push('}');
    out
}

/// Takes members out of an object, whatever their values.
pub(crate) fn without(text: &str, drop: impl Fn(&str) -> bool) -> String {
    let Some(members) = Members::read(text) else { return text.to_owned() };
    let kept = members.0.iter().filter(|(name, _)| !drop(name));
    object(kept.map(|(name, value)| (name.as_ref(), value.get())))
}

/// Writes an object from raw members.
pub(crate) fn object<'a>(members: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::from("{");
    for (index, (name, value)) in members.enumerate() {
        if index > 0 {
            out.push(',');
        }
        quote_into(name, &mut out);
        out.push(':');
        out.push_str(value);
    }
    out.push('}');
    out
}

/// A string as JSON text.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quote_into(text, &mut out);
    out
}

/// Appends a string as JSON text.
pub(crate) fn quote_into(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The text of a raw JSON string; `None` for other values and for lone surrogates.
pub(crate) fn string(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(raw).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// A raw value as the text one would filter by: strings decoded, all else as written.
pub(crate) fn plain(raw: &str) -> Cow<'_, str> {
    string(raw).unwrap_or(Cow::Borrowed(raw))
}

/// A raw value as an integer, also from a string of digits.
pub(crate) fn integer(raw: &str) -> Option<i64> {
    plain(raw).parse().ok()
}

/// The deepest nesting of a text that is taken in; a record embeds it a few levels deeper, and readers
/// stop at 128.
const DEEPEST: usize = 100;

/// Whether objects and arrays are nested deeper than any reader of the record would follow.
pub(crate) fn is_too_deep(text: &str) -> bool {
    let mut scan = Scan::default();
    let mut depth = 0_usize;
    text.bytes().any(|byte| {
        let outside = !scan.inside;
        scan.keeps(byte);
        if outside {
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        depth > DEEPEST
    })
}

/// Takes the white space between tokens out.
pub(crate) fn compact(text: &str) -> Cow<'_, str> {
    let mut scan = Scan::default();
    if text.bytes().all(|b| scan.keeps(b)) {
        return Cow::Borrowed(text);
    }
    let mut scan = Scan::default();
    // Only ASCII white space outside strings is left out, so characters stay whole.
    Cow::Owned(text.chars().filter(|c| !c.is_ascii() || scan.keeps(*c as u8)).collect())
}

/// Tells bytes of tokens from white space between them.
#[derive(Default)]
struct Scan {
    inside: bool,
    escaped: bool,
}

impl Scan {
    fn keeps(&mut self, byte: u8) -> bool {
        if !self.inside {
            self.inside = byte == b'"';
            return !byte.is_ascii_whitespace();
        }
        if self.escaped {
            self.escaped = false;
        } else if byte == b'\\' {
            self.escaped = true;
        } else if byte == b'"' {
            self.inside = false;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_leaves_every_other_byte_alone() {
        let text = r#"{"a":1.10,"b\u0061":"x","c":[1, 2],"d":{}}"#;
        assert_eq!(
            edit(text, &[("c", "null"), ("e", "2")]),
            r#"{"a":1.10,"b\u0061":"x","c":null,"d":{},"e":2}"#
        );
        assert_eq!(edit("{}", &[("e", "2"), ("f", "3")]), r#"{"e":2,"f":3}"#);
        assert_eq!(edit::<&str, &str>(text, &[]), text);
    }

    #[test]
    fn white_space_goes_only_between_tokens() {
        assert_eq!(compact("{ \"a b\" : \"c \\\" d\" ,\n\"e\": [ 1 ] }"), r#"{"a b":"c \" d","e":[1]}"#);
        assert!(matches!(compact(r#"{"a b":1}"#), Cow::Borrowed(_)));
    }

    #[test]
    fn depth_is_bounded_outside_of_strings() {
        assert!(!is_too_deep(&format!("{}{}", "[".repeat(100), "]".repeat(100))));
        assert!(is_too_deep(&"[".repeat(101)));
        assert!(!is_too_deep(&format!("[\"{}\\\"{}\"]", "[".repeat(200), "{".repeat(200))));
    }

    #[test]
    fn paths_reach_into_objects() {
        let members = Members::read(r#"{"a":{"b":{"c":7}},"d":1}"#).unwrap();
        assert_eq!(members.path("a.b.c"), Some("7"));
        assert_eq!(members.path("a.x"), None);
    }
}
