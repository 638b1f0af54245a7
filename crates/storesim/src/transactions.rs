//! The text of a payment's transactions, members in the order of recorded answers (orders.v3.yml).

use crate::json::quote;

/// Gateways that no machine answers for.
const OFFLINE: &[&str] = &["custom", "cod", "bankdeposit", "cheque", "moneyorder", "instore"];

/// Whether money of a gateway moves by hand.
pub(crate) fn is_offline(gateway: &str) -> bool {
    OFFLINE.contains(&gateway)
}

/// The method and the gateway behind the name of a payment method.
pub(crate) fn means(name: &str) -> (&'static str, &'static str) {
    match name {
        "Credit Card" => ("credit_card", "braintree"),
        "PayPal" => ("electronic_wallet", "paypalexpress"),
        "Bank Deposit" => ("offline", "bankdeposit"),
        "Cash on Delivery" => ("offline", "cod"),
        "Cheque" => ("offline", "cheque"),
        _ => ("custom", "custom"),
    }
}

/// What tells one transaction from another.
pub(crate) struct Transaction<'a> {
    pub id: i64,
    pub order: i64,
    pub event: &'a str,
    pub method: &'a str,
    pub gateway: &'a str,
    /// A JSON number.
    pub amount: &'a str,
    /// JSON text.
    pub currency: &'a str,
    pub status: &'a str,
    /// Whether the gateway looks at it again.
    pub review: bool,
    /// The transaction that this one follows.
    pub reference: Option<i64>,
    pub created: &'a str,
}

impl Transaction<'_> {
    /// The record.
    pub fn text(&self) -> String {
        let Self { id, order, event, method, gateway, amount, currency, status, review, created, .. } = self;
        let reference = self.reference.map_or("null".into(), |id| id.to_string());
        let number = match is_offline(gateway) {
            true => String::new(),
            false => format!("{gateway}_{:x}", id.wrapping_mul(7_919)),
        };
        let card = match *method {
            "credit_card" => {
                r#"{"card_type":"visa","card_iin":"411111","card_last4":"1111","card_expiry_month":12,"card_expiry_year":2030}"#
            }
            _ => "{}",
        };
        let offline = match *method {
            "offline" => format!("{{\"display_name\":{}}}", quote(gateway)),
            _ => "{}".into(),
        };
        let custom = if *method == "custom" { r#"{"payment_method":"Manual"}"# } else { "{}" };
        format!(
            "{{\"id\":{id},\"order_id\":\"{order}\",\"event\":\"{event}\",\"method\":\"{method}\",\"amount\":{amount},\"currency\":{currency},\"gateway\":\"{gateway}\",\"gateway_transaction_id\":\"{number}\",\"status\":\"{status}\",\"test\":true,\"fraud_review\":{review},\"reference_transaction_id\":{reference},\"date_created\":\"{created}\",\"avs_result\":{{\"code\":\"\",\"message\":\"\",\"street_match\":\"\",\"postal_match\":\"\"}},\"cvv_result\":{{\"code\":\"\",\"message\":\"\"}},\"credit_card\":{card},\"gift_certificate\":{{}},\"store_credit\":{{}},\"offline\":{offline},\"custom\":{custom},\"payment_instrument_token\":null,\"payment_method_id\":\"{gateway}.{method}\"}}"
        )
    }
}
