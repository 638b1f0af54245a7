//! What listens: the route for the store's notifications, and what tells of Baxter's health.
//!
//! [`intake`] verifies and stores notifications before it answers; [`telemetry`] names every metric in one place;
//! [`listen`] puts the routes together.
#![warn(missing_docs)]

pub mod intake;
pub mod listen;
pub mod telemetry;
