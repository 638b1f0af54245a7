//! What widely used clients and extractors rely on; each of these, broken, breaks somebody's program.

use reqwest::Method;
use serde_json::json;

use crate::store::{self, Answer, Store, small};
use storesim::Options;

const RATE: [&str; 4] = [
    "x-rate-limit-requests-left",
    "x-rate-limit-requests-quota",
    "x-rate-limit-time-reset-ms",
    "x-rate-limit-time-window-ms",
];

fn rate_is_told(answer: &Answer) {
    for name in RATE {
        assert!(answer.header(name).parse::<u64>().is_ok(), "{name} of a {}: {answer:?}", answer.status);
    }
}

/// An order of two lines made as an app makes it, with an address to ship to.
async fn order(store: &Store) -> i64 {
    let address = json!({"first_name": "A", "last_name": "B", "street_1": "C", "city": "Austin", "state": "Texas",
        "zip": "78701", "country": "United States", "country_iso2": "US", "email": "a@example.com"});
    let body = json!({"billing_address": address, "shipping_addresses": [address], "status_id": 11,
        "products": [{"name": "By hand", "quantity": 2, "price_inc_tax": 11, "price_ex_tax": 10},
            {"name": "By machine", "quantity": 1, "price_inc_tax": 6, "price_ex_tax": 5}]});
    let made = store.send(Method::POST, "/v2/orders", &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["id"].as_i64().expect("an id")
}

#[tokio::test]
async fn every_answer_tells_the_quota_as_integers_and_429_how_long_to_wait() {
    let store = small().await;
    let half = json!({"name": "Half"});
    let page = store.client.get(format!("{}/stores/simstore/v2/store", store.simulator.url()));
    let page = page.header("X-Auth-Token", "simtoken").header("Accept", "text/html");
    let answers = [
        store.get("/v2/store").await,
        store.get("/v3/catalog/products?limit=1").await,
        store.get("/v2/orders?min_id=999999").await,
        store.get("/v3/catalog/products/999999").await,
        store.get("/v3/nowhere").await,
        store.get("/v3/themes").await,
        store.send(Method::POST, "/v3/catalog/products", &half).await,
        store.send(Method::POST, "/v2/orders", &half).await,
        store.send(Method::POST, "/v2/orders/count", &half).await,
        store::answer(page).await,
    ];
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 204, 404, 404, 501, 422, 400, 405, 406]);
    answers.iter().for_each(rate_is_told);
    store.simulator.stop().await;

    let quota = Some("2/30s".parse().expect("a quota"));
    let store = store::with(Options { quota, ..Options::default() }).await;
    for path in ["/v2/time", "/v3/catalog/brands"] {
        rate_is_told(&store.get(path).await);
    }
    let refused = store.get("/v2/time").await;
    assert_eq!(refused.status, 429);
    rate_is_told(&refused);
    assert!(refused.header("x-retry-after").parse::<u64>().is_ok_and(|seconds| (1..=30).contains(&seconds)));
    assert!(refused.header("x-rate-limit-time-reset-ms").parse::<u64>().is_ok_and(|millis| millis > 0));
    store.simulator.stop().await;
}

#[tokio::test]
async fn lists_end_as_each_family_ends_them() {
    let store = small().await;
    let empty = store.get("/v2/orders?page=99").await;
    assert_eq!((empty.status, empty.text.as_str()), (204, ""));
    let past = store.get("/v3/catalog/products?page=99").await;
    assert_eq!((past.status, &past.json()["data"]), (200, &json!([])));

    let first = order(&store).await;
    assert_eq!(store.delete(&format!("/v2/orders/{first}")).await.status, 204);
    let listed = store.get("/v2/orders?limit=250").await.ids();
    assert!(!listed.contains(&first));
    assert_eq!(store.ok("/v2/orders/count").await["count"], listed.len());
    store.simulator.stop().await;
}

/// A connector that reads pages of V2 until one is empty would read such a list for ever.
#[tokio::test]
async fn every_paged_list_below_an_order_ends_after_its_last_page() {
    let store = small().await;
    let order = order(&store).await;
    for list in ["products", "coupons", "shipping_addresses", "taxes", "shipments", "messages"] {
        let path = format!("/v2/orders/{order}/{list}");
        let past = store.get(&format!("{path}?page=2&limit=250")).await;
        assert_eq!((past.status, past.text.as_str()), (204, ""), "{list}");
    }
    let detailed = format!("/v2/orders/{order}/taxes?details=true");
    let all = store.ok(&detailed).await;
    let all = all.as_array().expect("taxes");
    let mut paged = Vec::new();
    for page in 1..=all.len() {
        paged.extend(
            store.ok(&format!("{detailed}&limit=1&page={page}")).await.as_array().expect("a page").clone(),
        );
    }
    assert_eq!((&paged, all.len()), (all, 2));
    store.simulator.stop().await;
}

#[tokio::test]
async fn connectors_read_transactions_under_v2_in_the_form_of_v3() {
    let store = small().await;
    let orders = store.ok("/v2/orders?limit=250").await;
    let mut found = 0;
    for order in orders.as_array().expect("orders") {
        let path = format!("orders/{}/transactions", order["id"]);
        let (old, new) = (store.get(&format!("/v2/{path}")).await, store.get(&format!("/v3/{path}")).await);
        assert_eq!((old.status, &old.text), (new.status, &new.text));
        found += usize::from(old.status == 200 && old.json()["data"][0]["order_id"].is_string());
    }
    assert!(found > 0);
    store.simulator.stop().await;
}

#[tokio::test]
async fn addresses_are_read_as_clients_write_them() {
    let store = small().await;
    let some = store.get("/v3/catalog/products?limit=3").await.ids();
    let exploded: Vec<String> = some.iter().map(|id| format!("id:in={id}")).collect();
    let path =
        format!("/v3/catalog/products?{}&include_fields=name&include_fields=price", exploded.join("&"));
    let found = store.get(&path).await;
    assert_eq!(found.ids(), some);
    let first = found.json()["data"][0].as_object().expect("a product").keys().cloned().collect::<Vec<_>>();
    assert_eq!(first, ["id", "name", "price"]);
    let doubled = store.ok("/v3/customers//addresses?limit=1").await;
    assert_eq!(doubled, store.ok("/v3/customers/addresses?limit=1").await);
    for path in ["/v2/store", "/v2/orders/100/products", "/v2/orders/100"] {
        assert_eq!(store.ok(&format!("{path}.json")).await, store.ok(path).await);
    }
    assert_eq!(store.get("/v3/catalog/products.json").await.status, 404);
    store.simulator.stop().await;
}

#[tokio::test]
async fn dates_and_amounts_have_the_form_of_their_family() {
    let store = small().await;
    for order in store.ok("/v2/orders?limit=250").await.as_array().expect("orders") {
        let date = order["date_created"].as_str().expect("a date");
        assert!(date.ends_with(" +0000") && date.get(3..5) == Some(", "), "{date}");
        let (_, cents) = order["total_inc_tax"].as_str().and_then(|t| t.split_once('.')).expect("an amount");
        assert_eq!(cents.len(), 4, "{order}");
    }
    for (path, end) in [("/v3/catalog/products", "+00:00"), ("/v3/customers", "Z")] {
        let record = &store.ok(path).await["data"][0];
        let date = record["date_modified"].as_str().expect("a date");
        assert!(date.as_bytes()[10] == b'T' && date.ends_with(end), "{path}: {date}");
    }
    assert!(store.ok("/v3/catalog/products").await["data"][0]["price"].is_number());
    store.simulator.stop().await;
}

#[tokio::test]
async fn large_pages_are_full_and_surplus_in_a_read_does_no_harm() {
    let store =
        store::with(Options { products: 300, customers: 260, orders: 260, ..Options::default() }).await;
    for path in ["/v3/catalog/products", "/v3/customers", "/v2/orders"] {
        assert_eq!(store.get(&format!("{path}?limit=250")).await.ids().len(), 250, "{path}");
    }
    assert_eq!(store.get("/v2/orders?limit=5&a_cache_buster=17").await.ids().len(), 5);
    let asked =
        store.ask(Method::GET, "/v3/catalog/products?limit=1").header("Content-Type", "application/json");
    assert_eq!(store::answer(asked).await.status, 200);

    let mut path = "/v3/customers?limit=100".to_owned();
    let mut seen = 0;
    loop {
        let page = store.ok(&path).await;
        seen += page["data"].as_array().expect("customers").len();
        let cursor = &page["meta"]["cursor_pagination"];
        if cursor["links"]["next"].is_null() {
            break;
        }
        let end = cursor["end_cursor"].as_str().expect("a cursor");
        path = format!("/v3/customers?limit=100&after={end}");
    }
    assert_eq!(seen, 260);
    store.simulator.stop().await;
}

#[tokio::test]
async fn links_of_an_order_can_be_followed_on_the_same_host() {
    let store = small().await;
    let id = order(&store).await;
    let order = store.ok(&format!("/v2/orders/{id}")).await;
    for member in ["products", "shipping_addresses", "coupons", "fees"] {
        let link = &order[member];
        let (url, resource) = (link["url"].as_str(), link["resource"].as_str());
        let (url, resource) = (url.expect("an address"), resource.expect("a path"));
        assert!(url.starts_with(store.simulator.url()) && url.ends_with(resource), "{link}");
        let request = store.client.get(url).header("X-Auth-Token", "simtoken");
        let answer = store::answer(request.header("Accept", "application/json")).await;
        assert!(matches!(answer.status, 200 | 204), "{url}: {}", answer.text);
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn errors_and_successes_are_told_apart_by_their_members() {
    let store = small().await;
    let half = json!({"name": "Half"});
    let v3 = store.send(Method::POST, "/v3/catalog/products", &half).await.json();
    for member in ["status", "title", "type", "errors"] {
        assert!(v3.get(member).is_some(), "{member}: {v3}");
    }
    let v2 = store.send(Method::POST, "/v2/orders", &half).await.json();
    assert!(v2[0]["status"].is_number() && v2[0]["message"].is_string(), "{v2}");
    let paths = store.sim("paths").await;
    let lists = paths["served"].as_object().expect("paths").iter().filter(|(path, methods)| {
        !path.contains('{') && methods.as_array().is_some_and(|methods| methods.contains(&"GET".into()))
    });
    for (path, _) in lists {
        let answer = store.get(path).await;
        if answer.status == 200 {
            assert!(answer.json().get("errors").is_none(), "{path}: {}", answer.text);
        }
    }
    store.simulator.stop().await;
}

#[tokio::test]
async fn writes_answer_the_status_that_clients_check() {
    let store = small().await;
    let brand = store.send(Method::POST, "/v3/catalog/brands", &json!({"name": "Gone"})).await.json();
    let gone = store.delete(&format!("/v3/catalog/brands/{}", brand["data"]["id"])).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    let id = order(&store).await;
    let gone = store.delete(&format!("/v2/orders/{id}")).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    let hook = json!({"scope": "store/order/*", "destination": "https://hooks.example.com/in"});
    let hook = store.send(Method::POST, "/v3/hooks", &hook).await.json();
    let gone = store.delete(&format!("/v3/hooks/{}", hook["data"]["id"])).await;
    assert_eq!((gone.status, &gone.json()["data"]["id"]), (200, &hook["data"]["id"]));

    let category = store.ok("/v3/catalog/trees/categories?limit=1").await;
    let category = json!([{"category_id": category["data"][0]["category_id"], "description": "changed"}]);
    let changed = store.send(Method::PUT, "/v3/catalog/trees/categories", &category).await;
    let members: Vec<String> = changed.json().as_object().expect("an object").keys().cloned().collect();
    assert_eq!((changed.status, members), (200, vec!["meta".to_owned()]), "{}", changed.text);

    let customer = store.ok("/v3/customers?limit=1").await["data"][0]["id"].clone();
    let address = json!([{"customer_id": customer, "first_name": "A", "last_name": "B", "address1": "C",
        "city": "Austin", "state_or_province": "Texas", "postal_code": "78701", "country_code": "US"}]);
    let once = store.send(Method::POST, "/v3/customers/addresses", &address).await;
    assert_eq!((once.status, once.json()["data"].as_array().map(Vec::len)), (200, Some(1)), "{}", once.text);
    let twice = store.send(Method::POST, "/v3/customers/addresses", &address).await;
    assert_eq!((twice.status, &twice.json()["data"]), (200, &json!([])), "{}", twice.text);
    store.simulator.stop().await;
}

#[tokio::test]
async fn answers_are_compressed_with_gzip_or_not_at_all() {
    let store = small().await;
    let client = reqwest::Client::builder().no_gzip().build().expect("a client");
    for (accepted, coding) in [
        ("gzip, deflate, br", "gzip"),
        ("gzip", "gzip"),
        ("deflate, br, zstd", ""),
        ("identity", ""),
        ("gzip;q=0, deflate", ""),
    ] {
        let url = format!("{}/stores/simstore/v3/catalog/products?limit=50", store.simulator.url());
        let response = client
            .get(url)
            .header("X-Auth-Token", "simtoken")
            .header("Accept-Encoding", accepted)
            .send()
            .await
            .expect("an answer");
        let told = response.headers().get("content-encoding").and_then(|value| value.to_str().ok());
        assert_eq!(told.unwrap_or(""), coding, "{accepted}");
    }
    store.simulator.stop().await;
}
