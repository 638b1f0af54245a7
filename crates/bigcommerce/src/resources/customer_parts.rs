//! What is known of customers beside themselves: attributes, form fields, groups, subscribers, segments and
//! wishlists (`reference/customers.v3.yml`, `customers.v2.yml`, `subscribers.v3.yml`, `segments.v3.yml`,
//! `wishlists.v3.yml`).

use super::batch::{Batch, Report, Rule, carry};
use super::customers::Attribute;
use super::resource::{Resource, raw, resource};
use crate::model::{draft, open_enum, record};
use crate::{Amount, Error, Json, Request, Time};

open_enum! {
    /// What an attribute's values look like. They are text all the same.
    AttributeType {
        String = "string",
        Number = "number",
        Date = "date",
    }
}

record! {
    /// The definition of an attribute; a store has 50 at most.
    CustomerAttribute {
        /// The key.
        id: i64,
        name: String,
        r#type: AttributeType,
        date_created: Time,
        date_modified: Time,
    }
}

draft! {
    /// An attribute to be defined.
    NewCustomerAttribute(name: String, r#type: AttributeType) {}
}

draft! {
    /// Changes of an attribute. Its type stays.
    CustomerAttributeUpdate() {
        name: String,
    }
}

resource!(CustomerAttribute { "/v3/customers/attributes", Offset, "id": i64, Filter("id:in"), Filter("id:in") },
    create NewCustomerAttribute, update CustomerAttributeUpdate, delete, delete_many "id:in" 250 Whole);

draft! {
    /// A customer's value of an attribute.
    AttributeValueDraft(customer_id: i64, attribute_id: i64, value: String) {}
}

resource!(Attribute { "/v3/customers/attribute-values", Offset, "id": i64, Filter("id:in"), Filter("id:in") },
    delete, delete_many "id:in" 250 Whole);

impl Resource<Attribute> {
    /// Writes any number of values, ten in a request; what is there is replaced.
    ///
    /// # Errors
    /// Only for a row that has no JSON form; nothing is sent then. What becomes of the rows stands in the
    /// report.
    pub async fn upsert_many(
        &self,
        rows: impl IntoIterator<Item = AttributeValueDraft>,
    ) -> Result<Report<Attribute>, Error> {
        let rows = rows.into_iter().map(|row| raw(&row)).collect::<Result<Vec<_>, _>>()?;
        let batch = Batch { limit: 10, rule: Rule::Whole };
        let build = |body: &[&serde_json::value::RawValue]| Request::put(&self.path).json(body);
        Ok(carry(&self.client, self.priority, &rows, batch, 3, "", &build).await)
    }
}

record! {
    /// A value of a form field.
    FormField {
        name: String,
        /// Text, a number, or a list of choices, by the field's type.
        value: Json,
        customer_id: i64,
        address_id: i64,
    }
}

resource!(FormField { "/v3/customers/form-field-values", Cursor, "name": String, Path, Path });

record! {
    /// A group of customers (V2).
    CustomerGroup {
        /// The key.
        id: i64,
        name: String,
        /// Whether new customers are put into it.
        is_default: bool,
        category_access: CategoryAccess,
        /// What its members pay less.
        discount_rules: Vec<DiscountRule>,
        date_created: Time,
        date_modified: Time,
        is_group_for_guests: bool,
    }
}

record! {
    /// Which categories a group sees.
    CategoryAccess {
        /// `all`, `specific` or `none`.
        r#type: String,
        /// For `specific`.
        categories: Vec<i64>,
    }
}

record! {
    /// A discount of a group: a price list alone, or percents and amounts on everything, categories or
    /// products.
    DiscountRule {
        /// `price_list`, `all`, `category` or `product`.
        r#type: String,
        /// `percent`, `fixed` or `price`.
        method: String,
        amount: Amount,
        price_list_id: i64,
        category_id: i64,
        product_id: i64,
    }
}

draft! {
    /// A group to be created.
    NewCustomerGroup(name: String),
    /// Changes of a group.
    CustomerGroupUpdate {
        is_default: bool,
        category_access: CategoryAccess,
        /// Replaces all of them.
        discount_rules: Vec<DiscountRule>,
        is_group_for_guests: bool,
    }
}

resource!(CustomerGroup { "/v2/customer_groups", V2, "id": i64, Path, Path },
    get, create NewCustomerGroup, update CustomerGroupUpdate, delete);

record! {
    /// Somebody who takes the newsletter.
    Subscriber {
        /// The key.
        id: i64,
        email: String,
        first_name: String,
        last_name: String,
        source: String,
        order_id: i64,
        channel_id: i64,
        /// `marketing_newsletter` and `abandoned_cart`; none when unsubscribed.
        consents: Vec<String>,
        date_created: Time,
        date_modified: Time,
    }
}

draft! {
    /// A subscriber to be created.
    NewSubscriber(email: String),
    /// Changes of a subscriber.
    SubscriberUpdate {
        first_name: String,
        last_name: String,
        source: String,
        order_id: i64,
        channel_id: i64,
        consents: Vec<String>,
    }
}

resource!(Subscriber { "/v3/customers/subscribers", Offset, "id": i64, Path, Path },
    get, create NewSubscriber, update SubscriberUpdate, delete);

record! {
    /// A segment of customers; a feature of Enterprise plans.
    Segment {
        /// The key, a UUID.
        id: String,
        name: String,
        description: String,
        created_at: Time,
        updated_at: Time,
    }
}

draft! {
    /// A segment to be created.
    NewSegment(name: String),
    /// Changes of a segment.
    SegmentUpdate {
        description: String,
    }
}

resource!(Segment { "/v3/segments", Offset, "id": String, Filter("id:in"), Filter("id:in") },
    get, create NewSegment, update SegmentUpdate, delete);

record! {
    /// A customer as segments know them.
    ShopperProfile {
        /// The key, a UUID.
        id: String,
        customer_id: i64,
        created_at: Time,
        updated_at: Time,
    }
}

draft! {
    /// A profile to be made for a customer.
    NewShopperProfile(customer_id: i64) {}
}

resource!(ShopperProfile { "/v3/shopper-profiles", Offset, "id": String, Filter("id:in"), Filter("id:in") },
    create NewShopperProfile, delete, create_many 50 Whole, delete_many "id:in" 50 Whole);

impl Resource<Segment> {
    /// The profiles in a segment; deleting one here takes it out of the segment.
    pub fn profiles(&self, segment: &str) -> Resource<ShopperProfile> {
        self.below(format!("{}/{}/shopper-profiles", self.path, super::resource::segment(&segment)))
    }

    /// Puts profiles into a segment, 50 in a request.
    ///
    /// # Errors
    /// Only for a row that has no JSON form; what becomes of the rows stands in the report.
    pub async fn add_profiles(
        &self,
        segment: &str,
        profiles: impl IntoIterator<Item = String>,
    ) -> Result<Report<ShopperProfile>, Error> {
        let path = self.profiles(segment).path;
        let rows = profiles.into_iter().map(|profile| raw(&profile)).collect::<Result<Vec<_>, _>>()?;
        let batch = Batch { limit: 50, rule: Rule::Whole };
        let build = |body: &[&serde_json::value::RawValue]| Request::post(&path).json(body);
        Ok(carry(&self.client, self.priority, &rows, batch, 4, "", &build).await)
    }
}

record! {
    /// A wishlist.
    Wishlist {
        /// The key.
        id: i64,
        customer_id: i64,
        name: String,
        is_public: bool,
        /// What its public address ends with.
        token: String,
        items: Vec<WishlistItem>,
    }
}

record! {
    /// An item of a wishlist.
    WishlistItem {
        /// The key.
        id: i64,
        product_id: i64,
        variant_id: i64,
    }
}

draft! {
    /// A wishlist to be created.
    NewWishlist(customer_id: i64),
    /// Changes of a wishlist.
    WishlistUpdate {
        name: String,
        is_public: bool,
        items: Vec<WishlistItem>,
    }
}

resource!(Wishlist { "/v3/wishlists", Offset, "id": i64, Path, Path },
    get, create NewWishlist, update WishlistUpdate, delete);

record! {
    /// How a channel or the store treats customers.
    CustomerSettings {
        privacy_settings: PrivacySettings,
        customer_group_settings: CustomerGroupSettings,
        /// Only of a channel.
        allow_global_logins: bool,
    }
}

record! {
    /// What shoppers are asked.
    PrivacySettings {
        ask_shopper_for_tracking_consent: bool,
        policy_url: String,
    }
}

record! {
    /// Into which groups customers are put.
    CustomerGroupSettings {
        guest_customer_group_id: i64,
        default_customer_group_id: i64,
    }
}

record! {
    /// A card or account that a customer keeps for later payments.
    StoredInstrument {
        r#type: String,
        token: String,
        is_default: bool,
        brand: String,
        expiry_month: i64,
        expiry_year: i64,
        issuer_identification_number: String,
        last_4: String,
        billing_address: Json,
        email: String,
        masked_account_number: String,
        issuer: String,
    }
}

resource!(StoredInstrument { "/v3/customers/{customer_id}/stored-instruments", None, "token": String, Path, Path });

impl Resource<super::customers::Customer> {
    /// The cards and accounts that a customer keeps (scope `store_stored_payment_instruments`).
    pub fn stored_instruments(&self, customer: i64) -> Resource<StoredInstrument> {
        self.below(format!("{}/{customer}/stored-instruments", self.path))
    }
}
