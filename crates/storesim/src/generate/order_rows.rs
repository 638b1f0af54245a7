//! The rows of an order: itself, its lines, addresses, coupons and fees, with sums that add up to the cent.

use super::aftermath::{self, Paid, Whole};
use super::date;
use super::orders::{COUPONS, Counters, Item, Order, Way, weights};
use super::random::Random;
use super::record::{Record, push_amount, push_integer, push_text};
use super::shape;
use super::stock::PICKUP_METHOD;
use super::totals::{CENT, Cost, Line, Regime, spread};
use super::words::STATUSES;
use super::{Sink, Spec};

pub(super) fn write(
    spec: &Spec,
    sink: &mut Sink,
    random: &mut Random,
    order: &Order,
    items: &[Item],
    next: &mut Counters,
) {
    let weights = weights(items);
    let manual = spread(order.manual, &weights);
    let coupon = spread(order.coupon.map_or(0, |(_, off)| off), &weights);
    let untaxed = Regime { rate: 0, ..order.regime };
    let lines: Vec<Line> = items
        .iter()
        .enumerate()
        .map(|(at, item)| {
            let regime = if item.way == Way::Email { untaxed } else { order.regime };
            regime.line(item.price, item.quantity, manual[at] + coupon[at])
        })
        .collect();
    let wrappings: Vec<Cost> = items.iter().map(|item| order.regime.cost(item.wrapping)).collect();

    let paid = order_row(spec, sink, random, order, items, &lines, &wrappings);

    let (first_line, first_address, fee) = (next.line, next.address, next.fee);
    for (at, item) in items.iter().enumerate() {
        let discounts = applied_discounts(order, manual[at], coupon[at]);
        line_row(sink, order, item, &lines[at], &wrappings[at], &discounts, first_address, next.line);
        next.line += 1;
    }
    for (at, cost) in order.shipping.iter().enumerate() {
        let handling = if at == 0 { order.handling } else { Cost::default() };
        address_row(spec, sink, order, items, at, *cost, handling, first_address + at as i64);
    }
    next.address += order.shipping.len() as i64;
    if let Some((coupon, off)) = order.coupon {
        let (code, kind, amount) = COUPONS[coupon];
        let mut record = Record::new(shape::ORDER_COUPON, 128);
        record
            .integer("id", next.coupon)
            .integer("coupon_id", coupon as i64 + 1)
            .integer("order_id", order.id);
        record.text("code", code).amount("amount", amount * 100 * CENT).integer("type", kind);
        record.number("discount", off / CENT);
        sink.row("order_coupons", Some(order.id), record.finish());
        next.coupon += 1;
        next.uses[coupon] += 1;
    }
    if order.fee > 0 {
        let mut record = Record::new(shape::ORDER_FEE, 256);
        record.integer("id", next.fee).text("display_name_customer", "Small order fee");
        record.text("display_name_merchant", "Small order fee").text("source", "api");
        record.amount("base_cost", order.fee).amount("cost_ex_tax", order.fee);
        record.amount("cost_inc_tax", order.fee);
        sink.row("order_fees", Some(order.id), record.finish());
        next.fee += 1;
    }
    let whole =
        Whole { order, items, lines: &lines, wrappings: &wrappings, paid, first_line, first_address, fee };
    aftermath::write(spec, sink, &whole, next);
}

fn add(costs: &[Cost]) -> Cost {
    costs.iter().fold(Cost::default(), |a, b| Cost {
        base: a.base + b.base,
        ex: a.ex + b.ex,
        inc: a.inc + b.inc,
        tax: a.tax + b.tax,
    })
}

fn order_row(
    spec: &Spec,
    sink: &mut Sink,
    random: &mut Random,
    order: &Order,
    items: &[Item],
    lines: &[Line],
    wrappings: &[Cost],
) -> Paid {
    let (shipping, wrapping) = (add(&order.shipping), add(wrappings));
    let subtotal_tax: i64 = lines.iter().map(|line| line.tax).sum();
    let charged: i64 = lines.iter().map(|line| line.charged).sum();
    let total_inc = charged + shipping.inc + order.handling.inc + wrapping.inc + order.fee;
    let total_tax = subtotal_tax + shipping.tax + order.handling.tax + wrapping.tax;

    let mut record = Record::new(shape::ORDER, 4200);
    record.integer("id", order.id).integer("customer_id", order.customer);
    record.text("date_created", &date::rfc2822(order.created));
    record.flag("is_tax_inclusive_pricing", order.regime.inclusive);
    record.text("date_modified", &date::rfc2822(order.modified));
    record.text("date_shipped", &order.shipped.map(date::rfc2822).unwrap_or_default());
    record.integer("status_id", order.status as i64).text("status", STATUSES[order.status]);
    record.amount("subtotal_ex_tax", lines.iter().map(|line| line.ex).sum());
    record.amount("subtotal_inc_tax", lines.iter().map(|line| line.inc).sum());
    record.amount("subtotal_tax", subtotal_tax);
    cost(
        &mut record,
        ["base_shipping_cost", "shipping_cost_ex_tax", "shipping_cost_inc_tax", "shipping_cost_tax"],
        shipping,
    );
    record.integer("shipping_cost_tax_class_id", 2);
    cost(
        &mut record,
        ["base_handling_cost", "handling_cost_ex_tax", "handling_cost_inc_tax", "handling_cost_tax"],
        order.handling,
    );
    record.integer("handling_cost_tax_class_id", 2);
    cost(
        &mut record,
        ["base_wrapping_cost", "wrapping_cost_ex_tax", "wrapping_cost_inc_tax", "wrapping_cost_tax"],
        wrapping,
    );
    record.integer("wrapping_cost_tax_class_id", 3);
    record.amount("total_ex_tax", total_inc - total_tax).amount("total_inc_tax", total_inc);
    record.amount("total_tax", total_tax);
    record.integer("items_total", items.iter().map(|item| item.quantity).sum());
    record.integer("items_shipped", items.iter().map(|item| item.shipped).sum());
    let (method, provider, payment) = payment(random, order.status);
    record.text("payment_method", method);
    if provider {
        record.text("payment_provider_id", &format!("pay_{:08x}", order.id * 2_654_435_761 % 0xFFFF_FFFF));
    }
    record.text("payment_status", payment);
    record.flag("order_is_digital", items.iter().all(|item| matches!(item.way, Way::Download | Way::Email)));
    record.amount("store_credit_amount", if random.chance(3) { total_inc.min(1_000 * CENT) } else { 0 });
    let certificate = if random.chance(3) { (total_inc / 4 / CENT * CENT).min(2_500 * CENT) } else { 0 };
    record.amount("gift_certificate_amount", certificate);
    let place = order.person.place;
    if random.chance(80) {
        record.text("ip_address", &format!("203.0.113.{}", random.below(256)));
        record.text("geoip_country", place.country).text("geoip_country_iso2", place.code);
    }
    if random.chance(10) {
        record.text("staff_notes", "Called about delivery: “leave with neighbour”");
        record.text("customer_message", "Please ring twice.\nThe bell is broken 🔔");
    } else {
        record.text("staff_notes", "").text("customer_message", "");
    }
    record.amount("discount_amount", order.manual);
    record.amount("coupon_discount", order.coupon.map_or(0, |(_, off)| off));
    record.integer("shipping_address_count", order.shipping.len() as i64);
    let (high, low) = (random.next(), random.next());
    record.text(
        "cart_id",
        &format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            high >> 16 & 0xFFFF,
            high & 0xFFF,
            low >> 52,
            low & 0xFFFF_FFFF_FFFF
        ),
    );
    let billing = billing(order);
    let billing = format!("{},\"form_fields\":[]}}", billing.trim_end_matches('}'));
    record.raw("billing_address", &billing);
    record.raw("fees", &link(spec, order.id, "fees"));
    record.flag("is_email_opt_in", random.chance(20));
    if provider {
        record.text("credit_card_type", random.pick::<&str>(&["visa", "mastercard", "amex"]));
    }
    record.text("external_source", "");
    for name in ["consignments", "products", "shipping_addresses", "coupons"] {
        record.raw(name, &link(spec, order.id, name));
    }
    record.text("tax_provider_id", "BasicTaxProvider");
    record.text("custom_status", STATUSES[order.status]);
    sink.row("orders", None, record.finish());
    Paid { method, status: payment, total: total_inc, tax: total_tax }
}

fn cost(record: &mut Record, [base, ex, inc, tax]: [&str; 4], cost: Cost) {
    record.amount(base, cost.base).amount(ex, cost.ex).amount(inc, cost.inc).amount(tax, cost.tax);
}

/// Payment method, whether a gateway took part, and the payment status that goes with the order's.
fn payment(random: &mut Random, status: usize) -> (&'static str, bool, &'static str) {
    let gateway = random.chance(80);
    let method = match (gateway, random.below(3)) {
        (true, 0) => "PayPal",
        (true, _) => "Credit Card",
        (false, 0) => "Bank Deposit",
        (false, 1) => "Cash on Delivery",
        (false, _) => "Manual",
    };
    let paid = if gateway { "captured" } else { "paid" };
    let payment = match status {
        0 | 1 => "",
        4 => "refunded",
        5 => "void",
        6 => "declined",
        7 if gateway => "authorized",
        7 => "pending",
        12 => "held for review",
        14 => "partially refunded",
        _ => paid,
    };
    (method, gateway && !matches!(status, 0 | 1), payment)
}

/// What an order's addresses say, without the form fields of its billing address.
pub(super) fn billing(order: &Order) -> String {
    let person = &order.person;
    let place = person.place;
    let mut out = String::with_capacity(420);
    for (at, (name, value)) in [
        ("first_name", person.first),
        ("last_name", person.last),
        ("company", person.company),
        ("street_1", &person.street),
        ("street_2", ""),
        ("city", place.city),
        ("state", place.state),
        ("zip", place.zip),
        ("country", place.country),
        ("country_iso2", place.code),
        ("phone", &person.phone),
        ("email", &person.email),
    ]
    .into_iter()
    .enumerate()
    {
        out.push_str(if at == 0 { "{\"" } else { ",\"" });
        out.push_str(name);
        out.push_str("\":");
        push_text(&mut out, value);
    }
    out.push('}');
    out
}

/// A link of an order to what belongs to it, such as `products` or `shipping_addresses`.
fn link(spec: &Spec, order: i64, tail: &str) -> String {
    super::order_link(&spec.api_origin, &spec.store_hash, order, tail)
}

fn applied_discounts(order: &Order, manual: i64, coupon: i64) -> String {
    let mut out = String::from("[");
    if manual > 0 {
        out.push_str(r#"{"id":"manual-discount","amount":"#);
        push_amount(&mut out, manual);
        out.push_str(r#","name":"Manual Discount","code":null,"target":"order"}"#);
    }
    if let Some((number, _)) = order.coupon.filter(|_| coupon > 0) {
        if out.len() > 1 {
            out.push(',');
        }
        let code = COUPONS[number].0;
        out.push_str(r#"{"id":"coupon","amount":"#);
        push_amount(&mut out, coupon);
        out.push_str(&format!(r#","name":"Coupon {code}","code":"{code}","target":"order"}}"#));
    }
    out.push(']');
    out
}

#[expect(clippy::too_many_arguments, reason = "each is one fact of the line, and only this place needs them")]
fn line_row(
    sink: &mut Sink,
    order: &Order,
    item: &Item,
    line: &Line,
    wrapping: &Cost,
    discounts: &str,
    first_address: i64,
    id: i64,
) {
    let mut record = Record::new(shape::ORDER_PRODUCT, 2400);
    record.integer("id", id).integer("order_id", order.id);
    record.integer("product_id", item.product).integer("variant_id", item.variant);
    record.integer("order_pickup_method_id", if item.way == Way::Pickup { PICKUP_METHOD } else { 0 });
    let address = if let Way::Shipped(at) = item.way { first_address + at as i64 } else { 0 };
    record.integer("order_address_id", address);
    record.text("name", &item.name).text("name_customer", &item.name).text("name_merchant", &item.name);
    record.text("sku", &item.sku).text("type", item.kind);
    let price = line.price;
    record.amount("base_price", price.base).amount("price_ex_tax", price.ex);
    record.amount("price_inc_tax", price.inc).amount("price_tax", price.tax);
    record.amount("base_total", price.base * item.quantity);
    record.amount("total_ex_tax", line.ex).amount("total_inc_tax", line.inc).amount("total_tax", line.tax);
    record.amount("weight", item.weight).integer("quantity", item.quantity);
    let refunded = item.refunded == item.quantity;
    record.flag("is_refunded", refunded).integer("quantity_refunded", item.refunded);
    if item.wrapping > 0 {
        record.integer("wrapping_id", 1).text("wrapping_name", "Recycled paper & ribbon");
    }
    cost(
        &mut record,
        ["base_wrapping_cost", "wrapping_cost_ex_tax", "wrapping_cost_inc_tax", "wrapping_cost_tax"],
        *wrapping,
    );
    record.integer("quantity_shipped", item.shipped).text("brand", &item.brand);
    if let Some(certificate) = item.certificate {
        record.integer("gift_certificate_id", certificate);
    }
    record.raw("applied_discounts", discounts);
    record.raw("product_options", &product_options(item, id));
    record.amount("discounted_total_inc_tax", line.charged);
    sink.row("order_products", Some(order.id), record.finish());
}

fn product_options(item: &Item, line: i64) -> String {
    let mut out = String::from("[");
    for (at, (name, label, option, value)) in item.options.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        let (kind, style) = if *name == "Size" { ("Multiple choice", "Rectangle") } else { ("Swatch", "") };
        out.push_str(r#"{"id":"#);
        push_integer(&mut out, line * 2 + at as i64);
        out.push_str(&format!(
            r#","option_id":{option},"order_product_id":{line},"product_option_id":{option},"display_name":"{name}","display_name_customer":"{name}","display_name_merchant":"{name}","display_value":"{label}","display_value_customer":"{label}","display_value_merchant":"{label}","value":"{value}","type":"{kind}","name":"{name}-{product}","display_style":"{style}"}}"#,
            product = item.product,
        ));
    }
    out.push(']');
    out
}

#[expect(
    clippy::too_many_arguments,
    reason = "each is one fact of the address, and only this place needs them"
)]
fn address_row(
    spec: &Spec,
    sink: &mut Sink,
    order: &Order,
    items: &[Item],
    at: usize,
    shipping: Cost,
    handling: Cost,
    id: i64,
) {
    let mine = || items.iter().filter(|item| item.way == Way::Shipped(at));
    let person = &order.person;
    let place = person.place;
    let mut record = Record::new(shape::ORDER_SHIPPING_ADDRESS, 1300);
    record.integer("id", id).integer("order_id", order.id);
    record.text("first_name", if at == 0 { person.first } else { "Reception" });
    record.text("last_name", person.last).text("company", person.company).text("street_1", &person.street);
    if at > 0 {
        record.text("street_2", "c/o neighbours");
    }
    record.text("city", place.city).text("zip", place.zip);
    record.text("country", place.country).text("country_iso2", place.code).text("state", place.state);
    record.text("email", &person.email).text("phone", &person.phone);
    record.integer("items_total", mine().map(|item| item.quantity).sum());
    record.integer("items_shipped", mine().map(|item| item.shipped).sum());
    record.text("shipping_method", if shipping.base == 0 { "Free Shipping" } else { "Flat Rate" });
    cost(&mut record, ["base_cost", "cost_ex_tax", "cost_inc_tax", "cost_tax"], shipping);
    record.integer("cost_tax_class_id", 2);
    cost(
        &mut record,
        ["base_handling_cost", "handling_cost_ex_tax", "handling_cost_inc_tax", "handling_cost_tax"],
        handling,
    );
    record.integer("handling_cost_tax_class_id", 2).integer("shipping_zone_id", 1);
    record.text("shipping_zone_name", place.country);
    let quotes = format!("shipping_addresses/{id}/shipping_quotes");
    record.raw("shipping_quotes", &link(spec, order.id, &quotes));
    sink.row("order_shipping_addresses", Some(order.id), record.finish());
}
