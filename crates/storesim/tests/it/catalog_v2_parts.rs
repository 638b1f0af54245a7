//! What hangs on a product in the form of V2: another form of the same records.

use reqwest::Method;
use serde_json::{Value, json};
use storesim::Options;

use crate::import::Folder;
use crate::store::{Store, small, with};

async fn post(store: &Store, path: &str, body: Value) -> Value {
    let made = store.send(Method::POST, path, &body).await;
    assert!(matches!(made.status, 200 | 201), "{path}: {} {}", made.status, made.text);
    made.json()
}

#[tokio::test]
async fn skus_of_v2_are_the_variants_that_stand_for_options() {
    let store = small().await;
    let product = json!({"name": "Tee", "type": "physical", "weight": 1, "price": 10, "inventory_tracking": "variant",
        "variants": [{"sku": "TEE-S", "option_values": [{"option_display_name": "Size", "label": "S"}]},
                     {"sku": "TEE-M", "option_values": [{"option_display_name": "Size", "label": "M"}]}]});
    let product = post(&store, "/v3/catalog/products", product).await["data"]["id"].clone();
    let path = format!("/v2/products/{product}");
    let options = store.ok(&format!("{path}/options")).await;
    assert_eq!((&options[0]["display_name"], &options[0]["is_required"]), (&json!("Size"), &json!(true)));
    let skus = store.ok(&format!("{path}/skus")).await;
    assert_eq!(
        (&skus[0]["sku"], &skus[1]["sku"], skus.as_array().map(Vec::len)),
        (&json!("TEE-S"), &json!("TEE-M"), Some(2))
    );
    assert_eq!((&skus[0]["price"], &skus[0]["adjusted_price"]), (&Value::Null, &json!("10.0000")));
    assert_eq!(skus[0]["options"][0]["product_option_id"], options[0]["id"]);
    assert_eq!(store.ok(&format!("{path}/skus/count")).await["count"], 2);
    let own = format!("{path}/skus/{}", skus[1]["id"]);
    let put = json!({"price": "12.5", "inventory_level": 4, "is_purchasing_disabled": true});
    let put = store.send(Method::PUT, &own, &put).await;
    assert_eq!(
        (put.status, &put.json()["price"], &put.json()["inventory_level"]),
        (200, &json!("12.5000"), &json!(4)),
        "{}",
        put.text
    );
    let variants = store.ok(&format!("/v3/catalog/products/{product}/variants")).await["data"].clone();
    let medium = variants.as_array().expect("variants").iter().find(|v| v["sku"] == "TEE-M").expect("one");
    assert_eq!(
        (&medium["price"], &medium["inventory_level"], &medium["purchasing_disabled"]),
        (&json!(12.5), &json!(4), &json!(true))
    );
    let value = post(
        &store,
        &format!("/v3/catalog/products/{product}/options/{}/values", options[0]["id"]),
        json!({"label": "L", "sort_order": 3}),
    )
    .await["data"]["id"]
        .clone();
    let large = json!({"sku": "TEE-L", "options": [{"product_option_id": options[0]["id"], "option_value_id": value}]});
    let large = post(&store, &format!("{path}/skus"), large).await;
    assert_eq!(store.ok(&format!("{path}/skus?sku=TEE-L")).await[0], large);
    assert_eq!(store.delete(&format!("{path}/skus/{}", large["id"])).await.status, 204);
    assert_eq!(store.get(&format!("{path}/skus/{}", large["id"])).await.status, 404);
    // A product without options has a base variant, which is no sku.
    let plain = post(
        &store,
        "/v3/catalog/products",
        json!({"name": "Plain one", "type": "physical", "weight": 1, "price": 1}),
    )
    .await;
    assert_eq!(store.get(&format!("/v2/products/{}/skus", plain["data"]["id"])).await.status, 204);
    // Generated variants have a sku_id that is not their id.
    let generated = store.ok("/v3/catalog/variants?limit=250").await["data"].clone();
    let variant = generated
        .as_array()
        .expect("variants")
        .iter()
        .find(|v| v["sku_id"].is_i64() && v["sku_id"] != v["id"])
        .expect("a variant")
        .clone();
    let sku = store.ok(&format!("/v2/products/{}/skus/{}", variant["product_id"], variant["sku_id"])).await;
    assert_eq!((&sku["sku"], &sku["id"]), (&variant["sku"], &variant["sku_id"]));
    store.simulator.stop().await;
}

#[tokio::test]
async fn images_fields_rules_and_reviews_of_v2_are_those_of_v3() {
    let store = small().await;
    let product = post(
        &store,
        "/v3/catalog/products",
        json!({"name": "Jug", "type": "physical", "weight": 1, "price": 20}),
    )
    .await;
    let product = product["data"]["id"].clone();
    let (old, new) = (format!("/v2/products/{product}"), format!("/v3/catalog/products/{product}"));
    for (part, other, body, change, seen) in [
        (
            "images",
            "images",
            json!({"image_file": "https://example.com/jug.png", "description": "A jug"}),
            json!({"is_thumbnail": true}),
            ("description", json!("A jug")),
        ),
        (
            "custom_fields",
            "custom-fields",
            json!({"name": "Made in", "text": "Tyrol"}),
            json!({"text": "Carinthia"}),
            ("value", json!("Carinthia")),
        ),
        (
            "discount_rules",
            "bulk-pricing-rules",
            json!({"min": 5, "max": 9, "type": "price", "type_value": 2}),
            json!({"type_value": "2.5"}),
            ("amount", json!(2.5)),
        ),
    ] {
        let made = post(&store, &format!("{old}/{part}"), body).await;
        assert_eq!(made["product_id"], product, "{made}");
        let own = format!("{old}/{part}/{}", made["id"]);
        let put = store.send(Method::PUT, &own, &change).await;
        assert_eq!(put.status, 200, "{}", put.text);
        let record = store.ok(&format!("{new}/{other}/{}", made["id"])).await["data"].clone();
        assert_eq!(record[seen.0], seen.1, "{part}");
        assert_eq!(store.ok(&format!("{old}/{part}")).await, json!([put.json()]));
        assert_eq!(store.ok(&format!("{old}/{part}/count")).await["count"], 1);
        assert_eq!(store.delete(&own).await.status, 204);
        assert_eq!(store.get(&format!("{old}/{part}")).await.status, 204);
        assert_eq!(store.get(&own).await.status, 404);
    }
    let review = json!({"title": "Good", "text": "Holds water", "status": "approved", "rating": 5, "name": "Ada",
        "date_reviewed": "2026-06-01T00:00:00Z"});
    post(&store, &format!("{new}/reviews"), review).await;
    let review = store.ok(&format!("{old}/reviews")).await[0].clone();
    assert_eq!(
        (&review["author"], &review["review"], &review["status"]),
        (&json!("Ada"), &json!("Holds water"), &json!(1))
    );
    assert_eq!(store.get("/v2/products/99999/skus").await.status, 404);
    assert_eq!(store.get(&format!("{old}/configurable_fields")).await.status, 204);
    store.simulator.stop().await;
}

#[tokio::test]
async fn options_sets_and_redirects_of_v2_are_kept() {
    let store = small().await;
    let option = post(&store, "/v2/options", json!({"name": "Colors", "type": "CS"})).await;
    let values = option["values"]["resource"].as_str().expect("a link").to_owned();
    let value = post(&store, &format!("/v2{values}"), json!({"label": "Red", "value": "#ff0000"})).await;
    assert_eq!(value["option_id"], option["id"]);
    let set = post(&store, "/v2/option_sets", json!({"name": "Shirts"})).await;
    let path = format!("/v2/option_sets/{}/options", set["id"]);
    assert_eq!(store.send(Method::POST, &path, &json!({"option_id": 999})).await.status, 400);
    let within = post(&store, &path, json!({"option_id": option["id"], "is_required": true})).await;
    assert_eq!(
        (&within["option_set_id"], &within["option"]["resource"]),
        (&set["id"], &json!(format!("/options/{}", option["id"])))
    );
    assert_eq!(store.ok("/v2/option_sets/count").await["count"], 1);
    assert_eq!(
        store.send(Method::POST, "/v2/options", &json!({"name": "colors", "type": "S"})).await.status,
        409
    );
    let made =
        post(&store, "/v2/redirects", json!({"path": "/was", "forward": {"type": "manual", "ref": "/is"}}))
            .await;
    assert_eq!(made["url"], "https://store.example.com/is");
    let other = store.ok(&format!("/v3/storefront/redirects?id:in={}", made["id"])).await["data"][0].clone();
    assert_eq!((&other["from_path"], &other["to"]), (&json!("/was"), &json!({"type": "url", "url": "/is"})));
    let put = json!({"forward": {"type": "product", "ref": 77}});
    let put = store.send(Method::PUT, &format!("/v2/redirects/{}", made["id"]), &put).await;
    assert_eq!(put.json()["forward"], json!({"type": "product", "ref": 77}), "{}", put.text);
    assert_eq!(store.delete(&format!("/v2/redirects/{}", made["id"])).await.status, 204);
    store.simulator.stop().await;
}

#[tokio::test]
async fn recorded_parts_of_v2_come_back_and_stand_for_records_of_v3() {
    let folder = Folder::new();
    let write = |path: &str, text: &str| {
        let path = folder.0.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    let product = r#"{"id":5,"name":"Odd","type":"physical","price":"1.0000","weight":"1.0000"}"#;
    write("v2/products/5.json", product);
    let skus = r#"[{"id":1,"product_id":5,"sku":"MB-1","cost_price":"0.0000","upc":"","inventory_level":0,"options":[{"product_option_id":15,"option_value_id":17}]}]"#;
    write("v2/products/5/skus.json", skus);
    let rules = r#"[{"id":1,"product_id":5,"min":100,"max":500,"type":"price","type_value":"2.0000"}]"#;
    write("v2/products/5/discount_rules.json", rules);
    let complex = r#"[{"id":2,"product_id":5,"is_enabled":true,"price_adjuster":null,"conditions":[{"product_option_id":4,"option_value_id":8,"sku_id":null}]}]"#;
    write("v2/products/5/rules.json", complex);
    let store = with(Options { import: Some(folder.0.clone()), ..Options::default() }).await;
    for (path, text) in [("skus", skus), ("discount_rules", rules), ("rules", complex)] {
        assert_eq!(store.get(&format!("/v2/products/5/{path}")).await.text, text);
    }
    assert_eq!(store.ok("/v3/catalog/products/5/variants").await["data"][0]["sku"], "MB-1");
    assert_eq!(store.ok("/v3/catalog/products/5/bulk-pricing-rules").await["data"][0]["amount"], 2);
    store.simulator.stop().await;
}

#[tokio::test]
async fn widgets_are_kept_with_what_they_are_made_of() {
    let store = small().await;
    let template =
        post(&store, "/v3/content/widget-templates", json!({"name": "Banner", "template": "<b>{{x}}</b>"}))
            .await["data"]
            .clone();
    let widget = json!({"name": "Sale", "widget_template_uuid": template["uuid"], "widget_configuration": {"x": "20 %"}});
    let widget = post(&store, "/v3/content/widgets", widget).await["data"].clone();
    assert_eq!(widget["widget_template"]["uuid"], template["uuid"]);
    let place = json!({"widget_uuid": widget["uuid"], "template_file": "pages/home", "status": "active"});
    let place = post(&store, "/v3/content/placements", place).await["data"].clone();
    assert_eq!(place["widget"]["name"], "Sale");
    let wrong = json!({"name": "None", "widget_template_uuid": "3c3d0b1e-0000-4000-8000-000000000000"});
    assert_eq!(store.send(Method::POST, "/v3/content/widgets", &wrong).await.status, 422);
    let own = format!("/v3/content/widgets/{}", widget["uuid"].as_str().expect("a uuid"));
    assert_eq!(store.send(Method::PUT, &own, &json!({"name": "Sold"})).await.json()["data"]["name"], "Sold");
    let list =
        format!("/v3/content/widgets?widget_template_uuid={}", template["uuid"].as_str().expect("a uuid"));
    assert_eq!(store.ok(&list).await["data"][0]["name"], "Sold");
    assert_eq!(store.delete(&own).await.status, 204);
    assert_eq!(store.ok("/v3/content/placements").await["data"], json!([]), "it goes with its widget");
    let email =
        json!({"notify_at_minutes": 60, "template": {"subject": "S", "body": "B", "translations": []}});
    let email = post(&store, "/v3/marketing/abandoned-cart-emails", email).await["data"].clone();
    assert_eq!(store.ok("/v3/marketing/abandoned-cart-emails").await["data"], json!([email]));
    store.simulator.stop().await;
}
