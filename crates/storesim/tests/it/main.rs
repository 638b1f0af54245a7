//! The simulated store over HTTP, as a client sees it.

mod control;
mod reads;
mod store;
