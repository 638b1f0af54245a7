//! Takes notifications: checks that they are the store's, drops duplicates, answers at once, works later.
//!
//! Behind something that speaks https on port 443, since the store calls nothing else; the simulated store
//! calls loopback addresses too.
//!
//! ```console
//! $ baxter sim --port 8080 &
//! $ export BIGCOMMERCE_API_URL=http://127.0.0.1:8080 BIGCOMMERCE_CLIENT_SECRET=simsecret
//! $ export BIGCOMMERCE_STORE_HASH=simstore BIGCOMMERCE_TOKEN=simtoken
//! $ cargo run -p bigcommerce --example take_webhooks -- http://127.0.0.1:8081/webhooks
//! ```

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use bigcommerce::resources::hooks::{HookUpdate, NewHook};
use bigcommerce::webhook::{Event, EventData, Verifier};
use bigcommerce::{Client, ClientBuilder};
use tokio::sync::mpsc;

struct Intake {
    verifier: Verifier,
    /// A store of your own choice, if duplicates shall be known after a restart.
    seen: Mutex<HashSet<String>>,
    queue: mpsc::Sender<Event>,
}

/// Takes notifications at `/webhooks` that are signed with this secret, and hands on each event once.
pub fn router(client_secret: String, queue: mpsc::Sender<Event>) -> Router {
    let intake = Intake { verifier: Verifier::new(client_secret), seen: Mutex::default(), queue };
    Router::new().route("/webhooks", post(take)).with_state(Arc::new(intake))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = ClientBuilder::from_env()?.user_agent("take-webhooks/1.0").build()?;
    let destination = std::env::args().nth(1).ok_or("give the public address of this receiver")?;
    let (queue, events) = mpsc::channel(1000);
    let router = router(std::env::var("BIGCOMMERCE_CLIENT_SECRET")?, queue);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8081").await?;
    tokio::spawn(work(client.clone(), events));
    subscribe(&client, "store/order/*", &destination).await?;
    axum::serve(listener, router).await?;
    Ok(())
}

/// Makes the hook, or switches it on again: there is one for each scope and destination.
pub async fn subscribe(client: &Client, scope: &str, destination: &str) -> Result<(), bigcommerce::Error> {
    let had = client.hooks().list().filter("scope", scope).filter("destination", destination).first().await?;
    match had.and_then(|hook| hook.id) {
        Some(id) => client.hooks().update(id, HookUpdate::new().is_active(true)).await?,
        None => client.hooks().create(NewHook::new(scope, destination).is_active(true)).await?,
    };
    Ok(())
}

/// Answers within moments: ten seconds without an answer count as none.
async fn take(State(intake): State<Arc<Intake>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if intake.verifier.verify(&headers, &body, jiff::Timestamp::now()).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(event) = Event::parse(&body) else { return StatusCode::BAD_REQUEST };
    let hash = event.hash().unwrap_or_default().to_owned();
    if intake.seen.lock().is_ok_and(|seen| seen.contains(&hash)) {
        return StatusCode::OK;
    }
    // Full: let the store send it again in a minute.
    if intake.queue.try_send(event).is_err() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    if let Ok(mut seen) = intake.seen.lock() {
        seen.insert(hash);
    }
    StatusCode::OK
}

/// An event is a hint: what the API says now is the truth.
async fn work(client: Client, mut events: mpsc::Receiver<Event>) {
    while let Some(event) = events.recv().await {
        let EventData::Order(order) = event.data() else { continue };
        let Some(id) = order.id else { continue };
        match client.orders().get(id).await {
            Ok(order) => println!("{event}: order {id} is {:?}, {:?}", order.status, order.total_inc_tax),
            Err(error) => eprintln!("{event}: order {id}: {error}"),
        }
    }
}
