//! What fuzzing tries, compiled for it and for the tests, which do the same with the inputs kept in
//! `fuzz/corpus`.

use std::cell::OnceCell;
use std::sync::Arc;

use serde::de::IgnoredAny;

use crate::accounts::Accounts;
use crate::data::Data;
use crate::declare::{Endpoint, Segment, Verb, resources};
use crate::serve::{self, Query, Route};
use crate::{Options, dates, make, webhooks};

thread_local! {
    static STORE: OnceCell<Data> = const { OnceCell::new() };
}

/// A path and its query, as in a request: whatever they are, a read is answered with JSON or refused, never
/// with a 5xx. A path that is not served stands for one that is.
pub fn query(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    dates::parse(text, 0);
    let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
    let Some(route) = Route::find(path).or_else(|| Route::find(&some_path(path))) else { return };
    let Some(action) = route.action(Verb::Get) else { return };
    let version = Route::version(&route.endpoint.path);
    let query = Query::read(query);
    STORE.with(|store| {
        let data = store.get_or_init(small);
        for strict in [false, true] {
            match serve::read(data, &route, action, &query, version, strict) {
                Ok(answer) => {
                    assert!(answer.status < 500);
                    let read = serde_json::from_slice::<IgnoredAny>(&answer.body);
                    assert!(
                        answer.body.is_empty() || read.is_ok(),
                        "{}",
                        String::from_utf8_lossy(&answer.body)
                    );
                }
                Err(failure) => assert!((400..500).contains(&failure.status), "{failure:?}"),
            }
        }
    });
}

/// One of the paths that are read, by what was asked for.
fn some_path(asked: &str) -> String {
    let reads = |endpoint: &&Endpoint| endpoint.methods.iter().any(|(verb, _)| *verb == Verb::Get);
    let all: Vec<&Endpoint> =
        resources().iter().flat_map(|resource| &resource.endpoints).filter(reads).collect();
    let sum: usize = asked.bytes().map(usize::from).sum();
    let endpoint = all[sum % all.len()];
    let parts = endpoint.segments.iter().map(|segment| match segment {
        Segment::Text(text) => format!("/{text}"),
        Segment::Id => format!("/{}", asked.len() % 9),
        Segment::Key(_) => "/82fa182e-5da0-453e-920d-f272d85f8d65".to_owned(),
        Segment::Word => "/usd".to_owned(),
    });
    parts.collect()
}

#[expect(clippy::expect_used, reason = "this is compiled for tests and for fuzzing only")]
fn small() -> Data {
    let options = Options { products: 6, customers: 4, orders: 5, ..Options::default() };
    let accounts = Arc::new(Accounts::new(&options));
    let queue = Arc::new(webhooks::Queue::new(&options, accounts));
    make(&options, "http://127.0.0.1:1", 1_800_000_000, &queue).expect("a store")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpus_finds_nothing() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/query");
        let files: Vec<_> = std::fs::read_dir(folder).expect("the corpus").collect();
        assert!(files.len() > 10);
        for file in files {
            super::query(&std::fs::read(file.expect("a file").path()).expect("an input"));
        }
    }
}
