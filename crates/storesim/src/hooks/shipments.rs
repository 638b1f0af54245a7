//! Shipments of orders: what they may hold, and what they leave to be shipped (orders.v2.oas2.yml, guide
//! "Orders").

use super::orders;
use crate::data::Data;
use crate::json::{self, Members};
use crate::serve::{Answer, Failure, Version};
use crate::write::{self, Draft, invalid, read_object};

/// Providers the store knows, with the names it shows.
const PROVIDERS: &[(&str, &str)] = &[
    ("auspost", "Australia Post"),
    ("canadapost", "Canada Post"),
    ("endicia", "Endicia"),
    ("usps", "USPS"),
    ("fedex", "FedEx"),
    ("ups", "UPS"),
    ("upsready", "UPS Ready"),
    ("upsonline", "UPS Online"),
    ("shipperhq", "ShipperHQ"),
    ("royalmail", "Royal Mail"),
];

/// Statuses in which an order stays whatever is shipped: refunded, cancelled, declined, partially refunded.
const SETTLED: &[i64] = &[4, 5, 6, 14];

/// Some units of a line.
struct Units {
    line: i64,
    quantity: i64,
}

fn units(items: &str) -> Vec<Units> {
    let entries = json::entries(items).unwrap_or_default();
    let read = |entry: &&str| {
        let members = Members::read(entry)?;
        let number = |name: &str| members.get(name).and_then(json::integer);
        Some(Units { line: number("order_product_id")?, quantity: number("quantity")? })
    };
    entries.iter().filter_map(read).collect()
}

/// Makes a shipment. The answer does not tell the products of its items yet.
pub(super) fn create(data: &mut Data, order: i64, body: &str) -> Result<Answer, Failure> {
    let resource = data.table("order_shipments").resource;
    let id = write::create(data, resource, Some(order), &read_object(body)?, Version::V2)?;
    let text = data.text("order_shipments", id).unwrap_or("{}");
    let items = Members::read(text).and_then(|members| members.get("items")).unwrap_or("[]");
    let items: Vec<String> = json::entries(items)
        .unwrap_or_default()
        .into_iter()
        .map(|item| json::edit(item, &[("product_id", "0")]))
        .collect();
    Ok(Answer::new(201, json::edit(text, &[("items", format!("[{}]", items.join(",")))])))
}

/// Checks a shipment and fills what its order says.
pub(super) fn prepare(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    if draft.old.is_none() {
        new(data, draft)?;
    }
    let text = |name: &str| draft.get(name).map(|raw| json::plain(&raw).into_owned()).unwrap_or_default();
    let (provider, carrier, number) =
        (text("shipping_provider"), text("tracking_carrier"), text("tracking_number"));
    let known = PROVIDERS.iter().find(|(code, _)| *code == provider);
    let shown = match known {
        Some((_, name)) => (*name).to_owned(),
        None if provider.is_empty() => "Other".to_owned(),
        None => provider.clone(),
    };
    let by = if carrier.is_empty() { provider } else { carrier };
    let link = match text("tracking_link").is_empty() && !number.is_empty() && !by.is_empty() {
        true => format!("https://track.example.com/{}/{}", by.replace(' ', "-"), number.replace(' ', "-")),
        false => String::new(),
    };
    draft.set_text("shipping_provider_display_name", &shown);
    draft.set_text("generated_tracking_link", &link);
    Ok(())
}

fn new(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    let order = draft.parent;
    let address = draft.given("order_address_id").and_then(json::integer).unwrap_or(0);
    if !data.table("order_shipping_addresses").children(order).contains(&address) {
        return Err(invalid("order_address_id", format!("The order has no shipping address {address}.")));
    }
    let sent = units(draft.given("items").unwrap_or("[]"));
    let count = json::entries(draft.given("items").unwrap_or("[]")).map_or(0, |items| items.len());
    if sent.is_empty() || sent.len() != count {
        return Err(invalid("items", "Items with order_product_id and quantity are needed."));
    }
    let mut items = Vec::new();
    for (at, item) in sent.iter().enumerate() {
        let record = data.table("order_products").get(item.line).filter(|line| line.parent == order);
        let members = record.and_then(|line| Members::read(&line.text));
        let number =
            |name: &str| members.as_ref().and_then(|m| m.get(name)).and_then(json::integer).unwrap_or(0);
        if members.is_none() || number("order_address_id") != address {
            return Err(invalid("items", format!("Product {} does not go to this address.", item.line)));
        }
        let before: i64 = sent[..at].iter().filter(|o| o.line == item.line).map(|o| o.quantity).sum();
        let left = number("quantity") - number("quantity_shipped") - before;
        if item.quantity < 1 || item.quantity > left {
            return Err(invalid("items", format!("Of product {} {left} are left to ship.", item.line)));
        }
        items.push(format!(
            "{{\"order_product_id\":{},\"product_id\":{},\"quantity\":{}}}",
            item.line,
            number("product_id"),
            item.quantity
        ));
    }
    draft.set("items", format!("[{}]", items.join(",")));
    let owner = data.table("orders").any(order).and_then(|order| Members::read(&order.text));
    let get = |name: &str| owner.as_ref().and_then(|order| order.get(name));
    draft.set("customer_id", get("customer_id").unwrap_or("0"));
    draft.set("billing_address", orders::address(get("billing_address").unwrap_or("{}"), false));
    let to = data.text("order_shipping_addresses", address).unwrap_or("{}");
    draft.set("shipping_address", orders::address(to, false));
    if draft.given("shipping_method").is_none() {
        let method = Members::read(to).and_then(|to| to.get("shipping_method")).unwrap_or("\"\"").to_owned();
        draft.set("shipping_method", method);
    }
    Ok(())
}

/// Counts a new shipment's items as shipped; an order of which everything left is Shipped, else Partially
/// Shipped.
pub(super) fn stored(data: &mut Data, draft: &Draft) {
    if draft.old.is_some() {
        orders::stir(data, draft.parent);
        return;
    }
    let order = draft.parent;
    let address = draft.given("order_address_id").and_then(json::integer).unwrap_or(0);
    count(data, order, address, &units(draft.given("items").unwrap_or("[]")), 1);
    let (mut whole, mut held) = (true, 0);
    for line in data.table("order_products").of(order) {
        let Some(members) = Members::read(&line.text) else { continue };
        let number = |name: &str| members.get(name).and_then(json::integer).unwrap_or(0);
        whole &= number("order_address_id") == 0 || number("quantity_shipped") >= number("quantity");
    }
    if let Some(record) = data.table("orders").any(order) {
        held =
            Members::read(&record.text).and_then(|m| m.get("status_id")).and_then(json::integer).unwrap_or(0);
    }
    let status = if whole { 2 } else { 3 };
    if SETTLED.contains(&held) || held == status {
        orders::stir(data, order);
    } else {
        orders::set_status(data, order, status, &[]);
    }
}

/// Takes a shipment back out of the counts; the order keeps its status.
pub(super) fn deleting(data: &mut Data, shipment: i64) {
    let Some(record) = data.table("order_shipments").get(shipment).cloned() else { return };
    let Some(members) = Members::read(&record.text) else { return };
    let address = members.get("order_address_id").and_then(json::integer).unwrap_or(0);
    count(data, record.parent, address, &units(members.get("items").unwrap_or("[]")), -1);
    orders::stir(data, record.parent);
}

/// Moves the counts of shipped units of lines, their address and their order.
fn count(data: &mut Data, order: i64, address: i64, items: &[Units], sign: i64) {
    let mut total = 0_i64;
    for item in items {
        add(data, "order_products", item.line, "quantity_shipped", sign * item.quantity);
        total = total.saturating_add(item.quantity);
    }
    add(data, "order_shipping_addresses", address, "items_shipped", sign * total);
    add(data, "orders", order, "items_shipped", sign * total);
}

fn add(data: &mut Data, table: &str, id: i64, member: &str, by: i64) {
    let held = data
        .table(table)
        .any(id)
        .and_then(|record| Members::read(&record.text)?.get(member).map(json::integer));
    let Some(held) = held else { return };
    let now = held.unwrap_or(0).saturating_add(by).max(0);
    write::touch(data, table, id, &[(member, now.to_string())]);
}
