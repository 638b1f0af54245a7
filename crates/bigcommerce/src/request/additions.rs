//! Updates that create: some `PUT`s add every child row that is sent without an `id`, so that doing it twice is not
//! doing it once. Pure.

use serde_json::Value;

/// Members whose rows are added when they have no `id`, by the path that they are sent to.
///
/// Sources: BigCommerce reference/orders.v2.oas2.yml (line items), reference/catalog/products_catalog.v3.yml.
const ROWS: [(&str, &[&str]); 2] = [
    ("/v3/catalog/products", &["bulk_pricing_rules", "custom_fields", "images", "variants", "videos"]),
    ("/v2/orders", &["products"]),
];

/// Paths at which a record of a batch is itself created when it has no `id`. Source: reference/catalog/category-trees_catalog.v3.yml.
const RECORDS: [&str; 1] = ["/v3/catalog/trees"];

/// Whether an update of `path` with this body may add something.
pub(super) fn are_in(path: &str, body: &[u8]) -> bool {
    let below =
        |parent: &str| path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let rows = ROWS.iter().find(|(parent, _)| below(parent)).map_or(&[][..], |(_, members)| members);
    let by_itself = RECORDS.contains(&path);
    if rows.is_empty() && !by_itself {
        return false;
    }
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return false };
    let records = body.as_array().map_or(std::slice::from_ref(&body), Vec::as_slice);
    let rows_of =
        |record: &Value| rows.iter().any(|name| record[*name].as_array().is_some_and(|rows| any_new(rows)));
    (by_itself && any_new(records)) || records.iter().any(rows_of)
}

fn any_new(rows: &[Value]) -> bool {
    rows.iter().any(|row| row.is_object() && row["id"].is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_without_an_id_are_added_where_the_api_says_so() {
        for (path, body, adds) in [
            ("/v2/orders/7", r#"{"products":[{"name":"x","quantity":1}]}"#, true),
            ("/v2/orders/7", r#"{"products":[{"id":3,"quantity":1}]}"#, false),
            ("/v2/orders/7", r#"{"status_id":5}"#, false),
            ("/v3/catalog/products/7", r#"{"custom_fields":[{"id":1},{"name":"a","value":"b"}]}"#, true),
            ("/v3/catalog/products", r#"[{"id":1},{"id":2,"images":[{"image_url":"u"}]}]"#, true),
            ("/v3/catalog/products", r#"[{"id":1,"name":"x","categories":[4,5]}]"#, false),
            ("/v3/catalog/productsets", r#"{"images":[{}]}"#, false),
            ("/v3/catalog/trees", r#"[{"name":"new","channels":[1]}]"#, true),
            ("/v3/catalog/trees", r#"[{"id":1,"name":"x"}]"#, false),
            ("/v3/inventory/adjustments/absolute", r#"{"items":[{"sku":"a","quantity":1}]}"#, false),
            ("/v2/orders/7", "no JSON", false),
        ] {
            assert_eq!(are_in(path, body.as_bytes()), adds, "{path} {body}");
        }
    }
}
