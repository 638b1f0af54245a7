//! Things of which the store has one: settings.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::resource::{first, missing, raw};
use crate::{Client, Error, Request};

/// Something the store has one of, such as `client.store_profile()`.
#[derive(Debug, Clone)]
pub struct Single<T> {
    client: Client,
    path: &'static str,
    channel: Option<i64>,
    kind: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned + Serialize> Single<T> {
    pub(crate) fn at(client: &Client, path: &'static str) -> Self {
        Self { client: client.clone(), path, channel: None, kind: PhantomData }
    }

    /// That of a channel instead of the store's own. Members that are `None` are then inherited.
    #[must_use]
    pub fn of_channel(mut self, channel: i64) -> Self {
        self.channel = Some(channel);
        self
    }

    /// Reads it.
    ///
    /// # Errors
    /// As every request.
    pub async fn get(&self) -> Result<T, Error> {
        let response = self.client.send(self.request(Request::get(self.path))).await?;
        first(&response)?.ok_or_else(|| missing(&response))
    }

    /// Writes it. Of the store's own, members that are left out stay; of a channel's, all must be there.
    ///
    /// # Errors
    /// As every request.
    pub async fn put(&self, value: &T) -> Result<Option<T>, Error> {
        let request = self.request(Request::put(self.path)).json(&raw(value)?);
        first(&self.client.send(request).await?)
    }

    fn request(&self, request: Request) -> Request {
        match self.channel {
            Some(channel) => request.query("channel_id", channel),
            None => request,
        }
    }
}
