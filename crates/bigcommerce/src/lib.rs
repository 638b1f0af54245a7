//! A BigCommerce API client that paces itself by the store's quota.
//!
//! Every request of a [`Client`] and of its clones passes one gate: it reads the quota headers of each
//! answer, never asks for more than the window has left (less a reserve for the store's other apps),
//! waits where the store says wait, and serves [`Priority::Person`] before [`Priority::Backfill`].
//! What failed is sent again only where that is safe. The access token cannot be printed.
//!
//! There are two doors. The raw one sends any [`Request`] and pages through any list, handing out each
//! record's bytes exactly as received; the typed one ([`resources`]) decodes the commonest resources
//! tolerantly. Both pass the same gate.
//!
//! ```no_run
//! use bigcommerce::{Client, Paging, Request, StoreHash, Token};
//! use futures::TryStreamExt;
//!
//! # async fn example() -> Result<(), bigcommerce::Error> {
//! let store: StoreHash = "abc123".parse()?;
//! let token = Token::from(std::env::var("BIGCOMMERCE_TOKEN").unwrap_or_default());
//! let client = Client::builder(store, token).user_agent("my-shop-tools/1.0").build()?;
//!
//! // Any path, as a stream of pages; every record is the text the store sent.
//! let request = Request::get("/v3/catalog/products").query("include", "variants");
//! let mut pages = std::pin::pin!(client.pages(request, Paging::Offset, 250));
//! while let Some(page) = pages.try_next().await? {
//!     for record in page.records() {
//!         println!("{record}");
//!     }
//! }
//! # Ok(())
//! # }
//! ```
#![warn(missing_docs)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod auth;
mod builder;
mod client;
mod error;
mod gate;
pub mod install;
mod model;
mod page;
mod raw;
mod request;
pub mod resources;
mod response;
mod send;
pub mod webhook;

pub use auth::{StoreHash, Token};
pub use builder::ClientBuilder;
pub use client::{Client, Stats};
pub use error::{ApiError, Error};
pub use gate::{Priority, Quota};
pub use http::{HeaderMap, Method, StatusCode};
pub use model::{Amount, InvalidAmount, InvalidTime, Json, Rest, Time, TimeForm};
pub use page::{CursorPagination, Page, Pagination, Paging};
pub use request::Request;
pub use response::Response;
