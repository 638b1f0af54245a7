//! One record as the mirror takes it: key, columns, text, and the records cut out of it.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::IgnoredAny;

use super::column::{self, Layout, Misfit, Value};
use super::cut::{self, Parts};
use super::{Cut, KeyPart, KeyType, Parent, Stream};
use crate::model::json::{self, Member, scan};
use crate::model::key::{Key, Part};

/// A record, ready for the mirror.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// What identifies it.
    pub key: Key,
    /// The key of the record that it belongs to, in streams with a parent.
    pub parent: Option<Key>,
    /// The bytes received, less cut members.
    pub raw: String,
    /// A value for each declared column.
    pub values: Vec<Kept>,
    /// Columns whose value did not fit.
    pub misfits: Vec<Misfit>,
}

/// A column's value as a record keeps it.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// Absent, null, or not of the column's type.
    Null,
    /// Integers and booleans.
    Integer(i64),
    /// Text that stands at this place of `raw` as it is.
    Within(Range<usize>),
    /// Text that does not.
    Text(String),
}

/// A text that could not become a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Aside {
    /// The stream that it came for.
    pub stream: &'static str,
    /// Why, in words.
    pub reason: String,
    /// The text as received.
    pub text: String,
}

/// A record with everything that was cut out of it, stream by stream.
#[derive(Debug)]
pub struct Family {
    /// The record itself.
    pub record: Record,
    /// Whether the record says of itself that it is archived, and so no longer part of its stream.
    pub archived: bool,
    /// For each stream that is cut from this one: all its records that belong to this record. Empty when the
    /// answer did not have the members at all.
    pub children: Vec<(&'static Stream, Vec<Record>)>,
    /// Pieces that could not become records.
    pub aside: Vec<Aside>,
}

/// Reads the text of one record of `stream`, whatever it is.
///
/// Fails, with what is kept aside, only when the text is no JSON object or has no usable key.
pub fn read(stream: &'static Stream, text: &str) -> Result<Family, Aside> {
    Records::of(stream, None).check(text)
}

/// Reads the records of one list.
#[derive(Debug)]
pub struct Records<'a> {
    stream: &'static Stream,
    parent: Option<&'a Key>,
    /// How the records of each stream that were read last were laid out.
    layouts: Vec<(&'static str, Layout)>,
}

impl<'a> Records<'a> {
    /// Of a list of `stream`; `parent` is the key of the record whose list it is, where there is one.
    pub fn of(stream: &'static Stream, parent: Option<&'a Key>) -> Self {
        Records { stream, parent, layouts: Vec::new() }
    }

    /// As [`Records::read`], for a text that may be anything.
    pub fn check(&mut self, text: &str) -> Result<Family, Aside> {
        match serde_json::from_str::<IgnoredAny>(text) {
            Ok(IgnoredAny) => self.read(text),
            Err(error) => Err(aside(self.stream, error.to_string(), text.to_owned())),
        }
    }

    /// Reads the text of one record, which is known to be JSON.
    ///
    /// Fails, with what is kept aside, only when it is no object or has no usable key.
    pub fn read(&mut self, text: &str) -> Result<Family, Aside> {
        let stream = self.stream;
        let refuse = |reason: String| aside(stream, reason, text.to_owned());
        let Parts { text: raw, members, pieces } =
            cut::apply(text, &stream.cuts).map_err(|error| refuse(why(text, error)))?;
        let members: Vec<Member> =
            members.into_iter().map(|left| Member { name: left.name, value: &raw[left.value] }).collect();
        let (record, archived) = self.one(stream, &raw, &members, self.parent).map_err(refuse)?;
        drop(members);
        let record = record.with(raw);

        let mut aside = Vec::new();
        let mut children: Vec<(&'static Stream, Vec<Record>)> =
            targets(&stream.cuts, &pieces).map(|child| (child, Vec::new())).collect();
        for piece in pieces.records {
            let Some((child, records)) = children.iter_mut().find(|(child, _)| child.name == piece.to) else {
                continue;
            };
            match self.cut_out(child, piece.text, &record.key) {
                Ok(record) => records.push(record),
                Err(text) => aside.push(text),
            }
        }
        Ok(Family { record, archived, children, aside })
    }

    /// The record of `stream` that `raw` is, which was cut out of the record `parent`.
    fn cut_out(&mut self, stream: &'static Stream, raw: String, parent: &Key) -> Result<Record, Aside> {
        let read = match scan::members(&raw) {
            Some(members) => self.one(stream, &raw, &members, Some(parent)),
            None => Err("it is no object".to_owned()),
        };
        match read {
            Ok((record, _)) => Ok(record.with(raw)),
            Err(reason) => Err(aside(stream, reason, raw)),
        }
    }

    /// The record of `stream` that `raw` with these members is, less its text, and whether it says that it is archived;
    /// `parent` is the key of the record that it was cut from or whose list it is of.
    fn one(
        &mut self,
        stream: &'static Stream,
        raw: &str,
        members: &[Member],
        parent: Option<&Key>,
    ) -> Result<(Record, bool), String> {
        let key = key(stream, members, parent)?;
        let mut misfits = Vec::new();
        let mut values = Vec::with_capacity(stream.columns.len());
        values.extend(self.layout(stream).values(&stream.columns, members, &mut misfits).map(|value| {
            match value {
                Value::Null => Kept::Null,
                Value::Integer(integer) => Kept::Integer(integer),
                Value::Text(Cow::Borrowed(text)) => Kept::Within(json::place(raw, text)),
                Value::Text(Cow::Owned(text)) => Kept::Text(text),
            }
        }));
        let archived = stream.archived.as_ref().is_some_and(|path| json::find(members, path) == Some("true"));
        let parent = match (&stream.parent, parent) {
            (None, _) => None,
            (Some(_), Some(parent)) => Some(parent.clone()),
            // Listed by itself: the parent's id is a column of its own.
            (Some(Parent { column, .. }), None) => column.as_deref().and_then(|column| {
                let place = stream.columns.iter().position(|declared| declared.name == column)?;
                match values[place] {
                    Kept::Integer(id) => Some(Key(vec![Part::Integer(id)])),
                    _ => None,
                }
            }),
        };
        Ok((Record { key, parent, values, misfits, raw: String::new() }, archived))
    }

    fn layout(&mut self, stream: &'static Stream) -> &mut Layout {
        let place = self.layouts.iter().position(|(name, _)| *name == stream.name).unwrap_or_else(|| {
            self.layouts.push((&stream.name, Layout::default()));
            self.layouts.len() - 1
        });
        &mut self.layouts[place].1
    }
}

impl Record {
    fn with(self, raw: String) -> Record {
        Record { raw, ..self }
    }
}

/// Why `text` could not be taken apart: a check knows better than `error`, if it finds something.
fn why(text: &str, error: serde_json::Error) -> String {
    json::members(text).err().unwrap_or(error).to_string()
}

fn aside(stream: &'static Stream, reason: String, text: String) -> Aside {
    Aside { stream: &stream.name, reason, text }
}

fn targets(cuts: &[Cut], pieces: &cut::Pieces) -> impl Iterator<Item = &'static Stream> {
    cuts.iter().filter(|cut| pieces.tell(cut)).filter_map(|cut| super::named(&cut.to))
}

fn key(stream: &Stream, members: &[json::Member], parent: Option<&Key>) -> Result<Key, String> {
    let mut parts = Vec::with_capacity(stream.key.len() + 1);
    for part in &stream.key {
        match part {
            KeyPart::Parent => match parent {
                Some(parent) => parts.extend(parent.0.iter().cloned()),
                None => return Err("it has no parent".to_owned()),
            },
            KeyPart::At { path, r#type, empty, .. } => {
                let found = json::find(members, path).and_then(|text| key_value(*r#type, text));
                let nothing = match r#type {
                    KeyType::Integer => Part::Integer(0),
                    KeyType::Text => Part::Text(String::new()),
                };
                let found = found.or(empty.then_some(nothing));
                parts.push(found.ok_or_else(|| format!("`{path}` is no usable key"))?);
            }
            KeyPart::FirstOf { paths, kinds, .. } => {
                let found = paths.iter().zip(kinds).enumerate().find_map(|(place, (path, kind))| {
                    match json::find(members, path).and_then(|text| key_value(KeyType::Integer, text))? {
                        Part::Integer(0) => None,
                        id => Some([id, Part::Kind { name: kind, shown: place > 0 }]),
                    }
                });
                parts.extend(
                    found.ok_or_else(|| format!("none of `{}` is a usable key", paths.join("`, `")))?,
                );
            }
        }
    }
    Ok(Key(parts))
}

fn key_value(r#type: KeyType, text: &str) -> Option<Part> {
    match r#type {
        KeyType::Integer => match column::value(column::Type::Integer, text) {
            Some(Value::Integer(id)) if id >= 0 => Some(Part::Integer(id)),
            _ => None,
        },
        KeyType::Text => match column::value(column::Type::Text, text) {
            Some(Value::Text(text)) if !text.is_empty() => Some(Part::Text(text.into_owned())),
            // A store's id is text in the documentation; a number serves as well.
            _ => match column::value(column::Type::Integer, text) {
                Some(Value::Integer(id)) => Some(Part::Text(id.to_string())),
                _ => None,
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::stream::named;

    #[test]
    fn items_are_keyed_by_variant_or_by_product_tracked_as_a_whole() {
        let items = named("inventory_items").unwrap();
        let read = |text: &str| super::read(items, text).unwrap();
        let variant = read(
            r#"{"identity":{"sku":"A","variant_id":5,"product_id":3},"locations":[{"location_id":1,"available_to_sell":7}]}"#,
        );
        assert_eq!(variant.record.key.to_string(), "5");
        assert_eq!(variant.record.raw, r#"{"identity":{"sku":"A","variant_id":5,"product_id":3}}"#);
        assert_eq!(variant.children[0].1[0].key.to_string(), "5/1");
        let product = read(
            r#"{"identity":{"sku":"B","variant_id":null,"product_id":5},"locations":[{"location_id":2}]}"#,
        );
        assert_eq!(product.record.key.to_string(), "5/product");
        assert_eq!(product.children[0].1[0].key.to_string(), "5/product/2");
        assert!(product.record.key < variant.record.key);
    }

    #[test]
    fn only_a_missing_key_or_broken_json_keeps_a_record_aside() {
        let products = named("products").unwrap();
        assert!(read(products, r#"{"name":"x"}"#).unwrap_err().reason.contains("`id`"));
        assert!(read(products, r#"{"id":1,"#).is_err());
        let odd =
            read(products, r#"{"id":1,"price":"a lot","is_visible":null,"variants":[{"sku":"no id"}]}"#)
                .unwrap();
        assert_eq!(odd.record.misfits.len(), 1);
        assert_eq!(odd.record.misfits[0].column, "price");
        assert_eq!(odd.aside.len(), 1);
        assert_eq!(odd.aside[0].stream, "variants");
    }
}
