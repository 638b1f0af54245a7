//! JSON by its brackets, for the tests: where records stand in an answer, and what is left of one when members
//! are cut out. Sees only bytes and shares nothing with the program.

/// The elements of an array, or the members (name and value as they stand) of an object without white space.
fn parts(text: &str) -> Vec<&str> {
    let inner = &text[1..text.len() - 1];
    let (mut depth, mut in_string, mut escaped, mut from) = (0, false, false, 0);
    let mut parts = Vec::new();
    for (at, byte) in inner.bytes().enumerate() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(&inner[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    if !inner.is_empty() {
        parts.push(&inner[from..]);
    }
    parts
}

/// The elements of an array.
pub fn elements(array: &str) -> Vec<&str> {
    assert!(array.starts_with('['), "no array: {array}");
    parts(array)
}

/// The members of an object. Names in these answers have no escapes.
pub fn members(object: &str) -> Vec<(&str, &str)> {
    assert!(object.starts_with('{'), "no object: {object}");
    let member = |part| str::split_once(part, "\":").expect("a name and a value");
    parts(object).into_iter().map(member).map(|(name, value)| (name.trim_start_matches('"'), value)).collect()
}

/// The value of a member.
pub fn value<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    members(object).into_iter().find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// What is left of a value when members of these names are cut out of it, however deep; they go to `taken`.
pub fn without(text: &str, names: &[&str], taken: &mut Vec<String>) -> String {
    match text.as_bytes()[0] {
        b'[' => {
            let left: Vec<String> = parts(text).into_iter().map(|part| without(part, names, taken)).collect();
            format!("[{}]", left.join(","))
        }
        b'{' => {
            let mut left = Vec::new();
            for (name, value) in members(text) {
                let rest = without(value, names, taken);
                if names.contains(&name) {
                    taken.push(rest);
                } else {
                    left.push(format!("\"{name}\":{rest}"));
                }
            }
            format!("{{{}}}", left.join(","))
        }
        _ => text.to_owned(),
    }
}

/// The value without the white space between its tokens.
pub fn compact(text: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let keep = |c: &char| {
        if in_string {
            in_string = escaped || *c != '"';
            escaped = !escaped && *c == '\\';
            return true;
        }
        in_string = *c == '"';
        !c.is_ascii_whitespace()
    };
    text.chars().filter(keep).collect()
}

#[test]
fn cuts_are_right() {
    let mut taken = Vec::new();
    let text = compact(r#"{ "a" : {"x":[{"l":[1,"]}\","]},{}], "l": {"l":2}}, "b":1.10 }"#);
    assert_eq!(without(&text, &["l"], &mut taken), r#"{"a":{"x":[{},{}]},"b":1.10}"#);
    assert_eq!(taken, [r#"[1,"]}\","]"#, "2", "{}"]);
    assert_eq!(value(&text, "b"), Some("1.10"));
}
