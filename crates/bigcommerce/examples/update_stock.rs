//! Sets the stock of SKUs at the default location, and tells row by row what became of it.
//!
//! ```console
//! $ baxter sim --port 8080 &
//! $ export BIGCOMMERCE_API_URL=http://127.0.0.1:8080
//! $ export BIGCOMMERCE_STORE_HASH=simstore BIGCOMMERCE_TOKEN=simtoken
//! $ cargo run -p bigcommerce --example update_stock -- CUP-RED=12 CUP-BLUE=0
//! ```

use bigcommerce::resources::inventory::{Adjustment, Identity};
use bigcommerce::{Client, ClientBuilder, Error};

/// The default location of every store.
const LOCATION: i64 = 1;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = ClientBuilder::from_env()?.user_agent("update-stock/1.0").build()?;
    let mut counted = Vec::new();
    for argument in std::env::args().skip(1) {
        let (sku, quantity) = argument.split_once('=').ok_or("give SKU=QUANTITY")?;
        counted.push((sku.to_owned(), quantity.parse()?));
    }
    for line in update_stock(&client, &counted).await? {
        println!("{line}");
    }
    Ok(())
}

/// Sets quantities by SKU; one line for each.
pub async fn update_stock(client: &Client, counted: &[(String, i64)]) -> Result<Vec<String>, Error> {
    let rows = counted.iter().map(|(sku, quantity)| Adjustment::new(LOCATION, Identity::sku(sku), *quantity));
    // One unknown SKU fails its whole request: the client finds it, and writes the others all the same.
    let report = client.inventory().set("counted by hand", rows).await?;
    let outcome = |((sku, quantity), row): (&(String, i64), _)| match row {
        &Ok(_) => format!("{sku}\t{quantity}"),
        Err(error) => format!("{sku}\tnot written: {error}"),
    };
    Ok(counted.iter().zip(&report.rows).map(outcome).collect())
}

/// What the store says is on hand. It may be the old number for a moment after a write.
pub async fn stock_of(client: &Client, sku: &str) -> Result<Option<i64>, Error> {
    let item = client.inventory().list().filter("sku:in", sku).first().await?;
    let levels = item.and_then(|item| item.locations).unwrap_or_default();
    let level = levels.into_iter().find(|level| level.location_id == Some(LOCATION));
    Ok(level.and_then(|level| level.total_inventory_onhand))
}
