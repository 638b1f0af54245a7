//! The token is nowhere to be read.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bigcommerce::{Client, Error, Request, Token};
use tracing::field::{Field, Visit};
use tracing::span;

use crate::store::{Reply, Store, TOKEN};

/// Collects everything that is logged by whatever part of the program.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.lock().unwrap().push_str(&format!(" {field}={value:?}"));
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        attributes.record(&mut self.clone());
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn the_token_is_nowhere_to_be_read() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    // A store that shows what it was sent, as debug pages of gateways do.
    let store = Store::start(|asked| {
        let token = asked.header("x-auth-token").unwrap();
        match asked.path.rsplit('/').next().unwrap() {
            "title" => Reply::new(
                400,
                format!("{{\"title\":\"no {token}\",\"errors\":{{\"{token}\":\"{token}\"}}}}"),
            ),
            "html" => Reply::new(500, format!("<title>{token}</title>")),
            "hangup" => Reply::Hangup,
            "silence" => Reply::Silence,
            "list" => Reply::ok("{\"data\":[1"),
            _ => Reply::ok("{}"),
        }
    })
    .await;
    let builder = store.builder().retries(1).timeout(Duration::from_millis(200));
    let mut printed = vec![format!("{builder:?} {builder:#?}")];
    let client = builder.build().unwrap();
    printed.push(format!("{client:?} {:?} {:?}", Token::from(TOKEN.to_owned()), client.stats()));
    for path in ["title", "html", "hangup", "silence"] {
        let request = Request::get(format!("/v3/{path}"));
        printed.push(format!("{request:?}"));
        let error = client.send(request).await.unwrap_err();
        printed.push(format!("{error} {error:?} {error:#?}"));
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            printed.push(format!("{error} {error:?}"));
            cause = error.source();
        }
    }
    let error = client.page(&Request::get("/v3/list"), 5).await.unwrap_err();
    printed.push(format!("{error} {error:?}"));
    printed.push(format!("{:?}", client.send(Request::get("/v3/x")).await.unwrap()));
    let nobody = store.builder().api_url("http://127.0.0.1:1").retries(0).build().unwrap();
    let error = nobody.send(Request::get("/v3/x")).await.unwrap_err();
    printed.push(format!("{error} {error:?}"));
    for token in [format!("{TOKEN} x"), format!("{TOKEN}\n\u{0}")] {
        let error = Client::builder("abc123".parse().unwrap(), Token::from(token)).build().unwrap_err();
        assert!(matches!(error, Error::Configuration(_)));
        printed.push(format!("{error} {error:?}"));
    }
    for text in &printed {
        assert!(!text.contains(TOKEN), "{text}");
    }
    let log = log.0.lock().unwrap();
    assert!(log.contains("method=\"GET\"") && log.contains("/v3/title"), "requests are logged");
    assert!(!log.contains(TOKEN), "{log}");
}
