//! What listens: the route for the store's notifications, and what tells of Baxter's health.
//!
//! [`listen`] puts the routes together; [`intake`] verifies and stores notifications before it answers; [`telemetry`]
//! names every metric in one place. [`connections`] bounds what others can take of this machine, and [`tls`] reads what
//! encryption needs.
#![warn(missing_docs)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable))]

pub mod connections;
pub mod intake;
pub mod listen;
pub mod telemetry;
pub mod tls;
