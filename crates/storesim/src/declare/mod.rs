//! Resources as data: what `resources/*.toml` says about each, read once.
//!
//! A declaration names a resource's paths and what each method does there, its fields, filters,
//! includes, sorts, page sizes and scopes. The engine in `serve` and `write` knows no resource by
//! name; what a declaration cannot say is a hook (see `hooks`).

mod field;
mod filter;
mod page;
mod texts;
mod told;

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;

pub(crate) use field::{Field, Kind};
pub(crate) use filter::{Filter, Operator, Reading};
pub(crate) use page::{Page, Paging};
pub(crate) use texts::Texts;
pub(crate) use told::Told;

use crate::dates::Form;

/// One resource.
#[derive(Debug)]
pub(crate) struct Resource {
    /// The table, the same name as in the rows.
    pub name: String,
    /// What one record is called in messages.
    pub noun: String,
    /// The table of the records this one belongs to.
    pub parent: Option<String>,
    /// The member that identifies a record; empty when a record has no id of its own and is numbered
    /// within the store only.
    pub key: String,
    /// Members that together occur once: what identifies a record without an id.
    pub identity: Vec<String>,
    /// Records are the objects in this array of their parent's record, not rows of a table.
    pub inside: Option<String>,
    /// In a path with several ids, those above the parent are not looked at.
    pub loose: bool,
    /// Records have a `permission_set` and an `owner_client_id` that decide which client sees them.
    pub private: bool,
    /// The member that repeats the parent's id in each record.
    pub parent_member: Option<String>,
    /// Records are not to be seen as they are: no list, no import, no digest.
    pub hidden: bool,
    /// The resource of which this is another form: it has no records of its own.
    pub view_of: Option<String>,
    /// The scope that also writes, or several of which one is enough (`a|b`); the read-only form is derived
    /// from it.
    pub scope: String,
    /// How dates are written.
    pub dates: Form,
    /// The member that moves with every change.
    pub modified: Option<String>,
    /// The member that marks an archived record, which is out of lists and counts.
    pub archive: Option<String>,
    /// Members carry links to the store's own host.
    pub links: bool,
    /// Whether lists begin with the highest key.
    pub descending: bool,
    /// Errors are `application/problem+json`.
    pub problem: bool,
    /// Unknown query parameters are refused instead of ignored.
    pub strict: bool,
    /// The status of such a refusal.
    pub strict_status: u16,
    /// Lists take `include_fields` and `exclude_fields`.
    pub fieldsets: bool,
    /// A single record that channels may override: the parameter `channel_id`, or the path's last id,
    /// names the channel.
    pub channels: bool,
    /// What a channel does not say is the store's, and a PUT takes the members that are sent.
    pub partial: bool,
    /// How lists are cut into pages.
    pub page: Page,
    /// Members to sort by.
    pub sorts: Vec<String>,
    /// Fields in the order of the served record.
    pub fields: Vec<Field>,
    /// Filters of lists.
    pub filters: Vec<Filter>,
    /// Sub-resources of `include`.
    pub includes: Vec<(String, Include)>,
    /// Texts of errors.
    pub texts: Texts,
    /// What is told when a record is made, changed or removed.
    pub events: Vec<Told>,
    /// Paths with what their methods do.
    pub endpoints: Vec<Endpoint>,
}

impl Resource {
    /// The declaration of a field.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether records are known from outside by a text instead of their number.
    pub fn text_key(&self) -> bool {
        self.field(&self.key).is_some_and(|field| field.kind == Kind::Uuid)
    }

    /// Whether it has records of its own that lists show.
    pub fn is_listed(&self) -> bool {
        let lists = |action: &Action| matches!(action.does, Deed::List | Deed::Hook | Deed::Single);
        let reads = |endpoint: &Endpoint| {
            endpoint.methods.iter().any(|(verb, action)| *verb == Verb::Get && lists(action))
        };
        !self.hidden && self.view_of.is_none() && self.endpoints.iter().any(reads)
    }

    /// Whether the member that identifies a record is one of its fields. Where it is not, records are
    /// counted and nothing from outside names one.
    pub fn has_key(&self) -> bool {
        self.field(&self.key).is_some()
    }

    /// Whether only channels have it, which their path names.
    pub fn only_channels(&self) -> bool {
        self.channels && self.endpoints.iter().all(|endpoint| endpoint.segments.contains(&Segment::Id))
    }

    /// Whether there is one record.
    pub fn is_single(&self) -> bool {
        let mut actions = self.endpoints.iter().flat_map(|endpoint| &endpoint.methods);
        actions.any(|(_, action)| action.does == Deed::Single)
    }

    /// Whether there is one record, which is there from the beginning.
    pub fn singleton(&self) -> bool {
        self.is_single() && !self.fields.is_empty()
    }

    /// Whether there is a list of all records, whatever they belong to.
    pub fn lists_alone(&self) -> bool {
        let lists = |endpoint: &Endpoint| {
            endpoint.methods.iter().any(|(_, action)| action.does == Deed::List && action.needs.is_none())
        };
        let plain = |endpoint: &Endpoint| !endpoint.segments.contains(&Segment::Id);
        self.endpoints.iter().any(|endpoint| plain(endpoint) && lists(endpoint))
    }

    /// Whether a scope of the token allows an action.
    pub fn allows(&self, scopes: &[String], write: bool) -> bool {
        let mut enough = self.scope.split('|');
        self.scope.is_empty()
            || scopes.is_empty()
            || enough.any(|own| {
                let held = |scope: &String| {
                    scope == own || (!write && scope.strip_suffix("_read_only") == Some(own))
                };
                scopes.iter().any(held)
            })
    }
}

/// What a name in `include` adds.
#[derive(Debug)]
pub(crate) enum Include {
    /// The records of a child table, as an array; true when it lowers the page size.
    Children(String, bool),
    /// The first child whose flag is set, or null.
    Flagged(String, String),
    /// Always the same JSON text.
    Constant(String),
    /// A hook of the resource renders it.
    Hook,
}

/// One path.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// As declared, for instance `/v3/catalog/products/{product_id}`; of a text key `{cart_id@carts}`
    /// without the table.
    pub path: String,
    /// Its parts after the version.
    pub segments: Vec<Segment>,
    /// What the methods do.
    pub methods: Vec<(Verb, Action)>,
}

/// A part of a path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// This text.
    Text(String),
    /// An integer.
    Id,
    /// The text key of a record of this table.
    Key(String),
    /// Any word, declared as `{name:text}`.
    Word,
}

/// The methods the API knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Reads; HEAD is served as GET without a body.
    Get,
    /// Creates.
    Post,
    /// Updates.
    Put,
    /// Deletes.
    Delete,
}

impl Verb {
    /// As in a request.
    pub fn name(self) -> &'static str {
        match self {
            Verb::Get => "GET",
            Verb::Post => "POST",
            Verb::Put => "PUT",
            Verb::Delete => "DELETE",
        }
    }
}

/// What a method does at a path.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Action {
    /// The deed.
    pub does: Deed,
    /// The hook that does it, for [`Deed::Hook`].
    #[serde(default)]
    pub hook: String,
    /// Overrides the usual success status.
    #[serde(default)]
    pub status: Option<u16>,
    /// An item of an array that names no record is checked as a new one would be, and refused.
    #[serde(default)]
    pub keyless_as_new: bool,
    /// What a success answers with instead of JSON, which requests may then accept.
    #[serde(default)]
    pub media: Option<String>,
    /// The file of a form is read as text, into `upload.text`.
    #[serde(default)]
    pub reads_file: bool,
    /// The most items an array body may have.
    #[serde(default)]
    pub batch: Option<usize>,
    /// Requests served at once; more are answered 429.
    #[serde(default)]
    pub concurrency: Option<u32>,
    /// The limit of concurrency is one for each record that the path names first.
    #[serde(default)]
    pub one_by_one: bool,
    /// The refusal of more items, where it is not the usual one.
    #[serde(default)]
    pub too_many: Option<String>,
    /// Each item succeeds or fails by itself, told by `meta` and 207.
    #[serde(default)]
    pub partial: bool,
    /// What bad items of an array do.
    #[serde(default)]
    pub failures: Failures,
    /// What a success answers.
    #[serde(default)]
    pub reply: Reply,
    /// An update of a record that does not exist makes it.
    #[serde(default)]
    pub upsert: bool,
    /// Members that the last keys of the path give: a list is narrowed by them, and one record is the one
    /// that has them besides its parent.
    #[serde(default)]
    pub by: Vec<String>,
    /// The body may be `multipart/form-data`, read as an object with a member per part.
    #[serde(default)]
    pub multipart: bool,
    /// Query parameters, operator and all (`id:in`), that may choose what is deleted; none given: every filter.
    #[serde(default)]
    pub filters: Vec<String>,
    /// The filter that must be there.
    #[serde(default)]
    pub needs: Option<String>,
    /// Without a filter nothing is deleted (204) instead of an error.
    #[serde(default)]
    pub lenient: bool,
    /// Without a filter everything is deleted.
    #[serde(default)]
    pub everything: bool,
    /// The answer is the record alone, without `data` and `meta`.
    #[serde(default)]
    pub bare: bool,
    /// The member that alone is sent and answered, of a single record.
    #[serde(default)]
    pub member: Option<String>,
    /// What the path says records belong to need not exist: a list of it is empty.
    #[serde(default)]
    pub orphans: bool,
}

/// What the bad items of an array do to the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Failures {
    /// The first one refuses the request.
    #[default]
    First,
    /// They refuse the request, each told in `batch_errors`.
    Batch,
    /// They refuse the request, their fields told by index: `0.name`.
    Keyed,
    /// The others are stored; 422 with `data`, `errors` and `meta`.
    Stored,
    /// The others are stored; 422 with the errors by index and `meta.saved_records`.
    Saved,
}

/// What a success answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    /// What was stored.
    #[default]
    Data,
    /// `{"data":{},"meta":{}}`.
    Empty,
    /// No body.
    Nothing,
}

/// The deeds the engine knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Deed {
    /// A page of records.
    List,
    /// How many records there are: `{"count":3}`.
    Count,
    /// One record by the last id of the path.
    One,
    /// The only record of the resource.
    Single,
    /// Changes the only record of the resource.
    PutSingle,
    /// One record from an object.
    Create,
    /// Records from an array.
    CreateMany,
    /// Changes one record.
    Update,
    /// Changes records named by their keys in an array.
    UpdateMany,
    /// Makes or changes one record, told by its identity.
    Upsert,
    /// Makes or changes records, told by their keys or identities, from an array.
    UpsertMany,
    /// Removes the records whose keys are in an array.
    DeleteListed,
    /// Removes one record.
    Delete,
    /// Removes what the filters match.
    DeleteMany,
    /// A hook of its own.
    Hook,
}

/// A file that declares a resource for each of several families: their words stand in the rest of the
/// file as `<word>`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Families {
    each: Vec<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    noun: Option<String>,
    parent: Option<String>,
    parent_member: Option<String>,
    view_of: Option<String>,
    #[serde(default)]
    hidden: bool,
    #[serde(default = "id")]
    key: String,
    #[serde(default)]
    identity: Vec<String>,
    inside: Option<String>,
    #[serde(default)]
    loose: bool,
    #[serde(default)]
    private: bool,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    dates: Form,
    modified: Option<String>,
    archive: Option<String>,
    #[serde(default)]
    links: bool,
    #[serde(default)]
    descending: bool,
    #[serde(default)]
    problem: bool,
    #[serde(default)]
    strict: bool,
    #[serde(default = "unprocessable")]
    strict_status: u16,
    #[serde(default)]
    fieldsets: bool,
    #[serde(default)]
    channels: bool,
    #[serde(default)]
    partial: bool,
    #[serde(default = "page::usual")]
    page: Page,
    #[serde(default)]
    sorts: Vec<String>,
    #[serde(default)]
    texts: Texts,
    #[serde(default)]
    fields: toml::Table,
    #[serde(default)]
    filters: toml::Table,
    #[serde(default)]
    includes: toml::Table,
    #[serde(default)]
    events: Vec<Told>,
    #[serde(default)]
    endpoints: Vec<EndpointFile>,
}

fn unprocessable() -> u16 {
    422
}

fn id() -> String {
    "id".into()
}

/// A file of several small resources.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Several {
    resource: Vec<File>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointFile {
    path: String,
    #[serde(rename = "GET")]
    get: Option<Action>,
    #[serde(rename = "POST")]
    post: Option<Action>,
    #[serde(rename = "PUT")]
    put: Option<Action>,
    #[serde(rename = "DELETE")]
    delete: Option<Action>,
}

/// The files, parents before children.
const FILES: &[&str] = &[
    include_str!("../../resources/store.toml"),
    include_str!("../../resources/channels.toml"),
    include_str!("../../resources/channel_listings.toml"),
    include_str!("../../resources/channel_parts.toml"),
    include_str!("../../resources/sites.toml"),
    include_str!("../../resources/redirects.toml"),
    include_str!("../../resources/redirects_v2.toml"),
    include_str!("../../resources/redirect_jobs.toml"),
    include_str!("../../resources/pages.toml"),
    include_str!("../../resources/scripts.toml"),
    include_str!("../../resources/widgets.toml"),
    include_str!("../../resources/blog_posts.toml"),
    include_str!("../../resources/shipping.toml"),
    include_str!("../../resources/banners.toml"),
    include_str!("../../resources/currencies.toml"),
    include_str!("../../resources/taxes.toml"),
    include_str!("../../resources/store_logs.toml"),
    include_str!("../../resources/storefront_tokens.toml"),
    include_str!("../../resources/settings.toml"),
    include_str!("../../resources/category_trees.toml"),
    include_str!("../../resources/categories.toml"),
    include_str!("../../resources/categories_v2.toml"),
    include_str!("../../resources/brands.toml"),
    include_str!("../../resources/brands_v2.toml"),
    include_str!("../../resources/products.toml"),
    include_str!("../../resources/products_v2.toml"),
    include_str!("../../resources/variants.toml"),
    include_str!("../../resources/product_images.toml"),
    include_str!("../../resources/product_options.toml"),
    include_str!("../../resources/product_modifiers.toml"),
    include_str!("../../resources/product_custom_fields.toml"),
    include_str!("../../resources/product_bulk_pricing_rules.toml"),
    include_str!("../../resources/countries.toml"),
    include_str!("../../resources/product_videos.toml"),
    include_str!("../../resources/product_reviews.toml"),
    include_str!("../../resources/product_complex_rules.toml"),
    include_str!("../../resources/product_parts_v2.toml"),
    include_str!("../../resources/options_v2.toml"),
    include_str!("../../resources/product_option_values.toml"),
    include_str!("../../resources/product_modifier_values.toml"),
    include_str!("../../resources/product_category_assignments.toml"),
    include_str!("../../resources/product_channel_assignments.toml"),
    include_str!("../../resources/legacy_categories.toml"),
    include_str!("../../resources/category_product_orders.toml"),
    include_str!("../../resources/catalog_summary.toml"),
    include_str!("../../resources/price_lists.toml"),
    include_str!("../../resources/price_list_records.toml"),
    include_str!("../../resources/price_list_tiers.toml"),
    include_str!("../../resources/price_list_assignments.toml"),
    include_str!("../../resources/customers.toml"),
    include_str!("../../resources/customer_addresses.toml"),
    include_str!("../../resources/customer_groups.toml"),
    include_str!("../../resources/customer_attributes.toml"),
    include_str!("../../resources/customer_attribute_values.toml"),
    include_str!("../../resources/customer_form_field_values.toml"),
    include_str!("../../resources/customer_accounts.toml"),
    include_str!("../../resources/customer_stored_instruments.toml"),
    include_str!("../../resources/customers_v2.toml"),
    include_str!("../../resources/customer_addresses_v2.toml"),
    include_str!("../../resources/subscribers.toml"),
    include_str!("../../resources/segments.toml"),
    include_str!("../../resources/wishlists.toml"),
    include_str!("../../resources/orders.toml"),
    include_str!("../../resources/order_products.toml"),
    include_str!("../../resources/order_shipping_addresses.toml"),
    include_str!("../../resources/order_coupons.toml"),
    include_str!("../../resources/order_fees.toml"),
    include_str!("../../resources/order_taxes.toml"),
    include_str!("../../resources/order_shipments.toml"),
    include_str!("../../resources/pickups.toml"),
    include_str!("../../resources/order_messages.toml"),
    include_str!("../../resources/order_transactions.toml"),
    include_str!("../../resources/order_refunds.toml"),
    include_str!("../../resources/coupons.toml"),
    include_str!("../../resources/gift_certificates.toml"),
    include_str!("../../resources/promotions.toml"),
    include_str!("../../resources/promotion_codes.toml"),
    include_str!("../../resources/carts.toml"),
    include_str!("../../resources/checkouts.toml"),
    include_str!("../../resources/locations.toml"),
    include_str!("../../resources/inventory_items.toml"),
    include_str!("../../resources/metafields.toml"),
    include_str!("../../resources/store_metafields.toml"),
    include_str!("../../resources/hooks.toml"),
];

/// Every resource of the simulated store.
///
/// # Panics
/// When a file of the crate itself is wrong, which the crate's tests would show first.
#[expect(clippy::panic, reason = "the files are part of the crate, and its tests read each of them")]
pub(crate) fn resources() -> &'static [Resource] {
    static RESOURCES: OnceLock<Vec<Resource>> = OnceLock::new();
    RESOURCES.get_or_init(|| {
        let texts = FILES.iter().flat_map(|text| families(text).unwrap_or_else(|why| panic!("{why}")));
        texts.flat_map(|text| read(&text).unwrap_or_else(|why| panic!("{why}"))).collect()
    })
}

/// The declarations that a file stands for: itself, or one for each of its families.
fn families(text: &str) -> Result<Vec<String>, String> {
    // The families come first in their file, up to a line of dashes.
    let Some((head, form)) = text.split_once("\n# ---\n") else { return Ok(vec![text.to_owned()]) };
    let file: Families = toml::from_str(head).map_err(|e| e.to_string())?;
    let fill = |words: &toml::Table| {
        words.iter().fold(form.to_owned(), |form, (name, value)| {
            form.replace(&format!("<{name}>"), value.as_str().unwrap_or_default())
        })
    };
    Ok(file.each.iter().map(fill).collect())
}

/// The other forms of a resource's records.
pub(crate) fn views_of(name: &str) -> &'static [&'static str] {
    static VIEWS: OnceLock<HashMap<&'static str, Vec<&'static str>>> = OnceLock::new();
    let views = VIEWS.get_or_init(|| {
        let mut views: HashMap<&'static str, Vec<&'static str>> = HashMap::new();
        for resource in resources() {
            if let Some(base) = &resource.view_of {
                views.entry(base).or_default().push(&resource.name);
            }
        }
        views
    });
    views.get(name).map_or(&[], Vec::as_slice)
}

/// The place of a resource among all of them.
pub(crate) fn number(name: &str) -> Option<usize> {
    static NUMBERS: OnceLock<HashMap<&'static str, usize>> = OnceLock::new();
    let numbers =
        || resources().iter().enumerate().map(|(at, resource)| (resource.name.as_str(), at)).collect();
    NUMBERS.get_or_init(numbers).get(name).copied()
}

fn read(text: &str) -> Result<Vec<Resource>, String> {
    let files = match text.contains("\n[[resource]]") {
        true => toml::from_str::<Several>(text).map_err(|e| e.to_string())?.resource,
        false => vec![toml::from_str(text).map_err(|e| e.to_string())?],
    };
    files.into_iter().map(resource).collect()
}

fn resource(file: File) -> Result<Resource, String> {
    let name = file.name.clone();
    let at = |why: String| format!("resource {name}: {why}");
    let texts = |table: &toml::Table| -> Result<Vec<(String, String)>, String> {
        table
            .iter()
            .map(|(key, value)| match value.as_str() {
                Some(text) => Ok((key.clone(), text.to_owned())),
                None => Err(at(format!("{key} is not text"))),
            })
            .collect()
    };
    let mut fields = Vec::new();
    for (name, text) in texts(&file.fields)? {
        fields.push(Field::read(&name, &text).map_err(at)?);
    }
    let mut filters = Vec::new();
    for (name, text) in texts(&file.filters)? {
        filters.push(Filter::read(&name, &text, &fields).map_err(at)?);
    }
    let mut includes = Vec::new();
    for (name, text) in texts(&file.includes)? {
        let words: Vec<&str> = text.split_whitespace().collect();
        let include = match words[..] {
            ["children", table] => Include::Children(table.into(), false),
            ["children", table, "capping"] => Include::Children(table.into(), true),
            ["flagged", table, flag] => Include::Flagged(table.into(), flag.into()),
            ["constant", json] => Include::Constant(json.into()),
            ["hook"] => Include::Hook,
            _ => return Err(at(format!("include {name} is not understood: {text}"))),
        };
        includes.push((name, include));
    }
    let endpoints = file.endpoints.into_iter().map(endpoint).collect();
    Ok(Resource {
        noun: file.noun.unwrap_or_else(|| file.name.trim_end_matches('s').replace('_', " ")),
        name: file.name,
        parent: file.parent,
        parent_member: file.parent_member,
        view_of: file.view_of,
        hidden: file.hidden,
        key: file.key,
        identity: file.identity,
        inside: file.inside,
        loose: file.loose,
        private: file.private,
        scope: file.scope,
        dates: file.dates,
        modified: file.modified,
        archive: file.archive,
        links: file.links,
        descending: file.descending,
        problem: file.problem,
        strict: file.strict,
        strict_status: file.strict_status,
        fieldsets: file.fieldsets,
        channels: file.channels,
        partial: file.partial,
        page: file.page,
        sorts: file.sorts,
        fields,
        filters,
        includes,
        texts: file.texts,
        events: file.events,
        endpoints,
    })
}

fn endpoint(file: EndpointFile) -> Endpoint {
    let segments = file.path.split('/').skip(1);
    let segments = segments.map(|part| match part.strip_prefix('{').map(|inner| inner.split_once('@')) {
        None => Segment::Text(part.into()),
        Some(None) if part.ends_with(":text}") => Segment::Word,
        Some(None) => Segment::Id,
        Some(Some((_, table))) => Segment::Key(table.trim_end_matches('}').into()),
    });
    let methods =
        [(Verb::Get, file.get), (Verb::Post, file.post), (Verb::Put, file.put), (Verb::Delete, file.delete)];
    Endpoint {
        segments: segments.collect(),
        methods: methods.into_iter().filter_map(|(verb, action)| Some((verb, action?))).collect(),
        path: file.path.split('/').map(plain_part).collect::<Vec<_>>().join("/"),
    }
}

/// `{segment_id@segments}` is told as `{segment_id}`.
fn plain_part(part: &str) -> String {
    let end = if part.starts_with('{') { part.find(['@', ':']) } else { None };
    end.map_or_else(|| part.to_owned(), |end| format!("{}}}", &part[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declaration_is_understood() {
        assert!(resources().len() >= FILES.len());
        for (at, resource) in resources().iter().enumerate() {
            assert_eq!(number(&resource.name), Some(at), "{} is declared twice", resource.name);
            for segment in resource.endpoints.iter().flat_map(|endpoint| &endpoint.segments) {
                if let Segment::Key(table) = segment {
                    assert!(resources().iter().any(|r| r.name == *table && r.text_key()), "{table}");
                }
            }
        }
        for resource in resources() {
            for sort in &resource.sorts {
                assert!(resource.field(sort).is_some(), "{}: sort {sort}", resource.name);
            }
            if let Some(parent) = &resource.parent {
                assert!(resources().iter().any(|r| r.name == *parent), "{}: parent {parent}", resource.name);
            }
        }
    }
}
