//! Law 3 over all streams: whatever can be mirrored becomes equal to the store.

use std::collections::BTreeSet;

use baxter_testkit::{Random, TestStore, assert_equal, assert_log_is_mirror};
use serde_json::{Value, json};

use crate::start;

/// What the generated store has none of: a rule needs conditions on several choices of one product.
const MAY_BE_EMPTY: [&str; 1] = ["product_complex_rules"];

/// The streams of which the simulated store makes up changes.
const CHANGED: [&str; 23] = [
    "products",
    "variants",
    "brands",
    "categories",
    "customers",
    "customer_addresses",
    "orders",
    "inventory_levels",
    "locations",
    "customer_groups",
    "customer_attributes",
    "customer_attribute_values",
    "customer_form_field_values",
    "subscribers",
    "segments",
    "shopper_profiles",
    "wishlists",
    "channels",
    "channel_listings",
    "pages",
    "redirects",
    "currencies",
    "tax_classes",
];

/// An order for changes in all of them.
pub fn changes(count: u64, seed: u64, kinds: &[&str]) -> Value {
    json!({ "count": count, "seed": seed, "kinds": kinds, "streams": CHANGED })
}

fn make(store: &TestStore, method: &str, path: &str, body: &Value) -> Value {
    let answer = store.ask(method, path, Some(body));
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert!((200..300).contains(&answer.status), "{method} {path}: {} {text}", answer.status);
    serde_json::from_str::<Value>(&text).unwrap_or_default()
}

/// A price list of several pages: a price for each variant.
pub struct PriceList {
    list: i64,
    variants: Vec<i64>,
}

impl PriceList {
    pub fn make(store: &TestStore) -> PriceList {
        let mut variants = Vec::new();
        for page in 1.. {
            let answer =
                store.ask("GET", &format!("/v3/catalog/variants?limit=250&page={page}"), None).json();
            let data = answer["data"].as_array().expect("a page of variants");
            variants.extend(data.iter().map(|variant| variant["id"].as_i64().expect("a variant has an id")));
            if data.len() < 250 {
                break;
            }
        }
        assert!(variants.len() > 250, "only {} variants: the list has one page", variants.len());
        let list = make(store, "POST", "/v3/pricelists", &json!({ "name": "Wholesale" }));
        let list = list["data"]["id"].as_i64().expect("a price list has an id");
        let prices = PriceList { list, variants };
        make(store, "PUT", &prices.path(), &prices.records(0..prices.variants.len(), 150));
        make(
            store,
            "POST",
            "/v3/pricelists/assignments",
            &json!([{ "price_list_id": list, "channel_id": 1 }]),
        );
        prices
    }

    /// Takes some prices away, and writes others anew.
    pub fn change(&self, store: &TestStore, random: &mut Random) {
        let mut some = |most: usize| {
            let first = usize::try_from(random.below(self.variants.len() as u64)).expect("a small number");
            first..self.variants.len().min(first + most)
        };
        let (gone, written) = (some(5), some(40));
        let ids: Vec<String> = self.variants[gone].iter().map(i64::to_string).collect();
        // A store that fails now and then, or that has no room in its quota, leaves them as they are.
        store.ask("DELETE", &format!("{}?variant_id:in={}", self.path(), ids.join(",")), None);
        let body = self.records(written, 100 + random.below(900));
        store.ask("PUT", &self.path(), Some(&body));
    }

    fn path(&self) -> String {
        format!("/v3/pricelists/{}/records", self.list)
    }

    fn records(&self, which: std::ops::Range<usize>, price: u64) -> Value {
        let record = |variant: &i64| json!({ "variant_id": variant, "currency": "usd", "price": price });
        self.variants[which].iter().map(record).collect()
    }
}

/// Makes a record of each kind that the generated store has none of.
pub fn fill(store: &TestStore) -> PriceList {
    let id = |path: &str| {
        let list = store.ask("GET", path, None).json();
        let first = list.get("data").map_or(&list[0], |data| &data[0]).clone();
        first
            .get("category_id")
            .or(first.get("id"))
            .and_then(Value::as_i64)
            .unwrap_or_else(|| panic!("{path}: {list}"))
    };
    let (product, variant) = (id("/v3/catalog/products?limit=1"), id("/v3/catalog/variants?limit=1"));
    let field = json!({ "namespace": "n", "key": "k", "value": "v", "permission_set": "write" });
    for owner in [
        format!("/v3/catalog/products/{product}"),
        format!("/v3/catalog/products/{product}/variants/{variant}"),
        format!("/v3/catalog/brands/{}", id("/v3/catalog/brands?limit=1")),
        format!("/v3/catalog/categories/{}", id("/v3/catalog/trees/categories?limit=1")),
        format!("/v3/customers/{}", id("/v3/customers?limit=1")),
        format!("/v3/orders/{}", id("/v2/orders?limit=1")),
        format!("/v3/inventory/locations/{}", id("/v3/inventory/locations?limit=1")),
        format!("/v3/channels/{}", id("/v3/channels?limit=1")),
    ] {
        make(store, "POST", &format!("{owner}/metafields"), &field);
    }
    let of_product = format!("/v3/catalog/products/{product}");
    let review = json!({ "title": "Good", "text": "", "rating": 5, "name": "A", "status": "approved", "date_reviewed": "2026-01-01T00:00:00+00:00" });
    make(store, "POST", &format!("{of_product}/reviews"), &review);
    let video = json!({ "video_id": "z3fRu9pkuXE", "type": "youtube", "title": "A" });
    make(store, "POST", &format!("{of_product}/videos"), &video);
    // More than a page, told apart by numbers.
    let site = id("/v3/sites?limit=1");
    let route =
        |number: i64| json!({ "type": "product", "matching": number.to_string(), "route": "/p/{id}" });
    let routes: Value = (0..260).map(route).collect();
    make(store, "PUT", &format!("/v3/sites/{site}/routes"), &routes);
    PriceList::make(store)
}

#[test]
fn after_changes_in_all_of_them() {
    let (store, baxter) = start(&["--products", "120", "--customers", "60", "--orders", "80"]);
    let baxter = baxter.with_all_streams();
    let prices = fill(&store);
    assert!(baxter.streams().len() > 60, "{:?}", baxter.streams());
    baxter.run(&["sync"]).success();
    assert_equal(&store, &baxter);
    let streams = baxter.streams().iter().map(String::as_str);
    let empty: BTreeSet<&str> = streams.filter(|stream| store.digest(stream).count == 0).collect();
    assert_eq!(empty, BTreeSet::from(MAY_BE_EMPTY), "of these, equality says nothing");

    // Nothing changed: no parent is asked.
    let report = baxter.run(&["sync", "-o", "json"]).success().json();
    for stream in report["streams"].as_array().expect("a list") {
        let asked = stream["requests"].as_u64();
        let per_parent =
            ["order_coupons", "order_taxes", "order_shipments", "order_messages", "order_transactions"];
        if per_parent.iter().any(|name| stream["stream"] == *name) {
            assert_eq!(asked, Some(0), "{stream}");
        }
    }

    store.mutate(changes(900, 11, &["create", "update", "delete"]));
    let mut random = Random::new(11);
    (0..8).for_each(|_| prices.change(&store, &mut random));
    let site = store.ask("GET", "/v3/sites?limit=1", None).json()["data"][0]["id"].clone();
    for route in (1..=40).step_by(3) {
        store.ask("DELETE", &format!("/v3/sites/{site}/routes/{route}"), None);
    }
    let found = baxter.run(&["verify", "-o", "json"]).failure(2).json();
    assert_eq!((&found["complete"], &found["equal"]), (&json!(true), &json!(false)), "{found}");
    assert_equal(&store, &baxter);
    let before = baxter.changes().last_seq();
    let found = baxter.run(&["verify", "-o", "json"]).success().json();
    assert_eq!((&found["complete"], &found["equal"]), (&json!(true), &json!(true)), "{found}");
    assert_eq!(baxter.changes().last_seq(), before, "a proof of a quiet store found something");
    assert_log_is_mirror(&baxter);
}
