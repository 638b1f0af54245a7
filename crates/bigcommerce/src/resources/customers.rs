//! Customers (`reference/customers.v3.yml`).

use super::addresses::{Address, NewAddress};
use super::customer_parts::FormField;
use super::metafields::Metafield;
use super::resource::{Resource, resource};
use crate::model::{draft, record};
use crate::{Amount, Time};

record! {
    /// A customer.
    Customer {
        /// The key.
        id: i64,
        email: String,
        first_name: String,
        last_name: String,
        company: String,
        phone: String,
        notes: String,
        /// 0 for none.
        customer_group_id: i64,
        tax_exempt_category: String,
        registration_ip_address: String,
        date_created: Time,
        date_modified: Time,
        accepts_product_review_abandoned_cart_emails: bool,
        origin_channel_id: i64,
        /// The channels the customer may use; `None` for all.
        channel_ids: Vec<i64>,
        address_count: i64,
        attribute_count: i64,
        authentication: Authentication,
        /// Only with `include=addresses`.
        addresses: Vec<Address>,
        /// Only with `include=attributes`.
        attributes: Vec<Attribute>,
        /// Only with `include=storecredit`.
        store_credit_amounts: Vec<StoreCredit>,
        /// Only with `include=formfields`.
        form_fields: Vec<FormField>,
        /// Only with `include=shopper_profile_id`.
        shopper_profile_id: String,
        /// Only with `include=segment_ids`.
        segment_ids: Vec<String>,
    }
}

record! {
    /// What the store tells about a customer's login.
    Authentication {
        force_password_reset: bool,
    }
}

record! {
    /// A value of a customer attribute.
    Attribute {
        /// The key.
        id: i64,
        attribute_id: i64,
        /// Always text: dates as `YYYY-MM-DD`, numbers in digits.
        attribute_value: String,
        customer_id: i64,
        date_created: Time,
        date_modified: Time,
    }
}

impl Attribute {
    /// A value of an attribute, for customers to be created.
    pub fn new(attribute_id: i64, value: impl Into<String>) -> Self {
        Self { attribute_id: Some(attribute_id), attribute_value: Some(value.into()), ..Self::default() }
    }
}

record! {
    /// Store credit.
    StoreCredit {
        /// In the store's currency.
        amount: Amount,
    }
}

impl From<Amount> for StoreCredit {
    fn from(amount: Amount) -> Self {
        Self { amount: Some(amount), ..Self::default() }
    }
}

draft! {
    /// A customer to be created.
    NewCustomer(email: String, first_name: String, last_name: String) {
        company: String,
        phone: String,
        notes: String,
        customer_group_id: i64,
        tax_exempt_category: String,
        accepts_product_review_abandoned_cart_emails: bool,
        origin_channel_id: i64,
        /// Left out for all channels; an empty list is invalid.
        channel_ids: Vec<i64>,
        /// Ten at most.
        addresses: Vec<NewAddress>,
        /// Ten at most.
        attributes: Vec<Attribute>,
        store_credit_amounts: Vec<StoreCredit>,
        form_fields: Vec<FormField>,
        trigger_account_created_notification: bool,
    }
}

draft! {
    /// Changes of a customer. Addresses and attributes have resources of their own.
    CustomerUpdate() {
        email: String,
        first_name: String,
        last_name: String,
        company: String,
        phone: String,
        notes: String,
        customer_group_id: i64,
        tax_exempt_category: String,
        accepts_product_review_abandoned_cart_emails: bool,
        channel_ids: Vec<i64>,
        /// One entry; it replaces the credit.
        store_credit_amounts: Vec<StoreCredit>,
        form_fields: Vec<FormField>,
    }
}

resource!(Customer { "/v3/customers", Cursor, "id": i64, Filter("id:in"), Filter("id:in") },
    get, create NewCustomer, update CustomerUpdate, delete,
    create_many 10 Whole, update_many 10 Whole, delete_many "id:in" 250 Whole);

impl Resource<Customer> {
    /// The metafields of a customer.
    pub fn metafields(&self, customer: i64) -> Resource<Metafield> {
        self.below(format!("{}/{customer}/metafields", self.path))
    }
}
