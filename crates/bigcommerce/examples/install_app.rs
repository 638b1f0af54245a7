//! An app's callbacks: installed, opened, uninstalled.
//!
//! ```console
//! $ export BIGCOMMERCE_CLIENT_ID=… BIGCOMMERCE_CLIENT_SECRET=… BIGCOMMERCE_REDIRECT_URI=https://app.example.com/auth
//! $ cargo run -p bigcommerce --example install_app
//! ```
//!
//! `BIGCOMMERCE_LOGIN_URL` points it at a simulated store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Query, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;
use bigcommerce::install::{App, Callback, Claims};
use bigcommerce::{StoreHash, Token};

/// What the app asks for in its profile.
const SCOPES: [&str; 2] = ["store_v2_products", "store_v2_orders_read_only"];

struct Callbacks {
    app: App,
    /// A database of your own, where secrets are kept.
    tokens: Mutex<HashMap<String, Token>>,
}

type Answer = Result<Html<String>, StatusCode>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let variable = std::env::var;
    let mut app = App::new(
        variable("BIGCOMMERCE_CLIENT_ID")?,
        variable("BIGCOMMERCE_CLIENT_SECRET")?,
        variable("BIGCOMMERCE_REDIRECT_URI")?,
    )?;
    if let Ok(login) = variable("BIGCOMMERCE_LOGIN_URL") {
        app = app.login_url(&login)?;
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8082").await?;
    axum::serve(listener, router(app)).await?;
    Ok(())
}

/// The callbacks of an app.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/auth", get(auth))
        .route("/load", get(load))
        .route("/uninstall", get(uninstall))
        .with_state(Arc::new(Callbacks { app, tokens: Mutex::default() }))
}

/// The merchant accepted: give the code for a token before answering.
async fn auth(State(callbacks): State<Arc<Callbacks>>, RawQuery(query): RawQuery) -> Answer {
    let callback = Callback::parse(&query.unwrap_or_default()).map_err(|_| StatusCode::BAD_REQUEST)?;
    let grant = callbacks.app.exchange(&callback).await.map_err(|error| {
        eprintln!("{error}");
        StatusCode::BAD_GATEWAY
    })?;
    if !grant.scopes.missing(SCOPES).is_empty() {
        return Err(StatusCode::FORBIDDEN);
    }
    keep(&callbacks, &grant.store, Some(grant.token.clone()));
    Ok(Html(format!("Installed in {}.", grant.store)))
}

/// Somebody opens the app.
async fn load(State(callbacks): State<Arc<Callbacks>>, query: Query<HashMap<String, String>>) -> Answer {
    let claims = claims(&callbacks, &query)?;
    let known = callbacks.tokens.lock().is_ok_and(|tokens| tokens.contains_key(claims.store.as_str()));
    if known { Ok(Html(format!("Hello, {}.", claims.store))) } else { Err(StatusCode::NOT_FOUND) }
}

/// The token does not hold any more, and the store has deleted the app's hooks.
async fn uninstall(State(callbacks): State<Arc<Callbacks>>, query: Query<HashMap<String, String>>) -> Answer {
    let claims = claims(&callbacks, &query)?;
    keep(&callbacks, &claims.store, None);
    Ok(Html(String::new()))
}

fn claims(callbacks: &Callbacks, query: &HashMap<String, String>) -> Result<Claims, StatusCode> {
    let jwt = query.get("signed_payload_jwt").ok_or(StatusCode::BAD_REQUEST)?;
    callbacks.app.verify(jwt, jiff::Timestamp::now()).map_err(|_| StatusCode::UNAUTHORIZED)
}

fn keep(callbacks: &Callbacks, store: &StoreHash, token: Option<Token>) {
    let Ok(mut tokens) = callbacks.tokens.lock() else { return };
    match token {
        Some(token) => tokens.insert(store.to_string(), token),
        None => tokens.remove(store.as_str()),
    };
}
