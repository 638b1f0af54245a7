//! A scripted store: stock and customers, with a delay before writes show, items that are refused, and answers
//! that are lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

pub const HASH: &str = "abc123";

/// What the store holds, and how it misbehaves.
#[derive(Default)]
pub struct Shop {
    /// Variant to product and levels; the level of a location as it is.
    pub stock: BTreeMap<i64, BTreeMap<i64, i64>>,
    /// The stock as reads show it.
    pub shown: BTreeMap<i64, BTreeMap<i64, i64>>,
    /// How many reads still show the old stock after a write.
    pub lag: u32,
    pub lag_left: u32,
    pub customers: BTreeMap<i64, Value>,
    /// Variants that adjustments refuse, naming them.
    pub named_bad: BTreeSet<i64>,
    /// Variants that adjustments refuse, without a word on which.
    pub silent_bad: BTreeSet<i64>,
    /// E-mails that cannot be made or changed.
    pub bad_emails: BTreeSet<String>,
    /// So many writes are done and then answered 500.
    pub lose_answers: u32,
    /// Every write is answered by this status, undone.
    pub refuse_all: Option<u16>,
    /// Writes: method and path, and how many items each had.
    pub writes: Vec<(String, usize)>,
    /// Reads.
    pub reads: u32,
    /// How often each e-mail was made.
    pub made: BTreeMap<String, u32>,
    /// How often each variant's level was set.
    pub set: BTreeMap<(i64, i64), u32>,
}

#[derive(Clone, Default)]
pub struct Served(Arc<Mutex<Shop>>);

impl Served {
    pub fn shop(&self) -> MutexGuard<'_, Shop> {
        self.0.lock().unwrap()
    }
}

/// The product of a variant in this store.
pub fn product_of(variant: i64) -> i64 {
    variant + 10_000
}

/// Serves `shop`; answers it and its address.
pub async fn serve(shop: Shop) -> (Served, String) {
    let served = Served(Arc::new(Mutex::new(shop)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(served.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (served, url)
}

async fn answer(State(served): State<Served>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 10_000_000).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let query: BTreeMap<String, String> = axum::extract::Query::try_from_uri(&parts.uri).unwrap().0;
    let path = parts.uri.path().replace(&format!("/stores/{HASH}"), "");
    let mut shop = served.shop();
    if parts.method == Method::GET {
        shop.reads += 1;
        return match path.as_str() {
            "/v3/inventory/items" => shop.items(&query),
            "/v3/customers" => shop.people(&query),
            _ => StatusCode::NOT_FOUND.into_response(),
        };
    }
    let count = body["items"].as_array().or(body.as_array()).map_or(0, Vec::len);
    shop.writes.push((format!("{} {path}", parts.method), count));
    if let Some(status) = shop.refuse_all {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    let response = match path.as_str() {
        "/v3/inventory/adjustments/absolute" => shop.adjust(&body),
        "/v3/customers" => shop.write_people(&body),
        _ => StatusCode::NOT_FOUND.into_response(),
    };
    if shop.lose_answers > 0 {
        shop.lose_answers -= 1;
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    response
}

fn ids(query: &BTreeMap<String, String>, name: &str) -> Option<Vec<i64>> {
    query.get(name).map(|list| list.split(',').map(|id| id.parse().unwrap()).collect())
}

fn page(records: Vec<Value>) -> Response {
    let count = records.len();
    let pagination =
        json!({ "total": count, "count": count, "per_page": 250, "current_page": 1, "total_pages": 1 });
    axum::Json(json!({ "data": records, "meta": { "pagination": pagination } })).into_response()
}

fn unprocessable(title: &str) -> Response {
    let body = json!({ "status": 422, "title": title, "type": "/", "errors": {} });
    (StatusCode::UNPROCESSABLE_ENTITY, axum::Json(body)).into_response()
}

impl Shop {
    fn items(&mut self, query: &BTreeMap<String, String>) -> Response {
        if self.lag_left == 0 {
            self.shown = self.stock.clone();
        }
        self.lag_left = self.lag_left.saturating_sub(1);
        let variants = ids(query, "variant_id:in").unwrap_or_default();
        assert!(variants.len() <= 250, "a list of {}", variants.len());
        let item = |variant: &i64| {
            let levels = self.shown.get(variant)?;
            let level = |(location, onhand): (&i64, &i64)| json!({ "location_id": location, "total_inventory_onhand": onhand });
            let identity = json!({ "sku": format!("S{variant}"), "variant_id": variant, "product_id": product_of(*variant) });
            Some(json!({ "identity": identity, "locations": levels.iter().map(level).collect::<Vec<_>>() }))
        };
        page(variants.iter().filter_map(item).collect())
    }

    fn adjust(&mut self, body: &Value) -> Response {
        let items = body["items"].as_array().unwrap();
        assert!(items.len() <= 2000 && body["reason"].is_string());
        let variant = |item: &Value| item["variant_id"].as_i64().unwrap();
        if let Some(bad) = items.iter().map(variant).find(|id| self.named_bad.contains(id)) {
            let title = format!(
                "[Item with variant_id {bad} is tracked by product, please update stock by product id]"
            );
            return unprocessable(&title);
        }
        if items.iter().map(variant).any(|id| self.silent_bad.contains(&id)) {
            return unprocessable("Input is invalid");
        }
        for item in items {
            let place = (variant(item), item["location_id"].as_i64().unwrap());
            self.stock.entry(place.0).or_default().insert(place.1, item["quantity"].as_i64().unwrap());
            *self.set.entry(place).or_default() += 1;
        }
        self.lag_left = self.lag;
        axum::Json(json!({ "transaction_id": "t" })).into_response()
    }

    fn people(&self, query: &BTreeMap<String, String>) -> Response {
        let ids = ids(query, "id:in");
        let emails: Option<Vec<String>> =
            query.get("email:in").map(|list| list.split(',').map(str::to_lowercase).collect());
        let chosen = |id: i64, customer: &Value| {
            let email = customer["email"].as_str().unwrap().to_lowercase();
            ids.as_ref().is_none_or(|ids| ids.contains(&id))
                && emails.as_ref().is_none_or(|emails| emails.contains(&email))
        };
        page(
            self.customers
                .iter()
                .filter(|(id, customer)| chosen(**id, customer))
                .map(|(_, c)| c.clone())
                .collect(),
        )
    }

    fn write_people(&mut self, body: &Value) -> Response {
        let sent = body.as_array().unwrap();
        assert!(sent.len() <= 10);
        let email_of = |customer: &Value| customer["email"].as_str().map(str::to_lowercase);
        let known =
            |email: &str| self.customers.values().any(|other| email_of(other).as_deref() == Some(email));
        for customer in sent {
            let email =
                email_of(customer).or_else(|| email_of(&self.customers[&customer["id"].as_i64()?])).unwrap();
            if self.bad_emails.contains(&email) || customer["id"].is_null() && known(&email) {
                return unprocessable("Create customers failed.");
            }
        }
        let mut data = Vec::new();
        for customer in sent {
            let id = customer["id"].as_i64();
            if id.is_none() {
                *self.made.entry(email_of(customer).unwrap()).or_default() += 1;
            }
            let id = id.unwrap_or_else(|| self.customers.keys().max().copied().unwrap_or(0) + 1);
            let record = self.customers.entry(id).or_insert_with(|| json!({ "id": id }));
            for (name, value) in customer.as_object().unwrap() {
                record[name] = value.clone();
            }
            data.push(record.clone());
        }
        axum::Json(json!({ "data": data, "meta": {} })).into_response()
    }
}
