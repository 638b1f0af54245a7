//! Coupons, gift certificates, promotions and redirects (`reference/marketing.v2.yml`,
//! `promotions.v3.yml`, `redirects.v3.yml`).

use super::batch::{Batch, Report, Rule, carry};
use super::resource::{Resource, raw, resource};
use crate::model::{draft, open_enum, record};
use crate::{Amount, Error, Json, Request, Time};

open_enum! {
    /// What a coupon takes off.
    CouponType {
        PerItemDiscount = "per_item_discount",
        PerTotalDiscount = "per_total_discount",
        ShippingDiscount = "shipping_discount",
        FreeShipping = "free_shipping",
        PercentageDiscount = "percentage_discount",
        /// The code of a promotion; most members mean nothing.
        Promotion = "promotion",
    }
}

record! {
    /// A coupon (V2).
    Coupon {
        /// The key.
        id: i64,
        name: String,
        r#type: CouponType,
        /// Money, or per cent.
        amount: Amount,
        min_purchase: Amount,
        /// `None` for never.
        expires: Time,
        enabled: bool,
        /// Unique; letters, digits, blanks, `_` and `-`.
        code: String,
        applies_to: AppliesTo,
        num_uses: i64,
        max_uses: i64,
        max_uses_per_customer: i64,
        /// `{"countries":"AU"}`, or an empty array for no restriction.
        restricted_to: Json,
        shipping_methods: Vec<String>,
        date_created: Time,
    }
}

record! {
    /// What a coupon is for.
    AppliesTo {
        /// `categories` or `products`.
        entity: String,
        /// `[0]` with categories is the whole store.
        ids: Vec<i64>,
    }
}

impl AppliesTo {
    /// The whole store.
    pub fn everything() -> Self {
        Self { entity: Some("categories".to_owned()), ids: Some(vec![0]), ..Self::default() }
    }

    /// These categories.
    pub fn categories(ids: impl Into<Vec<i64>>) -> Self {
        Self { entity: Some("categories".to_owned()), ids: Some(ids.into()), ..Self::default() }
    }

    /// These products.
    pub fn products(ids: impl Into<Vec<i64>>) -> Self {
        Self { entity: Some("products".to_owned()), ids: Some(ids.into()), ..Self::default() }
    }
}

draft! {
    /// A coupon to be created.
    NewCoupon(name: String, r#type: CouponType, code: String, amount: Amount, applies_to: AppliesTo),
    /// Changes of a coupon. Leaving `applies_to` out clears it.
    CouponUpdate {
        min_purchase: Amount,
        /// RFC 2822: [`Time::rfc2822`].
        expires: Time,
        enabled: bool,
        max_uses: i64,
        max_uses_per_customer: i64,
        restricted_to: Json,
        shipping_methods: Vec<String>,
    }
}

resource!(Coupon { "/v2/coupons", V2, "id": i64, Filter("id"), Path },
    get, create NewCoupon, update CouponUpdate, delete, delete_many "id:in" 100 Whole);

record! {
    /// A gift certificate (V2).
    GiftCertificate {
        /// The key.
        id: i64,
        customer_id: i64,
        order_id: i64,
        to_name: String,
        to_email: String,
        from_name: String,
        from_email: String,
        amount: Amount,
        balance: Amount,
        purchase_date: Time,
        expiry_date: Time,
        /// `birthday.html`, `girl.html`, `boy.html`, `celebration.html`, `christmas.html` or `general.html`.
        template: String,
        message: String,
        code: String,
        /// `active`, `pending`, `disabled` or `expired`.
        status: String,
        currency_code: String,
    }
}

draft! {
    /// A gift certificate to be created. No e-mail is sent.
    NewGiftCertificate(to_name: String, to_email: String, from_name: String, from_email: String, amount: Amount),
    /// Changes of a gift certificate.
    GiftCertificateUpdate {
        customer_id: i64,
        balance: Amount,
        /// RFC 2822: [`Time::rfc2822`].
        purchase_date: Time,
        /// RFC 2822: [`Time::rfc2822`].
        expiry_date: Time,
        template: String,
        message: String,
        /// Cut to 20 characters; made by the store if left out.
        code: String,
        status: String,
        currency_code: String,
    }
}

resource!(GiftCertificate { "/v2/gift_certificates", V2, "id": i64, Path, Path },
    get, create NewGiftCertificate, update GiftCertificateUpdate, delete);

open_enum! {
    /// How a promotion begins to count.
    RedemptionType { Automatic = "AUTOMATIC", Coupon = "COUPON", }
}

open_enum! {
    /// How a promotion stands.
    PromotionStatus {
        Enabled = "ENABLED",
        Disabled = "DISABLED",
        /// Set by the store.
        Invalid = "INVALID",
    }
}

record! {
    /// A promotion.
    Promotion {
        /// The key.
        id: i64,
        redemption_type: RedemptionType,
        name: String,
        display_name: String,
        /// Empty for all.
        channels: Vec<PromotionChannel>,
        customer: Json,
        rules: Vec<PromotionRule>,
        current_uses: i64,
        max_uses: i64,
        status: PromotionStatus,
        start_date: Time,
        end_date: Time,
        stop: bool,
        can_be_used_with_other_promotions: bool,
        /// ISO 4217, or `*`.
        currency_code: String,
        notifications: Vec<PromotionNotification>,
        shipping_address: Json,
        schedule: Json,
        created_from: String,
        codes: Vec<PromotionCode>,
        coupon_overrides_other_promotions: bool,
        coupon_overrides_automatic_when_offering_higher_discounts: bool,
        multiple_codes: Json,
        /// `SINGLE` or `BULK`.
        coupon_type: String,
    }
}

record! {
    /// A channel that a promotion is for.
    PromotionChannel {
        id: i64,
    }
}

record! {
    /// What a promotion does, and when.
    PromotionRule {
        /// `cart_value`, `cart_items`, `gift_item`, `fixed_price_set` or `shipping` as its only member. Its
        /// amounts are strings.
        action: Json,
        condition: Json,
        apply_once: bool,
        stop: bool,
    }
}

record! {
    /// What shoppers are told.
    PromotionNotification {
        content: String,
        /// `UPSELL`, `ELIGIBLE` or `APPLIED`.
        r#type: String,
        locations: Vec<String>,
    }
}

draft! {
    /// A promotion to be created.
    NewPromotion(name: String, redemption_type: RedemptionType, rules: Vec<PromotionRule>) {
        display_name: String,
        channels: Vec<PromotionChannel>,
        customer: Json,
        max_uses: i64,
        status: PromotionStatus,
        start_date: Time,
        end_date: Time,
        stop: bool,
        can_be_used_with_other_promotions: bool,
        currency_code: String,
        notifications: Vec<PromotionNotification>,
        shipping_address: Json,
        schedule: Json,
        coupon_type: String,
    }
}

draft! {
    /// Changes of a promotion.
    PromotionUpdate() {
        name: String,
        rules: Vec<PromotionRule>,
        display_name: String,
        channels: Vec<PromotionChannel>,
        customer: Json,
        max_uses: i64,
        status: PromotionStatus,
        start_date: Time,
        end_date: Time,
        stop: bool,
        can_be_used_with_other_promotions: bool,
        currency_code: String,
        notifications: Vec<PromotionNotification>,
        shipping_address: Json,
        schedule: Json,
    }
}

resource!(Promotion { "/v3/promotions", Offset, "id": i64, Path, Path },
    get, create NewPromotion, update PromotionUpdate, delete, delete_many "id:in" 50 Partial);

record! {
    /// A code of a promotion.
    PromotionCode {
        /// The key.
        id: i64,
        code: String,
        current_uses: i64,
        max_uses: i64,
        max_uses_per_customer: i64,
        created: Time,
    }
}

draft! {
    /// A code to be created.
    NewPromotionCode(code: String) {
        max_uses: i64,
        max_uses_per_customer: i64,
    }
}

resource!(PromotionCode { "/v3/promotions/{promotion_id}/codes", Cursor, "id": i64, Path, Path },
    create NewPromotionCode, delete, delete_many "id:in" 250 Partial);

impl Resource<Promotion> {
    /// The codes of a promotion.
    pub fn codes(&self, promotion: i64) -> Resource<PromotionCode> {
        self.below(format!("{}/{promotion}/codes", self.path))
    }
}

record! {
    /// An old path that leads elsewhere.
    Redirect {
        /// The key.
        id: i64,
        site_id: i64,
        from_path: String,
        to: RedirectTarget,
        /// Only with `include=to_url`.
        to_url: String,
    }
}

record! {
    /// Where a redirect leads.
    RedirectTarget {
        /// `product`, `brand`, `category`, `page`, `post` or `url`.
        r#type: String,
        /// The record, for all but `url`.
        entity_id: i64,
        /// The address, for `url`.
        url: String,
    }
}

impl RedirectTarget {
    /// An address, absolute or relative.
    pub fn url(url: impl Into<String>) -> Self {
        Self { r#type: Some("url".to_owned()), url: Some(url.into()), ..Self::default() }
    }

    /// A record, such as `("product", 77)`.
    pub fn entity(kind: impl Into<String>, id: i64) -> Self {
        Self { r#type: Some(kind.into()), entity_id: Some(id), ..Self::default() }
    }
}

draft! {
    /// A redirect to be written; it replaces the one of the same site and path.
    RedirectDraft(site_id: i64, from_path: String, to: RedirectTarget) {}
}

resource!(Redirect { "/v3/storefront/redirects", Offset, "id": i64, Filter("id:in"), Filter("id:in") },
    get, delete, delete_many "id:in" 250 Whole);

impl Resource<Redirect> {
    /// Writes any number of redirects.
    ///
    /// # Errors
    /// Only for a row that has no JSON form; what becomes of the rows stands in the report.
    pub async fn upsert_many(
        &self,
        rows: impl IntoIterator<Item = RedirectDraft>,
    ) -> Result<Report<Redirect>, Error> {
        let rows = rows.into_iter().map(|row| raw(&row)).collect::<Result<Vec<_>, _>>()?;
        // How many the endpoint takes is not stated: a page's worth is safe.
        let batch = Batch { limit: 250, rule: Rule::Whole };
        let build = |body: &[&serde_json::value::RawValue]| Request::put(&self.path).json(body);
        Ok(carry(&self.client, self.priority, &rows, batch, 1, "", &build).await)
    }
}
