//! Coupons, as orders used them, and promotions with their codes.

use super::orders::COUPONS;
use super::record::push_amount;
use super::{Sink, Spec, date};
use crate::chance;

const DAY: i64 = 86_400;

/// The coupon types by their numbers in orders.
const TYPES: [&str; 3] = ["per_item_discount", "percentage_discount", "per_total_discount"];

/// Name, redemption and its type, action, condition and number of codes of each promotion.
const PROMOTIONS: [(&str, &str, &str, &str, usize); 4] = [
    (
        "Ten off everything",
        r#""redemption_type":"AUTOMATIC""#,
        r#"{"cart_value":{"discount":{"percentage_amount":"10"}}}"#,
        r#"{"cart":{"minimum_spend":"100.00"}}"#,
        0,
    ),
    (
        "Free shipping – summer",
        r#""redemption_type":"AUTOMATIC""#,
        r#"{"shipping":{"zone_ids":"*","free_shipping":true}}"#,
        r#"{"cart":{"minimum_spend":"60.00","minimum_quantity":2}}"#,
        0,
    ),
    (
        "Newsletter",
        r#""redemption_type":"COUPON","multiple_codes":{"has_multiple_codes":true},"coupon_type":"BULK""#,
        r#"{"cart_value":{"discount":{"fixed_amount":"5"}}}"#,
        r#"{"cart":{"minimum_spend":"25.00"}}"#,
        12,
    ),
    (
        "Friends",
        r#""redemption_type":"COUPON","multiple_codes":{"has_multiple_codes":false},"coupon_type":"SINGLE""#,
        r#"{"cart_value":{"discount":{"percentage_amount":"20"}}}"#,
        r#"{"cart":{"minimum_quantity":1}}"#,
        1,
    ),
];

pub(super) fn rows(spec: &Spec, uses: &[i64; COUPONS.len()], sink: &mut Sink) {
    let begin = spec.now - 2 * 365 * DAY;
    for (at, ((code, kind, units), used)) in COUPONS.iter().zip(uses).enumerate() {
        let mut amount = String::new();
        push_amount(&mut amount, units * 10_000);
        let created = date::rfc2822(begin + at as i64 * 3_600);
        sink.row(
            "coupons",
            None,
            format!(
                "{{\"id\":{},\"name\":\"Coupon {code}\",\"type\":\"{}\",\"amount\":{amount},\"min_purchase\":\"0.0000\",\"expires\":\"\",\"enabled\":true,\"code\":\"{code}\",\"applies_to\":{{\"entity\":\"categories\",\"ids\":[0]}},\"num_uses\":{used},\"max_uses\":0,\"max_uses_per_customer\":0,\"restricted_to\":[],\"shipping_methods\":null,\"date_created\":\"{created}\"}}",
                at + 1,
                TYPES[*kind as usize]
            ),
        );
    }
    let mut codes = 1;
    for (at, (name, kind, action, condition, count)) in PROMOTIONS.iter().enumerate() {
        let id = at as i64 + 1;
        let start = date::catalog(begin + id * 30 * DAY);
        let (redemption, rest) = kind.split_once(',').unwrap_or((kind, ""));
        let rest = if rest.is_empty() { String::new() } else { format!(",{rest}") };
        sink.row(
            "promotions",
            None,
            format!(
                "{{\"id\":{id},{redemption},\"name\":\"{name}\",\"display_name\":\"{name}\",\"created_from\":\"react_ui\",\"channels\":[],\"customer\":{{\"group_ids\":[],\"minimum_order_count\":0,\"excluded_group_ids\":[]}},\"rules\":[{{\"action\":{action},\"apply_once\":true,\"stop\":false,\"condition\":{condition}}}],\"current_uses\":0,\"max_uses\":null,\"status\":\"ENABLED\",\"start_date\":\"{start}\",\"stop\":false,\"can_be_used_with_other_promotions\":true,\"currency_code\":\"*\",\"notifications\":[],\"coupon_overrides_other_promotions\":false{rest}}}"
            ),
        );
        for _ in 0..*count {
            let code = chance::code(1_000_000 + codes).replace('-', "");
            sink.row(
                "promotion_codes",
                Some(id),
                format!(
                    "{{\"id\":{codes},\"code\":\"{code}\",\"max_uses\":1,\"max_uses_per_customer\":1,\"current_uses\":0,\"created\":\"{start}\"}}"
                ),
            );
            codes += 1;
        }
    }
}
