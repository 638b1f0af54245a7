//! A store to ask, and the little HTTP that asking takes.

use std::sync::Once;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use storesim::{Options, Simulator};

/// A running store with a client.
pub struct Store {
    pub simulator: Simulator,
    pub client: reqwest::Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// The ids of a list's records.
    pub fn ids(&self) -> Vec<i64> {
        let body = self.json();
        let list = body.get("data").unwrap_or(&body).as_array().expect("a list").clone();
        list.iter()
            .map(|r| r.get("id").or(r.get("category_id")).and_then(Value::as_i64).expect("an id"))
            .collect()
    }
}

/// A small generated store, whose stock shows adjustments at once.
pub async fn small() -> Store {
    let inventory_delay = Duration::ZERO;
    with(Options { products: 60, customers: 40, orders: 50, inventory_delay, ..Options::default() }).await
}

pub async fn with(options: Options) -> Store {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider().install_default().ok();
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let simulator = storesim::start(options, listener).await.expect("a store");
    Store { simulator, client: reqwest::Client::builder().build().expect("a client") }
}

impl Store {
    /// A request with the default token.
    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/stores/simstore{path}", self.simulator.url());
        self.client
            .request(method, url)
            .header("X-Auth-Token", "simtoken")
            .header("Accept", "application/json")
    }

    /// A request of another account.
    pub async fn send_as(&self, token: &str, method: Method, path: &str, body: &Value) -> Answer {
        let url = format!("{}/stores/simstore{path}", self.simulator.url());
        let request = self.client.request(method, url).header("X-Auth-Token", token);
        answer(request.header("Content-Type", "application/json").body(body.to_string())).await
    }

    /// Pushes the store's clock.
    pub async fn advance(&self, seconds: u64) {
        let answer = self.sim_post("clock", serde_json::json!({"advance_s": seconds})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.ask(Method::GET, path)).await
    }

    /// A 200 with its JSON.
    pub async fn ok(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    pub async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = self.ask(method, path).header("Content-Type", "application/json");
        answer(request.body(body.to_string())).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        answer(self.ask(Method::DELETE, path)).await
    }

    /// A GET under `/_sim/`.
    pub async fn sim(&self, path: &str) -> Value {
        let answer = answer(self.client.get(format!("{}/_sim/{path}", self.simulator.url()))).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    /// A POST under `/_sim/`.
    pub async fn sim_post(&self, path: &str, body: Value) -> Answer {
        let request = self.client.post(format!("{}/_sim/{path}", self.simulator.url()));
        answer(request.body(body.to_string())).await
    }
}

pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status(), response.headers().clone());
    let text = String::from_utf8(read(response).await.expect("a body")).expect("UTF-8");
    assert!(status != StatusCode::NO_CONTENT || text.is_empty());
    Answer { status: status.as_u16(), headers, text }
}

/// A body to its end; a store in these tests is small.
pub async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
