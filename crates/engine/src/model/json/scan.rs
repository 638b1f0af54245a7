//! Members and elements of texts that are known to be JSON: cutting them out takes a fraction of what checking takes.
//!
//! Of any other text it cuts out some pieces, or none. It never panics, and says nothing about the text.

use std::borrow::Cow;

use super::Member;

/// The members of the object that `text` is, in their order; doubled names are kept. `None` when it is no object.
pub fn members(text: &str) -> Option<Vec<Member<'_>>> {
    let mut scan = Scan { text, at: 0 };
    let mut members = Vec::with_capacity(64);
    scan.enter(b'{')?;
    while scan.peek()? != b'}' {
        let name = name(scan.string()?)?;
        scan.enter(b':')?;
        members.push(Member { name, value: scan.value()? });
        scan.separator()?;
    }
    Some(members)
}

/// The elements of the array that `text` is, each as its own text. `None` when it is no array.
pub fn elements(text: &str) -> Option<Vec<&str>> {
    let mut scan = Scan { text, at: 0 };
    let mut elements = Vec::new();
    scan.enter(b'[')?;
    while scan.peek()? != b']' {
        elements.push(scan.value()?);
        scan.separator()?;
    }
    Some(elements)
}

/// The name that the string `quoted` stands for.
fn name(quoted: &str) -> Option<Cow<'_, str>> {
    let inner = quoted.get(1..quoted.len() - 1)?;
    if inner.contains('\\') { super::string(quoted) } else { Some(Cow::Borrowed(inner)) }
}

/// A place in a text.
struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Goes past `byte`, which must be next.
    fn enter(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Goes past a comma; anything else but the end of the list is an error.
    fn separator(&mut self) -> Option<()> {
        match self.peek()? {
            b',' => self.at += 1,
            b'}' | b']' => {}
            _ => return None,
        }
        Some(())
    }

    /// Goes past a string; answers it with its quotation marks.
    fn string(&mut self) -> Option<&'a str> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at;
        self.at = end_of_string(self.text.as_bytes(), start)?;
        self.text.get(start..self.at)
    }

    /// Goes past a value; answers its text.
    fn value(&mut self) -> Option<&'a str> {
        match self.peek()? {
            b'"' => self.string(),
            b'{' | b'[' => self.nested(),
            _ => self.bare(),
        }
    }

    /// Goes past a number, `true`, `false` or `null`.
    fn bare(&mut self) -> Option<&'a str> {
        let rest = &self.text.as_bytes()[self.at..];
        let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t');
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        let start = self.at;
        self.at += length;
        self.text.get(start..self.at).filter(|text| !text.is_empty())
    }

    /// Goes past an object or an array with all that is in it.
    fn nested(&mut self) -> Option<&'a str> {
        let bytes = self.text.as_bytes();
        let (start, mut at, mut depth) = (self.at, self.at, 0usize);
        loop {
            match *bytes.get(at)? {
                b'"' => {
                    at = end_of_string(bytes, at)?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 {
                self.at = at;
                return self.text.get(start..at);
            }
        }
    }
}

/// The place behind the string that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match *bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super as checked;

    #[test]
    fn what_is_cut_out_is_what_a_check_finds() {
        for text in [
            "{}",
            " { } ",
            r#"{"a":1.10,"b\u0041": [1, 2] , "a":null}"#,
            "{\n \"a\" : {\"b\":[{},\"}\\\"]\"]} ,\"é\\\\\":\"ü\" }\n",
        ] {
            assert_eq!(super::members(text).unwrap(), checked::members(text).unwrap(), "{text}");
        }
        for text in ["[]", "[ ]", "[1, \"a]\" ,{\"b\":[2]},[[]],true ]"] {
            assert_eq!(super::elements(text).unwrap(), checked::elements(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_survived() {
        for text in [
            "", "{", "[", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":}", "{\"a\":1", "[1 2]", "{\"\\", "{:1}",
            "[]]",
        ] {
            assert_eq!(super::members(text), None, "{text}");
        }
        assert_eq!(super::members("[1]"), None);
        assert_eq!(super::elements("{}"), None);
    }
}
