//! What belongs to customers, channels and marketing: groups, attributes, subscribers, segments, wish
//! lists, a second channel with its site and listings, redirects, currencies, entries of the log.

use super::catalog::Catalog;
use super::customers::person;
use super::random::Random;
use super::standard::declared;
use super::{Sink, Spec, Table, date};
use crate::chance;
use crate::json::quote;

const DAY: i64 = 86_400;
/// Groups that customers are in.
const GROUPS: i64 = 3;
/// The second channel, and its site.
const CHANNEL: i64 = 2;
const SITE: i64 = 1001;
/// The site of the first channel.
const FIRST_SITE: i64 = 1000;

/// The group of a customer, 0 for most.
pub(super) fn group(spec: &Spec, customer: i64) -> i64 {
    let mut random = Random::of(spec.seed, Table::Group as u64, customer as u64);
    if random.chance(20) { random.between(1, GROUPS) } else { 0 }
}

pub(super) fn rows(spec: &Spec, catalog: &Catalog, sink: &mut Sink) {
    let mut made = Made { now: spec.now - 200 * DAY, sink };
    made.groups();
    made.attributes();
    made.currencies();
    made.logs(spec);
    made.channel(catalog);
    made.segments();
    let mut next = Next::default();
    for customer in 1..=spec.customers as i64 {
        made.customer(spec, catalog, customer, &mut next);
    }
}

/// The last ids given.
#[derive(Default)]
struct Next {
    value: i64,
    subscriber: i64,
    list: i64,
    item: i64,
    profile: i64,
    account: i64,
}

fn next(id: &mut i64) -> i64 {
    *id += 1;
    *id
}

/// Where rows go, with the time they were made at.
struct Made<'a, 'b> {
    now: i64,
    sink: &'a mut Sink<'b>,
}

impl Made<'_, '_> {
    fn row(&mut self, resource: &str, id: i64, parent: Option<i64>, members: &[(&str, &str)]) {
        if let Some(row) = declared(resource, id, parent, members, self.now) {
            self.sink.row(&row.resource, row.parent, row.json);
        }
    }

    fn groups(&mut self) {
        let groups = [
            ("\"Wholesale\"", r#"[{"type":"all","method":"percent","amount":"12.5000"}]"#, "false"),
            ("\"Friends & family\"", r#"[{"type":"all","method":"percent","amount":"5.0000"}]"#, "false"),
            ("\"Guests\"", "[]", "true"),
        ];
        for (id, (name, rules, guests)) in (1..).zip(groups) {
            let members = [("name", name), ("discount_rules", rules), ("is_group_for_guests", guests)];
            self.row("customer_groups", id, None, &members);
        }
    }

    fn attributes(&mut self) {
        let attributes =
            [("\"Loyalty level\"", "\"string\""), ("\"Birthday\"", "\"date\""), ("\"Points\"", "\"number\"")];
        for (id, (name, kind)) in (1..).zip(attributes) {
            self.row("customer_attributes", id, None, &[("name", name), ("type", kind)]);
        }
    }

    fn currencies(&mut self) {
        let currencies = [
            ("\"EUR\"", "\"EU\"", "\"Euro\"", "\"0.9215000000\"", "\"€\""),
            ("\"GBP\"", "\"GB\"", "\"Pound Sterling\"", "\"0.7840000000\"", "\"£\""),
        ];
        for (id, (code, country, name, rate, token)) in (2..).zip(currencies) {
            self.row(
                "currencies",
                id,
                None,
                &[
                    ("currency_code", code),
                    ("country_iso2", country),
                    ("name", name),
                    ("currency_exchange_rate", rate),
                    ("token", token),
                    ("token_location", "\"left\""),
                    ("decimal_token", "\".\""),
                    ("thousands_token", "\",\""),
                    ("decimal_places", "2"),
                ],
            );
        }
    }

    fn logs(&mut self, spec: &Spec) {
        let entries = [
            ("\"general\"", "\"export only\"", "\"success\"", "\"Products were exported\""),
            ("\"notification\"", "\"email message\"", "\"notice\"", "\"An e-mail was sent\""),
            ("\"ordersettings\"", "\"order status\"", "\"success\"", "\"The status of an order changed\""),
            ("\"shipping\"", "\"\"", "\"warning\"", "\"No rates were found for an address\""),
            ("\"payment\"", "\"optimized checkout\"", "\"errors\"", "\"A payment was declined\""),
            ("\"tax\"", "\"\"", "\"warning\"", "\"Taxes fell back to the store's own rates\""),
        ];
        for id in 1..=24_i64 {
            let (kind, module, severity, summary) = entries[id as usize % entries.len()];
            let created = quote(&date::catalog(spec.now - (30 - id) * DAY));
            let message = quote(&format!("Entry {id} of the simulated store."));
            let members = [
                ("type", kind),
                ("module", module),
                ("severity", severity),
                ("summary", summary),
                ("message", message.as_str()),
                ("date_created", created.as_str()),
            ];
            self.row("store_logs", id, None, &members);
        }
    }

    /// A second storefront that lists some of the products, and redirects to products of the first.
    fn channel(&mut self, catalog: &Catalog) {
        let members = [
            ("name", "\"Outlet\""),
            ("type", "\"storefront\""),
            ("platform", "\"next\""),
            ("status", "\"active\""),
        ];
        self.row("channels", CHANNEL, None, &members);
        let url = "https://outlet.example.com";
        let at = quote(&date::zulu(self.now));
        let urls =
            format!("[{{\"url\":\"{url}\",\"type\":\"primary\",\"created_at\":{at},\"updated_at\":{at}}}]");
        let members = [("url", &*quote(url)), ("channel_id", "2"), ("urls", &urls)];
        self.row("sites", SITE, None, &members);
        for (id, (kind, route)) in (1..).zip([("\"home\"", "\"/\""), ("\"product\"", "\"/p/{slug}\"")]) {
            let members = [("type", kind), ("matching", "\"*\""), ("route", route)];
            self.row("site_routes", id, Some(SITE), &members);
        }
        let listed = catalog.products().min(400);
        for index in (0..listed).filter(|index| index % 4 == 0) {
            let product = catalog.product(index);
            let (id, variant) = (product.id.to_string(), product.variant(0).id);
            let name = quote(&product.name);
            let variants = format!(
                "[{{\"channel_id\":{CHANNEL},\"product_id\":{id},\"variant_id\":{variant},\"state\":\"active\",\"name\":{name},\"date_created\":{at},\"date_modified\":{at}}}]"
            );
            let members = [
                ("product_id", id.as_str()),
                ("state", "\"active\""),
                ("name", name.as_str()),
                ("variants", variants.as_str()),
            ];
            self.row("channel_listings", 1 + index as i64, Some(CHANNEL), &members);
        }
        let (moved, site) = (catalog.products().min(40) / 4, FIRST_SITE.to_string());
        for index in 0..moved {
            let to = format!("{{\"type\":\"product\",\"entity_id\":{}}}", catalog.product(index).id);
            let from = quote(&format!("/old/{}", index + 1));
            let members = [("from_path", from.as_str()), ("site_id", site.as_str()), ("to", to.as_str())];
            self.row("redirects", 1 + index as i64, None, &members);
        }
        let members = [
            ("from_path", "\"/sale\""),
            ("site_id", site.as_str()),
            ("to", r#"{"type":"url","url":"/outlet/"}"#),
        ];
        self.row("redirects", 1 + moved as i64, None, &members);
        let enabled = [("enabled_currencies", r#"["USD","EUR"]"#), ("default_currency", "\"USD\"")];
        self.row("channel_currency_assignments", CHANNEL, None, &enabled);
    }

    fn segments(&mut self) {
        let segments =
            [("\"Regulars\"", "\"Bought three times\""), ("\"Lapsed\"", "\"Not seen for a year\"")];
        for (id, (name, about)) in (1..).zip(segments) {
            self.row("segments", id, None, &[("name", name), ("description", about)]);
        }
    }

    fn customer(&mut self, spec: &Spec, catalog: &Catalog, id: i64, ids: &mut Next) {
        let mut random = Random::of(spec.seed, Table::People as u64, id as u64);
        let customer = id.to_string();
        for (attribute, share) in [(1, 15), (2, 10), (3, 5)] {
            if !random.chance(share) {
                continue;
            }
            let value = match attribute {
                1 => (*random.pick(&["\"gold\"", "\"silver\"", "\"bronze\""])).to_owned(),
                2 => format!(
                    "\"19{:02}-{:02}-{:02}\"",
                    random.between(50, 99),
                    random.between(1, 12),
                    random.between(1, 28)
                ),
                _ => format!("\"{}\"", random.below(5_000)),
            };
            let attribute = attribute.to_string();
            let members =
                [("customer_id", &*customer), ("attribute_id", &*attribute), ("attribute_value", &*value)];
            self.row("customer_attribute_values", next(&mut ids.value), None, &members);
        }
        if random.chance(8) {
            let value = random.pick(&["\"a friend\"", "\"a search\"", "\"an advertisement\""]);
            let members =
                [("name", "\"How did you find us?\""), ("value", *value), ("customer_id", &*customer)];
            self.row("customer_form_field_values", 0, None, &members);
        }
        if random.chance(6) {
            let credit = format!("{}.5", random.between(1, 60));
            let members = [("store_credit", credit.as_str())];
            self.row("customer_accounts", next(&mut ids.account), Some(id), &members);
        }
        if random.chance(30) {
            let who = person(spec, id as u64);
            let members = [
                ("email", &*quote(&who.email)),
                ("first_name", &*quote(who.first)),
                ("last_name", &*quote(who.last)),
                ("source", "\"storefront\""),
            ];
            self.row("subscribers", next(&mut ids.subscriber), None, &members);
        }
        if random.chance(10) {
            let profile = next(&mut ids.profile);
            let uuid = quote(&chance::uuid("shopper_profiles", profile));
            self.row("shopper_profiles", profile, None, &[("id", &*uuid), ("customer_id", &*customer)]);
            let segment = random.between(1, 2);
            let number = profile.to_string();
            self.row("segment_members", profile, Some(segment), &[("profile", &*number)]);
        }
        if random.chance(10) && catalog.products() > 0 {
            let mut items = Vec::new();
            for _ in 0..random.between(1, 4) {
                let product = catalog.product(random.below(catalog.products()));
                let (item, variant) = (next(&mut ids.item), product.variant(0).id);
                items.push(format!(
                    "{{\"id\":{item},\"product_id\":{},\"variant_id\":{variant}}}",
                    product.id
                ));
            }
            let items = format!("[{}]", items.join(","));
            let public = if random.chance(30) { "true" } else { "false" };
            let members = [
                ("customer_id", &*customer),
                ("name", "\"Wishes\""),
                ("is_public", public),
                ("items", &*items),
            ];
            self.row("wishlists", next(&mut ids.list), None, &members);
        }
    }
}
