//! Records that are objects in an array of another record: the values of an option or a modifier.

use super::answer::{Answer, Failure, Version};
use super::filter::Wanted;
use super::list::plain_page;
use super::query::Query;
use super::{Route, missing};
use crate::data::Data;
use crate::declare::{Action, Deed, Resource};
use crate::json::{self, Members};

/// The objects of one record, in their order.
pub(crate) fn entries<'a>(data: &'a Data, resource: &Resource, parent: i64) -> Vec<&'a str> {
    let (Some(table), Some(member)) = (&resource.parent, &resource.inside) else { return Vec::new() };
    let text = data.table(table).any(parent).map(|record| &*record.text);
    text.and_then(Members::read).and_then(|record| json::entries(record.get(member)?)).unwrap_or_default()
}

/// The id of one of the objects.
pub(crate) fn id(entry: &str) -> Option<i64> {
    json::integer(Members::read(entry)?.get("id")?)
}

/// Serves a list or one object.
pub(super) fn read(
    data: &Data,
    route: &Route,
    action: &Action,
    parent: Option<i64>,
    query: &Query,
    strict_limit: bool,
) -> Result<Answer, Failure> {
    let resource = route.resource;
    let all = entries(data, resource, parent.unwrap_or(0));
    if action.does == Deed::List {
        let wanted = Wanted::read(resource, query, Version::V3, data.clock.now())?;
        let found: Vec<&str> = all.into_iter().filter(|entry| wanted.accepts_text(entry)).collect();
        return plain_page(&resource.page, query, found.len(), strict_limit, |at, out| {
            out.push_str(found[at]);
        });
    }
    let wanted = route.ids.last().copied();
    let found = all.into_iter().find(|entry| id(entry) == wanted);
    found.map(|entry| Answer::data(200, entry)).ok_or_else(|| missing(route, Version::V3))
}
