//! Every list of a store, read through the typed door: nothing is lost, and no member of a record is passed over.

use std::collections::BTreeMap;
use std::fmt::Debug;

use bigcommerce::resources::metafields::MetafieldFamily;
use bigcommerce::resources::{Record, Resource};
use bigcommerce::{Client, Token};
use storesim::{Options, Simulator};
use tokio::net::TcpListener;

use crate::payloads::{canonical, unread};

async fn store() -> (Simulator, Client) {
    let options = Options { products: 60, customers: 40, orders: 80, extras: true, ..Options::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store = storesim::start(options, listener).await.unwrap();
    let builder = Client::builder("simstore".parse().unwrap(), Token::from("simtoken".to_owned()));
    let client = builder.api_url(store.url()).build().unwrap();
    (store, client)
}

/// What was seen: records by path, and members that were not read.
#[derive(Default)]
struct Seen {
    records: BTreeMap<String, usize>,
    strange: Vec<String>,
}

impl Seen {
    async fn list<T: Record + Debug>(&mut self, resource: Resource<T>) {
        let path = resource.path().to_owned();
        let listed = resource.list().limit(50).send().await.unwrap_or_else(|error| panic!("{path}: {error}"));
        for (record, text) in listed.records.iter().zip(listed.page.records()) {
            assert_eq!(canonical(&serde_json::to_string(record).unwrap()), canonical(text), "{path}");
            let unread = unread(text, &format!("{record:#?}"));
            self.strange.extend(unread.into_iter().map(|member| format!("{path}: {member}")));
        }
        *self.records.entry(path).or_default() += listed.records.len();
    }
}

macro_rules! lists {
    ($seen:ident, $client:ident: $($door:ident)+) => {
        $($seen.list($client.$door()).await;)+
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_list_is_read_member_by_member() {
    let (store, client) = store().await;
    let mut seen = Seen::default();
    lists!(seen, client: products variants channel_assignments category_assignments brands categories category_trees
        price_lists price_list_assignments inventory locations customers addresses customer_attributes
        customer_attribute_values form_field_values customer_groups subscribers segments shopper_profiles wishlists
        orders order_statuses refunds hooks channels sites coupons gift_certificates promotions redirects store_pages
        currencies tax_classes countries system_logs);
    for family in [MetafieldFamily::Products, MetafieldFamily::Variants, MetafieldFamily::Customers] {
        seen.list(client.metafields(family)).await;
    }
    let products = client.products();
    for product in products.list().limit(8).send().await.unwrap().records {
        let id = product.id.unwrap();
        seen.list(products.variants(id)).await;
        seen.list(products.options(id)).await;
        seen.list(products.modifiers(id)).await;
        seen.list(products.images(id)).await;
        seen.list(products.videos(id)).await;
        seen.list(products.custom_fields(id)).await;
        seen.list(products.bulk_pricing_rules(id)).await;
        seen.list(products.complex_rules(id)).await;
        seen.list(products.reviews(id)).await;
    }
    let orders = client.orders();
    for order in orders.list().limit(15).send().await.unwrap().records {
        let id = order.id.unwrap();
        seen.list(orders.products(id)).await;
        seen.list(orders.shipping_addresses(id)).await;
        seen.list(orders.coupons(id)).await;
        seen.list(orders.taxes(id)).await;
        seen.list(orders.fees(id)).await;
        seen.list(orders.shipments(id)).await;
        seen.list(orders.messages(id)).await;
        seen.list(orders.transactions(id)).await;
        seen.list(orders.refunds(id)).await;
    }
    assert_eq!(seen.strange, Vec::<String>::new(), "{}", seen.strange.join("\n"));
    let kinds: BTreeMap<String, usize> =
        seen.records.iter().fold(BTreeMap::new(), |mut kinds, (path, count)| {
            let kind: String = path.chars().map(|c| if c.is_ascii_digit() { 'n' } else { c }).collect();
            *kinds.entry(kind).or_default() += count;
            kinds
        });
    let told = kinds.values().filter(|count| **count > 0).count();
    println!("{kinds:#?}");
    assert!(told >= 38, "{told} kinds of records: {kinds:#?}");
    store.stop().await;
}
