//! Checkouts: a cart on its way to an order, which is incomplete until it is paid (checkouts.v3.yml).

use rust_decimal::Decimal;

use super::cart_lines::{self, missing};
use super::checkout_parts::{self, Parts};
use super::discounts::{self, Shopper};
use super::{carts, coupons};
use crate::data::Data;
use crate::json::{self, Members, object, quote};
use crate::serve::{Answer, Failure, Query, Version};
use crate::write::{self, read_object, value};

/// Serves the checkout of a cart.
pub(super) fn read(data: &Data, cart: i64, query: &Query) -> Result<Answer, Failure> {
    let text = carts::text(data, cart)?;
    let members = read_object(&text)?;
    let raw = |name: &str| members.get(name).unwrap_or("null");
    let sold = cart_lines::sum(&carts::lines(&text)).normalize();
    let (id, total) = (raw("id"), raw("cart_amount"));
    let order = data
        .table("orders")
        .records()
        .iter()
        .rev()
        .find(|order| Members::read(&order.text).is_some_and(|order| order.get("cart_id") == Some(id)));
    let order = order.map_or("null".into(), |order| quote(&order.id.to_string()));
    let inner = json::without(&text, |name| matches!(name, "cart_amount" | "version" | "locale"));
    let named = coupons::named(raw("coupons"));
    let changes =
        [("cart_amount_inc_tax", total), ("cart_amount_ex_tax", total), ("coupons", named.as_str())];
    let inner = json::edit(&inner, &changes);
    let parts = Parts::of(data, cart);
    let billing = parts
        .billing
        .clone()
        .unwrap_or_else(|| format!("{{\"id\":{id},\"email\":{},\"country_code\":\"\"}}", raw("email")));
    let options =
        query.list("include").is_some_and(|names| names.contains(&"consignments.available_shipping_options"));
    let (consignments, shipping) =
        checkout_parts::shown(data, &parts, raw("coupons"), ships_free(data, &members), options);
    let grand = value::held(total).unwrap_or_default() + shipping + parts.fee_sum();
    let (shipping, grand) = (shipping.normalize(), grand.normalize());
    Ok(Answer::data(
        200,
        &format!(
            "{{\"id\":{id},\"cart\":{inner},\"billing_address\":{billing},\"consignments\":{consignments},\"taxes\":[],\"coupons\":{named},\"order_id\":{order},\"shipping_cost_total_inc_tax\":{shipping},\"shipping_cost_total_ex_tax\":{shipping},\"handling_cost_total_inc_tax\":0,\"handling_cost_total_ex_tax\":0,\"tax_total\":0,\"subtotal_inc_tax\":{sold},\"subtotal_ex_tax\":{sold},\"grand_total\":{grand},\"created_time\":{},\"updated_time\":{},\"customer_message\":{},\"fees\":[{}],\"version\":{}}}",
            raw("created_time"),
            raw("updated_time"),
            quote(&parts.message),
            parts.fees.join(","),
            raw("version")
        ),
    ))
}

/// Whether a promotion lets a cart ship for nothing.
fn ships_free(data: &Data, cart: &Members) -> bool {
    let shopper = Shopper::of(|name| cart.get(name).map(str::to_owned));
    let lines = cart_lines::Lines::read(cart.get("line_items").unwrap_or("{}"));
    let mut parts = discounts::parts(&lines);
    let automatic = discounts::automatic(data, &shopper, &mut parts);
    let coupons = json::entries(cart.get("coupons").unwrap_or("[]")).unwrap_or_default();
    let codes = coupons.into_iter().filter_map(Members::read);
    let mut codes = codes.filter_map(|coupon| coupon.get("code").map(|raw| json::plain(raw).into_owned()));
    automatic.iter().any(|applied| applied.free_shipping)
        || codes.any(|code| coupons::ships_free(data, &code, &shopper, &mut parts))
}

/// Applies a coupon to the cart of a checkout.
pub(super) fn apply(data: &mut Data, cart: i64, query: &Query, body: &str) -> Result<Answer, Failure> {
    let (text, input) = (carts::text(data, cart)?, read_object(body)?);
    carts::same_version(&input, &text)?;
    let code = input.get("coupon_code").and_then(json::string).ok_or_else(|| missing("coupon_code"))?;
    let members = read_object(&text)?;
    let shopper = Shopper::of(|name| members.get(name).map(str::to_owned));
    coupons::applied(data, &code, &shopper, &mut discounts::parts(&carts::lines(&text)))?;
    let mut held = codes(&text, |known| !known.eq_ignore_ascii_case(&code));
    let most = coupons::most(data);
    if held.len() >= most {
        return Err(Failure::new(422, format!("A checkout takes at most {most} coupon codes.")));
    }
    held.push(format!("{{\"code\":{}}}", quote(&code)));
    keep(data, cart, &text, &held);
    read(data, cart, query)
}

/// Takes a coupon back.
pub(super) fn remove(
    data: &mut Data,
    cart: i64,
    code: &str,
    query: &Query,
    body: &str,
) -> Result<Answer, Failure> {
    let text = carts::text(data, cart)?;
    if !body.trim().is_empty() {
        carts::same_version(&read_object(body)?, &text)?;
    }
    let (held, all) = (codes(&text, |known| !known.eq_ignore_ascii_case(code)), codes(&text, |_| true));
    if held.len() == all.len() {
        return Err(Failure::not_found(Version::V3, "coupon", code));
    }
    keep(data, cart, &text, &held);
    read(data, cart, query)
}

fn codes(cart: &str, keeps: impl Fn(&str) -> bool) -> Vec<String> {
    let held = Members::read(cart).and_then(|cart| cart.get("coupons")).and_then(json::entries);
    let code = |coupon: &&str| {
        let code = Members::read(coupon).and_then(|coupon| coupon.get("code")).map(json::plain);
        keeps(code.as_deref().unwrap_or_default())
    };
    held.unwrap_or_default().into_iter().filter(code).map(str::to_owned).collect()
}

/// Stores the coupons of a cart; what they take off follows.
fn keep(data: &mut Data, cart: i64, text: &str, coupons: &[String]) {
    let Some(mut draft) = write::open(data, data.table("carts").resource, cart) else { return };
    draft.set("coupons", format!("[{}]", coupons.join(",")));
    cart_lines::total(data, &mut carts::lines(text), &mut draft);
    write::keep(data, &mut draft);
}

/// An address of a checkout as one of an order.
fn order_address(text: &str) -> String {
    let members = Members::read(text);
    let raw = |name: &str| members.as_ref().and_then(|m| m.get(name)).unwrap_or("\"\"");
    object(
        [
            ("first_name", "first_name"),
            ("last_name", "last_name"),
            ("company", "company"),
            ("street_1", "address1"),
            ("street_2", "address2"),
            ("city", "city"),
            ("state", "state_or_province"),
            ("zip", "postal_code"),
            ("country", "country"),
            ("country_iso2", "country_code"),
            ("phone", "phone"),
            ("email", "email"),
        ]
        .into_iter()
        .map(|(name, other)| (name, raw(other))),
    )
}

/// The lines of a cart as those of an order.
fn products(cart: &str) -> Result<Vec<String>, Failure> {
    let lines = carts::lines(cart);
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
    Ok(products)
}

/// Makes an incomplete order of a cart, which stays until the order is paid.
pub(super) fn order(data: &mut Data, cart: i64) -> Result<Answer, Failure> {
    let text = carts::text(data, cart)?;
    let members = read_object(&text)?;
    let raw = |name: &str| members.get(name).unwrap_or("0");
    let held = |name: &str| members.get(name).and_then(value::held).unwrap_or_default();
    let parts = Parts::of(data, cart);
    let (_, shipping) =
        checkout_parts::shown(data, &parts, raw("coupons"), ships_free(data, &members), false);
    let off: Decimal = codes(&text, |_| true)
        .iter()
        .filter_map(|coupon| Members::read(coupon)?.get("discounted_amount").and_then(value::held))
        .sum();
    let off = (off + held("discount_amount")).normalize().to_string();
    let email = members.get("email").unwrap_or("\"\"");
    let billing = parts.billing.as_deref().map_or_else(
        || format!("{{\"zip\":\"00000\",\"email\":{email}}}"),
        |billing| json::edit(&order_address(billing), &[("zip", zip(billing))]),
    );
    let fees: Vec<String> = parts
        .fees
        .iter()
        .filter_map(|fee| {
            let fee = Members::read(fee)?;
            Some(format!(
                "{{\"type\":\"custom_fee\",\"display_name_customer\":{},\"display_name_merchant\":{},\"source\":{},\"base_cost\":{cost},\"cost_ex_tax\":{cost},\"cost_inc_tax\":{cost}}}",
                fee.get("display_name")?,
                fee.get("name")?,
                fee.get("source")?,
                cost = fee.get("cost_inc_tax")?
            ))
        })
        .collect();
    let shipped = parts.consignments.iter().filter_map(|consignment| {
        let consignment = Members::read(consignment)?;
        let address = consignment.get("address").filter(|raw| *raw != "null")?;
        let method = consignment.path("selected.description").unwrap_or("\"\"");
        Some(json::edit(&order_address(address), &[("shipping_method", method)]))
    });
    let shipped: Vec<String> = shipped.collect();
    let (products, shipping) =
        (format!("[{}]", products(&text)?.join(",")), shipping.normalize().to_string());
    let (fees, shipped, message) =
        (format!("[{}]", fees.join(",")), format!("[{}]", shipped.join(",")), quote(&parts.message));
    let mut body = vec![
        ("status_id", "0"),
        ("customer_id", raw("customer_id")),
        ("channel_id", raw("channel_id")),
        ("billing_address", billing.as_str()),
        ("discount_amount", off.as_str()),
        ("customer_message", &message),
        ("products", &products),
    ];
    if shipping != "0" {
        body.extend([
            ("base_shipping_cost", shipping.as_str()),
            ("shipping_cost_ex_tax", &shipping),
            ("shipping_cost_inc_tax", &shipping),
        ]);
    }
    if fees != "[]" {
        body.push(("fees", &fees));
    }
    if shipped != "[]" {
        body.push(("shipping_addresses", &shipped));
    }
    let body = object(body.into_iter());
    let resource = data.table("orders").resource;
    let order = write::create(data, resource, None, &read_object(&body)?, Version::V2)?;
    coupons::note(data, &text, order);
    let source = quote("checkout_api");
    write::touch(data, "orders", order, &[("cart_id", raw("id").to_owned()), ("order_source", source)]);
    Ok(Answer::data(200, &format!("{{\"id\":{order}}}")))
}

/// A postal code that an order takes.
fn zip(address: &str) -> String {
    let code = Members::read(address).and_then(|address| address.get("postal_code").map(json::plain));
    let code = code.unwrap_or_default();
    quote(if code.chars().count() < 2 { "00000" } else { &code })
}

/// Removes the cart of an order that is paid now.
pub(super) fn paid(data: &mut Data, order: i64) {
    let text = data.table("orders").any(order).map_or("{}", |record| &record.text);
    let cart = Members::read(text).and_then(|order| order.get("cart_id")).and_then(json::string);
    let cart = cart.and_then(|id| data.table("carts").holder("id", &id));
    if let Some(cart) = cart {
        if let Some(text) = data.text("carts", cart).map(str::to_owned) {
            coupons::count_uses(data, &text);
        }
        carts::drop_cart(data, cart);
    }
}
