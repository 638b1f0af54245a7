//! What the examples do, done to a simulated store.

use std::time::{Duration, Instant};

use bigcommerce::install::{App, Callback};
use bigcommerce::resources::order_parts::NewOrderProduct;
use bigcommerce::resources::orders::{NewOrder, status};
use bigcommerce::resources::products::ProductUpdate;
use bigcommerce::webhook::EventData;
use bigcommerce::{Amount, Client, Token};
use storesim::{Options, Simulator};
use tokio::net::TcpListener;

#[path = "../../examples/changed_products.rs"]
#[expect(dead_code, reason = "its main is for running it by hand")]
mod changed_products;
#[path = "../../examples/dress_products.rs"]
#[expect(dead_code, reason = "its main is for running it by hand")]
mod dress_products;
#[path = "../../examples/import_customers.rs"]
#[expect(dead_code, reason = "its main is for running it by hand")]
mod import_customers;
#[path = "../../examples/install_app.rs"]
#[expect(dead_code, reason = "its main is for running it by hand")]
mod install_app;
#[path = "../../examples/list_products.rs"]
#[expect(dead_code, reason = "its main is for running it by hand")]
mod list_products;
#[path = "../../examples/sell_and_refund.rs"]
#[expect(dead_code, reason = "its main is for running it by hand")]
mod sell_and_refund;
#[path = "../../examples/take_webhooks.rs"]
#[expect(dead_code, reason = "its main is for running it by hand")]
mod take_webhooks;
#[path = "../../examples/update_stock.rs"]
#[expect(dead_code, reason = "its main is for running it by hand")]
mod update_stock;

async fn store() -> (Simulator, Client) {
    let options = Options { products: 60, customers: 20, orders: 0, ..Options::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store = storesim::start(options, listener).await.unwrap();
    let builder = Client::builder("simstore".parse().unwrap(), Token::from("simtoken".to_owned()));
    let client = builder.api_url(store.url()).build().unwrap();
    (store, client)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_examples_do_what_they_say() {
    let (store, client) = store().await;

    let lines = list_products::list_products(&client).await.unwrap();
    assert!(lines.len() > 10, "{lines:?}");
    assert!(lines.iter().all(|line| line.split('\t').nth(2).unwrap().parse::<bigcommerce::Amount>().is_ok()));

    let variants = client.variants().list().all().await.unwrap();
    let mut tracked = None;
    for variant in variants.iter().filter(|variant| variant.sku.as_deref().is_some_and(|sku| !sku.is_empty()))
    {
        let sku = variant.sku.clone().unwrap();
        let lines = update_stock::update_stock(&client, &[(sku.clone(), 41)]).await.unwrap();
        if lines == [format!("{sku}\t41")] {
            tracked = Some(sku);
            break;
        }
    }
    let sku = tracked.expect("some variant is tracked by itself");
    let lines =
        update_stock::update_stock(&client, &[("no-such-sku".into(), 1), (sku.clone(), 42)]).await.unwrap();
    assert!(lines[0].starts_with("no-such-sku\tnot written: "), "{lines:?}");
    assert_eq!(lines[1], format!("{sku}\t42"));
    let deadline = Instant::now() + Duration::from_secs(10);
    while update_stock::stock_of(&client, &sku).await.unwrap() != Some(42) {
        assert!(Instant::now() < deadline, "the stock never showed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    let known = client.customers().list().first().await.unwrap().unwrap().email.unwrap();
    let lines: Vec<String> = (0..23)
        .map(|index| if index == 11 { format!("{known},A,B") } else { format!("new{index}@example.com,A,B") })
        .collect();
    let (created, refused) =
        import_customers::import_customers(&client, lines.iter().map(String::as_str)).await.unwrap();
    assert_eq!((created, refused.len()), (22, 1), "{refused:?}");
    assert!(refused[0].starts_with("line 12: "), "{refused:?}");
    assert_eq!(client.stats().throttled, 0);
    store.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn products_are_dressed_changed_and_sold() {
    let (store, client) = store().await;
    let begin = client.store_time().await.unwrap().time.unwrap().timestamp();
    let simple = client.products().list().include("variants").all().await.unwrap();
    let simple: Vec<i64> = simple
        .iter()
        .filter(|product| product.base_variant_id.is_some())
        .filter_map(|product| product.id)
        .collect();
    let product = simple[0];

    let png = b"\x89PNG\r\n\x1a\n--\r\n";
    let image =
        dress_products::picture(&client, product, "shelf/cup \"red\".png", png).await.unwrap().unwrap();
    assert_eq!((image.product_id, image.is_thumbnail), (Some(product), Some(true)));
    assert_eq!(image.description.as_deref(), Some("As it stands on our shelf"));
    let read = client.products().images(product).get(image.id.unwrap()).await.unwrap();
    assert_eq!(
        (read.description, read.url_standard),
        (image.description.clone(), image.url_standard.clone())
    );
    let brand = client.brands().list().first().await.unwrap().unwrap().id.unwrap();
    let address = client.brands().upload_image(brand, "logo.png", png).await.unwrap();
    assert_eq!(client.brands().get(brand).await.unwrap().image_url, address);
    assert!(address.is_some_and(|address| !address.is_empty()));

    let mut origins: Vec<(i64, String)> =
        simple.iter().take(5).map(|product| (*product, format!("from {product}"))).collect();
    origins.push((999_999, "nowhere".into()));
    let lines = dress_products::tag(&client, &origins).await.unwrap();
    assert_eq!(lines[0], format!("{product}\tfrom {product}"));
    assert!(lines[5].starts_with("999999\tnot written: "), "{lines:?}");
    origins[0].1 = "elsewhere".to_owned();
    let lines = dress_products::tag(&client, &origins[..2]).await.unwrap();
    assert_eq!(lines[0], format!("{product}\telsewhere"));
    let family = client.metafields(bigcommerce::resources::metafields::MetafieldFamily::Products);
    let ours = |fields: Vec<bigcommerce::resources::metafields::FamilyMetafield>| -> Vec<i64> {
        fields
            .iter()
            .filter(|field| field.namespace.as_deref() == Some("warehouse"))
            .filter_map(|field| field.id)
            .collect()
    };
    let there = ours(family.list().all().await.unwrap());
    assert_eq!(there.len(), 5);
    // One that is not there does not keep the others.
    let report = family.delete_many([there[0], 999_999, there[1]]).await.unwrap();
    let written: Vec<bool> = report.rows.iter().map(Result::is_ok).collect();
    assert_eq!((written, report.requests), (vec![true, false, true], 1), "{report:?}");
    assert_eq!(ours(family.list().all().await.unwrap()), there[2..]);

    let price: Amount = "19.90".parse().unwrap();
    let other = simple[1];
    client.products().update(other, ProductUpdate::new().price(price)).await.unwrap();
    let changed = changed_products::changed_since(&client, begin).await.unwrap();
    assert!(changed.iter().any(|product| product.id == Some(other)), "{changed:?}");
    let later = begin + Duration::from_secs(24 * 3600);
    assert_eq!(changed_products::changed_since(&client, later).await.unwrap(), []);

    let order = sell_and_refund::sell(&client, other, 2).await.unwrap();
    assert_eq!(order.total_inc_tax.clone().unwrap().to_string().trim_end_matches('0'), "39.8");
    let id = order.id.unwrap();
    sell_and_refund::ship(&client, id, "1Z999").await.unwrap();
    assert_eq!(client.orders().get(id).await.unwrap().status_id, Some(status::SHIPPED));
    let shipment = client.orders().shipments(id).list().first().await.unwrap().unwrap();
    assert_eq!(shipment.tracking_number.as_deref(), Some("1Z999"));
    let back = sell_and_refund::refund_one(&client, id).await.unwrap();
    assert_eq!(back.to_string().trim_end_matches('0'), "19.9");
    // An address that was read is written as it is.
    let again = NewOrder::new(order.billing_address.unwrap(), [NewOrderProduct::of_catalog(other, 1)]);
    let again = client.orders().create(again).await.unwrap().unwrap();
    assert_eq!(again.billing_address.unwrap().first_name.as_deref(), Some("Ada"));
    let today = client.orders().list().modified_since(begin).all().await.unwrap();
    assert_eq!(today.len(), 2);
    assert_eq!(client.stats().throttled, 0);
    store.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notifications_are_taken_once() {
    let (store, client) = store().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let destination = format!("http://{}/webhooks", listener.local_addr().unwrap());
    let (queue, mut events) = tokio::sync::mpsc::channel(10);
    let router = take_webhooks::router("simsecret".to_owned(), queue);
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    for _ in 0..2 {
        take_webhooks::subscribe(&client, "store/product/*", &destination).await.unwrap();
    }
    assert_eq!(client.hooks().list().all().await.unwrap().len(), 1);
    let product = client.products().list().first().await.unwrap().unwrap().id.unwrap();
    client.products().update(product, ProductUpdate::new().description("new")).await.unwrap();
    let event = tokio::time::timeout(Duration::from_secs(30), events.recv()).await.unwrap().unwrap();
    assert_eq!((event.scope(), event.channel_id()), ("store/product/updated", None));
    let EventData::Product(data) = event.data() else { panic!("{event:?}") };
    assert_eq!(data.id, Some(product));
    // Somebody who does not know the secret is not believed.
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let answer = http.post(&destination).body("{\"scope\":\"store/product/updated\"}").send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 401);
    serving.abort();
    store.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_is_installed_opened_and_uninstalled() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    let app = storesim::Client {
        client_id: "app".into(),
        client_secret: "app secret".into(),
        token: None,
        scopes: vec!["store_v2_products".into(), "store_v2_orders_read_only".into()],
        callbacks: storesim::Callbacks {
            auth: Some(format!("{uri}/auth")),
            load: Some(format!("{uri}/load")),
            uninstall: Some(format!("{uri}/uninstall")),
            ..storesim::Callbacks::default()
        },
    };
    let options = Options { products: 3, customers: 0, orders: 0, clients: vec![app], ..Options::default() };
    let store = storesim::start(options, TcpListener::bind("127.0.0.1:0").await.unwrap()).await.unwrap();
    let app = App::new("app", "app secret", format!("{uri}/auth")).unwrap().login_url(store.url()).unwrap();
    let serving = tokio::spawn(async move { axum::serve(listener, install_app::router(app)).await });

    // The merchant's browser is sent to the callbacks.
    assert_eq!(shown(&store, "install?client_id=app").await, (200, "Installed in simstore.".to_owned()));
    assert_eq!(shown(&store, "load?client_id=app").await, (200, "Hello, simstore.".to_owned()));
    let load = redirected(&store, "load?client_id=app").await;
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let uninstalled =
        http.post(format!("{}/_sim/uninstall?client_id=app", store.url())).send().await.unwrap();
    assert!(uninstalled.status().is_success(), "{uninstalled:?}");
    // The app has forgotten the store.
    let deadline = Instant::now() + Duration::from_secs(10);
    while http.get(load.clone()).send().await.unwrap().status().as_u16() != 404 {
        assert!(Instant::now() < deadline, "the app was never told");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    serving.abort();
    store.stop().await;
}

/// What the browser shows in the end.
async fn shown(store: &Simulator, path: &str) -> (u16, String) {
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let mut answer = http.get(format!("{}/_sim/{path}", store.url())).send().await.unwrap();
    let page = answer.chunk().await.unwrap().unwrap_or_default();
    (answer.status().as_u16(), String::from_utf8(page.to_vec()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_is_installed_and_opened() {
    let uri = "http://127.0.0.1:1";
    let app = storesim::Client {
        client_id: "app".into(),
        client_secret: "app secret".into(),
        token: None,
        scopes: vec!["store_v2_products".into()],
        callbacks: storesim::Callbacks {
            auth: Some(format!("{uri}/auth")),
            load: Some(format!("{uri}/load")),
            ..storesim::Callbacks::default()
        },
    };
    let options = Options { products: 3, customers: 0, orders: 0, clients: vec![app], ..Options::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store = storesim::start(options, listener).await.unwrap();
    let app = App::new("app", "app secret", format!("{uri}/auth")).unwrap().login_url(store.url()).unwrap();

    // The merchant's browser is sent to the callbacks.
    let callback = redirected(&store, "install?client_id=app").await;
    let callback = Callback::parse(callback.query().unwrap()).unwrap();
    let grant = app.exchange(&callback).await.unwrap();
    assert_eq!((grant.store.as_str(), grant.scopes.as_str()), ("simstore", "store_v2_products"));
    assert!(app.exchange(&callback).await.is_err(), "a code holds once");
    let client = grant.client().api_url(store.url()).build().unwrap();
    assert!(!client.products().list().all().await.unwrap().is_empty());
    assert!(client.orders().list().send().await.unwrap_err().is_forbidden());

    let load = redirected(&store, "load?client_id=app&url=/here").await;
    let (_, jwt) = load.query_pairs().find(|(name, _)| name == "signed_payload_jwt").unwrap();
    let claims = app.verify(&jwt, jiff::Timestamp::now()).unwrap();
    assert_eq!((claims.store.as_str(), claims.url.as_str()), ("simstore", "/here"));
    let other = App::new("app", "another secret", "x").unwrap();
    assert!(other.verify(&jwt, jiff::Timestamp::now()).is_err());
    store.stop().await;
}

/// Where the simulated control panel sends the merchant's browser.
async fn redirected(store: &Simulator, path: &str) -> url::Url {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    let http = http.tls_certs_only([]).build().unwrap();
    let answer = http.get(format!("{}/_sim/{path}", store.url())).send().await.unwrap();
    answer.headers()["location"].to_str().unwrap().parse().unwrap()
}
