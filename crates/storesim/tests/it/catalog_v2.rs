//! The catalog in the form of V2: another form of the same records.

use reqwest::Method;
use serde_json::json;

use storesim::Options;

use crate::import::Folder;
use crate::store::{small, with};

#[tokio::test]
async fn products_of_v2_are_those_of_v3() {
    let store = small().await;
    let new = json!({
        "name": "Plate", "type": "physical", "price": "12.5", "weight": 1, "categories": [18],
        "availability": "available", "inventory_tracking": "simple", "inventory_level": 7,
        "meta_keywords": "a, b", "custom_url": "/plate/", "related_products": "77,78", "brand_id": null,
    });
    let made = store.send(Method::POST, "/v2/products", &new).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    let (id, shown) = (&made["id"], |member: &str| made[member].clone());
    assert_eq!((shown("price"), shown("weight")), (json!("12.5000"), json!("1.0000")));
    assert!(shown("date_created").as_str().is_some_and(|date| date.ends_with("+0000")));
    assert_eq!(shown("skus")["resource"], json!(format!("/products/{id}/skus")));
    let other = store.ok(&format!("/v3/catalog/products/{id}")).await["data"].clone();
    for (member, value) in [
        ("price", json!(12.5)),
        ("inventory_tracking", json!("product")),
        ("inventory_level", json!(7)),
        ("meta_keywords", json!(["a", "b"])),
        ("related_products", json!([77, 78])),
        ("custom_url", json!({"url": "/plate/", "is_customized": true})),
    ] {
        assert_eq!(other[member], value, "{member}");
    }
    // What V3 changes is seen here, and the other way round.
    store.send(Method::PUT, &format!("/v3/catalog/products/{id}"), &json!({"price": 13})).await;
    assert_eq!(store.ok("/v2/products?name=Plate&min_price=13").await[0]["price"], "13.0000");
    let put = store.send(Method::PUT, &format!("/v2/products/{id}"), &json!({"is_visible": false})).await;
    assert_eq!((put.status, &put.json()["is_visible"]), (200, &json!(false)));
    let count = store.ok("/v2/products/count").await["count"].as_i64().expect("a number");
    assert_eq!(store.delete(&format!("/v2/products/{id}")).await.status, 204);
    assert_eq!(store.get(&format!("/v2/products/{id}")).await.status, 404);
    assert_eq!(store.ok("/v2/products/count").await["count"], count - 1);
    assert_eq!(store.get("/v2/products?name=none").await.status, 204);
    let half = store.send(Method::POST, "/v2/products", &json!({"name": "Half"})).await;
    assert_eq!((half.status, half.json()[0]["status"].clone()), (400, json!(400)), "{}", half.text);
    store.simulator.stop().await;
}

#[tokio::test]
async fn brands_and_categories_of_v2_are_those_of_v3() {
    let store = small().await;
    for (old, new, key) in [
        ("/v2/brands", "/v3/catalog/brands", "id"),
        ("/v2/categories", "/v3/catalog/trees/categories", "category_id"),
    ] {
        let made = store.send(Method::POST, old, &json!({"name": "By hand"})).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let id = made.json()["id"].clone();
        assert_eq!(store.ok(&format!("{new}?name=By%20hand")).await["data"][0][key], id);
        let put = store.send(Method::PUT, &format!("{old}/{id}"), &json!({"page_title": "Hands"})).await;
        assert_eq!((put.status, &put.json()["page_title"]), (200, &json!("Hands")), "{}", put.text);
        assert_eq!(store.delete(&format!("{old}/{id}")).await.status, 204);
        assert_eq!(store.get(&format!("{old}/{id}")).await.status, 404);
    }
    let child = store.ok("/v2/categories?parent_id=18").await[0].clone();
    assert_eq!(child["parent_category_list"], json!([18, child["id"]]));
    store.simulator.stop().await;
}

#[tokio::test]
async fn an_odd_recording_of_v2_comes_back_and_stands_for_a_record_of_v3() {
    let odd = r#"{"id":32,"name":"Odd","price":"","weight":"x","cost_price":null,"categories":null,"custom_url":null,"inventory_tracking":7,"meta_keywords":5,"date_created":"never"}"#;
    let folder = Folder::new();
    std::fs::create_dir_all(folder.0.join("v2/products")).expect("a folder");
    std::fs::write(folder.0.join("v2/products/32.json"), odd).expect("a file");
    let store = with(Options { import: Some(folder.0.clone()), ..Options::default() }).await;
    assert_eq!(store.get("/v2/products/32").await.text, odd);
    assert_eq!(store.ok("/v3/catalog/products/32").await["data"]["name"], "Odd");
    store.simulator.stop().await;
}
