//! Writes to resources that are another form of another one's records: checked by their own fields, then
//! made as a write of the other form.

use super::{Draft, read_object};
use crate::data::Data;
use crate::declare::{Action, Deed};
use crate::hooks;
use crate::serve::{Answer, Failure, Query, Route, Version, view};
use crate::table::Record;

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
    let named = route.ids.last().copied().unwrap_or(0);
    let last = view::inside(data, resource, parent, named);
    let last = || last.ok_or_else(|| Failure::not_found(Version::V2, &resource.noun, named));
    let status = action.status.unwrap_or(200);
    match action.does {
        Deed::Create => {
            let mut draft = Draft::new(resource, 0, parent.unwrap_or(0), None);
            draft.take(&read_object(body)?, Version::V2)?;
            let text = hooks::unview(data, &draft)?;
            let made = super::create(data, base, parent, &read_object(&text)?, Version::V3);
            let id = made.map_err(refusal)?;
            view::one(data, resource, parent, id, query, status)
        }
        Deed::Update => {
            let last = last()?;
            let old = view::base(data, resource).get(last).map(|record| view::seen(data, resource, record));
            let owner = old.as_ref().map_or(0, |record| record.parent);
            let mut draft = Draft::new(resource, last, owner, old.map(|record| record.text.into()));
            draft.take(&read_object(body)?, Version::V2)?;
            let text = hooks::unview(data, &draft)?;
            super::update(data, base, last, &read_object(&text)?, Version::V3).map_err(refusal)?;
            view::one(data, resource, parent, last, query, status)
        }
        Deed::Delete => {
            let last = last()?;
            super::delete(data, base, last)?;
            Ok(Answer::nothing())
        }
        Deed::DeleteMany => {
            let table = data.table(&base.name);
            let shown = |record: &&Record| hooks::outside(resource, record).is_some();
            let ids: Vec<i64> = match parent {
                Some(parent) => table.of(parent).filter(shown).map(|record| record.id).collect(),
                None => table.records().iter().filter(shown).map(|record| record.id).collect(),
            };
            for id in ids.into_iter().take(action.batch.unwrap_or(usize::MAX)) {
                super::delete(data, base, id)?;
            }
            Ok(Answer::nothing())
        }
        _ => Err(Failure::new(405, "Method not allowed")),
    }
}

/// What V3 refuses as not processable is a bad request in V2.
fn refusal(failure: Failure) -> Failure {
    Failure { status: if failure.status == 422 { 400 } else { failure.status }, ..failure }
}
