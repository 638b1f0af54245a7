//! Resources that are another form of another one's records, such as the customers of V2: read from the
//! same table, so that both always agree.

use super::answer::{Answer, Failure, Version};
use super::query::Query;
use super::render::View;
use super::{Route, list};
use crate::data::Data;
use crate::declare::{Action, Deed, Resource};
use crate::hooks;
use crate::table::{Record, Table};

/// Serves a GET.
pub(super) fn read(
    data: &Data,
    route: &Route,
    action: &Action,
    parent: Option<i64>,
    query: &Query,
    strict_limit: bool,
) -> Result<Answer, Failure> {
    let resource = route.resource;
    let table = match action.does {
        Deed::List | Deed::Count => all(data, resource, parent),
        _ => {
            let named = route.ids.last().copied().unwrap_or(0);
            let id = inside(data, resource, parent, named);
            let id = id.ok_or_else(|| Failure::not_found(Version::V2, &resource.noun, named))?;
            return one(data, resource, parent, id, query, 200);
        }
    };
    match action.does {
        Deed::Count => list::count(data, &table, parent, query, Version::V2),
        _ => list::answer(data, &table, parent, &[], query, Version::V2, strict_limit),
    }
}

/// The record's own number, of what it is known by in its other form.
pub(crate) fn inside(data: &Data, resource: &Resource, parent: Option<i64>, id: i64) -> Option<i64> {
    let base = base(data, resource);
    let named = |record: &&Record| {
        parent.is_none_or(|parent| record.parent == parent) && hooks::outside(resource, record) == Some(id)
    };
    match parent {
        Some(parent) => base.of(parent).find(named).map(|record| record.id),
        None => base.get(id).filter(named).map(|record| record.id),
    }
}

/// One record in its other form, by its own number.
pub(crate) fn one(
    data: &Data,
    resource: &'static Resource,
    parent: Option<i64>,
    id: i64,
    query: &Query,
    status: u16,
) -> Result<Answer, Failure> {
    let found = base(data, resource).get(id).filter(|record| parent.is_none_or(|p| record.parent == p));
    let record = found.ok_or_else(|| Failure::not_found(Version::V2, &resource.noun, id))?;
    let mut table = Table::new(resource);
    let shown = seen(data, resource, record);
    let id = shown.id;
    table.put(shown);
    let mut body = Vec::with_capacity(1024);
    if let Some(record) = table.get(id) {
        View::read(resource, query).render(data, &table, record, &mut body);
    }
    let modified = (record.modified > 0).then_some(record.modified);
    Ok(Answer { modified, ..Answer::new(status, body) })
}

/// The table that has the records.
pub(crate) fn base<'a>(data: &'a Data, resource: &Resource) -> &'a Table {
    data.table(resource.view_of.as_deref().unwrap_or(&resource.name))
}

/// A record in its other form.
pub(crate) fn seen(data: &Data, resource: &Resource, record: &Record) -> Record {
    let id = hooks::outside(resource, record).unwrap_or(record.id);
    let text = match data.text(&resource.name, id) {
        Some(imported) => imported.to_owned(),
        None => hooks::view(data, resource, record),
    };
    Record { id, parent: record.parent, modified: record.modified, text: text.into() }
}

fn all(data: &Data, resource: &'static Resource, parent: Option<i64>) -> Table {
    let base = base(data, resource);
    let mut table = Table::new(resource);
    let mut take = |record: &Record| {
        if hooks::outside(resource, record).is_some() {
            table.load(seen(data, resource, record));
        }
    };
    match parent {
        Some(parent) => base.of(parent).for_each(&mut take),
        None => base.records().iter().for_each(&mut take),
    }
    table
}
