//! Metafields of `app_only` in the eyes of another client, in every family.

use reqwest::Method;
use serde_json::{Value, json};

use crate::store::{Store, small};

const OTHER: &str = "othertoken";

/// The record that metafields are to hang on, and where those of the whole family are.
async fn families(store: &Store) -> Vec<(String, String)> {
    let first = async |path: &str| {
        store.get(&format!("{path}{}limit=1", if path.contains('?') { "&" } else { "?" })).await.ids()[0]
    };
    let product = first("/v3/catalog/products").await;
    let variants = format!("/v3/catalog/products/{product}/variants");
    let variant = first(&variants).await;
    let line = json!({"product_id": product, "variant_id": variant, "quantity": 1, "list_price": 5});
    let cart = json!({"line_items": [line]});
    let cart = store.send(Method::POST, "/v3/carts", &cart).await;
    assert_eq!(cart.status, 201, "{}", cart.text);
    let cart = cart.json()["data"]["id"].as_str().expect("an id").to_owned();
    let mut all = vec![
        (format!("/v3/catalog/products/{product}"), "/v3/catalog/products".to_owned()),
        (format!("{variants}/{variant}"), "/v3/catalog/variants".to_owned()),
        (format!("/v3/carts/{cart}"), "/v3/carts".to_owned()),
    ];
    for (list, family) in [
        ("/v3/catalog/brands", "/v3/catalog/brands"),
        ("/v3/catalog/trees/categories", "/v3/catalog/categories"),
        ("/v2/orders", "/v3/orders"),
        ("/v3/customers", "/v3/customers"),
        ("/v3/inventory/locations", "/v3/inventory/locations"),
        ("/v3/channels", "/v3/channels"),
    ] {
        all.push((format!("{family}/{}", first(list).await), family.to_owned()));
    }
    all
}

#[tokio::test]
async fn app_only_is_seen_and_changed_by_its_client_alone() {
    let store = small().await;
    let other = json!({"client_id": "other", "client_secret": "s", "token": OTHER});
    assert_eq!(store.sim_post("clients", other).await.status, 200);
    let nothing = Value::Null;
    for (owner, family) in families(&store).await {
        let path = format!("{owner}/metafields");
        let field = |set: &str| json!({"namespace": "n", "key": set, "value": "v", "permission_set": set});
        let make = async |set: &str| {
            let made = store.send(Method::POST, &path, &field(set)).await;
            assert!(matches!(made.status, 200 | 201), "{path}: {}", made.text);
            made.json()["data"]["id"].as_i64().expect("an id")
        };
        let (hidden, readable, writable) = (make("app_only").await, make("read").await, make("write").await);
        let seen = async |token: &str, path: &str| {
            let answer = store.send_as(token, Method::GET, path, &nothing).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            answer.ids()
        };
        let whole = format!("{family}/metafields?namespace=n&limit=250");
        for list in [&path, &whole] {
            assert_eq!(seen("simtoken", list).await, [hidden, readable, writable], "{list}");
            assert_eq!(seen(OTHER, list).await, [readable, writable], "{list}");
        }
        let answer = async |method: Method, id: i64, body: Value| {
            store.send_as(OTHER, method, &format!("{path}/{id}"), &body).await.status
        };
        assert_eq!(answer(Method::GET, hidden, json!(null)).await, 404, "{path}");
        assert_eq!(answer(Method::GET, readable, json!(null)).await, 200, "{path}");
        let changed = json!({"value": "w"});
        assert!(matches!(answer(Method::PUT, hidden, changed.clone()).await, 403 | 404), "{path}");
        assert_eq!(answer(Method::PUT, readable, changed.clone()).await, 403, "{path}");
        assert_eq!(answer(Method::PUT, writable, changed).await, 200, "{path}");
        assert_eq!(answer(Method::PUT, writable, json!({"permission_set": "read"})).await, 403, "{path}");
        assert!(matches!(answer(Method::DELETE, hidden, json!(null)).await, 403 | 404), "{path}");
        // In a batch neither.
        let batch = json!([{"id": hidden, "value": "w"}]);
        let refused = store.send_as(OTHER, Method::PUT, &format!("{family}/metafields"), &batch).await;
        assert!(!refused.text.contains("\"value\":\"w\""), "{family}: {}", refused.text);
        let removed =
            store.send_as(OTHER, Method::DELETE, &format!("{family}/metafields"), &json!([hidden])).await;
        let kept = store.ok(&format!("{path}/{hidden}")).await;
        assert_eq!(kept["data"]["value"], "v", "{family}: {}", removed.text);
        // Another client may have the same namespace and key.
        let theirs = store.send_as(OTHER, Method::POST, &path, &field("app_only")).await;
        assert!(matches!(theirs.status, 200 | 201), "{path}: {}", theirs.text);
    }
}
