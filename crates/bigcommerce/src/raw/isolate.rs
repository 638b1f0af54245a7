//! Finds the records of a body that is not all valid JSON, so that one broken record does not take its
//! page with it.
//!
//! Only brackets and strings are looked at: what stands between them may be anything. A record is handed
//! out as it is; whoever decodes it finds what is wrong with it. Runs only after the strict scan failed.

use std::ops::Range;

use super::Slices;

/// Takes a list apart by brackets alone; `None` when even these do not fit.
pub(super) fn isolate(body: &str, envelope: bool) -> Option<Slices> {
    let mut scan = Scan { bytes: body.as_bytes(), at: 0 };
    let mut slices = Slices { broken: true, ..Slices::default() };
    match scan.peek()? {
        b'[' => slices.records = scan.list()?,
        b'{' if envelope => {
            scan.at += 1;
            let mut found = false;
            while scan.peek()? != b'}' {
                let name = scan.string()?;
                scan.expect(b':')?;
                match &body[name] {
                    "\"data\"" if scan.peek()? == b'[' => {
                        slices.records = scan.list()?;
                        found = true;
                    }
                    "\"meta\"" => slices.meta = Some(scan.value()?),
                    _ => {
                        scan.value()?;
                    }
                }
                if scan.peek()? == b',' {
                    scan.at += 1;
                }
            }
            scan.at += 1;
            if !found {
                return None;
            }
        }
        _ => return None,
    }
    // Something behind the list is no part of one.
    if scan.peek().is_none() { Some(slices) } else { None }
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        while self.bytes.get(self.at)?.is_ascii_whitespace() {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        let found = self.peek()? == byte;
        self.at += usize::from(found);
        found.then_some(())
    }

    fn list(&mut self) -> Option<Vec<Range<usize>>> {
        self.expect(b'[')?;
        let mut records = Vec::new();
        while self.peek()? != b']' {
            if !records.is_empty() {
                self.expect(b',')?;
            }
            records.push(self.value()?);
        }
        self.at += 1;
        Some(records)
    }

    fn string(&mut self) -> Option<Range<usize>> {
        self.expect(b'"')?;
        let start = self.at - 1;
        loop {
            match self.bytes.get(self.at)? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(start..self.at)
    }

    /// Anything up to the comma or bracket that ends it.
    fn value(&mut self) -> Option<Range<usize>> {
        self.peek()?;
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match *self.bytes.get(self.at)? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' | b',' if depth == 0 => break,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
        let text = self.bytes[start..self.at].trim_ascii_end();
        if text.is_empty() { None } else { Some(start..start + text.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(body: &str) -> Option<Vec<&str>> {
        let slices = isolate(body, true)?;
        Some(slices.records.into_iter().map(|range| &body[range]).collect())
    }

    #[test]
    fn a_broken_record_stands_alone() {
        let body =
            " {\"meta\":{\"x\":[1]}, \"data\" : [ {\"a\": tru, \"b\":\"]}\\\"\"} , {\"b\":1} ,oops ] } ";
        assert_eq!(records(body).unwrap(), ["{\"a\": tru, \"b\":\"]}\\\"\"}", "{\"b\":1}", "oops"]);
        assert_eq!(&body[isolate(body, true).unwrap().meta.unwrap()], "{\"x\":[1]}");
        assert_eq!(records("[{\"a\":01},2]").unwrap(), ["{\"a\":01}", "2"]);
    }

    #[test]
    fn what_is_no_list_at_all_stays_refused() {
        for bad in [
            "",
            "[1",
            "[1,]",
            "[,1]",
            "[1] 2",
            "{\"data\":[1}",
            "{\"data\":{}}",
            "<html>",
            "{\"a\":1}",
            "[\"a]",
            "[\"\\",
        ] {
            assert_eq!(records(bad), None, "{bad}");
        }
    }
}
