//! The engine from outside: what it declares, what it reads, and what the mirror holds after answers of all kinds.

mod absences;
mod bursts;
mod events;
mod mirror;
mod outlasts;
mod parents;
mod proofs;
mod readings;
mod rounds;
mod scripted;
mod shifting;
mod short_pages;
mod streams_page;
mod text;
mod walks;
