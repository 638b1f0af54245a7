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
