//! The requests that changes are made of.

use super::{Kind, Request};
use crate::chance::Chance;
use crate::data::Data;
use crate::declare::Verb;
use crate::json::{self, Members};
use crate::table::Record;

const ADJECTIVES: &[&str] =
    &["Amber", "Basalt", "Cedar", "Dune", "Ember", "Fern", "Granite", "Harbour", "Indigo", "Juniper"];
const THINGS: &[&str] =
    &["Lamp", "Kettle", "Chair", "Backpack", "Mug", "Blanket", "Notebook", "Jacket", "Clock", "Tray"];
const NAMES: &[&str] = &["Alex", "Robin", "Kim", "Sascha", "Noa", "Jo", "Toni", "Sam", "Chris", "Maxime"];
const CITIES: &[(&str, &str, &str, &str)] = &[
    ("Austin", "Texas", "78701", "US"),
    ("Portland", "Oregon", "97201", "US"),
    ("Leeds", "West Yorkshire", "LS1 4AP", "GB"),
    ("Graz", "Steiermark", "8010", "AT"),
];

/// A request that changes a stream in a way; `None` when this attempt found nothing to change.
pub(super) fn make(data: &mut Data, chance: &mut Chance, stream: &str, kind: Kind) -> Option<Request> {
    match kind {
        Kind::Create => create(data, chance, stream),
        Kind::Update => update(data, chance, stream),
        Kind::Delete => delete(data, chance, stream),
    }
}

pub(super) fn some<'a>(data: &'a Data, chance: &mut Chance, table: &str) -> Option<&'a Record> {
    chance.pick(data.table(table).records())
}

pub(super) fn word<'a>(chance: &mut Chance, words: &[&'a str]) -> &'a str {
    chance.pick(words).copied().unwrap_or("")
}

fn cents(chance: &mut Chance, most: u64) -> String {
    let cents = 100 + chance.below(most * 100);
    format!("{}.{:02}", cents / 100, cents % 100)
}

pub(super) fn post(path: &str, body: String) -> Option<Request> {
    Some(Request { verb: Verb::Post, path: path.into(), body })
}

pub(super) fn put(path: impl Into<String>, body: String) -> Option<Request> {
    Some(Request { verb: Verb::Put, path: path.into(), body })
}

fn create(data: &mut Data, chance: &mut Chance, stream: &str) -> Option<Request> {
    let n = data.claim_extra();
    let (adjective, thing) = (word(chance, ADJECTIVES), word(chance, THINGS));
    match stream {
        "products" => product(data, chance, &format!("{adjective} {thing} {n}"), n),
        "variants" => variant(data, chance, n),
        "brands" => post("/v3/catalog/brands", format!("{{\"name\":\"{adjective} & {thing} {n}\"}}")),
        "categories" => {
            let parent = if chance.hits(0.5) {
                some(data, chance, "categories").map_or(0, |record| record.id)
            } else {
                0
            };
            let name = format!("{adjective} {n}");
            post(
                "/v3/catalog/trees/categories",
                format!(
                    "[{{\"name\":\"{name}\",\"tree_id\":1,\"parent_id\":{parent},\"description\":\"<p>{thing}s</p>\"}}]"
                ),
            )
        }
        "customers" => {
            let (first, last) = (word(chance, NAMES), format!("{adjective}son"));
            let with = if chance.hits(0.5) {
                format!(",\"addresses\":[{}]", address(chance, None, n))
            } else {
                String::new()
            };
            post(
                "/v3/customers",
                format!(
                    "[{{\"email\":\"{}.{n}@example.com\",\"first_name\":\"{first}\",\"last_name\":\"{last}\"{with}}}]",
                    first.to_lowercase()
                ),
            )
        }
        "customer_addresses" => {
            let customer = some(data, chance, "customers")?.id;
            post("/v3/customers/addresses", format!("[{}]", address(chance, Some(customer), n)))
        }
        "orders" => order(data, chance, n),
        _ => super::people::create(data, chance, stream, n),
    }
}

fn product(data: &Data, chance: &mut Chance, name: &str, n: i64) -> Option<Request> {
    let brand = some(data, chance, "brands").map_or(0, |record| record.id);
    let category = some(data, chance, "categories").map(|record| record.id.to_string()).unwrap_or_default();
    let tracking = word(chance, &["none", "product", "variant"]);
    let (price, stock) = (cents(chance, 200), chance.below(80));
    let variants = if chance.hits(0.4) {
        let sizes: Vec<String> = ["S", "M", "L"]
            .iter()
            .map(|size| {
                let level = chance.below(30);
                format!("{{\"sku\":\"SIM-{n}-{size}\",\"inventory_level\":{level},\"option_values\":[{{\"option_display_name\":\"Size\",\"label\":\"{size}\"}}]}}")
            })
            .collect();
        format!(",\"variants\":[{}]", sizes.join(","))
    } else {
        String::new()
    };
    post(
        "/v3/catalog/products",
        format!(
            "{{\"name\":\"{name}\",\"type\":\"physical\",\"sku\":\"SIM-{n}\",\"weight\":{},\"price\":{price},\"brand_id\":{brand},\"categories\":[{category}],\"inventory_tracking\":\"{tracking}\",\"inventory_level\":{stock}{variants}}}",
            1 + chance.below(20)
        ),
    )
}

/// A variant of option values that no other variant of its product has; for that an option gets a new
/// value first.
fn variant(data: &mut Data, chance: &mut Chance, n: i64) -> Option<Request> {
    let (first, product) = some(data, chance, "product_options").map(|option| (option.id, option.parent))?;
    if data.table("variants").children(product).len() >= 600 {
        return None;
    }
    let text = data.text("product_options", first)?;
    let values = json::entries(Members::read(text)?.get("option_values")?)?;
    let body = format!(
        "{{\"option_values\":[{},{{\"label\":\"Special {n}\",\"sort_order\":{}}}]}}",
        values.join(","),
        values.len()
    );
    let path = format!("/v3/catalog/products/{product}/options/{first}");
    super::send(data, &Request { verb: Verb::Put, path, body }).ok()?;
    let mut values = Vec::new();
    for option in data.table("product_options").of(product) {
        let members = Members::read(&option.text)?;
        let entries = json::entries(members.get("option_values")?)?;
        let chosen = if option.id == first { entries.last() } else { chance.pick(&entries) };
        let id = Members::read(chosen?)?.get("id")?;
        values.push(format!("{{\"option_id\":{},\"id\":{id}}}", option.id));
    }
    let price = cents(chance, 99);
    let body =
        format!("{{\"sku\":\"SIM-V-{n}\",\"option_values\":[{}],\"price\":{price}}}", values.join(","));
    post(&format!("/v3/catalog/products/{product}/variants"), body)
}

fn address(chance: &mut Chance, customer: Option<i64>, n: i64) -> String {
    let (city, state, zip, country) = chance.pick(CITIES).copied().unwrap_or(CITIES[0]);
    let owner = customer.map(|id| format!("\"customer_id\":{id},")).unwrap_or_default();
    let (first, last) = (word(chance, NAMES), word(chance, ADJECTIVES));
    format!(
        "{{{owner}\"first_name\":\"{first}\",\"last_name\":\"{last}\",\"address1\":\"{n} Main Street\",\"city\":\"{city}\",\"state_or_province\":\"{state}\",\"postal_code\":\"{zip}\",\"country_code\":\"{country}\"}}"
    )
}

fn order(data: &Data, chance: &mut Chance, n: i64) -> Option<Request> {
    let customer =
        if chance.hits(0.8) { some(data, chance, "customers").map_or(0, |record| record.id) } else { 0 };
    let mut lines = Vec::new();
    for _ in 0..1 + chance.below(4) {
        let quantity = 1 + chance.below(3);
        match some(data, chance, "variants") {
            Some(variant) if chance.hits(0.9) => lines.push(format!(
                "{{\"product_id\":{},\"variant_id\":{},\"quantity\":{quantity}}}",
                variant.parent, variant.id
            )),
            _ => {
                let price = cents(chance, 40);
                lines.push(format!(
                    "{{\"name\":\"Engraving {n}\",\"quantity\":{quantity},\"price_ex_tax\":{price},\"price_inc_tax\":{price}}}"
                ));
            }
        }
    }
    let (city, state, zip, country) = chance.pick(CITIES).copied().unwrap_or(CITIES[0]);
    let (first, last) = (word(chance, NAMES), word(chance, ADJECTIVES));
    let place = format!(
        "\"first_name\":\"{first}\",\"last_name\":\"{last}\",\"street_1\":\"{n} Main Street\",\"city\":\"{city}\",\"state\":\"{state}\",\"zip\":\"{zip}\",\"country_iso2\":\"{country}\",\"email\":\"order.{n}@example.com\""
    );
    let shipping = cents(chance, 15);
    let discount = if chance.hits(0.2) { ",\"discount_amount\":1.5" } else { "" };
    post(
        "/v2/orders",
        format!(
            "{{\"customer_id\":{customer},\"billing_address\":{{{place}}},\"shipping_addresses\":[{{{place},\"shipping_method\":\"Flat Rate\"}}],\"base_shipping_cost\":{shipping}{discount},\"products\":[{}]}}",
            lines.join(",")
        ),
    )
}

fn update(data: &mut Data, chance: &mut Chance, stream: &str) -> Option<Request> {
    let n = data.claim_extra();
    let record = match stream {
        "inventory_levels" => return stock(data, chance),
        _ => some(data, chance, stream)?,
    };
    let (id, parent) = (record.id, record.parent);
    let price = cents(chance, 300);
    let edit = |choices: &[String], chance: &mut Chance| chance.pick(choices).cloned().unwrap_or_default();
    match stream {
        "products" => {
            let name = Members::read(&record.text)?.get("name").map(|raw| json::plain(raw).into_owned())?;
            let stem: String = name.chars().take(200).filter(|c| c.is_alphanumeric() || *c == ' ').collect();
            let choices = [
                format!("\"price\":{price}"),
                format!("\"sale_price\":{price}"),
                format!("\"description\":\"<p>Revision {n}</p>\""),
                format!("\"name\":\"{} {n}\"", stem.trim()),
                format!("\"sku\":\"SIM-R-{n}\""),
                format!("\"is_featured\":{},\"sort_order\":{}", chance.hits(0.5), n % 1_000_000),
                format!("\"search_keywords\":\"sim {n}\",\"inventory_level\":{}", chance.below(90)),
            ];
            put(format!("/v3/catalog/products/{id}"), format!("{{{}}}", edit(&choices, chance)))
        }
        "variants" => {
            let choices = [
                format!("\"price\":{price}"),
                format!("\"upc\":\"{}\"", n % 100_000_000),
                format!("\"sku\":\"SIM-S-{n}\""),
                format!("\"bin_picking_number\":\"B{n}\",\"inventory_level\":{}", chance.below(60)),
            ];
            put(
                format!("/v3/catalog/products/{parent}/variants/{id}"),
                format!("{{{}}}", edit(&choices, chance)),
            )
        }
        "brands" => put(format!("/v3/catalog/brands/{id}"), format!("{{\"page_title\":\"Brand page {n}\"}}")),
        "categories" => put(
            "/v3/catalog/trees/categories",
            format!(
                "[{{\"category_id\":{id},\"description\":\"<p>Revision {n}</p>\",\"sort_order\":{}}}]",
                n % 1000
            ),
        ),
        "customers" => {
            let choices = [
                format!("\"notes\":\"Note {n}\""),
                format!("\"company\":\"Company {n}\""),
                format!("\"phone\":\"+1 555 {n}\""),
            ];
            put("/v3/customers", format!("[{{\"id\":{id},{}}}]", edit(&choices, chance)))
        }
        "customer_addresses" => {
            put("/v3/customers/addresses", format!("[{{\"id\":{id},\"phone\":\"+1 555 {n}\"}}]"))
        }
        "orders" => {
            let held = Members::read(&record.text)?.get("status_id").and_then(json::integer)?;
            let status = [1, 2, 3, 7, 9, 10, 11]
                .into_iter()
                .cycle()
                .skip(chance.below(7) as usize)
                .find(|s| *s != held)?;
            let choices = [
                format!("\"status_id\":{status}"),
                format!("\"status_id\":{status}"),
                format!("\"staff_notes\":\"Note {n}\""),
            ];
            put(format!("/v2/orders/{id}"), format!("{{{}}}", edit(&choices, chance)))
        }
        "locations" => {
            put("/v3/inventory/locations", format!("[{{\"id\":{id},\"description\":\"Revision {n}\"}}]"))
        }
        _ => super::people::update(&record.text, id, parent, stream, n),
    }
}

fn stock(data: &Data, chance: &mut Chance) -> Option<Request> {
    let item = chance.pick(data.stock.items())?;
    let location = some(data, chance, "locations")?.id;
    let quantity = chance.below(200);
    let whole =
        Members::read(data.text("products", item.product)?)?.get("inventory_tracking") == Some("\"product\"");
    let identity = match item.variant {
        Some(variant) if !whole => format!("\"variant_id\":{variant}"),
        _ => format!("\"product_id\":{}", item.product),
    };
    let body = format!(
        "{{\"reason\":\"count\",\"items\":[{{\"location_id\":{location},{identity},\"quantity\":{quantity}}}]}}"
    );
    put("/v3/inventory/adjustments/absolute", body)
}

fn delete(data: &Data, chance: &mut Chance, stream: &str) -> Option<Request> {
    // The last records of a kind stay, so that a store never runs empty.
    if data.table(stream).records().len() < 5 {
        return None;
    }
    let record = some(data, chance, stream)?;
    let id = record.id;
    let path = match stream {
        "products" => format!("/v3/catalog/products/{id}"),
        "variants" => {
            let product = record.parent;
            if data.table("variants").children(product).len() < 2 {
                return None;
            }
            format!("/v3/catalog/products/{product}/variants/{id}")
        }
        "brands" => format!("/v3/catalog/brands/{id}"),
        "categories" => format!("/v3/catalog/trees/categories?category_id:in={id}"),
        "customers" => format!("/v3/customers?id:in={id}"),
        "customer_addresses" => format!("/v3/customers/addresses?id:in={id}"),
        "orders" => format!("/v2/orders/{id}"),
        _ => super::people::delete(&record.text, id, stream)?,
    };
    Some(Request { verb: Verb::Delete, path, body: String::new() })
}
