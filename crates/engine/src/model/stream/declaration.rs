//! What a stream's declaration can say, and how it is read from TOML.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One kind of record mirrored from the API.
#[derive(Debug)]
pub struct Stream {
    /// The stream's name, which is also its table's in the mirror.
    pub name: String,
    /// What its records are, in a sentence.
    pub about: String,
    /// The path that lists it, below the store's base; none when it is only ever cut from its parent.
    pub path: Option<String>,
    /// Query parameters of every request.
    pub query: Vec<(String, String)>,
    /// The scope that reading asks for, less `_read_only`.
    pub scope: String,
    /// Records per page to ask for.
    pub limit: u32,
    /// What identifies a record.
    pub key: Vec<KeyPart>,
    /// The stream whose records these belong to.
    pub parent: Option<Parent>,
    /// How the list is walked from its beginning to its end.
    pub walk: Option<Walk>,
    /// How to ask for what was modified; without it a sync lists the stream whole.
    pub incremental: Option<Incremental>,
    /// Path that answers with the number of records as `count`; without it, the list's own pages may tell.
    pub total: Option<String>,
    /// How to ask for records by a list of ids.
    pub lookup: Option<Lookup>,
    /// Whether a record can be asked for by its own path, which is the list's with its id behind.
    pub single: bool,
    /// Whether it is mirrored only when asked for, although its list is cheap.
    pub off: bool,
    /// The store's events that concern its records.
    pub events: Vec<EventScopes>,
    /// Members that are records of other streams.
    pub cuts: Vec<Cut>,
    /// Member that is true in records which the list leaves out, though an id still finds them.
    pub archived: Option<String>,
    /// Typed columns, in the order of the table.
    pub columns: Vec<Column>,
}

/// One part of a key, and the column that holds it.
#[derive(Debug, Clone, PartialEq)]
pub enum KeyPart {
    /// The value at a path.
    At {
        /// Column of the mirror.
        column: String,
        /// Dotted path in the record.
        path: String,
        /// Integer or text.
        r#type: KeyType,
        /// Whether a record may have nothing there: zero, or the empty text, stands for it.
        empty: bool,
    },
    /// The first of several paths that holds a positive integer, and a second column that tells which it was.
    FirstOf {
        /// Column for the integer.
        column: String,
        /// Dotted paths, in the order of preference.
        paths: Vec<String>,
        /// Column for the kind.
        kind_column: String,
        /// The kind of each path; the first is the usual one.
        kinds: Vec<&'static str>,
    },
    /// All parts of the parent's key.
    Parent,
}

/// The type of a key part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyType {
    /// A positive integer.
    #[default]
    Integer,
    /// Text that is not empty.
    Text,
}

/// The stream that records belong to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parent {
    /// The parent stream.
    pub stream: String,
    /// Column that holds the parent's key; none when the parent's key is the first part of the key.
    pub column: Option<String>,
}

/// How a list is walked.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Walk {
    /// By ranges of ids, which concurrent edits cannot shift.
    Id {
        /// Parameter that excludes ids up to a value.
        after: Option<String>,
        /// Parameter that excludes ids below a value; one of this and `after`.
        from: Option<String>,
        /// Parameter that excludes ids above a value.
        upto: String,
        /// Parameters that sort by rising id.
        ascending: BTreeMap<String, String>,
        /// Parameters that sort by falling id.
        descending: BTreeMap<String, String>,
    },
    /// By the cursors that each page gives.
    Cursor {},
    /// By page numbers.
    Page {},
    /// One request that answers one record.
    One {},
    /// One request that answers all records: the list knows no pages.
    All {},
    /// One list for each record of the parent stream, whose id stands in the path.
    Parent {
        /// How such a list goes on.
        pages: Pages,
        /// Only parents with this are asked; without it, all.
        asks_if: Option<Hint>,
    },
}

/// How the list of one parent goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pages {
    /// By page numbers.
    Page,
    /// By the cursors that each page gives.
    Cursor,
    /// By the last id of the page before, in `after`.
    Keyset,
    /// Not at all: one answer holds everything.
    All,
}

/// What a parent shows when something belongs to it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hint {
    /// Column of the parent's table.
    pub column: String,
    /// The value that it has then; without it, any but zero, nothing and the empty text.
    pub is: Option<String>,
}

/// How to ask for what was modified.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incremental {
    /// Parameter that excludes records last modified before a time.
    pub modified_since: String,
    /// The form of times in that parameter.
    pub dates: DateForm,
    /// Column that holds the time.
    pub column: String,
}

/// The form of times in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateForm {
    /// `2026-06-18T12:05:43+00:00`
    Rfc3339,
    /// `Thu, 18 Jun 2026 12:05:43 +0000`
    Rfc2822,
}

/// How to ask for records by a list of ids.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// Parameter that takes ids joined by commas.
    pub param: String,
    /// The mirror's column that holds such an id.
    pub column: String,
}

/// Events that concern records of a stream.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventScopes {
    /// Their scopes, as delivered; `*` stands for one part of any name.
    pub scopes: Vec<String>,
    /// Dotted path in the event's data to an id that the stream can be asked for; without it, all records.
    pub id: Option<String>,
    /// Whether the store may still answer with what was before for a moment after the event.
    #[serde(default)]
    pub lags: bool,
}

/// Members that are records of another stream: removed from the record, key and all.
#[derive(Debug, Clone)]
pub struct Cut {
    /// The way to the members.
    pub at: Vec<Step>,
    /// The stream that their entries are records of.
    pub to: String,
    /// The word of the parameter `include` that makes the answer bring the member along; without it, it is always
    /// there.
    pub include: Option<String>,
    /// The most records per page that the API gives with it.
    pub limit: Option<u32>,
    /// Whether the member stays in the record all the same, since the list shows it.
    pub keep: bool,
}

/// One step on the way to a member; arrays on the way are passed through.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Into the member of this name.
    Member(String),
    /// Into members of any name, to any depth.
    Anywhere,
}

/// A typed column of the mirror.
#[derive(Debug, Clone)]
pub struct Column {
    /// The column's name.
    pub name: String,
    /// Dotted path in the record, split.
    pub path: Vec<String>,
    /// What the value must be.
    pub r#type: super::column::Type,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    about: String,
    path: Option<String>,
    #[serde(default)]
    query: BTreeMap<String, String>,
    scope: String,
    limit: Option<u32>,
    key: Vec<WrittenKey>,
    parent: Option<Parent>,
    walk: Option<Walk>,
    incremental: Option<Incremental>,
    total: Option<String>,
    lookup: Option<Lookup>,
    #[serde(default)]
    single: bool,
    #[serde(default)]
    off: bool,
    archived: Option<String>,
    #[serde(default)]
    events: Vec<EventScopes>,
    #[serde(default)]
    cut: Vec<WrittenCut>,
    columns: toml::Table,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum WrittenKey {
    Parent {
        #[serde(rename = "parent")]
        _parent: bool,
    },
    FirstOf {
        column: String,
        first_of: Vec<String>,
        kinds: Vec<String>,
        kind_column: String,
    },
    At {
        column: String,
        path: Option<String>,
        #[serde(default)]
        r#type: KeyType,
        #[serde(default)]
        empty: bool,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCut {
    at: Vec<String>,
    to: String,
    include: Option<String>,
    limit: Option<u32>,
    #[serde(default)]
    keep: bool,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum WrittenColumn {
    Type(super::column::Type),
    Path { path: String, r#type: super::column::Type },
}

/// Records per page where the declaration says nothing: the API's usual maximum.
const LIMIT: u32 = 250;

/// Reads the declaration `text` of the stream `name`.
pub(super) fn read(name: &str, text: &str) -> Result<Stream, toml::de::Error> {
    let written: Written = toml::from_str(text)?;
    let mut columns = Vec::with_capacity(written.columns.len());
    for (column, value) in written.columns {
        let (path, r#type) = match value.try_into()? {
            WrittenColumn::Type(r#type) => (column.clone(), r#type),
            WrittenColumn::Path { path, r#type } => (path, r#type),
        };
        columns.push(Column { name: column, path: path.split('.').map(str::to_owned).collect(), r#type });
    }
    Ok(Stream {
        name: name.to_owned(),
        about: written.about,
        path: written.path,
        query: written.query.into_iter().collect(),
        scope: written.scope,
        limit: written.limit.unwrap_or(LIMIT),
        key: written.key.into_iter().map(key_part).collect(),
        parent: written.parent,
        walk: written.walk,
        incremental: written.incremental,
        total: written.total,
        lookup: written.lookup,
        single: written.single,
        off: written.off,
        events: written.events,
        archived: written.archived,
        cuts: written.cut.into_iter().map(cut).collect(),
        columns,
    })
}

fn key_part(written: WrittenKey) -> KeyPart {
    match written {
        WrittenKey::Parent { .. } => KeyPart::Parent,
        WrittenKey::At { column, path, r#type, empty } => {
            KeyPart::At { path: path.unwrap_or_else(|| column.clone()), column, r#type, empty }
        }
        WrittenKey::FirstOf { column, first_of, kinds, kind_column } => KeyPart::FirstOf {
            column,
            paths: first_of,
            kind_column,
            // Declarations live as long as the program does, and keys are compared by these names.
            kinds: kinds.into_iter().map(|kind| &*kind.leak()).collect(),
        },
    }
}

fn cut(written: WrittenCut) -> Cut {
    let step = |name: String| if name == "**" { Step::Anywhere } else { Step::Member(name) };
    Cut {
        at: written.at.into_iter().map(step).collect(),
        to: written.to,
        include: written.include,
        limit: written.limit,
        keep: written.keep,
    }
}

impl Stream {
    /// The column that says when the store last modified a record, with its place among the declared ones; none where
    /// it does not say so.
    pub fn modified_column(&self) -> Option<(usize, &Column)> {
        let name = self.incremental.as_ref().map_or("date_modified", |incremental| &incremental.column);
        let is_it = |(_, column): &(usize, &Column)| {
            column.name == name && column.r#type == super::column::Type::Time
        };
        self.columns.iter().enumerate().find(is_it)
    }

    /// The columns that hold the key, those of the parent's key first where it is a part of it.
    pub fn key_columns(&self) -> Vec<(&str, KeyType)> {
        let mut columns = Vec::new();
        for part in &self.key {
            match part {
                KeyPart::At { column, r#type, .. } => columns.push((column.as_str(), *r#type)),
                KeyPart::FirstOf { column, kind_column, .. } => {
                    columns.push((column.as_str(), KeyType::Integer));
                    columns.push((kind_column.as_str(), KeyType::Text));
                }
                KeyPart::Parent => {
                    columns.extend(self.parent_stream().into_iter().flat_map(Stream::key_columns))
                }
            }
        }
        columns
    }

    /// The stream that this one's records belong to.
    pub fn parent_stream(&self) -> Option<&'static Stream> {
        self.parent.as_ref().and_then(|parent| super::named(&parent.stream))
    }

    /// The columns that hold the key of the record's parent; empty without a parent.
    pub fn parent_columns(&self) -> Vec<&str> {
        match &self.parent {
            Some(Parent { column: Some(column), .. }) => vec![column.as_str()],
            Some(Parent { column: None, .. }) => self
                .parent_stream()
                .map(|parent| parent.key_columns().into_iter().map(|(column, _)| column).collect())
                .unwrap_or_default(),
            None => Vec::new(),
        }
    }

    /// The names of the kinds that the stream's key, or its parent's, can hold; the first is the usual one.
    pub fn key_kinds(&self) -> &[&'static str] {
        for part in &self.key {
            match part {
                KeyPart::FirstOf { kinds, .. } => return kinds,
                KeyPart::Parent => {
                    if let Some(parent) = self.parent_stream() {
                        return parent.key_kinds();
                    }
                }
                KeyPart::At { .. } => {}
            }
        }
        &[]
    }

    /// Whether events of `scope` tell of a record itself, not of something that belongs to it.
    pub fn tells_of_itself(&self, scope: &str) -> bool {
        let own = |events: &&EventScopes| events.id.as_deref() == Some("id");
        self.events.iter().filter(own).any(|events| events.scopes.iter().any(|own| own == scope))
    }

    /// Whether records come only with their parent's.
    pub fn is_cut(&self) -> bool {
        self.path.is_none()
    }

    /// The scope that reading asks for.
    pub fn scope_to_read(&self) -> String {
        // Scopes for managing something, and those that only read, are called otherwise.
        match self.scope.strip_suffix("_manage") {
            Some(family) => format!("{family}_read_only"),
            None => format!("{}_read_only", self.scope),
        }
    }

    /// Whether a look at what changed costs less than the whole list: there are modification times, here or, where the
    /// parent brings it along or is to be asked for it, in the parent, whose list is read for it, too.
    pub fn tells_what_changed(&self) -> bool {
        // Of each parent it would be a question, also where nothing changed: that is for the rarer looks.
        if self.is_per_parent() && self.incremental.is_some() {
            return false;
        }
        match self.parent_stream().filter(|_| self.is_cut() || self.is_per_parent()) {
            Some(parent) => parent.tells_what_changed(),
            None => self.incremental.is_some(),
        }
    }

    /// Whether each record of the parent stream is asked for what belongs to it.
    pub fn is_per_parent(&self) -> bool {
        matches!(self.walk, Some(Walk::Parent { .. }))
    }

    /// Whether the API is the older one, whose lists are bare.
    pub fn is_v2(&self) -> bool {
        self.path.as_deref().is_some_and(|path| path.starts_with("/v2/"))
    }

    /// The way in which this stream, which is only ever cut, is brought along by its parent's.
    pub fn brought_by(&self) -> Option<&'static Cut> {
        let parent = self.parent_stream().filter(|_| self.is_cut())?;
        parent.cuts.iter().find(|cut| cut.to == self.name)
    }

    /// Whether it is mirrored unless somebody says otherwise: all streams that are a list of their own, or come
    /// along with one at no price.
    pub fn is_on_by_default(&self) -> bool {
        let costs = self.is_per_parent() || self.brought_by().is_some_and(|cut| cut.include.is_some());
        !costs && !self.off
    }
}
