//! Orders: their lines, addresses, labels, sums and what they take from stock (orders.v2.oas2.yml).

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::lines::{self, Money};
use super::{STATUSES, stock};
use crate::data::Data;
use crate::json::{self, Members, quote};
use crate::readings::Point;
use crate::serve::{Failure, Version};
use crate::write::value::amount;
use crate::write::{self, Draft, invalid};

/// Costs beside the lines.
const COSTS: &[&str] = &["shipping", "handling", "wrapping"];

/// Fills what follows from what was sent.
pub(super) fn prepare(data: &mut Data, draft: &mut Draft) -> Result<(), Failure> {
    if draft.old.is_none() {
        new(data, draft)?;
    } else {
        // The links stay; the lines, addresses and fees of the request are stored as records.
        for name in ["products", "shipping_addresses", "fees", "consignments"] {
            if let Some(sent) = draft.unset(name) {
                draft.add_extra(name, sent);
            }
        }
    }
    // Imported orders may name a customer that is gone; nobody can be named anew who is not there.
    if let Some(customer) = draft.given("customer_id").and_then(json::integer)
        && customer > 0
        && draft.old_value("customer_id").as_deref().and_then(json::integer) != Some(customer)
        && data.table("customers").get(customer).is_none()
    {
        return Err(invalid("customer_id", format!("The customer {customer} does not exist.")));
    }
    taxes_of_sent(draft)?;
    if let Some(id) = draft.given("status_id").and_then(json::integer) {
        label(draft, id, data.clock.now());
    }
    if let Some(email) = draft.given("billing_address").and_then(Members::read).and_then(|m| m.get("zip"))
        && json::plain(email).chars().count() < 2
    {
        return Err(invalid("billing_address", "zip must be at least 2 characters long."));
    }
    if draft.given("ip_address").is_some_and(|ip| ip != "\"\"") {
        draft.set("ip_address_v6", "\"\"");
    } else if draft.given("ip_address_v6").is_some_and(|ip| ip != "\"\"") {
        draft.set("ip_address", "\"\"");
    }
    Ok(())
}

/// Checks amounts that were sent without and with tax. Sums that were sent in both forms stand, so their tax
/// is what they differ by.
fn taxes_of_sent(draft: &mut Draft) -> Result<(), Failure> {
    for stem in ["subtotal", "total", "shipping_cost", "handling_cost", "wrapping_cost"] {
        let sent = |side: &str| draft.given(&format!("{stem}_{side}")).and_then(write::value::held);
        let (Some(ex), Some(inc)) = (sent("ex_tax"), sent("inc_tax")) else { continue };
        if inc < ex {
            let name = format!("{stem}_inc_tax");
            return Err(invalid(&name, format!("{name} is less than {stem}_ex_tax.")));
        }
        if matches!(stem, "subtotal" | "total") {
            draft.set(&format!("{stem}_tax"), amount(inc - ex));
        }
    }
    Ok(())
}

/// Sets the labels of a status, and the date of the first shipment.
fn label(draft: &mut Draft, id: i64, now: i64) {
    let name = STATUSES.iter().find(|status| status.id == id).map_or("", |status| status.name);
    draft.set_text("status", name);
    draft.set_text("custom_status", name);
    let unset = draft.get("date_shipped").is_none_or(|date| date == "\"\"");
    if id == 2 && unset {
        draft.set_text("date_shipped", &crate::dates::rfc2822(now));
    }
}

fn new(data: &mut Data, draft: &mut Draft) -> Result<(), Failure> {
    known(data, draft)?;
    let lacks = || Failure::new(400, "The required field 'products' was not supplied.");
    let some = |draft: &Draft, name: &str| {
        draft.given(name).and_then(json::entries).is_some_and(|entries| !entries.is_empty())
    };
    if draft.given("consignments").is_some() {
        if some(draft, "products") || some(draft, "shipping_addresses") {
            let reason = "An order has either consignments or products and shipping addresses.";
            return Err(invalid("consignments", reason));
        }
    } else if !some(draft, "products") {
        return Err(lacks());
    }
    for name in ["products", "shipping_addresses", "fees", "consignments"] {
        if let Some(sent) = draft.unset(name) {
            draft.add_extra(name, sent);
        }
    }
    if draft.given("status_id").is_none() {
        label(draft, 1, data.clock.now());
    }
    let billing = draft.given("billing_address").unwrap_or("{}").to_owned();
    draft.set("billing_address", address(&billing, true));
    let currency = data.text("store", 1).and_then(Members::read).and_then(|members| members.get("currency"));
    let currency = currency.unwrap_or("\"USD\"").to_owned();
    for name in ["currency_code", "default_currency_code", "store_default_currency_code"] {
        if draft.given(name).is_none() {
            draft.set(name, currency.clone());
        }
    }
    for tail in ["fees", "consignments", "products", "shipping_addresses", "coupons"] {
        draft.set(tail, link(data, draft.id, tail));
    }
    Ok(())
}

/// Refuses a channel or a currency that the store does not have. A store without any, as an import may bring
/// it, has all.
fn known(data: &Data, draft: &Draft) -> Result<(), Failure> {
    let channel = draft.given("channel_id").and_then(json::integer);
    if let Some(id) = channel.filter(|id| !has_channel(data, *id)) {
        return Err(invalid("channel_id", format!("The channel {id} does not exist.")));
    }
    let code = draft.given("default_currency_code").and_then(json::string);
    if let Some(code) = code.filter(|code| !code.is_empty() && !has_currency(data, code)) {
        return Err(invalid("default_currency_code", format!("The store has no currency {code}.")));
    }
    Ok(())
}

/// Whether something can be sold on a channel.
pub(super) fn has_channel(data: &Data, id: i64) -> bool {
    let channels = data.table("channels");
    channels.records().is_empty() || channels.get(id).is_some()
}

/// Whether something can be sold in a currency.
pub(super) fn has_currency(data: &Data, code: &str) -> bool {
    let currencies = data.table("currencies").records();
    let has_code = |currency: &crate::table::Record| {
        let own = Members::read(&currency.text).and_then(|members| members.get("currency_code"));
        own.is_some_and(|own| json::plain(own).eq_ignore_ascii_case(code))
    };
    currencies.is_empty() || currencies.iter().any(has_code)
}

/// A link to what belongs to an order.
fn link(data: &Data, order: i64, tail: &str) -> String {
    let path = format!("/orders/{order}/{tail}");
    format!("{{\"url\":{},\"resource\":{}}}", quote(&format!("{}/v2{path}", data.base)), quote(&path))
}

/// An address with all its members.
pub(super) fn address(sent: &str, with_form: bool) -> String {
    const NAMES: &[&str] = &[
        "first_name",
        "last_name",
        "company",
        "street_1",
        "street_2",
        "city",
        "state",
        "zip",
        "country",
        "country_iso2",
        "phone",
        "email",
    ];
    let members = Members::read(sent);
    let get = |name: &str| members.as_ref().and_then(|m| m.get(name)).filter(|raw| raw.starts_with('"'));
    let mut out: Vec<(&str, String)> =
        NAMES.iter().map(|name| (*name, get(name).unwrap_or("\"\"").to_owned())).collect();
    if let (Some(code), None) = (get("country_iso2"), get("country")) {
        let name = quote(super::people::geography::country(&json::plain(code)));
        out.iter_mut()
            .filter(|(known, _)| *known == "country")
            .for_each(|(_, value)| value.clone_from(&name));
    }
    if with_form {
        let form = members.as_ref().and_then(|m| m.get("form_fields")).filter(|raw| raw.starts_with('['));
        out.push(("form_fields", form.unwrap_or("[]").to_owned()));
    }
    json::object(out.iter().map(|(name, value)| (*name, value.as_str())))
}

/// Makes or changes the lines, addresses and fees, then the sums.
pub(super) fn stored(data: &mut Data, draft: &Draft) -> Result<(), Failure> {
    let order = draft.id;
    let creating = draft.old.is_none();
    let coupons = lines::total(data, order).coupons;
    let taken = taken(data, order, draft.old_value("status_id"));
    let mut sent = draft.extra("products").and_then(json::entries).unwrap_or_default();
    let picked_up = pickups(draft)?;
    if creating {
        if picked_up.is_empty() && sent.is_empty() {
            return Err(invalid("consignments", "A pickup with line_items is needed."));
        }
        let place = if picked_up.is_empty() { addresses(data, draft, &sent)? } else { 0 };
        for line in sent.iter().copied().chain(picked_up.iter().map(String::as_str)) {
            lines::create(data, order, line, place)?;
        }
    } else {
        sent.extend(picked_up.iter().map(String::as_str));
        for line in &sent {
            lines::change(data, order, line)?;
        }
    }
    move_stock(data, draft, taken);
    let completed = draft.old_value("status_id").as_deref() == Some("0")
        && draft.given("status_id").is_some_and(|status| status != "0");
    if completed {
        super::checkouts::paid(data, order);
    }
    if let Some(fees) = draft.extra("fees").and_then(json::entries) {
        replace_fees(data, order, &fees)?;
    }
    let priced = COSTS.iter().any(|cost| {
        draft.given(&format!("base_{cost}_cost")).is_some()
            || draft.given(&format!("{cost}_cost_ex_tax")).is_some()
            || draft.given(&format!("{cost}_cost_inc_tax")).is_some()
    });
    let discounted = draft.given("discount_amount").is_some();
    if creating || discounted || !sent.is_empty() {
        spread(data, order, coupons);
    }
    if creating || priced || discounted || !sent.is_empty() || draft.extra("fees").is_some() {
        sums(data, draft);
        // What an import told of its taxes is so no more.
        for id in data.table("order_taxes").children(order).to_vec() {
            data.remove("order_taxes", id);
        }
    }
    if !creating && ["products", "fees", "consignments"].iter().any(|name| draft.extra(name).is_some()) {
        stir(data, order);
    }
    Ok(())
}

/// Moves an order's date: what belongs to it changed.
pub(super) fn stir(data: &mut Data, order: i64) {
    let before = data.table("orders").any(order).map_or(0, |record| record.modified);
    let now = quote(&crate::dates::rfc2822(data.clock.now().max(before)));
    write::touch(data, "orders", order, &[("date_modified", now)]);
}

/// The shipping addresses of a new order; the first one's id, 0 when nothing is shipped.
fn addresses(data: &mut Data, draft: &Draft, lines: &[&str]) -> Result<i64, Failure> {
    let sent = draft.extra("shipping_addresses").and_then(json::entries).unwrap_or_default();
    let billing = draft.given("billing_address").unwrap_or("{}").to_owned();
    let digital = lines.iter().all(|line| lines::is_digital(data, line));
    let sent = match (sent.is_empty(), digital) {
        (true, true) => return Ok(0),
        (true, false) => vec![billing.as_str()],
        (false, _) => sent,
    };
    let total = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(lines::quantity(line)));
    let resource = data.table("order_shipping_addresses").resource;
    let mut first = 0;
    for (index, text) in sent.iter().enumerate() {
        let mut part = Draft::new(resource, 0, draft.id, None);
        let whole = address(text, true);
        let members = write::read_object(&whole)?;
        part.take(&members, Version::V2)?;
        if let Some(method) =
            write::read_object(text)?.get("shipping_method").filter(|raw| raw.starts_with('"'))
        {
            part.set("shipping_method", method);
        }
        if index == 0 {
            part.set("items_total", total.to_string());
            let money = Money::of(draft, "shipping_cost", "base_shipping_cost");
            for (name, value) in [
                ("base_cost", money.base),
                ("cost_ex_tax", money.ex),
                ("cost_inc_tax", money.inc),
                ("cost_tax", money.inc - money.ex),
            ] {
                part.set(name, amount(value));
            }
        }
        let id = write::store(data, part)?;
        let quotes = link(data, draft.id, &format!("shipping_addresses/{id}/shipping_quotes"));
        write::touch(data, "order_shipping_addresses", id, &[("shipping_quotes", quotes)]);
        first = if first == 0 { id } else { first };
    }
    write::touch(data, "orders", draft.id, &[("shipping_address_count", sent.len().to_string())]);
    Ok(first)
}

fn replace_fees(data: &mut Data, order: i64, fees: &[&str]) -> Result<(), Failure> {
    let resource = data.table("order_fees").resource;
    let before = data.table("order_fees").children(order).to_vec();
    let mut kept = Vec::new();
    for fee in fees {
        let input = write::read_object(fee)?;
        // A fee that is named by its id stays that fee.
        match input.get("id").and_then(json::integer).filter(|id| before.contains(id)) {
            Some(id) => {
                write::update(data, resource, id, &input, Version::V2)?;
                kept.push(id);
            }
            None => {
                write::create(data, resource, Some(order), &input, Version::V2)?;
            }
        }
    }
    for id in before.into_iter().filter(|id| !kept.contains(id)) {
        data.remove("order_fees", id);
    }
    Ok(())
}

/// What an order's fees come to.
fn fees(data: &Data, order: i64) -> Money {
    data.table("order_fees").of(order).fold(Money::default(), |sum, fee| {
        let members = Members::read(&fee.text);
        let held = |name: &str| {
            members.as_ref().and_then(|m| m.get(name)).and_then(write::value::held).unwrap_or_default()
        };
        let (ex, inc) = (held("cost_ex_tax"), held("cost_inc_tax"));
        Money { base: sum.base + held("base_cost"), ex: sum.ex + ex, inc: sum.inc + inc }
    })
}

/// The lines of pickups as sent, each with its pickup method.
fn pickups(draft: &Draft) -> Result<Vec<String>, Failure> {
    let Some(sent) = draft.extra("consignments").and_then(Members::read) else { return Ok(Vec::new()) };
    let pickups = sent.get("pickups").and_then(json::entries).unwrap_or_default();
    if pickups.len() > 1 {
        return Err(invalid("consignments", "An order has at most one pickup."));
    }
    let mut lines = Vec::new();
    for pickup in pickups {
        let pickup = write::read_object(pickup)?;
        let method = pickup.get("pickup_method_id").and_then(json::integer).unwrap_or(1).to_string();
        for line in pickup.get("line_items").and_then(json::entries).unwrap_or_default() {
            lines.push(json::edit(line, &[("order_pickup_method_id", &method)]));
        }
    }
    Ok(lines)
}

/// Fills the costs of a fee: two of three make the third.
pub(super) fn prepare_fee(draft: &mut Draft) {
    let sent = |name: &str| draft.given(name).and_then(write::value::decimal);
    let (ex, inc) = match (sent("cost_ex_tax"), sent("cost_inc_tax"), sent("cost_tax")) {
        (Some(ex), Some(inc), _) => (ex, inc),
        (Some(ex), None, tax) => (ex, ex + tax.unwrap_or_default()),
        (None, Some(inc), tax) => ((inc - tax.unwrap_or_default()).max(Decimal::ZERO), inc),
        (None, None, _) => match sent("base_cost") {
            Some(base) => (base, base),
            None => return,
        },
    };
    let base = sent("base_cost").unwrap_or(ex);
    for (name, value) in
        [("base_cost", base), ("cost_ex_tax", ex), ("cost_inc_tax", inc), ("cost_tax", inc - ex)]
    {
        draft.set(name, amount(value));
    }
}

/// Puts an order into a status from within, with other changes to it.
pub(super) fn set_status(data: &mut Data, order: i64, status: i64, more: &[(&str, String)]) {
    let Some(mut draft) = write::open(data, data.table("orders").resource, order) else { return };
    draft.set("status_id", status.to_string());
    label(&mut draft, status, data.clock.now());
    for (name, value) in more {
        draft.set(name, value.as_str());
    }
    write::keep(data, &mut draft);
}

/// Units of products and their variants.
type Units = BTreeMap<(i64, i64), i64>;

/// What an order in a status takes from stock: nothing while it is incomplete or once it is cancelled.
fn taken(data: &Data, order: i64, status: Option<String>) -> Units {
    let mut units = Units::new();
    if status.is_none_or(|status| matches!(status.as_str(), "0" | "5")) {
        return units;
    }
    for line in data.table("order_products").of(order) {
        let Some(members) = Members::read(&line.text) else { continue };
        let number = |name: &str| members.get(name).and_then(json::integer).unwrap_or(0);
        if number("product_id") > 0 {
            let held = units.entry((number("product_id"), number("variant_id"))).or_default();
            *held = held.saturating_add(number("quantity"));
        }
    }
    units
}

/// Takes from stock what an order takes more than `before`, gives back what it takes less, and counts sales.
fn move_stock(data: &mut Data, order: &Draft, before: Units) {
    // Orders moved over from another shop are no sales here.
    let migrated = order.get("external_source").as_deref() == Some("\"M-MIG\"");
    let status = order.get("status_id").unwrap_or_else(|| "1".into());
    let after = taken(data, order.id, Some(status));
    let mut moves: BTreeMap<(i64, i64), (i64, i64)> = BTreeMap::new();
    for (key, units) in before {
        moves.entry(key).or_default().0 = units;
    }
    for (key, units) in after {
        moves.entry(key).or_default().1 = units;
    }
    for ((product, variant), (before, after)) in moves {
        if before == after {
            continue;
        }
        let units = after - before;
        stock::sell(data, (order.id, product, variant), before, after);
        let count = data.text("products", product).and_then(Members::read).and_then(|m| m.get("total_sold"));
        if let (Some(count), false) = (count.and_then(json::integer), migrated) {
            let count = count.saturating_add(units).max(0);
            write::touch(data, "products", product, &[("total_sold", count.to_string())]);
        }
    }
}

/// Spreads the manual discount over the lines again. A changed or removed line has lost its share of the
/// coupons, of which there were `coupons` before: the order's coupons come to so much less.
fn spread(data: &mut Data, order: i64, coupons: Decimal) {
    let Some(text) = data.table("orders").any(order).map(|record| record.text.to_string()) else { return };
    let Some(members) = Members::read(&text) else { return };
    let held = |name: &str| members.get(name).and_then(write::value::held).unwrap_or_default();
    let inclusive = members.get("is_tax_inclusive_pricing") == Some("true")
        || data.readings.is(Point::OrderDiscount, "inc_tax");
    lines::discount(data, order, held("discount_amount"), inclusive);
    let lost = coupons - lines::total(data, order).coupons;
    if !lost.is_zero() {
        let left = (held("coupon_discount") - lost).max(Decimal::ZERO);
        write::touch(data, "orders", order, &[("coupon_discount", amount(left))]);
    }
}

/// Adds an order up: what is charged for the lines, then shipping, handling, wrapping and fees.
///
/// `is_tax_inclusive_pricing` says on which side the discounts are missing (the specification's text of
/// that member: the figures of that side are the actual ones). Orders made by the API are priced without
/// tax, so their `total_ex_tax` lacks the discounts and `total_inc_tax` is that plus `total_tax`.
fn sums(data: &mut Data, draft: &Draft) {
    let order = draft.id;
    let Some(text) = data.table("orders").any(order).map(|record| record.text.to_string()) else { return };
    let Some(members) = Members::read(&text) else { return };
    let held = |name: &str| members.get(name).and_then(write::value::held).unwrap_or_default();
    let lines = lines::total(data, order);
    let fees = fees(data, order);
    let mut changes: Vec<(String, Decimal)> = Vec::new();
    let (mut inc, mut tax) = (fees.inc, fees.inc - fees.ex);
    for cost in COSTS {
        let money = Money::of(draft, &format!("{cost}_cost"), &format!("base_{cost}_cost"));
        let cost_tax = money.inc - money.ex;
        inc += money.inc;
        tax += cost_tax;
        changes.push((format!("base_{cost}_cost"), money.base));
        changes.push((format!("{cost}_cost_ex_tax"), money.ex));
        changes.push((format!("{cost}_cost_inc_tax"), money.inc));
        changes.push((format!("{cost}_cost_tax"), cost_tax));
    }
    let total_tax = lines.tax + tax;
    // Orders of old tell of coupons that no line has a share of.
    let unspread = (held("coupon_discount") - lines.coupons).max(Decimal::ZERO);
    let total_inc = lines::cents((lines.charged + inc - unspread).max(Decimal::ZERO));
    // A sum that was sent stands, and what it lacks follows from it.
    let sent = |name: &str| draft.given(name).and_then(write::value::held);
    let (total_inc, total_tax) = match (sent("total_ex_tax"), sent("total_inc_tax")) {
        (Some(ex), Some(inc)) => (inc, inc - ex),
        (Some(ex), None) => (ex + total_tax, total_tax),
        (None, Some(inc)) => (inc, total_tax.min(inc)),
        (None, None) => (total_inc, total_tax),
    };
    let more = match data.readings.is(Point::OrderSubtotal, "fees") {
        true => fees,
        false => Money::default(),
    };
    let subtotal_tax = match (sent("subtotal_ex_tax"), sent("subtotal_inc_tax")) {
        (Some(ex), Some(inc)) => inc - ex,
        _ => lines.tax + more.inc - more.ex,
    };
    let computed = [
        ("subtotal_ex_tax", lines.ex + more.ex),
        ("subtotal_inc_tax", lines.inc + more.inc),
        ("subtotal_tax", subtotal_tax),
        ("total_inc_tax", total_inc),
        ("total_tax", total_tax),
        ("total_ex_tax", total_inc - total_tax),
    ];
    changes.extend(computed.map(|(name, value)| (name.to_owned(), value)));
    let mut texts: Vec<(&str, String)> = Vec::new();
    for (name, value) in &changes {
        let sent = matches!(
            name.as_str(),
            "subtotal_ex_tax" | "subtotal_inc_tax" | "total_ex_tax" | "total_inc_tax"
        );
        if !sent || draft.given(name).is_none() {
            texts.push((name.as_str(), amount(*value)));
        }
    }
    texts.push(("items_total", lines.quantity.to_string()));
    texts.push(("order_is_digital", lines.digital.to_string()));
    write::touch(data, "orders", order, &texts);
}
