//! Recorded answers that are given as they are, by method and path, until something is written there.

use std::collections::HashMap;

/// An answer without its transport.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    /// The HTTP status.
    pub status: u16,
    /// The body, compact JSON, or nothing.
    pub body: Box<str>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Recordings(HashMap<String, Recording>);

fn key(method: &str, path: &str, query: Option<&str>) -> String {
    let path = path.trim_end_matches('/');
    match query.filter(|query| !query.is_empty()) {
        Some(query) => format!("{method} {path}?{query}"),
        None => format!("{method} {path}"),
    }
}

impl Recordings {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes one in.
    pub fn add(&mut self, method: &str, path: &str, query: Option<&str>, status: u16, body: String) {
        self.0.insert(key(method, path, query), Recording { status, body: body.into() });
    }

    /// The answer to a request: the one recorded with its query, else the one of its path.
    pub fn get(&self, method: &str, path: &str, query: Option<&str>) -> Option<&Recording> {
        if self.0.is_empty() {
            return None;
        }
        let method = if method == "HEAD" { "GET" } else { method };
        let exact = query.and_then(|query| self.0.get(&key(method, path, Some(query))));
        exact.or_else(|| self.0.get(&key(method, path, None)))
    }

    /// Forgets the reads of a path that was written to, of those above and those below it.
    pub fn written(&mut self, path: &str) {
        let path = path.trim_end_matches('/');
        let below = |long: &str, short: &str| {
            long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.0.retain(|key, _| {
            let Some(read) = key.strip_prefix("GET ") else { return true };
            let read = read.split('?').next().unwrap_or(read);
            !below(read, path) && !below(path, read)
        });
    }
}
