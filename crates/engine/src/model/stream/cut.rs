//! Cutting records out of a record: the member is removed, key and all, wherever it stands, and each of its
//! entries is a record of another stream. Every other byte stays.

use super::{Cut, Step};
use crate::model::json::{self, Kind};

/// A record cut out of another.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece<'a> {
    /// The stream that it is a record of.
    pub to: &'a str,
    /// Its text, itself less what is cut from it.
    pub text: String,
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

/// The text of `record` less what `cuts` take out of it, and what they took.
pub fn apply<'a>(record: &str, cuts: &'a [Cut]) -> Result<(String, Pieces<'a>), serde_json::Error> {
    let ways: Vec<Way> = cuts.iter().map(|cut| Way { cut, done: 0 }).collect();
    let mut pieces = Pieces::default();
    let text = rest(record, &ways, json::DEEPEST, &mut pieces)?;
    Ok((text, pieces))
}

/// `value` less what is cut from it.
fn rest<'a>(
    value: &str,
    ways: &[Way<'a>],
    depth: usize,
    pieces: &mut Pieces<'a>,
) -> Result<String, serde_json::Error> {
    let mut out = String::with_capacity(value.len());
    write_rest(value, ways, depth, pieces, &mut out)?;
    Ok(out)
}

/// Appends to `out` what is left of `value`.
fn write_rest<'a>(
    value: &str,
    ways: &[Way<'a>],
    depth: usize,
    pieces: &mut Pieces<'a>,
    out: &mut String,
) -> Result<(), serde_json::Error> {
    let inside = || depth.checked_sub(1).ok_or_else(json::too_deep);
    match json::kind(value) {
        Kind::Object if !ways.is_empty() => rest_of_object(value, ways, inside()?, pieces, out),
        Kind::Array if !ways.is_empty() => rest_of_array(value, ways, inside()?, pieces, out),
        _ => {
            out.push_str(value);
            Ok(())
        }
    }
}

fn rest_of_array<'a>(
    array: &str,
    ways: &[Way<'a>],
    depth: usize,
    pieces: &mut Pieces<'a>,
    out: &mut String,
) -> Result<(), serde_json::Error> {
    let mut copied = 0;
    for element in json::elements(array)? {
        let place = json::place(array, element);
        out.push_str(&array[copied..place.start]);
        write_rest(element, ways, depth, pieces, out)?;
        copied = place.end;
    }
    out.push_str(&array[copied..]);
    Ok(())
}

fn rest_of_object<'a>(
    object: &str,
    ways: &[Way<'a>],
    depth: usize,
    pieces: &mut Pieces<'a>,
    out: &mut String,
) -> Result<(), serde_json::Error> {
    // What stands between two values belongs to the second: `,` and the name. A cut member takes it along.
    let mut behind = 0;
    let mut kept_any = false;
    for member in json::members(object)? {
        let place = json::place(object, member.value);
        let lead = &object[behind..place.start];
        behind = place.end;
        let inner = into_member(ways, &member.name);
        if let Some(way) = inner.iter().find(|way| way.done == way.cut.at.len()) {
            let onward: Vec<Way> = inner.iter().filter(|way| way.done < way.cut.at.len()).copied().collect();
            if let Some(first) = way.cut.at.first().filter(|first| !pieces.seen.contains(first)) {
                pieces.seen.push(first);
            }
            for entry in entries(member.value)? {
                let text = rest(entry, &onward, depth, pieces)?;
                pieces.records.push(Piece { to: &way.cut.to, text });
            }
            if !way.cut.keep {
                continue;
            }
        }
        // The first kept member after a cut one gives up its comma.
        if !kept_any && !lead.starts_with('{') {
            out.push('{');
            out.push_str(lead.trim_start().strip_prefix(',').unwrap_or(lead));
        } else {
            out.push_str(lead);
        }
        kept_any = true;
        if inner.iter().any(|way| way.done == way.cut.at.len()) {
            out.push_str(member.value);
        } else {
            write_rest(member.value, &inner, depth, pieces, out)?;
        }
    }
    if !kept_any {
        out.push('{');
        if behind == 0 {
            behind = 1;
        }
    }
    out.push_str(&object[behind..]);
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
        Kind::Array => json::elements(value)?,
        Kind::Object => vec![value],
        _ => Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::stream;

    fn cut(stream: &str, record: &str) -> (String, Vec<(String, String)>) {
        let (text, pieces) = apply(record, &stream::named(stream).unwrap().cuts).unwrap();
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
