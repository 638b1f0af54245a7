//! What is not served says so: 501 by name for what the API has besides, 405 and 404 for what it has not.

use reqwest::Method;
use serde_json::Value;

use crate::store::{Store, small};

async fn ask(store: &Store, method: &str, path: &str) -> crate::store::Answer {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    store.send(method, path, &Value::Array(Vec::new())).await
}

/// A template with an id for every parameter.
fn filled(path: &str) -> String {
    let part = |part| if str::starts_with(part, "{") { "999999" } else { part };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_path_of_the_api_is_served_or_answers_501_naming_itself() {
    let store = small().await;
    let paths = store.sim("paths").await;
    let mut left_out = 0;
    for (path, methods) in paths["left_out"].as_object().expect("paths") {
        let filled = filled(path);
        for method in methods.as_array().expect("methods") {
            let method = method.as_str().expect("a method");
            let answer = ask(&store, method, &filled).await;
            assert_eq!(answer.status, 501, "{method} {filled}: {}", answer.text);
            let body = answer.json();
            let text = if path.starts_with("/v2") { &body[0]["message"] } else { &body["title"] };
            assert_eq!(text, &Value::from(format!("The simulated store does not serve {method} {path}")));
            assert!(!answer.header("x-rate-limit-requests-left").is_empty());
            left_out += 1;
        }
    }
    assert!(left_out > 50, "{left_out}");
    for (path, methods) in paths["served"].as_object().expect("paths") {
        let filled = filled(path);
        for method in methods.as_array().expect("methods") {
            let answer = ask(&store, method.as_str().expect("a method"), &filled).await;
            assert_ne!(answer.status, 501, "{method} {filled}");
        }
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn what_the_api_does_not_have_is_404_or_405() {
    let store = small().await;
    for path in ["/v3/nowhere", "/v2/nowhere", "/v4/catalog/products", "/v3", "/v3/catalog/products/none"] {
        assert_eq!(store.get(path).await.status, 404, "{path}");
    }
    let wrong = ask(&store, "POST", "/v2/orders/count").await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, "GET"));
    let wrong = ask(&store, "POST", "/v3/themes/x/configurations").await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, "GET"));
    store.simulator.stop().await;
}
