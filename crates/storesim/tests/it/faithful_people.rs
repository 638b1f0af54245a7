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
    let customer = json!([{"email": "aged@example.com", "first_name": "W", "last_name": "K"}]);
    let customer = store.send(Method::POST, "/v3/customers", &customer).await.ids()[0];
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
    assert_eq!(store.get(&format!("{path}?customer_id:in={customer}&name=years")).await.ids(), ids[..1]);
    assert!(store.get(&format!("{path}?name=nothing")).await.ids().is_empty());
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

#[tokio::test]
async fn faithful_52_channels_check_type_platform_and_status_and_ignore_the_rest() {
    let store = small().await;
    let one =
        json!({"name": "Amazon US", "type": "marketplace", "platform": "amazon", "status": "connected"});
    let made = store.send(Method::POST, "/v3/channels", &one).await;
    assert_eq!((made.status, &made.json()["data"]["status"]), (200, &json!("connected")), "{}", made.text);
    let id = made.json()["data"]["id"].clone();
    let twice = store.send(Method::POST, "/v3/channels", &one).await;
    assert_eq!(twice.status, 409);
    assert!(
        twice.json()["title"].as_str().expect("a title").starts_with("Channel already exists"),
        "{}",
        twice.text
    );
    let pair = json!({"name": "x", "type": "marketplace", "platform": "bigcommerce"});
    let pair = store.send(Method::POST, "/v3/channels", &pair).await;
    assert_eq!(
        pair.json()["title"],
        "Input channel type [marketplace] with platform [bigcommerce] is not supported"
    );
    let path = format!("/v3/channels/{id}");
    let put = json!({"name": "Amazon EU", "platform": "ebay", "colour": "red", "id": 7});
    let put = store.send(Method::PUT, &path, &put).await;
    assert_eq!((put.status, &put.json()["data"]["platform"]), (200, &json!("amazon")), "{}", put.text);
    assert!(put.json()["data"].get("colour").is_none());
    assert_eq!(store.send(Method::PUT, &path, &json!({"status": "active"})).await.status, 422);
    assert_eq!(
        store.send(Method::PUT, "/v3/channels/1", &json!({"status": "disconnected"})).await.status,
        422
    );
    assert_eq!(store.send(Method::PUT, &path, &json!({"status": "deleted"})).await.status, 200);
    assert_eq!(store.send(Method::PUT, &path, &json!({"name": "Back"})).await.status, 422);
    assert!(!store.get("/v3/channels?status:in=deleted").await.ids().is_empty());
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_53_listings_tell_errors_by_index_and_an_unknown_channel_has_none() {
    let store = small().await;
    let path = "/v3/channels/1/listings";
    let nowhere = store.get("/v3/channels/999/listings").await;
    assert_eq!((nowhere.status, nowhere.json()["data"].clone()), (200, json!([])));
    let bad = store.send(Method::POST, path, &json!([{"name": "x"}])).await;
    let errors = bad.json()["errors"].clone();
    assert_eq!(bad.status, 422);
    for key in ["0.state", "0.product_id", "0.variants"] {
        assert_eq!(errors[key], "error.path.missing", "{errors}");
    }
    let products = store.ok("/v3/catalog/variants?limit=40").await;
    let variant = |n: usize| products["data"][n].clone();
    let mut seen = Vec::new();
    let mut wanted = Vec::new();
    for variant in (0..40).map(variant) {
        if !seen.contains(&variant["product_id"]) && wanted.len() < 3 {
            seen.push(variant["product_id"].clone());
            wanted.push(
                json!({"product_id": variant["product_id"], "state": "active", "name": "Listed", "variants": [
                {"product_id": variant["product_id"], "variant_id": variant["id"], "state": "active"}]}),
            );
        }
    }
    let mut nested = wanted[0].clone();
    nested["variants"][0] = json!({"product_id": seen[0]});
    let bad = store.send(Method::POST, path, &json!([nested])).await;
    assert_eq!(bad.json()["errors"]["0.variants.0.state"], "error.path.missing", "{}", bad.text);
    let lost = store.send(Method::POST, "/v3/channels/999/listings", &json!(wanted)).await;
    assert_eq!(lost.status, 422);
    assert!(lost.json()["title"].as_str().expect("a title").starts_with("Channel id (999) is not valid"));
    // The store may have listings already: those are changed.
    let held = store.ok(path).await["data"].as_array().map_or(0, Vec::len);
    let made = store.send(Method::POST, path, &json!(wanted)).await;
    let made =
        if made.status == 200 { made.json()["data"].clone() } else { store.ok(path).await["data"].clone() };
    let first = made[0].clone();
    assert!(first["variants"][0]["channel_id"] == 1, "{first}");
    // Pages begin after a listing.
    let page = store.ok(&format!("{path}?limit=1")).await;
    assert_eq!(page["meta"]["pagination"]["count"], 1);
    let next = page["meta"]["pagination"]["links"]["next"].as_str().expect("a link").to_owned();
    assert!(next.ends_with(&format!("after={}", page["data"][0]["listing_id"])), "{next}");
    let second = store.ok(&format!("{path}{next}")).await;
    assert!(second["data"][0]["listing_id"].as_i64() > page["data"][0]["listing_id"].as_i64());
    let total = page["meta"]["pagination"]["total"].as_u64().expect("a total") as usize;
    assert!(total >= held.max(3));
    let mut change = wanted[0].clone();
    change["listing_id"] = first["listing_id"].clone();
    change["product_id"] = first["product_id"].clone();
    change["variants"] = json!([]);
    change["state"] = json!("disabled");
    let put = store.send(Method::PUT, path, &json!([change])).await;
    assert_eq!((put.status, &put.json()["data"][0]["state"]), (200, &json!("disabled")), "{}", put.text);
    let one = store.ok(&format!("{path}/{}", first["listing_id"])).await;
    assert_eq!(one["data"]["state"], "disabled");
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_57_a_put_of_redirects_upserts() {
    let store = small().await;
    let path = "/v3/storefront/redirects";
    let one =
        |to: &str| json!([{"site_id": 1000, "from_path": "/old-url", "to": {"type": "url", "url": to}}]);
    let made = store.send(Method::PUT, path, &one("/new")).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let again = store.send(Method::PUT, path, &one("/newer")).await;
    assert_eq!((again.status, again.ids()), (201, made.ids()));
    let id = made.ids()[0];
    let seen = store.ok(&format!("{path}?keyword=/old-&include=to_url")).await["data"][0].clone();
    assert_eq!(seen["to"], json!({"type": "url", "url": "/newer"}));
    assert_eq!(seen["to_url"], "https://store.example.com/newer");
    assert!(store.ok(&format!("{path}?keyword=url")).await["data"].as_array().is_some_and(Vec::is_empty));
    assert_eq!(store.delete(path).await.status, 422);
    assert_eq!(store.delete(&format!("{path}?site_id=1000")).await.status, 422);
    assert_eq!(
        store
            .send(Method::PUT, path, &json!([{"site_id": 1000, "from_path": "/x", "to": {"type": "url"}}]))
            .await
            .status,
        422
    );
    assert_eq!(store.delete(&format!("{path}?id:in={id}")).await.status, 204);
    assert!(store.get(&format!("{path}?id:in={id}")).await.ids().is_empty());
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_67_time_is_an_integer_and_the_id_of_the_store_text() {
    let store = small().await;
    assert!(store.ok("/v2/time").await["time"].is_i64());
    let told = store.ok("/v2/store").await;
    assert!(told["id"].is_string() && told["store_id"].is_i64(), "{told}");
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_69_what_did_not_change_is_304_and_bad_headers_are_406_and_415() {
    let store = small().await;
    let group = json!({"name": "Friends"});
    let id = store.send(Method::POST, "/v2/customer_groups", &group).await.json()["id"].clone();
    for path in [format!("/v2/customer_groups/{id}"), "/v2/customers/1".into(), "/v2/currencies/1".into()] {
        let first = store.get(&path).await;
        let changed = first.header("last-modified").to_owned();
        assert!(changed.ends_with("+0000"), "{path}: {changed}");
        let same =
            crate::store::answer(store.ask(Method::GET, &path).header("If-Modified-Since", changed)).await;
        assert_eq!((same.status, same.text.as_str()), (304, ""), "{path}");
        let old =
            store.ask(Method::GET, &path).header("If-Modified-Since", "Tue, 13 Mar 2012 21:50:33 +0000");
        assert_eq!(crate::store::answer(old).await.status, 200, "{path}");
    }
    let picky = store.client.get(format!("{}/stores/simstore/v3/channels", store.simulator.url()));
    let picky = picky.header("X-Auth-Token", "simtoken").header("Accept", "text/csv");
    assert_eq!(crate::store::answer(picky).await.status, 406);
    let form = store.ask(Method::POST, "/v3/channels").header("Content-Type", "text/plain").body("{}");
    assert_eq!(crate::store::answer(form).await.status, 415);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_13_customers_tell_both_kinds_of_pages_on_the_first_one_only() {
    let store = small().await;
    let both = |body: &Value| {
        (body["meta"].get("pagination").is_some(), body["meta"].get("cursor_pagination").is_some())
    };
    let first = store.ok("/v3/customers?limit=10").await;
    assert_eq!(both(&first), (true, true));
    assert_eq!(both(&store.ok("/v3/customers?limit=10&page=1").await), (true, true));
    assert_eq!(both(&store.ok("/v3/customers?limit=10&page=2").await), (true, false));
    let cursor = first["meta"]["cursor_pagination"]["end_cursor"].as_str().expect("a cursor").to_owned();
    let next = store.ok(&format!("/v3/customers?limit=10&after={cursor}")).await;
    assert_eq!(both(&next), (false, true));
    assert_eq!(next["data"], store.ok("/v3/customers?limit=10&page=2").await["data"]);
    let start = next["meta"]["cursor_pagination"]["start_cursor"].as_str().expect("a cursor").to_owned();
    let back = store.ok(&format!("/v3/customers?limit=10&before={start}")).await;
    assert_eq!(back["data"], first["data"]);
    let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_');
    assert!(cursor.chars().all(base64), "{cursor}");
    // Form-field values do the same.
    let values = store.ok("/v3/customers/form-field-values?limit=1").await;
    assert_eq!(both(&values), (true, true));
    assert_eq!(both(&store.ok("/v3/customers/form-field-values?limit=1&page=2").await), (true, false));
    store.simulator.stop().await;
}
