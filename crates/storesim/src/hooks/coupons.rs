//! Coupon codes in carts: those of V2 coupons and those of promotions (marketing.v2.yml, promotions.v3.yml).

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::cart_lines::Lines;
use super::discounts::{self, Part, Shopper};
use crate::data::{Data, SINGLE};
use crate::dates;
use crate::json::{self, Members, quote};
use crate::serve::Failure;
use crate::table::Record;
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
        Some(id) => of_store(data, code, id, shopper, parts)?,
        None => {
            let (id, name, _) = of_promotion(data, code, shopper, parts)?;
            (id, TYPES.len() - 1, name)
        }
    };
    let off: Decimal = parts.iter().map(|part| part.off).sum::<Decimal>() - before;
    Ok(format!(
        "{{\"code\":{},\"id\":\"{id}\",\"coupon_type\":\"{kind}\",\"discounted_amount\":{},\"display_name\":{}}}",
        quote(code),
        off.normalize(),
        quote(&name)
    ))
}

fn of_store(
    data: &Data,
    code: &str,
    id: i64,
    shopper: &Shopper,
    parts: &mut [Part],
) -> Result<(i64, usize, String), Failure> {
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
    if is_spent(data, code, shopper, number("max_uses_per_customer")) {
        return Err(refuse(code, "the customer used it up"));
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

/// Whether a customer paid as many orders with a code as each may; guests are not told apart.
fn is_spent(data: &Data, code: &str, shopper: &Shopper, most: i64) -> bool {
    let Some(most) = usize::try_from(most).ok().filter(|most| *most > 0 && shopper.customer > 0) else {
        return false;
    };
    let number = |text: &str, name: &str| super::consignments::member(text, name).and_then(json::integer);
    let own = data.table("orders").records().iter().filter(|order| {
        number(&order.text, "customer_id") == Some(shopper.customer)
            && number(&order.text, "status_id") != Some(0)
    });
    let named = |coupon: &Record| {
        Members::read(&coupon.text)
            .is_some_and(|c| c.get("code").is_some_and(|own| json::plain(own).eq_ignore_ascii_case(code)))
    };
    own.filter(|order| data.table("order_coupons").of(order.id).any(named)).take(most).count() == most
}

/// Takes off what the promotion of a code takes off: the code's id, the promotion's name, and whether it lets
/// the cart ship for nothing.
fn of_promotion(
    data: &Data,
    code: &str,
    shopper: &Shopper,
    parts: &mut [Part],
) -> Result<(i64, String, bool), Failure> {
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
    if is_spent(data, code, shopper, number("max_uses_per_customer")) {
        return Err(refuse(code, "the customer used it up"));
    }
    let applied = discounts::apply(data, found.parent, &promotion, parts);
    let applied = applied.ok_or_else(|| refuse(code, "the cart is not what its promotion asks for"))?;
    let name = promotion.get("name").map(|raw| json::plain(raw).into_owned()).unwrap_or_default();
    Ok((found.id, name, applied.free_shipping))
}

/// Whether the promotion of a code lets a cart ship for nothing.
pub(super) fn ships_free(data: &Data, code: &str, shopper: &Shopper, parts: &mut [Part]) -> bool {
    data.table("coupons").holder("code", code).is_none()
        && of_promotion(data, code, shopper, parts).is_ok_and(|(_, _, free)| free)
}

/// How many codes a cart may have (promotion_settings.v3.yml).
pub(super) fn most(data: &Data) -> usize {
    let settings = data.text("promotion_settings", SINGLE).and_then(Members::read);
    let most = settings.and_then(|s| json::integer(s.get("number_of_coupons_allowed_at_checkout")?));
    most.and_then(|most| usize::try_from(most).ok()).unwrap_or(1)
}

/// Notes the coupons of a cart at its order, as the order tells them.
pub(super) fn note(data: &mut Data, cart: &str, order: i64) {
    let coupons =
        Members::read(cart).and_then(|cart| json::entries(cart.get("coupons")?)).unwrap_or_default();
    for coupon in coupons.into_iter().filter_map(Members::read) {
        let text = |name: &str| coupon.get(name).map_or("0".into(), json::plain);
        let (code, off) = (text("code"), text("discounted_amount"));
        let stored = data.table("coupons").holder("code", &code).and_then(|id| data.text("coupons", id));
        let amount = stored.and_then(Members::read).and_then(|stored| value::held(stored.get("amount")?));
        let amount = amount.or_else(|| value::held(&off)).unwrap_or_default();
        let id = data.claim("order_coupons");
        let text = format!(
            "{{\"id\":{id},\"coupon_id\":{},\"order_id\":{order},\"code\":{},\"amount\":{},\"type\":{},\"discount\":{off}}}",
            text("id"),
            quote(&code),
            value::amount(amount),
            text("coupon_type"),
        );
        data.insert("order_coupons", Record { id, parent: order, modified: 0, text: text.into() });
    }
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

/// Counts the uses of an order's coupons and of the promotions that came off its lines.
pub(super) fn count_uses(data: &mut Data, cart: &str) {
    let coupons =
        Members::read(cart).and_then(|cart| json::entries(cart.get("coupons")?)).unwrap_or_default();
    let codes =
        coupons.into_iter().filter_map(|coupon| Some(json::plain(Members::read(coupon)?.get("code")?)));
    let automatic = automatic(cart);
    for code in codes {
        for (table, member) in [("coupons", "num_uses"), ("promotion_codes", "current_uses")] {
            let Some(id) = data.table(table).holder("code", &code) else { continue };
            let record = data.table(table).get(id).map(|record| (record.text.to_string(), record.parent));
            let Some((text, parent)) = record else { continue };
            let uses = |text: &str| Members::read(text)?.get(member).and_then(json::integer);
            let more = uses(&text).unwrap_or(0).saturating_add(1).to_string();
            write::touch(data, table, id, &[(member, more)]);
            if table == "promotion_codes" {
                count_use(data, parent);
            }
        }
    }
    for promotion in automatic {
        count_use(data, promotion);
    }
}

/// The automatic promotions that took something off the lines of a cart.
fn automatic(cart: &str) -> BTreeSet<i64> {
    let lines = Members::read(cart).map(|cart| Lines::read(cart.get("line_items").unwrap_or("{}")));
    let lines = lines.unwrap_or_default();
    let discounts = lines.0.iter().flatten().filter_map(|line| {
        let discounts = Members::read(line)?.get("discounts").and_then(json::entries)?;
        Some(discounts.into_iter().filter_map(Members::read).collect::<Vec<_>>())
    });
    discounts.flatten().filter_map(|discount| discount.get("id").and_then(json::integer)).collect()
}

/// Counts one more use of a promotion.
fn count_use(data: &mut Data, promotion: i64) {
    let uses = |text: &str| Members::read(text)?.get("current_uses").and_then(json::integer);
    let more = data.text("promotions", promotion).and_then(uses).unwrap_or(0).saturating_add(1);
    write::touch(data, "promotions", promotion, &[("current_uses", more.to_string())]);
}
