//! What the store tells of customers, subscribers, channels, redirects and settings.

use reqwest::Method;
use serde_json::{Value, json};

use crate::store::{Store, small};

/// The scopes told since the last time that was asked, with their data.
async fn told(store: &Store, seen: &mut usize) -> Vec<(String, Value)> {
    let events = store.sim("events?limit=1000").await["events"].as_array().expect("events").clone();
    let new = events[*seen..]
        .iter()
        .map(|event| (event["scope"].as_str().expect("a scope").to_owned(), event["data"].clone()));
    let new = new.collect();
    *seen = events.len();
    new
}

#[tokio::test]
async fn people_and_channels_fire_their_events() {
    let store = small().await;
    let mut seen = 0;
    told(&store, &mut seen).await;
    let mut expect = async |wanted: &[(&str, Value)]| {
        let found = told(&store, &mut seen).await;
        for (scope, data) in wanted {
            assert!(found.iter().any(|(s, d)| s == scope && d == data), "{scope} {data} is not in {found:?}");
        }
        assert_eq!(found.len(), wanted.len(), "{found:?}");
    };

    let made =
        store.send(Method::POST, "/v3/customers/subscribers", &json!({"email": "s@example.com"})).await;
    let id = made.json()["data"]["id"].clone();
    expect(&[("store/subscriber/created", json!({"type": "subscriber", "id": id}))]).await;
    let path = format!("/v3/customers/subscribers/{id}");
    store.send(Method::PUT, &path, &json!({"first_name": "S"})).await;
    expect(&[("store/subscriber/updated", json!({"type": "subscriber", "id": id}))]).await;
    store.send(Method::PUT, &path, &json!({"first_name": "S"})).await;
    expect(&[]).await;
    store.delete(&path).await;
    expect(&[("store/subscriber/deleted", json!({"type": "subscriber", "id": id}))]).await;

    let put = json!([{"id": 1, "channel_ids": [1, 2]}]);
    assert_eq!(store.send(Method::PUT, "/v3/customers", &put).await.status, 200);
    expect(&[
        ("store/customer/updated", json!({"type": "customer", "id": 1})),
        ("store/customer/channel/login/access/updated", json!({"customer_id": 1, "channel_ids": [1, 2]})),
    ])
    .await;
    // Attribute values are told only when they are changed by hand in the control panel.
    let put = json!([{"customer_id": 1, "attribute_id": 1, "value": "gold"}]);
    store.send(Method::PUT, "/v3/customers/attribute-values", &put).await;
    expect(&[]).await;

    let one = json!({"name": "Fair", "type": "marketplace", "platform": "custom"});
    let channel = store.send(Method::POST, "/v3/channels", &one).await.json()["data"]["id"].clone();
    expect(&[("store/channel/created", json!({"type": "channel", "id": channel}))]).await;
    store.send(Method::PUT, &format!("/v3/channels/{channel}"), &json!({"external_id": "7"})).await;
    expect(&[("store/channel/updated", json!({"type": "channel", "id": channel}))]).await;
    let to = json!([{"site_id": 1000, "from_path": "/was", "to": {"type": "url", "url": "/is"}}]);
    let redirect = store.send(Method::PUT, "/v3/storefront/redirects", &to).await.ids()[0];
    let data =
        json!({"id": redirect, "site_id": 1000, "from_path": "/was", "to": {"type": "url", "url": "/is"}});
    expect(&[("store/redirects/updated", data)]).await;

    let own = json!({"meta_description": null, "meta_keywords": null, "page_title": "Outlet", "www_redirect": null});
    store.send(Method::PUT, "/v3/settings/storefront/seo?channel_id=2", &own).await;
    expect(&[("store/channel/2/settings/SEO/updated", json!({}))]).await;
    store.send(Method::PUT, "/v3/settings/store/profile", &json!({"store_name": "Renamed"})).await;
    expect(&[("store/information/updated", json!({"type": "store"}))]).await;
    let site = json!({"url": "https://elsewhere.example.com"});
    store.send(Method::PUT, "/v3/channels/2/site", &site).await;
    expect(&[("store/channel/2/settings/site/updated", json!({"site_id": 1001}))]).await;
    store.simulator.stop().await;
}
