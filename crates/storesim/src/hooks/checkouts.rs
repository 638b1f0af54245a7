//! Checkouts: a cart on its way to an order (checkouts.v3.yml). Served are reading one, coupons, and the
//! order that is made of it, which is incomplete until it is paid.

use rust_decimal::Decimal;

use super::cart_lines::{self, Lines, missing};
use super::carts;
use crate::data::Data;
use crate::json::{self, Members, quote};
use crate::serve::{Answer, Failure, Version};
use crate::write::{self, read_object, value};

/// The numbers of the coupon types in carts and orders (page "Order coupons").
const TYPES: [&str; 6] = [
    "per_item_discount",
    "percentage_discount",
    "per_total_discount",
    "shipping_discount",
    "free_shipping",
    "promotion",
];

/// Serves the checkout of a cart.
pub(super) fn read(data: &Data, cart: i64) -> Result<Answer, Failure> {
    let text = carts::text(data, cart)?;
    let members = read_object(&text)?;
    let raw = |name: &str| members.get(name).unwrap_or("null");
    let sold = cart_lines::sum(&carts::lines(&text)).normalize();
    let (id, total) = (raw("id"), raw("cart_amount"));
    let email = raw("email");
    let order = data
        .table("orders")
        .records()
        .iter()
        .rev()
        .find(|order| Members::read(&order.text).is_some_and(|order| order.get("cart_id") == Some(id)));
    let order = order.map_or("null".into(), |order| quote(&order.id.to_string()));
    let inner = json::without(&text, |name| matches!(name, "cart_amount" | "version" | "locale"));
    let inner = json::edit(&inner, &[("cart_amount_inc_tax", total), ("cart_amount_ex_tax", total)]);
    Ok(Answer::data(
        200,
        &format!(
            "{{\"id\":{id},\"cart\":{inner},\"billing_address\":{{\"id\":{id},\"email\":{email},\"country_code\":\"\"}},\"consignments\":[],\"taxes\":[],\"coupons\":{},\"order_id\":{order},\"shipping_cost_total_inc_tax\":0,\"shipping_cost_total_ex_tax\":0,\"handling_cost_total_inc_tax\":0,\"handling_cost_total_ex_tax\":0,\"tax_total\":0,\"subtotal_inc_tax\":{sold},\"subtotal_ex_tax\":{sold},\"grand_total\":{total},\"created_time\":{},\"updated_time\":{},\"customer_message\":\"\",\"fees\":[]}}",
            raw("coupons"),
            raw("created_time"),
            raw("updated_time")
        ),
    ))
}

/// A coupon that fits a code: its id, type, name and what it takes off.
struct Coupon {
    id: i64,
    kind: usize,
    name: String,
    off: Decimal,
}

fn refuse(code: &str, why: &str) -> Failure {
    Failure::new(422, format!("The coupon code {code} cannot be applied: {why}."))
}

fn coupon(data: &Data, code: &str, lines: &Lines) -> Result<Coupon, Failure> {
    let sold = cart_lines::sum(lines);
    if let Some(id) = data.table("coupons").holder("code", code) {
        let text = data.text("coupons", id).unwrap_or("{}");
        let members = read_object(text)?;
        let held = |name: &str| members.get(name).and_then(value::held).unwrap_or_default();
        let text =
            |name: &str| members.get(name).map(|raw| json::plain(raw).into_owned()).unwrap_or_default();
        if members.get("enabled") == Some("false") {
            return Err(refuse(code, "it is not enabled"));
        }
        if sold < held("min_purchase") {
            return Err(refuse(code, "the cart comes to too little"));
        }
        let kind = TYPES.iter().position(|known| *known == text("type")).unwrap_or(TYPES.len() - 1);
        let off = match kind {
            0 => held("amount") * Decimal::from(units(lines)),
            1 => sold * held("amount") / Decimal::ONE_HUNDRED,
            2 => held("amount"),
            _ => Decimal::ZERO,
        };
        return Ok(Coupon { id, kind, name: text("name"), off: cart_lines::cents(off).min(sold) });
    }
    let table = data.table("promotion_codes");
    let found = table.holder("code", code).and_then(|id| table.get(id));
    let found = found.ok_or_else(|| refuse(code, "there is no such code"))?;
    let text = data.text("promotions", found.parent).unwrap_or("{}");
    let promotion = read_object(text)?;
    let rules = promotion.get("rules").and_then(json::entries).unwrap_or_default();
    let discount = rules
        .first()
        .and_then(|rule| Members::read(rule)?.path("action.cart_value.discount"))
        .and_then(Members::read);
    let held = |name: &str| discount.as_ref().and_then(|d| d.get(name)).and_then(value::held);
    let share = held("percentage_amount").map(|share| sold * share / Decimal::ONE_HUNDRED);
    let off = share.or_else(|| held("fixed_amount")).unwrap_or_default();
    let name = promotion.get("name").map(|raw| json::plain(raw).into_owned()).unwrap_or_default();
    Ok(Coupon { id: found.id, kind: TYPES.len() - 1, name, off: cart_lines::cents(off).min(sold) })
}

fn units(lines: &Lines) -> i64 {
    let count = |line: &String| Members::read(line)?.get("quantity").and_then(json::integer);
    lines.0[..2].iter().flatten().filter_map(count).fold(0, i64::saturating_add)
}

/// Applies a coupon to the cart of a checkout.
pub(super) fn apply(data: &mut Data, cart: i64, body: &str) -> Result<Answer, Failure> {
    let (text, input) = (carts::text(data, cart)?, read_object(body)?);
    let code = input.get("coupon_code").and_then(json::string).ok_or_else(|| missing("coupon_code"))?;
    let lines = carts::lines(&text);
    let coupon = coupon(data, &code, &lines)?;
    let mut held = coupons(&text, |known| !known.eq_ignore_ascii_case(&code));
    held.push(format!(
        "{{\"code\":{},\"id\":\"{}\",\"coupon_type\":\"{}\",\"discounted_amount\":{},\"display_name\":{}}}",
        quote(&code),
        coupon.id,
        coupon.kind,
        coupon.off.normalize(),
        quote(&coupon.name)
    ));
    keep(data, cart, &lines, &held);
    read(data, cart)
}

/// Takes a coupon back.
pub(super) fn remove(data: &mut Data, cart: i64, code: &str) -> Result<Answer, Failure> {
    let text = carts::text(data, cart)?;
    let (held, all) = (coupons(&text, |known| !known.eq_ignore_ascii_case(code)), coupons(&text, |_| true));
    if held.len() == all.len() {
        return Err(Failure::not_found(Version::V3, "coupon", code));
    }
    keep(data, cart, &carts::lines(&text), &held);
    read(data, cart)
}

fn coupons(cart: &str, keeps: impl Fn(&str) -> bool) -> Vec<String> {
    let held = Members::read(cart).and_then(|cart| cart.get("coupons")).and_then(json::entries);
    let code = |coupon: &&str| {
        let code = Members::read(coupon).and_then(|coupon| coupon.get("code")).map(json::plain);
        keeps(code.as_deref().unwrap_or_default())
    };
    held.unwrap_or_default().into_iter().filter(code).map(str::to_owned).collect()
}

fn keep(data: &mut Data, cart: i64, lines: &Lines, coupons: &[String]) {
    let Some(mut draft) = write::open(data, data.table("carts").resource, cart) else { return };
    draft.set("coupons", format!("[{}]", coupons.join(",")));
    cart_lines::total(lines, &mut draft);
    write::keep(data, &mut draft);
}

/// Makes an incomplete order of a cart, which stays until the order is paid.
pub(super) fn order(data: &mut Data, cart: i64) -> Result<Answer, Failure> {
    let text = carts::text(data, cart)?;
    let members = read_object(&text)?;
    let lines = carts::lines(&text);
    let mut products = Vec::new();
    for (kind, line) in
        lines.0.iter().enumerate().flat_map(|(kind, lines)| lines.iter().map(move |l| (kind, l)))
    {
        let line = read_object(line)?;
        let raw = |name: &str| line.get(name).unwrap_or("0");
        products.push(match kind {
            0 | 1 => format!(
                "{{\"product_id\":{},\"variant_id\":{},\"quantity\":{},\"price_ex_tax\":{price},\"price_inc_tax\":{price}}}",
                raw("product_id"),
                raw("variant_id"),
                raw("quantity"),
                price = raw("sale_price")
            ),
            _ => {
                let price = line.get("list_price").or(line.get("amount")).unwrap_or("0");
                format!(
                    "{{\"name\":{},\"quantity\":{},\"price_ex_tax\":{price},\"price_inc_tax\":{price}}}",
                    raw("name"),
                    line.get("quantity").unwrap_or("1")
                )
            }
        });
    }
    let off: Decimal = coupons(&text, |_| true)
        .iter()
        .filter_map(|coupon| Members::read(coupon)?.get("discounted_amount").and_then(value::held))
        .sum();
    let raw = |name: &str| members.get(name).unwrap_or("0");
    let body = format!(
        "{{\"status_id\":0,\"customer_id\":{},\"channel_id\":{},\"billing_address\":{{\"zip\":\"00000\",\"email\":{}}},\"discount_amount\":{},\"products\":[{}]}}",
        raw("customer_id"),
        raw("channel_id"),
        members.get("email").unwrap_or("\"\""),
        off.normalize(),
        products.join(",")
    );
    let resource = data.table("orders").resource;
    let order = write::create(data, resource, None, &read_object(&body)?, Version::V2)?;
    let source = quote("checkout_api");
    write::touch(data, "orders", order, &[("cart_id", raw("id").to_owned()), ("order_source", source)]);
    Ok(Answer::data(200, &format!("{{\"id\":{order}}}")))
}

/// Removes the cart of an order that is paid now.
pub(super) fn paid(data: &mut Data, order: i64) {
    let text = data.table("orders").any(order).map_or("{}", |record| &record.text);
    let cart = Members::read(text).and_then(|order| order.get("cart_id")).and_then(json::string);
    let cart = cart.and_then(|id| data.table("carts").holder("id", &id));
    if let Some(cart) = cart {
        carts::drop_cart(data, cart);
    }
}
