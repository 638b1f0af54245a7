//! The fixed order statuses and how many orders each has (orders.v2.oas2.yml).

use crate::data::Data;
use crate::json::{self, quote};
use crate::serve::{Answer, Failure, Query, Version, Wanted, find};

/// A status: its id, label, position and description.
pub(crate) struct Status {
    pub id: i64,
    pub name: &'static str,
    order: i64,
    text: &'static str,
}

const fn status(id: i64, name: &'static str, order: i64, text: &'static str) -> Status {
    Status { id, name, order, text }
}

/// All of them, by id.
pub(crate) const STATUSES: [Status; 15] = [
    status(
        0,
        "Incomplete",
        0,
        "An incomplete order happens when a shopper reached the payment page, but did not complete the transaction.",
    ),
    status(1, "Pending", 1, "Customer started the checkout process, but did not complete it."),
    status(
        2,
        "Shipped",
        8,
        "Order has been shipped, but receipt has not been confirmed; seller has used the Ship Items action.",
    ),
    status(
        3,
        "Partially Shipped",
        6,
        "Only some items in the order have been shipped, due to some products being pre-order only or other reasons.",
    ),
    status(4, "Refunded", 11, "Seller has used the Refund action."),
    status(
        5,
        "Cancelled",
        9,
        "Seller has cancelled an order, due to a stock inconsistency or other reasons.",
    ),
    status(
        6,
        "Declined",
        10,
        "Seller has marked the order as declined for lack of manual payment, or other reasons.",
    ),
    status(
        7,
        "Awaiting Payment",
        2,
        "Customer has completed checkout process, but payment has yet to be confirmed.",
    ),
    status(
        8,
        "Awaiting Pickup",
        5,
        "Order has been pulled, and is awaiting customer pickup from a seller-specified location.",
    ),
    status(
        9,
        "Awaiting Shipment",
        4,
        "Order has been pulled and packaged, and is awaiting collection from a shipping provider.",
    ),
    status(
        10,
        "Completed",
        7,
        "Client has paid for their digital product and their file(s) are available for download.",
    ),
    status(
        11,
        "Awaiting Fulfillment",
        3,
        "Customer has completed the checkout process and payment has been confirmed.",
    ),
    status(
        12,
        "Manual Verification Required",
        13,
        "Order on hold while some aspect needs to be manually confirmed.",
    ),
    status(
        13,
        "Disputed",
        12,
        "Customer has initiated a dispute resolution process for the PayPal transaction that paid for the order.",
    ),
    status(14, "Partially Refunded", 14, "Seller has partially refunded the order."),
];

impl Status {
    fn text(&self, tail: &str) -> String {
        let (id, name, text) = (self.id, quote(self.name), quote(self.text));
        format!(
            "{{\"id\":{id},\"name\":{name},\"system_label\":{name},\"custom_label\":{name},\"system_description\":{text},{tail}}}"
        )
    }
}

/// The list.
pub(crate) fn all() -> String {
    let texts: Vec<String> = STATUSES.iter().map(|s| s.text(&format!("\"order\":{}", s.order))).collect();
    format!("[{}]", texts.join(","))
}

/// One of them.
pub(super) fn one(id: i64) -> Result<Answer, Failure> {
    let status = STATUSES.iter().find(|status| status.id == id);
    let status = status.ok_or_else(|| Failure::not_found(Version::V2, "order status", id))?;
    Ok(Answer::new(200, status.text(&format!("\"order\":{}", status.order))))
}

/// How many orders the list would yield, also by status.
pub(super) fn count(data: &Data, query: &Query) -> Result<Answer, Failure> {
    let table = data.table("orders");
    let wanted = Wanted::read(table.resource, query, Version::V2, data.clock.now())?;
    let found = find(table, None, &wanted, query);
    let mut counts = [0_u64; 15];
    for index in 0..found.len() {
        let text = &found.get(index).text;
        let status = super::consignments::member(text, "status_id").and_then(json::integer);
        if let Some(count) = status.and_then(|id| counts.get_mut(usize::try_from(id).ok()?)) {
            *count += 1;
        }
    }
    let mut statuses: Vec<&Status> = STATUSES.iter().collect();
    statuses.sort_by_key(|status| status.order);
    let texts: Vec<String> = statuses
        .iter()
        .map(|s| s.text(&format!("\"count\":{},\"sort_order\":{}", counts[s.id as usize], s.order)))
        .collect();
    Ok(Answer::new(200, format!("{{\"statuses\":[{}],\"count\":{}}}", texts.join(","), found.len())))
}
