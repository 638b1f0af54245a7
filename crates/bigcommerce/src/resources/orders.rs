//! Orders (`reference/orders.v2.oas2.yml`).

use super::record::{Create, Delete, One, Record, Shape, Update, record};
use super::{Amount, Resource};
use crate::{Error, Paging, Request};
use futures::{Stream, TryStreamExt, stream};

record! {
    /// An order. Amounts are in the order's currency; dates are RFC 2822, `""` when not set.
    Order {
        /// The key.
        id: i64,
        /// The customer; 0 for a guest.
        customer_id: i64,
        status_id: i64,
        status: String,
        custom_status: String,
        date_created: String,
        date_modified: String,
        date_shipped: String,
        subtotal_ex_tax: Amount,
        subtotal_inc_tax: Amount,
        subtotal_tax: Amount,
        base_shipping_cost: Amount,
        shipping_cost_ex_tax: Amount,
        shipping_cost_inc_tax: Amount,
        shipping_cost_tax: Amount,
        base_handling_cost: Amount,
        handling_cost_ex_tax: Amount,
        handling_cost_inc_tax: Amount,
        handling_cost_tax: Amount,
        base_wrapping_cost: Amount,
        wrapping_cost_ex_tax: Amount,
        wrapping_cost_inc_tax: Amount,
        wrapping_cost_tax: Amount,
        total_ex_tax: Amount,
        total_inc_tax: Amount,
        total_tax: Amount,
        refunded_amount: Amount,
        store_credit_amount: Amount,
        gift_certificate_amount: Amount,
        discount_amount: Amount,
        coupon_discount: Amount,
        items_total: i64,
        items_shipped: i64,
        payment_method: String,
        payment_provider_id: String,
        payment_status: String,
        order_is_digital: bool,
        ip_address: String,
        ip_address_v6: String,
        geoip_country: String,
        geoip_country_iso2: String,
        currency_id: i64,
        currency_code: String,
        /// Ten decimals.
        currency_exchange_rate: Amount,
        default_currency_id: i64,
        default_currency_code: String,
        store_default_currency_code: String,
        staff_notes: String,
        customer_message: String,
        shipping_address_count: i64,
        /// Whether it is archived.
        is_deleted: bool,
        ebay_order_id: String,
        /// The cart it was made from; `None` when made through the API.
        cart_id: String,
        billing_address: OrderAddress,
        is_email_opt_in: bool,
        order_source: String,
        channel_id: i64,
        external_source: String,
        external_id: String,
        external_order_id: String,
        tax_provider_id: String,
        customer_locale: String,
        is_tax_inclusive_pricing: bool,
    }
}

record! {
    /// A billing or shipping address of an order.
    OrderAddress {
        /// The key.
        id: i64,
        order_id: i64,
        first_name: String,
        last_name: String,
        company: String,
        street_1: String,
        street_2: String,
        city: String,
        state: String,
        zip: String,
        country: String,
        country_iso2: String,
        phone: String,
        email: String,
        shipping_method: String,
        base_cost: Amount,
        cost_ex_tax: Amount,
        cost_inc_tax: Amount,
    }
}

record! {
    /// A line of an order.
    OrderProduct {
        /// The key.
        id: i64,
        order_id: i64,
        /// The product; 0 for one that is not in the catalog.
        product_id: i64,
        variant_id: i64,
        order_address_id: i64,
        name: String,
        sku: String,
        upc: String,
        /// `r#type`.
        r#type: String,
        base_price: Amount,
        price_ex_tax: Amount,
        price_inc_tax: Amount,
        price_tax: Amount,
        base_total: Amount,
        total_ex_tax: Amount,
        total_inc_tax: Amount,
        total_tax: Amount,
        weight: Amount,
        quantity: i64,
        quantity_shipped: i64,
        quantity_refunded: i64,
        is_refunded: bool,
        refund_amount: Amount,
        base_cost_price: Amount,
        fixed_shipping_cost: Amount,
        parent_order_product_id: i64,
        is_bundled_product: bool,
        bin_picking_number: String,
        external_id: String,
        brand: String,
    }
}

impl Record for Order {
    const SHAPE: Shape =
        Shape { path: "/v2/orders", paging: Paging::V2, limit: 250, one: One::Path, key: "id" };
}

impl Create for Order {}

impl Update for Order {}

impl Delete for Order {}

impl Resource<Order> {
    /// The lines of an order.
    pub fn products(&self, order: i64) -> impl Stream<Item = Result<OrderProduct, Error>> + Send + use<> {
        self.client
            .pages(Request::get(format!("/v2/orders/{order}/products")), Paging::V2, 250)
            .map_ok(|page| stream::iter(page.records().map(|record| page.record(record)).collect::<Vec<_>>()))
            .try_flatten()
    }
}
