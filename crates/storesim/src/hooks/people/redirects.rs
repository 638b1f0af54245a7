//! Redirects of a site (redirects.v3.yml).

use crate::data::Data;
use crate::json::{self, Members, quote};
use crate::serve::{Failure, View};
use crate::table::Record;
use crate::write::Draft;

/// What a redirect leads to, with the table of it.
const TARGETS: &[(&str, &str)] = &[
    ("product", "products"),
    ("brand", "brands"),
    ("category", "categories"),
    ("page", "pages"),
    ("post", ""),
];

/// Checks a redirect.
pub(super) fn prepare(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    let wrong =
        |name: &str, reason: String| Failure::new(422, "JSON data is missing or invalid").field(name, reason);
    let site = draft.get("site_id").and_then(|raw| json::integer(&raw)).unwrap_or(0);
    if draft.given("site_id").is_some() && data.table("sites").get(site).is_none() {
        return Err(wrong("site_id", format!("site {site} does not exist")));
    }
    if draft.given("from_path").and_then(json::string).is_some_and(|path| !path.starts_with('/')) {
        return Err(wrong("from_path", "from_path must begin with /".into()));
    }
    let Some(to) = draft.given("to").map(str::to_owned) else { return Ok(()) };
    let Some(members) = Members::read(&to).filter(|members| !members.0.is_empty()) else { return Ok(()) };
    let kind = members.get("type").map(|raw| json::plain(raw).into_owned()).unwrap_or_default();
    if kind == "url" {
        let url = members.get("url").and_then(json::string).unwrap_or_default().into_owned();
        if url.is_empty() || url.chars().count() > 2048 {
            return Err(wrong("to.url", "a redirect of type url needs a url".into()));
        }
        draft.set("to", format!("{{\"type\":\"url\",\"url\":{}}}", quote(&url)));
        return Ok(());
    }
    if !TARGETS.iter().any(|(known, _)| *known == kind) {
        return Err(wrong("to.type", "to.type must be product, brand, category, page, post or url".into()));
    }
    let Some(entity) = members.get("entity_id").and_then(json::integer) else {
        return Err(wrong("to.entity_id", format!("a redirect of type {kind} needs an entity_id")));
    };
    draft.set("to", format!("{{\"type\":{},\"entity_id\":{entity}}}", quote(&kind)));
    Ok(())
}

/// Adds where a redirect leads, as an address.
pub(super) fn render(view: &View, data: &Data, record: &Record, out: &mut Vec<u8>) {
    if !view.has("to_url") || record.text.contains("\"to_url\":") {
        return;
    }
    let url = address(data, &record.text).unwrap_or_default();
    out.pop();
    out.extend_from_slice(format!(",\"to_url\":{}}}", quote(&url)).as_bytes());
}

/// The address that the redirect with this text leads to.
pub(super) fn address(data: &Data, text: &str) -> Option<String> {
    let members = Members::read(text)?;
    let site = members.get("site_id").and_then(json::integer)?;
    let origin = data.text("sites", site).and_then(Members::read).and_then(|site| site.get("url"));
    let origin = origin.map(|raw| json::plain(raw).into_owned()).unwrap_or_default();
    let to = Members::read(members.get("to")?)?;
    let kind = json::plain(to.get("type")?).into_owned();
    let path = match kind.as_str() {
        "url" => json::plain(to.get("url")?).into_owned(),
        _ => {
            let id = to.get("entity_id").and_then(json::integer)?;
            let (_, table) = TARGETS.iter().find(|(known, _)| *known == kind)?;
            let table = data.tables().iter().find(|found| found.resource.name == *table);
            let target = table.and_then(|table| table.get(id)).and_then(|found| Members::read(&found.text));
            let own = target.as_ref().and_then(|target| {
                target
                    .path("custom_url.url")
                    .or_else(|| target.path("url.path"))
                    .or_else(|| target.get("url"))
            });
            own.map_or_else(|| format!("/{kind}/{id}"), |raw| json::plain(raw).into_owned())
        }
    };
    let absolute = path.contains("://");
    Some(if absolute { path } else { format!("{}{path}", origin.trim_end_matches('/')) })
}

/// The site on which redirects of V2 are.
const OWN_SITE: i64 = 1000;

/// A redirect in the form of V2: it leads to something of the store (`ref` is its id) or to an address.
pub(super) fn older(data: &Data, record: &Record) -> String {
    let Some(members) = Members::read(&record.text) else { return record.text.to_string() };
    let to = members.get("to").and_then(Members::read);
    let raw = |name: &str| to.as_ref().and_then(|to| to.get(name)).unwrap_or("null");
    let (kind, target) = match raw("type") {
        "\"url\"" => ("\"manual\"", raw("url")),
        kind => (kind, raw("entity_id")),
    };
    format!(
        "{{\"id\":{},\"path\":{},\"forward\":{{\"type\":{kind},\"ref\":{target}}},\"url\":{}}}",
        record.id,
        members.get("from_path").unwrap_or("\"\""),
        quote(&address(data, &record.text).unwrap_or_default())
    )
}

/// Where a redirect of V2 leads, as V3 says it; a text is an address.
fn target(forward: &str) -> Option<String> {
    let Some(members) = Members::read(forward) else {
        return json::string(forward).map(|url| format!("{{\"type\":\"url\",\"url\":{}}}", quote(&url)));
    };
    let (kind, target) = (members.get("type").map(json::plain)?, members.get("ref")?);
    Some(match &*kind {
        "manual" => format!("{{\"type\":\"url\",\"url\":{}}}", quote(&json::plain(target))),
        kind => format!("{{\"type\":{},\"entity_id\":{}}}", quote(kind), json::integer(target)?),
    })
}

/// A write in the form of V2 as one of V3.
pub(super) fn unview(data: &Data, draft: &Draft) -> Result<String, Failure> {
    let mut members = Vec::new();
    if draft.old.is_none() {
        let sites = data.table("sites");
        let own = sites.get(OWN_SITE).or_else(|| sites.records().first()).map_or(OWN_SITE, |site| site.id);
        members.push(("site_id", own.to_string()));
    }
    members.extend(draft.given("path").map(|path| ("from_path", path.to_owned())));
    if let Some(forward) = draft.given("forward") {
        let wrong = || crate::write::invalid("forward", "It needs a type and a ref.");
        members.push(("to", target(forward).ok_or_else(wrong)?));
    }
    Ok(json::object(members.iter().map(|(name, value)| (*name, value.as_str()))))
}

/// An imported redirect of V2 as the record of V3 that it stands for.
pub(super) fn row_of_older(text: &str) -> Vec<crate::rows::Row> {
    let Some(members) = Members::read(text) else { return Vec::new() };
    let to = members.get("forward").and_then(target).unwrap_or_else(|| "{}".to_owned());
    let json = format!(
        "{{\"from_path\":{},\"site_id\":{OWN_SITE},\"to\":{to},\"id\":{}}}",
        members.get("path").unwrap_or("\"\""),
        members.get("id").map(json::plain).unwrap_or_default()
    );
    vec![crate::rows::Row { resource: "redirects".to_owned(), parent: None, json }]
}
