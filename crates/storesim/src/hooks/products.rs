//! Products: their price, their address, their base variant and their stock (products_catalog.v3.yml).

use rust_decimal::Decimal;

use super::{stock, variants};
use crate::data::Data;
use crate::json::{self, Members, quote};
use crate::serve::{Failure, Version};
use crate::stock::MOST;
use crate::write::value::{decimal, integers};
use crate::write::{self, Draft};

/// Members that a base variant shows as its own as long as it shares them.
const SHARED: &[&str] =
    &["price", "sale_price", "retail_price", "map_price", "cost_price", "weight", "width", "height", "depth"];

/// Fills what follows from what was sent.
pub(super) fn prepare(data: &mut Data, draft: &mut Draft) -> Result<(), Failure> {
    brand(data, draft)?;
    categories(data, draft)?;
    if let Some(sku) = draft.given("sku").and_then(json::string)
        && let Some(variant) = data.table("variants").holder("sku", &sku)
        && data.table("variants").get(variant).is_some_and(|record| record.parent != draft.id)
    {
        return Err(super::duplicate(draft.resource, "sku", &sku));
    }
    if draft.given("is_price_hidden") == Some("true")
        && draft.get("availability").is_none_or(|availability| availability != "\"disabled\"")
    {
        let reason = "is_price_hidden needs availability to be disabled";
        return Err(Failure::new(422, reason).field("is_price_hidden", reason));
    }
    if let Some(level) = draft.given("inventory_level").and_then(json::integer) {
        draft.set("inventory_level", level.min(MOST).to_string());
    }
    if draft.given("price").is_some() || draft.given("sale_price").is_some() {
        draft.set("calculated_price", calculated(draft).normalize().to_string());
    }
    let name = draft.get("name").and_then(|raw| json::string(&raw).map(|name| name.into_owned()));
    let name = name.unwrap_or_default();
    match draft.given("custom_url") {
        Some(sent) => {
            let leads_on = Members::read(sent).is_some_and(|url| url.get("create_redirect") == Some("true"));
            let customized = draft.old.is_none() || draft.old_value("custom_url").as_deref() != Some(sent);
            let kept = json::without(sent, |name| name == "create_redirect");
            let changes: &[(&str, &str)] = if customized { &[("is_customized", "true")] } else { &[] };
            let url = json::edit(&kept, changes);
            draft.set("custom_url", url);
            if leads_on {
                draft.add_extra("create_redirect", "true".to_owned());
            }
        }
        None if draft.old.is_none() => {
            let url = quote(&super::slug(&name));
            draft.set("custom_url", format!("{{\"url\":{url},\"is_customized\":false}}"));
        }
        None => {}
    }
    if draft.old.is_none() && sent_variants(draft).is_empty() {
        draft.set("base_variant_id", data.claim("variants").to_string());
    }
    Ok(())
}

/// The price after the sale price.
fn calculated(draft: &Draft) -> Decimal {
    let price = |name: &str| draft.get(name).and_then(|raw| decimal(&raw)).unwrap_or_default();
    let sale = price("sale_price");
    if sale > Decimal::ZERO { sale } else { price("price") }
}

fn brand(data: &mut Data, draft: &mut Draft) -> Result<(), Failure> {
    if let Some(name) = draft.extra("brand_name").and_then(json::string).map(|name| name.into_owned())
        && !name.is_empty()
    {
        let known = data.table("brands").holder("name", &name);
        let id = match known {
            Some(id) => id,
            None => {
                let resource = data.table("brands").resource;
                let input = format!("{{\"name\":{}}}", quote(&name));
                write::create(data, resource, None, &write::read_object(&input)?, Version::V3)?
            }
        };
        draft.set("brand_id", id.to_string());
    }
    match draft.given("brand_id").and_then(json::integer) {
        Some(id) if id > 0 && data.table("brands").get(id).is_none() => {
            Err(Failure::new(409, "The brand does not exist").field("brand_id", "The brand does not exist"))
        }
        _ => Ok(()),
    }
}

fn categories(data: &Data, draft: &Draft) -> Result<(), Failure> {
    let Some(raw) = draft.given("categories") else { return Ok(()) };
    let wrong = |reason: &str| Failure::new(422, reason).field("categories", reason);
    let ids = integers(raw).ok_or_else(|| wrong("categories must be a list of integers"))?;
    if ids.len() > 1000 {
        return Err(wrong("categories must have at most 1000 entries"));
    }
    match ids.iter().find(|id| data.table("categories").get(**id).is_none()) {
        Some(id) => {
            let reason = format!("The category {id} does not exist");
            Err(Failure::new(409, reason.clone()).field("categories", reason))
        }
        None => Ok(()),
    }
}

fn sent_variants(draft: &Draft) -> Vec<&str> {
    draft.extra("variants").and_then(json::entries).unwrap_or_default()
}

/// Makes or moves what belongs to the product.
pub(super) fn stored(data: &mut Data, draft: &Draft) -> Result<(), Failure> {
    if draft.old.is_none() {
        if sent_variants(draft).is_empty() {
            variants::base(data, draft)?;
        } else {
            variants::implied(data, draft, &sent_variants(draft))?;
        }
        super::catalog::on_default_channel(data, draft.id)?;
    } else {
        carry(data, draft)?;
    }
    for (member, table) in [
        ("images", "product_images"),
        ("videos", "product_videos"),
        ("custom_fields", "product_custom_fields"),
        ("bulk_pricing_rules", "product_bulk_pricing_rules"),
    ] {
        let resource = data.table(table).resource;
        for item in draft.extra(member).and_then(json::entries).unwrap_or_default() {
            let input = write::read_object(item)?;
            match input
                .get("id")
                .and_then(json::integer)
                .filter(|id| data.table(table).children(draft.id).contains(id))
            {
                Some(id) => write::update(data, resource, id, &input, Version::V3).map(|_| ())?,
                None => write::create(data, resource, Some(draft.id), &input, Version::V3).map(|_| ())?,
            }
        }
    }
    if draft.extra("create_redirect").is_some() {
        lead_on(data, draft)?;
    }
    if draft.given("inventory_tracking").is_some() {
        stock::track(data, draft.id);
    }
    if let Some(level) = draft.given("inventory_level").and_then(json::integer)
        && !data.stock_fails()
    {
        stock::set_product(data, draft.id, level);
    }
    Ok(())
}

/// Takes a change of the product over to its variants: the base variant's sku and shared members, and
/// the resolved price and weight of those that inherit them.
fn carry(data: &mut Data, draft: &Draft) -> Result<(), Failure> {
    let priced = draft.given("calculated_price").is_some() || draft.given("weight").is_some();
    let shared = SHARED.iter().any(|name| draft.given(name).is_some());
    if !priced && !shared && draft.given("sku").is_none() {
        return Ok(());
    }
    let base = draft.get("base_variant_id").and_then(|raw| json::integer(&raw));
    for id in data.table("variants").children(draft.id).to_vec() {
        let Some(text) = data.text("variants", id).map(str::to_owned) else { continue };
        let Some(members) = Members::read(&text) else { continue };
        let mut changes: Vec<(&str, String)> = Vec::new();
        if base == Some(id) {
            if let Some(sku) = draft.given("sku") {
                changes.push(("sku", sku.to_owned()));
            }
            for name in SHARED {
                let own = members.get(name).unwrap_or("null");
                if let (Some(new), Some(old)) = (draft.given(name), draft.old_value(name))
                    && own != "null"
                    && decimal(own) == decimal(&old)
                {
                    changes.push((name, new.to_owned()));
                }
            }
        }
        let changed = json::edit(&text, &changes);
        if let Some(members) = Members::read(&changed) {
            changes.extend(variants::resolved(data, draft.id, &members));
        }
        write::touch(data, "variants", id, &changes);
        if draft.given("sku").is_some() && base == Some(id) {
            stock::rename(data, id);
        }
    }
    Ok(())
}

/// The site of the storefront, where products have their paths.
const OWN_SITE: i64 = 1000;

/// Leads who comes by a product's old path on to it (`custom_url.create_redirect`).
fn lead_on(data: &mut Data, draft: &Draft) -> Result<(), Failure> {
    let url = |raw: Option<String>| Members::read(raw.as_deref()?)?.get("url").map(str::to_owned);
    let (old, new) = (url(draft.old_value("custom_url")), url(draft.get("custom_url")));
    let Some(old) = old.filter(|old| Some(old) != new.as_ref() && old.len() > 2) else { return Ok(()) };
    let Some(site) = data.table("sites").get(OWN_SITE).or_else(|| data.table("sites").records().first())
    else {
        return Ok(());
    };
    let site = site.id.to_string();
    let target = format!("{{\"type\":\"product\",\"entity_id\":{}}}", draft.id);
    let body = format!("{{\"site_id\":{site},\"from_path\":{old},\"to\":{target}}}");
    let resource = data.table("redirects").resource;
    let input = write::read_object(&body)?;
    match data.table("redirects").identified(&[site, json::plain(&old).into_owned()]) {
        Some(id) => write::update(data, resource, id, &input, Version::V3).map(|_| ()),
        None => write::create(data, resource, None, &input, Version::V3).map(|_| ()),
    }
}
