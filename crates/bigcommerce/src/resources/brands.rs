//! Brands (`reference/catalog/brands_catalog.v3.yml`).

use super::metafields::Metafield;
use super::resource::{Resource, resource};
use crate::Error;
use crate::model::{draft, record};

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
        /// Whether the old path shall lead to the new one; only written, only for products.
        create_redirect: bool,
    }
}

impl CustomUrl {
    /// A path of one's own choice, such as `/red-cups/`.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: Some(url.into()), is_customized: Some(true), ..Self::default() }
    }
}

draft! {
    /// A brand to be created.
    NewBrand(name: String),
    /// Changes of a brand.
    BrandUpdate {
        page_title: String,
        meta_keywords: Vec<String>,
        meta_description: String,
        search_keywords: String,
        image_url: String,
        custom_url: CustomUrl,
    }
}

resource!(Brand { "/v3/catalog/brands", Offset, "id": i64, Path, Path },
    get, create NewBrand, update BrandUpdate, delete);

impl Resource<Brand> {
    /// Sends the image of a brand; answers the address that it has then.
    ///
    /// # Errors
    /// As every request; see [`Error`].
    pub async fn upload_image(
        &self,
        brand: i64,
        file_name: &str,
        image: &[u8],
    ) -> Result<Option<String>, Error> {
        self.send_image(format!("{}/{brand}/image", self.path), file_name, image).await
    }

    /// The metafields of a brand.
    pub fn metafields(&self, brand: i64) -> Resource<Metafield> {
        self.below(format!("{}/{brand}/metafields", self.path))
    }
}
