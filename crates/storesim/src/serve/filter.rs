//! Which records of a list a request wants.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;

use super::answer::{Failure, Version};
use super::query::Query;
use crate::data::Data;
use crate::dates;
use crate::declare::{Operator, Reading, Resource};
use crate::json::{self, Members};
use crate::table::Record;

/// Parameters of lists that are not filters.
const CONTROLS: &[&str] = &[
    "page",
    "limit",
    "sort",
    "direction",
    "include",
    "include_fields",
    "exclude_fields",
    "before",
    "after",
    "consignment_structure",
];

/// The filters of one request.
#[derive(Default)]
pub(crate) struct Wanted {
    /// Keys from and to, both included.
    pub range: Option<(i64, i64)>,
    /// Exactly these keys, as far as they exist.
    pub ids: Option<Vec<i64>>,
    /// What else has to hold.
    tests: Vec<Test>,
    /// Owners of records with a value: the table, the field and the value.
    through: Vec<(&'static str, &'static str, String)>,
    /// How many filters there were.
    pub count: usize,
    /// Which records the caller sees, where not everyone sees all.
    visible: Option<Visible>,
}

impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wanted").field("range", &self.range).field("ids", &self.ids).finish_non_exhaustive()
    }
}

/// Whether a caller sees a record.
pub(crate) type Visible = Box<dyn Fn(&Record) -> bool>;

#[derive(Debug)]
struct Test {
    members: Vec<String>,
    operator: Operator,
    values: Vec<Value>,
    /// The cached date answers this one.
    on_modified: bool,
    /// The key answers this one.
    on_key: bool,
    /// Words that stand for their places.
    ranks: Vec<String>,
}

#[derive(Debug, PartialEq)]
enum Value {
    Number(Decimal),
    Date(i64),
    Boolean(bool),
    Text(String),
}

/// The refusal of parameters that are no filters.
pub(crate) fn not_filters(names: &[&str]) -> Failure {
    Failure::new(422, format!("The filter(s): {} are not valid filter parameter(s).", names.join(", ")))
}

impl Wanted {
    /// Reads the filters of a request. Unknown parameters are refused or ignored as the resource
    /// says; a value that cannot be read is always refused.
    pub fn read(
        resource: &'static Resource,
        query: &Query,
        version: Version,
        now: i64,
    ) -> Result<Self, Failure> {
        let mut wanted = Self::default();
        let mut refused: Vec<&str> = Vec::new();
        for (name, text) in &query.0 {
            let (base, suffix) = name.split_once(':').unwrap_or((name, ""));
            let filter = resource.filters.iter().find(|filter| filter.name == base);
            let operator = filter.and_then(|f| f.operators.iter().find(|(known, _)| *known == suffix));
            let (Some(filter), Some((_, operator))) = (filter, operator) else {
                let ignored = filter.is_some_and(|filter| filter.operators.is_empty());
                if resource.strict && !ignored && !CONTROLS.contains(&name.as_str()) {
                    refused.push(name);
                }
                continue;
            };
            // A text that is empty asks for nothing in particular, so it is no ground to delete by.
            let counted = usize::from(!text.trim().is_empty());
            if let Some(table) = &filter.through {
                wanted.count += counted;
                wanted.through.push((table, &filter.name, text.clone()));
                continue;
            }
            let several = matches!(operator, Operator::In | Operator::NotIn | Operator::List | Operator::All);
            let pieces: Vec<&str> =
                if several { text.split(',').map(str::trim).collect() } else { vec![text.as_str()] };
            let reading = match operator {
                Operator::Like | Operator::Contains | Operator::Prefix | Operator::FieldType => Reading::Text,
                Operator::Low | Operator::Out | Operator::Approved | Operator::Narrow => Reading::Text,
                Operator::List | Operator::All => Reading::Number,
                _ => filter.reading,
            };
            let values: Option<Vec<Value>> = pieces.iter().map(|piece| value(piece, reading, now)).collect();
            let Some(values) = values else {
                refused.push(name);
                continue;
            };
            wanted.count += counted;
            let numbered = filter.reading == Reading::Number && !resource.text_key();
            let on_key = numbered && filter.members == [resource.key.as_str()];
            if on_key && wanted.by_key(*operator, &values) {
                continue;
            }
            let on_modified =
                resource.modified.as_ref().is_some_and(|member| filter.members == [member.as_str()]);
            let members = filter.members.clone();
            let ranks = filter.ranks.clone();
            wanted.tests.push(Test { members, operator: *operator, values, on_modified, on_key, ranks });
        }
        if refused.is_empty() {
            return Ok(wanted);
        }
        Err(match version {
            Version::V2 => Failure::new(400, format!("The field '{}' is invalid.", refused[0])),
            Version::V3 => Failure { status: resource.strict_status, ..not_filters(&refused) },
        })
    }

    /// Turns a filter on the key into a range or a list of keys.
    fn by_key(&mut self, operator: Operator, values: &[Value]) -> bool {
        let ids: Vec<i64> = values.iter().filter_map(Value::id).collect();
        if ids.len() != values.len() {
            return false;
        }
        let (low, high) = self.range.unwrap_or((i64::MIN, i64::MAX));
        match (operator, ids.as_slice()) {
            (Operator::Equal | Operator::In, _) => {
                let mut ids = ids;
                ids.sort_unstable();
                ids.dedup();
                if let Some(before) = &self.ids {
                    ids.retain(|id| before.contains(id));
                }
                self.ids = Some(ids);
                return true;
            }
            (Operator::Min, [id]) => self.range = Some((low.max(*id), high)),
            (Operator::Max, [id]) => self.range = Some((low, high.min(*id))),
            (Operator::Greater, [id]) => self.range = Some((low.max(id.saturating_add(1)), high)),
            (Operator::Less, [id]) => self.range = Some((low, high.min(id.saturating_sub(1)))),
            _ => return false,
        }
        true
    }

    /// Leaves out what the caller does not see.
    pub fn seen(mut self, visible: Option<Visible>) -> Self {
        self.visible = visible;
        self
    }

    /// Wants a member to be one of some numbers besides.
    pub fn within(&mut self, member: &str, ids: Vec<i64>, is_key: bool) {
        let values: Vec<Value> = ids.into_iter().map(|id| Value::Number(id.into())).collect();
        if is_key && self.by_key(Operator::In, &values) {
            return;
        }
        let (members, operator) = (vec![member.to_owned()], Operator::In);
        self.tests.push(Test {
            members,
            operator,
            values,
            on_modified: false,
            on_key: false,
            ranks: Vec::new(),
        });
    }

    /// Wants a member to have a value besides.
    pub fn also(&mut self, member: &str, value: &str) {
        let value = match value.parse() {
            Ok(number) => Value::Number(number),
            Err(_) => Value::Text(value.to_lowercase()),
        };
        self.tests.push(Test {
            members: vec![member.to_owned()],
            operator: Operator::Equal,
            values: vec![value],
            on_modified: false,
            on_key: false,
            ranks: Vec::new(),
        });
    }

    /// Looks up what filters want that other tables know.
    pub fn resolve(mut self, data: &Data) -> Self {
        for (table, field, value) in std::mem::take(&mut self.through) {
            let (table, by) = table.split_once(" by ").map_or((table, None), |(table, by)| (table, Some(by)));
            let table = data.table(table);
            let found = table.holder(field, &value);
            if let (Some(member), Some(id)) = (by, found) {
                self.also(member, &id.to_string());
                continue;
            }
            let found = found.filter(|_| by.is_none());
            let owner = found.and_then(|id| table.get(id)).map(|record| record.parent);
            let before = self.ids.take();
            let kept = owner.filter(|id| before.as_ref().is_none_or(|before| before.contains(id)));
            self.ids = Some(kept.into_iter().collect());
        }
        self
    }

    /// Whether only the key decides.
    pub fn only_keys(&self) -> bool {
        self.tests.is_empty() && self.visible.is_none()
    }

    /// Whether a key is in the range asked for.
    pub fn in_range(&self, id: i64) -> bool {
        self.range.is_none_or(|(low, high)| (low..=high).contains(&id))
    }

    /// Whether an object that is no record is wanted.
    pub fn accepts_text(&self, text: &str) -> bool {
        let id = |members: &Members| members.get("id").and_then(json::integer).unwrap_or(0);
        let Some(members) = Members::read(text) else { return false };
        let id = id(&members);
        self.ids.as_ref().is_none_or(|ids| ids.contains(&id))
            && self.in_range(id)
            && self.tests.iter().all(|test| test.accepts(&members))
    }

    /// Whether a record is wanted, as far as its text and date decide.
    pub fn accepts(&self, record: &Record) -> bool {
        if self.visible.as_ref().is_some_and(|visible| !visible(record)) {
            return false;
        }
        let cheap = |test: &&Test| test.on_modified || test.on_key;
        if !self.tests.iter().filter(cheap).all(|test| test.accepts_cached(record)) {
            return false;
        }
        let mut rest = self.tests.iter().filter(|test| !cheap(test)).peekable();
        if rest.peek().is_none() {
            return true;
        }
        let Some(members) = Members::read(&record.text) else { return false };
        rest.all(|test| test.accepts(&members))
    }
}

impl Test {
    fn accepts_cached(&self, record: &Record) -> bool {
        let own =
            if self.on_key { Value::Number(Decimal::from(record.id)) } else { Value::Date(record.modified) };
        self.compare(&own)
    }

    fn accepts(&self, members: &Members) -> bool {
        match self.operator {
            Operator::Narrow => true,
            Operator::Approved => {
                let approved = members.get(&self.members[0]) == Some("\"approved\"");
                approved == matches!(self.values.first(), Some(Value::Text(text)) if text == "1")
            }
            Operator::Low | Operator::Out => {
                let number = |name| members.get(name).and_then(json::integer).unwrap_or(0);
                let tracked = members.get("inventory_tracking") != Some("\"none\"");
                let least =
                    if self.operator == Operator::Low { number("inventory_warning_level") } else { 0 };
                let holds = tracked && number("inventory_level") <= least;
                holds == matches!(self.values.first(), Some(Value::Text(text)) if text == "1")
            }
            Operator::List | Operator::All => {
                let own = members.path(&self.members[0]).and_then(json::entries).unwrap_or_default();
                let own: Vec<Value> = own.iter().filter_map(|raw| value(raw, Reading::Number, 0)).collect();
                let all = self.values.iter().all(|value| own.contains(value));
                all && (self.operator == Operator::All || own.len() == self.values.len())
            }
            Operator::FieldType => {
                let own = match members.path(&self.members[0]).unwrap_or_default().as_bytes().first() {
                    Some(b'[') => Some("checkboxes"),
                    Some(b'"') => None,
                    _ => Some("numbers"),
                };
                match self.values.first() {
                    Some(Value::Text(wanted)) if matches!(wanted.as_str(), "checkboxes" | "numbers") => {
                        own == Some(wanted)
                    }
                    _ => own.is_none(),
                }
            }
            Operator::Like | Operator::Contains | Operator::Prefix => {
                let own: Vec<Cow<str>> =
                    self.members.iter().filter_map(|path| members.path(path)).map(json::plain).collect();
                let own = own.join(" ").to_lowercase();
                match self.values.first() {
                    Some(Value::Text(pattern)) if self.operator == Operator::Like => like(&own, pattern),
                    Some(Value::Text(text)) if self.operator == Operator::Prefix => own.starts_with(text),
                    Some(Value::Text(text)) => own.contains(text.as_str()),
                    _ => false,
                }
            }
            _ if self.members.len() > 1 => {
                let own: Vec<Cow<str>> =
                    self.members.iter().filter_map(|path| members.path(path)).map(json::plain).collect();
                self.compare(&Value::Text(own.join(" ").to_lowercase()))
            }
            _ => {
                let path = &self.members[0];
                // A path may lead through an array of objects, one of which has to fit.
                if let Some((list, rest)) = path.split_once('.')
                    && let Some(entries) = members.get(list).and_then(json::entries)
                {
                    let own = |entry| Members::read(entry).and_then(|entry| entry.path(rest));
                    return entries.into_iter().filter_map(own).any(|raw| self.compare_raw(raw));
                }
                let raw = members.path(path).unwrap_or("null");
                // An array holds a wanted value when one of its entries is it.
                if raw.starts_with('[') {
                    return json::entries(raw).unwrap_or_default().iter().any(|raw| self.compare_raw(raw));
                }
                self.compare_raw(raw)
            }
        }
    }

    fn compare_raw(&self, raw: &str) -> bool {
        if !self.ranks.is_empty() {
            let word = json::plain(raw);
            let place = self.ranks.iter().position(|known| *known == word).map_or(0, |at| at + 1);
            return self.compare(&Value::Number(Decimal::from(place as u64)));
        }
        let reading = match self.values.first() {
            Some(Value::Number(_)) => Reading::Number,
            Some(Value::Date(_)) => Reading::Date,
            Some(Value::Boolean(_)) => Reading::Boolean,
            _ => Reading::Text,
        };
        let own = if raw == "null" { None } else { value(&json::plain(raw), reading, 0) };
        match own {
            Some(own) => self.compare(&own),
            None => matches!(self.operator, Operator::NotIn | Operator::Unequal),
        }
    }

    fn compare(&self, own: &Value) -> bool {
        let first = self.values.first();
        let order = first.and_then(|value| own.order(value));
        match self.operator {
            Operator::Equal => first == Some(own),
            Operator::Unequal => first != Some(own),
            Operator::In => self.values.contains(own),
            Operator::NotIn => !self.values.contains(own),
            Operator::Min => order.is_some_and(|order| order.is_ge()),
            Operator::Max => order.is_some_and(|order| order.is_le()),
            Operator::Greater => order.is_some_and(|order| order.is_gt()),
            Operator::Less => order.is_some_and(|order| order.is_lt()),
            _ => false,
        }
    }
}

impl Value {
    fn id(&self) -> Option<i64> {
        match self {
            Value::Number(number) if number.is_integer() => i64::try_from(*number).ok(),
            _ => None,
        }
    }

    fn order(&self, other: &Value) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Value::Number(a), Value::Number(b)) => Some(a.cmp(b)),
            (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
            (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

fn value(text: &str, reading: Reading, now: i64) -> Option<Value> {
    Some(match reading {
        Reading::Number => {
            Value::Number(Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text)).ok()?)
        }
        Reading::Date => Value::Date(dates::parse(text, now)?),
        Reading::Boolean => Value::Boolean(match text {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => return None,
        }),
        Reading::Text => Value::Text(text.to_lowercase()),
    })
}

/// SQL's LIKE over lower-case texts; a pattern without a wildcard is searched for.
fn like(text: &str, pattern: &str) -> bool {
    if !pattern.contains(['%', '_']) {
        return text.contains(pattern);
    }
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut t, mut p, mut retry) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('%') => {
                retry = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '_' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    p = star + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '%')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declare::resources;

    fn accepts(query: &str, text: &str) -> bool {
        let products = resources().iter().find(|r| r.name == "products").unwrap();
        let wanted = Wanted::read(products, &Query::read(Some(query)), Version::V3, 0).unwrap();
        let record = Record { id: 5, parent: 0, modified: 1_000, text: text.into() };
        wanted.ids.as_ref().is_none_or(|ids| ids.contains(&5))
            && wanted.in_range(5)
            && wanted.accepts(&record)
    }

    #[test]
    fn operators_compare_by_type() {
        let text = r#"{"id":5,"price":10.50,"name":"Red Chair","categories":[3,4],"is_visible":true,
            "condition":"New","inventory_tracking":"product","inventory_level":0,"inventory_warning_level":2}"#;
        for query in [
            "price=10.5",
            "id:min=5",
            "id:max=5",
            "id:greater=4",
            "id:less=6",
            "id:in=9,5",
            "id:not_in=4,6",
            "categories:in=3,4",
            "categories:in=4",
            "categories=4,3",
            "is_visible=1",
            "condition=new",
            "keyword=CHAIR",
            "out_of_stock=1",
            "inventory_low=1",
            "date_modified:min=1970-01-01T00:16:40Z",
            "inventory_level:less=1",
            "name=red+chair",
        ] {
            assert!(accepts(query, text), "{query}");
        }
        for query in [
            "price=10",
            "id:min=6",
            "id:less=5",
            "id=4",
            "id:not_in=5",
            "categories=3",
            "categories:in=3,5",
            "is_visible=false",
            "keyword=table",
            "date_modified:max=1970-01-01T00:16:39Z",
            "inventory_low=0",
        ] {
            assert!(!accepts(query, text), "{query}");
        }
    }

    #[test]
    fn patterns_are_those_of_sql() {
        assert!(like("red chair", "red%") && like("red chair", "%ch__r") && like("red chair", "d c"));
        assert!(!like("red chair", "chair%") && !like("red chair", "red_"));
    }

    #[test]
    fn unknown_filters_are_named() {
        let products = resources().iter().find(|r| r.name == "products").unwrap();
        let query = Query::read(Some("colour=red&id:near=3&page=2&"));
        let failure = Wanted::read(products, &query, Version::V3, 0).unwrap_err();
        assert_eq!(failure.title, "The filter(s): colour, id:near,  are not valid filter parameter(s).");
    }
}
