//! Customer attributes and their values (customers.v3.yml).

use crate::data::Data;
use crate::declare::Action;
use crate::json::{self, Members};
use crate::serve::{Answer, Failure};
use crate::write::{self, Draft, read_array, read_object};

/// The most attributes of a store.
const MOST: usize = 50;
const VALUES: &str = "customer_attribute_values";

/// Checks an attribute.
pub(super) fn prepare(data: &Data, draft: &Draft) -> Result<(), Failure> {
    if draft.old.is_none() && data.table("customer_attributes").records().len() >= MOST {
        return Err(Failure::new(422, format!("A store has at most {MOST} customer attributes.")));
    }
    Ok(())
}

/// The values of an attribute go with it.
pub(super) fn deleting(data: &mut Data, attribute: i64) {
    let of = |text: &str| Members::read(text).and_then(|m| m.get("attribute_id").and_then(json::integer));
    let records = data.table(VALUES).records().iter();
    let ids: Vec<i64> = records.filter(|r| of(&r.text) == Some(attribute)).map(|r| r.id).collect();
    for id in ids {
        data.remove(VALUES, id);
    }
}

/// PUT of values: each is told by its customer and attribute.
pub(super) fn put(data: &mut Data, action: &Action, body: &str) -> Result<Answer, Failure> {
    let mut done = Vec::new();
    for (index, item) in read_array(body, action)?.into_iter().enumerate() {
        let input = read_object(item)?;
        let number = |name| input.get(name).and_then(json::integer);
        let wrong = |(name, reason): (&str, String)| {
            let title = "JSON data is missing or invalid";
            Failure::new(422, title).field(format!("{index}.{name}"), reason)
        };
        let missing = |name: &'static str| move || (name, "error.path.missing".to_owned());
        let customer = number("customer_id").ok_or_else(missing("customer_id")).map_err(wrong)?;
        let attribute = number("attribute_id").ok_or_else(missing("attribute_id")).map_err(wrong)?;
        let value = input.get("value").ok_or_else(missing("value")).map_err(wrong)?;
        done.push(set(data, customer, attribute, value).map_err(wrong)?);
    }
    let texts: Vec<&str> = done.iter().filter_map(|id| data.text(VALUES, *id)).collect();
    Ok(Answer::data(200, &format!("[{}]", texts.join(","))))
}

/// Makes or changes a value; its number, or the member that is wrong.
pub(super) fn set(
    data: &mut Data,
    customer: i64,
    attribute: i64,
    raw: &str,
) -> Result<i64, (&'static str, String)> {
    if data.table("customers").get(customer).is_none() {
        return Err(("customer_id", format!("customer {customer} does not exist")));
    }
    let kind = data.text("customer_attributes", attribute).and_then(Members::read);
    let kind = kind.and_then(|members| members.get("type")).map(|raw| json::plain(raw).into_owned());
    let kind = kind.ok_or_else(|| ("attribute_id", format!("attribute {attribute} does not exist")))?;
    let value = json::string(raw).filter(|text| text.chars().count() <= 255);
    let value = value.ok_or_else(|| ("value", "value must be a string of at most 255 characters".into()))?;
    let fits = match kind.as_str() {
        "number" => write::value::decimal(raw).is_some(),
        "date" => value.len() == 10 && crate::dates::parse(&value, 0).is_some(),
        _ => true,
    };
    if !fits && !value.is_empty() {
        return Err(("value", format!("value must be a {kind}, as text")));
    }
    let resource = data.table(VALUES).resource;
    let held = data.table(VALUES).of(customer).find(|record| {
        let members = Members::read(&record.text);
        members.and_then(|members| members.get("attribute_id").and_then(json::integer)) == Some(attribute)
    });
    let mut draft = match held.map(|record| record.id).and_then(|id| write::open(data, resource, id)) {
        Some(draft) => draft,
        None => Draft::new(resource, 0, customer, None),
    };
    draft.set("attribute_value", raw);
    if draft.old.is_some() {
        let id = draft.id;
        write::keep(data, &mut draft);
        return Ok(id);
    }
    draft.set("customer_id", customer.to_string());
    draft.set("attribute_id", attribute.to_string());
    write::store(data, draft).map_err(|failure| ("value", failure.title))
}
