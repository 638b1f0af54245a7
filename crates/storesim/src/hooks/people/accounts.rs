//! What the store knows of a customer beside the record: store credit, password, consent, stored cards.

use sha2::{Digest, Sha256};

use crate::data::Data;
use crate::dates::Form;
use crate::json::{self, Members, object, quote};
use crate::serve::{Answer, Failure};
use crate::table::Record;
use crate::write::value::{decimal, four_places};
use crate::write::{read_array_text, read_object};

/// Purposes of tracking that a shopper allows or denies.
const PURPOSES: &[&str] = &["essential", "functional", "analytics", "targeting"];

/// A member of a customer's account.
fn member(data: &Data, customer: i64, name: &str) -> Option<String> {
    let account = data.table("customer_accounts").of(customer).next()?;
    Members::read(&account.text)?.get(name).filter(|raw| *raw != "null").map(str::to_owned)
}

/// Changes a member of a customer's account, which is made when there is none.
fn set(data: &mut Data, customer: i64, name: &str, raw: &str) {
    data.forget_views("customers", customer);
    let held = data.table("customer_accounts").of(customer).next().map(|r| (r.id, r.text.to_string()));
    match held {
        Some((id, text)) => {
            data.rewrite("customer_accounts", id, json::edit(&text, &[(name, raw)]), None);
        }
        None => {
            let id = data.claim("customer_accounts");
            let text = json::edit("{\"store_credit\":0,\"password\":null,\"consent\":null}", &[(name, raw)]);
            data.insert("customer_accounts", Record { id, parent: customer, modified: 0, text: text.into() });
        }
    }
}

/// The store credit as a number of V3.
pub(super) fn credit(data: &Data, customer: i64) -> String {
    member(data, customer, "store_credit").unwrap_or_else(|| "0".into())
}

/// The amount of `[{"amount":12.5}]`; `None` for an empty list.
pub(super) fn amount(raw: &str) -> Result<Option<String>, String> {
    let entries = json::entries(raw).ok_or("store_credit_amounts must be an array")?;
    match entries.as_slice() {
        [] => Ok(None),
        [entry] => {
            let amount = Members::read(entry).and_then(|members| members.get("amount").and_then(decimal));
            match amount {
                Some(amount) if !amount.is_sign_negative() || amount.is_zero() => {
                    Ok(Some(four_places(amount).normalize().to_string()))
                }
                _ => Err("the amount must be a number that is not negative".into()),
            }
        }
        _ => Err("store_credit_amounts takes one amount".into()),
    }
}

/// Sets the store credit.
pub(super) fn set_credit(data: &mut Data, customer: i64, amount: &str) {
    if credit(data, customer) != amount {
        set(data, customer, "store_credit", amount);
    }
}

/// Whether a text may be a password: seven characters, a letter and a digit among them.
pub(super) fn is_password(text: &str) -> bool {
    text.chars().count() >= 7
        && text.chars().any(char::is_alphabetic)
        && text.chars().any(|c| c.is_ascii_digit())
}

/// Sets the password. What is kept of it is a digest.
pub(super) fn set_password(data: &mut Data, customer: i64, password: &str) {
    let digest = quote(&digest(customer, password));
    set(data, customer, "password", &digest);
}

fn digest(customer: i64, password: &str) -> String {
    let sum = Sha256::digest(format!("{customer} {password}"));
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn opens(data: &Data, customer: i64, password: &str) -> bool {
    member(data, customer, "password").is_some_and(|held| held == quote(&digest(customer, password)))
}

/// POST `/v3/customers/validate-credentials`.
pub(super) fn validate(data: &Data, body: &str) -> Result<Answer, Failure> {
    let input = read_object(body)?;
    let text = |name: &str| input.get(name).and_then(json::string);
    let (Some(email), Some(password)) = (text("email"), text("password")) else {
        let mut failure = Failure::new(422, "JSON data is missing or invalid");
        for name in ["email", "password"].into_iter().filter(|name| text(name).is_none()) {
            failure = failure.field(name, "error.path.missing");
        }
        return Err(failure);
    };
    let customer = data.table("customers").holder("email", &email);
    let customer = customer.filter(|id| opens(data, *id, &password));
    let channel = input.get("channel_id").and_then(json::integer);
    let customer = customer.filter(|id| channel.is_none_or(|channel| logs_in(data, *id, channel)));
    Ok(Answer::new(
        200,
        match customer {
            Some(id) => format!("{{\"customer_id\":{id},\"is_valid\":true}}"),
            None => "{\"is_valid\":false}".into(),
        },
    ))
}

/// Whether a customer may log in on a channel: everywhere, or where the record says.
fn logs_in(data: &Data, customer: i64, channel: i64) -> bool {
    let members = data.text("customers", customer).and_then(Members::read);
    let channels = members.and_then(|members| members.get("channel_ids")).and_then(json::entries);
    channels.is_none_or(|channels| channels.iter().any(|raw| json::integer(raw) == Some(channel)))
}

/// POST `/v2/customers/{id}/validate`.
pub(super) fn validate_one(data: &Data, customer: i64, body: &str) -> Result<Answer, Failure> {
    let input = read_object(body)?;
    let Some(password) = input.get("password").and_then(json::string) else {
        return Err(Failure::new(400, "The required field 'password' was not supplied."));
    };
    Ok(Answer::new(200, format!("{{\"success\":{}}}", opens(data, customer, &password))))
}

/// GET of a customer's consent.
pub(super) fn consent(data: &Data, customer: i64) -> Answer {
    let held = member(data, customer, "consent");
    Answer::new(200, held.unwrap_or_else(|| "{\"allow\":[],\"deny\":[]}".into()))
}

/// PUT of a customer's consent.
pub(super) fn put_consent(data: &mut Data, customer: i64, body: &str) -> Result<Answer, Failure> {
    let input = read_object(body)?;
    let purposes = |name: &str| -> Result<String, Failure> {
        let wrong = || {
            let reason = format!("{name} must be a list of {}", PURPOSES.join(", "));
            Failure::new(422, "JSON data is missing or invalid").field(name, reason)
        };
        let raw = input.get(name).unwrap_or("[]");
        let texts = read_array_text(raw).ok_or_else(wrong)?;
        match texts.iter().all(|text| PURPOSES.contains(&text.as_str())) {
            true => Ok(json::compact(raw).into_owned()),
            false => Err(wrong()),
        }
    };
    let updated = quote(&Form::Zulu.write(data.clock.now()));
    let (allow, deny) = (purposes("allow")?, purposes("deny")?);
    let text = object(
        [("allow", allow.as_str()), ("deny", deny.as_str()), ("updated_at", updated.as_str())].into_iter(),
    );
    set(data, customer, "consent", &text);
    Ok(Answer::new(200, text))
}

/// GET of a customer's stored cards and accounts: a bare array.
pub(super) fn instruments(data: &Data, customer: i64) -> Answer {
    let held: Vec<&str> =
        data.table("customer_stored_instruments").of(customer).map(|record| &*record.text).collect();
    Answer::new(200, format!("[{}]", held.join(",")))
}
