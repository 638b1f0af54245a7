//! Typed access to the commonest resources.
//!
//! Each is a declaration ([`Shape`]) and a tolerant record; the calls are the same for all:
//!
//! ```no_run
//! # async fn example(client: bigcommerce::Client) -> Result<(), bigcommerce::Error> {
//! use futures::TryStreamExt;
//!
//! let product = client.products().get(77).await?;
//! println!("{:?} costs {:?}", product.name, product.price);
//!
//! let mut cheap = std::pin::pin!(client.products().list().filter("price:max", 10).stream());
//! while let Some(product) = cheap.try_next().await? {
//!     println!("{:?}", product.sku);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! What is not modelled here is one [`Request`] away.

pub mod addresses;
mod amount;
pub mod brands;
pub mod categories;
pub mod customers;
pub mod inventory;
mod lenient;
pub mod locations;
pub mod orders;
pub mod products;
mod record;
pub mod store;
pub mod variants;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::marker::PhantomData;

use futures::{Stream, TryStreamExt, stream};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use amount::{Amount, InvalidAmount};
pub use record::{Create, Delete, One, Record, Shape, Update};

use crate::{ApiError, Client, Error, Priority, Request, Response};

/// One resource of the store.
#[derive(Debug)]
pub struct Resource<T> {
    client: Client,
    kind: PhantomData<fn() -> T>,
}

impl Client {
    /// Products.
    pub fn products(&self) -> Resource<products::Product> {
        Resource::new(self)
    }

    /// Variants of all products.
    pub fn variants(&self) -> Resource<variants::Variant> {
        Resource::new(self)
    }

    /// Brands.
    pub fn brands(&self) -> Resource<brands::Brand> {
        Resource::new(self)
    }

    /// Categories of all trees.
    pub fn categories(&self) -> Resource<categories::Category> {
        Resource::new(self)
    }

    /// Customers.
    pub fn customers(&self) -> Resource<customers::Customer> {
        Resource::new(self)
    }

    /// Addresses of all customers.
    pub fn addresses(&self) -> Resource<addresses::Address> {
        Resource::new(self)
    }

    /// Orders (V2).
    pub fn orders(&self) -> Resource<orders::Order> {
        Resource::new(self)
    }

    /// Stock by item.
    pub fn inventory(&self) -> Resource<inventory::InventoryItem> {
        Resource::new(self)
    }

    /// Locations that hold stock.
    pub fn locations(&self) -> Resource<locations::Location> {
        Resource::new(self)
    }

    /// The profile of the store.
    pub async fn store_information(&self) -> Result<store::Store, Error> {
        self.send(Request::get(store::PATH)).await?.json()
    }
}

impl<T: Record> Resource<T> {
    fn new(client: &Client) -> Self {
        Self { client: client.clone(), kind: PhantomData }
    }

    /// One record by its key. A key that is not there is an error of status 404.
    pub async fn get(&self, key: i64) -> Result<T, Error> {
        match T::SHAPE.one {
            One::Path => {
                let response = self.client.send(Request::get(self.path_of(key))).await?;
                first(&response)?.ok_or_else(|| missing(&response))
            }
            One::Filter(filter) => {
                let response = self.client.send(Request::get(T::SHAPE.path).query(filter, key)).await?;
                first(&response)?.ok_or_else(|| missing(&response))
            }
        }
    }

    /// All records, or those that filters let through.
    pub fn list(&self) -> List<T> {
        let request = Request::get(T::SHAPE.path);
        List { client: self.client.clone(), request, limit: T::SHAPE.limit, kind: PhantomData }
    }

    fn path_of(&self, key: i64) -> String {
        format!("{}/{key}", T::SHAPE.path)
    }

    /// Sends a record to be written, alone or as the one entry of an array.
    async fn write(&self, alone: Request, batch: Request, body: Box<RawValue>) -> Result<Option<T>, Error> {
        let request = match T::SHAPE.one {
            One::Path => alone.json(&body),
            One::Filter(_) => batch.json(&[body]),
        };
        first(&self.client.send(request).await?)
    }
}

impl<T: Create> Resource<T> {
    /// Creates a record.
    ///
    /// `None` where the store answers without one: an address that exists already, for example. A
    /// creation is not repeated after a doubtful failure, so an [`Error::Transport`] may mean that it
    /// happened.
    pub async fn create(&self, record: &impl Serialize) -> Result<Option<T>, Error> {
        let body = raw(record)?;
        self.write(Request::post(T::SHAPE.path), Request::post(T::SHAPE.path), body).await
    }
}

impl<T: Update> Resource<T> {
    /// Changes the members that are given. `None` where the store answers without the record.
    pub async fn update(&self, key: i64, changes: &impl Serialize) -> Result<Option<T>, Error> {
        let body = match T::SHAPE.one {
            One::Path => raw(changes)?,
            One::Filter(_) => raw(&with_key(changes, T::SHAPE.key, key)?)?,
        };
        self.write(Request::put(self.path_of(key)), Request::put(T::SHAPE.path), body).await
    }
}

impl<T: Delete> Resource<T> {
    /// Deletes a record (an order is archived).
    pub async fn delete(&self, key: i64) -> Result<(), Error> {
        let request = match T::SHAPE.one {
            One::Path => Request::delete(self.path_of(key)),
            One::Filter(filter) => Request::delete(T::SHAPE.path).query(filter, key),
        };
        self.client.send(request).await.map(drop)
    }
}

/// A list about to be read.
#[derive(Debug)]
#[must_use = "a list is read through `stream`"]
pub struct List<T> {
    client: Client,
    request: Request,
    limit: u32,
    kind: PhantomData<fn() -> T>,
}

impl<T: Record> List<T> {
    /// Adds a filter or another query parameter, such as `("price:min", 10)`.
    pub fn filter(mut self, name: &str, value: impl Display) -> Self {
        self.request = self.request.query(name, value);
        self
    }

    /// Asks for sub-resources, such as `variants,images`.
    pub fn include(self, names: &str) -> Self {
        self.filter("include", names)
    }

    /// Sets the page size.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// Sets how urgent it is.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.request = self.request.priority(priority);
        self
    }

    /// The records, page after page.
    pub fn stream(self) -> impl Stream<Item = Result<T, Error>> + Send + use<T> {
        self.client
            .pages(self.request, T::SHAPE.paging, self.limit)
            .map_ok(|page| stream::iter(page.records().map(|record| page.record(record)).collect::<Vec<_>>()))
            .try_flatten()
    }
}

fn raw(value: &impl Serialize) -> Result<Box<RawValue>, Error> {
    serde_json::value::to_raw_value(value).map_err(unsuitable)
}

/// The members of a value and its key; number tokens stay as they are.
fn with_key(value: &impl Serialize, name: &str, key: i64) -> Result<BTreeMap<String, Box<RawValue>>, Error> {
    let text = serde_json::to_string(value).map_err(unsuitable)?;
    let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&text).map_err(unsuitable)?;
    members.insert(name.to_owned(), raw(&key)?);
    Ok(members)
}

fn unsuitable(error: serde_json::Error) -> Error {
    Error::Configuration(format!("the record cannot be sent: {error}"))
}

/// The first record of an answer: of V3's `data` (object or array) or V2's bare object.
fn first<T: Record>(response: &Response) -> Result<Option<T>, Error> {
    #[derive(Deserialize)]
    struct Envelope {
        data: Option<Box<RawValue>>,
    }
    if response.body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let body: Box<RawValue> = response.json()?;
    let data = if T::SHAPE.path.starts_with("/v2/") { Some(body) } else { response.json::<Envelope>()?.data };
    let decode = |raw: &RawValue| serde_json::from_str(raw.get()).map_err(|error| response.invalid(error));
    match data {
        None => Ok(None),
        Some(data) if data.get().starts_with('[') => {
            let entries: Vec<&RawValue> = decode_list(response, &data)?;
            entries.first().map(|entry| decode(entry)).transpose()
        }
        Some(data) => decode(&data).map(Some),
    }
}

fn decode_list<'a>(response: &Response, data: &'a RawValue) -> Result<Vec<&'a RawValue>, Error> {
    serde_json::from_str(data.get()).map_err(|error| response.invalid(error))
}

/// A filter that matched nothing, told like a path that is not there.
fn missing(response: &Response) -> Error {
    Error::Api(Box::new(ApiError {
        status: StatusCode::NOT_FOUND,
        title: "Not Found".to_owned(),
        detail: Some("the store answered without such a record".to_owned()),
        errors: BTreeMap::new(),
        method: response.method.clone(),
        path: response.path.clone(),
        attempts: response.attempts,
        headers: response.headers.clone(),
        body: String::new(),
    }))
}
