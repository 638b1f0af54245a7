//! One value of a row, in the form each format wants. Numbers keep the digits they came with.

use std::borrow::Cow;

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number as a JSON token, digit for digit as received.
    Number(String),
    /// Text.
    Text(String),
    /// An object or array as JSON text.
    Json(String),
}

impl Cell {
    /// From a JSON value's text, which must be valid JSON without white space around it.
    pub fn from_json(json: &str) -> Self {
        match json.as_bytes().first() {
            Some(b'n') | None => Cell::Null,
            Some(b't') => Cell::Bool(true),
            Some(b'f') => Cell::Bool(false),
            // Escapes of lone surrogates have no text; they stay JSON.
            Some(b'"') => serde_json::from_str(json).map_or_else(|_| Cell::Json(json.into()), Cell::Text),
            Some(b'{' | b'[') => Cell::Json(json.into()),
            Some(_) => Cell::Number(json.into()),
        }
    }

    /// The value in JSON.
    pub fn to_json(&self) -> Cow<'_, str> {
        match self {
            Cell::Null => "null".into(),
            Cell::Bool(true) => "true".into(),
            Cell::Bool(false) => "false".into(),
            Cell::Number(text) | Cell::Json(text) => text.into(),
            Cell::Text(text) => serde_json::Value::from(text.as_str()).to_string().into(),
        }
    }

    /// The value in CSV: no value is an empty field.
    pub fn to_csv(&self) -> Cow<'_, str> {
        match self {
            Cell::Null => "".into(),
            Cell::Text(text) => text.into(),
            Cell::Bool(_) | Cell::Number(_) | Cell::Json(_) => self.to_json(),
        }
    }

    /// The value for people: one line, at most `width` characters, control characters shown.
    pub fn to_table(&self, width: usize) -> String {
        let text = self.to_csv();
        let head: String = text.chars().take(width + 1).collect();
        let mut shown = visible(&head).replace('\n', "\\n");
        if head.chars().count() > width {
            shown = shown.chars().take(width.saturating_sub(1)).collect();
            shown.push('…');
        }
        shown
    }

    /// Whether a table aligns it to the right.
    pub fn is_number(&self) -> bool {
        matches!(self, Cell::Number(_))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.into())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Cell::Number(number.to_string())
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Cell::Number(number.to_string())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Null, Into::into)
    }
}

/// Text that cannot steer a terminal: control characters other than line feeds become visible escapes.
pub fn visible(text: &str) -> Cow<'_, str> {
    let harmless = |c: char| c == '\n' || !(c.is_control() || is_bidi_control(c));
    if text.chars().all(harmless) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            c if harmless(c) => shown.push(c),
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            c => shown.extend(c.escape_unicode()),
        }
    }
    shown.into()
}

/// Characters that reorder the text around them, so that what is read is not what is there.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_number_tokens_and_shows_text() {
        assert_eq!(Cell::from_json("1.10"), Cell::Number("1.10".into()));
        assert_eq!(Cell::from_json("1.10").to_json(), "1.10");
        assert_eq!(Cell::from_json("\"a\\u0041\""), Cell::Text("aA".into()));
        assert_eq!(Cell::from_json("\"\\ud800\""), Cell::Json("\"\\ud800\"".into()));
        assert_eq!(Cell::from_json("null").to_csv(), "");
        assert_eq!(Cell::Text("a\"b\n".into()).to_json(), "\"a\\\"b\\n\"");
    }

    #[test]
    fn cuts_and_escapes_for_people() {
        assert_eq!(Cell::Text("abcdef".into()).to_table(4), "abc…");
        assert_eq!(Cell::Text("abcd".into()).to_table(4), "abcd");
        assert_eq!(Cell::Text("a\nb\u{1b}".into()).to_table(40), "a\\nb\\u{1b}");
        assert_eq!(visible("a\u{202e}b"), "a\\u{202e}b");
    }
}
