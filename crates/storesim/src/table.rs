//! One resource's records in memory: their texts in key order, with the indexes that keep pages,
//! children and duplicates cheap.

use std::collections::{BTreeMap, HashMap};

use crate::data::SINGLE;
use crate::dates;
use crate::declare::Resource;
use crate::error::Error;
use crate::json::{self, Members};

/// The largest key taken: the largest integer that every JSON reader keeps, far from any overflow.
pub(crate) const MOST_ID: i64 = (1 << 53) - 1;

/// The channel of a store's own storefront.
const DEFAULT_CHANNEL: i64 = 1;

/// The number of a record that gets one when it is loaded.
const UNNUMBERED: i64 = i64::MIN;

/// One record: its text as served, and what filters need without reading the text.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// The key.
    pub id: i64,
    /// The record it belongs to, 0 for none.
    pub parent: i64,
    /// Unix seconds of the last change, 0 when the resource does not say.
    pub modified: i64,
    /// The plain representation, compact JSON.
    pub text: Box<str>,
}

/// Keys by what records are found by.
type Index = HashMap<Box<str>, i64>;

/// All records of a resource.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// Its declaration.
    pub resource: &'static Resource,
    records: Vec<Record>,
    archived: BTreeMap<i64, Record>,
    children: HashMap<i64, Vec<i64>>,
    /// Who has a value in a unique field, or the values of an identity.
    unique: Vec<(Vec<&'static str>, Index)>,
    next: i64,
}

impl Table {
    pub fn new(resource: &'static Resource) -> Self {
        let by_text = |name: &str| resource.text_key() && name == resource.key;
        let unique = resource.fields.iter().filter(|field| field.unique || by_text(&field.name));
        let unique = unique.map(|field| vec![field.name.as_str()]);
        let identity: Vec<&str> = resource.identity.iter().map(String::as_str).collect();
        let identity = Some(identity).filter(|members| !members.is_empty());
        Self {
            resource,
            records: Vec::new(),
            archived: BTreeMap::new(),
            children: HashMap::new(),
            unique: unique.chain(identity).map(|fields| (fields, HashMap::new())).collect(),
            next: 1,
        }
    }

    /// Live records in key order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Where a key is, or would be.
    pub fn position(&self, id: i64) -> Result<usize, usize> {
        // New records mostly have the highest key.
        match self.records.last() {
            Some(last) if last.id < id => Err(self.records.len()),
            _ => self.records.binary_search_by_key(&id, |record| record.id),
        }
    }

    /// A live record.
    pub fn get(&self, id: i64) -> Option<&Record> {
        self.position(id).ok().map(|at| &self.records[at])
    }

    /// A record, archived or not.
    pub fn any(&self, id: i64) -> Option<&Record> {
        self.get(id).or_else(|| self.archived.get(&id))
    }

    /// Archived records.
    pub fn archived(&self) -> &BTreeMap<i64, Record> {
        &self.archived
    }

    /// Keys of the records that belong to `parent`, in the order in which they are listed.
    pub fn children(&self, parent: i64) -> &[i64] {
        self.children.get(&parent).map_or(&[], Vec::as_slice)
    }

    /// The records that belong to `parent`.
    pub fn of(&self, parent: i64) -> impl Iterator<Item = &Record> {
        self.children(parent).iter().filter_map(|id| self.any(*id))
    }

    /// The record with a value in a unique field, letters in any case.
    pub fn holder(&self, field: &str, value: &str) -> Option<i64> {
        let (_, index) = self.unique.iter().find(|(fields, _)| fields[..] == [field])?;
        index.get(fold(value).as_str()).copied()
    }

    /// The record with the values of the resource's identity.
    pub fn identified(&self, values: &[String]) -> Option<i64> {
        let identity = &self.resource.identity;
        let (_, index) =
            self.unique.iter().find(|(fields, _)| !identity.is_empty() && *fields == *identity)?;
        index.get(joined(values.iter().map(|value| fold(value))).as_str()).copied()
    }

    /// A key no record has had yet.
    pub fn claim(&mut self) -> i64 {
        let id = self.next;
        self.next += 1;
        id
    }

    /// Makes a record of a text.
    pub fn read(&self, parent: Option<i64>, text: &str) -> Result<Record, Error> {
        let resource = self.resource;
        let wrong = |reason: &str| Error::Row { resource: resource.name.clone(), reason: reason.into() };
        if json::is_too_deep(text) {
            return Err(wrong("it is nested too deeply"));
        }
        let members = Members::read(text).ok_or_else(|| wrong("it is no JSON object"))?;
        let key = members.get(&resource.key);
        let id = match key.and_then(json::integer) {
            _ if resource.text_key() => {
                let text = key.and_then(json::string).filter(|text| !text.is_empty());
                let text = text.ok_or_else(|| wrong(&format!("it has no usable {}", resource.key)))?;
                if self.holder(&resource.key, &text).is_some() {
                    return Err(wrong(&format!("{} {text} occurs twice", resource.key)));
                }
                UNNUMBERED
            }
            // What is imported may have keys that the store itself would not give.
            Some(id) if (-MOST_ID..=MOST_ID).contains(&id) => id,
            // Beside the store's own there are those of channels, the parents.
            None if resource.singleton() => match parent {
                Some(channel) if (1..MOST_ID).contains(&channel) => SINGLE + channel,
                _ if resource.only_channels() => SINGLE + DEFAULT_CHANNEL,
                _ => SINGLE,
            },
            None if resource.is_single() => SINGLE,
            None if !resource.has_key() => UNNUMBERED,
            // Some recorded answers do not tell it; such a record gets a number when all are there.
            None if key.is_none() => UNNUMBERED,
            _ => return Err(wrong(&format!("it has no usable {}", resource.key))),
        };
        let named =
            resource.parent_member.as_deref().and_then(|name| members.get(name)).and_then(json::integer);
        let modified = resource.modified.as_deref().and_then(|name| members.get(name));
        let modified = modified.and_then(|raw| dates::parse(&json::plain(raw), 0)).unwrap_or(0);
        Ok(Record { id, parent: parent.or(named).unwrap_or(0), modified, text: json::compact(text).into() })
    }

    /// Takes a record in without keeping the order; [`Table::settle`] has to follow. Records known by a
    /// text are numbered as they come, others without a number when all are there.
    pub fn load(&mut self, mut record: Record) {
        if record.id == UNNUMBERED && (self.resource.text_key() || !self.resource.has_key()) {
            record.id = self.claim();
        }
        if record.id != UNNUMBERED {
            self.list(&record);
        }
        self.records.push(record);
    }

    /// Takes all live records out.
    pub fn drain(&mut self) -> Vec<Record> {
        let records = std::mem::take(&mut self.records);
        for record in &records {
            self.children.remove(&record.parent);
            self.forget(record);
        }
        records
    }

    /// Ends loading: sorts by key and puts archived records aside.
    pub fn settle(&mut self) -> Result<(), Error> {
        let highest = self.records.iter().map(|record| record.id).max().unwrap_or(0);
        let unnumbered: Vec<Record> = self.records.extract_if(.., |record| record.id == UNNUMBERED).collect();
        for (record, id) in unnumbered.into_iter().zip(highest.saturating_add(1)..) {
            let record = Record { id, ..record };
            self.list(&record);
            self.records.push(record);
        }
        self.records.sort_by_key(|record| record.id);
        if let Some(pair) = self.records.windows(2).find(|pair| pair[0].id == pair[1].id) {
            let reason = format!("{} {} occurs twice", self.resource.key, pair[0].id);
            return Err(Error::Row { resource: self.resource.name.clone(), reason });
        }
        let identity = &self.resource.identity;
        let told = self.unique.iter().find(|(fields, _)| !identity.is_empty() && *fields == *identity);
        if told.is_some_and(|(_, index)| index.len() < self.records.len()) {
            let reason = format!("the same {} occur twice", identity.join(", "));
            return Err(Error::Row { resource: self.resource.name.clone(), reason });
        }
        if let Some(member) = &self.resource.archive {
            let gone = |record: &Record| {
                Members::read(&record.text).is_some_and(|members| members.get(member) == Some("true"))
            };
            for record in self.records.extract_if(.., |record| gone(record)) {
                self.archived.insert(record.id, record);
            }
        }
        self.records.shrink_to_fit();
        let highest = self.records.last().map_or(0, |record| record.id);
        let archived = self.archived.last_key_value().map_or(0, |(id, _)| *id);
        self.next = highest.max(archived).max(0) + 1;
        Ok(())
    }

    /// Stores a live record in place of one with the same key.
    pub fn put(&mut self, record: Record) {
        self.next = self.next.max(record.id + 1);
        self.take(record.id);
        self.index(&record);
        match self.position(record.id) {
            Ok(at) => self.records[at] = record,
            Err(at) => self.records.insert(at, record),
        }
    }

    /// Changes the text of a live record.
    pub fn rewrite(&mut self, record: Record) {
        match self.position(record.id) {
            Ok(at) if self.records[at].parent == record.parent => {
                let old = std::mem::replace(&mut self.records[at], record);
                if !self.unique.is_empty() {
                    let new = self.records[at].clone();
                    self.forget(&old);
                    self.remember(&new);
                }
            }
            _ => self.put(record),
        }
    }

    /// Stores a record among the archived ones.
    pub fn archive(&mut self, record: Record) {
        self.take(record.id);
        self.index(&record);
        self.archived.insert(record.id, record);
    }

    /// Removes a record, archived or not.
    pub fn take(&mut self, id: i64) -> Option<Record> {
        let record = match self.position(id) {
            Ok(at) => self.records.remove(at),
            Err(_) => self.archived.remove(&id)?,
        };
        if self.resource.parent.is_some()
            && let Some(children) = self.children.get_mut(&record.parent)
        {
            children.retain(|child| *child != id);
            if children.is_empty() {
                self.children.remove(&record.parent);
            }
        }
        self.forget(&record);
        Some(record)
    }

    /// Puts a record that is loaded after those of its parent that came before it, which is the order of
    /// their list.
    fn list(&mut self, record: &Record) {
        if self.resource.parent.is_some() {
            self.children.entry(record.parent).or_insert_with(|| Vec::with_capacity(1)).push(record.id);
        }
        self.remember(record);
    }

    fn index(&mut self, record: &Record) {
        if self.resource.parent.is_some() {
            let children = self.children.entry(record.parent).or_insert_with(|| Vec::with_capacity(1));
            let at = children.iter().position(|child| *child > record.id).unwrap_or(children.len());
            children.insert(at, record.id);
        }
        self.remember(record);
    }

    fn remember(&mut self, record: &Record) {
        if self.unique.is_empty() {
            return;
        }
        let Some(members) = Members::read(&record.text) else { return };
        for (fields, index) in &mut self.unique {
            if let Some(value) = indexed(&members, fields) {
                index.entry(value.into()).or_insert(record.id);
            }
        }
    }

    fn forget(&mut self, record: &Record) {
        if self.unique.is_empty() {
            return;
        }
        let Some(members) = Members::read(&record.text) else { return };
        for (fields, index) in &mut self.unique {
            if let Some(value) = indexed(&members, fields)
                && index.get(value.as_str()) == Some(&record.id)
            {
                index.remove(value.as_str());
            }
        }
    }
}

fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

/// What a record is found by: the value of one field that is not empty, or those of an identity, whatever
/// they are.
fn indexed(members: &Members, fields: &[&'static str]) -> Option<String> {
    if let [field] = fields {
        let value = members.get(field).filter(|raw| *raw != "null").map(json::plain)?;
        return Some(fold(&value)).filter(|value| !value.is_empty());
    }
    Some(joined(fields.iter().map(|field| fold(&json::plain(members.get(field).unwrap_or("null"))))))
}

fn joined(values: impl Iterator<Item = String>) -> String {
    let values: Vec<String> = values.collect();
    values.join("\u{1f}")
}
