//! Images: of products as records, of brands, categories, variants and modifier values as an address
//! (the image operations of the catalog's files). Files are looked at and not kept.

use crate::data::Data;
use crate::json::{self, Members};
use crate::serve::{Answer, Failure, Version};
use crate::write::{self, Draft, read_object};

/// The most bytes of a product's image, and of a variant's.
const MOST_BYTES: i64 = 8 << 20;
const MOST_VARIANT_BYTES: i64 = 1 << 20;
/// The most images of one product.
const MOST: usize = 1000;
/// What a file may be (products_catalog.v3.yml).
const KINDS: &[&str] = &["bmp", "gif", "jpg", "jpeg", "png", "wbmp", "xbm", "webp"];

fn wrong(field: &str, reason: &str) -> Failure {
    Failure::new(422, "JSON data is missing or invalid").field(field, reason)
}

/// The name and the bytes of the file of a form.
fn upload(raw: &str) -> Option<(String, i64)> {
    let file = Members::read(raw)?;
    Some((json::plain(file.get("name")?).into_owned(), json::integer(file.get("size")?)?))
}

fn checked_upload(raw: &str, most: i64) -> Result<String, Failure> {
    let (name, size) = upload(raw).ok_or_else(|| wrong("image_file", "image_file is not a file"))?;
    if size > most {
        // "variant image file above 1 MB": a server error, as the guide has it.
        let status = if most == MOST_VARIANT_BYTES { 500 } else { 422 };
        let megabytes = most >> 20;
        let title = format!("The maximum of {megabytes} MB size limit for upload image is exceeded");
        return Err(Failure::new(status, title));
    }
    let kind = name.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    if size == 0 || !KINDS.contains(&kind.as_str()) {
        return Err(wrong("image_file", "image_file must be an image of a known type"));
    }
    Ok(name)
}

/// A product's image is told by the address or the file that it came from; its own addresses follow from
/// its number. One image of a product is its thumbnail.
pub(super) fn prepare(data: &mut Data, draft: &mut Draft) -> Result<(), Failure> {
    let fresh = draft.old.is_none();
    let address = draft.extra("image_url").and_then(json::string).map(|url| url.into_owned());
    let file = draft.extra("upload").map(|raw| checked_upload(raw, MOST_BYTES)).transpose()?;
    let kept = draft.unset("image_file").and_then(|raw| json::string(&raw).map(|file| file.into_owned()));
    let kept = kept.filter(|file| !file.is_empty());
    if fresh && data.table("product_images").children(draft.parent).len() >= MOST {
        return Err(wrong("image_url", &format!("A product has at most {MOST} images.")));
    }
    if address.is_some() && file.is_some() {
        return Err(wrong("image_url", "exactly one of image_file and image_url must be sent"));
    }
    if let Some(url) = &address
        && !(url.starts_with("http://") || url.starts_with("https://"))
    {
        return Err(wrong("image_url", "image_url must be an absolute address"));
    }
    let Some(source) = address.or(file).or(kept.filter(|_| fresh)) else {
        return match fresh {
            true => Err(Failure::new(422, "Missing Required Fields")
                .field("image_url", "Please provide an image_url or an image_file.")),
            false => {
                thumbnail(data, draft);
                Ok(())
            }
        };
    };
    let file = file_of(&source);
    draft.set_text("image_file", &format!("p/{:03}/{file}", draft.id % 1000));
    for (name, size) in
        [("zoom", "1280.1280"), ("standard", "386.513"), ("thumbnail", "220.290"), ("tiny", "44.58")]
    {
        let url = format!("{}/products/{}/images/{}/{file}.{size}", data.base, draft.parent, draft.id);
        draft.set_text(&format!("url_{name}"), &url);
    }
    thumbnail(data, draft);
    Ok(())
}

/// The file's name at the end of an address.
fn file_of(source: &str) -> String {
    source.rsplit('/').next().unwrap_or("").split('?').next().unwrap_or("").replace(' ', "-")
}

fn thumbnail(data: &mut Data, draft: &Draft) {
    if draft.given("is_thumbnail") != Some("true") {
        return;
    }
    let shown = |text: &str| Members::read(text).is_some_and(|m| m.get("is_thumbnail") == Some("true"));
    let others: Vec<i64> = data
        .table("product_images")
        .of(draft.parent)
        .filter(|image| image.id != draft.id && shown(&image.text))
        .map(|image| image.id)
        .collect();
    for other in others {
        write::touch(data, "product_images", other, &[("is_thumbnail", "false".into())]);
    }
}

/// Takes an image for a record that has one address of an image; answers with the address.
pub(super) fn take(
    data: &mut Data,
    table: &str,
    id: i64,
    parent: Option<i64>,
    body: &str,
) -> Result<Answer, Failure> {
    let resource = data.table(table).resource;
    let found =
        data.table(table).get(id).filter(|record| parent.is_none_or(|parent| record.parent == parent));
    if found.is_none() {
        return Err(Failure::not_found(Version::V3, &resource.noun, id));
    }
    let most = if table == "variants" { MOST_VARIANT_BYTES } else { MOST_BYTES };
    let url = address(data, table, id, most, body)?;
    write::touch(data, table, id, &[("image_url", json::quote(&url))]);
    Ok(Answer::data(200, &format!("{{\"image_url\":{}}}", json::quote(&url))))
}

/// Where an image that was sent is found.
pub(super) fn address(data: &Data, folder: &str, id: i64, most: i64, body: &str) -> Result<String, Failure> {
    let body = read_object(body)?;
    let named = body.get("image_url").and_then(json::string).filter(|url| !url.is_empty());
    let source = match (body.get("upload"), named) {
        (Some(raw), None) => checked_upload(raw, most)?,
        (None, Some(url)) => url.into_owned(),
        _ => return Err(wrong("image_file", "exactly one of image_file and image_url must be sent")),
    };
    Ok(format!("{}/product_images/{folder}/{id}/{}", data.base, file_of(&source)))
}

/// Takes the image of a record away.
pub(super) fn drop(data: &mut Data, table: &str, id: i64) -> Result<Answer, Failure> {
    let resource = data.table(table).resource;
    if data.table(table).get(id).is_none() {
        return Err(Failure::not_found(Version::V3, &resource.noun, id));
    }
    write::touch(data, table, id, &[("image_url", "\"\"".into())]);
    Ok(Answer::nothing())
}

/// `POST …/modifiers/{modifier_id}/values/{value_id}/image`.
pub(super) fn of_modifier_value(data: &mut Data, ids: &[i64], body: &str) -> Result<Answer, Failure> {
    let [product, modifier, value] = ids[..] else { return Err(Failure::new(404, "Not found")) };
    let found = data.table("product_modifiers").get(modifier).filter(|record| record.parent == product);
    let text = found.map(|record| record.text.to_string());
    let text = text.ok_or_else(|| Failure::not_found(Version::V3, "modifier", modifier))?;
    let url = json::quote(&address(data, "modifiers", value, MOST_BYTES, body)?);
    let entries = Members::read(&text).and_then(|members| json::entries(members.get("option_values")?));
    let mut known = false;
    let values: Vec<String> = entries
        .unwrap_or_default()
        .into_iter()
        .map(|entry| {
            if crate::serve::inside::id(entry) != Some(value) {
                return entry.to_owned();
            }
            known = true;
            let held = Members::read(entry).and_then(|members| members.get("adjusters")).unwrap_or("{}");
            json::edit(entry, &[("adjusters", json::edit(held, &[("image_url", &url)]))])
        })
        .collect();
    if !known {
        return Err(Failure::not_found(Version::V3, "modifier value", value));
    }
    let values = format!("[{}]", values.join(","));
    write::touch(data, "product_modifiers", modifier, &[("option_values", values)]);
    Ok(Answer::data(200, &format!("{{\"image_url\":{url}}}")))
}
