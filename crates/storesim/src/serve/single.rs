//! Objects of which the store has one, such as its settings, and what channels have in their place.

use super::Route;
use super::answer::{Answer, Failure, Version};
use super::query::Query;
use crate::data::{Data, SINGLE};
use crate::declare::{Action, Resource};
use crate::json::{self, Members, object};

/// Serves the GET of one. A channel without values of its own inherits all of them: they are null.
pub(super) fn read(
    data: &Data,
    route: &Route,
    action: &Action,
    query: &Query,
    version: Version,
) -> Result<Answer, Failure> {
    let number = number(data, route, query, version)?;
    Ok(answer(data, route.resource, number, action, version, 200))
}

/// The number of the object that a request is about: the store's, or that of the channel it names.
pub(crate) fn number(data: &Data, route: &Route, query: &Query, version: Version) -> Result<i64, Failure> {
    if !route.resource.channels {
        return Ok(SINGLE);
    }
    let named = match (route.ids.last(), query.get("channel_id")) {
        (Some(id), _) => *id,
        (None, Some(text)) => match text.parse() {
            Ok(id) => id,
            Err(_) => return Err(super::not_filters(&["channel_id"])),
        },
        (None, None) => return Ok(SINGLE),
    };
    // An import may bring what a channel has without the channel.
    let known = data.table("channels").get(named).is_some()
        || data.text(&route.resource.name, SINGLE.saturating_add(named)).is_some();
    match known {
        true => Ok(SINGLE.saturating_add(named)),
        // checkouts.v3.yml, unlike the other settings.
        false if route.resource.name == "checkout_settings_of_channels" => {
            Err(Failure::new(422, "Invalid channelId"))
        }
        false => Err(Failure::not_found(version, "channel", named)),
    }
}

/// The object in its envelope.
pub(crate) fn answer(
    data: &Data,
    resource: &Resource,
    number: i64,
    action: &Action,
    version: Version,
    status: u16,
) -> Answer {
    let text = match data.text(&resource.name, number) {
        Some(text) => text.to_owned(),
        None if resource.partial => data.text(&resource.name, SINGLE).unwrap_or("{}").to_owned(),
        None => inherited(data.text(&resource.name, SINGLE).unwrap_or("{}")),
    };
    let text = match &action.member {
        Some(name) => Members::read(&text).and_then(|members| members.get(name)).unwrap_or("null").to_owned(),
        None => text,
    };
    match action.bare || version == Version::V2 {
        true => Answer::new(status, text),
        false => Answer::data(status, &text),
    }
}

/// The shape of an object with null for every value.
pub(crate) fn inherited(text: &str) -> String {
    let Some(members) = Members::read(text) else { return "null".into() };
    let members: Vec<(&str, String)> =
        members.0.iter().map(|(name, value)| (name.as_ref(), inherited(value.get()))).collect();
    object(members.iter().map(|(name, value)| (*name, value.as_str())))
}

/// Whether an object says nothing of its own.
pub(crate) fn says_nothing(text: &str) -> bool {
    match Members::read(text) {
        Some(members) => members.0.iter().all(|(_, value)| says_nothing(value.get())),
        None => json::compact(text) == "null",
    }
}
