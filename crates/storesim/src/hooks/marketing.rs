//! Coupons and gift certificates (marketing.v2.yml).

use crate::data::Data;
use crate::json;
use crate::serve::Failure;
use crate::write::{Draft, invalid};

/// The longest code of a gift certificate; the rest is cut off.
const MOST_CODE: usize = 20;

/// Checks a coupon's code. An update that does not say what the coupon applies to clears it.
pub(super) fn coupon(draft: &mut Draft) -> Result<(), Failure> {
    if let Some(code) = draft.given("code").and_then(json::string)
        && !is_code(&code)
    {
        return Err(invalid("code", "Only letters, digits, spaces, underscores and hyphens are allowed."));
    }
    if draft.old.is_some() && draft.given("applies_to").is_none() {
        draft.set("applies_to", "{}");
    }
    Ok(())
}

/// Whether a text can be the code of a coupon.
pub(super) fn is_code(code: &str) -> bool {
    code.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-'))
}

/// Gives a certificate its code and balance.
pub(super) fn certificate(data: &Data, draft: &mut Draft) {
    if let Some(code) = draft.given("code").and_then(json::string).map(|code| code.into_owned()) {
        draft.set_text("code", &code.chars().take(MOST_CODE).collect::<String>());
    }
    if draft.old.is_some() {
        return;
    }
    if draft.given("code").is_none_or(|code| code == "\"\"") {
        draft.set_text("code", &crate::chance::code(draft.id));
    }
    if draft.given("balance").is_none() {
        let amount = draft.given("amount").unwrap_or("\"0.0000\"").to_owned();
        draft.set("balance", amount);
    }
    if draft.given("currency_code").is_none() {
        let currency = data.text("store", 1).and_then(json::Members::read).and_then(|m| m.get("currency"));
        draft.set("currency_code", currency.unwrap_or("\"USD\"").to_owned());
    }
}
