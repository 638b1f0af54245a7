//! `baxter listen`: shows what the store tells, and passes it on to a program under development.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use bigcommerce::Client;
use bigcommerce::resources::hooks::NewHook;
use bigcommerce::webhook::Verifier;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::Context;
use crate::failure::{Code, Failure};
use crate::print::Format;
use crate::settings::SecretArg;

/// What is listened to when nothing is named.
const USUAL: &[&str] = &[
    "store/order/*",
    "store/product/*",
    "store/sku/*",
    "store/category/*",
    "store/customer/*",
    "store/cart/*",
    "store/shipment/*",
    "store/subscriber/*",
];
/// Less than the store waits for an answer.
const PATIENCE: Duration = Duration::from_secs(8);
/// Deliveries that wait to be shown.
const WAITING: usize = 1000;

/// Show the store's notifications as they come, and forward them
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Makes a hook for each scope, checks signatures, and deletes the hooks at Ctrl-C. A simulated \
    store reaches this machine; for a real one, name the public https address that leads here.\n\n\
    Examples:\n  \
    baxter listen --api-url http://127.0.0.1:8080 --store-hash simstore --token simtoken --client-secret simsecret\n  \
    baxter listen --forward-to http://localhost:3000/webhooks store/order/created\n  \
    baxter listen --listen 127.0.0.1:9000 --public-url https://tunnel.example.com/hooks -o json"
)]
pub struct Args {
    /// Events to listen to, such as store/order/* [default: those of the commonest resources]
    #[arg(value_name = "SCOPE")]
    scopes: Vec<String>,
    /// Pass each delivery on, headers and all; its answer is the store's answer
    #[arg(long, value_name = "URL")]
    forward_to: Option<url::Url>,
    /// The https address that leads to --listen, for a real store
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Where to listen; 0 lets the system choose a port
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// The API account's client secret [env: BAXTER_CLIENT_SECRET]
    #[arg(long, value_name = "SECRET")]
    client_secret: Option<SecretArg>,
}

/// What a delivery needs.
struct Desk {
    verifier: Verifier,
    forward_to: Option<url::Url>,
    http: reqwest::Client,
    shown: mpsc::Sender<Shown>,
}

/// A delivery as it is shown.
struct Shown {
    body: Value,
    refused: Option<String>,
    forwarded: Option<u16>,
}

/// Listens until told to stop.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    if !args.listen.ip().is_loopback() {
        return Err(Failure::usage(format!("{} can be reached from other machines", args.listen))
            .hint("put a tunnel with TLS in front of a loopback address and name it with --public-url"));
    }
    let local = context.settings.connection()?.api_url.is_some_and(|url| url.starts_with("http://"));
    if !local && args.public_url.is_none() {
        return Err(Failure::usage("a real store does not reach this machine")
            .hint("name the https address that leads here with --public-url"));
    }
    let secret = match &args.client_secret {
        Some(secret) => secret.reveal().to_owned(),
        None => context.settings.client_secret()?,
    };
    let network = |what: String| Failure::new(Code::Network, what);
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(|error| network(format!("cannot listen on {}: {error}", args.listen)))?;
    let address = listener.local_addr().map_err(|error| network(format!("cannot listen: {error}")))?;
    let client = context.settings.prompt_client()?;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE);
    let http = http.build().map_err(|error| network(format!("cannot forward: {error}")))?;
    let (shown, mut deliveries) = mpsc::channel(WAITING);
    let desk = Desk { verifier: Verifier::new(secret), forward_to: args.forward_to, http, shown };
    let app = Router::new().fallback(take).with_state(Arc::new(desk));
    let serving = tokio::spawn(async move { axum::serve(listener, app).await });

    let destination = args.public_url.unwrap_or_else(|| format!("http://{address}/"));
    let scopes =
        if args.scopes.is_empty() { USUAL.iter().map(|s| (*s).to_owned()).collect() } else { args.scopes };
    let mut made = Vec::new();
    let mut result = subscribe(&client, &scopes, &destination, &mut made, context).await;
    if result.is_ok() {
        context
            .printer
            .note(format_args!("Listening to {} at {destination}. Ctrl-C stops.", scopes.join(" ")));
        result = loop {
            tokio::select! {
                () = context.stop.cancelled() => break Ok(()),
                delivery = deliveries.recv() => match delivery {
                    None => break Ok(()),
                    Some(delivery) => if let Err(failure) = show(&delivery, context) { break Err(failure) },
                },
            }
        };
    }
    serving.abort();
    for id in made {
        if let Err(error) = client.hooks().delete(id).await {
            context.printer.note(format_args!("hook {id} is left in the store: {error}"));
        }
    }
    result
}

async fn subscribe(
    client: &Client,
    scopes: &[String],
    destination: &str,
    made: &mut Vec<i64>,
    context: &Context,
) -> Result<(), Failure> {
    for scope in scopes {
        let hook = client.hooks().create(NewHook::new(scope, destination).is_active(true)).await;
        let hook = hook.map_err(|error| context.asked().failure(&error).at(scope.clone()))?;
        made.extend(hook.and_then(|hook| hook.id));
    }
    Ok(())
}

fn show(delivery: &Shown, context: &mut Context) -> Result<(), Failure> {
    let Shown { body, refused, forwarded } = delivery;
    if matches!(context.printer.format_or(Format::Table), Format::Json | Format::Jsonl) {
        let line =
            json!({"verified": refused.is_none(), "refused": refused, "forwarded": forwarded, "event": body});
        context.printer.line(line)?;
    } else {
        let scope = body["scope"].as_str().unwrap_or("?");
        let end = match (refused, forwarded) {
            (Some(reason), _) => format!(" refused: {reason}"),
            (None, Some(status)) => format!(" -> {status}"),
            (None, None) => String::new(),
        };
        let text = format!("{scope} {}{end}", body["data"]);
        context.printer.line(crate::print::visible(&text))?;
    }
    context.printer.flush()
}

async fn take(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let refused = desk.verifier.verify(&headers, &body, Timestamp::now()).err().map(|why| why.to_string());
    let mut status = if refused.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    let mut forwarded = None;
    if let (None, Some(url)) = (&refused, &desk.forward_to) {
        let mut kept = headers;
        for name in [header::HOST, header::CONTENT_LENGTH, header::CONNECTION, header::TRANSFER_ENCODING] {
            kept.remove(name);
        }
        let sent = desk.http.post(url.as_str()).headers(kept).body(body.clone()).send().await;
        status = sent.map_or(StatusCode::BAD_GATEWAY, |answer| answer.status());
        forwarded = Some(status.as_u16());
    }
    let body = serde_json::from_slice(&body).unwrap_or_default();
    // Nobody looks any more once the command ends.
    desk.shown.send(Shown { body, refused, forwarded }).await.ok();
    status
}
