//! The program from outside: command lines, exit codes, both streams, against a simulated store.

mod api;
mod demo;
mod doctor;
mod failures;
mod forms;
mod get;
mod help;
mod init;
mod listen;
mod mirror;
mod program;
mod settings;
mod sim;
mod sql;
mod writeback;
