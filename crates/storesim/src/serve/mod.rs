//! The engine that serves declared resources: finds the endpoint of a path and reads what it wants.

mod answer;
mod cursor;
mod filter;
pub(crate) mod inside;
pub(crate) mod known;
mod list;
pub(crate) mod owned;
mod query;
mod render;
mod single;
pub(crate) mod view;

pub(crate) use answer::{Answer, Failure, Version};
pub(crate) use filter::{Visible, Wanted, not_filters};
pub(crate) use list::{find, limit, page_of, plain_page};
pub(crate) use query::{Query, encode};
pub(crate) use render::View;
pub(crate) use single::{answer as single_answer, inherited, number as single_number, says_nothing};

use crate::data::{Data, SINGLE};
use crate::declare::{Action, Deed, Endpoint, Resource, Segment, Verb, resources};
use crate::hooks;
use crate::readings::Point;

/// The endpoint of a path, with the ids in it.
#[derive(Debug)]
pub(crate) struct Route {
    /// What is served there.
    pub resource: &'static Resource,
    /// The declared path.
    pub endpoint: &'static Endpoint,
    /// The integers of the path, and the numbers of records that it names by text.
    pub ids: Vec<i64>,
    /// Texts that name records: which of `ids` each is to become, and the table.
    keys: Vec<(usize, &'static str, String)>,
    /// Its other words.
    pub words: Vec<String>,
}

impl Route {
    /// Finds a path such as `/v3/catalog/products/7`.
    pub fn find(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.trim_end_matches('/').split('/').skip(1).collect();
        resources().iter().find_map(|resource| {
            resource.endpoints.iter().find_map(|endpoint| {
                let (ids, keys, words) = keys(endpoint, &parts)?;
                Some(Route { resource, endpoint, ids, keys, words })
            })
        })
    }

    /// Finds the records that the path names by text; 404 for one that does not exist.
    pub fn resolved(&self, data: &Data, version: Version) -> Result<Self, Failure> {
        let mut ids = self.ids.clone();
        for (at, name, text) in &self.keys {
            let table = data.table(name);
            let id = table.holder(&table.resource.key, text);
            ids[*at] = id.ok_or_else(|| Failure::not_found(version, &table.resource.noun, text))?;
        }
        let words = self.words.clone();
        Ok(Self { resource: self.resource, endpoint: self.endpoint, ids, keys: Vec::new(), words })
    }

    /// The family whose form is spoken at a path.
    pub fn version(path: &str) -> Version {
        // Connectors read transactions under V2 too, in the form of V3.
        let of_v3 = || path.trim_end_matches('/').ends_with("/transactions");
        if path.starts_with("/v2/") && !of_v3() { Version::V2 } else { Version::V3 }
    }

    /// What a method does there.
    pub fn action(&self, verb: Verb) -> Option<&'static Action> {
        self.endpoint.methods.iter().find(|(known, _)| *known == verb).map(|(_, action)| action)
    }

    /// The record that those of this path belong to, when the path says; 404 when it does not exist, or
    /// does not belong to the one before it in the path.
    pub fn parent(&self, data: &Data, action: &Action, version: Version) -> Result<Option<i64>, Failure> {
        let Some(parent) = &self.resource.parent else { return Ok(None) };
        let above = match action.does {
            // Other keys may follow that the hook looks up.
            Deed::Hook => self.ids.len().min(1),
            _ if !action.by.is_empty() => (self.ids.len() + self.words.len()).saturating_sub(action.by.len()),
            Deed::One | Deed::Update | Deed::Delete => self.ids.len().saturating_sub(1),
            _ => self.ids.len(),
        };
        let mut chain: Vec<&Resource> = Vec::new();
        let mut next = Some(data.table(parent).resource);
        while let Some(resource) = next {
            chain.push(resource);
            next = resource.parent.as_ref().map(|name| data.table(name).resource);
        }
        // The hooks of nested records begin with the topmost one.
        let skipped = if action.does == Deed::Hook { chain.len() - 1 } else { 0 };
        let depth = above.min(chain.len() - skipped);
        let ids = &self.ids[above - depth..above];
        let mut known = None;
        for (at, (resource, id)) in chain[skipped..skipped + depth].iter().rev().zip(ids).enumerate() {
            let is_parent = resource.name == *parent;
            if self.resource.loose && !is_parent {
                continue;
            }
            let found = data.table(&resource.name).any(*id);
            let found =
                found.filter(|record| known.is_none_or(|above| record.parent == above || record.parent == 0));
            // An import may bring records without the one that they belong to.
            let orphans = || match ids.get(at + 1) {
                None => !data.table(&self.resource.name).children(*id).is_empty(),
                Some(next) => {
                    let below = chain[skipped..skipped + depth].iter().rev().nth(at + 1);
                    let below = below.and_then(|below| data.table(&below.name).any(*next));
                    below.is_some_and(|below| below.parent == *id || below.parent == 0)
                }
            };
            if found.is_none() && !action.orphans && !orphans() {
                return Err(Failure::not_found(version, &resource.noun, *id));
            }
            known = Some(*id);
        }
        Ok(known.filter(|_| skipped == 0))
    }

    /// What the last keys of the path say about a record, by its members.
    pub fn said<'a>(&self, action: &'a Action) -> Vec<(&'a str, String)> {
        let ids = self.ids.iter().map(i64::to_string);
        let keys: Vec<String> = ids.chain(self.words.iter().cloned()).collect();
        let first = keys.len().saturating_sub(action.by.len());
        action.by.iter().map(String::as_str).zip(keys.into_iter().skip(first)).collect()
    }
}

/// The integers of a path, what it names by text, and its other words.
type Named = (Vec<i64>, Vec<(usize, &'static str, String)>, Vec<String>);

fn keys(endpoint: &'static Endpoint, parts: &[&str]) -> Option<Named> {
    if endpoint.segments.len() != parts.len() {
        return None;
    }
    let (mut ids, mut keys, mut words) = (Vec::new(), Vec::new(), Vec::new());
    for (segment, part) in endpoint.segments.iter().zip(parts) {
        match segment {
            Segment::Text(text) if text == part => {}
            Segment::Text(_) => return None,
            Segment::Id if part.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
                ids.push(part.parse().ok()?)
            }
            Segment::Id => return None,
            Segment::Key(table) => {
                let uuid = uuid::Uuid::try_parse(part).ok()?;
                keys.push((ids.len(), table.as_str(), uuid.to_string()));
                ids.push(0);
            }
            Segment::Word if part.is_empty() => return None,
            Segment::Word => words.push(query::part(part)),
        }
    }
    Some((ids, keys, words))
}

/// Serves a GET.
pub(crate) fn read(
    data: &Data,
    route: &Route,
    action: &Action,
    query: &Query,
    version: Version,
    strict_limit: bool,
) -> Result<Answer, Failure> {
    let route = &route.resolved(data, version)?;
    let resource = route.resource;
    let parent = route.parent(data, action, version)?;
    let table = data.table(&resource.name);
    if resource.view_of.is_some() {
        return view::read(data, route, action, parent, query, strict_limit);
    }
    if resource.name == "coupons" && action.does == Deed::One && data.readings.is(Point::CouponById, "405") {
        return Err(Failure::new(405, "Method not allowed"));
    }
    match action.does {
        Deed::List if action.needs.as_ref().is_some_and(|needed| query.get(needed).is_none()) => {
            let needed = action.needs.as_deref().unwrap_or_default();
            Err(Failure::new(422, format!("Parameter {needed} is required")))
        }
        Deed::Count => list::count(data, table, parent, query, version),
        Deed::Single if resource.singleton() => single::read(data, route, action, query, version),
        Deed::Hook => hooks::read(data, &action.hook, &route.ids, query, version, strict_limit),
        _ if resource.inside.is_some() => inside::read(data, route, action, parent, query, strict_limit),
        Deed::List => {
            let said = route.said(action);
            list::answer(data, table, parent, &said, query, version, strict_limit)
        }
        _ => {
            let id = match action.does {
                Deed::Single => SINGLE,
                _ => record_of(data, route, action, parent).unwrap_or(0),
            };
            let record = table.any(id).filter(|record| parent.is_none_or(|parent| record.parent == parent));
            let visible = hooks::visible(data, resource, query.caller());
            let record = record.filter(|record| visible.as_ref().is_none_or(|visible| visible(record)));
            let record = record.ok_or_else(|| missing(route, version))?;
            // The answers of V2 have no envelope.
            let form = if action.bare { Version::V2 } else { version };
            let mut answer = one(data, resource, record.id, query, form, 200);
            answer.modified = (version == Version::V2 && record.modified > 0).then_some(record.modified);
            Ok(answer)
        }
    }
}

/// The key of the record that a path names.
pub(crate) fn record_of(data: &Data, route: &Route, action: &Action, parent: Option<i64>) -> Option<i64> {
    if action.by.is_empty() {
        return route.ids.last().copied();
    }
    let mut values: Vec<String> = parent.iter().map(i64::to_string).collect();
    values.extend(route.said(action).into_iter().map(|(_, value)| value));
    data.table(&route.resource.name).identified(&values)
}

/// 404 for the record that a path names.
pub(crate) fn missing(route: &Route, version: Version) -> Failure {
    Failure::not_found(version, &route.resource.noun, route.ids.last().copied().unwrap_or(0))
}

/// One record in its envelope.
pub(crate) fn one(
    data: &Data,
    resource: &'static Resource,
    id: i64,
    query: &Query,
    version: Version,
    status: u16,
) -> Answer {
    let table = data.table(&resource.name);
    let mut body = Vec::with_capacity(4096);
    if version == Version::V3 {
        body.extend_from_slice(b"{\"data\":");
    }
    if let Some(record) = table.any(id) {
        View::read(resource, query).render(data, table, record, &mut body);
    }
    if version == Version::V3 {
        body.extend_from_slice(b",\"meta\":{}}");
    }
    Answer::new(status, body)
}
