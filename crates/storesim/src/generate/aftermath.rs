//! What follows an order: how it was paid, what was shipped, what was paid back, what was written about
//! it, and the gift certificates that were bought with it. All of it agrees with the order.

use super::order_rows::billing;
use super::orders::{Counters, Item, Order, Way};
use super::random::Random;
use super::record::push_text;
use super::standard::declared;
use super::stock::PICKUP_METHOD;
use super::totals::{CENT, Cost, Line};
use super::{Sink, Spec, Table, date};
use crate::chance;
use crate::json::quote;
use crate::transactions::{Transaction, is_offline, means};

const DAY: i64 = 86_400;

/// How an order was paid, and what it came to.
pub(super) struct Paid {
    pub method: &'static str,
    /// The order's `payment_status`.
    pub status: &'static str,
    pub total: i64,
    pub tax: i64,
}

/// An order with all that belongs to it.
pub(super) struct Whole<'a> {
    pub order: &'a Order,
    pub items: &'a [Item],
    pub lines: &'a [Line],
    pub wrappings: &'a [Cost],
    pub paid: Paid,
    pub first_line: i64,
    pub first_address: i64,
    /// The id of its fee, if it has one.
    pub fee: i64,
}

pub(super) fn write(spec: &Spec, sink: &mut Sink, whole: &Whole, next: &mut Counters) {
    let mut random = Random::of(spec.seed, Table::Aftermath as u64, whole.order.id as u64);
    certificates(sink, whole);
    messages(spec, sink, &mut random, whole, next);
    shipments(sink, &mut random, whole, next);
    pickup(spec, sink, whole, next);
    let bought = transactions(sink, &mut random, whole, next);
    refund(sink, whole, bought, next);
}

/// Gift certificates that were bought, valid once they are paid for.
fn certificates(sink: &mut Sink, whole: &Whole) {
    let Whole { order, items, paid, .. } = whole;
    let valid = matches!(paid.status, "captured" | "paid" | "partially refunded");
    let status = if valid { "active" } else { "pending" };
    for item in *items {
        let Some(id) = item.certificate else { continue };
        let (person, amount) = (&order.person, amount(item.price));
        let (name, email) = (quote(person.first), quote(&person.email));
        let (bought, code) = (order.created, chance::code(id));
        sink.row(
            "gift_certificates",
            None,
            format!(
                "{{\"id\":{id},\"customer_id\":{},\"order_id\":{},\"code\":\"{code}\",\"to_name\":\"Noa\",\"to_email\":\"noa@example.com\",\"from_name\":{name},\"from_email\":{email},\"amount\":{amount},\"balance\":{amount},\"purchase_date\":\"{bought}\",\"expiry_date\":\"{}\",\"template\":\"celebration.html\",\"message\":\"Many happy returns\",\"status\":\"{status}\",\"currency_code\":\"USD\"}}",
                order.customer,
                order.id,
                bought + 2 * 365 * 86_400
            ),
        );
    }
}

/// Some customers ask something, and most are answered.
fn messages(spec: &Spec, sink: &mut Sink, random: &mut Random, whole: &Whole, next: &mut Counters) {
    let order = whole.order;
    if order.customer == 0 || !random.chance(8) {
        return;
    }
    let customer = format!(
        "{{\"url\":{},\"resource\":\"/customers/{}\"}}",
        quote(&format!("{}/stores/{}/v2/customers/{}", spec.api_origin, spec.store_hash, order.customer)),
        order.customer
    );
    let answered = random.chance(70);
    let texts = [
        (0, "customer", "Where is my order?", "Could you tell me when it arrives? – Thanks!"),
        (1, "admin", "Re: Where is my order?", "It left today & arrives within the week."),
    ];
    for (at, (staff, kind, subject, text)) in texts.into_iter().take(1 + usize::from(answered)).enumerate() {
        let written = (order.created + 7_200 * (at as i64 + 1)).min(spec.now - 1);
        let status = if answered { "read" } else { "unread" };
        sink.row(
            "order_messages",
            Some(order.id),
            format!(
                "{{\"id\":{},\"order_id\":{},\"staff_id\":{staff},\"customer_id\":{},\"type\":\"{kind}\",\"subject\":{},\"message\":{},\"status\":\"{status}\",\"is_flagged\":{},\"date_created\":\"{}\",\"customer\":{customer}}}",
                next.message,
                order.id,
                order.customer,
                quote(subject),
                quote(text),
                !answered && random.chance(30),
                date::rfc2822(written)
            ),
        );
        next.message += 1;
    }
}

/// What waits to be picked up, or was, a day after it was ready.
fn pickup(spec: &Spec, sink: &mut Sink, whole: &Whole, next: &mut Counters) {
    let Whole { order, items, .. } = whole;
    let collected = order.status == 10;
    if !collected && order.status != 8 {
        return;
    }
    let ready = (order.created + 7_200).min(spec.now - 1);
    let (status, at) = match collected {
        true => ("COLLECTED", format!("\"{}\"", date::zulu((ready + DAY).min(spec.now - 1)))),
        false => ("AWAITING_COLLECTION", "null".to_owned()),
    };
    let mut parts = Vec::new();
    for (index, item) in items.iter().enumerate().filter(|(_, item)| item.way == Way::Pickup) {
        parts.push(format!(
            "{{\"id\":{},\"order_product_id\":{},\"quantity\":{},\"status\":\"{status}\",\"collected_at\":{at}}}",
            next.picked,
            whole.first_line + index as i64,
            item.quantity
        ));
        next.picked += 1;
    }
    if parts.is_empty() {
        return;
    }
    let (method, order) = (PICKUP_METHOD.to_string(), order.id.to_string());
    let (ready, items) = (format!("\"{}\"", date::zulu(ready)), format!("[{}]", parts.join(",")));
    let members = [
        ("pickup_method_id", method.as_str()),
        ("order_id", &order),
        ("ready_at", &ready),
        ("pickup_items", &items),
    ];
    let made = declared("order_pickups", next.pickup, Some(whole.order.id), &members, whole.order.created);
    if let Some(row) = made {
        sink.row(&row.resource, row.parent, row.json);
    }
    next.pickup += 1;
}

/// One shipment for each address, sometimes two, with the units that have left.
fn shipments(sink: &mut Sink, random: &mut Random, whole: &Whole, next: &mut Counters) {
    let Whole { order, items, .. } = whole;
    let Some(shipped) = order.shipped else { return };
    for place in 0..order.shipping.len() {
        let units: Vec<(i64, i64, i64)> = items
            .iter()
            .enumerate()
            .filter(|(_, item)| item.way == Way::Shipped(place) && item.shipped > 0)
            .map(|(at, item)| (whole.first_line + at as i64, item.product, item.shipped))
            .collect();
        if units.is_empty() {
            continue;
        }
        let parcels: Vec<&[(i64, i64, i64)]> = match units.len() {
            count if count > 1 && random.chance(15) => units.chunks(count.div_ceil(2)).collect(),
            _ => vec![&units],
        };
        for parcel in parcels {
            let (provider, shown) =
                *random.pick(&[("ups", "UPS"), ("fedex", "FedEx"), ("usps", "USPS"), ("", "Other")]);
            let number = format!("SIM{:010}", next.shipment);
            let link = match provider {
                "" => String::new(),
                provider => format!("https://track.example.com/{provider}/{number}"),
            };
            let parts: Vec<String> = parcel
                .iter()
                .map(|(line, product, quantity)| {
                    format!(
                        "{{\"order_product_id\":{line},\"product_id\":{product},\"quantity\":{quantity}}}"
                    )
                })
                .collect();
            let method = if order.shipping[place].base == 0 { "Free Shipping" } else { "Flat Rate" };
            sink.row(
                "order_shipments",
                Some(order.id),
                format!(
                    "{{\"id\":{},\"order_id\":{},\"customer_id\":{},\"order_address_id\":{},\"date_created\":\"{}\",\"tracking_number\":\"{number}\",\"merchant_shipping_cost\":\"0.0000\",\"shipping_method\":\"{method}\",\"comments\":\"\",\"shipping_provider\":\"{provider}\",\"tracking_carrier\":\"\",\"tracking_link\":\"\",\"billing_address\":{},\"shipping_address\":{},\"items\":[{}],\"generated_tracking_link\":\"{link}\",\"shipping_provider_display_name\":\"{shown}\"}}",
                    next.shipment,
                    order.id,
                    order.customer,
                    whole.first_address + place as i64,
                    date::rfc2822(shipped),
                    billing(order),
                    shipping_address(order, place),
                    parts.join(",")
                ),
            );
            next.shipment += 1;
        }
    }
}

/// Where a parcel goes, as the order's shipping address with that number says.
fn shipping_address(order: &Order, place: usize) -> String {
    let whole = billing(order);
    match place {
        0 => whole,
        _ => {
            crate::json::edit(&whole, &[("first_name", "\"Reception\""), ("street_2", "\"c/o neighbours\"")])
        }
    }
}

/// The rows that led to the order's payment status; the id of the one that money is paid back of.
fn transactions(sink: &mut Sink, random: &mut Random, whole: &Whole, next: &mut Counters) -> Option<i64> {
    let Whole { order, paid, .. } = whole;
    if paid.total == 0 || paid.status.is_empty() {
        return None;
    }
    let (method, gateway) = means(paid.method);
    let in_two = !is_offline(gateway) && random.chance(30);
    let events: &[(&str, &str)] = match paid.status {
        "captured" if in_two => &[("authorization", "ok"), ("capture", "ok")],
        "authorized" => &[("authorization", "ok")],
        "pending" => &[("pending", "ok")],
        "void" if is_offline(gateway) => &[("pending", "ok"), ("void", "ok")],
        "void" => &[("authorization", "ok"), ("void", "ok")],
        "declined" => &[("purchase", "error")],
        "held for review" => &[("authorization", "ok")],
        _ => &[("purchase", "ok")],
    };
    let first = next.transaction;
    for (at, (event, status)) in events.iter().enumerate() {
        let row = Transaction {
            id: next.transaction,
            order: order.id,
            event,
            method,
            gateway,
            amount: &number(paid.total),
            currency: "\"USD\"",
            status,
            review: paid.status == "held for review",
            reference: (at > 0).then_some(first),
            created: &date::catalog(order.created + 30 * at as i64),
        };
        sink.row("order_transactions", Some(order.id), row.text());
        next.transaction += 1;
    }
    Some(first)
}

/// What was paid back: everything, or one unit of the first line.
fn refund(sink: &mut Sink, whole: &Whole, bought: Option<i64>, next: &mut Counters) {
    let Whole { order, items, lines, paid, .. } = whole;
    let (Some(bought), 4 | 14) = (bought, order.status) else { return };
    let everything = order.status == 4;
    let mut parts = Vec::new();
    let (mut total, mut tax) = (0, 0);
    let mut part = |kind: &str, id: i64, quantity: i64, amount: i64, of_tax: i64| {
        let quantity_ = if quantity > 0 { format!(",\"quantity\":{quantity}") } else { String::new() };
        let requested = match quantity {
            0 => format!("\"{}.{:02}\"", amount / CENT / 100, amount / CENT % 100),
            _ => "null".into(),
        };
        parts.push(format!(
            "{{\"item_type\":\"{kind}\",\"item_id\":{id}{quantity_},\"requested_amount\":{requested},\"reason\":\"\",\"adjustments\":[],\"amount\":{}}}",
            number(amount)
        ));
        total += amount;
        tax += of_tax;
    };
    for (at, item) in items.iter().enumerate().filter(|(_, item)| item.refunded > 0) {
        let share = |sum: i64| round(sum * item.refunded, item.quantity);
        let line = &lines[at];
        part("PRODUCT", whole.first_line + at as i64, item.refunded, share(line.charged), share(line.tax));
    }
    if everything {
        for (at, wrapping) in whole.wrappings.iter().enumerate().filter(|(_, wrapping)| wrapping.inc > 0) {
            let quantity = items[at].quantity;
            part("GIFT_WRAPPING", whole.first_line + at as i64, quantity, wrapping.inc, wrapping.tax);
        }
        for (at, cost) in order.shipping.iter().enumerate().filter(|(_, cost)| cost.inc > 0) {
            part("SHIPPING", whole.first_address + at as i64, 0, cost.inc, cost.tax);
        }
        if order.handling.inc > 0 {
            part("HANDLING", whole.first_address, 0, order.handling.inc, order.handling.tax);
        }
        if order.fee > 0 {
            part("FEE", whole.fee, 0, order.fee, 0);
        }
        debug_assert_eq!((total, tax), (paid.total, paid.tax));
    }
    if total == 0 {
        return;
    }
    let (method, gateway) = means(paid.method);
    let transaction = next.transaction;
    let created = date::catalog(order.modified);
    let row = Transaction {
        id: transaction,
        order: order.id,
        event: "refund",
        method,
        gateway,
        amount: &number(total),
        currency: "\"USD\"",
        status: "ok",
        review: false,
        reference: Some(bought),
        created: &created,
    };
    sink.row("order_transactions", Some(order.id), row.text());
    next.transaction += 1;
    let mut reason = String::new();
    push_text(&mut reason, if everything { "Returned" } else { "One piece was broken" });
    let id = next.refund;
    sink.row(
        "order_refunds",
        Some(order.id),
        format!(
            "{{\"id\":{id},\"order_id\":{},\"user_id\":0,\"created\":\"{created}\",\"reason\":{reason},\"total_amount\":{},\"total_tax\":{},\"uses_merchant_override_values\":false,\"payments\":[{{\"id\":{},\"provider_id\":\"{gateway}\",\"amount\":{},\"offline\":{},\"is_declined\":false,\"declined_message\":\"\",\"transaction_id\":\"{transaction}\"}}],\"items\":[{}]}}",
            order.id,
            number(total),
            number(tax),
            id * 10,
            number(total),
            is_offline(gateway),
            parts.join(",")
        ),
    );
    next.refund += 1;
}

/// A share in whole cents, half a cent up.
fn round(product: i64, by: i64) -> i64 {
    let unit = by * CENT;
    (2 * product + unit).div_euclid(2 * unit) * CENT
}

/// A JSON number from ten-thousandths.
fn number(value: i64) -> String {
    rust_decimal::Decimal::new(value, 4).normalize().to_string()
}

/// A V2 amount from ten-thousandths.
fn amount(value: i64) -> String {
    let mut out = String::new();
    super::record::push_amount(&mut out, value);
    out
}
