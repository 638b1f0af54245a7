//! The lines of an order and how their money adds up (orders.v2.oas2.yml, guide "Prepare order data").

use rust_decimal::{Decimal, RoundingStrategy};

use super::prices;
use crate::data::Data;
use crate::json::{self, Members, quote};
use crate::serve::{Failure, Version};
use crate::write::value::{self, MOST_AMOUNT, amount, four_places};
use crate::write::{self, Draft, invalid, read_object};

/// An amount as entered, without and with tax.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Money {
    pub base: Decimal,
    pub ex: Decimal,
    pub inc: Decimal,
}

impl Money {
    /// Reads a pair such as `shipping_cost_ex_tax` and `shipping_cost_inc_tax`. What was sent counts
    /// more than what was stored, and one of the pair stands for both.
    pub fn of(draft: &Draft, stem: &str, base: &str) -> Self {
        let (ex, inc) = (format!("{stem}_ex_tax"), format!("{stem}_inc_tax"));
        let sent = |name: &str| draft.given(name).and_then(value::decimal);
        match (sent(&ex), sent(&inc), sent(base)) {
            (Some(ex), Some(inc), base) => Self { base: base.unwrap_or(ex), ex, inc },
            (Some(one), None, base) | (None, Some(one), base) => {
                Self { base: base.unwrap_or(one), ex: one, inc: one }
            }
            (None, None, Some(base)) => Self { base, ex: base, inc: base },
            (None, None, None) => {
                let held = |name: &str| draft.get(name).and_then(|raw| value::held(&raw)).unwrap_or_default();
                Self { base: held(base), ex: held(&ex), inc: held(&inc) }
            }
        }
    }
}

/// The `id` of the manual discount among a line's `applied_discounts`, as JSON text.
const MANUAL: &str = "\"manual-discount\"";

/// The most units of one line.
const MOST_UNITS: i64 = 1_000_000;

/// What an order's lines come to.
#[derive(Debug, Default)]
pub(super) struct Total {
    pub ex: Decimal,
    pub inc: Decimal,
    /// After discounts.
    pub tax: Decimal,
    /// With tax, after discounts.
    pub charged: Decimal,
    /// Shares of coupons, as they were applied.
    pub coupons: Decimal,
    pub quantity: i64,
    pub digital: bool,
}

/// Units of a line as sent.
pub(super) fn quantity(line: &str) -> i64 {
    Members::read(line).and_then(|members| members.get("quantity")).and_then(json::integer).unwrap_or(0)
}

/// Whether a line as sent needs no shipping.
pub(super) fn is_digital(data: &Data, line: &str) -> bool {
    let product = Members::read(line).and_then(|members| members.get("product_id")).and_then(json::integer);
    let product = product.and_then(|id| data.text("products", id)).and_then(Members::read);
    product.is_some_and(|product| product.get("type") == Some("\"digital\""))
}

/// A quantity that a line can have.
fn units(sent: Option<i64>) -> Result<i64, Failure> {
    sent.filter(|quantity| (1..=MOST_UNITS).contains(quantity))
        .ok_or_else(|| invalid("quantity", format!("It must be an integer from 1 to {MOST_UNITS}.")))
}

/// Makes a line of what a client sent; its id.
pub(super) fn create(data: &mut Data, order: i64, sent: &str, address: i64) -> Result<i64, Failure> {
    let input = read_object(sent)?;
    let number = |name: &str| input.get(name).and_then(json::integer);
    let quantity = units(number("quantity"))?;
    let resource = data.table("order_products").resource;
    let mut draft = Draft::new(resource, 0, order, None);
    draft.take(&input, Version::V2)?;
    let usual = match number("product_id").filter(|id| *id > 0) {
        Some(product) => catalog(data, &mut draft, &input, product)?,
        None => custom(&mut draft, &input)?,
    };
    draft.set("quantity", quantity.to_string());
    let digital = draft.get("type").as_deref() == Some("\"digital\"");
    draft.set("order_address_id", if digital { "0".into() } else { address.to_string() });
    price(&mut draft, &input, usual, quantity)?;
    let options = draft.given("product_options").unwrap_or("[]").to_owned();
    let id = write::store(data, draft)?;
    if options != "[]" {
        let options = options.replace(NO_LINE, &format!("\"order_product_id\":{id}"));
        write::touch(data, "order_products", id, &[("product_options", options)]);
    }
    Ok(id)
}

/// What an option says of its line before the line has a number.
const NO_LINE: &str = "\"order_product_id\":0";

/// Fills a line from the catalog; its price there.
fn catalog(data: &Data, draft: &mut Draft, input: &Members, product: i64) -> Result<Decimal, Failure> {
    let text = data.text("products", product);
    let owner = text.and_then(Members::read);
    let owner =
        owner.ok_or_else(|| invalid("product_id", format!("The product {product} does not exist.")))?;
    let base = owner.get("base_variant_id").and_then(json::integer);
    let chosen = input.get("variant_id").and_then(json::integer).filter(|id| *id > 0);
    let variant = chosen.or(base).or_else(|| by_options(data, product, input));
    let variant = variant.filter(|id| data.table("variants").get(*id).is_some_and(|v| v.parent == product));
    let Some(variant) = variant else {
        return Err(invalid("products", "The options of one or more products are invalid."));
    };
    let text = data.text("variants", variant).unwrap_or("{}");
    let members = read_object(text)?;
    draft.set("variant_id", variant.to_string());
    let name = owner.get("name").unwrap_or("\"\"");
    for member in ["name", "name_customer", "name_merchant"] {
        if draft.given(member).is_none() {
            draft.set(member, name);
        }
    }
    draft.set("sku", members.get("sku").unwrap_or("\"\""));
    draft.set("type", owner.get("type").unwrap_or("\"physical\""));
    for member in ["upc", "bin_picking_number"] {
        draft.set(member, members.get(member).filter(|raw| raw.starts_with('"')).unwrap_or("\"\""));
    }
    for (member, from) in
        [("weight", "calculated_weight"), ("width", "width"), ("height", "height"), ("depth", "depth")]
    {
        let own = members.get(from).and_then(value::held).or_else(|| owner.get(from).and_then(value::held));
        draft.set(member, amount(own.unwrap_or_default()));
    }
    let brand = owner.get("brand_id").and_then(json::integer).and_then(|id| data.text("brands", id));
    let brand = brand.and_then(Members::read).and_then(|brand| brand.get("name"));
    draft.set("brand", brand.unwrap_or("\"\""));
    draft.set("product_options", options(&members));
    let quantity = input.get("quantity").and_then(json::integer).unwrap_or(1);
    let listed = prices::of_order(data, draft.parent, variant, quantity);
    Ok(listed.or_else(|| members.get("calculated_price").and_then(value::decimal)).unwrap_or_default())
}

/// The variant that stands for the option values sent.
pub(super) fn by_options(data: &Data, product: i64, input: &Members) -> Option<i64> {
    let mut wanted: Vec<(i64, i64)> = Vec::new();
    for option in input.get("product_options").and_then(json::entries)? {
        let option = Members::read(option)?;
        wanted.push((json::integer(option.get("id")?)?, json::integer(option.get("value")?)?));
    }
    data.table("variants").of(product).find_map(|variant| {
        let members = Members::read(&variant.text)?;
        let values = json::entries(members.get("option_values")?)?;
        let fits = values.iter().all(|value| {
            let value = Members::read(value);
            let number =
                |name| value.as_ref().and_then(|v| v.get(name)).and_then(json::integer).unwrap_or(-1);
            wanted.contains(&(number("option_id"), number("id")))
        });
        fits.then_some(variant.id)
    })
}

/// A variant's option values as a line shows them.
fn options(variant: &Members) -> String {
    let values = variant.get("option_values").and_then(json::entries).unwrap_or_default();
    let texts: Vec<String> = values
        .iter()
        .enumerate()
        .filter_map(|(at, value)| {
            let value = Members::read(value)?;
            let (name, label) = (value.get("option_display_name")?, value.get("label")?);
            let (option, id) = (value.get("option_id")?, value.get("id")?);
            Some(format!(
                "{{\"id\":{},\"option_id\":{option},{NO_LINE},\"product_option_id\":{option},\"display_name\":{name},\"display_name_customer\":{name},\"display_name_merchant\":{name},\"display_value\":{label},\"display_value_customer\":{label},\"display_value_merchant\":{label},\"value\":\"{id}\",\"type\":\"Multiple choice\",\"name\":{name},\"display_style\":\"Pick list\"}}",
                at + 1
            ))
        })
        .collect();
    format!("[{}]", texts.join(","))
}

/// Checks a line that is no product of the catalog; it has no usual price.
fn custom(draft: &mut Draft, input: &Members) -> Result<Decimal, Failure> {
    for name in ["name", "price_inc_tax", "price_ex_tax"] {
        if input.get(name).is_none() {
            return Err(Failure::new(400, format!("The required field '{name}' was not supplied.")));
        }
    }
    let name = input.get("name").unwrap_or("\"\"");
    if json::plain(name).is_empty() {
        return Err(invalid("name", "It must not be empty."));
    }
    draft.set("product_id", "0");
    draft.set("variant_id", "0");
    for member in ["name_customer", "name_merchant"] {
        draft.set(member, name);
    }
    Ok(Decimal::ZERO)
}

/// Prices a line: what was sent, or else `usual`.
fn price(draft: &mut Draft, input: &Members, usual: Decimal, quantity: i64) -> Result<(), Failure> {
    let sent = |name: &str| input.get(name).and_then(value::decimal).map(four_places);
    let (ex, inc) = match (sent("price_ex_tax"), sent("price_inc_tax")) {
        (Some(ex), Some(inc)) if inc < ex => {
            return Err(invalid("products", "price_inc_tax is less than price_ex_tax."));
        }
        (Some(ex), Some(inc)) => (ex, inc),
        (Some(one), None) | (None, Some(one)) => (one, one),
        (None, None) => (usual, usual),
    };
    let units = Decimal::from(quantity);
    let most = Decimal::from(MOST_AMOUNT);
    if ex.max(inc) > most || ex.max(inc) * units > most {
        return Err(invalid("products", format!("A line comes to more than {MOST_AMOUNT}.")));
    }
    for (name, value) in [
        ("base_price", ex),
        ("price_ex_tax", ex),
        ("price_inc_tax", inc),
        ("price_tax", inc - ex),
        ("base_total", ex * units),
        ("total_ex_tax", ex * units),
        ("total_inc_tax", inc * units),
        ("total_tax", (inc - ex) * units),
        // What is charged is whole cents, whatever a price is.
        ("discounted_total_inc_tax", cents(inc * units)),
    ] {
        draft.set(name, amount(value));
    }
    // A changed line loses its discounts.
    draft.set("applied_discounts", "[]");
    Ok(())
}

/// Changes, adds or (with quantity 0) removes a line of an order; the id of an added one.
pub(super) fn change(data: &mut Data, order: i64, sent: &str) -> Result<Option<i64>, Failure> {
    let input = read_object(sent)?;
    let Some(id) = input.get("id").and_then(json::integer) else {
        let address = data.table("order_shipping_addresses").children(order).first().copied().unwrap_or(0);
        return create(data, order, sent, address).map(Some);
    };
    let resource = data.table("order_products").resource;
    if !data.table("order_products").children(order).contains(&id) {
        return Err(invalid("products", format!("The order has no product {id}.")));
    }
    if quantity(sent) == 0 && input.get("quantity").is_some() {
        data.remove("order_products", id);
        return Ok(None);
    }
    let Some(mut draft) = write::open(data, resource, id) else { return Ok(None) };
    let text =
        json::without(sent, |name| matches!(name, "product_id" | "variant_id" | "product_options" | "id"));
    draft.take(&read_object(&text)?, Version::V2)?;
    let units = units(draft.get("quantity").and_then(|raw| json::integer(&raw)))?;
    let held = draft.old_value("price_inc_tax").and_then(|raw| value::held(&raw)).unwrap_or_default();
    let held_ex = draft.old_value("price_ex_tax").and_then(|raw| value::held(&raw)).unwrap_or_default();
    let priced = input.get("price_ex_tax").is_some() || input.get("price_inc_tax").is_some();
    if priced {
        price(&mut draft, &input, held, units)?;
    } else {
        let same = format!("{{\"price_ex_tax\":\"{}\",\"price_inc_tax\":\"{held}\"}}", held_ex.min(held));
        price(&mut draft, &read_object(&same)?, held, units)?;
    }
    write::save(data, draft)?;
    Ok(None)
}

/// Spreads a manual discount of the order over its lines, in whole cents that add up. Where prices are
/// entered without tax the discount is without tax too, and the tax on it is not charged either.
pub(super) fn discount(data: &mut Data, order: i64, discount: Decimal, inclusive: bool) {
    let ids = data.table("order_products").children(order).to_vec();
    let subtotal = total(data, order).ex;
    if subtotal.is_zero() {
        return;
    }
    let (mut seen, mut given) = (Decimal::ZERO, Decimal::ZERO);
    for id in ids {
        let Some(text) = data.text("order_products", id).map(str::to_owned) else { continue };
        let Some(members) = Members::read(&text) else { continue };
        let held = |name: &str| members.get(name).and_then(value::held).unwrap_or_default();
        let (ex, inc, unit_ex, unit_inc) =
            (held("total_ex_tax"), held("total_inc_tax"), held("price_ex_tax"), held("price_inc_tax"));
        let (mut applied, coupon) = shares(&members);
        let (whole, by) = if inclusive { (inc, unit_inc) } else { (ex, unit_ex) };
        seen += ex;
        let until = cents(discount * seen / subtotal);
        let share = (until - given).min(whole - coupon).max(Decimal::ZERO);
        given = until;
        let had = members.get("applied_discounts").is_some_and(|list| list != "[]");
        if share.is_zero() && !had {
            continue;
        }
        let off = share + coupon;
        let rate = if by.is_zero() { Decimal::ZERO } else { (unit_inc - unit_ex) / by };
        let tax = if off.is_zero() { inc - ex } else { cents((whole - off) * rate) };
        let charged = cents(if inclusive || off.is_zero() { inc - off } else { ex - off + tax });
        if !share.is_zero() {
            let (share, name) = (amount(share), quote("Manual Discount"));
            let entry = format!(
                "{{\"id\":{MANUAL},\"amount\":{share},\"name\":{name},\"code\":null,\"target\":\"order\"}}"
            );
            applied.insert(0, entry);
        }
        let changes = [
            ("total_tax", amount(tax)),
            ("discounted_total_inc_tax", amount(charged)),
            ("applied_discounts", format!("[{}]", applied.join(","))),
        ];
        write::touch(data, "order_products", id, &changes);
    }
}

/// The discounts applied to a line that are not the order's manual one, and what they come to.
fn shares(line: &Members) -> (Vec<String>, Decimal) {
    let applied = line.get("applied_discounts").and_then(json::entries).unwrap_or_default();
    let mut sum = Decimal::ZERO;
    let mut kept = Vec::new();
    for entry in applied {
        let members = Members::read(entry);
        let get = |name: &str| members.as_ref().and_then(|members| members.get(name));
        if get("id") != Some(MANUAL) {
            sum += get("amount").and_then(value::held).unwrap_or_default();
            kept.push(entry.to_owned());
        }
    }
    (kept, sum)
}

/// Whole cents, half a cent up.
pub(super) fn cents(number: Decimal) -> Decimal {
    number.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// Adds the lines up.
pub(super) fn total(data: &Data, order: i64) -> Total {
    let mut total = Total { digital: true, ..Total::default() };
    for line in data.table("order_products").of(order) {
        let Some(members) = Members::read(&line.text) else { continue };
        let held = |name: &str| members.get(name).and_then(value::held).unwrap_or_default();
        total.ex += held("total_ex_tax");
        total.inc += held("total_inc_tax");
        total.tax += held("total_tax");
        // Orders of old have lines that do not tell it.
        total.charged += match members.get("discounted_total_inc_tax") {
            Some(_) => held("discounted_total_inc_tax"),
            None => held("total_inc_tax"),
        };
        total.coupons += shares(&members).1;
        let units = members.get("quantity").and_then(json::integer).unwrap_or(0);
        total.quantity = total.quantity.saturating_add(units);
        total.digital &= members.get("type") == Some("\"digital\"");
    }
    total
}
