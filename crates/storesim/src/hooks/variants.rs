//! Variants: which option values they stand for, what they inherit, and the base variant of a product
//! without options (product-variants_catalog.v3.yml).

use rust_decimal::Decimal;

use super::stock;
use crate::data::Data;
use crate::declare::{Action, Resource};
use crate::json::{self, Members, quote};
use crate::serve::{Answer, Failure, Version};
use crate::write::value::decimal;
use crate::write::{self, Draft, read_array, read_object};

/// The most variants of one product.
const MOST: usize = 600;

/// The number of the error that a variant without a SKU is.
const EMPTY_SKU: u16 = 22_004;

/// Fills what follows from what was sent.
pub(super) fn prepare(data: &mut Data, draft: &mut Draft) -> Result<(), Failure> {
    let product = draft.parent;
    let text = data.text("products", product).unwrap_or("{}").to_owned();
    let Some(owner) = Members::read(&text) else { return Ok(()) };
    let is_base = owner.get("base_variant_id").and_then(json::integer) == Some(draft.id);
    if draft.given("sku") == Some("\"\"") && !is_base {
        let mut failure = Failure::new(422, "The variant SKU must not be empty.");
        failure.code = Some(EMPTY_SKU);
        return Err(failure.field("sku", "sku must not be empty"));
    }
    if let Some(sku) = draft.given("sku").and_then(json::string)
        && data.table("products").holder("sku", &sku).is_some_and(|holder| holder != product)
    {
        return Err(super::duplicate(draft.resource, "sku", &sku));
    }
    if owner.get("inventory_tracking") != Some("\"variant\"") {
        // Stock of a product tracked as a whole is not its variants' to change.
        draft.unset("inventory_level");
    }
    if draft.old.is_none() {
        let values = option_values(data, product, draft.given("option_values").unwrap_or("[]"))?;
        if data.table("variants").children(product).len() >= MOST {
            return Err(Failure::new(422, format!("A product has at most {MOST} variants.")));
        }
        if let Some(other) = standing_for(data, product, &values) {
            let reason = format!("The variant {other} stands for these option values already");
            return Err(Failure::new(409, reason.clone()).field("option_values", reason));
        }
        draft.set("option_values", values);
        draft.set("sku_id", draft.id.to_string());
    }
    let text = match &draft.old {
        Some(old) => json::edit(old, &changed(draft)),
        None => json::object(changed(draft).iter().map(|(name, value)| (*name, value.as_str()))),
    };
    if let Some(members) = Members::read(&text) {
        for (name, value) in resolved(data, product, &members) {
            draft.set(name, value);
        }
    }
    Ok(())
}

const PRICED: &[&str] = &["price", "sale_price", "weight"];

fn changed(draft: &Draft) -> Vec<(&'static str, String)> {
    PRICED.iter().filter_map(|name| Some((*name, draft.given(name)?.to_owned()))).collect()
}

/// The price and weight after inheritance, lowest to highest: product, its sale price, variant, its
/// sale price; null and 0 inherit.
pub(super) fn resolved(data: &Data, product: i64, variant: &Members) -> Vec<(&'static str, String)> {
    let text = data.text("products", product).unwrap_or("{}");
    let Some(owner) = Members::read(text) else { return Vec::new() };
    let number = |members: &Members, name: &str| members.get(name).and_then(decimal);
    let own = |name: &str| number(variant, name).filter(|value| *value > Decimal::ZERO);
    let inherited = |name: &str| number(&owner, name).unwrap_or_default();
    let price = own("sale_price").or_else(|| own("price")).unwrap_or_else(|| inherited("calculated_price"));
    let weight = number(variant, "weight").unwrap_or_else(|| inherited("weight"));
    let text = |number: Decimal| number.normalize().to_string();
    vec![("calculated_price", text(price)), ("calculated_weight", text(weight))]
}

/// Looks the option values up, so that they carry their labels.
fn option_values(data: &Data, product: i64, raw: &str) -> Result<String, Failure> {
    let wrong = |reason: &str| Failure::new(422, reason).field("option_values", reason);
    let sent = json::entries(raw).unwrap_or_default();
    if sent.is_empty() {
        return Err(wrong("option_values must name a value of each option"));
    }
    let mut values = Vec::new();
    for entry in sent {
        let entry = read_object(entry)?;
        let number = |name: &str| entry.get(name).and_then(json::integer);
        let known = data.table("product_options").of(product).find_map(|option| {
            let members = Members::read(&option.text)?;
            let name = members.get("display_name")?;
            let by_id = number("option_id") == Some(option.id);
            if !by_id && entry.get("option_display_name") != Some(name) {
                return None;
            }
            json::entries(members.get("option_values")?)?.into_iter().find_map(|value| {
                let value = Members::read(value)?;
                let (id, label) = (value.get("id")?, value.get("label")?);
                let fits = if by_id { json::integer(id) == number("id") } else { entry.get("label") == Some(label) };
                fits.then(|| {
                    let option = option.id;
                    format!("{{\"id\":{id},\"label\":{label},\"option_id\":{option},\"option_display_name\":{name}}}")
                })
            })
        });
        values.push(known.ok_or_else(|| wrong("option_values must exist on the product"))?);
    }
    Ok(format!("[{}]", values.join(",")))
}

/// The variant of a product that stands for these option values.
fn standing_for(data: &Data, product: i64, values: &str) -> Option<i64> {
    let wanted = combination(values);
    let first = wanted.first()?.1.to_string();
    let mut others = data.table("variants").of(product).filter(|variant| variant.text.contains(&first));
    let same = |text: &str| {
        let own = Members::read(text).and_then(|members| members.get("option_values")).map(combination);
        own.as_ref() == Some(&wanted)
    };
    others.find(|variant| same(&variant.text)).map(|variant| variant.id)
}

/// The pairs of option and value, sorted.
fn combination(values: &str) -> Vec<(i64, i64)> {
    let pair = |value: &str| {
        let members = Members::read(value)?;
        let number = |name: &str| members.get(name).and_then(json::integer);
        number("option_id").zip(number("id"))
    };
    let mut pairs: Vec<(i64, i64)> =
        json::entries(values).unwrap_or_default().into_iter().filter_map(pair).collect();
    pairs.sort_unstable();
    pairs
}

/// What follows from a stored variant.
pub(super) fn stored(data: &mut Data, draft: &Draft) -> Result<(), Failure> {
    let product = draft.parent;
    let Some(owner) = data.text("products", product).map(str::to_owned) else { return Ok(()) };
    let Some(members) = Members::read(&owner) else { return Ok(()) };
    let base = members.get("base_variant_id").and_then(json::integer);
    if draft.old.is_none() {
        if let Some(base) = base {
            data.remove("variants", base);
            write::touch(data, "products", product, &[("base_variant_id", "null".into())]);
        }
        stock::track(data, product);
    }
    if draft.old.is_some() && draft.given("sku").is_some() {
        stock::rename(data, draft.id);
        if base == Some(draft.id) {
            let sku = draft.given("sku").unwrap_or("\"\"").to_owned();
            write::touch(data, "products", product, &[("sku", sku)]);
        }
    }
    if let Some(level) = draft.given("inventory_level").and_then(json::integer)
        && !data.stock_fails()
    {
        stock::set_variant(data, draft.id, level);
    }
    Ok(())
}

/// The only variant of a product without options.
pub(super) fn base(data: &mut Data, product: &Draft) -> Result<(), Failure> {
    let Some(id) = product.given("base_variant_id").and_then(json::integer) else { return Ok(()) };
    let resource = data.table("variants").resource;
    let mut draft = Draft::new(resource, id, product.id, None);
    let sku = product.given("sku").map_or_else(|| "\"\"".to_owned(), str::to_owned);
    draft.set("sku", sku);
    draft.set("inventory_level", product.given("inventory_level").unwrap_or("0").to_owned());
    let text = data.text("products", product.id).unwrap_or("{}");
    let weight =
        Members::read(text).and_then(|members| members.get("calculated_price")).unwrap_or("0").to_owned();
    draft.set("calculated_price", weight);
    draft.set("calculated_weight", product.given("weight").unwrap_or("0").to_owned());
    let text = draft.create(data.clock.now());
    let record = crate::table::Record { id, parent: product.id, modified: 0, text: text.into() };
    data.insert("variants", record);
    Ok(())
}

/// The base variant of a product that has lost its options.
pub(super) fn base_again(data: &mut Data, product: i64) {
    let Some(text) = data.text("products", product).map(str::to_owned) else { return };
    let Some(owner) = Members::read(&text) else { return };
    let get = |name: &str, other: &str| owner.get(name).unwrap_or(other).to_owned();
    let id = data.claim("variants");
    let mut draft = Draft::new(data.table("variants").resource, id, product, None);
    draft.set("sku", get("sku", "\"\""));
    draft.set("inventory_level", get("inventory_level", "0"));
    draft.set("calculated_price", get("calculated_price", "0"));
    draft.set("calculated_weight", get("weight", "0"));
    let text = draft.create(data.clock.now());
    data.insert("variants", crate::table::Record { id, parent: product, modified: 0, text: text.into() });
    write::touch(data, "products", product, &[("base_variant_id", id.to_string())]);
    stock::track(data, product);
}

/// Variants sent with a new product: the options follow from their values.
pub(super) fn implied(data: &mut Data, product: &Draft, sent: &[&str]) -> Result<(), Failure> {
    let mut options: Vec<(String, Vec<String>)> = Vec::new();
    for variant in sent {
        let variant = read_object(variant)?;
        for value in variant.get("option_values").and_then(json::entries).unwrap_or_default() {
            let value = read_object(value)?;
            let (Some(name), Some(label)) = (value.get("option_display_name"), value.get("label")) else {
                let reason = "option_values must have option_display_name and label";
                return Err(Failure::new(422, reason).field("variants", reason));
            };
            let at = options.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
                options.push((name.to_owned(), Vec::new()));
                options.len() - 1
            });
            if !options[at].1.iter().any(|known| known == label) {
                options[at].1.push(label.to_owned());
            }
        }
    }
    let resource = data.table("product_options").resource;
    for (position, (name, labels)) in options.iter().enumerate() {
        let values: Vec<String> = labels
            .iter()
            .enumerate()
            .map(|(at, label)| format!("{{\"label\":{label},\"sort_order\":{at},\"is_default\":false}}"))
            .collect();
        let values = values.join(",");
        let input = format!(
            "{{\"display_name\":{name},\"type\":\"rectangles\",\"sort_order\":{position},\"option_values\":[{values}]}}"
        );
        write::create(data, resource, Some(product.id), &read_object(&input)?, Version::V3)?;
    }
    let resource = data.table("variants").resource;
    let own = product.given("sku").and_then(json::string).unwrap_or_default().into_owned();
    for (position, variant) in sent.iter().enumerate() {
        let text = match read_object(variant)?.get("sku") {
            Some(_) => (*variant).to_owned(),
            None => {
                let stem = if own.is_empty() { format!("P{}", product.id) } else { own.clone() };
                json::edit(variant, &[("sku", quote(&format!("{stem}-{}", position + 1)))])
            }
        };
        write::create(data, resource, Some(product.id), &read_object(&text)?, Version::V3)?;
    }
    Ok(())
}

/// PUT `/catalog/variants`: updates by `id`, creates with `product_id`; errors come as a batch.
pub(super) fn batch(data: &mut Data, action: &Action, body: &str) -> Result<Answer, Failure> {
    let resource: &'static Resource = data.table("variants").resource;
    let items = read_array(body, action)?;
    let (mut ids, mut failures) = (Vec::new(), Vec::new());
    for item in items {
        let result = read_object(item).and_then(|input| {
            let number = |name: &str| input.get(name).and_then(json::integer);
            if let Some(id) = number("id") {
                if data.table("variants").get(id).is_none() {
                    return Err(Failure::new(422, format!("A variant was not found with an id of {id}")));
                }
                return write::update(data, resource, id, &input, Version::V3).map(|_| id);
            }
            let product = number("product_id").filter(|id| data.table("products").get(*id).is_some());
            let product = product.ok_or_else(|| {
                Failure::new(422, "id or product_id is required").field("product_id", "error.path.missing")
            })?;
            write::create(data, resource, Some(product), &input, Version::V3)
        });
        match result {
            Ok(id) => ids.push(id),
            Err(failure) => failures.push(failure),
        }
    }
    if !failures.is_empty() {
        let mut failure = Failure::new(422, "JSON data is missing or invalid");
        failure.batch = Some(failures);
        return Err(failure);
    }
    let texts: Vec<&str> = ids.iter().filter_map(|id| data.text("variants", *id)).collect();
    Ok(Answer::data(200, &format!("[{}]", texts.join(","))))
}

/// A variant goes; the base variant only with its product.
pub(super) fn deleting(data: &mut Data, id: i64) -> Result<(), Failure> {
    let product = data.table("variants").get(id).map_or(0, |record| record.parent);
    let owner = data.text("products", product).and_then(Members::read);
    if owner.and_then(|owner| owner.get("base_variant_id")).and_then(json::integer) == Some(id) {
        return Err(Failure::new(422, "The base variant of a product cannot be deleted."));
    }
    stock::forget(data, id);
    Ok(())
}
