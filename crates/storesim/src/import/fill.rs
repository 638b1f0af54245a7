//! What a row of cells does not say: members that follow from others, resource by resource.

use std::collections::HashMap;
use std::ops::AddAssign;

use super::Defaults;
use super::columns::{self, Fields, quoted};
use crate::generate::record::Record;
use crate::generate::words::STATUSES;
use crate::generate::{date, order_link, path, shape};
use crate::json::{self, Members};
use crate::rows::Row;

/// What other files leave out about a product.
#[derive(Debug, Clone, Default)]
pub(super) struct Product {
    pub(super) id: i64,
    /// JSON text.
    name: String,
    sku: String,
    price: String,
    weight: String,
    digital: bool,
    /// Stock is counted for the product as a whole.
    whole: bool,
    pub(super) variants: u32,
    pub(super) base_variant: Option<i64>,
}

impl Product {
    /// True when it has several variants and inventory knows only the product.
    pub(super) fn is_one_item(&self) -> bool {
        self.whole && self.variants > 1
    }

    pub(super) fn read(get: &dyn Fn(&str) -> Option<String>) -> Self {
        let text = |name: &str| get(name).unwrap_or_else(|| "\"\"".into());
        let number = |name: &str| get(name).unwrap_or_else(|| "0".into());
        Self {
            id: get("id").and_then(|raw| json::integer(&raw)).unwrap_or(0),
            name: text("name"),
            sku: text("sku"),
            price: number("calculated_price"),
            weight: number("weight"),
            digital: get("type").as_deref() == Some("\"digital\""),
            whole: get("inventory_tracking").as_deref() == Some("\"product\""),
            variants: 1,
            base_variant: get("base_variant_id").and_then(|raw| raw.parse().ok()),
        }
    }
}

/// An amount in ten-thousandths, as the API splits it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Money {
    base: i64,
    ex: i64,
    inc: i64,
    tax: i64,
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        self.base = self.base.saturating_add(other.base);
        self.ex = self.ex.saturating_add(other.ex);
        self.inc = self.inc.saturating_add(other.inc);
        self.tax = self.tax.saturating_add(other.tax);
    }
}

/// The four members that hold one amount: as entered, without tax, with tax, the tax.
pub(super) type Names = [&'static str; 4];

pub(super) const COST: Names = ["base_cost", "cost_ex_tax", "cost_inc_tax", "cost_tax"];
const SHIPPING: Names =
    ["base_shipping_cost", "shipping_cost_ex_tax", "shipping_cost_inc_tax", "shipping_cost_tax"];
const HANDLING: Names =
    ["base_handling_cost", "handling_cost_ex_tax", "handling_cost_inc_tax", "handling_cost_tax"];
const WRAPPING: Names =
    ["base_wrapping_cost", "wrapping_cost_ex_tax", "wrapping_cost_inc_tax", "wrapping_cost_tax"];

impl Money {
    /// Reads an amount; what is missing is 0.
    pub(super) fn of(names: Names, get: &dyn Fn(&str) -> Option<i64>) -> Self {
        let [base, ex, inc, tax] = names.map(|name| get(name).unwrap_or(0));
        Self { base, ex, inc, tax }
    }
}

/// An amount of a record kept as text.
pub(super) fn text_amount(members: &Members, name: &str) -> Option<i64> {
    columns::amount(&json::plain(members.get(name)?))
}

/// What an order takes from its lines and fees.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    lines: i64,
    /// Lines that go to a shipping address.
    pub(super) shipped_lines: i64,
    digital_lines: i64,
    quantity: i64,
    shipped: i64,
    to_ship: i64,
    to_ship_done: i64,
    ex: i64,
    inc: i64,
    tax: i64,
    charged: i64,
    wrapping: Money,
    pub(super) fees: Money,
}

impl Sums {
    /// Adds a line; `get` gives the JSON text of its members.
    pub(super) fn line<'m>(&mut self, get: &dyn Fn(&str) -> Option<&'m str>) {
        let amount = |name: &str| get(name).and_then(|raw| columns::amount(&json::plain(raw)));
        let integer = |name: &str| get(name).and_then(json::integer).unwrap_or(0);
        let digital = matches!(get("type"), Some("\"digital\"" | "\"giftcertificate\""));
        let quantity = get("quantity").and_then(json::integer).unwrap_or(1);
        let shipped = integer("quantity_shipped");
        let add = |to: &mut i64, value: i64| *to = to.saturating_add(value);
        self.lines += 1;
        self.digital_lines += i64::from(digital);
        if !digital && integer("order_pickup_method_id") == 0 {
            self.shipped_lines += 1;
            add(&mut self.to_ship, quantity);
            add(&mut self.to_ship_done, shipped);
        }
        add(&mut self.quantity, quantity);
        add(&mut self.shipped, shipped);
        for (to, name) in [
            (&mut self.ex, "total_ex_tax"),
            (&mut self.inc, "total_inc_tax"),
            (&mut self.tax, "total_tax"),
            (&mut self.charged, "discounted_total_inc_tax"),
        ] {
            add(to, amount(name).unwrap_or(0));
        }
        self.wrapping += Money::of(WRAPPING, &amount);
    }
}

/// The shipping address of an order's lines. `count` is 0 for one that is made up here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Address {
    pub(super) id: i64,
    pub(super) count: i64,
    pub(super) cost: Money,
}

/// Resources whose rows may come without an id.
pub(super) fn numbered(resource: &str) -> bool {
    columns::parent(resource).is_some() || resource == "customer_addresses"
}

pub(super) fn store(fields: &mut Fields, store_hash: &str) {
    fields.fill_text("id", store_hash);
    let domain = format!("store-{store_hash}.mybigcommerce.com");
    fields.fill_text("domain", &domain);
    for name in ["secure_url", "control_panel_base_url"] {
        fields.fill_text(name, &format!("https://{domain}"));
    }
}

pub(super) fn location(fields: &mut Fields, now: i64) {
    fields.fill_date("created_at", now);
    fields.fill_from("updated_at", "created_at");
    fields.fill_from("label", "code");
}

pub(super) fn default_location(now: i64) -> String {
    let mut record = Record::new(shape::LOCATION, 1200);
    let opened = date::zulu(now);
    record.integer("id", 1).text("code", "DEFAULT").text("label", "Default location");
    record.text("created_at", &opened).text("updated_at", &opened);
    record.finish()
}

fn name_of(fields: &Fields) -> String {
    fields.get("name").map(|raw| json::plain(raw).into_owned()).unwrap_or_default()
}

pub(super) fn brand(fields: &mut Fields) {
    let name = name_of(fields);
    let id = fields.integer("id");
    fields.fill("custom_url", || path::url("url", &["brands", &name], id));
}

pub(super) fn category(fields: &mut Fields) {
    let id = fields.integer("category_id").unwrap_or(0);
    let name = name_of(fields);
    fields.fill_text("category_uuid", &format!("5e1d4c72-9fa0-4000-8000-{:012x}", id & 0xFFFF_FFFF_FFFF));
    fields.fill("url", || path::url("path", &[&name], Some(id)));
}

pub(super) fn product(fields: &mut Fields, base_variant: Option<i64>, now: i64) {
    let name = name_of(fields);
    let id = fields.integer("id");
    fields.fill("custom_url", || path::url("url", &[&name], id));
    let on_sale = fields.get("sale_price").is_some_and(|raw| raw.bytes().any(|b| (b'1'..=b'9').contains(&b)));
    fields.fill_from("calculated_price", if on_sale { "sale_price" } else { "price" });
    fields.fill_date("date_created", now);
    fields.fill_from("date_modified", "date_created");
    if let Some(variant) = base_variant {
        fields.fill_integer("base_variant_id", variant);
    }
}

pub(super) fn variant(fields: &mut Fields, product_id: i64, product: Option<&Product>) {
    fields.fill_integer("product_id", product_id);
    fields.fill_from("calculated_price", "price");
    fields.fill_from("calculated_weight", "weight");
    if let Some(product) = product {
        fields.fill("calculated_price", || product.price.clone());
        fields.fill("calculated_weight", || product.weight.clone());
    }
    if fields.get("option_values").is_some_and(|raw| raw != "[]") {
        let id = fields.integer("id").unwrap_or(0);
        fields.fill_integer("sku_id", id);
    }
}

/// The only variant of a simple product holds its sku, price and stock.
pub(super) fn base_variant<'m>(id: i64, variant: i64, get: &dyn Fn(&str) -> Option<&'m str>) -> String {
    let mut record = Record::new(shape::VARIANT, 700);
    record.integer("id", variant).integer("product_id", id);
    for (name, source, otherwise) in [
        ("sku", "sku", "\"\""),
        ("price", "price", "null"),
        ("calculated_price", "calculated_price", "0"),
        ("sale_price", "sale_price", "null"),
        ("retail_price", "retail_price", "null"),
        ("map_price", "map_price", "null"),
        ("fixed_cost_shipping_price", "fixed_cost_shipping_price", "null"),
        ("cost_price", "cost_price", "0"),
        ("weight", "weight", "null"),
        ("width", "width", "null"),
        ("height", "height", "null"),
        ("depth", "depth", "null"),
        ("is_free_shipping", "is_free_shipping", "false"),
        ("calculated_weight", "weight", "0"),
        ("upc", "upc", "\"\""),
        ("mpn", "mpn", "\"\""),
        ("gtin", "gtin", "\"\""),
        ("inventory_level", "inventory_level", "0"),
        ("inventory_warning_level", "inventory_warning_level", "0"),
        ("bin_picking_number", "bin_picking_number", "\"\""),
    ] {
        record.raw(name, get(source).unwrap_or(otherwise));
    }
    record.finish()
}

/// What lies at the default location of an item that no file says anything about.
pub(super) fn stock<'m>(product: i64, variant: Option<i64>, get: &dyn Fn(&str) -> Option<&'m str>) -> Row {
    let mut level = Record::new(shape::INVENTORY_LEVEL, 200);
    level.integer("product_id", product);
    if let Some(variant) = variant {
        level.integer("variant_id", variant);
    }
    level.raw("sku", get("sku").unwrap_or("\"\""));
    let on_hand = get("inventory_level").and_then(json::integer).unwrap_or(0);
    level.integer("total_inventory_onhand", on_hand);
    Row { resource: "inventory_levels".into(), parent: None, json: level.finish() }
}

pub(super) fn level(fields: &mut Fields, product: Option<&Product>) {
    let Some(product) = product else { return };
    if let Some(variant) = product.base_variant.filter(|variant| *variant > 0 && !product.is_one_item()) {
        fields.fill_integer("variant_id", variant);
    }
    fields.fill("sku", || product.sku.clone());
}

pub(super) fn customer(fields: &mut Fields, now: i64) {
    fields.fill_date("date_created", now);
    fields.fill_from("date_modified", "date_created");
}

/// An amount in four members: what is missing follows from what is given, without tax if nothing else
/// is said.
fn cost(fields: &mut Fields, names: Names, otherwise: Money) {
    let [base, ex, inc, tax] = names;
    let [given_base, given_ex, given_inc, given_tax] = names.map(|name| fields.amount(name));
    if given_base.or(given_ex).or(given_inc).is_none() {
        let Money { base: b, ex: e, inc: i, tax: t } = otherwise;
        for (name, value) in [(base, b), (ex, e), (inc, i), (tax, t)] {
            fields.fill_amount(name, value);
        }
        return;
    }
    let known_tax = given_tax.unwrap_or(0);
    let (new_ex, new_inc) = match (given_ex, given_inc) {
        (Some(ex), Some(inc)) => (ex, inc),
        (Some(ex), None) => (ex, ex.saturating_add(known_tax)),
        (None, Some(inc)) => (inc.saturating_sub(known_tax), inc),
        (None, None) => (given_base.unwrap_or(0), given_base.unwrap_or(0).saturating_add(known_tax)),
    };
    fields.fill_amount(ex, new_ex);
    fields.fill_amount(inc, new_inc);
    fields.fill_amount(tax, new_inc.saturating_sub(new_ex));
    fields.fill_amount(base, new_ex);
}

/// Cost and handling of a shipping address.
pub(super) fn costs(fields: &mut Fields) {
    cost(fields, COST, Money::default());
    cost(fields, HANDLING, Money::default());
}

pub(super) fn fee(fields: &mut Fields) {
    cost(fields, COST, Money::default());
    fields.fill_from("display_name_merchant", "display_name_customer");
}

pub(super) fn address(fields: &mut Fields, defaults: &Defaults) {
    costs(fields);
    let (id, order) = (fields.integer("id").unwrap_or(0), fields.integer("order_id").unwrap_or(0));
    fields.fill("shipping_quotes", || {
        link(defaults, order, &format!("shipping_addresses/{id}/shipping_quotes"))
    });
}

fn link(defaults: &Defaults, order: i64, tail: &str) -> String {
    order_link(&defaults.api_origin, &defaults.store_hash, order, tail)
}

/// A line: prices from the one that is given, totals from price and quantity, names from the product.
pub(super) fn line(fields: &mut Fields, products: &HashMap<i64, Product>, address: Option<i64>) {
    if let Some(product) = fields.integer("product_id").and_then(|id| products.get(&id)) {
        fields.fill("name", || product.name.clone());
        fields.fill("sku", || product.sku.clone());
        if let Some(variant) = product.base_variant {
            fields.fill_integer("variant_id", variant);
        }
        if product.digital {
            fields.fill_text("type", "digital");
        }
    }
    fields.fill_from("name_customer", "name");
    fields.fill_from("name_merchant", "name");
    let quantity = fields.integer("quantity").unwrap_or(1);
    let first = |fields: &Fields, names: [&str; 3]| names.iter().find_map(|name| fields.amount(name));
    let ex = first(fields, ["price_ex_tax", "price_inc_tax", "base_price"]).unwrap_or(0);
    let inc = first(fields, ["price_inc_tax", "price_ex_tax", "base_price"]).unwrap_or(0);
    fields.fill_amount("base_price", ex);
    fields.fill_amount("price_ex_tax", ex);
    fields.fill_amount("price_inc_tax", inc);
    fields.fill_amount("price_tax", inc.saturating_sub(ex));
    let times = |price: i64| price.saturating_mul(quantity);
    let base = fields.amount("base_price").unwrap_or(0);
    fields.fill_amount("base_total", times(base));
    let tax = times(inc.saturating_sub(ex));
    match (fields.amount("total_ex_tax"), fields.amount("total_inc_tax")) {
        (Some(total), None) => fields.fill_amount("total_inc_tax", total.saturating_add(tax)),
        (None, Some(total)) => fields.fill_amount("total_ex_tax", total.saturating_sub(tax)),
        _ => {
            fields.fill_amount("total_ex_tax", times(ex));
            fields.fill_amount("total_inc_tax", times(inc));
        }
    }
    let (ex, inc) = (fields.amount("total_ex_tax").unwrap_or(0), fields.amount("total_inc_tax").unwrap_or(0));
    fields.fill_amount("total_tax", inc.saturating_sub(ex));
    fields.fill_amount("discounted_total_inc_tax", inc);
    if WRAPPING.iter().any(|name| fields.get(name).is_some()) {
        cost(fields, WRAPPING, Money::default());
    }
    let digital = matches!(fields.get("type"), Some("\"digital\"" | "\"giftcertificate\""));
    if let Some(address) =
        address.filter(|_| !digital && fields.integer("order_pickup_method_id").unwrap_or(0) == 0)
    {
        fields.fill_integer("order_address_id", address);
    }
}

/// An order: totals from its lines, addresses and fees, names from its status.
pub(super) fn order(
    fields: &mut Fields,
    defaults: &Defaults,
    sums: &Sums,
    address: Option<Address>,
) -> Result<(), String> {
    let id = fields.integer("id").unwrap_or(0);
    fields.fill_date("date_created", defaults.now);
    fields.fill_from("date_modified", "date_created");
    let status = fields.integer("status_id").unwrap_or(1);
    let Some(name) = usize::try_from(status).ok().and_then(|status| STATUSES.get(status)) else {
        return Err(format!("member status_id: there is no status {status}; there are 0 to 14"));
    };
    fields.fill_text("status", name);
    fields.fill_from("custom_status", "status");

    fields.fill_amount("subtotal_ex_tax", sums.ex);
    fields.fill_amount("subtotal_inc_tax", sums.inc);
    fields.fill_amount("subtotal_tax", sums.tax);
    cost(fields, SHIPPING, address.map(|address| address.cost).unwrap_or_default());
    cost(fields, HANDLING, Money::default());
    cost(fields, WRAPPING, sums.wrapping);
    let mut costs = sums.fees;
    for names in [SHIPPING, HANDLING, WRAPPING] {
        costs += Money::of(names, &|name| fields.amount(name));
    }
    let subtotal_tax = fields.amount("subtotal_tax").unwrap_or(0);
    fields.fill_amount("total_tax", subtotal_tax.saturating_add(costs.tax));
    fields.fill_amount("total_inc_tax", sums.charged.saturating_add(costs.inc));
    let (total, tax) = (fields.amount("total_inc_tax").unwrap_or(0), fields.amount("total_tax").unwrap_or(0));
    fields.fill_amount("total_ex_tax", total.saturating_sub(tax));

    fields.fill_integer("items_total", sums.quantity);
    fields.fill_integer("items_shipped", sums.shipped);
    let digital = sums.lines > 0 && sums.lines == sums.digital_lines;
    fields.fill("order_is_digital", || digital.to_string());
    fields.fill_integer("shipping_address_count", address.map_or(0, |address| address.count.max(1)));
    for name in ["fees", "consignments", "products", "shipping_addresses", "coupons"] {
        fields.fill(name, || link(defaults, id, name));
    }
    Ok(())
}

/// The shipping address of an order that has none: its billing address, with the order's shipping cost.
pub(super) fn made_address(order: &Fields, defaults: &Defaults, id: i64, sums: &Sums) -> String {
    let order_id = order.integer("id").unwrap_or(0);
    let billing = order.get("billing_address").and_then(Members::read);
    let text = |name: &str| billing.as_ref().and_then(|members| members.get(name));
    let amount = |name: &str| order.get(name).unwrap_or("\"0.0000\"");
    let mut record = Record::new(shape::ORDER_SHIPPING_ADDRESS, 1200);
    record.integer("id", id).integer("order_id", order_id);
    for (name, otherwise) in [
        ("first_name", ""),
        ("last_name", ""),
        ("company", ""),
        ("street_1", ""),
        ("street_2", ""),
        ("city", ""),
        ("zip", ""),
        ("country", "United States"),
        ("country_iso2", "US"),
        ("state", ""),
        ("email", ""),
        ("phone", ""),
    ] {
        match text(name) {
            Some(raw) => record.raw(name, raw),
            None => record.raw(name, &quoted(otherwise)),
        };
    }
    record.integer("items_total", sums.to_ship).integer("items_shipped", sums.to_ship_done);
    record.raw("base_cost", amount("base_shipping_cost"));
    record.raw("cost_ex_tax", amount("shipping_cost_ex_tax"));
    record.raw("cost_inc_tax", amount("shipping_cost_inc_tax"));
    record.raw("cost_tax", amount("shipping_cost_tax"));
    record.raw("base_handling_cost", amount("base_handling_cost"));
    record.raw("handling_cost_ex_tax", amount("handling_cost_ex_tax"));
    record.raw("handling_cost_inc_tax", amount("handling_cost_inc_tax"));
    record.raw("handling_cost_tax", amount("handling_cost_tax"));
    let quotes = format!("shipping_addresses/{id}/shipping_quotes");
    record.raw("shipping_quotes", &link(defaults, order_id, &quotes));
    record.finish()
}
