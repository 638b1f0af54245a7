//! An HTTP API that answers as a test wants, and remembers what it was sent.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use tokio::task::JoinHandle;

/// One request with the status that it was answered.
#[derive(Debug, Clone)]
pub struct Seen {
    pub key: String,
    pub body: String,
    pub status: u16,
    pub authorization: Option<String>,
    pub at: std::time::Instant,
}

/// What the stub answers to a request, which is given with the number of requests before it.
type Answer = Box<dyn Fn(usize, &Seen) -> (u16, Vec<(&'static str, String)>, String) + Send + Sync>;

struct Shared {
    answer: Mutex<Answer>,
    seen: Mutex<Vec<Seen>>,
}

/// The running stub; it ends with the test.
pub struct Stub {
    pub url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stub {
    /// Starts a stub that answers with `status`.
    pub async fn start(status: impl Fn(usize, &Seen) -> u16 + Send + Sync + 'static) -> Self {
        Stub::with(move |count, seen| (status(count, seen), Vec::new(), "{}".to_owned())).await
    }

    /// Starts a stub that answers with status, headers and body.
    pub async fn with(
        answer: impl Fn(usize, &Seen) -> (u16, Vec<(&'static str, String)>, String) + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared { answer: Mutex::new(Box::new(answer)), seen: Mutex::new(Vec::new()) });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().fallback(take).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Stub { url, shared, task }
    }

    /// From now on it answers with `status`.
    pub fn answer(&self, status: u16) {
        *self.shared.answer.lock().unwrap() = Box::new(move |_, _| (status, Vec::new(), "{}".to_owned()));
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// What it took.
    pub fn taken(&self) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.status == 200).collect()
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let mut seen = Seen {
        key: text("idempotency-key").unwrap_or_default(),
        body: String::from_utf8(body.to_vec()).unwrap(),
        status: 0,
        authorization: text("authorization"),
        at: std::time::Instant::now(),
    };
    let mut all = shared.seen.lock().unwrap();
    let (status, more, body) = shared.answer.lock().unwrap()(all.len(), &seen);
    seen.status = status;
    all.push(seen);
    let mut headers = HeaderMap::new();
    for (name, value) in more {
        headers.insert(name, value.parse().unwrap());
    }
    (StatusCode::from_u16(status).unwrap(), headers, body)
}
