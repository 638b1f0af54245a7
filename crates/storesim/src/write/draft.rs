//! A record being made or changed, before it is stored.

use super::value;
use crate::declare::{Kind, Resource};
use crate::json::{self, Members, compact, edit, object, quote};
use crate::serve::{Failure, Version};

/// What a request wants of one record.
pub(crate) struct Draft {
    pub resource: &'static Resource,
    pub id: i64,
    pub parent: i64,
    /// The record as it is, when there is one.
    pub old: Option<String>,
    /// Members that are to have a value.
    sets: Vec<(String, String)>,
    /// Members that are accepted and not served.
    extras: Vec<(String, String)>,
}

impl Draft {
    /// An empty one.
    pub fn new(resource: &'static Resource, id: i64, parent: i64, old: Option<String>) -> Self {
        Self { resource, id, parent, old, sets: Vec::new(), extras: Vec::new() }
    }

    /// Takes over what a client sent, or tells everything that is wrong with it.
    pub fn take(&mut self, input: &Members, version: Version) -> Result<(), Failure> {
        let resource = self.resource;
        let creating = self.old.is_none();
        let (mut missing, mut wrong, mut locked) = (Vec::new(), Vec::new(), Vec::new());
        for field in &resource.fields {
            let name = &field.name;
            let Some(raw) = input.get(name) else {
                if creating && field.required {
                    missing.push(name.clone());
                }
                continue;
            };
            if field.read_only || (field.create_only && !creating) {
                // The key of the record itself may be repeated, and V3 passes over it anyway.
                let other = !creating && version == Version::V2 && json::integer(raw) != Some(self.id);
                if (field.name != resource.key || other) && Some(name) != resource.parent_member.as_ref() {
                    locked.push(name.clone());
                }
                continue;
            }
            match value::accept(field, raw, resource.dates) {
                Err(reason) => wrong.push((name.clone(), reason)),
                Ok(text) if field.write_only => self.extras.push((name.clone(), text)),
                Ok(text) => {
                    let text = match (field.kind, self.old_value(name)) {
                        (Kind::Object, Some(old)) if old.starts_with('{') => merge(&old, &text),
                        _ => text,
                    };
                    self.set(name, text);
                }
            }
        }
        self.refuse(missing, wrong, locked, version)
    }

    fn refuse(
        &self,
        missing: Vec<String>,
        wrong: Vec<(String, String)>,
        locked: Vec<String>,
        version: Version,
    ) -> Result<(), Failure> {
        let texts = &self.resource.texts;
        match version {
            Version::V2 => {
                if let Some(name) = locked.first() {
                    return Err(Failure::new(
                        400,
                        format!(
                            "The field '{name}' cannot be written to. Please remove it from your request before trying again."
                        ),
                    ));
                }
                if let Some(name) = missing.first() {
                    return Err(Failure::new(400, format!("The required field '{name}' was not supplied.")));
                }
                match wrong.into_iter().next() {
                    Some((name, reason)) => Err(invalid(&name, reason)),
                    None => Ok(()),
                }
            }
            // V3 passes over what cannot be written.
            Version::V3 if !missing.is_empty() => {
                let mut failure = Failure::new(texts.status, texts.missing_title.clone());
                for name in missing {
                    let reason = texts.missing.replace("{}", &name);
                    failure = failure.field(name, reason);
                }
                for (name, reason) in wrong {
                    failure = failure.field(name, reason);
                }
                Err(failure)
            }
            Version::V3 if !wrong.is_empty() => {
                let mut failure = Failure::new(texts.status, texts.invalid_title.clone());
                for (name, reason) in wrong {
                    failure = failure.field(name.clone(), format!("{name} {reason}"));
                }
                Err(failure)
            }
            Version::V3 => Ok(()),
        }
    }

    /// The raw value a member will have.
    pub fn get(&self, name: &str) -> Option<String> {
        self.given(name).map(str::to_owned).or_else(|| self.old_value(name))
    }

    /// The raw value a member gets by this draft.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.sets.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The raw value a member had.
    pub fn old_value(&self, name: &str) -> Option<String> {
        Members::read(self.old.as_deref()?)?.get(name).map(str::to_owned)
    }

    /// A member that is accepted and not served.
    pub fn extra(&self, name: &str) -> Option<&str> {
        self.extras.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Keeps something for the hooks that is not served.
    pub fn add_extra(&mut self, name: &str, raw: String) {
        self.extras.push((name.to_owned(), raw));
    }

    /// Takes a member out of the draft.
    pub fn unset(&mut self, name: &str) -> Option<String> {
        let at = self.sets.iter().position(|(known, _)| known == name)?;
        Some(self.sets.remove(at).1)
    }

    /// Gives a member a raw value.
    pub fn set(&mut self, name: &str, raw: impl Into<String>) {
        let raw = raw.into();
        match self.sets.iter_mut().find(|(known, _)| known == name) {
            Some((_, value)) => *value = raw,
            None => self.sets.push((name.to_owned(), raw)),
        }
    }

    /// Gives a member a text.
    pub fn set_text(&mut self, name: &str, text: &str) {
        self.set(name, quote(text));
    }

    /// The text of a new record: fields in their declared order, defaults where nothing was sent.
    pub fn create(&mut self, now: i64) -> String {
        let mut members: Vec<(&str, String)> = Vec::with_capacity(self.resource.fields.len());
        for field in &self.resource.fields {
            if field.write_only {
                continue;
            }
            let value = match (self.given(&field.name), field.default.as_deref()) {
                (Some(value), _) => value.to_owned(),
                (None, Some("$id")) => self.id.to_string(),
                (None, Some("$parent")) => self.parent.to_string(),
                (None, Some("$uuid")) => quote(&crate::chance::uuid(&self.resource.name, self.id)),
                (None, Some("$now")) if field.kind == Kind::Stamp => quote(&now.to_string()),
                (None, Some("$now")) => quote(&self.resource.dates.write(now)),
                (None, Some(default)) => default.to_owned(),
                (None, None) => continue,
            };
            members.push((&field.name, value));
        }
        object(members.iter().map(|(name, value)| (*name, value.as_str())))
    }

    /// The changed text of an old record; `None` when nothing changes.
    pub fn change(&mut self, now: i64) -> Option<String> {
        let old = self.old.clone()?;
        let members = Members::read(&old)?;
        self.sets.retain(|(name, value)| members.get(name) != Some(value));
        if self.sets.is_empty() {
            return None;
        }
        if let Some(member) = self.resource.modified.clone() {
            self.set_text(&member, &self.resource.dates.write(now));
        }
        Some(edit(&old, &self.sets))
    }
}

/// A V2 refusal of one field.
pub(crate) fn invalid(name: &str, reason: impl Into<String>) -> Failure {
    Failure::new(400, format!("The field '{name}' is invalid.")).field(name, reason)
}

fn merge(old: &str, new: &str) -> String {
    let Some(members) = Members::read(new) else { return old.to_owned() };
    let changes: Vec<(&str, &str)> =
        members.0.iter().map(|(name, value)| (name.as_ref(), value.get())).collect();
    compact(&json::edit(old, &changes)).into_owned()
}
