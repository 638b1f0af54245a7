//! Baxter's flows: changes of the mirror, filtered, mapped and delivered.
#![warn(missing_docs)]

pub mod expr;
pub mod flow;
pub mod retry;
