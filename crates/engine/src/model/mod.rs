//! The words of the design as types: streams, records, keys, changes. No I/O and no async.

pub mod canonical;
pub mod change;
pub mod clock;
pub mod event;
pub mod json;
pub mod key;
pub mod nearest;
pub mod stream;
