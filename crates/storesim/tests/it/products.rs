//! Products and variants: creating, changing and deleting (products_catalog.v3.yml).

use reqwest::Method;
use serde_json::{Value, json};

use crate::store::{Store, answer, small, with};
use storesim::Options;

async fn make(store: &Store, body: Value) -> Value {
    let answer = store.send(Method::POST, "/v3/catalog/products", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["data"].clone()
}

fn plain(name: &str) -> Value {
    json!({"name": name, "type": "physical", "weight": 1, "price": 10})
}

#[tokio::test]
async fn a_product_needs_name_type_weight_and_price() {
    let store = small().await;
    let answer = store.send(Method::POST, "/v3/catalog/products", &json!({})).await;
    assert_eq!(answer.status, 422);
    let body = answer.json();
    assert_eq!(body["title"], "Missing Required Fields");
    for field in ["name", "type", "weight", "price"] {
        assert_eq!(body["errors"][field], format!("Please provide a {field}."));
    }
    let wrong = json!({"name": "", "type": "cloth", "weight": 1, "price": "x"});
    let errors = store.send(Method::POST, "/v3/catalog/products", &wrong).await.json()["errors"].clone();
    assert!(errors["name"].is_string() && errors["type"].is_string() && errors["price"].is_string());
    store.simulator.stop().await;
}

#[tokio::test]
async fn names_and_skus_are_unique() {
    let store = small().await;
    make(&store, json!({"name": "Only One", "type": "physical", "weight": 1, "price": 1, "sku": "only-1"}))
        .await;
    let name = store.send(Method::POST, "/v3/catalog/products", &plain("only one")).await;
    assert_eq!((name.status, name.json()["errors"]["name"].is_string()), (409, true));
    let mut body = plain("Another");
    body["sku"] = "ONLY-1".into();
    assert_eq!(store.send(Method::POST, "/v3/catalog/products", &body).await.status, 409);
    body["sku"] = "".into();
    body["categories"] = json!([987_654]);
    assert_eq!(store.send(Method::POST, "/v3/catalog/products", &body).await.status, 409);
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_simple_product_has_a_base_variant_until_it_gets_options() {
    let store = small().await;
    let product = make(
        &store,
        json!({"name": "Plain Bowl", "type": "physical", "weight": 2.5, "price": 10.99999, "sku": "BOWL"}),
    )
    .await;
    assert_eq!(product["price"], 11);
    let id = product["id"].as_i64().expect("an id");
    let base = product["base_variant_id"].as_i64().expect("a base variant");
    let variants = store.ok(&format!("/v3/catalog/products/{id}/variants")).await["data"].clone();
    assert_eq!(variants.as_array().map(Vec::len), Some(1));
    let variant = &variants[0];
    assert_eq!(
        (variant["id"].as_i64(), &variant["option_values"], &variant["sku_id"]),
        (Some(base), &json!([]), &Value::Null)
    );
    assert_eq!(
        (&variant["sku"], &variant["price"], &variant["calculated_price"]),
        (&json!("BOWL"), &Value::Null, &json!(11))
    );
    assert_eq!(store.delete(&format!("/v3/catalog/products/{id}/variants/{base}")).await.status, 422);

    let option = json!({"display_name": "Colour", "type": "rectangles", "option_values": [{"label": "Red", "sort_order": 0}]});
    let option =
        store.send(Method::POST, &format!("/v3/catalog/products/{id}/options"), &option).await.json();
    let (option, value) = (option["data"]["id"].clone(), option["data"]["option_values"][0]["id"].clone());
    let body = json!({"sku": "BOWL-R", "option_values": [{"option_id": option, "id": value}]});
    let variant = store.send(Method::POST, &format!("/v3/catalog/products/{id}/variants"), &body).await;
    assert_eq!(variant.status, 200, "{}", variant.text);
    assert_eq!(variant.json()["data"]["option_values"][0]["label"], "Red");
    let product = store.ok(&format!("/v3/catalog/products/{id}?include=variants")).await["data"].clone();
    assert_eq!(product["base_variant_id"], Value::Null);
    assert_eq!(product["variants"].as_array().map(Vec::len), Some(1));
    store.simulator.stop().await;
}

#[tokio::test]
async fn variants_in_a_new_product_imply_its_options() {
    let store = small().await;
    let value = |label: &str| json!([{"option_display_name": "Size", "label": label}]);
    let mut body = plain("Sized Shirt");
    body["variants"] = json!([{"sku": "SH-S", "option_values": value("S"), "price": 12}, {"sku": "SH-M", "option_values": value("M")}]);
    let id = make(&store, body).await["id"].as_i64().expect("an id");
    let product =
        store.ok(&format!("/v3/catalog/products/{id}?include=variants,options")).await["data"].clone();
    assert_eq!(product["base_variant_id"], Value::Null);
    assert_eq!(product["options"][0]["option_values"].as_array().map(Vec::len), Some(2));
    assert_eq!(product["variants"][0]["calculated_price"], 12);
    assert_eq!(product["variants"][1]["calculated_price"], 10);
    let label = &product["variants"][1]["option_values"][0];
    assert_eq!((&label["label"], &label["option_display_name"]), (&json!("M"), &json!("Size")));
    store.simulator.stop().await;
}

#[tokio::test]
async fn prices_are_inherited_and_resolved() {
    let store = small().await;
    let id = make(&store, plain("Priced")).await["id"].clone();
    let path = format!("/v3/catalog/products/{id}");
    let product =
        store.send(Method::PUT, &path, &json!({"price": 20, "sale_price": 15.5})).await.json()["data"]
            .clone();
    assert_eq!((&product["calculated_price"], &product["name"]), (&json!(15.5), &json!("Priced")));
    let variants = store.ok(&format!("{path}/variants")).await;
    assert_eq!(variants["data"][0]["calculated_price"], 15.5);
    let variant = variants["data"][0]["id"].clone();
    let body = json!([{"id": variant, "price": 30}]);
    let changed = store.send(Method::PUT, "/v3/catalog/variants", &body).await.json();
    assert_eq!(
        (&changed["data"][0]["price"], &changed["data"][0]["calculated_price"]),
        (&json!(30), &json!(30))
    );
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_change_moves_the_date_and_an_edit_of_a_variant_alone_does_not() {
    let options = Options { products: 20, ..Options::default() };
    let clock = options.clock.clone();
    let store = with(options).await;
    let id =
        make(&store, json!({"name": "Dated", "type": "physical", "weight": 1, "price": 1, "sku": "D-1"}))
            .await["id"]
            .clone();
    let path = format!("/v3/catalog/products/{id}");
    let text = async || store.ok(&path).await["data"].clone();
    let first = text().await;
    clock.advance(60);
    store.send(Method::PUT, &path, &json!({"name": "Dated", "price": 1.0})).await;
    assert_eq!(text().await, first, "a write that changes nothing leaves the date");
    let base = first["base_variant_id"].clone();
    let variant = format!("{path}/variants/{base}");
    assert_eq!(
        store
            .send(Method::PUT, &variant, &json!({"price": 7, "upc": "123", "inventory_level": 4}))
            .await
            .status,
        200
    );
    assert_eq!(text().await, first, "a variant's edit leaves its product");
    store.send(Method::PUT, &variant, &json!({"sku": "D-2"})).await;
    let second = text().await;
    assert_eq!(second["sku"], "D-2");
    assert_ne!(second["date_modified"], first["date_modified"]);
    clock.advance(60);
    store.send(Method::PUT, &path, &json!({"description": "new"})).await;
    assert_ne!(text().await["date_modified"], second["date_modified"]);
    let since = second["date_modified"].as_str().expect("a date").replace('+', "%2B");
    let found = store.get(&format!("/v3/catalog/products?date_modified:min={since}")).await;
    assert!(found.ids().contains(&id.as_i64().expect("an id")));
    store.simulator.stop().await;
}

#[tokio::test]
async fn untouched_tokens_stay_byte_for_byte() {
    let store = small().await;
    let id = store.get("/v3/catalog/products?limit=1").await.ids()[0];
    let path = format!("/v3/catalog/products/{id}");
    let before = store.get(&path).await.text;
    let after = store.send(Method::PUT, &path, &json!({"warranty": "two years"})).await.text;
    let cut = |text: &str, name: &str| -> String {
        let at = text.find(&format!("\"{name}\":\"")).expect("the member") + name.len() + 4;
        let end = at + text[at..].find('"').expect("its end");
        format!("{}{}", &text[..at], &text[end..])
    };
    let strip = |text: &str| cut(&cut(text, "warranty"), "date_modified");
    assert_eq!(strip(&before), strip(&after));
    store.simulator.stop().await;
}

#[tokio::test]
async fn batches_are_limited_and_all_or_nothing() {
    let store = small().await;
    let ids = store.get("/v3/catalog/products?limit=11").await.ids();
    let eleven: Vec<Value> = ids.iter().map(|id| json!({"id": id, "warranty": "w"})).collect();
    let large = store.send(Method::PUT, "/v3/catalog/products", &json!(eleven)).await;
    assert_eq!(large.status, 413);
    let title = "The request payload is too large. The maximum items allowed in the array is 10.";
    assert_eq!(large.json()["title"], title);
    let before = store.sim("digest/products").await;
    let mixed = json!([{"id": ids[0], "warranty": "w"}, {"id": ids[1], "price": -1}]);
    let refused = store.send(Method::PUT, "/v3/catalog/products", &mixed).await;
    assert_eq!((refused.status, refused.json()["errors"]["price"].is_string()), (422, true));
    assert_eq!(store.sim("digest/products").await, before);
    let many: Vec<Value> = (0..51).map(|id| json!({"id": id})).collect();
    let large = store.send(Method::PUT, "/v3/catalog/variants", &json!(many)).await;
    assert!(large.status == 413 && large.text.contains("is 50."));
    let bad = store.send(Method::PUT, "/v3/catalog/variants", &json!([{"id": 99_999_999, "price": 1}])).await;
    assert_eq!((bad.status, bad.json()["batch_errors"][0]["status"].as_u64()), (422, Some(422)));
    store.simulator.stop().await;
}

#[tokio::test]
async fn deletes_cascade_and_need_a_filter() {
    let store = small().await;
    assert_eq!(store.delete("/v3/catalog/products").await.status, 422);
    let product = store.ok("/v3/catalog/products?limit=1&include=variants").await["data"][0].clone();
    let (id, variant) = (product["id"].clone(), product["variants"][0]["id"].clone());
    assert_eq!(store.delete(&format!("/v3/catalog/products/{id}")).await.status, 204);
    assert_eq!(store.get(&format!("/v3/catalog/products/{id}")).await.status, 404);
    assert!(store.get(&format!("/v3/catalog/variants?id={variant}")).await.ids().is_empty());
    let items = store.ok(&format!("/v3/inventory/items?product_id:in={id}")).await;
    assert_eq!(items["data"], json!([]));
    let ids = store.get("/v3/catalog/products?limit=2").await.ids();
    assert_eq!(store.delete(&format!("/v3/catalog/products?id:in={},{}", ids[0], ids[1])).await.status, 204);
    assert_eq!(store.ok("/v3/catalog/products").await["meta"]["pagination"]["total"], 57);
    store.simulator.stop().await;
}

#[tokio::test]
async fn nesting_that_no_reader_follows_is_refused() {
    let store = small().await;
    let deep = |levels: usize| {
        let (open, shut) = ("[".repeat(levels), "]".repeat(levels));
        format!(
            "{{\"name\":\"Deep {levels}\",\"type\":\"physical\",\"weight\":1,\"price\":1,\"meta_keywords\":{open}{shut}}}"
        )
    };
    for (levels, status) in [(99, 200), (100, 400), (100_000, 400)] {
        let request =
            store.ask(Method::POST, "/v3/catalog/products").header("Content-Type", "application/json");
        assert_eq!(answer(request.body(deep(levels))).await.status, status, "{levels}");
    }
    let count = store.ok("/v3/catalog/products?limit=1").await["meta"]["pagination"]["total"].clone();
    assert_eq!(store.sim("digest/products").await["count"], count);
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_delete_takes_only_what_its_filters_name() {
    let store = small().await;
    let total = async |path: &str| store.ok(path).await["meta"]["pagination"]["total"].clone();
    let (brands, products) = (total("/v3/catalog/brands").await, total("/v3/catalog/products").await);
    for path in [
        "/v3/catalog/brands",
        "/v3/catalog/brands?page_title=",
        "/v3/catalog/products",
        "/v3/catalog/products?id:in=77&colour=red",
        "/v3/catalog/products?price:min=1",
    ] {
        assert_eq!(store.delete(path).await.status, 422, "{path}");
    }
    assert_eq!((total("/v3/catalog/brands").await, total("/v3/catalog/products").await), (brands, products));
    store.simulator.stop().await;
}

#[tokio::test]
async fn an_empty_filter_is_no_ground_to_delete() {
    let store = small().await;
    let count =
        async |path: &str| store.ok(&format!("{path}?limit=1")).await["meta"]["pagination"]["total"].clone();
    for (path, filters) in [
        ("/v3/catalog/products", &["keyword=", "keyword=%20", "name=", "sku=&keyword="][..]),
        ("/v3/catalog/categories", &["keyword=", "name=", "name:like="]),
        ("/v3/catalog/brands", &["name=", "page_title="]),
        ("/v3/catalog/products/channel-assignments", &["product_id:in="]),
        ("/v3/segments", &["id:in="]),
    ] {
        let before = count(path).await;
        for filter in filters {
            let answer = store.delete(&format!("{path}?{filter}")).await;
            assert_eq!(answer.status, 422, "{path}?{filter}: {}", answer.text);
            assert!(!answer.text.contains("delete product_"), "{}", answer.text);
        }
        assert_eq!(count(path).await, before, "{path}");
    }
    let one = make(&store, plain("An odd one out")).await;
    assert_eq!(store.delete("/v3/catalog/products?keyword=odd%20one&name=").await.status, 204);
    assert_eq!(
        store.get(&format!("/v3/catalog/products/{}", one["id"])).await.status,
        200,
        "no name is empty"
    );
    assert_eq!(store.delete("/v3/catalog/products?keyword=odd%20one").await.status, 204);
    assert_eq!(store.get(&format!("/v3/catalog/products/{}", one["id"])).await.status, 404);
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_variant_has_a_sku_and_a_combination_of_its_own() {
    let store = small().await;
    let value = |label: &str| json!([{"option_display_name": "Size", "label": label}]);
    let mut body = plain("sizes");
    body["variants"] =
        json!([{"sku": "s", "option_values": value("S")}, {"sku": "m", "option_values": value("M")}]);
    let product = make(&store, body.clone()).await;
    let variants = format!("/v3/catalog/products/{}/variants", product["id"]);
    let taken = store.ok(&variants).await["data"][0]["option_values"].clone();
    let again = store.send(Method::POST, &variants, &json!({"sku": "s-2", "option_values": taken})).await;
    assert_eq!(again.status, 409, "{}", again.text);
    body["name"] = json!("more sizes");
    body["variants"] =
        json!([{"sku": "s-3", "option_values": value("S")}, {"sku": "s-4", "option_values": value("S")}]);
    assert_eq!(store.send(Method::POST, "/v3/catalog/products", &body).await.status, 409);
    let option = json!({"display_name": "Hue", "type": "dropdown", "option_values": [
        {"label": "Red", "sort_order": 0}, {"label": "red", "sort_order": 1}]});
    let options = format!("/v3/catalog/products/{}/options", product["id"]);
    assert_eq!(store.send(Method::POST, &options, &option).await.status, 422);
    let id = store.ok(&variants).await["data"][0]["id"].clone();
    let one = store.send(Method::PUT, &format!("{variants}/{id}"), &json!({"sku": ""})).await;
    assert_eq!((one.status, &one.json()["code"]), (422, &json!(22004)), "{}", one.text);
    let several = store.send(Method::PUT, "/v3/catalog/variants", &json!([{"id": id, "sku": ""}])).await;
    assert_eq!(several.json()["batch_errors"][0]["code"], 22004, "{}", several.text);
    let simple = make(&store, plain("simple")).await;
    let base = format!("/v3/catalog/products/{}/variants/{}", simple["id"], simple["base_variant_id"]);
    assert_eq!(store.send(Method::PUT, &base, &json!({"sku": ""})).await.status, 200);
    let far = store.ok("/v3/catalog/products?page=99999999999999999999&limit=99999999999999999999").await;
    assert_eq!((&far["data"], &far["meta"]["pagination"]["per_page"]), (&json!([]), &json!(250)));
    store.simulator.stop().await;
}

#[tokio::test]
async fn rows_of_a_batch_that_name_no_product_are_told_what_a_new_one_lacks() {
    let store = small().await;
    let path = "/v3/catalog/products";
    let bare = store.send(Method::PUT, path, &json!([{"description": "x"}])).await;
    let lacking = json!({"name": "Please provide a name.", "price": "Please provide a price.",
        "type": "Please provide a type.", "weight": "Please provide a weight."});
    assert_eq!((bare.status, &bare.json()["title"]), (422, &json!("Missing Required Fields")));
    assert_eq!(bare.json()["errors"], lacking);
    let whole = json!([{"name": "N", "price": 1, "type": "physical", "weight": 1}]);
    let whole = store.send(Method::PUT, path, &whole).await;
    assert_eq!((whole.status, &whole.json()["errors"]), (422, &json!({"id": "error.path.missing"})));
    assert_eq!(store.ok(&format!("{path}?name=N")).await["data"], json!([]));
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_product_that_moves_leads_on_from_its_old_path_if_asked() {
    let store = small().await;
    let path = "/v3/catalog/products/77";
    let old = store.ok(path).await["data"]["custom_url"]["url"].clone();
    let to = async || {
        let redirects = store.ok("/v3/storefront/redirects?limit=250").await["data"].clone();
        let found = redirects.as_array().expect("redirects").iter().find(|r| r["from_path"] == old);
        found.map(|redirect| redirect["to"].clone())
    };
    let moved = json!({"custom_url": {"url": "/elsewhere/", "create_redirect": false}});
    assert_eq!(store.send(Method::PUT, path, &moved).await.status, 200);
    assert_eq!(to().await, None);
    store.send(Method::PUT, path, &json!({"custom_url": {"url": old}})).await;
    let moved = json!({"custom_url": {"url": "/elsewhere/", "create_redirect": true}});
    let put = store.send(Method::PUT, path, &moved).await;
    assert_eq!(
        put.json()["data"]["custom_url"],
        json!({"url": "/elsewhere/", "is_customized": true}),
        "{}",
        put.text
    );
    assert_eq!(to().await, Some(json!({"type": "product", "entity_id": 77})));
    store.simulator.stop().await;
}
