//! Segments of shoppers and the profiles in them (segments.v3.yml).

use crate::data::Data;
use crate::declare::Action;
use crate::json::{self, Members};
use crate::serve::{Answer, Failure, Query, plain_page};
use crate::table::Record;
use crate::write::{Draft, read_array};

/// The most segments of a store.
const MOST: usize = 1000;
const MEMBERS: &str = "segment_members";

/// Checks a segment.
pub(super) fn prepare(data: &Data, draft: &Draft) -> Result<(), Failure> {
    if draft.old.is_none() && data.table("segments").records().len() >= MOST {
        return Err(Failure::new(400, format!("A store has at most {MOST} segments.")));
    }
    Ok(())
}

/// Checks a profile: one for each customer.
pub(super) fn prepare_profile(data: &Data, draft: &Draft) -> Result<(), Failure> {
    let customer = draft.get("customer_id").and_then(|raw| json::integer(&raw)).unwrap_or(0);
    let refuse = |status: u16, reason: String| {
        Failure::new(status, "JSON data is missing or invalid").field("customer_id", reason)
    };
    if data.table("customers").get(customer).is_none() {
        return Err(refuse(400, format!("customer {customer} does not exist")));
    }
    match profile(data, customer) {
        Some(held) if held.id != draft.id => {
            Err(refuse(409, format!("customer {customer} has a shopper profile already")))
        }
        _ => Ok(()),
    }
}

/// The profile of a customer.
pub(super) fn profile(data: &Data, customer: i64) -> Option<&Record> {
    let of = |text: &str| Members::read(text).and_then(|m| m.get("customer_id").and_then(json::integer));
    data.table("shopper_profiles").records().iter().find(|record| of(&record.text) == Some(customer))
}

/// The text by which a profile or a segment is known.
pub(super) fn name(record: &Record) -> String {
    Members::read(&record.text).and_then(|members| members.get("id")).unwrap_or("null").to_owned()
}

fn number(record: &Record) -> i64 {
    Members::read(&record.text).and_then(|m| m.get("profile").and_then(json::integer)).unwrap_or(0)
}

/// The segments that a profile is in.
pub(super) fn segments(data: &Data, profile: i64) -> Vec<&Record> {
    let records = data.table(MEMBERS).records().iter().filter(|record| number(record) == profile);
    records.filter_map(|record| data.table("segments").get(record.parent)).collect()
}

fn page(
    data: &Data,
    table: &str,
    records: &[&Record],
    query: &Query,
    strict: bool,
) -> Result<Answer, Failure> {
    let page = &data.table(table).resource.page;
    plain_page(page, query, records.len(), strict, |index, out| out.push_str(&records[index].text))
}

/// GET of the profiles in a segment.
pub(super) fn profiles(data: &Data, segment: i64, query: &Query, strict: bool) -> Result<Answer, Failure> {
    let members = data.table(MEMBERS).of(segment);
    let records: Vec<&Record> =
        members.filter_map(|member| data.table("shopper_profiles").get(number(member))).collect();
    page(data, "shopper_profiles", &records, query, strict)
}

/// GET of the segments of a profile.
pub(super) fn of_profile(data: &Data, profile: i64, query: &Query, strict: bool) -> Result<Answer, Failure> {
    page(data, "segments", &segments(data, profile), query, strict)
}

/// POST of profiles into a segment.
pub(super) fn add(data: &mut Data, segment: i64, action: &Action, body: &str) -> Result<Answer, Failure> {
    let mut done = Vec::new();
    for (index, item) in read_array(body, action)?.into_iter().enumerate() {
        let uuid = json::string(item).unwrap_or_default();
        let found = data.table("shopper_profiles").holder("id", &uuid);
        let Some(profile) = found else {
            let failure = Failure::new(400, "JSON data is missing or invalid");
            return Err(failure.field(index.to_string(), format!("Shopper profile `{uuid}` does not exist.")));
        };
        if data.table(MEMBERS).of(segment).any(|member| number(member) == profile) {
            let failure = Failure::new(409, "Unable to add shopper profiles to segment due to conflicts.");
            let reason = format!("Shopper profile `{uuid}` already exists for the segment.");
            return Err(failure.field(index.to_string(), reason));
        }
        let id = data.claim(MEMBERS);
        let text = format!("{{\"profile\":{profile}}}").into();
        data.insert(MEMBERS, Record { id, parent: segment, modified: 0, text });
        done.push(profile);
    }
    let texts: Vec<&str> = done.iter().filter_map(|id| data.text("shopper_profiles", *id)).collect();
    Ok(Answer::data(201, &format!("[{}]", texts.join(","))))
}

/// DELETE of profiles from a segment, by `id:in`.
pub(super) fn remove(data: &mut Data, segment: i64, query: &Query) -> Result<Answer, Failure> {
    let Some(named) = query.list("id:in") else {
        return Err(Failure::new(422, "The filter id:in is required to remove shopper profiles."));
    };
    let profiles: Vec<i64> =
        named.iter().filter_map(|uuid| data.table("shopper_profiles").holder("id", uuid)).collect();
    let members = data.table(MEMBERS).of(segment);
    let ids: Vec<i64> = members.filter(|m| profiles.contains(&number(m))).map(|m| m.id).collect();
    for id in ids {
        data.remove(MEMBERS, id);
    }
    Ok(Answer::nothing())
}

/// A profile that goes is in no segment.
pub(super) fn forget(data: &mut Data, profile: i64) {
    let members = data.table(MEMBERS).records().iter();
    let ids: Vec<i64> = members.filter(|member| number(member) == profile).map(|member| member.id).collect();
    for id in ids {
        data.remove(MEMBERS, id);
    }
}
