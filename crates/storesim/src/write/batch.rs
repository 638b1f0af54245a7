//! Array bodies: each item is a deed of its own, and what the bad ones do to the rest is declared.

use super::read_array;
use crate::data::Data;
use crate::declare::{Action, Deed, Failures, Reply};
use crate::json;
use crate::serve::{Answer, Failure, Route};

/// Does something to each item of an array body. The item's deed tells the key of the record that is
/// to be in the answer.
pub(super) fn perform(
    data: &mut Data,
    route: &Route,
    action: &Action,
    body: &str,
    mut each: impl FnMut(&mut Data, &str) -> Result<Option<i64>, Failure>,
) -> Result<Answer, Failure> {
    let items = read_array(body, action)?;
    data.batched = true;
    let (mut done, mut failures) = (Vec::new(), Vec::new());
    for (index, item) in items.iter().enumerate() {
        let result = data.all_or_nothing(|data| each(data, item));
        match result {
            Ok(id) => done.extend(id),
            Err(failure) if action.partial || action.failures != Failures::First => {
                failures.push((index, failure));
            }
            Err(failure) => return Err(failure),
        }
    }
    if action.failures == Failures::Batch && !failures.is_empty() {
        let mut failure = Failure::new(422, route.resource.texts.invalid_title.clone());
        let told = failures.into_iter().map(|(index, failure)| failure.of(items[index]));
        failure.batch = Some(told.collect());
        return Err(failure);
    }
    if action.failures == Failures::Saved && !failures.is_empty() {
        let mut failure = Failure::new(422, route.resource.texts.invalid_title.clone());
        failure.errors = keyed(&failures);
        let saved = format!("{{\"saved_records\":{}}}", done.len());
        return Ok(Answer::new(422, json::edit(&failure.object(), &[("meta", saved)])));
    }
    if action.failures == Failures::Keyed
        && let Some((_, first)) = failures.first()
    {
        let mut failure = Failure::new(422, first.title.clone());
        failure.errors = keyed(&failures);
        return Err(failure);
    }
    let status = action.status.unwrap_or(200);
    match action.reply {
        Reply::Empty => return Ok(Answer::data(status, "{}")),
        Reply::Nothing => return Ok(Answer::new(status, "")),
        Reply::Data => {}
    }
    let records = match action.does {
        Deed::DeleteListed => done.iter().map(i64::to_string).collect::<Vec<_>>().join(","),
        _ => {
            let table = data.table(&route.resource.name);
            let texts = done.iter().map(|id| table.any(*id).map_or("null", |record| &record.text));
            texts.collect::<Vec<_>>().join(",")
        }
    };
    let (total, failed) = (items.len(), failures.len());
    let meta = format!("\"meta\":{{\"total\":{total},\"success\":{},\"failed\":{failed}}}", total - failed);
    if action.failures == Failures::Stored {
        let errors = stored(&failures, (action.does == Deed::DeleteListed).then_some(&items));
        let status = if failures.is_empty() { status } else { 422 };
        return Ok(Answer::new(status, format!("{{\"data\":[{records}],\"errors\":[{errors}],{meta}}}")));
    }
    if !action.partial {
        return Ok(Answer::data(status, &format!("[{records}]")));
    }
    if done.is_empty()
        && let Some((_, first)) = failures.first()
    {
        let mut failure = Failure::new(422, first.title.clone());
        failure.errors = keyed(&failures);
        return Err(failure);
    }
    if failures.is_empty() {
        let body = match action.does {
            Deed::UpdateMany => format!("{{{meta}}}"),
            _ => format!("{{\"data\":[{records}],{meta}}}"),
        };
        return Ok(Answer::new(status, body));
    }
    let errors = members(&keyed(&failures));
    Ok(Answer::new(207, format!("{{\"data\":[{records}],\"errors\":{{{errors}}},{meta}}}")))
}

/// The one error that stands for all in a batch of metafields, told by index, or by what was to go.
fn stored(failures: &[(usize, Failure)], listed: Option<&Vec<&str>>) -> String {
    if failures.is_empty() {
        return String::new();
    }
    let mut failure = Failure::new(422, "Bulk operation has failed");
    failure.errors = match listed {
        None => keyed(failures),
        Some(ids) => failures
            .iter()
            .map(|(index, failure)| (json::plain(ids[*index]).into_owned(), failure.title.clone()))
            .collect(),
    };
    failure.object()
}

/// Errors by index and field: `0.name`.
fn keyed(failures: &[(usize, Failure)]) -> Vec<(String, String)> {
    failures
        .iter()
        .flat_map(|(index, failure)| {
            let whole = failure.errors.is_empty().then(|| (index.to_string(), failure.title.clone()));
            let fields =
                failure.errors.iter().map(move |(name, reason)| (format!("{index}.{name}"), reason.clone()));
            fields.chain(whole).collect::<Vec<_>>()
        })
        .collect()
}

fn members(errors: &[(String, String)]) -> String {
    let texts: Vec<String> = errors
        .iter()
        .map(|(name, reason)| format!("{}:{}", json::quote(name), json::quote(reason)))
        .collect();
    texts.join(",")
}

/// 413, in the words of the status page unless the API has others there.
pub(super) fn too_many(action: &Action, most: usize) -> Failure {
    let usual =
        || format!("The request payload is too large. The maximum items allowed in the array is {most}.");
    Failure::new(413, action.too_many.clone().unwrap_or_else(usual))
}
