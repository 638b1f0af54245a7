//! Recorded answers by their paths: `v3/catalog/products/77.json` is what GET `/v3/catalog/products/77`
//! answered. Records of a list or of one record go into their table; what is no record, and what this store
//! does not serve by itself, is kept as it is and answered at its path.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;

use super::source::{ANSWER, Source};
use super::{columns, split};
use crate::declare::{self, Deed, Resource, Segment, Verb};
use crate::error::Error;
use crate::generate::shape;
use crate::json::{self, Members};
use crate::recordings::Recordings;
use crate::serve::Route;
use crate::table::MOST_ID;

/// Folders deeper than any path of the API.
const DEEPEST: usize = 12;
/// The most files that are looked at.
const MOST: usize = 100_000;

/// A file, and what it says about itself.
struct File {
    path: PathBuf,
    /// `/v3/catalog/products/77`.
    at: String,
    /// What followed the path after `?`.
    query: Option<String>,
    method: String,
    status: u16,
}

/// What is to become of the files of `dir`: sources of rows, and answers that are kept.
pub(super) struct Found {
    pub sources: Vec<Source>,
    pub recordings: Recordings,
}

/// Reads the trees `v2` and `v3` of an import.
pub(super) fn find(dir: &Path) -> Result<Found, Error> {
    let mut files = Vec::new();
    for version in ["v2", "v3"] {
        let root = dir.join(version);
        if root.is_dir() {
            walk(&root, &format!("/{version}"), 0, &mut files)?;
        }
    }
    // Records on their own are looked at before lists that have them too.
    files.sort_by_key(|file| (std::cmp::Reverse(file.at.matches('/').count()), file.path.clone()));
    let mut found = Found { sources: Vec::new(), recordings: Recordings::default() };
    for file in files {
        let text = read(&file.path)?;
        let rows = (file.method == "GET" && file.status == 200).then(|| rows(&file, &text)).flatten();
        match rows {
            Some((resource, parent)) => {
                found.sources.push(Source::recorded(resource, file.path, parent));
            }
            None => {
                let body = json::compact(text.trim()).into_owned();
                found.recordings.add(&file.method, &file.at, file.query.as_deref(), file.status, body);
            }
        }
    }
    Ok(found)
}

fn walk(folder: &Path, at: &str, depth: usize, files: &mut Vec<File>) -> Result<(), Error> {
    let unreadable = |source| Error::Read { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if path.is_dir() {
            if depth < DEEPEST {
                walk(&path, &format!("{at}/{name}"), depth + 1, files)?;
            }
            continue;
        }
        let Some(stem) = name.strip_suffix(".json") else { continue };
        if files.len() == MOST {
            return Err(fault(&path, 1, format!("there are more than {MOST} recorded answers")));
        }
        files.push(file(path, at, stem));
    }
    Ok(())
}

/// Reads the name of a file: `77`, `products?page=2`, `customers.POST.422`.
fn file(path: PathBuf, at: &str, stem: &str) -> File {
    let (mut stem, mut method, mut status) = (stem, None, None);
    while let Some((rest, word)) = stem.rsplit_once('.') {
        match word {
            "GET" | "POST" | "PUT" | "DELETE" if method.is_none() => method = Some(word.to_owned()),
            _ if status.is_none() && word.len() == 3 => match word.parse() {
                Ok(number @ 200..=599) => status = Some(number),
                _ => break,
            },
            _ => break,
        }
        stem = rest;
    }
    let (stem, query) = stem.split_once('?').map_or((stem, None), |(stem, query)| (stem, Some(query)));
    File {
        path,
        at: format!("{at}/{stem}"),
        query: query.map(str::to_owned),
        method: method.unwrap_or_else(|| "GET".to_owned()),
        status: status.unwrap_or(200),
    }
}

fn fault(path: &Path, line: u64, reason: String) -> Error {
    Error::Import { path: path.to_owned(), line, reason }
}

fn read(path: &Path) -> Result<String, Error> {
    let unreadable = |source| Error::Read { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > ANSWER {
        return Err(fault(path, 1, "the answer is larger than 64 MiB; use JSON lines".into()));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let text = std::str::from_utf8(bytes).map_err(|e| fault(path, 1, format!("no valid UTF-8: {e}")))?;
    if !text.trim().is_empty() {
        let parsed: Result<&RawValue, _> = serde_json::from_str(text);
        parsed.map_err(|e| fault(path, e.line() as u64, format!("no JSON: {e}")))?;
    }
    Ok(text.to_owned())
}

/// The resource whose records an answer holds, and the record that they belong to; `None` when it is to be
/// kept as it is.
fn rows(file: &File, text: &str) -> Option<(&'static str, Option<i64>)> {
    let route = Route::find(&file.at)?;
    let (resource, parent, own) = target(&route)?;
    let name = columns::resources().iter().copied().find(|name| *name == resource.name)?;
    let body = Members::read(text);
    let data = body.as_ref().and_then(|members| members.get("data")).unwrap_or(text.trim());
    let one = [data];
    let records = if data.starts_with('[') { json::entries(data)? } else { one.to_vec() };
    let mut keys = HashSet::new();
    let fits = records.iter().all(|record| fits(resource, record, own, &mut keys));
    // An empty list says of records that belong to nothing known that there are none.
    (fits && !records.is_empty()).then_some((name, parent))
}

/// What a path holds: the resource, the parent of its records, and the id of the one record it names.
fn target(route: &Route) -> Option<(&'static Resource, Option<i64>, Option<i64>)> {
    let (resource, ids) = (route.resource, &route.ids);
    let parent = |skipped: usize| {
        let at = ids.len().checked_sub(skipped + 1).filter(|_| resource.parent.is_some())?;
        ids.get(at).copied()
    };
    let text_keys = route.endpoint.segments.iter().filter(|part| matches!(part, Segment::Key(_))).count();
    let last_is_key = matches!(route.endpoint.segments.last(), Some(Segment::Key(_)));
    if text_keys > usize::from(last_is_key) {
        // The record above is known by a text, which only its own file knows.
        return None;
    }
    let Some(action) = route.action(Verb::Get) else {
        // What was written there was answered; it is read elsewhere.
        let read = resource.is_listed() || resource.text_key();
        return read.then_some((resource, parent(usize::from(ids.len() > 1)), None));
    };
    match action.does {
        Deed::Hook if action.hook.starts_with("legacy_categor") => {
            Some((&declare::resources()[declare::number("categories")?], None, None))
        }
        Deed::List if action.by.is_empty() => Some((resource, parent(0), None)),
        Deed::One if action.by.is_empty() => {
            let own = ids.last().copied().filter(|_| !last_is_key);
            Some((resource, parent(1), own))
        }
        Deed::List | Deed::One => Some((resource, ids.first().copied(), None)),
        Deed::Single if action.member.is_none() => {
            Some((resource, ids.last().copied().filter(|_| resource.channels), None))
        }
        _ => None,
    }
}

/// Whether a record can be a row of its resource's table, under the key that the path gives it.
fn fits(resource: &Resource, record: &str, own: Option<i64>, keys: &mut HashSet<i64>) -> bool {
    let older = if resource.name == "categories" { split::older_category(record) } else { None };
    let record = older.as_deref().unwrap_or(record);
    let Some(members) = Members::read(record).filter(|_| !json::is_too_deep(record)) else { return false };
    let key = members.get(&resource.key);
    let shaped = shape::of(&resource.name).is_some();
    if resource.is_single() || resource.name == "store" {
        return true;
    }
    if resource.text_key() {
        return key.and_then(json::string).is_some_and(|text| !text.is_empty());
    }
    if !resource.has_key() {
        return true;
    }
    // Records that do not tell their key are numbered, unless they are asked for by it.
    let Some(key) = key else { return !shaped && own.is_none() };
    let least = if shaped { 1 } else { -MOST_ID };
    let id = key.parse::<i64>().ok().filter(|id| (least..=MOST_ID).contains(id));
    id.is_some_and(|id| own.is_none_or(|own| own == id) && keys.insert(id))
}
