//! What is acknowledged is in the inbox; what is refused changes nothing.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use baxter_engine::model::clock::Clock;
use baxter_engine::storage::{Inbox, InboxCounts, Owner};
use baxter_engine::sync::IntakeService;
use baxter_server::intake::{Gate, router};
use bigcommerce::webhook::Verifier;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

const NOW: i64 = 1_800_000_000;
const BODY: &str = r#"{"producer":"stores/abc","scope":"store/order/created","hash":"h1","created_at":1800000000,"store_id":"1","data":{"type":"order","id":7}}"#;

#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(NOW).unwrap()
    }
}

fn intake(dir: &Path) -> Router {
    let inbox = Owner::start(Inbox::open(dir).unwrap()).unwrap();
    let (service, intake) = IntakeService::new(inbox, Arc::new(Still), Arc::new(Notify::new()));
    tokio::spawn(service.run(CancellationToken::new()));
    let verifier = Arc::new(Verifier::new("secret"));
    router(vec![Gate { intake, verifier, store_hash: "abc".to_owned(), clock: Arc::new(Still) }])
}

fn signed(body: &[u8], at: i64, secret: &str) -> Request<Body> {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("id.{at}.").as_bytes());
    mac.update(body);
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    Request::post("/webhooks")
        .header("webhook-id", "id")
        .header("webhook-timestamp", at.to_string())
        .header("webhook-signature", format!("v1,{signature}"))
        .body(Body::from(body.to_vec()))
        .unwrap()
}

fn counts(dir: &Path) -> InboxCounts {
    Inbox::open(dir).unwrap().counts().unwrap()
}

async fn status(router: &Router, request: Request<Body>) -> StatusCode {
    router.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn law_1_what_is_answered_200_is_in_the_inbox() {
    let dir = tempfile::tempdir().unwrap();
    let router = intake(dir.path());
    assert_eq!(status(&router, signed(BODY.as_bytes(), NOW, "secret")).await, StatusCode::OK);
    // Seen by another connection: it is committed, not only remembered.
    assert_eq!(counts(dir.path()), InboxCounts { events: 1, duplicates: 0, pending: 1 });
    assert_eq!(status(&router, signed(BODY.as_bytes(), NOW, "secret")).await, StatusCode::OK);
    // It is known, and so soon looked at once more.
    assert_eq!(counts(dir.path()), InboxCounts { events: 2, duplicates: 1, pending: 2 });
}

#[tokio::test]
async fn what_is_not_the_stores_is_refused_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let router = intake(dir.path());
    let large = vec![b'x'; 10 * 1024 * 1024];
    let other = BODY.replace("stores/abc", "stores/xyz");
    for (what, request, expected) in [
        ("a wrong signature", signed(BODY.as_bytes(), NOW, "guess"), StatusCode::UNAUTHORIZED),
        ("an old timestamp", signed(BODY.as_bytes(), NOW - 3600, "secret"), StatusCode::UNAUTHORIZED),
        (
            "no signature",
            Request::post("/webhooks").body(Body::from(BODY)).unwrap(),
            StatusCode::UNAUTHORIZED,
        ),
        ("10 MB", signed(&large, NOW, "secret"), StatusCode::PAYLOAD_TOO_LARGE),
        ("no event", signed(b"[1]", NOW, "secret"), StatusCode::BAD_REQUEST),
        ("no text", signed(b"\xff", NOW, "secret"), StatusCode::BAD_REQUEST),
        ("another store's", signed(other.as_bytes(), NOW, "secret"), StatusCode::UNPROCESSABLE_ENTITY),
        ("a GET", Request::get("/webhooks").body(Body::empty()).unwrap(), StatusCode::METHOD_NOT_ALLOWED),
    ] {
        assert_eq!(status(&router, request).await, expected, "{what}");
    }
    assert_eq!(counts(dir.path()), InboxCounts::default());
}

/// What the store's answers call now.
#[derive(Debug)]
struct Apart(i64);

impl Clock for Apart {
    fn now(&self) -> Timestamp {
        Still.now()
    }

    fn at_store(&self) -> Timestamp {
        Timestamp::from_second(NOW + self.0).unwrap()
    }
}

#[tokio::test]
async fn a_notification_is_of_now_by_the_stores_clock_or_by_ours() {
    for apart in [600, -600, 86_400] {
        let dir = tempfile::tempdir().unwrap();
        let inbox = Owner::start(Inbox::open(dir.path()).unwrap()).unwrap();
        let (service, intake) = IntakeService::new(inbox, Arc::new(Still), Arc::new(Notify::new()));
        tokio::spawn(service.run(CancellationToken::new()));
        let verifier = Arc::new(Verifier::new("secret"));
        let clock = Arc::new(Apart(apart));
        let router = router(vec![Gate { intake, verifier, store_hash: "abc".to_owned(), clock }]);
        for (at, expected) in [
            (NOW, StatusCode::OK),
            (NOW + apart, StatusCode::OK),
            (NOW - 3600, StatusCode::UNAUTHORIZED),
            (NOW + apart + 3600, StatusCode::UNAUTHORIZED),
        ] {
            assert_eq!(
                status(&router, signed(BODY.as_bytes(), at, "secret")).await,
                expected,
                "{apart}: {at}"
            );
        }
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_kept_is_not_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let inbox = Owner::start(Inbox::open(dir.path()).unwrap()).unwrap();
    let (service, intake) = IntakeService::new(inbox, Arc::new(Still), Arc::new(Notify::new()));
    drop(service);
    let verifier = Arc::new(Verifier::new("secret"));
    let router =
        router(vec![Gate { intake, verifier, store_hash: "abc".to_owned(), clock: Arc::new(Still) }]);
    assert_eq!(
        status(&router, signed(BODY.as_bytes(), NOW, "secret")).await,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_never_ends_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let router = intake(dir.path());
    let endless = signed(BODY.as_bytes(), NOW, "secret")
        .map(|_| Body::from_stream(futures::stream::pending::<Result<&[u8], std::io::Error>>()));
    assert_eq!(status(&router, endless).await, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(counts(dir.path()).events, 0);
}
