//! Customers (`reference/customers.v3.yml`).

use super::Amount;
use super::addresses::Address;
use super::record::{Create, Delete, One, Record, Shape, Update, record};
use crate::Paging;

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
        customer_group_id: i64,
        tax_exempt_category: String,
        registration_ip_address: String,
        /// ISO 8601.
        date_created: String,
        /// ISO 8601.
        date_modified: String,
        accepts_product_review_abandoned_cart_emails: bool,
        origin_channel_id: i64,
        /// The channels the customer may use; `None` for all.
        channel_ids: Vec<i64>,
        address_count: i64,
        /// Only with `include=addresses`.
        addresses: Vec<Address>,
        /// Only with `include=attributes`.
        attributes: Vec<Attribute>,
        /// Only with `include=storecredit`.
        store_credit_amounts: Vec<StoreCredit>,
        /// Only with `include=formfields`.
        form_fields: Vec<FormField>,
    }
}

record! {
    /// A value of a customer attribute.
    Attribute {
        /// The key.
        id: i64,
        attribute_id: i64,
        /// Always text.
        attribute_value: String,
        customer_id: i64,
        date_created: String,
        date_modified: String,
    }
}

record! {
    /// Store credit.
    StoreCredit {
        /// In the store's currency.
        amount: Amount,
    }
}

record! {
    /// A value of a form field.
    FormField {
        name: String,
        /// Text or number; `None` for a list of choices.
        value: String,
        customer_id: i64,
        address_id: i64,
    }
}

impl Record for Customer {
    const SHAPE: Shape = Shape {
        path: "/v3/customers",
        paging: Paging::Cursor,
        limit: 250,
        one: One::Filter("id:in"),
        key: "id",
    };
}

impl Create for Customer {}

impl Update for Customer {}

impl Delete for Customer {}
