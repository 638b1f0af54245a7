//! Changes: how two texts of one record differ, and what the change log says of it.

use std::fmt;
use std::str::FromStr;

use super::canonical;
use super::json::{self, Kind as JsonKind};

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It was not in the mirror before.
    Created,
    /// Its content differs from the mirror's.
    Updated,
    /// The store has it no longer.
    Deleted,
}

impl Kind {
    /// The word in the change log.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Created => "created",
            Kind::Updated => "updated",
            Kind::Deleted => "deleted",
        }
    }
}

/// By which of its ways Baxter noticed a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticedBy {
    /// The first complete reading of a stream.
    Backfill,
    /// What was modified since the cursor.
    Incremental,
    /// A complete re-list, whose absences are deletes.
    Sweep,
    /// An event of the store.
    Webhook,
    /// Our own write, read back.
    Apply,
    /// A proof that mirror and store are equal, which found that they were not.
    Verify,
}

impl NoticedBy {
    /// The word in the change log.
    pub fn as_str(self) -> &'static str {
        match self {
            NoticedBy::Backfill => "backfill",
            NoticedBy::Incremental => "incremental",
            NoticedBy::Sweep => "sweep",
            NoticedBy::Webhook => "webhook",
            NoticedBy::Apply => "apply",
            NoticedBy::Verify => "verify",
        }
    }

    /// Whether it is the answer to a question about single records, which may come while a list is read.
    pub fn is_live(self) -> bool {
        matches!(self, NoticedBy::Webhook | NoticedBy::Apply)
    }
}

impl fmt::Display for NoticedBy {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for NoticedBy {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        use NoticedBy::{Apply, Backfill, Incremental, Sweep, Verify, Webhook};
        [Backfill, Incremental, Sweep, Webhook, Apply, Verify]
            .into_iter()
            .find(|way| way.as_str() == word)
            .ok_or_else(|| format!("`{word}` is no way of noticing a change"))
    }
}

/// One path at which two texts of a record differ; an absent member has no value.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference<'a> {
    /// Member names joined by dots; arrays are compared as a whole.
    pub path: String,
    /// The JSON text before.
    pub old: Option<&'a str>,
    /// The JSON text now.
    pub new: Option<&'a str>,
}

/// Where the objects `old` and `new` differ in content; white space, order of members and forms of escapes are
/// no content, digits of numbers are.
pub fn differences<'a>(old: &'a str, new: &'a str) -> Result<Vec<Difference<'a>>, serde_json::Error> {
    let mut found = Vec::new();
    compare("", old, new, json::DEEPEST, &mut found)?;
    Ok(found)
}

fn compare<'a>(
    path: &str,
    old: &'a str,
    new: &'a str,
    depth: usize,
    found: &mut Vec<Difference<'a>>,
) -> Result<(), serde_json::Error> {
    let olds = json::members(old)?;
    let news = json::members(new)?;
    let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    for (place, member) in news.iter().enumerate() {
        // Members mostly keep their place from one answer to the next.
        let before = match olds.get(place) {
            Some(other) if other.name == member.name => Some(other),
            _ => olds.iter().find(|other| other.name == member.name),
        };
        match before {
            Some(before) if before.value == member.value => {}
            Some(before)
                if depth > 0
                    && json::kind(before.value) == JsonKind::Object
                    && json::kind(member.value) == JsonKind::Object =>
            {
                compare(&join(&member.name), before.value, member.value, depth - 1, found)?;
            }
            Some(before) if canonical::of(before.value) == canonical::of(member.value) => {}
            Some(before) => found.push(Difference {
                path: join(&member.name),
                old: Some(before.value),
                new: Some(member.value),
            }),
            None => found.push(Difference { path: join(&member.name), old: None, new: Some(member.value) }),
        }
    }
    for member in olds.iter().filter(|old| !news.iter().any(|new| new.name == old.name)) {
        found.push(Difference { path: join(&member.name), old: Some(member.value), new: None });
    }
    Ok(())
}

/// The differences as the change log keeps them: `[{"path":…,"old":…,"new":…},…]`, values byte for byte.
pub fn to_json(differences: &[Difference]) -> String {
    let mut out = String::from("[");
    for (i, difference) in differences.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push_str("{\"path\":");
        out.push_str(&serde_json::Value::from(difference.path.as_str()).to_string());
        for (name, value) in [("old", difference.old), ("new", difference.new)] {
            if let Some(value) = value {
                out.push_str(",\"");
                out.push_str(name);
                out.push_str("\":");
                out.push_str(value);
            }
        }
        out.push('}');
    }
    out.push(']');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(old: &str, new: &str) -> String {
        to_json(&differences(old, new).unwrap())
    }

    #[test]
    fn only_content_is_a_difference() {
        assert_eq!(diff(r#"{"a":1,"b":{"c":"é"}}"#, "{ \"b\": {\"c\":\"\\u00e9\"}, \"a\": 1 }"), "[]");
    }

    #[test]
    fn digits_of_numbers_are_content() {
        assert_eq!(diff(r#"{"a":1.1}"#, r#"{"a":1.10}"#), r#"[{"path":"a","old":1.1,"new":1.10}]"#);
    }

    #[test]
    fn objects_are_entered_arrays_are_whole() {
        assert_eq!(
            diff(
                r#"{"u":{"p":"/a/","q":1},"l":[1,2],"gone":0}"#,
                r#"{"u":{"p":"/b/","q":1},"l":[2,1],"come":{}}"#
            ),
            r#"[{"path":"u.p","old":"/a/","new":"/b/"},{"path":"l","old":[1,2],"new":[2,1]},{"path":"come","new":{}},{"path":"gone","old":0}]"#
        );
    }
}
