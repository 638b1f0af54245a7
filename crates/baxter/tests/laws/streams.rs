//! Law 3 over all streams: whatever can be mirrored becomes equal to the store.

use std::collections::BTreeSet;

use baxter_testkit::{TestBaxter, TestStore};
use serde_json::{Value, json};

use crate::start;

/// What the simulated store does not serve.
const NOT_COMPARED: [&str; 3] = ["cart_metafields", "order_pickups", "pickup_methods"];

/// What the generated store has none of: a rule needs conditions on several choices of one product.
const MAY_BE_EMPTY: [&str; 1] = ["product_complex_rules"];

fn streams(baxter: &TestBaxter) -> Vec<String> {
    let listed = baxter.run(&["streams", "-o", "json"]).success().json();
    let names = listed.as_array().expect("a list").iter().map(|stream| stream["stream"].as_str());
    names
        .map(|name| name.expect("a name").to_owned())
        .filter(|name| !NOT_COMPARED.contains(&name.as_str()))
        .collect()
}

#[track_caller]
fn assert_all_equal(store: &TestStore, baxter: &TestBaxter, streams: &[String]) {
    let different = |stream: &&String| store.digest(stream) != baxter.digest(stream);
    let different: Vec<&String> = streams.iter().filter(different).collect();
    assert!(different.is_empty(), "store and mirror differ in {different:?}");
}

/// Makes a record of each kind that the generated store has none of.
fn fill(store: &TestStore) {
    let id = |path: &str| {
        let list = store.ask("GET", path, None).json();
        let first = list.get("data").map_or(&list[0], |data| &data[0]).clone();
        first
            .get("category_id")
            .or(first.get("id"))
            .and_then(Value::as_i64)
            .unwrap_or_else(|| panic!("{path}: {list}"))
    };
    let make = |method: &str, path: &str, body: Value| {
        let answer = store.ask(method, path, Some(&body));
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!((200..300).contains(&answer.status), "{method} {path}: {} {text}", answer.status);
        serde_json::from_str::<Value>(&text).unwrap_or_default()
    };
    let (product, variant) = (id("/v3/catalog/products?limit=1"), id("/v3/catalog/variants?limit=1"));
    let field = json!({ "namespace": "n", "key": "k", "value": "v", "permission_set": "write" });
    for owner in [
        format!("/v3/catalog/products/{product}"),
        format!("/v3/catalog/products/{product}/variants/{variant}"),
        format!("/v3/catalog/brands/{}", id("/v3/catalog/brands?limit=1")),
        format!("/v3/catalog/categories/{}", id("/v3/catalog/trees/categories?limit=1")),
        format!("/v3/customers/{}", id("/v3/customers?limit=1")),
        format!("/v3/orders/{}", id("/v2/orders?limit=1")),
        format!("/v3/inventory/locations/{}", id("/v3/inventory/locations?limit=1")),
        format!("/v3/channels/{}", id("/v3/channels?limit=1")),
    ] {
        make("POST", &format!("{owner}/metafields"), field.clone());
    }
    let of_product = format!("/v3/catalog/products/{product}");
    let review = json!({ "title": "Good", "text": "", "rating": 5, "name": "A", "status": "approved", "date_reviewed": "2026-01-01T00:00:00+00:00" });
    make("POST", &format!("{of_product}/reviews"), review);
    make(
        "POST",
        &format!("{of_product}/videos"),
        json!({ "video_id": "z3fRu9pkuXE", "type": "youtube", "title": "A" }),
    );
    let list = make("POST", "/v3/pricelists", json!({ "name": "Wholesale" }))["data"]["id"].clone();
    let record = json!([{ "variant_id": variant, "currency": "usd", "price": 1.5 }]);
    make("PUT", &format!("/v3/pricelists/{list}/records"), record);
    make("POST", "/v3/pricelists/assignments", json!([{ "price_list_id": list, "channel_id": 1 }]));
}

#[test]
fn after_changes_in_all_of_them() {
    let (store, baxter) = start(&["--products", "80", "--customers", "60", "--orders", "80"]);
    fill(&store);
    let streams = streams(&baxter);
    assert!(streams.len() > 60, "{streams:?}");
    baxter.run(&["sync", "*"]).success();
    assert_all_equal(&store, &baxter, &streams);
    let empty: BTreeSet<&str> =
        streams.iter().map(String::as_str).filter(|stream| store.digest(stream).count == 0).collect();
    assert_eq!(empty, BTreeSet::from(MAY_BE_EMPTY), "of these, equality says nothing");

    // Nothing changed: no parent is asked.
    let report = baxter.run(&["sync", "*", "-o", "json"]).success().json();
    for stream in report["streams"].as_array().expect("a list") {
        let asked = stream["requests"].as_u64();
        let per_parent =
            ["order_coupons", "order_taxes", "order_shipments", "order_messages", "order_transactions"];
        if per_parent.iter().any(|name| stream["stream"] == *name) {
            assert_eq!(asked, Some(0), "{stream}");
        }
    }

    store.mutate_any(600, 11, &["create", "update", "delete"]);
    baxter.run(&["sync", "*", "--full"]).success();
    assert_all_equal(&store, &baxter, &streams);
    let before = baxter.changes().last_seq();
    baxter.run(&["sync", "*", "--full"]).success();
    assert_eq!(baxter.changes().last_seq(), before, "a sweep of a quiet store found something");
}
