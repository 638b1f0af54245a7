//! Keys of records: one or more parts, integers or text, with one order everywhere.

use std::fmt;

/// One part of a key. Integers sort by value and before text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// An id.
    Integer(i64),
    /// Text, where the API identifies by text.
    Text(String),
    /// Tells two kinds of ids apart (`variant`, `product`): it is part of the order, and is shown only when it
    /// is not the usual one.
    Kind {
        /// The kind's name, as the column holds it.
        name: &'static str,
        /// Whether a person sees it in the key's text.
        shown: bool,
    },
}

/// A record's key within its stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub Vec<Part>);

impl Key {
    /// The only part when it is an integer: what id ranges and id lists work with.
    pub fn id(&self) -> Option<i64> {
        match self.0.as_slice() {
            [Part::Integer(id)] => Some(*id),
            _ => None,
        }
    }
}

impl fmt::Display for Key {
    /// Parts joined by `/`: `77`, `77/1`, `77/product/1`.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let mut first = true;
        for part in &self.0 {
            let text = match part {
                Part::Integer(id) => id.to_string(),
                Part::Text(text) => text.clone(),
                Part::Kind { name, shown: true } => (*name).to_owned(),
                Part::Kind { shown: false, .. } => continue,
            };
            if !first {
                f.write_str("/")?;
            }
            first = false;
            f.write_str(&text)?;
        }
        Ok(())
    }
}
