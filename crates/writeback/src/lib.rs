//! Write-back: what a person wants to stand in the store becomes a plan, and a plan is applied, no more and no less.
//!
//! [`desired`] reads the rows of a file, [`plan`] compares them with the mirror (pure, but for reading it),
//! [`journal`] writes every step down before it is sent, and [`apply()`] sends them, reads back what came of them
//! and hands what it touched to [`ReadBack`], so that mirror and change log know it.
#![warn(missing_docs)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable))]

pub mod apply;
pub mod desired;
mod error;
mod fields;
pub mod journal;
pub mod plan;
mod read_back;
mod sender;

pub use apply::apply;
pub use error::Error;
pub use fields::Fields;
pub use journal::Journal;
pub use plan::Plan;
pub use read_back::{Failure, ReadBack, Settled, Settler};
pub use sender::Sender;
