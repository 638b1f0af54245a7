//! Notifications signed by hand, by the Standard Webhooks scheme.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use baxter_testkit::{Answer, Serving, TestStore};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A notification as a sender makes it, honest or not.
pub struct Notification {
    /// The hash, also the id that is signed.
    pub id: String,
    /// How many seconds ago it was signed; less than 0 is the future.
    pub age: i64,
    /// The key that it is signed with.
    pub key: String,
    /// What is sent.
    pub body: Vec<u8>,
    /// What is signed instead of the body, if it is not the body.
    pub signed: Option<Vec<u8>>,
}

impl Notification {
    /// One that an honest store sends now.
    pub fn of(store: &TestStore, id: &str, scope: &str, data: &str) -> Self {
        let body = format!(
            r#"{{"producer":"stores/{}","hash":"{id}","created_at":{},"store_id":"1","scope":"{scope}","data":{data}}}"#,
            store.hash(),
            now(),
        );
        let (key, body) = (baxter_testkit::SECRET.to_owned(), body.into_bytes());
        Notification { id: id.to_owned(), age: 0, key, body, signed: None }
    }

    /// Sends it.
    pub fn send(&self, serving: &Serving) -> std::io::Result<Answer> {
        let timestamp = (now() - self.age).to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_bytes()).expect("any key will do");
        for part in [self.id.as_bytes(), b".", timestamp.as_bytes(), b"."] {
            mac.update(part);
        }
        mac.update(self.signed.as_ref().unwrap_or(&self.body));
        let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        let headers = [
            ("Content-Type", "application/json"),
            ("webhook-id", &self.id),
            ("webhook-timestamp", &timestamp),
            ("webhook-signature", &signature),
        ];
        serving.ask("POST", "/webhooks", &headers, &self.body)
    }
}

/// The time of the program under test, which is a process of its own.
fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
