//! Lines, addresses, coupons, taxes, fees, shipments and messages of an order
//! (`reference/orders.v2.oas2.yml`).

use super::customer_parts::FormField;
use super::orders::{BillingAddress, Link};
use super::resource::resource;
use crate::model::{draft, record};
use crate::{Amount, Json, Time};

record! {
    /// A line of an order.
    OrderProduct {
        /// The key of the line.
        id: i64,
        order_id: i64,
        /// The product; 0 for one that is not in the catalog.
        product_id: i64,
        variant_id: i64,
        order_pickup_method_id: i64,
        /// The shipping address it goes to.
        order_address_id: i64,
        name: String,
        name_customer: String,
        name_merchant: String,
        sku: String,
        upc: String,
        /// `physical`, `digital` or `giftcertificate`.
        r#type: String,
        base_price: Amount,
        price_ex_tax: Amount,
        price_inc_tax: Amount,
        price_tax: Amount,
        base_total: Amount,
        total_ex_tax: Amount,
        total_inc_tax: Amount,
        total_tax: Amount,
        /// What was really charged for the line after every discount.
        discounted_total_inc_tax: Amount,
        weight: Amount,
        width: Amount,
        height: Amount,
        depth: Amount,
        quantity: i64,
        quantity_shipped: i64,
        quantity_refunded: i64,
        is_refunded: bool,
        /// Always 0.
        refund_amount: Amount,
        return_id: i64,
        base_cost_price: Amount,
        cost_price_inc_tax: Amount,
        cost_price_ex_tax: Amount,
        cost_price_tax: Amount,
        wrapping_id: i64,
        wrapping_name: String,
        base_wrapping_cost: Amount,
        wrapping_cost_ex_tax: Amount,
        wrapping_cost_inc_tax: Amount,
        wrapping_cost_tax: Amount,
        wrapping_message: String,
        fixed_shipping_cost: Amount,
        event_name: String,
        event_date: String,
        ebay_item_id: String,
        ebay_transaction_id: String,
        option_set_id: i64,
        /// The line it is part of.
        parent_order_product_id: i64,
        is_bundled_product: bool,
        bin_picking_number: String,
        external_id: String,
        fulfillment_source: String,
        brand: String,
        gift_certificate_id: i64,
        applied_discounts: Vec<AppliedDiscount>,
        product_options: Vec<OrderProductOption>,
        configurable_fields: Vec<ConfigurableField>,
    }
}

record! {
    /// A discount on a line.
    AppliedDiscount {
        /// A number, or a word such as `manual-discount`.
        id: String,
        amount: Amount,
        name: String,
        code: String,
        /// `order` or `product`.
        target: String,
    }
}

record! {
    /// What the shopper chose of an option.
    OrderProductOption {
        /// The key.
        id: i64,
        option_id: i64,
        order_product_id: i64,
        product_option_id: i64,
        display_name: String,
        display_value: String,
        display_name_customer: String,
        display_name_merchant: String,
        display_value_customer: String,
        display_value_merchant: String,
        /// The key of the chosen value, or the text.
        value: String,
        r#type: String,
        name: String,
        display_style: String,
    }
}

record! {
    /// What the shopper wrote into a field of the product.
    ConfigurableField {
        name: String,
        value: String,
    }
}

resource!(OrderProduct { "/v2/orders/{order_id}/products", V2, "id": i64, Path, Path }, get);

draft! {
    /// A line of an order to be created or changed: a product of the catalog
    /// ([`of_catalog`](Self::of_catalog)) or one that is not in it ([`custom`](Self::custom)).
    NewOrderProduct(quantity: i64) {
        /// The line to be changed.
        id: i64,
        product_id: i64,
        variant_id: i64,
        /// Instead of `variant_id`.
        product_options: Vec<ChosenOption>,
        name: String,
        name_customer: String,
        name_merchant: String,
        sku: String,
        upc: String,
        /// Without prices the store prices the line. Always give both.
        price_inc_tax: Amount,
        price_ex_tax: Amount,
        wrapping_name: String,
        wrapping_message: String,
    }
}

impl NewOrderProduct {
    /// So many of a product of the catalog.
    pub fn of_catalog(product_id: i64, quantity: i64) -> Self {
        Self::new(quantity).product_id(product_id)
    }

    /// So many of something that is not in the catalog.
    pub fn custom(
        name: impl Into<String>,
        quantity: i64,
        price_inc_tax: impl Into<Amount>,
        price_ex_tax: impl Into<Amount>,
    ) -> Self {
        Self::new(quantity).name(name).price_inc_tax(price_inc_tax).price_ex_tax(price_ex_tax)
    }

    /// A change of the quantity of a line; 0 removes it.
    pub fn line(id: i64, quantity: i64) -> Self {
        Self::new(quantity).id(id)
    }
}

record! {
    /// A choice for a line to be created.
    ChosenOption {
        /// The key of the option.
        id: i64,
        /// The key of the value, as text, or the text itself.
        value: String,
    }
}

impl ChosenOption {
    /// A value of an option.
    pub fn new(option: i64, value: impl ToString) -> Self {
        Self { id: Some(option), value: Some(value.to_string()), ..Self::default() }
    }
}

record! {
    /// An address an order is sent to, with what that costs.
    OrderShippingAddress {
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
        /// ISO 3166-1, two letters.
        country_iso2: String,
        phone: String,
        email: String,
        items_total: i64,
        items_shipped: i64,
        shipping_method: String,
        base_cost: Amount,
        cost_ex_tax: Amount,
        cost_inc_tax: Amount,
        cost_tax: Amount,
        cost_tax_class_id: i64,
        base_handling_cost: Amount,
        handling_cost_ex_tax: Amount,
        handling_cost_inc_tax: Amount,
        handling_cost_tax: Amount,
        handling_cost_tax_class_id: i64,
        shipping_zone_id: i64,
        shipping_zone_name: String,
        form_fields: Vec<FormField>,
        shipping_quotes: Link,
    }
}

draft! {
    /// Changes of a shipping address.
    OrderShippingAddressUpdate() {
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
    }
}

resource!(OrderShippingAddress { "/v2/orders/{order_id}/shipping_addresses", V2, "id": i64, Path, Path },
    get, update OrderShippingAddressUpdate);

record! {
    /// A coupon used in an order.
    OrderCoupon {
        /// The key.
        id: i64,
        coupon_id: i64,
        order_id: i64,
        code: String,
        amount: Amount,
        /// 0 an amount off each item, 1 a percentage, 2 an amount off the total, 3 off shipping, 4 free
        /// shipping, 5 a promotion.
        r#type: i64,
        discount: Amount,
    }
}

resource!(OrderCoupon { "/v2/orders/{order_id}/coupons", V2, "id": i64, Path, Path });

record! {
    /// A tax of an order: one row for each rate and address, or for each line with `details`.
    OrderTax {
        /// The key.
        id: i64,
        order_id: i64,
        order_address_id: i64,
        tax_rate_id: i64,
        sales_tax_id: String,
        tax_class_id: i64,
        name: String,
        class: String,
        /// Per cent.
        rate: Amount,
        priority: i64,
        priority_amount: Amount,
        line_amount: Amount,
        order_pickup_method_id: i64,
        /// Only with `details`.
        order_product_id: i64,
        /// `item`, `shipping`, `handling` or `gift-wrapping`; only with `details`.
        line_item_type: String,
    }
}

resource!(OrderTax { "/v2/orders/{order_id}/taxes", V2, "id": i64, Path, Path });

record! {
    /// A fee of an order.
    OrderFee {
        /// The key.
        id: i64,
        /// `custom_fee`.
        r#type: String,
        display_name_customer: String,
        display_name_merchant: String,
        source: String,
        base_cost: Amount,
        cost_ex_tax: Amount,
        cost_inc_tax: Amount,
        cost_tax: Amount,
        tax_class_id: i64,
    }
}

resource!(OrderFee { "/v2/orders/{order_id}/fees", None, "id": i64, Path, Path });

record! {
    /// A parcel of an order.
    Shipment {
        /// The key.
        id: i64,
        order_id: i64,
        customer_id: i64,
        order_address_id: i64,
        date_created: Time,
        tracking_number: String,
        merchant_shipping_cost: Amount,
        shipping_method: String,
        /// `ups`, `usps`, …, or free text.
        shipping_provider: String,
        shipping_provider_display_name: String,
        /// A code of AfterShip's.
        tracking_carrier: String,
        tracking_link: String,
        generated_tracking_link: String,
        comments: String,
        billing_address: BillingAddress,
        shipping_address: BillingAddress,
        items: Vec<ShipmentItem>,
    }
}

record! {
    /// What is in a parcel.
    ShipmentItem {
        /// The line.
        order_product_id: i64,
        product_id: i64,
        quantity: i64,
    }
}

impl ShipmentItem {
    /// So many of a line.
    pub fn new(order_product_id: i64, quantity: i64) -> Self {
        Self { order_product_id: Some(order_product_id), quantity: Some(quantity), ..Self::default() }
    }
}

draft! {
    /// A shipment to be created. The shopper is told if the store does so.
    NewShipment(order_address_id: i64, items: Vec<ShipmentItem>) {
        /// At most 50 characters.
        tracking_number: String,
        shipping_method: String,
        shipping_provider: String,
        tracking_carrier: String,
        tracking_link: String,
        merchant_shipping_cost: Amount,
        comments: String,
    }
}

draft! {
    /// Changes of a shipment. Its items stay.
    ShipmentUpdate() {
        order_address_id: i64,
        tracking_number: String,
        shipping_method: String,
        shipping_provider: String,
        tracking_carrier: String,
        tracking_link: String,
        merchant_shipping_cost: Amount,
        comments: String,
    }
}

resource!(Shipment { "/v2/orders/{order_id}/shipments", V2, "id": i64, Path, Path },
    get, create NewShipment, update ShipmentUpdate, delete);

record! {
    /// A message about an order.
    OrderMessage {
        /// The key.
        id: i64,
        order_id: i64,
        staff_id: i64,
        customer_id: i64,
        r#type: String,
        subject: String,
        message: String,
        /// `read` or `unread`.
        status: String,
        is_flagged: bool,
        date_created: Time,
        customer: Json,
    }
}

resource!(OrderMessage { "/v2/orders/{order_id}/messages", V2, "id": i64, Path, Path });

record! {
    /// A status orders may have, with the store's own label.
    OrderStatus {
        /// See [`status`](super::orders::status).
        id: i64,
        name: String,
        system_label: String,
        custom_label: String,
        system_description: String,
        /// Where it stands in the list.
        order: i64,
    }
}

resource!(OrderStatus { "/v2/order_statuses", None, "id": i64, Path, Path }, get);
