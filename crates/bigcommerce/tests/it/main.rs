//! The client through its door: against a scripted store on a loopback port.

mod batches;
mod examples;
mod gating;
mod install;
mod paging;
mod payloads;
mod redirects;
mod resources;
mod secrets;
mod sending;
mod served;
mod store;
mod webhooks;
