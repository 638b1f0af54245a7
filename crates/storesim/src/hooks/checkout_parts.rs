//! What a checkout has beside its cart: the billing address, consignments with their shipping, fees and the
//! shopper's message (checkouts.v3.yml). It goes with the cart.

use rust_decimal::Decimal;

use super::cart_lines::{self, Lines, missing};
use super::{carts, checkouts, coupons};
use crate::chance;
use crate::data::Data;
use crate::json::{self, Members, object, quote};
use crate::serve::{Answer, Failure, Query, Version};
use crate::table::Record;
use crate::write::{read_object, value};

const TABLE: &str = "checkout_parts";
/// The most fees of a checkout.
const MOST_FEES: usize = 5;
/// The most consignments of a checkout.
const MOST_CONSIGNMENTS: usize = 100;
/// The longest message.
const MOST_MESSAGE: usize = 2_000;
/// What shipping costs where the store has no method of its own: what generated orders were charged, in cents.
const FLAT_RATE: i64 = 995;
const ADDRESS: [&str; 11] = [
    "first_name",
    "last_name",
    "email",
    "company",
    "address1",
    "address2",
    "city",
    "state_or_province",
    "state_or_province_code",
    "country_code",
    "postal_code",
];

fn invalid(name: &str, reason: impl Into<String>) -> Failure {
    Failure::new(422, "JSON data is missing or invalid").field(name, reason)
}

/// The parts of a checkout, as JSON texts.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub billing: Option<String>,
    pub consignments: Vec<String>,
    pub fees: Vec<String>,
    pub message: String,
}

impl Parts {
    /// Those of a cart.
    pub fn of(data: &Data, cart: i64) -> Self {
        let Some(members) = data.text(TABLE, cart).and_then(Members::read) else { return Self::default() };
        let list = |name: &str| -> Vec<String> {
            let entries = members.get(name).and_then(json::entries).unwrap_or_default();
            entries.into_iter().map(str::to_owned).collect()
        };
        let message = members.get("customer_message").and_then(json::string).unwrap_or_default();
        Self {
            billing: members.get("billing_address").filter(|raw| *raw != "null").map(str::to_owned),
            consignments: list("consignments"),
            fees: list("fees"),
            message: message.into_owned(),
        }
    }

    fn keep(&self, data: &mut Data, cart: i64) {
        let text = object(
            [
                ("cart", cart.to_string().as_str()),
                ("billing_address", self.billing.as_deref().unwrap_or("null")),
                ("consignments", &format!("[{}]", self.consignments.join(","))),
                ("fees", &format!("[{}]", self.fees.join(","))),
                ("customer_message", &quote(&self.message)),
            ]
            .into_iter(),
        );
        match data.text(TABLE, cart).is_some() {
            true => data.rewrite(TABLE, cart, text, None),
            false => data.insert(TABLE, Record { id: cart, parent: cart, modified: 0, text: text.into() }),
        }
    }

    /// What the fees come to.
    pub fn fee_sum(&self) -> Decimal {
        let cost = |fee: &String| Members::read(fee)?.get("cost_inc_tax").and_then(value::held);
        self.fees.iter().filter_map(cost).sum()
    }
}

/// What the chosen way of shipping costs.
fn cost(consignment: &Members) -> Decimal {
    consignment.path("selected.cost").and_then(value::held).unwrap_or_default()
}

/// Opens a checkout for a write: its cart's text, the request, and the parts.
fn open<'a>(data: &Data, cart: i64, body: &'a str) -> Result<(String, Members<'a>, Parts), Failure> {
    let (held, input) = (carts::text(data, cart)?, read_object(body)?);
    carts::same_version(&input, &held)?;
    Ok((held, input, Parts::of(data, cart)))
}

/// Stores changed parts, which is a change of the cart, and answers with the checkout.
fn close(data: &mut Data, cart: i64, parts: &Parts, query: &Query) -> Result<Answer, Failure> {
    let mut lines = carts::lines(&carts::text(data, cart)?);
    parts.keep(data, cart);
    carts::keep(data, cart, &mut lines);
    checkouts::read(data, cart, query)
}

/// `PUT`: the shopper's message.
pub(super) fn message(data: &mut Data, cart: i64, query: &Query, body: &str) -> Result<Answer, Failure> {
    let (_, input, mut parts) = open(data, cart, body)?;
    let message = input.get("customer_message").and_then(json::string);
    let message = message.ok_or_else(|| missing("customer_message"))?;
    if message.chars().count() > MOST_MESSAGE {
        return Err(invalid("customer_message", format!("must be at most {MOST_MESSAGE} characters long")));
    }
    parts.message = message.into_owned();
    close(data, cart, &parts, query)
}

/// An address with all its members; e-mail and country are needed.
fn address(sent: &Members, id: &str, at: &str) -> Result<String, Failure> {
    for name in ["email", "country_code"] {
        if sent.get(name).is_none_or(|raw| json::string(raw).is_none()) {
            return Err(missing(&format!("{at}{name}")));
        }
    }
    let code = sent.get("country_code").map(json::plain).unwrap_or_default();
    let country = super::people::geography::country_of(&code);
    let country =
        country.ok_or_else(|| invalid(&format!("{at}country_code"), format!("{code} is no country")))?;
    let text = |name: &str| sent.get(name).filter(|raw| raw.starts_with('"')).unwrap_or("\"\"").to_owned();
    let mut members = vec![("id", quote(id))];
    for name in ADDRESS {
        if name == "country_code" {
            members.push(("country", quote(country.name)));
        }
        members.push((name, text(name)));
    }
    members.push(("phone", text("phone")));
    let fields = sent.get("custom_fields").filter(|raw| raw.starts_with('[')).unwrap_or("[]");
    members.push(("custom_fields", json::compact(fields).into_owned()));
    Ok(object(members.iter().map(|(name, value)| (*name, value.as_str()))))
}

/// `POST …/billing-address` and `PUT …/billing-address/{id}`.
pub(super) fn billing(
    data: &mut Data,
    cart: i64,
    known: Option<&str>,
    query: &Query,
    body: &str,
) -> Result<Answer, Failure> {
    let (_, input, mut parts) = open(data, cart, body)?;
    let held =
        parts.billing.as_deref().and_then(Members::read).and_then(|held| held.get("id").map(json::plain));
    let id = match (known, held.as_deref()) {
        (Some(id), Some(held)) if id != held => {
            return Err(Failure::not_found(Version::V3, "billing address", id));
        }
        (Some(id), None) => return Err(Failure::not_found(Version::V3, "billing address", id)),
        (_, Some(held)) => held.to_owned(),
        (None, None) => format!("{:013x}", data.claim_extra()),
    };
    parts.billing = Some(address(&input, &id, "")?);
    close(data, cart, &parts, query)
}

/// A way to ship.
struct Shipping {
    id: String,
    name: String,
    kind: String,
    cost: Decimal,
}

impl Shipping {
    fn text(&self) -> String {
        format!(
            "{{\"description\":{},\"id\":{},\"type\":{},\"image_url\":\"\",\"cost\":{},\"transit_time\":\"\",\"additional_description\":\"\"}}",
            quote(&self.name),
            quote(&self.id),
            quote(&self.kind),
            self.cost.normalize()
        )
    }
}

/// The ways to ship so many units: the enabled methods of the store with a fixed rate, by order or by item, or
/// else one at a flat rate. Where a zone lies is not looked at.
fn ways(data: &Data, units: i64) -> Vec<Shipping> {
    let mut ways = Vec::new();
    for method in data.table("shipping_methods").records() {
        let Some(members) = Members::read(&method.text) else { continue };
        let zone = data.text("shipping_zones", method.parent).and_then(Members::read);
        let off = |members: &Members| members.get("enabled") == Some("false");
        if off(&members) || zone.as_ref().is_some_and(off) {
            continue;
        }
        let text =
            |name: &str| members.get(name).map(|raw| json::plain(raw).into_owned()).unwrap_or_default();
        let rate = members.path("settings.rate").and_then(value::held);
        let cost = match (text("type").as_str(), rate) {
            ("peritem", Some(rate)) => match rate.checked_mul(Decimal::from(units)) {
                Some(cost) => cost,
                None => continue,
            },
            (_, Some(rate)) => rate,
            ("freeshipping", None) => Decimal::ZERO,
            _ => continue,
        };
        let id = chance::uuid("shipping_methods", method.id).replace('-', "");
        let cost = cart_lines::cents(cost.max(Decimal::ZERO));
        ways.push(Shipping { id, name: text("name"), kind: format!("shipping_{}", text("type")), cost });
    }
    if ways.is_empty() {
        let id = chance::uuid("shipping_methods", 0).replace('-', "");
        let cost = Decimal::new(FLAT_RATE, 2);
        ways.push(Shipping { id, name: "Flat Rate".into(), kind: "shipping_flatrate".into(), cost });
    }
    ways
}

/// The lines that a consignment ships, with how many units of each.
fn held_by(consignment: &str) -> Vec<(String, i64)> {
    let Some(members) = Members::read(consignment) else { return Vec::new() };
    let ids = members.get("line_item_ids").and_then(json::entries).unwrap_or_default();
    let units = members.get("units").and_then(value::integers).unwrap_or_default();
    ids.into_iter().map(|id| json::plain(id).into_owned()).zip(units).collect()
}

/// The members of a consignment that say which lines it ships.
fn holds(held: &[(String, i64)]) -> [(&'static str, String); 2] {
    let ids: Vec<String> = held.iter().map(|(id, _)| quote(id)).collect();
    let units: Vec<String> = held.iter().map(|(_, units)| units.to_string()).collect();
    [("line_item_ids", format!("[{}]", ids.join(","))), ("units", format!("[{}]", units.join(",")))]
}

/// How many units of a line are shipped by some consignments.
fn shipped<'a>(consignments: impl Iterator<Item = &'a String>, id: &str) -> i64 {
    let own = consignments.flat_map(|text| held_by(text)).filter(|(line, _)| line == id);
    own.fold(0, |sum, (_, units)| sum.saturating_add(units))
}

/// The lines that a consignment names and their units, which other consignments may not ship already.
fn lines_of(
    cart: &str,
    others: &[&String],
    sent: Option<&str>,
    at: &str,
) -> Result<Vec<(String, i64)>, Failure> {
    let lines = carts::lines(cart);
    let path = format!("{at}line_items");
    let sent = sent.and_then(json::entries).filter(|sent| !sent.is_empty()).ok_or_else(|| missing(&path))?;
    let mut held: Vec<(String, i64)> = Vec::new();
    for (index, line) in sent.into_iter().enumerate() {
        let line = read_object(line)?;
        let place = format!("{path}.{index}");
        let id =
            line.get("item_id").and_then(json::string).ok_or_else(|| missing(&format!("{place}.item_id")))?;
        let Some(whole) = lines.units(&id) else {
            return Err(invalid(&format!("{place}.item_id"), format!("The cart has no item {id}.")));
        };
        let count = line.get("quantity").and_then(json::integer).filter(|count| *count > 0);
        let count = count.ok_or_else(|| missing(&format!("{place}.quantity")))?;
        let own = held.iter().position(|(line, _)| *line == *id);
        let so_far = own.map_or(0, |own| held[own].1);
        let left = whole.saturating_sub(shipped(others.iter().copied(), &id)).saturating_sub(so_far);
        if count > left {
            let reason = format!("The item has {} units left to ship.", left.max(0));
            return Err(invalid(&format!("{place}.quantity"), reason));
        }
        match own {
            Some(own) => held[own].1 += count,
            None => held.push((id.into_owned(), count)),
        }
    }
    Ok(held)
}

/// `POST …/consignments`.
pub(super) fn consign(data: &mut Data, cart: i64, query: &Query, body: &str) -> Result<Answer, Failure> {
    let held = carts::text(data, cart)?;
    let sent = json::entries(body).ok_or_else(Failure::malformed)?;
    if sent.is_empty() {
        return Err(missing("0"));
    }
    let mut parts = Parts::of(data, cart);
    if parts.consignments.len() + sent.len() > MOST_CONSIGNMENTS {
        return Err(invalid(
            "consignments",
            format!("A checkout has at most {MOST_CONSIGNMENTS} consignments."),
        ));
    }
    for (at, item) in sent.into_iter().enumerate() {
        let input = read_object(item)?;
        carts::same_version(&input, &held)?;
        let id = chance::uuid("consignments", data.claim_extra()).replace('-', "");
        let text = format!(
            "{{\"id\":{},\"address\":null,\"line_item_ids\":[],\"units\":[],\"selected\":null,\"pickup\":null}}",
            quote(&id)
        );
        let others: Vec<&String> = parts.consignments.iter().collect();
        let made = changed(data, &held, &others, &text, &input, &format!("{at}."))?;
        parts.consignments.push(made);
    }
    close(data, cart, &parts, query)
}

/// A consignment with what a request says of it, beside the others of the checkout.
fn changed(
    data: &Data,
    cart: &str,
    others: &[&String],
    consignment: &str,
    input: &Members,
    at: &str,
) -> Result<String, Failure> {
    let before = read_object(consignment)?;
    let fresh = before.get("address") == Some("null");
    let mut changes: Vec<(&str, String)> = Vec::new();
    let pickup = input.path("pickup_option.pickup_method_id").and_then(json::integer);
    if let Some(method) = pickup {
        if data.table("pickup_methods").get(method).is_none() {
            let path = format!("{at}pickup_option.pickup_method_id");
            return Err(invalid(&path, format!("pickup_method_id {method} does not exist")));
        }
        changes.push(("pickup", format!("{{\"pickup_method_id\":{method}}}")));
        changes.push(("selected", "null".into()));
    }
    match input.get("address").and_then(Members::read) {
        Some(sent) => {
            let id = before.get("id").map(json::plain).unwrap_or_default();
            changes.push(("address", address(&sent, &id, &format!("{at}address."))?));
            changes.push(("selected", "null".into()));
        }
        None if fresh && pickup.is_none() => return Err(missing(&format!("{at}address"))),
        None => {}
    }
    let mut held = held_by(consignment);
    if fresh || input.get("line_items").is_some() {
        let sent = lines_of(cart, others, input.get("line_items"), at)?;
        if sent != held {
            changes.push(("selected", "null".into()));
        }
        held = sent;
        changes.extend(holds(&held));
    }
    let units = held.iter().fold(0_i64, |sum, (_, units)| sum.saturating_add(*units));
    if let Some(id) = input.get("shipping_option_id").and_then(json::string) {
        let way = ways(data, units).into_iter().find(|way| way.id == *id);
        let way =
            way.ok_or_else(|| invalid(&format!("{at}shipping_option_id"), "There is no such option."))?;
        changes.push(("selected", way.text()));
    }
    if let Some(custom) = input.get("custom_shipping").and_then(Members::read) {
        let price = custom.get("price").and_then(value::held).filter(|price| !price.is_sign_negative());
        let cost = price.ok_or_else(|| missing(&format!("{at}custom_shipping.price")))?;
        let name = custom.get("description").map(|raw| json::plain(raw).into_owned()).unwrap_or_default();
        let way =
            Shipping { id: "custom".into(), name, kind: "custom".into(), cost: cart_lines::cents(cost) };
        changes.push(("selected", way.text()));
    }
    // The last of several changes of a member counts.
    let mut text = consignment.to_owned();
    for change in changes {
        text = json::edit(&text, &[change]);
    }
    Ok(text)
}

fn find(parts: &Parts, id: &str) -> Result<usize, Failure> {
    let own =
        |text: &String| Members::read(text).and_then(|c| c.get("id").map(json::plain)).as_deref() == Some(id);
    parts.consignments.iter().position(own).ok_or_else(|| Failure::not_found(Version::V3, "consignment", id))
}

/// `PUT …/consignments/{id}`.
pub(super) fn change(
    data: &mut Data,
    cart: i64,
    id: &str,
    query: &Query,
    body: &str,
) -> Result<Answer, Failure> {
    let (held, input, mut parts) = open(data, cart, body)?;
    let at = find(&parts, id)?;
    let others = parts.consignments.iter().enumerate().filter(|(place, _)| *place != at);
    let others: Vec<&String> = others.map(|(_, other)| other).collect();
    parts.consignments[at] = changed(data, &held, &others, &parts.consignments[at], &input, "")?;
    close(data, cart, &parts, query)
}

/// `DELETE …/consignments/{id}`.
pub(super) fn drop(
    data: &mut Data,
    cart: i64,
    id: &str,
    query: &Query,
    body: &str,
) -> Result<Answer, Failure> {
    let body = if body.trim().is_empty() { "{}" } else { body };
    let (_, _, mut parts) = open(data, cart, body)?;
    let at = find(&parts, id)?;
    parts.consignments.remove(at);
    close(data, cart, &parts, query)
}

/// Forgets how a cart is shipped, which its customer's change does.
pub(super) fn forget_shipping(data: &mut Data, cart: i64) {
    let mut parts = Parts::of(data, cart);
    if !parts.consignments.is_empty() {
        parts.consignments.clear();
        parts.keep(data, cart);
    }
}

/// Follows a cart whose lines are changed: what is gone is not shipped, and where the units of a line are others
/// the way to ship has to be chosen anew.
pub(super) fn follow(data: &mut Data, cart: i64, before: &Lines, after: &Lines) {
    let mut parts = Parts::of(data, cart);
    let mut kept: Vec<String> = Vec::new();
    for text in &parts.consignments {
        let held = held_by(text);
        if held.iter().all(|(id, _)| before.units(id) == after.units(id)) {
            kept.push(text.clone());
            continue;
        }
        let left = |(id, units): (String, i64)| {
            let most = after.units(&id)?.saturating_sub(shipped(kept.iter(), &id));
            Some((id, units.min(most))).filter(|(_, units)| *units > 0)
        };
        let held: Vec<(String, i64)> = held.into_iter().filter_map(left).collect();
        if !held.is_empty() {
            kept.push(json::edit(&json::edit(text, &holds(&held)), &[("selected", "null")]));
        }
    }
    if kept != parts.consignments {
        parts.consignments = kept;
        parts.keep(data, cart);
    }
}

/// The consignments as a checkout shows them, and what shipping costs after coupons.
pub(super) fn shown(
    data: &Data,
    parts: &Parts,
    coupons: &str,
    free: bool,
    options: bool,
) -> (String, Decimal) {
    let mut total = Decimal::ZERO;
    let mut coupons = coupons::OffShipping::of(data, coupons);
    let mut texts = Vec::new();
    for text in &parts.consignments {
        let Some(members) = Members::read(text) else { continue };
        let raw = |name: &str| members.get(name).unwrap_or("null");
        let whole = cost(&members);
        let off = if free { Vec::new() } else { coupons.take(whole) };
        let charged =
            if free { Decimal::ZERO } else { whole - off.iter().map(|(_, share)| share).sum::<Decimal>() };
        total += charged;
        let off: Vec<String> = off
            .iter()
            .map(|(code, share)| format!("{{\"code\":{},\"amount\":{}}}", quote(code), share.normalize()))
            .collect();
        let charged = charged.normalize();
        let mut out = format!("{{\"id\":{},\"address\":{}", raw("id"), raw("address"));
        if options {
            let units = held_by(text).iter().fold(0_i64, |sum, (_, units)| sum.saturating_add(*units));
            let ways: Vec<String> = ways(data, units).iter().map(Shipping::text).collect();
            out += &format!(",\"available_shipping_options\":[{}]", ways.join(","));
        }
        for (name, member) in [("selected_shipping_option", "selected"), ("selected_pickup_option", "pickup")]
        {
            if raw(member) != "null" {
                out += &format!(",\"{name}\":{}", raw(member));
            }
        }
        out += &format!(
            ",\"coupon_discounts\":[{}],\"discounts\":[],\"shipping_cost_inc_tax\":{charged},\"shipping_cost_ex_tax\":{charged},\"handling_cost_inc_tax\":0,\"handling_cost_ex_tax\":0,\"line_item_ids\":{}}}",
            off.join(","),
            raw("line_item_ids")
        );
        texts.push(out);
    }
    (format!("[{}]", texts.join(",")), total)
}

/// A fee as sent, with an id and what it costs.
fn fee(input: &Members, id: &str, at: &str) -> Result<String, Failure> {
    let text = |name: &str, most: usize| {
        let path = format!("{at}.{name}");
        let raw = input.get(name).ok_or_else(|| missing(&path))?;
        let fits = |text: &str| (1..=most).contains(&text.chars().count());
        match json::string(raw).filter(|text| fits(text)) {
            Some(_) => Ok(raw.to_owned()),
            None => Err(invalid(&path, format!("must be 1 to {most} characters long"))),
        }
    };
    let kind = text("type", 50)?;
    if kind != "\"custom_fee\"" {
        return Err(invalid(&format!("{at}.type"), "must be custom_fee"));
    }
    let cost = input.get("cost").ok_or_else(|| missing(&format!("{at}.cost")))?;
    let cost = value::held(cost).ok_or_else(|| invalid(&format!("{at}.cost"), "must be an amount"))?;
    let cost = cart_lines::cents(cost).normalize();
    let class = input.get("tax_class_id").filter(|raw| json::integer(raw).is_some()).unwrap_or("null");
    Ok(format!(
        "{{\"id\":{},\"type\":{kind},\"name\":{},\"display_name\":{},\"cost_inc_tax\":{cost},\"cost_ex_tax\":{cost},\"source\":{},\"tax_class_id\":{class}}}",
        quote(id),
        text("name", 50)?,
        text("display_name", 200)?,
        text("source", 50)?
    ))
}

fn fee_at(parts: &Parts, id: &str) -> Option<usize> {
    let own = |text: &String| {
        Members::read(text).and_then(|fee| fee.get("id").map(json::plain)).as_deref() == Some(id)
    };
    parts.fees.iter().position(own)
}

/// `POST` and `PUT …/fees`.
pub(super) fn fees(
    data: &mut Data,
    cart: i64,
    fresh: bool,
    query: &Query,
    body: &str,
) -> Result<Answer, Failure> {
    let (_, input, mut parts) = open(data, cart, body)?;
    let sent = input.get("fees").and_then(json::entries).filter(|sent| !sent.is_empty());
    for (at, item) in sent.ok_or_else(|| missing("fees"))?.into_iter().enumerate() {
        let (input, path) = (read_object(item)?, format!("fees.{at}"));
        if fresh {
            let id = chance::uuid("checkout_fees", data.claim_extra());
            parts.fees.push(fee(&input, &id, &path)?);
            continue;
        }
        let id = input.get("id").and_then(json::string).ok_or_else(|| missing(&format!("{path}.id")))?;
        let place = fee_at(&parts, &id);
        let place = place.ok_or_else(|| invalid(&format!("{path}.id"), format!("There is no fee {id}.")))?;
        parts.fees[place] = fee(&input, &id, &path)?;
    }
    if parts.fees.len() > MOST_FEES {
        return Err(invalid("fees", format!("A checkout has at most {MOST_FEES} fees.")));
    }
    close(data, cart, &parts, query)
}

/// `DELETE …/fees`.
pub(super) fn drop_fees(data: &mut Data, cart: i64, query: &Query, body: &str) -> Result<Answer, Failure> {
    let (_, input, mut parts) = open(data, cart, body)?;
    let ids = input.get("ids").and_then(json::entries).ok_or_else(|| missing("ids"))?;
    for (at, id) in ids.into_iter().enumerate() {
        let id = json::plain(id);
        let place = fee_at(&parts, &id);
        let place = place.ok_or_else(|| invalid(&format!("ids.{at}"), format!("There is no fee {id}.")))?;
        parts.fees.remove(place);
    }
    close(data, cart, &parts, query)
}

/// `POST …/discounts`: an amount off the whole cart, spread over its lines, or amounts off single lines. What was
/// taken off before goes.
pub(super) fn discount(data: &mut Data, cart: i64, query: &Query, body: &str) -> Result<Answer, Failure> {
    let (held, input) = (carts::text(data, cart)?, read_object(body)?);
    let sent = input.get("cart").and_then(Members::read).ok_or_else(|| missing("cart"))?;
    carts::same_version(&sent, &held)?;
    let mut lines = carts::lines(&held);
    let amount = |raw: &str, path: &str| {
        let amount =
            Members::read(raw).and_then(|entry| entry.get("discounted_amount").and_then(value::held));
        let amount = amount.filter(|amount| !amount.is_sign_negative());
        amount.ok_or_else(|| missing(&format!("{path}.discounted_amount")))
    };
    let whole = sent.get("discounts").and_then(json::entries).unwrap_or_default();
    let single = sent.get("line_items").and_then(json::entries).unwrap_or_default();
    if whole.is_empty() && single.is_empty() {
        return Err(missing("cart.discounts"));
    }
    let mut parts = super::discounts::parts(&lines);
    for (at, item) in single.into_iter().enumerate() {
        let path = format!("cart.line_items.{at}");
        let id = Members::read(item).and_then(|item| item.get("id").map(json::plain)).unwrap_or_default();
        let place = lines.find(&id).and_then(|place| parts.iter().position(|part| part.place == place));
        let place =
            place.ok_or_else(|| invalid(&format!("{path}.id"), format!("The cart has no item {id}.")))?;
        let (kind, line) = parts[place].place;
        if cart_lines::is_discounted(&lines.0[kind][line]) {
            let reason = "A coupon or an automatic promotion takes something off the item already.";
            return Err(invalid(&format!("{path}.id"), reason));
        }
        super::discounts::spread(&mut parts, &[place], amount(item, &path)?);
    }
    let all: Vec<usize> = (0..parts.len()).collect();
    for (at, item) in whole.into_iter().enumerate() {
        super::discounts::spread(&mut parts, &all, amount(item, &format!("cart.discounts.{at}"))?);
    }
    let shares: Vec<_> = parts.iter().map(|part| (part.place, part.off)).collect();
    cart_lines::take_off(&mut lines, &shares);
    carts::keep(data, cart, &mut lines);
    checkouts::read(data, cart, query)
}

/// `POST …/token`: it leads to the page that confirms an order; nothing takes it here.
pub(super) fn token(data: &mut Data, cart: i64, body: &str) -> Result<Answer, Failure> {
    const LONGEST: i64 = 2_592_000;
    carts::text(data, cart)?;
    let input = read_object(if body.trim().is_empty() { "{}" } else { body })?;
    let ttl = input.get("ttl").map(json::integer);
    if ttl.is_some_and(|ttl| !ttl.is_some_and(|ttl| (1..=LONGEST).contains(&ttl))) {
        return Err(invalid("ttl", format!("must be between 1 and {LONGEST}")));
    }
    let number = data.claim_extra();
    let halves =
        ["checkout_tokens", "checkout_tokens_too"].map(|name| chance::uuid(name, number).replace('-', ""));
    Ok(Answer::new(200, format!("{{\"checkoutToken\":\"{}\",\"meta\":{{}}}}", halves.concat())))
}
