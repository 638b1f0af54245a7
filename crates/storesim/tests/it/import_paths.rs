//! Recorded answers put at their paths beneath the folder of an import.

use std::fs;

use reqwest::Method;
use serde_json::json;
use storesim::Options;

use crate::import::Folder;
use crate::store::{self, Store};

async fn with(files: &[(&str, &str)]) -> (Folder, Store) {
    let folder = Folder::new();
    for (name, text) in files {
        let file = folder.0.join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("a file");
    }
    let store = store::with(Options { import: Some(folder.0.clone()), ..Options::default() }).await;
    (folder, store)
}

#[tokio::test]
async fn any_envelope_and_odd_tokens_come_back() {
    let product = r#"{"id":77,"name":"a \u00e9\/","price":1.10,"weight":-0,"x_big":123456789012345678901234567890,"x_tiny":1E-7,"brand_id":null,"categories":null,"custom_fields":null,"variants":null,"sku":null,"x":{"y":[]}}"#;
    let list = format!("[ {product} , {{\"id\": 78, \"name\":null}} ]");
    let (_folder, store) = with(&[
        // A list in its envelope and one of its records, which says the same.
        ("v3/catalog/products.json", &format!("{{ \"data\": {list}, \"meta\":{{\"pagination\":{{}}}} }}")),
        ("v3/catalog/products/77.json", product),
        ("v3/catalog/products/77/images.json", r#"[{"id":5,"image_file":null}]"#),
        (
            "v2/orders/100.json",
            r#"{"id":100,"status_id":null,"products":{"url":null},"total_inc_tax":"1.1"}"#,
        ),
        ("v2/orders/100/products.json", r#"[{"id":1,"quantity":"2","product_options":null}]"#),
        ("v3/customers/settings/channels/9.json", r#"{"data":{"x":1.0},"meta":{}}"#),
        ("coupons_v2.json", r#"[{"id":3,"code":null,"amount":5e0}]"#),
    ])
    .await;
    for (path, wanted) in [
        ("/v3/catalog/products/77", format!("{{\"data\":{product},\"meta\":{{}}}}")),
        ("/v3/catalog/products/78", r#"{"data":{"id":78,"name":null},"meta":{}}"#.to_owned()),
        (
            "/v2/orders/100",
            r#"{"id":100,"status_id":null,"products":{"url":null},"total_inc_tax":"1.1"}"#.to_owned(),
        ),
        ("/v2/orders/100/products", r#"[{"id":1,"quantity":"2","product_options":null}]"#.to_owned()),
        ("/v3/customers/settings/channels/9", r#"{"data":{"x":1.0},"meta":{}}"#.to_owned()),
        ("/v2/coupons", r#"[{"id":3,"code":null,"amount":5e0}]"#.to_owned()),
    ] {
        assert_eq!(store.get(path).await.text, wanted, "{path}");
    }
    assert_eq!(store.ok("/v3/catalog/products/77/images").await["data"][0]["id"], 5);
    assert_eq!(store.get("/v3/catalog/products").await.ids(), [77, 78]);
}

#[tokio::test]
async fn what_is_no_record_is_answered_until_it_is_written_to() {
    let cart = "/v3/checkouts/82fa182e-5da0-453e-920d-f272d85f8d65";
    let refused = r#"{"status":422,"title":"no","errors":{"0.email":"taken"}}"#;
    let (_folder, store) = with(&[
        ("v3/themes.json", "{\"data\": [{\"uuid\": null}],\n \"meta\": {}}"),
        ("v3/themes?page=2.json", r#"{"data":[],"meta":{}}"#),
        (&format!("{}.json", &cart[1..]), r#"{"data":{"grand_total":7.50}}"#),
        ("v3/customers.POST.422.json", refused),
        ("v3/content/pages.json", r#"{"data":[],"meta":{}}"#),
        ("v2/bunk.404.json", r#"[{"status":404,"message":"gone"}]"#),
    ])
    .await;
    assert_eq!(store.get("/v3/themes?limit=1").await.text, r#"{"data":[{"uuid":null}],"meta":{}}"#);
    assert_eq!(store.get("/v3/themes?page=2").await.text, r#"{"data":[],"meta":{}}"#);
    assert_eq!(store.get(cart).await.text, r#"{"data":{"grand_total":7.50}}"#);
    let bunk = store.get("/v2/bunk").await;
    assert_eq!((bunk.status, bunk.text.as_str()), (404, r#"[{"status":404,"message":"gone"}]"#));
    let answer = store.send(Method::POST, "/v3/customers", &json!([{"email": "a@example.com"}])).await;
    assert_eq!((answer.status, answer.text.as_str()), (422, refused));
    // Nobody without the token sees them.
    let url = format!("{}/stores/simstore/v3/themes", store.simulator.url());
    assert_eq!(store::answer(store.client.get(url)).await.status, 401);

    assert_eq!(store.ok("/v3/content/pages").await["data"], json!([]));
    let page = json!({"type": "page", "name": "New", "channel_id": 1, "body": "x"});
    let made = store.send(Method::POST, "/v3/content/pages", &page).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert!(store.ok("/v3/content/pages").await["data"].as_array().is_some_and(|pages| !pages.is_empty()));
    // A reset brings back what the import had.
    assert_eq!(store.sim_post("reset", json!({})).await.status, 200);
    assert_eq!(store.ok("/v3/content/pages").await["data"], json!([]));
}

#[tokio::test]
async fn a_recording_that_is_no_json_is_named() {
    let folder = Folder::new();
    fs::create_dir_all(folder.0.join("v3/catalog")).expect("a folder");
    fs::write(folder.0.join("v3/catalog/brands.json"), "{\n\"data\": [}").expect("a file");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let options = Options { import: Some(folder.0.clone()), ..Options::default() };
    let error = storesim::start(options, listener).await.err().expect("an error").to_string();
    assert!(error.contains("brands.json, line 2: no JSON"), "{error}");
}
