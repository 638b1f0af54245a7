//! What a faithful simulator must reproduce about tokens, quotas, limits and trouble.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use storesim::Options;

use crate::store::{Store, answer, small, with};

#[tokio::test]
async fn faithful_1_tokens_and_scopes_decide_between_401_and_403() {
    let scopes = vec!["store_v2_products_read_only".to_owned()];
    let store = with(Options { products: 3, customers: 3, scopes, ..Options::default() }).await;
    let nothing = json!({});
    assert_eq!(
        answer(store.client.get(format!("{}/stores/simstore/v3/catalog/products", store.simulator.url())))
            .await
            .status,
        401
    );
    assert_eq!(store.send_as("wrong", Method::GET, "/v3/catalog/products", &nothing).await.status, 401);
    assert_eq!(store.get("/v3/catalog/products").await.status, 200);
    assert_eq!(store.get("/v3/customers").await.status, 403);
    for (method, path) in [
        (Method::POST, "/v3/catalog/products"),
        (Method::PUT, "/v3/catalog/products/1"),
        (Method::DELETE, "/v3/catalog/products/1"),
    ] {
        assert_eq!(store.send(method.clone(), path, &nothing).await.status, 403, "{method}");
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_5_and_6_the_quota_is_the_stores_and_refills_at_the_windows_end() {
    let clients = vec!["second:secret2:token2".parse().expect("a client")];
    let quota = Some("4/2s".parse().expect("a quota"));
    let store = with(Options { clients, quota, ..Options::default() }).await;
    let nothing = json!({});
    let began = Instant::now();
    for (n, token) in ["simtoken", "token2", "simtoken", "token2"].into_iter().enumerate() {
        let answer = store.send_as(token, Method::GET, "/v2/time", &nothing).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-rate-limit-requests-left"), (3 - n).to_string());
        assert_eq!(answer.header("x-rate-limit-requests-quota"), "4");
        assert_eq!(answer.header("x-rate-limit-time-window-ms"), "2000");
        assert!(answer.header("x-rate-limit-time-reset-ms").parse::<u64>().is_ok_and(|ms| ms <= 2000));
        assert_eq!(answer.header("x-retry-after"), "");
    }
    let mut left = 0;
    for token in ["simtoken", "token2"] {
        let refused = store.send_as(token, Method::GET, "/v2/time", &nothing).await;
        assert_eq!(refused.status, 429, "the window began {:?} ago", began.elapsed());
        assert!(refused.header("x-retry-after").parse::<u64>().is_ok_and(|s| (1..=2).contains(&s)));
        left = refused.header("x-rate-limit-time-reset-ms").parse().expect("milliseconds");
    }
    tokio::time::sleep(Duration::from_millis(left + 5)).await;
    assert_eq!(store.get("/v2/time").await.status, 200);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_7_header_names_are_in_any_case() {
    let store = with(Options::default()).await;
    let url = format!("{}/stores/simstore/v2/time", store.simulator.url());
    for name in ["X-Auth-Token", "x-auth-token", "X-AUTH-TOKEN"] {
        assert_eq!(answer(store.client.get(&url).header(name, "simtoken")).await.status, 200, "{name}");
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_8_an_overload_is_429_without_rate_headers() {
    let store = with(Options::default()).await;
    assert_eq!(store.sim_post("faults", json!({"overload_rate": 1})).await.status, 200);
    let refused = store.get("/v2/time").await;
    assert_eq!(refused.status, 429);
    assert!(
        refused
            .headers
            .keys()
            .all(|name| !name.as_str().starts_with("x-rate-limit") && name != "x-retry-after")
    );
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_9_parallel_requests_over_an_endpoints_limit_are_429() {
    let store =
        with(Options { products: 10, latency: Duration::from_millis(300), ..Options::default() }).await;
    // One at a time: the categories of a tree.
    let path = "/v3/catalog/trees/1/categories";
    let (one, two) = tokio::join!(store.get(path), store.get(path));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 429]);
    assert_eq!(store.get(path).await.status, 200, "when the first is answered");
    // Three at a time: changes of customers.
    let body = json!([{"id": 1, "company": "A"}]);
    let put = || store.send(Method::PUT, "/v3/customers", &body);
    let (a, b, c, d) = tokio::join!(put(), put(), put(), put());
    let refused = [a, b, c, d].iter().filter(|answer| answer.status == 429).count();
    assert_eq!(refused, 1);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_69_accept_content_type_and_if_modified_since_are_heeded() {
    let store = with(Options { products: 3, customers: 3, orders: 3, ..Options::default() }).await;
    let url = |path: &str| format!("{}/stores/simstore{path}", store.simulator.url());
    let id = store.get("/v2/orders?limit=1").await.ids()[0];
    let path = format!("/v2/orders/{id}");
    let modified = store.get(&path).await.header("last-modified").to_owned();
    assert!(!modified.is_empty());
    let since = store
        .client
        .get(url(&path))
        .header("X-Auth-Token", "simtoken")
        .header("If-Modified-Since", &modified);
    let unchanged = answer(since).await;
    assert_eq!((unchanged.status, &*unchanged.text), (304, ""));
    let xml =
        store.client.get(url(&path)).header("X-Auth-Token", "simtoken").header("Accept", "application/xml");
    assert_eq!(answer(xml).await.status, 406);
    let text = store.client.post(url("/v3/catalog/brands")).header("X-Auth-Token", "simtoken");
    assert_eq!(answer(text.header("Content-Type", "text/plain").body("{}")).await.status, 415);
    store.simulator.stop().await;
}

#[tokio::test]
async fn faithful_70_trouble_is_injected_per_route() {
    let store = with(Options { products: 3, ..Options::default() }).await;
    let statuses = [500, 502, 503, 504, 207];
    for status in statuses {
        let faults = json!({"routes": {"GET /v3/catalog/brands": {"error_rate": 1, "error_status": status}}});
        assert_eq!(store.sim_post("faults", faults).await.status, 200);
        assert_eq!(store.get("/v3/catalog/brands").await.status, status);
        assert_eq!(store.get("/v3/catalog/products").await.status, 200, "another route");
    }
    let slow = json!({"routes": {"GET /v3/catalog/brands": {"slow_rate": 1, "latency_ms": 150}}});
    store.sim_post("faults", slow).await;
    let began = Instant::now();
    assert_eq!(store.get("/v3/catalog/brands").await.status, 200);
    assert!(began.elapsed() >= Duration::from_millis(150));
    assert_eq!(store.sim_post("faults", json!({"error_status": 404})).await.status, 400);
    store.simulator.stop().await;
}

/// The status of the answer to a request that is sent to its end before anything is read.
async fn status_after_all(store: &Store, request: &str, size: usize) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = store.simulator.url().trim_start_matches("http://").to_owned();
    let mut line = tokio::net::TcpStream::connect(&address).await.expect("a connection");
    let head = format!("{request}\r\nHost: {address}\r\nContent-Length: {size}\r\n\r\n");
    line.write_all(head.as_bytes()).await.expect("a head");
    line.write_all(&vec![b' '; size]).await.unwrap_or_else(|error| panic!("{request}: {error}"));
    let mut status = [0; 12];
    line.read_exact(&mut status).await.unwrap_or_else(|error| panic!("{request}: {error}"));
    String::from_utf8_lossy(&status[9..]).into_owned()
}

#[tokio::test]
async fn an_early_answer_is_seen_by_who_still_sends() {
    let store = small().await;
    const JSON: &str = "Content-Type: application/json";
    for (expected, method, path, token, header) in [
        ("401", "POST", "catalog/products", "wrong", JSON),
        ("404", "POST", "nothing/here", "simtoken", JSON),
        ("405", "POST", "catalog/summary", "simtoken", JSON),
        ("415", "POST", "catalog/products", "simtoken", "Content-Type: text/plain"),
        (
            "415",
            "POST",
            "catalog/products",
            "simtoken",
            "Content-Type: application/json\r\nContent-Encoding: gzip",
        ),
        ("501", "PATCH", "catalog/products", "simtoken", JSON),
    ] {
        let request =
            format!("{method} /stores/simstore/v3/{path} HTTP/1.1\r\nX-Auth-Token: {token}\r\n{header}");
        assert_eq!(status_after_all(&store, &request, 12 * 1024 * 1024).await, expected, "{request}");
    }
    let request =
        format!("POST /stores/simstore/v3/catalog/products HTTP/1.1\r\nX-Auth-Token: simtoken\r\n{JSON}");
    assert_eq!(status_after_all(&store, &request, 24 * 1024 * 1024).await, "413");
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_broken_transfer_is_400() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let store = small().await;
    let address = store.simulator.url().trim_start_matches("http://").to_owned();
    let mut line = tokio::net::TcpStream::connect(&address).await.expect("a connection");
    let request = format!(
        "POST /stores/simstore/v3/catalog/products HTTP/1.1\r\nHost: {address}\r\nX-Auth-Token: simtoken\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"
    );
    line.write_all(request.as_bytes()).await.expect("a request");
    let mut status = [0; 12];
    line.read_exact(&mut status).await.expect("an answer");
    assert_eq!(&status, b"HTTP/1.1 400");
    store.simulator.stop().await;
}
