//! The simulated store over HTTP, as a client sees it.

mod reads;
mod store;
