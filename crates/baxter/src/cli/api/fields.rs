//! Fields of `baxter api` as JSON: `name=…`, `custom_url[url]=…`, `variants[][sku]=…`. Numbers go out with
//! the digits they were typed with.

/// The deepest a key leads.
const DEPTH_MAX: usize = 32;

/// A JSON value that is being put together.
#[derive(Debug, PartialEq)]
pub enum Node {
    /// A scalar as JSON text, and as it stands in a query.
    Scalar { json: String, plain: String },
    /// An array.
    Array(Vec<Node>),
    /// An object, in the order of its members' first mention.
    Object(Vec<(String, Node)>),
}

/// One step of a key.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step<'a> {
    Member(&'a str),
    Append,
}

impl Node {
    /// Text, whatever it looks like.
    pub fn text(text: &str) -> Self {
        Node::Scalar { json: serde_json::Value::from(text).to_string(), plain: text.into() }
    }

    /// What the text looks like: `true`, `false`, `null`, a JSON number, else text.
    pub fn typed(text: &str) -> Self {
        let first = text.bytes().next().unwrap_or(b'x');
        let number = (first == b'-' || first.is_ascii_digit())
            && serde_json::from_str::<serde_json::Number>(text).is_ok();
        if number || matches!(text, "true" | "false" | "null") {
            Node::Scalar { json: text.into(), plain: text.into() }
        } else {
            Node::text(text)
        }
    }

    /// The value in a query.
    pub fn query_text(&self) -> &str {
        match self {
            Node::Scalar { plain, .. } => plain,
            Node::Array(_) | Node::Object(_) => "",
        }
    }

    fn write(&self, out: &mut String) {
        match self {
            Node::Scalar { json, .. } => out.push_str(json),
            Node::Array(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Node::Object(members) => {
                out.push('{');
                for (i, (name, value)) in members.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    out.push_str(&serde_json::Value::from(name.as_str()).to_string());
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// The JSON body that the fields describe.
pub fn body(fields: Vec<(&str, Node)>) -> Result<String, String> {
    let mut root = None;
    for (key, value) in fields {
        let steps = steps(key)?;
        insert(&mut root, &steps, value).map_err(|reason| format!("field `{key}`: {reason}"))?;
    }
    let mut text = String::new();
    if let Some(root) = &root {
        root.write(&mut text);
    }
    Ok(text)
}

/// `a[b][]` as member a, member b, append. A key that begins with `[` leads into an array or object at
/// the root.
fn steps(key: &str) -> Result<Vec<Step<'_>>, String> {
    let wrong = || format!("`{key}` is no key: write it like name, object[member] or list[][member]");
    let (name, mut rest) = key.split_at(key.find('[').unwrap_or(key.len()));
    let mut steps = Vec::new();
    if !name.is_empty() {
        steps.push(Step::Member(name));
    }
    while !rest.is_empty() {
        let inner = rest.strip_prefix('[').ok_or_else(wrong)?;
        let (step, after) = inner.split_once(']').ok_or_else(wrong)?;
        steps.push(if step.is_empty() { Step::Append } else { Step::Member(step) });
        rest = after;
    }
    if steps.is_empty() || steps.len() > DEPTH_MAX { Err(wrong()) } else { Ok(steps) }
}

fn insert(node: &mut Option<Node>, steps: &[Step], value: Node) -> Result<(), String> {
    let Some((step, rest)) = steps.split_first() else {
        if node.is_some() {
            return Err("given twice".into());
        }
        *node = Some(value);
        return Ok(());
    };
    match step {
        Step::Member(name) => {
            let Node::Object(members) = node.get_or_insert_with(|| Node::Object(Vec::new())) else {
                return Err("its parent is given as another kind of value".into());
            };
            match members.iter_mut().find(|(known, _)| known == name) {
                Some((_, member)) => {
                    let mut inner = Some(std::mem::replace(member, Node::Array(Vec::new())));
                    let result = insert(&mut inner, rest, value);
                    if let Some(inner) = inner {
                        *member = inner;
                    }
                    result
                }
                None => {
                    let mut inner = None;
                    insert(&mut inner, rest, value)?;
                    members.extend(inner.map(|inner| ((*name).to_owned(), inner)));
                    Ok(())
                }
            }
        }
        Step::Append => {
            let Node::Array(items) = node.get_or_insert_with(|| Node::Array(Vec::new())) else {
                return Err("its parent is given as another kind of value".into());
            };
            // `list[][a]=1 list[][b]=2` fills one element, until a member comes again.
            if let (Some(Step::Member(name)), Some(Node::Object(members))) = (rest.first(), items.last())
                && (rest.len() > 1 || !members.iter().any(|(known, _)| known == name))
                && let Some(last) = items.pop()
            {
                let mut inner = Some(last);
                let result = insert(&mut inner, rest, value);
                items.extend(inner);
                return result;
            }
            let mut inner = None;
            insert(&mut inner, rest, value)?;
            items.extend(inner);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(fields: &[(&'static str, &str)]) -> Result<String, String> {
        body(fields.iter().map(|(key, value)| (*key, Node::typed(value))).collect())
    }

    #[test]
    fn types_by_looks_and_keeps_digits() {
        assert_eq!(
            typed(&[("a", "1.10"), ("b", "true"), ("c", "null"), ("d", "01"), ("e", "-5"), ("f", "x\"")])
                .unwrap(),
            r#"{"a":1.10,"b":true,"c":null,"d":"01","e":-5,"f":"x\""}"#
        );
        assert_eq!(body(vec![("a", Node::text("1"))]).unwrap(), r#"{"a":"1"}"#);
    }

    #[test]
    fn leads_into_objects_and_lists() {
        assert_eq!(
            typed(&[("u[p]", "/a/"), ("u[q]", "1"), ("l[]", "1"), ("l[]", "2")]).unwrap(),
            r#"{"u":{"p":"/a/","q":1},"l":[1,2]}"#
        );
        assert_eq!(
            typed(&[("v[][sku]", "A"), ("v[][n]", "1"), ("v[][sku]", "B"), ("[x]", "2")]).unwrap(),
            r#"{"v":[{"sku":"A","n":1},{"sku":"B"}],"x":2}"#
        );
        assert_eq!(typed(&[("[][id]", "1"), ("[][id]", "2")]).unwrap(), r#"[{"id":1},{"id":2}]"#);
    }

    #[test]
    fn refuses_contradictions() {
        for fields in [
            &[("a", "1"), ("a", "2")][..],
            &[("a", "1"), ("a[b]", "2")],
            &[("a[]", "1"), ("a[b]", "2")],
            &[("a[", "1")],
            &[("a]b", "1"), ("a]b[x", "1")],
        ] {
            assert!(typed(fields).is_err(), "{fields:?}");
        }
    }
}
