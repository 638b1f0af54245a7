//! Where a statement of SQL ends: at a semicolon that stands in no text, name or comment.

/// The place behind the first statement's semicolon, if it is complete.
pub fn end(text: &str) -> Option<usize> {
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let next = rest.peek().map(|(_, next)| *next);
        match c {
            ';' => return Some(at + 1),
            // A doubled quotation mark ends one text and begins another: the same to us.
            '\'' | '"' | '`' => while rest.next().is_some_and(|(_, other)| other != c) {},
            '[' => while rest.next().is_some_and(|(_, other)| other != ']') {},
            '-' if next == Some('-') => while rest.next().is_some_and(|(_, other)| other != '\n') {},
            '/' if next == Some('*') => {
                rest.next();
                let mut star = false;
                for (_, other) in rest.by_ref() {
                    if star && other == '/' {
                        break;
                    }
                    star = other == '*';
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether `text` says nothing: white space, semicolons, comments.
pub fn is_empty(text: &str) -> bool {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
        let behind = match (rest.strip_prefix("--"), rest.strip_prefix("/*")) {
            (Some(comment), _) => comment.split_once('\n'),
            (_, Some(comment)) => comment.split_once("*/"),
            (None, None) => return rest.is_empty(),
        };
        rest = behind.map_or("", |(_, behind)| behind);
    }
}

/// The statements of `text`; the last one needs no semicolon.
pub fn all(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        if is_empty(text) {
            return None;
        }
        text = text.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
        let (first, rest) = text.split_at(end(text).unwrap_or(text.len()));
        text = rest;
        Some(first.trim_end())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_where_a_semicolon_is_one() {
        assert_eq!(end("select 1; select 2"), Some(9));
        for open in [
            "select 1",
            "select ';",
            "select \"a;b\"",
            "select 1 -- ;",
            "/* ; */ select [;]",
            "select 'it''s;'",
        ] {
            assert_eq!(end(open), None, "{open}");
        }
        assert_eq!(end("select 'é' -- x;\n, 1;"), Some("select 'é' -- x;\n, 1;".len()));
        assert_eq!(
            all("select 1;\n select ';' ; ;select 3").collect::<Vec<_>>(),
            ["select 1;", "select ';' ;", "select 3"]
        );
        assert_eq!(all("select 1; -- done\n/* at ; last */ ;").count(), 1);
        assert_eq!(all(" \n").count(), 0);
    }
}
