//! Sends signed notifications, as a store in a hurry does, and measures the answers.
//!
//! `events URL HASH COUNT CONNECTIONS [RATE]`, with the client secret in `BAXTER_CLIENT_SECRET`: COUNT product events
//! of as many products, over CONNECTIONS kept-alive connections, RATE of them a second (without it: as fast as they are
//! answered). Prints `{"sent","refused","seconds","per_s","p50_ms","p99_ms"}`; a latency counts from the moment at which
//! the notification was due, so that a server that is late is not spared.

use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

type Failed = Box<dyn Error + Send + Sync>;

/// What all connections share.
struct Work {
    authority: String,
    hash: String,
    secret: String,
    count: u64,
    rate: Option<f64>,
    next: AtomicU64,
    began: Instant,
    run: u64,
}

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (url, hash, count, connections, rate) = match arguments.as_slice() {
        [url, hash, count, connections] => (url, hash, count, connections, None),
        [url, hash, count, connections, rate] => (url, hash, count, connections, Some(rate.parse()?)),
        _ => return Err("usage: events URL HASH COUNT CONNECTIONS [RATE]".into()),
    };
    let work = Arc::new(Work {
        authority: url.strip_prefix("http://").ok_or("an http URL is needed")?.to_owned(),
        hash: hash.clone(),
        secret: std::env::var("BAXTER_CLIENT_SECRET")?,
        count: count.parse()?,
        rate,
        next: AtomicU64::new(0),
        began: Instant::now(),
        run: seconds() * 1_000 + u64::from(std::process::id()) % 1_000,
    });
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..connections.parse::<u32>()? {
        tasks.spawn(connection(Arc::clone(&work)));
    }
    let (mut latencies, mut refused) = (Vec::new(), 0);
    while let Some(done) = tasks.join_next().await {
        let (of_one, refused_of_one) = done??;
        latencies.extend(of_one);
        refused += refused_of_one;
    }
    let took = work.began.elapsed().as_secs_f64();
    latencies.sort();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    let report = serde_json::json!({
        "sent": latencies.len(), "refused": refused, "seconds": took, "per_s": latencies.len() as f64 / took,
        "p50_ms": at(0.5), "p99_ms": at(0.99),
    });
    Ok(writeln!(std::io::stdout(), "{report}")?)
}

/// Sends what is next, one after the other, until nothing is left; the latencies, and how many were not answered 200.
async fn connection(work: Arc<Work>) -> Result<(Vec<Duration>, u64), Failed> {
    let mut stream = TcpStream::connect(&work.authority).await?;
    stream.set_nodelay(true)?;
    let (mut latencies, mut refused) = (Vec::new(), 0);
    let mut answer = vec![0; 4096];
    loop {
        let number = work.next.fetch_add(1, Ordering::Relaxed);
        if number >= work.count {
            return Ok((latencies, refused));
        }
        let due = match work.rate {
            Some(rate) => work.began + Duration::from_secs_f64(number as f64 / rate),
            None => Instant::now(),
        };
        tokio::time::sleep_until(due.into()).await;
        stream.write_all(notification(&work, number).as_bytes()).await?;
        let mut read = 0;
        // The answers have no body, or a line that is read with them.
        while !answer[..read].windows(4).any(|end| end == b"\r\n\r\n") {
            let more = stream.read(&mut answer[read..]).await?;
            if more == 0 {
                return Err("the connection was closed".into());
            }
            read += more;
        }
        refused += u64::from(!answer.starts_with(b"HTTP/1.1 200"));
        latencies.push(due.elapsed());
    }
}

fn notification(work: &Work, number: u64) -> String {
    let (now, id) = (seconds(), format!("{:016x}{number:024x}", work.run));
    let body = format!(
        r#"{{"scope":"store/product/updated","store_id":"1","data":{{"type":"product","id":{}}},"hash":"{id}","created_at":{now},"producer":"stores/{}"}}"#,
        number + 1,
        work.hash,
    );
    // Any length is a key of HMAC.
    let mut mac = Hmac::<Sha256>::new_from_slice(work.secret.as_bytes()).expect("any key will do");
    mac.update(format!("{id}.{now}.{body}").as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    format!(
        "POST /webhooks HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nwebhook-id: {id}\r\n\
         webhook-timestamp: {now}\r\nwebhook-signature: v1,{signature}\r\nContent-Length: {}\r\n\r\n{body}",
        work.authority,
        body.len(),
    )
}

/// The time of the server under test, which is another process.
#[expect(clippy::disallowed_methods, reason = "a process of its own has no other clock")]
fn seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}
