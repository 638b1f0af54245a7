//! Metafields: who owns one, and who may change it (the metafield operations of every file).

use crate::data::Data;
use crate::declare::Resource;
use crate::json::Members;
use crate::serve::{Failure, owned};
use crate::write::Draft;

/// The most metafields of one record and one client.
const MOST: usize = 250;
/// The most metafields of the store itself.
const MOST_OF_STORE: usize = 10_000;
/// Members that a client can change.
const CHANGEABLE: &[&str] = &["key", "value", "namespace", "permission_set", "description"];

/// Whether a resource holds metafields.
pub(super) fn is(resource: &Resource) -> bool {
    resource.private
}

/// Names the owner of a new metafield, and refuses what others may not change.
pub(super) fn prepare(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    if let Some(old) = &draft.old {
        let changed =
            |name: &&str| draft.given(name).is_some_and(|new| draft.old_value(name).as_deref() != Some(new));
        let changes: Vec<&str> = CHANGEABLE.iter().copied().filter(changed).collect();
        return owned::may_change(&data.caller.client_id, old, &changes);
    }
    let table = data.table(&draft.resource.name);
    let (held, most) = match draft.resource.parent {
        Some(_) => (table.children(draft.parent).len(), MOST),
        None => (table.records().len(), MOST_OF_STORE),
    };
    if held >= most {
        return Err(Failure::new(422, format!("There are at most {most} metafields.")));
    }
    let owner =
        if data.caller.client_id.is_empty() { data.webhooks.client_id() } else { &data.caller.client_id };
    let owner = owner.to_owned();
    draft.set_text("owner_client_id", &owner);
    let owner = draft.resource.parent.as_deref().map(|owner| data.table(owner));
    match owner.filter(|owner| owner.resource.text_key()) {
        // What is known by a text is named by it.
        Some(owner) => {
            let key = owner.get(draft.parent).and_then(|record| Members::read(&record.text));
            let key = key.and_then(|members| members.get(&owner.resource.key)).unwrap_or("null").to_owned();
            draft.set("resource_id", key);
        }
        None if draft.resource.parent.is_none() => draft.set("resource_id", "1"),
        None => {}
    }
    Ok(())
}

/// Refuses a delete by a client that may not.
pub(super) fn deleting(data: &Data, resource: &Resource, id: i64) -> Result<(), Failure> {
    match data.text(&resource.name, id) {
        Some(text) => owned::may_change(&data.caller.client_id, text, &[]),
        None => Ok(()),
    }
}
