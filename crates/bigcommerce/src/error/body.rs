//! Reads the body of an error answer.
//!
//! The shapes: V3 problem objects whose `title`, `type` and `errors` may each be missing, `errors` being
//! an object, an empty array, or an array of objects; `batch_errors`; V2's array of
//! `{status, message, details}`; empty bodies (reported of 429); and HTML of proxies (the reference's
//! error schemas, the published status code page and recorded answers). The result is bounded in every
//! direction.

use std::collections::BTreeMap;

use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

const MESSAGE_CHARS: usize = 500;
const KEY_CHARS: usize = 100;
const MOST_ERRORS: usize = 50;
const DEPTH: usize = 6;

pub(super) struct Words {
    pub(super) title: String,
    pub(super) detail: Option<String>,
    pub(super) errors: BTreeMap<String, String>,
}

pub(super) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Words {
    let mut words = Words { title: String::new(), detail: None, errors: BTreeMap::new() };
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => from_json(&value, &mut words),
        Err(_) => words.detail = plain(headers, body),
    }
    if let Some(place) = redirect(status, headers) {
        words.detail = Some(place);
    }
    if words.title.is_empty() {
        words.title = match words.detail.take_if(|_| !status.is_redirection()) {
            Some(detail) => detail,
            None => status.canonical_reason().unwrap_or("an answer without words").to_owned(),
        };
    }
    words
}

fn from_json(value: &Value, words: &mut Words) {
    match value {
        Value::Array(entries) => {
            for (index, entry) in entries.iter().enumerate().take(MOST_ERRORS) {
                if index == 0 {
                    from_json(entry, words);
                } else if let Some(text) = entry.get("message").and_then(text) {
                    insert(words, index.to_string(), text);
                }
            }
        }
        Value::Object(object) => {
            if let Some(title) =
                ["title", "message", "error"].iter().find_map(|key| object.get(*key).and_then(text))
            {
                words.title = title;
            }
            if let Some(detail) = object.get("detail").and_then(text) {
                words.detail = Some(detail);
            }
            for key in ["errors", "details", "field_errors", "batch_errors"] {
                if let Some(value) = object.get(key) {
                    flatten(value, String::new(), words, 0);
                }
            }
        }
        Value::String(_) => words.title = text(value).unwrap_or_default(),
        _ => {}
    }
}

/// Puts every leaf of `errors` under its dotted path.
fn flatten(value: &Value, path: String, words: &mut Words, depth: usize) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        _ if depth > DEPTH || words.errors.len() >= MOST_ERRORS => {}
        Value::Object(object) => {
            for (key, value) in object {
                // Of a nested problem object only its words matter.
                if depth > 0 && matches!(key.as_str(), "status" | "type" | "data") {
                    continue;
                }
                flatten(value, below(key), words, depth + 1);
            }
        }
        Value::Array(entries) => {
            for (index, value) in entries.iter().enumerate() {
                flatten(value, below(&index.to_string()), words, depth + 1);
            }
        }
        _ => {
            if let Some(text) = text(value) {
                let path = if path.is_empty() { "errors".to_owned() } else { path };
                insert(words, path, text);
            }
        }
    }
}

fn insert(words: &mut Words, key: String, message: String) {
    if words.errors.len() < MOST_ERRORS {
        words.errors.insert(cut(&key, KEY_CHARS), message);
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(cut(text.trim(), MESSAGE_CHARS)),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A body that is no JSON: the title of an HTML page, or the beginning of plain text.
fn plain(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let start = String::from_utf8_lossy(&body[..body.len().min(16 * 1024)]);
    let lower = start.to_ascii_lowercase();
    let is_html =
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
            || lower.trim_start().starts_with('<');
    let words = if is_html {
        let from = lower.find("<title").and_then(|at| lower[at..].find('>').map(|more| at + more + 1))?;
        let to = lower[from..].find("</title").map_or(lower.len(), |more| from + more);
        start[from..to].to_owned()
    } else {
        start.into_owned()
    };
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() { None } else { Some(cut(&words, MESSAGE_CHARS)) }
}

/// Redirects to other places are never followed: the token would travel.
fn redirect(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    if !status.is_redirection() {
        return None;
    }
    let place = headers.get(header::LOCATION)?.to_str().ok()?;
    let host = url::Url::parse(place).ok().and_then(|url| url.host_str().map(str::to_owned));
    let host = host.unwrap_or_else(|| "another place".to_owned());
    Some(cut(
        &format!("redirected to {host}, which is not followed; is the API address right?"),
        MESSAGE_CHARS,
    ))
}

fn cut(text: &str, chars: usize) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    if text.chars().nth(chars).is_none() {
        return clean.collect();
    }
    clean.take(chars - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(status: u16, body: &str) -> (String, Option<String>, Vec<(String, String)>) {
        let words = read(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes());
        (words.title, words.detail, words.errors.into_iter().collect())
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn every_known_shape_is_read() {
        let full =
            r#"{"status":422,"title":"Missing","type":"x","errors":{"name":"Give a name.","0.state":"bad"}}"#;
        assert_eq!(
            words(422, full),
            ("Missing".into(), None, vec![pair("0.state", "bad"), pair("name", "Give a name.")])
        );
        assert_eq!(words(404, r#"{"status":404,"type":"x"}"#), ("Not Found".into(), None, vec![]));
        assert_eq!(words(422, r#"{"status":422,"title":"T","errors":{}}"#), ("T".into(), None, vec![]));
        assert_eq!(words(422, r#"{"status":422,"title":"T","errors":[]}"#), ("T".into(), None, vec![]));
        let detail = r#"{"status":400,"title":"Input is invalid","detail":"Syntax error","code":22004}"#;
        assert_eq!(words(400, detail), ("Input is invalid".into(), Some("Syntax error".into()), vec![]));
        let v2 =
            r#"[{"status":400,"message":"Bad field","details":{"invalid_reason":"no"}},{"message":"Two"}]"#;
        assert_eq!(
            words(400, v2),
            ("Bad field".into(), None, vec![pair("1", "Two"), pair("invalid_reason", "no")])
        );
        let batch = r#"{"batch_errors":[{"status":422,"title":"T","errors":{"sku":"taken"}}]}"#;
        assert_eq!(words(422, batch).2, vec![pair("0.errors.sku", "taken"), pair("0.title", "T")]);
        assert_eq!(words(500, ""), ("Internal Server Error".into(), None, vec![]));
        assert_eq!(words(418, "[]").0, "I'm a teapot");
        assert_eq!(words(502, "<html><head><title>502 Bad\n Gateway</title>x").0, "502 Bad Gateway");
        assert_eq!(words(503, "  down for\nmaintenance ").0, "down for maintenance");
        assert_eq!(words(599, "null").0, "an answer without words");
    }

    #[test]
    fn every_length_is_bounded() {
        let long = "é".repeat(5000);
        let (title, ..) = words(400, &format!(r#"{{"title":"{long}"}}"#));
        assert_eq!(title.chars().count(), MESSAGE_CHARS);
        let many: Vec<String> = (0..300).map(|index| format!("\"{index}{long}\":\"x\"")).collect();
        let (.., errors) = words(400, &format!("{{\"errors\":{{{}}}}}", many.join(",")));
        assert_eq!(errors.len(), MOST_ERRORS);
        assert!(errors.iter().all(|(key, _)| key.chars().count() <= KEY_CHARS));
        let deep = format!("{{\"errors\":{}1{}}}", "[".repeat(100), "]".repeat(100));
        assert!(words(400, &deep).2.is_empty());
    }

    #[test]
    fn a_redirect_names_the_host_only() {
        let mut headers = HeaderMap::new();
        headers.insert(header::LOCATION, "https://elsewhere.example/a?token=x".parse().unwrap());
        let words = read(StatusCode::MOVED_PERMANENTLY, &headers, b"");
        assert_eq!(words.title, "Moved Permanently");
        assert!(words.detail.unwrap().starts_with("redirected to elsewhere.example,"));
    }
}
