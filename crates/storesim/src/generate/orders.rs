//! Two years of orders: who bought what, where it went, and sums that add up to the cent.

use super::catalog::Catalog;
use super::customers::{self, Person};
use super::date;
use super::random::Random;
use super::record::{Record, push_amount, push_integer, push_text};
use super::shape;
use super::totals::{CENT, Cost, Line, Regime, spread};
use super::words::STATUSES;
use super::{Sink, Spec, Table};

const FIRST_ORDER: i64 = 100;
const DAY: i64 = 86_400;
/// Code, type (0 per item, 1 percentage, 2 per total; page "Order coupons") and amount in units.
const COUPONS: [(&str, i64, i64); 6] = [
    ("WELCOME10", 1, 10),
    ("SPRING15", 1, 15),
    ("FIVER", 2, 5),
    ("CAFÉ20", 1, 20),
    ("TENOFF", 2, 10),
    ("EACH1", 0, 1),
];

/// Ids counted up over all orders.
struct Counters {
    line: i64,
    address: i64,
    coupon: i64,
    fee: i64,
    certificate: i64,
}

/// How a line reaches the shopper.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// To the shipping address with this number, from 0.
    Shipped(usize),
    Pickup,
    Download,
    Email,
}

/// A line before its money is known.
struct Item {
    product: i64,
    variant: i64,
    name: String,
    sku: String,
    brand: String,
    kind: &'static str,
    way: Way,
    /// As entered, one unit.
    price: i64,
    quantity: i64,
    /// Ten-thousandths.
    weight: i64,
    options: Vec<(&'static str, &'static str, i64, i64)>,
    wrapping: i64,
    certificate: Option<i64>,
    shipped: i64,
    refunded: i64,
}

/// What holds for the whole order.
struct Order {
    id: i64,
    customer: i64,
    person: Person,
    created: i64,
    modified: i64,
    shipped: Option<i64>,
    status: usize,
    regime: Regime,
    manual: i64,
    coupon: Option<(usize, i64)>,
    shipping: Vec<Cost>,
    handling: Cost,
    fee: i64,
}

pub(super) fn rows(spec: &Spec, catalog: &Catalog, sink: &mut Sink) {
    let mut next = Counters { line: 1, address: 1, coupon: 1, fee: 1, certificate: 1 };
    for index in 0..spec.orders {
        let mut random = Random::of(spec.seed, Table::Order as u64, index);
        order_rows(spec, catalog, sink, &mut random, index, &mut next);
    }
}

fn order_rows(
    spec: &Spec,
    catalog: &Catalog,
    sink: &mut Sink,
    random: &mut Random,
    index: u64,
    next: &mut Counters,
) {
    let span = (2 * 365 * DAY) as u64;
    let step = span / (spec.orders + 1);
    let created = spec.now - span as i64 + (step * index + random.below(step.max(1))) as i64;
    let age = spec.now - created;
    let mut status = status(random, age);
    let customer =
        if spec.customers == 0 || random.chance(15) { 0 } else { 1 + random.below(spec.customers) };
    let person = if customer == 0 {
        Person::new(random, index, "guest.example.com")
    } else {
        customers::person(spec, customer)
    };

    let mut items = items(catalog, random, status, next);
    let physical = items.iter().filter(|item| matches!(item.way, Way::Shipped(_))).count();
    let addresses = if physical > 1 && random.chance(3) { 2 } else { physical.min(1) };
    let mut at = 0;
    for item in &mut items {
        if matches!(item.way, Way::Shipped(_)) {
            item.way = Way::Shipped(at % addresses);
            at += 1;
        }
    }
    status = ship(&mut items, status);

    // The store once entered its prices with tax, before it changed to prices without.
    let regime = Regime { rate: person.place.tax, inclusive: index * 20 < spec.orders };
    let order = Order {
        id: FIRST_ORDER + index as i64,
        customer: customer as i64,
        created,
        modified: created,
        shipped: None,
        status,
        regime,
        manual: 0,
        coupon: None,
        shipping: Vec::new(),
        handling: regime.cost(if addresses > 0 && random.chance(4) { 250 * CENT } else { 0 }),
        fee: if random.chance(3) { random.between(1, 12) * 100 * CENT } else { 0 },
        person,
    };
    let order = with_discounts(order, random, &items);
    let order = with_shipping(order, random, &items, addresses);
    let order = with_dates(order, random, spec.now);
    write(spec, sink, random, &order, &items, next);
}

/// Old orders are settled one way or the other, those of the last days are on their way.
fn status(random: &mut Random, age: i64) -> usize {
    let roll = random.below(1000);
    if age < 3 * DAY {
        match roll {
            0..80 => 0,
            80..180 => 1,
            180..300 => 7,
            300..360 => 8,
            360..560 => 9,
            560..950 => 11,
            _ => 12,
        }
    } else if age < 10 * DAY {
        match roll {
            0..60 => 0,
            60..120 => 7,
            120..160 => 8,
            160..700 => 2,
            700..780 => 3,
            780..830 => 5,
            830..850 => 6,
            850..950 => 11,
            _ => 10,
        }
    } else {
        match roll {
            0..45 => 0,
            45..55 => 1,
            55..90 => 4,
            90..140 => 5,
            140..155 => 6,
            155..165 => 13,
            165..190 => 14,
            190..260 => 2,
            260..270 => 3,
            _ => 10,
        }
    }
}

/// One to a dozen lines: mostly goods from the catalog, now and then something made to order or a
/// gift certificate.
fn items(catalog: &Catalog, random: &mut Random, status: usize, next: &mut Counters) -> Vec<Item> {
    let wanted = match random.below(20) {
        0..9 => 1,
        9..14 => 2,
        14..17 => 3,
        17 => 4,
        18 => 6,
        _ => random.between(7, 12),
    };
    let pickup = status == 8 || random.chance(3);
    let mut items: Vec<Item> = Vec::with_capacity(wanted as usize);
    for _ in 0..wanted {
        if catalog.products() == 0 || random.chance(2) {
            items.push(custom_item(random, pickup));
            continue;
        }
        // Twice at random: low numbers, the classics, sell more.
        let bound = random.below(catalog.products()) + 1;
        let product = catalog.product(random.below(bound));
        let variant = product.variant(random.below(u64::from(product.variants())) as u32);
        if items.iter().any(|item| item.variant == variant.id) {
            continue;
        }
        let way = match (product.digital, pickup) {
            (true, _) => Way::Download,
            (false, true) => Way::Pickup,
            (false, false) => Way::Shipped(0),
        };
        items.push(Item {
            product: product.id,
            variant: variant.id,
            brand: catalog.brand_name(product.brand),
            sku: variant.sku,
            kind: if product.digital { "digital" } else { "physical" },
            way,
            price: variant.price * CENT,
            quantity: [1, 1, 1, 1, 1, 2, 2, 3, 4, random.between(1, 24)][random.below(10) as usize],
            weight: product.weight * CENT,
            options: variant.choices,
            wrapping: if way == Way::Shipped(0) && random.chance(2) { 400 * CENT } else { 0 },
            certificate: None,
            shipped: 0,
            refunded: 0,
            name: product.name,
        });
    }
    if random.chance(2) {
        items.push(Item {
            name: "Gift Certificate".into(),
            kind: "giftcertificate",
            way: Way::Email,
            price: *random.pick(&[25, 50, 100]) * 100 * CENT,
            quantity: 1,
            weight: 0,
            certificate: Some(next.certificate),
            ..custom_item(random, false)
        });
        next.certificate += 1;
    }
    items
}

fn custom_item(random: &mut Random, pickup: bool) -> Item {
    Item {
        product: 0,
        variant: 0,
        name: (*random.pick(&["Engraving to order", "Repair – glazing", "Sample set", "Café consultation"]))
            .into(),
        sku: String::new(),
        brand: String::new(),
        kind: "physical",
        way: if pickup { Way::Pickup } else { Way::Shipped(0) },
        price: random.between(500, 9_000) * CENT,
        quantity: 1,
        weight: 0,
        options: Vec::new(),
        wrapping: 0,
        certificate: None,
        shipped: 0,
        refunded: 0,
    }
}

/// Notes what has left the house and what came back; a partial status needs at least two units.
fn ship(items: &mut [Item], status: usize) -> usize {
    let units: i64 =
        items.iter().filter(|item| matches!(item.way, Way::Shipped(_))).map(|item| item.quantity).sum();
    let status = if status == 3 && units < 2 { 2 } else { status };
    let mut left = match status {
        2 | 4 | 10 | 13 | 14 => units,
        3 => units / 2,
        _ => 0,
    };
    for item in items.iter_mut().filter(|item| matches!(item.way, Way::Shipped(_))) {
        item.shipped = left.min(item.quantity);
        left -= item.shipped;
    }
    match status {
        4 => items.iter_mut().for_each(|item| item.refunded = item.quantity),
        14 => items.iter_mut().take(1).for_each(|item| item.refunded = 1),
        _ => {}
    }
    status
}

/// What discounts are spread over: gift certificates are money and never discounted.
fn weights(items: &[Item]) -> Vec<i64> {
    let weight = |item: &Item| if item.way == Way::Email { 0 } else { item.price * item.quantity };
    items.iter().map(weight).collect()
}

fn with_discounts(mut order: Order, random: &mut Random, items: &[Item]) -> Order {
    let base: i64 = weights(items).iter().sum();
    // Discounts never reach half of the goods, so that no line falls below zero.
    if random.chance(6) {
        order.manual = (random.between(1, 20) * 100 * CENT).min(base / 4 / CENT * CENT);
    }
    if random.chance(10) && base > 0 {
        let coupon = random.below(COUPONS.len() as u64) as usize;
        let (_, kind, amount) = COUPONS[coupon];
        let units: i64 = items.iter().filter(|item| item.way != Way::Email).map(|item| item.quantity).sum();
        let off = match kind {
            0 => amount * units * 100 * CENT,
            1 => base / 100 * amount / CENT * CENT,
            _ => amount * 100 * CENT,
        };
        order.coupon = Some((coupon, off.min(base / 4 / CENT * CENT)));
    }
    order
}

fn with_shipping(mut order: Order, random: &mut Random, items: &[Item], addresses: usize) -> Order {
    let goods: i64 = weights(items).iter().sum();
    for _ in 0..addresses {
        let base = if goods > 12_000 * CENT { 0 } else { *random.pick(&[495, 795, 995, 1_250]) * CENT };
        order.shipping.push(order.regime.cost(base));
    }
    order
}

fn with_dates(mut order: Order, random: &mut Random, now: i64) -> Order {
    let last = now - 1;
    let leaves = matches!(order.status, 2 | 3 | 4 | 10 | 13 | 14) && !order.shipping.is_empty();
    if leaves {
        order.shipped = Some((order.created + random.between(DAY / 4, 2 * DAY)).min(last));
    }
    let settled = order.shipped.unwrap_or(order.created) + random.between(30, DAY);
    order.modified = settled.min(last);
    order
}

fn write(
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
    let untaxed = Regime { rate: 0, inclusive: order.regime.inclusive };
    let lines: Vec<Line> = items
        .iter()
        .enumerate()
        .map(|(at, item)| {
            let regime = if item.way == Way::Email { untaxed } else { order.regime };
            regime.line(item.price, item.quantity, manual[at] + coupon[at])
        })
        .collect();
    let wrappings: Vec<Cost> = items.iter().map(|item| order.regime.cost(item.wrapping)).collect();

    order_row(spec, sink, random, order, items, &lines, &wrappings);

    let first_address = next.address;
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
) {
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
    record.raw("billing_address", &billing(order));
    record.raw("fees", &link(spec, order.id, "fees"));
    record.flag("is_email_opt_in", random.chance(20));
    if provider {
        record.text("credit_card_type", *random.pick(&["visa", "mastercard", "amex"]));
    }
    record.text("external_source", "");
    for name in ["consignments", "products", "shipping_addresses", "coupons"] {
        record.raw(name, &link(spec, order.id, name));
    }
    record.text("tax_provider_id", "BasicTaxProvider");
    record.text("custom_status", STATUSES[order.status]);
    sink.row("orders", None, record.finish());
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

fn billing(order: &Order) -> String {
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
    out.push_str(r#","form_fields":[]}"#);
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
    // The pickup method with the number of the location it hands out from: the default one.
    record.integer("order_pickup_method_id", i64::from(item.way == Way::Pickup));
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
