//! Everything the store holds, and the journal that makes each request all or nothing and tells which
//! events it fires.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::caller::Caller;
use crate::clock::Clock;
use crate::declare::{self, resources};
use crate::error::Error;
use crate::hooks;
use crate::hooks::assignments;
use crate::json::{self, Members};
use crate::pending::Pending;
use crate::readings::Readings;
use crate::recordings::Recordings;
use crate::rows::Row;
use crate::serve::inside;
use crate::stock::{Item, ItemKey, Level, MOST, Sale, Stock, Taken};
use crate::table::{Record, Table};
use crate::webhooks;
use crate::write::Draft;
use crate::write::value::integers;

/// The store's tables and stock.
pub(crate) struct Data {
    tables: Vec<Table>,
    /// Stock per item and location.
    pub stock: Stock,
    /// What the store calls now.
    pub clock: Clock,
    /// Where the store is reached, `http://127.0.0.1:PORT/stores/HASH`.
    pub base: String,
    /// Where events go.
    pub webhooks: Arc<webhooks::Queue>,
    /// Adjustments of stock that do not show yet.
    pub pending: Pending,
    /// What moves stock at the moment.
    pub cause: Cause,
    /// Whose request is being carried out.
    pub caller: Caller,
    /// The request at hand changes several records at once, by an array or a filter.
    pub batched: bool,
    /// Whether saving products leaves their stock out, as it is when the inventory service fails, and
    /// whether it did.
    pub stock_failure: (bool, bool),
    /// Which products are in which categories, until a product changes.
    pairs: OnceLock<Vec<(i64, i64)>>,
    /// What the sources leave open.
    pub readings: Readings,
    /// Answers that an import brought and that are given as they are.
    pub recordings: Recordings,
    /// Since when there are changes that no snapshot has.
    pub unseen: Option<Instant>,
    journal: Vec<Undo>,
    /// How many all-or-nothing changes are open, one within the other.
    depth: u32,
    extra: i64,
}

/// Where ids begin that no table gives out: option values.
const EXTRA: i64 = 1_000_000_000;

/// The number of the one record of a resource that has one; an override of channel 5 has the number 6.
pub(crate) const SINGLE: i64 = 1;

/// What was there before a change.
pub(crate) enum Undo {
    /// A record, by the number of its table.
    Record { table: usize, id: i64, live: Option<Record>, archived: Option<Record> },
    /// An inventory item.
    Item { key: ItemKey, before: Option<Item>, cause: Cause },
    /// What a sale took.
    Taken { sale: Sale, before: Option<Vec<Taken>> },
}

/// What moves stock, as far as events tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Cause {
    /// A level is set.
    #[default]
    Set,
    /// A quantity is added or taken.
    Relative,
    /// An order takes its lines.
    Order,
}

impl Data {
    /// An empty store.
    pub fn new(base: String, clock: Clock, webhooks: Arc<webhooks::Queue>, pending: Pending) -> Self {
        Self {
            tables: resources().iter().map(Table::new).collect(),
            stock: Stock::default(),
            clock,
            base,
            webhooks,
            pending,
            cause: Cause::default(),
            caller: Caller::default(),
            batched: false,
            stock_failure: (false, false),
            pairs: OnceLock::new(),
            readings: Readings::default(),
            recordings: Recordings::default(),
            unseen: None,
            journal: Vec::new(),
            depth: 0,
            extra: EXTRA,
        }
    }

    /// What there is now, to be read later; changes from here on are unseen.
    pub fn snapshot(&mut self) -> Self {
        self.unseen = None;
        Self {
            tables: self.tables.clone(),
            stock: self.stock.clone(),
            pending: Pending::new(Duration::ZERO),
            cause: self.cause,
            caller: self.caller.clone(),
            readings: self.readings,
            ..Self::new(
                self.base.clone(),
                self.clock.clone(),
                self.webhooks.clone(),
                Pending::new(Duration::ZERO),
            )
        }
    }

    /// An id for something that has no table, such as an option value.
    pub fn claim_extra(&mut self) -> i64 {
        self.extra += 1;
        self.extra
    }

    /// Takes one row in; [`Data::settle`] has to follow the last one.
    pub fn load(&mut self, row: Row) -> Result<(), Error> {
        if row.resource == "inventory_levels" {
            return self.load_level(&row.json);
        }
        let Some(index) = declare::number(&row.resource) else {
            return Err(Error::Row { resource: row.resource, reason: "there is no such resource".into() });
        };
        if self.tables[index].resource.view_of.is_some() {
            self.load_base(index, &row)?;
        }
        let table = &mut self.tables[index];
        let record = if table.resource.links {
            table.read(row.parent, &own_links(&row.json, &self.base))?
        } else {
            table.read(row.parent, &row.json)?
        };
        table.load(record);
        Ok(())
    }

    /// Takes in the record of which a row is another form, unless it is there. The row itself is served as
    /// it came until the record changes.
    fn load_base(&mut self, index: usize, row: &Row) -> Result<(), Error> {
        let resource = self.tables[index].resource;
        for made in hooks::base_of(resource, row.parent, &row.json) {
            let base = resource.view_of.as_deref() == Some(&made.resource);
            let known = base && hooks::has_base(self, &made);
            if !known {
                self.load(made)?;
            }
        }
        Ok(())
    }

    /// Forgets other forms of a record that were imported and are not true any more.
    pub fn forget_views(&mut self, table: &str, id: i64) {
        for view in declare::views_of(table) {
            if self.table(view).get(id).is_some() {
                self.remove(view, id);
            }
        }
    }

    fn load_level(&mut self, text: &str) -> Result<(), Error> {
        let wrong = |reason: &str| Error::Row { resource: "inventory_levels".into(), reason: reason.into() };
        let members = Members::read(text).ok_or_else(|| wrong("it is no JSON object"))?;
        let number = |name: &str| members.get(name).and_then(json::integer);
        let product = number("product_id").ok_or_else(|| wrong("it has no product_id"))?;
        let location = number("location_id").ok_or_else(|| wrong("it has no location_id"))?;
        let text =
            |name: &str| members.get(name).map(|raw| json::plain(raw).into_owned()).unwrap_or_default();
        let units = |name: &str| match number(name).unwrap_or(0) {
            units if (-MOST..=MOST).contains(&units) => Ok(units),
            units => Err(wrong(&format!("{name} {units} is more than a location holds, {MOST}"))),
        };
        let level = Level {
            location,
            onhand: units("total_inventory_onhand")?,
            safety: units("safety_stock")?,
            in_stock: members.get("is_in_stock") != Some("false"),
            warning: units("warning_level")?,
            bin: if members.get("bin_picking_number") == Some("null") {
                "".into()
            } else {
                text("bin_picking_number").into()
            },
        };
        let variant = number("variant_id").filter(|variant| *variant > 0);
        self.stock.load(product, variant, &text("sku"), level);
        Ok(())
    }

    /// Ends loading.
    pub fn settle(&mut self) -> Result<(), Error> {
        let now = self.clock.now();
        for table in &mut self.tables {
            table.settle()?;
            if table.resource.singleton() && table.get(SINGLE).is_none() {
                let text = Draft::new(table.resource, SINGLE, 0, None).create(now);
                table.put(Record { id: SINGLE, parent: 0, modified: 0, text: text.into() });
            }
        }
        self.stock.settle();
        self.assign()
    }

    /// Puts what was loaded as rows of its own into the arrays where it stands; a record that nobody
    /// brought is made for it.
    fn embed(&mut self) {
        let now = self.clock.now();
        for resource in resources() {
            let (Some(member), Some(parent)) = (&resource.inside, &resource.parent) else { continue };
            let index = self.number(&resource.name);
            for row in self.tables[index].drain() {
                let owning = self.number(parent);
                let table = &mut self.tables[owning];
                let held = table.get(row.parent).map(|record| (record.text.to_string(), record.parent));
                let (text, above) =
                    held.unwrap_or_else(|| (Draft::new(table.resource, row.parent, 0, None).create(now), 0));
                let entries = Members::read(&text).and_then(|members| json::entries(members.get(member)?));
                let mut entries = entries.unwrap_or_default();
                entries.retain(|entry| inside::id(entry) != Some(row.id));
                entries.push(&row.text);
                let text = json::edit(&text, &[(member, format!("[{}]", entries.join(",")))]);
                table.put(Record { id: row.parent, parent: above, modified: 0, text: text.into() });
            }
        }
    }

    /// Makes the pairs of products with categories and channels of what was loaded: pairs with categories
    /// become members of the products, and a product of which nobody says a channel is on the store's own.
    fn assign(&mut self) -> Result<(), Error> {
        self.embed();
        let number = |text: &str, name: &str| Members::read(text)?.get(name).and_then(json::integer);
        let index = self.number("product_category_assignments");
        let given: Vec<Record> = self.tables[index].drain();
        let products = self.number("products");
        for record in given {
            let pair = number(&record.text, "product_id").zip(number(&record.text, "category_id"));
            let Some((product, category)) = pair else { continue };
            let Some(held) = self.tables[products].get(product).cloned() else { continue };
            let raw = Members::read(&held.text).and_then(|members| members.get("categories"));
            let mut list = raw.and_then(integers).unwrap_or_default();
            if !list.contains(&category) {
                list.push(category);
                let list: Vec<String> = list.iter().map(i64::to_string).collect();
                let text = json::edit(&held.text, &[("categories", format!("[{}]", list.join(",")))]);
                self.tables[products].rewrite(Record { text: text.into(), ..held });
            }
        }
        let channels = self.number("product_channel_assignments");
        if self.tables[channels].records().is_empty() {
            let ids: Vec<i64> = self.tables[products].records().iter().map(|record| record.id).collect();
            for id in ids {
                let text = format!("{{\"product_id\":{id},\"channel_id\":1}}");
                let record = self.tables[channels].read(Some(id), &text)?;
                self.tables[channels].load(record);
            }
            self.tables[channels].settle()?;
        }
        Ok(())
    }

    /// A table by its resource.
    ///
    /// # Panics
    /// When no declaration has that name, which is a slip in this crate.
    pub fn table(&self, name: &str) -> &Table {
        &self.tables[self.number(name)]
    }

    #[expect(clippy::panic, reason = "names come from this crate and its declarations, never from a request")]
    fn number(&self, name: &str) -> usize {
        declare::number(name).unwrap_or_else(|| panic!("no resource is declared as {name}"))
    }

    /// All tables.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The text of a live record.
    pub fn text(&self, table: &str, id: i64) -> Option<&str> {
        self.table(table).get(id).map(|record| &*record.text)
    }

    /// The number of the store.
    pub fn store_id(&self) -> String {
        let members = self.text("store", SINGLE).and_then(Members::read);
        members.and_then(|members| members.get("store_id")).unwrap_or("0").to_owned()
    }

    /// A key no record of the table has had.
    pub fn claim(&mut self, table: &str) -> i64 {
        let index = self.number(table);
        self.tables[index].claim()
    }

    /// Stores a new record.
    pub fn insert(&mut self, table: &str, record: Record) {
        let index = self.note(table, record.id);
        self.tables[index].put(record);
    }

    /// Changes a record's text, archived or not; `modified` only when given.
    pub fn rewrite(&mut self, table: &str, id: i64, text: String, modified: Option<i64>) {
        self.forget_views(table, id);
        let index = self.note(table, id);
        let Some(old) = self.tables[index].any(id) else { return };
        let record =
            Record { id, parent: old.parent, modified: modified.unwrap_or(old.modified), text: text.into() };
        if self.tables[index].get(id).is_some() {
            self.tables[index].rewrite(record);
        } else {
            self.tables[index].archive(record);
        }
    }

    /// Puts a record out of lists and counts.
    pub fn archive(&mut self, table: &str, id: i64, text: String, modified: i64) {
        let index = self.note(table, id);
        let Some(parent) = self.tables[index].get(id).map(|record| record.parent) else { return };
        self.tables[index].archive(Record { id, parent, modified, text: text.into() });
    }

    /// Removes a record.
    pub fn remove(&mut self, table: &str, id: i64) {
        self.forget_views(table, id);
        let index = self.note(table, id);
        self.tables[index].take(id);
    }

    /// Changes an inventory item; `None` removes it.
    pub fn put_item(&mut self, key: ItemKey, item: Option<Item>) {
        self.unseen.get_or_insert_with(Instant::now);
        let before = self.stock.get(key).cloned();
        self.journal.push(Undo::Item { key, before, cause: self.cause });
        self.stock.put(key, item);
    }

    /// Notes what a sale took from stock.
    pub fn note_taken(&mut self, sale: Sale, taken: Vec<Taken>) {
        let before = self.stock.note_taken(sale, Some(taken));
        self.journal.push(Undo::Taken { sale, before });
    }

    /// Every pair of product and category, by both.
    pub fn category_pairs(&self) -> &[(i64, i64)] {
        self.pairs.get_or_init(|| assignments::pairs(self))
    }

    /// Whether stock is to be left out of what is saved.
    pub fn stock_fails(&mut self) -> bool {
        let (fails, failed) = &mut self.stock_failure;
        *failed |= *fails;
        *fails
    }

    /// Ends the failure of the inventory service; whether it did any harm.
    pub fn end_stock_failure(&mut self) -> bool {
        std::mem::take(&mut self.stock_failure).1
    }

    fn note(&mut self, table: &str, id: i64) -> usize {
        let index = self.number(table);
        self.unseen.get_or_insert_with(Instant::now);
        if table == "products" {
            self.pairs.take();
        }
        let table = &self.tables[index];
        let (live, archived) = (table.get(id).cloned(), table.archived().get(&id).cloned());
        self.journal.push(Undo::Record { table: index, id, live, archived });
        index
    }

    /// Makes `change`; when it fails or panics everything is as before. The outermost one fires its events.
    pub fn all_or_nothing<T, E>(&mut self, change: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        self.depth += 1;
        let mut open = Open { begin: self.journal.len(), cause: self.cause, done: false, data: self };
        let result = change(open.data);
        open.done = result.is_ok();
        drop(open);
        if self.depth == 0 {
            let journal = std::mem::take(&mut self.journal);
            self.tell(&journal);
        }
        result
    }

    /// Takes back what was changed since the journal was so long.
    fn undo(&mut self, begin: usize) {
        self.pairs.take();
        while self.journal.len() > begin {
            match self.journal.pop() {
                Some(Undo::Record { table, id, live, archived }) => {
                    let table = &mut self.tables[table];
                    table.take(id);
                    if let Some(record) = live {
                        table.put(record);
                    } else if let Some(record) = archived {
                        table.archive(record);
                    }
                }
                Some(Undo::Item { key, before, .. }) => self.stock.put(key, before),
                Some(Undo::Taken { sale, before }) => {
                    self.stock.note_taken(sale, before);
                }
                None => break,
            }
        }
    }

    fn tell(&self, journal: &[Undo]) {
        let hooks = self.number("hooks");
        if journal.iter().any(|undo| matches!(undo, Undo::Record { table, .. } if *table == hooks)) {
            self.webhooks.subscribe(webhooks::active(self), self.readings);
        }
        self.webhooks.publish(webhooks::events(self, journal), self.clock.now(), self.webhooks.now());
    }
}

/// An all-or-nothing change under way, which ends in any case, also by a panic.
struct Open<'a> {
    data: &'a mut Data,
    /// How long the journal was before.
    begin: usize,
    cause: Cause,
    /// Whether the change stays.
    done: bool,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.data.depth -= 1;
        if !self.done {
            self.data.cause = self.cause;
            self.data.undo(self.begin);
        }
    }
}

/// Turns links to BigCommerce's host into links to this store, so that they can be followed.
fn own_links(text: &str, base: &str) -> String {
    const HOST: &str = "\"https://api.bigcommerce.com/stores/";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(HOST) {
        let after = &rest[at + HOST.len()..];
        let Some(slash) = after.find('/') else { break };
        out.push_str(&rest[..=at]);
        out.push_str(base);
        rest = &after[slash..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn a_panic_leaves_everything_as_before() {
        let options = crate::Options::default();
        let accounts = Arc::new(crate::accounts::Accounts::new(&options));
        let queue = Arc::new(webhooks::Queue::new(&options, accounts));
        let mut data = Data::new(String::new(), Clock::default(), queue, Pending::new(Duration::ZERO));
        let brand = |id| Record { id, parent: 0, modified: 0, text: "{}".into() };
        data.all_or_nothing(|data| {
            data.insert("brands", brand(1));
            Ok::<_, ()>(())
        })
        .expect("a brand");
        let broken = catch_unwind(AssertUnwindSafe(|| {
            data.all_or_nothing(|data| {
                data.insert("brands", brand(2));
                data.all_or_nothing(|data| -> Result<(), ()> {
                    data.cause = Cause::Order;
                    data.remove("brands", 1);
                    panic!("within");
                })
            })
        }));
        assert!(broken.is_err());
        let ids: Vec<i64> = data.table("brands").records().iter().map(|brand| brand.id).collect();
        assert_eq!((ids, data.cause, data.depth, data.journal.len()), (vec![1], Cause::Set, 0, 0));
    }

    #[test]
    fn links_lead_to_this_store() {
        assert_eq!(
            own_links(
                r#"{"a":{"url":"https://api.bigcommerce.com/stores/x1/v2/orders/1"},"b":1}"#,
                "http://h/stores/s"
            ),
            r#"{"a":{"url":"http://h/stores/s/v2/orders/1"},"b":1}"#
        );
    }
}
