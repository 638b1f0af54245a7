//! Writes to records that are objects in an array of another record.

use super::draft::Draft;
use super::{keep, open, read_object};
use crate::data::Data;
use crate::declare::{Action, Deed};
use crate::hooks;
use crate::json;
use crate::serve::{Answer, Failure, Route, Version, inside, missing};

/// The most objects of one record.
const MOST: usize = 250;

/// Makes, changes or removes one object; the rest of its array stays as it is.
pub(super) fn perform(
    data: &mut Data,
    route: &Route,
    action: &Action,
    parent: Option<i64>,
    body: &str,
) -> Result<Answer, Failure> {
    let resource = route.resource;
    let (Some(owner), Some(member), Some(table)) = (parent, &resource.inside, &resource.parent) else {
        return Err(missing(route, Version::V3));
    };
    let mut all: Vec<String> =
        inside::entries(data, resource, owner).into_iter().map(str::to_owned).collect();
    let wanted = route.ids.last().copied();
    let at = all.iter().position(|entry| inside::id(entry) == wanted);
    let now = data.clock.now();
    let mut done = None;
    match (action.does, at) {
        (Deed::Create, _) => {
            if all.len() >= MOST {
                let reason = format!("There are at most {MOST} values.");
                return Err(Failure::new(422, reason));
            }
            let id = data.claim_extra();
            let mut draft = Draft::new(resource, id, owner, None);
            draft.take(&read_object(body)?, Version::V3)?;
            hooks::prepare(data, &mut draft)?;
            all.push(draft.create(now));
            done = Some(all.len() - 1);
        }
        (Deed::Update, Some(at)) => {
            let id = wanted.unwrap_or(0);
            let mut draft = Draft::new(resource, id, owner, Some(all[at].clone()));
            draft.take(&read_object(body)?, Version::V3)?;
            hooks::prepare(data, &mut draft)?;
            if let Some(text) = draft.change(now) {
                all[at] = text;
            }
            done = Some(at);
        }
        (Deed::Delete, Some(at)) => {
            hooks::deleting(data, resource, wanted.unwrap_or(0))?;
            all.remove(at);
        }
        _ => return Err(missing(route, Version::V3)),
    }
    let owning = data.table(table).resource;
    if let Some(mut draft) = open(data, owning, owner) {
        draft.set(member, format!("[{}]", all.join(",")));
        keep(data, &mut draft);
        hooks::stored(data, &draft)?;
    }
    Ok(match done {
        Some(at) => Answer::data(200, &json::compact(&all[at])),
        None => Answer::nothing(),
    })
}
