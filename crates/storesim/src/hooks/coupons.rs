//! Coupon codes in carts: those of V2 coupons and those of promotions (marketing.v2.yml, promotions.v3.yml).

use rust_decimal::Decimal;

use super::discounts::{self, Part, Shopper};
use crate::data::Data;
use crate::dates;
use crate::json::{self, Members, quote};
use crate::serve::Failure;
use crate::write::{self, read_object, value};

/// The numbers of the coupon types in carts and orders (page "Order coupons").
pub(super) const TYPES: [&str; 6] = [
    "per_item_discount",
    "percentage_discount",
    "per_total_discount",
    "shipping_discount",
    "free_shipping",
    "promotion",
];
/// Those that take something off shipping.
const SHIPPING: usize = 3;
const FREE_SHIPPING: usize = 4;

fn refuse(code: &str, why: &str) -> Failure {
    Failure::new(422, format!("The coupon code {code} cannot be applied: {why}."))
}

/// Takes off what a code takes off; the coupon as a cart tells it.
pub(super) fn applied(
    data: &Data,
    code: &str,
    shopper: &Shopper,
    parts: &mut [Part],
) -> Result<String, Failure> {
    let before: Decimal = parts.iter().map(|part| part.off).sum();
    let (id, kind, name) = match data.table("coupons").holder("code", code) {
        Some(id) => of_store(data, code, id, parts)?,
        None => of_promotion(data, code, shopper, parts)?,
    };
    let off: Decimal = parts.iter().map(|part| part.off).sum::<Decimal>() - before;
    Ok(format!(
        "{{\"code\":{},\"id\":\"{id}\",\"coupon_type\":\"{kind}\",\"discounted_amount\":{},\"display_name\":{}}}",
        quote(code),
        off.normalize(),
        quote(&name)
    ))
}

fn of_store(data: &Data, code: &str, id: i64, parts: &mut [Part]) -> Result<(i64, usize, String), Failure> {
    let members = read_object(data.text("coupons", id).unwrap_or("{}"))?;
    let held = |name: &str| members.get(name).and_then(value::held).unwrap_or_default();
    let text = |name: &str| members.get(name).map(|raw| json::plain(raw).into_owned()).unwrap_or_default();
    let number = |name: &str| members.get(name).and_then(json::integer).unwrap_or(0);
    let now = data.clock.now();
    if members.get("enabled") == Some("false") {
        return Err(refuse(code, "it is not enabled"));
    }
    if dates::parse(&text("expires"), now).is_some_and(|end| end <= now) {
        return Err(refuse(code, "it has expired"));
    }
    if number("max_uses") > 0 && number("num_uses") >= number("max_uses") {
        return Err(refuse(code, "it was used up"));
    }
    let sold: Decimal = parts.iter().map(Part::sold).sum();
    if sold < held("min_purchase") {
        return Err(refuse(code, "the cart comes to too little"));
    }
    let kind = TYPES.iter().position(|known| *known == text("type")).unwrap_or(TYPES.len() - 1);
    let chosen = discounts::applies_to(data, &members, parts);
    if chosen.is_empty() {
        return Err(refuse(code, "nothing in the cart is what it applies to"));
    }
    discounts::coupon(kind, held("amount"), &chosen, parts);
    Ok((id, kind, text("name")))
}

fn of_promotion(
    data: &Data,
    code: &str,
    shopper: &Shopper,
    parts: &mut [Part],
) -> Result<(i64, usize, String), Failure> {
    let table = data.table("promotion_codes");
    let found = table.holder("code", code).and_then(|id| table.get(id));
    let found = found.ok_or_else(|| refuse(code, "there is no such code"))?;
    let own = read_object(&found.text)?;
    let number = |name: &str| own.get(name).and_then(json::integer).unwrap_or(0);
    let promotion = read_object(data.text("promotions", found.parent).unwrap_or("{}"))?;
    let used_up = number("max_uses") > 0 && number("current_uses") >= number("max_uses");
    if used_up || !discounts::is_open(data, &promotion, shopper) {
        return Err(refuse(code, "its promotion is not open to this cart"));
    }
    discounts::apply(data, found.parent, &promotion, parts);
    let name = promotion.get("name").map(|raw| json::plain(raw).into_owned()).unwrap_or_default();
    Ok((found.id, TYPES.len() - 1, name))
}

/// What the coupons of a cart still take off shipping, each by its code: an amount, or all of it.
pub(super) struct OffShipping(Vec<(String, Option<Decimal>)>);

impl OffShipping {
    /// Reads the member `coupons` of a cart.
    pub fn of(data: &Data, coupons: &str) -> Self {
        let coupons = json::entries(coupons).unwrap_or_default().into_iter().filter_map(Members::read);
        let all = coupons.filter_map(|coupon| {
            let kind = coupon.get("coupon_type").and_then(json::integer).unwrap_or(0);
            let code = json::plain(coupon.get("code")?).into_owned();
            let amount = || {
                let id = data.table("coupons").holder("code", &code)?;
                Members::read(data.text("coupons", id)?)?.get("amount").and_then(value::held)
            };
            match usize::try_from(kind) {
                Ok(FREE_SHIPPING) => Some((code, None)),
                Ok(SHIPPING) => {
                    let amount = amount().unwrap_or_default().max(Decimal::ZERO);
                    Some((code, Some(amount)))
                }
                _ => None,
            }
        });
        Self(all.collect())
    }

    /// Takes off what one consignment's shipping costs as far as the coupons reach; the shares by their codes.
    pub fn take(&mut self, cost: Decimal) -> Vec<(String, Decimal)> {
        let mut left = cost;
        let mut off = Vec::new();
        for (code, amount) in &mut self.0 {
            let share = amount.map_or(left, |amount| amount.min(left));
            *amount = amount.map(|amount| amount - share);
            left -= share;
            off.push((code.clone(), share));
        }
        off
    }
}

/// A cart's coupons as a checkout shows them: the type is a key name.
pub(super) fn named(coupons: &str) -> String {
    let named = |coupon: &str| {
        let kind = Members::read(coupon).and_then(|coupon| coupon.get("coupon_type").map(json::plain));
        let name = kind.and_then(|kind| TYPES.get(kind.parse::<usize>().ok()?)).unwrap_or(&TYPES[5]);
        json::edit(coupon, &[("coupon_type", quote(name))])
    };
    let coupons = json::entries(coupons).unwrap_or_default();
    format!("[{}]", coupons.into_iter().map(named).collect::<Vec<_>>().join(","))
}

/// Counts the uses of an order's coupons.
pub(super) fn count_uses(data: &mut Data, cart: &str) {
    let coupons =
        Members::read(cart).and_then(|cart| json::entries(cart.get("coupons")?)).unwrap_or_default();
    let codes =
        coupons.into_iter().filter_map(|coupon| Some(json::plain(Members::read(coupon)?.get("code")?)));
    for code in codes {
        for (table, member) in [("coupons", "num_uses"), ("promotion_codes", "current_uses")] {
            let Some(id) = data.table(table).holder("code", &code) else { continue };
            let record = data.table(table).get(id).map(|record| (record.text.to_string(), record.parent));
            let Some((text, parent)) = record else { continue };
            let uses = |text: &str| Members::read(text)?.get(member).and_then(json::integer);
            let more = uses(&text).unwrap_or(0).saturating_add(1).to_string();
            write::touch(data, table, id, &[(member, more)]);
            if table == "promotion_codes" {
                let before = data.text("promotions", parent).and_then(uses).unwrap_or(0);
                write::touch(data, "promotions", parent, &[(member, before.saturating_add(1).to_string())]);
            }
        }
    }
}
