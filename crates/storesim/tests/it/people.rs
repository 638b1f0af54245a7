//! Customers, addresses, brands and categories.

use reqwest::Method;
use serde_json::{Value, json};

use crate::store::small;

#[tokio::test]
async fn customers_go_in_and_out_as_arrays() {
    let store = small().await;
    let one = json!({"email": "New.One@example.com", "first_name": "New", "last_name": "One"});
    let made = store.send(Method::POST, "/v3/customers", &json!([one])).await;
    assert_eq!((made.status, &made.json()["meta"]), (200, &json!({})), "{}", made.text);
    let customer = made.json()["data"][0].clone();
    assert!(customer["date_created"].as_str().expect("a date").ends_with('Z'));
    assert_eq!((&customer["channel_ids"], &customer["origin_channel_id"]), (&Value::Null, &json!(1)));
    let again = json!([{"email": "new.one@EXAMPLE.com", "first_name": "A", "last_name": "B"}]);
    let taken = store.send(Method::POST, "/v3/customers", &again).await;
    assert_eq!((taken.status, taken.json()["title"].as_str()), (422, Some("Create customers failed.")));
    assert!(taken.json()["errors"][".customer_create"].is_string());
    let eleven: Vec<&Value> = std::iter::repeat_n(&one, 11).collect();
    assert_eq!(store.send(Method::POST, "/v3/customers", &json!(eleven)).await.status, 413);
    let missing = store.send(Method::PUT, "/v3/customers", &json!([{"notes": "x"}])).await;
    assert_eq!(missing.json()["errors"]["id"], "error.path.missing");
    let id = customer["id"].clone();
    let put = json!([{"id": id, "notes": "x", "addresses": [{"first_name": "no"}], "registration_ip_address": "1.2.3.4"}]);
    let changed = store.send(Method::PUT, "/v3/customers", &put).await.json()["data"][0].clone();
    assert_eq!((&changed["notes"], &changed["registration_ip_address"]), (&json!("x"), &json!("")));
    assert!(changed.get("addresses").is_none());
    let total = store.ok("/v3/customers").await["meta"]["pagination"]["total"].clone();
    assert_eq!(store.delete("/v3/customers").await.status, 204);
    assert_eq!(store.ok("/v3/customers").await["meta"]["pagination"]["total"], total);
    assert_eq!(store.delete(&format!("/v3/customers?id:in={id}")).await.status, 204);
    assert!(store.get(&format!("/v3/customers?id:in={id}")).await.ids().is_empty());
    store.simulator.stop().await;
}

#[tokio::test]
async fn customers_are_walked_by_cursor() {
    let store = small().await;
    let mut seen = Vec::new();
    let mut query = "?limit=15".to_owned();
    loop {
        let answer = store.get(&format!("/v3/customers{query}")).await;
        let meta = answer.json()["meta"].clone();
        assert_eq!(meta.get("pagination").is_some(), seen.is_empty());
        seen.extend(answer.ids());
        match meta["cursor_pagination"]["links"].get("next") {
            Some(next) => {
                query = next.as_str().expect("a link").to_owned();
                assert!(query.contains("after="));
            }
            None => break,
        }
    }
    assert_eq!(seen.len(), 40);
    assert!(seen.is_sorted_by(|a, b| a > b), "the newest come first");
    let second = store.ok("/v3/customers?page=2&limit=15").await;
    assert!(second["meta"].get("cursor_pagination").is_none());
    let both = store.get("/v3/customers?before=eyJpZCI6MX0&after=eyJpZCI6MX0").await;
    assert_eq!(both.status, 422);
    let sorted = store.get("/v3/customers?sort=date_created:asc&limit=5").await.ids();
    assert_eq!(sorted.len(), 5);
    let unknown = store.get("/v3/customers?customer_id=3").await;
    assert_eq!(unknown.json()["title"], "The filter(s): customer_id are not valid filter parameter(s).");
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_copy_of_an_address_is_silently_left_out() {
    let store = small().await;
    let customer = store.get("/v3/customers?limit=1").await.ids()[0];
    let address = json!({"customer_id": customer, "first_name": "A", "last_name": "B", "address1": "1 Main St", "city": "Austin",
        "state_or_province": "Texas", "postal_code": "78701", "country_code": "US"});
    let made = store.send(Method::POST, "/v3/customers/addresses", &json!([address])).await;
    assert_eq!(made.json()["data"][0]["country"], "United States");
    let again = store.send(Method::POST, "/v3/customers/addresses", &json!([address])).await;
    assert_eq!((again.status, again.json()["data"].clone()), (200, json!([])));
    let id = made.json()["data"][0]["id"].clone();
    let moved =
        store.send(Method::PUT, "/v3/customers/addresses", &json!([{"id": id, "city": "Dallas"}])).await;
    assert_eq!(moved.json()["data"][0]["city"], "Dallas");
    let with = store.ok(&format!("/v3/customers?id:in={customer}&include=addresses")).await;
    let own = with["data"][0]["addresses"].as_array().expect("addresses").clone();
    assert!(own.iter().any(|a| a["id"] == id));
    store.delete(&format!("/v3/customers?id:in={customer}")).await;
    assert!(store.get(&format!("/v3/customers/addresses?customer_id:in={customer}")).await.ids().is_empty());
    store.simulator.stop().await;
}

#[tokio::test]
async fn brands_are_unique_and_deleted_by_name() {
    let store = small().await;
    let made = store.send(Method::POST, "/v3/catalog/brands", &json!({"name": "Nordwind & Co"})).await.json()
        ["data"]
        .clone();
    assert_eq!(made["custom_url"]["url"], "/nordwind-co/");
    assert_eq!(
        store.send(Method::POST, "/v3/catalog/brands", &json!({"name": "nordwind & co"})).await.status,
        409
    );
    let path = format!("/v3/catalog/brands/{}", made["id"]);
    let put = store.send(Method::PUT, &path, &json!({"page_title": "N"})).await.json();
    assert_eq!((&put["data"]["page_title"], &put["data"]["name"]), (&json!("N"), &made["name"]));
    assert_eq!(store.delete("/v3/catalog/brands").await.status, 422);
    assert_eq!(store.delete("/v3/catalog/brands?name=Nordwind%20%26%20Co").await.status, 204);
    assert_eq!(store.get(&path).await.status, 404);
    store.simulator.stop().await;
}

#[tokio::test]
async fn categories_answer_by_item_and_go_with_their_subtree() {
    let store = small().await;
    let path = "/v3/catalog/trees/categories";
    let made = store.send(Method::POST, path, &json!([{"name": "Top", "tree_id": 1}])).await;
    assert_eq!(
        (made.status, made.json()["meta"].clone()),
        (201, json!({"total": 1, "success": 1, "failed": 0}))
    );
    let top = made.json()["data"][0]["category_id"].clone();
    let mixed = json!([{"name": "Below", "parent_id": top}, {"name": "Top", "tree_id": 1}, {"name": "Lost"}]);
    let mixed = store.send(Method::POST, path, &mixed).await;
    assert_eq!(mixed.status, 207);
    let body = mixed.json();
    assert_eq!(body["meta"], json!({"total": 3, "success": 1, "failed": 2}));
    assert!(body["errors"]["1.name"].is_string() && body["errors"]["2.tree_id"].is_string(), "{body}");
    assert_eq!(body["data"][0]["url"]["path"], "/top/below/");
    let below = body["data"][0]["category_id"].clone();
    let failed =
        store.send(Method::PUT, path, &json!([{"category_id": below, "tree_id": 99, "parent_id": 0}])).await;
    assert_eq!(
        (failed.status, failed.json()["errors"]["0.tree_id"].as_str()),
        (422, Some("Tree does not exist."))
    );
    let put = store.send(Method::PUT, path, &json!([{"category_id": below, "description": "d"}])).await;
    assert_eq!((put.status, put.json()), (200, json!({"meta": {"total": 1, "success": 1, "failed": 0}})));
    assert_eq!(store.delete(path).await.status, 422);
    assert_eq!(store.delete(&format!("{path}?category_id:in={top}")).await.status, 202);
    assert!(store.get(&format!("{path}?category_id:in={top},{below}")).await.ids().is_empty());
    store.simulator.stop().await;
}
