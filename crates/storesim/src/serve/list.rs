//! Pages of records: which ones, in which order, and what the answer says about the rest.

use std::ops::Range;

use super::answer::{Answer, Failure, Version};
use super::cursor::Cursor;
use super::filter::Wanted;
use super::query::{Query, encode};
use super::render::View;
use crate::data::Data;
use crate::declare::{Page, Paging, Resource};
use crate::hooks;
use crate::json::{self, Members};
use crate::table::{Record, Table};

/// What a request found, in order.
pub(crate) enum Found<'a> {
    /// Neighbours in the table.
    Range(&'a [Record], bool),
    /// Chosen ones.
    Picked(Vec<&'a Record>),
}

impl<'a> Found<'a> {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Found::Range(records, _) => records.len(),
            Found::Picked(records) => records.len(),
        }
    }

    /// One of them.
    pub fn get(&self, index: usize) -> &'a Record {
        match self {
            Found::Range(records, true) => &records[records.len() - 1 - index],
            Found::Range(records, false) => &records[index],
            Found::Picked(records) => records[index],
        }
    }
}

/// Finds what the filters want, sorted as asked.
pub(crate) fn find<'a>(table: &'a Table, parent: Option<i64>, wanted: &Wanted, query: &Query) -> Found<'a> {
    let (sort, descending) = order(table.resource, query);
    let by_key = sort.is_none_or(|member| member == table.resource.key);
    let all = table.records();
    if let (None, None, true, true) = (parent, &wanted.ids, wanted.only_keys(), by_key) {
        let slice = match wanted.range {
            None => all,
            Some((low, high)) => {
                let from = all.partition_point(|record| record.id < low);
                let to = all.partition_point(|record| record.id <= high).max(from);
                &all[from..to]
            }
        };
        return Found::Range(slice, descending);
    }
    let fits = |record: &&Record| {
        parent.is_none_or(|parent| record.parent == parent)
            && wanted.in_range(record.id)
            && wanted.accepts(record)
    };
    let mut picked: Vec<&Record> = match (&wanted.ids, parent) {
        (Some(ids), _) => ids.iter().filter_map(|id| table.get(*id)).filter(fits).collect(),
        (None, Some(parent)) => table.of(parent).filter(fits).collect(),
        (None, None) => {
            let (low, high) = wanted.range.unwrap_or((i64::MIN, i64::MAX));
            let from = all.partition_point(|record| record.id < low);
            let to = all.partition_point(|record| record.id <= high).max(from);
            all[from..to].iter().filter(fits).collect()
        }
    };
    if let Some(member) = sort.filter(|_| !by_key) {
        picked.sort_by_cached_key(|record| (place(table.resource, record, member), record.id));
    }
    if descending {
        picked.reverse();
    }
    Found::Picked(picked)
}

/// The member to sort by, if any, and whether from the top.
pub(super) fn order<'q>(resource: &Resource, query: &'q Query) -> (Option<&'q str>, bool) {
    let falling = |direction: &str| direction.eq_ignore_ascii_case("desc");
    let Some(sort) = query.get("sort") else {
        // Where `sort` and `direction` are two parameters, the key is what is sorted by otherwise.
        let alone = query.get("direction").filter(|_| resource.fieldsets && !resource.sorts.is_empty());
        return (None, alone.map_or(resource.descending, falling));
    };
    let (member, suffix) = sort.split_once(':').unwrap_or((sort, ""));
    if !resource.sorts.iter().any(|known| known == member) {
        return (None, resource.descending);
    }
    let direction = if suffix.is_empty() { query.get("direction").unwrap_or("asc") } else { suffix };
    (Some(member), falling(direction))
}

/// Puts objects that are no records into the order asked for.
pub(crate) fn sort_texts(resource: &Resource, query: &Query, texts: &mut [String]) {
    let (sort, descending) = order(resource, query);
    if let Some(member) = sort {
        texts.sort_by_cached_key(|text| sort_key(text, member));
    }
    if descending {
        texts.reverse();
    }
}

/// Where a record stands in a list sorted by a member.
pub(super) fn place(resource: &Resource, record: &Record, member: &str) -> SortKey {
    match resource.modified.as_deref() == Some(member) {
        true => (Some(record.modified.into()), String::new()),
        false => sort_key(&record.text, member),
    }
}

/// A number or a text to sort by.
pub(super) type SortKey = (Option<rust_decimal::Decimal>, String);

/// Orders numbers by value and text without regard to case; null comes first.
fn sort_key(text: &str, member: &str) -> SortKey {
    let members = Members::read(text);
    let raw = members.as_ref().and_then(|members| members.get(member)).unwrap_or("null");
    if raw == "null" {
        return (None, String::new());
    }
    if raw.starts_with('"') {
        let text = json::plain(raw);
        // Dates of V2 do not sort as text.
        let date = text.contains(',').then(|| crate::dates::parse(&text, 0)).flatten();
        return (date.map(Into::into), text.to_lowercase());
    }
    (raw.parse().ok(), raw.to_owned())
}

/// The part of a list that a request gets.
struct Cut {
    from: usize,
    to: usize,
    limit: u64,
    page: u64,
    /// Cursors were used.
    cursor: bool,
    /// More records lie before or after.
    before: bool,
    after: bool,
}

fn cut(resource: &Resource, found: &Found, query: &Query, limit: u64) -> Result<Cut, Failure> {
    let page = &resource.page;
    let total = found.len();
    if page.kind == Paging::None {
        return Ok(Cut {
            from: 0,
            to: total,
            limit: total as u64,
            page: 1,
            cursor: false,
            before: false,
            after: false,
        });
    }
    let number = query.number("page", 1);
    if page.kind == Paging::Keyset {
        let after = match query.get("after").map(str::parse::<i64>) {
            None => i64::MIN,
            Some(Ok(after)) => after,
            Some(Err(_)) => {
                return Err(Failure::new(422, "Query parameter \"after\" value must be integer."));
            }
        };
        let from = (0..total).find(|index| found.get(*index).id > after).unwrap_or(total);
        let to = from.saturating_add(limit as usize).min(total);
        return Ok(Cut { from, to, limit, page: 1, cursor: true, before: from > 0, after: to < total });
    }
    if page.kind == Paging::Cursor {
        let (before, after) = (query.get("before"), query.get("after"));
        if before.is_some() && after.is_some() {
            return Err(Failure::new(422, "before and after cannot be used together"));
        }
        if let Some(cursor) = before.or(after) {
            let cursor = Cursor::read(cursor).ok_or_else(|| Failure::new(422, "The cursor is not valid."))?;
            let forward = after.is_some();
            let at = cursor.position(resource, query, found, forward);
            let (from, to) = match forward {
                true => (at, at.saturating_add(limit as usize).min(total)),
                false => (at.saturating_sub(limit as usize), at),
            };
            return Ok(Cut { from, to, limit, page: 1, cursor: true, before: from > 0, after: to < total });
        }
    }
    let from = ((number - 1).saturating_mul(limit)).min(total as u64) as usize;
    let to = from.saturating_add(limit as usize).min(total);
    Ok(Cut { from, to, limit, page: number, cursor: false, before: from > 0, after: to < total })
}

/// The page size of a request.
pub(crate) fn limit(page: &Page, query: &Query, capping: bool, strict: bool) -> Result<u64, Failure> {
    let asked = query.number("limit", page.size);
    let max = match page.capped {
        Some(capped) if capping => capped,
        _ => page.max,
    };
    if strict && asked > max {
        return Err(Failure::new(413, format!("The limit is too large. The maximum allowed is {max}.")));
    }
    Ok(asked.min(max))
}

/// Answers a list of records.
pub(crate) fn answer(
    data: &Data,
    table: &Table,
    parent: Option<i64>,
    said: &[(&str, String)],
    query: &Query,
    version: Version,
    strict_limit: bool,
) -> Result<Answer, Failure> {
    let resource = table.resource;
    let wanted = Wanted::read(resource, query, version, data.clock.now())?.resolve(data);
    let mut wanted = wanted.seen(hooks::visible(data, resource, query.caller()));
    for (member, value) in said {
        wanted.also(member, value);
    }
    hooks::narrow(data, resource, query, &mut wanted);
    let view = View::read(resource, query);
    let found = find(table, parent, &wanted, query);
    let limit = limit(&resource.page, query, view.capping(), strict_limit)?;
    let cut = cut(resource, &found, query, limit)?;
    let mut body = Vec::with_capacity(4096 * (cut.to - cut.from).max(1));
    if version == Version::V3 {
        body.extend_from_slice(b"{\"data\":");
    }
    body.push(b'[');
    for index in cut.from..cut.to {
        if index > cut.from {
            body.push(b',');
        }
        view.render(data, table, found.get(index), &mut body);
    }
    body.push(b']');
    match version {
        Version::V2 if cut.from == cut.to => return Ok(Answer::no_rows(&data.readings)),
        Version::V3 if cut.from == cut.to && resource.page.nothing => return Ok(Answer::nothing()),
        Version::V2 => {}
        Version::V3 => {
            let ends = (cut.to > cut.from).then(|| (found.get(cut.from), found.get(cut.to - 1)));
            body.extend_from_slice(meta(resource, &cut, found.len(), query, ends).as_bytes());
        }
    }
    Ok(Answer::new(200, body))
}

/// Answers how many records a list has.
pub(crate) fn count(
    data: &Data,
    table: &Table,
    parent: Option<i64>,
    query: &Query,
    version: Version,
) -> Result<Answer, Failure> {
    let wanted = Wanted::read(table.resource, query, version, data.clock.now())?.resolve(data);
    let count = find(table, parent, &wanted, query).len();
    Ok(Answer::new(200, format!("{{\"count\":{count}}}")))
}

/// What follows the data: `,"meta":{…}}`.
fn meta(
    resource: &Resource,
    cut: &Cut,
    total: usize,
    query: &Query,
    ends: Option<(&Record, &Record)>,
) -> String {
    let page = &resource.page;
    if page.kind == Paging::None {
        return ",\"meta\":{}}".into();
    }
    if page.kind == Paging::Keyset {
        let (count, limit, kept) = (cut.to - cut.from, cut.limit, kept(query));
        let pages = (total as u64).div_ceil(limit.max(1));
        let mut links = vec![format!("\"current\":\"?{kept}limit={limit}\"")];
        if let Some((_, last)) = ends.filter(|_| cut.after) {
            links.push(format!("\"next\":\"?{kept}limit={limit}&after={}\"", last.id));
        }
        let links = links.join(",");
        return format!(
            ",\"meta\":{{\"pagination\":{{\"count\":{count},\"total\":{total},\"links\":{{{links}}},\"total_pages\":{pages}}}}}}}"
        );
    }
    let mut parts = Vec::new();
    if !cut.cursor {
        parts.push(pagination(page.links, cut.page, cut.limit, cut.to - cut.from, total, query));
    }
    if page.kind == Paging::Cursor && (cut.cursor || cut.page == 1) {
        let (count, limit) = (cut.to - cut.from, cut.limit);
        let mut text = format!("\"cursor_pagination\":{{\"count\":{count},\"per_page\":{limit}");
        let mut links = Vec::new();
        if let Some((first, last)) = ends {
            let (first, last) = (Cursor::of(resource, query, first), Cursor::of(resource, query, last));
            let (first, last) = (first.text(), last.text());
            text += &format!(",\"start_cursor\":\"{first}\",\"end_cursor\":\"{last}\"");
            let kept = kept(query);
            if cut.before {
                links.push(format!("\"previous\":\"?{kept}limit={limit}&before={}\"", encode(&first)));
            }
            if cut.after {
                links.push(format!("\"next\":\"?{kept}limit={limit}&after={}\"", encode(&last)));
            }
        }
        parts.push(format!("{text},\"links\":{{{}}}}}", links.join(",")));
    }
    format!(",\"meta\":{{{}}}}}", parts.join(","))
}

/// `"pagination":{…}`.
pub(crate) fn pagination(
    links: bool,
    page: u64,
    limit: u64,
    count: usize,
    total: usize,
    query: &Query,
) -> String {
    let pages = (total as u64).div_ceil(limit.max(1));
    let mut text = format!(
        "\"pagination\":{{\"total\":{total},\"count\":{count},\"per_page\":{limit},\"current_page\":{page},\"total_pages\":{pages}"
    );
    if links {
        let kept = kept(query);
        let link = |name: &str, page: u64| format!("\"{name}\":\"?{kept}page={page}&limit={limit}\"");
        let mut links = Vec::new();
        if page > 1 {
            links.push(link("previous", page - 1));
        }
        links.push(link("current", page));
        if page < pages {
            links.push(link("next", page + 1));
        }
        text += &format!(",\"links\":{{{}}}", links.join(","));
    }
    text + "}"
}

/// The other parameters of the request, which a link repeats.
fn kept(query: &Query) -> String {
    let mut out = String::new();
    for (name, value) in &query.0 {
        if !matches!(name.as_str(), "page" | "limit" | "before" | "after" | "") {
            out += &format!("{}={}&", encode(name), encode(value));
        }
    }
    out
}

/// A page of items that are no records: the texts of `count` of `total`, and the envelope.
pub(crate) fn plain_page(
    page: &Page,
    query: &Query,
    total: usize,
    strict_limit: bool,
    mut text: impl FnMut(usize, &mut String),
) -> Result<Answer, Failure> {
    let (range, pagination) = page_of(page, query, total, strict_limit)?;
    let mut body = String::from("{\"data\":[");
    for index in range.clone() {
        if index > range.start {
            body.push(',');
        }
        text(index, &mut body);
    }
    Ok(Answer::new(200, format!("{body}],\"meta\":{{{pagination}}}}}")))
}

/// Which of `total` items a page has, and `"pagination":{…}` about it.
pub(crate) fn page_of(
    page: &Page,
    query: &Query,
    total: usize,
    strict_limit: bool,
) -> Result<(Range<usize>, String), Failure> {
    let limit = limit(page, query, false, strict_limit)?;
    let number = query.number("page", 1);
    let from = (number - 1).saturating_mul(limit).min(total as u64) as usize;
    let to = from.saturating_add(limit as usize).min(total);
    Ok((from..to, pagination(page.links, number, limit, to - from, total, query)))
}
