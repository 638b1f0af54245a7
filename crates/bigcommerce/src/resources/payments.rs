//! Transactions, refunds and payment actions of an order (`reference/orders.v3.yml`).

use super::orders::Order;
use super::resource::{Resource, first, missing, raw, resource};
use crate::model::{draft, open_enum, record};
use crate::{Amount, Error, Request, Time};

open_enum! {
    /// What happened to a payment.
    TransactionEvent {
        Purchase = "purchase",
        Authorization = "authorization",
        Capture = "capture",
        Refund = "refund",
        Void = "void",
        Pending = "pending",
        Settled = "settled",
    }
}

open_enum! {
    /// How it went.
    TransactionStatus { Ok = "ok", Error = "error", }
}

record! {
    /// Something that happened to a payment. A refund names the purchase or capture it belongs to.
    Transaction {
        /// The key.
        id: i64,
        order_id: String,
        event: TransactionEvent,
        /// `credit_card`, `gift_certificate`, `store_credit`, `custom`, `offline`, ….
        method: String,
        amount: Amount,
        /// ISO 4217.
        currency: String,
        gateway: String,
        gateway_transaction_id: String,
        payment_method_id: String,
        status: TransactionStatus,
        test: bool,
        fraud_review: bool,
        reference_transaction_id: i64,
        date_created: Time,
        payment_instrument_token: String,
        provider_instrument_token: String,
        provider_customer_id: String,
        avs_result: AvsResult,
        cvv_result: CvvResult,
        credit_card: CreditCard,
        gift_certificate: UsedGiftCertificate,
        store_credit: UsedStoreCredit,
        offline: OfflinePayment,
        custom: CustomPayment,
    }
}

record! {
    /// What the bank says about the address.
    AvsResult {
        code: String,
        message: String,
        street_match: String,
        postal_match: String,
    }
}

record! {
    /// What the bank says about the card's code.
    CvvResult {
        code: String,
        message: String,
    }
}

record! {
    /// The card, as far as it may be told.
    CreditCard {
        card_type: String,
        card_iin: String,
        card_last4: String,
        card_expiry_month: i64,
        card_expiry_year: i64,
    }
}

record! {
    /// The gift certificate that paid.
    UsedGiftCertificate {
        code: String,
        original_balance: Amount,
        starting_balance: Amount,
        remaining_balance: Amount,
        status: String,
    }
}

record! {
    /// The store credit that paid.
    UsedStoreCredit {
        remaining_balance: Amount,
    }
}

record! {
    /// A payment outside of the store.
    OfflinePayment {
        display_name: String,
    }
}

record! {
    /// A payment of the store's own kind.
    CustomPayment {
        payment_method: String,
    }
}

resource!(Transaction { "/v3/orders/{order_id}/transactions", None, "id": i64, Path, Path });

open_enum! {
    /// What is paid back.
    RefundItemType {
        /// A line; the key is that of the line.
        Product = "PRODUCT",
        /// The wrapping of a line.
        GiftWrapping = "GIFT_WRAPPING",
        /// The key is that of the shipping address.
        Shipping = "SHIPPING",
        /// The key is that of the shipping address.
        Handling = "HANDLING",
        /// An amount without tax; the key is that of the order.
        Order = "ORDER",
        /// The key is that of the fee.
        Fee = "FEE",
        /// Tax alone.
        Tax = "TAX",
    }
}

record! {
    /// A refund.
    Refund {
        /// The key.
        id: i64,
        order_id: i64,
        user_id: i64,
        created: Time,
        reason: String,
        total_amount: Amount,
        total_tax: Amount,
        uses_merchant_override_values: bool,
        payments: Vec<RefundPayment>,
        items: Vec<RefundItem>,
    }
}

record! {
    /// How a refund is paid.
    RefundPayment {
        /// The key.
        id: i64,
        provider_id: String,
        amount: Amount,
        /// Whether somebody has to pay it by hand.
        offline: bool,
        is_declined: bool,
        declined_message: String,
    }
}

record! {
    /// What is paid back.
    RefundItem {
        item_type: RefundItemType,
        item_id: i64,
        quantity: i64,
        /// A string among numbers.
        requested_amount: Amount,
        amount: Amount,
        reason: String,
        adjustments: Vec<RefundAdjustment>,
    }
}

record! {
    /// What is kept of a refund.
    RefundAdjustment {
        /// 0 or less.
        amount: Amount,
        description: String,
    }
}

draft! {
    /// What is to be paid back: a quantity of a line, or an amount of something else.
    NewRefundItem(item_type: RefundItemType) {
        item_id: i64,
        quantity: i64,
        amount: Amount,
        reason: String,
        adjustments: Vec<RefundAdjustment>,
    }
}

impl NewRefundItem {
    /// So many of a line.
    pub fn product(order_product_id: i64, quantity: i64) -> Self {
        Self::new(RefundItemType::Product).item_id(order_product_id).quantity(quantity)
    }

    /// An amount of shipping, handling, the order or a fee.
    pub fn amount_of(item_type: RefundItemType, item_id: i64, amount: impl Into<Amount>) -> Self {
        Self::new(item_type).item_id(item_id).amount(amount)
    }
}

draft! {
    /// A question what a refund would come to.
    RefundQuoteRequest(items: Vec<NewRefundItem>) {
        tax_adjustment_amount: Amount,
    }
}

record! {
    /// What a refund would come to, and the ways of paying it.
    RefundQuote {
        order_id: i64,
        total_refund_amount: Amount,
        total_refund_tax_amount: Amount,
        order_level_refund_amount: Amount,
        rounding: Amount,
        adjustment: Amount,
        tax_inclusive: bool,
        /// Alternatives; each is a list of payments. Choose one and give it back with the refund.
        refund_methods: Vec<Vec<RefundMethod>>,
    }
}

record! {
    /// A payment of one way to refund.
    RefundMethod {
        provider_id: String,
        provider_description: String,
        amount: Amount,
        offline: bool,
        offline_provider: bool,
        offline_reason: String,
    }
}

impl RefundMethod {
    /// The payment as a refund wants it.
    pub fn to_payment(&self) -> RefundPayment {
        RefundPayment {
            provider_id: self.provider_id.clone(),
            amount: self.amount.clone(),
            offline: self.offline,
            ..RefundPayment::default()
        }
    }
}

draft! {
    /// A refund. The payments' amounts must be those of one way of the quote.
    NewRefund(items: Vec<NewRefundItem>, payments: Vec<RefundPayment>) {
        reason: String,
        tax_adjustment_amount: Amount,
        merchant_calculated_override: MerchantOverride,
    }
}

record! {
    /// Amounts that somebody else calculated.
    MerchantOverride {
        total_amount: Amount,
        total_tax: Amount,
    }
}

resource!(Refund { "/v3/orders/payment_actions/refunds", Offset, "id": i64, Path, Path }, get);

/// A refund, reached through its order. It reads like a [`Refund`], to which it dereferences.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct OrderRefund(pub Refund);

impl std::ops::Deref for OrderRefund {
    type Target = Refund;

    fn deref(&self) -> &Refund {
        &self.0
    }
}

resource!(OrderRefund { "/v3/orders/{order_id}/payment_actions/refunds", None, "id": i64, Path, Path },
    create NewRefund);

impl Resource<OrderRefund> {
    /// What a refund would come to, and how it can be paid.
    ///
    /// # Errors
    /// As every request; [`Error::is_not_found`] when the answer holds no quote.
    pub async fn quote(&self, request: RefundQuoteRequest) -> Result<RefundQuote, Error> {
        let path = self.path.replace("/payment_actions/refunds", "/payment_actions/refund_quotes");
        // A question: asking twice is as good as asking once.
        let response = self.send(Request::post(path).json(&raw(&request)?).idempotent(true)).await?;
        first(&response)?.ok_or_else(|| missing(&response))
    }
}

impl Resource<Order> {
    /// Captures the authorised payment of an order. It is done a moment later: the order is
    /// [`CapturePending`](super::orders::PaymentStatus::CapturePending) first.
    ///
    /// # Errors
    /// As every request.
    pub async fn capture(&self, order: i64) -> Result<(), Error> {
        self.send(Request::post(format!("/v3/orders/{order}/payment_actions/capture"))).await.map(drop)
    }

    /// Gives up the authorised payment of an order. It is done a moment later: the order is
    /// [`VoidPending`](super::orders::PaymentStatus::VoidPending) first.
    ///
    /// # Errors
    /// As every request.
    pub async fn void(&self, order: i64) -> Result<(), Error> {
        self.send(Request::post(format!("/v3/orders/{order}/payment_actions/void"))).await.map(drop)
    }
}
