//! How lists are cut into pages.

use serde::Deserialize;

/// How a list is cut into pages.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    /// Records of a page when the request does not say.
    #[serde(default = "fifty")]
    pub size: u64,
    /// The most a request gets.
    #[serde(default = "most")]
    pub max: u64,
    /// What the answer says about pages.
    #[serde(default)]
    pub kind: Paging,
    /// The most per page with one of `capping` included.
    #[serde(default)]
    pub capped: Option<u64>,
    /// Whether an empty list is 204.
    #[serde(default)]
    pub nothing: bool,
    /// Whether offset pages carry links.
    #[serde(default = "yes")]
    pub links: bool,
}

fn fifty() -> u64 {
    50
}

fn most() -> u64 {
    250
}

fn yes() -> bool {
    true
}

/// The kinds of paging (page "Common query parameters").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Paging {
    /// `meta.pagination`.
    #[default]
    Offset,
    /// `meta.pagination` and `meta.cursor_pagination`.
    Cursor,
    /// Pages begin after a key, `after`; `meta.pagination` without page numbers.
    Keyset,
    /// Bare arrays, 204 when empty.
    V2,
    /// Everything at once.
    None,
}

/// Pages of a resource that says nothing about them.
pub(super) fn usual() -> Page {
    Page { size: fifty(), max: most(), kind: Paging::Offset, capped: None, nothing: false, links: true }
}
