//! The engine that serves declared resources: finds the endpoint of a path and reads what it wants.

mod answer;
mod filter;
pub(crate) mod known;
mod list;
mod query;
mod render;
mod single;

pub(crate) use answer::{Answer, Failure, Version};
pub(crate) use filter::{Visible, Wanted, not_filters};
pub(crate) use list::{find, plain_page};
pub(crate) use query::Query;
pub(crate) use render::View;
pub(crate) use single::{answer as single_answer, inherited, number as single_number, says_nothing};

use crate::data::{Data, SINGLE};
use crate::declare::{Action, Deed, Endpoint, Resource, Segment, Verb, resources};
use crate::hooks;

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
}

impl Route {
    /// Finds a path such as `/v3/catalog/products/7`.
    pub fn find(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.trim_end_matches('/').split('/').skip(1).collect();
        resources().iter().find_map(|resource| {
            resource.endpoints.iter().find_map(|endpoint| {
                let (ids, keys) = ids(endpoint, &parts)?;
                Some(Route { resource, endpoint, ids, keys })
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
        Ok(Self { resource: self.resource, endpoint: self.endpoint, ids, keys: Vec::new() })
    }

    /// The family the path belongs to.
    pub fn version(path: &str) -> Version {
        if path.starts_with("/v2/") { Version::V2 } else { Version::V3 }
    }

    /// What a method does there.
    pub fn action(&self, verb: Verb) -> Option<&'static Action> {
        self.endpoint.methods.iter().find(|(known, _)| *known == verb).map(|(_, action)| action)
    }

    /// The record that those of this path belong to, when the path says; 404 when it does not exist.
    pub fn parent(&self, data: &Data, deed: Deed, version: Version) -> Result<Option<i64>, Failure> {
        let Some(parent) = &self.resource.parent else { return Ok(None) };
        let single = matches!(deed, Deed::One | Deed::Update | Deed::Delete);
        let count = self.ids.len() - usize::from(single && !self.ids.is_empty());
        if count == 0 {
            return Ok(None);
        }
        let id = self.ids[0];
        let table = data.table(parent);
        match table.any(id) {
            Some(_) => Ok(Some(id)),
            None => Err(Failure::not_found(version, &table.resource.noun, id)),
        }
    }
}

/// The integers of a path and what it names by text.
type Named = (Vec<i64>, Vec<(usize, &'static str, String)>);

fn ids(endpoint: &'static Endpoint, parts: &[&str]) -> Option<Named> {
    if endpoint.segments.len() != parts.len() {
        return None;
    }
    let (mut ids, mut keys) = (Vec::new(), Vec::new());
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
        }
    }
    Some((ids, keys))
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
    let parent = route.parent(data, action.does, version)?;
    let table = data.table(&resource.name);
    match action.does {
        Deed::List => list::answer(data, table, parent, query, version, strict_limit),
        Deed::Single if resource.singleton() => single::read(data, route, action, query, version),
        Deed::Hook => hooks::read(data, &action.hook, &route.ids, query, version, strict_limit),
        _ => {
            let id =
                if action.does == Deed::Single { SINGLE } else { route.ids.last().copied().unwrap_or(0) };
            let record = table.any(id).filter(|record| parent.is_none_or(|parent| record.parent == parent));
            let visible = hooks::visible(data, resource, query.caller());
            let record = record.filter(|record| visible.as_ref().is_none_or(|visible| visible(record)));
            let record = record.ok_or_else(|| Failure::not_found(version, &resource.noun, id))?;
            let mut answer = one(data, resource, record.id, query, version, 200);
            answer.modified = (version == Version::V2 && record.modified > 0).then_some(record.modified);
            Ok(answer)
        }
    }
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
