//! Records: structs whose every member is optional, read tolerantly and written back as received.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::json::{Json, Rest};
use super::lenient::Lenient;

/// Deeper JSON than this is no record of the store.
const DEEPEST: usize = 64;

/// What the macro below says about a record.
pub(crate) trait Model: Default {
    /// The members that have a place of their own.
    const NAMES: &'static [&'static str];

    /// Takes a member. `None` for one that has no place; else whether writing gives the same again.
    fn take(&mut self, name: &str, json: &str) -> Option<bool>;

    /// Writes the members that have a place.
    fn give<M: SerializeMap>(&self, out: &mut M) -> Result<(), M::Error>;

    fn rest(&self) -> &Rest;

    fn rest_mut(&mut self) -> &mut Rest;
}

/// Reads a record wherever serde meets one.
pub(crate) fn decode<'de, D: Deserializer<'de>, T: Model>(deserializer: D) -> Result<T, D::Error> {
    let raw: Box<RawValue> = serde::Deserialize::deserialize(deserializer)?;
    if !raw.get().starts_with('{') {
        return Err(D::Error::custom("a record is an object"));
    }
    if is_deep(raw.get()) {
        return Err(D::Error::custom("it is nested too deeply"));
    }
    object(raw.get()).map_err(D::Error::custom)
}

/// Reads a record from the text of an object.
pub(crate) fn object<T: Model>(json: &str) -> Result<T, serde_json::Error> {
    let members: Members<'_> = serde_json::from_str(json)?;
    let mut record = T::default();
    for (name, raw) in members.0 {
        if record.take(&name, raw.get()) == Some(true) {
            // The last of a name counts.
            if !record.rest().is_empty() {
                record.rest_mut().remove(&name);
            }
        } else {
            record.rest_mut().insert(&name, Json::of(raw));
        }
    }
    Ok(record)
}

/// Writes a record: what is known as it is now, everything else as it came.
pub(crate) fn encode<S: Serializer, T: Model>(record: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut out = serializer.serialize_map(None)?;
    record.give(&mut out)?;
    for (name, json) in record.rest().iter().filter(|(name, _)| !T::NAMES.contains(name)) {
        out.serialize_entry(name, json)?;
    }
    out.end()
}

/// Reads one member.
pub(crate) fn take<T: Lenient>(place: &mut Option<T>, json: &str) -> bool {
    let read = if json == "null" { None } else { T::read(json) };
    let (value, exact) = read.map_or((None, false), |(value, exact)| (Some(value), exact));
    *place = value;
    exact
}

/// Writes one member: in the form it was received in unless it changed since.
pub(crate) fn give<T: Lenient + Serialize + PartialEq, M: SerializeMap>(
    name: &'static str,
    value: Option<&T>,
    rest: &Rest,
    out: &mut M,
) -> Result<(), M::Error> {
    if let Some(received) = rest.get(name) {
        let mut read = None;
        take(&mut read, received.as_str());
        if read.as_ref() == value {
            return out.serialize_entry(name, received);
        }
    }
    value.map_or(Ok(()), |value| out.serialize_entry(name, value))
}

/// Whether brackets are nested deeper than in any record of the store. The text is valid JSON.
fn is_deep(json: &str) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                depth += 1;
                if depth > DEEPEST {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// The members of an object in order, borrowed from its text.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;

        impl<'de> Visitor<'de> for Walk {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Members<'de>, A::Error> {
                let mut found = Vec::with_capacity(64);
                while let Some((name, raw)) = members.next_entry::<Name<'de>, &'de RawValue>()? {
                    found.push((name.0, raw));
                }
                Ok(Members(found))
            }
        }

        deserializer.deserialize_map(Walk)
    }
}

/// A name that is borrowed unless it has escapes.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Declares a record or a part of one.
macro_rules! record {
    ($(#[$about:meta])* $name:ident { $($(#[$member_about:meta])* $member:ident: $kind:ty,)* }) => {
        $(#[$about])*
        ///
        /// A member that was missing, null or unreadable is `None`. What it was decoded from is what it
        /// encodes to.
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name {
            $(
                #[doc = concat!("`", crate::model::record::json_name!($member), "` of the API.")]
                #[doc = ""]
                $(#[$member_about])*
                pub $member: Option<$kind>,
            )*
            /// What the store sent beyond these members, and their received form where it differs.
            pub rest: crate::model::Rest,
        }

        impl crate::model::Model for $name {
            const NAMES: &'static [&'static str] = &[$(crate::model::record::json_name!($member)),*];

            #[allow(unused_variables)]
            fn take(&mut self, name: &str, json: &str) -> Option<bool> {
                match name {
                    $(
                        crate::model::record::json_name!($member) => {
                            Some(crate::model::record::take(&mut self.$member, json))
                        }
                    )*
                    _ => None,
                }
            }

            #[allow(unused_variables)]
            fn give<M: serde::ser::SerializeMap>(&self, out: &mut M) -> Result<(), M::Error> {
                $(
                    let name = crate::model::record::json_name!($member);
                    crate::model::record::give(name, self.$member.as_ref(), &self.rest, out)?;
                )*
                Ok(())
            }

            fn rest(&self) -> &crate::model::Rest {
                &self.rest
            }

            fn rest_mut(&mut self) -> &mut crate::model::Rest {
                &mut self.rest
            }
        }

        impl crate::model::Lenient for $name {
            fn read(json: &str) -> Option<(Self, bool)> {
                // An empty object is often sent as an empty array.
                let record = if json.starts_with('{') { crate::model::record::object(json).ok() } else { None };
                record.map(|record| (record, true))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::model::decode(deserializer)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                crate::model::encode(self, serializer)
            }
        }
    };
}

/// The member's name in JSON.
macro_rules! json_name {
    (r#type) => {
        "type"
    };
    ($member:ident) => {
        stringify!($member)
    };
}

pub(crate) use {json_name, record};

#[cfg(test)]
mod tests {
    use crate::Amount;

    record! {
        /// A leaf.
        Leaf {
            price: Amount,
            r#type: String,
        }
    }

    record! {
        /// A tree.
        Tree {
            id: i64,
            leaves: Vec<Leaf>,
            below: Vec<Tree>,
        }
    }

    #[test]
    fn what_was_received_is_what_is_written() {
        for text in [
            r#"{"id":1,"leaves":[{"price":1.10,"type":"a"},{"price":null,"type":5,"new":{"a":[1.0]}}],"x":null}"#,
            r#"{"id":"1","leaves":[1,null]}"#,
            r#"{"id":null,"leaves":{}}"#,
            r#"{"leaves":[{"price":"2.50"},[]]}"#,
        ] {
            let tree: Tree = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&tree).unwrap(), text);
        }
        let mut tree: Tree = serde_json::from_str(r#"{"id":"1","id":"2","x":1,"below":null}"#).unwrap();
        assert_eq!((tree.id, tree.rest.get("x").unwrap().as_str()), (Some(2), "1"));
        tree.id = Some(3);
        tree.below = Some(vec![]);
        assert_eq!(serde_json::to_string(&tree).unwrap(), r#"{"id":3,"below":[],"x":1}"#);
        tree.id = None;
        tree.below = None;
        assert_eq!(serde_json::to_string(&tree).unwrap(), r#"{"below":null,"x":1}"#);
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth| format!("{}{{}}{}", "{\"below\":[".repeat(depth), "]}".repeat(depth));
        assert!(serde_json::from_str::<Tree>(&nested(30)).is_ok());
        let error = serde_json::from_str::<Tree>(&nested(10_000)).unwrap_err();
        assert!(error.to_string().contains("deep") || error.to_string().contains("recursion"), "{error}");
        assert!(serde_json::from_str::<Tree>("[]").is_err());
    }
}
