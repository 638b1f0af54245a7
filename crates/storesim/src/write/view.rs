//! Writes to resources that are another form of another one's records: checked by their own fields, then
//! made as a write of the other form.

use super::{Draft, read_object};
use crate::data::Data;
use crate::declare::{Action, Deed, Resource};
use crate::hooks;
use crate::serve::{Answer, Failure, Query, Route, Version, view};

/// Serves a write.
pub(super) fn deed(
    data: &mut Data,
    route: &Route,
    action: &Action,
    parent: Option<i64>,
    query: &Query,
    body: &str,
) -> Result<Answer, Failure> {
    let resource = route.resource;
    let base = view::base(data, resource).resource;
    let last = route.ids.last().copied().unwrap_or(0);
    let status = action.status.unwrap_or(200);
    match action.does {
        Deed::Create => {
            let mut draft = Draft::new(resource, 0, parent.unwrap_or(0), None);
            draft.take(&read_object(body)?, Version::V2)?;
            let text = hooks::unview(&draft)?;
            let made = super::create(data, base, parent, &read_object(&text)?, Version::V3);
            let id = made.map_err(refusal)?;
            view::one(data, resource, parent, id, query, status)
        }
        Deed::Update => {
            existing(data, base, parent, last)?;
            let old = view::base(data, resource).get(last).map(|record| view::seen(data, resource, record));
            let owner = old.as_ref().map_or(0, |record| record.parent);
            let mut draft = Draft::new(resource, last, owner, old.map(|record| record.text.into()));
            draft.take(&read_object(body)?, Version::V2)?;
            let text = hooks::unview(&draft)?;
            super::update(data, base, last, &read_object(&text)?, Version::V3).map_err(refusal)?;
            view::one(data, resource, parent, last, query, status)
        }
        Deed::Delete => {
            existing(data, base, parent, last)?;
            super::delete(data, base, last)?;
            Ok(Answer::nothing())
        }
        Deed::DeleteMany => {
            let table = data.table(&base.name);
            let ids: Vec<i64> = match parent {
                Some(parent) => table.children(parent).to_vec(),
                None => table.records().iter().map(|record| record.id).collect(),
            };
            for id in ids.into_iter().take(action.batch.unwrap_or(usize::MAX)) {
                super::delete(data, base, id)?;
            }
            Ok(Answer::nothing())
        }
        _ => Err(Failure::new(405, "Method not allowed")),
    }
}

fn existing(data: &Data, base: &Resource, parent: Option<i64>, id: i64) -> Result<(), Failure> {
    let found = data.table(&base.name).get(id);
    let found = found.filter(|record| parent.is_none_or(|parent| record.parent == parent));
    found.map(|_| ()).ok_or_else(|| Failure::not_found(Version::V2, &base.noun, id))
}

/// What V3 refuses as not processable is a bad request in V2.
fn refusal(failure: Failure) -> Failure {
    Failure { status: if failure.status == 422 { 400 } else { failure.status }, ..failure }
}
