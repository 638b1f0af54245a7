//! Changes to the store as the API makes them: one path for clients, for `/_sim/mutate` and for what a
//! change drags along.

mod draft;
mod single;
pub(crate) mod value;

pub(crate) use draft::{Draft, invalid};

use crate::data::Data;
use crate::declare::{Action, Deed, Resource};
use crate::hooks;
use crate::json::{self, Members};
use crate::serve::{self, Answer, Failure, Query, Route, Version, Wanted, find};
use crate::table::{Record, Table};

/// Serves a POST, PUT or DELETE; a refused request changes nothing.
pub(crate) fn perform(
    data: &mut Data,
    route: &Route,
    action: &'static Action,
    query: &Query,
    body: &str,
    version: Version,
) -> Result<Answer, Failure> {
    if json::is_too_deep(body) {
        return Err(Failure::new(400, "Input is invalid"));
    }
    data.caller = query.caller().clone();
    data.all_or_nothing(|data| deed(data, route, action, query, body, version))
}

fn deed(
    data: &mut Data,
    route: &Route,
    action: &'static Action,
    query: &Query,
    body: &str,
    version: Version,
) -> Result<Answer, Failure> {
    let route = &route.resolved(data, version)?;
    let resource = route.resource;
    let parent = route.parent(data, action.does, version)?;
    let status = |usual: u16| action.status.unwrap_or(usual);
    let last = route.ids.last().copied().unwrap_or(0);
    match action.does {
        Deed::Create => {
            let id = create(data, resource, parent, &read_object(body)?, version)?;
            Ok(serve::one(data, resource, id, query, version, status(200)))
        }
        Deed::CreateMany => many(data, route, action, body, |data, item| {
            created_item(data, resource, &read_object(item)?, version)
        }),
        Deed::Update => {
            existing(data, resource, parent, last, version)?;
            update(data, resource, last, &read_object(body)?, version)?;
            Ok(serve::one(data, resource, last, query, version, status(200)))
        }
        Deed::UpdateMany => many(data, route, action, body, |data, item| {
            let input = read_object(item)?;
            let id = key_of(data, resource, &input);
            let missing = || {
                Failure::new(422, resource.texts.invalid_title.clone())
                    .field(resource.key.clone(), "error.path.missing")
            };
            let id = id.ok_or_else(missing)?;
            existing(data, resource, None, id, version)?;
            Ok(update(data, resource, id, &input, version)?.then_some(id))
        }),
        Deed::Delete => {
            existing(data, resource, parent, last, version)?;
            delete(data, resource, last)?;
            Ok(Answer::nothing())
        }
        Deed::DeleteMany => delete_many(data, resource, action, query, version),
        Deed::Hook => hooks::write(data, action, &route.ids, query, body, version),
        Deed::PutSingle => single::put(data, route, action, query, body, version),
        Deed::List | Deed::One | Deed::Single => Err(Failure::new(405, "Method not allowed")),
    }
}

/// The number of the record that an item names by its key; an unknown text names none.
fn key_of(data: &Data, resource: &Resource, input: &Members) -> Option<i64> {
    let raw = input.get(&resource.key)?;
    match resource.text_key() {
        true => Some(data.table(&resource.name).holder(&resource.key, &json::string(raw)?).unwrap_or(0)),
        false => json::integer(raw),
    }
}

/// Creates one item of an array; an address of a customer knows its parent by a member.
fn created_item(
    data: &mut Data,
    resource: &'static Resource,
    input: &Members,
    version: Version,
) -> Result<Option<i64>, Failure> {
    let named = resource.parent_member.as_deref().and_then(|name| input.get(name)).and_then(json::integer);
    if let (Some(table), Some(id), Some(member)) = (&resource.parent, named, &resource.parent_member)
        && data.table(table).get(id).is_none()
    {
        let title = resource.texts.invalid_title.clone();
        return Err(Failure::new(422, title).field(member.clone(), format!("{member} {id} does not exist")));
    }
    if hooks::is_duplicate(data, resource, None, input) {
        return Ok(None);
    }
    create(data, resource, named, input, version).map(Some)
}

/// Does something to each item of an array body. The item's deed tells the key of the record that is
/// to be in the answer.
fn many(
    data: &mut Data,
    route: &Route,
    action: &Action,
    body: &str,
    mut each: impl FnMut(&mut Data, &str) -> Result<Option<i64>, Failure>,
) -> Result<Answer, Failure> {
    let resource = route.resource;
    let items = read_array(body, action.batch)?;
    let (mut done, mut failures) = (Vec::new(), Vec::new());
    for (index, item) in items.iter().enumerate() {
        let result = data.all_or_nothing(|data| each(data, item));
        match result {
            Ok(id) => done.extend(id),
            Err(failure) if action.partial => failures.push((index, failure)),
            Err(failure) => return Err(failure),
        }
    }
    let status = action.status.unwrap_or(200);
    let mut body = Vec::from(&b"{\"data\":["[..]);
    let table = data.table(&resource.name);
    for (index, id) in done.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(table.any(*id).map_or("null", |record| &record.text).as_bytes());
    }
    if !action.partial {
        body.extend_from_slice(b"],\"meta\":{}}");
        return Ok(Answer::new(status, body));
    }
    if done.is_empty()
        && let Some((_, first)) = failures.first()
    {
        let mut failure = Failure::new(422, first.title.clone());
        failure.errors = keyed(&failures);
        return Err(failure);
    }
    let (total, failed) = (items.len(), failures.len());
    let meta = format!("\"meta\":{{\"total\":{total},\"success\":{},\"failed\":{failed}}}", total - failed);
    if failures.is_empty() && action.does == Deed::UpdateMany {
        return Ok(Answer::new(status, format!("{{{meta}}}")));
    }
    body.push(b']');
    if !failures.is_empty() {
        let errors = keyed(&failures);
        let errors: Vec<String> =
            errors.iter().map(|(k, v)| format!("{}:{}", json::quote(k), json::quote(v))).collect();
        body.extend_from_slice(format!(",\"errors\":{{{}}}", errors.join(",")).as_bytes());
    }
    body.extend_from_slice(format!(",{meta}}}").as_bytes());
    Ok(Answer::new(if failures.is_empty() { status } else { 207 }, body))
}

/// Errors by index and field: `0.name`.
fn keyed(failures: &[(usize, Failure)]) -> Vec<(String, String)> {
    failures
        .iter()
        .flat_map(|(index, failure)| {
            let whole = failure.errors.is_empty().then(|| (index.to_string(), failure.title.clone()));
            let fields =
                failure.errors.iter().map(move |(name, reason)| (format!("{index}.{name}"), reason.clone()));
            fields.chain(whole).collect::<Vec<_>>()
        })
        .collect()
}

fn delete_many(
    data: &mut Data,
    resource: &'static Resource,
    action: &Action,
    query: &Query,
    version: Version,
) -> Result<Answer, Failure> {
    let allowed = |name: &str| action.filters.is_empty() || action.filters.iter().any(|known| known == name);
    let (chosen, other): (Vec<_>, Vec<_>) = query.0.iter().cloned().partition(|(name, _)| allowed(name));
    // A filter that is passed over deletes more than was meant.
    if resource.strict && !other.is_empty() {
        let names: Vec<&str> = other.iter().map(|(name, _)| name.as_str()).collect();
        return Err(serve::not_filters(&names));
    }
    let query = Query(chosen, query.caller().clone());
    let wanted = Wanted::read(resource, &query, version, data.clock.now())?;
    let lacks = action.needs.as_ref().is_some_and(|needed| query.get(needed).is_none());
    if (wanted.count == 0 || lacks) && !action.everything {
        return match action.lenient {
            true => Ok(Answer::nothing()),
            false => Err(Failure::new(
                422,
                format!("At least one filter is required to delete {}.", resource.name),
            )),
        };
    }
    let ids: Vec<i64> = {
        let found = find(data.table(&resource.name), None, &wanted, &query);
        (0..found.len()).map(|index| found.get(index).id).collect()
    };
    for id in ids {
        // One may have gone with another: a subcategory with its parent.
        if data.table(&resource.name).get(id).is_some() {
            delete(data, resource, id)?;
        }
    }
    Ok(match action.status {
        Some(202) => Answer::new(202, "{}"),
        _ => Answer::nothing(),
    })
}

fn existing(
    data: &Data,
    resource: &Resource,
    parent: Option<i64>,
    id: i64,
    version: Version,
) -> Result<(), Failure> {
    let found = data.table(&resource.name).get(id);
    let found = found.filter(|record| parent.is_none_or(|parent| record.parent == parent));
    found.map(|_| ()).ok_or_else(|| Failure::not_found(version, &resource.noun, id))
}

/// Makes a record and everything that belongs to it; its key.
pub(crate) fn create(
    data: &mut Data,
    resource: &'static Resource,
    parent: Option<i64>,
    input: &Members,
    version: Version,
) -> Result<i64, Failure> {
    let mut draft = Draft::new(resource, 0, parent.unwrap_or(0), None);
    draft.take(input, version)?;
    store(data, draft)
}

/// Stores a draft as a new record; its key.
pub(crate) fn store(data: &mut Data, mut draft: Draft) -> Result<i64, Failure> {
    let resource = draft.resource;
    draft.id = data.claim(&resource.name);
    hooks::prepare(data, &mut draft)?;
    unique(data, &draft)?;
    let now = data.clock.now();
    let text = draft.create(now);
    let modified = if resource.modified.is_some() { now } else { 0 };
    data.insert(&resource.name, Record { id: draft.id, parent: draft.parent, modified, text: text.into() });
    hooks::stored(data, &draft)?;
    Ok(draft.id)
}

/// Changes a record; false when the request is a silent no-op that the answer leaves out.
pub(crate) fn update(
    data: &mut Data,
    resource: &'static Resource,
    id: i64,
    input: &Members,
    version: Version,
) -> Result<bool, Failure> {
    if hooks::is_duplicate(data, resource, Some(id), input) {
        return Ok(false);
    }
    let Some(mut draft) = open(data, resource, id) else { return Ok(false) };
    draft.take(input, version)?;
    save(data, draft)?;
    Ok(true)
}

/// A draft of a record that exists.
pub(crate) fn open(data: &Data, resource: &'static Resource, id: i64) -> Option<Draft> {
    let record = data.table(&resource.name).any(id)?;
    Some(Draft::new(resource, id, record.parent, Some(record.text.to_string())))
}

/// Stores what a draft changes.
pub(crate) fn save(data: &mut Data, mut draft: Draft) -> Result<(), Failure> {
    hooks::prepare(data, &mut draft)?;
    unique(data, &draft)?;
    keep(data, &mut draft);
    hooks::stored(data, &draft)
}

/// Stores what a draft changes and nothing that belongs to it.
pub(crate) fn keep(data: &mut Data, draft: &mut Draft) {
    let before = data.table(&draft.resource.name).any(draft.id).map_or(0, |record| record.modified);
    let now = data.clock.now().max(before);
    if let Some(text) = draft.change(now) {
        let modified = draft.resource.modified.is_some().then_some(now);
        data.rewrite(&draft.resource.name, draft.id, text, modified);
    }
}

/// Changes members of a record from within, without hooks.
pub(crate) fn touch(data: &mut Data, table: &str, id: i64, changes: &[(&str, String)]) {
    let Some(mut draft) = open(data, data.table(table).resource, id) else { return };
    for (name, value) in changes {
        draft.set(name, value.as_str());
    }
    keep(data, &mut draft);
}

/// Removes a record with everything that belongs to it, or archives it.
pub(crate) fn delete(data: &mut Data, resource: &'static Resource, id: i64) -> Result<(), Failure> {
    hooks::deleting(data, resource, id)?;
    match &resource.archive {
        None => {
            let owned = |table: &&Table| table.resource.parent.as_ref() == Some(&resource.name);
            let children: Vec<(&str, Vec<i64>)> = data
                .tables()
                .iter()
                .filter(owned)
                .map(|table| (table.resource.name.as_str(), table.children(id).to_vec()))
                .collect();
            for (table, ids) in children {
                for child in ids {
                    data.remove(table, child);
                }
            }
            data.remove(&resource.name, id);
        }
        Some(member) => {
            let Some(mut draft) = open(data, resource, id) else { return Ok(()) };
            draft.set(member, "true");
            let now = data.clock.now();
            if let Some(text) = draft.change(now) {
                data.archive(&resource.name, id, text, now);
            }
        }
    }
    Ok(())
}

fn unique(data: &Data, draft: &Draft) -> Result<(), Failure> {
    let table = data.table(&draft.resource.name);
    for field in draft.resource.fields.iter().filter(|field| field.unique) {
        let value = draft.given(&field.name).and_then(json::string).unwrap_or_default();
        let holder = if value.is_empty() { None } else { table.holder(&field.name, &value) };
        if holder.is_some_and(|holder| holder != draft.id) {
            return Err(hooks::duplicate(draft.resource, &field.name, &value));
        }
    }
    Ok(())
}

/// Reads a body that has to be an object.
pub(crate) fn read_object(body: &str) -> Result<Members<'_>, Failure> {
    Members::read(body).ok_or_else(|| Failure::new(400, "Input is invalid"))
}

/// Reads a body that has to be an array of at most so many items.
pub(crate) fn read_array(body: &str, most: Option<usize>) -> Result<Vec<&str>, Failure> {
    let items = json::entries(body).ok_or_else(|| Failure::new(400, "Input is invalid"))?;
    match most {
        Some(most) if items.len() > most => Err(Failure::new(
            413,
            format!("The request payload is too large. The maximum items allowed in the array is {most}."),
        )),
        _ => Ok(items),
    }
}
