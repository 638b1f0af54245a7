//! Records that are objects in an array of another record: the values of an option or a modifier.

use super::answer::{Answer, Failure, Version};
use super::filter::Wanted;
use super::list::{plain_page, sort_texts};
use super::query::Query;
use super::{Route, View, missing};
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
        let texts = all.into_iter().map(str::to_owned).collect();
        return page(data, resource, texts, query, strict_limit);
    }
    let wanted = route.ids.last().copied();
    let found = all.into_iter().find(|entry| id(entry) == wanted);
    let found = found.map(|entry| Answer::data(200, &cut(resource, query, entry)));
    found.ok_or_else(|| missing(route, Version::V3))
}

/// Serves a page of objects that are no records, filtered and sorted as those are.
pub(crate) fn page(
    data: &Data,
    resource: &'static Resource,
    texts: Vec<String>,
    query: &Query,
    strict_limit: bool,
) -> Result<Answer, Failure> {
    let wanted = Wanted::read(resource, query, Version::V3, data.clock.now())?;
    let mut found: Vec<String> = texts.into_iter().filter(|text| wanted.accepts_text(text)).collect();
    sort_texts(resource, query, &mut found);
    let view = View::read(resource, query);
    plain_page(&resource.page, query, found.len(), strict_limit, |at, out| {
        out.push_str(&view.fields(resource, &found[at]));
    })
}

/// One object with the fields that a request wants.
pub(crate) fn cut(resource: &'static Resource, query: &Query, text: &str) -> String {
    View::read(resource, query).fields(resource, text)
}
