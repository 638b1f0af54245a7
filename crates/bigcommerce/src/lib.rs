//! A BigCommerce API client that paces itself by the store's quota.
//!
//! # Quick start
//!
//! ```no_run
//! use bigcommerce::resources::products::ProductUpdate;
//! use bigcommerce::{Amount, Client, Timestamp, Token};
//! use futures::TryStreamExt;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let token = Token::from(std::env::var("BIGCOMMERCE_TOKEN")?);
//! let client = Client::builder("abc123".parse()?, token).user_agent("my-shop-tools/1.0").build()?;
//!
//! let product = client.products().get(77).await?;
//! println!("{:?} costs {:?}", product.name, product.price);
//!
//! let price: Amount = "19.90".parse()?;
//! client.products().update(77, ProductUpdate::new().price(price)).await?;
//!
//! let yesterday = Timestamp::now() - std::time::Duration::from_secs(24 * 3600);
//! let changed = client.products().list().modified_since(yesterday).include("variants");
//! let mut changed = std::pin::pin!(changed.records());
//! while let Some(product) = changed.try_next().await? {
//!     println!("{:?} changed at {:?}", product.name, product.date_modified);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Beside this crate it wants `futures`, for streams, and `tokio` to run on.
//!
//! No store at hand? `baxter sim --port 8080`, of the same project, is one that behaves as the real: give
//! its address to [`ClientBuilder::api_url`]. The crate's `examples` folder runs against either:
//!
//! | to | example | see |
//! |---|---|---|
//! | list what is sold, or was modified since yesterday | `list_products`, `changed_products` | [`List`](resources::List) |
//! | set stock in batches, told row by row | `update_stock` | [`resources::inventory`] |
//! | create customers in batches | `import_customers` | [`Report`](resources::Report) |
//! | make an order, ship it, pay it back | `sell_and_refund` | [`resources::orders`], [`resources::payments`] |
//! | send images, write metafields in batches | `dress_products` | [`resources::product_parts`], [`resources::metafields`] |
//! | make hooks, check and read notifications | `take_webhooks` | [`webhook`] |
//! | be installed, and opened | `install_app` | [`install`] |
//!
//! # Who asks
//!
//! A client talks to one store, named by its [`StoreHash`], with the [`Token`] of an API account. The token
//! cannot be printed: not by `Debug`, not in an error, not in a log, not when a server echoes it; and it
//! never follows a redirect to another host. Clones of a client share everything: make one for each store
//! and clone it. How an app comes by a token is the matter of [`install`].
//!
//! # Two doors
//!
//! The typed one, [`resources`], has every resource that integrations read and write, with the same calls
//! for all of them. The raw one sends any [`Request`] and walks any list, each record as the very bytes that
//! the store sent:
//!
//! ```no_run
//! # use bigcommerce::{Client, Paging, Request};
//! # use futures::TryStreamExt;
//! # async fn example(client: Client) -> Result<(), bigcommerce::Error> {
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
//!
//! Both pass the same gate, and either may be used for what the other does.
//!
//! # Lists
//!
//! The API pages in five ways ([`Paging`]); typed lists know theirs. The streams ask for a page when the one
//! before is used up, believe the page size that the store tells, and notice lists that go in circles. A
//! page larger than [`ClientBuilder::max_body`] is asked for again in halves, without losing or doubling a
//! record. Lists by page number shift when records are made or deleted meanwhile; where that matters, filter
//! by ranges of ids.
//!
//! # Money, times, new members
//!
//! [`Amount`] is the decimal text of the API, never a float. [`Time`] reads RFC 3339 (V3), RFC 2822 (V2) and
//! unix seconds (hooks), and keeps the text. Enums have a variant for values that are new. A record keeps
//! members that this crate does not know, and encodes to what it was decoded from.
//!
//! # The quota
//!
//! Every request of a client and of its clones passes one gate. It reads the quota headers of each answer,
//! never asks for more than the window has left less a [reserve](ClientBuilder::reserve) for the store's
//! other apps, closes for as long as a 429 says, and halves its concurrency when the store is overloaded.
//! Endpoints that take few requests at once, whatever the quota (two writes of price records, one
//! adjustment of stock, …), are asked by no more than that. Who waits is served by [`Priority`]: a person
//! before an event before a backfill. [`Client::quota`] and [`Client::stats`] tell how it stands.
//!
//! ```no_run
//! # use futures::TryStreamExt;
//! use bigcommerce::{Client, Error, Priority, Token};
//!
//! # async fn example(token: Token) -> Result<(), Error> {
//! // A third of each window is left to others; what nobody waits for goes last.
//! let client = Client::builder("abc123".parse()?, token).reserve(0.33).build()?;
//! match client.orders().list().priority(Priority::Backfill).all().await {
//!     Ok(orders) => println!("{} orders in {} requests", orders.len(), client.stats().requests),
//!     // Every wait that the store asked for was kept, and others still use its quota up.
//!     Err(Error::Throttled { retry_after, .. }) => println!("again in {retry_after:?}"),
//!     Err(error) => return Err(error),
//! }
//! if let Some(quota) = client.quota() {
//!     println!("{} of {} requests left for {:?}", quota.left, quota.limit, quota.reset_in);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! [`Error`] tells method, path and attempts. An answer that is an error is an [`ApiError`], one form for
//! V2, V3 and what proxies send. [`Error::is_not_found`], [`is_forbidden`](Error::is_forbidden) and
//! [`is_transient`](Error::is_transient) sort them. What is sent again, and what never, is told at
//! [`Client::send`]: a creation that may have happened is not repeated.
//!
//! # Batches
//!
//! ```no_run
//! # use bigcommerce::Client;
//! use bigcommerce::resources::inventory::{Adjustment, Identity};
//!
//! # async fn example(client: Client) -> Result<(), bigcommerce::Error> {
//! let counted = [("CUP-RED", 12), ("CUP-BLUE", 0)];
//! let rows = counted.map(|(sku, quantity)| Adjustment::new(1, Identity::sku(sku), quantity));
//! let report = client.inventory().set("counted", rows).await?;
//! for (row, error) in report.failures() {
//!     println!("{}: {error}", counted[row].0);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Rows are split to what the endpoint takes: ten customers, fifty variants, two thousand adjustments. Where
//! one bad row fails its whole request, it is found, by the index that the answer names or by halving, and
//! the others are written; where the endpoint keeps the good ones, the report tells which. See
//! [`Report`](resources::Report).
//!
//! # Notifications
//!
//! [`webhook`] proves that a notification is the store's and reads what it says, for every scope there is.
//!
//! # Apps
//!
//! [`install`] gives a code for a token, checks the scopes granted, and verifies who opens the app.
//!
//! # Logs
//!
//! One debug event of [`tracing`](https://docs.rs/tracing) for each attempt, with method, path, status and time; query values, which
//! may be personal, only at trace level. TLS is rustls with ring.
#![warn(missing_docs)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod auth;
mod builder;
mod client;
mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
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
pub use jiff::Timestamp;
pub use model::{Amount, InvalidAmount, InvalidTime, Json, Rest, Time, TimeForm};
pub use page::{CursorPagination, Page, Pagination, Paging};
pub use request::Request;
pub use response::Response;
pub use send::routes::RouteStats;
