//! What promotions and coupons take off a cart (promotions.v3.yml, marketing.v2.yml).
//!
//! Computed are the actions `cart_value` and `cart_items`, and `shipping` where it is free. Gifts, sets at
//! a fixed price, schedules and conditions on the shipping address are kept and have no effect.

use rust_decimal::Decimal;

use super::cart_lines::{Lines, cents};
use crate::data::Data;
use crate::dates;
use crate::json::{self, Members};
use crate::write::value;

/// Kinds of lines that something can be taken off: those of the catalog.
const DISCOUNTED: [usize; 2] = [0, 1];
/// The most often that a rule applies to one cart.
const MOST_TIMES: i64 = 1_000;
/// The most steps of conditions within conditions.
const DEPTH: u32 = 8;

/// What decides beside the lines.
pub(super) struct Shopper {
    pub customer: i64,
    pub channel: i64,
    pub currency: String,
}

impl Shopper {
    /// Reads a cart.
    pub fn of(member: impl Fn(&str) -> Option<String>) -> Self {
        let number = |name: &str| member(name).and_then(|raw| json::integer(&raw)).unwrap_or(0);
        let currency = member("currency").unwrap_or_default();
        let code = Members::read(&currency).and_then(|currency| currency.get("code")).map(json::plain);
        Self {
            customer: number("customer_id"),
            channel: number("channel_id"),
            currency: code.unwrap_or_default().into_owned(),
        }
    }
}

/// A line as discounts see it.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Where it is among the lines: its kind and place.
    pub place: (usize, usize),
    product: i64,
    variant: i64,
    units: i64,
    /// What a unit is sold at.
    price: Decimal,
    on_sale: bool,
    /// What was taken off so far.
    pub off: Decimal,
}

impl Part {
    /// What it is sold at, in whole cents.
    pub fn sold(&self) -> Decimal {
        cents(self.price * Decimal::from(self.units))
    }

    fn left(&self) -> Decimal {
        (self.sold() - self.off).max(Decimal::ZERO)
    }
}

/// The lines that something can be taken off.
pub(super) fn parts(lines: &Lines) -> Vec<Part> {
    let mut parts = Vec::new();
    for kind in DISCOUNTED {
        for (at, line) in lines.0[kind].iter().enumerate() {
            let Some(members) = Members::read(line) else { continue };
            let held = |name: &str| members.get(name).and_then(value::held);
            let number = |name: &str| held(name).and_then(|n| i64::try_from(n).ok()).unwrap_or(0);
            let listed = held("list_price").unwrap_or_default();
            let price = held("sale_price").unwrap_or(listed);
            parts.push(Part {
                place: (kind, at),
                product: number("product_id"),
                variant: number("variant_id"),
                units: number("quantity"),
                price,
                on_sale: price < held("original_price").unwrap_or(price),
                off: Decimal::ZERO,
            });
        }
    }
    parts
}

/// Spreads an amount over parts in proportion to what is left of them, to the cent.
pub(super) fn spread(parts: &mut [Part], chosen: &[usize], amount: Decimal) {
    let whole: Decimal = chosen.iter().map(|at| parts[*at].left()).sum();
    if whole.is_zero() {
        return;
    }
    let amount = amount.min(whole).max(Decimal::ZERO);
    let portion = |seen: Decimal| portion(amount, seen, whole);
    let (mut seen, mut given) = (Decimal::ZERO, Decimal::ZERO);
    for at in chosen {
        seen += parts[*at].left();
        let until = cents(portion(seen));
        let share = (until - given).min(parts[*at].left());
        parts[*at].off += share;
        given = until;
    }
}

/// The share of an amount that a part has of a whole.
fn portion(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal {
    match amount.checked_mul(part) {
        _ if whole.is_zero() => Decimal::ZERO,
        Some(product) => product / whole,
        None => amount * (part / whole),
    }
}

/// A promotion whose conditions held.
pub(super) struct Applied {
    pub id: i64,
    /// What it took off each part.
    pub shares: Vec<Decimal>,
    pub free_shipping: bool,
}

/// The automatic promotions that apply, in the order of their ids; what they take off is taken off `parts`.
pub(super) fn automatic(data: &Data, shopper: &Shopper, parts: &mut [Part]) -> Vec<Applied> {
    let mut all: Vec<Applied> = Vec::new();
    for record in data.table("promotions").records() {
        let Some(promotion) = Members::read(&record.text) else { continue };
        let alone = promotion.get("can_be_used_with_other_promotions") == Some("false");
        let is_automatic = promotion.get("redemption_type") == Some("\"AUTOMATIC\"");
        if !is_automatic || (alone && !all.is_empty()) || !is_open(data, &promotion, shopper) {
            continue;
        }
        let applied = apply(data, record.id, &promotion, parts);
        let does = |applied: &Applied| applied.free_shipping || applied.shares.iter().any(|s| !s.is_zero());
        if let Some(applied) = applied.filter(does) {
            all.push(applied);
            if alone || promotion.get("stop") == Some("true") {
                break;
            }
        }
    }
    all
}

/// Whether a promotion runs now, for this shopper.
pub(super) fn is_open(data: &Data, promotion: &Members, shopper: &Shopper) -> bool {
    let now = data.clock.now();
    let date = |name: &str| promotion.get(name).and_then(|raw| dates::parse(&json::plain(raw), now));
    let number = |path: &str| promotion.path(path).and_then(json::integer).unwrap_or(0);
    let numbers = |path: &str| promotion.path(path).and_then(value::integers).unwrap_or_default();
    let currency = promotion.get("currency_code").map(json::plain).unwrap_or_default();
    let channels = promotion.get("channels").and_then(json::entries).unwrap_or_default();
    let on_channel = |raw: &&str| {
        Members::read(raw).and_then(|channel| channel.get("id").and_then(json::integer))
            == Some(shopper.channel)
    };
    let group = data.text("customers", shopper.customer).and_then(Members::read);
    let group =
        group.and_then(|customer| customer.get("customer_group_id").and_then(json::integer)).unwrap_or(0);
    let (wanted, shut) = (numbers("customer.group_ids"), numbers("customer.excluded_group_ids"));
    let orders = |most: i64| {
        let own = |order: &&crate::table::Record| {
            super::consignments::member(&order.text, "customer_id").and_then(json::integer)
                == Some(shopper.customer)
        };
        let needed = usize::try_from(most).unwrap_or(0);
        shopper.customer > 0
            && data.table("orders").records().iter().filter(own).take(needed).count() == needed
    };
    promotion.get("status") == Some("\"ENABLED\"")
        && date("start_date").is_none_or(|start| start <= now)
        && date("end_date").is_none_or(|end| end > now)
        && (matches!(&*currency, "" | "*") || currency.eq_ignore_ascii_case(&shopper.currency))
        && (channels.is_empty() || channels.iter().any(on_channel))
        && (wanted.is_empty() || wanted.contains(&group))
        && !shut.contains(&group)
        && (number("max_uses") == 0 || number("current_uses") < number("max_uses"))
        && (number("customer.minimum_order_count") == 0 || orders(number("customer.minimum_order_count")))
}

/// Applies a promotion's rules; `None` when none of them holds.
pub(super) fn apply(data: &Data, id: i64, promotion: &Members, parts: &mut [Part]) -> Option<Applied> {
    let before: Vec<Decimal> = parts.iter().map(|part| part.off).collect();
    let (mut free_shipping, mut holds) = (false, false);
    for rule in promotion.get("rules").and_then(json::entries).unwrap_or_default() {
        let Some(rule) = Members::read(rule) else { continue };
        let Some(action) = rule.get("action").and_then(Members::read) else { continue };
        let Some(held) = condition(data, rule.get("condition"), parts, DEPTH) else { continue };
        holds = true;
        let once = rule.get("apply_once") != Some("false");
        let times = if once { 1 } else { held.times.clamp(1, MOST_TIMES) };
        if let Some(value) = action.get("cart_value").and_then(Members::read) {
            let all: Vec<usize> = (0..parts.len()).collect();
            let whole: Decimal = parts.iter().map(Part::left).sum();
            let amount = match discount(&value) {
                Off::Share(share) => whole * share / Decimal::ONE_HUNDRED,
                Off::Fixed(fixed) => fixed * Decimal::from(times),
            };
            spread(parts, &all, capped(&value, amount));
        } else if let Some(items) = action.get("cart_items").and_then(Members::read) {
            of_items(data, &items, &held, times, parts);
        } else if let Some(shipping) = action.get("shipping").and_then(Members::read) {
            free_shipping |= shipping.get("free_shipping") != Some("false");
        } else {
            continue;
        }
        if rule.get("stop") == Some("true") {
            break;
        }
    }
    let shares: Vec<Decimal> = parts.iter().zip(before).map(|(part, before)| part.off - before).collect();
    holds.then_some(Applied { id, shares, free_shipping })
}

/// What is taken off.
enum Off {
    Share(Decimal),
    Fixed(Decimal),
}

/// A discount is never less than nothing, so that none makes a cart dearer.
fn discount(action: &Members) -> Off {
    let held = |name: &str| action.path(&format!("discount.{name}")).and_then(value::held);
    match held("percentage_amount") {
        Some(share) => Off::Share(share.clamp(Decimal::ZERO, Decimal::ONE_HUNDRED)),
        None => Off::Fixed(held("fixed_amount").unwrap_or_default().max(Decimal::ZERO)),
    }
}

fn capped(action: &Members, amount: Decimal) -> Decimal {
    let most = action.get("maximum_allowed_discount_amount").and_then(value::held);
    most.filter(|most| *most > Decimal::ZERO).map_or(amount, |most| amount.min(most))
}

/// Takes something off single units: of the lines that the action wants, as many as it says, the cheapest
/// ones first unless it says otherwise.
fn of_items(data: &Data, action: &Members, held: &Held, times: i64, parts: &mut [Part]) {
    let matcher = action.get("items").and_then(Members::read);
    let skips_sales = action.get("exclude_items_on_sale") == Some("true");
    let mut units: Vec<(usize, Decimal)> = Vec::new();
    let mut chosen: Vec<(usize, i64)> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let fits = matcher.as_ref().is_none_or(|matcher| matches(data, matcher, part, DEPTH));
        if fits && !(skips_sales && part.on_sale) && part.units > 0 {
            chosen.push((at, part.units));
        }
    }
    // Units that the condition is met by are no reward, where the promotion says so.
    if action.get("include_items_considered_by_condition") == Some("false") {
        let mut needed = held.quantity.saturating_mul(times);
        let mut order: Vec<usize> = (0..chosen.len()).collect();
        order.sort_by_key(|at| (std::cmp::Reverse(parts[chosen[*at].0].price), *at));
        for at in order {
            let (part, left) = chosen[at];
            let taken = if held.parts.contains(&part) { left.min(needed) } else { 0 };
            chosen[at].1 -= taken;
            needed -= taken;
        }
    }
    chosen.retain(|(_, units)| *units > 0);
    let dearest = action.get("strategy").is_some_and(|raw| raw.starts_with("\"MOST"));
    match dearest {
        true => chosen.sort_by_key(|(at, _)| (std::cmp::Reverse(parts[*at].price), *at)),
        false => chosen.sort_by_key(|(at, _)| (parts[*at].price, *at)),
    }
    let most = action.get("quantity").and_then(json::integer).filter(|most| *most > 0);
    let mut left = most.map_or(i64::MAX, |most| most.saturating_mul(times));
    for (at, count) in chosen {
        let count = count.min(left);
        left -= count;
        if count > 0 {
            units.push((at, Decimal::from(count)));
        }
    }
    let as_total = action.get("as_total") == Some("true");
    let priced =
        |parts: &[Part]| -> Decimal { units.iter().map(|(at, count)| parts[*at].price * count).sum() };
    let amounts: Vec<Decimal> = match discount(action) {
        Off::Share(share) => units
            .iter()
            .map(|(at, count)| cents(parts[*at].price * count * share / Decimal::ONE_HUNDRED))
            .collect(),
        Off::Fixed(fixed) if as_total => {
            let whole = priced(parts);
            let amount = (fixed * Decimal::from(times)).min(whole);
            units.iter().map(|(at, count)| cents(portion(amount, parts[*at].price * count, whole))).collect()
        }
        Off::Fixed(fixed) => units.iter().map(|(at, count)| fixed.min(parts[*at].price) * count).collect(),
    };
    let sum: Decimal = amounts.iter().copied().sum();
    let mut left = cents(capped(action, sum));
    for ((at, _), amount) in units.iter().zip(amounts) {
        let share = cents(amount).min(left).min(parts[*at].left());
        parts[*at].off += share;
        left -= share;
    }
}

/// How a condition is met.
#[derive(Debug, Default)]
struct Held {
    /// The parts that count.
    parts: Vec<usize>,
    /// How many units it needs.
    quantity: i64,
    /// How often it is met.
    times: i64,
}

/// Whether a condition holds; one that is not there always does, and one of an unknown kind never.
fn condition(data: &Data, raw: Option<&str>, parts: &[Part], depth: u32) -> Option<Held> {
    let whole = || Held { parts: (0..parts.len()).collect(), quantity: 0, times: 1 };
    let Some(raw) = raw.filter(|raw| !matches!(*raw, "null" | "{}" | "[]")) else { return Some(whole()) };
    let members = Members::read(raw)?;
    let depth = depth.checked_sub(1)?;
    if let Some(all) = members.get("and").and_then(json::entries) {
        let mut held = Held { times: i64::MAX, ..Held::default() };
        for part in all {
            let one = condition(data, Some(part), parts, depth)?;
            held.parts.extend(one.parts);
            held.quantity = held.quantity.saturating_add(one.quantity);
            held.times = held.times.min(one.times);
        }
        return Some(held);
    }
    if let Some(any) = members.get("or").and_then(json::entries) {
        return any.into_iter().find_map(|part| condition(data, Some(part), parts, depth));
    }
    let cart = members.get("cart").and_then(Members::read)?;
    let matcher = cart.get("items").and_then(Members::read);
    let fits = |part: &Part| matcher.as_ref().is_none_or(|matcher| matches(data, matcher, part, DEPTH));
    let fitting: Vec<usize> = (0..parts.len()).filter(|at| fits(&parts[*at])).collect();
    let units = fitting.iter().fold(0_i64, |sum, at| sum.saturating_add(parts[*at].units));
    let spent: Decimal = fitting.iter().map(|at| parts[*at].left()).sum();
    let spend = cart.get("minimum_spend").and_then(value::held).unwrap_or_default();
    let quantity = cart.get("minimum_quantity").and_then(json::integer).unwrap_or(0);
    let least = if matcher.is_some() { quantity.max(1) } else { quantity };
    if units < least || spent < spend {
        return None;
    }
    // A quotient that is too large for a number is as many times as there are.
    let by_spend = (spend > Decimal::ZERO).then(|| {
        let times = spent.checked_div(spend).and_then(|times| i64::try_from(times.trunc()).ok());
        times.unwrap_or(MOST_TIMES)
    });
    let times = if quantity > 0 { Some(units / quantity) } else { by_spend };
    Some(Held { parts: fitting, quantity: least, times: times.unwrap_or(1) })
}

/// Whether a line is what a matcher wants: everything that it says has to hold.
fn matches(data: &Data, matcher: &Members, part: &Part, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let product = data.text("products", part.product).and_then(Members::read);
    let numbers =
        |name: &str| product.as_ref().and_then(|p| p.get(name)).and_then(value::integers).unwrap_or_default();
    let number = |name: &str| product.as_ref().and_then(|p| p.get(name)).and_then(json::integer);
    let each = |raw: &str| -> Vec<bool> {
        let entries = json::entries(raw).unwrap_or_else(|| vec![raw]);
        let inner = entries.into_iter().filter_map(Members::read);
        inner.map(|inner| matches(data, &inner, part, depth)).collect()
    };
    matcher.0.iter().all(|(name, raw)| {
        let raw = raw.get();
        let wanted = || value::integers(raw).unwrap_or_default();
        match name.as_ref() {
            "products" => wanted().contains(&part.product),
            "variants" => wanted().contains(&part.variant),
            "brands" => number("brand_id").is_some_and(|brand| wanted().contains(&brand)),
            "categories" => numbers("categories").iter().any(|category| wanted().contains(category)),
            "and" => each(raw).into_iter().all(|fits| fits),
            "or" => each(raw).into_iter().any(|fits| fits),
            "not" => each(raw).into_iter().all(|fits| !fits),
            "product_custom_field" => {
                let fields = data.table("product_custom_fields").of(part.product);
                fields
                    .filter_map(|field| Members::read(&field.text))
                    .any(|field| named(raw, &field, "name", "value"))
            }
            "product_option" => {
                let variant = data.text("variants", part.variant).and_then(Members::read);
                let values = variant.and_then(|variant| json::entries(variant.get("option_values")?));
                let mut values = values.unwrap_or_default().into_iter().filter_map(Members::read);
                values.any(|value| named(raw, &value, "option_display_name", "label"))
            }
            _ => false,
        }
    })
}

/// Whether a record has the name that a matcher wants and one of its values.
fn named(matcher: &str, record: &Members, name: &str, value: &str) -> bool {
    let Some(matcher) = Members::read(matcher) else { return false };
    let text = |members: &Members, name: &str| members.get(name).map(|raw| json::plain(raw).to_lowercase());
    let values = matcher.get("values").and_then(json::entries).unwrap_or_default();
    text(&matcher, "name") == text(record, name)
        && values.into_iter().any(|raw| Some(json::plain(raw).to_lowercase()) == text(record, value))
}

/// The parts that a coupon of V2 applies to: those of its products or categories; category 0 is all.
pub(super) fn applies_to(data: &Data, coupon: &Members, parts: &[Part]) -> Vec<usize> {
    let ids = coupon.path("applies_to.ids").and_then(value::integers).unwrap_or_default();
    let entity = coupon.path("applies_to.entity").map(json::plain).unwrap_or_default();
    let fits = |part: &Part| match &*entity {
        "products" => ids.contains(&part.product),
        "categories" if !ids.contains(&0) => {
            let product = data.text("products", part.product).and_then(Members::read);
            let own = product.and_then(|product| value::integers(product.get("categories")?));
            own.unwrap_or_default().iter().any(|category| ids.contains(category))
        }
        _ => true,
    };
    (0..parts.len()).filter(|at| fits(&parts[*at])).collect()
}

/// What a coupon of V2 takes off some parts, by the number of its type.
pub(super) fn coupon(kind: usize, amount: Decimal, chosen: &[usize], parts: &mut [Part]) {
    match kind {
        0 => {
            for at in chosen {
                let part = &mut parts[*at];
                let share = cents(amount.min(part.price) * Decimal::from(part.units)).min(part.left());
                part.off += share;
            }
        }
        1 => {
            let whole: Decimal = chosen.iter().map(|at| parts[*at].left()).sum();
            spread(parts, chosen, whole * amount / Decimal::ONE_HUNDRED);
        }
        2 => spread(parts, chosen, amount),
        _ => {}
    }
}
