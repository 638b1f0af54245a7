//! What every store has from its first day: the rows of resources that no file has to bring.

use crate::dates::Form;
use crate::declare::resources;
use crate::hooks::geography;
use crate::json::quote;
use crate::rows::Row;
use crate::write::Draft;

/// The site of the first channel, as `/v2/store` tells it.
const DEFAULT_SITE: i64 = 1000;

/// Their resources.
pub(crate) const RESOURCES: &[&str] = &[
    "channels",
    "countries",
    "states",
    "currencies",
    "channel_currency_assignments",
    "sites",
    "tax_classes",
    "tax_zones",
    "tax_rates",
    "settings_analytics",
    "pages",
];

/// A row by the declaration of its resource: members that are not named take their defaults.
pub(super) fn declared(
    resource: &str,
    id: i64,
    parent: Option<i64>,
    members: &[(&str, &str)],
    now: i64,
) -> Option<Row> {
    // Every name here is that of a declared resource, which a test looks at.
    let declared = resources().iter().find(|known| known.name == resource)?;
    let mut draft = Draft::new(declared, id, parent.unwrap_or(0), None);
    for (name, value) in members {
        draft.set(name, *value);
    }
    Some(Row { resource: resource.to_owned(), parent, json: draft.create(now) })
}

/// The rows of one of them, as they are at `now`.
pub(crate) fn rows(resource: &str, now: i64) -> Vec<Row> {
    let row = |id: i64, members: &[(&str, &str)]| declared(resource, id, None, members, now);
    let date = quote(&Form::Zulu.write(now));
    let url = "https://store.example.com";
    let urls =
        format!("[{{\"url\":\"{url}\",\"type\":\"primary\",\"created_at\":{date},\"updated_at\":{date}}}]");
    let rows = match resource {
        "channels" => vec![row(
            1,
            &[
                ("name", "\"Simulated store\""),
                ("type", "\"storefront\""),
                ("platform", "\"bigcommerce\""),
                ("status", "\"active\""),
            ],
        )],
        "currencies" => vec![row(
            1,
            &[
                ("is_default", "true"),
                ("country_iso2", "\"US\""),
                ("default_for_country_codes", "[\"USA\"]"),
                ("currency_code", "\"USD\""),
                ("currency_exchange_rate", "\"1.0000000000\""),
                ("token_location", "\"left\""),
                ("token", "\"$\""),
                ("decimal_token", "\".\""),
                ("thousands_token", "\",\""),
                ("decimal_places", "2"),
                ("name", "\"US Dollar\""),
                ("use_default_name", "true"),
            ],
        )],
        "channel_currency_assignments" => {
            vec![row(1, &[("enabled_currencies", "[\"USD\"]"), ("default_currency", "\"USD\"")])]
        }
        "sites" => vec![row(
            DEFAULT_SITE,
            &[("url", "\"https://store.example.com\""), ("channel_id", "1"), ("urls", &urls)],
        )],
        "tax_classes" => [
            (0, "\"Default Tax Class\""),
            (1, "\"Non-Taxable Products\""),
            (2, "\"Shipping\""),
            (3, "\"Gift Wrapping\""),
        ]
        .map(|(id, name)| row(id, &[("id", &quote(&id.to_string())), ("name", name)]))
        .into(),
        "tax_zones" => vec![row(1, &[("name", "\"Default Tax Zone\"")])],
        "tax_rates" => vec![row(
            1,
            &[
                ("name", "\"Sales Tax\""),
                ("tax_zone_id", "1"),
                ("class_rates", "[{\"rate\":8.25,\"tax_class_id\":0},{\"rate\":0,\"tax_class_id\":1}]"),
            ],
        )],
        "pages" => [
            (1, "\"Shipping & Returns\"", "\"page\"", "\"/shipping-returns/\""),
            (2, "\"Blog\"", "\"blog\"", "\"/blog/\""),
            (3, "\"Contact Us\"", "\"contact_form\"", "\"/contact-us/\""),
        ]
        .map(|(id, name, kind, url)| {
            let mut members = vec![("name", name), ("type", kind), ("url", url)];
            if kind != "\"blog\"" {
                let empty = ["meta_title", "meta_keywords", "meta_description", "search_keywords"];
                members.extend(empty.map(|name| (name, "\"\"")));
            }
            if kind == "\"contact_form\"" {
                let contact = [("email", "\"store@example.com\""), ("contact_fields", "\"fullname,phone\"")];
                members.extend(contact);
            }
            row(id, &members)
        })
        .into(),
        "settings_analytics" => [(1, "\"Google Analytics\""), (2, "\"Facebook Pixel\"")]
            .map(|(id, name)| row(id, &[("name", name)]))
            .into(),
        "countries" => geography::countries()
            .map(|country| {
                let link = format!("/countries/{}/states", country.id);
                // The host is replaced by the store's own when the row is taken in.
                let states = format!(
                    "{{\"url\":\"https://api.bigcommerce.com/stores/store/v2{link}\",\"resource\":\"{link}\"}}"
                );
                row(
                    country.id,
                    &[
                        ("country", &quote(country.name)),
                        ("country_iso2", &quote(country.iso2)),
                        ("country_iso3", &quote(country.iso3)),
                        ("states", &states),
                    ],
                )
            })
            .collect(),
        "states" => geography::states()
            .map(|state| {
                row(
                    state.id,
                    &[
                        ("state", &quote(state.name)),
                        ("state_abbreviation", &quote(state.short)),
                        ("country_id", &state.country.to_string()),
                    ],
                )
            })
            .collect(),
        _ => Vec::new(),
    };
    rows.into_iter().flatten().collect()
}
