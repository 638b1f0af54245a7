//! Refunds: what a list of items comes to, which payments may bring it back, and what stays of it on the
//! order (orders.v3.yml, guide "Refunds"). Nothing goes back into stock.

use rust_decimal::{Decimal, RoundingStrategy};

use super::orders;
use super::payments::{self, Means};
use crate::data::Data;
use crate::json::{self, Members, quote};
use crate::serve::{Answer, Failure};
use crate::table::Record;
use crate::write::{self, read_object, value};

/// Payment statuses of which nothing can be paid back, or not yet.
const UNSETTLED: &[&str] =
    &["authorized", "capture pending", "pending", "void", "void pending", "declined", "held for review"];

/// Statuses of orders that were never paid when nothing else tells of a payment: incomplete, cancelled,
/// declined, awaiting payment.
const UNPAID: &[i64] = &[0, 5, 6, 7];

/// One item of a request, worked out.
struct Item {
    kind: String,
    id: i64,
    /// Units of a line.
    quantity: i64,
    /// What was asked for, where it was an amount.
    requested: Option<Decimal>,
    amount: Decimal,
    tax: Decimal,
    reason: String,
    adjustments: String,
}

/// What a request comes to.
struct Quote {
    items: Vec<Item>,
    total: Decimal,
    tax: Decimal,
    /// Free of tax, of the order as a whole.
    of_order: Decimal,
    /// What was cut, since no more is left.
    adjustment: Decimal,
    means: Means,
    guest: bool,
}

/// Answers what a refund would come to and how it can be paid.
pub(super) fn quote_for(data: &Data, order: i64, body: &str) -> Result<Answer, Failure> {
    let quote = work_out(data, order, &read_object(body)?)?;
    let methods: Vec<String> = quote.methods().iter().map(|(_, text)| format!("[{}]", text)).collect();
    let inclusive = order_member(data, order, "is_tax_inclusive_pricing").as_deref() == Some("true");
    let text = format!(
        "{{\"order_id\":{order},\"total_refund_amount\":{},\"total_refund_tax_amount\":{},\"order_level_refund_amount\":{},\"rounding\":0,\"adjustment\":{},\"tax_inclusive\":{inclusive},\"refund_methods\":[{}]}}",
        number(quote.total),
        number(quote.tax),
        number(quote.of_order),
        number(quote.adjustment),
        methods.join(",")
    );
    Ok(Answer::data(201, &text))
}

/// Makes a refund: its record, the counts of its lines, the order's status, and a transaction.
pub(super) fn create(data: &mut Data, order: i64, body: &str) -> Result<Answer, Failure> {
    let input = read_object(body)?;
    let mut quote = work_out(data, order, &input)?;
    let overridden = input.get("merchant_calculated_override").filter(|raw| *raw != "null");
    if let Some(whole) = overridden.and_then(Members::read) {
        let held = |name: &str| whole.get(name).and_then(value::held);
        let wrong = || invalid("merchant_calculated_override", "total_amount and total_tax are required");
        quote.total = held("total_amount").filter(|total| *total > Decimal::ZERO).ok_or_else(wrong)?;
        quote.tax = held("total_tax").or_else(|| held("tax_amount")).ok_or_else(wrong)?;
        if quote.total > left(data, order) {
            return Err(invalid("merchant_calculated_override", "more than is left of the order"));
        }
    }
    let payments = match pay(&quote, &input)? {
        Ok(payments) => payments,
        Err(guest) => return Ok(guest),
    };
    let id = data.claim("order_refunds");
    let now = data.clock.now();
    let transaction = payments::insert(data, order, "refund", &quote.means, quote.total);
    let payments: Vec<String> = payments
        .iter()
        .enumerate()
        .map(|(at, (provider, amount, offline))| {
            let number_ = id.saturating_mul(10).saturating_add(at as i64);
            format!(
                "{{\"id\":{number_},\"provider_id\":{},\"amount\":{},\"offline\":{offline},\"is_declined\":false,\"declined_message\":\"\",\"transaction_id\":\"{transaction}\"}}",
                json::quote(provider),
                number(*amount)
            )
        })
        .collect();
    let items: Vec<String> = quote.items.iter().filter(|item| item.kind != "TAX").map(Item::text).collect();
    let reason = input.get("reason").filter(|raw| raw.starts_with('"')).unwrap_or("\"\"");
    let text = format!(
        "{{\"id\":{id},\"order_id\":{order},\"user_id\":0,\"created\":\"{}\",\"reason\":{reason},\"total_amount\":{},\"total_tax\":{},\"uses_merchant_override_values\":{},\"payments\":[{}],\"items\":[{}]}}",
        crate::dates::Form::Offset.write(now),
        number(quote.total),
        number(quote.tax),
        overridden.is_some(),
        payments.join(","),
        items.join(",")
    );
    for item in quote.items.iter().filter(|item| item.kind == "PRODUCT") {
        count(data, item);
    }
    data.insert("order_refunds", Record { id, parent: order, modified: 0, text: text.clone().into() });
    let (status, payment) = match left(data, order).is_zero() {
        true => (4, "refunded"),
        false => (14, "partially refunded"),
    };
    orders::set_status(data, order, status, &[("payment_status", json::quote(payment))]);
    Ok(Answer::data(201, &text))
}

/// Counts the refunded units of a line.
fn count(data: &mut Data, item: &Item) {
    let Some(text) = data.text("order_products", item.id).map(str::to_owned) else { return };
    let Some(members) = Members::read(&text) else { return };
    let held = |name: &str| members.get(name).and_then(json::integer).unwrap_or(0);
    let refunded = held("quantity_refunded").saturating_add(item.quantity);
    let changes = [
        ("quantity_refunded", refunded.to_string()),
        ("is_refunded", (refunded >= held("quantity")).to_string()),
    ];
    write::touch(data, "order_products", item.id, &changes);
}

/// The payments of a request, if they are one of the ways of its quote; to a guest no credit can be given.
#[expect(clippy::type_complexity, reason = "the refusal has a body of its own")]
fn pay(quote: &Quote, input: &Members) -> Result<Result<Vec<(String, Decimal, bool)>, Answer>, Failure> {
    let sent = input.get("payments").and_then(json::entries).unwrap_or_default();
    if sent.is_empty() {
        return Err(
            Failure::new(422, "JSON data is missing or invalid").field("payments", "error.path.missing")
        );
    }
    let methods = quote.methods();
    let (mut payments, mut sum) = (Vec::new(), Decimal::ZERO);
    for (at, entry) in sent.iter().enumerate() {
        let members = read_object(entry)?;
        let provider =
            members.get("provider_id").map(|raw| json::plain(raw).into_owned()).unwrap_or_default();
        let amount = members.get("amount").and_then(value::held);
        let amount = amount.ok_or_else(|| invalid(&format!("payments.{at}.amount"), "error.path.missing"))?;
        if provider == "storecredit" && quote.guest {
            let body = "{\"data\":[{\"status\":422,\"title\":\"Unable to provide store credit for a guest customer.\",\"type\":\"https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes\"}]}";
            return Ok(Err(Answer::new(422, body)));
        }
        if !methods.iter().any(|(known, _)| *known == provider) {
            let reason = format!("{provider} is no way to refund this order");
            return Err(invalid(&format!("payments.{at}.provider_id"), &reason));
        }
        let usual = quote.means.is_offline() || provider == "custom";
        let offline = members.get("offline").map_or(usual, |raw| raw == "true");
        sum += amount;
        payments.push((provider, amount, offline));
    }
    if sum != quote.total {
        let reason = format!("The payments come to {sum}, the refund to {}.", number(quote.total));
        return Err(invalid("payments.0.amount", &reason));
    }
    Ok(Ok(payments))
}

impl Item {
    fn text(&self) -> String {
        let quantity = match self.quantity {
            0 => String::new(),
            quantity => format!(",\"quantity\":{quantity}"),
        };
        let requested = self.requested.map_or("null".into(), |amount| format!("\"{amount:.2}\""));
        format!(
            "{{\"item_type\":\"{}\",\"item_id\":{}{quantity},\"requested_amount\":{requested},\"reason\":{},\"adjustments\":{},\"amount\":{}}}",
            self.kind,
            self.id,
            quote(&self.reason),
            self.adjustments,
            number(self.amount)
        )
    }
}

impl Quote {
    /// The ways to pay the money back, by provider.
    fn methods(&self) -> Vec<(String, String)> {
        let option = |provider: &str, shown: &str, offline: bool| {
            let reason = if offline { "This is an offline payment provider." } else { "" };
            let text = format!(
                "{{\"provider_id\":{},\"provider_description\":{},\"amount\":{},\"offline\":{offline},\"offline_provider\":{offline},\"offline_reason\":\"{reason}\"}}",
                quote(provider),
                quote(shown),
                number(self.total)
            );
            (provider.to_owned(), text)
        };
        let own = &self.means.gateway;
        let mut methods = vec![option(own, own, self.means.is_offline())];
        if own != "custom" {
            methods.push(option("custom", "Custom", true));
        }
        if !self.guest {
            methods.push(option("storecredit", "Store Credit", false));
        }
        methods
    }
}

fn invalid(name: &str, reason: &str) -> Failure {
    Failure::new(422, "JSON data is missing or invalid").field(name, reason)
}

fn order_member(data: &Data, order: i64, name: &str) -> Option<String> {
    let text = &data.table("orders").any(order)?.text;
    Members::read(text)?.get(name).map(str::to_owned)
}

/// What has not been refunded of an order.
fn left(data: &Data, order: i64) -> Decimal {
    let refunded = data
        .table("order_refunds")
        .of(order)
        .filter_map(|refund| Members::read(&refund.text)?.get("total_amount").and_then(value::held));
    (payments::total(data, order) - refunded.sum::<Decimal>()).max(Decimal::ZERO)
}

/// What was asked back before for one part of an order, as an amount.
fn before(data: &Data, order: i64, kind: &str, id: i64) -> Decimal {
    let mut sum = Decimal::ZERO;
    for refund in data.table("order_refunds").of(order) {
        let items =
            Members::read(&refund.text).and_then(|refund| refund.get("items")).and_then(json::entries);
        for item in items.unwrap_or_default() {
            let Some(members) = Members::read(item) else { continue };
            let own = members.get("item_type").map(json::plain).as_deref() == Some(kind);
            if own && members.get("item_id").and_then(json::integer) == Some(id) {
                let amount = members.get("amount").or_else(|| members.get("requested_amount"));
                sum += amount.and_then(value::held).unwrap_or_default();
            }
        }
    }
    sum
}

fn work_out(data: &Data, order: i64, input: &Members) -> Result<Quote, Failure> {
    let paid = payments::status(data, order);
    if UNSETTLED.contains(&paid.as_str()) {
        return Err(Failure::new(422, format!("Order {order} cannot be refunded: its payment is {paid}.")));
    }
    let status = order_member(data, order, "status_id").as_deref().and_then(json::integer).unwrap_or(0);
    if paid.is_empty() && UNPAID.contains(&status) && Means::of(data, order).transaction.is_none() {
        return Err(Failure::new(422, format!("Order {order} cannot be refunded: it has not been paid.")));
    }
    let extra = input.get("tax_adjustment_amount").and_then(value::held).unwrap_or_default();
    let sent = input.get("items").and_then(json::entries).unwrap_or_default();
    if sent.is_empty() && extra.is_zero() {
        return Err(invalid("items", "error.path.missing"));
    }
    let mut items: Vec<Item> = Vec::new();
    for (at, entry) in sent.iter().enumerate() {
        let item = item(data, order, &read_object(entry)?, &items)
            .map_err(|(name, reason)| invalid(&format!("items.{at}.{name}"), &reason))?;
        items.push(item);
    }
    let asked = items.iter().map(|item| item.amount).sum::<Decimal>() + extra;
    let total = asked.min(left(data, order));
    if total <= Decimal::ZERO {
        return Err(Failure::new(422, format!("Nothing is left to refund of order {order}.")));
    }
    Ok(Quote {
        tax: items.iter().map(|item| item.tax).sum::<Decimal>() + extra,
        of_order: items.iter().filter(|item| item.kind == "ORDER").map(|item| item.amount).sum(),
        adjustment: total - asked,
        means: Means::of(data, order),
        guest: order_member(data, order, "customer_id").as_deref() == Some("0"),
        items,
        total,
    })
}

/// Works one item out; the name of what is wrong with it, and why.
fn item(data: &Data, order: i64, input: &Members, others: &[Item]) -> Result<Item, (&'static str, String)> {
    let text = |name: &str| input.get(name).map(|raw| json::plain(raw).into_owned()).unwrap_or_default();
    let kind = text("item_type").to_uppercase();
    let id = input.get("item_id").and_then(json::integer).unwrap_or(0);
    let requested = input.get("amount").and_then(value::held);
    let missing = |what: &str| ("item_id", format!("Order {order} has no {what} {id}."));
    let (table, what) = match kind.as_str() {
        "PRODUCT" | "GIFT_WRAPPING" => ("order_products", "product"),
        "SHIPPING" | "HANDLING" => ("order_shipping_addresses", "shipping address"),
        "FEE" => ("order_fees", "fee"),
        "ORDER" | "TAX" => ("", ""),
        _ => return Err(("item_type", format!("{kind} is no type of item."))),
    };
    let mut item = Item {
        quantity: 0,
        requested,
        amount: Decimal::ZERO,
        tax: Decimal::ZERO,
        reason: text("reason"),
        adjustments: "[]".into(),
        kind,
        id,
    };
    if table.is_empty() {
        if item.kind == "ORDER" && id != order {
            return Err(missing("part"));
        }
        item.amount = positive(requested)?;
        item.tax = if item.kind == "TAX" { item.amount } else { Decimal::ZERO };
        return Ok(item);
    }
    let record =
        data.table(table).get(id).filter(|record| record.parent == order).ok_or_else(|| missing(what))?;
    let members = Members::read(&record.text).ok_or_else(|| missing(what))?;
    let held = |name: &str| members.get(name).and_then(value::held).unwrap_or_default();
    match item.kind.as_str() {
        "PRODUCT" | "GIFT_WRAPPING" => units(&mut item, input, &members, others)?,
        kind => {
            let (inc, tax) = match kind {
                "HANDLING" => (held("handling_cost_inc_tax"), held("handling_cost_tax")),
                "FEE" => (held("cost_inc_tax"), held("cost_inc_tax") - held("cost_ex_tax")),
                _ => (held("cost_inc_tax"), held("cost_tax")),
            };
            let now = others.iter().filter(|other| other.kind == kind && other.id == id);
            let free = inc - before(data, order, kind, id) - now.map(|other| other.amount).sum::<Decimal>();
            item.amount = positive(requested)?;
            if item.amount > free {
                return Err((
                    "amount",
                    format!("At most {} can be refunded.", number(free.max(Decimal::ZERO))),
                ));
            }
            item.tax = if inc.is_zero() { Decimal::ZERO } else { cents(item.amount * tax / inc) };
        }
    }
    Ok(item)
}

/// An amount that is refunded.
fn positive(amount: Option<Decimal>) -> Result<Decimal, (&'static str, String)> {
    let amount = amount.ok_or_else(|| ("amount", "error.path.missing".to_owned()))?;
    match amount > Decimal::ZERO && amount == cents(amount) {
        true => Ok(amount),
        false => Err(("amount", "It must be above 0, in whole cents.".into())),
    }
}

/// Units of a line: what was charged for them, so that all of them come to what the line did.
fn units(
    item: &mut Item,
    input: &Members,
    line: &Members,
    others: &[Item],
) -> Result<(), (&'static str, String)> {
    let held = |name: &str| line.get(name).and_then(value::held).unwrap_or_default();
    let count = |name: &str| line.get(name).and_then(json::integer).unwrap_or(0);
    let (inc, tax) = match item.kind.as_str() {
        "PRODUCT" => {
            let charged = line.get("discounted_total_inc_tax").and_then(value::held);
            (charged.unwrap_or_else(|| held("total_inc_tax")), held("total_tax"))
        }
        _ => (held("wrapping_cost_inc_tax"), held("wrapping_cost_tax")),
    };
    let now: i64 = others.iter().filter(|o| o.kind == item.kind && o.id == item.id).map(|o| o.quantity).sum();
    let whole = count("quantity");
    let gone = if item.kind == "PRODUCT" { count("quantity_refunded").saturating_add(now) } else { now };
    let quantity = input.get("quantity").and_then(json::integer);
    let quantity = quantity.ok_or_else(|| ("quantity", "error.path.missing".to_owned()))?;
    if quantity < 1 || quantity > whole - gone {
        return Err(("quantity", format!("Of this product {} can be refunded.", (whole - gone).max(0))));
    }
    let share = |sum: Decimal, units: i64| cents(sum * Decimal::from(units) / Decimal::from(whole));
    item.quantity = quantity;
    item.requested = None;
    item.amount = share(inc, gone + quantity) - share(inc, gone);
    item.tax = share(tax, gone + quantity) - share(tax, gone);
    for entry in input.get("adjustments").and_then(json::entries).unwrap_or_default() {
        let amount = Members::read(entry).and_then(|entry| entry.get("amount")).and_then(value::held);
        let amount = amount.filter(|amount| *amount <= Decimal::ZERO);
        item.amount += amount.ok_or_else(|| ("adjustments", "An amount must not be above 0.".to_owned()))?;
    }
    if item.amount < Decimal::ZERO {
        return Err(("adjustments", "They take more than the item comes to.".into()));
    }
    if let Some(sent) = input.get("adjustments").filter(|raw| raw.starts_with('[')) {
        item.adjustments = json::compact(sent).into_owned();
    }
    Ok(())
}

/// Whole cents, half a cent up.
fn cents(number: Decimal) -> Decimal {
    number.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// A JSON number.
fn number(amount: Decimal) -> String {
    amount.normalize().to_string()
}
