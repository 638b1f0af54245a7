//! Customers and addresses in the form of V2 (customers.v2.yml), made of those of V3.

use super::accounts;
use super::geography;
use crate::data::Data;
use crate::dates::{self, Form};
use crate::declare::Resource;
use crate::json::{self, Members, object, quote};
use crate::rows::Row;
use crate::serve::Failure;
use crate::table::Record;
use crate::write::{Draft, invalid, value};

/// Members that have the same name and value in both forms.
const SAME: &[&str] = &[
    "company",
    "first_name",
    "last_name",
    "email",
    "phone",
    "customer_group_id",
    "notes",
    "tax_exempt_category",
];

/// Members of an address: V2, V3.
const ADDRESS: &[(&str, &str)] = &[
    ("first_name", "first_name"),
    ("last_name", "last_name"),
    ("company", "company"),
    ("street_1", "address1"),
    ("street_2", "address2"),
    ("city", "city"),
    ("state", "state_or_province"),
    ("zip", "postal_code"),
    ("country", "country"),
    ("country_iso2", "country_code"),
    ("phone", "phone"),
    ("address_type", "address_type"),
];

/// A customer of V3 in the form of V2.
pub(super) fn customer(data: &Data, resource: &Resource, record: &Record) -> String {
    let id = record.id;
    let Some(members) = Members::read(&record.text) else { return record.text.to_string() };
    let date = |name: &str| {
        let at = members.get(name).and_then(|raw| dates::parse(&json::plain(raw), 0));
        at.map_or("\"\"".to_owned(), |at| quote(&Form::Rfc2822.write(at)))
    };
    let form_fields = || {
        let owner = super::forms::Owner { customer: id, address: None };
        let list = super::forms::list(data, owner);
        let entries = json::entries(&list).filter(|entries| !entries.is_empty())?;
        let plain = entries.iter().map(|entry| json::without(entry, |name| name == "customer_id"));
        Some(format!("[{}]", plain.collect::<Vec<_>>().join(",")))
    };
    let value = |name: &str| -> String {
        match name {
            "id" => id.to_string(),
            "date_created" | "date_modified" => date(name),
            "store_credit" => value::amount(value::decimal(&accounts::credit(data, id)).unwrap_or_default()),
            "form_fields" => form_fields().unwrap_or_else(|| "null".into()),
            "reset_pass_on_login" => {
                let forced = members.path("authentication.force_password_reset");
                (forced == Some("true")).to_string()
            }
            "accepts_marketing" => {
                let email = members.get("email").map(json::plain).unwrap_or_default();
                let found = data.table("subscribers").holder("email", &email);
                let record = found.and_then(|id| data.text("subscribers", id)).and_then(Members::read);
                // Who consents to nothing has unsubscribed.
                record.is_some_and(|record| record.get("consents") != Some("[]")).to_string()
            }
            "addresses" => {
                let base = &data.base;
                let resource = format!("/customers/{id}/addresses");
                format!("{{\"url\":{},\"resource\":\"{resource}\"}}", quote(&format!("{base}/v2{resource}")))
            }
            _ => members.get(name).unwrap_or("\"\"").to_owned(),
        }
    };
    write(resource, value)
}

/// An address of V3 in the form of V2.
pub(super) fn address(resource: &Resource, record: &Record) -> String {
    let Some(members) = Members::read(&record.text) else { return record.text.to_string() };
    write(resource, |name| match name {
        "id" => record.id.to_string(),
        "customer_id" => record.parent.to_string(),
        "form_fields" => members.get(name).unwrap_or("null").to_owned(),
        _ => {
            let other = ADDRESS.iter().find(|(own, _)| *own == name).map_or(name, |(_, other)| other);
            members.get(other).unwrap_or("\"\"").to_owned()
        }
    })
}

fn write(resource: &Resource, value: impl Fn(&str) -> String) -> String {
    let served = resource.fields.iter().filter(|field| !field.write_only);
    let members: Vec<(&str, String)> =
        served.map(|field| (field.name.as_str(), value(&field.name))).collect();
    object(members.iter().map(|(name, value)| (*name, value.as_str())))
}

/// A write of a customer in the form of V3.
pub(super) fn of_customer(draft: &Draft) -> Result<String, Failure> {
    let mut members: Vec<(&str, String)> = Vec::new();
    for name in SAME {
        members.extend(draft.given(name).map(|value| (*name, value.to_owned())));
    }
    if let Some(credit) = draft.given("store_credit") {
        members.push(("store_credit_amounts", format!("[{{\"amount\":{}}}]", json::plain(credit))));
    }
    if let Some(fields) = draft.given("form_fields").filter(|raw| raw.starts_with('[')) {
        members.push(("form_fields", fields.to_owned()));
    }
    let mut authentication: Vec<(&str, String)> = Vec::new();
    if let Some(forced) = draft.given("reset_pass_on_login") {
        authentication.push(("force_password_reset", forced.to_owned()));
    }
    if let Some(sent) = draft.extra("_authentication").and_then(Members::read) {
        if let (Some(password), Some(again)) = (sent.get("password"), sent.get("password_confirmation"))
            && password != again
        {
            return Err(invalid("_authentication", "The password and its confirmation differ."));
        }
        authentication.extend(sent.get("force_reset").map(|raw| ("force_password_reset", raw.to_owned())));
        authentication.extend(sent.get("password").map(|raw| ("new_password", raw.to_owned())));
    }
    if !authentication.is_empty() {
        let text = object(authentication.iter().map(|(name, value)| (*name, value.as_str())));
        members.push(("authentication", text));
    }
    Ok(object(members.iter().map(|(name, value)| (*name, value.as_str()))))
}

/// A write of an address in the form of V3.
pub(super) fn of_address(draft: &Draft) -> Result<String, Failure> {
    let mut members: Vec<(&str, String)> = Vec::new();
    if draft.old.is_none() {
        members.push(("customer_id", draft.parent.to_string()));
    }
    for (own, other) in ADDRESS.iter().filter(|(own, _)| !own.starts_with("country")) {
        members.extend(draft.given(own).map(|value| (*other, value.to_owned())));
    }
    if let Some(country) = draft.given("country").and_then(json::string) {
        let code = geography::code(&country);
        let code = code.ok_or_else(|| invalid("country", format!("There is no country '{country}'.")))?;
        members.push(("country_code", quote(code)));
    }
    Ok(object(members.iter().map(|(name, value)| (*name, value.as_str()))))
}

/// An imported customer of V2 as the records of V3 that it stands for.
pub(super) fn rows_of_customer(text: &str) -> Vec<Row> {
    let Some(members) = Members::read(text) else { return Vec::new() };
    let Some(id) = members.get("id").and_then(json::integer) else { return Vec::new() };
    let date = |name: &str| {
        let at = members.get(name).and_then(|raw| dates::parse(&json::plain(raw), 0)).unwrap_or(0);
        quote(&Form::Zulu.write(at))
    };
    let number = id.to_string();
    let (created, modified) = (date("date_created"), date("date_modified"));
    let forced = members.get("reset_pass_on_login").unwrap_or("false");
    let authentication = format!("{{\"force_password_reset\":{forced}}}");
    let mut own = vec![("id", number.as_str()), ("authentication", authentication.as_str())];
    let text = |raw: &&str| raw.starts_with('"') || raw.starts_with(|c: char| c.is_ascii_digit());
    for name in SAME {
        own.push((name, members.get(name).filter(text).unwrap_or("\"\"")));
    }
    let address = members.get("registration_ip_address").unwrap_or("\"\"");
    own.extend([("registration_ip_address", address), ("date_created", created.as_str())]);
    own.extend([("date_modified", modified.as_str()), ("origin_channel_id", "1"), ("channel_ids", "null")]);
    own.push(("accepts_product_review_abandoned_cart_emails", "false"));
    let row = |resource: &str, parent: Option<i64>, json: String| Row {
        resource: resource.to_owned(),
        parent,
        json,
    };
    let mut rows = vec![row("customers", None, object(own.into_iter()))];
    let credit = members.get("store_credit").and_then(value::decimal).filter(|credit| !credit.is_zero());
    if let Some(credit) = credit {
        let credit = credit.normalize();
        let json = format!("{{\"store_credit\":{credit},\"password\":null,\"consent\":null}}");
        rows.push(row("customer_accounts", Some(id), json));
    }
    for field in members.get("form_fields").and_then(json::entries).unwrap_or_default() {
        let json = json::edit(field, &[("customer_id", number.as_str())]);
        rows.push(row("customer_form_field_values", Some(id), json));
    }
    rows
}

/// An imported address of V2 as the record of V3 that it stands for.
pub(super) fn row_of_address(parent: Option<i64>, text: &str) -> Vec<Row> {
    let Some(members) = Members::read(text) else { return Vec::new() };
    let customer = members.get("customer_id").and_then(json::integer).or(parent).unwrap_or(0).to_string();
    let mut own = vec![("id", members.get("id").unwrap_or("0")), ("customer_id", customer.as_str())];
    for (old, new) in ADDRESS {
        let usual = if *old == "address_type" { "\"residential\"" } else { "\"\"" };
        own.push((new, members.get(old).unwrap_or(usual)));
    }
    vec![Row { resource: "customer_addresses".to_owned(), parent: None, json: object(own.into_iter()) }]
}
