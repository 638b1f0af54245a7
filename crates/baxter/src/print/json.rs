//! JSON indented for people, token for token as it was.

/// `json` with a line per member and two spaces per level. Number and string tokens stay as they are,
/// which parsing and writing again would not promise. What is not JSON comes out readable, not valid.
pub fn indent(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 4);
    let mut depth = 0usize;
    let mut in_string = false;
    let mut escaped = false;
    let mut tokens = json.chars().peekable();
    while let Some(c) = tokens.next() {
        if in_string {
            out.push(c);
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match c {
            '"' => {
                in_string = true;
                out.push(c);
            }
            '{' | '[' => {
                out.push(c);
                while tokens.next_if(|c| c.is_ascii_whitespace()).is_some() {}
                if let Some(close) = tokens.next_if(|c| matches!(c, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    // Deeper than this nothing is readable anyway, and hostile nesting must not grow the output.
    for _ in 0..depth.min(32) {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::indent;

    #[test]
    fn indents_and_keeps_tokens() {
        assert_eq!(
            indent(r#"{"a":1.10,"b":[],"c":[1, 2],"d":"x,\":{"}"#),
            "{\n  \"a\": 1.10,\n  \"b\": [],\n  \"c\": [\n    1,\n    2\n  ],\n  \"d\": \"x,\\\":{\"\n}"
        );
        assert_eq!(indent("]]"), "\n]\n]");
    }
}
