//! The engine from outside: what it declares, and what the mirror holds after answers of all kinds.

mod mirror;
mod streams_page;
