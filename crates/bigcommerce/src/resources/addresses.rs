//! Addresses of customers (`reference/customers.v3.yml`).

use super::customers::FormField;
use super::record::{Create, Delete, One, Record, Shape, Update, record};
use crate::Paging;

record! {
    /// An address of a customer.
    Address {
        /// The key.
        id: i64,
        customer_id: i64,
        first_name: String,
        last_name: String,
        company: String,
        address1: String,
        address2: String,
        city: String,
        state_or_province: String,
        postal_code: String,
        country: String,
        /// ISO 3166-1, two letters.
        country_code: String,
        phone: String,
        /// `residential` or `commercial`.
        address_type: String,
        /// Only with `include=formfields`.
        form_fields: Vec<FormField>,
    }
}

impl Record for Address {
    const SHAPE: Shape = Shape {
        path: "/v3/customers/addresses",
        paging: Paging::Offset,
        limit: 250,
        one: One::Filter("id:in"),
        key: "id",
    };
}

impl Create for Address {}

impl Update for Address {}

impl Delete for Address {}
