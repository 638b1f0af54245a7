//! Carts: made, changed and left by requests (carts.v3.yml, abandoned_carts.v3.yml).
//!
//! A cart is changed under its version: a request that names another one is refused. Without its last
//! line a cart is gone, and 30 days after its last change nobody finds it any more.

use std::collections::HashMap;
use std::convert::Infallible;

use super::cart_lines::{self, Lines, missing};
use super::orders;
use crate::chance;
use crate::data::Data;
use crate::json::{self, Members, quote};
use crate::serve::{self, Answer, Failure, Query, Version, View};
use crate::table::Record;
use crate::write::{self, Draft, read_object};

/// How long a cart and the links to it live without a change, in seconds.
const LIFE: i64 = 30 * 86_400;
/// After which time without a change it counts as left, in seconds.
const PATIENCE: i64 = 3_600;

/// Whether a cart can still be found.
pub(super) fn is_alive(record: &Record, now: i64) -> bool {
    record.modified + LIFE > now
}

/// A cart's text; 404 when it is too old.
pub(super) fn text(data: &Data, cart: i64) -> Result<String, Failure> {
    let found = data.table("carts").get(cart).filter(|record| is_alive(record, data.clock.now()));
    let missing = || Failure::not_found(Version::V3, "cart", "that");
    found.map(|record| record.text.to_string()).ok_or_else(missing)
}

/// The lines of the cart with this text.
pub(super) fn lines(text: &str) -> Lines {
    Lines::read(Members::read(text).and_then(|cart| cart.get("line_items")).unwrap_or("{}"))
}

/// Refuses a request that was made for another version.
pub(super) fn same_version(input: &Members, cart: &str) -> Result<(), Failure> {
    let version = |members: &Members| members.get("version").and_then(json::integer);
    let held = Members::read(cart).as_ref().and_then(version).unwrap_or(1);
    match version(input) {
        Some(named) if named != held => Err(Failure::new(
            409,
            "The request cannot be processed due to a possible conflict. Please review the changes and try again.",
        )),
        _ => Ok(()),
    }
}

fn answer(data: &Data, cart: i64, query: &Query, status: u16) -> Answer {
    serve::one(data, data.table("carts").resource, cart, query, Version::V3, status)
}

/// Makes a cart of lines, custom lines and gift certificates.
pub(super) fn create(data: &mut Data, query: &Query, body: &str) -> Result<Answer, Failure> {
    let input = read_object(body)?;
    let mut draft = Draft::new(data.table("carts").resource, 0, 0, None);
    draft.take(&input, Version::V3)?;
    let mut lines = Lines::default();
    cart_lines::add(data, &mut lines, &input)?;
    if lines.is_empty() {
        return Err(missing("line_items"));
    }
    named(data, &mut draft)?;
    let shop = data.text("store", 1).and_then(Members::read).and_then(|store| store.get("currency"));
    let usual = format!("{{\"code\":{}}}", shop.unwrap_or("\"USD\""));
    let sent = draft.given("currency").and_then(Members::read).and_then(|currency| currency.get("code"));
    let channel = draft.given("channel_id").and_then(json::integer);
    if let Some(id) = channel.filter(|id| !orders::has_channel(data, *id)) {
        let reason = format!("The channel {id} does not exist.");
        return Err(Failure::new(422, reason.clone()).field("channel_id", reason));
    }
    if let Some(code) = sent.map(json::plain).filter(|code| !orders::has_currency(data, code)) {
        let reason = format!("The store has no currency {code}.");
        return Err(Failure::new(422, reason.clone()).field("currency.code", reason));
    }
    let currency = sent.map_or(usual, |code| format!("{{\"code\":{code}}}"));
    draft.set("currency", currency);
    cart_lines::total(data, &mut lines, &mut draft);
    let cart = write::store(data, draft)?;
    let asked = query.list("include").is_some_and(|names| names.contains(&"redirect_urls"));
    if !asked {
        return Ok(answer(data, cart, query, 201));
    }
    let links = links(data, cart);
    let made = answer(data, cart, query, 201);
    let text = String::from_utf8_lossy(&made.body).into_owned();
    let whole = Members::read(&text).and_then(|whole| whole.get("data")).unwrap_or("{}");
    Ok(Answer::data(201, &json::edit(whole, &[("redirect_urls", links)])))
}

/// Checks the customer of a cart and takes over its e-mail address.
fn named(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    let Some(customer) = draft.given("customer_id").and_then(json::integer) else { return Ok(()) };
    if customer == 0 {
        draft.set("email", "\"\"");
        return Ok(());
    }
    let email = data.text("customers", customer).and_then(Members::read).and_then(|m| m.get("email"));
    let email = email.ok_or_else(|| {
        let failure = Failure::new(422, "JSON data is missing or invalid");
        failure.field("customer_id", format!("The customer {customer} does not exist."))
    })?;
    draft.set("email", email.to_owned());
    Ok(())
}

/// Gives a cart another customer; what was bound to the one before is dropped.
pub(super) fn update(data: &mut Data, cart: i64, query: &Query, body: &str) -> Result<Answer, Failure> {
    let (held, input) = (text(data, cart)?, read_object(body)?);
    same_version(&input, &held)?;
    if input.get("customer_id").is_none() {
        return Err(missing("customer_id"));
    }
    let Some(mut draft) = write::open(data, data.table("carts").resource, cart) else {
        return Ok(Answer::nothing());
    };
    draft.take(&input, Version::V3)?;
    named(data, &mut draft)?;
    draft.set("coupons", "[]");
    cart_lines::total(data, &mut lines(&held), &mut draft);
    write::keep(data, &mut draft);
    super::checkout_parts::forget_shipping(data, cart);
    Ok(answer(data, cart, query, 201))
}

/// Adds lines.
pub(super) fn add(data: &mut Data, cart: i64, query: &Query, body: &str) -> Result<Answer, Failure> {
    let (held, input) = (text(data, cart)?, read_object(body)?);
    same_version(&input, &held)?;
    let mut lines = lines(&held);
    if cart_lines::add(data, &mut lines, &input)? == 0 {
        return Err(missing("line_items"));
    }
    keep(data, cart, &mut lines);
    Ok(answer(data, cart, query, 201))
}

/// Changes the quantity or the price of a line.
pub(super) fn change(
    data: &mut Data,
    cart: i64,
    item: &str,
    query: &Query,
    body: &str,
) -> Result<Answer, Failure> {
    let (held, input) = (text(data, cart)?, read_object(body)?);
    same_version(&input, &held)?;
    let mut lines = lines(&held);
    let gone = || Failure::not_found(Version::V3, "cart item", item);
    let place = lines.find(item).ok_or_else(gone)?;
    let sent = input.get("line_item").ok_or_else(|| missing("line_item"))?;
    if !cart_lines::change(&mut lines, place, &read_object(sent)?)? {
        return Ok(remove(data, cart, &mut lines, place, query));
    }
    keep(data, cart, &mut lines);
    Ok(answer(data, cart, query, 200))
}

/// Takes a line away, and the cart with its last one.
pub(super) fn delete(
    data: &mut Data,
    cart: i64,
    item: &str,
    query: &Query,
    body: &str,
) -> Result<Answer, Failure> {
    let held = text(data, cart)?;
    if !body.trim().is_empty() {
        same_version(&read_object(body)?, &held)?;
    }
    let mut lines = lines(&held);
    let gone = || Failure::not_found(Version::V3, "cart item", item);
    let place = lines.find(item).ok_or_else(gone)?;
    Ok(remove(data, cart, &mut lines, place, query))
}

fn remove(data: &mut Data, cart: i64, lines: &mut Lines, place: (usize, usize), query: &Query) -> Answer {
    lines.remove(place);
    // Also the cart that goes is changed first: that is told.
    keep(data, cart, lines);
    if !lines.is_empty() {
        return answer(data, cart, query, 200);
    }
    drop_cart(data, cart);
    Answer::nothing()
}

/// Removes a cart with what leads to it.
pub(super) fn drop_cart(data: &mut Data, cart: i64) {
    let resource = data.table("carts").resource;
    // Nothing refuses the removal of a cart.
    write::delete(data, resource, cart).ok();
}

/// Removes the tokens of a cart that is removed.
pub(super) fn deleting(data: &mut Data, cart: i64) {
    let Some(id) = id(data, cart) else { return };
    let tokens = data.table("abandoned_carts").records().iter();
    let own = |record: &&Record| {
        Members::read(&record.text).is_some_and(|m| m.get("cart_id") == Some(quote(&id).as_str()))
    };
    let own: Vec<i64> = tokens.filter(own).map(|record| record.id).collect();
    for token in own {
        data.remove("abandoned_carts", token);
    }
}

fn id(data: &Data, cart: i64) -> Option<String> {
    let text = data.text("carts", cart)?;
    Members::read(text)?.get("id").map(|raw| json::plain(raw).into_owned())
}

/// Stores a cart's lines and what they come to.
pub(super) fn keep(data: &mut Data, cart: i64, lines: &mut Lines) {
    let Some(mut draft) = write::open(data, data.table("carts").resource, cart) else { return };
    let before = Lines::read(&draft.get("line_items").unwrap_or_default());
    cart_lines::total(data, lines, &mut draft);
    write::keep(data, &mut draft);
    super::checkout_parts::follow(data, cart, &before, lines);
}

/// Makes links that lead a shopper to the cart, each for one visit.
pub(super) fn redirect(data: &mut Data, cart: i64, body: &str) -> Result<Answer, Failure> {
    text(data, cart)?;
    let mut tail = String::new();
    if !body.trim().is_empty() {
        let input = read_object(body)?;
        let sent = input.get("query_params").unwrap_or("[]");
        let pairs = if sent.starts_with('{') { vec![sent] } else { json::entries(sent).unwrap_or_default() };
        for pair in pairs.into_iter().filter_map(Members::read) {
            let text = |name: &str| pair.get(name).map(|raw| serve::encode(&json::plain(raw)));
            if let (Some(key), Some(value)) = (text("key"), text("value")) {
                tail += &format!("&{key}={value}");
            }
        }
    }
    let links = links(data, cart);
    let links = Members::read(&links).unwrap_or(Members(Vec::new()));
    let longer: Vec<(String, String)> = links
        .0
        .iter()
        .map(|(name, url)| (name.to_string(), quote(&format!("{}{tail}", json::plain(url.get())))))
        .collect();
    let text = json::object(longer.iter().map(|(name, url)| (name.as_str(), url.as_str())));
    Ok(Answer::data(201, &text))
}

/// Three links of one token.
fn links(data: &mut Data, cart: i64) -> String {
    let until = data.clock.now() + LIFE;
    let number = data.claim("cart_redirects");
    let token = chance::uuid("cart_redirects", number);
    let text = format!("{{\"id\":\"{token}\",\"until\":{until}}}");
    data.insert("cart_redirects", Record { id: number, parent: cart, modified: 0, text: text.into() });
    let cart = id(data, cart).unwrap_or_default();
    let origin = data.base.split("/stores/").next().unwrap_or_default();
    let link = |action: &str| quote(&format!("{origin}/cart.php?{action}&id={cart}&token={token}"));
    format!(
        "{{\"cart_url\":{},\"checkout_url\":{},\"embedded_checkout_url\":{}}}",
        link("action=load"),
        link("action=loadInCheckout"),
        link("embedded=1&action=loadInCheckout")
    )
}

/// What a shopper who follows a link gets: where it leads, once.
pub(crate) fn visit(data: &mut Data, query: &Query) -> Option<String> {
    let table = data.table("cart_redirects");
    let number = table.holder("id", query.get("token")?)?;
    let record = table.get(number)?.clone();
    let until = Members::read(&record.text)?.get("until").and_then(json::integer)?;
    let fits = text(data, record.parent).ok().and(id(data, record.parent)).as_deref() == query.get("id");
    let done = data.all_or_nothing(|data| {
        data.remove("cart_redirects", number);
        Ok::<_, Infallible>(())
    });
    done.unwrap_or_else(|never| match never {});
    let page = if query.get("action") == Some("load") { "cart" } else { "checkout" };
    (fits && until > data.clock.now()).then(|| format!("/{page}"))
}

/// Carts that nobody changed for an hour and that were not told of since, with the tokens that they have.
fn left(data: &Data) -> Vec<(i64, Option<i64>)> {
    if data.table("carts").records().is_empty() {
        return Vec::new();
    }
    let now = data.clock.now();
    let mut told: HashMap<String, &Record> = HashMap::new();
    for record in data.table("abandoned_carts").records() {
        if let Some(cart) = Members::read(&record.text).and_then(|m| m.get("cart_id")) {
            told.insert(json::plain(cart).into_owned(), record);
        }
    }
    let waiting = data.table("carts").records().iter();
    let waiting = waiting.filter(|cart| cart.modified + PATIENCE <= now && is_alive(cart, now));
    waiting
        .filter_map(|cart| {
            let known = id(data, cart.id).and_then(|id| told.get(&id));
            match known {
                Some(record) if record.modified >= cart.modified => None,
                known => Some((cart.id, known.map(|record| record.id))),
            }
        })
        .collect()
}

/// Whether carts were left that nobody was told of.
pub(crate) fn are_left(data: &Data) -> bool {
    !left(data).is_empty()
}

/// Tells of the carts that were left, each with a token to find it again.
pub(crate) fn leave(data: &mut Data) {
    let now = data.clock.now();
    let done = data.all_or_nothing(|data| {
        for (cart, token) in left(data) {
            let (Some(id), Some(modified)) =
                (id(data, cart), data.table("carts").get(cart).map(|c| c.modified))
            else {
                continue;
            };
            let number = token.unwrap_or_else(|| data.claim("abandoned_carts"));
            let token = chance::uuid("abandoned_carts", number);
            let text = format!("{{\"token\":\"{token}\",\"cart_id\":\"{id}\",\"left\":{now}}}");
            let record = Record { id: number, parent: 0, modified, text: text.into() };
            data.remove("abandoned_carts", number);
            data.insert("abandoned_carts", record);
        }
        Ok::<_, Infallible>(())
    });
    done.unwrap_or_else(|never| match never {});
}

/// The cart behind a token.
pub(super) fn abandoned(data: &Data, token: i64) -> Result<Answer, Failure> {
    let text = data.text("abandoned_carts", token).unwrap_or("{}");
    let cart = Members::read(text).and_then(|members| members.get("cart_id")).unwrap_or("null");
    Ok(Answer::data(200, &format!("{{\"cart_id\":{cart}}}")))
}

/// Adds the options of the lines to the cart rendered from `start` on, where they are wanted.
pub(super) fn render(view: &View, data: &Data, cart: &Record, start: usize, out: &mut Vec<u8>) {
    let mut lines = lines(&cart.text);
    for kind in 0..2 {
        if view.has(&format!("line_items.{}.options", cart_lines::KINDS[kind])) {
            for line in &mut lines.0[kind] {
                let options = cart_lines::options(data, line);
                *line = json::edit(line, &[("options", options)]);
            }
        }
    }
    out.truncate(start);
    out.extend_from_slice(json::edit(&cart.text, &[("line_items", lines.text())]).as_bytes());
}
