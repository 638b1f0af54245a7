//! A receiver of webhooks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::store::Store;

/// One delivery as it came in.
#[derive(Debug, Clone)]
pub struct Received {
    pub at: Instant,
    pub headers: HeaderMap,
    pub text: String,
}

impl Received {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// The scope with the data.
    pub fn event(&self) -> (String, Value) {
        let body = self.json();
        (body["scope"].as_str().expect("a scope").to_owned(), body["data"].clone())
    }
}

#[derive(Default)]
struct Inner {
    received: Mutex<Vec<Received>>,
    /// What to answer to the next ones; 200 when empty.
    answers: Mutex<VecDeque<u16>>,
    /// What to answer when there is nothing special.
    usual: Mutex<u16>,
    came: Notify,
}

/// Records deliveries and answers them; it ends with the test's runtime.
#[derive(Clone)]
pub struct Receiver {
    inner: Arc<Inner>,
    pub url: String,
}

impl Receiver {
    pub async fn start() -> Self {
        let inner = Arc::new(Inner { usual: Mutex::new(200), ..Inner::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let app = Router::new().fallback(take).with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { inner, url }
    }

    /// Answers the next deliveries so.
    pub fn answer(&self, statuses: &[u16]) {
        self.inner.answers.lock().expect("a lock").extend(statuses);
    }

    /// Answers all others so.
    pub fn always(&self, status: u16) {
        *self.inner.usual.lock().expect("a lock") = status;
    }

    pub fn all(&self) -> Vec<Received> {
        self.inner.received.lock().expect("a lock").clone()
    }

    pub fn clear(&self) {
        self.inner.received.lock().expect("a lock").clear();
    }

    /// Waits for so many deliveries.
    pub async fn wait(&self, count: usize) -> Vec<Received> {
        let enough = async {
            loop {
                let came = self.inner.came.notified();
                if self.all().len() >= count {
                    return;
                }
                came.await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(20), enough).await.is_err() {
            let events: Vec<_> = self.all().iter().map(Received::event).collect();
            panic!("{count} deliveries were expected: {events:#?}");
        }
        self.all()
    }

    /// What came once the store has nothing more to send, sorted since deliveries may overtake each
    /// other; then forgets it.
    pub async fn settled(&self, store: &Store) -> Vec<(String, Value)> {
        drained(store).await;
        let events = sorted(self.all().iter().map(Received::event).collect());
        self.clear();
        events
    }

    /// Checks that exactly these events came, in whichever order.
    #[track_caller]
    pub fn told<const N: usize>(
        &self,
        store: &Store,
        expected: [(&str, Value); N],
    ) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        let expected = sorted(expected.map(|(scope, data)| (scope.to_owned(), data)).to_vec());
        async move { assert_eq!(self.settled(store).await, expected, "at {place}") }
    }
}

/// Waits until the store has nothing more to send.
pub async fn drained(store: &Store) {
    let patience = Instant::now() + Duration::from_secs(20);
    while store.sim("stats").await["webhooks"]["queued"] != 0 {
        assert!(Instant::now() < patience, "deliveries are left: {}", store.sim("stats").await["webhooks"]);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn sorted(mut events: Vec<(String, Value)>) -> Vec<(String, Value)> {
    events.sort_by_key(|(scope, data)| (scope.clone(), data.to_string()));
    events
}

/// Makes a hook; its id.
pub async fn hook(store: &Store, scope: &str, destination: &str) -> i64 {
    let body = json!({"scope": scope, "destination": destination});
    let made = store.send(reqwest::Method::POST, "/v3/hooks", &body).await;
    assert_eq!(made.status, 200, "{scope}: {}", made.text);
    made.json()["data"]["id"].as_i64().expect("an id")
}

async fn take(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let text = String::from_utf8(body.to_vec()).expect("text");
    inner.received.lock().expect("a lock").push(Received { at: Instant::now(), headers, text });
    inner.came.notify_waiters();
    let next = inner.answers.lock().expect("a lock").pop_front();
    let status = next.unwrap_or(*inner.usual.lock().expect("a lock"));
    StatusCode::from_u16(status).expect("a status")
}
