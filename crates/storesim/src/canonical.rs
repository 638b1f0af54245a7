//! Canonical JSON for digests: member names in the order of their UTF-8 bytes, no white space, string
//! escapes of RFC 8785, number tokens exactly as written. A lone surrogate, which has no UTF-8 form,
//! stays the escape it was, in lower case.

use std::ops::Range;

/// Appends the canonical form of a JSON text; `None` when the text is not valid JSON.
pub(crate) fn canonical(text: &str, out: &mut Vec<u8>) -> Option<()> {
    let mut reader = Reader { text: text.as_bytes(), at: 0 };
    reader.value(out, 0)?;
    reader.blank();
    (reader.at == reader.text.len()).then_some(())
}

/// Deeper nesting than this is refused instead of recursing further.
const DEEPEST: usize = 128;

/// A string of the text.
enum Text<'a> {
    /// Between its quotation marks, without an escape.
    Plain(&'a [u8]),
    /// Decoded.
    Decoded(Vec<u8>),
}

impl Text<'_> {
    fn decoded(&self) -> &[u8] {
        match self {
            Text::Plain(bytes) => bytes,
            Text::Decoded(bytes) => bytes,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Text::Plain(bytes) => {
                out.push(b'"');
                out.extend_from_slice(bytes);
                out.push(b'"');
            }
            Text::Decoded(bytes) => escape(bytes, out),
        }
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn blank(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn next(&mut self) -> Option<u8> {
        let byte = *self.text.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn peek(&mut self) -> Option<u8> {
        self.blank();
        self.text.get(self.at).copied()
    }

    fn value(&mut self, out: &mut Vec<u8>, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match self.peek()? {
            b'{' => self.object(out, depth),
            b'[' => self.array(out, depth),
            b'"' => {
                self.string()?.write(out);
                Some(())
            }
            _ => {
                let start = self.at;
                while let Some(byte) = self.text.get(self.at)
                    && !matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r')
                {
                    self.at += 1;
                }
                (self.at > start).then(|| out.extend_from_slice(&self.text[start..self.at]))
            }
        }
    }

    fn object(&mut self, out: &mut Vec<u8>, depth: usize) -> Option<()> {
        self.at += 1;
        // Values are written one after the other behind what is there, then put in order.
        let begin = out.len();
        let mut members: Vec<(Text<'a>, Range<usize>)> = Vec::with_capacity(16);
        if self.peek()? == b'}' {
            self.at += 1;
        } else {
            loop {
                if self.peek()? != b'"' {
                    return None;
                }
                let name = self.string()?;
                if self.peek()? != b':' {
                    return None;
                }
                self.at += 1;
                let start = out.len();
                self.value(out, depth + 1)?;
                members.push((name, start..out.len()));
                self.blank();
                match self.next()? {
                    b',' => {}
                    b'}' => break,
                    _ => return None,
                }
            }
        }
        members.sort_by(|a, b| a.0.decoded().cmp(b.0.decoded()));
        let values = out.split_off(begin);
        out.reserve(values.len() + 32 * members.len());
        out.push(b'{');
        for (index, (name, value)) in members.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            name.write(out);
            out.push(b':');
            out.extend_from_slice(&values[value.start - begin..value.end - begin]);
        }
        out.push(b'}');
        Some(())
    }

    fn array(&mut self, out: &mut Vec<u8>, depth: usize) -> Option<()> {
        self.at += 1;
        out.push(b'[');
        if self.peek()? == b']' {
            self.at += 1;
        } else {
            loop {
                self.value(out, depth + 1)?;
                self.blank();
                match self.next()? {
                    b',' => out.push(b','),
                    b']' => break,
                    _ => return None,
                }
            }
        }
        out.push(b']');
        Some(())
    }

    /// Reads a string. One without escapes is canonical as it stands.
    fn string(&mut self) -> Option<Text<'a>> {
        let rest = self.text.get(self.at + 1..)?;
        let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        if rest[end] == b'"' {
            self.at += end + 2;
            return Some(Text::Plain(&rest[..end]));
        }
        self.decode().map(Text::Decoded)
    }

    /// Decodes a string to UTF-8; a lone surrogate becomes the three bytes it would have (as in
    /// WTF-8), which no valid text contains.
    fn decode(&mut self) -> Option<Vec<u8>> {
        self.at += 1;
        let mut out = Vec::with_capacity(16);
        loop {
            match self.next()? {
                b'"' => return Some(out),
                b'\\' => match self.next()? {
                    b'b' => out.push(8),
                    b'f' => out.push(12),
                    b'n' => out.push(b'\n'),
                    b'r' => out.push(b'\r'),
                    b't' => out.push(b'\t'),
                    b'u' => {
                        let mut unit = u32::from(self.hex()?);
                        if (0xd800..0xdc00).contains(&unit) && self.text[self.at..].starts_with(b"\\u") {
                            let back = self.at;
                            self.at += 2;
                            let low = u32::from(self.hex()?);
                            if (0xdc00..0xe000).contains(&low) {
                                unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                            } else {
                                self.at = back;
                            }
                        }
                        match char::from_u32(unit) {
                            Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                            None => out.extend_from_slice(&[
                                0xe0 | (unit >> 12) as u8,
                                0x80 | (unit >> 6 & 0x3f) as u8,
                                0x80 | (unit & 0x3f) as u8,
                            ]),
                        }
                    }
                    other @ (b'"' | b'\\' | b'/') => out.push(other),
                    _ => return None,
                },
                byte => out.push(byte),
            }
        }
    }

    fn hex(&mut self) -> Option<u16> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    }
}

/// Writes decoded bytes as a JSON string with the escapes of RFC 8785.
fn escape(decoded: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut at = 0;
    while let Some(&byte) = decoded.get(at) {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            8 => out.extend_from_slice(b"\\b"),
            9 => out.extend_from_slice(b"\\t"),
            10 => out.extend_from_slice(b"\\n"),
            12 => out.extend_from_slice(b"\\f"),
            13 => out.extend_from_slice(b"\\r"),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            0xed if decoded.get(at + 1).is_some_and(|next| *next >= 0xa0) => {
                let (b, c) = (decoded[at + 1], decoded.get(at + 2).copied().unwrap_or(0x80));
                let unit = 0xd000 | u32::from(b & 0x3f) << 6 | u32::from(c & 0x3f);
                out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                at += 2;
            }
            _ => out.push(byte),
        }
        at += 1;
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        let mut out = Vec::new();
        canonical(text, &mut out).expect("valid JSON");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn names_are_sorted_by_bytes_and_numbers_stay() {
        assert_eq!(
            of(r#"{ "b" : 1.10, "a" : [ 1e5 , -0 ], "ä": null, "Z": {} }"#),
            r#"{"Z":{},"a":[1e5,-0],"b":1.10,"ä":null}"#
        );
    }

    #[test]
    fn strings_are_escaped_as_rfc_8785_says() {
        assert_eq!(of(r#""\u00e9\/\u001F\b\u0022\ud83d\ude00\u007f""#), "\"é/\\u001f\\b\\\"😀\u{7f}\"");
        assert_eq!(of(r#""\uD800x\uDFFF""#), r#""\ud800x\udfff""#);
    }

    #[test]
    fn broken_text_is_refused() {
        for text in ["{", "[1,]x", "{\"a\":}", "", "\"a", "[1 2]"] {
            assert!(canonical(text, &mut Vec::new()).is_none(), "{text}");
        }
    }
}
