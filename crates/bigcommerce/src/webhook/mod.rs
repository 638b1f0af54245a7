//! Notifications of the store: proof that they are its own, and what they say.
//!
//! The store sends a `POST` for everything that happens and that a [hook](crate::resources::hooks) asks for.
//! Check it, answer 200 at once, and work afterwards: an answer that takes ten seconds counts as none, and
//! the store blocks receivers that fail often.
//!
//! ```no_run
//! use bigcommerce::webhook::{Event, EventData, Verifier};
//! # fn example(headers: http::HeaderMap, body: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//!
//! let verifier = Verifier::new(std::env::var("BIGCOMMERCE_CLIENT_SECRET")?);
//! verifier.verify(&headers, body, jiff::Timestamp::now())?;
//!
//! let event = Event::parse(body)?;
//! match event.data() {
//!     EventData::Order(order) => println!("{} of order {:?}", event.scope(), order.id),
//!     EventData::SkuInventory(sku) => println!("stock of {:?} moved", sku.inventory),
//!     _ => println!("{}", event.scope()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A notification names what changed, seldom how: ask the API for the present state. The same one may come
//! twice (its [`hash`](Event::hash) is the same then), late, or after a newer one.

mod data;
mod event;
mod scopes;
mod verify;

pub use data::*;
pub use event::{Event, EventError};
pub use scopes::{EventKind, SCOPES, Scope, WILDCARDS, scope_covers};
pub use verify::{Rejection, Verifier};
