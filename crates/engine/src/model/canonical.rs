//! The canonical form of a JSON value, which digests are taken over and values are compared by.
//!
//! Members in the order of their names' UTF-8 bytes, no white space, string escapes of RFC 8785, number tokens
//! exactly as sent: `1.10` stays `1.10`, since money that changes its digits has changed.

use serde_json::value::RawValue;

use super::json::{self, Kind};

/// Appends the canonical form of the JSON value `text` to `out`.
///
/// Fails when `text` is not JSON, or more than [`json::DEEPEST`] values deep; `out` then holds a part of it.
pub fn write(text: &str, out: &mut String) -> Result<(), serde_json::Error> {
    write_value(text, json::DEEPEST, out)
}

fn write_value(text: &str, depth: usize, out: &mut String) -> Result<(), serde_json::Error> {
    let inside = || depth.checked_sub(1).ok_or_else(json::too_deep);
    match json::kind(text) {
        Kind::Object => {
            let inside = inside()?;
            let mut members = json::members(text)?;
            // A stable sort: of a doubled name the last one counts, as in every common parser.
            members.sort_by(|a, b| a.name.as_bytes().cmp(b.name.as_bytes()));
            out.push('{');
            let mut first = true;
            for (i, member) in members.iter().enumerate() {
                if members.get(i + 1).is_some_and(|next| next.name == member.name) {
                    continue;
                }
                if !first {
                    out.push(',');
                }
                first = false;
                write_string(&member.name, out);
                out.push(':');
                write_value(member.value, inside, out)?;
            }
            out.push('}');
        }
        Kind::Array => {
            let inside = inside()?;
            out.push('[');
            for (i, element) in json::elements(text)?.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_value(element, inside, out)?;
            }
            out.push(']');
        }
        Kind::Text => match json::string(text) {
            Some(string) => write_string(&string, out),
            None => {
                serde_json::from_str::<&RawValue>(text)?;
                write_lone_surrogates(text, out);
            }
        },
        Kind::Number | Kind::Boolean | Kind::Null => out.push_str(text),
    }
    Ok(())
}

/// The canonical form of the JSON value `text`, or `text` itself when it has none.
pub fn of(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    match write(text, &mut out) {
        Ok(()) => out,
        Err(_) => text.to_owned(),
    }
}

/// RFC 8785, section 3.2.2.2: only what must be escaped is, and in the shortest form.
fn write_string(string: &str, out: &mut String) {
    out.push('"');
    for c in string.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{9}' => out.push_str("\\t"),
            '\u{a}' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\u{d}' => out.push_str("\\r"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A string with half of a surrogate pair cannot be told in UTF-8: that half stays the escape that it was.
fn write_lone_surrogates(text: &str, out: &mut String) {
    let inner = &text[1..text.len().saturating_sub(1)];
    let mut units = String::new();
    let mut rest = inner;
    let mut body = String::from("\"");
    while let Some(at) = rest.find('\\') {
        units.push_str(&rest[..at]);
        let escape = &rest[at..];
        let unit = (escape.len() >= 6 && escape.as_bytes()[1] == b'u')
            .then(|| escape.get(2..6).and_then(|hex| u32::from_str_radix(hex, 16).ok()))
            .flatten();
        let low = escape
            .get(6..12)
            .filter(|next| next.starts_with("\\u"))
            .and_then(|next| next.get(2..6).and_then(|hex| u32::from_str_radix(hex, 16).ok()))
            .is_some_and(|low| (0xdc00..0xe000).contains(&low));
        let length = match unit {
            Some(high) if (0xd800..0xdc00).contains(&high) && low => 12,
            Some(half) if (0xd800..0xe000).contains(&half) => {
                push_inner(&units, &mut body);
                units.clear();
                body.push_str(&format!("\\u{half:04x}"));
                rest = &escape[6..];
                continue;
            }
            Some(_) => 6,
            None => 1 + escape[1..].chars().next().map_or(0, char::len_utf8),
        };
        units.push_str(&escape[..length]);
        rest = &escape[length..];
    }
    units.push_str(rest);
    push_inner(&units, &mut body);
    body.push('"');
    out.push_str(&body);
}

/// Canonicalises a piece of a string's inside (still escaped) and appends it without quotes.
fn push_inner(escaped: &str, out: &mut String) {
    if let Some(string) = json::string(&format!("\"{escaped}\"")) {
        let mut quoted = String::new();
        write_string(&string, &mut quoted);
        out.push_str(&quoted[1..quoted.len() - 1]);
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn members_are_ordered_by_their_bytes_and_numbers_stay_as_sent() {
        assert_eq!(
            of("{ \"b\": 1.10, \"a\": [1e2 , -0.0], \"B\":{} }"),
            r#"{"B":{},"a":[1e2,-0.0],"b":1.10}"#
        );
        // U+FB33 sorts before U+1F600 by UTF-8 bytes, after it by UTF-16 units.
        assert_eq!(of("{\"\u{1f600}\":1,\"\u{fb33}\":2}"), "{\"\u{fb33}\":2,\"\u{1f600}\":1}");
    }

    #[test]
    fn strings_take_the_shortest_escapes() {
        assert_eq!(of(r#""\u0041\/\u00e9\ud83d\ude00\u001F\n\u007f""#), "\"A/é😀\\u001f\\n\u{7f}\"");
    }

    #[test]
    fn a_lone_surrogate_stays_an_escape() {
        assert_eq!(of(r#""a\uD800\u0041\"""#), r#""a\ud800A\"""#);
        assert_eq!(of(r#""\ud83d\ude00\udead""#), "\"😀\\udead\"");
    }

    #[test]
    fn of_doubled_names_the_last_counts() {
        assert_eq!(of(r#"{"a":1,"b":2,"a":3}"#), r#"{"a":3,"b":2}"#);
    }
}
