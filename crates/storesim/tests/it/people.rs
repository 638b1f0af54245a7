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

#[tokio::test]
async fn both_forms_of_customers_are_one_truth() {
    let store = small().await;
    let one = json!({"email": "v2@example.com", "first_name": "Old", "last_name": "Form", "store_credit": "12.5",
        "_authentication": {"password": "secret77", "password_confirmation": "secret77"}});
    let made = store.send(Method::POST, "/v2/customers", &one).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let made = made.json();
    let id = made["id"].as_i64().expect("an id");
    assert_eq!(made["store_credit"], "12.5000");
    assert!(made["date_created"].as_str().expect("a date").ends_with(" +0000"));
    assert_eq!(made["addresses"]["resource"], format!("/customers/{id}/addresses"));
    let new = store.ok(&format!("/v3/customers?id:in={id}&include=storecredit")).await["data"][0].clone();
    assert_eq!(
        (&new["email"], &new["store_credit_amounts"]),
        (&json!("v2@example.com"), &json!([{"amount": 12.5}]))
    );
    let put = json!([{"id": id, "notes": "Seen", "store_credit_amounts": [{"amount": 3}], "form_fields": [{"name": "Size", "value": "L"}]}]);
    assert_eq!(store.send(Method::PUT, "/v3/customers", &put).await.status, 200);
    let old = store.ok(&format!("/v2/customers/{id}")).await;
    assert_eq!((&old["notes"], &old["store_credit"]), (&json!("Seen"), &json!("3.0000")));
    assert_eq!(old["form_fields"], json!([{"name": "Size", "value": "L"}]));
    // Reads are filtered, writes guarded, in the words of V2.
    assert_eq!(store.get("/v2/customers?email=V2@example.com").await.ids(), [id]);
    assert_eq!(store.get("/v2/customers?email=nobody@example.com").await.status, 204);
    let refused =
        store.send(Method::PUT, &format!("/v2/customers/{id}"), &json!({"date_created": "x"})).await;
    assert_eq!((refused.status, refused.json()[0]["status"].as_u64()), (400, Some(400)));
    let again = store.send(Method::POST, "/v2/customers", &one).await;
    assert_eq!(again.status, 400, "{}", again.text);
    // Passwords.
    let valid = |email: &str, password: &str| json!({"email": email, "password": password});
    let path = "/v3/customers/validate-credentials";
    let right = store.send(Method::POST, path, &valid("v2@example.com", "secret77")).await.json();
    assert_eq!(right, json!({"customer_id": id, "is_valid": true}));
    let wrong = store.send(Method::POST, path, &valid("v2@example.com", "secret78")).await.json();
    assert_eq!(wrong, json!({"is_valid": false}));
    let path = format!("/v2/customers/{id}/validate");
    assert_eq!(
        store.send(Method::POST, &path, &json!({"password": "secret77"})).await.json(),
        json!({"success": true})
    );
    let weak = json!([{"id": id, "authentication": {"new_password": "short"}}]);
    assert_eq!(store.send(Method::PUT, "/v3/customers", &weak).await.status, 422);
    // Addresses.
    let path = format!("/v2/customers/{id}/addresses");
    assert_eq!(store.get(&path).await.status, 204);
    let address = json!({"first_name": "A", "last_name": "B", "street_1": "1 Main St", "city": "Vienna", "state": "Wien",
        "zip": "1010", "country": "Austria", "phone": "1"});
    let made = store.send(Method::POST, &path, &address).await;
    assert_eq!((made.status, &made.json()["country_iso2"]), (200, &json!("AT")), "{}", made.text);
    let address = made.json()["id"].clone();
    let put = store.send(Method::PUT, &format!("{path}/{address}"), &json!({"street_2": "Top 3"})).await;
    assert_eq!(put.json()["street_2"], "Top 3", "{}", put.text);
    let new = store.ok(&format!("/v3/customers/addresses?id:in={address}")).await["data"][0].clone();
    assert_eq!((&new["address2"], &new["country"]), (&json!("Top 3"), &json!("Austria")));
    assert_eq!(store.ok(&format!("{path}/count")).await, json!({"count": 1}));
    assert_eq!(store.delete(&format!("{path}/{address}")).await.status, 204);
    assert_eq!(store.delete(&format!("/v2/customers/{id}")).await.status, 204);
    assert!(store.get(&format!("/v3/customers?id:in={id}")).await.ids().is_empty());
    store.simulator.stop().await;
}

#[tokio::test]
async fn groups_have_rules_and_let_their_customers_go() {
    let store = small().await;
    let path = "/v2/customer_groups";
    let product = store.get("/v3/catalog/products?limit=1").await.ids()[0];
    let one = json!({"name": "Resellers", "category_access": {"type": "none"}, "discount_rules": [
        {"type": "all", "method": "percent", "amount": 5}, {"type": "product", "method": "fixed", "amount": "2.5", "product_id": product}]});
    let made = store.send(Method::POST, path, &one).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let made = made.json();
    assert_eq!(made["discount_rules"][0], json!({"type": "all", "method": "percent", "amount": "5.0000"}));
    assert_eq!(made["date_created"].as_str().expect("a date").len(), "2023-07-17 06:30:41".len());
    for wrong in [
        json!({"name": "x", "discount_rules": [{"type": "all", "method": "percent", "amount": "1"}, {"type": "price_list", "price_list_id": 1}]}),
        json!({"name": "x", "category_access": {"type": "specific"}}),
        json!({"name": "x", "discount_rules": [{"type": "product", "method": "percent", "amount": "1", "product_id": 1}]}),
        json!({"discount_rules": []}),
    ] {
        let refused = store.send(Method::POST, path, &wrong).await;
        assert_eq!((refused.status, refused.json().is_array()), (400, true), "{}", refused.text);
    }
    assert_eq!(store.send(Method::POST, path, &json!({"name": "resellers"})).await.status, 409);
    let id = made["id"].clone();
    let put = store.send(Method::PUT, &format!("{path}/{id}"), &json!({"is_default": true})).await;
    assert_eq!(put.json()["is_default"], true);
    let new = json!([{"email": "g@example.com", "first_name": "G", "last_name": "H"}]);
    let new = store.send(Method::POST, "/v3/customers", &new).await.json()["data"][0].clone();
    assert_eq!(new["customer_group_id"], id, "new customers are in the default group");
    let unknown = json!([{"id": new["id"], "customer_group_id": 999}]);
    assert_eq!(store.send(Method::PUT, "/v3/customers", &unknown).await.status, 422);
    assert_eq!(store.delete(&format!("{path}/{id}")).await.status, 204);
    let after = store.ok(&format!("/v3/customers?id:in={}", new["id"])).await;
    assert_eq!(after["data"][0]["customer_group_id"], 0);
    store.simulator.stop().await;
}

#[tokio::test]
async fn subscribers_segments_and_wish_lists_are_kept() {
    let store = small().await;
    let path = "/v3/customers/subscribers";
    let one = json!({"email": "news@example.com", "first_name": "N"});
    let made = store.send(Method::POST, path, &one).await;
    assert_eq!((made.status, &made.json()["data"]["order_id"]), (200, &Value::Null), "{}", made.text);
    assert_eq!(store.send(Method::POST, path, &one).await.status, 409);
    let id = made.json()["data"]["id"].clone();
    let put = store.send(Method::PUT, &format!("{path}/{id}"), &json!({"consents": []})).await;
    assert_eq!(put.json()["data"]["consents"], json!([]));
    assert_eq!(
        store.send(Method::PUT, &format!("{path}/{id}"), &json!({"consents": ["spam"]})).await.status,
        422
    );
    assert_eq!(store.delete(&format!("{path}?email=news@example.com")).await.status, 204);
    assert_eq!(store.get(&format!("{path}/{id}")).await.status, 404);

    let customer = json!([{"email": "walker@example.com", "first_name": "W", "last_name": "K"}]);
    let customer = store.send(Method::POST, "/v3/customers", &customer).await.ids()[0];
    let made = store.send(Method::POST, "/v3/segments", &json!([{"name": "Walkers"}])).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let segment = made.json()["data"][0]["id"].as_str().expect("a uuid").to_owned();
    assert_eq!(store.send(Method::POST, "/v3/segments", &json!([{"description": "x"}])).await.status, 400);
    let made = store.send(Method::POST, "/v3/shopper-profiles", &json!([{"customer_id": customer}])).await;
    let profile = made.json()["data"][0]["id"].as_str().expect("a uuid").to_owned();
    let path = format!("/v3/segments/{segment}/shopper-profiles");
    assert_eq!(store.send(Method::POST, &path, &json!([profile])).await.status, 201);
    assert_eq!(store.send(Method::POST, &path, &json!([profile])).await.status, 409);
    assert_eq!(store.ok(&path).await["data"][0]["customer_id"], customer);
    let seen =
        store.ok(&format!("/v3/customers?id:in={customer}&include=shopper_profile_id,segment_ids")).await;
    assert_eq!(seen["data"][0]["shopper_profile_id"], profile);
    assert_eq!(seen["data"][0]["segment_ids"], json!([segment]));
    let put = store.send(Method::PUT, "/v3/segments", &json!([{"id": segment, "name": "Friends"}])).await;
    assert_eq!(put.json()["data"][0]["name"], "Friends", "{}", put.text);
    assert_eq!(
        store.ok(&format!("/v3/shopper-profiles/{profile}/segments")).await["data"][0]["name"],
        "Friends"
    );
    assert_eq!(store.delete(&format!("{path}?id:in={profile}")).await.status, 204);
    assert_eq!(store.ok(&path).await["data"], json!([]));
    assert_eq!(store.delete(&format!("/v3/segments?id:in={segment}")).await.status, 204);
    assert_eq!(store.get(&path).await.status, 404);

    let product = store.get("/v3/catalog/products?limit=1").await.ids()[0];
    let one = json!({"customer_id": customer, "name": "Wishes", "items": [{"product_id": product}]});
    let made = store.send(Method::POST, "/v3/wishlists", &one).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let list = made.json()["data"].clone();
    assert_eq!((&list["is_public"], list["token"].as_str().map(str::len)), (&json!(false), Some(36)));
    let path = format!("/v3/wishlists/{}", list["id"]);
    let more = store
        .send(Method::POST, &format!("{path}/items"), &json!({"items": [{"product_id": product}]}))
        .await;
    assert_eq!(
        (more.status, more.json()["data"]["items"].as_array().map(Vec::len)),
        (201, Some(2)),
        "{}",
        more.text
    );
    let item = list["items"][0]["id"].clone();
    let less = store.delete(&format!("{path}/items/{item}")).await;
    assert_eq!((less.status, less.json()["data"]["items"].as_array().map(Vec::len)), (200, Some(1)));
    assert_eq!(store.get(&format!("/v3/wishlists?customer_id={customer}")).await.ids().len(), 1);
    store.delete(&format!("/v3/customers?id:in={customer}")).await;
    assert_eq!(store.get(&path).await.status, 404);
    store.simulator.stop().await;
}

#[tokio::test]
async fn form_fields_consent_and_countries_are_kept() {
    let store = small().await;
    let customer = json!([{"email": "walker@example.com", "first_name": "W", "last_name": "K"}]);
    let customer = store.send(Method::POST, "/v3/customers", &customer).await.ids()[0];
    let path = "/v3/customers/form-field-values";
    let put = store
        .send(
            Method::PUT,
            path,
            &json!([{"name": "Colours", "value": ["red", "blue"], "customer_id": customer}]),
        )
        .await;
    assert_eq!(put.status, 200, "{}", put.text);
    let list = store.ok(&format!("{path}?customer_id={customer}")).await;
    assert_eq!(list["data"], json!([{"name": "Colours", "value": ["red", "blue"], "customer_id": customer}]));
    assert!(list["meta"].get("pagination").is_some() && list["meta"].get("cursor_pagination").is_some());
    for (kind, count) in [("checkboxes", 1), ("numbers", 0), ("text", 0)] {
        let list = store.ok(&format!("{path}?customer_id={customer}&field_type={kind}")).await;
        assert_eq!(list["data"].as_array().map(Vec::len), Some(count), "{kind}");
    }
    let seen = store.ok(&format!("/v3/customers?id:in={customer}&include=formfields")).await;
    assert_eq!(seen["data"][0]["form_fields"][0]["name"], "Colours");
    assert_eq!(
        store
            .send(Method::PUT, path, &json!([{"name": "x", "value": {}, "customer_id": customer}]))
            .await
            .status,
        422
    );

    let path = format!("/v3/customers/{customer}/consent");
    assert_eq!(store.ok(&path).await, json!({"allow": [], "deny": []}));
    let put = store.send(Method::PUT, &path, &json!({"allow": ["analytics"], "deny": ["targeting"]})).await;
    assert_eq!((put.status, &put.json()["allow"]), (200, &json!(["analytics"])));
    assert_eq!(store.ok(&path).await, put.json());
    assert_eq!(store.send(Method::PUT, &path, &json!({"allow": ["everything"]})).await.status, 422);
    assert_eq!(store.ok(&format!("/v3/customers/{customer}/stored-instruments")).await, json!([]));

    let country = store.ok("/v2/countries?country_iso2=US").await[0].clone();
    assert_eq!((&country["id"], &country["country_iso3"]), (&json!(226), &json!("USA")));
    assert!(country["states"]["url"].as_str().expect("a link").starts_with(store.simulator.url()));
    assert_eq!(store.ok("/v2/countries/226/states/count").await, json!({"count": 65}));
    assert_eq!(store.ok("/v2/countries/13/states?state_abbreviation=ACT").await[0]["id"], 208);
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_sorted_walk_goes_on_where_a_record_was() {
    let store = small().await;
    for sort in ["last_name:asc", "last_name:desc", "date_modified:desc", "id:desc"] {
        let mut seen: Vec<i64> = Vec::new();
        let mut gone: Vec<i64> = Vec::new();
        let first = format!("/v3/customers?sort={sort}&limit=5");
        let mut path = first.clone();
        loop {
            let page = store.get(&path).await;
            let ids = page.ids();
            seen.extend(&ids);
            let meta = page.json()["meta"]["cursor_pagination"].clone();
            if meta["links"].get("next").is_none() {
                break;
            }
            path = format!("{first}&after={}", meta["end_cursor"].as_str().expect("a cursor"));
            if gone.is_empty() && seen.len() == 15 {
                gone.push(ids[4]);
                assert_eq!(store.delete(&format!("/v3/customers?id:in={}", ids[4])).await.status, 204);
            }
        }
        let mut unique = seen.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), seen.len(), "{sort}: each one once");
        let left = store.get("/v3/customers?limit=250").await.ids();
        assert!(left.iter().all(|id| seen.contains(id)), "{sort}: each one");
        // And back again, from where the deleted one was.
        let cursor = path.rsplit_once("after=").expect("a cursor").1;
        let back = store.get(&format!("{first}&before={cursor}")).await.ids();
        let at = seen.iter().position(|id| *id == back[4]).expect("a customer");
        assert_eq!(back, seen[at - 4..=at], "{sort}");
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn an_address_is_in_a_country_that_there_is() {
    let store = small().await;
    let address = |code: &str| {
        json!([{"customer_id": 1, "first_name": "A", "last_name": "B", "address1": "1", "city": "C", "postal_code": "1",
            "state_or_province": "S", "country_code": code}])
    };
    let path = "/v3/customers/addresses";
    let refused = store.send(Method::POST, path, &address("ZZ")).await;
    assert_eq!(
        (refused.status, refused.json()["errors"]["country_code"].is_string()),
        (422, true),
        "{}",
        refused.text
    );
    let made = store.send(Method::POST, path, &address("de")).await;
    assert_eq!((made.status, &made.json()["data"][0]["country"]), (200, &json!("Germany")), "{}", made.text);
    let body =
        json!([{"email": "zz@example.com", "first_name": "A", "last_name": "B", "addresses": address("ZZ")}]);
    assert_eq!(store.send(Method::POST, "/v3/customers", &body).await.status, 422);
    store.simulator.stop().await;
}
