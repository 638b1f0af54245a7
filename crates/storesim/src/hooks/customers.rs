//! Customers and their addresses (customers.v3.yml).

use crate::data::Data;
use crate::declare::Resource;
use crate::json::{self, Members};
use crate::serve::{Failure, Version};
use crate::write::{self, Draft};

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

/// Countries that addresses name by their code; others keep the code as their name.
const COUNTRIES: &[(&str, &str)] = &[
    ("AT", "Austria"),
    ("AU", "Australia"),
    ("BE", "Belgium"),
    ("BR", "Brazil"),
    ("CA", "Canada"),
    ("CH", "Switzerland"),
    ("CN", "China"),
    ("CZ", "Czech Republic"),
    ("DE", "Germany"),
    ("DK", "Denmark"),
    ("ES", "Spain"),
    ("FI", "Finland"),
    ("FR", "France"),
    ("GB", "United Kingdom"),
    ("IE", "Ireland"),
    ("IN", "India"),
    ("IT", "Italy"),
    ("JP", "Japan"),
    ("KR", "Korea, Republic of"),
    ("MX", "Mexico"),
    ("NL", "Netherlands"),
    ("NO", "Norway"),
    ("NZ", "New Zealand"),
    ("PL", "Poland"),
    ("PT", "Portugal"),
    ("SE", "Sweden"),
    ("SG", "Singapore"),
    ("US", "United States"),
    ("ZA", "South Africa"),
];

/// The name of a country.
pub(super) fn country(code: &str) -> &str {
    COUNTRIES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code)).map_or(code, |(_, name)| name)
}

/// Checks a customer.
pub(super) fn prepare(draft: &mut Draft) -> Result<(), Failure> {
    let title = draft.resource.texts.invalid_title.clone();
    let wrong = |field: &str, reason: &str| Failure::new(422, title.clone()).field(field, reason);
    if let Some(email) = draft.given("email").and_then(json::string)
        && !email.contains('@')
    {
        return Err(wrong("email", "email is not valid"));
    }
    if draft.given("channel_ids") == Some("[]") {
        return Err(wrong("channel_ids", "channel_ids must not be empty"));
    }
    if let Some(sent) = draft.given("authentication") {
        let forced = Members::read(sent).and_then(|members| members.get("force_password_reset"));
        let forced = forced == Some("true");
        draft.set("authentication", format!("{{\"force_password_reset\":{forced}}}"));
    }
    Ok(())
}

/// Makes the addresses that came with a new customer.
pub(super) fn stored(data: &mut Data, draft: &Draft) -> Result<(), Failure> {
    let sent = draft.extra("addresses").and_then(json::entries).unwrap_or_default();
    if draft.old.is_some() || sent.is_empty() {
        return Ok(());
    }
    if sent.len() > 10 {
        return Err(Failure::new(422, "A customer has at most 10 addresses in one request."));
    }
    let resource = data.table("customer_addresses").resource;
    for address in sent {
        let text = json::edit(address, &[("customer_id", draft.id.to_string())]);
        let input = write::read_object(&text)?;
        if !is_duplicate(data, None, &input) {
            write::create(data, resource, Some(draft.id), &input, Version::V3)?;
        }
    }
    Ok(())
}

/// An e-mail address that another customer has.
pub(super) fn taken(email: &str) -> Failure {
    Failure::new(422, "Create customers failed.")
        .field(".customer_create", format!("Error creating customers: email {email} already in use"))
}

/// Names the country of an address.
pub(super) fn prepare_address(draft: &mut Draft) -> Result<(), Failure> {
    if let Some(code) = draft.given("country_code").and_then(json::string) {
        let name = country(&code).to_owned();
        draft.set_text("country", &name);
    }
    Ok(())
}

/// Whether an address would be a copy of another of its customer: such a write does nothing.
pub(super) fn is_duplicate(data: &Data, id: Option<i64>, input: &Members) -> bool {
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
