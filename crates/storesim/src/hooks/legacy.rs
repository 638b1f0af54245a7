//! Categories in their older form: those of the storefront's tree, with an `id` and a `custom_url`
//! (categories_catalog.v3.yml), and the order of products in one.

use std::collections::HashMap;

use super::tree;
use crate::data::Data;
use crate::declare::{Action, Resource};
use crate::json::{self, Members};
use crate::serve::{Answer, Failure, Query, Version, Wanted, inside};
use crate::write::{self, read_array, read_object};

const TABLE: &str = "legacy_categories";
const ORDERS: &str = "category_product_orders";

/// The tree of the storefront's channel.
fn own_tree(data: &Data) -> i64 {
    let shows = |text: &str| {
        let channels = Members::read(text).and_then(|members| json::entries(members.get("channels")?));
        channels.is_some_and(|channels| channels.contains(&"1"))
    };
    let tree = data.table("category_trees").records().iter().find(|record| shows(&record.text));
    tree.map_or(1, |record| record.id)
}

/// A category in its older form.
fn older(text: &str) -> Option<String> {
    let members = Members::read(text)?;
    let path = members.path("url.path").unwrap_or("\"\"");
    let customized = members.path("url.is_customized").unwrap_or("false");
    let url = format!("{{\"url\":{path},\"is_customized\":{customized}}}");
    let names = [
        "parent_id",
        "name",
        "description",
        "views",
        "sort_order",
        "page_title",
        "search_keywords",
        "meta_keywords",
        "meta_description",
        "layout_file",
        "is_visible",
        "default_product_sort",
        "image_url",
    ];
    let mut all = vec![("id", members.get("category_id")?)];
    all.extend(names.iter().filter_map(|name| Some((*name, members.get(name)?))));
    all.push(("custom_url", &url));
    Some(json::object(all.into_iter()))
}

fn in_tree(data: &Data, id: i64) -> Result<String, Failure> {
    let text = data.text("categories", id).filter(|text| {
        let tree = Members::read(text).and_then(|members| members.get("tree_id")).and_then(json::integer);
        tree == Some(own_tree(data))
    });
    text.and_then(older).ok_or_else(|| Failure::not_found(Version::V3, "category", id))
}

fn all(data: &Data) -> Vec<String> {
    let tree = own_tree(data);
    let own =
        |text: &str| Members::read(text).and_then(|m| m.get("tree_id")).and_then(json::integer) == Some(tree);
    let records = data.table("categories").records().iter();
    records.filter(|record| own(&record.text)).filter_map(|record| older(&record.text)).collect()
}

/// `GET /v3/catalog/categories`.
pub(super) fn list(data: &Data, query: &Query, strict_limit: bool) -> Result<Answer, Failure> {
    inside::page(data, data.table(TABLE).resource, all(data), query, strict_limit)
}

/// `GET /v3/catalog/categories/{category_id}`.
pub(super) fn one(data: &Data, id: i64, query: &Query) -> Result<Answer, Failure> {
    let text = in_tree(data, id)?;
    Ok(Answer::data(200, &inside::cut(data.table(TABLE).resource, query, &text)))
}

/// The body of a newer write that an older one means.
fn newer(data: &Data, body: &str, fresh: bool) -> Result<String, Failure> {
    let input = read_object(body)?;
    let mut changes: Vec<(&str, String)> = Vec::new();
    if let Some(url) = input.get("custom_url").and_then(Members::read)
        && let Some(path) = url.get("url")
    {
        changes.push(("url", format!("{{\"path\":{path},\"is_customized\":true}}")));
    }
    if fresh {
        changes.push(("tree_id", own_tree(data).to_string()));
    }
    let plain = json::without(body, |name| matches!(name, "custom_url" | "id" | "tree_id" | "category_uuid"));
    Ok(json::edit(&plain, &changes))
}

fn resource(data: &Data) -> &'static Resource {
    data.table("categories").resource
}

/// `POST /v3/catalog/categories`.
pub(super) fn create(data: &mut Data, body: &str) -> Result<Answer, Failure> {
    let input = read_object(body)?;
    let missing: Vec<&str> =
        ["name", "parent_id"].into_iter().filter(|name| input.get(name).is_none()).collect();
    if !missing.is_empty() {
        let mut failure = Failure::new(422, "Missing Required Fields");
        for name in missing {
            failure = failure.field(name, format!("Please provide a {name}."));
        }
        return Err(failure);
    }
    let text = newer(data, body, true)?;
    let id = write::create(data, resource(data), None, &read_object(&text)?, Version::V3).map_err(taken)?;
    Ok(Answer::data(200, &in_tree(data, id)?))
}

/// A name in use is a conflict in the older form.
fn taken(mut failure: Failure) -> Failure {
    if failure.errors.iter().any(|(field, reason)| field == "name" && reason.contains("already in use")) {
        failure.status = 409;
    }
    failure
}

/// `PUT /v3/catalog/categories/{category_id}`.
pub(super) fn update(data: &mut Data, id: i64, body: &str) -> Result<Answer, Failure> {
    in_tree(data, id)?;
    let text = newer(data, body, false)?;
    write::update(data, resource(data), id, &read_object(&text)?, Version::V3).map_err(taken)?;
    Ok(Answer::data(200, &in_tree(data, id)?))
}

fn refuse_with_products(data: &Data, ids: &[i64]) -> Result<(), Failure> {
    let held = data.category_pairs().iter().find(|(_, category)| ids.contains(category)).copied();
    match held {
        Some((_, category)) => {
            let reason = format!("The category {category} has products and cannot be deleted.");
            Err(Failure::new(422, reason.clone()).field("category_id", reason))
        }
        None => Ok(()),
    }
}

/// `DELETE /v3/catalog/categories/{category_id}`.
pub(super) fn delete(data: &mut Data, id: i64) -> Result<Answer, Failure> {
    in_tree(data, id)?;
    write::delete(data, resource(data), id)?;
    Ok(Answer::nothing())
}

/// `DELETE /v3/catalog/categories`: by a filter, and only categories without products.
pub(super) fn delete_many(data: &mut Data, query: &Query) -> Result<Answer, Failure> {
    let wanted = Wanted::read(data.table(TABLE).resource, query, Version::V3, data.clock.now())?;
    if wanted.count == 0 {
        return Err(Failure::new(422, "At least one filter is required to delete categories."));
    }
    let ids: Vec<i64> = all(data)
        .iter()
        .filter(|text| wanted.accepts_text(text))
        .filter_map(|text| inside::id(text))
        .collect();
    refuse_with_products(data, &ids)?;
    for id in ids {
        if data.text("categories", id).is_some() {
            write::delete(data, resource(data), id)?;
        }
    }
    Ok(Answer::nothing())
}

/// `GET /v3/catalog/categories/tree`.
pub(super) fn nested(data: &Data) -> Answer {
    let tree = own_tree(data);
    let mut children: HashMap<i64, Vec<Members>> = HashMap::new();
    for record in data.table("categories").records() {
        if let Some(members) = Members::read(&record.text)
            && members.get("tree_id").and_then(json::integer) == Some(tree)
        {
            children.entry(tree::number(&members, "parent_id")).or_default().push(members);
        }
    }
    Answer::data(200, &nodes(&children, 0, 0))
}

fn nodes(children: &HashMap<i64, Vec<Members>>, parent: i64, depth: usize) -> String {
    let below = if depth < tree::LEVELS { children.get(&parent).map_or(&[][..], Vec::as_slice) } else { &[] };
    let texts: Vec<String> = below
        .iter()
        .map(|members| {
            let id = tree::number(members, "category_id");
            format!(
                "{{\"id\":{id},\"parent_id\":{parent},\"name\":{},\"is_visible\":{},\"url\":{},\"children\":{}}}",
                members.get("name").unwrap_or("\"\""),
                members.get("is_visible").unwrap_or("true"),
                members.path("url.path").unwrap_or("\"\""),
                nodes(children, id, depth + 1),
            )
        })
        .collect();
    format!("[{}]", texts.join(","))
}

/// The products of a category with their place in it, where one was said, lowest first.
fn order(data: &Data, category: i64) -> Vec<(i64, Option<i64>)> {
    let held = |(_, known): &&(i64, i64)| *known == category;
    let place = |product: i64| {
        let id = data.table(ORDERS).identified(&[category.to_string(), product.to_string()])?;
        Members::read(data.text(ORDERS, id)?)?.get("sort_order").and_then(json::integer)
    };
    let pairs = data.category_pairs();
    let mut all: Vec<(i64, Option<i64>)> =
        pairs.iter().filter(held).map(|(product, _)| (*product, place(*product))).collect();
    all.sort_by_key(|(product, place)| (place.is_none(), *place, *product));
    all
}

fn order_text((product, place): (i64, Option<i64>)) -> String {
    let place = place.map_or_else(|| "null".to_owned(), |place| place.to_string());
    format!("{{\"product_id\":{product},\"sort_order\":{place}}}")
}

/// `GET …/products/sort-order`.
pub(super) fn orders(
    data: &Data,
    category: i64,
    query: &Query,
    strict_limit: bool,
) -> Result<Answer, Failure> {
    in_tree(data, category)?;
    let all = order(data, category).into_iter().map(order_text).collect();
    inside::page(data, data.table(ORDERS).resource, all, query, strict_limit)
}

/// `PUT …/products/sort-order` answers with a bare array.
pub(super) fn put_orders(
    data: &mut Data,
    category: i64,
    action: &Action,
    body: &str,
) -> Result<Answer, Failure> {
    in_tree(data, category)?;
    let resource = data.table(ORDERS).resource;
    for item in read_array(body, action)? {
        let input = read_object(item)?;
        let product = input.get("product_id").and_then(json::integer).unwrap_or(0);
        if !data.category_pairs().contains(&(product, category)) {
            let reason = format!("The product {product} is not assigned to the category.");
            return Err(Failure::new(422, reason.clone()).field("product_id", reason));
        }
        match data.table(ORDERS).identified(&[category.to_string(), product.to_string()]) {
            Some(id) => write::update(data, resource, id, &input, Version::V3).map(|_| ())?,
            None => {
                let input = json::edit(item, &[("category_id", category.to_string())]);
                write::create(data, resource, Some(category), &read_object(&input)?, Version::V3)
                    .map(|_| ())?;
            }
        }
    }
    let all: Vec<String> = order(data, category).into_iter().map(order_text).collect();
    Ok(Answer::new(200, format!("[{}]", all.join(","))))
}
