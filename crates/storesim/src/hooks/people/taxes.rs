//! Tax classes: written by V3, read by V2 (tax_classes.v3.yaml, tax_classes.v2.yml).

use crate::data::Data;
use crate::declare::Action;
use crate::json::{self, Members};
use crate::serve::{Answer, Failure, Version};
use crate::write::{self, Draft, read_array, read_object};

const TABLE: &str = "tax_classes";

/// In V2 the id is text.
pub(super) fn prepare(draft: &mut Draft) {
    if draft.old.is_none() {
        let id = draft.id.to_string();
        draft.set_text("id", &id);
    }
}

/// POST of classes.
pub(super) fn create(data: &mut Data, action: &Action, body: &str) -> Result<Answer, Failure> {
    let resource = data.table(TABLE).resource;
    let mut done = Vec::new();
    for item in read_array(body, action)? {
        done.push(write::create(data, resource, None, &read_object(item)?, Version::V3)?);
    }
    Ok(answer(data, &done))
}

/// PUT of classes.
pub(super) fn update(data: &mut Data, action: &Action, body: &str) -> Result<Answer, Failure> {
    let resource = data.table(TABLE).resource;
    let mut done = Vec::new();
    for item in read_array(body, action)? {
        let input = read_object(item)?;
        let missing = |name: &str| {
            Failure::new(422, resource.texts.missing_title.clone()).field(name, "error.path.missing")
        };
        let id = input.get("id").and_then(json::integer).ok_or_else(|| missing("id"))?;
        if input.get("name").is_none() {
            return Err(missing("name"));
        }
        if data.table(TABLE).get(id).is_none() {
            return Err(Failure::not_found(Version::V3, &resource.noun, id));
        }
        write::update(data, resource, id, &input, Version::V3)?;
        done.push(id);
    }
    Ok(answer(data, &done))
}

/// In V3 the id is a number.
fn answer(data: &Data, ids: &[i64]) -> Answer {
    let texts = ids.iter().filter_map(|id| {
        let text = data.text(TABLE, *id)?;
        Members::read(text)?;
        Some(json::edit(text, &[("id", id.to_string())]))
    });
    Answer::data(200, &format!("[{}]", texts.collect::<Vec<_>>().join(",")))
}
