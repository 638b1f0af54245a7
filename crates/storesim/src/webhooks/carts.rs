//! Events of carts and their lines (page "Carts" of docs/integrations/webhooks/events): a cart that is
//! made is told of as changed, too, and so is one that goes with its last line.

use super::event::{Event, number};
use crate::hooks::CART_LINES;
use crate::json::{self, Members};
use crate::table::Record;

/// How a cart ended.
pub(super) enum End {
    /// It was deleted.
    Deleted,
    /// Its last line was.
    Emptied,
    /// It became this order.
    Converted(i64),
}

/// Tells what happened to a cart.
pub(super) fn tell(old: Option<&Record>, new: Option<&Record>, end: End, events: &mut Vec<Event>) {
    let Some(record) = new.or(old) else { return };
    let channel = number(&record.text, "channel_id").unwrap_or(1);
    let id = Members::read(&record.text).and_then(|cart| cart.get("id")).unwrap_or("\"\"").to_owned();
    let mut cart = |what: &str, more: &str| {
        let data = format!("{{\"type\":\"cart\",\"id\":{id}{more}}}");
        events.push(Event::new(format!("store/cart/{what}"), data));
        let scope = format!("store/channel/{channel}/cart/{what}");
        events.push(Event::new(scope, format!("{{\"cart_id\":{id}}}")));
    };
    match (old, new) {
        (None, Some(_)) => {
            cart("created", "");
            cart("updated", "");
        }
        (Some(old), Some(new)) if old.text != new.text => {
            let had = coupons(&old.text);
            for coupon in coupons(&new.text).iter().filter(|coupon| !had.contains(coupon)) {
                cart("couponApplied", &format!(",\"couponId\":{coupon}"));
            }
            cart("updated", "");
        }
        (Some(_), None) => match end {
            End::Deleted => cart("deleted", ""),
            End::Emptied => {
                cart("updated", "");
                cart("deleted", "");
            }
            End::Converted(order) => {
                cart("converted", &format!(",\"orderId\":{order}"));
                return;
            }
        },
        _ => return,
    }
    let (before, now) = (lines(old), lines(new));
    let mut line = |what: &str, item: &str| {
        let data = format!("{{\"type\":\"cart_line_item\",\"id\":{item},\"cartId\":{id}}}");
        events.push(Event::new(format!("store/cart/lineItem/{what}"), data));
        let scope = format!("store/channel/{channel}/cart/lineItem/{what}");
        events.push(Event::new(scope, format!("{{\"cart_id\":{id},\"cart_item_id\":{item}}}")));
    };
    for (item, text) in &now {
        match before.iter().find(|(known, _)| known == item) {
            None => line("created", item),
            Some((_, held)) if held != text => line("updated", item),
            Some(_) => {}
        }
    }
    for (item, _) in before.iter().filter(|(item, _)| !now.iter().any(|(known, _)| known == item)) {
        line("deleted", item);
    }
}

/// The ids of the coupons of a cart, as text.
fn coupons(cart: &str) -> Vec<String> {
    let held = Members::read(cart).and_then(|cart| cart.get("coupons")).and_then(json::entries);
    let id = |coupon: &str| Members::read(coupon)?.get("id").map(|raw| json::plain(raw).into_owned());
    held.unwrap_or_default().into_iter().filter_map(id).collect()
}

/// The lines of a cart: ids as JSON text, and the lines.
fn lines(cart: Option<&Record>) -> Vec<(String, String)> {
    let Some(cart) = cart.and_then(|cart| Members::read(&cart.text)) else { return Vec::new() };
    let Some(kinds) = cart.get("line_items").and_then(Members::read) else { return Vec::new() };
    let entries = CART_LINES.iter().filter_map(|kind| kinds.get(kind)).filter_map(json::entries).flatten();
    let line = |entry: &str| Some((Members::read(entry)?.get("id")?.to_owned(), entry.to_owned()));
    entries.filter_map(line).collect()
}
