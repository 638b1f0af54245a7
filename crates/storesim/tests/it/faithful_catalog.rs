//! The numbered points of what a faithful simulator must reproduce that concern the catalog, metafields
//! and price lists.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use storesim::Options;

use crate::store::{Answer, Store, small, with};

async fn post(store: &Store, path: &str, body: Value) -> Answer {
    store.send(Method::POST, path, &body).await
}

async fn put(store: &Store, path: &str, body: Value) -> Answer {
    store.send(Method::PUT, path, &body).await
}

/// A 200 with its data.
async fn made(store: &Store, path: &str, body: Value) -> Value {
    let answer = post(store, path, body).await;
    assert!(matches!(answer.status, 200 | 201), "{path}: {} {}", answer.status, answer.text);
    answer.json()["data"].clone()
}

async fn product(store: &Store, name: &str) -> i64 {
    let body = json!({"name": name, "type": "physical", "weight": 1, "price": 10, "sku": name});
    made(store, "/v3/catalog/products", body).await["id"].as_i64().expect("an id")
}

/// The variants of two products, and a price list.
async fn listed(store: &Store) -> (i64, i64, i64) {
    let first = product(store, "Listed One").await;
    let second = product(store, "Listed Two").await;
    let variant = async |id: i64| {
        store.ok(&format!("/v3/catalog/products/{id}/variants")).await["data"][0]["id"].as_i64()
    };
    let list = made(store, "/v3/pricelists", json!({"name": "Wholesale"})).await["id"].as_i64();
    (variant(first).await.expect("one"), variant(second).await.expect("one"), list.expect("an id"))
}

#[tokio::test]
async fn faithful_9_each_endpoint_takes_so_many_requests_at_once() {
    let options = Options { products: 5, latency: Duration::from_millis(400), ..Options::default() };
    let store = with(options).await;
    let list = made(&store, "/v3/pricelists", json!({"name": "Slow"})).await["id"].clone();
    let path = format!("/v3/pricelists/{list}/records");
    let one = || put(&store, &path, json!([]));
    let (a, b, c) = tokio::join!(one(), one(), one());
    let mut statuses = [a.status, b.status, c.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 429], "two at a time");
    let one = || put(&store, "/v3/pricelists/records", json!([]));
    let (a, b) = tokio::join!(one(), one());
    assert_eq!(a.status.max(b.status), 429, "one at a time");
    let one = || store.get("/v3/catalog/trees/1/categories");
    let (a, b) = tokio::join!(one(), one());
    assert_eq!((a.status.min(b.status), a.status.max(b.status)), (200, 429));
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_14_a_price_list_page_has_both_metas_at_first() {
    let store = small().await;
    for name in ["A", "B", "C"] {
        made(&store, "/v3/pricelists", json!({"name": name})).await;
    }
    let first = store.ok("/v3/pricelists?limit=2").await["meta"].clone();
    assert_eq!((&first["pagination"]["total"], &first["cursor_pagination"]["count"]), (&json!(3), &json!(2)));
    assert!(first["pagination"]["links"].is_null());
    let cursor = first["cursor_pagination"]["end_cursor"].as_str().expect("a cursor");
    let next = store.ok(&format!("/v3/pricelists?limit=2&after={cursor}")).await;
    assert_eq!(
        (next["data"].as_array().map(Vec::len), next["meta"]["pagination"].is_null()),
        (Some(1), true)
    );
    let second = store.ok("/v3/pricelists?limit=2&page=2").await;
    assert_eq!(
        (&second["data"][0]["name"], second["meta"]["cursor_pagination"].is_null()),
        (&json!("C"), true)
    );
    assert_eq!(store.ok("/v3/pricelists?limit=100000").await["meta"]["pagination"]["per_page"], 250);
    // A cursor decides, whatever page is asked for besides.
    let both = store.ok(&format!("/v3/pricelists?limit=2&page=1&after={cursor}")).await;
    assert_eq!((&both["data"], both["meta"]["pagination"].is_null()), (&next["data"], true));
    let promotion = json!({"name": "Codes", "redemption_type": "COUPON", "coupon_type": "BULK",
        "rules": [{"action": {"cart_value": {"discount": {"fixed_amount": "1"}}}}]});
    let promotion = made(&store, "/v3/promotions", promotion).await;
    let path = format!("/v3/promotions/{}", promotion["id"]);
    made(&store, &format!("{path}/codegen"), json!({"batch_size": 3})).await;
    let first = store.ok(&format!("{path}/codes?limit=2")).await;
    let cursor = first["meta"]["cursor_pagination"]["end_cursor"].as_str().expect("a cursor");
    let both = store.ok(&format!("{path}/codes?limit=2&page=1&after={cursor}")).await;
    assert_eq!(
        (both["data"].as_array().map(Vec::len), both["meta"]["pagination"].is_null()),
        (Some(1), true)
    );
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_17_categories_in_is_an_intersection() {
    let store = small().await;
    let id = product(&store, "In Two").await;
    let known = store.ok("/v3/catalog/trees/categories?limit=3").await;
    let known: Vec<i64> =
        known["data"].as_array().expect("a list").iter().filter_map(|c| c["category_id"].as_i64()).collect();
    let pairs =
        json!([{"product_id": id, "category_id": known[0]}, {"product_id": id, "category_id": known[1]}]);
    assert_eq!(put(&store, "/v3/catalog/products/category-assignments", pairs).await.status, 204);
    let found = async |query: String| {
        store.get(&format!("/v3/catalog/products?limit=250&{query}")).await.ids().contains(&id)
    };
    assert!(found(format!("categories:in={},{}", known[0], known[1])).await);
    assert!(!found(format!("categories:in={},{}", known[0], known[2])).await);
    assert!(!found(format!("categories={}", known[0])).await, "a product of several categories is missed");
    // The operators on numbers, each with what it leaves out.
    for (filter, kept) in [
        (format!("id:min={id}"), true),
        (format!("id:max={id}"), true),
        (format!("id:greater={id}"), false),
        (format!("id:less={id}"), false),
        (format!("id:in=77,{id}"), true),
        (format!("id:not_in=77,{id}"), false),
    ] {
        assert_eq!(found(filter.clone()).await, kept, "{filter}");
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_19_sub_resources_come_only_with_include() {
    let store = small().await;
    let id = product(&store, "Included").await;
    let at = format!("/v3/catalog/products/{id}");
    made(&store, &format!("{at}/videos"), json!({"video_id": "PqBTp23RLhI", "title": "How it is made"}))
        .await;
    let review =
        json!({"title": "Good", "rating": 4, "status": "approved", "date_reviewed": "2026-03-01T10:00:00Z"});
    made(&store, &format!("{at}/reviews"), review).await;
    let plain = store.ok(&at).await["data"].clone();
    for name in
        ["videos", "reviews", "images", "channels", "variants", "options", "modifiers", "custom_fields"]
    {
        assert!(plain.get(name).is_none(), "{name}");
    }
    assert_eq!((&plain["reviews_count"], &plain["reviews_rating_sum"]), (&json!(1), &json!(4)));
    let full =
        store.ok(&format!("{at}?include=videos,reviews,channels,parent_relations")).await["data"].clone();
    assert_eq!(
        (&full["videos"][0]["video_id"], &full["reviews"][0]["rating"]),
        (&json!("PqBTp23RLhI"), &json!(4))
    );
    assert_eq!((&full["channels"], &full["parent_relations"]), (&json!([1]), &json!([])));
    let capped = store.ok("/v3/catalog/products?include=options&limit=50").await;
    assert_eq!(capped["data"].as_array().map(Vec::len), Some(10));
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_22_a_batch_of_products_is_ten_and_all_or_nothing() {
    let store = small().await;
    let ids = store.get("/v3/catalog/products?limit=11").await.ids();
    let all: Vec<Value> = ids.iter().map(|id| json!({"id": id, "warranty": "Two years"})).collect();
    let answer = put(&store, "/v3/catalog/products", json!(all)).await;
    assert_eq!(answer.status, 413);
    assert_eq!(
        answer.json()["title"],
        "The request payload is too large. The maximum items allowed in the array is 10."
    );
    let bad = json!([{"id": ids[0], "warranty": "Two years"}, {"id": ids[1], "price": -1}]);
    let answer = put(&store, "/v3/catalog/products", bad).await;
    assert_eq!((answer.status, answer.json()["errors"]["price"].is_string()), (422, true), "{}", answer.text);
    assert_eq!(store.ok(&format!("/v3/catalog/products/{}", ids[0])).await["data"]["warranty"], "");
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_23_a_batch_of_variants_is_fifty_and_tells_every_bad_item() {
    let store = small().await;
    let ids = store.get("/v3/catalog/variants?limit=51").await.ids();
    let all: Vec<Value> = ids.iter().map(|id| json!({"id": id, "mpn": "M"})).collect();
    let answer = put(&store, "/v3/catalog/variants", json!(all)).await;
    assert_eq!(answer.status, 413);
    assert_eq!(
        answer.json()["title"],
        "The request payload is too large. The maximum items allowed in the array is 50."
    );
    let bad = json!([{"id": ids[0], "mpn": "M"}, {"id": 99_999_999}, {"id": ids[1], "price": "x"}]);
    let answer = put(&store, "/v3/catalog/variants", bad).await;
    assert_eq!((answer.status, answer.json()["batch_errors"].as_array().map(Vec::len)), (422, Some(2)));
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_24_products_are_deleted_by_a_filter_of_at_most_250_ids() {
    let store = small().await;
    assert_eq!(store.delete("/v3/catalog/products").await.status, 422);
    let many: Vec<String> = (1..=251).map(|id| id.to_string()).collect();
    assert_eq!(store.delete(&format!("/v3/catalog/products?id:in={}", many.join(","))).await.status, 413);
    let ids = store.get("/v3/catalog/products?limit=2").await.ids();
    assert_eq!(store.delete(&format!("/v3/catalog/products?id:in={},{}", ids[0], ids[1])).await.status, 204);
    assert_eq!(store.get(&format!("/v3/catalog/products/{}", ids[0])).await.status, 404);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_27_a_product_whose_stock_fails_is_saved_with_207() {
    let store = small().await;
    let id = product(&store, "Tracked").await;
    let tracked = json!({"inventory_tracking": "product", "inventory_level": 7});
    assert_eq!(put(&store, &format!("/v3/catalog/products/{id}"), tracked).await.status, 200);
    assert_eq!(store.sim_post("faults", json!({"inventory_rate": 1})).await.status, 200);
    let change = json!({"warranty": "One year", "inventory_level": 3});
    let answer = put(&store, &format!("/v3/catalog/products/{id}"), change).await;
    assert_eq!(
        (answer.status, &answer.json()["data"]["warranty"]),
        (207, &json!("One year")),
        "{}",
        answer.text
    );
    assert!(answer.json()["errors"]["title"].is_string());
    let without = put(&store, &format!("/v3/catalog/products/{id}"), json!({"warranty": "None"})).await;
    assert_eq!(without.status, 200, "no stock was to be saved");
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_28_category_trees_tell_what_became_of_each_item() {
    let store = small().await;
    let path = "/v3/catalog/trees/categories";
    let answer =
        post(&store, path, json!([{"name": "Upper", "tree_id": 1}, {"name": "Lower", "tree_id": 1}])).await;
    assert_eq!(
        (answer.status, &answer.json()["meta"]),
        (201, &json!({"total": 2, "success": 2, "failed": 0}))
    );
    let answer =
        post(&store, path, json!([{"name": "upper", "tree_id": 1}, {"name": "Third", "tree_id": 1}])).await;
    assert_eq!(
        (answer.status, &answer.json()["meta"]),
        (207, &json!({"total": 2, "success": 1, "failed": 1}))
    );
    assert!(answer.json()["errors"]["0.name"].is_string(), "{}", answer.text);
    assert_eq!(store.delete(&format!("{path}?name=Third")).await.status, 422, "by name nothing is deleted");
    let id = answer.json()["data"][0]["category_id"].clone();
    assert_eq!(store.delete(&format!("{path}?category_id:in={id}")).await.status, 202);

    made(&store, "/v3/channels", json!({"name": "Second", "type": "storefront", "platform": "custom"})).await;
    let channel = store.get("/v3/channels?limit=250").await.ids().into_iter().max().expect("a channel");
    let answer =
        put(&store, "/v3/catalog/trees", json!([{"name": "Second tree", "channels": [channel]}])).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let tree = answer.json()["data"][0]["id"].clone();
    let renamed = put(&store, "/v3/catalog/trees", json!([{"id": tree, "name": "Renamed"}])).await;
    assert_eq!((renamed.status, &renamed.json()["data"][0]["name"]), (200, &json!("Renamed")));
    let unknown = put(&store, "/v3/catalog/trees", json!([{"id": 999, "name": "X"}])).await;
    assert_eq!(
        (unknown.status, &unknown.json()["errors"]["0.tree_id"]),
        (422, &json!("Tree does not exist."))
    );
    let many: Vec<Value> = (0..51).map(|n| json!({"id": 1, "name": format!("T{n}")})).collect();
    let answer = put(&store, "/v3/catalog/trees", json!(many)).await;
    assert_eq!(
        (answer.status, &answer.json()["title"]),
        (413, &json!("The maximum trees allowed in the array is 50."))
    );
    assert_eq!(store.delete("/v3/catalog/trees").await.status, 422);
    assert_eq!(store.delete(&format!("/v3/catalog/trees?id:in={tree}")).await.status, 204);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_29_assignments_need_a_filter_to_be_deleted() {
    let store = small().await;
    let id = product(&store, "Assigned").await;
    let category = store.ok("/v3/catalog/trees/categories?limit=1").await["data"][0]["category_id"].clone();
    for (path, member, other) in [
        ("/v3/catalog/products/category-assignments", "category_id", category),
        ("/v3/catalog/products/channel-assignments", "channel_id", json!(1)),
    ] {
        let pair = json!([{"product_id": id, member: other}]);
        assert_eq!(put(&store, path, pair.clone()).await.status, 204, "{path}");
        assert_eq!(put(&store, path, pair.clone()).await.status, 204, "{path}: what is there stays");
        let held = store.ok(&format!("{path}?product_id:in={id}")).await;
        assert_eq!((&held["data"], &held["meta"]["pagination"]["total"]), (&pair, &json!(1)), "{path}");
        assert_eq!(put(&store, path, json!([{"product_id": 0, member: 99_999}])).await.status, 422);
        assert_eq!(store.delete(path).await.status, 422, "{path}");
        assert_eq!(store.delete(&format!("{path}?product_id:in={id}&{member}:in={other}")).await.status, 204);
        assert_eq!(store.ok(&format!("{path}?product_id:in={id}")).await["data"], json!([]), "{path}");
    }
    assert_eq!(store.ok(&format!("/v3/catalog/products/{id}")).await["data"]["categories"], json!([]));
    assert!(!store.get("/v3/catalog/products?limit=250&channel_id:in=1").await.ids().contains(&id));
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_30_a_metafield_belongs_to_its_client() {
    let store = small().await;
    let id = product(&store, "With Fields").await;
    let path = format!("/v3/catalog/products/{id}/metafields");
    let field =
        json!({"namespace": "warehouse", "key": "shelf", "value": "B5", "permission_set": "app_only"});
    let first = made(&store, &path, field.clone()).await;
    assert_eq!(
        (&first["resource_type"], &first["resource_id"], &first["owner_client_id"]),
        (&json!("product"), &json!(id), &json!("simclient"))
    );
    let again = post(&store, &path, field).await;
    assert_eq!(again.status, 409, "{}", again.text);
    let missing = post(&store, &path, json!({"key": "shelf"})).await;
    assert_eq!((missing.status, missing.json()["errors"]["permission_set"].is_string()), (422, true));
    let at = format!("{path}/{}", first["id"]);
    let changed = put(&store, &at, json!({"value": "C1", "key": "rack"})).await;
    assert_eq!((changed.status, &changed.json()["data"]["key"]), (200, &json!("rack")));
    assert_eq!(
        store.ok(&format!("{path}?namespace=warehouse&key:in=rack,other")).await["data"][0]["value"],
        "C1"
    );
    assert_eq!(store.ok(&format!("{path}?key=shelf")).await["data"], json!([]));
    assert_eq!(store.delete(&at).await.status, 204);
    assert_eq!(store.get(&at).await.status, 404);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_31_a_batch_of_metafields_keeps_the_good_ones() {
    let store = small().await;
    let ids = store.get("/v3/catalog/products?limit=2").await.ids();
    let path = "/v3/catalog/products/metafields";
    let field = |id: i64, key: &str| json!({"resource_id": id, "namespace": "n", "key": key, "value": "v", "permission_set": "write"});
    let good = post(&store, path, json!([field(ids[0], "a"), field(ids[1], "a")])).await;
    assert_eq!((good.status, &good.json()["errors"]), (200, &json!([])), "{}", good.text);
    assert_eq!(good.json()["meta"], json!({"total": 2, "success": 2, "failed": 0}));
    let mixed =
        post(&store, path, json!([field(ids[0], "a"), field(ids[0], "b"), field(9_999_999, "c")])).await;
    assert_eq!((mixed.status, &mixed.json()["meta"]), (422, &json!({"total": 3, "success": 1, "failed": 2})));
    assert_eq!(
        (&mixed.json()["data"][0]["key"], mixed.json()["errors"].as_array().map(Vec::len)),
        (&json!("b"), Some(1))
    );
    let listed = store.ok(&format!("{path}?namespace=n")).await;
    assert_eq!(listed["meta"]["pagination"]["total"], 3);
    assert!(listed["meta"]["cursor_pagination"]["end_cursor"].is_string());
    let all: Vec<Value> =
        listed["data"].as_array().expect("a list").iter().map(|f| f["id"].clone()).collect();
    let changed =
        put(&store, path, json!([{"id": all[0], "value": "w"}, {"id": 999_999, "value": "w"}])).await;
    assert_eq!((changed.status, &changed.json()["data"][0]["value"]), (422, &json!("w")));
    let gone = store.send(Method::DELETE, path, &json!([all[0], all[1]])).await;
    assert_eq!((gone.status, &gone.json()["data"]), (200, &json!([all[0], all[1]])), "{}", gone.text);
    let rest = store.send(Method::DELETE, path, &json!([all[0], all[2]])).await;
    assert_eq!(
        (rest.status, &rest.json()["data"], &rest.json()["meta"]["failed"]),
        (422, &json!([all[2]]), &json!(1))
    );
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_50_price_records_are_made_by_post_and_upserted_by_put() {
    let store = small().await;
    let (first, second, list) = listed(&store).await;
    let path = format!("/v3/pricelists/{list}/records");
    let record = |variant: i64, price: f64| json!({"variant_id": variant, "currency": "USD", "price": price});
    let made = post(&store, &path, json!([record(first, 8.5)])).await;
    assert_eq!((made.status, made.json()), (200, json!({"data": {}, "meta": {}})), "{}", made.text);
    let again = post(&store, &path, json!([record(second, 3.0), record(first, 9.0)])).await;
    assert_eq!(again.status, 422);
    let errors = again.json()["batch_errors"].clone();
    assert_eq!((errors.as_array().map(Vec::len), &errors[0]["data"]["variant_id"]), (Some(1), &json!(first)));
    assert!(errors[0]["field_errors"].is_object());
    assert_eq!(
        store.ok(&path).await["meta"]["pagination"]["total"],
        1,
        "nothing of a refused batch is stored"
    );
    let upsert =
        json!([record(first, 9.0), {"sku": "listed two", "currency": "usd", "price": 4, "sale_price": 3}]);
    assert_eq!(put(&store, &path, upsert).await.status, 200);
    let records = store.ok(&format!("{path}?include=sku,bulk_pricing_tiers")).await["data"].clone();
    assert_eq!(records.as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&records[0]["price"], &records[0]["currency"], &records[0]["sku"]),
        (&json!(9), &json!("usd"), &json!("Listed One"))
    );
    assert_eq!((&records[1]["calculated_price"], &records[1]["bulk_pricing_tiers"]), (&json!(3), &json!([])));
    let many = |count: usize| Value::from(vec![record(first, 1.0); count]);
    for (method, count) in [(Method::POST, 101), (Method::PUT, 1001)] {
        assert_eq!(store.send(method, &path, &many(count)).await.status, 413, "{count}");
    }
    let across = json!([{"price_list_id": list, "variant_id": second, "currency": "eur", "price": 2}]);
    assert_eq!(post(&store, "/v3/pricelists/records", across).await.status, 200);
    assert_eq!(store.ok(&format!("{path}/{second}")).await["meta"]["pagination"]["total"], 2);
    let one = format!("{path}/{second}/EUR");
    assert_eq!(store.ok(&one).await["data"]["price"], 2);
    let changed = put(&store, &one, json!({"price": 2.5})).await;
    assert_eq!(
        (changed.status, &changed.json()["data"]["calculated_price"]),
        (200, &json!(2.5)),
        "{}",
        changed.text
    );
    assert_eq!(
        put(&store, &format!("{path}/{second}/gbp"), json!({"price": 7})).await.status,
        200,
        "PUT upserts"
    );
    assert_eq!(store.delete(&one).await.status, 204);
    assert_eq!(store.get(&one).await.status, 404);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_51_a_batch_of_price_records_is_one_event() {
    let store = small().await;
    let receiver = crate::receiver::Receiver::start().await;
    let (first, second, list) = listed(&store).await;
    for scope in [
        "store/priceList/records/created",
        "store/priceList/record/updated",
        "store/product/updated",
        "store/priceList/activated",
    ] {
        let hook = json!({"scope": scope, "destination": receiver.url, "is_active": true});
        assert_eq!(post(&store, "/v3/hooks", hook).await.status, 200);
    }
    let path = format!("/v3/pricelists/{list}/records");
    let records = json!([{"variant_id": first, "currency": "usd", "price": 1}, {"variant_id": second, "currency": "usd", "price": 1}]);
    assert_eq!(post(&store, &path, records).await.status, 200);
    let received = receiver.wait(1).await;
    let body = received[0].json();
    assert_eq!(body["scope"], "store/priceList/records/created");
    assert_eq!(body["data"][1], json!({"price_list_id": list, "variant_id": second, "currency": "usd"}));
    assert_eq!(put(&store, &format!("{path}/{first}/usd"), json!({"price": 2})).await.status, 200);
    let body = receiver.wait(2).await[1].json();
    assert_eq!(
        (&body["scope"], &body["data"]["variant_id"]),
        (&json!("store/priceList/record/updated"), &json!(first))
    );
    assert_eq!(put(&store, &format!("/v3/pricelists/{list}"), json!({"active": false})).await.status, 200);
    assert_eq!(put(&store, &format!("/v3/pricelists/{list}"), json!({"active": true})).await.status, 200);
    assert_eq!(receiver.wait(3).await[2].json()["scope"], "store/priceList/activated");
    store.simulator.stop().await;
}

#[tokio::test]
async fn the_sku_of_a_price_record_is_that_of_its_variant() {
    let store = small().await;
    let product = async |name: &str| {
        let body = json!({"name": name, "type": "physical", "weight": 1, "price": 1, "sku": name});
        made(&store, "/v3/catalog/products", body).await
    };
    let (one, other) = (product("Its own").await, product("Another").await);
    let list = made(&store, "/v3/pricelists", json!({"name": "By sku"})).await["id"].clone();
    let path = format!("/v3/pricelists/{list}/records");
    let record = |sku: &Value| json!([{"variant_id": one["base_variant_id"], "sku": sku, "currency": "usd", "price": 2}]);
    let wrong = put(&store, &path, record(&other["sku"])).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    let right = put(&store, &path, record(&one["sku"])).await;
    assert_eq!(right.status, 200, "{}", right.text);
    store.simulator.stop().await;
}
