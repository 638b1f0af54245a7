//! The simulated store over HTTP, as a client sees it.

mod control;
mod generate;
mod import;
mod reads;
mod store;
