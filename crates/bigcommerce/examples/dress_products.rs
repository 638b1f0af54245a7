//! Sends a product its picture, and tags products with metafields, any number in batches.
//!
//! ```console
//! $ baxter sim --port 8080 &
//! $ export BIGCOMMERCE_API_URL=http://127.0.0.1:8080
//! $ export BIGCOMMERCE_STORE_HASH=simstore BIGCOMMERCE_TOKEN=simtoken
//! $ cargo run -p bigcommerce --example dress_products -- 77 cup.png
//! ```

use bigcommerce::resources::metafields::{
    MetafieldFamily, MetafieldUpdate, NewFamilyMetafield, PermissionSet,
};
use bigcommerce::resources::product_parts::{Image, ImageUpdate};
use bigcommerce::{Client, ClientBuilder, Error};

/// Whose metafields these are.
const NAMESPACE: &str = "warehouse";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = ClientBuilder::from_env()?.user_agent("dress-products/1.0").build()?;
    let mut arguments = std::env::args().skip(1);
    let product = arguments.next().ok_or("give the id of a product and a picture")?.parse()?;
    let file = arguments.next().ok_or("give the id of a product and a picture")?;
    if let Some(image) = picture(&client, product, &file, &std::fs::read(&file)?).await? {
        println!("{}", image.url_standard.unwrap_or_default());
    }
    for line in tag(&client, &[(product, "Bern".to_owned())]).await? {
        println!("{line}");
    }
    Ok(())
}

/// Sends the product's picture, which becomes its thumbnail.
pub async fn picture(
    client: &Client,
    product: i64,
    file: &str,
    bytes: &[u8],
) -> Result<Option<Image>, Error> {
    let name = file.rsplit('/').next().unwrap_or(file);
    let about = ImageUpdate::new().is_thumbnail(true).description("As it stands on our shelf");
    client.products().images(product).upload(name, bytes, about).await
}

/// Writes where products come from; one line for each. What is there already is changed.
pub async fn tag(client: &Client, origins: &[(i64, String)]) -> Result<Vec<String>, Error> {
    let metafields = client.metafields(MetafieldFamily::Products);
    let there = metafields.list().filter("namespace", NAMESPACE).filter("key", "origin").all().await?;
    let of = |product: &i64| {
        let product = product.to_string();
        there.iter().find(|field| field.resource_id.as_ref() == Some(&product)).and_then(|field| field.id)
    };
    let (old, new): (Vec<_>, Vec<_>) = origins.iter().partition(|(product, _)| of(product).is_some());

    let updates = old
        .iter()
        .filter_map(|(product, origin)| Some((of(product)?, MetafieldUpdate::new().value(origin.as_str()))));
    let updated = metafields.update_many(updates).await?;
    let creations = new.iter().map(|(product, origin)| {
        NewFamilyMetafield::new(*product, NAMESPACE, "origin", origin.as_str(), PermissionSet::Read)
    });
    let created = metafields.create_many(creations).await?;

    let outcomes = old.iter().zip(&updated.rows).chain(new.iter().zip(&created.rows));
    Ok(outcomes
        .map(|((product, origin), row)| match row {
            Ok(_) => format!("{product}\t{origin}"),
            Err(error) => format!("{product}\tnot written: {error}"),
        })
        .collect())
}
