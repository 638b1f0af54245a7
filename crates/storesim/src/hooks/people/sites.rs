//! Sites of channels and their routes (sites.v3.yml, channels.v3.yml).

use crate::data::Data;
use crate::json::{self, Members, quote};
use crate::serve::{self, Answer, Failure, Query, Version};
use crate::write::{self, Draft, read_object};

fn invalid(name: &str, reason: impl Into<String>) -> Failure {
    Failure::new(422, "JSON data is missing or invalid").field(name, reason)
}

/// Whether a text may be the address of a site.
fn is_address(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

/// Checks a site and writes its addresses.
pub(super) fn prepare(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    if draft.old.is_none() {
        let channel = draft.given("channel_id").and_then(json::integer).unwrap_or(0);
        if data.table("channels").get(channel).is_none() {
            return Err(invalid("channel_id", format!("channel {channel} does not exist")));
        }
        if site(data, channel).is_some() {
            return Err(invalid("channel_id", format!("channel {channel} has a site already")));
        }
    }
    let Some(url) = draft.given("url").and_then(json::string).map(|url| url.into_owned()) else {
        return Ok(());
    };
    if !is_address(&url) {
        return Err(invalid("url", "url must be an address with its scheme"));
    }
    let checkout = draft.old_value("urls").and_then(|urls| address(&urls, "checkout"));
    let urls = urls(data, draft.id, &url, checkout.as_deref());
    draft.set("urls", urls);
    Ok(())
}

/// The address of a kind among those of a site.
fn address(urls: &str, kind: &str) -> Option<String> {
    json::entries(urls)?.into_iter().find_map(|entry| {
        let members = Members::read(entry)?;
        let is = members.get("type").is_some_and(|raw| json::plain(raw) == kind);
        is.then(|| members.get("url").map(|raw| json::plain(raw).into_owned())).flatten()
    })
}

fn urls(data: &Data, id: i64, primary: &str, checkout: Option<&str>) -> String {
    let now = quote(&crate::dates::Form::Zulu.write(data.clock.now()));
    let canonical = format!("https://store-{id}.mybigcommerce.com");
    let known = [("primary", Some(primary)), ("canonical", Some(canonical.as_str())), ("checkout", checkout)];
    let texts = known.into_iter().filter_map(|(kind, url)| {
        let url = quote(url?);
        Some(format!("{{\"url\":{url},\"type\":\"{kind}\",\"created_at\":{now},\"updated_at\":{now}}}"))
    });
    format!("[{}]", texts.collect::<Vec<_>>().join(","))
}

/// Checks a route: one for each type and what it matches.
pub(super) fn prepare_route(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    let text = |draft: &Draft, name: &str| {
        draft.get(name).map(|raw| json::plain(&raw).into_owned()).unwrap_or_default()
    };
    let (kind, matching) = (text(draft, "type"), text(draft, "matching"));
    let taken = data.table("site_routes").of(draft.parent).any(|other| {
        let members = Members::read(&other.text);
        let is = |name: &str, value: &str| {
            let own = members.as_ref().and_then(|members| members.get(name));
            own.is_some_and(|raw| json::plain(raw) == value)
        };
        other.id != draft.id && is("type", &kind) && is("matching", &matching)
    });
    match taken {
        true => {
            let site = draft.parent;
            let reason = format!("Route already exists for site {site} matching {matching} for type {kind}");
            Err(Failure::new(422, "Bulk operation has failed").field("matching.type", reason))
        }
        false => Ok(()),
    }
}

/// The site of a channel.
pub(super) fn site(data: &Data, channel: i64) -> Option<i64> {
    let of = |text: &str| Members::read(text).and_then(|m| m.get("channel_id").and_then(json::integer));
    data.table("sites").records().iter().find(|record| of(&record.text) == Some(channel)).map(|r| r.id)
}

fn existing(data: &Data, channel: i64) -> Result<i64, Failure> {
    site(data, channel).ok_or_else(|| Failure::new(404, "The requested entity was not found."))
}

fn one(data: &Data, id: i64, query: &Query) -> Answer {
    serve::one(data, data.table("sites").resource, id, query, Version::V3, 200)
}

/// GET of a channel's site.
pub(super) fn of_channel(data: &Data, channel: i64, query: &Query) -> Result<Answer, Failure> {
    Ok(one(data, existing(data, channel)?, query))
}

/// POST of a channel's site.
pub(super) fn create(data: &mut Data, channel: i64, query: &Query, body: &str) -> Result<Answer, Failure> {
    let resource = data.table("sites").resource;
    read_object(body)?;
    let text = json::edit(body, &[("channel_id", channel.to_string())]);
    let id = write::create(data, resource, None, &read_object(&text)?, Version::V3)?;
    Ok(one(data, id, query))
}

/// PUT of a channel's site.
pub(super) fn update(data: &mut Data, channel: i64, query: &Query, body: &str) -> Result<Answer, Failure> {
    let id = existing(data, channel)?;
    let resource = data.table("sites").resource;
    write::update(data, resource, id, &read_object(body)?, Version::V3)?;
    Ok(one(data, id, query))
}

/// DELETE of a channel's site.
pub(super) fn delete(data: &mut Data, channel: i64) -> Result<Answer, Failure> {
    let id = existing(data, channel)?;
    let resource = data.table("sites").resource;
    write::delete(data, resource, id)?;
    Ok(Answer::data(200, "{}"))
}

/// PUT of the address of a channel's checkout.
pub(super) fn put_checkout(
    data: &mut Data,
    channel: i64,
    query: &Query,
    body: &str,
) -> Result<Answer, Failure> {
    let id = existing(data, channel)?;
    let input = read_object(body)?;
    let url = input.get("url").and_then(json::string).ok_or_else(|| invalid("url", "error.path.missing"))?;
    if !is_address(&url) {
        return Err(invalid("url", "url must be an address with its scheme"));
    }
    Ok(set_checkout(data, id, Some(&url), query))
}

/// DELETE of the address of a channel's checkout.
pub(super) fn delete_checkout(data: &mut Data, channel: i64, query: &Query) -> Result<Answer, Failure> {
    let id = existing(data, channel)?;
    Ok(set_checkout(data, id, None, query))
}

fn set_checkout(data: &mut Data, id: i64, checkout: Option<&str>, query: &Query) -> Answer {
    let primary = data.text("sites", id).and_then(Members::read).and_then(|members| members.get("url"));
    let primary = primary.map(|raw| json::plain(raw).into_owned()).unwrap_or_default();
    let urls = urls(data, id, &primary, checkout);
    let customized = checkout.is_some().to_string();
    write::touch(data, "sites", id, &[("urls", urls), ("is_checkout_url_customized", customized)]);
    one(data, id, query)
}
