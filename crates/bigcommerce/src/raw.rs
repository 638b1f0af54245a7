//! Finds the records of a list in its body without copying or re-encoding them.
//!
//! A body is scanned once. What comes out are byte ranges of each record, exactly as received, and the
//! `meta` member as text. Shapes: V3 `{"data":[…],"meta":…}` and `{"data":{…}}`, V2 `[…]` and `{…}`.
//! A list with broken records in it is still taken apart ([`isolate`]): they are handed out as they are.

mod isolate;

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The records of one body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Slices {
    /// Where each record stands in the body.
    pub(crate) records: Vec<Range<usize>>,
    /// Where the text of `meta` stands.
    pub(crate) meta: Option<Range<usize>>,
    /// Whether the body was one object instead of a list.
    pub(crate) single: bool,
    /// Whether the body is not all JSON.
    pub(crate) broken: bool,
}

/// Takes a body apart. With `envelope`, an object with a `data` member is one; without (V2), an object is
/// itself the record. `null`, nothing and white space are an empty list.
pub(crate) fn slices(body: &str, envelope: bool) -> Result<Slices, serde_json::Error> {
    strict(body, envelope).or_else(|error| isolate::isolate(body, envelope).ok_or(error))
}

fn strict(body: &str, envelope: bool) -> Result<Slices, serde_json::Error> {
    let spans = Spans { base: body.as_ptr() as usize };
    match body.bytes().find(|byte| !byte.is_ascii_whitespace()) {
        None => Ok(Slices::default()),
        Some(b'{') if envelope => {
            let parts: Envelope<'_> = serde_json::from_str(body)?;
            let meta = parts.meta.map(|raw| spans.of(raw));
            match parts.data {
                Data::Missing => single(body, spans),
                Data::Null => Ok(Slices { meta, ..Slices::default() }),
                Data::List(list) => {
                    let records = list.into_iter().map(|raw| spans.of(raw)).collect();
                    Ok(Slices { records, meta, ..Slices::default() })
                }
                Data::Other => {
                    let parts: SingleEnvelope<'_> = serde_json::from_str(body)?;
                    Ok(Slices { records: vec![spans.of(parts.data)], meta, single: true, broken: false })
                }
            }
        }
        Some(b'[') => {
            let list: Vec<&RawValue> = serde_json::from_str(body)?;
            let records = list.into_iter().map(|raw| spans.of(raw)).collect();
            Ok(Slices { records, ..Slices::default() })
        }
        Some(_) => single(body, spans),
    }
}

fn single(body: &str, spans: Spans) -> Result<Slices, serde_json::Error> {
    let raw: &RawValue = serde_json::from_str(body)?;
    let records = if raw.get() == "null" { Vec::new() } else { vec![spans.of(raw)] };
    Ok(Slices { records, single: true, ..Slices::default() })
}

/// Turns borrowed values into ranges of the body that they were borrowed from.
#[derive(Clone, Copy)]
struct Spans {
    base: usize,
}

impl Spans {
    fn of(self, raw: &RawValue) -> Range<usize> {
        let start = raw.get().as_ptr() as usize - self.base;
        start..start + raw.get().len()
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    data: Data<'a>,
    #[serde(borrow, default)]
    meta: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct SingleEnvelope<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
}

/// `data`, read in one pass when it is a list, as it nearly always is.
#[derive(Default)]
enum Data<'a> {
    #[default]
    Missing,
    Null,
    List(Vec<&'a RawValue>),
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for Data<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DataVisitor)
    }
}

struct DataVisitor;

impl<'de> Visitor<'de> for DataVisitor {
    type Value = Data<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Data<'de>, A::Error> {
        let mut list = Vec::with_capacity(256);
        while let Some(raw) = entries.next_element::<&'de RawValue>()? {
            list.push(raw);
        }
        Ok(Data::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Data<'de>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Data::Other)
    }

    fn visit_unit<E>(self) -> Result<Data<'de>, E> {
        Ok(Data::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Data<'de>, E> {
        Ok(Data::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Data<'de>, E> {
        Ok(Data::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Data<'de>, E> {
        Ok(Data::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Data<'de>, E> {
        Ok(Data::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Data<'de>, E> {
        Ok(Data::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(body: &str, envelope: bool) -> Vec<&str> {
        let slices = slices(body, envelope).unwrap();
        slices.records.into_iter().map(|range| &body[range]).collect()
    }

    #[test]
    fn records_are_the_bytes_received() {
        let body = " {\n\"meta\" : {\"pagination\":{}} , \"data\" : [ {\"price\": 1.10 , \"n\":\"\\u00e9é\"},\t{ } ] }\n";
        assert_eq!(records(body, true), ["{\"price\": 1.10 , \"n\":\"\\u00e9é\"}", "{ }"]);
        let meta = slices(body, true).unwrap().meta.unwrap();
        assert_eq!(&body[meta], "{\"pagination\":{}}");
    }

    #[test]
    fn every_shape_is_taken() {
        let none: [&str; 0] = [];
        assert_eq!(records("[1, {\"a\":[]}]", false), ["1", "{\"a\":[]}"]);
        assert_eq!(records("{\"id\":\"x\",\"data\":[1]}", false), ["{\"id\":\"x\",\"data\":[1]}"]);
        assert_eq!(records("{\"data\": {\"id\":1} ,\"meta\":{}}", true), ["{\"id\":1}"]);
        assert_eq!(records("{\"data\":\"x\"}", true), ["\"x\""]);
        assert_eq!(records("{\"transaction_id\":\"x\"}", true), ["{\"transaction_id\":\"x\"}"]);
        for empty in ["", " \n", "null", "[]", "{\"data\":[]}", "{\"data\":null,\"meta\":[]}"] {
            assert_eq!(records(empty, true), none, "{empty}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for bad in ["{", "[1,", "{\"data\":[1,]}", "{\"data\":[1]} x", "<html>", "{\"data\":{\"a\":tru}}"] {
            assert!(slices(bad, true).is_err(), "{bad}");
        }
        assert_eq!(records("{\"data\":[{\"a\":tru},{}]}", true), ["{\"a\":tru}", "{}"]);
    }
}
