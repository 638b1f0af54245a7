//! Addresses of customers (`reference/customers.v3.yml`).

use super::customer_parts::FormField;
use super::resource::resource;
use crate::model::{draft, open_enum, record};

open_enum! {
    /// What kind of place an address is.
    AddressType { Residential = "residential", Commercial = "commercial", }
}

record! {
    /// An address of a customer. Two of one customer that are equal in everything are one: creating it
    /// again is accepted and does nothing.
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
        /// The full name.
        state_or_province: String,
        postal_code: String,
        country: String,
        /// ISO 3166-1, two letters.
        country_code: String,
        phone: String,
        address_type: AddressType,
        /// Only with `include=formfields`.
        form_fields: Vec<FormField>,
    }
}

draft! {
    /// An address to be created. One that is created by itself, not with its customer, also needs
    /// `customer_id`.
    NewAddress(first_name: String, last_name: String, address1: String, city: String, country_code: String),
    /// Changes of an address.
    AddressUpdate {
        customer_id: i64,
        company: String,
        address2: String,
        /// The full name.
        state_or_province: String,
        postal_code: String,
        phone: String,
        address_type: AddressType,
        form_fields: Vec<FormField>,
    }
}

// How many the endpoint takes is not stated: what customers take is safe.
resource!(Address { "/v3/customers/addresses", Offset, "id": i64, Filter("id:in"), Filter("id:in") },
    get, create NewAddress, update AddressUpdate, delete,
    create_many 10 Whole, update_many 10 Whole, delete_many "id:in" 250 Whole);
