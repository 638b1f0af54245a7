//! What hangs on a product in the form of V2, made of the records of V3, and the links of V2's own options.

use crate::data::Data;
use crate::dates::{self, Form};
use crate::declare::Resource;
use crate::json::{self, Members, object, quote};
use crate::rows::Row;
use crate::serve::Failure;
use crate::table::Record;
use crate::write::{Draft, invalid, value};

/// The resources of which this knows both forms, with their members that have another name and the same value
/// in V3.
const RENAMED: &[(&str, &[(&str, &str)])] = &[
    (
        "product_images_v2",
        &[
            ("zoom_url", "url_zoom"),
            ("thumbnail_url", "url_thumbnail"),
            ("standard_url", "url_standard"),
            ("tiny_url", "url_tiny"),
        ],
    ),
    ("product_custom_fields_v2", &[("text", "value")]),
    (
        "product_discount_rules_v2",
        &[("min", "quantity_min"), ("max", "quantity_max"), ("type_value", "amount")],
    ),
    ("product_reviews_v2", &[("author", "name"), ("review", "text")]),
    ("product_options_v2", &[]),
    (SKUS, &[("is_purchasing_disabled", "purchasing_disabled"), ("image_file", "image_url")]),
    (
        "product_rules_v2",
        &[
            ("is_enabled", "enabled"),
            ("is_stop", "stop"),
            ("is_purchasing_disabled", "purchasing_disabled"),
            ("is_purchasing_hidden", "purchasing_hidden"),
            ("image_file", "image_url"),
        ],
    ),
];
const SKUS: &str = "product_skus_v2";
/// Texts of four decimals here, numbers there.
const AMOUNTS: [&str; 6] =
    ["price", "adjusted_price", "cost_price", "weight", "adjusted_weight", "type_value"];

/// Whether this knows both forms of a resource.
pub(super) fn knows(resource: &str) -> bool {
    RENAMED.iter().any(|(name, _)| *name == resource)
}

fn other<'a>(resource: &str, name: &'a str) -> &'a str {
    let members =
        RENAMED.iter().find(|(known, _)| *known == resource).map_or(&[][..], |(_, members)| members);
    match (resource, name) {
        (SKUS, "adjusted_price") => "calculated_price",
        (SKUS, "adjusted_weight") => "calculated_weight",
        _ => members.iter().find(|(own, _)| *own == name).map_or(name, |(_, other)| other),
    }
}

/// What a record is known by in its other form; `None` when it has none there.
pub(super) fn outside(resource: &Resource, record: &Record) -> Option<i64> {
    if resource.name != SKUS {
        return Some(record.id);
    }
    let members = Members::read(&record.text)?;
    let base = members.get("option_values").and_then(json::entries).is_none_or(|values| values.is_empty());
    let id = members.get("sku_id").and_then(json::integer);
    if base && id.is_none() { None } else { Some(id.unwrap_or(record.id)) }
}

/// A record of V3 in the form of V2.
pub(super) fn view(data: &Data, resource: &Resource, record: &Record) -> String {
    let Some(members) = Members::read(&record.text) else { return record.text.to_string() };
    let name = resource.name.as_str();
    let shown = |member: &str| -> String {
        let own = members.get(other(name, member));
        match (name, member) {
            (_, "id") => outside(resource, record).unwrap_or(record.id).to_string(),
            (_, "product_id") => record.parent.to_string(),
            (_, "date_created") => {
                let raw = own.or_else(|| members.get("date_modified")).map(json::plain).unwrap_or_default();
                quote(&dates::parse(&raw, 0).map_or_else(String::new, |at| Form::Rfc2822.write(at)))
            }
            ("product_reviews_v2", "status") => {
                String::from(if own == Some("\"approved\"") { "1" } else { "0" })
            }
            ("product_options_v2", "option_id") => record.id.to_string(),
            ("product_options_v2", "is_required") => "true".into(),
            (SKUS, "options") => pairs(
                &members,
                "option_values",
                &[("product_option_id", "option_id"), ("option_value_id", "id")],
            ),
            ("product_rules_v2", "conditions") => conditions(data, &members),
            _ if AMOUNTS.contains(&member) => match own.and_then(value::decimal) {
                Some(number) => value::amount(number),
                None if member == "cost_price" => "\"0.0000\"".into(),
                None => "null".into(),
            },
            _ => own.unwrap_or("\"\"").to_owned(),
        }
    };
    let served = resource.fields.iter().filter(|field| !field.write_only);
    let all: Vec<(&str, String)> = served.map(|field| (field.name.as_str(), shown(&field.name))).collect();
    object(all.iter().map(|(name, value)| (*name, value.as_str())))
}

/// The objects of an array with some of their members under other names.
fn pairs(members: &Members, name: &str, names: &[(&str, &str)]) -> String {
    let entries = members.get(name).and_then(json::entries).unwrap_or_default();
    let one = |entry: &str| {
        let entry = Members::read(entry)?;
        Some(object(names.iter().map(|(own, other)| (*own, entry.get(other).unwrap_or("null")))))
    };
    let texts: Vec<String> = entries.into_iter().filter_map(one).collect();
    format!("[{}]", texts.join(","))
}

fn conditions(data: &Data, rule: &Members) -> String {
    let entries = rule.get("conditions").and_then(json::entries).unwrap_or_default();
    let one = |entry: &str| {
        let entry = Members::read(entry)?;
        let raw = |name: &str| entry.get(name).filter(|raw| *raw != "0").unwrap_or("null");
        let variant =
            entry.get("variant_id").and_then(json::integer).and_then(|id| data.text("variants", id));
        let sku = variant.and_then(Members::read).and_then(|variant| variant.get("sku_id")).unwrap_or("null");
        Some(format!(
            "{{\"product_option_id\":{},\"option_value_id\":{},\"sku_id\":{sku}}}",
            raw("modifier_id"),
            raw("modifier_value_id")
        ))
    };
    let texts: Vec<String> = entries.into_iter().filter_map(one).collect();
    format!("[{}]", texts.join(","))
}

/// A write of the other form as one of the records themselves.
pub(super) fn unview(data: &Data, draft: &Draft) -> Result<String, Failure> {
    let name = draft.resource.name.as_str();
    let given = draft.resource.fields.iter().filter(|field| !field.read_only);
    let mut members: Vec<(&str, String)> = Vec::new();
    for field in given {
        let Some(raw) = draft.given(&field.name) else { continue };
        members.push(match (name, field.name.as_str()) {
            ("product_images_v2", "image_file") => ("image_url", raw.to_owned()),
            (SKUS, "options") => {
                let held = format!("{{\"options\":{raw}}}");
                let held = Members::read(&held).unwrap_or(Members(Vec::new()));
                let names = [("option_id", "product_option_id"), ("id", "option_value_id")];
                ("option_values", pairs(&held, "options", &names))
            }
            ("product_rules_v2", "conditions") => ("conditions", meant(data, draft.parent, raw)?),
            (_, own) if AMOUNTS.contains(&own) => {
                let amount =
                    value::decimal(raw).map_or_else(|| "null".to_owned(), |n| n.normalize().to_string());
                (other(name, own), amount)
            }
            (_, own) if raw == "null" && !own.ends_with("_adjuster") => (other(name, own), "\"\"".to_owned()),
            (_, own) => (other(name, own), raw.to_owned()),
        });
    }
    if name == "product_discount_rules_v2" && draft.old.is_none() && draft.given("max").is_none() {
        members.push(("quantity_max", "0".to_owned()));
    }
    Ok(object(members.iter().map(|(name, value)| (*name, value.as_str()))))
}

/// The conditions of a rule by the ids of V3.
fn meant(data: &Data, product: i64, raw: &str) -> Result<String, Failure> {
    let mut texts = Vec::new();
    for entry in json::entries(raw).unwrap_or_default() {
        let entry = Members::read(entry).ok_or_else(|| invalid("conditions", "A condition is an object."))?;
        let number = |name: &str| entry.get(name).and_then(json::integer).unwrap_or(0);
        let sku = number("sku_id");
        let owns = |variant: &&Record| {
            Members::read(&variant.text).and_then(|m| m.get("sku_id").and_then(json::integer)) == Some(sku)
        };
        let variant = match sku {
            0 => 0,
            _ => data.table("variants").of(product).find(owns).map_or(-1, |variant| variant.id),
        };
        texts.push(format!(
            "{{\"modifier_id\":{},\"modifier_value_id\":{},\"variant_id\":{variant}}}",
            number("product_option_id"),
            number("option_value_id")
        ));
    }
    Ok(format!("[{}]", texts.join(",")))
}

/// The row that an imported record of V2 stands for.
pub(super) fn base_of(resource: &Resource, parent: Option<i64>, text: &str) -> Vec<Row> {
    let (Some(members), Some(base)) = (Members::read(text), resource.view_of.clone()) else {
        return Vec::new();
    };
    let product = members.get("product_id").and_then(json::integer).or(parent);
    let mut own =
        vec![("id", members.get("id").map_or_else(|| "0".into(), |raw| json::plain(raw).into_owned()))];
    if resource.name == SKUS {
        own.push(("sku_id", own[0].1.clone()));
    }
    if let Some(product) = product.filter(|_| resource.field("product_id").is_some()) {
        own.push(("product_id", product.to_string()));
    }
    for field in &resource.fields {
        let name = field.name.as_str();
        let Some(raw) = members.get(name).filter(|raw| *raw != "null") else { continue };
        match (resource.name.as_str(), name) {
            (_, "id" | "product_id" | "option_id" | "is_required" | "conditions" | "status") => {}
            (_, "date_created") => {
                let at = dates::parse(&json::plain(raw), 0).map(|at| quote(&Form::Offset.write(at)));
                own.push(("date_modified", at.unwrap_or_else(|| "null".into())));
            }
            (SKUS, "options") => {
                let names = [("option_id", "product_option_id"), ("id", "option_value_id")];
                own.push(("option_values", pairs(&members, "options", &names)));
            }
            _ if AMOUNTS.contains(&name) => {
                let amount =
                    value::decimal(raw).map_or_else(|| "null".to_owned(), |n| n.normalize().to_string());
                own.push((other(&resource.name, name), amount));
            }
            _ => own.push((other(&resource.name, name), raw.to_owned())),
        }
    }
    for name in ["conditions", "option_values"] {
        let needs = matches!(
            (base.as_str(), name),
            ("product_complex_rules", "conditions") | ("product_options", "option_values")
        );
        if needs {
            own.push((name, "[]".to_owned()));
        }
    }
    let json = object(own.iter().map(|(name, value)| (*name, value.as_str())));
    vec![Row { resource: base, parent: product, json }]
}

/// Links an option or an option set of V2 to what belongs to it.
pub(super) fn link(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    let (member, path) = match draft.resource.name.as_str() {
        "store_options" => ("values", format!("/options/{}/values", draft.id)),
        "option_sets" => ("options", format!("/option_sets/{}/options", draft.id)),
        _ => {
            let Some(option) = draft.given("option_id").and_then(json::integer) else { return Ok(()) };
            if data.table("store_options").get(option).is_none() {
                return Err(invalid("option_id", format!("The option {option} does not exist.")));
            }
            ("option", format!("/options/{option}"))
        }
    };
    if draft.old.is_none() {
        let url = quote(&format!("{}/v2{path}", data.base));
        draft.set(member, format!("{{\"url\":{url},\"resource\":{}}}", quote(&path)));
    }
    Ok(())
}
