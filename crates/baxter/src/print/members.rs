//! The members of an object as cells, in their order.

use std::fmt;
use std::io;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::Cell;

/// Names and values of an object's members.
pub struct Members(pub Vec<(String, Cell)>);

impl Members {
    /// The members of what `value` is in JSON; nothing but an object has any.
    pub fn of(value: &impl Serialize) -> io::Result<Members> {
        let text = serde_json::to_string(value).map_err(io::Error::other)?;
        serde_json::from_str(&text).map_err(io::Error::other)
    }

    /// The value of the member of this name, which has none afterwards.
    pub fn take(&mut self, name: &str) -> Cell {
        let member = self.0.iter_mut().find(|(known, _)| known == name);
        member.map_or(Cell::Null, |(_, value)| std::mem::replace(value, Cell::Null))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk;

        impl<'de> Visitor<'de> for Walk {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    members.push((name, Cell::from_json(value.get())));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Walk)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    #[test]
    fn members_keep_order_and_digits() {
        let value = RawValue::from_string(r#"{"z":1.10,"a":"x","b":[1]}"#.into()).unwrap();
        let mut members = Members::of(&value).unwrap();
        assert_eq!(members.0[0], ("z".to_owned(), Cell::Number("1.10".into())));
        assert_eq!((members.take("b"), members.take("b")), (Cell::Json("[1]".into()), Cell::Null));
        assert!(Members::of(&[1]).is_err());
    }
}
