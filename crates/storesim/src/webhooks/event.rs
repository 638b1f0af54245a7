//! What the store tells of a change, read off the journal: what was there before and what is now.
//!
//! So a change fires the same events whether a request, `/_sim/mutate` or another change made it, and
//! a request that changes nothing fires none. Which changes fire is described on the pages "Webhook
//! events" of docs/integrations/webhooks/events.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::{carts, catalog, stock};
use crate::data::{Data, Undo};
use crate::declare::Told;
use crate::json::{self, Members};
use crate::table::Record;

/// One event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// The concrete scope; of inventory events the one with a literal `*`.
    pub scope: Cow<'static, str>,
    /// The member `data` of its body.
    pub data: String,
}

impl Event {
    pub fn new(scope: impl Into<Cow<'static, str>>, data: String) -> Self {
        Self { scope: scope.into(), data }
    }
}

/// Members of a product whose change is told (page "Products", event `store/product/updated`).
const PRODUCT: &[&str] = &[
    "availability",
    "availability_description",
    "categories",
    "brand_id",
    "condition",
    "is_condition_shown",
    "description",
    "width",
    "height",
    "depth",
    "weight",
    "inventory_tracking",
    "inventory_level",
    "is_featured",
    "meta_description",
    "name",
    "order_quantity_minimum",
    "order_quantity_maximum",
    "open_graph_type",
    "open_graph_title",
    "open_graph_description",
    "open_graph_use_meta_description",
    "open_graph_use_product_name",
    "open_graph_use_image",
    "page_title",
    "is_preorder_only",
    "preorder_message",
    "price",
    "cost_price",
    "retail_price",
    "sale_price",
    "is_price_hidden",
    "price_hidden_label",
    "type",
    "related_products",
    "reviews_count",
    "search_keywords",
    "fixed_cost_shipping_price",
    "is_free_shipping",
    "sku",
    "sort_order",
    "tax_class_id",
    "layout_file",
    "total_sold",
    "upc",
    "is_visible",
    "warranty",
];

/// Members of a variant that follow from its product or its stock, which have events of their own.
const DERIVED: &[&str] = &["calculated_price", "calculated_weight", "inventory_level"];

/// A record as it was before a request.
#[derive(Clone, Copy)]
pub(super) struct Before<'a> {
    live: Option<&'a Record>,
    archived: Option<&'a Record>,
}

/// Everything that a request touched, as it was before.
pub(super) struct Changes<'a> {
    pub data: &'a Data,
    records: HashMap<(&'static str, i64), Before<'a>>,
    /// How often each record was written.
    writes: HashMap<(&'static str, i64), u32>,
}

impl Changes<'_> {
    /// The text of a record before the request, when it was there.
    pub fn before(&self, table: &'static str, id: i64) -> Option<&str> {
        match self.records.get(&(table, id)) {
            Some(before) => before.live.map(|record| &*record.text),
            None => self.data.text(table, id),
        }
    }

    /// Whether the request made this record.
    pub fn is_new(&self, table: &'static str, id: i64) -> bool {
        let before = self.records.get(&(table, id));
        before.is_some_and(|before| before.live.is_none() && before.archived.is_none())
    }
}

/// The events of one request.
pub(crate) fn of(data: &Data, journal: &[Undo]) -> Vec<Event> {
    let mut changes = Changes { data, records: HashMap::new(), writes: HashMap::new() };
    let (mut order, mut items) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    for undo in journal {
        match undo {
            Undo::Record { table, id, live, archived } => {
                let key = (data.tables()[*table].resource.name.as_str(), *id);
                *changes.writes.entry(key).or_default() += 1;
                changes.records.entry(key).or_insert_with(|| {
                    order.push(key);
                    Before { live: live.as_ref(), archived: archived.as_ref() }
                });
            }
            Undo::Item { key, before, cause } if seen.insert(*key) => {
                items.push((*key, before.as_ref(), *cause));
            }
            Undo::Item { .. } | Undo::Taken { .. } => {}
        }
    }
    let mut teller = Teller { changes: &changes, updated: HashSet::new(), events: Vec::new() };
    for (table, id) in &order {
        teller.record(table, *id);
    }
    let mut events = teller.events;
    catalog::tell(&changes, &order, &mut events);
    for (key, before, cause) in items {
        stock::tell(&changes, key, before, cause, &mut events);
    }
    events
}

struct Teller<'a> {
    changes: &'a Changes<'a>,
    /// Products and orders that have their `updated` already.
    updated: HashSet<(&'static str, i64)>,
    events: Vec<Event>,
}

impl Teller<'_> {
    fn record(&mut self, table: &'static str, id: i64) {
        let Some(before) = self.changes.records.get(&(table, id)).copied() else { return };
        let data = self.changes.data;
        let now = data.table(table).get(id);
        match table {
            "products" => {
                let scopes = ["store/product/created", "store/product/deleted"];
                let plain = format!("{{\"type\":\"product\",\"id\":{id}}}");
                match (before.live, now) {
                    (Some(old), Some(new))
                        if differ(&old.text, &new.text, |name| PRODUCT.contains(&name)) =>
                    {
                        self.product(id);
                    }
                    (old, new) => self.made_or_gone(scopes, old, new, plain),
                }
            }
            "variants" => self.variant(id, before.live, now),
            "categories" => {
                let data = format!("{{\"type\":\"category\",\"id\":{id}}}");
                let scopes = ["store/category/created", "store/category/updated", "store/category/deleted"];
                self.usual(scopes, before.live, now, data, |_| true);
            }
            "customers" => {
                let mut data = format!("{{\"type\":\"customer\",\"id\":{id}}}");
                if let (None, Some(new)) = (before.live, now) {
                    data.pop();
                    data += &channels(&new.text);
                }
                let scopes = ["store/customer/created", "store/customer/updated", "store/customer/deleted"];
                self.usual(scopes, before.live, now, data, |name| name != "date_modified");
            }
            "customer_addresses" => {
                let customer = before.live.or(now).map_or(0, |record| record.parent);
                let data = format!(
                    "{{\"type\":\"customer\",\"id\":{id},\"address\":{{\"customer_id\":{customer}}}}}"
                );
                let scopes = [
                    "store/customer/address/created",
                    "store/customer/address/updated",
                    "store/customer/address/deleted",
                ];
                self.usual(scopes, before.live, now, data, |_| true);
            }
            "orders" => self.order(id, before, now),
            "carts" => {
                let end = match before.live.filter(|_| now.is_none()) {
                    Some(old) => self.end_of_cart(id, old),
                    None => carts::End::Deleted,
                };
                carts::tell(before.live, now, end, &mut self.events);
            }
            "abandoned_carts" => self.abandoned(before.live, now),
            "order_products" | "order_shipping_addresses" | "order_coupons" | "order_fees" => {
                let order = before.live.or(now).map_or(0, |record| record.parent);
                let same = before.live.map(|old| &old.text) == now.map(|new| &new.text);
                if !same && !self.changes.is_new("orders", order) && data.table("orders").get(order).is_some()
                {
                    self.order_updated(order);
                }
            }
            "order_refunds" | "order_messages" => {
                if let (None, Some(new)) = (before.live, now) {
                    let what = if table == "order_refunds" { "refund/created" } else { "message/created" };
                    self.order_in_channel(new.parent, what);
                }
            }
            "locations" => match (before.live, now) {
                (None, Some(_)) => self.location("store/inventory/location/created", id),
                (Some(old), Some(new)) if differ(&old.text, &new.text, |name| name != "updated_at") => {
                    self.location("store/inventory/location/updated", id);
                }
                _ => {}
            },
            "store" if before.live.map(|old| &old.text) != now.map(|new| &new.text) => {
                self.events.push(Event::new("store/information/updated", "{\"type\":\"store\"}".into()));
            }
            _ => {}
        }
        for told in &data.table(table).resource.events {
            self.declared(told, table, id, before.live, now);
        }
    }

    /// Tells what the resource's declaration says.
    fn declared(
        &mut self,
        told: &'static Told,
        table: &'static str,
        id: i64,
        old: Option<&Record>,
        new: Option<&Record>,
    ) {
        let Some(record) = new.or(old) else { return };
        let counts = |name: &str| {
            (told.only.is_empty() || told.only.iter().any(|member| member == name))
                && !told.except.iter().any(|member| member == name)
        };
        let scope = match (old, new) {
            (None, Some(_)) => &told.created,
            (Some(_), None) => &told.deleted,
            (Some(old), Some(new)) if differ(&old.text, &new.text, counts) => &told.updated,
            _ => return,
        };
        if told.updates_parent {
            let owner = self.changes.data.table(table).resource.parent.as_deref();
            let parent = record.parent;
            match owner {
                Some(owner @ ("products" | "orders"))
                    if !self.changes.is_new(owner, parent)
                        && self.changes.data.table(owner).get(parent).is_some() =>
                {
                    if owner == "products" {
                        self.product(parent)
                    } else {
                        self.order_updated(parent)
                    }
                }
                _ => {}
            }
            return;
        }
        let scope = scope.as_deref().filter(|scope| scope.starts_with("store/"));
        let Some(scope) = scope.and_then(|scope| filled(scope, id, record, None)) else { return };
        let data = filled(&told.data, id, record, Some("null")).unwrap_or(Cow::Borrowed("{}"));
        self.events.push(Event::new(scope, data.into_owned()));
    }

    /// Tells of a record that was made, changed in a member that counts, or removed.
    fn usual(
        &mut self,
        [created, updated, deleted]: [&'static str; 3],
        old: Option<&Record>,
        new: Option<&Record>,
        data: String,
        counts: impl Fn(&str) -> bool,
    ) {
        match (old, new) {
            (Some(old), Some(new)) if differ(&old.text, &new.text, counts) => {
                self.events.push(Event::new(updated, data));
            }
            (old, new) => self.made_or_gone([created, deleted], old, new, data),
        }
    }

    fn made_or_gone(
        &mut self,
        [created, deleted]: [&'static str; 2],
        old: Option<&Record>,
        new: Option<&Record>,
        data: String,
    ) {
        match (old, new) {
            (None, Some(_)) => self.events.push(Event::new(created, data)),
            (Some(_), None) => self.events.push(Event::new(deleted, data)),
            _ => {}
        }
    }

    fn product(&mut self, id: i64) {
        if self.updated.insert(("products", id)) {
            let data = format!("{{\"type\":\"product\",\"id\":{id}}}");
            self.events.push(Event::new("store/product/updated", data));
        }
    }

    /// A variant is told of by its sku id; a base variant has none, and its change is its product's.
    fn variant(&mut self, id: i64, old: Option<&Record>, new: Option<&Record>) {
        let Some(record) = new.or(old) else { return };
        let product = record.parent;
        let counts = |name: &str| !DERIVED.contains(&name);
        match number(&record.text, "sku_id") {
            Some(sku) => {
                let data = format!(
                    "{{\"type\":\"sku\",\"id\":{sku},\"sku\":{{\"product_id\":{product},\"variant_id\":{id}}}}}"
                );
                self.usual(
                    ["store/sku/created", "store/sku/updated", "store/sku/deleted"],
                    old,
                    new,
                    data,
                    counts,
                );
            }
            None => {
                if let (Some(old), Some(new)) = (old, new)
                    && differ(&old.text, &new.text, counts)
                {
                    self.product(product);
                }
            }
        }
    }

    fn order(&mut self, id: i64, before: Before, now: Option<&Record>) {
        let plain = || format!("{{\"type\":\"order\",\"id\":{id}}}");
        match (before.live, before.archived, now) {
            (None, None, Some(_)) => {
                self.events.push(Event::new("store/order/created", plain()));
                self.order_in_channel(id, "created");
            }
            (Some(_), _, None) => {
                self.events.push(Event::new("store/order/archived", plain()));
                self.order_in_channel(id, "archived");
            }
            (Some(old), _, Some(new)) | (None, Some(old), Some(new)) if old.text != new.text => {
                self.order_updated(id);
                let status = |text| number(text, "status_id").unwrap_or(0);
                let (previous, new) = (status(&old.text), status(&new.text));
                if previous != new {
                    let data = format!(
                        "{{\"type\":\"order\",\"id\":{id},\"status\":{{\"previous_status_id\":{previous},\"new_status_id\":{new}}}}}"
                    );
                    self.events.push(Event::new("store/order/statusUpdated", data));
                    self.order_in_channel(id, "statusUpdated");
                }
            }
            _ => {}
        }
    }

    fn order_updated(&mut self, id: i64) {
        if self.updated.insert(("orders", id)) {
            let data = format!("{{\"type\":\"order\",\"id\":{id}}}");
            self.events.push(Event::new("store/order/updated", data));
            self.order_in_channel(id, "updated");
        }
    }

    /// The same event by the scope of the order's channel.
    fn order_in_channel(&mut self, id: i64, what: &str) {
        let order = self.changes.data.table("orders").any(id);
        let channel = order.and_then(|order| number(&order.text, "channel_id")).unwrap_or(1);
        let scope = format!("store/channel/{channel}/order/{what}");
        self.events.push(Event::new(scope, format!("{{\"order_id\":{id}}}")));
    }

    /// How a cart that is gone ended. Of one that goes with its last line the line is written first.
    fn end_of_cart(&self, id: i64, cart: &Record) -> carts::End {
        let cart = Members::read(&cart.text);
        let own = cart.as_ref().and_then(|cart| cart.get("id"));
        for (table, order) in self.changes.records.keys().filter(|(table, _)| *table == "orders") {
            let order_text = self.changes.data.table(table).any(*order).map(|record| &record.text);
            if own.is_some() && order_text.and_then(|text| Members::read(text)?.get("cart_id")) == own {
                return carts::End::Converted(*order);
            }
        }
        match self.changes.writes.get(&("carts", id)) {
            Some(2..) => carts::End::Emptied,
            _ => carts::End::Deleted,
        }
    }

    /// Tells of a cart that was left, once for each time.
    fn abandoned(&mut self, old: Option<&Record>, new: Option<&Record>) {
        let Some(new) = new.filter(|new| old.is_none_or(|old| old.text != new.text)) else { return };
        let Some(members) = Members::read(&new.text) else { return };
        let raw = |name: &str| members.get(name).unwrap_or("null");
        let (cart, token) = (raw("cart_id"), raw("token"));
        let data = format!("{{\"type\":\"cart\",\"id\":{cart},\"token\":{token}}}");
        self.events.push(Event::new("store/cart/abandoned", data));
        let table = self.changes.data.table("carts");
        let record = table.holder("id", &json::plain(cart)).and_then(|id| table.get(id));
        let channel = record.and_then(|record| number(&record.text, "channel_id")).unwrap_or(1);
        let scope = format!("store/channel/{channel}/cart/abandoned");
        self.events.push(Event::new(scope, format!("{{\"cart_id\":{cart}}}")));
    }

    fn location(&mut self, scope: &'static str, id: i64) {
        self.events.push(Event::new(scope, format!("{{\"location_id\":{id}}}")));
    }
}

/// What recorded events of new customers say beside the id, as the rest of the object.
fn channels(customer: &str) -> String {
    let members = Members::read(customer);
    let raw = |name: &str| members.as_ref().and_then(|members| members.get(name));
    let origin = raw("origin_channel_id").unwrap_or("1");
    match raw("channel_ids") {
        Some(ids) if ids != "null" => format!(",\"origin_channel_id\":{origin},\"channel_ids\":{ids}}}"),
        _ => format!(",\"origin_channel_id\":{origin},\"channel_ids\":[{origin}]}}"),
    }
}

/// A declared text with its names in braces filled from a record; `None` when one is not there and
/// nothing stands in for it.
pub(super) fn filled(
    template: &'static str,
    id: i64,
    record: &Record,
    missing: Option<&str>,
) -> Option<Cow<'static, str>> {
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if !template.contains('{') {
        return Some(Cow::Borrowed(template));
    }
    let members = Members::read(&record.text);
    let (mut out, mut rest) = (String::with_capacity(template.len() + 16), template);
    while let Some(at) = rest.find('{') {
        let name = rest[at + 1..].split('}').next().filter(|name| is_name(name));
        let Some(name) = name else {
            out.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            continue;
        };
        out.push_str(&rest[..at]);
        match name {
            "id" => out.push_str(&id.to_string()),
            // What belongs to nothing has no scope of that.
            "parent" if record.parent == 0 => out.push_str(missing?),
            "parent" => out.push_str(&record.parent.to_string()),
            _ => {
                let raw = members.as_ref().and_then(|members| members.get(name));
                let raw = raw.filter(|raw| *raw != "null" || missing.is_some()).or(missing)?;
                // Within quotes a text stands without its own.
                let inner = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"'));
                out.push_str(inner.filter(|_| out.ends_with('"')).unwrap_or(raw));
            }
        }
        rest = &rest[at + 2 + name.len()..];
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}

/// An integer member.
pub(super) fn number(text: &str, name: &str) -> Option<i64> {
    Members::read(text)?.get(name).and_then(json::integer)
}

/// Whether two texts of a record differ in a member that counts.
fn differ(old: &str, new: &str, counts: impl Fn(&str) -> bool) -> bool {
    if old == new {
        return false;
    }
    let (Some(old), Some(new)) = (Members::read(old), Members::read(new)) else { return true };
    let names = old.0.iter().chain(&new.0).map(|(name, _)| name.as_ref());
    names.into_iter().any(|name| counts(name) && old.get(name) != new.get(name))
}
