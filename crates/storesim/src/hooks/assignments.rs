//! Which categories and channels a product is in, seen as pairs (products_catalog.v3.yml).

use std::collections::{BTreeMap, BTreeSet};

use crate::data::Data;
use crate::declare::Action;
use crate::json::{self, Members};
use crate::serve::{Answer, Failure, Query, Version, Wanted, plain_page};
use crate::write::value::integers;
use crate::write::{self, read_array, read_object};

const TABLE: &str = "product_category_assignments";

/// The categories of a product.
fn of_product(text: &str) -> Vec<i64> {
    let raw = Members::read(text).and_then(|members| members.get("categories"));
    raw.and_then(integers).unwrap_or_default()
}

/// Every pair of product and category, by both.
pub(crate) fn pairs(data: &Data) -> Vec<(i64, i64)> {
    let products = data.table("products").records().iter();
    let mut pairs: Vec<(i64, i64)> = products
        .flat_map(|record| of_product(&record.text).into_iter().map(|category| (record.id, category)))
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// A pair as a record.
pub(crate) fn text((product, category): (i64, i64)) -> String {
    format!("{{\"product_id\":{product},\"category_id\":{category}}}")
}

/// The ids of a filter, when it was given.
type Asked = Option<Vec<i64>>;

/// The two filters of the lists, as ids.
fn chosen(data: &Data, query: &Query) -> Result<(Asked, Asked), Failure> {
    // A value that is no number is refused as everywhere.
    Wanted::read(data.table(TABLE).resource, query, Version::V3, data.clock.now())?;
    let ids = |name: &str| query.list(name).map(|ids| ids.iter().filter_map(|id| id.parse().ok()).collect());
    Ok((ids("product_id:in"), ids("category_id:in")))
}

/// `GET …/category-assignments`.
pub(super) fn list(data: &Data, query: &Query, strict_limit: bool) -> Result<Answer, Failure> {
    let (products, categories) = chosen(data, query)?;
    let all = data.category_pairs();
    let fits = |(product, category): &&(i64, i64)| {
        products.as_ref().is_none_or(|ids| ids.contains(product))
            && categories.as_ref().is_none_or(|ids| ids.contains(category))
    };
    let page = &data.table(TABLE).resource.page;
    if products.is_none() && categories.is_none() {
        return plain_page(page, query, all.len(), strict_limit, |at, out| out.push_str(&text(all[at])));
    }
    let found: Vec<(i64, i64)> = all.iter().filter(fits).copied().collect();
    plain_page(page, query, found.len(), strict_limit, |at, out| out.push_str(&text(found[at])))
}

fn change(data: &mut Data, product: i64, categories: &[i64]) {
    let list: Vec<String> = categories.iter().map(i64::to_string).collect();
    write::touch(data, "products", product, &[("categories", format!("[{}]", list.join(",")))]);
}

/// `PUT …/category-assignments` adds pairs; those that are there already stay.
pub(super) fn put(data: &mut Data, action: &Action, body: &str) -> Result<Answer, Failure> {
    let mut added: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    let mut failure = Failure::new(422, "JSON data is missing or invalid");
    for (index, item) in read_array(body, action)?.into_iter().enumerate() {
        let item = read_object(item)?;
        let mut named = |member: &str, table: &str| {
            let id = item.get(member).and_then(json::integer);
            let reason = match id {
                None => "error.path.missing".to_owned(),
                Some(id) if data.table(table).get(id).is_none() => format!("{member} {id} does not exist"),
                Some(id) => return Some(id),
            };
            failure.errors.push((format!("{index}.{member}"), reason));
            None
        };
        let product = named("product_id", "products");
        let category = named("category_id", "categories");
        if let Some((product, category)) = product.zip(category) {
            added.entry(product).or_default().push(category);
        }
    }
    if !failure.errors.is_empty() {
        return Err(failure);
    }
    for (product, categories) in added {
        let mut held = of_product(data.text("products", product).unwrap_or("{}"));
        for category in categories {
            if !held.contains(&category) {
                held.push(category);
            }
        }
        if held.len() > 1000 {
            return Err(Failure::new(422, "A product has at most 1000 categories."));
        }
        change(data, product, &held);
    }
    Ok(Answer::nothing())
}

/// `DELETE …/category-assignments` takes the pairs away that both filters mean.
pub(super) fn delete(data: &mut Data, query: &Query) -> Result<Answer, Failure> {
    let (products, categories) = chosen(data, query)?;
    if products.is_none() && categories.is_none() {
        return Err(Failure::new(
            422,
            "At least one filter is required to delete product category assignments.",
        ));
    }
    let products = products.unwrap_or_else(|| {
        let touched =
            |(_, category): &&(i64, i64)| categories.as_ref().is_some_and(|ids| ids.contains(category));
        let all: BTreeSet<i64> =
            data.category_pairs().iter().filter(touched).map(|(product, _)| *product).collect();
        all.into_iter().collect()
    });
    for product in products {
        let Some(text) = data.text("products", product) else { continue };
        let mut held = of_product(text);
        held.retain(|category| categories.as_ref().is_some_and(|ids| !ids.contains(category)));
        change(data, product, &held);
    }
    Ok(Answer::nothing())
}

/// Takes categories out of every product, as their removal does.
pub(super) fn forget_categories(data: &mut Data, categories: &[i64]) {
    let held = |(_, known): &&(i64, i64)| categories.contains(known);
    let products: BTreeSet<i64> =
        data.category_pairs().iter().filter(held).map(|(product, _)| *product).collect();
    for product in products {
        let mut held = of_product(data.text("products", product).unwrap_or("{}"));
        held.retain(|known| !categories.contains(known));
        change(data, product, &held);
    }
}

/// The channels of a product.
pub(super) fn channels(data: &Data, product: i64) -> Vec<i64> {
    let number = |text: &str| Members::read(text)?.get("channel_id").and_then(json::integer);
    data.table("product_channel_assignments").of(product).filter_map(|record| number(&record.text)).collect()
}

/// The products on any of some channels.
pub(super) fn on_channels(data: &Data, channels: &[i64]) -> Vec<i64> {
    let number = |text: &str| Members::read(text)?.get("channel_id").and_then(json::integer);
    let rows = data.table("product_channel_assignments").records().iter();
    let fits = rows.filter(|record| number(&record.text).is_some_and(|id| channels.contains(&id)));
    let mut ids: Vec<i64> = fits.map(|record| record.parent).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
