//! JSON as text with places: members and elements as slices of the text they stand in.
//!
//! A record's bytes are kept as received, so nothing here rebuilds JSON: it finds where values stand and cuts
//! slices out.

pub mod scan;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// One member of an object, borrowed from the object's text.
#[derive(Debug, Clone, PartialEq)]
pub struct Member<'a> {
    /// The name, unescaped.
    pub name: Cow<'a, str>,
    /// The value's text, without the white space around it.
    pub value: &'a str,
}

/// The members of the object that `text` is, in their order; doubled names are kept.
///
/// Fails when `text` is not one JSON object.
pub fn members(text: &str) -> Result<Vec<Member<'_>>, serde_json::Error> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<Member<'de>>;
        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::with_capacity(32);
            while let Some((name, value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
                members.push(Member { name: name.0, value: value.get() });
            }
            Ok(members)
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let members = deserializer.deserialize_map(Members)?;
    deserializer.end()?;
    Ok(members)
}

/// The elements of the array that `text` is, each as its own text.
///
/// Fails when `text` is not one JSON array.
pub fn elements(text: &str) -> Result<Vec<&str>, serde_json::Error> {
    struct Elements;
    impl<'de> Visitor<'de> for Elements {
        type Value = Vec<&'de str>;
        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("an array")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut elements = Vec::new();
            while let Some(value) = seq.next_element::<&'de RawValue>()? {
                elements.push(value.get());
            }
            Ok(elements)
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let elements = deserializer.deserialize_seq(Elements)?;
    deserializer.end()?;
    Ok(elements)
}

/// Values in values that are entered; no record of the API comes near, and a deeper one must not exhaust the stack.
pub const DEEPEST: usize = 128;

/// The error of a text that is not what it was taken for.
pub fn unexpected(what: &str) -> serde_json::Error {
    serde::de::Error::custom(format_args!("it is no {what}"))
}

/// The error of a text that is deeper.
pub fn too_deep() -> serde_json::Error {
    serde::de::Error::custom(format_args!("it is more than {DEEPEST} values deep"))
}

/// What kind of value a JSON text is, told by its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    Text,
    /// A number token.
    Number,
    /// `true` or `false`.
    Boolean,
    /// `null`, or nothing at all.
    Null,
}

/// The kind of the JSON value `text`, which has no white space in front.
pub fn kind(text: &str) -> Kind {
    match text.as_bytes().first() {
        Some(b'{') => Kind::Object,
        Some(b'[') => Kind::Array,
        Some(b'"') => Kind::Text,
        Some(b't' | b'f') => Kind::Boolean,
        Some(b'n') | None => Kind::Null,
        Some(_) => Kind::Number,
    }
}

/// The string that the JSON string `text` stands for; `None` when it is not a string or holds a lone surrogate.
pub fn string(text: &str) -> Option<Cow<'_, str>> {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match inner.filter(|inner| inner.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\')) {
        Some(plain) => Some(Cow::Borrowed(plain)),
        None => serde_json::from_str::<Name>(text).ok().map(|name| name.0),
    }
}

/// Where `part`, a slice of `whole`, stands in it.
pub(crate) fn place(whole: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    start..start + part.len()
}

/// The value at a dotted path of member names (`billing_address.email`), if it is there.
pub fn at<'a>(text: &'a str, path: &str) -> Option<&'a str> {
    if kind(text) != Kind::Object {
        return None;
    }
    find(&members(text).ok()?, path)
}

/// The value at a dotted path among `members`; of doubled names the last counts.
pub fn find<'a>(members: &[Member<'a>], path: &str) -> Option<&'a str> {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let value = members.iter().rev().find(|member| member.name == name)?.value;
    match rest {
        Some(rest) => at(value, rest),
        None => Some(value),
    }
}

/// A string borrowed where it has no escapes (serde's own `Cow` always copies).
struct Name<'a>(Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_order_white_space_and_number_tokens() {
        let text = "{ \"a\" : 1.10,\n \"b\\u0041\": [1, 2] , \"a\":null}";
        let found = members(text).unwrap();
        let pairs: Vec<_> = found.iter().map(|m| (m.name.as_ref(), m.value)).collect();
        assert_eq!(pairs, [("a", "1.10"), ("bA", "[1, 2]"), ("a", "null")]);
        assert_eq!(place(text, found[0].value), 8..12);
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        assert!(members("[1]").is_err());
        assert!(members("{\"a\":1} x").is_err());
        assert!(elements("{}").is_err());
    }

    #[test]
    fn at_walks_objects_only() {
        let text = r#"{"a":{"b":"x"},"c":[1]}"#;
        assert_eq!(at(text, "a.b"), Some("\"x\""));
        assert_eq!(at(text, "c.0"), None);
        assert_eq!(at(text, "a.z"), None);
    }
}
