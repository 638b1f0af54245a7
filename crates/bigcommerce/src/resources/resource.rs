//! One resource of the store: read, listed and written by the same calls, whatever its endpoint's shape.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::marker::PhantomData;

use http::StatusCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::list::List;
use crate::{ApiError, Client, Error, Paging, Priority, Request, Response};

/// Where and how the records of a resource are read and written. A resource is a declaration: the calls
/// are the same for all of them.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The list's path; `{…}` stands for the record above.
    pub path: &'static str,
    /// How the list is walked.
    pub paging: Paging,
    /// The page size asked for unless said.
    pub limit: u32,
    /// The member that names a record.
    pub key: &'static str,
    /// How one record is read.
    pub read: One,
    /// How one record is changed and deleted.
    pub write: One,
}

/// How one record is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum One {
    /// By a path of its own; written as an object.
    Path,
    /// By this filter of the list; written as the one entry of an array.
    Filter(&'static str),
}

/// A record of a resource of the store.
pub trait Record: DeserializeOwned + Serialize + Send + 'static {
    /// What names a record: mostly a number.
    type Key: Display + Serialize + Send + Sync;

    /// Where its resource is found.
    const SHAPE: Shape;
}

/// A record that can be read by its key.
pub trait Get: Record {}

/// A record that can be created.
pub trait Create: Record {
    /// What is sent.
    type New: Serialize + Send + Sync;
}

/// A record that can be changed.
pub trait Update: Record {
    /// What is sent: only the members that change.
    type Changes: Serialize + Send + Sync;
}

/// A record that can be deleted by its key.
pub trait Delete: Record {}

/// One resource of the store, such as `client.products()`.
#[derive(Debug, Clone)]
pub struct Resource<T> {
    pub(crate) client: Client,
    pub(crate) path: String,
    pub(crate) priority: Priority,
    kind: PhantomData<fn() -> T>,
}

impl<T> Resource<T> {
    pub(crate) fn at(client: &Client, path: impl Into<String>, priority: Priority) -> Self {
        Self { client: client.clone(), path: path.into(), priority, kind: PhantomData }
    }

    /// A resource below this one.
    pub(crate) fn below<U>(&self, path: String) -> Resource<U> {
        Resource::at(&self.client, path, self.priority)
    }

    /// How urgent its requests are; [`Priority::Person`] unless said.
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// The path of the list, such as `/v3/catalog/products`.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub(crate) async fn send(&self, request: Request) -> Result<Response, Error> {
        self.client.send(request.priority(self.priority)).await
    }
}

impl<T: Record> Resource<T> {
    pub(crate) fn new(client: &Client) -> Self {
        Self::at(client, T::SHAPE.path, Priority::default())
    }

    /// The list: everything, or what filters let through.
    pub fn list(&self) -> List<T> {
        List::new(self.client.clone(), Request::get(&self.path).priority(self.priority))
    }

    fn path_of(&self, key: &T::Key) -> String {
        format!("{}/{}", self.path, segment(key))
    }
}

impl<T: Get> Resource<T> {
    /// One record by its key.
    ///
    /// # Errors
    /// A key that is not there is an error for which [`Error::is_not_found`] holds, whether the endpoint
    /// answers 404 or an empty list.
    pub async fn get(&self, key: impl Into<T::Key>) -> Result<T, Error> {
        let key = key.into();
        let request = match T::SHAPE.read {
            One::Path => Request::get(self.path_of(&key)),
            One::Filter(filter) => Request::get(&self.path).query(filter, &key),
        };
        let response = self.send(request).await?;
        first(&response)?.ok_or_else(|| missing(&response))
    }
}

impl<T: Create> Resource<T> {
    /// Creates a record.
    ///
    /// `None` where the store answers without one: a customer address that exists already, for example,
    /// or a location, which is made later.
    ///
    /// # Errors
    /// A creation is not repeated after a doubtful failure, so an [`Error::Transport`] may mean that it
    /// happened: look before you send it again.
    pub async fn create(&self, new: T::New) -> Result<Option<T>, Error> {
        let body = raw(&new)?;
        let request = Request::post(&self.path);
        let request = match T::SHAPE.write {
            One::Path => request.json(&body),
            One::Filter(_) => request.json(&[body]),
        };
        first(&self.send(request).await?)
    }
}

impl<T: Update> Resource<T> {
    /// Changes the members that are given. `None` where the store answers without the record.
    ///
    /// # Errors
    /// As every request; see [`Error`].
    pub async fn update(&self, key: impl Into<T::Key>, changes: T::Changes) -> Result<Option<T>, Error> {
        let key = key.into();
        let request = match T::SHAPE.write {
            One::Path => Request::put(self.path_of(&key)).json(&raw(&changes)?),
            One::Filter(_) => Request::put(&self.path).json(&[with_key(&changes, T::SHAPE.key, &key)?]),
        };
        first(&self.send(request).await?)
    }
}

impl<T: Delete> Resource<T> {
    /// Deletes a record; an order is archived instead.
    ///
    /// # Errors
    /// As every request. Endpoints that delete by a filter do not tell whether there was such a record. One that had
    /// to be sent again may have been done the first time, so that a record which is not there then is no error.
    pub async fn delete(&self, key: impl Into<T::Key>) -> Result<(), Error> {
        let key = key.into();
        let request = match T::SHAPE.write {
            One::Path => Request::delete(self.path_of(&key)),
            One::Filter(filter) => Request::delete(&self.path).query(filter, &key),
        };
        match self.send(request).await {
            Err(error) if error.is_not_found() && error.attempts() > 1 => Ok(()),
            result => result.map(drop),
        }
    }
}

impl<T> Resource<T> {
    /// Sends an image to the endpoint that takes the one of a record; answers the address that it has then.
    pub(crate) async fn send_image(
        &self,
        path: String,
        file_name: &str,
        image: &[u8],
    ) -> Result<Option<String>, Error> {
        #[derive(Deserialize)]
        struct Told {
            image_url: Option<String>,
        }
        let request = Request::post(path).form([], ("image_file", file_name), image);
        let told: Option<Told> = first(&self.send(request).await?)?;
        Ok(told.and_then(|told| told.image_url))
    }
}

/// A key as one segment of a path: it can neither leave its place nor begin a query.
pub(crate) fn segment(key: &impl Display) -> String {
    let mut text = String::new();
    for byte in key.to_string().bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'~' | b'.' => {
                text.push(char::from(byte))
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

pub(crate) fn raw(value: &impl Serialize) -> Result<Box<RawValue>, Error> {
    serde_json::value::to_raw_value(value).map_err(unsuitable)
}

/// The members of a value and its key; number tokens stay as they are.
pub(crate) fn with_key(
    value: &impl Serialize,
    name: &str,
    key: &impl Serialize,
) -> Result<Box<RawValue>, Error> {
    let text = serde_json::to_string(value).map_err(unsuitable)?;
    let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&text).map_err(unsuitable)?;
    members.insert(name.to_owned(), raw(key)?);
    raw(&members)
}

fn unsuitable(error: serde_json::Error) -> Error {
    Error::Configuration(format!("the record cannot be sent: {error}"))
}

/// The records of an answer as text: of V3's `data` (object or array), or of V2's bare body.
pub(crate) fn records(response: &Response) -> Result<Vec<Box<RawValue>>, Error> {
    #[derive(Deserialize)]
    struct Envelope {
        data: Option<Box<RawValue>>,
    }
    if response.body.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let body: Box<RawValue> = response.json()?;
    let data = if response.path.starts_with("/v2/") || !body.get().starts_with('{') {
        Some(body)
    } else {
        response.json::<Envelope>()?.data
    };
    match data {
        None => Ok(Vec::new()),
        Some(data) if data.get() == "null" => Ok(Vec::new()),
        Some(data) if data.get().starts_with('[') => {
            serde_json::from_str(data.get()).map_err(|error| response.invalid(error))
        }
        Some(data) => Ok(vec![data]),
    }
}

/// The first record of an answer.
pub(crate) fn first<T: DeserializeOwned>(response: &Response) -> Result<Option<T>, Error> {
    let record = records(response)?.into_iter().next();
    // `{"data":{}}` is how some endpoints say that it is done.
    let record = record.filter(|raw| raw.get() != "{}");
    record.map(|raw| serde_json::from_str(raw.get()).map_err(|error| response.invalid(error))).transpose()
}

/// A filter that matched nothing, told like a path that is not there.
pub(crate) fn missing(response: &Response) -> Error {
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

/// Declares where a record is found and what can be done with it.
///
/// ```text
/// resource!(Thing { "/v3/things", Offset, "id": i64, read: One::Path, write: One::Path },
///     get, create NewThing, update ThingUpdate, delete,
///     create_many 10 Whole, update_many 10 Whole, delete_many "id:in" 250);
/// ```
macro_rules! resource {
    (
        $kind:ident { $path:literal, $paging:ident $(($member:literal))?, $key:literal: $key_kind:ty, $read:expr, $write:expr }
        $($abilities:tt)*
    ) => {
        impl crate::resources::Record for $kind {
            type Key = $key_kind;
            const SHAPE: crate::resources::Shape = {
                #[allow(unused_imports)]
                use crate::resources::One::{self, Filter, Path};
                const READ: One = $read;
                const WRITE: One = $write;
                crate::resources::Shape {
                    path: $path,
                    paging: crate::Paging::$paging $(($member))?,
                    limit: 250,
                    key: $key,
                    read: READ,
                    write: WRITE,
                }
            };
        }
        crate::resources::resource::abilities!($kind $($abilities)*);
    };
}

macro_rules! abilities {
    ($kind:ident) => {};
    ($kind:ident, get $($rest:tt)*) => {
        impl crate::resources::Get for $kind {}
        crate::resources::resource::abilities!($kind $($rest)*);
    };
    ($kind:ident, create $new:ident $($rest:tt)*) => {
        impl crate::resources::Create for $kind {
            type New = $new;
        }
        crate::resources::resource::abilities!($kind $($rest)*);
    };
    ($kind:ident, update $changes:ident $($rest:tt)*) => {
        impl crate::resources::Update for $kind {
            type Changes = $changes;
        }
        crate::resources::resource::abilities!($kind $($rest)*);
    };
    ($kind:ident, delete $($rest:tt)*) => {
        impl crate::resources::Delete for $kind {}
        crate::resources::resource::abilities!($kind $($rest)*);
    };
    ($kind:ident, create_many $limit:literal $rule:ident $($rest:tt)*) => {
        impl crate::resources::CreateMany for $kind {
            const BATCH: crate::resources::Batch =
                crate::resources::Batch { limit: $limit, rule: crate::resources::Rule::$rule };
        }
        crate::resources::resource::abilities!($kind $($rest)*);
    };
    ($kind:ident, update_many $limit:literal $rule:ident $($rest:tt)*) => {
        impl crate::resources::UpdateMany for $kind {
            const BATCH: crate::resources::Batch =
                crate::resources::Batch { limit: $limit, rule: crate::resources::Rule::$rule };
        }
        crate::resources::resource::abilities!($kind $($rest)*);
    };
    ($kind:ident, delete_many $filter:literal $limit:literal $rule:ident $($rest:tt)*) => {
        impl crate::resources::DeleteMany for $kind {
            const FILTER: &'static str = $filter;
            const BATCH: crate::resources::Batch =
                crate::resources::Batch { limit: $limit, rule: crate::resources::Rule::$rule };
        }
        crate::resources::resource::abilities!($kind $($rest)*);
    };
}

pub(crate) use {abilities, resource};
