//! Baxter's flows: changes of the mirror, filtered, mapped and delivered.
//!
//! A [`flow`] is a TOML file with jq [expressions](expr); [`load`](flow::load) reads and checks them. The
//! [`Service`] runs each in a task of its own, from its cursor in the change log to its destination. What gives up
//! is a [dead letter](dead_letter). [`check`] tries a flow on a sample.
#![warn(missing_docs)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable))]

pub mod check;
pub mod dead_letter;
mod destination;
mod error;
pub mod expr;
pub mod flow;
mod message;
mod pump;
pub mod retry;
mod service;
mod state;
mod status;
mod worker;

pub use destination::file::{Disk, LocalDisk};
pub use error::Error;
pub use flow::Flow;
pub use message::{Entry, Verdict};
pub use service::{Handle, Options, Service};
pub use state::{forget, oldest_cursor};
pub use status::FlowStatus;
