//! What the examples do, done to a simulated store.

use std::time::{Duration, Instant};

use bigcommerce::install::{App, Callback};
use bigcommerce::{Client, Token};
use storesim::{Options, Simulator};
use tokio::net::TcpListener;

#[path = "../../examples/import_customers.rs"]
#[expect(dead_code, reason = "its main is for running it by hand")]
mod import_customers;
#[path = "../../examples/list_products.rs"]
#[expect(dead_code, reason = "its main is for running it by hand")]
mod list_products;
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
