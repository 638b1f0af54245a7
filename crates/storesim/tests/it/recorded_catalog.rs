//! Recorded answers of the catalog and of price lists, imported one by one and asked for again.

use std::fs;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use storesim::Options;

use crate::import::{Folder, payloads};
use crate::store;

/// Resource, file, what the records belong to, and where they are asked for.
const RECORDED: &[(&str, &str, i64, &str)] = &[
    ("brands", "brands/nango__list-brands.json", 0, "/v3/catalog/brands"),
    ("brands", "brands/nango__update-brand.json", 0, "/v3/catalog/brands/35"),
    ("brands", "brands/aligent__catalog-brands-50-get.json", 0, "/v3/catalog/brands/50"),
    (
        "product_bulk_pricing_rules",
        "bulk_pricing_rules/aligent__catalog-products-bulk-pricing-rules-get-all.json",
        1,
        "/v3/catalog/products/1/bulk-pricing-rules",
    ),
    ("categories", "categories/nango__list-categories.json", 0, "/v3/catalog/categories"),
    ("categories", "categories/nango__get-category.json", 0, "/v3/catalog/categories/18"),
    ("category_trees", "category_trees/johnhebron__catalog-trees-list-200.json", 0, "/v3/catalog/trees"),
    (
        "category_trees",
        "category_trees/johnhebron__catalog-trees-update-create-200.json",
        0,
        "/v3/catalog/trees",
    ),
    (
        "brand_metafields",
        "metafields/aligent__catalog-brands-158-metafields-8-get.json",
        158,
        "/v3/catalog/brands/158/metafields/8",
    ),
    (
        "order_metafields",
        "metafields/aligent__orders-2-metafields-3-get.json",
        2,
        "/v3/orders/2/metafields/3",
    ),
    (
        "product_modifier_values",
        "modifier_values/aligent__catalog-products-modifiers-222-values-get-all.json",
        222,
        "/v3/catalog/products/1/modifiers/222/values",
    ),
    (
        "product_modifiers",
        "modifiers/aligent__catalog-products-modifiers-6962-values-get-all.json",
        0,
        "/v3/catalog/products/6962/modifiers",
    ),
    (
        "product_option_values",
        "option_values/aligent__catalog-products-1-options-2-values-create.json",
        2,
        "/v3/catalog/products/1/options/2/values/44",
    ),
    (
        "price_list_assignments",
        "price_list_assignments/aligent__pricelists-price-list-assignments-get-all.json",
        0,
        "/v3/pricelists/assignments",
    ),
    (
        "price_list_records",
        "price_list_records/aligent__price-lists-3-records-get-all.json",
        0,
        "/v3/pricelists/3/records",
    ),
    (
        "price_list_records",
        "price_list_records/aligent__price-lists-4-records-by-variant-356-currency-eur.json",
        0,
        "/v3/pricelists/4/records/356/eur",
    ),
    ("price_lists", "price_lists/nango__create-price-list.json", 0, "/v3/pricelists/2"),
    (
        "product_images",
        "product_images/aligent__catalog-products-158-images-get-all.json",
        0,
        "/v3/catalog/products/158/images",
    ),
    (
        "product_images",
        "product_images/aligent__catalog-products-158-images-485-get.json",
        0,
        "/v3/catalog/products/158/images/485",
    ),
    (
        "product_reviews",
        "product_reviews/aligent__catalog-products-226-reviews-824-get.json",
        0,
        "/v3/catalog/products/226/reviews/824",
    ),
    (
        "product_videos",
        "product_videos/aligent__catalog-products-192-videos-get-all.json",
        0,
        "/v3/catalog/products/192/videos",
    ),
    ("products", "products/nango__products.json", 0, "/v3/catalog/products"),
    ("products", "products/aligent__catalog-products-77-get.json", 0, "/v3/catalog/products/77"),
    ("products", "products/amplience__responses.json", 0, "/v3/catalog/products/88?include=images,variants"),
    (
        "products",
        "products/vsf__product-mock.json",
        0,
        "/v3/catalog/products/77?include=images,variants,options",
    ),
    ("variants", "variants/nango__variants-1.json", 0, "/v3/catalog/products/77/variants"),
    ("variants", "variants/nango__update-product-variant.json", 0, "/v3/catalog/products/81/variants/65"),
    (
        "variants",
        "variants/aligent__catalog-products-variants-get-all.json",
        0,
        "/v3/catalog/products/192/variants",
    ),
];

/// What an answer holds: the member `data` where there is one. Number tokens stay as they are written.
fn data(text: &str) -> (Value, String) {
    let body: Value = serde_json::from_str(text).expect("JSON");
    let raw: Box<RawValue> = match body.get("data") {
        Some(_) => {
            #[derive(serde::Deserialize)]
            struct Body {
                data: Box<RawValue>,
            }
            serde_json::from_str::<Body>(text).expect("a body").data
        }
        None => serde_json::from_str(text).expect("JSON"),
    };
    (body.get("data").cloned().unwrap_or(body), raw.get().to_owned())
}

/// The number tokens of a text, in their order by value text, so that `1.0` and `1` differ.
fn numbers(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let (mut inside, mut escaped, mut token) = (false, false, String::new());
    for c in text.chars() {
        if inside {
            inside = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        if c.is_ascii_digit() || (matches!(c, '-' | '+' | '.' | 'e' | 'E') && (c == '-' || !token.is_empty()))
        {
            token.push(c);
            continue;
        }
        if !token.is_empty() {
            all.push(std::mem::take(&mut token));
        }
        inside = c == '"';
    }
    all.sort();
    all
}

#[tokio::test]
async fn recorded_answers_come_back_equal() {
    let Some(payloads) = payloads() else { return };
    let mut wrong = Vec::new();
    for (resource, file, parent, path) in RECORDED {
        let text = fs::read_to_string(payloads.join(file)).expect("a recording");
        let (wanted, raw) = data(&text);
        let folder = Folder::new();
        let list = if wanted.is_array() { raw.clone() } else { format!("[{raw}]") };
        let body = match parent {
            0 => format!("{{\"data\":{list}}}"),
            parent => format!("{{\"parent\":{parent},\"data\":{list}}}"),
        };
        fs::write(folder.0.join(format!("{resource}.json")), body).expect("a file");
        let store = store::with(Options { import: Some(folder.0.clone()), ..Options::default() }).await;
        let answer = store.get(path).await;
        if answer.status != 200 {
            wrong.push(format!("{file}: {} {}", answer.status, answer.text));
        } else {
            let (got, got_raw) = data(&answer.text);
            if got != wanted || numbers(&got_raw) != numbers(&raw) {
                wrong.push(format!("{file}:\n{got}\nis not\n{wanted}"));
            }
        }
        store.simulator.stop().await;
    }
    assert_eq!(json!(wrong), json!([]), "{}", wrong.join("\n"));
}
