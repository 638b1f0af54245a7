//! Write-back against a scripted store that can be cut at every step, and against the simulated one.

mod crash;
mod customers;
mod kit;
mod shop;
mod simulated;
mod stock;
