//! Carts (`reference/carts.v3.yml`) and what becomes of one on its way to an order (`checkouts.v3.yml`).
//! There is no list: carts are known by their keys, from events.

use super::metafields::Metafield;
use super::resource::{Resource, first, raw, resource, segment};
use crate::model::{draft, record};
use crate::{Amount, Error, Json, Request, Time};

record! {
    /// A cart. It lives for 30 days after its last change.
    Cart {
        /// The key, a UUID.
        id: String,
        /// 0 for a guest.
        customer_id: i64,
        channel_id: i64,
        email: String,
        currency: CartCurrency,
        tax_included: bool,
        base_amount: Amount,
        discount_amount: Amount,
        manual_discount_amount: Amount,
        cart_amount: Amount,
        coupons: Vec<CartCoupon>,
        discounts: Vec<CartDiscount>,
        line_items: LineItems,
        created_time: Time,
        updated_time: Time,
        locale: String,
        promotions: Json,
        /// Send it back with a change to be refused with 409 when the cart changed meanwhile.
        version: i64,
        /// Only with `include=redirect_urls`.
        redirect_urls: RedirectUrls,
    }
}

record! {
    /// The currency of a cart.
    CartCurrency {
        /// ISO 4217.
        code: String,
    }
}

record! {
    /// A coupon in a cart.
    CartCoupon {
        id: String,
        code: String,
        display_name: String,
        coupon_type: String,
        discounted_amount: Amount,
    }
}

record! {
    /// A discount of a cart or of a line.
    CartDiscount {
        id: String,
        name: String,
        discounted_amount: Amount,
    }
}

record! {
    /// What is in a cart.
    LineItems {
        physical_items: Vec<CartItem>,
        digital_items: Vec<CartItem>,
        gift_certificates: Vec<CartGiftCertificate>,
        custom_items: Vec<CartItem>,
    }
}

record! {
    /// A line of a cart.
    CartItem {
        /// The key, a UUID.
        id: String,
        parent_id: String,
        variant_id: i64,
        product_id: i64,
        sku: String,
        name: String,
        url: String,
        quantity: i64,
        taxable: bool,
        image_url: String,
        discounts: Vec<CartDiscount>,
        coupons: Json,
        discount_amount: Amount,
        coupon_amount: Amount,
        original_price: Amount,
        list_price: Amount,
        sale_price: Amount,
        extended_list_price: Amount,
        extended_sale_price: Amount,
        is_require_shipping: bool,
        is_mutable: bool,
        added_by_promotion: bool,
        gift_wrapping: Json,
        options: Vec<CartItemOption>,
    }
}

record! {
    /// What was chosen of a line's product.
    CartItemOption {
        name: String,
        name_id: i64,
        value: String,
        value_id: i64,
    }
}

record! {
    /// A gift certificate in a cart.
    CartGiftCertificate {
        id: String,
        name: String,
        theme: String,
        amount: Amount,
        taxable: bool,
        sender: Contact,
        recipient: Contact,
        message: String,
    }
}

record! {
    /// Somebody by name and e-mail address.
    Contact {
        name: String,
        email: String,
    }
}

record! {
    /// Links for the shopper, valid for 30 days, each once.
    RedirectUrls {
        cart_url: String,
        checkout_url: String,
        embedded_checkout_url: String,
    }
}

draft! {
    /// A line to be put into a cart.
    NewCartItem(product_id: i64, quantity: i64) {
        variant_id: i64,
        /// Excludes the line from product promotions unless the store says otherwise.
        list_price: Amount,
        option_selections: Vec<OptionSelection>,
        name: String,
    }
}

record! {
    /// A choice for a line.
    OptionSelection {
        option_id: i64,
        /// The key of the value, or text.
        option_value: Json,
    }
}

draft! {
    /// A cart to be created.
    NewCart(line_items: Vec<NewCartItem>) {
        customer_id: i64,
        channel_id: i64,
        locale: String,
        currency: CartCurrency,
        custom_items: Vec<NewCustomItem>,
    }
}

draft! {
    /// A line that is not in the catalog.
    NewCustomItem(name: String, quantity: i64, list_price: Amount) {
        sku: String,
        image_url: String,
    }
}

draft! {
    /// Changes of a cart. Another customer drops promotions and shipping.
    CartUpdate() {
        customer_id: i64,
        version: i64,
    }
}

resource!(Cart { "/v3/carts", None, "id": String, Path, Path },
    get, create NewCart, update CartUpdate, delete);

record! {
    /// A cart on its way to an order. Its key is the cart's.
    Checkout {
        /// The key, a UUID.
        id: String,
        cart: Cart,
        billing_address: CheckoutAddress,
        consignments: Vec<Consignment>,
        taxes: Vec<CheckoutTax>,
        coupons: Vec<CartCoupon>,
        /// Once an order was made of it.
        order_id: i64,
        shipping_cost_total_inc_tax: Amount,
        shipping_cost_total_ex_tax: Amount,
        shipping_cost_before_discount: Amount,
        handling_cost_total_inc_tax: Amount,
        handling_cost_total_ex_tax: Amount,
        tax_total: Amount,
        subtotal_inc_tax: Amount,
        subtotal_ex_tax: Amount,
        grand_total: Amount,
        outstanding_balance: Amount,
        is_store_credit_applied: bool,
        gift_certificates: Json,
        promotions: Json,
        fees: Json,
        created_time: Time,
        updated_time: Time,
        customer_message: String,
        staff_note: String,
        version: i64,
    }
}

record! {
    /// What goes to one address.
    Consignment {
        id: String,
        shipping_cost_inc_tax: Amount,
        shipping_cost_ex_tax: Amount,
        handling_cost_inc_tax: Amount,
        handling_cost_ex_tax: Amount,
        coupon_discounts: Json,
        discounts: Json,
        /// Keys of lines of the cart.
        line_item_ids: Vec<String>,
        shipping_address: CheckoutAddress,
        address: CheckoutAddress,
        /// Only with `include=consignments.available_shipping_options`.
        available_shipping_options: Vec<ShippingOption>,
        selected_shipping_option: ShippingOption,
    }
}

record! {
    /// An address in a checkout.
    CheckoutAddress {
        id: String,
        first_name: String,
        last_name: String,
        email: String,
        company: String,
        address1: String,
        address2: String,
        city: String,
        state_or_province: String,
        state_or_province_code: String,
        country: String,
        /// ISO 3166-1, two letters.
        country_code: String,
        postal_code: String,
        phone: String,
        custom_fields: Json,
    }
}

record! {
    /// A way of sending a consignment.
    ShippingOption {
        id: String,
        r#type: String,
        description: String,
        image_url: String,
        cost: Amount,
        transit_time: String,
        additional_description: String,
    }
}

record! {
    /// A tax on a checkout.
    CheckoutTax {
        name: String,
        amount: Amount,
    }
}

resource!(Checkout { "/v3/checkouts", None, "id": String, Path, Path }, get);

impl Resource<Cart> {
    /// Puts lines into a cart.
    ///
    /// # Errors
    /// As every request.
    pub async fn add_items(
        &self,
        cart: &str,
        items: impl IntoIterator<Item = NewCartItem>,
    ) -> Result<Option<Cart>, Error> {
        #[derive(serde::Serialize)]
        struct Items {
            line_items: Vec<NewCartItem>,
        }
        let body = raw(&Items { line_items: items.into_iter().collect() })?;
        let path = format!("{}/{}/items", self.path, segment(&cart));
        first(&self.send(Request::post(path).json(&body)).await?)
    }

    /// Takes a line out of a cart. The last one takes the cart with it, which is answered with `None`.
    ///
    /// # Errors
    /// As every request.
    pub async fn remove_item(&self, cart: &str, item: &str) -> Result<Option<Cart>, Error> {
        let path = format!("{}/{}/items/{}", self.path, segment(&cart), segment(&item));
        first(&self.send(Request::delete(path)).await?)
    }

    /// Links that take the shopper to a cart.
    ///
    /// # Errors
    /// As every request.
    pub async fn redirect_urls(&self, cart: &str) -> Result<Option<RedirectUrls>, Error> {
        let path = format!("{}/{}/redirect_urls", self.path, segment(&cart));
        first(&self.send(Request::post(path).body("{}")).await?)
    }

    /// The metafields of a cart.
    pub fn metafields(&self, cart: &str) -> Resource<Metafield> {
        self.below(format!("{}/{}/metafields", self.path, segment(&cart)))
    }
}
