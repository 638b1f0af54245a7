//! Customers, marketing, channels and settings: what their declarations cannot say.

mod accounts;
mod attributes;
mod channels;
mod content;
mod currencies;
mod customers;
mod forms;
pub(crate) mod geography;
mod groups;
mod imex;
mod legacy;
mod listings;
mod pages;
mod redirects;
mod segments;
mod sites;
mod taxes;
mod tokens;
mod widgets;
mod wishlists;

use crate::caller::Caller;
use crate::data::{Data, SINGLE};
use crate::declare::{Action, Resource};
use crate::json::{self, Members};
use crate::rows::Row;
use crate::serve::{Answer, Failure, Query, Version, View, Visible};
use crate::table::Record;
use crate::write::{self, Draft};

pub(super) use customers::{is_duplicate, taken};

/// Serves a GET that is no list and no record.
pub(super) fn read(
    data: &Data,
    hook: &str,
    ids: &[i64],
    query: &Query,
    strict_limit: bool,
) -> Result<Answer, Failure> {
    let id = ids.first().copied().unwrap_or(0);
    match hook {
        "active_theme" => channels::theme(data, id),
        "channel_menu" => channels::menu(data, id),
        "currency_assignment" => channels::currencies(data, id),
        "site" => sites::of_channel(data, id, query),
        "consent" => Ok(accounts::consent(data, id)),
        "stored_instruments" => Ok(accounts::instruments(data, id)),
        "redirects_export_events" => imex::events(data, id, "export"),
        "redirects_import_events" => imex::events(data, id, "import"),
        "redirects_download" => imex::download(data, id),
        "segment_profiles" => segments::profiles(data, id, query, strict_limit),
        "profile_segments" => segments::of_profile(data, id, query, strict_limit),
        _ => Err(Failure::new(501, format!("{hook} is not served"))),
    }
}

/// Does what follows from a changed object of which the store has one: the profile is told by the store
/// itself, too.
pub(super) fn put_single(data: &mut Data, resource: &str, number: i64) {
    if resource != "settings_profile" || number != SINGLE {
        return;
    }
    let Some(text) = data.text(resource, number).map(str::to_owned) else { return };
    let Some(members) = Members::read(&text) else { return };
    let mut changes = Vec::new();
    for (own, member) in [
        ("store_name", "name"),
        ("store_address", "address"),
        ("store_phone", "phone"),
        ("store_email", "admin_email"),
    ] {
        changes.extend(members.get(own).map(|raw| (member, raw.to_owned())));
    }
    write::touch(data, "store", SINGLE, &changes);
}

/// Which records of a resource a caller sees; `None` when all.
pub(super) fn visible(data: &Data, resource: &Resource, caller: &Caller) -> Option<Visible> {
    (resource.name == "scripts").then(|| content::visible_scripts(data, caller))
}

/// Adds what the includes want to a record.
pub(super) fn render(view: &View, data: &Data, resource: &Resource, record: &Record, out: &mut Vec<u8>) {
    match resource.name.as_str() {
        "channels" => channels::render(view, data, record, out),
        "pages" => pages::render(view, data, record, out),
        "redirects" => redirects::render(view, data, record, out),
        "customers" => customers::render(view, data, record, out),
        "customer_addresses" => customers::render_address(view, data, record, out),
        _ => {}
    }
}

/// The text of a record in its other form.
pub(super) fn view(data: &Data, resource: &Resource, record: &Record) -> String {
    match resource.name.as_str() {
        "customers_v2" => legacy::customer(data, resource, record),
        "redirects_v2" => redirects::older(data, record),
        _ => legacy::address(resource, record),
    }
}

/// The rows that an imported record of another form stands for.
pub(super) fn base_of(resource: &Resource, parent: Option<i64>, text: &str) -> Vec<Row> {
    match resource.name.as_str() {
        "customers_v2" => legacy::rows_of_customer(text),
        "redirects_v2" => redirects::row_of_older(text),
        _ => legacy::row_of_address(parent, text),
    }
}

/// Whether the record of such a row is there already.
pub(super) fn has_base(data: &Data, row: &Row) -> bool {
    let Some(members) = Members::read(&row.json) else { return false };
    match row.resource.as_str() {
        "customers" => {
            let email = members.get("email").and_then(json::string).unwrap_or_default();
            data.table("customers").holder("email", &email).is_some()
        }
        table => {
            let number = |name: &str| members.get(name).and_then(json::integer).unwrap_or(0);
            data.table(table).children(number("customer_id")).contains(&number("id"))
        }
    }
}

/// A write of the other form as one of the records themselves.
pub(super) fn unview(data: &Data, draft: &Draft) -> Result<String, Failure> {
    match draft.resource.name.as_str() {
        "customers_v2" => legacy::of_customer(draft),
        "redirects_v2" => redirects::unview(data, draft),
        _ => legacy::of_address(draft),
    }
}

/// Serves a write that is no create, update or delete of records.
pub(super) fn write(
    data: &mut Data,
    action: &'static Action,
    ids: &[i64],
    query: &Query,
    body: &str,
    version: Version,
) -> Result<Answer, Failure> {
    let id = ids.first().copied().unwrap_or(0);
    match action.hook.as_str() {
        "channel_menu" => channels::put_menu(data, id, body),
        "channel_menu_delete" => channels::delete_menu(data, id),
        "currency_assignment" => channels::put_currencies(data, id, body),
        "currency_assignment_delete" => channels::delete_currencies(data, id),
        "currency_assignments" => channels::put_all_currencies(data, action, body),
        "pages_create" => pages::create(data, query, body),
        "pages_update" => pages::update(data, query, body),
        "pages_delete" => pages::delete(data, query),
        "site_create" => sites::create(data, id, query, body),
        "site_update" => sites::update(data, id, query, body),
        "site_delete" => sites::delete(data, id),
        "checkout_url" => sites::put_checkout(data, id, query, body),
        "checkout_url_delete" => sites::delete_checkout(data, id, query),
        "currencies_delete" => currencies::delete_all(data),
        "tax_classes_create" => taxes::create(data, action, body),
        "tax_classes_update" => taxes::update(data, action, body),
        "logo_image" => content::image(data, query, body, "logo_image_url", "LogoFile"),
        "favicon_image" => content::image(data, query, body, "favicon_url", "FaviconFile"),
        "carrier" => content::carrier(body),
        "storefront_token" => tokens::create(data, body),
        "storefront_token_delete" => Ok(Answer::data(200, "{}")),
        "redirects_export" => imex::export(data, body),
        "redirects_import" => imex::import(data, body),
        "attribute_values" => attributes::put(data, action, body),
        "form_field_values" => forms::put(data, action, body),
        "validate_credentials" => accounts::validate(data, body),
        "validate_password" => accounts::validate_one(data, id, body),
        "consent" => accounts::put_consent(data, id, body),
        "segment_profiles_add" => segments::add(data, id, action, body),
        "segment_profiles_remove" => segments::remove(data, id, query),
        "wishlist_items" => wishlists::add(data, id, query, body, version),
        "wishlist_item_delete" => {
            wishlists::remove(data, id, ids.last().copied().unwrap_or(0), query, version)
        }
        other => Err(Failure::new(501, format!("{other} is not served"))),
    }
}

/// Checks a draft and fills what follows from it, before it is stored.
pub(super) fn prepare(data: &mut Data, draft: &mut Draft) -> Result<(), Failure> {
    match draft.resource.name.as_str() {
        "channels" => channels::prepare(data, draft),
        "channel_listings" => listings::prepare(data, draft),
        "currencies" => currencies::prepare(draft),
        "scripts" => content::prepare_script(data, draft),
        "blog_posts" => content::prepare_post(data, draft),
        "pages" => pages::prepare(data, draft),
        "redirects" => redirects::prepare(data, draft),
        "sites" => sites::prepare(data, draft),
        "site_routes" => sites::prepare_route(data, draft),
        "tax_classes" => {
            taxes::prepare(draft);
            Ok(())
        }
        "customers" => customers::prepare(data, draft),
        "customer_addresses" => customers::prepare_address(draft),
        "customer_groups" => groups::prepare(data, draft),
        "customer_attributes" => attributes::prepare(data, draft),
        "segments" => segments::prepare(data, draft),
        "shopper_profiles" => segments::prepare_profile(data, draft),
        "subscribers" => customers::prepare_subscriber(draft),
        "widgets" | "widget_placements" => {
            widgets::prepare(data, draft);
            Ok(())
        }
        "wishlists" => wishlists::prepare(data, draft),
        _ => Ok(()),
    }
}

/// Does what follows from a stored draft.
pub(super) fn stored(data: &mut Data, draft: &Draft) -> Result<(), Failure> {
    match draft.resource.name.as_str() {
        "customers" => customers::stored(data, draft),
        "customer_addresses" => customers::stored_address(data, draft),
        "currencies" => {
            currencies::stored(data, draft);
            Ok(())
        }
        "pages" => {
            pages::stored(data, draft);
            Ok(())
        }
        "scripts" => {
            content::stored_script(data, draft);
            Ok(())
        }
        "customer_groups" => {
            groups::stored(data, draft);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Does what goes before a delete.
pub(super) fn deleting(data: &mut Data, resource: &Resource, id: i64) -> Result<(), Failure> {
    match resource.name.as_str() {
        "currencies" => currencies::deleting(data, id)?,
        "customers" => customers::deleting(data, id),
        "customer_addresses" => forms::forget_address(data, id),
        "customer_attributes" => attributes::deleting(data, id),
        "customer_groups" => groups::deleting(data, id),
        "shopper_profiles" => segments::forget(data, id),
        _ => {}
    }
    Ok(())
}
