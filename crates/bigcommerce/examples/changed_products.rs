//! Lists the products that were modified in the last hours, 24 unless said, and tells what that cost of the quota.
//!
//! ```console
//! $ baxter sim --port 8080 &
//! $ export BIGCOMMERCE_API_URL=http://127.0.0.1:8080
//! $ export BIGCOMMERCE_STORE_HASH=simstore BIGCOMMERCE_TOKEN=simtoken
//! $ cargo run -p bigcommerce --example changed_products -- 48
//! ```

use std::time::Duration;

use bigcommerce::resources::products::Product;
use bigcommerce::{Client, ClientBuilder, Error, Timestamp};
use futures::TryStreamExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let hours: u64 = std::env::args().nth(1).map_or(Ok(24), |hours| hours.parse())?;
    // A third of each window of the quota is left to the store's other apps.
    let client = ClientBuilder::from_env()?.user_agent("changed-products/1.0").reserve(0.33).build()?;
    let since = Timestamp::now() - Duration::from_secs(hours * 3600);
    match changed_since(&client, since).await {
        Ok(products) => {
            for product in products {
                println!("{}\t{}", product.id.unwrap_or_default(), product.name.as_deref().unwrap_or("-"));
            }
        }
        // The client waited as long as each 429 asked. Who comes again later may find quota.
        Err(Error::Throttled { retry_after, .. }) => {
            eprintln!("the store is busy: again in {} s", retry_after.unwrap_or_default().as_secs());
        }
        Err(error) => return Err(error.into()),
    }
    let stats = client.stats();
    eprintln!("{} requests, {} of them sent again", stats.requests, stats.retries);
    if let Some(quota) = client.quota() {
        eprintln!("{} of {} requests left for {:?}", quota.left, quota.limit, quota.reset_in);
    }
    Ok(())
}

/// The products that were modified since then, the oldest change first.
pub async fn changed_since(client: &Client, since: Timestamp) -> Result<Vec<Product>, Error> {
    let list = client.products().list().modified_since(since).sort("date_modified").limit(250);
    list.records().try_collect().await
}
