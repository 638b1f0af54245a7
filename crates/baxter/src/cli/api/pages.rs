//! All pages of a list, whichever way it pages.

use bigcommerce::{Client, Request, Response};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{LIMIT, Output, send};
use crate::cli::Context;
use crate::failure::Failure;

/// Asks for every page and prints each as it comes.
pub async fn all(
    client: &Client,
    request: Request,
    output: &mut Output,
    context: &mut Context,
) -> Result<(), Failure> {
    let given =
        |name: &str| request.query_pairs().iter().rfind(|(key, _)| key == name).map(|(_, v)| v.clone());
    let version_2 = request.path().starts_with("/v2/");
    let mut page: u64 = given("page").and_then(|page| page.parse().ok()).unwrap_or(1);
    let mut query: Vec<_> =
        request.query_pairs().iter().filter(|(name, _)| name != "page").cloned().collect();
    if given("limit").is_none() {
        query.push(("limit".into(), LIMIT.to_string()));
    }
    let mut next = Some(("page", page.to_string()));
    let mut last: Option<Response> = None;
    while let Some((name, value)) = next.take() {
        let mut asked = Request::get(request.path());
        for (key, value) in query.iter().filter(|(key, _)| *key != name) {
            asked = asked.query(key, value);
        }
        if (name, value.as_str()) != ("page", "1") {
            asked = asked.query(name, &value);
        }
        let response = send(client, asked, output.include, context).await?;
        if version_2 {
            let same = last.as_ref().is_some_and(|last| last.body == response.body);
            // Lists of V2 end with an empty page; those that do not page repeat themselves.
            if page > 1 && (same || is_empty_list(&response.body)) {
                break;
            }
            if is_list(&response.body) {
                page += 1;
                next = Some(("page", page.to_string()));
            }
        } else {
            next = after(&response.body);
        }
        output.print(&response, context).await?;
        last = Some(response);
    }
    Ok(())
}

#[derive(Deserialize)]
struct Envelope {
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct Meta {
    pagination: Option<Pagination>,
    cursor_pagination: Option<Cursor>,
}

#[derive(Deserialize)]
struct Pagination {
    current_page: Option<u64>,
    total_pages: Option<u64>,
}

#[derive(Deserialize)]
struct Cursor {
    end_cursor: Option<String>,
    links: Option<Links>,
}

#[derive(Deserialize)]
struct Links {
    next: Option<IgnoredAny>,
}

/// The parameter that asks for the page after this one of V3: a cursor where there is one, since pages
/// by number shift under edits.
fn after(body: &[u8]) -> Option<(&'static str, String)> {
    let meta = serde_json::from_slice::<Envelope>(body).ok()?.meta?;
    if let Some(cursor) = meta.cursor_pagination {
        let more = cursor.links.is_some_and(|links| links.next.is_some());
        return cursor.end_cursor.filter(|_| more).map(|cursor| ("after", cursor));
    }
    let pagination = meta.pagination?;
    let current = pagination.current_page?;
    (current < pagination.total_pages?).then(|| ("page", (current + 1).to_string()))
}

fn first_bytes(body: &[u8]) -> impl Iterator<Item = &u8> {
    body.iter().filter(|byte| !byte.is_ascii_whitespace())
}

fn is_list(body: &[u8]) -> bool {
    first_bytes(body).next() == Some(&b'[')
}

fn is_empty_list(body: &[u8]) -> bool {
    matches!(first_bytes(body).take(2).collect::<Vec<_>>()[..], [] | [b'[', b']'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_next_page() {
        let numbered = br#"{"data":[],"meta":{"pagination":{"current_page":1,"total_pages":3}}}"#;
        assert_eq!(after(numbered), Some(("page", "2".into())));
        let last = br#"{"data":[],"meta":{"pagination":{"current_page":3,"total_pages":3}}}"#;
        assert_eq!(after(last), None);
        let cursor = br#"{"data":[],"meta":{"pagination":{"current_page":1,"total_pages":3},
            "cursor_pagination":{"end_cursor":"abc","links":{"next":"?after=abc"}}}}"#;
        assert_eq!(after(cursor), Some(("after", "abc".into())));
        let end = br#"{"data":[],"meta":{"cursor_pagination":{"end_cursor":"abc","links":{}}}}"#;
        assert_eq!(after(end), None);
        assert_eq!(after(b"not json"), None);
        assert!(is_empty_list(b" [ ] ") && is_empty_list(b"") && !is_empty_list(b"[{}]"));
    }
}
