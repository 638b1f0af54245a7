//! Channels: which platform is of which type, what a channel may become (channels.v3.yml).

use crate::chance;
use crate::data::Data;
use crate::declare::Action;
use crate::json::{self, Members};
use crate::serve::{Answer, Failure, Version, View};
use crate::table::Record;
use crate::write::{Draft, read_array, read_array_text, read_object};

const CURRENCIES: &str = "channel_currency_assignments";
const MENUS: &str = "channel_menus";
const INVALID: &str = "JSON data is missing or invalid";

/// Platforms with the types that their channels may have.
const PLATFORMS: &[(&[&str], &[&str])] = &[
    (&["pos"], &["clover", "square", "stripe", "talech", "vend"]),
    (
        &["marketplace"],
        &[
            "amazon",
            "belk",
            "catch",
            "ebay",
            "etsy",
            "hudsons_bay",
            "macys",
            "mirakl",
            "overstock",
            "pinterest",
            "target_plus",
            "tiktok",
            "wayfair",
            "wish",
            "walmart",
        ],
    ),
    (&["marketing"], &["microsoft", "google_shopping"]),
    (&["marketplace", "marketing"], &["google", "meta", "facebook", "instagram"]),
    (
        &["storefront"],
        &[
            "acquia",
            "bigcommerce",
            "bloomreach",
            "catalyst",
            "deity",
            "drupal",
            "gatsby",
            "next",
            "vue",
            "wordpress",
        ],
    ),
    (&["pos", "marketplace", "storefront", "marketing"], &["custom"]),
];

/// Checks a channel.
pub(super) fn prepare(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    let text = |draft: &Draft, name: &str| {
        let raw = draft.get(name).unwrap_or_default();
        json::plain(&raw).into_owned()
    };
    let gone = draft
        .old_value("status")
        .is_some_and(|old| matches!(json::plain(&old).as_ref(), "deleted" | "terminated"));
    if gone {
        let title = "A deleted channel cannot be updated. It can be restored by the support within 90 days.";
        return Err(Failure::new(422, title));
    }
    let (kind, platform) = (text(draft, "type"), text(draft, "platform"));
    let fits = |(kinds, platforms): &&(&[&str], &[&str])| {
        kinds.contains(&kind.as_str()) && platforms.contains(&platform.as_str())
    };
    if draft.old.is_none() && !PLATFORMS.iter().any(|pair| fits(&pair)) {
        let title = format!("Input channel type [{kind}] with platform [{platform}] is not supported");
        return Err(Failure::new(422, title));
    }
    let storefront = kind == "storefront";
    if let Some(status) = draft.given("status").and_then(json::string).map(|status| status.into_owned()) {
        let usable: &[&str] = match storefront {
            true => &["prelaunch", "active", "inactive", "archived", "deleted"],
            false => &["connected", "disconnected", "archived", "deleted"],
        };
        if !usable.contains(&status.as_str()) {
            let reason = format!("The status of a {kind} channel must be one of {}", usable.join(", "));
            return Err(Failure::new(422, "The following fields are invalid: status").field("status", reason));
        }
        let enabled = matches!(status.as_str(), "active" | "connected" | "prelaunch");
        draft.set("is_enabled", enabled.to_string());
    } else if draft.old.is_none() {
        draft.set_text("status", if storefront { "prelaunch" } else { "connected" });
    }
    unique(data, draft, &text(draft, "name"), &platform, &kind)
}

/// A name is taken once for each platform and type.
fn unique(data: &Data, draft: &Draft, name: &str, platform: &str, kind: &str) -> Result<(), Failure> {
    let taken = data.table("channels").records().iter().any(|other| {
        let Some(members) = Members::read(&other.text) else { return false };
        let is = |member: &str, value: &str| {
            members.get(member).is_some_and(|raw| json::plain(raw).eq_ignore_ascii_case(value))
        };
        other.id != draft.id && is("name", name) && is("platform", platform) && is("type", kind)
    });
    match taken {
        true => Err(Failure::new(
            409,
            format!(
                "Channel already exists with name: \"{name}\", platform: \"{platform}\", and type: \"{kind}\""
            ),
        )),
        false => Ok(()),
    }
}

/// The ids of the theme that a storefront shows.
pub(super) fn theme(data: &Data, channel: i64) -> Result<Answer, Failure> {
    if let Some(held) = data.table("channel_active_theme").of(channel).next() {
        return Ok(Answer::data(200, &held.text));
    }
    let kind = data.text("channels", channel).and_then(Members::read).and_then(|members| members.get("type"));
    match kind {
        None => Err(Failure::not_found(Version::V3, "channel", channel)),
        Some("\"storefront\"") => {
            let uuid = |part: &str| chance::uuid(part, channel);
            Ok(Answer::data(
                200,
                &format!(
                    "{{\"active_theme_uuid\":\"{}\",\"active_theme_configuration_uuid\":\"{}\",\"active_theme_version_uuid\":\"{}\",\"saved_theme_configuration_uuid\":\"{}\"}}",
                    uuid("theme"),
                    uuid("configuration"),
                    uuid("version"),
                    uuid("configuration"),
                ),
            ))
        }
        Some(_) => Err(Failure::new(404, format!("No active theme found with channel_id: {channel}"))),
    }
}

/// The 404 of a channel that is not there.
fn existing(data: &Data, channel: i64) -> Result<(), Failure> {
    match data.table("channels").get(channel) {
        Some(_) => Ok(()),
        None => Err(Failure::not_found(Version::V3, "channel", channel)),
    }
}

/// Stores the record that has its channel's number.
fn put(data: &mut Data, table: &str, channel: i64, text: String) {
    match data.text(table, channel) {
        Some(old) if old == text => {}
        Some(_) => data.rewrite(table, channel, text, None),
        None => {
            data.insert(table, Record { id: channel, parent: 0, modified: 0, text: text.into() });
        }
    }
}

fn delete(data: &mut Data, table: &str, channel: i64) -> Result<Answer, Failure> {
    existing(data, channel)?;
    if data.text(table, channel).is_some() {
        data.remove(table, channel);
    }
    Ok(Answer::data(200, &channel.to_string()))
}

/// Adds the currencies that a channel takes.
pub(super) fn render(view: &View, data: &Data, record: &Record, out: &mut Vec<u8>) {
    if view.has("currencies") && !record.text.contains("\"currencies\":") {
        out.pop();
        out.extend_from_slice(format!(",\"currencies\":{}}}", assigned(data, record.id)).as_bytes());
    }
}

/// The currencies of a channel; without an assignment it is the store's default one.
fn assigned(data: &Data, channel: i64) -> String {
    let held = data.text(CURRENCIES, channel).map(str::to_owned);
    held.unwrap_or_else(|| {
        let default = super::currencies::default_code(data);
        format!(
            "{{\"channel_id\":{channel},\"enabled_currencies\":[\"{default}\"],\"default_currency\":\"{default}\"}}"
        )
    })
}

/// GET of a channel's currencies.
pub(super) fn currencies(data: &Data, channel: i64) -> Result<Answer, Failure> {
    existing(data, channel)?;
    Ok(Answer::data(200, &assigned(data, channel)))
}

/// POST or PUT of a channel's currencies.
pub(super) fn put_currencies(data: &mut Data, channel: i64, body: &str) -> Result<Answer, Failure> {
    existing(data, channel)?;
    assign(data, channel, &read_object(body)?)?;
    Ok(Answer::data(200, &assigned(data, channel)))
}

/// POST or PUT of the currencies of several channels.
pub(super) fn put_all_currencies(data: &mut Data, action: &Action, body: &str) -> Result<Answer, Failure> {
    let mut done = Vec::new();
    for (index, item) in read_array(body, action)?.into_iter().enumerate() {
        let input = read_object(item)?;
        let channel = input.get("channel_id").and_then(json::integer).ok_or_else(|| {
            Failure::new(422, INVALID).field(format!("{index}.channel_id"), "error.expected.jsnumber")
        })?;
        if data.table("channels").get(channel).is_none() {
            return Err(Failure::new(422, format!("The following `channel_id`s [{channel}] are not valid.")));
        }
        assign(data, channel, &input).map_err(|mut failure| {
            failure.errors.iter_mut().for_each(|(name, _)| *name = format!("{index}.{name}"));
            failure
        })?;
        done.push(assigned(data, channel));
    }
    Ok(Answer::data(200, &format!("[{}]", done.join(","))))
}

fn assign(data: &mut Data, channel: i64, input: &Members) -> Result<(), Failure> {
    let enabled = input.get("enabled_currencies").and_then(read_array_text);
    let default = input.get("default_currency").and_then(json::string);
    let mut failure = Failure::new(422, INVALID);
    for (name, given) in [("enabled_currencies", enabled.is_some()), ("default_currency", default.is_some())]
    {
        if !given {
            failure = failure.field(name, "error.path.missing");
        }
    }
    let (Some(enabled), Some(default)) = (enabled, default) else { return Err(failure) };
    let unknown: Vec<String> =
        enabled.iter().filter(|code| !super::currencies::is_enabled(data, code)).cloned().collect();
    let wrong = |reason: String| {
        let title = "The following fields are invalid: `enabled_currencies`";
        Failure::new(422, title).field("enabled_currencies", reason)
    };
    if !unknown.is_empty() {
        return Err(wrong(format!(
            "The field `enabled_currencies` contains the following currencies that have not been enabled [{}]",
            unknown.join(", ")
        )));
    }
    if !enabled.iter().any(|code| *code == default) {
        return Err(wrong("The field `enabled_currencies` does not contain the default currency".into()));
    }
    let enabled: Vec<String> = enabled.iter().map(|code| json::quote(code)).collect();
    let text = format!(
        "{{\"channel_id\":{channel},\"enabled_currencies\":[{}],\"default_currency\":{}}}",
        enabled.join(","),
        json::quote(&default)
    );
    put(data, CURRENCIES, channel, text);
    Ok(())
}

/// DELETE of a channel's currencies.
pub(super) fn delete_currencies(data: &mut Data, channel: i64) -> Result<Answer, Failure> {
    delete(data, CURRENCIES, channel)
}

/// GET of a channel's menu in the control panel.
pub(super) fn menu(data: &Data, channel: i64) -> Result<Answer, Failure> {
    existing(data, channel)?;
    let none = "{\"bigcommerce_protected_app_sections\":[],\"custom_app_sections\":[]}";
    Ok(Answer::data(200, data.text(MENUS, channel).unwrap_or(none)))
}

/// POST of a channel's menu.
pub(super) fn put_menu(data: &mut Data, channel: i64, body: &str) -> Result<Answer, Failure> {
    existing(data, channel)?;
    let mut draft = Draft::new(data.table(MENUS).resource, channel, 0, None);
    draft.take(&read_object(body)?, Version::V3)?;
    let text = draft.create(data.clock.now());
    put(data, MENUS, channel, text);
    menu(data, channel)
}

/// DELETE of a channel's menu.
pub(super) fn delete_menu(data: &mut Data, channel: i64) -> Result<Answer, Failure> {
    delete(data, MENUS, channel)
}
