//! The daemon's routes, as the store and an operator see them.

mod intake;
