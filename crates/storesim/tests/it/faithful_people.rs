//! What a faithful store has to reproduce about customers, channels, redirects and settings, by the
//! numbers of the project's list.

use reqwest::Method;
use serde_json::{Value, json};

use crate::store::small;

#[tokio::test]
async fn faithful_68_channel_settings_inherit_by_null_and_all_null_resets() {
    let store = small().await;
    let path = "/v3/settings/storefront/seo";
    let plain = store.ok(path).await["data"].clone();
    assert_eq!(plain["www_redirect"], "none");
    // The store's own takes what is sent and keeps the rest.
    let put = store.send(Method::PUT, path, &json!({"page_title": "A shop"})).await;
    assert_eq!((put.status, &put.json()["data"]["page_title"]), (200, &json!("A shop")), "{}", put.text);
    assert_eq!(store.ok(path).await["data"]["meta_keywords"], plain["meta_keywords"]);
    // A channel inherits everything at first.
    let channel = format!("{path}?channel_id=1");
    let nothing =
        json!({"meta_description": null, "meta_keywords": null, "page_title": null, "www_redirect": null});
    assert_eq!(store.ok(&channel).await["data"], nothing);
    let part = store.send(Method::PUT, &channel, &json!({"page_title": "Outlet"})).await;
    assert_eq!((part.status, &part.json()["errors"]["www_redirect"]), (422, &json!("error.path.missing")));
    let mut own = nothing.clone();
    own["page_title"] = json!("Outlet");
    assert_eq!(store.send(Method::PUT, &channel, &own).await.status, 200);
    assert_eq!(store.ok(&channel).await["data"], own);
    assert_eq!(store.ok(path).await["data"]["page_title"], "A shop");
    assert_eq!(store.send(Method::PUT, &channel, &nothing).await.status, 200);
    assert_eq!(store.ok(&channel).await["data"], nothing);
    assert_eq!(store.get(&format!("{path}?channel_id=99")).await.status, 404);
    // Nested objects keep their members and types.
    let path = "/v3/settings/storefront/security";
    let wrong = json!({"csp_header": {"enabled": "yes"}});
    let wrong = store.send(Method::PUT, path, &wrong).await;
    assert_eq!((wrong.status, wrong.json()["errors"].get("csp_header.enabled").is_some()), (422, true));
    let put = store.send(Method::PUT, path, &json!({"csp_header": {"enabled": true, "other": 1}})).await;
    assert_eq!(put.json()["data"]["csp_header"], json!({"enabled": true, "header_value": ""}));
    let path = "/v3/customers/settings/channels/1";
    assert_eq!(store.ok(path).await["data"]["allow_global_logins"], Value::Null);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_32_customers_are_arrays_and_a_delete_without_ids_does_nothing() {
    let store = small().await;
    let one = json!({"email": "a@example.com", "first_name": "A", "last_name": "B"});
    let made = store.send(Method::POST, "/v3/customers", &json!([one])).await;
    assert!(made.json()["data"].is_array() && made.json()["meta"] == json!({}), "{}", made.text);
    let many: Vec<Value> = (0..11)
        .map(|n| json!({"email": format!("b{n}@example.com"), "first_name": "A", "last_name": "B"}))
        .collect();
    let refused = store.send(Method::POST, "/v3/customers", &json!(many)).await;
    assert_eq!(refused.status, 413);
    assert!(refused.text.contains("The maximum items allowed in the array is 10."), "{}", refused.text);
    let total = store.ok("/v2/customers/count").await["count"].clone();
    let nothing = store.delete("/v3/customers").await;
    assert_eq!((nothing.status, nothing.text.as_str()), (204, ""));
    assert_eq!(store.ok("/v2/customers/count").await["count"], total);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_33_a_duplicate_address_is_200_and_missing() {
    let store = small().await;
    let customer = store.get("/v3/customers?limit=1").await.ids()[0];
    let address = json!({"customer_id": customer, "first_name": "A", "last_name": "B", "address1": "1 Main St", "city": "Austin",
        "state_or_province": "Texas", "postal_code": "78701", "country_code": "US"});
    let other = json!({"customer_id": customer, "first_name": "C", "last_name": "B", "address1": "1 Main St", "city": "Austin",
        "state_or_province": "Texas", "postal_code": "78701", "country_code": "US"});
    let made = store.send(Method::POST, "/v3/customers/addresses", &json!([address])).await;
    assert_eq!(made.json()["data"].as_array().map(Vec::len), Some(1), "{}", made.text);
    let again = store.send(Method::POST, "/v3/customers/addresses", &json!([address, other])).await;
    let body = again.json();
    assert_eq!((again.status, body["data"].as_array().map(Vec::len)), (200, Some(1)), "{}", again.text);
    // Changing one into a copy of another is left out as well.
    let id = body["data"][0]["id"].clone();
    let copy =
        store.send(Method::PUT, "/v3/customers/addresses", &json!([{"id": id, "first_name": "A"}])).await;
    assert_eq!((copy.status, copy.json()["data"].clone()), (200, json!([])));
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_34_a_put_of_a_customer_leaves_addresses_and_attributes_alone() {
    let store = small().await;
    let attribute = json!([{"name": "Loyalty", "type": "number"}]);
    let made = store.send(Method::POST, "/v3/customers/attributes", &attribute).await.json();
    let attribute = made["data"][0]["id"].clone();
    let one = json!({"email": "a@example.com", "first_name": "A", "last_name": "B",
        "addresses": [{"first_name": "A", "last_name": "B", "address1": "1", "city": "Austin", "state_or_province": "Texas",
            "postal_code": "78701", "country_code": "US"}],
        "attributes": [{"attribute_id": attribute, "attribute_value": "7"}]});
    let made = store.send(Method::POST, "/v3/customers", &json!([one])).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let id = made.json()["data"][0]["id"].clone();
    let path = format!("/v3/customers?id:in={id}&include=addresses,attributes");
    let before = store.ok(&path).await["data"][0].clone();
    assert_eq!((&before["address_count"], &before["attribute_count"]), (&json!(1), &json!(1)), "{before}");
    assert_eq!(before["attributes"][0]["attribute_value"], "7");
    let put = json!([{"id": id, "addresses": [], "attributes": [{"attribute_id": attribute, "attribute_value": "8"}]}]);
    assert_eq!(store.send(Method::PUT, "/v3/customers", &put).await.status, 200);
    assert_eq!(store.ok(&path).await["data"][0], before);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_35_attribute_values_are_text_and_types_never_change() {
    let store = small().await;
    let path = "/v3/customers/attributes";
    let made = store
        .send(
            Method::POST,
            path,
            &json!([{"name": "Age", "type": "number"}, {"name": "Since", "type": "date"}]),
        )
        .await;
    let made = made.json();
    let (age, since) = (made["data"][0]["id"].clone(), made["data"][1]["id"].clone());
    let put = store.send(Method::PUT, path, &json!([{"id": age, "name": "Years", "type": "string"}])).await;
    assert_eq!(
        (&put.json()["data"][0]["name"], &put.json()["data"][0]["type"]),
        (&json!("Years"), &json!("number"))
    );
    let customer = store.get("/v3/customers?limit=1").await.ids()[0];
    let path = "/v3/customers/attribute-values";
    let item = |attribute: &Value, value: Value| json!({"customer_id": customer, "attribute_id": attribute, "value": value});
    let put = store
        .send(Method::PUT, path, &json!([item(&age, json!("42")), item(&since, json!("2026-06-18"))]))
        .await;
    assert_eq!(put.status, 200, "{}", put.text);
    let ids = put.ids();
    assert_eq!(put.json()["data"][0]["attribute_value"], "42");
    assert!(put.json()["data"][0].get("value").is_none());
    // The same customer and attribute again is the same value.
    let put = store.send(Method::PUT, path, &json!([item(&age, json!("43"))])).await;
    assert_eq!((put.ids()[0], &put.json()["data"][0]["attribute_value"]), (ids[0], &json!("43")));
    for (attribute, value) in
        [(&age, json!(44)), (&age, json!("many")), (&since, json!("soon")), (&json!(999), json!("x"))]
    {
        let refused = store.send(Method::PUT, path, &json!([item(attribute, value)])).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
    }
    let list = store.get(&format!("{path}?customer_id:in={customer}")).await;
    assert_eq!(list.ids(), ids);
    // An attribute goes with its values, and a store has fifty.
    assert_eq!(store.delete(&format!("/v3/customers/attributes?id:in={age}")).await.status, 204);
    assert_eq!(store.get(&format!("{path}?customer_id:in={customer}")).await.ids(), ids[1..]);
    let held =
        store.ok("/v3/customers/attributes").await["meta"]["pagination"]["total"].as_u64().expect("a total");
    let many: Vec<Value> = (held..51).map(|n| json!({"name": format!("A{n}"), "type": "string"})).collect();
    assert_eq!(store.send(Method::POST, "/v3/customers/attributes", &json!(many)).await.status, 422);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_9_parallel_updates_of_customers_beyond_three_are_429() {
    let latency = std::time::Duration::from_millis(300);
    let store = crate::store::with(storesim::Options { customers: 5, latency, ..Default::default() }).await;
    let id = 1;
    let put = json!([{"id": id, "notes": "x"}]);
    let tries = (0..4).map(|_| store.send(Method::PUT, "/v3/customers", &put));
    let mut statuses: Vec<u16> =
        futures::future::join_all(tries).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 429]);
    store.simulator.stop().await;
}
