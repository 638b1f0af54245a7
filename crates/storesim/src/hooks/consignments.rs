//! An order's consignments: its shipping addresses with their lines, downloads and gift certificates,
//! as `include=consignments` embeds them (orders.v2.oas2.yml, `orderConsignment_Get`).

use std::fmt::Write;

use rust_decimal::Decimal;

use crate::data::Data;
use crate::json::{self, Members, quote};
use crate::serve::{Answer, Failure, Query, View, limit};
use crate::table::Record;

/// Replaces the link members of the order rendered from `start` on by what the view includes.
pub(super) fn render(view: &View, data: &Data, order: &Record, start: usize, out: &mut Vec<u8>) {
    let mut changes: Vec<(&str, String)> = Vec::new();
    let lines = view.has("consignments.line_items");
    if view.structured() && (lines || view.has("consignments")) {
        changes.push(("consignments", text(data, order, lines)));
    }
    if view.has("fees") {
        changes.push(("fees", fees(data, order)));
    }
    if !changes.is_empty() {
        out.truncate(start);
        out.extend_from_slice(json::edit(&order.text, &changes).as_bytes());
    }
}

/// An order's fees as an array.
pub(super) fn fees(data: &Data, order: &Record) -> String {
    let fees: Vec<&str> = data.table("order_fees").of(order.id).map(|fee| &*fee.text).collect();
    format!("[{}]", fees.join(","))
}

/// The consignments object; lines as links unless they are wanted whole.
pub(super) fn text(data: &Data, order: &Record, whole: bool) -> String {
    let lines: Vec<&Record> = data.table("order_products").of(order.id).collect();
    let mut taken = vec![false; lines.len()];
    let mut out = String::with_capacity(if whole { 2048 * lines.len() + 2048 } else { 2048 });
    out.push_str("{\"pickups\":[");
    pickups(data, order, &lines, &mut taken, whole, &mut out);
    out.push_str("],\"shipping\":[");
    for (index, address) in data.table("order_shipping_addresses").of(order.id).enumerate() {
        if index > 0 {
            out.push(',');
        }
        let mut own = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            if !taken[at] && number(&line.text, "order_address_id") == Some(address.id) {
                taken[at] = true;
                own.push(*line);
            }
        }
        let plain = json::without(&address.text, |name| name == "order_id");
        out.push_str(plain.strip_suffix('}').unwrap_or(&plain));
        out.push_str(",\"line_items\":");
        list(data, order.id, &own, whole, &mut out);
        out.push('}');
    }
    let rest = |kind: bool| {
        let certificate = |line: &Record| {
            Members::read(&line.text).is_some_and(|m| m.get("type") == Some("\"giftcertificate\""))
        };
        let left = lines.iter().zip(&taken).filter(|(_, taken)| !**taken).map(|(line, _)| *line);
        left.filter(|line| certificate(line) == kind).collect::<Vec<_>>()
    };
    let email =
        Members::read(&order.text).and_then(|m| m.path("billing_address.email")).unwrap_or("\"\"").to_owned();
    for (name, lines, end) in
        [("],\"downloads\":[", rest(false), ""), ("],\"email\":{\"gift_certificates\":[", rest(true), "]}}")]
    {
        out.push_str(name);
        if !lines.is_empty() {
            write!(out, "{{\"recipient_email\":{email},\"line_items\":").ok();
            // One line comes as an object, several as an array: the examples and the schema of the
            // specification differ, so clients have to take both.
            match lines.as_slice() {
                [line] => entry(data, order.id, line, whole, &mut out),
                lines => list(data, order.id, lines, whole, &mut out),
            }
            out.push('}');
        }
        out.push_str(end);
    }
    out
}

/// Where orders are picked up. An order keeps what it was placed with, so this does not follow edits of
/// the location, which do not move the dates of orders.
const PLACE: &str = r#"{"id":1,"name":"Main store","code":"MAIN","address_line_1":"","address_line_2":"","city":"","state":"","postal_code":"","country_alpha2":"US","email":"","phone":""}"#;

/// One pickup consignment per method that lines name.
fn pickups(
    data: &Data,
    order: &Record,
    lines: &[&Record],
    taken: &mut [bool],
    whole: bool,
    out: &mut String,
) {
    let mut methods: Vec<(i64, Vec<&Record>)> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(method) = number(&line.text, "order_pickup_method_id").filter(|method| *method > 0) else {
            continue;
        };
        taken[at] = true;
        match methods.iter_mut().find(|(known, _)| *known == method) {
            Some((_, own)) => own.push(line),
            None => methods.push((method, vec![line])),
        }
    }
    if methods.is_empty() {
        return;
    }
    for (index, (method, lines)) in methods.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let id = order.id;
        write!(out, "{{\"id\":{id},\"pickup_method_id\":{method},\"pickup_method_display_name\":\"Pick Up\"")
            .ok();
        out.push_str(",\"collection_instructions\":\"\",\"collection_time_description\":\"\",\"location\":");
        out.push_str(PLACE);
        out.push_str(",\"line_items\":");
        list(data, order.id, lines, whole, out);
        out.push('}');
    }
}

fn list(data: &Data, order: i64, lines: &[&Record], whole: bool, out: &mut String) {
    out.push('[');
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        entry(data, order, line, whole, out);
    }
    out.push(']');
}

fn entry(data: &Data, order: i64, line: &Record, whole: bool, out: &mut String) {
    if whole {
        out.push_str(&line.text);
    } else {
        let path = format!("/orders/{order}/products/{}", line.id);
        write!(out, "{{\"url\":\"{}/v2{path}\",\"resource\":\"{path}\"}}", data.base).ok();
    }
}

/// A raw scalar member found without reading the whole object: only for names that occur once.
pub(super) fn member<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let pattern = format!("\"{name}\":");
    let start = text.find(&pattern)? + pattern.len();
    let rest = &text[start..];
    let end = match rest.strip_prefix('"') {
        Some(inner) => inner.find('"')? + 2,
        None => rest.find([',', '}'])?,
    };
    Some(&rest[..end])
}

fn number(text: &str, name: &str) -> Option<i64> {
    member(text, name).and_then(json::integer)
}

/// A page of what was taxed: one row per address and tax class, with `details` one per line and cost,
/// which add up to the order's `total_tax`. The rate follows from the prices.
pub(super) fn taxes(data: &Data, order: i64, query: &Query, strict_limit: bool) -> Result<Answer, Failure> {
    let limit = limit(&data.table("order_taxes").resource.page, query, false, strict_limit)?;
    let before = (query.number("page", 1) - 1).saturating_mul(limit);
    let (before, limit) = (usize::try_from(before), usize::try_from(limit));
    let rows = tax_rows(data, order, query.get("details") == Some("true"));
    let rows = rows.into_iter().skip(before.unwrap_or(usize::MAX)).take(limit.unwrap_or(usize::MAX));
    let rows: Vec<String> = rows.collect();
    Ok(if rows.is_empty() {
        Answer::no_rows(&data.readings)
    } else {
        Answer::new(200, format!("[{}]", rows.join(",")))
    })
}

/// The rows of [`taxes`]: those that an import brought, or else what follows from the order.
pub(crate) fn tax_rows(data: &Data, order: i64, details: bool) -> Vec<String> {
    let brought: Vec<String> = data.table("order_taxes").of(order).map(|row| row.text.to_string()).collect();
    if !brought.is_empty() {
        return brought;
    }
    let Some(order) = data.table("orders").any(order) else { return Vec::new() };
    let mut taxed: Vec<Taxed> = Vec::new();
    let mut first = "0".to_owned();
    for line in data.table("order_products").of(order.id) {
        let Some(members) = Members::read(&line.text) else { continue };
        let address = members.get("order_address_id").unwrap_or("0").to_owned();
        if first == "0" {
            first.clone_from(&address);
        }
        let (class, kind) = ("Default Tax Class", "item");
        let (ex, tax) = (amount(&members, "price_ex_tax"), amount(&members, "price_tax"));
        taxed.push(Taxed { id: line.id, address, class, kind, ex, tax, line: amount(&members, "total_tax") });
    }
    let members = Members::read(&order.text).unwrap_or(Members(Vec::new()));
    for (cost, class, kind) in [
        ("shipping_cost", "Shipping", "shipping"),
        ("handling_cost", "Shipping", "handling"),
        ("wrapping_cost", "Gift Wrapping", "gift-wrapping"),
    ] {
        let (ex, tax) =
            (amount(&members, &format!("{cost}_ex_tax")), amount(&members, &format!("{cost}_tax")));
        taxed.push(Taxed { id: 0, address: first.clone(), class, kind, ex, tax, line: tax });
    }
    for fee in data.table("order_fees").of(order.id) {
        let Some(members) = Members::read(&fee.text) else { continue };
        let (ex, inc) = (amount(&members, "cost_ex_tax"), amount(&members, "cost_inc_tax"));
        let (class, kind) = ("Fees", "item");
        taxed.push(Taxed { id: 0, address: first.clone(), class, kind, ex, tax: inc - ex, line: inc - ex });
    }
    taxed.retain(|row| !row.line.is_zero() && !row.ex.is_zero());
    if !details {
        let mut whole: Vec<Taxed> = Vec::new();
        for row in taxed {
            match whole.iter_mut().find(|known| known.address == row.address && known.class == row.class) {
                Some(known) => known.line += row.line,
                None => whole.push(row),
            }
        }
        taxed = whole;
    }
    taxed.iter().enumerate().map(|(at, row)| row.text(order.id, at, details)).collect()
}

/// Something that was taxed.
struct Taxed {
    /// The line, 0 for costs.
    id: i64,
    address: String,
    class: &'static str,
    kind: &'static str,
    /// The price without tax and the tax on it, for the rate.
    ex: Decimal,
    tax: Decimal,
    /// What was charged.
    line: Decimal,
}

impl Taxed {
    fn text(&self, order: i64, at: usize, details: bool) -> String {
        let rate = (self.tax * Decimal::ONE_HUNDRED / self.ex).round_dp(4);
        let (id, address, class, line) = (
            order.saturating_mul(1000).saturating_add(at as i64),
            &self.address,
            quote(self.class),
            self.line,
        );
        let more = match details {
            true => format!(",\"order_product_id\":\"{}\",\"line_item_type\":\"{}\"", self.id, self.kind),
            false => String::new(),
        };
        format!(
            "{{\"id\":{id},\"order_id\":{order},\"order_address_id\":{address},\"tax_rate_id\":1,\"tax_class_id\":0,\"name\":\"Tax\",\"class\":{class},\"rate\":\"{rate:.4}\",\"priority\":0,\"priority_amount\":\"{line:.4}\",\"line_amount\":\"{line:.4}\",\"order_pickup_method_id\":0{more}}}"
        )
    }
}

fn amount(members: &Members, name: &str) -> Decimal {
    members.get(name).and_then(crate::write::value::held).unwrap_or_default()
}
