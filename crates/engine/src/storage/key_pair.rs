//! Keys in two columns, `a` and `b`, as Baxter's own tables name the records of any stream: the first part, and the
//! others, joined where there are several.

use super::apply::{SqlRef, key_values};
use crate::model::key::Key;
use crate::model::stream::Stream;

/// A key as the values of two columns.
pub(super) struct Pair<'a> {
    key: &'a Key,
    joined: Option<String>,
}

impl<'a> Pair<'a> {
    pub fn of(key: &'a Key) -> Self {
        let words = key_values(key).skip(1).map(|value| match value {
            SqlRef::Integer(number) => number.to_string(),
            SqlRef::Text(text) => text.to_owned(),
        });
        let joined = (key.0.len() > 2).then(|| words.collect::<Vec<_>>().join("/"));
        Pair { key, joined }
    }

    /// The first part.
    pub fn a(&self) -> SqlRef<'_> {
        key_values(self.key).next().unwrap_or(SqlRef::Text(""))
    }

    /// The others.
    pub fn b(&self) -> SqlRef<'_> {
        match &self.joined {
            Some(text) => SqlRef::Text(text),
            None => key_values(self.key).nth(1).unwrap_or(SqlRef::Text("")),
        }
    }
}

/// The condition that the row `t` of the stream's table is the one that the row `l` names, whose stream is `?1`.
pub(super) fn is_named(stream: &Stream) -> String {
    let keys: Vec<String> = stream.key_columns().iter().map(|(name, _)| format!("t.\"{name}\"")).collect();
    let second = match &keys[1..] {
        [] => "''".to_owned(),
        [one] => format!("+{one}"),
        several => several.join(" || '/' || "),
    };
    // The plus takes the key column's own type out of the comparison: the columns here have none, and only then is
    // their primary key searched rather than read through for each record.
    format!("l.stream = ?1 AND l.a = +{} AND l.b = {second}", keys[0])
}
