//! Typed access to the store's resources.
//!
//! Every resource is reached from the [`Client`](crate::Client) and answers to the same calls, as far as its endpoint can
//! do them:
//!
//! | call | what it does |
//! |---|---|
//! | [`list()`](Resource::list) | a [`List`]: filters, then one page, a stream of pages or of records, or all |
//! | [`get(key)`](Resource::get) | one record |
//! | [`create(new)`](Resource::create) | what is required stands in the draft's `new` |
//! | [`update(key, changes)`](Resource::update) | only the members that are set |
//! | [`delete(key)`](Resource::delete) | |
//! | [`create_many`](Resource::create_many), [`update_many`](Resource::update_many), [`delete_many`](Resource::delete_many) | any number of rows, told [row by row](Report) |
//!
//! ```no_run
//! # async fn example(client: bigcommerce::Client) -> Result<(), Box<dyn std::error::Error>> {
//! use bigcommerce::resources::products::{NewProduct, ProductType, ProductUpdate};
//! use futures::TryStreamExt;
//!
//! let cup = NewProduct::new("Red cup", ProductType::Physical, 1, "9.90".parse::<bigcommerce::Amount>()?)
//!     .sku("CUP-RED")
//!     .categories([23]);
//! let cup = client.products().create(cup).await?.and_then(|cup| cup.id).expect("the store names it");
//! client.products().update(cup, ProductUpdate::new().is_visible(true)).await?;
//!
//! let mut cheap = std::pin::pin!(client.products().list().filter("price:max", 10).records());
//! while let Some(product) = cheap.try_next().await? {
//!     println!("{:?} costs {:?}", product.sku, product.price);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Records
//!
//! Every member of a record is an `Option`: lists may be asked for a few members only, the store leaves
//! members out, sends null where its reference has none, and numbers as strings. A member that cannot be
//! read is `None` and never spoils its record. Nothing is lost: members this crate does not know are in
//! [`Rest`](crate::Rest), and a record encodes to the JSON it was decoded from, number for number.
//!
//! What is written is a draft of its own type: what the endpoint requires is an argument of its `new`,
//! what can be set has a method, and `set(name, value)` takes everything else.
//!
//! What is not modelled here is one [`Request`](crate::Request) away.

pub mod addresses;
pub mod assignments;
mod batch;
pub mod brands;
pub mod carts;
pub mod categories;
pub mod channels;
pub mod customer_parts;
pub mod customers;
mod entry;
pub mod hooks;
pub mod inventory;
mod list;
pub mod locations;
pub mod marketing;
pub mod metafields;
pub mod options;
pub mod order_parts;
pub mod orders;
pub mod payments;
pub mod price_lists;
pub mod product_parts;
pub mod products;
mod resource;
pub mod scripts;
mod single;
pub mod store;
pub mod variants;

pub use batch::{
    Batch, CreateMany, DeleteMany, MOST_HALVINGS, Report, RowError, RowFailure, Rule, UpdateMany, Written,
};
pub use list::{List, Listed};
pub use resource::{Create, Delete, Get, One, Record, Resource, Shape, Update};
pub use single::Single;
