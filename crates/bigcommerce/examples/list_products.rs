//! Lists what the catalog sells, with prices to the last digit.
//!
//! ```console
//! $ baxter sim --port 8080 &
//! $ export BIGCOMMERCE_API_URL=http://127.0.0.1:8080
//! $ export BIGCOMMERCE_STORE_HASH=simstore BIGCOMMERCE_TOKEN=simtoken
//! $ cargo run -p bigcommerce --example list_products
//! ```

use bigcommerce::{Client, ClientBuilder, Error};
use futures::TryStreamExt;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let client = ClientBuilder::from_env()?.user_agent("list-products/1.0").build()?;
    for line in list_products(&client).await? {
        println!("{line}");
    }
    Ok(())
}

/// One line for each visible product: SKU, name, price, and how many variants it has.
pub async fn list_products(client: &Client) -> Result<Vec<String>, Error> {
    let list = client.products().list().filter("is_visible", true).include("variants").limit(250);
    let mut products = std::pin::pin!(list.records());
    let mut lines = Vec::new();
    // The next page is asked for when this one is used up: a catalog of any size fits.
    while let Some(product) = products.try_next().await? {
        let variants = product.variants.unwrap_or_default().len();
        let price = product.calculated_price.or(product.price).map(|price| price.to_string());
        lines.push(format!(
            "{}\t{}\t{}\t{variants}",
            product.sku.as_deref().unwrap_or("-"),
            product.name.as_deref().unwrap_or("-"),
            price.as_deref().unwrap_or("-"),
        ));
    }
    Ok(lines)
}
