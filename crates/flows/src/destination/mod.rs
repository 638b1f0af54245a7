//! Destinations: one module each. A destination delivers texts; what becomes of a failure is the pump's to decide.

pub(crate) mod file;
pub(crate) mod http;
