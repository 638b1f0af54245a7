//! `baxter api`: requests, fields, pages, jq.

use std::io::Write;
use std::process::Stdio;

use crate::program::{snapshot, store, told_of};

#[test]
fn reads_any_path_and_filters_with_jq() {
    let (_store, baxter) = store(&[]);
    let body = baxter.run(&["api", "GET", "/v3/catalog/products", "-f", "limit=2"]).success().json();
    assert_eq!(body["data"].as_array().map(Vec::len), Some(2));
    assert!(body["meta"]["pagination"]["total"].is_number());
    let ids =
        baxter.run(&["api", "get", "v3/catalog/products?limit=2", "--jq", ".data[].id"]).success().stdout;
    assert_eq!(ids.lines().count(), 2);
    let name = baxter.run(&["api", "GET", "/v3/catalog/products", "-f", "limit=1", "--jq", ".data[0].name"]);
    assert!(!name.success().stdout.contains('"'), "text has no quotes");
}

#[test]
fn walks_all_pages() {
    let (_store, baxter) = store(&["--products", "30", "--orders", "25", "--customers", "12"]);
    let count = |path: &str, filter: &str, limit: &str| {
        let arguments = ["api", "GET", path, "--paginate", "--jq", filter, "-f", limit];
        baxter.run(&arguments).success().stdout.lines().count()
    };
    assert_eq!(count("/v3/catalog/products", ".data[].id", "limit=7"), 30);
    assert_eq!(count("/v3/customers", ".data[].id", "limit=5"), 12);
    assert_eq!(count("/v2/orders", ".[].id", "limit=10"), 25);
    assert_eq!(count("/v2/store", ".id", "x=1"), 1);
}

#[test]
fn shows_status_and_headers() {
    let (_store, baxter) = store(&[]);
    let output = baxter.run(&["api", "GET", "/v2/store", "-i"]).success().stdout;
    let (head, body) = output.split_once("\n\n").unwrap();
    assert!(head.starts_with("HTTP 200 OK\n") && head.contains("content-type: application/json"), "{head}");
    assert!(body.starts_with('{'), "{body}");
}

#[test]
fn writes_fields_and_input() {
    let (_store, baxter) = store(&[]);
    let created =
        baxter.run(&["api", "POST", "/v3/catalog/brands", "-f", "name=Baxter & Sons"]).success().json();
    let path = format!("/v3/catalog/brands/{}", created["data"]["id"]);
    let changed = baxter.run(&["api", "PUT", &path, "-f", "page_title=Since 1921"]).success().json();
    assert_eq!(changed["data"]["page_title"], "Since 1921");

    let mut command = baxter.command(&["api", "PUT", &path, "--input", "-", "--jq", ".data.name"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"{\"name\":\"Baxter\"}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "Baxter\n");

    baxter.run(&["api", "DELETE", &path]).success();
    baxter.run(&["api", "GET", &path]).failure(1);
}

#[test]
fn prints_refusals_and_fails() {
    let (_store, baxter) = store(&[]);
    let refused = baxter.run(&["api", "POST", "/v3/catalog/products", "-f", "name=x"]).failure(1);
    assert_eq!(refused.json()["status"], 422, "{refused}");
    let said: Vec<String> = [
        &["api", "GET", "/v3/catalog/products/999999999"][..],
        &["api", "GET", "/v3/catalog/products", "--jq", "env"],
        &["api", "GET", "/v3/catalog/products", "--jq", ".data["],
        &["api", "PUT", "/v3/catalog/products/1", "--input", "no-such-file"],
        &["api", "PUT", "/v3/catalog/products/1", "-F", "a=1", "-F", "a[b]=2"],
        &["api", "POST", "/v3/catalog/products", "--paginate"],
    ]
    .iter()
    .map(|arguments| format!("$ baxter {}\n{}", arguments.join(" "), told_of(&baxter.run(arguments))))
    .collect();
    snapshot!("api-refusals", said.join("\n"));
}
