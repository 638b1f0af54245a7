//! Totals of the catalog (products_catalog.v3.yml, `/catalog/summary`).

use std::collections::HashMap;

use rust_decimal::Decimal;

use crate::data::Data;
use crate::json::{self, Members};
use crate::serve::Answer;
use crate::write::value::decimal;

/// Everything that is sold, in a few numbers.
pub(super) fn of(data: &Data) -> Answer {
    let (mut count, mut value, mut sum, mut variants) = (0_i64, Decimal::ZERO, Decimal::ZERO, 0_u64);
    let (mut highest, mut lowest) = (Decimal::ZERO, None::<Decimal>);
    for record in data.table("variants").records() {
        let Some(members) = Members::read(&record.text) else { continue };
        let price = members.get("calculated_price").and_then(decimal).unwrap_or_default();
        variants += 1;
        sum = sum.saturating_add(price);
        highest = highest.max(price);
        lowest = Some(lowest.map_or(price, |lowest| lowest.min(price)));
    }
    let (mut oldest, mut newest) = (String::new(), String::new());
    let mut categories: HashMap<i64, usize> = HashMap::new();
    for record in data.table("products").records() {
        let Some(members) = Members::read(&record.text) else { continue };
        let level = members.get("inventory_level").and_then(json::integer).unwrap_or(0);
        let price = members.get("calculated_price").and_then(decimal).unwrap_or_default();
        count = count.saturating_add(level);
        value = value.saturating_add(price.saturating_mul(Decimal::from(level)));
        let date: String =
            members.get("date_created").map(json::plain).unwrap_or_default().chars().take(10).collect();
        if oldest.is_empty() || date < oldest {
            oldest.clone_from(&date);
        }
        if date > newest {
            newest = date;
        }
        let held = members.get("categories").and_then(crate::write::value::integers).unwrap_or_default();
        for category in held {
            *categories.entry(category).or_default() += 1;
        }
    }
    let primary = categories.into_iter().max_by_key(|(id, count)| (*count, -*id)).map_or(0, |(id, _)| id);
    let name =
        data.text("categories", primary).and_then(Members::read).and_then(|members| members.get("name"));
    let average = if variants == 0 { Decimal::ZERO } else { (sum / Decimal::from(variants)).round_dp(8) };
    let number = |number: Decimal| number.normalize().to_string();
    Answer::data(
        200,
        &format!(
            "{{\"inventory_count\":{count},\"variant_count\":{variants},\"inventory_value\":{},\"highest_variant_price\":{},\"average_variant_price\":{},\"lowest_variant_price\":{},\"oldest_variant_date\":{},\"newest_variant_date\":{},\"primary_category_id\":{primary},\"primary_category_name\":{}}}",
            number(value),
            number(highest),
            number(average),
            number(lowest.unwrap_or_default()),
            json::quote(&oldest),
            json::quote(&newest),
            name.unwrap_or("\"\""),
        ),
    )
}
