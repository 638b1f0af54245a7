//! `/v3/hooks/admin`: a client's hooks with their states, its blocked destinations, and who is told.

use super::hook::{client_of, own};
use crate::caller::Caller;
use crate::data::Data;
use crate::json::{self, Members, quote};
use crate::serve::{Answer, Failure, Query, page_of};
use crate::write::read_object;

/// Addresses at most, and the characters of one.
const MOST: usize = 100;
const LONGEST: usize = 254;

/// GET.
pub(crate) fn read(data: &Data, query: &Query, strict_limit: bool) -> Result<Answer, Failure> {
    let client = client_of(data, query.caller());
    let own = own(data, query.caller());
    let table = data.table("hooks");
    let hooks: Vec<_> = table.records().iter().filter(|record| own(record)).collect();
    let (range, pagination) = page_of(&table.resource.page, query, hooks.len(), strict_limit)?;
    let hooks: Vec<String> = hooks[range]
        .iter()
        .map(|record| {
            let members = Members::read(&record.text);
            let off = members.is_some_and(|members| members.get("is_active") == Some("false"));
            let status = match off {
                false => "active",
                true if data.webhooks.is_deactivated(record.id) => "deactivated",
                true => "inactive",
            };
            json::edit(&record.text, &[("status", quote(status))])
        })
        .collect();
    let emails: Vec<String> = data.webhooks.emails(&client).iter().map(|email| quote(email)).collect();
    let blocked: Vec<String> = data
        .webhooks
        .blocked(&client)
        .into_iter()
        .map(|(destination, left, reasons)| {
            let destination = quote(&destination);
            format!("{{\"destination\":{destination},\"time_left\":{left},\"reasons\":{reasons}}}")
        })
        .collect();
    Ok(Answer::new(
        200,
        format!(
            "{{\"data\":{{\"emails\":[{}],\"hooks_list\":[{}],\"blocked_domains\":[{}]}},\"meta\":{{{pagination}}}}}",
            emails.join(","),
            hooks.join(","),
            blocked.join(",")
        ),
    ))
}

/// PUT.
pub(crate) fn write(data: &mut Data, body: &str) -> Result<Answer, Failure> {
    let wrong = |reason: &str| {
        Failure::new(422, "JSON data is missing or invalid").field("emails", reason.to_owned())
    };
    let input = read_object(body)?;
    let sent = input.get("emails").ok_or_else(|| wrong("error.path.missing."))?;
    let sent = json::entries(sent).ok_or_else(|| wrong("emails must be an array of addresses"))?;
    let address = |raw: &&str| {
        let text = json::string(raw)?.into_owned();
        let (name, host) = text.split_once('@')?;
        (!name.is_empty() && !host.is_empty() && text.len() <= LONGEST).then_some(text)
    };
    let emails: Option<Vec<String>> = sent.iter().map(address).collect();
    let emails = emails.filter(|emails| emails.len() <= MOST);
    let emails = emails.ok_or_else(|| wrong("emails must be an array of at most 100 addresses"))?;
    let caller: &Caller = &data.caller;
    data.webhooks.set_emails(&client_of(data, caller), emails);
    Ok(Answer::nothing())
}
