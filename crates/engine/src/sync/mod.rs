//! Polling: what brings the mirror up to date with the store, stream by stream.
//!
//! [`plan`] decides which way a stream is read (pure), [`walk`] reads it to its end, [`absence`] tells what is
//! gone, and [`Service`] does so for every stream and tells an [`Observer`].

mod absence;
mod error;
mod fetch;
mod observe;
pub mod plan;
pub mod plan_fetch;
mod read;
mod service;
mod walk;

pub use error::Error;
pub use fetch::Fetcher;
pub use observe::{Observer, Silent};
pub use service::{Options, Service, StreamSummary, Summary};
