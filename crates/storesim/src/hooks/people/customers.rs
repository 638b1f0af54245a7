//! Customers and their addresses (customers.v3.yml).

use super::{accounts, attributes, forms, geography, groups, segments};
use crate::data::Data;
use crate::declare::Resource;
use crate::json::{self, Members};
use crate::serve::{Failure, Version, View};
use crate::table::Record;
use crate::write::{self, Draft, value};

/// What makes an address the same as another.
const IDENTITY: &[&str] = &[
    "first_name",
    "last_name",
    "company",
    "phone",
    "address_type",
    "address1",
    "address2",
    "city",
    "country_code",
    "state_or_province",
    "postal_code",
];

/// Checks a customer.
pub(super) fn prepare(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    let title = draft.resource.texts.invalid_title.clone();
    let wrong = |field: &str, reason: &str| Failure::new(422, title.clone()).field(field, reason);
    if let Some(email) = draft.given("email").and_then(json::string)
        && !email.contains('@')
    {
        return Err(wrong("email", "email is not valid"));
    }
    if let Some(channels) = draft.given("channel_ids").filter(|raw| *raw != "null") {
        let channels = value::integers(channels).filter(|channels| !channels.is_empty());
        let channels = channels.ok_or_else(|| wrong("channel_ids", "channel_ids must not be empty"))?;
        if channels.iter().any(|id| data.table("channels").get(*id).is_none()) {
            return Err(wrong("channel_ids", "channel_ids must be channels of the store"));
        }
    }
    match draft.given("customer_group_id").and_then(json::integer) {
        Some(0) => {}
        Some(group) if data.table("customer_groups").get(group).is_none() => {
            return Err(wrong("customer_group_id", "the customer group does not exist"));
        }
        None if draft.old.is_none() => {
            if let Some(group) = groups::of_new_customers(data) {
                draft.set("customer_group_id", group.to_string());
            }
        }
        _ => {}
    }
    if let Some(sent) = draft.given("authentication").map(str::to_owned) {
        let members = Members::read(&sent);
        let password = members.as_ref().and_then(|members| members.get("new_password"));
        if let Some(password) = password.and_then(json::string) {
            if !accounts::is_password(&password) {
                let reason = "a password has at least 7 characters, a letter and a digit among them";
                return Err(wrong("authentication.new_password", reason));
            }
            draft.add_extra("new_password", json::quote(&password));
        }
        let forced = members.and_then(|members| members.get("force_password_reset")) == Some("true");
        draft.set("authentication", format!("{{\"force_password_reset\":{forced}}}"));
    }
    let sent = |name: &str| draft.extra(name).filter(|raw| *raw != "null");
    if let Some(raw) = sent("store_credit_amounts") {
        accounts::amount(raw).map_err(|why| wrong("store_credit_amounts", &why))?;
    }
    if let Some(raw) = sent("form_fields") {
        forms::check(raw).map_err(|why| wrong("form_fields", &why))?;
    }
    Ok(())
}

/// Stores what came with a customer and has a place of its own.
pub(super) fn stored(data: &mut Data, draft: &Draft) -> Result<(), Failure> {
    let id = draft.id;
    if let Some(password) = draft.extra("new_password").and_then(json::string) {
        accounts::set_password(data, id, &password);
    }
    if let Some(raw) = draft.extra("store_credit_amounts").filter(|raw| *raw != "null") {
        let amount = accounts::amount(raw).ok().flatten().unwrap_or_else(|| "0".into());
        accounts::set_credit(data, id, &amount);
    }
    if let Some(raw) = draft.extra("form_fields") {
        forms::store(data, forms::Owner { customer: id, address: None }, raw);
    }
    let list = |name: &str| draft.extra(name).and_then(json::entries).unwrap_or_default();
    let (sent, values) = (list("addresses"), list("attributes"));
    if draft.old.is_some() {
        return Ok(());
    }
    if sent.len() > 10 || values.len() > 10 {
        return Err(Failure::new(
            422,
            "A customer has at most 10 addresses and 10 attributes in one request.",
        ));
    }
    for value in values {
        let input = write::read_object(value)?;
        let attribute = input.get("attribute_id").and_then(json::integer).unwrap_or(0);
        let value = input.get("attribute_value").or_else(|| input.get("value")).unwrap_or("null");
        attributes::set(data, id, attribute, value).map_err(|(name, reason)| {
            Failure::new(422, draft.resource.texts.invalid_title.clone())
                .field(format!("attributes.{name}"), reason)
        })?;
    }
    let resource = data.table("customer_addresses").resource;
    for address in sent {
        let text = json::edit(address, &[("customer_id", id.to_string())]);
        let input = write::read_object(&text)?;
        if !is_duplicate(data, None, &input) {
            write::create(data, resource, Some(id), &input, Version::V3)?;
        }
    }
    Ok(())
}

/// What is kept elsewhere goes with its customer.
pub(super) fn deleting(data: &mut Data, id: i64) {
    if let Some(profile) = segments::profile(data, id).map(|record| record.id) {
        segments::forget(data, profile);
        data.remove("shopper_profiles", profile);
    }
    let of = |text: &str| Members::read(text).and_then(|m| m.get("customer_id").and_then(json::integer));
    let lists = data.table("wishlists").records().iter();
    let lists: Vec<i64> = lists.filter(|r| of(&r.text) == Some(id)).map(|r| r.id).collect();
    for list in lists {
        data.remove("wishlists", list);
    }
}

/// Adds what `include` asks for, unless the record came with it.
pub(super) fn render(view: &View, data: &Data, record: &Record, out: &mut Vec<u8>) {
    let id = record.id;
    let texts = |table: &str| -> Vec<String> {
        data.table(table).of(id).map(|child| child.text.to_string()).collect()
    };
    let mut add = |name: &str, value: &str| {
        if !record.text.contains(&format!("\"{name}\":")) {
            out.pop();
            out.extend_from_slice(format!(",\"{name}\":{value}}}").as_bytes());
        }
    };
    if view.has("addresses") {
        let mut own = Vec::new();
        for address in data.table("customer_addresses").of(id) {
            let mut text = Vec::from(address.text.as_bytes());
            render_address(view, data, address, &mut text);
            own.push(String::from_utf8_lossy(&text).into_owned());
        }
        add("address_count", &own.len().to_string());
        add("addresses", &format!("[{}]", own.join(",")));
    }
    if view.has("attributes") {
        let own = texts("customer_attribute_values");
        add("attribute_count", &own.len().to_string());
        add("attributes", &format!("[{}]", own.join(",")));
    }
    if view.has("storecredit") {
        add("store_credit_amounts", &format!("[{{\"amount\":{}}}]", accounts::credit(data, id)));
    }
    if view.has("formfields") {
        add("form_fields", &forms::list(data, forms::Owner { customer: id, address: None }));
    }
    if view.has("shopper_profile_id") || view.has("segment_ids") {
        let profile = segments::profile(data, id);
        if view.has("shopper_profile_id") {
            add("shopper_profile_id", &profile.map_or("null".into(), segments::name));
        }
        if view.has("segment_ids") {
            let own = profile.map(|profile| segments::segments(data, profile.id)).unwrap_or_default();
            let own: Vec<String> = own.into_iter().map(segments::name).collect();
            add("segment_ids", &format!("[{}]", own.join(",")));
        }
    }
}

/// Adds an address's form fields, unless the record came with them.
pub(super) fn render_address(view: &View, data: &Data, record: &Record, out: &mut Vec<u8>) {
    if view.has("formfields") && !record.text.contains("\"form_fields\":") {
        let owner = forms::Owner { customer: record.parent, address: Some(record.id) };
        out.pop();
        out.extend_from_slice(format!(",\"form_fields\":{}}}", forms::list(data, owner)).as_bytes());
    }
}

/// Checks what a subscriber consents to.
pub(super) fn prepare_subscriber(draft: &Draft) -> Result<(), Failure> {
    let wrong = |field: &str, reason: &str| {
        Failure::new(422, draft.resource.texts.invalid_title.clone()).field(field, reason)
    };
    if draft.given("email").and_then(json::string).is_some_and(|email| !email.contains('@')) {
        return Err(wrong("email", "email is not valid"));
    }
    let consents = draft.given("consents").map(|raw| write::read_array_text(raw).unwrap_or_default());
    let known = |text: &String| matches!(text.as_str(), "marketing_newsletter" | "abandoned_cart");
    let empty = draft.given("consents") == Some("[]");
    match consents {
        Some(list) if !list.iter().all(known) || (list.is_empty() && !empty) => {
            Err(wrong("consents", "consents must be marketing_newsletter or abandoned_cart"))
        }
        _ => Ok(()),
    }
}

/// An e-mail address that another customer has.
pub(in crate::hooks) fn taken(email: &str) -> Failure {
    Failure::new(422, "Create customers failed.")
        .field(".customer_create", format!("Error creating customers: email {email} already in use"))
}

/// Names the country of an address.
pub(super) fn prepare_address(draft: &mut Draft) -> Result<(), Failure> {
    if let Some(code) = draft.given("country_code").and_then(json::string) {
        let Some(country) = geography::country_of(&code) else {
            let title = draft.resource.texts.invalid_title.clone();
            let reason = format!("country_code {code} is the code of no country");
            return Err(Failure::new(422, title).field("country_code", reason));
        };
        draft.set_text("country", country.name);
    }
    if let Some(raw) = draft.extra("form_fields").filter(|raw| *raw != "null") {
        let title = draft.resource.texts.invalid_title.clone();
        forms::check(raw).map_err(|why| Failure::new(422, title).field("form_fields", why))?;
    }
    Ok(())
}

/// Stores the form fields that came with an address.
pub(super) fn stored_address(data: &mut Data, draft: &Draft) -> Result<(), Failure> {
    if let Some(raw) = draft.extra("form_fields") {
        let owner = forms::Owner { customer: draft.parent, address: Some(draft.id) };
        forms::store(data, owner, raw);
    }
    Ok(())
}

/// Whether an address would be a copy of another of its customer: such a write does nothing.
pub(in crate::hooks) fn is_duplicate(data: &Data, id: Option<i64>, input: &Members) -> bool {
    let table = data.table("customer_addresses");
    let old = id.and_then(|id| table.get(id));
    let named = input.get("customer_id").and_then(json::integer);
    let Some(customer) = old.map(|record| record.parent).or(named) else { return false };
    let before = old.and_then(|record| Members::read(&record.text));
    let fields: &Resource = table.resource;
    let value = |name: &str| {
        let default = fields.field(name).and_then(|field| field.default.as_deref());
        let raw = input.get(name).or_else(|| before.as_ref().and_then(|b| b.get(name))).or(default);
        raw.map(|raw| json::plain(raw).into_owned())
    };
    let wanted: Vec<Option<String>> = IDENTITY.iter().map(|name| value(name)).collect();
    table.of(customer).filter(|other| Some(other.id) != id).any(|other| {
        Members::read(&other.text).is_some_and(|members| {
            IDENTITY
                .iter()
                .zip(&wanted)
                .all(|(name, wanted)| members.get(name).map(|raw| json::plain(raw).into_owned()) == *wanted)
        })
    })
}
