//! What every store has from its first day: the rows of resources that no file has to bring.

use crate::declare::resources;
use crate::hooks::geography;
use crate::json::quote;
use crate::rows::Row;
use crate::write::Draft;

/// Their resources.
pub(crate) const RESOURCES: &[&str] = &["channels", "countries", "states"];

/// The rows of one of them, as they are at `now`.
pub(crate) fn rows(resource: &str, now: i64) -> Vec<Row> {
    let row = |id: i64, members: &[(&str, &str)]| {
        // Every name here is that of a declared resource, which a test looks at.
        let declared = resources().iter().find(|known| known.name == resource)?;
        let mut draft = Draft::new(declared, id, 0, None);
        for (name, value) in members {
            draft.set(name, *value);
        }
        Some(Row { resource: resource.to_owned(), parent: None, json: draft.create(now) })
    };
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
