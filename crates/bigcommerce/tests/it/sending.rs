//! One request: what goes out, what is sent again, and what errors tell.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bigcommerce::{Error, Method, Priority, Request, StatusCode};
use serde_json::json;

use crate::store::{Reply, Store, TOKEN};

#[tokio::test]
async fn a_request_carries_what_the_api_wants() {
    let store =
        Store::start(|_| Reply::ok("{\"data\":{\"id\":1}}").header("date", "Fri, 06 Nov 2026 08:49:37 GMT"))
            .await;
    let client = store.builder().user_agent("test/1").build().unwrap();
    let request = Request::post("/v3/catalog/brands")
        .query("id:in", "1,2")
        .header("X-Note", "n")
        .json(&json!({"name": "ü"}));
    let response = client.send(request).await.unwrap();
    assert_eq!((response.status, response.attempts), (StatusCode::OK, 1));
    assert_eq!(response.date().unwrap().to_string(), "2026-11-06T08:49:37Z");
    let value: serde_json::Value = response.json().unwrap();
    assert_eq!(value["data"]["id"], 1);
    let asked = &store.asked()[0];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/stores/abc123/v3/catalog/brands"));
    assert_eq!(asked.query("id:in"), Some("1,2"));
    assert_eq!(asked.body, "{\"name\":\"ü\"}");
    for (name, value) in [
        ("x-auth-token", TOKEN),
        ("user-agent", "test/1"),
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("accept-encoding", "gzip"),
        ("x-note", "n"),
    ] {
        assert_eq!(asked.header(name), Some(value), "{name}");
    }
}

/// Answers the first requests with `faults` and everything after them with success.
async fn faulty(faults: Vec<Reply>) -> Store {
    Store::start(move |asked| faults.get(asked.index).cloned().unwrap_or_else(|| Reply::ok("{\"data\":[]}")))
        .await
}

#[tokio::test]
async fn a_read_survives_every_kind_of_fault() {
    let store = faulty(vec![
        Reply::new(500, ""),
        Reply::new(502, "<html>"),
        Reply::Hangup,
        Reply::CutShort(b"{\"data\":".to_vec()),
        Reply::new(503, "").header("retry-after", "0"),
        Reply::CutChunked(b"{\"data\":[]}".to_vec()),
        Reply::new(504, "{}"),
    ])
    .await;
    let client = store.client();
    let response = client.send(Request::get("/v3/x")).await.unwrap();
    assert_eq!((response.attempts, &response.body[..]), (8, &b"{\"data\":[]}"[..]));
    let stats = client.stats();
    assert_eq!((stats.requests, stats.retries, stats.throttled), (8, 7, 0));
}

#[tokio::test]
async fn a_fault_that_stays_is_told_with_its_attempts() {
    let store = Store::start(|_| Reply::new(500, "{\"status\":500,\"title\":\"Broken\"}")).await;
    let error =
        store.builder().retries(2).build().unwrap().send(Request::get("/v3/x?secret=1")).await.unwrap_err();
    assert_eq!(
        (error.attempts(), error.status(), error.is_transient()),
        (3, Some(StatusCode::INTERNAL_SERVER_ERROR), true)
    );
    assert_eq!(error.to_string(), "GET /v3/x: 500 Broken [3 attempts]");
    assert_eq!(store.asked().len(), 3);
}

#[tokio::test]
async fn a_create_is_not_repeated_in_doubt() {
    for fault in [Reply::new(500, ""), Reply::Hangup, Reply::CutShort(Vec::new())] {
        let store = faulty(vec![fault.clone()]).await;
        let error = store.client().send(Request::post("/v3/x").json(&json!({}))).await.unwrap_err();
        assert_eq!((error.attempts(), store.asked().len()), (1, 1), "{fault:?}");
        let store = faulty(vec![fault]).await;
        let request = Request::post("/v3/x").json(&json!({})).idempotent(true);
        assert_eq!(store.client().send(request).await.unwrap().attempts, 2);
    }
    let store = faulty(vec![Reply::new(500, "")]).await;
    assert_eq!(store.client().send(Request::put("/v3/x").json(&json!({}))).await.unwrap().attempts, 2);
    assert_eq!(store.client().send(Request::delete("/v3/x")).await.unwrap().attempts, 1);
}

#[tokio::test]
async fn an_update_that_adds_is_not_repeated_in_doubt() {
    let line =
        json!({"products": [{"name": "Extra", "quantity": 1, "price_inc_tax": 10, "price_ex_tax": 10}]});
    let store = faulty(vec![Reply::new(502, "")]).await;
    let error = store.client().send(Request::put("/v2/orders/105").json(&line)).await.unwrap_err();
    assert_eq!((error.attempts(), store.asked().len()), (1, 1));
    let store = faulty(vec![Reply::new(502, "")]).await;
    let status = Request::put("/v2/orders/105").json(&json!({"status_id": 2}));
    assert_eq!(store.client().send(status).await.unwrap().attempts, 2);
}

#[tokio::test]
async fn a_delete_that_may_have_been_done_before_is_done() {
    let gone = || Reply::new(404, "{\"status\":404,\"title\":\"Not found\"}");
    let answers = std::sync::Mutex::new(vec![gone(), Reply::new(502, "")]);
    let store = Store::start(move |_| answers.lock().unwrap().pop().unwrap_or_else(gone)).await;
    let products = store.client().products();
    products.delete(81).await.unwrap();
    // Without a doubt it is what it says.
    assert!(products.delete(81).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_create_is_repeated_when_it_never_left() {
    let store = faulty(Vec::new()).await;
    let client = store.builder().retries(2).api_url("http://127.0.0.1:1").build().unwrap();
    let error = client.send(Request::post("/v3/x").json(&json!({}))).await.unwrap_err();
    assert_eq!(error.attempts(), 3);
    assert!(
        matches!(&error, Error::Transport { connect: true, method, .. } if *method == Method::POST),
        "{error:?}"
    );
    assert!(error.to_string().contains("cannot connect"), "{error}");
}

#[tokio::test]
async fn final_answers_are_not_repeated_and_tell_what_to_do() {
    let store = Store::start(|asked| match asked.path.rsplit('/').next().unwrap() {
        "401" => Reply::new(401, "{\"status\":401,\"title\":\"Unauthorized\"}"),
        "403" => Reply::new(403, "{\"title\":\"You don't have a required scope to access the endpoint\"}"),
        "404" => Reply::new(404, "[{\"status\":404,\"message\":\"The requested resource was not found.\"}]"),
        "422" => Reply::new(422, "{\"title\":\"Missing\",\"errors\":{\"name\":\"Please provide a name.\"}}"),
        "501" => Reply::new(501, "<html><title>No</title>"),
        _ => Reply::new(413, ""),
    })
    .await;
    let client = store.client();
    let mut texts = Vec::new();
    for status in [401, 403, 404, 413, 422, 501] {
        let error = client.send(Request::get(format!("/v2/{status}"))).await.unwrap_err();
        assert_eq!((error.status().unwrap().as_u16(), error.attempts()), (status, 1));
        assert_eq!((error.is_unauthorized(), error.is_forbidden()), (status == 401, status == 403));
        assert_eq!((error.is_not_found(), error.is_transient()), (status == 404, false));
        texts.push(error.to_string());
    }
    assert_eq!(
        texts,
        [
            "GET /v2/401: 401 Unauthorized; check the access token, and that it is of this store",
            "GET /v2/403: 403 You don't have a required scope to access the endpoint; check the scopes of the API account",
            "GET /v2/404: 404 The requested resource was not found.",
            "GET /v2/413: 413 Payload Too Large",
            "GET /v2/422: 422 Missing (name: Please provide a name.)",
            "GET /v2/501: 501 No",
        ]
    );
    assert_eq!(store.asked().len(), 6);
}

#[tokio::test]
async fn answers_without_a_body_are_answers() {
    let store = Store::start(|asked| Reply::new(if asked.method == "DELETE" { 204 } else { 304 }, "")).await;
    let client = store.client();
    let response = client.send(Request::delete("/v3/x")).await.unwrap();
    assert_eq!((response.status, response.json::<Option<u8>>().unwrap()), (StatusCode::NO_CONTENT, None));
    let request = Request::get("/v3/x").header("If-Modified-Since", "Fri, 06 Nov 2026 08:49:37 GMT");
    assert_eq!(client.send(request).await.unwrap().status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_silent_store_is_a_timeout() {
    let store = Store::start(|_| Reply::Silence).await;
    let client = store.builder().timeout(Duration::from_millis(300)).retries(1).build().unwrap();
    let error = client.send(Request::get("/v3/x")).await.unwrap_err();
    assert!(matches!(&error, Error::Transport { timeout: true, attempts: 2, .. }), "{error:?}");
    assert!(error.to_string().contains("no answer in time"), "{error}");
}

#[tokio::test]
async fn a_body_is_bounded_after_decompression() {
    let store = Store::start(|asked| {
        let body = vec![b' '; 32 * 1024 * 1024];
        if asked.query("gzip").is_some() { Reply::ok(body).gzip() } else { Reply::ok(body) }
    })
    .await;
    let client = store.builder().max_body(100_000).build().unwrap();
    for path in ["/v3/x", "/v3/x?gzip=1"] {
        let error = client.send(Request::get(path)).await.unwrap_err();
        assert!(matches!(&error, Error::TooLarge { limit: 100_000, attempts: 1, .. }), "{error:?}");
    }
    let store = Store::start(|_| Reply::ok("{\"data\": [1, 2]}").gzip()).await;
    let client = store.builder().max_body(16).build().unwrap();
    assert_eq!(client.send(Request::get("/v3/x")).await.unwrap().body, "{\"data\": [1, 2]}");
    assert_eq!(client.stats().bytes, 16);
    assert!(store.builder().max_body(15).build().unwrap().send(Request::get("/v3/x")).await.is_err());
}

#[tokio::test]
async fn mistakes_are_told_and_nothing_is_sent() {
    let store = faulty(Vec::new()).await;
    let client = store.client();
    for request in [
        Request::get("v3/x"),
        Request::get("/v3/../../def456/v3/x"),
        Request::get("/v3/x").header("X-Auth-Token", "mine"),
        Request::post("/v3/x").json(&std::collections::HashMap::from([((1, 2), 3)])),
    ] {
        let error = client.send(request).await.unwrap_err();
        assert!(matches!(error, Error::Configuration(_)), "{error:?}");
        assert_eq!(error.attempts(), 0);
    }
    assert!(store.asked().is_empty());
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_allowed() {
    let under_way = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    let store = Store::start({
        let under_way = Arc::clone(&under_way);
        move |_| {
            let now = under_way.0.fetch_add(1, Ordering::SeqCst) + 1;
            under_way.1.fetch_max(now, Ordering::SeqCst);
            Reply::ok("[]").after(Duration::from_millis(5))
        }
    })
    .await;
    let client = store.wide_client(3);
    let sends = (0..30).map(|_| {
        let (client, under_way) = (client.clone(), Arc::clone(&under_way));
        async move {
            client.send(Request::get("/v3/x")).await.unwrap();
            under_way.0.fetch_sub(1, Ordering::SeqCst);
        }
    });
    futures::future::join_all(sends).await;
    // A request may begin between the answer of another and the line that counts it down.
    let most = under_way.1.load(Ordering::SeqCst);
    assert!((2..=6).contains(&most), "{most}");
    assert_eq!(client.stats().requests, 30);
}

#[tokio::test]
async fn a_person_is_told_soon_that_nobody_is_there() {
    let nobody = faulty(Vec::new()).await.builder().api_url("http://127.0.0.1:1");
    let client = nobody.backoff(Duration::from_millis(900), Duration::from_secs(60)).build().unwrap();
    let begun = std::time::Instant::now();
    let error = client.send(Request::get("/v3/x")).await.unwrap_err();
    assert!(matches!(&error, Error::Transport { connect: true, .. }), "{error:?}");
    assert!(error.attempts() >= 2 && begun.elapsed() < Duration::from_secs(5), "{error}");
    // A daemon keeps trying.
    let patient = client.send(Request::get("/v3/x").priority(Priority::Incremental));
    assert!(tokio::time::timeout(Duration::from_secs(1), patient).await.is_err());
}
