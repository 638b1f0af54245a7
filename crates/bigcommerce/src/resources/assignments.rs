//! Which products are in which channels and categories (`reference/catalog/products_catalog.v3.yml`).

use serde::Serialize;

use super::resource::{Resource, resource};
use crate::model::record;
use crate::{Error, Request};

record! {
    /// A product that a channel carries.
    ChannelAssignment {
        product_id: i64,
        channel_id: i64,
    }
}

record! {
    /// A product that is in a category.
    CategoryAssignment {
        product_id: i64,
        category_id: i64,
    }
}

resource!(ChannelAssignment { "/v3/catalog/products/channel-assignments", Offset, "product_id": i64, Path, Path });
resource!(CategoryAssignment { "/v3/catalog/products/category-assignments", Offset, "product_id": i64, Path, Path });

#[derive(Serialize)]
struct InChannel {
    product_id: i64,
    channel_id: i64,
}

#[derive(Serialize)]
struct InCategory {
    product_id: i64,
    category_id: i64,
}

impl Resource<ChannelAssignment> {
    /// Puts products into channels: pairs of product and channel. What is there already stays.
    ///
    /// # Errors
    /// As every request.
    pub async fn assign(&self, pairs: impl IntoIterator<Item = (i64, i64)>) -> Result<(), Error> {
        let pairs = pairs.into_iter().map(|(product_id, channel_id)| InChannel { product_id, channel_id });
        let request = Request::put(&self.path).json(&pairs.collect::<Vec<_>>());
        self.send(request).await.map(drop)
    }

    /// Takes every one of these products out of every one of these channels.
    ///
    /// # Errors
    /// As every request; without a product or without a channel nothing is sent.
    pub async fn remove(&self, products: &[i64], channels: &[i64]) -> Result<(), Error> {
        self.send(crossing(&self.path, products, "channel_id:in", channels)?).await.map(drop)
    }
}

impl Resource<CategoryAssignment> {
    /// Puts products into categories: pairs of product and category. What is there already stays.
    ///
    /// # Errors
    /// As every request.
    pub async fn assign(&self, pairs: impl IntoIterator<Item = (i64, i64)>) -> Result<(), Error> {
        let pairs = pairs.into_iter().map(|(product_id, category_id)| InCategory { product_id, category_id });
        let request = Request::put(&self.path).json(&pairs.collect::<Vec<_>>());
        self.send(request).await.map(drop)
    }

    /// Takes every one of these products out of every one of these categories.
    ///
    /// # Errors
    /// As every request; without a product or without a category nothing is sent.
    pub async fn remove(&self, products: &[i64], categories: &[i64]) -> Result<(), Error> {
        self.send(crossing(&self.path, products, "category_id:in", categories)?).await.map(drop)
    }
}

/// An empty side would delete by the other alone.
fn crossing(path: &str, products: &[i64], other: &str, others: &[i64]) -> Result<Request, Error> {
    if products.is_empty() || others.is_empty() {
        return Err(Error::Configuration("name products, and what to take them out of".to_owned()));
    }
    let join = |ids: &[i64]| ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    Ok(Request::delete(path).query("product_id:in", join(products)).query(other, join(others)))
}
