//! What a generated store has only when it is asked for: metafields and reviews of some products, and price
//! lists. They follow from the rows of products and variants, which stay as they are without them.

use super::date;
use crate::json::{self, Members};
use crate::rows::Row;

const DAY: i64 = 86_400;

/// Every which product has metafields, every which one reviews, and every which variant prices of its own.
const METAFIELDS: i64 = 3;
const REVIEWS: i64 = 5;
const PRICES: i64 = 4;

/// The price lists, with what their prices are of a variant's, in per cent.
const LISTS: [(&str, i64); 2] = [("Wholesale", 80), ("Friends", 90)];

/// Makes them, row by row.
pub(crate) struct Extras {
    now: i64,
    metafields: i64,
    reviews: i64,
}

impl Extras {
    /// Those of a store whose newest dates lie before `now`.
    pub fn new(now: i64) -> Self {
        Self { now, metafields: 0, reviews: 0 }
    }

    /// The price lists themselves, which come before all prices.
    pub fn lists(&self) -> Vec<Row> {
        let at = date::zulu(self.now - 200 * DAY);
        let row = |(list, (name, _)): (i64, &(&str, i64))| Row {
            resource: "price_lists".into(),
            parent: None,
            json: format!(
                "{{\"id\":{list},\"name\":\"{name}\",\"date_created\":\"{at}\",\"date_modified\":\"{at}\",\"active\":true}}"
            ),
        };
        (1..).zip(&LISTS).map(row).collect()
    }

    /// What belongs to a row.
    pub fn of(&mut self, row: &Row) -> Vec<Row> {
        let Some(members) = Members::read(&row.json) else { return Vec::new() };
        let Some(id) = members.get("id").and_then(json::integer) else { return Vec::new() };
        match row.resource.as_str() {
            "products" => self.of_product(id),
            "variants" if id % PRICES == 0 => self.of_variant(id, row.parent.unwrap_or(0)),
            _ => Vec::new(),
        }
    }

    fn of_product(&mut self, product: i64) -> Vec<Row> {
        let mut rows = Vec::new();
        let at = date::catalog(self.now - (product % 300 + 1) * DAY);
        if product % METAFIELDS == 0 {
            for (key, value) in [("shelf", format!("B{}", product % 40)), ("season", "autumn".to_owned())] {
                self.metafields += 1;
                let id = self.metafields;
                rows.push(Row {
                    resource: "product_metafields".into(),
                    parent: Some(product),
                    json: format!(
                        "{{\"id\":{id},\"key\":\"{key}\",\"value\":\"{value}\",\"namespace\":\"warehouse\",\"permission_set\":\"write\",\"resource_type\":\"product\",\"resource_id\":{product},\"description\":\"\",\"date_created\":\"{at}\",\"date_modified\":\"{at}\",\"owner_client_id\":\"\"}}"
                    ),
                });
            }
        }
        if product % REVIEWS == 0 {
            self.reviews += 1;
            let (id, rating) = (self.reviews, product % 5 + 1);
            rows.push(Row {
                resource: "product_reviews".into(),
                parent: Some(product),
                json: format!(
                    "{{\"title\":\"As described\",\"text\":\"It came soon and looks as it does here.\",\"status\":\"approved\",\"rating\":{rating},\"email\":\"reader{id}@example.com\",\"name\":\"Reader {id}\",\"date_reviewed\":\"{at}\",\"id\":{id},\"product_id\":{product},\"date_created\":\"{at}\",\"date_modified\":\"{at}\"}}"
                ),
            });
        }
        rows
    }

    fn of_variant(&self, variant: i64, product: i64) -> Vec<Row> {
        let at = date::zulu(self.now - (variant % 150 + 1) * DAY);
        let record = |(list, (_, share)): (i64, &(&str, i64))| {
            let cents = (variant % 9_000 + 500) * share / 100;
            let price = format!("{}.{:02}", cents / 100, cents % 100);
            Row {
                resource: "price_list_records".into(),
                parent: Some(list),
                json: format!(
                    "{{\"price_list_id\":{list},\"variant_id\":{variant},\"price\":{price},\"sale_price\":null,\"retail_price\":null,\"map_price\":null,\"calculated_price\":{price},\"date_created\":\"{at}\",\"date_modified\":\"{at}\",\"currency\":\"usd\",\"product_id\":{product}}}"
                ),
            }
        };
        (1..).zip(&LISTS).map(record).collect()
    }
}
