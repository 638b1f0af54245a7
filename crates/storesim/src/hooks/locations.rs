//! Writing locations (locations.v3.yml): answers carry a transaction only, the default one stays.

use crate::data::Data;
use crate::declare::Action;
use crate::json;
use crate::serve::{Answer, Failure, Query, Version};
use crate::write::{self, read_array, read_object};

/// The most active locations of a store.
const MOST: usize = 100;

/// What the address of a location has to have.
const ADDRESS: &[&str] = &[
    "address1",
    "city",
    "state",
    "zip",
    "email",
    "country_code",
    "geo_coordinates.latitude",
    "geo_coordinates.longitude",
];

/// `{"transaction_id":…}`.
pub(super) fn transaction(data: &mut Data) -> Answer {
    let number = data.claim_extra() as u64;
    let uuid = uuid::Uuid::from_u64_pair(number << 16 | 0x4000, number | 1 << 63);
    Answer::new(200, format!("{{\"transaction_id\":\"{uuid}\"}}"))
}

/// POST.
pub(super) fn create(data: &mut Data, action: &Action, body: &str) -> Result<Answer, Failure> {
    let resource = data.table("locations").resource;
    for item in read_array(body, action)? {
        if data.table("locations").records().len() >= MOST {
            return Err(Failure::new(422, format!("A store has at most {MOST} locations.")));
        }
        let item = read_object(item)?;
        address(&item)?;
        write::create(data, resource, None, &item, Version::V3)?;
    }
    Ok(transaction(data))
}

/// Refuses an address that lacks what every address has.
fn address(location: &json::Members) -> Result<(), Failure> {
    let Some(address) = location.get("address").and_then(json::Members::read) else { return Ok(()) };
    let lacks = |name: &&&str| address.path(name).is_none_or(|raw| matches!(raw, "null" | "\"\""));
    let missing: Vec<&&str> = ADDRESS.iter().filter(lacks).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let refusal = Failure::new(422, "Input is invalid");
    Err(missing.into_iter().fold(refusal, |refusal, name| {
        refusal.field(format!("address.{name}"), format!("address.{name} is required"))
    }))
}

/// PUT.
pub(super) fn update(data: &mut Data, action: &Action, body: &str) -> Result<Answer, Failure> {
    let resource = data.table("locations").resource;
    for item in read_array(body, action)? {
        let input = read_object(item)?;
        let id = input.get("id").and_then(json::integer);
        let id = id.ok_or_else(|| Failure::new(422, "Input is invalid").field("id", "id is required"))?;
        if data.table("locations").get(id).is_none() {
            return Err(Failure::not_found(Version::V3, "location", id));
        }
        write::update(data, resource, id, &input, Version::V3)?;
    }
    Ok(transaction(data))
}

/// DELETE: also takes the stock there.
pub(super) fn delete(data: &mut Data, query: &Query) -> Result<Answer, Failure> {
    let Some(ids) = query.list("location_id:in").filter(|ids| !ids.is_empty()) else {
        return Err(
            Failure::new(422, "Input is invalid").field("location_id:in", "location_id:in is required")
        );
    };
    for text in ids {
        let id: i64 = text.parse().map_err(|_| Failure::new(422, "Input is invalid"))?;
        let record =
            data.table("locations").get(id).ok_or_else(|| Failure::not_found(Version::V3, "location", id))?;
        if id == crate::stock::DEFAULT {
            let label = json::Members::read(&record.text).and_then(|members| members.get("label"));
            let label = json::plain(label.unwrap_or("\"\"")).into_owned();
            let title = format!(
                "Location canʼt be deleted. {label} is set as a shipping origin for this store and canʼt be deleted."
            );
            return Err(Failure::new(422, title));
        }
        data.remove("locations", id);
        let there = |item: &&crate::stock::Item| item.levels.iter().any(|level| level.location == id);
        let items: Vec<_> = data.stock.items().iter().filter(there).cloned().collect();
        for mut item in items {
            item.levels.retain(|level| level.location != id);
            super::stock::put(data, item);
        }
    }
    Ok(transaction(data))
}
