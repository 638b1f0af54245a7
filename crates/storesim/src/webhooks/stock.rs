//! Events of stock: whose they are depends on how the product is tracked, which ones they are on what
//! moved the stock (page "Inventory" of docs/integrations/webhooks/events).

use super::event::{Changes, Event, number};
use crate::data::Cause;
use crate::json::Members;
use crate::stock::{Item, ItemKey, Level};

/// A location's level before and after a request.
struct Move<'a> {
    location: i64,
    old: Option<&'a Level>,
    new: Option<&'a Level>,
}

impl Move<'_> {
    fn onhand(&self) -> (Option<i64>, Option<i64>) {
        (self.old.map(|level| level.onhand), self.new.map(|level| level.onhand))
    }

    fn changes_settings(&self) -> bool {
        let settings = |level: &Level| (level.safety, level.in_stock, level.warning, level.bin.clone());
        let fresh = Level::new(self.location, 0);
        let (old, new) = (self.old.unwrap_or(&fresh), self.new.unwrap_or(&fresh));
        self.new.is_some() && settings(old) != settings(new)
    }

    /// Whether what can be sold fell to `bound` or under it.
    fn falls_to(&self, bound: i64) -> bool {
        let available = |level: Option<&Level>| level.map_or(0, Level::available);
        available(self.old) > bound && available(self.new) <= bound
    }
}

/// Tells what happened to one item.
pub(super) fn tell(
    changes: &Changes,
    key: ItemKey,
    before: Option<&Item>,
    cause: Cause,
    events: &mut Vec<Event>,
) {
    // An item that counts no more has no level to tell: the one that counts instead is told.
    let now = changes.data.stock.get(key);
    let Some(item) = now else { return };
    let (product, variant) = (item.product, item.variant);
    let owner = changes.data.text("products", product);
    // The events of the product or variant itself say enough when it is new or gone.
    let Some(owner) = owner.filter(|_| !changes.is_new("products", product)) else { return };
    let sku = match variant {
        None => None,
        Some(id) if changes.is_new("variants", id) => return,
        Some(id) => match changes.data.text("variants", id) {
            None => return,
            Some(text) => number(text, "sku_id").map(|sku| (sku, id)),
        },
    };
    let moves = moves(before, now);
    let moved = || moves.iter().filter(|step| step.onhand().0 != step.onhand().1);
    if let Some(first) = moved().next() {
        let (old, new) = first.onhand();
        let (method, value) = match cause {
            Cause::Relative => ("relative", new.unwrap_or(0) - old.unwrap_or(0)),
            Cause::Set | Cause::Order => ("absolute", new.unwrap_or(0)),
        };
        let tracking = Members::read(owner).and_then(|members| members.get("inventory_tracking"));
        let by_order = cause == Cause::Order;
        let detail = format!("\"product_id\":{product},\"method\":\"{method}\",\"value\":{value}");
        events.push(match sku {
            Some((sku, variant)) if tracking != Some("\"product\"") => Event::new(
                if by_order { "store/sku/inventory/order/updated" } else { "store/sku/inventory/updated" },
                format!(
                    "{{\"type\":\"sku\",\"id\":{sku},\"inventory\":{{{detail},\"variant_id\":{variant}}}}}"
                ),
            ),
            _ => Event::new(
                if by_order {
                    "store/product/inventory/order/updated"
                } else {
                    "store/product/inventory/updated"
                },
                format!("{{\"type\":\"product\",\"id\":{product},\"inventory\":{{{detail}}}}}"),
            ),
        });
    }
    // "variant_id or product_id as necessary" (webhooks.v3.yml): a product tracked as a whole has no
    // variant to name.
    let variant = variant.map(|id| format!("\"variant_id\":{id},")).unwrap_or_default();
    let mut place = |scope: &'static str, location: i64| {
        let data = format!("{{{variant}\"product_id\":{product},\"location_id\":{location}}}");
        events.push(Event::new(scope, data));
    };
    for step in &moves {
        let (old, new) = step.onhand();
        if cause != Cause::Order && old != new {
            place("store/channel/*/inventory/product/stock_changed", step.location);
        }
        if cause == Cause::Order {
            let warning = step.new.map_or(0, |level| level.warning);
            if step.falls_to(0) {
                place("store/channel/*/inventory/product/out_of_stock_reached", step.location);
            } else if warning > 0 && step.falls_to(warning) {
                place("store/channel/*/inventory/product/low_stock_reached", step.location);
            }
        }
        if step.changes_settings() {
            place("store/channel/*/inventory/product/settings_changed", step.location);
        }
    }
}

fn moves<'a>(before: Option<&'a Item>, now: Option<&'a Item>) -> Vec<Move<'a>> {
    let levels = |item: Option<&'a Item>| item.map_or(&[][..], |item| &item.levels);
    let find = |levels: &'a [Level], location| levels.iter().find(|level| level.location == location);
    let (old, new) = (levels(before), levels(now));
    let mut locations: Vec<i64> = old.iter().chain(new).map(|level| level.location).collect();
    locations.sort_unstable();
    locations.dedup();
    locations
        .into_iter()
        .map(|location| Move { location, old: find(old, location), new: find(new, location) })
        .collect()
}
