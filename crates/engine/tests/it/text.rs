//! Properties of what is done to JSON as text, against a parser that rebuilds it.

use baxter_engine::model::canonical;
use baxter_engine::model::change::differences;
use baxter_engine::model::json::{self, Member, scan};
use baxter_engine::model::stream::{cut, record};
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::scripted::stream;

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            object(inner).prop_map(Value::from),
        ]
    })
}

fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let name = prop_oneof![Just("variants".to_owned()), Just("id".to_owned()), "[a-c]", any::<String>()];
    prop::collection::btree_map(name, inner, 0..6).prop_map(|members| members.into_iter().collect())
}

/// The value as somebody else would write it: other white space, members turned round, needless escapes.
fn otherwise(value: &Value) -> String {
    match value {
        Value::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(otherwise).collect();
            format!("[ {} ]", elements.join(" ,\n"))
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .rev()
                .map(|(name, value)| format!("{} :\t{}", escaped(name), otherwise(value)))
                .collect();
            format!("{{\n{} }}", members.join(" , "))
        }
        Value::String(text) => escaped(text),
        other => other.to_string(),
    }
}

fn escaped(text: &str) -> String {
    let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
    format!("\"{units}\"")
}

proptest! {
    #[test]
    fn members_and_elements_are_those_of_the_text(value in value()) {
        let text = otherwise(&value);
        match &value {
            Value::Object(members) => {
                let found: Map<String, Value> = json::members(&text).unwrap().into_iter()
                    .map(|member| (member.name.into_owned(), serde_json::from_str(member.value).unwrap()))
                    .collect();
                prop_assert_eq!(&found, members);
            }
            Value::Array(elements) => {
                let found: Vec<Value> =
                    json::elements(&text).unwrap().into_iter().map(|text| serde_json::from_str(text).unwrap()).collect();
                prop_assert_eq!(&found, elements);
            }
            _ => prop_assert!(json::members(&text).is_err() && json::elements(&text).is_err()),
        }
    }

    #[test]
    fn the_canonical_form_says_the_same_and_is_one(value in value()) {
        let canonical = canonical::of(&value.to_string());
        prop_assert_eq!(&serde_json::from_str::<Value>(&canonical).unwrap(), &value);
        prop_assert_eq!(&canonical::of(&otherwise(&value)), &canonical);
        prop_assert_eq!(&canonical::of(&canonical), &canonical);
    }

    #[test]
    fn whatever_is_no_json_is_left_as_it_is(text in "\"?[\\\\\"ud8é😀{}\\[\\]:,0-9 ]{0,12}\"?") {
        let canonical = canonical::of(&text);
        if serde_json::from_str::<&serde_json::value::RawValue>(&text).is_err() {
            prop_assert_eq!(canonical, text);
        }
    }

    #[test]
    fn records_differ_where_their_canonical_forms_do(old in object(value()), new in object(value())) {
        let (old, new) = (Value::from(old), Value::from(new));
        let found = differences(&old.to_string(), &otherwise(&new)).map(|found| found.is_empty()).unwrap();
        prop_assert_eq!(found, old == new);
        prop_assert!(differences(&old.to_string(), &otherwise(&old)).unwrap().is_empty());
    }

    #[test]
    fn a_cut_member_is_gone_and_all_else_stays(record in object(value())) {
        let mut left = record.clone();
        let taken = match left.remove("variants") {
            Some(Value::Array(entries)) => entries,
            Some(entry @ Value::Object(_)) => vec![entry],
            _ => Vec::new(),
        };
        let record = Value::from(record);
        for text in [record.to_string(), otherwise(&record)] {
            let cut::Parts { text: rest, members, pieces } = cut::apply(&text, &stream("products").cuts).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Value>(&rest).unwrap(), &Value::from(left.clone()));
            let told: Vec<Member> = members
                .into_iter()
                .map(|left| Member { name: left.name, value: &rest[left.value] })
                .collect();
            prop_assert_eq!(told, json::members(&rest).unwrap());
            let found: Vec<Value> =
                pieces.records.iter().map(|piece| serde_json::from_str(&piece.text).unwrap()).collect();
            // Entries that are no objects are kept aside later.
            prop_assert_eq!(&found, &taken);
        }
    }

    #[test]
    fn no_text_makes_a_record_panic(text in any::<String>(), value in value()) {
        for name in ["products", "orders", "inventory_items", "store"] {
            // Whether it is one is not the question here.
            let _ = record::read(stream(name), &text);
            let _ = record::Records::of(stream(name), None).read(&text);
            let _ = (scan::members(&text), scan::elements(&text));
            let _ = record::read(stream(name), &otherwise(&value));
        }
    }
}

#[test]
fn texts_of_any_depth_are_taken_or_refused() {
    let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    for levels in [100, 10_000] {
        let order = |inner: &str| format!(r#"{{"id":5,"consignments":{inner}}}"#);
        let objects = format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
        let texts = [order(&deep(levels)), order(&objects), format!(r#"{{"id":5,"x":{objects}}}"#)];
        for text in &texts {
            assert_eq!(record::read(stream("orders"), text).is_ok(), levels == 100 || text.contains("\"x\""));
            assert!(!canonical::of(text).is_empty());
            let other = text.replace(":1}", ":2}").replace("[1]", "[2]");
            assert!(differences(text, &other).is_ok_and(|found| found.len() == 1));
        }
    }
}
