//! JSON texts one after the other, byte for byte: an array of them, or a line each.

use std::io::Write;

use crate::failure::Failure;

/// Writes JSON texts; [`Documents::end`] must be called.
pub struct Documents<'a> {
    out: &'a mut dyn Write,
    lines: bool,
    count: u64,
}

impl<'a> Documents<'a> {
    pub(super) fn new(out: &'a mut dyn Write, lines: bool) -> Self {
        Self { out, lines, count: 0 }
    }

    /// Writes one JSON text.
    pub fn document(&mut self, json: &str) -> Result<(), Failure> {
        if self.lines {
            // It may have come over several lines; a line feed in JSON is only ever white space.
            self.out.write_all(json.replace(['\n', '\r'], " ").as_bytes())?;
            self.out.write_all(b"\n")?;
        } else {
            self.out.write_all(if self.count == 0 { b"[\n" } else { b",\n" })?;
            self.out.write_all(json.as_bytes())?;
        }
        self.count += 1;
        Ok(())
    }

    /// Hands complete lines to a reader that may be waiting.
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush()?;
        Ok(())
    }

    /// Ends the data.
    pub fn end(self) -> Result<(), Failure> {
        if !self.lines {
            self.out.write_all(if self.count == 0 { b"[]\n" } else { b"\n]\n" })?;
        }
        self.out.flush()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(lines: bool, texts: &[&str]) -> String {
        let mut out = Vec::new();
        let mut documents = Documents::new(&mut out, lines);
        for text in texts {
            documents.document(text).unwrap();
        }
        documents.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn writes_texts_as_they_are() {
        assert_eq!(written(false, &["{\"a\": 1.10}", "2"]), "[\n{\"a\": 1.10},\n2\n]\n");
        assert_eq!(written(true, &["{\n\"a\": 1}", "2"]), "{ \"a\": 1}\n2\n");
        assert_eq!(written(false, &[]), "[]\n");
        assert_eq!(written(true, &[]), "");
    }
}
