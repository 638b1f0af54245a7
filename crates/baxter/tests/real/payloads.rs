//! Every recorded answer and every usable fixture of the mirrored resources: imported, served, mirrored. The
//! digests agree, and `raw` is what the store sent, cut here by other code than the program's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use baxter_testkit::{TestBaxter, TestStore, assert_equal};
use serde_json::Value;
use tempfile::TempDir;

use crate::PROGRAM;
use crate::cut;

/// The folders of recorded answers, and the resources of an import that they are. The recorded categories are
/// of the path before trees and have no `category_id`.
const RESOURCES: [(&str, &str); 10] = [
    ("store", "store"),
    ("category_trees", "category_trees"),
    ("brands", "brands"),
    ("products", "products"),
    ("variants", "variants"),
    ("customers", "customers"),
    ("customer_addresses", "customer_addresses"),
    ("orders_v2", "orders"),
    ("order_products", "order_products"),
    ("order_shipping_addresses", "order_shipping_addresses"),
];

/// Members that hold records of another resource.
const INSIDE: [(&str, &str, &str); 7] = [
    ("products", "variants", "variants"),
    ("products", "images", "product_images"),
    ("products", "options", "product_options"),
    ("products", "modifiers", "product_modifiers"),
    ("products", "custom_fields", "product_custom_fields"),
    ("products", "bulk_pricing_rules", "product_bulk_pricing_rules"),
    ("customers", "addresses", "customer_addresses"),
];

/// Resources whose records are mirrored only with the record that they belong to.
const PARENTS: [(&str, &str, &str); 3] = [
    ("variants", "product_id", "products"),
    ("order_products", "order_id", "orders"),
    ("order_shipping_addresses", "order_id", "orders"),
];

#[test]
fn recorded_answers_are_mirrored_byte_for_byte() {
    let Some(payloads) = crate::data("payloads") else { return };
    let recorded = recorded(&payloads);
    let mut mirrored = BTreeMap::new();
    for import in spread(&recorded) {
        mirror(&import, &mut mirrored);
    }
    println!("{} recorded bodies, records mirrored: {mirrored:?}", recorded.len());
    for (stream, least) in [("products", 40), ("variants", 100), ("orders", 8), ("order_products", 3)] {
        assert!(mirrored[stream] >= least, "only {} records of {stream}", mirrored[stream]);
    }
}

/// One recorded body's records of one resource, and the ids of all that they bring along.
struct Recorded {
    resource: &'static str,
    records: Vec<String>,
    rows: BTreeSet<(&'static str, String)>,
}

/// What one store is filled with.
#[derive(Default)]
struct Import {
    /// By resource.
    records: BTreeMap<&'static str, Vec<String>>,
    rows: BTreeSet<(&'static str, String)>,
}

impl Import {
    /// Whether `body` can come in beside what is there: no id twice, and no resource both inside other records
    /// and by itself.
    fn has_room(&self, body: &Recorded) -> bool {
        let own = self.rows.iter().filter(|(resource, _)| !self.records.contains_key(resource));
        let inside: BTreeSet<&str> = own.map(|(resource, _)| *resource).collect();
        let brings = body.rows.iter().filter(|(resource, _)| *resource != body.resource);
        self.rows.is_disjoint(&body.rows)
            && !inside.contains(body.resource)
            && !brings.into_iter().any(|(resource, _)| self.records.contains_key(resource))
    }

    fn take(&mut self, body: &Recorded) {
        self.records.entry(body.resource).or_default().extend(body.records.iter().cloned());
        self.rows.extend(body.rows.iter().cloned());
    }

    /// Gives every record whose parent was not recorded with it a copy of another recorded one.
    fn complete(&mut self, likeness: &BTreeMap<&str, String>) {
        for (resource, member, parent) in PARENTS {
            for record in self.records.get(resource).cloned().unwrap_or_default() {
                let wanted = cut::value(&record, member).expect("the parent's id").to_owned();
                if self.rows.insert((parent, wanted.clone())) {
                    let own = format!("\"id\":{}", id(&likeness[parent]).expect("an id"));
                    let copy = likeness[parent].replacen(&own, &format!("\"id\":{wanted}"), 1);
                    self.records.entry(parent).or_default().push(copy);
                }
            }
        }
    }

    fn write(&self, folder: &Path) {
        for (resource, records) in &self.records {
            let list = records.join(",");
            let body = match *resource {
                "store" => list,
                "orders" | "order_products" | "order_shipping_addresses" => format!("[{list}]"),
                _ => format!("{{\"data\":[{list}],\"meta\":{{}}}}"),
            };
            std::fs::write(folder.join(resource).with_extension("json"), body).expect("a file of the import");
        }
    }
}

fn id(record: &str) -> Option<&str> {
    cut::value(record, "id").filter(|id| id.parse::<i64>().is_ok())
}

/// The recorded bodies that can be imported, in the order of the index.
fn recorded(payloads: &Path) -> Vec<Recorded> {
    let index = std::fs::read_to_string(payloads.join("INDEX.tsv")).expect("an index");
    let mut found = Vec::new();
    for line in index.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let (file, kind) = (cells[0], cells[5]);
        let known = RESOURCES.iter().find(|(folder, _)| *folder == cells[1]);
        let Some((_, resource)) = known.filter(|_| matches!(kind, "recorded" | "fixture")) else { continue };
        let text = std::fs::read_to_string(payloads.join(file)).expect("a recorded body");
        let text = cut::compact(&text);
        let data = if text.starts_with('{') { cut::value(&text, "data").unwrap_or(&text) } else { &text };
        let records = if data.starts_with('[') { cut::elements(data) } else { vec![data] };
        let inside =
            INSIDE.iter().filter(|(parent, ..)| parent == resource).flat_map(|(_, member, child)| {
                let lists = records.iter().filter_map(|record| cut::value(record, member));
                let lists = lists.filter(|list| list.starts_with('[')).flat_map(cut::elements);
                lists.map(|part| (*child, id(part))).collect::<Vec<_>>()
            });
        // There is one store, whatever its id.
        let own = |record| if *resource == "store" { Some("1") } else { id(record) };
        let own = records.iter().map(|record| (*resource, own(record)));
        let rows: Option<BTreeSet<_>> =
            own.chain(inside).map(|(resource, id)| Some((resource, id?.to_owned()))).collect();
        let Some(rows) = rows else {
            assert_eq!(kind, "fixture", "{file} has a record without a key");
            println!("left out: {file} has a record without a key");
            continue;
        };
        let records = records.into_iter().map(str::to_owned).collect();
        found.push(Recorded { resource, records, rows });
    }
    found
}

/// Spreads the bodies over few imports.
fn spread(recorded: &[Recorded]) -> Vec<Import> {
    let mut imports: Vec<Import> = Vec::new();
    for body in recorded {
        match imports.iter_mut().find(|import| import.has_room(body)) {
            Some(import) => import.take(body),
            None => {
                imports.push(Import::default());
                imports.last_mut().expect("just pushed").take(body);
            }
        }
    }
    let mut likeness = BTreeMap::new();
    for parent in ["products", "orders"] {
        let plain = recorded.iter().find(|body| {
            body.resource == parent && body.rows.len() == body.records.len() && !body.records.is_empty()
        });
        likeness.insert(parent, plain.expect("a plain record of the parent").records[0].clone());
    }
    imports.iter_mut().for_each(|import| import.complete(&likeness));
    imports
}

/// Serves and mirrors one import, and adds to the counts of mirrored records.
fn mirror(import: &Import, mirrored: &mut BTreeMap<&'static str, usize>) {
    let folder = TempDir::new().expect("a folder for the import");
    import.write(folder.path());
    let store = TestStore::start(PROGRAM, &["--import", folder.path().to_str().expect("a plain path")]);
    let baxter = TestBaxter::new(PROGRAM, &store);
    baxter.run(&["sync"]).success();
    assert_equal(&store, &baxter);
    for (stream, mut served) in served(&store) {
        let rows = baxter.query(&format!("select raw from {stream}"));
        let mut raw: Vec<&str> = rows.iter().filter_map(|row| row["raw"].as_str()).collect();
        raw.sort_unstable();
        served.sort_unstable();
        assert!(raw == served, "{stream}: {raw:#?}\nis not what was served\n{served:#?}");
        *mirrored.entry(stream).or_default() += raw.len();
    }
}

/// The records of every stream as the store sends them, by plain requests without compression.
fn served(store: &TestStore) -> BTreeMap<&'static str, Vec<String>> {
    let mut streams: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (stream, path) in [
        ("store", "/v2/store"),
        ("brands", "/v3/catalog/brands?limit=250"),
        ("categories", "/v3/catalog/trees/categories?limit=250"),
        ("customers", "/v3/customers?limit=250"),
        ("customer_addresses", "/v3/customers/addresses?limit=250"),
        ("locations", "/v3/inventory/locations?limit=250"),
    ] {
        streams.insert(stream, page(store, path));
    }
    for product in page(store, "/v3/catalog/products?include=variants&limit=250") {
        let mut variants = Vec::new();
        streams.entry("products").or_default().push(cut::without(&product, &["variants"], &mut variants));
        let variants = variants.iter().flat_map(|list| cut::elements(list)).map(str::to_owned);
        streams.entry("variants").or_default().extend(variants);
    }
    for item in page(store, "/v3/inventory/items?limit=1000") {
        let mut levels = Vec::new();
        streams.entry("inventory_items").or_default().push(cut::without(&item, &["locations"], &mut levels));
        let levels = levels.iter().flat_map(|list| cut::elements(list)).map(str::to_owned);
        streams.entry("inventory_levels").or_default().extend(levels);
    }
    let orders = "/v2/orders?include=consignments,consignments.line_items,fees&consignment_structure=object";
    for order in page(store, &format!("{orders}&limit=250")) {
        let (mut lines, mut addresses) = (Vec::new(), Vec::new());
        let order = cut::without(&order, &["line_items"], &mut lines);
        streams.entry("orders").or_default().push(cut::without(&order, &["shipping"], &mut addresses));
        for lines in lines {
            let lines = if lines.starts_with('[') { cut::elements(&lines) } else { vec![lines.as_str()] };
            streams.entry("order_products").or_default().extend(lines.into_iter().map(str::to_owned));
        }
        let addresses = addresses.iter().flat_map(|list| cut::elements(list)).map(str::to_owned);
        streams.entry("order_shipping_addresses").or_default().extend(addresses);
    }
    streams
}

/// The records of an answer that fits on one page.
fn page(store: &TestStore, path: &str) -> Vec<String> {
    let answer = store.ask("GET", path, None);
    assert!(matches!(answer.status, 200 | 204), "{path}: status {}", answer.status);
    let encoded = answer.headers.iter().any(|(name, _)| name == "content-encoding");
    assert!(!encoded, "{path} came compressed");
    let body = String::from_utf8(answer.body).expect("UTF-8");
    if body.is_empty() {
        return Vec::new();
    }
    if let Some(meta) = body.starts_with('{').then(|| cut::value(&body, "meta")).flatten() {
        let meta: Value = serde_json::from_str(meta).expect("JSON");
        assert!(meta["pagination"]["total_pages"].as_u64() <= Some(1), "{path} has more than one page");
    }
    let data = if body.starts_with('{') { cut::value(&body, "data").unwrap_or(&body) } else { &body };
    if data.starts_with('[') {
        cut::elements(data).into_iter().map(str::to_owned).collect()
    } else {
        vec![data.to_owned()]
    }
}
