//! Cutting records out of a record: the member is removed, key and all, wherever it stands, and each of its
//! entries is a record of another stream. Every other byte stays. The texts are known to be JSON.

use std::borrow::Cow;
use std::ops::Range;

use super::{Cut, Step};
use crate::model::json::{self, Kind, scan};

/// A record cut out of another.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece<'a> {
    /// The stream that it is a record of.
    pub to: &'a str,
    /// Its text, itself less what is cut from it.
    pub text: String,
}

/// A member of what is left of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Left<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Where its value stands in the text that is left.
    pub value: Range<usize>,
}

/// What is left of a record, and what was taken out of it.
#[derive(Debug, PartialEq)]
pub struct Parts<'a, 'c> {
    /// The text that is left.
    pub text: String,
    /// Its members.
    pub members: Vec<Left<'a>>,
    /// What was taken out.
    pub pieces: Pieces<'c>,
}

/// A way still to go: which cut, and how many of its steps are behind.
#[derive(Clone, Copy)]
struct Way<'a> {
    cut: &'a Cut,
    done: usize,
}

/// What was taken out of one record.
#[derive(Debug, Default, PartialEq)]
pub struct Pieces<'a> {
    /// The records, in the order in which they stood.
    pub records: Vec<Piece<'a>>,
    /// The members on the way to a cut one that was there, if only as an empty one: of the others, nothing is known
    /// of what belongs to the record.
    seen: Vec<&'a Step>,
}

impl Pieces<'_> {
    /// Whether the answer tells what `cut` takes out: its member was there, or one beside it on the same way.
    pub fn tell(&self, cut: &Cut) -> bool {
        cut.at.first().is_some_and(|first| self.seen.contains(&first))
    }
}

/// Takes out of `record` what `cuts` say. Fails when it is no object, or too deep.
pub fn apply<'a, 'c>(record: &'a str, cuts: &'c [Cut]) -> Result<Parts<'a, 'c>, serde_json::Error> {
    let ways: Vec<Way> = cuts.iter().map(|cut| Way { cut, done: 0 }).collect();
    let mut pieces = Pieces::default();
    let mut text = String::with_capacity(record.len());
    let members = rest_of_object(record, &ways, json::DEEPEST, &mut pieces, &mut text)?;
    Ok(Parts { text, members, pieces })
}

/// Appends to `out` what is left of `value`.
fn write_rest<'c>(
    value: &str,
    ways: &[Way<'c>],
    depth: usize,
    pieces: &mut Pieces<'c>,
    out: &mut String,
) -> Result<(), serde_json::Error> {
    let inside = || depth.checked_sub(1).ok_or_else(json::too_deep);
    match json::kind(value) {
        Kind::Object if !ways.is_empty() => {
            rest_of_object(value, ways, inside()?, pieces, out)?;
        }
        Kind::Array if !ways.is_empty() => rest_of_array(value, ways, inside()?, pieces, out)?,
        _ => out.push_str(value),
    }
    Ok(())
}

fn rest_of_array<'c>(
    array: &str,
    ways: &[Way<'c>],
    depth: usize,
    pieces: &mut Pieces<'c>,
    out: &mut String,
) -> Result<(), serde_json::Error> {
    let mut copied = 0;
    for element in elements(array)? {
        let place = json::place(array, element);
        out.push_str(&array[copied..place.start]);
        write_rest(element, ways, depth, pieces, out)?;
        copied = place.end;
    }
    out.push_str(&array[copied..]);
    Ok(())
}

fn rest_of_object<'a, 'c>(
    object: &'a str,
    ways: &[Way<'c>],
    depth: usize,
    pieces: &mut Pieces<'c>,
    out: &mut String,
) -> Result<Vec<Left<'a>>, serde_json::Error> {
    let members = scan::members(object).ok_or_else(|| json::unexpected("object"))?;
    let mut left = Vec::with_capacity(members.len());
    let begin = out.len();
    // What stands between two values belongs to the second: `,` and the name. A cut member takes it along. What stays
    // is copied in runs: up to `copied` it was.
    let (mut behind, mut copied) = (0, 0);
    for member in members {
        let place = json::place(object, member.value);
        let lead = behind..place.start;
        behind = place.end;
        let inner = into_member(ways, &member.name);
        let at_end = inner.iter().find(|way| way.done == way.cut.at.len());
        if let Some(way) = at_end {
            take(way, &inner, member.value, depth, pieces)?;
            if !way.cut.keep {
                out.push_str(&object[copied..lead.start]);
                copied = behind;
                continue;
            }
        }
        if left.is_empty() && lead.start > 0 {
            // The first kept member after a cut one gives up its comma.
            let lead = &object[lead];
            out.push('{');
            out.push_str(lead.trim_start().strip_prefix(',').unwrap_or(lead));
            copied = place.start;
        }
        if at_end.is_none() && !inner.is_empty() {
            out.push_str(&object[copied..place.start]);
            let start = out.len();
            write_rest(member.value, &inner, depth, pieces, out)?;
            copied = behind;
            left.push(Left { name: member.name, value: start - begin..out.len() - begin });
        } else {
            let start = out.len() - begin + (place.start - copied);
            left.push(Left { name: member.name, value: start..start + member.value.len() });
        }
    }
    if left.is_empty() && behind > 0 {
        out.push('{');
    }
    out.push_str(&object[copied..]);
    Ok(left)
}

/// Takes the entries of `member` out, at the end of the way `way`; some of `ways` may go on inside.
fn take<'c>(
    way: &Way<'c>,
    ways: &[Way<'c>],
    member: &str,
    depth: usize,
    pieces: &mut Pieces<'c>,
) -> Result<(), serde_json::Error> {
    if let Some(first) = way.cut.at.first().filter(|first| !pieces.seen.contains(first)) {
        pieces.seen.push(first);
    }
    let onward: Vec<Way> = ways.iter().filter(|way| way.done < way.cut.at.len()).copied().collect();
    for entry in entries(member)? {
        let mut text = String::with_capacity(entry.len());
        write_rest(entry, &onward, depth, pieces, &mut text)?;
        pieces.records.push(Piece { to: &way.cut.to, text });
    }
    Ok(())
}

/// The ways that go on inside the member `name`.
fn into_member<'a>(ways: &[Way<'a>], name: &str) -> Vec<Way<'a>> {
    let mut inner = Vec::new();
    for way in ways {
        let mut done = way.done;
        if way.cut.at.get(done) == Some(&Step::Anywhere) {
            inner.push(*way);
            done += 1;
        }
        if matches!(way.cut.at.get(done), Some(Step::Member(next)) if next == name) {
            inner.push(Way { cut: way.cut, done: done + 1 });
        }
    }
    inner
}

/// The entries of a cut member: of an array its elements, of an object itself, of anything else none.
fn entries(value: &str) -> Result<Vec<&str>, serde_json::Error> {
    Ok(match json::kind(value) {
        Kind::Array => elements(value)?,
        Kind::Object => vec![value],
        _ => Vec::new(),
    })
}

fn elements(array: &str) -> Result<Vec<&str>, serde_json::Error> {
    scan::elements(array).ok_or_else(|| json::unexpected("array"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::stream;

    fn cut(stream: &str, record: &str) -> (String, Vec<(String, String)>) {
        let Parts { text, members, pieces } = apply(record, &stream::named(stream).unwrap().cuts).unwrap();
        let found = json::members(&text).unwrap();
        let found: Vec<_> = found.iter().map(|member| (&member.name, member.value)).collect();
        let told: Vec<_> = members.iter().map(|left| (&left.name, &text[left.value.clone()])).collect();
        assert_eq!(told, found, "where the members stand in what is left");
        (text, pieces.records.into_iter().map(|piece| (piece.to.to_owned(), piece.text)).collect())
    }

    #[test]
    fn a_member_goes_with_its_key_wherever_it_stands() {
        for (record, left) in [
            (r#"{"id":1,"variants":[{"id":2}]}"#, r#"{"id":1}"#),
            (r#"{"variants":[{"id":2}],"id":1}"#, r#"{"id":1}"#),
            (r#"{"variants":[{"id":2}]}"#, "{}"),
            ("{ \"a\": 1,\n  \"variants\": [{\"id\":2}],\n  \"b\": 2 }", "{ \"a\": 1,\n  \"b\": 2 }"),
            ("{ \"variants\": [{\"id\":2}],\n  \"b\": 2 }", "{\n  \"b\": 2 }"),
        ] {
            let (text, pieces) = cut("products", record);
            assert_eq!(text, left);
            assert_eq!(pieces, [("variants".to_owned(), "{\"id\":2}".to_owned())]);
        }
    }

    #[test]
    fn a_record_without_the_member_is_left_alone() {
        let record = "{ \"id\" : 1 , \"x\":{\"variants\":[1]} }";
        assert_eq!(cut("products", record), (record.to_owned(), vec![]));
        assert_eq!(cut("products", "{}"), ("{}".to_owned(), vec![]));
        assert_eq!(cut("products", "{ }"), ("{ }".to_owned(), vec![]));
    }

    #[test]
    fn order_lines_are_cut_from_every_kind_of_consignment() {
        let record = r#"{"id":5,"consignments":{"pickups":[{"id":1,"line_items":[{"id":10}]}],"shipping":[{"id":7,"line_items":[{"id":11},{"id":12}],"city":"X"}],"downloads":[{"line_items":{"id":13}}],"email":{"gift_certificates":[{"line_items":[{"id":14}],"to":"a"}]}},"fees":[]}"#;
        let (text, pieces) = cut("orders", record);
        assert_eq!(
            text,
            r#"{"id":5,"consignments":{"pickups":[{"id":1}],"downloads":[{}],"email":{"gift_certificates":[{"to":"a"}]}},"fees":[]}"#
        );
        let lines: Vec<_> =
            pieces.iter().filter(|(to, _)| to == "order_products").map(|(_, t)| t.as_str()).collect();
        assert_eq!(lines, ["{\"id\":10}", "{\"id\":11}", "{\"id\":12}", "{\"id\":13}", "{\"id\":14}"]);
        let addresses: Vec<_> = pieces.iter().filter(|(to, _)| to == "order_shipping_addresses").collect();
        assert_eq!(addresses.len(), 1);
        assert_eq!(addresses[0].1, r#"{"id":7,"city":"X"}"#);
    }

    #[test]
    fn links_instead_of_data_are_no_records() {
        let record = r#"{"id":5,"consignments":{"url":"u","resource":"r"}}"#;
        assert_eq!(cut("orders", record), (record.to_owned(), vec![]));
    }
}
