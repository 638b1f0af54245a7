//! Recorded answers about customers, channels, marketing and settings come back as they were imported.

use std::fs;

use serde_json::value::RawValue;
use storesim::Options;

use crate::import::{Folder, compact, payloads};
use crate::store;

/// The resource, the recording, the id of what it belongs to where the recording does not say, and where
/// it is read.
const RECORDED: &[(&str, &str, Option<i64>, &str)] = &[
    ("channels", "channels/aligent__channels-391563-get.json", None, "/v3/channels/391563"),
    ("channels", "channels/aligent__channels-get-all.json", None, "/v3/channels"),
    (
        "channel_active_theme",
        "channel_active_theme/aligent__channels-1-active-theme.json",
        Some(1),
        "/v3/channels/1/active-theme",
    ),
    (
        "channel_currency_assignments",
        "channel_currency_assignments/aligent__channel-currency-assignments.json",
        None,
        "/v3/channels/currency-assignments",
    ),
    ("channel_listings", "channel_listings/nango__channel-listings.json", None, "/v3/channels/1/listings"),
    (
        "channel_listings",
        "channel_listings/aligent__channel-76953441-listing-41642934.json",
        None,
        "/v3/channels/76953441/listings/-41642934",
    ),
    ("countries", "countries/bc-python__test-subresources.json", None, "/v2/countries"),
    ("countries", "countries/bc-ruby__countries.json", None, "/v2/countries/226"),
    (
        "customer_attribute_values",
        "customer_attribute_values/screenstaring__bigcommerce-managementapi-attributevalue-create-upsert-creating-a-single-attribu-2.json",
        None,
        "/v3/customers/attribute-values",
    ),
    (
        "customer_attributes",
        "customer_attributes/screenstaring__bigcommerce-managementapi-attribute-create-create-creating-a-single-attribute-re.json",
        None,
        "/v3/customers/attributes",
    ),
    ("customer_groups", "customer_groups/amplience__responses.json", None, "/v2/customer_groups/1"),
    (
        "customer_settings",
        "customer_settings/aligent__customers-settings-by-channel.json",
        Some(1),
        "/v3/customers/settings/channels/1",
    ),
    (
        "customer_stored_instruments",
        "customer_stored_instruments/aligent__customers-stored-instruments-get.json",
        Some(1),
        "/v3/customers/1/stored-instruments",
    ),
    ("customers_v2", "customers_v2/index-44627466964__v2-customers-5.json", None, "/v2/customers/5"),
    ("customers_v2", "customers_v2/vsf__user-mock-history.json", None, "/v2/customers/11"),
    (
        "customer_addresses_v2",
        "customer_addresses_v2/index-44627466964__v2-customers-5-addresses.json",
        None,
        "/v2/customers/5/addresses",
    ),
    (
        "customer_addresses_v2",
        "customer_addresses_v2/docs-2013__customers-addresses-l38.json",
        None,
        "/v2/customers/10/addresses",
    ),
    ("customer_addresses", "customer_addresses/vsf__address-mock.json", None, "/v3/customers/addresses"),
    ("customers", "customers/vsf__user-mock.json", None, "/v3/customers"),
    ("customers", "customers/johnhebron__customers-retrieve-200.json", None, "/v3/customers"),
    ("customers", "customers/aligent__customers-get-all.json", None, "/v3/customers"),
    (
        "customers",
        "customers/screenstaring__bigcommerce-managementapi-customers-customers-get-include-given-a-single-relatio.json",
        None,
        "/v3/customers?include=addresses",
    ),
    ("pages", "pages/aligent__pages-2-get.json", None, "/v3/content/pages/2"),
    ("pages", "pages/aligent__pages-get-all.json", None, "/v3/content/pages"),
    ("pages", "pages/johnhebron__content-pages-list-with-params-200.json", None, "/v3/content/pages"),
    (
        "scripts",
        "scripts/aligent__scripts-create.json",
        None,
        "/v3/content/scripts/311a146b-8322-4b6e-905f-6c9a6037514b",
    ),
    ("scripts", "scripts/bc-swu__get-scripts-existing.json", None, "/v3/content/scripts"),
    ("redirects", "redirects/aligent__storefront-redirects.json", None, "/v3/storefront/redirects"),
    (
        "site_routes",
        "sites/aligent__site-route-60474753-get.json",
        Some(1000),
        "/v3/sites/1000/routes/60474753",
    ),
    ("sites", "sites/aligent__sites-23-get.json", None, "/v3/sites/23"),
    ("sites", "sites/aligent__sites-get-all.json", None, "/v3/sites"),
    ("store_logs", "store_logs/aligent__storelogs-systemlogs-get.json", None, "/v3/store/systemlogs"),
    ("subscribers", "subscribers/nango__list-subscribers.json", None, "/v3/customers/subscribers"),
    ("wishlists", "wishlists/aligent__wishlist-30-get.json", None, "/v3/wishlists/30"),
    ("wishlists", "wishlists/aligent__wishlist-get-all.json", None, "/v3/wishlists"),
    ("wishlists", "wishlists/johnhebron__wishlists-list-200.json", None, "/v3/wishlists"),
];

#[tokio::test]
async fn recorded_answers_come_back_as_they_were() {
    let Some(payloads) = payloads() else { return };
    for (resource, file, parent, path) in RECORDED {
        let text = compact(&fs::read_to_string(payloads.join(file)).expect("a recording"));
        let records = records(&text);
        let folder = Folder::new();
        let lines = records.iter().map(|record| match parent {
            Some(parent) => format!("{{\"parent\":{parent},\"record\":{record}}}\n"),
            None => format!("{record}\n"),
        });
        fs::write(folder.0.join(format!("{resource}.jsonl")), lines.collect::<String>()).expect("a file");
        let store = store::with(Options { import: Some(folder.0.clone()), ..Options::default() }).await;
        let served = store.get(path).await;
        assert_eq!(served.status, 200, "{file}: {path}: {}", served.text);
        let served = self::records(&served.text);
        for record in &records {
            let own = canonical(&links(record, store.simulator.url()));
            let served: Vec<String> = served.iter().map(|record| canonical(record)).collect();
            assert!(served.contains(&own), "{file}: {own}\nis not in\n{served:#?}");
        }
        store.simulator.stop().await;
    }
}

/// The records of an answer in any of its forms.
pub fn records(body: &str) -> Vec<String> {
    let list = |text: &str| -> Vec<String> {
        let list: Vec<Box<RawValue>> = serde_json::from_str(text).expect("a list");
        list.iter().map(|record| record.get().to_owned()).collect()
    };
    let inner = match body.strip_prefix("{\"data\":") {
        Some(rest) => {
            let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Box<RawValue>>();
            values.next().expect("data").expect("JSON").get().to_owned()
        }
        None => body.to_owned(),
    };
    if inner.starts_with('[') { list(&inner) } else { vec![inner] }
}

/// JSON with the members of objects in order, number tokens as they are.
pub fn canonical(text: &str) -> String {
    if text.starts_with('{') {
        let members: std::collections::BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(text).expect("an object");
        let members: Vec<String> =
            members.iter().map(|(name, value)| format!("{name:?}:{}", canonical(value.get()))).collect();
        return format!("{{{}}}", members.join(","));
    }
    if text.starts_with('[') {
        let entries: Vec<Box<RawValue>> = serde_json::from_str(text).expect("an array");
        let entries: Vec<String> = entries.iter().map(|entry| canonical(entry.get())).collect();
        return format!("[{}]", entries.join(","));
    }
    text.to_owned()
}

/// Links of the API lead to the store that serves them.
pub fn links(record: &str, origin: &str) -> String {
    const HOST: &str = "https://api.bigcommerce.com/stores/";
    let Some((head, tail)) = record.split_once(HOST) else { return record.to_owned() };
    let (_, rest) = tail.split_once('/').expect("a path");
    format!("{head}{origin}/stores/simstore/{}", links(rest, origin))
}
