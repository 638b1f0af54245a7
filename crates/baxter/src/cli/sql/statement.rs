//! Where a statement of SQL ends: at a semicolon that stands in no text, name or comment. And the prompt's own
//! commands, which may come in the middle of one.

/// How far a text is a statement.
#[derive(Debug, PartialEq, Eq)]
enum Reach {
    /// To the place behind its semicolon.
    Whole(usize),
    /// More may follow.
    Open,
    /// More may follow, and a text, a name or a comment is under way.
    Within,
}

fn reach(text: &str) -> Reach {
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let next = rest.peek().map(|(_, next)| *next);
        let closing = match c {
            ';' => return Reach::Whole(at + 1),
            // A doubled quotation mark ends one text and begins another: the same to us.
            '\'' | '"' | '`' => c,
            '[' => ']',
            '-' if next == Some('-') => '\n',
            '/' if next == Some('*') => {
                rest.next();
                let mut star = false;
                if !rest.any(|(_, other)| std::mem::replace(&mut star, other == '*') && other == '/') {
                    return Reach::Within;
                }
                continue;
            }
            _ => continue,
        };
        if !rest.any(|(_, other)| other == closing) && closing != '\n' {
            return Reach::Within;
        }
    }
    Reach::Open
}

/// The place behind the first statement's semicolon, if it is complete.
pub fn end(text: &str) -> Option<usize> {
    match reach(text) {
        Reach::Whole(end) => Some(end),
        Reach::Open | Reach::Within => None,
    }
}

/// The prompt's own commands.
const COMMANDS: [&str; 5] = [".help", ".tables", ".columns", ".quit", ".exit"];

/// The command of the prompt's own on the last line of `text`, and what was begun before it. A line that is part of a
/// text or a comment is no command, and neither is one that the prompt does not know in the middle of a statement.
pub fn command(text: &str) -> Option<(&str, &str)> {
    let (begun, line) = text.trim_end().rsplit_once('\n').unwrap_or(("", text));
    let line = line.trim();
    let mut rest = begun;
    while let Reach::Whole(end) = reach(rest) {
        rest = &rest[end..];
    }
    let is_known = COMMANDS.contains(&line.split([' ', ';']).next().unwrap_or_default());
    let is_command = if is_empty(begun) { line.starts_with('.') } else { is_known };
    (is_command && reach(rest) != Reach::Within).then_some((begun, line))
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
    fn commands_are_known_in_the_middle_of_a_statement() {
        assert_eq!(command(".tables"), Some(("", ".tables")));
        assert_eq!(command(" .nope "), Some(("", ".nope")));
        assert_eq!(command("select 1\n.quit;"), Some(("select 1", ".quit;")));
        assert_eq!(
            command("select 1 -- it's\n  .columns brands\n"),
            Some(("select 1 -- it's", ".columns brands"))
        );
        assert_eq!(command("select 1; select\n'.'\n.help"), Some(("select 1; select\n'.'", ".help")));
        for text in [
            "select 'a\n.quit",
            "select /*\n.quit",
            "select \"\n.quit",
            "select 1\n.5",
            "select a\n.b",
            "select 1",
            "",
        ] {
            assert_eq!(command(text), None, "{text:?}");
        }
    }

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
