//! Products, brands and categories in the form of V2, made of those of V3: older clients know no other.

use crate::data::Data;
use crate::dates::{self, Form};
use crate::declare::Resource;
use crate::json::{self, Members, object, quote};
use crate::rows::Row;
use crate::serve::Failure;
use crate::table::Record;
use crate::write::{Draft, value};

/// The resources of which this knows both forms.
pub(super) fn knows(resource: &str) -> bool {
    matches!(resource, "brands_v2" | "categories_v2" | "products_v2")
}

/// Members with another name in V3, whose value is the same.
const RENAMED: [(&str, &str); 4] = [
    ("rating_total", "reviews_rating_sum"),
    ("rating_count", "reviews_count"),
    ("is_open_graph_thumbnail", "open_graph_use_image"),
    ("image_file", "image_url"),
];

/// Amounts and measures: texts of four decimals here, numbers there.
const AMOUNTS: [&str; 10] = [
    "price",
    "cost_price",
    "retail_price",
    "sale_price",
    "calculated_price",
    "weight",
    "width",
    "height",
    "depth",
    "fixed_cost_shipping_price",
];

/// How stock is kept: in V2, in V3.
const TRACKING: [(&str, &str); 3] = [("none", "none"), ("simple", "product"), ("sku", "variant")];

/// What hangs on a product, as links.
const LINKS: [(&str, &str); 8] = [
    ("images", "images"),
    ("discount_rules", "discountrules"),
    ("configurable_fields", "configurablefields"),
    ("custom_fields", "customfields"),
    ("videos", "videos"),
    ("skus", "skus"),
    ("rules", "rules"),
    ("options", "options"),
];

/// The name of a member in V3.
fn other(name: &str) -> &str {
    RENAMED.iter().find(|(own, _)| *own == name).map_or(name, |(_, other)| other)
}

/// A record of V3 in the form of V2.
pub(super) fn view(data: &Data, resource: &Resource, record: &Record) -> String {
    let Some(members) = Members::read(&record.text) else { return record.text.to_string() };
    let form = View { data, id: record.id, members };
    let served = resource.fields.iter().filter(|field| !field.write_only);
    let values: Vec<(&str, String)> = served
        .map(|field| {
            let usual = || field.default.clone().unwrap_or_else(|| "null".to_owned());
            (field.name.as_str(), form.member(&resource.name, &field.name).unwrap_or_else(usual))
        })
        .collect();
    object(values.iter().map(|(name, value)| (*name, value.as_str())))
}

/// A record of V3 about to be shown.
struct View<'a> {
    data: &'a Data,
    id: i64,
    members: Members<'a>,
}

impl View<'_> {
    /// A member's value; `None` where V3 has nothing like it.
    fn member(&self, resource: &str, name: &str) -> Option<String> {
        let own = || self.members.get(other(name)).map(str::to_owned);
        Some(match name {
            "id" => self.id.to_string(),
            "meta_keywords" => quote(&self.list(name).unwrap_or_default()),
            "related_products" => quote(&self.list(name)?),
            "inventory_tracking" => {
                let tracking = self.text(name)?;
                quote(TRACKING.iter().find(|(_, other)| *other == tracking).map_or("none", |(own, _)| own))
            }
            "date_created" | "date_modified" => self.date(name).unwrap_or_else(|| quote("")),
            "preorder_release_date" | "date_last_imported" => self.date(name)?,
            "custom_url" => self.members.path("custom_url.url")?.to_owned(),
            "url" if resource == "categories_v2" => self.members.path("url.path")?.to_owned(),
            "parent_category_list" => self.ancestors(),
            "brand" => self.link(&format!("/brands/{}", self.members.get("brand_id").unwrap_or("0")), None),
            "tax_class" => {
                let class = self.members.get("tax_class_id").unwrap_or("0");
                self.link(&format!("/tax_classes/{class}"), None)
            }
            _ if AMOUNTS.contains(&name) => {
                value::amount(self.members.get(name).and_then(value::decimal).unwrap_or_default())
            }
            _ => match LINKS.iter().find(|(own, _)| *own == name).filter(|_| resource == "products_v2") {
                Some((_, last)) => self.link(&format!("/products/{}", self.id), Some(last)),
                None => own()?,
            },
        })
    }

    fn text(&self, name: &str) -> Option<String> {
        self.members.get(name).and_then(json::string).map(|text| text.into_owned())
    }

    /// An array as text: its entries, separated by commas.
    fn list(&self, name: &str) -> Option<String> {
        let entries = json::entries(self.members.get(name)?)?;
        Some(entries.into_iter().map(|entry| json::plain(entry).into_owned()).collect::<Vec<_>>().join(","))
    }

    fn date(&self, name: &str) -> Option<String> {
        let at = dates::parse(&json::plain(self.members.get(name)?), 0)?;
        Some(quote(&Form::Rfc2822.write(at)))
    }

    fn link(&self, path: &str, below: Option<&str>) -> String {
        let path = below.map_or_else(|| path.to_owned(), |below| format!("{path}/{below}"));
        format!(
            "{{\"url\":{},\"resource\":{}}}",
            quote(&format!("{}/v2{path}", self.data.base)),
            quote(&path)
        )
    }

    /// A category with those that it stands in, the outermost first.
    fn ancestors(&self) -> String {
        let mut line = vec![self.id];
        let mut above = self.members.get("parent_id").and_then(json::integer).unwrap_or(0);
        while above != 0 && !line.contains(&above) {
            line.push(above);
            let text = self.data.text("categories", above).and_then(Members::read);
            above = text.and_then(|members| members.get("parent_id").and_then(json::integer)).unwrap_or(0);
        }
        let line: Vec<String> = line.iter().rev().map(i64::to_string).collect();
        format!("[{}]", line.join(","))
    }
}

/// A write of the other form as one of the records themselves.
pub(super) fn unview(draft: &Draft) -> Result<String, Failure> {
    let given = draft.resource.fields.iter().filter(|field| !field.read_only);
    let members = given.filter_map(|field| base_member(&field.name, draft.given(&field.name)?));
    let mut members: Vec<(&str, String)> = members.collect();
    if draft.resource.name == "categories_v2" && draft.old.is_none() {
        // V2 knows one tree, that of the storefront.
        members.push(("tree_id", "1".to_owned()));
    }
    Ok(object(members.iter().map(|(name, value)| (*name, value.as_str()))))
}

/// A member of V2 as one of V3; `None` for what V3 does not know.
fn base_member<'a>(name: &'a str, raw: &str) -> Option<(&'a str, String)> {
    let text = || json::string(raw).unwrap_or_default();
    let words = || {
        let text = text();
        let words: Vec<String> =
            text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(quote).collect();
        format!("[{}]", words.join(","))
    };
    Some(match name {
        "meta_keywords" => (name, words()),
        "related_products" => {
            let text = text();
            let ids: Vec<&str> =
                text.split(',').map(str::trim).filter(|id| id.parse::<i64>().is_ok()).collect();
            (name, format!("[{}]", ids.join(",")))
        }
        "inventory_tracking" => {
            let own = text();
            (name, quote(TRACKING.iter().find(|(known, _)| *known == own)?.1))
        }
        "custom_url" => (name, format!("{{\"url\":{raw},\"is_customized\":true}}")),
        "url" => (name, format!("{{\"path\":{raw},\"is_customized\":true}}")),
        "preorder_release_date" if matches!(raw, "null" | "\"\"") => (name, "null".to_owned()),
        "keyword_filter" => return None,
        _ if name.starts_with("event_date") || name.starts_with("myob") || name.starts_with("peachtree") => {
            return None;
        }
        _ if AMOUNTS.contains(&name) => (name, value::decimal(raw).unwrap_or_default().to_string()),
        "brand_id" if raw == "null" => (name, "0".to_owned()),
        // What V2 leaves out as null, V3 has as an empty text.
        _ if raw == "null" => (other(name), "\"\"".to_owned()),
        _ => (other(name), raw.to_owned()),
    })
}

/// The row that an imported record of V2 stands for.
pub(super) fn base_of(resource: &Resource, text: &str) -> Vec<Row> {
    let (Some(members), Some(base)) = (Members::read(text), resource.view_of.clone()) else {
        return Vec::new();
    };
    let key = if base == "categories" { "category_id" } else { "id" };
    let mut own = vec![(key, members.get("id").unwrap_or("0").to_owned())];
    let links =
        |name: &str| LINKS.iter().any(|(own, _)| *own == name) || matches!(name, "brand" | "tax_class");
    for field in resource.fields.iter().filter(|field| field.name != "id" && !links(&field.name)) {
        let Some(raw) = members.get(&field.name).filter(|raw| *raw != "null") else { continue };
        if field.name.starts_with("date_") || field.name == "preorder_release_date" {
            let at = dates::parse(&json::plain(raw), 0);
            own.push((&field.name, at.map_or("null".to_owned(), |at| quote(&Form::Offset.write(at)))));
        } else if !matches!(field.name.as_str(), "option_set" | "parent_category_list") {
            own.extend(base_member(&field.name, raw));
        }
    }
    if base == "categories" {
        own.push(("tree_id", "1".to_owned()));
    }
    let json = object(own.iter().map(|(name, value)| (*name, value.as_str())));
    vec![Row { resource: base, parent: None, json }]
}

/// Whether the record of such a row is there already.
pub(super) fn has_base(data: &Data, row: &Row) -> bool {
    let id = Members::read(&row.json)
        .and_then(|members| members.get("id").or_else(|| members.get("category_id")).and_then(json::integer));
    id.is_some_and(|id| data.table(&row.resource).get(id).is_some())
}
