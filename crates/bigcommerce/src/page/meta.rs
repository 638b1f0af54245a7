//! Reads `meta`, whatever it looks like: `{}`, `[]`, `null`, numbers as strings, links missing in part.

use serde_json::{Map, Value};

/// `meta.pagination` of a V3 list; what was missing or unreadable is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pagination {
    /// Records in the whole list.
    pub total: Option<u64>,
    /// Records on this page.
    pub count: Option<u64>,
    /// The page size the store used: may be smaller than what was asked.
    pub per_page: Option<u64>,
    /// The number of this page, from 1.
    pub current_page: Option<u64>,
    /// How many pages there are.
    pub total_pages: Option<u64>,
    /// The query of the next page (`?page=2&limit=50`).
    pub next: Option<String>,
    /// Whether there was a `links` member at all; about a third of the lists have none.
    pub has_links: bool,
}

/// `meta.cursor_pagination` of a V3 list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CursorPagination {
    /// Records on this page.
    pub count: Option<u64>,
    /// The page size the store used.
    pub per_page: Option<u64>,
    /// The cursor before this page.
    pub start_cursor: Option<String>,
    /// The cursor after this page.
    pub end_cursor: Option<String>,
    /// The query of the next page.
    pub next: Option<String>,
    /// Whether there was a `links` member at all.
    pub has_links: bool,
}

pub(super) fn read(text: &str) -> (Option<Pagination>, Option<CursorPagination>) {
    // Links may be long, but a meta of megabytes is none.
    let Ok(Value::Object(meta)) = serde_json::from_str(text) else { return (None, None) };
    let pagination = meta.get("pagination").and_then(Value::as_object).map(|object| Pagination {
        total: number(object, "total"),
        count: number(object, "count"),
        per_page: number(object, "per_page"),
        current_page: number(object, "current_page"),
        total_pages: number(object, "total_pages"),
        next: next(object),
        has_links: has_links(object),
    });
    let cursor = meta.get("cursor_pagination").and_then(Value::as_object).map(|object| CursorPagination {
        count: number(object, "count"),
        per_page: number(object, "per_page"),
        start_cursor: text_of(object, "start_cursor"),
        end_cursor: text_of(object, "end_cursor").or_else(|| next(object).as_deref().and_then(after)),
        next: next(object),
        has_links: has_links(object),
    });
    (pagination, cursor)
}

fn number(object: &Map<String, Value>, key: &str) -> Option<u64> {
    match object.get(key)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn text_of(object: &Map<String, Value>, key: &str) -> Option<String> {
    match object.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn has_links(object: &Map<String, Value>) -> bool {
    object.get("links").is_some_and(Value::is_object)
}

fn next(object: &Map<String, Value>) -> Option<String> {
    text_of(object.get("links")?.as_object()?, "next")
}

/// The cursor in a link such as `?limit=50&after=eyJpZCI6MjA0fQ`.
fn after(link: &str) -> Option<String> {
    let query = link.rsplit('?').next()?;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "after")
        .map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_meta_is_read() {
        let text = r#"{"pagination":{"total":3,"count":"1","per_page":1,"current_page":2,"total_pages":3,
            "links":{"next":"?page=3&limit=1"},"too_many":false},
            "cursor_pagination":{"count":1,"per_page":1,"start_cursor":"a","end_cursor":"b==","links":{}}}"#;
        let (pagination, cursor) = read(text);
        let pagination = pagination.unwrap();
        assert_eq!((pagination.total, pagination.count, pagination.total_pages), (Some(3), Some(1), Some(3)));
        assert_eq!(pagination.next.as_deref(), Some("?page=3&limit=1"));
        let cursor = cursor.unwrap();
        assert_eq!((cursor.end_cursor.as_deref(), cursor.next, cursor.has_links), (Some("b=="), None, true));
    }

    #[test]
    fn odd_metas_are_no_obstacle() {
        for odd in
            ["[]", "null", "{}", "7", r#"{"pagination":[]}"#, r#"{"pagination":null,"cursor_pagination":1}"#]
        {
            assert_eq!(read(odd), (None, None), "{odd}");
        }
        let (pagination, _) = read(r#"{"pagination":{"total":-1,"per_page":null,"links":[]}}"#);
        assert_eq!(pagination, Some(Pagination::default()));
        let (_, cursor) = read(r#"{"cursor_pagination":{"links":{"next":"/x?limit=5&after=Nw%3D%3D"}}}"#);
        assert_eq!(cursor.unwrap().end_cursor.as_deref(), Some("Nw=="));
    }
}
