//! Walks over lists of stores that keep to less than one would hope.

use std::sync::Mutex;

use baxter_engine::model::change::NoticedBy;
use baxter_engine::storage::{Mirror, Pass, Reader, Segment};

use crate::scripted::{Answer, Asked, STORE, Scripted, keys, stream};

/// The answer of a store with the products `ids`, at most `most` on a page, of which those in `broken` have no
/// usable id in their text.
fn products(
    asked: &Asked,
    ids: &[i64],
    most: usize,
    broken: &[i64],
    meta: impl Fn(usize) -> String,
) -> Answer {
    let (after, upto) = (asked.number("id:greater").unwrap_or(0), asked.number("id:max").unwrap_or(i64::MAX));
    let mut found: Vec<i64> = ids.iter().copied().filter(|id| *id > after && *id <= upto).collect();
    let total = found.len();
    if asked.query.get("direction").is_some_and(|direction| direction == "desc") {
        found.reverse();
    }
    let most = most.min(asked.number("limit").unwrap() as usize);
    let page = asked.number("page").unwrap_or(1) as usize;
    let text = |id: &i64| match broken.contains(id) {
        true => format!(r#"{{"id":null,"name":"{id}"}}"#),
        false => format!(r#"{{"id":{id},"variants":[]}}"#),
    };
    let records: Vec<String> = found.iter().skip((page - 1) * most).take(most).map(text).collect();
    Answer::list(&records, &meta(total))
}

fn with_total(most: usize) -> impl Fn(usize) -> String {
    move |total| {
        let pages = total.div_ceil(most);
        format!(r#"{{"pagination":{{"total":{total},"per_page":{most},"total_pages":{pages}}}}}"#)
    }
}

#[tokio::test]
async fn a_page_without_a_usable_id_does_not_end_the_list() {
    let dir = tempfile::tempdir().unwrap();
    let ids = [1, 2, 3, 4, 5, 6];
    let store = Scripted::start(move |asked| products(asked, &ids, 2, &[3, 4], with_total(2))).await;
    let summary = store.sync(dir.path(), "products", false).await;
    assert!(summary.is_complete(), "{summary:?}");
    assert_eq!(keys(dir.path(), "products"), [1, 2, 5, 6]);
    assert_eq!(Reader::open(dir.path()).unwrap().kept_aside(stream("products")).unwrap(), 2);
}

#[tokio::test]
async fn a_list_that_tells_no_total_is_read_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let ids = [1, 2, 3, 4, 5];
    let meta = |_| r#"{"pagination":{"per_page":2}}"#.to_owned();
    let store = Scripted::start(move |asked| products(asked, &ids, 2, &[], meta)).await;
    assert!(store.sync(dir.path(), "products", false).await.is_complete());
    assert_eq!(keys(dir.path(), "products"), ids);
}

#[tokio::test]
async fn the_cursor_is_the_time_of_the_first_page_or_none() {
    let dir = tempfile::tempdir().unwrap();
    // Only the second page is dated: what changed on the first one before that would never be asked for.
    let store = Scripted::start(|asked| {
        let answer = products(asked, &[1, 2, 3], 2, &[], with_total(2));
        if asked.query.contains_key("id:greater") {
            answer.at("Mon, 23 Nov 2026 06:00:00 GMT")
        } else {
            answer
        }
    })
    .await;
    assert!(store.sync(dir.path(), "products", false).await.is_complete());
    let state = Reader::open(dir.path()).unwrap().stream_state(stream("products")).unwrap();
    assert_eq!(state.cursor, None);
}

/// Customers 1 to 5, two on a page, by cursors whose links are missing as in some of the API's schemas.
fn customers(asked: &Asked) -> Answer {
    let after =
        asked.query.get("after").map_or(0, |cursor| cursor.strip_prefix("c").unwrap().parse().unwrap());
    let ids: Vec<i64> = (1..=5).filter(|id| *id > after).take(2).collect();
    let records: Vec<String> = ids.iter().map(|id| format!(r#"{{"id":{id}}}"#)).collect();
    let last = ids.last().map_or("null".to_owned(), |id| format!("\"c{id}\""));
    Answer::list(&records, &format!(r#"{{"cursor_pagination":{{"per_page":2,"end_cursor":{last}}}}}"#))
}

#[tokio::test]
async fn cursors_without_links_are_followed() {
    let dir = tempfile::tempdir().unwrap();
    let store = Scripted::start(customers).await;
    assert!(store.sync(dir.path(), "customers", false).await.is_complete());
    assert_eq!(keys(dir.path(), "customers"), [1, 2, 3, 4, 5]);
    assert_eq!(store.asked().len(), 3);
}

#[tokio::test]
async fn cursors_in_a_circle_are_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let store = Scripted::start(|asked| {
        let other = if asked.query.get("after").is_some_and(|after| after == "a") { "b" } else { "a" };
        let meta = format!(
            r#"{{"cursor_pagination":{{"end_cursor":"{other}","links":{{"next":"?after={other}"}}}}}}"#
        );
        Answer::list(&[r#"{"id":1}"#.to_owned()], &meta)
    })
    .await;
    let summary = store.sync(dir.path(), "customers", false).await;
    assert!(!summary.is_complete());
}

#[tokio::test]
async fn a_cursor_that_the_store_refuses_begins_the_list_anew() {
    let dir = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(dir.path(), STORE).unwrap();
    let segment = Segment { number: 0, position: "stale".to_owned(), upto: None, done: false };
    let pass = Pass {
        way: NoticedBy::Backfill,
        listing: false,
        began_at: None,
        note: None,
        segments: vec![segment],
    };
    mirror.begin_pass(stream("customers"), &pass).unwrap();
    drop(mirror);
    let store = Scripted::start(|asked| match asked.query.get("after") {
        Some(after) if after == "stale" => Answer::status(422),
        _ => customers(asked),
    })
    .await;
    let summary = store.sync(dir.path(), "customers", false).await;
    assert!(summary.is_complete(), "{summary:?}");
    assert_eq!(keys(dir.path(), "customers"), [1, 2, 3, 4, 5]);
}

/// A store that ignores ids answers while parts are walked side by side: what one part still had on its way must
/// not be taken for a position of the walk by page numbers.
#[tokio::test]
async fn no_position_of_a_walk_that_was_given_up_is_left() {
    let ids: Vec<i64> = (1..=6000).collect();
    let refused = Mutex::new(0);
    let dir = tempfile::tempdir().unwrap();
    let store = Scripted::start(move |asked| {
        let lies = asked.number("id:greater").is_some_and(|after| after > 3000)
            && asked.query.contains_key("id:max");
        if lies {
            *refused.lock().unwrap() += 1;
            return products(
                &Asked { query: [("limit".to_owned(), "1".to_owned())].into(), ..asked.clone() },
                &ids,
                1,
                &[],
                with_total(1),
            );
        }
        if asked.number("page").is_some_and(|page| page > 3) {
            // The walk by page numbers is interrupted, so that the position it left is to be seen.
            return Answer::status(400);
        }
        products(asked, &ids, 250, &[], with_total(250))
    })
    .await;
    for _ in 0..5 {
        let summary = store.sync(dir.path(), "products", false).await;
        assert!(!summary.is_complete());
        let pass = Reader::open(dir.path()).unwrap().pass(stream("products")).unwrap().unwrap();
        assert!(pass.note.is_some());
        assert_eq!(pass.segments.len(), 1, "{pass:?}");
        assert_eq!(pass.segments[0].position, "750");
    }
}
