//! `baxter get`: records, filters, fields, formats.

use crate::program::{snapshot, store, told_of};

#[test]
fn records_in_every_format() {
    let (_store, baxter) = store(&[]);
    let json = baxter.run(&["get", "products", "--limit", "3", "-o", "json"]).success().json();
    let records = json.as_array().unwrap();
    assert_eq!(records.len(), 3);
    assert!(records[0]["custom_url"].is_object(), "whole records: {}", records[0]);
    let lines = baxter.run(&["get", "products", "--limit", "3", "-o", "jsonl"]).success().stdout;
    let again: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(&again, records);
    let fields = ["get", "products", "--limit", "2", "--fields", "id,name,custom_url.url,nothing"];
    let all: Vec<String> = ["table", "json", "jsonl", "csv"]
        .iter()
        .map(|format| {
            let arguments = [&fields[..], &["-o", format]].concat();
            format!("$ -o {format}\n{}", told_of(&baxter.run(&arguments)))
        })
        .collect();
    snapshot!("get-formats", all.join("\n"));
}

#[test]
fn pages_until_the_limit_or_the_end() {
    let (_store, baxter) = store(&["--products", "300"]);
    let count = |arguments: &[&str]| {
        let arguments = [&["get", "products", "--fields", "id", "-o", "jsonl"], arguments].concat();
        baxter.run(&arguments).success().stdout.lines().count()
    };
    assert_eq!(count(&[]), 50);
    assert_eq!(count(&["--limit", "260"]), 260);
    baxter.run(&["get", "products", "--limit", "0"]).failure(64);
    assert_eq!(count(&["--all"]), 300);
}

#[test]
fn one_record_of_each_kind() {
    let (_store, baxter) = store(&[]);
    for (stream, id) in [
        ("products", "id"),
        ("variants", "id"),
        ("brands", "id"),
        ("categories", "category_id"),
        ("customers", "id"),
        ("customer_addresses", "id"),
        ("orders", "id"),
        ("locations", "id"),
    ] {
        let listed = baxter.run(&["get", stream, "--limit", "2", "-o", "json"]).success().json();
        let key = listed[1][id].to_string();
        let found = baxter.run(&["get", stream, &key, "-o", "json"]).success().json();
        assert_eq!(found.as_array().map(Vec::len), Some(1), "{stream} {key}");
        assert_eq!(found[0][id].to_string(), key, "{stream}");
        baxter.run(&["get", stream, "999999999"]).failure(1);
    }
}

#[test]
fn filters_reach_the_store_and_includes_come_along() {
    let (_store, baxter) = store(&[]);
    let all = baxter.run(&["get", "products", "--all", "-o", "json"]).success().json();
    let id = all[4]["id"].to_string();
    let filter = format!("id:in={id}");
    let found =
        baxter.run(&["get", "products", "--filter", &filter, "--include", "variants,images", "-o", "json"]);
    let found = found.success().json();
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    assert!(found[0]["variants"].is_array() && found[0]["images"].is_array(), "{}", found[0]);
    let order = baxter.run(&["get", "orders", "--limit", "1", "--include", "consignments", "-o", "json"]);
    assert!(order.success().json()[0]["consignments"].is_object());
}

#[test]
fn bad_filters_are_refused_before_they_are_sent() {
    let (store, baxter) = store(&[]);
    let before = store.stats().requests;
    let said: Vec<String> = ["nmae=x", "sku:like=x", "whatever=1", "price"]
        .iter()
        .map(|filter| {
            format!("$ --filter {filter}\n{}", told_of(&baxter.run(&["get", "products", "--filter", filter])))
        })
        .collect();
    assert_eq!(store.stats().requests, before);
    snapshot!("get-bad-filters", said.join("\n"));
}
