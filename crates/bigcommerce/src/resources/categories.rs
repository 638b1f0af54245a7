//! Categories (`reference/catalog/category-trees_catalog.v3.yml`).

use super::record::{Create, Delete, One, Record, Shape, Update, record};
use crate::Paging;

record! {
    /// A category of a tree.
    Category {
        /// The key.
        category_id: i64,
        category_uuid: String,
        tree_id: i64,
        /// The category above; 0 at the top.
        parent_id: i64,
        /// The name, unique among its siblings.
        name: String,
        description: String,
        views: i64,
        sort_order: i64,
        page_title: String,
        search_keywords: String,
        meta_keywords: Vec<String>,
        meta_description: String,
        layout_file: String,
        is_visible: bool,
        default_product_sort: String,
        image_url: String,
        url: CategoryUrl,
    }
}

record! {
    /// The address of a category.
    CategoryUrl {
        /// The path.
        path: String,
        /// Whether a person chose it.
        is_customized: bool,
    }
}

impl Record for Category {
    const SHAPE: Shape = Shape {
        path: "/v3/catalog/trees/categories",
        paging: Paging::Offset,
        limit: 250,
        one: One::Filter("category_id:in"),
        key: "category_id",
    };
}

impl Create for Category {}

impl Update for Category {}

impl Delete for Category {}
