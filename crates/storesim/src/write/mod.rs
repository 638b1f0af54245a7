//! Changes to the store as the API makes them: one path for clients, for `/_sim/mutate` and for what a
//! change drags along.

mod batch;
mod draft;
mod inside;
mod single;
pub(crate) mod value;
mod view;

pub(crate) use draft::{Draft, invalid};

use std::borrow::Cow;

use crate::data::Data;
use crate::declare::{Action, Deed, Reply, Resource};
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
        return Err(Failure::malformed());
    }
    data.caller = query.caller().clone();
    data.batched = false;
    let answer = data.all_or_nothing(|data| deed(data, route, action, query, body, version));
    match data.end_stock_failure() {
        true => answer.map(partly),
        false => answer,
    }
}

/// 207 for what was saved without its stock (products_catalog.v3.yml).
fn partly(answer: Answer) -> Answer {
    let mut failure = Failure::new(207, "The inventory could not be updated.");
    failure = failure.field("inventory_level", "The inventory service did not take the level.");
    let text = String::from_utf8_lossy(&answer.body);
    Answer { status: 207, body: json::edit(&text, &[("errors", failure.object())]).into_bytes(), ..answer }
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
    let parent = route.parent(data, action, version)?;
    if resource.view_of.is_some() {
        return view::deed(data, route, action, parent, query, body);
    }
    let status = |usual: u16| action.status.unwrap_or(usual);
    let one = |data: &Data, id: i64| match action.reply {
        Reply::Data => {
            let form = if action.bare { Version::V2 } else { version };
            serve::one(data, resource, id, query, form, status(200))
        }
        Reply::Empty => Answer::data(status(200), "{}"),
        Reply::Nothing => Answer::new(status(200), ""),
    };
    let named = |data: &Data| {
        let id = serve::record_of(data, route, action, parent);
        let found = id.and_then(|id| data.table(&resource.name).get(id));
        found
            .filter(|record| {
                parent.is_none_or(|parent| record.parent == parent) && visible(data, resource, query, record)
            })
            .map(|record| record.id)
    };
    let missing = || serve::missing(route, version);
    match action.does {
        Deed::Hook => hooks::write(data, action, &route.ids, query, body, version, &route.words),
        _ if resource.inside.is_some() => inside::perform(data, route, action, parent, body),
        Deed::Create => {
            let input = read_object(body)?;
            let parent = match parent {
                Some(parent) => Some(parent),
                None => named_parent(data, resource, &input)?,
            };
            let id = create(data, resource, parent, &input, version)?;
            Ok(one(data, id))
        }
        Deed::Update => {
            let found = named(data);
            let text = said(route, action, body)?;
            if found.is_none() && action.upsert {
                let completed = hooks::completed(data, resource, parent, &text)?;
                let id = create(data, resource, parent, &read_object(&completed)?, version)?;
                return Ok(one(data, id));
            }
            let id = found.ok_or_else(missing)?;
            update(data, resource, id, &read_object(&text)?, version)?;
            Ok(one(data, id))
        }
        Deed::Upsert => {
            let id = upserted(data, resource, parent, body, version)?;
            Ok(one(data, id))
        }
        Deed::Delete => {
            let id = named(data).ok_or_else(missing)?;
            delete(data, resource, id)?;
            Ok(Answer::nothing())
        }
        Deed::DeleteMany => delete_many(data, resource, parent, action, query, version),
        Deed::CreateMany => batch::perform(data, route, action, body, |data, item| {
            created_item(data, resource, parent, item, version)
        }),
        Deed::UpsertMany => batch::perform(data, route, action, body, |data, item| {
            upserted(data, resource, parent, item, version).map(Some)
        }),
        Deed::UpdateMany => batch::perform(data, route, action, body, |data, item| {
            let input = read_object(item)?;
            let id = key_of(data, resource, &input);
            let missing = || {
                Failure::new(422, resource.texts.invalid_title.clone())
                    .field(resource.key.clone(), "error.path.missing")
            };
            if id.is_none() && action.keyless_as_new {
                Draft::new(resource, 0, 0, None).take(&input, version)?;
            }
            let id = id.ok_or_else(missing)?;
            existing(data, resource, id, query, version)?;
            Ok(update(data, resource, id, &input, version)?.then_some(id))
        }),
        Deed::DeleteListed => batch::perform(data, route, action, body, |data, item| {
            let id = json::integer(item).ok_or_else(|| Failure::new(422, "An id must be an integer"))?;
            existing(data, resource, id, query, version)?;
            delete(data, resource, id)?;
            Ok(Some(id))
        }),
        Deed::PutSingle => single::put(data, route, action, query, body, version),
        Deed::List | Deed::Count | Deed::One | Deed::Single => Err(Failure::new(405, "Method not allowed")),
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

/// A body with what the path says about the record besides.
fn said<'a>(route: &Route, action: &Action, body: &'a str) -> Result<Cow<'a, str>, Failure> {
    read_object(body)?;
    if action.by.is_empty() {
        return Ok(Cow::Borrowed(body));
    }
    let said = route.said(action).into_iter();
    let said: Vec<(&str, String)> = said
        .map(|(name, value)| (name, if value.parse::<i64>().is_ok() { value } else { json::quote(&value) }))
        .collect();
    Ok(Cow::Owned(json::edit(body, &said)))
}

/// Creates one item of an array; one that the path names no parent for knows it by a member.
fn created_item(
    data: &mut Data,
    resource: &'static Resource,
    parent: Option<i64>,
    item: &str,
    version: Version,
) -> Result<Option<i64>, Failure> {
    read_object(item)?;
    let text = hooks::completed(data, resource, parent, item)?;
    let input = read_object(&text)?;
    let parent = match parent {
        Some(parent) => Some(parent),
        None => named_parent(data, resource, &input)?,
    };
    if hooks::is_duplicate(data, resource, None, &input) {
        return Ok(None);
    }
    create(data, resource, parent, &input, version).map(Some)
}

/// The parent that a member names; refused when it does not exist, or is not named at all.
fn named_parent(data: &Data, resource: &Resource, input: &Members) -> Result<Option<i64>, Failure> {
    let (Some(table), Some(member)) = (&resource.parent, &resource.parent_member) else { return Ok(None) };
    let title = &resource.texts.invalid_title;
    let owner = data.table(table);
    let named = |raw: &str| match owner.resource.text_key() {
        true => Some(owner.holder(&owner.resource.key, &json::string(raw)?).unwrap_or(0)),
        false => json::integer(raw),
    };
    match input.get(member).and_then(named) {
        Some(id) if data.table(table).get(id).is_none() => {
            let named = json::plain(input.get(member).unwrap_or_default());
            Err(Failure::new(422, title.clone())
                .field(member.clone(), format!("{member} {named} does not exist")))
        }
        Some(id) => Ok(Some(id)),
        // A required member is missed with all others that are.
        None if resource.field(member).is_some_and(|field| field.required) => Ok(None),
        None => Err(Failure::new(422, title.clone()).field(member.clone(), "error.path.missing")),
    }
}

/// Makes a record, or changes the one with the same key or identity; its key.
fn upserted(
    data: &mut Data,
    resource: &'static Resource,
    parent: Option<i64>,
    item: &str,
    version: Version,
) -> Result<i64, Failure> {
    read_object(item)?;
    let text = hooks::completed(data, resource, parent, item)?;
    let input = read_object(&text)?;
    let id = if resource.identity.is_empty() {
        let id = key_of(data, resource, &input);
        if let Some(id) = id
            && data.table(&resource.name).get(id).is_none()
        {
            let reason = format!("{} does not exist.", capital(&resource.noun));
            return Err(
                Failure::new(422, resource.texts.invalid_title.clone()).field(resource.key.clone(), reason)
            );
        }
        id
    } else {
        let value = |name: &String| json::plain(input.get(name).unwrap_or("null")).into_owned();
        let values: Vec<String> = resource.identity.iter().map(value).collect();
        data.table(&resource.name).identified(&values)
    };
    match id {
        Some(id) => update(data, resource, id, &input, version).map(|_| id),
        None => {
            let parent = match parent {
                Some(parent) => Some(parent),
                None => named_parent(data, resource, &input)?,
            };
            create(data, resource, parent, &input, version)
        }
    }
}

fn capital(noun: &str) -> String {
    let mut letters = noun.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn delete_many(
    data: &mut Data,
    resource: &'static Resource,
    parent: Option<i64>,
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
    if let Some(most) = action.batch
        && query.0.iter().any(|(name, list)| name.ends_with(":in") && list.split(',').count() > most)
    {
        return Err(batch::too_many(action, most));
    }
    let mut wanted = Wanted::read(resource, &query, version, data.clock.now())?;
    hooks::narrow(data, resource, &query, &mut wanted);
    data.batched = true;
    let lacks = action.needs.as_ref().is_some_and(|needed| query.get(needed).is_none());
    if (wanted.count == 0 || lacks) && !action.everything {
        return match action.lenient {
            true => Ok(Answer::nothing()),
            false => Err(Failure::new(
                422,
                format!("At least one filter is required to delete {}.", resource.name.replace('_', " ")),
            )),
        };
    }
    let ids: Vec<i64> = {
        let found = find(data.table(&resource.name), parent, &wanted, &query);
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

/// Whether who asks sees a record.
fn visible(data: &Data, resource: &Resource, query: &Query, record: &Record) -> bool {
    hooks::visible(data, resource, query.caller()).is_none_or(|visible| visible(record))
}

/// Whether a record exists, for whom asks.
fn existing(
    data: &Data,
    resource: &Resource,
    id: i64,
    query: &Query,
    version: Version,
) -> Result<(), Failure> {
    let found = data.table(&resource.name).get(id);
    let found = found.filter(|record| visible(data, resource, query, record));
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
            remove_owned(data, &resource.name, id);
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

/// Removes what belongs to a record, and what belongs to that.
pub(crate) fn remove_owned(data: &mut Data, name: &str, id: i64) {
    let owned = |table: &&Table| table.resource.parent.as_deref() == Some(name);
    let children: Vec<(&str, Vec<i64>)> = data
        .tables()
        .iter()
        .filter(owned)
        .map(|table| (table.resource.name.as_str(), table.children(id).to_vec()))
        .collect();
    for (table, ids) in children {
        for child in ids {
            remove_owned(data, table, child);
            data.remove(table, child);
        }
    }
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
    let identity = &draft.resource.identity;
    if identity.iter().any(|name| draft.given(name).is_some()) {
        let value = |name: &String| {
            let default = draft.resource.field(name).and_then(|field| field.default.clone());
            match draft.get(name).or(default).as_deref() {
                Some("$parent") => draft.parent.to_string(),
                raw => json::plain(raw.unwrap_or("null")).into_owned(),
            }
        };
        let values: Vec<String> = identity.iter().map(value).collect();
        if table.identified(&values).is_some_and(|holder| holder != draft.id) {
            return Err(hooks::duplicate(draft.resource, &identity[identity.len() - 1], &values.join(", ")));
        }
    }
    Ok(())
}

/// Reads a body that has to be an object.
pub(crate) fn read_object(body: &str) -> Result<Members<'_>, Failure> {
    Members::read(body).ok_or_else(Failure::malformed)
}

/// Reads a body that has to be an array of at most so many items.
pub(crate) fn read_array<'a>(body: &'a str, action: &Action) -> Result<Vec<&'a str>, Failure> {
    let items = json::entries(body).ok_or_else(Failure::malformed)?;
    match action.batch {
        Some(most) if items.len() > most => Err(batch::too_many(action, most)),
        _ => Ok(items),
    }
}

/// The texts of an array of strings; `None` when anything else is in it.
pub(crate) fn read_array_text(raw: &str) -> Option<Vec<String>> {
    let entries = json::entries(raw)?.into_iter();
    entries.map(|entry| json::string(entry).map(|text| text.into_owned())).collect()
}
