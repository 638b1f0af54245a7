//! Pages of the storefront (pages.v3.yml): an object is answered by an object and an array by an array, and
//! what is good in an array is stored whatever the rest is.

use crate::data::Data;
use crate::json::{self, Members, quote};
use crate::serve::{Answer, Failure, Query, Version, View};
use crate::table::Record;
use crate::write::{self, Draft, read_object};

/// The most pages in one request.
const MOST: usize = 100;

fn invalid(name: &str, reason: impl Into<String>) -> Failure {
    Failure::new(422, "Input is invalid").field(name, reason)
}

/// Checks a page; what it has depends on its type.
pub(super) fn prepare(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    let kind = draft.get("type").map(|raw| json::plain(&raw).into_owned()).unwrap_or_default();
    let channel = draft.get("channel_id").and_then(|raw| json::integer(&raw)).unwrap_or(1);
    if draft.old.is_none() && data.table("channels").get(channel).is_none() {
        return Err(invalid("channel_id", format!("channel {channel} does not exist")));
    }
    let above = draft.given("parent_id").and_then(json::integer).filter(|above| *above > 0);
    if let Some(above) = above.filter(|above| *above == draft.id || data.table("pages").get(*above).is_none())
    {
        return Err(invalid("parent_id", format!("page {above} cannot be the parent")));
    }
    let missing = |name: &str| invalid(name, format!("missing the required field: {name}"));
    if kind == "link" && draft.get("link").is_none() {
        return Err(missing("link"));
    }
    if kind == "raw" && draft.old.is_none() && draft.extra("body").is_none() {
        return Err(missing("body"));
    }
    let usual: &[(&str, &str)] = match kind.as_str() {
        "page" => {
            &[("meta_title", ""), ("meta_keywords", ""), ("meta_description", ""), ("search_keywords", "")]
        }
        "contact_form" => &[
            ("meta_title", ""),
            ("meta_keywords", ""),
            ("meta_description", ""),
            ("search_keywords", ""),
            ("email", ""),
            ("contact_fields", "fullname,phone,orderno"),
        ],
        "raw" => &[("search_keywords", "")],
        _ => &[],
    };
    for (name, value) in usual {
        if draft.get(name).is_none() {
            draft.set_text(name, value);
        }
    }
    if draft.get("url").is_none() && kind != "link" {
        let name = draft.get("name").map(|raw| json::plain(&raw).into_owned()).unwrap_or_default();
        draft.set_text("url", &crate::hooks::slug(&name));
    }
    Ok(())
}

/// Stores what a page says.
pub(super) fn stored(data: &mut Data, draft: &Draft) {
    let Some(body) = draft.extra("body") else { return };
    let text = format!("{{\"body\":{body}}}");
    let held = data.table("page_bodies").of(draft.id).next().map(|record| record.id);
    match held {
        Some(id) => data.rewrite("page_bodies", id, text, None),
        None => {
            let id = data.claim("page_bodies");
            data.insert("page_bodies", Record { id, parent: draft.id, modified: 0, text: text.into() });
        }
    }
}

/// Adds what a page says, unless the record came with it.
pub(super) fn render(view: &View, data: &Data, record: &Record, out: &mut Vec<u8>) {
    if !view.has("body") || record.text.contains("\"body\":") {
        return;
    }
    let held = data.table("page_bodies").of(record.id).next();
    let body = held.and_then(|record| Members::read(&record.text)).and_then(|members| members.get("body"));
    out.pop();
    out.extend_from_slice(format!(",\"body\":{}", body.unwrap_or("\"\"")).as_bytes());
    if record.text.contains("\"type\":\"raw\"") && !record.text.contains("\"content_type\":") {
        out.extend_from_slice(b",\"content_type\":\"text/html\"");
    }
    out.push(b'}');
}

/// POST of a page or of several.
pub(super) fn create(data: &mut Data, query: &Query, body: &str) -> Result<Answer, Failure> {
    let resource = data.table("pages").resource;
    each(data, query, body, 201, |data, item| {
        write::create(data, resource, None, &read_object(item)?, Version::V3)
    })
}

/// PUT of a page or of several, told by their ids.
pub(super) fn update(data: &mut Data, query: &Query, body: &str) -> Result<Answer, Failure> {
    let resource = data.table("pages").resource;
    each(data, query, body, 200, |data, item| {
        let input = read_object(item)?;
        let id = input.get("id").and_then(json::integer);
        let id = id.ok_or_else(|| invalid("id", "missing the required field: id"))?;
        if data.table("pages").get(id).is_none() {
            return Err(Failure::new(404, format!("A Page was not found with an ID of {id}")));
        }
        write::update(data, resource, id, &input, Version::V3)?;
        Ok(id)
    })
}

fn each(
    data: &mut Data,
    query: &Query,
    body: &str,
    status: u16,
    mut deed: impl FnMut(&mut Data, &str) -> Result<i64, Failure>,
) -> Result<Answer, Failure> {
    let Some(items) = json::entries(body) else {
        let id = deed(data, body)?;
        return Ok(Answer::data(status, &shown(data, query, &[id])));
    };
    if items.len() > MOST {
        let title =
            format!("The request payload is too large. The maximum items allowed in the array is {MOST}.");
        return Err(Failure::new(413, title));
    }
    let (mut done, mut failed) = (Vec::new(), None);
    for item in items {
        match data.all_or_nothing(|data| deed(data, item)) {
            Ok(id) => done.push(id),
            Err(failure) => failed = failed.or(Some(failure)),
        }
    }
    match failed {
        Some(failure) if done.is_empty() => Err(failure),
        failed => {
            let status = if failed.is_some() { 207 } else { status };
            Ok(Answer::data(status, &format!("[{}]", shown(data, query, &done))))
        }
    }
}

fn shown(data: &Data, query: &Query, ids: &[i64]) -> String {
    let table = data.table("pages");
    let view = View::read(table.resource, query);
    let texts = ids.iter().filter_map(|id| {
        let mut out = Vec::new();
        view.render(data, table, table.get(*id)?, &mut out);
        Some(String::from_utf8_lossy(&out).into_owned())
    });
    texts.collect::<Vec<_>>().join(",")
}

/// DELETE of pages by `id:in`: 404 tells of one that is not there, and the others go all the same.
pub(super) fn delete(data: &mut Data, query: &Query) -> Result<Answer, Failure> {
    let Some(named) = query.list("id:in").filter(|named| !named.is_empty()) else {
        return Err(invalid("id", "missing the required field: id"));
    };
    let resource = data.table("pages").resource;
    let mut missing = None;
    let children = query.get("delete_children") == Some("true");
    for text in named {
        let id = text.parse::<i64>().ok().filter(|id| data.table("pages").get(*id).is_some());
        let Some(id) = id else {
            missing = Some(text.to_owned());
            continue;
        };
        let of = |text: &str| Members::read(text).and_then(|m| m.get("parent_id").and_then(json::integer));
        let records = data.table("pages").records().iter();
        let below: Vec<i64> = records.filter(|r| of(&r.text) == Some(id)).map(|r| r.id).collect();
        for child in below {
            match children {
                true => write::delete(data, resource, child)?,
                false => write::touch(data, "pages", child, &[("parent_id", "0".into())]),
            }
        }
        write::delete(data, resource, id)?;
    }
    Ok(match missing {
        None => Answer::nothing(),
        Some(id) => {
            let title = quote(&format!("A Page was not found with an ID of {id}"));
            Answer::new(
                404,
                format!(
                    "{{\"status\":404,\"title\":{title},\"type\":\"/api-docs/getting-started/api-status-codes\"}}"
                ),
            )
        }
    })
}
