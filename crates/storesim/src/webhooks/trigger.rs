//! Events on demand: one of any scope, about a record that is there, without a change.

use std::borrow::Cow;

use super::event::{Event, filled};
use crate::data::Data;
use crate::table::Record;

const DECLARED: &str = include_str!("../../resources/webhook_data.txt");

/// What an event of a scope says about the record with a key, or about the first one that fits. A scope
/// of a channel names its number. Where the store keeps no such records the key is taken as it is given.
pub(crate) fn made_up(data: &Data, scope: &str, id: Option<i64>) -> Result<Event, String> {
    let declared = DECLARED.lines().filter(|line| !line.starts_with('#'));
    let mut declared = declared.filter_map(|line| {
        let mut parts = line.split('\t');
        Some((parts.next()?, parts.next()?, parts.next()?))
    });
    let found = declared.find(|(known, _, _)| names(known, scope));
    let Some((known, table, template)) = found else {
        return Err(format!(
            "no event has the scope {scope}; a wildcard is none, and a channel has a number"
        ));
    };
    let event = |data: Cow<'static, str>| Event::new(scope.to_owned(), data.into_owned());
    let invented = || {
        let id = id.unwrap_or(1);
        let record = Record { id, parent: 1, modified: 0, text: "{}".into() };
        filled(template, id, &record, Some("null")).map(event).ok_or_else(|| "it has no data".to_owned())
    };
    let table = data.tables().iter().find(|known| known.resource.name == table);
    let Some(table) = table.filter(|table| !table.records().is_empty()) else { return invented() };
    let name = &table.resource.name;
    let told = match id {
        None => table.records().iter().find_map(|record| filled(template, record.id, record, None)),
        Some(id) => match table.any(id) {
            Some(record) => filled(template, id, record, Some("null")),
            // What was deleted is not there any more.
            None if known.ends_with("/deleted") => return invented(),
            None => return Err(format!("there is no record {id} of {name}")),
        },
    };
    told.map(event).ok_or_else(|| format!("no record of {name} has what such an event tells"))
}

/// Whether a concrete scope is the declared one, with a number for its channel.
fn names(declared: &str, scope: &str) -> bool {
    match declared.split_once("{channel_id}") {
        None => declared == scope,
        Some((before, after)) => {
            let channel = scope.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            channel.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
        }
    }
}
