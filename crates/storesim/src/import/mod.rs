//! Reads a folder with one file per resource into rows. The form is described in `docs/import.md`.
//!
//! JSON lines and recorded answers are kept byte for byte. CSV rows are completed: what a column does
//! not say follows from other members ([`fill`]) or takes the default of the member's shape.

mod columns;
mod fill;
mod recorded;
mod source;
mod split;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use self::fill::{Address, Product, Sums};
use self::source::{Body, Entry, Source};
use crate::declare;
use crate::error::Error;
use crate::generate::record::Record;
use crate::generate::{shape, standard, store};
use crate::json::{self, Members};
use crate::recordings::Recordings;
use crate::rows::Row;
use crate::table::MOST_ID;

/// What fills the members that a CSV file does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    /// The store hash in the links of orders.
    pub store_hash: String,
    /// The origin in the links of orders, as in [`crate::generate::Spec`].
    pub api_origin: String,
    /// Unix seconds, for dates that are not given.
    pub now: i64,
}

/// Hands every row found in `dir` to `take`, a resource at a time, parents before children, and gives back
/// the recorded answers that are no records.
/// An error of `take` (a row the tables refuse) stops the import and comes back with the file and the
/// line of the row, as [`Error::Import`].
pub fn rows(
    dir: &Path,
    defaults: &Defaults,
    take: &mut dyn FnMut(Row) -> Result<(), Error>,
) -> Result<Recordings, Error> {
    let recorded::Found { sources: mut recorded, recordings } = recorded::find(dir)?;
    let mut sources = source::find(dir)?;
    sources.append(&mut recorded);
    if sources.is_empty() && recordings.is_empty() {
        return Err(Error::Nothing { path: dir.to_owned() });
    }
    let mut import = Import {
        defaults,
        take,
        seen: HashSet::new(),
        next: HashMap::new(),
        products: HashMap::new(),
        variants: HashMap::new(),
        highest_variant: 0,
        split: HashSet::new(),
        sums: HashMap::new(),
        addresses: HashMap::new(),
        highest_address: 0,
    };
    import.survey_variants(&sources)?;
    let mut surveyed = false;
    for resource in columns::resources() {
        // Sums of lines need to know the products, and orders need the sums.
        if *resource == "orders" && !std::mem::replace(&mut surveyed, true) {
            import.survey_orders(&sources)?;
        }
        let mut own = sources.iter().filter(|source| source.resource == *resource).peekable();
        if own.peek().is_none() {
            import.absent(resource)?;
        }
        import.seen = HashSet::new();
        import.next.remove(resource);
        own.try_for_each(|source| import.file(source, &sources))?;
    }
    Ok(recordings)
}

/// Why the key of a record is not taken.
enum Refused {
    /// It is none.
    Key(String),
    /// Another record has it.
    Twice(String),
}

impl From<Refused> for String {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Key(why) | Refused::Twice(why) => why,
        }
    }
}

/// What has to be remembered from one file to the next.
struct Import<'a> {
    defaults: &'a Defaults,
    take: &'a mut dyn FnMut(Row) -> Result<(), Error>,
    /// Keys of the resource at hand.
    seen: HashSet<(i64, i64, i64)>,
    /// The last id given to a record that came without one, by resource.
    next: HashMap<&'static str, i64>,
    products: HashMap<i64, Product>,
    /// Products that have variants of their own: how many, and the first one's id.
    variants: HashMap<i64, (u32, i64)>,
    highest_variant: i64,
    /// Resources of which rows were split off other records.
    split: HashSet<&'static str>,
    sums: HashMap<i64, Sums>,
    /// The first shipping address of an order that has any.
    addresses: HashMap<i64, Address>,
    highest_address: i64,
}

impl Import<'_> {
    /// Which products have variants, and the highest id that a variant is named by, so that the other products
    /// get their base variant in passing.
    fn survey_variants(&mut self, sources: &[Source]) -> Result<(), Error> {
        for source in sources.iter().filter(|source| source.resource == "products") {
            source.each(&mut |entry| {
                let highest = match &entry.body {
                    Body::Text(text) => split::highest_variant(text),
                    Body::Cells(fields) => fields.integer("base_variant_id"),
                };
                self.highest_variant = self.highest_variant.max(highest.unwrap_or(0));
                Ok(())
            })?;
        }
        let mut variants = sources.iter().filter(|source| source.resource == "variants");
        variants.try_for_each(|source| source.each(&mut |entry| self.survey_variant(&entry)))
    }

    fn survey_variant(&mut self, entry: &Entry) -> Result<(), Error> {
        let number = |name: &str| match &entry.body {
            Body::Text(text) => Members::read(text).and_then(|m| m.get(name)?.parse::<i64>().ok()),
            Body::Cells(fields) => fields.integer(name),
        };
        let id = number("id").unwrap_or(0);
        self.highest_variant = self.highest_variant.max(id);
        if let Some(product) = number("product_id").or(entry.parent) {
            self.variants.entry(product).or_insert((0, id)).0 += 1;
        }
        Ok(())
    }

    /// What an order takes from its lines, addresses and fees; only rows of cells ask for it.
    fn survey_orders(&mut self, sources: &[Source]) -> Result<(), Error> {
        let csv = |name: &str| sources.iter().any(|source| source.resource == name && source.is_csv());
        if !csv("orders") && !csv("order_products") {
            return Ok(());
        }
        for source in sources {
            match source.resource {
                "order_shipping_addresses" => source.each(&mut |entry| self.survey_address(entry))?,
                "order_products" if csv("orders") => source.each(&mut |entry| self.survey_line(entry))?,
                "order_fees" if csv("orders") => source.each(&mut |entry| self.survey_fee(entry))?,
                _ => {}
            }
        }
        if csv("orders") {
            for source in sources.iter().filter(|source| source.resource == "orders") {
                source.each(&mut |entry| {
                    if let Body::Cells(order) = &entry.body {
                        self.plan_address(order.integer("id").unwrap_or(0));
                    }
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    fn survey_address(&mut self, entry: Entry) -> Result<(), Error> {
        let Body::Cells(mut fields) = entry.body else {
            let Body::Text(text) = entry.body else { return Ok(()) };
            let Some(members) = Members::read(text) else { return Ok(()) };
            let id = members.get("id").and_then(json::integer).unwrap_or(0);
            let order = entry.parent.or_else(|| members.get("order_id").and_then(json::integer)).unwrap_or(0);
            let amount = |name: &str| fill::text_amount(&members, name);
            self.note_address(order, id, fill::Money::of(fill::COST, &amount));
            return Ok(());
        };
        let order = fields.integer("order_id").or(entry.parent).unwrap_or(0);
        let id = match fields.integer("id") {
            Some(id) => id,
            None => self.number("order_shipping_addresses"),
        };
        fill::costs(&mut fields);
        let cost = fill::Money::of(fill::COST, &|name| fields.amount(name));
        self.note_address(order, id, cost);
        Ok(())
    }

    fn note_address(&mut self, order: i64, id: i64, cost: fill::Money) {
        self.highest_address = self.highest_address.max(id);
        let address =
            self.addresses.entry(order).or_insert(Address { id, count: 0, cost: Default::default() });
        address.count += 1;
        address.cost += cost;
    }

    fn survey_line(&mut self, entry: Entry) -> Result<(), Error> {
        match entry.body {
            Body::Cells(mut line) => {
                fill::line(&mut line, &self.products, None);
                let order = line.integer("order_id").or(entry.parent).unwrap_or(0);
                self.sums.entry(order).or_default().line(&|name| line.get(name));
            }
            Body::Text(text) => {
                let Some(line) = Members::read(text) else { return Ok(()) };
                let order =
                    entry.parent.or_else(|| line.get("order_id").and_then(json::integer)).unwrap_or(0);
                self.sums.entry(order).or_default().line(&|name| line.get(name));
            }
        }
        Ok(())
    }

    fn survey_fee(&mut self, entry: Entry) -> Result<(), Error> {
        let (order, fee) = match entry.body {
            Body::Cells(mut fee) => {
                fill::fee(&mut fee);
                (entry.parent, fill::Money::of(fill::COST, &|name| fee.amount(name)))
            }
            Body::Text(text) => {
                let Some(fee) = Members::read(text) else { return Ok(()) };
                (entry.parent, fill::Money::of(fill::COST, &|name| fill::text_amount(&fee, name)))
            }
        };
        self.sums.entry(order.unwrap_or(0)).or_default().fees += fee;
        Ok(())
    }

    /// An order with goods to ship and no address gets one, made of its billing address.
    fn plan_address(&mut self, order: i64) {
        let ships = self.sums.get(&order).is_some_and(|sums| sums.shipped_lines > 0);
        if ships && !self.addresses.contains_key(&order) {
            let id = self.highest_address.saturating_add(order);
            self.addresses.insert(order, Address { id, count: 0, cost: Default::default() });
        }
    }

    /// The next id of a resource whose rows come without one.
    fn number(&mut self, resource: &'static str) -> i64 {
        let next = self.next.entry(resource).or_insert(0);
        *next += 1;
        *next
    }

    fn file(&mut self, source: &Source, sources: &[Source]) -> Result<(), Error> {
        if self.split.contains(source.resource) {
            let reason =
                format!("there are {} inside other records too; keep them in one place", source.resource);
            return Err(source.fault(1, reason));
        }
        let stocked = sources.iter().any(|source| source.resource == "inventory_levels");
        source.each(&mut |entry| {
            let line = entry.line;
            self.entry(source, entry, stocked).map_err(|error| match error {
                Error::Row { resource, reason } if resource == source.resource => source.fault(line, reason),
                Error::Row { resource, reason } => source.fault(line, format!("{resource}: {reason}")),
                other => other,
            })
        })
    }

    fn entry(&mut self, source: &Source, entry: Entry, stocked: bool) -> Result<(), Error> {
        let resource = source.resource;
        let refuse = |reason: String| Error::Row { resource: resource.to_owned(), reason };
        match entry.body {
            Body::Text(text) => {
                let older = if resource == "categories" { split::older_category(text) } else { None };
                let parts = split::split(resource, older.as_deref().unwrap_or(text));
                let members = Members::read(&parts.record).ok_or_else(|| refuse("it is no object".into()))?;
                match self.key(resource, &|name| members.get(name)) {
                    // Recorded answers overlap: a list, and one of its records.
                    Err(Refused::Twice(_)) if source.is_recorded() => return Ok(()),
                    told => told.map_err(|why| refuse(why.into()))?,
                }
                let parent =
                    self.parent(resource, entry.parent, &|name| members.get(name)).map_err(refuse)?;
                let mut made = match resource {
                    "products" => {
                        self.product(&|name| members.get(name).map(str::to_owned), parts.count("variants"));
                        self.made_rows(&|name| members.get(name), stocked)
                    }
                    "variants" => self.variant_stock(parent, &|name| members.get(name), stocked),
                    _ => Vec::new(),
                };
                for (child, parent, text) in parts.children {
                    self.split.insert(child);
                    if child == "variants" {
                        let members =
                            Members::read(&text).ok_or_else(|| refuse("a variant is no object".into()))?;
                        made.extend(self.variant_stock(parent, &|name| members.get(name), stocked));
                    }
                    made.push(Row { resource: child.to_owned(), parent, json: text });
                }
                drop(members);
                self.give(resource, parent, parts.record)?;
                self.give_all(made)
            }
            Body::Cells(mut fields) => {
                if fill::numbered(resource) && fields.get("id").is_none() {
                    let id = self.number(resource);
                    fields.fill_integer("id", id);
                }
                self.key(resource, &|name| fields.get(name)).map_err(|why| refuse(why.into()))?;
                let parent = self.parent(resource, entry.parent, &|name| fields.get(name)).map_err(refuse)?;
                let made = self.complete(resource, parent, &mut fields, stocked).map_err(refuse)?;
                self.give(resource, parent, fields.write())?;
                self.give_all(made)
            }
        }
    }

    /// Fills in what a row of cells lacks; hands back the rows that have to come with it.
    fn complete(
        &mut self,
        resource: &'static str,
        parent: Option<i64>,
        fields: &mut columns::Fields,
        stocked: bool,
    ) -> Result<Vec<Row>, String> {
        let now = self.defaults.now;
        match resource {
            "store" => fill::store(fields, &self.defaults.store_hash),
            "locations" => fill::location(fields, now),
            "brands" => fill::brand(fields),
            "categories" => fill::category(fields),
            "products" => {
                let id = fields.integer("id").unwrap_or(0);
                let base = match self.variants.get(&id) {
                    None => Some(self.highest_variant.saturating_add(id)),
                    Some((1, first)) => Some(*first),
                    Some(_) => None,
                };
                fill::product(fields, base, now);
                self.product(&|name| fields.get(name).map(str::to_owned), 0);
                return Ok(self.made_rows(&|name| fields.get(name), stocked));
            }
            "variants" => {
                let product = parent.and_then(|id| self.products.get(&id));
                fill::variant(fields, parent.unwrap_or(0), product);
                return Ok(self.variant_stock(parent, &|name| fields.get(name), stocked));
            }
            "product_images" | "product_options" | "product_modifiers" => {
                fields.fill_integer("product_id", parent.unwrap_or(0));
            }
            "inventory_levels" => {
                let product = fields.integer("product_id").and_then(|id| self.products.get(&id));
                fill::level(fields, product);
            }
            "customers" => fill::customer(fields, now),
            "orders" => {
                let id = fields.integer("id").unwrap_or(0);
                let sums = self.sums.get(&id).copied().unwrap_or_default();
                let address = self.addresses.get(&id).copied();
                fill::order(fields, self.defaults, &sums, address)?;
                if let Some(address) = address.filter(|address| address.count == 0) {
                    let json = fill::made_address(fields, self.defaults, address.id, &sums);
                    let resource = "order_shipping_addresses".to_owned();
                    return Ok(vec![Row { resource, parent: Some(id), json }]);
                }
            }
            "order_products" => {
                let order = parent.unwrap_or(0);
                fields.fill_integer("order_id", order);
                let address = self.addresses.get(&order).map(|address| address.id);
                fill::line(fields, &self.products, address);
            }
            "order_shipping_addresses" => {
                fields.fill_integer("order_id", parent.unwrap_or(0));
                fill::address(fields, self.defaults);
            }
            "order_coupons" => fields.fill_integer("order_id", parent.unwrap_or(0)),
            "order_fees" => fill::fee(fields),
            _ => {}
        }
        Ok(Vec::new())
    }

    /// Remembers of a product what other files leave out; `own` variants came inside its record.
    fn product(&mut self, get: &dyn Fn(&str) -> Option<String>, own: u32) {
        let mut product = Product::read(get);
        if own > 0 {
            self.variants.entry(product.id).or_insert((own, product.base_variant.unwrap_or(0)));
        }
        (product.variants, product.base_variant) = match self.variants.get(&product.id) {
            Some((count, first)) => (*count, Some(*first)),
            None => (1, product.base_variant.or(Some(self.highest_variant.saturating_add(product.id)))),
        };
        self.products.insert(product.id, product);
    }

    /// The base variant of a product that has no variants, and its stock where no file has any.
    fn made_rows<'m>(&self, get: &dyn Fn(&str) -> Option<&'m str>, stocked: bool) -> Vec<Row> {
        let Some(id) = get("id").and_then(json::integer) else { return Vec::new() };
        let Some(product) = self.products.get(&id) else { return Vec::new() };
        let mut rows = Vec::new();
        let whole = product.is_one_item();
        if !self.variants.contains_key(&id) {
            let variant = product.base_variant.unwrap_or(0);
            let json = fill::base_variant(id, variant, get);
            rows.push(Row { resource: "variants".into(), parent: Some(id), json });
            if !stocked {
                rows.push(fill::stock(id, Some(variant), get));
            }
        } else if whole && !stocked {
            rows.push(fill::stock(id, None, get));
        }
        rows
    }

    /// The stock of a variant where no file has any and it is not counted with its product.
    fn variant_stock<'m>(
        &self,
        product: Option<i64>,
        get: &dyn Fn(&str) -> Option<&'m str>,
        stocked: bool,
    ) -> Vec<Row> {
        let Some((product, variant)) = product.zip(get("id").and_then(json::integer)) else {
            return Vec::new();
        };
        let whole = self.products.get(&product).is_some_and(Product::is_one_item);
        if stocked || whole { Vec::new() } else { vec![fill::stock(product, Some(variant), get)] }
    }

    /// Checks the key of a record: there, usable and not there twice.
    fn key<'m>(&mut self, resource: &str, get: &dyn Fn(&str) -> Option<&'m str>) -> Result<(), Refused> {
        let number = |name: &str| get(name).and_then(|raw| raw.parse::<i64>().ok());
        let key = match resource {
            "store" => (1, 0, 0),
            "inventory_levels" => {
                let needed = "member product_id: an integer is needed".to_owned();
                let product = number("product_id").ok_or(Refused::Key(needed))?;
                (product, number("variant_id").unwrap_or(0), number("location_id").unwrap_or(1))
            }
            _ => {
                let declared = declare::number(resource).map(|at| &declare::resources()[at]);
                let name = declared.map_or("id", |resource| &resource.key);
                // Some recorded answers leave the key out.
                let loose = shape::of(resource).is_none() && get(name).is_none();
                // The table looks at texts itself, and numbers the records that have no key.
                if declared.is_some_and(|resource| {
                    resource.text_key() || !resource.has_key() || resource.singleton() || loose
                }) && get(name).is_none_or(|raw| raw.starts_with('"'))
                {
                    return Ok(());
                }
                // Fixtures of other people have keys that no store gives.
                let least = if shape::of(resource).is_some() { 1 } else { -MOST_ID };
                let id = number(name).filter(|id| *id >= least);
                let needed = || Refused::Key(format!("member {name}: an integer above 0 is needed"));
                let id = id.ok_or_else(needed)?;
                if id.abs() > MOST_ID {
                    return Err(Refused::Key(format!("member {name}: {id} is above {MOST_ID}")));
                }
                (id, 0, 0)
            }
        };
        if self.seen.insert(key) {
            return Ok(());
        }
        Err(Refused::Twice(match resource {
            "store" => "there is more than one store".into(),
            "inventory_levels" => {
                format!("product {}, variant {} occurs twice at location {}", key.0, key.1, key.2)
            }
            _ => format!("id {} occurs twice", key.0),
        }))
    }

    fn parent<'m>(
        &self,
        resource: &str,
        named: Option<i64>,
        get: &dyn Fn(&str) -> Option<&'m str>,
    ) -> Result<Option<i64>, String> {
        let Some(member) = columns::parent(resource) else { return Ok(named) };
        let own = member.and_then(get).and_then(json::integer);
        match (named.or(own), member) {
            (Some(parent), _) => Ok(Some(parent)),
            (None, Some(_)) if shape::of(resource).is_none() => Ok(None),
            (None, Some(member)) => Err(format!("member {member}: an integer is needed")),
            (None, None) => Err("the parent is not named; write {\"parent\":1,\"record\":{…}}".into()),
        }
    }

    fn give(&mut self, resource: &str, parent: Option<i64>, json: String) -> Result<(), Error> {
        (self.take)(Row { resource: resource.to_owned(), parent, json })
    }

    fn give_all(&mut self, rows: Vec<Row>) -> Result<(), Error> {
        rows.into_iter().try_for_each(|row| (self.take)(row))
    }

    /// What a store has even when no file says so.
    fn absent(&mut self, resource: &'static str) -> Result<(), Error> {
        let json = match resource {
            "store" => store::record(&self.defaults.store_hash),
            "locations" => fill::default_location(self.defaults.now),
            "category_trees" => {
                let mut tree = Record::new(shape::CATEGORY_TREE, 64);
                tree.integer("id", 1).text("name", "Default catalog tree");
                tree.finish()
            }
            other => return self.give_all(standard::rows(other, self.defaults.now)),
        };
        self.give(resource, None, json)
    }
}
