//! Imports and exports of redirects as CSV files (redirects.v3.yml; the columns are those of the page
//! "Create redirects import job").

use crate::data::Data;
use crate::json::{self, Members, object, quote};
use crate::serve::{Answer, Failure, Version};
use crate::table::Record;
use crate::write::{self, Draft, read_object};

const COLUMNS: [&str; 5] =
    ["Domain", "Old Path", "Manual URL/Path", "Dynamic Target Type", "Dynamic Target ID"];
const JOBS: &str = "redirect_jobs";
const EXPORTS: &str = "redirect_exports";
/// The most errors that a job tells.
const MOST_ERRORS: usize = 1_000;
/// How many of the last exports can be downloaded.
const KEPT_EXPORTS: usize = 10;

fn wrong(name: &str, reason: &str) -> Failure {
    Failure::new(400, "Input is invalid").field(name, reason)
}

/// The address of a site without its scheme.
fn domain(data: &Data, site: i64) -> String {
    let url = data.text("sites", site).and_then(Members::read).and_then(|site| site.get("url"));
    let url = url.map(|raw| json::plain(raw).into_owned()).unwrap_or_default();
    let bare = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    bare.trim_end_matches('/').to_owned()
}

/// Notes a job that is done; its number and the answer.
fn job(data: &mut Data, kind: &str, done: usize, errors: &[String]) -> Result<(i64, Answer), Failure> {
    let mut draft = Draft::new(data.table(JOBS).resource, 0, 0, None);
    draft.set_text("type", kind);
    let (failed, total) = (errors.len(), done + errors.len());
    for (name, count) in [("completed_items", done), ("failed_items", failed), ("total_items", total)] {
        draft.set(name, count.to_string());
    }
    let told: Vec<&str> = errors.iter().take(MOST_ERRORS).map(String::as_str).collect();
    draft.set("errors", format!("[{}]", told.join(",")));
    let id = write::store(data, draft)?;
    let members = data.text(JOBS, id).and_then(Members::read);
    let uuid = members.and_then(|members| members.get("id")).unwrap_or("null").to_owned();
    Ok((id, Answer::new(201, format!("{{\"id\":{uuid}}}"))))
}

/// Writes the redirects of one site, or of all, or those that are named.
pub(super) fn export(data: &mut Data, body: &str) -> Result<Answer, Failure> {
    let text = if body.trim().is_empty() { "{}" } else { body };
    let input = read_object(text)?;
    let only = input.get("site_id").and_then(json::integer);
    if only.is_some_and(|site| data.table("sites").get(site).is_none()) {
        return Err(
            Failure::new(422, "JSON data is missing or invalid").field("site_id", "there is no such site")
        );
    }
    let ids = input.get("redirect_ids").and_then(write::value::integers).filter(|ids| !ids.is_empty());
    let dynamic = input.get("include_dynamic_target_urls") == Some("true");
    let mut rows = csv::Writer::from_writer(Vec::new());
    let mut heads: Vec<&str> = COLUMNS.to_vec();
    if dynamic {
        heads.push("Dynamic Target URL");
    }
    let mut count = 0;
    let mut lines = vec![heads.into_iter().map(str::to_owned).collect::<Vec<String>>()];
    for redirect in data.table("redirects").records() {
        let Some(members) = Members::read(&redirect.text) else { continue };
        let site = members.get("site_id").and_then(json::integer).unwrap_or(0);
        if only.is_some_and(|only| only != site)
            || ids.as_ref().is_some_and(|ids| !ids.contains(&redirect.id))
        {
            continue;
        }
        let text =
            |path: &str| members.path(path).map(|raw| json::plain(raw).into_owned()).unwrap_or_default();
        let kind = text("to.type");
        let (kind, entity) =
            if kind == "url" { Default::default() } else { (capital(&kind), text("to.entity_id")) };
        let mut line = vec![domain(data, site), text("from_path"), text("to.url"), kind, entity];
        if dynamic {
            let url = super::redirects::address(data, &redirect.text).unwrap_or_default();
            line.push(if line[3].is_empty() { String::new() } else { url });
        }
        lines.push(line);
        count += 1;
    }
    if count == 0 {
        return Err(Failure::new(409, "No redirects in your store meet the criteria in your request."));
    }
    for line in lines {
        // Writing to a vector cannot fail, and every line has as many cells as the first.
        rows.write_record(&line).ok();
    }
    let csv = rows.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let (id, answer) = job(data, "export", count, &[])?;
    let (number, csv) = (id.to_string(), quote(&csv));
    let text = object([("job", number.as_str()), ("csv", csv.as_str())].into_iter());
    data.insert(EXPORTS, Record { id, parent: id, modified: 0, text: text.into() });
    let kept = data.table(EXPORTS).records();
    let old: Vec<i64> = kept.iter().rev().skip(KEPT_EXPORTS).map(|export| export.id).collect();
    old.into_iter().for_each(|export| data.remove(EXPORTS, export));
    Ok(answer)
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Makes or changes a redirect for each row; rows that cannot be used are told by their numbers.
pub(super) fn import(data: &mut Data, body: &str) -> Result<Answer, Failure> {
    let input = read_object(body)?;
    let file = input.path("upload.text").or_else(|| input.get("import_file")).and_then(json::string);
    let file = file.ok_or_else(|| wrong("import_file", "a CSV file is needed"))?;
    let file = file.trim_start_matches('\u{feff}');
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(file.as_bytes());
    let heads: Vec<String> = rows
        .headers()
        .map(|heads| heads.iter().map(|head| head.trim().to_owned()).collect())
        .map_err(|_| wrong("import_file", "the file is no CSV"))?;
    if !COLUMNS.iter().all(|column| heads.iter().any(|head| head.eq_ignore_ascii_case(column))) {
        return Err(wrong("import_file", &format!("the columns must be {}", COLUMNS.join(","))));
    }
    let sites: Vec<(String, i64)> =
        data.table("sites").records().iter().map(|site| (domain(data, site.id), site.id)).collect();
    let resource = data.table("redirects").resource;
    let (mut done, mut errors) = (0, Vec::new());
    for (row, cells) in (1..).zip(rows.records()) {
        let result = cells.map_err(|error| error.to_string()).and_then(|cells| {
            let cell = |name: &str| {
                let at = heads.iter().position(|head| head.eq_ignore_ascii_case(name));
                at.and_then(|at| cells.get(at)).unwrap_or_default().trim()
            };
            let text = redirect(&sites, cell)?;
            let input = read_object(&text).map_err(|failure| failure.title)?;
            let known = [input.get("site_id"), input.get("from_path")];
            let known = known.map(|raw| json::plain(raw.unwrap_or("null")).into_owned());
            let stored = data.all_or_nothing(|data| match data.table("redirects").identified(&known) {
                Some(id) => write::update(data, resource, id, &input, Version::V3).map(|_| ()),
                None => write::create(data, resource, None, &input, Version::V3).map(|_| ()),
            });
            stored.map_err(|failure| {
                failure.errors.first().map_or_else(|| failure.title.clone(), |(_, reason)| reason.clone())
            })
        });
        match result {
            Ok(()) => done += 1,
            Err(why) => errors.push(format!("{{\"row\":{row},\"message\":{}}}", quote(&why))),
        }
    }
    job(data, "import", done, &errors).map(|(_, answer)| answer)
}

/// A row as the redirect that it means.
fn redirect<'a>(sites: &[(String, i64)], cell: impl Fn(&str) -> &'a str) -> Result<String, String> {
    let named = cell("Domain");
    let site = sites.iter().find(|(domain, _)| domain.eq_ignore_ascii_case(named));
    let (_, site) = site.ok_or_else(|| format!("no site has the domain '{named}'"))?;
    let (url, kind, entity) =
        (cell("Manual URL/Path"), cell("Dynamic Target Type").to_lowercase(), cell("Dynamic Target ID"));
    let to = if !url.is_empty() {
        format!("{{\"type\":\"url\",\"url\":{}}}", quote(url))
    } else {
        let entity: i64 = entity.parse().map_err(|_| "a target is needed: a URL, or a type with an id")?;
        format!("{{\"type\":{},\"entity_id\":{entity}}}", quote(&kind))
    };
    Ok(format!("{{\"site_id\":{site},\"from_path\":{},\"to\":{to}}}", quote(cell("Old Path"))))
}

/// The job with a number, if it is of that kind.
fn of_kind<'a>(data: &'a Data, id: i64, kind: &str) -> Result<Members<'a>, Failure> {
    let members = data.text(JOBS, id).and_then(Members::read);
    let found = members.filter(|job| job.get("type") == Some(quote(kind).as_str()));
    found.ok_or_else(|| Failure::not_found(Version::V3, "job", id))
}

/// The stream of a job that is done: one message, which says so. Only an import tells what failed.
pub(super) fn events(data: &Data, id: i64, kind: &str) -> Result<Answer, Failure> {
    let job = of_kind(data, id, kind)?;
    let names = ["job_id", "status", "completed_items", "failed_items", "total_items", "errors"];
    let told = names.iter().filter(|name| kind == "import" || !matches!(**name, "failed_items" | "errors"));
    let member = |name: &str| job.get(if name == "job_id" { "id" } else { name });
    let told = object(told.filter_map(|name| Some((*name, member(name)?))));
    let media = Some("text/event-stream");
    Ok(Answer { media, ..Answer::new(200, format!("event: message\ndata: {told}\n\n")) })
}

/// What an export wrote, as long as it is one of the last.
pub(super) fn download(data: &Data, id: i64) -> Result<Answer, Failure> {
    of_kind(data, id, "export")?;
    let csv = data.text(EXPORTS, id).and_then(Members::read).and_then(|export| export.get("csv"));
    let csv = csv.and_then(json::string).ok_or_else(|| Failure::not_found(Version::V3, "export", id))?;
    let csv = csv.into_owned();
    Ok(Answer { media: Some("text/csv"), ..Answer::new(200, csv) })
}
