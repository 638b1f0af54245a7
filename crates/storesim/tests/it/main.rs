//! The simulated store over HTTP, as a client sees it.

mod access;
mod adjustments;
mod channels;
mod control;
mod faithful_access;
mod faithful_catalog;
mod faithful_hooks;
mod faithful_install;
mod faithful_orders;
mod faithful_people;
mod faults;
mod generate;
mod import;
mod inventory;
mod orders;
mod page;
mod paths;
mod people;
mod people_events;
mod products;
mod reads;
mod receiver;
mod recorded_people;
mod reliance;
mod store;
mod webhooks;
