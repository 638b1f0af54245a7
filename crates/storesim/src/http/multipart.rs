//! Bodies of kind `multipart/form-data` (RFC 7578), read as the JSON object that the same request would
//! have without a file.

use std::fmt::Write as _;

use crate::json::quote;
use crate::serve::Failure;

/// The member that stands for the file of a request.
const FILE: &str = "upload";
/// The most parts read.
const MOST: usize = 64;

/// Reads a body: a member per part with its text, and `upload` with the name and size of the file, which
/// is not kept; with `reads`, also with its text.
pub(super) fn object(kind: &str, body: &[u8], reads: bool) -> Result<String, Failure> {
    let wrong = |reason: &str| Failure::new(400, "Input is invalid").field("body", reason);
    let boundary = parameter(kind, "boundary").ok_or_else(|| wrong("the boundary is not named"))?;
    let mark = format!("--{boundary}");
    let mut rest = after(body, mark.as_bytes()).ok_or_else(|| wrong("the first boundary is missing"))?;
    let mut out = String::from("{");
    for _ in 0..MOST {
        if rest.starts_with(b"--") {
            out.push('}');
            return Ok(out);
        }
        let part = rest.strip_prefix(b"\r\n").ok_or_else(|| wrong("a boundary does not end its line"))?;
        let end = find(part, format!("\r\n{mark}").as_bytes());
        let end = end.ok_or_else(|| wrong("the last boundary is missing"))?;
        let head = find(part, b"\r\n\r\n").filter(|at| *at < end);
        let head = head.ok_or_else(|| wrong("a part has no head"))?;
        let content = &part[head + 4..end];
        let lines = String::from_utf8_lossy(&part[..head]).into_owned();
        let disposition = lines.lines().find(|line| {
            line.get(..20).is_some_and(|name| name.eq_ignore_ascii_case("content-disposition:"))
        });
        let disposition = disposition.ok_or_else(|| wrong("a part has no name"))?;
        let name = parameter(disposition, "name").ok_or_else(|| wrong("a part has no name"))?;
        if out.len() > 1 {
            out.push(',');
        }
        // Writing to a string cannot fail.
        let _ = match parameter(disposition, "filename") {
            Some(file) => {
                let text = match reads {
                    true => format!(",\"text\":{}", quote(&String::from_utf8_lossy(content))),
                    false => String::new(),
                };
                write!(out, "\"{FILE}\":{{\"name\":{},\"size\":{}{text}}}", quote(&file), content.len())
            }
            None => write!(out, "{}:{}", quote(&name), value(&String::from_utf8_lossy(content))),
        };
        rest = &part[end + 2 + mark.len()..];
    }
    Err(wrong("there are too many parts"))
}

/// A part's text as the value that it means: numbers and booleans are such.
fn value(text: &str) -> String {
    let plain = matches!(text, "true" | "false") || text.parse::<i64>().is_ok_and(|n| n.to_string() == text);
    if plain { text.to_owned() } else { quote(text) }
}

fn parameter(line: &str, name: &str) -> Option<String> {
    line.split(';').skip(1).find_map(|piece| {
        let (key, value) = piece.trim().split_once('=')?;
        let value = value.trim().trim_matches('"');
        (key.eq_ignore_ascii_case(name) && !value.is_empty()).then(|| value.to_owned())
    })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn after<'a>(bytes: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    find(bytes, wanted).map(|at| &bytes[at + wanted.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_become_members() {
        let body = b"--xyz\r\nContent-Disposition: form-data; name=\"sort_order\"\r\n\r\n3\r\n--xyz\r\n\
            Content-Disposition: form-data; name=\"image_file\"; filename=\"red chair.png\"\r\n\
            Content-Type: image/png\r\n\r\n\x89PNG\r\n\x00\r\n--xyz--\r\n";
        let text = object("multipart/form-data; boundary=xyz", body, false).unwrap();
        assert_eq!(text, r#"{"sort_order":3,"upload":{"name":"red chair.png","size":7}}"#);
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for (kind, body) in [
            ("multipart/form-data", "--x--"),
            ("multipart/form-data; boundary=x", ""),
            ("multipart/form-data; boundary=x", "--x\r\nA: b\r\n\r\nc"),
            ("multipart/form-data; boundary=x", "--x\r\n\r\n\r\n\r\n--x--"),
            ("multipart/form-data; boundary=x", "--xContent"),
        ] {
            assert_eq!(object(kind, body.as_bytes(), true).unwrap_err().status, 400, "{body}");
        }
    }
}
