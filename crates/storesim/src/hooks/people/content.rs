//! Scripts of the storefront (scripts.v3.yml), posts of its blog (store_content.v2.yml), its images
//! (settings.v3.yml).

use std::collections::HashSet;

use crate::caller::Caller;
use crate::data::{Data, SINGLE};
use crate::dates::{self, Form};
use crate::json::{self, Members, quote};
use crate::serve::{self, Answer, Failure, Query, Version, Visible};
use crate::table::Record;
use crate::write::{self, Draft, invalid, read_object};

/// Checks a script.
pub(super) fn prepare_script(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    let wrong =
        |name: &str, reason: &str| Failure::new(422, "JSON data is missing or invalid").field(name, reason);
    let text = |draft: &Draft, name: &str| {
        draft.get(name).map(|raw| json::plain(&raw).into_owned()).unwrap_or_default()
    };
    let channel = draft.given("channel_id").and_then(json::integer);
    if channel.is_some_and(|channel| data.table("channels").get(channel).is_none()) {
        return Err(wrong("channel_id", "the channel does not exist"));
    }
    if text(draft, "kind") == "script_tag" {
        if text(draft, "html").is_empty() {
            return Err(wrong("html", "a script of kind script_tag needs html"));
        }
    } else if text(draft, "src").is_empty() {
        return Err(wrong("src", "a script of kind src needs src"));
    }
    if draft.old.is_none() {
        let client = own(data, &data.caller).to_owned();
        draft.set_text("api_client_id", &client);
    }
    Ok(())
}

/// The client id of an account; what the store does itself counts as its first account's.
fn own<'a>(data: &'a Data, caller: &'a Caller) -> &'a str {
    if caller.client_id.is_empty() { data.webhooks.client_id() } else { &caller.client_id }
}

/// Notes who made a script.
pub(super) fn stored_script(data: &mut Data, draft: &Draft) {
    if draft.old.is_none() {
        let client = quote(own(data, &data.caller));
        let id = data.claim("script_owners");
        let text = format!("{{\"client\":{client}}}").into();
        data.insert("script_owners", Record { id, parent: draft.id, modified: 0, text });
    }
}

/// Which scripts an account sees: those it made, and those that were there before any account.
pub(super) fn visible_scripts(data: &Data, caller: &Caller) -> Visible {
    let client = quote(own(data, caller));
    let others = data.table("script_owners").records().iter().filter(|owner| {
        Members::read(&owner.text).and_then(|members| members.get("client")) != Some(client.as_str())
    });
    let hidden: HashSet<i64> = others.map(|owner| owner.parent).collect();
    Box::new(move |record: &Record| !hidden.contains(&record.id))
}

/// Fills what follows from a post's text and date.
pub(super) fn prepare_post(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    if draft.given("tags").is_some_and(|raw| write::read_array_text(raw).is_none()) {
        return Err(invalid("tags", "Tags must be a list of texts."));
    }
    if draft.get("url").is_none() {
        let title = draft.get("title").map(|raw| json::plain(&raw).into_owned()).unwrap_or_default();
        let url = format!("/blog{}", crate::hooks::slug(&title));
        draft.set_text("url", &url);
    }
    if let Some(url) = draft.given("url").map(str::to_owned) {
        draft.set("preview_url", url);
    }
    if let Some(body) = draft.given("body").and_then(json::string) {
        let summary: String = body.chars().take(200).collect();
        draft.set_text("summary", &summary);
    }
    // Who sends back what was read changes nothing.
    if draft.old.is_some() && draft.given("published_date").is_some_and(|raw| raw.starts_with('{')) {
        draft.unset("published_date");
    }
    let at = match draft.given("published_date") {
        None if draft.old.is_some() => return Ok(()),
        None => data.clock.now(),
        Some(raw) => match json::string(raw).and_then(|text| dates::parse(&text, 0)) {
            Some(at) => at,
            None => return Err(invalid("published_date", "The date must be in RFC 2822 form.")),
        },
    };
    let date = Form::Plain.write(at);
    let published = format!("{{\"timezone_type\":1,\"date\":\"{date}.000000\",\"timezone\":\"+00:00\"}}");
    draft.set("published_date", published);
    draft.set_text("published_date_iso8601", &Form::Offset.write(at));
    Ok(())
}

/// POST of an image of the store, or of a channel: its address is made up, its content is not kept.
pub(super) fn image(
    data: &mut Data,
    query: &Query,
    body: &str,
    member: &str,
    part: &str,
) -> Result<Answer, Failure> {
    let input = read_object(body)?;
    // The file of a form, or a text in its place.
    if input.get("upload").or_else(|| input.get(part)).is_none() {
        return Err(Failure::new(422, "JSON data is missing or invalid").field(part, "error.path.missing"));
    }
    let channel = match query.get("channel_id").map(str::parse::<i64>) {
        None => 0,
        Some(Ok(channel)) if data.table("channels").get(channel).is_some() => channel,
        Some(named) => {
            return Err(Failure::not_found(Version::V3, "channel", named.unwrap_or(0)));
        }
    };
    let file = data.claim_extra();
    let url = quote(&format!("{}/content/{member}/{file}.png", data.base));
    let number = SINGLE + channel;
    match data.text("settings_logo", number).map(str::to_owned) {
        Some(held) => data.rewrite("settings_logo", number, json::edit(&held, &[(member, url)]), None),
        None => {
            let shape = serve::inherited(data.text("settings_logo", SINGLE).unwrap_or("{}"));
            let text = json::edit(&shape, &[(member, url)]).into();
            data.insert("settings_logo", Record { id: number, parent: channel, modified: 0, text });
        }
    }
    Ok(Answer::nothing())
}

/// A connection to a carrier: taken, and nothing comes of it.
pub(super) fn carrier(body: &str) -> Result<Answer, Failure> {
    let input = read_object(body)?;
    match input.get("carrier_id").and_then(json::string) {
        Some(carrier) if !carrier.is_empty() => Ok(Answer::nothing()),
        _ => Err(Failure::new(400, "The required field 'carrier_id' was not supplied.")),
    }
}
