//! The rules of this repository that a machine can hold: who may know whom, what every dependency is for,
//! which licences may come in, and where output may be written.

mod dependencies;
mod layers;
mod licences;
mod modules;
mod printing;
mod workspace;
