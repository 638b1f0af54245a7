//! Baxter's engine: everything between the API client and what a person sees.
//!
//! The modules point one way: [`model`] (the words as types; no I/O) ← [`storage`] (mirror and change log in
//! SQLite) ← [`sync`] (what fills them). The engine knows no terminal and no HTML.
#![warn(missing_docs)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable))]

pub mod model;
pub mod storage;
pub mod sync;
