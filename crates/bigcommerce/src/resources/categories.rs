//! Categories and their trees (`reference/catalog/category-trees_catalog.v3.yml`).

use super::metafields::Metafield;
use super::resource::{Resource, resource};
use crate::Error;
use crate::model::{draft, open_enum, record};

open_enum! {
    /// The order of products in a category.
    ProductSort {
        UseStoreSettings = "use_store_settings",
        Featured = "featured",
        Newest = "newest",
        BestSelling = "best_selling",
        AlphaAsc = "alpha_asc",
        AlphaDesc = "alpha_desc",
        AvgCustomerReview = "avg_customer_review",
        PriceAsc = "price_asc",
        PriceDesc = "price_desc",
    }
}

record! {
    /// A category of a tree.
    Category {
        /// The key.
        category_id: i64,
        category_uuid: String,
        tree_id: i64,
        /// The category above; 0 at the top.
        parent_id: i64,
        /// The name, unique among its siblings, at most 50 characters.
        name: String,
        /// HTML.
        description: String,
        views: i64,
        sort_order: i64,
        page_title: String,
        search_keywords: String,
        meta_keywords: Vec<String>,
        meta_description: String,
        layout_file: String,
        is_visible: bool,
        default_product_sort: ProductSort,
        image_url: String,
        url: CategoryUrl,
    }
}

record! {
    /// The address of a category.
    CategoryUrl {
        /// The path, with a slash at both ends.
        path: String,
        /// Whether a person chose it.
        is_customized: bool,
    }
}

draft! {
    /// A category to be created; it needs `tree_id` or `parent_id`.
    NewCategory(name: String),
    /// Changes of a category.
    CategoryUpdate {
        tree_id: i64,
        parent_id: i64,
        description: String,
        views: i64,
        sort_order: i64,
        page_title: String,
        search_keywords: String,
        meta_keywords: Vec<String>,
        meta_description: String,
        layout_file: String,
        is_visible: bool,
        default_product_sort: ProductSort,
        image_url: String,
        url: CategoryUrl,
    }
}

// How many the endpoint takes is not stated: what products take by default is safe.
resource!(Category { "/v3/catalog/trees/categories", Offset, "category_id": i64, Filter("category_id:in"), Filter("category_id:in") },
    get, create NewCategory, update CategoryUpdate, delete,
    create_many 50 Partial, update_many 50 Partial, delete_many "category_id:in" 250 Whole);

impl Resource<Category> {
    /// Sends the image of a category; answers the address that it has then.
    ///
    /// # Errors
    /// As every request; see [`Error`].
    pub async fn upload_image(
        &self,
        category: i64,
        file_name: &str,
        image: &[u8],
    ) -> Result<Option<String>, Error> {
        // Trees have no such endpoint.
        self.send_image(format!("/v3/catalog/categories/{category}/image"), file_name, image).await
    }

    /// The metafields of a category.
    pub fn metafields(&self, category: i64) -> Resource<Metafield> {
        self.below(format!("/v3/catalog/categories/{category}/metafields"))
    }
}

record! {
    /// A tree of categories: what a storefront shows.
    CategoryTree {
        /// The key.
        id: i64,
        name: String,
        channels: Vec<i64>,
    }
}

draft! {
    /// Changes of a tree.
    CategoryTreeUpdate() {
        name: String,
    }
}

resource!(CategoryTree { "/v3/catalog/trees", None, "id": i64, Filter("id:in"), Filter("id:in") },
    get, update CategoryTreeUpdate, delete, update_many 50 Whole);

impl Resource<CategoryTree> {
    /// The categories of a tree, nested; one request at a time.
    pub fn nodes(&self, tree: i64) -> Resource<CategoryNode> {
        self.below(format!("{}/{tree}/categories", self.path))
    }
}

record! {
    /// A category with those below it, eight levels deep at most.
    CategoryNode {
        /// The key.
        id: i64,
        parent_id: i64,
        depth: i64,
        path: Vec<i64>,
        name: String,
        is_visible: bool,
        url: String,
        children: Vec<CategoryNode>,
    }
}

resource!(CategoryNode { "/v3/catalog/trees/{tree_id}/categories", None, "id": i64, Path, Path });

record! {
    /// A category of the older endpoint, which knows the tree of channel 1 only.
    LegacyCategory {
        /// The key.
        id: i64,
        parent_id: i64,
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
        default_product_sort: ProductSort,
        image_url: String,
        custom_url: super::brands::CustomUrl,
    }
}

resource!(LegacyCategory { "/v3/catalog/categories", Offset, "id": i64, Path, Path }, get);
