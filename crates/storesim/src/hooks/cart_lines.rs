//! The lines of a cart and what they come to (carts.v3.yml).

use rust_decimal::{Decimal, RoundingStrategy};

use super::discounts::{self, Shopper};
use super::{coupons, lines};
use crate::chance;
use crate::data::Data;
use crate::json::{self, Members, quote};
use crate::serve::Failure;
use crate::write::{Draft, read_object, value};

/// The kinds of lines, as a cart names them.
pub(crate) const KINDS: [&str; 4] = ["physical_items", "digital_items", "gift_certificates", "custom_items"];
const DIGITAL: usize = 1;
const CERTIFICATES: usize = 2;
const CUSTOM: usize = 3;
/// What a discount that was given by hand is known by.
const MANUAL: &str = "manual-discount";

/// The most units of a line.
const MOST_UNITS: i64 = 1_000_000;

/// The refusal of a request that lacks a member.
pub(super) fn missing(name: &str) -> Failure {
    Failure::new(422, "JSON data is missing or invalid").field(name, "error.path.missing")
}

fn invalid(name: &str, reason: impl Into<String>) -> Failure {
    Failure::new(422, "JSON data is missing or invalid").field(name, reason)
}

/// A cart's lines by kind, as JSON text.
#[derive(Debug, Default)]
pub(super) struct Lines(pub [Vec<String>; 4]);

impl Lines {
    /// Reads the member `line_items` of a cart.
    pub fn read(text: &str) -> Self {
        let members = Members::read(text);
        Self(KINDS.map(|kind| {
            let entries = members.as_ref().and_then(|m| m.get(kind)).and_then(json::entries);
            entries.unwrap_or_default().into_iter().map(str::to_owned).collect()
        }))
    }

    /// The member `line_items` of a cart.
    pub fn text(&self) -> String {
        let parts: Vec<String> = KINDS
            .iter()
            .zip(&self.0)
            .map(|(kind, lines)| format!("\"{kind}\":[{}]", lines.join(",")))
            .collect();
        format!("{{{}}}", parts.join(","))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }

    /// Where the line with an id is.
    pub fn find(&self, id: &str) -> Option<(usize, usize)> {
        let own = |line: &String| {
            Members::read(line).and_then(|line| line.get("id")).map(json::plain).as_deref() == Some(id)
        };
        self.0.iter().enumerate().find_map(|(kind, lines)| Some((kind, lines.iter().position(own)?)))
    }

    /// How many units the line with an id has; a gift certificate is one.
    pub fn units(&self, id: &str) -> Option<i64> {
        let (kind, at) = self.find(id)?;
        let units = Members::read(&self.0[kind][at]).and_then(|line| line.get("quantity").map(json::plain));
        Some(units.and_then(|units| units.parse().ok()).unwrap_or(1))
    }

    /// Takes a line out.
    pub fn remove(&mut self, (kind, at): (usize, usize)) {
        self.0[kind].remove(at);
    }
}

/// Adds everything that a request wants in the cart; how many lines that were.
pub(super) fn add(data: &mut Data, lines: &mut Lines, input: &Members) -> Result<usize, Failure> {
    let list = |name: &str| input.get(name).and_then(json::entries).unwrap_or_default();
    let mut count = 0;
    for (at, entry) in list("line_items").into_iter().enumerate() {
        catalog(data, lines, &read_object(entry)?, &format!("line_items.{at}"))?;
        count += 1;
    }
    for (at, entry) in list("custom_items").into_iter().enumerate() {
        custom(data, lines, &read_object(entry)?, &format!("custom_items.{at}"))?;
        count += 1;
    }
    for (at, entry) in list("gift_certificates").into_iter().enumerate() {
        certificates(data, lines, &read_object(entry)?, &format!("gift_certificates.{at}"))?;
        count += 1;
    }
    Ok(count)
}

fn fresh(data: &mut Data) -> String {
    chance::uuid("cart_items", data.claim_extra())
}

fn units(input: &Members, at: &str) -> Result<i64, Failure> {
    let sent = input.get("quantity").ok_or_else(|| missing(&format!("{at}.quantity")))?;
    let units = json::integer(sent).filter(|units| (1..=MOST_UNITS).contains(units));
    units.ok_or_else(|| invalid(&format!("{at}.quantity"), format!("must be 1 to {MOST_UNITS}")))
}

fn price(input: &Members, at: &str) -> Result<Option<Decimal>, Failure> {
    let Some(sent) = input.get("list_price").filter(|raw| *raw != "null") else { return Ok(None) };
    let price = value::held(sent).filter(|price| !price.is_sign_negative() || price.is_zero());
    price.map(Some).ok_or_else(|| invalid(&format!("{at}.list_price"), "must be an amount"))
}

fn number(amount: Decimal) -> String {
    amount.normalize().to_string()
}

/// Adds a product; to a line that has it already its units are added.
fn catalog(data: &mut Data, lines: &mut Lines, input: &Members, at: &str) -> Result<(), Failure> {
    let units = units(input, at)?;
    let product = input.get("product_id").and_then(json::integer);
    let product = product.ok_or_else(|| missing(&format!("{at}.product_id")))?;
    let Some(text) = data.text("products", product).map(str::to_owned) else {
        return Err(invalid(&format!("{at}.product_id"), format!("The product {product} does not exist.")));
    };
    let owner = read_object(&text)?;
    let base = owner.get("base_variant_id").and_then(json::integer);
    let chosen = input.get("variant_id").and_then(json::integer).filter(|id| *id > 0);
    let variant = chosen.or_else(|| selected(data, product, input)).or(base);
    let variant = variant.and_then(|id| data.table("variants").get(id)).filter(|v| v.parent == product);
    let Some(variant) = variant.cloned() else {
        return Err(invalid(&format!("{at}.variant_id"), "A variant of the product has to be chosen."));
    };
    let members = read_object(&variant.text)?;
    let amount = |members: &Members, name: &str| members.get(name).and_then(value::held);
    let usual = amount(&members, "price").or_else(|| amount(&owner, "price")).unwrap_or_default();
    let charged = amount(&members, "calculated_price").unwrap_or(usual);
    let given = price(input, at)?;
    let (listed, sold) = (given.unwrap_or(usual), given.unwrap_or(charged));
    let digital = owner.get("type") == Some("\"digital\"");
    let kind = usize::from(digital);
    let same = lines.0[kind].iter().position(|line| {
        let line = Members::read(line);
        let held = |name: &str| line.as_ref().and_then(|line| line.get(name));
        held("variant_id").and_then(json::integer) == Some(variant.id)
            && held("list_price").and_then(value::held) == Some(listed)
    });
    if let Some(place) = same {
        let line = lines.0[kind][place].clone();
        let held = Members::read(&line).and_then(|l| l.get("quantity")).and_then(json::integer).unwrap_or(0);
        lines.0[kind][place] = counted(&line, held.saturating_add(units).min(MOST_UNITS));
        return Ok(());
    }
    let id = fresh(data);
    let name = input.get("name").filter(|raw| raw.starts_with('"')).or(owner.get("name")).unwrap_or("\"\"");
    let sku = members.get("sku").filter(|raw| raw.starts_with('"')).unwrap_or("\"\"");
    let domain = data.text("store", 1).and_then(Members::read).and_then(|store| store.get("secure_url"));
    let path = owner.get("custom_url").and_then(Members::read).and_then(|url| url.get("url"));
    let url = quote(&format!(
        "{}{}",
        domain.map(json::plain).unwrap_or_default(),
        path.map(json::plain).unwrap_or_default()
    ));
    let pictures = data.table("product_images").of(product);
    let picture = pictures.filter_map(|image| Members::read(&image.text)?.get("url_thumbnail")).next();
    let picture = picture.filter(|raw| raw.starts_with('"')).unwrap_or("\"\"");
    let more = match digital {
        true => ",\"download_file_urls\":[],\"download_page_url\":\"\",\"download_size\":\"\"",
        false => "",
    };
    let line = format!(
        "{{\"id\":\"{id}\",\"parent_id\":null,\"variant_id\":{},\"product_id\":{product},\"sku\":{sku},\"name\":{name},\"url\":{url},\"quantity\":{units},\"taxable\":true,\"image_url\":{picture},\"discounts\":[],\"coupons\":[],\"discount_amount\":0,\"coupon_amount\":0,\"original_price\":{},\"list_price\":{},\"sale_price\":{},\"extended_list_price\":0,\"extended_sale_price\":0,\"is_require_shipping\":{},\"is_mutable\":true,\"added_by_promotion\":false{more}}}",
        variant.id,
        number(usual),
        number(listed),
        number(sold),
        !digital
    );
    lines.0[kind].push(counted(&line, units));
    Ok(())
}

/// The variant that stands for the options selected, if they are those of one.
fn selected(data: &Data, product: i64, input: &Members) -> Option<i64> {
    let selections = input.get("option_selections").and_then(json::entries)?;
    let options: Vec<String> = selections
        .into_iter()
        .filter_map(Members::read)
        .filter_map(|option| {
            Some(format!("{{\"id\":{},\"value\":{}}}", option.get("option_id")?, option.get("option_value")?))
        })
        .collect();
    let text = format!("{{\"product_options\":[{}]}}", options.join(","));
    lines::by_options(data, product, &Members::read(&text)?)
}

/// A line of the catalog with so many units; what it comes to is whole cents, as a line of an order does.
fn counted(line: &str, units: i64) -> String {
    let held = |name: &str| Members::read(line).and_then(|l| l.get(name)).and_then(value::held);
    let by = Decimal::from(units);
    let times = |name: &str| number(cents(held(name).unwrap_or_default() * by));
    json::edit(
        line,
        &[
            ("quantity", units.to_string()),
            ("extended_list_price", times("list_price")),
            ("extended_sale_price", times("sale_price")),
        ],
    )
}

fn custom(data: &mut Data, lines: &mut Lines, input: &Members, at: &str) -> Result<(), Failure> {
    let units = units(input, at)?;
    let name = input
        .get("name")
        .filter(|raw| json::string(raw).is_some_and(|n| (1..=250).contains(&n.chars().count())));
    let name = name.ok_or_else(|| missing(&format!("{at}.name")))?;
    let price = price(input, at)?.ok_or_else(|| missing(&format!("{at}.list_price")))?;
    let text = |name: &str| input.get(name).filter(|raw| raw.starts_with('"')).unwrap_or("\"\"");
    let id = fresh(data);
    lines.0[CUSTOM].push(format!(
        "{{\"id\":\"{id}\",\"sku\":{},\"name\":{name},\"quantity\":\"{units}\",\"list_price\":\"{}\",\"extended_list_price\":{},\"image_url\":{}}}",
        text("sku"),
        number(price),
        number(cents(price * Decimal::from(units))),
        text("image_url")
    ));
    Ok(())
}

/// One line for each of the certificates.
fn certificates(data: &mut Data, lines: &mut Lines, input: &Members, at: &str) -> Result<(), Failure> {
    const MOST: i64 = 100;
    for name in ["name", "theme", "amount", "sender", "recipient"] {
        if input.get(name).is_none() {
            return Err(missing(&format!("{at}.{name}")));
        }
    }
    let (low, high) = (Decimal::ONE, Decimal::ONE_THOUSAND);
    let amount = input.get("amount").and_then(value::held).filter(|amount| (low..=high).contains(amount));
    let amount = amount.ok_or_else(|| invalid(&format!("{at}.amount"), "must be between 1 and 1000"))?;
    let text = |name: &str| json::compact(input.get(name).unwrap_or("\"\"")).into_owned();
    for _ in 0..units(input, at)?.min(MOST) {
        let id = fresh(data);
        lines.0[CERTIFICATES].push(format!(
            "{{\"id\":\"{id}\",\"name\":{},\"theme\":{},\"amount\":{},\"taxable\":false,\"sender\":{},\"recipient\":{},\"message\":{}}}",
            text("name"),
            text("theme"),
            number(amount),
            text("sender"),
            text("recipient"),
            text("message")
        ));
    }
    Ok(())
}

/// Changes a line's quantity or price; false when nothing is left of it.
pub(super) fn change(
    lines: &mut Lines,
    (kind, at): (usize, usize),
    input: &Members,
) -> Result<bool, Failure> {
    if kind > DIGITAL {
        return Err(invalid("line_item", "Custom items and gift certificates cannot be changed."));
    }
    let mut line = lines.0[kind][at].clone();
    if let Some(price) = price(input, "line_item")? {
        let price = number(price);
        line = json::edit(&line, &[("list_price", price.clone()), ("sale_price", price)]);
    }
    let held =
        Members::read(&line).and_then(|line| line.get("quantity")).and_then(json::integer).unwrap_or(1);
    let units = match input.get("quantity").map(json::integer) {
        None => held,
        Some(Some(0)) => return Ok(false),
        Some(Some(units)) if (1..=MOST_UNITS).contains(&units) => units,
        Some(_) => return Err(invalid("line_item.quantity", format!("must be 0 to {MOST_UNITS}"))),
    };
    lines.0[kind][at] = counted(&line, units);
    Ok(true)
}

/// What a line costs, as listed and as sold.
fn cost(kind: usize, line: &str) -> (Decimal, Decimal) {
    let held =
        |name: &str| Members::read(line).and_then(|l| l.get(name)).and_then(value::held).unwrap_or_default();
    match kind {
        CERTIFICATES => (held("amount"), held("amount")),
        CUSTOM => (held("extended_list_price"), held("extended_list_price")),
        _ => (held("extended_list_price"), held("extended_sale_price")),
    }
}

/// What the lines come to, as sold.
pub(super) fn sum(lines: &Lines) -> Decimal {
    lines
        .0
        .iter()
        .enumerate()
        .flat_map(|(kind, lines)| lines.iter().map(move |line| cost(kind, line).1))
        .sum()
}

/// Stores lines in a cart's draft, with what promotions and coupons take off them, their sums and the next
/// version. A manual discount stands instead of promotions; a coupon that does not fit any more is dropped.
pub(super) fn total(data: &Data, lines: &mut Lines, draft: &mut Draft) {
    let listed: Decimal =
        (0..KINDS.len()).flat_map(|kind| lines.0[kind].iter().map(move |line| cost(kind, line).0)).sum();
    let sold = sum(lines);
    let shopper = Shopper::of(|name| draft.get(name));
    let mut parts = discounts::parts(lines);
    let manual: Vec<Decimal> =
        parts.iter().map(|part| manual_share(&lines.0[part.place.0][part.place.1])).collect();
    let is_manual = manual.iter().any(|share| !share.is_zero());
    let mut entries: Vec<Vec<String>> = vec![Vec::new(); parts.len()];
    if is_manual {
        for (at, share) in manual.into_iter().enumerate() {
            discounts::spread(&mut parts, &[at], share);
            if !parts[at].off.is_zero() {
                entries[at].push(entry(&quote(MANUAL), parts[at].off));
            }
        }
    } else {
        for applied in discounts::automatic(data, &shopper, &mut parts) {
            let shares = applied.shares.iter().enumerate().filter(|(_, share)| !share.is_zero());
            shares.for_each(|(at, share)| entries[at].push(entry(&applied.id.to_string(), *share)));
        }
    }
    let before: Vec<Decimal> = parts.iter().map(|part| part.off).collect();
    let held = draft.get("coupons").unwrap_or_else(|| "[]".into());
    let codes = json::entries(&held).unwrap_or_default().into_iter().filter_map(Members::read);
    let codes = codes.filter_map(|coupon| coupon.get("code").map(|raw| json::plain(raw).into_owned()));
    let coupons: Vec<String> =
        codes.filter_map(|code| coupons::applied(data, &code, &shopper, &mut parts).ok()).collect();
    for ((part, own), off) in parts.iter().zip(entries).zip(&before) {
        let line = &mut lines.0[part.place.0][part.place.1];
        *line = json::edit(
            line,
            &[
                ("discounts", format!("[{}]", own.join(","))),
                ("discount_amount", number(*off)),
                ("coupon_amount", number(part.off - off)),
            ],
        );
    }
    let (discount, off): (Decimal, Decimal) =
        (before.iter().copied().sum(), parts.iter().map(|part| part.off).sum());
    let discounts = parts.iter().zip(&before).filter_map(|(part, off)| {
        let line = Members::read(&lines.0[part.place.0][part.place.1])?;
        Some(entry(line.get("id")?, *off))
    });
    let discounts: Vec<String> = discounts.collect();
    let version = draft.old_value("version").and_then(|raw| json::integer(&raw));
    draft.set("version", version.map_or(1, |version| version.saturating_add(1)).to_string());
    draft.set("line_items", lines.text());
    draft.set("coupons", format!("[{}]", coupons.join(",")));
    draft.set("discounts", format!("[{}]", discounts.join(",")));
    draft.set("discount_amount", number(discount));
    draft.set("manual_discount_amount", number(if is_manual { discount } else { Decimal::ZERO }));
    draft.set("base_amount", number(listed));
    draft.set("cart_amount", number(cents(sold - off).max(Decimal::ZERO)));
}

/// What is told of a discount.
fn entry(id: &str, off: Decimal) -> String {
    format!("{{\"id\":{id},\"discounted_amount\":{}}}", number(off))
}

/// What somebody took off a line by hand.
fn manual_share(line: &str) -> Decimal {
    let discounts = Members::read(line).and_then(|line| json::entries(line.get("discounts")?));
    let discounts = discounts.unwrap_or_default().into_iter().filter_map(Members::read);
    let own = discounts.filter(|discount| discount.get("id").map(json::plain).as_deref() == Some(MANUAL));
    own.filter_map(|discount| discount.get("discounted_amount").and_then(value::held)).sum()
}

/// Whether a coupon or an automatic promotion takes something off a line.
pub(super) fn is_discounted(line: &str) -> bool {
    let held =
        |name: &str| Members::read(line).and_then(|l| l.get(name)).and_then(value::held).unwrap_or_default();
    !held("coupon_amount").is_zero() || held("discount_amount") != manual_share(line)
}

/// Takes amounts off lines by hand, instead of everything that was taken off them before.
pub(super) fn take_off(lines: &mut Lines, shares: &[((usize, usize), Decimal)]) {
    for kind in 0..CERTIFICATES {
        for at in 0..lines.0[kind].len() {
            let share: Decimal =
                shares.iter().filter(|(place, _)| *place == (kind, at)).map(|(_, share)| *share).sum();
            let own = if share.is_zero() { String::new() } else { entry(&quote(MANUAL), share) };
            let line = &mut lines.0[kind][at];
            *line = json::edit(line, &[("discounts", format!("[{own}]"))]);
        }
    }
}

/// Whole cents, half a cent up.
pub(super) fn cents(number: Decimal) -> Decimal {
    number.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// The options that a line's variant stands for.
pub(super) fn options(data: &Data, line: &str) -> String {
    let variant = Members::read(line).and_then(|line| line.get("variant_id")).and_then(json::integer);
    let variant = variant.and_then(|id| data.text("variants", id)).and_then(Members::read);
    let values = variant.and_then(|variant| variant.get("option_values")).and_then(json::entries);
    let option = |value: &str| {
        let value = Members::read(value)?;
        let get = |name: &str| value.get(name);
        Some(format!(
            "{{\"name\":{},\"nameId\":{},\"value\":{},\"valueId\":{}}}",
            get("option_display_name")?,
            get("option_id")?,
            get("label")?,
            get("id")?
        ))
    };
    let options: Vec<String> = values.unwrap_or_default().into_iter().filter_map(option).collect();
    format!("[{}]", options.join(","))
}
