//! Payments of orders: capture and void, which the store hands to the gateway and hears of later, and the
//! rows of transactions (orders.v3.yml, guide "Transactions").

use std::convert::Infallible;
use std::time::Instant;

use rust_decimal::Decimal;

use crate::data::Data;
use crate::json::{self, Members, quote};
use crate::pending::Deed;
use crate::serve::{Answer, Failure};
use crate::table::Record;
use crate::transactions::{self, Transaction};
use crate::write::{self, value};

/// How an order was paid.
pub(super) struct Means {
    pub method: String,
    pub gateway: String,
    /// The transaction that brought the money, when there is one.
    pub transaction: Option<i64>,
}

impl Means {
    /// Reads it off the order's transactions, or else off the name of its payment method.
    pub fn of(data: &Data, order: i64) -> Self {
        for record in data.table("order_transactions").of(order) {
            let Some(members) = Members::read(&record.text) else { continue };
            let text =
                |name: &str| members.get(name).map(|raw| json::plain(raw).into_owned()).unwrap_or_default();
            if matches!(text("event").as_str(), "purchase" | "authorization") && text("status") == "ok" {
                let (method, gateway) = (text("method"), text("gateway"));
                return Self { method, gateway, transaction: Some(record.id) };
            }
        }
        let text = data.table("orders").any(order).map_or("{}", |record| &record.text);
        let name = Members::read(text).and_then(|members| members.get("payment_method")).map(json::plain);
        let (method, gateway) = transactions::means(name.as_deref().unwrap_or_default());
        Self { method: method.into(), gateway: gateway.into(), transaction: None }
    }

    /// Whether refunds have to be made by hand.
    pub fn is_offline(&self) -> bool {
        transactions::is_offline(&self.gateway)
    }
}

/// A row of an order's transactions.
pub(super) fn insert(data: &mut Data, order: i64, event: &str, means: &Means, amount: Decimal) -> i64 {
    let id = data.claim("order_transactions");
    let text = data.table("orders").any(order).map_or("{}", |record| &record.text);
    let currency = Members::read(text).and_then(|members| members.get("currency_code")).unwrap_or("\"USD\"");
    let now = data.clock.now();
    let text = Transaction {
        id,
        order,
        event,
        method: &means.method,
        gateway: &means.gateway,
        amount: &amount.normalize().to_string(),
        currency,
        status: "ok",
        review: false,
        reference: means.transaction,
        created: &crate::dates::Form::Offset.write(now),
    };
    let text = text.text();
    data.insert("order_transactions", Record { id, parent: order, modified: 0, text: text.into() });
    id
}

/// Takes a request to capture or void: pending at first, done when the gateway has answered.
pub(super) fn accept(data: &mut Data, order: i64, deed: Deed) -> Result<Answer, Failure> {
    let held = status(data, order);
    if held != "authorized" {
        let held = if held.is_empty() { "without a payment" } else { &held };
        let title = format!("The payment of order {order} cannot be {}: it is {held}.", deed.done());
        return Err(Failure::new(422, title));
    }
    set_status(data, order, deed.pending());
    data.pending.ask_gateway(Instant::now(), order, deed);
    Ok(Answer::new(201, "{}"))
}

/// What the gateways have answered by `now`, or will answer at all.
pub(super) fn settle(data: &mut Data, now: Option<Instant>) {
    while let Some((order, deed)) = data.pending.next_payment(now) {
        let done = data.all_or_nothing(|data| {
            // The order may have been changed, or the store reset, in the meantime.
            if status(data, order) == deed.pending() {
                set_status(data, order, deed.done());
                let means = Means::of(data, order);
                let amount = total(data, order);
                insert(data, order, deed.event(), &means, amount);
            }
            Ok::<_, Infallible>(())
        });
        done.unwrap_or_else(|never| match never {});
    }
}

/// The `payment_status` of an order.
pub(super) fn status(data: &Data, order: i64) -> String {
    let text = data.table("orders").any(order).map_or("{}", |record| &record.text);
    let status = Members::read(text).and_then(|members| members.get("payment_status")).map(json::plain);
    status.map(|status| status.into_owned()).unwrap_or_default()
}

fn set_status(data: &mut Data, order: i64, status: &str) {
    write::touch(data, "orders", order, &[("payment_status", quote(status))]);
}

/// What an order comes to, with tax.
pub(super) fn total(data: &Data, order: i64) -> Decimal {
    let text = data.table("orders").any(order).map_or("{}", |record| &record.text);
    Members::read(text).and_then(|m| m.get("total_inc_tax")).and_then(value::held).unwrap_or_default()
}
