//! The requests that change customers' parts, marketing and channels.

use super::Request;
use super::requests::{post, put, some, word};
use crate::chance::Chance;
use crate::data::Data;
use crate::json::{self, Members};

/// The request that makes a record of a stream.
pub(super) fn create(data: &Data, chance: &mut Chance, stream: &str, n: i64) -> Option<Request> {
    let customer = |chance: &mut Chance| some(data, chance, "customers").map(|record| record.id);
    match stream {
        "customer_groups" => post("/v2/customer_groups", format!("{{\"name\":\"Group {n}\"}}")),
        "customer_attributes" => {
            let kind = word(chance, &["string", "number", "date"]);
            let body = format!("[{{\"name\":\"Attribute {n}\",\"type\":\"{kind}\"}}]");
            post("/v3/customers/attributes", body)
        }
        "customer_attribute_values" => {
            let attribute = some(data, chance, "customer_attributes")?;
            let value = match Members::read(&attribute.text)?.get("type")? {
                "\"date\"" => "2001-02-03".to_owned(),
                _ => n.to_string(),
            };
            let (customer, attribute) = (customer(chance)?, attribute.id);
            put(
                "/v3/customers/attribute-values",
                format!(
                    "[{{\"customer_id\":{customer},\"attribute_id\":{attribute},\"value\":\"{value}\"}}]"
                ),
            )
        }
        "customer_form_field_values" => {
            let customer = customer(chance)?;
            let body = format!("[{{\"name\":\"Field {n}\",\"value\":\"{n}\",\"customer_id\":{customer}}}]");
            put("/v3/customers/form-field-values", body)
        }
        "subscribers" => {
            post("/v3/customers/subscribers", format!("{{\"email\":\"subscriber.{n}@example.com\"}}"))
        }
        "segments" => post("/v3/segments", format!("[{{\"name\":\"Segment {n}\"}}]")),
        "shopper_profiles" => {
            post("/v3/shopper-profiles", format!("[{{\"customer_id\":{}}}]", customer(chance)?))
        }
        "wishlists" => {
            let product = some(data, chance, "products")?.id;
            let customer = customer(chance)?;
            post(
                "/v3/wishlists",
                format!(
                    "{{\"customer_id\":{customer},\"name\":\"List {n}\",\"items\":[{{\"product_id\":{product}}}]}}"
                ),
            )
        }
        "channels" => post(
            "/v3/channels",
            format!("{{\"name\":\"Channel {n}\",\"type\":\"marketplace\",\"platform\":\"custom\"}}"),
        ),
        "pages" => post(
            "/v3/content/pages",
            format!("{{\"name\":\"Page {n}\",\"type\":\"page\",\"body\":\"<p>{n}</p>\"}}"),
        ),
        "redirects" => {
            let site = some(data, chance, "sites")?.id;
            let to = format!("{{\"type\":\"url\",\"url\":\"/new/{n}\"}}");
            put(
                "/v3/storefront/redirects",
                format!("[{{\"site_id\":{site},\"from_path\":\"/gone/{n}\",\"to\":{to}}}]"),
            )
        }
        "tax_classes" => post("/v3/tax/classes", format!("[{{\"name\":\"Class {n}\"}}]")),
        _ => None,
    }
}

/// The request that changes a record.
pub(super) fn update(text: &str, id: i64, parent: i64, stream: &str, n: i64) -> Option<Request> {
    let members = Members::read(text)?;
    let raw = |name: &str| members.get(name);
    match stream {
        "customer_groups" => put(format!("/v2/customer_groups/{id}"), format!("{{\"name\":\"Group {n}\"}}")),
        "customer_attributes" => {
            put("/v3/customers/attributes", format!("[{{\"id\":{id},\"name\":\"Attribute {n}\"}}]"))
        }
        "customer_attribute_values" => {
            let day = 1 + n % 28;
            let value = match raw("attribute_value").map(json::plain)?.matches('-').count() {
                2 => format!("2002-03-{day:02}"),
                _ => n.to_string(),
            };
            let (customer, attribute) = (raw("customer_id")?, raw("attribute_id")?);
            put(
                "/v3/customers/attribute-values",
                format!(
                    "[{{\"customer_id\":{customer},\"attribute_id\":{attribute},\"value\":\"{value}\"}}]"
                ),
            )
        }
        "customer_form_field_values" => {
            let body = json::edit(text, &[("value", format!("\"{n}\""))]);
            put("/v3/customers/form-field-values", format!("[{body}]"))
        }
        "subscribers" => {
            put(format!("/v3/customers/subscribers/{id}"), format!("{{\"last_name\":\"Reader {n}\"}}"))
        }
        "segments" => {
            put("/v3/segments", format!("[{{\"id\":{},\"description\":\"Revision {n}\"}}]", raw("id")?))
        }
        "wishlists" => put(format!("/v3/wishlists/{id}"), format!("{{\"name\":\"List {n}\"}}")),
        "channels" => put(format!("/v3/channels/{id}"), format!("{{\"external_id\":\"{n}\"}}")),
        "channel_listings" => {
            let (product, variants) = (raw("product_id")?, raw("variants")?);
            let state = if raw("state") == Some("\"active\"") { "disabled" } else { "active" };
            put(
                format!("/v3/channels/{parent}/listings"),
                format!(
                    "[{{\"listing_id\":{id},\"product_id\":{product},\"state\":\"{state}\",\"variants\":{variants}}}]"
                ),
            )
        }
        "pages" => put(format!("/v3/content/pages/{id}"), format!("{{\"meta_title\":\"Title {n}\"}}")),
        "redirects" => {
            let to = format!("{{\"type\":\"url\",\"url\":\"/newer/{n}\"}}");
            let (site, from) = (raw("site_id")?, raw("from_path")?);
            put(
                "/v3/storefront/redirects",
                format!("[{{\"site_id\":{site},\"from_path\":{from},\"to\":{to}}}]"),
            )
        }
        "currencies" => put(
            format!("/v2/currencies/{id}"),
            format!("{{\"currency_exchange_rate\":\"1.{:04}\"}}", n % 10_000),
        ),
        "tax_classes" => put("/v3/tax/classes", format!("[{{\"id\":{id},\"name\":\"Class {n}\"}}]")),
        _ => None,
    }
}

/// The path that removes a record.
pub(super) fn delete(text: &str, id: i64, stream: &str) -> Option<String> {
    let uuid = || Some(json::plain(Members::read(text)?.get("id")?).into_owned());
    Some(match stream {
        "customer_groups" => format!("/v2/customer_groups/{id}"),
        "customer_attributes" => format!("/v3/customers/attributes?id:in={id}"),
        "customer_attribute_values" => format!("/v3/customers/attribute-values?id:in={id}"),
        "subscribers" => format!("/v3/customers/subscribers/{id}"),
        "segments" => format!("/v3/segments?id:in={}", uuid()?),
        "shopper_profiles" => format!("/v3/shopper-profiles?id:in={}", uuid()?),
        "wishlists" => format!("/v3/wishlists/{id}"),
        "pages" => format!("/v3/content/pages/{id}"),
        "redirects" => format!("/v3/storefront/redirects?id:in={id}"),
        "tax_classes" => format!("/v3/tax/classes?id:in={id}"),
        _ => return None,
    })
}
