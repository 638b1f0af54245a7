//! What the mirror holds, and what the change log says, after answers of all kinds.

use std::path::Path;

use baxter_engine::model::change::NoticedBy;
use baxter_engine::model::key::{Key, Part};
use baxter_engine::model::stream::record;
use baxter_engine::model::stream::{Stream, named};
use baxter_engine::storage::{Committed, Error, Gone, Mirror, Page, Pass, Reader, Segment, Since};
use jiff::Timestamp;
use rusqlite::types::Value;

const STORE: &str = "abc";

fn stream(name: &str) -> &'static Stream {
    named(name).unwrap()
}

fn page(name: &str, texts: &[&str], noticed_by: NoticedBy, asked: u64) -> Page {
    let mut page = Page {
        stream: stream(name),
        families: Vec::new(),
        aside: Vec::new(),
        noticed_by,
        at: Timestamp::from_second(1_800_000_000).unwrap(),
        store_at: None,
        asked,
        segment: None,
        listing: false,
        of: None,
    };
    for text in texts {
        match record::read(page.stream, text) {
            Ok(family) => page.families.push(family),
            Err(aside) => page.aside.push(aside),
        }
    }
    page
}

fn commit(mirror: &mut Mirror, name: &str, texts: &[&str]) -> Committed {
    mirror.commit(&page(name, texts, NoticedBy::Incremental, 1)).unwrap()
}

fn log(dir: &Path) -> Vec<String> {
    let changes = Reader::open(dir).unwrap().changes(None, &[], 1000).unwrap();
    changes.entries.iter().map(|c| format!("{} {} {} {}", c.stream, c.key, c.kind, c.changes)).collect()
}

fn value(dir: &Path, sql: &str) -> Value {
    Reader::open(dir).unwrap().rows(sql).unwrap().rows[0][0].clone()
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

#[test]
fn law_2_each_difference_is_one_entry_of_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(dir.path(), STORE).unwrap();
    let first = r#"{"id":7,"name":"Cup","price":1.10,"variants":[{"id":70,"product_id":7,"sku":"A"},{"id":71,"product_id":7,"sku":"B"}]}"#;
    let created = commit(&mut mirror, "products", &[first]);
    assert_eq!((created.created, created.unchanged), (3, 0));
    let same = commit(&mut mirror, "products", &[first]);
    assert_eq!((same.differences(), same.unchanged), (0, 3));
    // Other bytes, same content: nothing is noted, the bytes are kept.
    let spaced = r#"{ "name":"Cup", "id":7,"price":1.10,"variants":[{"id":70,"product_id":7,"sku":"A"},{"id":71,"product_id":7,"sku":"B"}]}"#;
    assert_eq!(commit(&mut mirror, "products", &[spaced]).differences(), 0);
    assert_eq!(
        value(dir.path(), "select raw from products"),
        text(r#"{ "name":"Cup", "id":7,"price":1.10}"#)
    );
    let changed = r#"{"id":7,"name":"Cup","price":1.1,"variants":[{"id":70,"product_id":7,"sku":"C"}]}"#;
    let updated = commit(&mut mirror, "products", &[changed]);
    assert_eq!((updated.updated, updated.deleted), (2, 1));
    assert_eq!(
        log(dir.path())[3..],
        [
            r#"products 7 updated [{"path":"price","old":1.10,"new":1.1}]"#,
            r#"variants 70 updated [{"path":"sku","old":"A","new":"C"}]"#,
            "variants 71 deleted []",
        ]
    );
    let reader = Reader::open(dir.path()).unwrap();
    let gone = reader.changes(Some(Since::Seq(5)), &["variants"], 10).unwrap();
    assert_eq!(gone.entries[0].record.as_ref().unwrap().get(), r#"{"id":71,"product_id":7,"sku":"B"}"#);
}

#[test]
fn a_deleted_or_archived_parent_takes_its_children_along() {
    let dir = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(dir.path(), STORE).unwrap();
    let order = |archived: bool| {
        format!(
            r#"{{"id":5,"is_deleted":{archived},"consignments":{{"shipping":[{{"id":9,"line_items":[{{"id":1}},{{"id":2}}]}}],"email":{{}}}}}}"#
        )
    };
    assert_eq!(commit(&mut mirror, "orders", &[&order(false)]).created, 4);
    assert_eq!(
        value(dir.path(), "select count(*) from order_products where order_id = 5"),
        Value::Integer(2)
    );
    assert_eq!(commit(&mut mirror, "orders", &[&order(true)]).deleted, 4);
    assert_eq!(commit(&mut mirror, "orders", &[&order(false)]).created, 4);
    let gone = Gone {
        stream: stream("orders"),
        keys: vec![Key(vec![Part::Integer(5)]), Key(vec![Part::Integer(6)])],
        noticed_by: NoticedBy::Sweep,
        at: Timestamp::UNIX_EPOCH,
        asked: 9,
    };
    assert_eq!(mirror.delete(&gone).unwrap().deleted, 4);
    assert_eq!(value(dir.path(), "select count(*) from order_shipping_addresses"), Value::Integer(0));
}

#[test]
fn an_answer_without_the_children_says_nothing_about_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(dir.path(), STORE).unwrap();
    commit(&mut mirror, "products", &[r#"{"id":7,"variants":[{"id":70,"product_id":7}]}"#]);
    assert_eq!(commit(&mut mirror, "products", &[r#"{"id":7,"name":"x"}"#]).deleted, 0);
    assert_eq!(commit(&mut mirror, "products", &[r#"{"id":7,"name":"x","variants":[]}"#]).deleted, 1);
}

#[test]
fn an_older_answer_does_not_replace_a_newer_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(dir.path(), STORE).unwrap();
    commit(&mut mirror, "brands", &[r#"{"id":1,"name":"old"}"#]);
    let live = page("brands", &[r#"{"id":1,"name":"new"}"#], NoticedBy::Webhook, 8);
    assert_eq!(mirror.commit(&live).unwrap().updated, 1);
    let late = page("brands", &[r#"{"id":1,"name":"old"}"#], NoticedBy::Sweep, 5);
    assert_eq!(mirror.commit(&late).unwrap().differences(), 0);
    assert_eq!(value(dir.path(), "select name from brands"), text("new"));
    mirror.forget_answered(9).unwrap();
    let next = page("brands", &[r#"{"id":1,"name":"newest"}"#], NoticedBy::Sweep, 9);
    assert_eq!(mirror.commit(&next).unwrap().updated, 1);
}

#[test]
fn law_9_money_keeps_every_digit() {
    let dir = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(dir.path(), STORE).unwrap();
    let orders: Vec<String> =
        (1..=10).map(|id| format!(r#"{{"id":{id},"total_inc_tax":"0.1000"}}"#)).collect();
    let orders: Vec<&str> = orders.iter().map(String::as_str).collect();
    commit(&mut mirror, "orders", &orders);
    assert_eq!(value(dir.path(), "select decimal_sum(total_inc_tax) from orders"), text("1.0000"));
    assert_eq!(value(dir.path(), "select total_inc_tax from orders limit 1"), text("0.1000"));
}

#[test]
fn what_does_not_fit_is_noted_and_what_has_no_key_is_kept_aside() {
    let dir = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(dir.path(), STORE).unwrap();
    let texts = [r#"{"id":1,"price":"a lot","name":"x"}"#, r#"{"name":"no id"}"#, r#"{"name":"no id"}"#];
    assert_eq!(commit(&mut mirror, "products", &texts).aside, 2);
    assert_eq!(value(dir.path(), "select price from products"), Value::Null);
    assert_eq!(value(dir.path(), "select value from baxter_notes"), text("\"a lot\""));
    assert_eq!(value(dir.path(), "select times from baxter_kept_aside"), Value::Integer(2));
    commit(&mut mirror, "products", &[r#"{"id":1,"price":2,"name":"x"}"#]);
    assert_eq!(value(dir.path(), "select count(*) from baxter_notes"), Value::Integer(0));
}

#[test]
fn readers_only_read() {
    let dir = tempfile::tempdir().unwrap();
    let _mirror = Mirror::open(dir.path(), STORE).unwrap();
    let mut reader = Reader::open(dir.path()).unwrap();
    for sql in [
        "delete from products",
        "attach database 'x.db' as x",
        "pragma journal_mode = delete",
        "vacuum into 'x.db'",
    ] {
        assert!(matches!(reader.rows(sql), Err(Error::ReadOnly)), "{sql}: {:?}", reader.rows(sql));
    }
    assert!(reader.rows("select load_extension('x')").is_err());
    assert!(reader.rows("select 1; delete from products").is_err());
}

#[test]
fn one_process_writes_one_stores_mirror() {
    let dir = tempfile::tempdir().unwrap();
    let mirror = Mirror::open(dir.path(), STORE).unwrap();
    assert!(matches!(Mirror::open(dir.path(), STORE), Err(Error::Locked { .. })));
    drop(mirror);
    // Nothing was answered yet, so that the hash may have been mistyped.
    let mut mirror = Mirror::open(dir.path(), "other").unwrap();
    drop(mirror);
    mirror = Mirror::open(dir.path(), STORE).unwrap();
    commit(&mut mirror, "brands", &[r#"{"id":1}"#]);
    drop(mirror);
    assert!(matches!(Mirror::open(dir.path(), "other"), Err(Error::OtherStore { .. })));
    assert!(Mirror::open(dir.path(), STORE).is_ok());
    assert!(matches!(Reader::open(&dir.path().join("nowhere")), Err(Error::Missing { .. })));
}

#[test]
fn changes_since_a_time_begin_with_that_second() {
    let dir = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(dir.path(), STORE).unwrap();
    let mut page = page("brands", &[r#"{"id":1}"#], NoticedBy::Sweep, 1);
    let second = page.at;
    page.at = Timestamp::from_millisecond(second.as_millisecond() + 250).unwrap();
    mirror.commit(&page).unwrap();
    let since = |time| {
        Reader::open(dir.path()).unwrap().changes(Some(Since::Time(time)), &[], 9).unwrap().entries.len()
    };
    assert_eq!(since(second), 1);
    assert_eq!(since(Timestamp::from_millisecond(second.as_millisecond() + 300).unwrap()), 0);
    mirror.make_durable().unwrap();
}

#[test]
fn an_older_answer_does_not_delete_what_a_newer_one_brought() {
    let dir = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(dir.path(), STORE).unwrap();
    let product = r#"{"id":7,"variants":[{"id":70,"product_id":7}]}"#;
    commit(&mut mirror, "products", &[product]);
    let live = page("variants", &[r#"{"id":71,"product_id":7}"#], NoticedBy::Webhook, 8);
    assert_eq!(mirror.commit(&live).unwrap().created, 1);
    let late = page("products", &[product], NoticedBy::Sweep, 5);
    assert_eq!(mirror.commit(&late).unwrap().differences(), 0);
    let next = page("products", &[product], NoticedBy::Sweep, 9);
    assert_eq!(mirror.commit(&next).unwrap().deleted, 1);
}

#[test]
fn a_column_that_is_declared_later_is_filled_from_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(dir.path(), STORE).unwrap();
    let orders: Vec<String> =
        (1..=2_500).map(|id| format!(r#"{{"id":{id},"total_tax":"{id}.5000","status_id":{id}}}"#)).collect();
    let orders: Vec<&str> = orders.iter().map(String::as_str).collect();
    commit(&mut mirror, "orders", &orders);
    // As if it had been made before these columns were declared.
    let older = "ALTER TABLE orders DROP COLUMN total_tax; ALTER TABLE orders DROP COLUMN status_id;";
    mirror.transaction(|transaction| transaction.execute_batch(older)).unwrap();
    drop(mirror);
    let mut mirror = Mirror::open(dir.path(), STORE).unwrap();
    assert_eq!(value(dir.path(), "select decimal_sum(total_tax) from orders"), text("3127500.0000"));
    assert_eq!(value(dir.path(), "select max(status_id) from orders"), Value::Integer(2_500));
    assert_eq!(commit(&mut mirror, "orders", &orders).unchanged, 2_500);
}

/// Each record was once compared with all that were listed: twice the records took four times as long.
#[test]
fn absences_are_searched_for_by_key() {
    let dir = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(dir.path(), STORE).unwrap();
    let begun = Pass {
        way: NoticedBy::Sweep,
        listing: true,
        began_at: None,
        note: None,
        segments: vec![Segment { number: 0, position: "0".to_owned(), upto: None, done: false }],
    };
    let texts: Vec<String> = (1..=20_000).map(|id| format!(r#"{{"id":{id}}}"#)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    mirror.commit(&page("brands", &texts, NoticedBy::Backfill, 1)).unwrap();
    mirror.begin_pass(stream("brands"), &begun).unwrap();
    let mut listed = page("brands", &texts[1..], NoticedBy::Sweep, 2);
    listed.listing = true;
    mirror.commit(&listed).unwrap();
    let absent = mirror.absent(stream("brands"), 10).unwrap();
    assert_eq!(absent.iter().map(|absent| absent.key.to_string()).collect::<Vec<_>>(), ["1"]);
    let plan = "explain query plan select 1 from brands t where not exists
        (select 1 from baxter_listed l where l.stream = 'brands' and l.a = +t.id and l.b = +'')";
    let mut details = Vec::new();
    mirror
        .transaction(|transaction| {
            let mut statement = transaction.prepare(plan)?;
            let rows = statement.query_map([], |row| row.get::<_, String>(3))?;
            details = rows.collect::<Result<_, _>>()?;
            Ok(())
        })
        .unwrap();
    assert!(details.iter().any(|detail| detail.contains("stream=? AND a=? AND b=?")), "{details:?}");
}

#[test]
fn the_write_ahead_log_does_not_grow_with_what_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut mirror = Mirror::open(dir.path(), STORE).unwrap();
    let filling = "x".repeat(1024 * 1024);
    let mut largest = 0;
    for id in 1..=240 {
        let text = format!(r#"{{"id":{id},"description":"{filling}"}}"#);
        mirror.commit(&page("products", &[&text], NoticedBy::Backfill, id)).unwrap();
        largest = largest.max(dir.path().join("mirror.db-wal").metadata().unwrap().len());
    }
    assert!(largest < 100 * 1024 * 1024, "{largest}");
}
