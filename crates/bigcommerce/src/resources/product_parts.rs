//! Images, videos, custom fields, bulk prices, rules and reviews of a product
//! (`reference/catalog/products_catalog.v3.yml`).

use super::resource::{Resource, first, resource};
use crate::model::{draft, open_enum, record};
use crate::{Amount, Error, Request, Time};

record! {
    /// An image of a product.
    Image {
        /// The key.
        id: i64,
        product_id: i64,
        /// Its path in the store.
        image_file: String,
        is_thumbnail: bool,
        sort_order: i64,
        /// The alternative text.
        description: String,
        url_zoom: String,
        url_standard: String,
        url_thumbnail: String,
        url_tiny: String,
        date_created: Time,
        date_modified: Time,
    }
}

draft! {
    /// An image to be fetched by the store from an address: BMP, GIF, JPEG, PNG, WBMP, XBM or WEBP of 8 MB
    /// at most. For one that lies here there is [`upload`](Resource::upload).
    NewImage(image_url: String),
    /// Changes of an image.
    ImageUpdate {
        is_thumbnail: bool,
        sort_order: i64,
        description: String,
    }
}

resource!(Image { "/v3/catalog/products/{product_id}/images", Offset, "id": i64, Path, Path },
    get, create NewImage, update ImageUpdate, delete);

impl Resource<Image> {
    /// Sends an image of one's own, with what is told of it: BMP, GIF, JPEG, PNG, WBMP, XBM or WEBP of 8 MB at most.
    /// One that the store can fetch from an address is [created](Resource::create) instead.
    ///
    /// ```no_run
    /// # async fn example(client: bigcommerce::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use bigcommerce::resources::product_parts::ImageUpdate;
    ///
    /// let about = ImageUpdate::new().description("A red cup, from the left").is_thumbnail(true);
    /// let image = client.products().images(77).upload("cup.png", &std::fs::read("cup.png")?, about).await?;
    /// println!("{:?}", image.and_then(|image| image.url_standard));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`create`](Resource::create).
    pub async fn upload(
        &self,
        file_name: &str,
        image: &[u8],
        about: ImageUpdate,
    ) -> Result<Option<Image>, Error> {
        let request = Request::post(&self.path).form(about.0.texts(), ("image_file", file_name), image);
        first(&self.send(request).await?)
    }
}

record! {
    /// A video of a product.
    Video {
        /// The key.
        id: i64,
        product_id: i64,
        title: String,
        description: String,
        sort_order: i64,
        /// `youtube`.
        r#type: String,
        /// The part of the address behind `v=`.
        video_id: String,
        /// As `minutes:seconds`.
        length: String,
    }
}

draft! {
    /// A video to be shown.
    NewVideo(video_id: String),
    /// Changes of a video.
    VideoUpdate {
        r#type: String,
        title: String,
        description: String,
        sort_order: i64,
    }
}

resource!(Video { "/v3/catalog/products/{product_id}/videos", Offset, "id": i64, Path, Path },
    get, create NewVideo, update VideoUpdate, delete);

record! {
    /// A custom field of a product.
    CustomField {
        /// The key.
        id: i64,
        name: String,
        value: String,
    }
}

draft! {
    /// A custom field to be created.
    NewCustomField(name: String, value: String),
    /// Changes of a custom field.
    CustomFieldUpdate {}
}

resource!(CustomField { "/v3/catalog/products/{product_id}/custom-fields", Offset, "id": i64, Path, Path },
    get, create NewCustomField, update CustomFieldUpdate, delete);

open_enum! {
    /// What the amount of a bulk price means.
    BulkPricingType {
        /// So much off each unit.
        Price = "price",
        /// This share off.
        Percent = "percent",
        /// The new price of a unit.
        Fixed = "fixed",
    }
}

record! {
    /// A price for larger quantities.
    BulkPricingRule {
        /// The key.
        id: i64,
        quantity_min: i64,
        /// 0 for no upper end.
        quantity_max: i64,
        r#type: BulkPricingType,
        amount: Amount,
    }
}

draft! {
    /// A bulk price to be created. A `quantity_max` of 0 is no upper end.
    NewBulkPricingRule(quantity_min: i64, quantity_max: i64, r#type: BulkPricingType, amount: Amount),
    /// Changes of a bulk price.
    BulkPricingRuleUpdate {}
}

resource!(BulkPricingRule { "/v3/catalog/products/{product_id}/bulk-pricing-rules", None, "id": i64, Path, Path },
    get, create NewBulkPricingRule, update BulkPricingRuleUpdate, delete);

open_enum! {
    /// How an adjuster's value is meant.
    AdjusterKind { Relative = "relative", Percentage = "percentage", }
}

record! {
    /// A change of price or weight; a positive value adds.
    Adjuster {
        adjuster: AdjusterKind,
        adjuster_value: Amount,
    }
}

record! {
    /// A rule over several choices.
    ComplexRule {
        /// The key.
        id: i64,
        product_id: i64,
        sort_order: i64,
        enabled: bool,
        /// Whether later rules are skipped.
        stop: bool,
        price_adjuster: Adjuster,
        weight_adjuster: Adjuster,
        purchasing_disabled: bool,
        purchasing_disabled_message: String,
        purchasing_hidden: bool,
        image_url: String,
        conditions: Vec<RuleCondition>,
    }
}

record! {
    /// A choice that a rule asks for.
    RuleCondition {
        /// The key.
        id: i64,
        rule_id: i64,
        modifier_id: i64,
        modifier_value_id: i64,
        variant_id: i64,
        combination_id: i64,
    }
}

draft! {
    /// A rule to be created; it needs two conditions at least.
    NewComplexRule(conditions: Vec<RuleCondition>),
    /// Changes of a rule.
    ComplexRuleUpdate {
        sort_order: i64,
        enabled: bool,
        stop: bool,
        price_adjuster: Adjuster,
        weight_adjuster: Adjuster,
        purchasing_disabled: bool,
        purchasing_disabled_message: String,
        purchasing_hidden: bool,
        image_url: String,
    }
}

resource!(ComplexRule { "/v3/catalog/products/{product_id}/complex-rules", Offset, "id": i64, Path, Path },
    get, create NewComplexRule, update ComplexRuleUpdate, delete);

open_enum! {
    /// Whether a review is shown. The list's filter wants 1 for approved and 0 for the others.
    ReviewStatus {
        Approved = "approved",
        Disapproved = "disapproved",
        Pending = "pending",
    }
}

record! {
    /// A review of a product.
    Review {
        /// The key.
        id: i64,
        product_id: i64,
        title: String,
        text: String,
        status: ReviewStatus,
        /// 1 to 5.
        rating: i64,
        email: String,
        name: String,
        date_reviewed: Time,
        date_created: Time,
        date_modified: Time,
    }
}

draft! {
    /// A review to be created.
    NewReview(title: String, date_reviewed: Time),
    /// Changes of a review.
    ReviewUpdate {
        text: String,
        status: ReviewStatus,
        rating: i64,
        email: String,
        name: String,
    }
}

resource!(Review { "/v3/catalog/products/{product_id}/reviews", Offset, "id": i64, Path, Path },
    get, create NewReview, update ReviewUpdate, delete);
