//! Where the token may travel: to the store's origin and nowhere else.

use bigcommerce::Request;

use crate::store::{Reply, Store, TOKEN};

#[tokio::test]
async fn a_redirect_to_another_place_is_not_followed() {
    let other = Store::start(|_| Reply::ok("[]")).await;
    let place = format!("{}/stolen", other.url);
    let store = Store::start(move |_| Reply::new(301, "").header("location", &place)).await;
    for request in [Request::get("/v3/x"), Request::put("/v3/x").body("{}")] {
        let error = store.client().send(request).await.unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), 301);
        assert!(error.to_string().contains("redirected to 127.0.0.1, which is not followed"), "{error}");
    }
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn a_read_that_moved_within_the_store_is_followed() {
    let store = Store::start(|asked| match asked.path.as_str() {
        "/stores/abc123/v3/old" => Reply::new(308, "").header("location", "/stores/abc123/v3/new?a=1"),
        "/stores/abc123/v3/loop" => Reply::new(302, "").header("location", "/stores/abc123/v3/pool"),
        "/stores/abc123/v3/pool" => Reply::new(302, "").header("location", "/stores/abc123/v3/loop"),
        _ => Reply::ok("{}"),
    })
    .await;
    let client = store.client();
    assert!(client.send(Request::get("/v3/old")).await.is_ok());
    assert_eq!(store.asked()[1].header("x-auth-token"), Some(TOKEN));
    // A write that is redirected would be repeated as a read by most clients.
    assert_eq!(client.send(Request::put("/v3/old")).await.unwrap_err().status().unwrap().as_u16(), 308);
    assert_eq!(client.send(Request::get("/v3/loop")).await.unwrap_err().status().unwrap().as_u16(), 302);
    assert_eq!(store.asked().len(), 2 + 1 + 4);
}
