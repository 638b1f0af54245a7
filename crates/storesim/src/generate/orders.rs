//! Two years of orders: who bought what, when, and where it went.

use super::catalog::Catalog;
use super::customers::{self, Person};
use super::order_rows;
use super::random::Random;
use super::totals::{CENT, Cost, Regime};
use super::{Sink, Spec, Table};

const FIRST_ORDER: i64 = 100;
const DAY: i64 = 86_400;
/// Code, type (0 per item, 1 percentage, 2 per total; page "Order coupons") and amount in units.
pub(super) const COUPONS: [(&str, i64, i64); 6] = [
    ("WELCOME10", 1, 10),
    ("SPRING15", 1, 15),
    ("FIVER", 2, 5),
    ("CAFÉ20", 1, 20),
    ("TENOFF", 2, 10),
    ("EACH1", 0, 1),
];

/// Ids counted up over all orders.
pub(super) struct Counters {
    pub(super) line: i64,
    pub(super) address: i64,
    pub(super) coupon: i64,
    pub(super) fee: i64,
    pub(super) certificate: i64,
    pub(super) shipment: i64,
    pub(super) pickup: i64,
    pub(super) picked: i64,
    pub(super) message: i64,
    pub(super) transaction: i64,
    pub(super) refund: i64,
    /// How often each of the coupons was used.
    pub(super) uses: [i64; COUPONS.len()],
}

/// How a line reaches the shopper.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To the shipping address with this number, from 0.
    Shipped(usize),
    Pickup,
    Download,
    Email,
}

/// A line before its money is known.
pub(super) struct Item {
    pub(super) product: i64,
    pub(super) variant: i64,
    pub(super) name: String,
    pub(super) sku: String,
    pub(super) brand: String,
    pub(super) kind: &'static str,
    pub(super) way: Way,
    /// As entered, one unit.
    pub(super) price: i64,
    pub(super) quantity: i64,
    /// Ten-thousandths.
    pub(super) weight: i64,
    pub(super) options: Vec<(&'static str, &'static str, i64, i64)>,
    pub(super) wrapping: i64,
    pub(super) certificate: Option<i64>,
    pub(super) shipped: i64,
    pub(super) refunded: i64,
}

/// What holds for the whole order.
pub(super) struct Order {
    pub(super) id: i64,
    pub(super) customer: i64,
    pub(super) person: Person,
    pub(super) created: i64,
    pub(super) modified: i64,
    pub(super) shipped: Option<i64>,
    pub(super) status: usize,
    pub(super) regime: Regime,
    pub(super) manual: i64,
    pub(super) coupon: Option<(usize, i64)>,
    pub(super) shipping: Vec<Cost>,
    pub(super) handling: Cost,
    pub(super) fee: i64,
}

/// Makes all orders; how often each of the coupons was used in them.
pub(super) fn rows(spec: &Spec, catalog: &Catalog, sink: &mut Sink) -> [i64; COUPONS.len()] {
    let mut next = Counters {
        line: 1,
        address: 1,
        coupon: 1,
        fee: 1,
        certificate: 1,
        shipment: 1,
        pickup: 1,
        picked: 1,
        message: 1,
        transaction: 1,
        refund: 1,
        uses: [0; COUPONS.len()],
    };
    for index in 0..spec.orders {
        let mut random = Random::of(spec.seed, Table::Order as u64, index);
        order_rows(spec, catalog, sink, &mut random, index, &mut next);
    }
    next.uses
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
    let regime =
        Regime { rate: person.place.tax, inclusive: index * 20 < spec.orders, off_inc: spec.off_inc };
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
    order_rows::write(spec, sink, random, &order, &items, next);
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
pub(super) fn weights(items: &[Item]) -> Vec<i64> {
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
