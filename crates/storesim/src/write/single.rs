//! Changes of objects of which the store has one, and of what a channel has in their place.
//!
//! The store's own object takes the members that are sent. A channel's has to be sent whole: null
//! inherits, and nothing but nulls takes the override away (settings.v3.yml).

use super::{read_object, value};
use crate::data::{Data, SINGLE};
use crate::declare::{Action, Field};
use crate::hooks;
use crate::json::{self, Members, object};
use crate::serve::{self, Answer, Failure, Query, Route, Version};
use crate::table::Record;

/// Serves the PUT of one.
pub(super) fn put(
    data: &mut Data,
    route: &Route,
    action: &Action,
    query: &Query,
    body: &str,
    version: Version,
) -> Result<Answer, Failure> {
    let resource = route.resource;
    let number = serve::single_number(data, route, query, version)?;
    let body = match &action.member {
        Some(name) => std::borrow::Cow::Owned(format!("{{{}:{body}}}", json::quote(name))),
        None => std::borrow::Cow::Borrowed(body),
    };
    let input = read_object(&body)?;
    let whole = data.text(&resource.name, SINGLE).unwrap_or("{}").to_owned();
    let held = data.text(&resource.name, number).map(str::to_owned);
    let mut change = Change { overrides: number != SINGLE && !resource.partial, wrong: Vec::new() };
    let before = held.clone().unwrap_or_else(|| match resource.partial {
        true => whole.clone(),
        false => serve::inherited(&whole),
    });
    let before = Members::read(&before).unwrap_or(Members(Vec::new()));
    let mut members = Vec::with_capacity(resource.fields.len());
    for field in &resource.fields {
        let old = before.get(&field.name).unwrap_or("null");
        let sent = input.get(&field.name).filter(|_| !field.read_only);
        members.push((field.name.as_str(), change.member(field, sent, old)));
    }
    if !change.wrong.is_empty() {
        let mut failure = Failure::new(resource.texts.status, resource.texts.invalid_title.clone());
        failure.errors = change.wrong;
        return Err(failure);
    }
    let text = object(members.iter().map(|(name, value)| (*name, value.as_str())));
    match held {
        _ if number != SINGLE && serve::says_nothing(&text) => data.remove(&resource.name, number),
        Some(_) => data.rewrite(&resource.name, number, text, None),
        None => {
            let record = Record { id: number, parent: number - SINGLE, modified: 0, text: text.into() };
            data.insert(&resource.name, record);
        }
    }
    hooks::put_single(data, &resource.name, number);
    Ok(serve::single_answer(data, resource, number, action, version, action.status.unwrap_or(200)))
}

/// What a request makes of the members.
struct Change {
    /// A channel's object, in which null inherits.
    overrides: bool,
    wrong: Vec<(String, String)>,
}

impl Change {
    fn refuse(&mut self, name: &str, reason: impl Into<String>) -> String {
        self.wrong.push((name.to_owned(), reason.into()));
        "null".into()
    }

    /// The value of a member, given what was sent and what it had.
    fn member(&mut self, field: &Field, sent: Option<&str>, old: &str) -> String {
        let shape = field.default.as_deref().unwrap_or("null");
        match sent {
            None if self.overrides && !field.read_only => self.refuse(&field.name, "error.path.missing"),
            None => old.to_owned(),
            Some("null") if self.overrides => serve::inherited(shape),
            Some(raw) => match value::accept(field, raw, crate::dates::Form::Zulu) {
                Err(reason) => self.refuse(&field.name, reason),
                Ok(text) => self.fit(&field.name, shape, &text, old),
            },
        }
    }

    /// An object keeps the members and the types of its shape; what else is sent is passed over.
    fn fit(&mut self, path: &str, shape: &str, sent: &str, old: &str) -> String {
        let (Some(shapes), Some(sents)) = (Members::read(shape), Members::read(sent)) else {
            return sent.to_owned();
        };
        if shapes.0.is_empty() {
            return sent.to_owned();
        }
        let olds = Members::read(old);
        let mut members = Vec::with_capacity(shapes.0.len());
        for (name, shape) in &shapes.0 {
            let (path, shape) = (format!("{path}.{name}"), shape.get());
            let before = olds.as_ref().and_then(|olds| olds.get(name)).unwrap_or("null");
            let value = match sents.get(name).map(json::compact) {
                None if self.overrides => serve::inherited(shape),
                None => before.to_owned(),
                Some(raw) if raw == "null" && self.overrides => serve::inherited(shape),
                Some(raw) if shape == "null" || kind(&raw) == kind(shape) => {
                    self.fit(&path, shape, &raw, before)
                }
                Some(_) => self.refuse(&path, format!("must be {}", kind(shape))),
            };
            members.push((name.as_ref(), value));
        }
        object(members.iter().map(|(name, value)| (*name, value.as_str())))
    }
}

/// What a JSON text is.
fn kind(text: &str) -> &'static str {
    match text.as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}
