//! Channels: which platform is of which type, what a channel may become (channels.v3.yml).

use crate::chance;
use crate::data::Data;
use crate::json::{self, Members};
use crate::serve::{Answer, Failure, Version};
use crate::write::Draft;

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
