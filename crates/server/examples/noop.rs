//! The floor of intake: the daemon's own listener, which reads each notification, checks nothing, stores nothing and
//! answers 200. What `baxter serve` takes longer than this is verification and the disk.
//!
//! Prints the URL that it listens at and runs until it is killed.

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use baxter_server::connections::{self, Limits};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("http://{}", listener.local_addr()?);
    let router = Router::new().route("/webhooks", post(|_body: Bytes| async {}));
    connections::serve(&listener, None, router, Limits::default(), CancellationToken::new()).await
}
