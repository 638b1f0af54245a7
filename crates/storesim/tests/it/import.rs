//! Imported data as it is served: recorded answers, and what a start says about a bad file.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use storesim::Options;

use crate::store;

/// A folder of its own for a test, gone when the test is over.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("storesim-served-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The recorded answers beside the checkout, when they are there.
pub fn payloads() -> Option<PathBuf> {
    let shared = std::env::var_os("BAXTER_SHARED").map(PathBuf::from).or_else(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        here.ancestors().map(|folder| folder.join("shared")).find(|folder| folder.is_dir())
    });
    let payloads = shared.map(|shared| shared.join("data/payloads")).filter(|folder| folder.is_dir());
    if payloads.is_none() {
        eprintln!("skipped: no recorded answers found (set BAXTER_SHARED)");
    }
    payloads
}

/// JSON without the white space between its tokens.
pub fn compact(text: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let keeps = |c: &char| {
        let keep = inside || !c.is_ascii_whitespace();
        if *c == '"' && !escaped {
            inside = !inside;
        }
        escaped = inside && *c == '\\' && !escaped;
        keep
    };
    text.chars().filter(keeps).collect()
}

#[tokio::test]
async fn recorded_answers_are_served_byte_for_byte() {
    let Some(payloads) = payloads() else { return };
    let folder = Folder::new();
    let recorded = [
        ("store", "store/bc-swu__get-store.json", "/v2/store"),
        ("brands", "brands/nango__list-brands.json", "/v3/catalog/brands"),
        ("products", "products/nango__list-products.json", "/v3/catalog/products"),
        ("variants", "variants/nango__list-product-variants.json", "/v3/catalog/products/77/variants"),
        ("customers", "customers/nango__list-customers.json", "/v3/customers"),
        ("orders", "orders_v2/nango__get-order.json", "/v2/orders/100"),
        ("order_products", "order_products/nango__get-order-products.json", "/v2/orders/100/products"),
        (
            "order_shipping_addresses",
            "order_shipping_addresses/nango__get-order-shipping-addresses.json",
            "/v2/orders/100/shipping_addresses",
        ),
    ];
    for (resource, file, _) in recorded {
        fs::copy(payloads.join(file), folder.0.join(format!("{resource}.json"))).expect("a copy");
    }
    let store = store::with(Options { import: Some(folder.0.clone()), ..Options::default() }).await;
    for (resource, file, path) in recorded {
        let text = compact(&fs::read_to_string(payloads.join(file)).expect("a recording"));
        let served = store.get(path).await;
        assert_eq!(served.status, 200, "{path}: {}", served.text);
        let body: &serde_json::value::RawValue = serde_json::from_str(&text).expect("JSON");
        let body = body.get();
        let records: Vec<String> = if body.starts_with('[') {
            parse(body)
        } else if let Some(data) = body.strip_prefix("{\"data\":") {
            let mut values =
                serde_json::Deserializer::from_str(data).into_iter::<Box<serde_json::value::RawValue>>();
            let list = values.next().expect("data").expect("JSON");
            parse(list.get())
        } else {
            vec![body.to_owned()]
        };
        assert!(!records.is_empty(), "{resource}");
        for record in records {
            // Links lead to the store that serves them.
            let record = own_links(&record, store.simulator.url());
            assert!(served.text.contains(&record), "{resource}: {record}\nis not in\n{}", served.text);
        }
    }
    store.simulator.stop().await;
}

/// Files of recorded answers, each in a store of its own: what was recorded is in the list that its
/// resource is read by. `{}` in a path is the order that the record names.
#[tokio::test]
async fn every_recorded_answer_about_orders_comes_back() {
    let Some(payloads) = payloads() else { return };
    let resources = [
        ("orders_v2", "orders", "/v2/orders/{}"),
        ("order_products", "order_products", "/v2/orders/{}/products?limit=250"),
        ("order_shipping_addresses", "order_shipping_addresses", "/v2/orders/{}/shipping_addresses"),
        ("order_shipments", "order_shipments", "/v2/orders/{}/shipments"),
        ("order_transactions", "order_transactions", "/v3/orders/{}/transactions"),
        ("order_refunds", "order_refunds", "/v3/orders/payment_actions/refunds"),
        ("coupons", "coupons", "/v2/coupons?limit=250"),
        ("gift_certificates", "gift_certificates", "/v2/gift_certificates"),
    ];
    let mut seen = 0;
    for (dir, resource, path) in resources {
        for file in fs::read_dir(payloads.join(dir)).expect("a folder") {
            let file = file.expect("a file").path();
            let folder = Folder::new();
            fs::copy(&file, folder.0.join(format!("{resource}.json"))).expect("a copy");
            let text = compact(&fs::read_to_string(&file).expect("a recording"));
            let store = store::with(Options { import: Some(folder.0.clone()), ..Options::default() }).await;
            for record in recorded(&text) {
                let value: serde_json::Value = serde_json::from_str(&record).expect("JSON");
                let order = match value.get("order_id").unwrap_or(&value["id"]) {
                    serde_json::Value::String(text) => text.clone(),
                    id => id.to_string(),
                };
                let served = store.get(&path.replace("{}", &order)).await;
                assert_eq!(served.status, 200, "{}: {}", file.display(), served.text);
                let linked = own_links(&record, store.simulator.url());
                assert!(
                    served.text.contains(&linked),
                    "{}: {linked}\nis not in\n{}",
                    file.display(),
                    served.text
                );
                seen += 1;
            }
            store.simulator.stop().await;
        }
    }
    assert!(seen > 30, "{seen}");
}

/// The records of a recorded body.
fn recorded(body: &str) -> Vec<String> {
    let list = match body.strip_prefix("{\"data\":") {
        None => body.to_owned(),
        Some(data) => {
            let mut values =
                serde_json::Deserializer::from_str(data).into_iter::<Box<serde_json::value::RawValue>>();
            values.next().expect("data").expect("JSON").get().to_owned()
        }
    };
    if list.starts_with('[') { parse(&list) } else { vec![list] }
}

fn parse(list: &str) -> Vec<String> {
    let records: Vec<Box<serde_json::value::RawValue>> = serde_json::from_str(list).expect("a list");
    records.iter().map(|record| record.get().to_owned()).collect()
}

pub fn own_links(record: &str, origin: &str) -> String {
    let mut parts = record.split("https://api.bigcommerce.com/stores/");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, path) = part.split_once('/').expect("a path after the store hash");
        out += &format!("{origin}/stores/simstore/{path}");
    }
    out
}

#[tokio::test]
async fn a_bad_line_stops_the_start_and_is_named() {
    let folder = Folder::new();
    fs::write(folder.0.join("brands.csv"), "id,name\n35,Halden\n36\n").expect("a file");
    let options = Options { import: Some(folder.0.clone()), ..Options::default() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let error = storesim::start(options, listener).await.err().expect("a start that fails");
    let error = error.to_string();
    assert!(error.ends_with("brands.csv, line 3: 1 cells, but the header has 2"), "{error}");
}

#[tokio::test]
async fn numbers_beyond_reason_are_named_or_count_as_nothing() {
    let start = async |file: &str, text: &str| {
        let folder = Folder::new();
        fs::write(folder.0.join(file), text).expect("a file");
        let options = Options { import: Some(folder.0.clone()), ..Options::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        storesim::start(options, listener).await.err().expect("a start that fails").to_string()
    };
    for (file, text, reason) in [
        ("products.jsonl", "{\"id\":9223372036854775807}\n", "is above 9007199254740991"),
        ("products.csv", "id,name\n9223372036854775807,A\n", "is above 9007199254740991"),
        ("variants.jsonl", "{\"id\":9223372036854775807,\"product_id\":7}\n", "is above 9007199254740991"),
        (
            "inventory_levels.csv",
            "product_id,sku,location_id,total_inventory_onhand,safety_stock\n7,a,1,1,9223372036854775807\n",
            "safety_stock 9223372036854775807 is more than a location holds",
        ),
    ] {
        let error = start(file, text).await;
        assert!(error.contains(reason), "{file}: {error}");
    }
    let folder = Folder::new();
    let huge = "79228162514264337593543950335";
    let line = format!(
        "{{\"id\":1,\"order_id\":5,\"quantity\":9223372036854775807,\"price_ex_tax\":\"{huge}\",\"total_ex_tax\":\"{huge}\",\"total_tax\":\"{huge}\"}}\n"
    );
    fs::write(folder.0.join("orders.jsonl"), "{\"id\":5,\"status_id\":1,\"discount_amount\":\"0\"}\n")
        .expect("a file");
    fs::write(folder.0.join("order_products.jsonl"), line).expect("a file");
    let store = store::with(Options { import: Some(folder.0.clone()), ..Options::default() }).await;
    let change = serde_json::json!({"discount_amount": 1, "products": [
        {"name": "x", "quantity": 2, "price_ex_tax": 3, "price_inc_tax": 3}]});
    let changed = store.send(reqwest::Method::PUT, "/v2/orders/5", &change).await;
    assert_eq!(
        (changed.status, &changed.json()["total_inc_tax"]),
        (200, &"5.0000".into()),
        "{}",
        changed.text
    );
    store.simulator.stop().await;
}

#[tokio::test]
async fn a_folder_with_nothing_to_read_is_refused() {
    let folder = Folder::new();
    fs::write(folder.0.join("notes.txt"), "nothing").expect("a file");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let options = Options { import: Some(folder.0.clone()), ..Options::default() };
    let error = storesim::start(options.clone(), listener).await.err().expect("an error").to_string();
    assert!(error.contains("has no file of a resource"), "{error}");
    fs::write(folder.0.join("orders.jsonl"), "").expect("a file");
    let store = store::with(options).await;
    assert_eq!(store.get("/v2/orders").await.status, 204);
    store.simulator.stop().await;
}
