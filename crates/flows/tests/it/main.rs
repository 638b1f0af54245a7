//! Flows as they run: over a mirror that is filled through the engine, to files and to an HTTP API that fails.

mod docs;
mod file;
mod http;
mod kit;
mod ledger;
mod stub;
