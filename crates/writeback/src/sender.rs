//! The door to the store, as narrow as write-back needs it, so that tests can stand in it.

use std::future::Future;

use bigcommerce::{Client, Error, Page, Request, Response};

/// Sends requests to one store.
pub trait Sender: Sync {
    /// Sends one request, as [`Client::send`] does.
    fn send(&self, request: Request) -> impl Future<Output = Result<Response, Error>> + Send;

    /// Gets one page of a list, as [`Client::page`] does.
    fn page(&self, request: &Request, limit: u32) -> impl Future<Output = Result<Page, Error>> + Send;
}

impl Sender for Client {
    async fn send(&self, request: Request) -> Result<Response, Error> {
        Client::send(self, request).await
    }

    async fn page(&self, request: &Request, limit: u32) -> Result<Page, Error> {
        Client::page(self, request, limit).await
    }
}
