//! Brands (`reference/catalog/brands_catalog.v3.yml`).

use super::record::{Create, Delete, One, Record, Shape, Update, record};
use crate::Paging;

record! {
    /// A brand.
    Brand {
        /// The key.
        id: i64,
        /// The name, unique in the store.
        name: String,
        page_title: String,
        meta_keywords: Vec<String>,
        meta_description: String,
        image_url: String,
        search_keywords: String,
        custom_url: CustomUrl,
    }
}

record! {
    /// The address of a page in the storefront.
    CustomUrl {
        /// The path.
        url: String,
        /// Whether a person chose it.
        is_customized: bool,
    }
}

impl Record for Brand {
    const SHAPE: Shape =
        Shape { path: "/v3/catalog/brands", paging: Paging::Offset, limit: 250, one: One::Path, key: "id" };
}

impl Create for Brand {}

impl Update for Brand {}

impl Delete for Brand {}
