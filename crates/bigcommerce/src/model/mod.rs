//! What records are made of: members read tolerantly and written back as received, decimals, times,
//! enums that survive new values, and drafts of what is to be written.
//!
//! Two rules hold for everything here. Reading never fails because of one odd member: what cannot be read
//! is `None`. And nothing is lost: whatever a record was decoded from is what it encodes to, members that
//! the crate does not know, nulls and numbers in strings included.

mod amount;
mod draft;
mod json;
mod lenient;
mod open;
pub(crate) mod record;
mod time;

pub use amount::{Amount, InvalidAmount};
pub use json::{Json, Rest};
pub use time::{InvalidTime, Time, TimeForm};

pub(crate) use draft::{Draft, draft};
pub(crate) use lenient::Lenient;
pub(crate) use open::open_enum;
pub(crate) use record::{Model, decode, encode, record};
