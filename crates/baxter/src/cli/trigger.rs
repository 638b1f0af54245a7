//! `baxter trigger`: makes an event happen in a simulated store.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Context;
use crate::failure::{Code, Failure};

/// The bytes of an answer that are read.
const ANSWER_MAX: u64 = 1024 * 1024;

/// Make an event happen in a simulated store
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The event is about a record that is there; nothing changes, and hooks are told of it.\n\n\
    Examples:\n  \
    baxter trigger store/order/created --api-url http://127.0.0.1:8080\n  \
    baxter trigger store/product/updated --id 77\n  \
    baxter trigger store/channel/1/order/statusUpdated -o json"
)]
pub struct Args {
    /// The event, such as store/order/created; not a wildcard
    #[arg(value_name = "SCOPE")]
    scope: String,
    /// The record it is about [default: the first one that fits]
    #[arg(long, value_name = "N")]
    id: Option<i64>,
}

/// Asks the store for the event.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    let url = context.settings.connection()?.api_url;
    let address = url.as_deref().and_then(|url| url.strip_prefix("http://")).ok_or_else(|| {
        Failure::usage("only a simulated store makes events on demand")
            .hint("start one with `baxter sim` and name it: --api-url http://127.0.0.1:PORT")
    })?;
    let body = match args.id {
        Some(id) => json!({"scope": args.scope, "id": id}),
        None => json!({"scope": args.scope}),
    };
    let failed = |error: std::io::Error| {
        Failure::new(Code::Network, format!("no answer from the simulated store: {error}")).at(address)
    };
    let answer = tokio::time::timeout(context.settings.requests.timeout, post(address, &body.to_string()))
        .await
        .map_err(|_| failed(std::io::ErrorKind::TimedOut.into()))?
        .map_err(failed)?;
    let strange = || Failure::new(Code::Simulator, "this is no simulated store").at(address);
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(strange)?;
    let told: Value = serde_json::from_str(body).map_err(|_| strange())?;
    if !head.starts_with("HTTP/1.1 200 ") {
        let reason = told["error"].as_str().ok_or_else(strange)?;
        return Err(Failure::usage(reason).did("told nothing"));
    }
    if context.printer.told(&told)? {
        return Ok(());
    }
    context.printer.line(format_args!("told {} {}", args.scope, told["data"]))
}

async fn post(address: &str, body: &str) -> std::io::Result<Vec<u8>> {
    let mut connection = TcpStream::connect(address).await?;
    let length = body.len();
    let request = format!(
        "POST /_sim/trigger HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    connection.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    connection.take(ANSWER_MAX).read_to_end(&mut answer).await?;
    Ok(answer)
}
