//! Cursors: opaque to clients, they say where in a list a record stands, so that a walk goes on from there
//! also when the record is gone or has moved.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::list::{Found, SortKey, order, place};
use super::query::Query;
use crate::declare::Resource;
use crate::json::{self, Members, quote};
use crate::table::Record;

/// A place in a list.
#[derive(Debug, PartialEq)]
pub(super) struct Cursor {
    id: i64,
    /// In a sorted list, by which member and what it is.
    sorted: Option<(String, SortKey)>,
}

impl Cursor {
    /// Where a record stands in the list that a request asks for.
    pub fn of(resource: &Resource, query: &Query, record: &Record) -> Self {
        let member = order(resource, query).0.filter(|member| *member != resource.key);
        let sorted = member.map(|member| (member.to_owned(), place(resource, record, member)));
        Self { id: record.id, sorted }
    }

    /// Its text.
    pub fn text(&self) -> String {
        let sorted = self.sorted.as_ref().map(|(member, (number, text))| {
            let number = number.map_or_else(|| "null".into(), |number| number.to_string());
            format!(",\"by\":{},\"at\":[{number},{}]", quote(member), quote(text))
        });
        STANDARD_NO_PAD.encode(format!("{{\"id\":{}{}}}", self.id, sorted.unwrap_or_default()))
    }

    /// Reads a text; a `+` that came unescaped is a blank by now.
    pub fn read(text: &str) -> Option<Self> {
        let bytes = STANDARD_NO_PAD.decode(text.trim_end_matches('=').replace(' ', "+")).ok()?;
        let members = Members::read(std::str::from_utf8(&bytes).ok()?)?;
        let id = json::integer(members.get("id")?)?;
        let member = members.get("by").and_then(json::string);
        let sorted = match (member, members.get("at").and_then(json::entries).as_deref()) {
            (Some(member), Some([number, text])) => {
                let text = json::string(text)?.into_owned();
                Some((member.into_owned(), (number.parse().ok(), text)))
            }
            _ => None,
        };
        Some(Self { id, sorted })
    }

    /// How many records of the list stand before it: with its own record when the walk goes forward.
    pub fn position(&self, resource: &Resource, query: &Query, found: &Found, forward: bool) -> usize {
        let total = found.len();
        let (member, descending) = order(resource, query);
        let member = member.filter(|member| *member != resource.key);
        let held = self.sorted.as_ref().filter(|(by, _)| Some(by.as_str()) == member);
        if held.is_none()
            && let Some(at) = (0..total).find(|index| found.get(*index).id == self.id)
        {
            return at + usize::from(forward);
        }
        let passed = |record: &Record| {
            let order = match (held, member) {
                (Some((_, own)), Some(member)) => {
                    place(resource, record, member).cmp(own).then(record.id.cmp(&self.id))
                }
                _ => record.id.cmp(&self.id),
            };
            let order = if descending { order.reverse() } else { order };
            order.is_lt() || (forward && order.is_eq())
        };
        let (mut low, mut high) = (0, total);
        while low < high {
            let middle = low.midpoint(high);
            if passed(found.get(middle)) { low = middle + 1 } else { high = middle }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let sorted = |number: Option<&str>, text: &str| {
            let number = number.map(|number| number.parse().unwrap());
            Some(("last_name".to_owned(), (number, text.to_owned())))
        };
        for sorted in [None, sorted(None, "o'brien \u{e9}\u{fc}~?>"), sorted(Some("-12.50"), "x\"")] {
            let cursor = Cursor { id: 7, sorted };
            assert_eq!(Cursor::read(&cursor.text()), Some(cursor));
        }
        assert_eq!(Cursor::read("eyJpZCI6MX0"), Some(Cursor { id: 1, sorted: None }));
        for wrong in ["", "x", "eyJ9", "e30"] {
            assert_eq!(Cursor::read(wrong), None, "{wrong}");
        }
    }
}
