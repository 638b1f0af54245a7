//! Values of custom form fields of customers and addresses (customers.v3.yml).

use crate::data::Data;
use crate::declare::Action;
use crate::json::{self, Members, object, quote};
use crate::serve::{Answer, Failure};
use crate::table::Record;
use crate::write::{read_array, read_array_text, read_object};

const TABLE: &str = "customer_form_field_values";

/// Whose value it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner {
    /// The customer, also of an address.
    pub customer: i64,
    /// The address, when it is one of an address.
    pub address: Option<i64>,
}

impl Owner {
    fn owns(&self, members: &Members) -> bool {
        let number = |name| members.get(name).and_then(json::integer);
        match self.address {
            Some(address) => number("address_id") == Some(address),
            None => number("customer_id") == Some(self.customer),
        }
    }
}

/// Checks `[{"name":…,"value":…}]`: a value is a text, a number or a list of texts.
pub(super) fn check(raw: &str) -> Result<(), String> {
    let entries = json::entries(raw).ok_or("form_fields must be an array")?;
    for entry in entries {
        let members = Members::read(entry).ok_or("a form field must be an object")?;
        let named = members.get("name").and_then(json::string).is_some_and(|name| !name.is_empty());
        if !named || !members.get("value").is_some_and(is_value) {
            return Err("a form field needs a name, and a value that is a text, a number or a list".into());
        }
    }
    Ok(())
}

fn is_value(raw: &str) -> bool {
    match raw.as_bytes().first() {
        Some(b'"') => true,
        Some(b'[') => read_array_text(raw).is_some(),
        Some(byte) => *byte == b'-' || byte.is_ascii_digit(),
        None => false,
    }
}

/// Stores checked form fields.
pub(super) fn store(data: &mut Data, owner: Owner, raw: &str) {
    for entry in json::entries(raw).unwrap_or_default() {
        if let Some(members) = Members::read(entry)
            && let (Some(name), Some(value)) = (members.get("name"), members.get("value"))
        {
            upsert(data, owner, &json::plain(name), &json::compact(value));
        }
    }
}

/// Makes or changes one value; its number.
fn upsert(data: &mut Data, owner: Owner, name: &str, value: &str) -> i64 {
    let held = data.table(TABLE).of(owner.customer).find(|record| {
        Members::read(&record.text).is_some_and(|members| {
            owner.owns(&members) && members.get("name").is_some_and(|raw| json::plain(raw) == name)
        })
    });
    let held = held.map(|record| (record.id, record.text.to_string()));
    data.forget_views("customers", owner.customer);
    match held {
        Some((id, text)) => {
            let changed = json::edit(&text, &[("value", value)]);
            if changed != text {
                data.rewrite(TABLE, id, changed, None);
            }
            id
        }
        None => {
            let id = data.claim(TABLE);
            let (member, whose) = match owner.address {
                Some(address) => ("address_id", address),
                None => ("customer_id", owner.customer),
            };
            let (name, whose) = (quote(name), whose.to_string());
            let text = object([("name", name.as_str()), ("value", value), (member, &whose)].into_iter());
            data.insert(TABLE, Record { id, parent: owner.customer, modified: 0, text: text.into() });
            id
        }
    }
}

/// The values of a customer or of an address, as a JSON array.
pub(super) fn list(data: &Data, owner: Owner) -> String {
    let own = |record: &&Record| Members::read(&record.text).is_some_and(|members| owner.owns(&members));
    let texts: Vec<&str> = data.table(TABLE).of(owner.customer).filter(own).map(|r| &*r.text).collect();
    format!("[{}]", texts.join(","))
}

/// PUT of values: makes or changes each.
pub(super) fn put(data: &mut Data, action: &Action, body: &str) -> Result<Answer, Failure> {
    let mut done = Vec::new();
    for (index, item) in read_array(body, action)?.into_iter().enumerate() {
        let input = read_object(item)?;
        let wrong = |name: &str, reason: &str| {
            Failure::new(422, "JSON data is missing or invalid").field(format!("{index}.{name}"), reason)
        };
        let name = input.get("name").and_then(json::string).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| wrong("name", "error.path.missing"))?;
        let value = input.get("value").filter(|raw| is_value(raw));
        let value = value.ok_or_else(|| wrong("value", "error.path.missing"))?;
        let number = |name| input.get(name).and_then(json::integer);
        let owner = match (number("address_id"), number("customer_id")) {
            (Some(address), _) => {
                let customer = data.table("customer_addresses").get(address).map(|record| record.parent);
                let customer = customer.ok_or_else(|| wrong("address_id", "the address does not exist"))?;
                Owner { customer, address: Some(address) }
            }
            (None, Some(customer)) if data.table("customers").get(customer).is_some() => {
                Owner { customer, address: None }
            }
            (None, Some(_)) => return Err(wrong("customer_id", "the customer does not exist")),
            (None, None) => return Err(wrong("customer_id", "error.path.missing")),
        };
        done.push(upsert(data, owner, &name, &json::compact(value)));
    }
    let texts: Vec<&str> = done.iter().filter_map(|id| data.text(TABLE, *id)).collect();
    Ok(Answer::data(200, &format!("[{}]", texts.join(","))))
}

/// Removes the values of an address.
pub(super) fn forget_address(data: &mut Data, address: i64) {
    let Some(customer) = data.table("customer_addresses").get(address).map(|record| record.parent) else {
        return;
    };
    let owner = Owner { customer, address: Some(address) };
    let own = |record: &&Record| Members::read(&record.text).is_some_and(|members| owner.owns(&members));
    let ids: Vec<i64> = data.table(TABLE).of(customer).filter(own).map(|record| record.id).collect();
    for id in ids {
        data.remove(TABLE, id);
    }
}
