//! The floor of a backfill: downloads the same pages as Baxter, as many at a time, with the same HTTP library,
//! and throws them away. What Baxter takes longer than this is Baxter's own.
//!
//! `floor URL HASH PATH LIMIT CONCURRENCY`, with the token in `BAXTER_TOKEN`; `PATH` may carry a query. Prints
//! `{"requests","bytes","seconds"}`.

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, hash, path, limit, concurrency] = arguments.as_slice() else {
        return Err("usage: floor URL HASH PATH LIMIT CONCURRENCY".into());
    };
    let token = std::env::var("BAXTER_TOKEN")?;
    let separator = if path.contains('?') { '&' } else { '?' };
    let address = format!("{url}/stores/{hash}{path}{separator}limit={limit}&page=");
    // Another provider being there already would be as good; nothing else runs in this process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().gzip(true).build()?;

    let begun = Instant::now();
    let mut first = Vec::new();
    download(&client, format!("{address}1"), &token, |chunk| first.extend_from_slice(chunk)).await?;
    let meta: Value = serde_json::from_slice(&first)?;
    let pages =
        meta["meta"]["pagination"]["total_pages"].as_u64().ok_or("the first page has no total_pages")?;
    let rest: Vec<u64> = stream::iter(2..=pages)
        .map(|page| download(&client, format!("{address}{page}"), &token, |_| ()))
        .buffer_unordered(concurrency.parse()?)
        .try_collect()
        .await?;
    let bytes = first.len() as u64 + rest.iter().sum::<u64>();
    let report = json!({ "requests": pages, "bytes": bytes, "seconds": begun.elapsed().as_secs_f64() });
    Ok(writeln!(std::io::stdout(), "{report}")?)
}

/// Reads one answer chunk by chunk; returns its decompressed size.
async fn download(
    client: &reqwest::Client,
    address: String,
    token: &str,
    mut each: impl FnMut(&[u8]),
) -> Result<u64, reqwest::Error> {
    let mut answer = client.get(address).header("X-Auth-Token", token).send().await?.error_for_status()?;
    let mut bytes = 0;
    while let Some(chunk) = answer.chunk().await? {
        bytes += chunk.len() as u64;
        each(&chunk);
    }
    Ok(bytes)
}
