//! Orders (`reference/orders.v2.oas2.yml`).
//!
//! An order is made, shipped and paid back through what belongs to it:
//!
//! ```no_run
//! # async fn example(client: bigcommerce::Client) -> Result<(), Box<dyn std::error::Error>> {
//! use bigcommerce::resources::order_parts::{NewShipment, ShipmentItem};
//! use bigcommerce::resources::payments::{NewRefund, NewRefundItem, RefundQuoteRequest};
//!
//! let order = 118;
//! let line = client.orders().products(order).list().first().await?.ok_or("the order has no lines")?;
//! let (line, address) = (line.id.unwrap_or_default(), line.order_address_id.unwrap_or_default());
//!
//! let parcel = NewShipment::new(address, [ShipmentItem::new(line, 2)]).tracking_number("1Z999");
//! client.orders().shipments(order).create(parcel).await?;
//!
//! // One comes back: what it costs, then exactly that.
//! let items = vec![NewRefundItem::product(line, 1)];
//! let quote = client.orders().refunds(order).quote(RefundQuoteRequest::new(items.clone())).await?;
//! let ways = quote.refund_methods.unwrap_or_default();
//! let way = ways.first().ok_or("nothing can be paid back")?;
//! let payments: Vec<_> = way.iter().map(|payment| payment.to_payment()).collect();
//! let refund = client.orders().refunds(order).create(NewRefund::new(items, payments)).await?;
//! println!("{:?} paid back", refund.and_then(|refund| refund.total_amount.clone()));
//! # Ok(())
//! # }
//! ```

use super::customer_parts::FormField;
use super::metafields::Metafield;
use super::order_parts::{
    NewOrderProduct, OrderCoupon, OrderFee, OrderMessage, OrderProduct, OrderShippingAddress, OrderTax,
    Shipment,
};
use super::payments::{OrderRefund, Transaction};
use super::resource::{Resource, resource};
use crate::model::{Draft, draft, open_enum, record};
use crate::{Amount, Json, Time};

open_enum! {
    /// What became of an order's payment.
    PaymentStatus {
        Authorized = "authorized",
        Captured = "captured",
        CapturePending = "capture pending",
        Declined = "declined",
        HeldForReview = "held for review",
        Paid = "paid",
        PartiallyRefunded = "partially refunded",
        Pending = "pending",
        Refunded = "refunded",
        Void = "void",
        VoidPending = "void pending",
        /// Nothing was paid through a gateway.
        Unset = "",
    }
}

/// The fixed statuses of orders, as `status_id` has them. A store may show them under other names.
pub mod status {
    /// The shopper left at the payment.
    pub const INCOMPLETE: i64 = 0;
    /// Begun; what the API makes unless it says otherwise.
    pub const PENDING: i64 = 1;
    /// Everything is on its way.
    pub const SHIPPED: i64 = 2;
    /// Some of it is on its way.
    pub const PARTIALLY_SHIPPED: i64 = 3;
    /// Paid back.
    pub const REFUNDED: i64 = 4;
    /// Cancelled.
    pub const CANCELLED: i64 = 5;
    /// The payment was refused.
    pub const DECLINED: i64 = 6;
    /// Not yet paid.
    pub const AWAITING_PAYMENT: i64 = 7;
    /// To be fetched by the shopper.
    pub const AWAITING_PICKUP: i64 = 8;
    /// Packed.
    pub const AWAITING_SHIPMENT: i64 = 9;
    /// Done.
    pub const COMPLETED: i64 = 10;
    /// Paid, to be packed.
    pub const AWAITING_FULFILLMENT: i64 = 11;
    /// Somebody has to look at it.
    pub const MANUAL_VERIFICATION_REQUIRED: i64 = 12;
    /// The shopper disputes the payment.
    pub const DISPUTED: i64 = 13;
    /// Paid back in part.
    pub const PARTIALLY_REFUNDED: i64 = 14;
}

record! {
    /// An order. Amounts are in the order's currency.
    ///
    /// `…_inc_tax` less `…_ex_tax` is the tax, up to rounding. `discount_amount` and `coupon_discount` are
    /// taken off the total, `store_credit_amount` and `gift_certificate_amount` are ways of paying it.
    /// Refunds are told by [`Resource::refunds`] only.
    Order {
        /// The key.
        id: i64,
        /// The customer; 0 for a guest.
        customer_id: i64,
        /// See [`status`].
        status_id: i64,
        status: String,
        custom_status: String,
        date_created: Time,
        date_modified: Time,
        /// `None` until shipped.
        date_shipped: Time,
        subtotal_ex_tax: Amount,
        subtotal_inc_tax: Amount,
        subtotal_tax: Amount,
        base_shipping_cost: Amount,
        shipping_cost_ex_tax: Amount,
        shipping_cost_inc_tax: Amount,
        shipping_cost_tax: Amount,
        shipping_cost_tax_class_id: i64,
        base_handling_cost: Amount,
        handling_cost_ex_tax: Amount,
        handling_cost_inc_tax: Amount,
        handling_cost_tax: Amount,
        handling_cost_tax_class_id: i64,
        base_wrapping_cost: Amount,
        wrapping_cost_ex_tax: Amount,
        wrapping_cost_inc_tax: Amount,
        wrapping_cost_tax: Amount,
        wrapping_cost_tax_class_id: i64,
        total_ex_tax: Amount,
        total_inc_tax: Amount,
        total_tax: Amount,
        /// Always 0.
        refunded_amount: Amount,
        store_credit_amount: Amount,
        gift_certificate_amount: Amount,
        discount_amount: Amount,
        coupon_discount: Amount,
        items_total: i64,
        items_shipped: i64,
        payment_method: String,
        payment_provider_id: String,
        payment_status: PaymentStatus,
        order_is_digital: bool,
        ip_address: String,
        ip_address_v6: String,
        geoip_country: String,
        geoip_country_iso2: String,
        currency_id: i64,
        /// The currency it is shown in.
        currency_code: String,
        /// Ten decimals.
        currency_exchange_rate: Amount,
        default_currency_id: i64,
        /// The currency it is paid in.
        default_currency_code: String,
        store_default_currency_code: String,
        store_default_to_transactional_exchange_rate: Amount,
        staff_notes: String,
        customer_message: String,
        shipping_address_count: i64,
        /// Whether it is archived.
        is_deleted: bool,
        ebay_order_id: String,
        /// The cart it was made from; `None` when made through the API.
        cart_id: String,
        billing_address: BillingAddress,
        is_email_opt_in: bool,
        /// `www`, `manual`, `external`, `checkout_api`, ….
        order_source: String,
        channel_id: i64,
        external_source: String,
        external_id: String,
        external_order_id: String,
        external_merchant_id: String,
        tax_provider_id: String,
        customer_locale: String,
        is_tax_inclusive_pricing: bool,
        credit_card_type: String,
        /// Where its lines are; read them with [`Resource::products`].
        products: Link,
        /// Where its shipping addresses are.
        shipping_addresses: Link,
        /// Where its coupons are.
        coupons: Link,
        /// A link, or the fees themselves with `include=fees`.
        fees: Json,
        /// A link, or the consignments themselves with `include=consignments`.
        consignments: Json,
    }
}

record! {
    /// Where something is found.
    Link {
        url: String,
        resource: String,
    }
}

record! {
    /// The address an order is billed to.
    BillingAddress {
        first_name: String,
        last_name: String,
        company: String,
        street_1: String,
        street_2: String,
        city: String,
        state: String,
        zip: String,
        country: String,
        /// ISO 3166-1, two letters.
        country_iso2: String,
        phone: String,
        email: String,
        form_fields: Vec<FormField>,
    }
}

draft! {
    /// The address of an order to be written. Only the postal code is required, and only for billing.
    ///
    /// The billing address of an order that was read can be written as it is: it turns into one of these.
    NewOrderAddress(zip: String) {
        first_name: String,
        last_name: String,
        company: String,
        street_1: String,
        street_2: String,
        city: String,
        /// The full name.
        state: String,
        /// The full name.
        country: String,
        /// ISO 3166-1, two letters.
        country_iso2: String,
        phone: String,
        email: String,
        form_fields: Vec<FormField>,
        /// Only of an address to send to.
        shipping_method: String,
    }
}

impl From<BillingAddress> for NewOrderAddress {
    fn from(address: BillingAddress) -> Self {
        let mut draft = Draft::default();
        draft.put_members(&address);
        Self(draft)
    }
}

draft! {
    /// An order to be created. No e-mail goes out, and promotions do not apply.
    ///
    /// ```
    /// use bigcommerce::resources::order_parts::NewOrderProduct;
    /// use bigcommerce::resources::orders::{NewOrder, NewOrderAddress, status};
    ///
    /// let address = NewOrderAddress::new("78701")
    ///     .first_name("Ada")
    ///     .last_name("Byron")
    ///     .street_1("12 St James Square")
    ///     .city("Austin")
    ///     .state("Texas")
    ///     .country("United States")
    ///     .country_iso2("US")
    ///     .email("ada@example.com");
    /// let order = NewOrder::new(address.clone(), [NewOrderProduct::of_catalog(77, 2)])
    ///     .shipping_addresses([address])
    ///     .status_id(status::AWAITING_FULFILLMENT);
    /// # let _ = order;
    /// ```
    NewOrder(billing_address: NewOrderAddress, products: Vec<NewOrderProduct>),
    /// Changes of an order. Of its lines, one with `id` is changed, one without is added, and one of
    /// quantity 0 is removed.
    OrderUpdate {
        customer_id: i64,
        status_id: i64,
        /// Only when it is created, for orders that were made elsewhere.
        date_created: Time,
        shipping_addresses: Vec<NewOrderAddress>,
        base_shipping_cost: Amount,
        shipping_cost_ex_tax: Amount,
        shipping_cost_inc_tax: Amount,
        base_handling_cost: Amount,
        handling_cost_ex_tax: Amount,
        handling_cost_inc_tax: Amount,
        base_wrapping_cost: Amount,
        wrapping_cost_ex_tax: Amount,
        wrapping_cost_inc_tax: Amount,
        subtotal_ex_tax: Amount,
        subtotal_inc_tax: Amount,
        total_ex_tax: Amount,
        total_inc_tax: Amount,
        discount_amount: Amount,
        items_total: i64,
        items_shipped: i64,
        payment_method: String,
        payment_provider_id: String,
        ip_address: String,
        ip_address_v6: String,
        geoip_country: String,
        geoip_country_iso2: String,
        default_currency_code: String,
        staff_notes: String,
        customer_message: String,
        channel_id: i64,
        external_source: String,
        external_order_id: String,
        customer_locale: String,
        /// Replaces all of them.
        fees: Vec<OrderFee>,
    }
}

resource!(Order { "/v2/orders", V2, "id": i64, Path, Path },
    get, create NewOrder, update OrderUpdate, delete);

impl Resource<Order> {
    /// The lines of an order.
    pub fn products(&self, order: i64) -> Resource<OrderProduct> {
        self.below(format!("{}/{order}/products", self.path))
    }

    /// The addresses an order is sent to, with what that costs.
    pub fn shipping_addresses(&self, order: i64) -> Resource<OrderShippingAddress> {
        self.below(format!("{}/{order}/shipping_addresses", self.path))
    }

    /// The coupons used in an order.
    pub fn coupons(&self, order: i64) -> Resource<OrderCoupon> {
        self.below(format!("{}/{order}/coupons", self.path))
    }

    /// The taxes of an order; `filter("details", true)` tells them by line.
    pub fn taxes(&self, order: i64) -> Resource<OrderTax> {
        self.below(format!("{}/{order}/taxes", self.path))
    }

    /// The fees of an order.
    pub fn fees(&self, order: i64) -> Resource<OrderFee> {
        self.below(format!("{}/{order}/fees", self.path))
    }

    /// The shipments of an order.
    pub fn shipments(&self, order: i64) -> Resource<Shipment> {
        self.below(format!("{}/{order}/shipments", self.path))
    }

    /// The messages between shopper and store.
    pub fn messages(&self, order: i64) -> Resource<OrderMessage> {
        self.below(format!("{}/{order}/messages", self.path))
    }

    /// The payments of an order, one record for each thing that happened.
    pub fn transactions(&self, order: i64) -> Resource<Transaction> {
        self.below(format!("/v3/orders/{order}/transactions"))
    }

    /// What was paid back of an order, and how to pay back.
    pub fn refunds(&self, order: i64) -> Resource<OrderRefund> {
        self.below(format!("/v3/orders/{order}/payment_actions/refunds"))
    }

    /// The metafields of an order.
    pub fn metafields(&self, order: i64) -> Resource<Metafield> {
        self.below(format!("/v3/orders/{order}/metafields"))
    }
}
